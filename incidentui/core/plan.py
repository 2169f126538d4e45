"""What the plans of all actions have in common."""

from collections.abc import Mapping

from incidentui.core.format import parse_duration
from incidentui.core.inputs import Refusal
from incidentui.core.model import Ms

COMMITTED = "committed"
"""Of the precondition that a plan does not hold which would run what no commit holds."""


def deadline(args: Mapping[str, str], default: Ms, key: str = "within") -> Ms | Refusal:
    """`within=`: how long the outcome is waited for. Read alike for every action, and so is every other duration."""
    text = args.get(key, "").strip()
    if key not in args:
        return default
    hint = f"write it with a unit: {key}=90s, {key}=5m"
    if text.isdigit():
        return Refusal(f"{key}={text} has no unit", hint, usage=True)
    ms = parse_duration(text)
    if ms is None:
        return Refusal(f"{key}={text} is no duration", hint, usage=True)
    return ms if ms > 0 else Refusal(f"{key}={text} is no time at all", hint, usage=True)
