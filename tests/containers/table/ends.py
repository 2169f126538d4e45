"""Containers that end, do not begin, or run and are no good: the words of each."""

from collections.abc import Callable

from tests.containers.table.fault import SLEEP, Fault, Ground
from tests.engine import IMAGE

HEALTH = ("--health-interval", "300ms", "--health-retries", "1")
ALWAYS = ("--restart", "always")
AGAIN = r"✗ web +exit {code}, \d+×"


def sick(command: str, *more: str) -> tuple[str, ...]:
    return ("--health-cmd", command, *HEALTH, *more)


def _port_taken(ground: Ground) -> None:
    ground.docker("network", "create", "yard")
    for name in ("holder", "web"):
        ground.run(name, options=("-p", "127.0.0.1:18377:80"), network="yard")


def _network_gone(ground: Ground) -> None:
    ground.docker("network", "create", "yard")
    ground.docker("create", "--name", "web", "--network", "yard", IMAGE, *SLEEP)
    ground.docker("network", "rm", "yard")
    ground.docker("start", "web")


def _no_network(ground: Ground) -> None:
    ground.docker("network", "rm", "yard")


def _folder_over_file(ground: Ground) -> None:
    (ground.folder / "folder").mkdir()
    ground.run("web", options=("-v", f"{ground.folder / 'folder'}:/bin/busybox"))


def _forbidden_mount(ground: Ground) -> None:
    ground.folder.chmod(0o755)
    (ground.folder / "data").mkdir(0o700)
    script = "cat /data/leads; sleep 600 & wait"
    ground.sh("web", script, "--user", "1234:1234", "-v", f"{ground.folder / 'data'}:/data")


def _given_up(ground: Ground) -> None:
    ground.sh("web", "exit 4", "--restart", "on-failure:2")


def _untouched(ground: Ground) -> str:
    """The engine's own count, of one that nobody but the fault should have started."""
    return "" if ground.docker("inspect", "-f", "{{.RestartCount}}", "web") == "0" else "it was started again"


def _killed(ground: Ground) -> None:
    ground.run("web")
    ground.docker("kill", "web")


def _paused(ground: Ground) -> None:
    ground.run("web")
    ground.docker("pause", "web")


def _runs_file(text: str, mode: int) -> Callable[[Ground], None]:
    def inject(ground: Ground) -> None:
        path = ground.file("program", text, mode)
        ground.run("web", "/program", options=("-v", f"{path}:/program:ro"))

    return inject


ENDS = (
    Fault(
        "a crash loop",
        lambda g: g.sh("web", "echo worker: no DATABASE_URL >&2; exit 7", *ALWAYS),
        AGAIN.format(code=7),
        ("Starts and ends, again and again, exit 7", "no DATABASE_URL", r"restarts +\d+, policy always"),
        lost=lambda g: "" if g.events("WorkloadChanged") else "not in the record",
    ),
    Fault(
        "a loop that lives for a second",
        lambda g: g.sh("web", "sleep 1; echo out of tickets; exit 1", *ALWAYS),
        AGAIN.format(code=1),
        ("again and again", "out of tickets"),
    ),
    Fault(
        "out of memory",
        lambda g: g.sh("web", "x=aaaaaaaaaaaaaaaa; while true; do x=$x$x; done", "--memory", "8m"),
        "✗ web +exit 137",
        ("Gone, exit 137: OOM killed", "means +The kernel killed it: it needed more memory"),
    ),
    Fault(
        "killed from outside",
        _killed,
        "✗ web +exit 137",
        ("Gone, exit 137", "means +It was killed"),
        lost=_untouched,
    ),
    Fault(
        "a crash in native code",
        lambda g: g.sh("web", "kill -SEGV $$ & /bin/busybox sh -c 'kill -SEGV $$'; exit $?"),
        "✗ web +exit 139",
        ("means +It crashed in native code",),
    ),
    Fault(
        "it ends and nobody starts it again",
        lambda g: g.sh("web", "echo no such host >&2; exit 3"),
        "✗ web +exit 3",
        ("Gone, exit 3", "no restart policy: nobody starts it again", "no such host"),
        lost=_untouched,
    ),
    Fault(
        "it ends well, and nobody starts it again",
        lambda g: g.sh("web", "echo done"),
        "– web +exited",
        ("Exited, exit 0", "no restart policy: nobody starts it again"),
    ),
    Fault(
        "the tries of its restart policy are used up",
        _given_up,
        "✗ web +exit 4, 2×",
        ("Gone, exit 4", "restarts +2, on-failure:2 is used up"),
    ),
    Fault(
        "created and never started",
        lambda g: g.docker("create", "--name", "web", IMAGE, *SLEEP),
        "– web +stopped",
        ("Stopped: created, never started",),
    ),
    Fault("paused", _paused, "! web +paused", ("Paused: it stands still and answers nobody",)),
    Fault(
        "unhealthy",
        lambda g: g.run("web", options=sick("echo db: connection refused; false")),
        "✗ web +unhealthy",
        ("Running, its health check fails: db: connection refused",),
    ),
    Fault(
        "starting for ever",
        lambda g: g.run("web", options=sick("echo still loading; false", "--health-start-period", "1h")),
        "· web +starting",
        ("Started, its health check is not good yet: still loading", "so since .*for"),
    ),
    Fault(
        "a health check that hangs",
        lambda g: g.run("web", options=sick("sleep 100", "--health-timeout", "1s")),
        "✗ web +unhealthy",
        ("its health check fails: Health check exceeded timeout",),
    ),
    Fault(
        "a health check whose program is missing",
        lambda g: g.run("web", options=sick("curl -f localhost")),
        "✗ web +unhealthy",
        ("its health check fails: .*curl: not found",),
    ),
    Fault(
        "no health check; a child that is a zombie",
        lambda g: g.sh("web", 'sh -c "exit 1" & exec sleep 600'),
        "· web +no health check",
        ("Running, no health check: that alone proves nothing",),
    ),
    Fault(
        "a port that is taken",
        _port_taken,
        "✗ web +could not start",
        ("could not start: .*port is already allocated", "means +.*port"),
        heal=_no_network,
    ),
    Fault(
        "a network that is gone",
        _network_gone,
        "✗ web +could not start",
        ("could not start: network yard not found", "means"),
    ),
    Fault(
        "an exec format error",
        _runs_file("no program\n", 0o755),
        "✗ web +(could not start|exit)",
        ("could not start: .*exec format error|exec format error", "means +The program is for another processor"),
    ),
    Fault(
        "a program that may not be run",
        _runs_file("#!/bin/sh\n", 0o644),
        "✗ web +could not start",
        ("permission denied", "means"),
    ),
    Fault(
        "a program that is not there",
        lambda g: g.run("web", "/no/such/program"),
        "✗ web +could not start",
        ("could not start: .*no such file or directory", "means"),
    ),
    Fault(
        "a folder mounted over a file",
        _folder_over_file,
        "✗ web +could not start",
        ("could not start", "made an empty folder of its name"),
    ),
    Fault(
        "permission denied on a mount",
        _forbidden_mount,
        "· web +no health check",
        ("can't open '/data/leads': Permission denied", "means +The user inside may not use this path"),
    ),
    Fault(
        "a root that is read-only",
        lambda g: g.sh("web", "echo x >/state || exit 5", "--read-only"),
        "✗ web +exit [15]",
        ("can't create /state: Read-only file system", "means +It writes where it may only read"),
    ),
    Fault(
        "no space left in a mount",
        lambda g: g.sh("web", "cat /dev/zero >/data/leads; sleep 600 & wait", "--tmpfs", "/data:size=64k"),
        "· web +no health check",
        ("No space left on device", "means +A disk is full"),
    ),
)
