"""States of the work tree and the index: whatever somebody may not have saved yet."""

import os

from tests.git.table.ground import Ground
from tests.git.table.state import Do, State, both, on
from tests.git.world import plain


def write(name: str, text: str, *more: str) -> Do:
    def make(g: Ground) -> None:
        g.write(name, text)
        if more:
            g.git(*more)

    return make


def _everything_in_the_way(g: Ground) -> None:
    g.write("a.txt", "staged\n")
    g.git("add", "a.txt")
    g.write("a.txt", "and edited\n")
    g.write("b.txt", "not staged\n")
    g.git("rm", "-q", "-f", "--ignore-unmatch", "c.txt", "old.txt")
    g.write("c.txt", "untracked now\n")
    g.git("mv", "run.sh", "start.sh")
    (g.repo / "beside.txt").chmod(0o755)
    (g.repo / "lib" / "code.py").unlink()


def _untracked_in_the_way(g: Ground) -> None:
    """The good tree has a file that HEAD dropped and that somebody made anew."""
    g.git("rm", "-q", "old.txt")
    g.git("commit", "-q", "-m", "drop old")
    g.push()
    g.write("old.txt", "precious\n")


def _ignored_in_the_way(g: Ground) -> None:
    _untracked_in_the_way(g)
    g.write(".git/info/exclude", "old.txt\n")


def _folder_in_the_way(g: Ground) -> None:
    _untracked_in_the_way(g)
    (g.repo / "old.txt").unlink()
    g.write("old.txt/deep/inside.txt", "precious\n")
    g.write("old.txt/run.log", "ignored, precious\n")


def _file_for_a_folder(g: Ground) -> None:
    """The good tree has lib/code.py; HEAD has no lib; somebody has a file called lib."""
    g.git("rm", "-q", "-r", "lib")
    g.git("commit", "-q", "-m", "drop lib")
    g.push()
    g.write("lib", "precious\n")


def _folder_became_file(g: Ground) -> None:
    """Committed: lib is a file now. Beside it in the good tree: lib/code.py."""
    g.git("rm", "-q", "-r", "lib")
    g.commit("lib is a file", {"lib": "flat\n"})
    g.push()


def _link(name: str, to: str) -> Do:
    def make(g: Ground) -> None:
        (g.repo / name).unlink()
        os.symlink(to, g.repo / name)

    return make


def _folder_is_a_link(g: Ground) -> None:
    """A tracked folder replaced by a link to one outside, that holds a file of the same name."""
    (g.root / "outside" / "code.py").write_text("precious\n")
    (g.repo / "lib" / "code.py").unlink()
    (g.repo / "lib").rmdir()
    os.symlink("../outside", g.repo / "lib")


def _committed_link(g: Ground) -> None:
    """The bad commits made of lib a link to a folder outside; the good tree has lib/code.py."""
    (g.root / "outside" / "code.py").write_text("precious\n")
    g.git("rm", "-q", "-r", "lib")
    os.symlink("../outside", g.repo / "lib")
    g.git("add", "lib")
    g.git("commit", "-q", "-m", "lib is elsewhere")
    g.push()


def _flag(*flags: str) -> Do:
    def make(g: Ground) -> None:
        g.write("a.txt", "hidden\n")
        g.git("update-index", *flags, "a.txt")

    return make


def _skip_and_absent(g: Ground) -> None:
    g.git("update-index", "--skip-worktree", "a.txt")
    (g.repo / "a.txt").unlink()


def _sparse(g: Ground) -> None:
    g.git("sparse-checkout", "set", "--cone", "docs")


def _sparse_with_leftovers(g: Ground) -> None:
    g.git("sparse-checkout", "set", "--no-cone", "/docs/", "/beside.txt")
    g.write("lib/code.py", "there again, and edited\n")


def _stashes(g: Ground) -> None:
    for n in (1, 2):
        g.write("a.txt", f"stashed {n}\n")
        g.write(f"new{n}.txt", f"stashed {n}\n")
        g.git("stash", "push", "-q", "-u", "-m", f"work {n}")


def _nested(g: Ground, where: str = "inner") -> None:
    inner = g.repo / where
    plain(g.root, "init", "-q", "-b", "main", str(inner))
    (inner / "work.txt").write_text("inner work\n")
    plain(inner, "add", "-A")
    plain(inner, "-c", "user.name=i", "-c", "user.email=i@x", "commit", "-q", "-m", "inner")
    (inner / "work.txt").write_text("inner, not committed\n")


def _nested_in_the_way(g: Ground) -> None:
    _untracked_in_the_way(g)
    (g.repo / "old.txt").unlink()
    _nested(g, "old.txt")


def _huge(g: Ground) -> None:
    with (g.repo / "dump.sql").open("wb") as file:
        file.write(b"precious\n")
        file.truncate(60 << 20)


def _huge_in_the_way(g: Ground) -> None:
    with (g.repo / "a.txt").open("wb") as file:
        file.write(b"precious\n")
        file.truncate(60 << 20)


def _no_plain_file(g: Ground) -> None:
    os.mkfifo(g.repo / "pipe")
    (g.repo / "a.txt").unlink()
    os.mkfifo(g.repo / "a.txt")


ODD = (b"caf\xe9.txt", b"line\nbreak.txt", b"tab\there", b'quo"te\\.txt', "\u202etxt.exe".encode(), b"-rf", b" lead")


def _odd_names(g: Ground) -> None:
    for name in ODD:
        path = os.path.join(os.fsencode(g.repo), name)
        with open(path, "wb") as file:
            file.write(b"one\n")
    g.git("add", "-A")
    g.git("commit", "-q", "-m", "odd names")
    g.push()
    for n, name in enumerate(ODD):
        with open(os.path.join(os.fsencode(g.repo), name), "wb") as file:
            file.write(b"edited %d\n" % n)
        with open(os.path.join(os.fsencode(g.repo), name + b".new"), "wb") as file:
            file.write(b"untracked %d\n" % n)


def _long_names(g: Ground) -> None:
    deep = "/".join("d" * 200 for _ in range(4))
    g.commit("long names", {f"{'n' * 200}.txt": "one\n", f"{deep}/{'m' * 200}": "one\n"})
    g.push()
    g.write(f"{deep}/{'m' * 200}", "edited\n")
    g.write(f"{'u' * 200}.txt", "untracked\n")


def _case_only(g: Ground) -> None:
    g.commit("two of a name", {"A.TXT": "big\n", "LIB/code.py": "y\n"})
    g.push()
    g.git("config", "core.ignoreCase", "true")
    g.write("A.TXT", "edited\n")
    g.write("B.txt", "untracked\n")


def _line_ends(g: Ground) -> None:
    g.git("config", "core.autocrlf", "true")
    g.git("config", "core.safecrlf", "false")
    (g.repo / "a.txt").write_bytes(b"one\r\ntwo\nthree\r\n")
    (g.repo / "notes.txt").write_bytes(b"mixed\nends\r\n")


def _text_attribute(g: Ground) -> None:
    g.commit("attributes", {".gitattributes": "* text=auto eol=lf\n"})
    g.push()
    (g.repo / "a.txt").write_bytes(b"one\r\ntwo\nthree\r\n")


def _filter(g: Ground) -> None:
    """Clean throws something away: what lies in the work tree is more than what git would keep."""
    g.git("config", "filter.strip.clean", "sed /secret/d")
    g.git("config", "filter.strip.smudge", "cat")
    g.commit("attributes", {".gitattributes": "*.txt filter=strip\n"})
    g.push()
    g.write("a.txt", "kept\nsecret of mine\n")
    g.write("notes.txt", "secret note\n")


def _filter_missing(g: Ground) -> None:
    g.work()
    g.commit("attributes", {".gitattributes": "*.txt filter=gone\n"})
    g.push()
    g.git("config", "filter.gone.clean", "no-such-program-here")
    g.git("config", "filter.gone.smudge", "no-such-program-here")
    g.git("config", "filter.gone.required", "true")


def _encoding(g: Ground) -> None:
    g.commit("attributes", {".gitattributes": "a.txt working-tree-encoding=UTF-16LE\nb.txt ident\n"})
    g.push()
    (g.repo / "a.txt").write_bytes("größer\n".encode("utf-16-le"))
    g.write("b.txt", "$Id: mine, by hand $\n")


def _lfs(g: Ground) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12345\n"
    g.commit(
        "lfs", {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "m.bin": pointer.format("0" * 64)}
    )
    g.commit("model", {"m.bin": pointer.format("1" * 64)})
    g.push()
    g.write("m.bin", "the real thing, of many bytes\n")


def _modes_off(g: Ground) -> None:
    g.git("config", "core.fileMode", "false")
    (g.repo / "a.txt").chmod(0o755)


def _clash(g: Ground) -> None:
    g.git("switch", "-q", "-c", "side", "main~3")
    g.commit("clash", {"a.txt": "other\n"})
    g.git("switch", "-q", "main")
    g.git("merge", "-q", "side", ok=False)
    (g.repo / ".git" / "MERGE_HEAD").unlink()


STATES = (
    State("clean", lambda g: None, work=False),
    State("work beside", lambda g: None),
    State("dirty in the way", write("a.txt", "mine\n")),
    State("staged in the way", write("b.txt", "staged\n", "add", "b.txt")),
    State("staged and edited again in the way", both(write("b.txt", "1\n", "add", "b.txt"), write("b.txt", "2\n"))),
    State("new file staged", write("n.txt", "new\n", "add", "n.txt"), work=False),
    State("deleted, not staged", lambda g: (g.repo / "a.txt").unlink()),
    State("deletion staged", on(("rm", "-q", "b.txt"))),
    State("rename not committed", on(("mv", "a.txt", "moved.txt"))),
    State("intent to add", write("n.txt", "new\n", "add", "-N", "n.txt")),
    State("everything in the way", _everything_in_the_way),
    State("untracked in the way", _untracked_in_the_way),
    State("ignored in the way", _ignored_in_the_way),
    State("untracked folder in the way", _folder_in_the_way),
    State("untracked file where a folder goes", _file_for_a_folder),
    State("folder became a file", _folder_became_file),
    State("executable bit", lambda g: (g.repo / "a.txt").chmod(0o755)),
    State("file replaced by a link to outside", _link("a.txt", "../outside/precious.txt")),
    State("folder replaced by a link to outside", _folder_is_a_link),
    State("link to a folder outside committed", _committed_link),
    State("assume-unchanged", _flag("--assume-unchanged")),
    State("skip-worktree", _flag("--skip-worktree")),
    State("both flags", _flag("--assume-unchanged", "--skip-worktree")),
    State("skip-worktree, file absent", _skip_and_absent),
    State("sparse checkout", _sparse, work=False),
    State("sparse checkout with leftovers", _sparse_with_leftovers, work=False),
    State("stash entries", _stashes),
    State("nested repository", _nested),
    State("nested repository ignored", lambda g: _nested(g, "build")),
    State("nested repository in the way", _nested_in_the_way),
    State("huge file untracked", _huge),
    State("huge file in the way", _huge_in_the_way),
    State("named pipes", _no_plain_file),
    State("odd names", _odd_names),
    State("names of 200 characters", _long_names),
    State("names that differ by case", _case_only),
    State("autocrlf, mixed line ends", _line_ends),
    State("text attribute, mixed line ends", _text_attribute),
    State("filter that drops lines", _filter),
    State("filter missing", _filter_missing, work=False),
    State("encoding and ident attributes", _encoding),
    State("LFS pointer, content there", _lfs),
    State("file modes off", _modes_off),
    State("unmerged index", _clash),
)
