"""Known-good commits kept in the clone, under refs of ours: no gc takes them, other tools and a new journal find them.

Each is an annotated tag under `refs/incidentui/known-good/<sha>`, so that it carries since when, why and by whom.
"""

from collections.abc import Sequence

from incidentui.core.model import KnownGood
from incidentui.edge.git.place import Layout, sha_of
from incidentui.edge.git.run import git
from incidentui.edge.text import clean_and_redact

REFS = "refs/incidentui/known-good/"
_KEPT = 50
_FORMAT = (
    "%(refname)%00%(objecttype)%00%(objectname)%00%(*objectname)%00%(taggerdate:unix)%00%(taggername)%00%(contents)%00"
)
_NOBODY = "incidentui"


async def keep(where: Layout, good: KnownGood) -> bool:
    """False when the commit is not in this clone: nothing to keep then."""
    if await sha_of(where.top, good.sha) != good.sha:
        return False
    by = "".join(c for c in good.by or _NOBODY if c not in "<>\n\0").strip() or _NOBODY
    text = (
        f"object {good.sha}\ntype commit\ntag known-good\n"
        f"tagger {by} <{_NOBODY}@localhost> {good.at // 1000} +0000\n\n{good.why}\n"
    )
    tag = await git(where.top, "mktag", writes=True, stdin=text.encode("utf-8", "replace"))
    await git(where.top, "update-ref", "--no-deref", "--end-of-options", f"{REFS}{good.sha}", tag.line, writes=True)
    return True


async def kept(where: Layout) -> Sequence[KnownGood]:
    """The newest first, at most 50. A ref that somebody made by hand counts too, for the commit it leads to."""
    listed = await git(
        where.top, "for-each-ref", f"--count={_KEPT}", "--sort=-creatordate", f"--format={_FORMAT}", REFS
    )
    fields = [field.removeprefix(b"\n") for field in listed.out.split(b"\0")]
    found = [_good(fields[n : n + 7]) for n in range(0, len(fields) - 6, 7)]
    return [good for good in found if good is not None]


def _good(fields: Sequence[bytes]) -> KnownGood | None:
    ref, kind, name, target, at, by, text = fields
    if kind not in (b"commit", b"tag"):
        return None
    sha = (target if kind == b"tag" else name).decode("ascii", "replace")
    person = clean_and_redact(by, limit=100)
    why = clean_and_redact(text.rstrip(b"\n"), limit=300) if kind == b"tag" else ""
    return KnownGood(
        sha,
        int(at) * 1000 if at.isdigit() else 0,
        why or f"kept as {clean_and_redact(ref, limit=200)}",
        None if person in ("", _NOBODY) else person,
    )
