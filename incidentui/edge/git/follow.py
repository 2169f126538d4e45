"""Lets a checkout follow its branch where that is free, and names what is in the way where it is not."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from incidentui.edge.git.look import listed
from incidentui.edge.git.place import Place
from incidentui.edge.git.run import Answer, git, short

FOLLOW_S = 120.0
_FOLLOW = (
    "merge", "--ff-only", "--no-overwrite-ignore", "--no-autostash", "--no-squash", "--commit", "--no-stat", "--quiet",
    "--no-verify-signatures",
)  # fmt: skip


def blocked(place: Place) -> str:
    if not place.on_branch:
        return f"HEAD is {place.head_branch or 'detached'}, not {place.branch}"
    return f"a {place.operation} is in progress" if place.operation else ""


async def locked(place: Place, sha: str) -> str:
    """Why the branch cannot be written; empty when it can. Git changes the files first and would stop half-way."""
    move = f"start\nupdate {place.ref}\0{sha}\0{place.tip or ''}\0prepare\nabort\n"
    words = move.replace("\n", "\0")
    answer = await git(
        place.layout.top,
        "update-ref",
        "-z",
        "--stdin",
        writes=True,
        ok=None,
        stdin=words.encode("utf-8", "surrogateescape"),
    )
    return "" if answer.code == 0 else in_the_way(place, answer)


async def forward(place: Place, sha: str) -> str:
    """Fast-forward the checkout; empty when it did, else what was in the way."""
    if way := await locked(place, sha):
        return way
    with _messages_kept(place.layout.gitdir):
        answer = await git(place.layout.top, *_FOLLOW, sha, writes=True, ok=None, timeout_s=FOLLOW_S)
    return "" if answer.code == 0 else in_the_way(place, answer)


@contextmanager
def _messages_kept(gitdir: Path) -> Iterator[None]:
    """What the responder's next commit will begin with (after `revert -n`, say): a merge takes it away, done or not."""
    found: dict[Path, bytes] = {}
    for path in (gitdir / "MERGE_MSG", gitdir / "SQUASH_MSG"):
        with suppress(OSError):
            found[path] = path.read_bytes()
    try:
        yield
    finally:
        for path, message in found.items():
            if not path.exists():
                path.write_bytes(message)


def in_the_way(place: Place, answer: Answer) -> str:
    """Why git left the checkout alone, with the files where it names them."""
    lines = answer.err.splitlines()
    files = [line.strip() for line in lines if line.startswith(("\t", "    "))]
    if files and any(said in answer.err for said in ("would be overwritten", "would lose untracked")):
        return f"{listed(files)} in the way"
    if "fast-forward" in answer.err:
        return f"{place.branch} has commits of its own here"
    if ".lock'" in answer.err:
        return f"another git holds a lock, or left it: {short(answer.err)}"
    return short(answer.err) or f"git {answer.argv[1]} ended with {answer.code}"
