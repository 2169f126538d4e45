"""The system calls of a command, as strace saw them: which files it changed, in which order, and when it said what."""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CHANGING = (
    "openat,open,creat,close,dup,dup2,dup3,fcntl,lseek,read,write,pwrite64,writev,pwritev,pwritev2,sendfile,"
    "copy_file_range,splice,ftruncate,truncate,fallocate,fsync,fdatasync,sync,syncfs,sync_file_range,msync,rename,"
    "renameat,renameat2,link,linkat,unlink,unlinkat,symlink,symlinkat,mkdir,mkdirat,rmdir,clone,clone3,fork,vfork"
)
_WHOLE = re.compile(r"(\d+) +(\w+)\((.*)\) += (-?\d+|\?)")
_RESUMED = re.compile(r"(\d+) +<\.\.\. \w+ resumed>(.*)")
_UNFINISHED = " <unfinished ...>"
_QUOTED = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')


@dataclass(frozen=True)
class Call:
    task: int
    name: str
    args: tuple[str, ...]
    result: int

    def text(self, n: int) -> str:
        return self.data(n).decode()

    def data(self, n: int) -> bytes:
        found = _QUOTED.fullmatch(self.args[n])
        assert found, f"no bytes: {self}"
        assert not found[2], "strace cut it short"
        return bytes.fromhex(found[1].replace("\\x", ""))

    def number(self, n: int) -> int:
        return int(self.args[n])

    def has(self, flag: str) -> bool:
        return any(flag in part.split("|") for arg in self.args for part in arg.split())


@dataclass(frozen=True)
class Traced:
    calls: list[Call]
    out: str
    err: str
    code: int


def traced(
    argv: Sequence[str], log: Path, cwd: Path, env: Mapping[str, str], inject: Sequence[str] = (), within_s: float = 120
) -> Traced:
    """Run a command to its end. `inject` are strace's own faults, as `pwrite64:error=ENOSPC`."""
    faults = [f"--inject={fault}" for fault in inject]
    command = [
        "strace",
        "-f",
        "--seccomp-bpf",
        "-xx",
        "-s",
        "16777216",
        "-o",
        str(log),
        f"--trace={CHANGING}",
        *faults,
        *argv,
    ]
    done = subprocess.run(
        command, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=within_s
    )
    found = list(parsed(log.read_text()))
    log.unlink()
    assert found, done.stderr
    return Traced(found, done.stdout, done.stderr, done.returncode)


def parsed(log: str) -> Iterator[Call]:
    """Calls in the order in which they ended; one that another thread interrupted is put together again."""
    begun: dict[str, str] = {}
    for line in log.splitlines():
        if line.endswith(_UNFINISHED):
            begun[line.split(" ", 1)[0]] = line.removesuffix(_UNFINISHED)
            continue
        if resumed := _RESUMED.match(line):
            line = begun.pop(resumed[1]) + resumed[2]
        if (whole := _WHOLE.match(line)) and whole[4] != "?":
            yield Call(int(whole[1]), whole[2], tuple(whole[3].split(", ")), int(whole[4]))
