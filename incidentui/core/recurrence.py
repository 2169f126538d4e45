"""Whether an incident is one of those that were there before: by the services it took down and the words that say what
it was. Counted, with its reasons; what it means is for people to say.
"""

import re
from collections.abc import Iterable, Sequence

from incidentui.core.format import ordinal
from incidentui.core.imported import Past, Recurred

WORDS = 40
MOST = 5


def like(past: Iterable[Past], services: Sequence[str], said: Iterable[str]) -> tuple[Recurred, ...]:
    """Those of the past that are like it, newest first. `said`: title, causes, errors of the new one."""
    mine = frozenset(words(said))
    found = []
    for one in past:
        both = [name for name in one.services if name in services]
        common = [word for word in one.words if word in mine]
        if _alike(len(common), len(mine), len(one.words)) or _titled(one.title, common, mine) or (both and common):
            why = [f"{', '.join(both[:2])} failed then too"] if both else []
            why += [f"both: {', '.join(common[:4])}"] if common else []
            found.append(Recurred(one.id, one.title, one.at, "; ".join(why), one.timed, one.nth))
    return tuple(sorted(found, key=lambda r: -r.at)[:MOST])


def _alike(common: int, mine: int, other: int) -> bool:
    """Half of a title, or a quarter of what a longer text is about; two words can be the same by chance."""
    return common >= 3 and (common * 2 >= mine or common * 4 >= min(mine, other))


def _titled(title: str, common: Sequence[str], mine: frozenset[str]) -> bool:
    """Two words are enough where they are half of both titles: "checkout slow" again."""
    name = frozenset(words([title]))
    shared = len(name.intersection(common))
    return shared >= 2 and shared * 2 >= max(len(mine), len(name))


def nth(recurred: Sequence[Recurred], says: int | None = None) -> int:
    """The how-manieth it is: by the archive, or by the highest number that a document gives."""
    counted = [r.nth + 1 for r in recurred if r.nth is not None]
    return max([len(recurred) + 1, *counted, *([says] if says is not None else [])])


def told(recurred: Sequence[Recurred]) -> str:
    """ "the 3rd of its kind: INC-2 \"Container restart\", INC-1 ..."; empty when it is the first."""
    if not recurred:
        return ""
    names = ", ".join(f"{r.id} “{r.title[:50]}” ({r.why})" for r in recurred[:2])
    more = f" and {len(recurred) - 2} more" if len(recurred) > 2 else ""
    return f"the {ordinal(nth(recurred))} of its kind: {names}{more}"


_COMMON = """
about after again all also and answers are backend before but can cause change changed changes code could deploy
deployed deployment deploys did does done during error errors every failed failing fails failure failures finished for
from frontend had has have how implementation incident into issue issues its mortem multiple not now off only other
our out over post problem problems production release released report request requests response root server servers
service services started status stopped system that the their then there they this time times too use used user users
was were what when where which while who why will with without work working
"""
_STOP = frozenset(_COMMON.split())


def words(said: Iterable[str]) -> tuple[str, ...]:
    """What sentences are about: their words of four letters and more, singular, without those that any incident has."""
    out: dict[str, None] = {}
    for sentence in said:
        for word in re.findall(r"[^\W\d_]{4,}", sentence.casefold()):
            stem = re.sub(r"(?<=[a-z]{4})(s|ed|ing)$", "", word)
            if word not in _STOP and stem not in _STOP:
                out[stem] = None
    return tuple(out)[:WORDS]
