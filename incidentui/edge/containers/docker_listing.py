"""The engine's list, look after look: what is new or in trouble is inspected, a few at a time; what is the same is not
read again. Calls block, in whatever thread they are asked from.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from incidentui.edge.containers.docker_words import (
    Detail,
    contradicts,
    detail_of,
    health,
    inspected,
    key_of,
    listed,
    names,
)
from incidentui.edge.containers.seen import Look

INSPECT_AT_ONCE = 8
Entry = dict[str, Any]


class Listing:
    def __init__(self, ask: Callable[[], list[Entry]], inspect: Callable[[str], Mapping[str, Any] | None]) -> None:
        """`ask`: the list, raw; `inspect`: one container by its id, None when it is gone."""
        self._ask, self._inspect = ask, inspect
        self._details: dict[str, Detail] = {}
        self._pending: set[str] = set()
        self._last: dict[str, Look] = {}
        """The last list, by id."""
        self._reads: dict[str, tuple[tuple[object, ...], Look]] = {}
        """By id: from what it was read, and as what."""
        self._ended: dict[str, int] = {}
        """By id, as events told."""
        self.listed: tuple[tuple[str, str, str], ...] | None = None
        """What the last list held, by id and state: another one when a container came, went or turned."""
        self.heard = False
        """Whether events are heard. Who hears none cannot know what was started again: in its first minute a list shows
        that one as before."""
        self.unsettled = False
        """Whether the last list holds what no event will tell of: a health check that is not good yet, a late list."""

    def changed(self, ident: str, code: int | None = None) -> None:
        """An event named this container: it is worth an inspection. `code`: what it ended with."""
        self._pending.add(ident)
        if code is not None:
            self._ended[ident] = code

    def doubt(self) -> None:
        """What the list cannot tell from before: a start that failed, a health check that fails and counts not yet."""
        self._pending |= {ident for ident, state, sick in self.listed or () if state == "created" or sick == "starting"}

    def look(self) -> tuple[Look, ...]:
        entries = self._ask()
        self.listed = tuple(
            (entry["Id"], str(entry.get("State")), health(str(entry.get("Status", "")))) for entry in entries
        )
        if not self.heard:
            self._doubt_all(entries)
        self._inspect_changed(entries)
        late = {e["Id"] for e in entries if (d := self._details.get(e["Id"])) and contradicts(d, e)}
        self._pending |= late
        self.unsettled = bool(late) or any(sick == "starting" for _, _, sick in self.listed)
        looks = []
        for entry, name in zip(entries, names(entries), strict=True):
            looks.append(self._read(entry, name))
        here = {entry["Id"] for entry in entries}
        self._reads = {ident: read for ident, read in dict(self._reads).items() if ident in here}
        self._last = {look.workload.ident: look for look in looks}
        return _by_name(looks)

    def _doubt_all(self, entries: Sequence[Entry]) -> None:
        """One after the other, however many looks that takes; those that were just started each time."""
        self._pending = self._pending or {entry["Id"] for entry in entries}
        self._pending |= {entry["Id"] for entry in entries if _young(entry)}

    def _read(self, entry: dict[str, Any], name: str) -> Look:
        """Of hundreds hardly one is another than in the list before: what is the same is not read again."""
        detail, ended = self._details.get(entry["Id"]), self._ended.get(entry["Id"])
        given = (entry, name, detail, ended)
        kept = self._reads.get(entry["Id"])
        if kept is None or kept[0] != given:
            look = Look(listed(entry, name, detail), detail.started if detail else None, ended=ended)
            self._reads[entry["Id"]] = kept = given, look
        return kept[1]

    def glance(self, idents: Collection[str]) -> tuple[Look, ...] | None:
        """The last list with these few inspected anew; None when only another list can tell."""
        if len(idents) > INSPECT_AT_ONCE or any(ident not in self._last for ident in idents):
            return None
        for ident in idents:
            if (found := self._inspect(ident)) is None:
                return None
            began, was = detail_of(found, ()).started, self._last[ident].workload
            self._last[ident] = Look(inspected(found, was), began, ended=self._ended.get(ident))
        return _by_name(self._last.values())

    def _inspect_changed(self, entries: Sequence[dict[str, Any]]) -> None:
        """The few that changed since they were inspected, those in trouble first; the others wait for the next look.

        A check may list at the same time, in another thread: what is gone through is a copy.
        """
        here = {entry["Id"]: key_of(entry) for entry in entries}
        self._details = {i: d for i, d in dict(self._details).items() if here.get(i) == d.key}
        self._pending &= here.keys()
        self._ended = {ident: code for ident, code in dict(self._ended).items() if ident in here}
        wanted = [entry for entry in entries if entry["Id"] not in self._details or entry["Id"] in self._pending]
        wanted.sort(key=lambda e: (e["Id"] not in self._pending, e.get("State") == "running" and not _young(e)))
        for entry in wanted[:INSPECT_AT_ONCE]:
            ident = entry["Id"]
            self._pending.discard(ident)
            if found := self._inspect(ident):
                self._details[ident] = detail_of(found, here[ident])


def _young(entry: Entry) -> bool:
    return "second" in str(entry.get("Status", ""))


def _by_name(looks: Iterable[Look]) -> tuple[Look, ...]:
    return tuple(sorted(looks, key=lambda look: look.workload.name))
