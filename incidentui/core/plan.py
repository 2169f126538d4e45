"""What the plans of all actions have in common."""

from collections.abc import Mapping

from incidentui.core.format import parse_duration
from incidentui.core.inputs import Refusal
from incidentui.core.model import Ms


def deadline(args: Mapping[str, str], default: Ms) -> Ms | Refusal:
    """`within=`: how long the outcome is waited for. Read alike for every action."""
    text = args.get("within", "").strip()
    if "within" not in args:
        return default
    hint = "write it with a unit: within=90s, within=5m"
    if text.isdigit():
        return Refusal(f"within={text} has no unit", hint, usage=True)
    ms = parse_duration(text)
    if ms is None:
        return Refusal(f"within={text} is no duration", hint, usage=True)
    return ms if ms > 0 else Refusal(f"within={text} is no time at all", hint, usage=True)
