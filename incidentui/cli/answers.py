"""What the commands print with `--json`: the shapes that other programs rely on. More keys may come, none goes."""

from collections.abc import Mapping
from typing import Any

from incidentui.core.json_schema import DIALECT, Schema, of_value
from incidentui.core.model import Plan

_TEXT, _WHOLE, _YES = "string", "integer", "boolean"
_MAYBE_TEXT, _MAYBE_WHOLE, _MAYBE_YES = "string?", "integer?", "boolean?"
_WRITTEN = {"id": _TEXT, "seq": _MAYBE_WHOLE}
_VERDICT = {
    **dict.fromkeys(("tree_equal", "worktree_equal", "remote_equal", "running_equal", "user_path"), _MAYBE_YES),
    "complete": _MAYBE_YES,
    "in_force": [_TEXT],
    "differs": [_TEXT],
}
ANSWERS: Mapping[str, Any] = {
    "open": _WRITTEN,
    "close": _WRITTEN,
    "note": _WRITTEN,
    "incidents": [
        {"id": _TEXT, "title": _TEXT, "severity": _TEXT, "stage": _TEXT, "opened": _TEXT, "closed": _MAYBE_TEXT}
    ],
    "check": {
        "verdict": _TEXT,
        "checks": [
            {
                "name": _TEXT,
                "verdict": _TEXT,
                "why": _TEXT,
                "evidence": "object?",
                "layer": _TEXT,
                "took_ms": _MAYBE_WHOLE,
            }
        ],
    },
    "prove": {"checks": [{"name": _TEXT, "caught": ["any"], "missed": ["any"]}]},
    "act": {"action": _TEXT, "plan": "plan?", "outcome": _MAYBE_TEXT, "verdict": "verdict?", "seq": _MAYBE_WHOLE},
    "validate": {
        "ok": _YES,
        "files": [_TEXT],
        "by": _TEXT,
        "errors": _WHOLE,
        "warnings": _WHOLE,
        "findings": [{"level": _TEXT, "place": _TEXT, "text": _TEXT, "hint": _TEXT}],
    },
    "doctor": {"ok": _YES, "findings": [{"name": _TEXT, "state": _TEXT, "text": _TEXT, "hint": _TEXT}]},
    "init": {
        "file": _TEXT,
        "found": {"branch": _MAYBE_TEXT, "remote": _MAYBE_TEXT, "compose_files": [_TEXT], "supervisor": _MAYBE_TEXT},
        "services": [_TEXT],
        "checks": [{"name": _TEXT, "service": _TEXT, "type": _TEXT, "target": _TEXT}],
        "notes": [_TEXT],
        "next": _TEXT,
    },
    "config show": [{"key": _TEXT, "value": "any", "origin": _TEXT}],
}
"""`x?` may be null, `[x]` is a list of such."""


def of_answers() -> Schema:
    """By command, under `$defs`."""
    defs: dict[str, Schema] = {}
    plan = of_value(Plan, defs)
    known = {"plan": plan, "verdict": _schema(_VERDICT, {})}
    defs |= {name: _schema(shape, known) for name, shape in ANSWERS.items()}
    return {"$schema": DIALECT, "title": "What the commands print with --json", "$defs": defs}


def _schema(shape: Any, known: Mapping[str, Schema]) -> Schema:
    if isinstance(shape, list):
        return {"type": "array", "items": _schema(shape[0], known)}
    if isinstance(shape, dict):
        parts = {name: _schema(one, known) for name, one in shape.items()}
        return {"type": "object", "properties": parts, "required": list(shape)}
    name = shape.removesuffix("?")
    if name == "any":
        return {}
    one = known.get(name, {"type": name})
    return {"anyOf": [one, {"type": "null"}]} if shape.endswith("?") else one
