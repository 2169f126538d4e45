"""A private Docker engine for tests: own socket, data and process tree, nothing of it left behind.

Runs as root on Linux with dockerd and a static busybox (Debian: docker.io, busybox-static).
"""

import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IMAGE = "incident-test:1"
_APPLETS = ("sh", "sleep", "echo", "cat", "true", "false", "kill", "touch", "test", "rm", "printf", "seq")
_START_S = 40


def missing() -> str:
    """Why no engine can be started here; empty when one can."""
    if sys.platform != "linux":
        return "a private dockerd needs Linux"
    if os.geteuid() != 0:
        return "a private dockerd needs root"
    for program in ("dockerd", "containerd", "runc", "docker"):
        if shutil.which(program) is None:
            return f"no {program} here (Debian: apt-get install docker.io)"
    if _busybox() is None:
        return "no static busybox here (Debian: apt-get install busybox-static)"
    return ""


def _busybox() -> Path | None:
    return next((path for path in (Path("/bin/busybox"), Path("/usr/bin/busybox")) if path.exists()), None)


class Dockerd:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.socket = root / "docker.sock"
        self.url = f"unix://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        log = (self.root / "dockerd.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [
                    "dockerd",
                    f"--host={self.url}",
                    f"--data-root={self.root / 'data'}",
                    f"--exec-root={self.root / 'exec'}",
                    f"--pidfile={self.root / 'dockerd.pid'}",
                    "--storage-driver=vfs",
                    "--iptables=false",
                    "--ip6tables=false",
                    "--bridge=none",
                    f"--cgroup-parent=/{self.root.name}",
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._await_ready()

    def _await_ready(self) -> None:
        until = time.monotonic() + _START_S
        while time.monotonic() < until:
            if self.docker("version", check=False).returncode == 0:
                return
            if self._process is not None and self._process.poll() is not None:
                break
            time.sleep(0.1)
        tail = (self.root / "dockerd.log").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"dockerd did not come up:\n{tail}")

    def docker(self, *argv: str, check: bool = True, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["docker", "--host", self.url, *argv], check=check, capture_output=True, input=stdin, timeout=60
        )

    def run(self, name: str, *command: str, options: tuple[str, ...] = ()) -> str:
        """Starts a container and returns its id."""
        done = self.docker("run", "-d", "--network", "host", "--name", name, *options, IMAGE, *command)
        return done.stdout.decode().strip()

    def remove_all(self) -> None:
        found = self.docker("ps", "-aq", check=False).stdout.decode().split()
        if found:
            self.docker("rm", "-f", *found, check=False)

    def kill(self) -> None:
        """As a crash does: no goodbye. Its containers' shims go on; its containerd dies with it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        # Where nobody reaps orphans, a dead containerd keeps its pid and the next dockerd would wait for it.
        (self.root / "exec" / "containerd" / "containerd.pid").unlink(missing_ok=True)

    def stop(self) -> None:
        """As a system does that upgrades it: its containers are stopped first."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)

    def pause(self, paused: bool) -> None:
        """A daemon that hangs: accepts, never answers. It stands still when this returns, with all its threads."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGSTOP if paused else signal.SIGCONT)
        until = time.monotonic() + 10
        while paused and not _stands_still(self._process.pid) and time.monotonic() < until:
            time.sleep(0.01)

    def import_image(self) -> None:
        self.docker("import", "-", IMAGE, stdin=_image())

    def destroy(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.pause(False)
            self.remove_all()
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._end_leftovers()
        self._unmount()
        self._remove_cgroups()
        shutil.rmtree(self.root, ignore_errors=True)

    def _end_leftovers(self) -> None:
        """containerd and shims of this engine alone: their command line names its folder."""
        for _ in range(50):
            mine = [pid for pid in _processes() if str(self.root) in _cmdline(pid)]
            if not mine:
                return
            for pid in mine:
                _kill(pid)
            time.sleep(0.1)

    def _unmount(self) -> None:
        mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        for mount in sorted((m for m in mounts if m.startswith(str(self.root))), reverse=True):
            subprocess.run(["umount", "-l", mount], check=False, capture_output=True)

    def _remove_cgroups(self) -> None:
        top = Path("/sys/fs/cgroup")
        for group in (*top.glob(self.root.name), *top.glob(f"*/{self.root.name}")):
            for folder in sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True):
                _rmdir(folder)
            _rmdir(group)


def _rmdir(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return  # the kernel keeps it: still in use


def _stands_still(pid: int) -> bool:
    states = [stat.read_text().rpartition(")")[2].split()[0] for stat in Path(f"/proc/{pid}/task").glob("*/stat")]
    return all(state == "T" for state in states)


def _processes() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _cmdline(pid: int) -> str:
    if pid == os.getpid():
        return ""
    try:
        argv = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    name = os.path.basename(argv[0].decode(errors="replace"))
    return " ".join(arg.decode(errors="replace") for arg in argv) if name.startswith(("containerd", "dockerd")) else ""


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _image() -> bytes:
    busybox = _busybox()
    assert busybox is not None
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        folder = tarfile.TarInfo("bin")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755  # for users other than root, too
        tar.addfile(folder)
        tar.add(busybox.resolve(), "bin/busybox")
        for applet in _APPLETS:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    return made.getvalue()


@contextmanager
def private_engine(room: str = "") -> Iterator[Dockerd]:
    """`room`: the size of a file system of its own for its data ("24m")."""
    # A short path: a socket's has at most 107 bytes.
    dockerd = Dockerd(Path(tempfile.mkdtemp(prefix="incident-engine-", dir="/tmp")))
    try:
        if room:
            (dockerd.root / "data").mkdir()
            mount = ["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", str(dockerd.root / "data")]
            subprocess.run(mount, check=True, capture_output=True)
        dockerd.start()
        dockerd.import_image()
        yield dockerd
    finally:
        dockerd.destroy()
