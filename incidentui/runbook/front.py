"""What the linter says of front matter: keys that are nearly ours, names by which a runbook is never offered. Pure."""

import difflib
import re
from collections.abc import Iterator, Sequence

from incidentui.core.value import dataclass
from incidentui.runbook import fields
from incidentui.runbook.model import Problem

KEYS = frozenset({"title", "tags", "tag", "alerts", "services", "signatures", "vars", "shell", "cwd", "skipPrompts"})
_VERY_NEAR = 0.75


@dataclass(frozen=True, slots=True)
class Known:
    """What a runbook may name to be offered for; None: nobody knows here which there are."""

    services: frozenset[str] | None = None
    signatures: frozenset[str] | None = None


def odd_keys(front: Sequence[fields.Field]) -> Iterator[Problem]:
    """Front matter of other tools is left alone: only a key that is nearly ours is named."""
    for key, _, at in front:
        near = difflib.get_close_matches(key, sorted(KEYS), 1, _VERY_NEAR) if key not in KEYS else []
        # `error_signatures` is a word of its own, `signatrues` is none.
        if near and near[0] not in re.split(r"[\W_]", key):
            yield Problem(at + 2, f"unknown key {key}", f"did you mean {near[0]}?", "warning", "front-matter", key)


def never_offered(front: Sequence[fields.Field], known: Known) -> Iterator[Problem]:
    given = {"services": known.services, "signatures": known.signatures}
    for key, value, at in front:
        names = given.get(key)
        for word in fields.text_list(value) if names is not None else ():
            if names is not None and word not in names:
                said = f"no {key.removesuffix('s')} is called {word}"
                yield Problem(at + 2, said, _near(word, names), "warning", "never-offered", word)


def _near(word: str, names: frozenset[str]) -> str:
    found = difflib.get_close_matches(word, sorted(names), 1)
    return f"did you mean {found[0]}?" if found else ""
