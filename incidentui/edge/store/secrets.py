"""The last place where a secret can be met before it lies on a disk. Edges redact what they bring in; what a person
types, and whatever an edge forgot, is caught here: facts, what stands behind them, samples."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar, cast

from incidentui.core.events import Fact
from incidentui.core.inputs import Evidence
from incidentui.edge.redact import redact

T = TypeVar("T")


def without_secrets(facts: Sequence[Fact], evidence: Sequence[Evidence]) -> tuple[list[Fact], list[Evidence]]:
    """The same where nothing was found. Evidence that changed has another hash, and facts name that one."""
    kept = [replace(one, body=redact(one.body)) for one in evidence]
    moved = {a.sha256: b.sha256 for a, b in zip(evidence, kept, strict=True) if a.body != b.body}
    return [_without(fact, moved) for fact in facts], kept


def _without(value: T, moved: dict[str, str]) -> T:
    """`value` itself unless something in it had to go."""
    if isinstance(value, str):
        return cast("T", moved.get(value) or redact(value))
    if isinstance(value, tuple | list | frozenset):
        parts = [_without(part, moved) for part in value]
        same = all(a is b or a == b for a, b in zip(value, parts, strict=True))
        return value if same else cast("T", type(value)(parts))
    if isinstance(value, dict):
        return cast("T", {key: _without(part, moved) for key, part in value.items()})
    if is_dataclass(value) and not isinstance(value, type):
        olds = {f.name: getattr(value, f.name) for f in fields(value)}
        news = {name: _without(old, moved) for name, old in olds.items()}
        changed = {name: new for name, new in news.items() if new is not olds[name] and new != olds[name]}
        return replace(value, **changed) if changed else value
    return value
