"""The system calls of a command, followed on a model of the disk that knows what was synced and what was not."""

from dataclasses import dataclass
from pathlib import Path

from tests.faults.journal.calls import Call
from tests.faults.journal.unsynced import Cut, File, Folder, Node, Write, taken

_HARMLESS = {"fcntl", "dup", "dup2", "dup3"}  # a file written through a copy of its handle would not match the disk
_CHILD = {"clone", "clone3", "fork", "vfork"}


@dataclass
class _Open:
    node: Node
    at: int = 0
    append: bool = False


class Disk:
    """The files below `top`, followed call by call. Calls elsewhere are not looked at."""

    def __init__(self, top: Path) -> None:
        self._top = str(top)
        self.root = taken(top)
        self._handles: dict[int, _Open] = {}
        self.said = b""
        """What the command has written to its output so far."""

    def begin(self) -> None:
        """Another command: nothing is open, nothing said."""
        self._handles, self.said = {}, b""

    def step(self, call: Call) -> bool:
        """Whether it changed anything that a power cut could show."""
        if call.result < 0:
            return False
        if call.name in ("write", "pwrite64") and call.args[0] == "1":
            self.said += call.data(1)
            return True
        assert call.name not in _CHILD or call.has("CLONE_THREAD"), f"another process has handles of its own: {call}"
        action = getattr(self, f"_{call.name}", None)
        if action is None:
            assert call.name in _HARMLESS | _CHILD or not self._concerns(call), f"no rule for {call}"
            return False
        return bool(action(call))

    def _concerns(self, call: Call) -> bool:
        handles = {int(arg) for arg in call.args if arg.isdecimal()}
        paths = [call.text(n) for n, arg in enumerate(call.args) if arg.startswith('"')]
        return bool(handles & self._handles.keys()) or any(path.startswith(self._top) for path in paths)

    def _place(self, path: str) -> tuple[Folder, str] | None:
        """The folder of a path and the last part of it."""
        if not path.startswith(self._top + "/"):
            return None
        *folders, name = path[len(self._top) + 1 :].split("/")
        here: Node = self.root
        for folder in folders:
            assert isinstance(here, Folder)
            here = here.now[folder]
        assert isinstance(here, Folder)
        return here, name

    # -- handles

    def _openat(self, call: Call) -> bool:
        if call.text(1) == self._top:
            self._handles[call.result] = _Open(self.root)
            return False
        place = self._place(call.text(1))
        if place is None:
            return False
        folder, name = place
        new = name not in folder.now
        if new:
            folder.change({name: File()})
        node = folder.now[name]
        self._handles[call.result] = _Open(node, append=call.has("O_APPEND"))
        if call.has("O_TRUNC") and isinstance(node, File) and node.now:
            node.change(Cut(0))
            return True
        return new

    def _close(self, call: Call) -> bool:
        self._handles.pop(call.number(0), None)
        return False

    def _lseek(self, call: Call) -> bool:
        if handle := self._handles.get(call.number(0)):
            handle.at = call.result
        return False

    def _read(self, call: Call) -> bool:
        if handle := self._handles.get(call.number(0)):
            handle.at += call.result
        return False

    def _file(self, call: Call) -> File | None:
        handle = self._handles.get(call.number(0))
        return handle.node if handle and isinstance(handle.node, File) else None

    # -- contents

    def _write(self, call: Call) -> bool:
        handle = self._handles.get(call.number(0))
        if handle is None or not isinstance(handle.node, File):
            return False
        at = len(handle.node.now) if handle.append else handle.at
        handle.node.change(Write(at, call.data(1)[: call.result]))
        handle.at = at + call.result
        return True

    def _pwrite64(self, call: Call) -> bool:
        if file := self._file(call):
            file.change(Write(call.number(3), call.data(1)[: call.result]))
        return file is not None

    def _sendfile(self, call: Call) -> bool:
        target, source = self._handles.get(call.number(0)), self._handles.get(call.number(1))
        if target is None or not isinstance(target.node, File):
            return False
        assert source is not None
        assert isinstance(source.node, File)
        begin = int(call.args[2].split("]")[0].strip("[")) if call.args[2] != "NULL" else source.at
        data = bytes(source.node.now[begin : begin + call.result])
        target.node.change(Write(target.at, data))
        target.at += call.result
        return True

    def _ftruncate(self, call: Call) -> bool:
        if file := self._file(call):
            file.change(Cut(call.number(1)))
        return file is not None

    def _truncate(self, call: Call) -> bool:
        place = self._place(call.text(0))
        if place and isinstance(file := place[0].now[place[1]], File):
            file.change(Cut(call.number(1)))
        return place is not None

    def _fsync(self, call: Call) -> bool:
        if handle := self._handles.get(call.number(0)):
            handle.node.sync()
        return handle is not None

    _fdatasync = _fsync

    # -- names

    def _mkdir(self, call: Call) -> bool:
        if place := self._place(call.text(0)):
            place[0].change({place[1]: Folder()})
        return place is not None

    def _unlink(self, call: Call) -> bool:
        if place := self._place(call.text(0)):
            place[0].change({place[1]: None})
        return place is not None

    _rmdir = _unlink

    def _link(self, call: Call) -> bool:
        return self._renamed(call.text(0), call.text(1), keep=True)

    def _linkat(self, call: Call) -> bool:
        return self._renamed(call.text(1), call.text(3), keep=True)

    def _rename(self, call: Call) -> bool:
        return self._renamed(call.text(0), call.text(1), keep=False)

    def _renamed(self, before: str, after: str, keep: bool) -> bool:
        source, target = self._place(before), self._place(after)
        if source is None or target is None:
            assert source is target, "in from elsewhere"
            return False
        assert source[0] is target[0], "one folder"
        node = source[0].now[source[1]]
        source[0].change({target[1]: node} if keep else {source[1]: None, target[1]: node})
        return True
