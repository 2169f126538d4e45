"""What others do to containers meanwhile: removed, renamed, another in its place, labels and texts that lie."""

import time

from tests.containers.table.fault import OBEYS, SLEEP, Fault, Ground
from tests.e2e.world import until
from tests.engine import IMAGE

SERVICE, PROJECT = "com.docker.compose.service", "com.docker.compose.project"
REVISION = "org.opencontainers.image.revision"
FLOOD = 1 << 30


def labels(**pairs: str) -> tuple[str, ...]:
    names = {"service": SERVICE, "project": PROJECT, "revision": REVISION}
    return tuple(part for key, value in pairs.items() for part in ("--label", f"{names.get(key, key)}={value}"))


def web(ground: Ground) -> None:
    ground.run("web")


def _again_other(ground: Ground) -> None:
    ground.docker("rm", "-f", "web")
    ground.sh("web", "echo the other one; exit 9")


def _two_projects(ground: Ground) -> None:
    for project in ("harbour", "ferry"):
        ground.run(f"{project}-web-1", options=labels(project=project, service="web"))


def _same_project(ground: Ground) -> None:
    """Two checkouts in folders of one name: compose takes that for the project's."""
    for n, folder in ((1, "/srv/old/ferry"), (2, "/srv/new/ferry")):
        where = {"com.docker.compose.project.working_dir": folder}
        ground.run(f"ferry_web_{n}", options=labels(project="ferry", service="web", **where))


def _tag(ground: Ground, *argv: str) -> None:
    ground.docker("tag", IMAGE, "shop/web:1")
    ground.docker("run", "-d", "--network", "host", "--name", "web", "shop/web:1", *SLEEP)
    ground.docker(*argv)


def _tag_gone(ground: Ground) -> None:
    _tag(ground, "rmi", "-f", "shop/web:1")


def _tag_moved(ground: Ground) -> None:
    _tag(ground, "commit", "--change", "LABEL made=anew", "web", "shop/web:1")


def _untag(ground: Ground) -> None:
    ground.engine.remove_all()
    ground.docker("rmi", "-f", "shop/web:1")


def _with_unnamed(ground: Ground) -> None:
    ground.run("web", *OBEYS, options=("-v", "/data"))
    ground.docker("exec", "web", "sh", "-c", "echo 42 >/data/leads; echo 1 >/inside")
    ground.kept["id"] = ground.docker("inspect", "-f", "{{.Id}}", "web")


def _volume_lost(ground: Ground) -> str:
    same = ground.docker("inspect", "-f", "{{.Id}}", "web") == ground.kept["id"]
    return "" if same and ground.docker("exec", "web", "cat", "/data/leads") == "42" else "the volume's content"


def _noise(ground: Ground) -> None:
    health = ("--health-cmd", "true", "--health-interval", "200ms")
    ground.run("web", options=health)
    until(lambda: ground.docker("inspect", "-f", "{{.State.Health.Status}}", "web") == "healthy", "healthy")
    until(lambda: "WorkloadsSeen" in ground.place.names(), "seen")
    time.sleep(2.5)  # what its start brings is written by then
    ground.kept["events"] = str(len(ground.place.records()))
    for _ in range(25):
        ground.docker("exec", "web", "true")


def _noise_recorded(ground: Ground) -> str:
    more = len(ground.place.records()) - int(ground.kept["events"])
    return f"{more} events more for nothing" if more > 2 else ""


def _flood(ground: Ground) -> None:
    line = "x" * 8000
    ground.sh("web", f"/bin/busybox yes {line} | /bin/busybox head -c {FLOOD}; echo; echo the last line; sleep 600")
    until(lambda: ground.docker("logs", "--tail", "1", "web") == "the last line", "the end of the flood", 400)


def _no_log(ground: Ground) -> None:
    ground.run("web", options=("--log-driver", "none"))


BINARY = r"/bin/busybox head -c 65536 /dev/urandom; printf '\033[2J\033]0;owned\007\233 the last line\n'; sleep 600"

OUTSIDE = (
    Fault(
        "removed from outside",
        web,
        "web +no health check",
        ("WORKLOAD  web",),
        then=lambda g: g.docker("rm", "-f", "web"),
        after="It is not in the list of any engine now",
        lost=lambda g: "" if g.events("WorkloadChanged") else "nobody is told that it went",
    ),
    Fault(
        "renamed",
        web,
        "web +no health check",
        then=lambda g: g.docker("rename", "web", "front"),
        after="front +no health check",
    ),
    Fault(
        "another one in its place",
        web,
        "web +no health check",
        then=_again_other,
        after="✗ web +exit 9",
        page=(),
    ),
    Fault(
        "two compose projects with a service of one name",
        _two_projects,
        r"ferry-web-1 +no health.*harbour-web-1 +no health",
        ("Running, no health check",),
        "ferry-web-1",
    ),
    Fault(
        "two compose projects of the same name",
        _same_project,
        r"ferry_web_1 +no health.*ferry_web_2 +no health",
        ("compose +ferry, in /srv/new/ferry",),
        "ferry_web_2",
    ),
    Fault(
        "the image's name is gone",
        _tag_gone,
        "web +no health check",
        ("Running",),
        deed="Restart web",
        plan=("shop/web:1 is not here any more",),
        heal=_untag,
    ),
    Fault(
        "the image's name means another one",
        _tag_moved,
        "web +no health check",
        ("Running",),
        deed="Restart web",
        plan=("shop/web:1 is another one by now", "does not apply it"),
        heal=_untag,
    ),
    Fault(
        "built from another commit",
        lambda g: g.run("web", options=labels(revision="59a77c4a" * 5)),
        "web +no health check",
        ("revision +59a77c4 ≠ HEAD [0-9a-f]{7}",),
    ),
    Fault(
        "built from uncommitted code",
        lambda g: g.run("web", options=labels(revision="59a77c4-dirty")),
        "web +no health check",
        ("built from uncommitted code",),
    ),
    Fault(
        "an unnamed volume before it is created anew",
        _with_unnamed,
        "web +no health check",
        ("Running",),
        deed="Create web anew",
        plan=("/data +unnamed volume [0-9a-f]{12}: goes over", "1 file changed inside it"),
        lost=_volume_lost,
    ),
    Fault(
        "a name of hostile text",
        lambda g: g.run("odd", options=labels(service="\x1b]0;owned\x07[@click=app.quit]we[/]b", project="ferry")),
        r"· ␛\]0;owned␇\[@c",
        ("Running, no health check",),
        "␛]0;owned␇[@click=app.quit]we[/]b",
    ),
    Fault(
        "a log of binary bytes", lambda g: g.sh("web", BINARY), "web +no health", ("␛.2J␛.0;owned␇.* the last line",)
    ),
    Fault("a log that nobody keeps", _no_log, "web +no health", ("no log of web: .*driver",)),
    Fault(
        "a line of ten megabytes",
        lambda g: g.sh(
            "web", "/bin/busybox head -c 10000000 /dev/zero | /bin/busybox tr '\\0' x; echo; echo end; sleep 600"
        ),
        "web +no health",
        ("end",),
    ),
    Fault("noise of exec", _noise, "web +healthy", ("Running, its health check is good",), lost=_noise_recorded),
    Fault("a log of one gigabyte", _flood, "web +no health", ("the last line",), long=True),
)
