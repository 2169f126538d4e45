"""Hostile names and texts: as branch, tag, file, remote, address, message. A file called canary tells that one ran."""

import json
import os
from collections.abc import Callable

from tests.git.table.ground import Ground
from tests.git.table.state import Do, State
from tests.git.world import plain

CANARY = "canary"
_RUN = f"touch${{IFS}}{CANARY}"
NAMES: dict[str, str] = {
    "an option": f"--upload-pack={_RUN}",
    "an option of push": f"--receive-pack={_RUN}",
    "a short option": "-D",
    "the end of options": "--",
    "a command": f"$({_RUN})",
    "a semicolon and backticks": f";{_RUN};`{_RUN}`",
    "a pipe": f"x|{_RUN}&",
    "quotes": "a'b\"c",
    "unicode": "größe/日本語-👩‍👩‍👧",
    "bidi": "evil\u202egnp\u2066",
    "C1 and zero width": "ad\u009bmin\u200b",
    "200 characters": "n" * 200,
    "a sha": "deadbeef" * 5,
    "HEAD": "HEAD",
    "a full name": "refs/heads/main",
    "another remote's": "origin/main",
    "percent and braces": "%s{0}{{x}}",
    "a lock": "x.lock",
}


def _branch(name: str) -> Do:
    """The branch that is checked out, here and on the remote; made by plumbing, which has fewer guards."""

    def make(g: Ground) -> None:
        if name.endswith(".lock"):
            for top in (g.repo / ".git", g.remote):
                (top / "refs" / "heads" / name).write_text(g.git("rev-parse", "main") + "\n")
            g.write(".git/HEAD", f"ref: refs/heads/{name}\n")
        else:
            g.git("update-ref", f"refs/heads/{name}", "main")
            g.git("symbolic-ref", "HEAD", f"refs/heads/{name}")
            g.git("push", "-q", "origin", f"refs/heads/main:refs/heads/{name}")
            for key, value in (("remote", "origin"), ("merge", f"refs/heads/{name}")):
                g.git("config", f"branch.{name}.{key}", value)
        g.branch = g.there = name

    return make


def _configured(name: str) -> Do:
    def make(g: Ground) -> None:
        g.write("incidentui.toml", f'[project]\nname = "api"\nbranch = {json.dumps(name)}\n')
        g.write(".git/info/exclude", "incidentui.toml\n")
        g.branch = g.there = name

    return make


def _tag(name: str, prefix: str = "") -> Do:
    def make(g: Ground) -> None:
        g.git("update-ref", f"refs/tags/{name}", g.good, ok=False)
        g.to = prefix + name

    return make


def _remote(name: str) -> Do:
    def make(g: Ground) -> None:
        g.git("config", f"remote.{name}.url", str(g.remote))
        g.git("config", f"remote.{name}.fetch", "+refs/heads/*:refs/remotes/x/*")
        g.write("incidentui.toml", f'[project]\nname = "api"\nremote = {json.dumps(name)}\n')
        g.write(".git/info/exclude", "incidentui.toml\n")

    return make


def _address(url: str) -> Do:
    return lambda g: g.git("config", "remote.origin.url", url)


def _files(g: Ground) -> None:
    """Changed by a bad commit, and then by somebody who did not save it; beside them the same as untracked ones."""
    names = [name.replace("/", "|").encode() for name in NAMES.values()]
    names += [b"new\nline;touch canary", b"\xff\xfe", b"../canary".replace(b"/", b"\\"), b"*", b"a -> b", b":(glob)x"]
    for n in (1, 2):
        for name in names:
            with open(os.path.join(os.fsencode(g.repo), name), "wb") as file:
                file.write(b"%d\n" % n)
        g.git("add", "-A", "--", ".")
        g.git("commit", "-q", "-m", f"files {n}")
    g.push()
    g.culprit = g.git("rev-parse", "HEAD")
    for name in names:
        with open(os.path.join(os.fsencode(g.repo), name + b".mine"), "wb") as file:
            file.write(b"mine\n")


def _message(text: str) -> Do:
    def make(g: Ground) -> None:
        (g.root / "message").write_bytes(text.encode("utf-8", "surrogateescape"))
        g.write("a.txt", "a9\n")
        author = text.replace("\n", " ").replace("<", "(").replace(">", ")")[:100]
        plain(
            g.repo, "commit", "-q", "-a", "--cleanup=verbatim", "-F", str(g.root / "message"),
            env={"GIT_AUTHOR_NAME": author, "GIT_AUTHOR_EMAIL": "x@y"},
        )  # fmt: skip
        g.push()
        g.culprit = g.git("rev-parse", "HEAD")

    return make


_MESSAGES = {
    "a command": f"$(touch {CANARY}) `touch {CANARY}`; touch {CANARY}\n\nbody",
    "escapes": "\x1b]0;owned\x07\x1b[2J \x9b2J \u202egnp",
    "only lines": "\n\n\n",
    "an option": f"--upload-pack=touch {CANARY}",
    "comments and trailers": "# not a comment\n\nThis reverts commit 0000000.\nSigned-off-by: x <y>\n\n-- \n",
    "no utf-8": "caf\udce9",
}
_ADDRESSES = {
    "ext": f"ext::sh -c touch% {CANARY}",
    "an option": f"--upload-pack=touch {CANARY}",
    "ssh with an option": f"ssh://-oProxyCommand=touch${{IFS}}{CANARY}/x",
    "a bundle of nothing": "file:///dev/null",
    "a newline": f"/nowhere\ntouch {CANARY}",
}


def _each(what: str, make: Callable[[str], Do], texts: dict[str, str]) -> tuple[State, ...]:
    return tuple(State(f"{what}: {name}", make(text)) for name, text in texts.items())


_NO_REFS = {name: text for name, text in NAMES.items() if name != "a lock"}
STATES = (
    *_each("branch", _branch, NAMES),
    *_each("branch configured", _configured, {n: NAMES[n] for n in ("an option", "a command", "bidi")}),
    *_each("tag", _tag, _NO_REFS),
    *_each("tag by its full name", lambda name: _tag(name, "refs/tags/"), _NO_REFS),
    *_each("remote", _remote, _NO_REFS),
    *_each("address", _address, _ADDRESSES),
    *_each("message", _message, _MESSAGES),
    State("files", _files),
)
