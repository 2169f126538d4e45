"""What kind of action it is: which can be cut off, which only look, which speak for themselves; and its name."""

from incidentui.core.model import Attempt, Ms

STOPPABLE = (
    "shell", "ci.wait", "git.bisect", "volume.backup", "workload.exec", "workload.copy-out", "workload.rehearse",
)  # fmt: skip
"""Actions whose effect can be ended: it leaves no more half done than its own failing would. A rehearsal ends before
its next restart.
"""
WATCHES = ("verify", "wait")
"""Actions without an effect: they only look on until a deadline."""
TOLD = (
    "ci.wait", "git.bisect", "fix.mark", "fix.forget", "checkpoint.take", "checkpoint.test", "volume.backup",
    "workload.exec", "workload.copy-out", "workload.rehearse",
)  # fmt: skip
"""Actions whose executor's word is the verdict, and no light: they look, or nobody can tell what they change."""
LONG_MS: Ms = 10 * 60_000


def can_be_cut(attempt: Attempt) -> bool:
    """Whether it can be ended now without leaving more half done than it would itself."""
    if attempt.verdict is not None:
        return False
    return attempt.plan.action in (STOPPABLE if attempt.outcome is None else WATCHES)


def may_take_long(attempt: Attempt, now: Ms) -> Ms:
    """How long its effect may go on, when that is more than whoever leaves would wait for, and it can be ended; else 0.

    A followed command may run for hours: `gh run watch`, a copy.
    """
    left = attempt.plan.within_ms - (now - attempt.asked)
    return left if attempt.outcome is None and can_be_cut(attempt) and left > LONG_MS else 0


def subject(action: str, number: int) -> str:
    """Whom its rows are about: "reset 2", "verify"."""
    name = action.rpartition(".")[2]
    return f"{name} {number}" if number else name


def subject_of(attempt: Attempt) -> str:
    return subject(attempt.plan.action, attempt.number)
