"""Writes one commit object as a plan shows it: signed where this clone signs its commits and no prompt is needed.

Where it cannot be signed it is written all the same, and that is said: a way back does not wait for a key, and a
server that wants signatures refuses the push with its own words.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from incidentui.edge.git.backup import identity
from incidentui.edge.git.run import GitError, git, short

SIGN_S = 20.0
# Whoever signs must not find a place to ask.
_NO_PROMPT = {"GPG_TTY": "", "DISPLAY": "", "WAYLAND_DISPLAY": "", "SSH_ASKPASS": ""}


async def signs(top: Path) -> bool:
    return (await git(top, "config", "--bool", "--get", "commit.gpgSign", ok=None)).line == "true"


async def write(top: Path, argv: Sequence[str]) -> tuple[str, str]:
    """The sha, and a note on its signature; `argv` is `git commit-tree TREE -p PARENT -m MESSAGE`."""
    who = await identity(top)
    if not await signs(top):
        return await _written(top, argv, who), ""
    try:
        return await _written(top, (*argv[:2], "-S", *argv[2:]), {**who, **_NO_PROMPT}), ", signed"
    except GitError as error:
        return await _written(top, argv, who), f"; not signed: {short(error.err) or error.what}"


async def _written(top: Path, argv: Sequence[str], env: Mapping[str, str]) -> str:
    answer = await git(top, *argv[1:-2], "-F", "-", writes=True, env=env, stdin=argv[-1].encode(), timeout_s=SIGN_S)
    return answer.line
