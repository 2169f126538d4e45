"""States of the history and of the object store."""

import os
import subprocess

from tests.git.table.ground import Ground
from tests.git.table.state import Do, State
from tests.git.world import plain


def _merge(g: Ground) -> None:
    g.git("switch", "-q", "-c", "side", g.good)
    g.commit("side", {"s.txt": "s\n"})
    g.git("switch", "-q", "main")
    g.git("merge", "-q", "--no-ff", "-m", "merge side", "side")
    g.push()


def _merge_is_culprit(g: Ground) -> None:
    _merge(g)
    g.culprit = g.git("rev-parse", "HEAD")


def _octopus(g: Ground) -> None:
    for n in (1, 2, 3):
        g.git("switch", "-q", "-c", f"side{n}", g.good)
        g.commit(f"side {n}", {f"s{n}.txt": "s\n"})
    g.git("switch", "-q", "main")
    g.git("merge", "-q", "--no-ff", "-m", "octopus", "side1", "side2", "side3")
    g.push()


def _reverted_merge(g: Ground) -> None:
    _merge(g)
    g.git("revert", "--no-edit", "-m", "1", "HEAD")
    g.push()


def _revert_of_revert(g: Ground) -> None:
    for _ in (1, 2):
        g.git("revert", "--no-edit", "HEAD")
    g.push()
    g.culprit = g.git("rev-parse", "HEAD")


def _revert(g: Ground, sha: str) -> None:
    """By hand; where it is taken back already, nothing."""
    g.git("revert", "--no-edit", sha, ok=False)
    g.git("revert", "--abort", ok=False)


def _half_reverted(g: Ground) -> None:
    """As it happened: the newest ones taken back by hand, the oldest still in force."""
    _revert(g, g.bad[2])
    _revert(g, g.bad[1])
    g.push()


def _taken_back_already(g: Ground) -> None:
    _revert(g, g.bad[0])
    g.push()


def _changed_again(g: Ground) -> None:
    g.commit("on top", {"a.txt": "a3\n"})
    g.push()


def _empty_commits(g: Ground) -> None:
    g.git("commit", "-q", "--allow-empty", "-m", "trigger a build")
    g.git("commit", "-q", "--allow-empty", "--allow-empty-message", "-m", "")
    g.push()
    g.culprit = g.git("rev-parse", "HEAD")


def _not_an_ancestor(g: Ground) -> None:
    g.git("switch", "-q", "-c", "release", g.good)
    g.target = g.to = g.commit("fixed elsewhere", {"r.txt": "r\n", "a.txt": "a9\n"})
    g.git("switch", "-q", "main")


def _orphan(g: Ground) -> None:
    """A history of its own, merged in."""
    g.git("switch", "-q", "--orphan", "docs")
    g.commit("docs", {"manual.txt": "m\n"})
    g.git("switch", "-q", "main")
    g.git("merge", "-q", "--allow-unrelated-histories", "-m", "docs in", "docs")
    g.push()


def _raw_commit(g: Ground, head: str) -> str:
    path = g.root / "object"
    path.write_text(f"tree {g.tree('HEAD')}\nparent {g.git('rev-parse', 'HEAD')}\n{head}")
    sha = g.git("hash-object", "-w", "-t", "commit", "--literally", str(path))
    g.git("reset", "-q", "--soft", sha)
    return sha


def _odd_commits(g: Ground) -> None:
    """Before 1970, after 2100, a zone that is none, nobody as author, no line end, bytes that are no UTF-8."""
    _raw_commit(g, "author a <a> 0 +0000\ncommitter a <a> 0 +0000\n\nepoch\n")
    _raw_commit(g, "author a <a> 99999999999 +1400\ncommitter a <a> 99999999999 -1200\n\nfar\n")
    _raw_commit(g, "author  <> 1700000000 +9999\ncommitter  <> 1700000000 +9999\n\n")
    _raw_commit(g, "author a <a> 1700000000 +0000\ncommitter a <a> 1700000000 +0000\nencoding latin1\n\nümlaut")
    g.push()


def _grafted(g: Ground) -> None:
    g.write(".git/info/grafts", f"{g.bad[2]} {g.good}\n")


def _notes(g: Ground) -> None:
    g.git("notes", "add", "-m", "watch this one", g.bad[0])
    g.git("update-ref", "refs/notes/ci", "refs/notes/commits")


def _graph(g: Ground) -> None:
    g.git("commit-graph", "write", "--reachable")
    g.git("repack", "-q", "-a", "-d")
    g.git("multi-pack-index", "write")


def _bad_graph(g: Ground) -> None:
    g.git("commit-graph", "write", "--reachable")
    graph = g.repo / ".git/objects/info/commit-graph"
    raw = bytearray(graph.read_bytes())
    graph.chmod(0o644)
    graph.write_bytes(bytes(raw[: len(raw) // 2]))


def _clone_again(g: Ground, *how: str, address: str = "") -> None:
    g.repo.rename(g.root / "whole")
    plain(g.root, "clone", "-q", *how, address or f"file://{g.remote}", str(g.repo))
    g.settle_in()


def _shallow(depth: int) -> Do:
    return lambda g: _clone_again(g, "--depth", str(depth))


def _partial(g: Ground) -> None:
    plain(g.remote, "config", "uploadpack.allowFilter", "true")
    plain(g.remote, "config", "uploadpack.allowAnySHA1InWant", "true")
    _clone_again(g, "--filter=blob:none")


def _alternates(g: Ground) -> None:
    _clone_again(g, "--shared", address=str(g.remote))


def _object_missing(g: Ground) -> None:
    """A file of the good tree is not there any more."""
    sha = g.git("rev-parse", f"{g.good}:old.txt")
    (g.repo / ".git/objects" / sha[:2] / sha[2:]).unlink()


def _sha256(g: Ground) -> None:
    for path in (g.repo, g.remote):
        path.rename(path.with_name(f"was-{path.name}"))
    for args in (("--bare", str(g.remote)), (str(g.repo),)):
        plain(g.root, "init", "-q", "-b", "main", "--object-format=sha256", "--template=", *args)
    g.settle_in()
    g.git("remote", "add", "origin", str(g.remote))
    g.good = g.commit("works", {"a.txt": "a1\n", "old.txt": "old\n", "beside.txt": "1\n", ".gitignore": "*.log\n"})
    g.bad = [g.commit("faster", {"a.txt": "a2\n"}), g.commit("more", {"c.txt": "c\n", "old.txt": "new\n"})]
    g.push()
    g.git("branch", "-q", "--set-upstream-to=origin/main", ok=False)
    g.target, g.culprit = g.good, g.bad[0]


def _module(g: Ground) -> None:
    library = g.root / "library"
    plain(g.root, "init", "-q", "-b", "main", str(library))
    for n in (1, 2):
        (library / "code.txt").write_text(f"{n}\n")
        plain(library, "add", "-A")
        plain(library, "-c", "user.name=l", "-c", "user.email=l@x", "commit", "-q", "-m", f"library {n}")
    g.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "module")
    g.git("commit", "-q", "-m", "add module")
    g.push()


def _submodule_added(g: Ground) -> None:
    _module(g)


def _submodule_moved(g: Ground) -> None:
    """In the window the module went one commit back; the responder has it forward again, not committed."""
    _module(g)
    g.to = g.target = g.git("rev-parse", "HEAD")
    plain(g.repo / "module", "checkout", "-q", "HEAD~1")
    g.git("commit", "-q", "-a", "-m", "older module")
    g.push()
    g.culprit = g.git("rev-parse", "HEAD")
    plain(g.repo / "module", "checkout", "-q", "main")


def _submodule_dirty(g: Ground) -> None:
    _module(g)
    (g.repo / "module" / "code.txt").write_text("work in the module\n")
    (g.repo / "module" / "new.txt").write_text("work in the module\n")


def _submodule_commits(g: Ground) -> None:
    """Commits in the module that nobody pushed."""
    _module(g)
    inner = g.repo / "module"
    (inner / "code.txt").write_text("3\n")
    plain(inner, "-c", "user.name=l", "-c", "user.email=l@x", "commit", "-q", "-a", "-m", "only here")


def _long_message(g: Ground) -> None:
    (g.root / "message").write_text("line one\n\n" + "words " * 40_000)
    g.write("a.txt", "a8\n")
    g.git("commit", "-q", "-a", "-F", str(g.root / "message"))
    g.push()


def _many_refs(g: Ground) -> None:
    lines = "".join(f"create refs/tags/t{n} {g.good}\n" for n in range(3000))
    subprocess.run(["git", "-C", str(g.repo), "update-ref", "--stdin"], input=lines.encode(), check=True)


def _write_protected_pack(g: Ground) -> None:
    g.git("gc", "-q")
    for folder, _, files in os.walk(g.repo / ".git/objects"):
        for name in files:
            os.chmod(os.path.join(folder, name), 0o444)


STATES = (
    State("merge in the window", _merge),
    State("merge is the culprit", _merge_is_culprit),
    State("octopus", _octopus),
    State("reverted merge", _reverted_merge),
    State("revert of a revert", _revert_of_revert),
    State("half reverted by hand", _half_reverted),
    State("taken back already", _taken_back_already),
    State("changed again on top", _changed_again),
    State("empty commits", _empty_commits),
    State("target is no ancestor", _not_an_ancestor),
    State("history of its own merged", _orphan),
    State("odd times, zones and authors", _odd_commits),
    State("replace refs", lambda g: g.git("replace", g.good, g.bad[-1])),
    State("grafts", _grafted),
    State("notes", _notes),
    State("commit graph and packs", _graph),
    State("commit graph damaged", _bad_graph),
    State("shallow, target beyond its end", _shallow(2)),
    State("shallow, target at its end", _shallow(4)),
    State("partial clone", _partial),
    State("alternates", _alternates),
    State("object missing", _object_missing),
    State("SHA-256", _sha256),
    State("submodule added in the window", _submodule_added),
    State("submodule moved", _submodule_moved),
    State("submodule dirty", _submodule_dirty),
    State("submodule with commits of its own", _submodule_commits),
    State("message of 240 kB", _long_message),
    State("three thousand tags", _many_refs),
    State("packed, read-only files", _write_protected_pack),
)
