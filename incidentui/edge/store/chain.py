"""The walk along the hash chain, the same for a journal and for an export of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from incidentui.core.envelope import chained


class Chain:
    """Takes events in order of sequence and names what does not fit. Starts anywhere when `gaps` are allowed."""

    def __init__(self, gaps: bool = False) -> None:
        self._gaps = gaps
        self._seq = 0
        self._hash = ""

    def check(self, event: Mapping[str, Any], data_sha256: str) -> Iterator[str]:
        seq = event["sequence"]
        if seq == self._seq + 1:
            if event["prevhash"] != self._hash and not (self._gaps and self._seq == 0):
                yield f"event {seq} does not follow event {self._seq}"
        elif not self._gaps:
            missing = f"{self._seq + 1}" if seq == self._seq + 2 else f"{self._seq + 1} to {seq - 1}"
            yield f"missing before event {seq}: {missing}"
        if event["hash"] != chained(event, data_sha256, event["prevhash"]):
            yield f"event {seq} was changed"
        self._seq, self._hash = seq, event["hash"]


def missing(head: Mapping[str, Any], there: Sequence[int]) -> Iterator[str]:
    """What an export says it holds, by its first line, and does not. `there`: its events' sequences, in order."""
    first, last, late = (head.get(key) for key in ("from_seq", "to_seq", "late"))
    if not isinstance(first, int) or not isinstance(last, int):
        yield "its first line does not say which events it holds"
        return
    before = first - 1
    for seq in [*(s for s in there if first <= s <= last), last + 1]:
        if seq > before + 1:
            yield (
                f"event {seq - 1} is missing" if seq == before + 2 else f"events {before + 1} to {seq - 1} are missing"
            )
        before = seq
    # Exports of before do not name the events that came after the incident was closed.
    yield from (f"event {seq} is missing" for seq in (late if isinstance(late, list) else ()) if seq not in there)
