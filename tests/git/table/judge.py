"""What became of it: lost, lie or stuck, by plain git and the file system alone."""

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tests.git.table import seen as see
from tests.git.table.ground import Ground
from tests.git.table.seen import OPERATIONS, OWN, File, Seen, Tree, run, text, words

Kind = Literal["lost", "lie", "stuck"]


@dataclass(frozen=True)
class Fault:
    kind: Kind
    what: str


@dataclass(frozen=True)
class Asked:
    """What the command was to do."""

    action: str
    push: bool
    mode: str = "tree"
    tree: str | None = None
    """The tree that it should lead to, as plain git made it; None: not to be done."""


@dataclass(frozen=True)
class Said:
    """What the command said."""

    exit: int
    outcome: str | None
    verdict: dict[str, Any] = field(default_factory=dict)
    plan: dict[str, Any] | None = None
    errors: str = ""
    hung: bool = False

    @property
    def revision(self) -> str | None:
        found = self.verdict.get("revision")
        return found if isinstance(found, str) else None

    @property
    def why(self) -> str:
        return str(self.verdict.get("why", "")) or self.errors.strip()

    @classmethod
    def of(cls, code: int, out: str, errors: str, hung: bool = False) -> "Said":
        try:
            document = json.loads(out)
        except ValueError:
            return cls(code, None, {"broken": out[:200]} if out.strip() else {}, None, errors, hung)
        return cls(code, document["outcome"], document["verdict"] or {}, document["plan"], errors, hung)


class Judge:
    """Looks before, looks after, and tells the difference that may not be."""

    def __init__(self, ground: Ground, scratch: Path) -> None:
        self.ground, self.scratch = ground, scratch
        self.before = Seen.look(ground, scratch)
        self.branch = f"refs/heads/{ground.branch}"
        self.there = f"refs/heads/{ground.there}"
        self.faults: list[Fault] = []

    def _fault(self, kind: Kind, what: str) -> None:
        self.faults.append(Fault(kind, what[:300]))

    def after(self, asked: Asked, said: Said) -> list[Fault]:
        self.asked, self.said = asked, said
        self.now = Seen.look(self.ground, self.scratch)
        self._spoken()
        self._placed()
        self._proven()
        self._left()
        self._kept_refs()
        self._kept_work()
        return self.faults

    # -- what was said

    def _spoken(self) -> None:
        said = self.said
        if said.hung:
            self._fault("stuck", "no end")
            return
        fits = {"done": (0, 1), "failed": (1,), "refused": (3, 2), "unknown": (4,), None: (2,)}
        if said.exit not in fits.get(said.outcome, ()):
            self._fault("lie", f"{said.outcome} with exit {said.exit}")
        if "Traceback" in said.errors or "fault of the program" in said.errors + said.why:
            self._fault("lie", f"a fault of the program: {said.why or said.errors}")
        if "broken" in said.verdict:
            self._fault("lie", f"no JSON: {said.verdict['broken']}")
        if said.outcome != "done" and not said.why:
            self._fault("lie", f"{said.outcome} without a word")
        if said.outcome == "done":
            self._lights()

    def _lights(self) -> None:
        verdict, push = self.said.verdict, self.asked.push
        red = [name for name in ("tree_equal", "remote_equal")[: 1 + push] if verdict.get(name) is False]
        if red:
            self._fault("lie", f"done with {', '.join(red)} red: {verdict.get('why')}")
        wanted = ("tree_equal", "remote_equal", "running_equal", "user_path")[: 4 if push else 1]
        if (self.said.exit == 0) != all(verdict.get(name) is not False for name in wanted):
            self._fault("lie", f"exit {self.said.exit} with {[verdict.get(name) for name in wanted]}")

    # -- where the branch is

    def _placed(self) -> None:
        was, now = self.before.refs.get(self.branch), self.now.refs.get(self.branch)
        there_was, there_now = self._there(self.before), self._there(self.now)
        new = self.said.revision
        if self.said.outcome == "done" and new is None:
            self._fault("lie", "done without a revision")
        if self.said.outcome == "done" and self.asked.push:
            if there_now is None or (there_now != new and not self._under(new, there_now)):
                self._fault("lie", f"pushed {new}, and {self.there} there is {there_now}")
            if now != was and sha(now) != new and not self._under(sha(was), sha(now)):
                self._fault("lie", f"{self.branch} went to {now}")
        elif self.said.outcome == "done":
            if sha(now) != new:
                self._fault("lie", f"moved to {new}, and {self.branch} is {now}")
            if there_was != there_now:
                self._fault("lie", f"not to be pushed, and {self.there} there went to {there_now}")
        elif self.said.outcome != "unknown" and (was != now or there_was != there_now):
            self._fault("lie", f"{self.said.outcome}, and here {was} → {now}, there {there_was} → {there_now}")
        if self.asked.mode != "branch" and there_was and there_now and not self._under(there_was, there_now):
            self._fault("lost", f"{self.there} there was overwritten: {there_was} → {there_now}")

    def _there(self, seen: Seen) -> str | None:
        refs = seen.remotes.get(self.ground.far, {})
        return sha(refs.get(self.there))

    def _under(self, older: str | None, newer: str | None) -> bool:
        if older is None or newer is None:
            return False
        return any(
            run(store, "merge-base", "--is-ancestor", older, newer) is not None
            for store in (self.ground.far, self.now.common)
        )

    # -- whether it is so

    def _proven(self) -> None:
        """The lights that are said to be green, and done itself, by a comparison of our own."""
        said, new = self.said, self.said.revision
        if said.outcome != "done" or new is None:
            return
        store = self.ground.far if self.asked.push else self.now.common
        tree = text(run(store, "rev-parse", f"{new}^{{tree}}"))
        if tree != self.asked.tree:
            self._fault("lie", f"done with tree {tree[:9]}, wanted {str(self.asked.tree)[:9]}")
        if said.verdict.get("remote_equal") is True:
            there = self._there(self.now)
            if text(run(self.ground.far, "rev-parse", f"{there}^{{tree}}")) != self.asked.tree:
                self._fault("lie", "remote_equal, and the remote has another tree")
        mine = next((t for t in self.now.trees if t.top == self._top()), None)
        if said.verdict.get("worktree_equal") is True and mine is not None:
            self._equal(mine, tree)

    def _top(self) -> Path:
        return Path(text(run(self.ground.folder, "rev-parse", "--show-toplevel")) or self.ground.folder)

    def _equal(self, mine: Tree, tree: str) -> None:
        listed = run(mine.top, "ls-tree", "-r", "-z", "--full-tree", tree) or b""
        for entry in listed.split(b"\0"):
            meta, _, raw = entry.partition(b"\t")
            name, mode = os.fsdecode(raw), meta[:6]
            there = mine.files.get(name)
            absent = f"S {name}" in mine.index or f"s {name}" in mine.index
            if not entry or mode == b"160000" or (there is None and absent):
                continue
            wanted = run(mine.top, "cat-file", "--filters", f"{tree}:{name}")
            if wanted is None:
                wanted = run(mine.top, "cat-file", "blob", f"{tree}:{name}")
            if there is None or there.content != wanted:
                # What git's own filters make equal is equal: a lone line end, a stripped line.
                blob = text(run(mine.top, "hash-object", f"--path={name}", "--", os.path.join(mine.top, name)))
                if there is None or blob != meta.split(b" ")[2].decode():
                    self._fault("lie", f"worktree_equal, and {name} differs")

    # -- what may not be left

    def _left(self) -> None:
        for gitdir, now in self.now.stores.items():
            was = self.before.stores.get(gitdir, {})
            for name in sorted({*was, *now}):
                if was.get(name) == now.get(name):
                    continue
                kind: Kind = "stuck" if name not in was else "lost"
                if kind == "lost" and not name.startswith(OPERATIONS) and name in now and self._follows(name):
                    continue
                self._fault(kind, f"{gitdir.name}/{name} {'left' if kind == 'stuck' else 'changed or gone'}")
        for name in sorted(self.now.linked - self.before.linked):
            self._fault("stuck", f"worktree {name} left")
        for tree in self.now.trees:
            old = next((t for t in self.before.trees if t.top == tree.top), None)
            if old is not None and old.head != tree.head and not (old.head and old.head.content[:5] != b"ref: "):
                self._fault("lie", f"HEAD of {tree.top.name} is another: {tree.head}")
            elif old is not None and old.head != tree.head:
                self._fault("lie", f"detached HEAD of {tree.top.name} moved")

    def _follows(self, name: str) -> bool:
        """The index of a sparse checkout and such follow the branch."""
        return name.startswith("index")

    # -- what may not be lost

    def _kept_refs(self) -> None:
        moved = {self.branch, *(r for r in self.now.refs if r.startswith(("refs/remotes/", OWN)))}
        target = self.before.refs.get(self.branch, " ").split(" ")[-1]
        for name, value in self.before.refs.items():
            if name not in {*moved, target} and self.now.refs.get(name) != value:
                self._fault("lost", f"{name} {value} is {self.now.refs.get(name)}")
        for name in self.now.refs:
            if name not in self.before.refs and not name.startswith((OWN, "refs/remotes/")):
                self._fault("stuck", f"{name} is new")
        for remote, refs in self.before.remotes.items():
            now = self.now.remotes.get(remote, {})
            for name in {*refs, *now}:
                meant = remote == self.ground.far and name == self.there
                if not meant and refs.get(name) != now.get(name):
                    self._fault("lost", f"{remote.name} {name}: {refs.get(name)} → {now.get(name)}")
        for name, log in self.before.logs.items():
            if not self.now.logs.get(name, b"").startswith(log):
                self._fault("lost", f"log of {name} cut")

    def _kept_work(self) -> None:
        """After a collection of everything unnamed, on a copy of the repository."""
        store = self._collected()
        try:
            self._commits(store)
            for tree in self.before.trees:
                self._index(tree, store)
                self._files(tree, store)
            for name, file in self.before.outside.items():
                if self.now.outside.get(name) != file:
                    self._fault("lost", f"outside the repository: {name}")
        finally:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def _collected(self) -> Path:
        self.scratch.mkdir(parents=True)
        store = self.scratch / "store"
        shutil.copytree(self.now.common, store, symlinks=True, copy_function=shutil.copyfile)
        for lock in store.rglob("*.lock"):
            lock.unlink()
        for folder, _, _ in os.walk(store):
            os.chmod(folder, 0o755)
        settings = ("gc.reflogExpire=now", "gc.reflogExpireUnreachable=now", "gc.worktreePruneExpire=never",
                    "core.bare=true", "gc.writeCommitGraph=false", "core.commitGraph=false")  # fmt: skip
        run(store, *(word for one in settings for word in ("-c", one)), "gc", "-q", "--prune=now")
        return store

    def _commits(self, store: Path) -> None:
        missing = _missing(store, self.before.commits)
        for remote in self.now.remotes:
            missing -= set(words(run(remote, "rev-list", "--all")))
        if missing:
            some = ", ".join(text(run(self.now.common, "log", "-1", "--format=%h %s", s)) or s for s in missing)
            self._fault("lost", f"{len(missing)} commits: {some}")

    def _index(self, tree: Tree, store: Path) -> None:
        now = next((t.index for t in self.now.trees if t.top == tree.top), frozenset())
        gone = {entry for entry in tree.index - now if "\t" in entry}
        if not gone:
            return
        saved = self._saved(store, "index")
        committed = _entries(store, tree.tip)
        for entry in sorted(gone - committed):
            path = entry.partition("\t")[2]
            if entry in saved or (entry.split(" ")[2][0] != "0" and not _missing(store, {entry.split(" ")[1]})):
                continue
            self._fault("lost", f"staged: {path}")

    def _saved(self, store: Path, kind: str) -> set[str]:
        found: set[str] = set()
        for name in self.now.refs:
            if name.startswith(OWN) and name.endswith(f"/{kind}"):
                found |= _entries(store, name)
        return found

    def _files(self, tree: Tree, store: Path) -> None:
        now = next((t.files for t in self.now.trees if t.top == tree.top), {})
        committed = {entry.partition("\t")[2]: entry for entry in _entries(store, tree.tip)}
        gone = {name: file for name, file in tree.files.items() if not _same(now.get(name), file)}
        work = {n: f for n, f in gone.items() if not _as_committed(store, tree, n, f, committed)}
        if not work:
            return
        back = [self._restored(store, name, tree.modes) for name in sorted(self.now.refs)
                if name.startswith(OWN) and name.endswith("/worktree")]  # fmt: skip
        for name, file in work.items():
            if not any(_same(restored.get(name), file) for restored in back):
                self._fault("lost", f"{name} ({len(file.content)} bytes, {file.kind})")

    def _restored(self, store: Path, ref: str, modes: bool) -> dict[str, File]:
        out = self.scratch / "restored" / ref.replace("/", "-")
        out.mkdir(parents=True, exist_ok=True)
        env = {"GIT_DIR": str(store), "GIT_WORK_TREE": str(out), "GIT_INDEX_FILE": f"{out}.index"}
        run(out, "-c", "core.bare=false", "-c", "core.sparseCheckout=false", "read-tree", ref, env=env)
        run(out, "-c", "core.bare=false", "-c", "core.sparseCheckout=false", "checkout-index", "-a", "-f", env=env)
        return {name: see.content(os.path.join(out, name), modes) for name in see.below(out)}


def sha(value: str | None) -> str | None:
    return value.split(" ")[0] if value else None


def _same(one: File | None, other: File) -> bool:
    return one == other


def _missing(store: Path, names: set[str]) -> set[str]:
    if not names:
        return set()
    asked = "\n".join(sorted(names)).encode() + b"\n"
    answer = text(run(store, "cat-file", "--batch-check", stdin=asked))
    return {line.split(" ")[0] for line in answer.split("\n") if line.endswith(" missing")}


def _entries(store: Path, name: str) -> set[str]:
    """The files of a commit, in the words of `ls-files -s`."""
    listed = (run(store, "ls-tree", "-r", "-z", "--full-tree", name) or b"").split(b"\0") if name else []
    found = set()
    for entry in listed:
        meta, tab, path = entry.partition(b"\t")
        if tab:
            mode, _, object_name = meta.split(b" ")
            found.add(os.fsdecode(mode + b" " + object_name + b" 0\t" + path))
    return found


def _as_committed(store: Path, tree: Tree, name: str, file: File, committed: dict[str, str]) -> bool:
    """Whether a file was what HEAD's commit checks out: then the commit keeps it."""
    entry = committed.get(name)
    if entry is None or file.kind not in ("file", "link"):
        return False
    mode, object_name = entry.split(" ")[:2]
    raw = run(store, "cat-file", "blob", object_name)
    plain = file.content == raw
    if not plain and file.kind == "file":
        plain = file.content == run(tree.top, "cat-file", "--filters", f"--path={name}", object_name)
    return plain and (mode == "120000") == (file.kind == "link") and (not tree.modes or (mode == "100755") == file.runs)
