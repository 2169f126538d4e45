"""From the typed word to the verdict: guards, five lights, delta. The effect itself runs elsewhere."""

from incidentui.core.acts.asking import run_plan, show_plan, stop
from incidentui.core.acts.effect import acted, lit, owner_gone, stepped
from incidentui.core.acts.judging import judge
from incidentui.core.acts.lights import NAMES
from incidentui.core.acts.traits import STOPPABLE, TOLD, WATCHES, can_be_cut, may_take_long

__all__ = [
    "NAMES",
    "STOPPABLE",
    "TOLD",
    "WATCHES",
    "acted",
    "can_be_cut",
    "judge",
    "lit",
    "may_take_long",
    "owner_gone",
    "run_plan",
    "show_plan",
    "stepped",
    "stop",
]
