"""The remote as it says itself (`ls-remote`), fetched into a namespace of our own, and one plain fast-forward push.

Never touches tracking refs while looking, never forces. Turns git's words about a push into a person's.
"""

from collections.abc import Sequence

from incidentui.core.value import dataclass
from incidentui.edge.git.history import between
from incidentui.edge.git.place import Layout, sha_of
from incidentui.edge.git.run import GitError, git, short
from incidentui.edge.text import clean_and_redact

ASK_S = 15.0
FETCH_S = 60.0
PUSH_S = 180.0
"""A push waits for the remote's hooks, and these may deploy."""

_PUSHED = "incidentui-pushes-to"
"""A remote by this name is known to a single command, for the address that pushes go to."""

_NO_LOGIN = ("Authentication failed", "could not read Username", "could not read Password", "Permission denied",
             "terminal prompts disabled", "Host key verification failed", "HTTP 403", "error: 403")  # fmt: skip
_NO_ANSWER = ("Could not resolve", "unable to access", "Connection refused", "Connection timed out",
              "unable to connect", "Connection reset", "No route to host", "Network is unreachable",
              "unexpected disconnect", "hung up unexpectedly", "early EOF")  # fmt: skip


async def ask(where: Layout, remote: str, branch: str, timeout_s: float = ASK_S) -> str | None:
    """The sha of the remote's branch, now; None when the remote has no such branch. GitError: no answer."""
    ref = f"refs/heads/{branch}"
    try:
        name, env = await target(where, remote)
        answer = await git(where.top, "ls-remote", "--end-of-options", name, ref, timeout_s=timeout_s, env=env)
    except GitError as error:
        raise GitError(
            trouble(error, remote), remote, "asked again by itself", kind=error.kind, err=error.err
        ) from None
    for line in answer.line.split("\n"):
        sha, _, name = line.partition("\t")
        if name == ref:
            return sha
    return None


async def target(where: Layout, remote: str) -> tuple[str, dict[str, str]]:
    """What to ask about a push: the remote, or the address it pushes to where that is another one.

    An address may hold a password, so it goes to git by the environment: the arguments of a process are for all to see.

    GitError where it pushes to several: what one of them has would say nothing of the others.
    """
    fetched = await git(where.top, "remote", "get-url", "--", remote, ok=None)
    pushed = await git(where.top, "remote", "get-url", "--push", "--all", "--", remote, ok=None)
    if pushed.code or pushed.line == fetched.line:
        return remote, {}
    if "\n" in pushed.line:
        raise GitError(
            "it pushes to several addresses at once", remote, f"git config --get-all remote.{remote}.pushurl"
        )
    setting = {"GIT_CONFIG_KEY_0": f"remote.{_PUSHED}.url", "GIT_CONFIG_VALUE_0": pushed.line}
    return _PUSHED, {"GIT_CONFIG_COUNT": "1", **setting}


async def fetch(where: Layout, remote: str, branch: str, sha: str) -> None:
    """Bring `sha` into the clone, beside everything the user has: no tracking ref, tag or FETCH_HEAD moves."""
    if await sha_of(where.top, sha):
        return
    refspec = f"+refs/heads/{branch}:refs/incidentui/remote/{branch}"
    name, env = await target(where, remote)
    await git(
        where.top, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--no-prune",
        "--no-recurse-submodules", "--refmap=", "--end-of-options", name, refspec,
        writes=True, timeout_s=FETCH_S, env=env,
    )  # fmt: skip


async def contains(where: Layout, remote: str, branch: str, sha: str) -> tuple[str | None, bool]:
    """The remote's tip, and whether `sha` is it or under it. GitError: no answer."""
    tip = await ask(where, remote, branch)
    if tip is None or tip == sha:
        return tip, tip == sha
    await fetch(where, remote, branch, tip)
    under = await git(where.top, "merge-base", "--is-ancestor", sha, tip, ok=None)
    return tip, under.code == 0


async def landed(where: Layout, target: str, base: str, tip: str | None) -> bool:
    """Whether a branch that was to move from `base` to `target` did, `tip` being where it is now (in this clone)."""
    if tip is None or tip in (target, base):
        return tip == target
    if not await under(where, target, tip):
        return False
    return await under(where, base, target) or not await under(where, base, tip)


async def under(where: Layout, old: str, new: str) -> bool:
    """Whether `old` is `new` or in its history."""
    return (await git(where.top, "merge-base", "--is-ancestor", old, new, ok=None)).code == 0


async def moved(where: Layout, remote: str, branch: str, was: str, tip: str | None) -> str:
    """How the remote's branch went on meanwhile, with the authors: "kim: hotfix (1a2b3c4)"."""
    if tip is None:
        return f"{remote}/{branch} is gone from the remote"
    now = f"{remote}/{branch} moved: {was[:7]} was planned, {tip[:7]} is there"
    try:
        await fetch(where, remote, branch, tip)
        commits = await between(where, was, tip, limit=20)
    except GitError:
        return now
    told = "; ".join(f"{c.author}: {c.subject[:60]} ({c.sha[:7]})" for c in commits[:5])
    more = f" and {len(commits) - 5} more" if len(commits) > 5 else ""
    return f"{now}: {told}{more}" if commits else f"{now}, without {was[:7]}"


def push_argv(remote: str, sha: str, branch: str, lease: str | None = None) -> tuple[str, ...]:
    """`lease`: the branch may move back too, but only from exactly there."""
    forced = (f"--force-with-lease=refs/heads/{branch}:{lease}",) if lease else ()
    end = ("--end-of-options",) if remote.startswith("-") else ()
    return ("git", "push", *forced, *end, remote, f"{sha}:refs/heads/{branch}")


@dataclass(frozen=True, slots=True)
class Pushed:
    ok: bool
    why: str
    words: str
    open: bool = False
    """It was stopped without an answer from another machine, which may still accept it after we have looked."""


async def push(where: Layout, argv: Sequence[str], remote: str, branch: str) -> Pushed:
    """What git said; only `ask` says whether it is there. The user's own pre-push hook runs, as with any push."""
    plain = (
        "-c", "push.followTags=false", "-c", "push.recurseSubmodules=no", "-c", "push.autoSetupRemote=false",
        "-c", "push.useForceIfIncludes=false",
    )  # fmt: skip
    try:
        answer = await git(where.top, *plain, *argv[1:], writes=True, hooks=True, ok=None, timeout_s=PUSH_S)
    except GitError as error:
        return Pushed(False, error.what, error.err, open=error.kind == "timeout" and await _far(where, remote))
    if answer.code == 0:
        return Pushed(True, "", answer.err)
    return Pushed(False, refused(answer.err, remote, branch), answer.err)


async def _far(where: Layout, remote: str) -> bool:
    """Whether the other end is a process that we cannot stop: a remote on this disk ends with the push."""
    answer = await git(where.top, "remote", "get-url", "--push", "--", remote, ok=None)
    return not _on_this_disk(where, answer.line)


def _on_this_disk(where: Layout, url: str) -> bool:
    scheme, separator, _ = url.partition("://")
    return scheme == "file" if separator else (where.top / url).exists()


def refused(words: str, remote: str, branch: str) -> str:
    """Why a push did not go through, in plain words."""
    said = _remote_words(words)
    tail = f": {said}" if said else ""
    rejected = "[remote rejected]" in words
    if not rejected and any(why in words for why in ("(fetch first)", "(non-fast-forward)", "(stale info)")):
        return f"{remote}/{branch} moved while this ran; nothing was overwritten"
    if rejected and any(why in words for why in ("cannot lock ref", "failed to update ref", "incorrect old value")):
        return f"{remote}/{branch} moved, or was locked, while this ran; nothing was overwritten"
    if rejected:
        protected = "protected" in words.lower() or "hook declined" in words
        return (
            f"{remote} does not accept it{' (hook or protected branch)' if protected else ''}{tail or _bracket(words)}"
        )
    if "quota" in words.lower() or "No space left" in words:
        return f"{remote} has no room{tail}"
    if any(sign in words for sign in (*_NO_LOGIN, *_NO_ANSWER)):
        return trouble(GitError(short(words), remote, "", err=words), remote)
    if "failed to push some refs" in words and "rejected" not in words:
        return f"the pre-push hook of this clone said no: {_before_failure(words)}"
    return short(words) or "git push failed without a word"


def trouble(error: GitError, remote: str) -> str:
    words = error.err
    if any(sign in words for sign in _NO_LOGIN):
        return f"{remote} wants a login that git does not have: {short(words)}"
    if error.kind == "timeout":
        return f"{remote} gives no answer"
    if "does not appear to be a git repository" in words or "not found" in words:
        return f"{remote} is not there: {short(words)}"
    if any(sign in words for sign in _NO_ANSWER):
        return f"{remote} gives no answer: {short(words)}"
    return f"{remote}: {short(words) or error.what}"


def _remote_words(words: str) -> str:
    said = [line.removeprefix("remote:").strip() for line in words.splitlines() if line.startswith("remote:")]
    return " ".join(line for line in said if line)[:300]


def _bracket(words: str) -> str:
    line = next((line for line in words.splitlines() if "[remote rejected]" in line), "")
    reason = line.rpartition("(")[2].rstrip(") ")
    return f": {reason}" if reason else ""


def _before_failure(words: str) -> str:
    said: Sequence[str] = [line for line in words.splitlines() if not line.startswith("error: failed to push")]
    return " ".join(said)[:300] or "it gave no reason"


async def address(where: Layout, remote: str) -> str:
    """Where a push goes, for showing: without user name, password or token."""
    answer = await git(where.top, "remote", "get-url", "--push", "--", remote, ok=None)
    url = answer.line if answer.code == 0 else ""
    scheme, separator, rest = url.partition("://")
    if separator and "@" in rest.partition("/")[0]:
        url = f"{scheme}://{rest.partition('@')[2]}"
    return clean_and_redact(url, limit=200)
