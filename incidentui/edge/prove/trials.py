"""What a check is shown, one by one: a good world, and then failures. Each says how a check that sees it would tell."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from incidentui.config.checks import Check
from incidentui.core.value import dataclass

PATIENCE_MS = 1_500
"""Of a check that is proved: long for an answer on loopback, short for one that never comes."""


@dataclass(frozen=True, slots=True)
class Trial:
    failure: str
    """Empty: nothing is wrong."""
    begins: str
    """How the reason of a verdict that sees it begins: with the step or the hop, where there are several."""
    passes: str
    """What is said when the check stays green."""
    played: Callable[[], AbstractAsyncContextManager[Check]]
    """While it lasts: the check, asking stand-ins of its own. Nothing of one failure reaches the next."""


@dataclass(frozen=True, slots=True)
class Case:
    good: Trial
    failures: tuple[Trial, ...]
