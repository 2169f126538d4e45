"""What compose files declare and what a real docker-compose made of it, before somebody touched either: drift."""

import shutil

from tests.containers.composed import TOOL, compose, container
from tests.containers.table.fault import Fault, Ground
from tests.e2e.world import until

FILE = "docker-compose.yml"
TEXT = """\
version: "3.8"
services:
  web:
    image: incident-test:1
    command: sleep 600
    network_mode: none
    stop_signal: SIGKILL
    healthcheck: {test: ["CMD", "true"], interval: 1s}
    volumes:
      - data:/data
      - ./config:/etc/web:ro
    environment:
      MODE: live
volumes:
  data: {}
"""
FILES = {FILE: TEXT}


def composed(ground: Ground, *argv: str) -> None:
    compose(ground.place.root, ground.engine.url, *argv)


def _made(ground: Ground) -> None:
    """With a row in its volume and a file in its mount: as on a good day."""
    (ground.place.root / "config").mkdir(exist_ok=True)
    (ground.place.root / "config" / "web.conf").write_text("listen 80\n")
    composed(ground, "up", "-d")
    ground.docker("exec", container("web"), "sh", "-c", "echo 1 > /data/rows")


def _gone(ground: Ground) -> None:
    ground.engine.remove_all()
    ground.docker("volume", "rm", "-f", "ferry_data")


def _edit(ground: Ground, old: str, new: str) -> None:
    file = ground.place.root / FILE
    file.write_text(file.read_text().replace(old, new))


def _volume_deleted(ground: Ground) -> None:
    _made(ground)
    until(lambda: "DriftSeen" in ground.place.names(), "the volume as it was", 40)
    composed(ground, "rm", "-sf")
    ground.docker("volume", "rm", "ferry_data")
    composed(ground, "up", "-d")


def _emptied(ground: Ground) -> None:
    _made(ground)
    (ground.place.root / "config" / "web.conf").unlink()
    composed(ground, "restart", "-t", "1")


def _source_missing(ground: Ground) -> None:
    """The engine makes an empty folder of the name in its place."""
    _made(ground)
    shutil.rmtree(ground.place.root / "config")
    composed(ground, "up", "-d", "--force-recreate")


def _edited(ground: Ground) -> None:
    _made(ground)
    _edit(ground, "MODE: live", "MODE: test\n      TOKEN: s3cret-0123456789")
    _edit(ground, "    environment:", '    ports: ["8080:80"]\n    environment:')


def _secret_shown(ground: Ground) -> str:
    kept = b"".join(path.read_bytes() for path in ground.place.home.rglob("*") if path.is_file())
    return "a secret is in the record" if b"s3cret-0123456789" in kept else ""


def _mount_taken_out(ground: Ground) -> None:
    _made(ground)
    ground.docker("rm", "-f", container("web"))
    _edit(ground, "      - data:/data\n", "")
    composed(ground, "up", "-d")
    _edit(ground, "    volumes:\n", "    volumes:\n      - data:/data\n")


def _refused_file(ground: Ground) -> None:
    _made(ground)
    _edit(ground, "stop_signal", "stop_sign")


def _service_gone(ground: Ground) -> None:
    _made(ground)
    _edit(ground, "  web:", "  front:")


DECLARED = (
    Fault(
        "a volume that was deleted and made anew",
        _volume_deleted,
        r"✗ web +volume is new",
        (r"volume ferry_data was made anew: \d of", r"mount /data:? .*empty", "age of ferry_data:? .*made anew"),
        files=FILES,
        heal=_gone,
        patience_s=45,
    ),
    Fault(
        "a mount that is empty",
        _emptied,
        r"✗ web +mount is empty",
        (r"mount /etc/web:? .*empty",),
        files=FILES,
        heal=_gone,
        patience_s=45,
    ),
    Fault(
        "a mount whose source is missing",
        _source_missing,
        r"✗ web +mount is empty",
        (r"mount /etc/web:? .*empty",),
        files=FILES,
        heal=_gone,
        patience_s=45,
    ),
    Fault(
        "a mount that the container was made without",
        _mount_taken_out,
        r"! web +1 of \d+ differs",
        (r"not what was declared: 1 of \d", r"mount /data:? .*missing"),
        files=FILES,
        heal=_gone,
        patience_s=45,
    ),
    Fault(
        "a file that was edited and not applied",
        _edited,
        r"! web +3 of \d+ differ",
        ("env MODE:? .*another value", "env TOKEN:? .*not set", "port 80:? .*not published", r"docker-compose.yml:\d+"),
        files=FILES,
        heal=_gone,
        lost=_secret_shown,
        patience_s=45,
    ),
    Fault(
        "a compose file that compose refuses",
        _refused_file,
        "web +healthy",
        ("What is declared is not known: docker.compose config refuses",),
        files=FILES,
        heal=_gone,
        patience_s=45,
    ),
    Fault(
        "a service that no file declares any more",
        _service_gone,
        "web +healthy",
        ("no compose file declares web any more",),
        files=FILES,
        heal=_gone,
        patience_s=45,
    ),
) if TOOL else ()  # fmt: skip
