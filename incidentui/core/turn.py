"""A decision as it is being made: facts decided so far, and the state as it would be after them."""

from dataclasses import field

from incidentui.core.events import Event, Fact, Recorded
from incidentui.core.evolve import evolve
from incidentui.core.inputs import Effect, Evidence, Refusal
from incidentui.core.model import Moment, Ms
from incidentui.core.recent import Recent
from incidentui.core.state import State
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """What one input leads to. A refusal comes without facts."""

    facts: tuple[Fact, ...] = ()
    effects: tuple[Effect, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    refusal: Refusal | None = None
    incident: str | None = None
    """The incident the input went to."""


@dataclass(slots=True)
class Deciding:
    """Collects the facts of one input. `state` always includes the facts said so far."""

    state: State
    recent: Recent
    now: Ms
    source: str = "session"
    facts: list[Fact] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)

    def say(
        self,
        event: Event,
        subject: str,
        moment: Moment = "detail",
        *,
        at: Ms | None = None,
        incident: str | None = None,
        source: str = "",
    ) -> None:
        fact = Fact(event, self.now if at is None else at, source or self.source, subject, moment, incident)
        self.facts.append(fact)
        self.state = evolve(self.state, provisional(fact, self.state.seq + 1))

    def keep(self, evidence: Evidence | None) -> str | None:
        """Store the evidence with this decision; its hash."""
        if evidence is None:
            return None
        self.evidence.append(evidence)
        return evidence.sha256

    def done(self, incident: str | None = None) -> Decision:
        return Decision(tuple(self.facts), tuple(self.effects), tuple(self.evidence), None, incident)


def provisional(fact: Fact, seq: int) -> Recorded:
    """The fact as the journal will hold it, as far as `evolve` looks."""
    return Recorded(
        seq=seq,
        id="",
        at=fact.at,
        recorded=fact.at,
        source=fact.source,
        subject=fact.subject,
        moment=fact.moment,
        incident=fact.incident,
        project="",
        mono_ms=0,
        boot="",
        event=fact.event,
    )


def refuse(why: str, hint: str = "") -> Decision:
    return Decision(refusal=Refusal(why, hint))
