"""Checkpoints on disk: one folder each, written beside and given its name when it is whole; never written over.

A folder has `checkpoint.json`, the copies of files by their hash, and `tests.jsonl`. They may hold what the files
hold, secrets too: folders are 0700, files 0600, and no copy ever goes into the journal.
"""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from typing_extensions import override

from incidentui.core.checkpoint import Checkpoint, Tested
from incidentui.core.codec import CodecError, from_json, to_json
from incidentui.edge.store.dated import Dated, free, named
from incidentui.edge.store.place import sync_folder

KEPT = 30
"""Of those that were taken before an action; those taken by hand stay until somebody removes them."""
GREEN_KEPT = 10
BY_HAND, GREEN = "by hand", "green "
BEFORE = "before "
"""How the reason of those begins that were taken because something dangerous was about to be done."""
GOOD = "good"
_RECORD, _FILES, _TESTS, _KEY = "checkpoint.json", "files", "tests.jsonl", "key"
_LIMIT = 4_000_000


class CheckpointError(Exception):
    """In words: what, where, what to do."""


class Store(Dated):
    def __init__(self, folder: Path, green: int = GREEN_KEPT) -> None:
        """`green`: how many are kept of those that were taken because all was good."""
        super().__init__(folder, "checkpoint", CheckpointError)
        self._green = green

    @override
    def find(self, wanted: str) -> str:
        """An id, the beginning of one, `latest`, or `good`: the last that was taken by hand or because all was good."""
        if wanted != GOOD:
            return super().find(wanted)
        if (found := self.good()) is None:
            raise CheckpointError("no checkpoint was taken by hand or on green yet: incidentui checkpoint take")
        return found

    def good(self) -> str | None:
        """What was there before an action may have been broken: such a one is not meant unasked."""
        whys = {each: self._why(each) for each in reversed(self.ids())}
        good = (each for each, why in whys.items() if why is not None and not why.startswith(BEFORE))
        # One that cannot be read is told only where no other is there.
        return next(good, next((each for each, why in whys.items() if why is None), None))

    def _why(self, ident: str) -> str | None:
        """Why it was taken; None: it cannot be read."""
        try:
            return self.read(ident).why
        except CheckpointError:
            return None

    def read(self, ident: str) -> Checkpoint:
        file = self.folder / ident / _RECORD
        try:
            if file.stat().st_size > _LIMIT:
                raise CheckpointError(f"{file} is larger than a checkpoint can be; it was changed")
            return from_json(Checkpoint, json.loads(file.read_bytes()))
        except (OSError, ValueError, CodecError) as error:
            raise CheckpointError(f"checkpoint {ident} cannot be read: {file}: {error}") from None

    def copy_of(self, ident: str, sha256: str) -> bytes:
        """The content of a file then. Raises when it is not what was put there."""
        file = self.folder / ident / _FILES / sha256
        try:
            content = file.read_bytes()
        except OSError as error:
            raise CheckpointError(f"the copy in checkpoint {ident} cannot be read: {file}: {error}") from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise CheckpointError(f"the copy in checkpoint {ident} is damaged: {file}")
        return content

    def keep(self, checkpoint: Checkpoint, contents: Mapping[str, bytes], spare: str = "") -> Checkpoint:
        """On disk when it returns, whole or not at all; under the next free id when its own is taken.

        `spare`: the id of one that stays, old as it may be: it is about to be restored.
        """
        temporary = self._beside()
        try:
            return self._filled(temporary, checkpoint, contents, spare)
        except OSError as error:
            raise self.cannot(error) from None
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def _filled(self, temporary: Path, checkpoint: Checkpoint, contents: Mapping[str, bytes], spare: str) -> Checkpoint:
        (temporary / _FILES).mkdir(mode=0o700)
        for sha256, content in contents.items():
            _write(temporary / _FILES / sha256, content)
        for ident in free(checkpoint.id):
            kept = replace(checkpoint, id=ident)
            _write(temporary / _RECORD, _json(kept))
            sync_folder(str(temporary / _FILES / "x"))
            sync_folder(str(temporary / "x"))
            if named(temporary, self.folder / ident):
                self._prune(spare)
                return kept
        raise AssertionError("there is always a next id")

    def _prune(self, spare: str) -> None:
        """The oldest of those nobody asked for; a tested one is worth more than its age. One nobody can read stays."""
        with contextlib.suppress(CheckpointError, OSError):
            whys = {each: self._why(each) or BY_HAND for each in self.ids() if not self.tests(each)}
            green = [each for each, why in whys.items() if why.startswith(GREEN)]
            own = [each for each, why in whys.items() if why != BY_HAND and not why.startswith(GREEN)]
            for ident in {*own[:-KEPT], *green[: -self._green]} - {spare}:
                shutil.rmtree(self.folder / ident, ignore_errors=True)

    def tests(self, ident: str) -> list[Tested]:
        file = self.folder / ident / _TESTS
        found = []
        with contextlib.suppress(OSError):
            for line in file.read_bytes()[-200_000:].splitlines():
                with contextlib.suppress(ValueError, CodecError):  # the last line of a killed program
                    found.append(from_json(Tested, json.loads(line)))
        return found

    def add_test(self, ident: str, tested: Tested) -> None:
        file = self.folder / ident / _TESTS
        handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, b"\n" * (file.stat().st_size > 0) + json.dumps(to_json(tested)).encode())
            os.fsync(handle)
        finally:
            os.close(handle)

    def key(self) -> bytes:
        """Of this project here: hashes of values can be compared with each other, and with no guess of anybody else."""
        try:
            return self._key()
        except OSError as error:
            raise self.cannot(error) from None

    def _key(self) -> bytes:
        file = self.folder / _KEY
        with contextlib.suppress(FileNotFoundError):
            if len(found := file.read_bytes()) == 32:
                return found
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self.folder)
        os.close(handle)
        try:
            _write(Path(temporary), secrets.token_bytes(32))
            with contextlib.suppress(FileExistsError):  # another process was faster: its key counts
                os.link(temporary, file)
        finally:
            os.unlink(temporary)
        return file.read_bytes()


def _json(checkpoint: Checkpoint) -> bytes:
    return json.dumps(to_json(checkpoint), ensure_ascii=False, indent=1).encode("utf-8", errors="replace")


def _write(file: Path, content: bytes) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
