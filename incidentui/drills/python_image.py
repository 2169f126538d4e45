"""An image made of what this machine's own Python loads: nothing is pulled, and no distribution is asked.

A fresh interpreter imports what the drills' programs import and tells what it mapped and read. Those files, and the
links by which the loader finds them, are the image.
"""

import io
import json
import platform
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from incidentui.drills.history import SandboxError

MODULES = (
    "collections.abc", "contextlib", "datetime", "encodings.ascii", "encodings.idna", "encodings.latin_1", "functools",
    "html", "http.client", "http.server", "json", "os", "random", "re", "signal", "site", "socket", "socketserver",
    "sys", "threading", "time", "traceback", "typing", "urllib.error", "urllib.request",
)  # fmt: skip
"""What the programs in the containers import, and what those ask for only when they are used."""
_TELL = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
    mapped = {line.split(None, 5)[5].strip() for line in maps if "/" in line}
sources = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
folder = __import__("os").path.dirname(__import__("os").__file__)
print(json.dumps([sorted(mapped), sorted(s for s in sources if s and s.endswith(".py")), folder]))
"""
AT_START = """\
# The first process of a container has no default for TERM: without this every stop would have to kill it.
import os, signal

signal.signal(signal.SIGTERM, lambda *_: os._exit(128 + signal.SIGTERM))
"""
LIBRARIES, INTERPRETER, HOME = PurePosixPath("lib"), "usr/bin/python3", PurePosixPath("usr")


def why_not() -> str:
    """Why no image can be made here, and what to do; empty when one can."""
    if sys.platform != "linux":
        return (
            f"the image of a drill is made of this machine's own Python, and that of {platform.system()} does not run "
            "in a container; run the drill on Linux, or without --docker"
        )
    return ""


def tar() -> bytes:
    """The image as a tar for `docker import`."""
    mapped, sources, folder = _told()
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as out:
        for name in ("tmp", "etc"):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
            out.addfile(entry)
        _add(out, Path(sys.executable).resolve(), INTERPRETER)
        for file in mapped:
            if _loaded_library(file):
                _library(out, file, folder)
        for source in sources:
            _add(out, source, str(_inside(folder) / source.relative_to(folder)))
        _put(out, AT_START.encode(), str(_inside(folder) / "sitecustomize.py"))
    return made.getvalue()


def _told() -> tuple[list[Path], list[Path], Path]:
    """What was mapped, the sources that were read, and the folder of the standard library."""
    argv = [sys.executable, "-E", "-s", "-S", "-c", _TELL, *MODULES]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)
    if done.returncode:
        raise SandboxError("this machine's Python does not tell what it loads", done.stderr.strip()[-300:])
    mapped, sources, folder = json.loads(done.stdout)
    top = Path(folder)
    return [Path(m) for m in mapped], [Path(s) for s in sources if Path(s).is_relative_to(top)], top


def _loaded_library(file: Path) -> bool:
    return ".so" in file.name and file.is_file()


def _library(out: tarfile.TarFile, file: Path, folder: Path) -> None:
    if file.is_relative_to(folder):
        return _add(out, file, str(_inside(folder) / file.relative_to(folder)))
    _add(out, file, str(LIBRARIES / file.name))
    for name in _names(file):
        link = tarfile.TarInfo(name)
        link.type, link.linkname = tarfile.SYMTYPE, f"/{LIBRARIES / file.name}"
        out.addfile(link)
    return None


def _names(file: Path) -> Iterator[str]:
    """By which other names it is asked for: that of its version beside it, and the loader's own in every program."""
    for other in file.parent.iterdir():
        if other.name != file.name and other.is_symlink() and other.resolve() == file:
            yield str(LIBRARIES / other.name)
    for folder in ("/lib", "/lib64"):
        for loader in Path(folder).glob("ld-*.so*"):
            if loader.resolve() == file and str(loader)[1:] != str(LIBRARIES / file.name):
                yield str(loader)[1:]


def _inside(folder: Path) -> PurePosixPath:
    return HOME / "lib" / folder.name


def _add(out: tarfile.TarFile, file: Path, name: str) -> None:
    _put(out, file.read_bytes(), name)


def _put(out: tarfile.TarFile, content: bytes, name: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o755
    out.addfile(entry, io.BytesIO(content))
