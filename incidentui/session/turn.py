"""A turn: decide all inputs that wait, append their events in one transaction, and only then say so.

If others appended meanwhile, their events are folded and everything is decided again (pure, so free).
"""

from collections.abc import Sequence
from dataclasses import field, replace

from incidentui.core.decide import decide
from incidentui.core.events import DataErased, Fact, Recorded
from incidentui.core.evolve import evolve, fold
from incidentui.core.inputs import Effect, Evidence, Input, Refusal, Sampled
from incidentui.core.model import Ms
from incidentui.core.recent import CELL_MS, CELLS, Recent, Sample, add
from incidentui.core.state import State
from incidentui.core.turn import provisional
from incidentui.core.value import dataclass
from incidentui.session.ports import Appended, Aside, Clock, Done, Journal, Moved


@dataclass(frozen=True, slots=True)
class Desk:
    """What a process works on: the journal's state, and what could not be written yet."""

    base: State = field(default_factory=State)
    """As the journal has it."""
    aside: tuple[Fact, ...] = ()
    """Facts in the side file: true, but without a sequence."""
    recent: Recent = field(default_factory=dict)
    seen: Ms = 0
    """Time of the newest sample in `recent`."""

    @property
    def state(self) -> State:
        state = self.base
        for fact in self.aside:
            state = evolve(state, provisional(fact, state.seq + 1))
        return state

    def caught_up(self, journal: Journal, records: Sequence[Recorded]) -> "Desk":
        """With events of others, in order of sequence. The journal took the side file in before any of them.

        From the start when data were erased: the state must not hold them any longer.
        """
        if not records:
            return self
        if any(isinstance(r.event, DataErased) for r in records):
            return replace(self, base=state_at(journal, records[-1].seq), aside=())
        return replace(self, base=fold(records, self.base), aside=())

    def with_samples(self, samples: Sequence[Sample]) -> "Desk":
        recent, seen = self.recent, self.seen
        for sample in samples:
            recent, seen = add(recent, sample), max(seen, sample.at)
        return replace(self, recent=recent, seen=seen)


@dataclass(frozen=True, slots=True)
class Turn:
    desk: Desk
    answers: tuple[Done | Refusal, ...]
    """One for each input, in order."""
    effects: tuple[Effect, ...]
    samples: tuple[Sample, ...]
    """Looks that were counted but not written in this turn (there was nothing else to write)."""
    trouble: Aside | None = None
    wrote: bool = False


def load(journal: Journal, now: Ms, until: int | None = None) -> Desk:
    """The desk as the journal leaves it: newest snapshot, the tail after it, and the samples that still count."""
    base = state_at(journal, journal.last() if until is None else until)
    return Desk(base).with_samples(list(journal.samples(now - CELL_MS * CELLS, now)))


def state_at(journal: Journal, seq: int) -> State:
    """The state after an event: the newest snapshot before it, and the events since."""
    start = journal.snapshot(seq) or State()
    return fold(journal.read(start.seq, seq), start)


def take(
    journal: Journal,
    desk: Desk,
    clock: Clock,
    inputs: Sequence[Input],
    samples: Sequence[Sample] = (),
) -> Turn:
    """Decide and write. `samples`: earlier looks that still have to be written; they count already."""
    looks = tuple(sample_of(given) for given in inputs if isinstance(given, Sampled))
    while True:
        now = clock.now()
        decided = _decide_all(desk, inputs, now)
        if not decided.facts:
            return Turn(decided.desk, decided.answers(None), tuple(decided.effects), (*samples, *looks))
        result = journal.append(
            decided.facts,
            expected=desk.base.seq,
            evidence=decided.evidence,
            samples=(*samples, *looks),
        )
        match result:
            case Moved(records):
                desk = desk.caught_up(journal, records)
            case Appended(records):
                after = replace(decided.desk, base=fold(records, desk.base), aside=())
                return Turn(after, decided.answers(records[0].seq), tuple(decided.effects), (), wrote=True)
            case Aside():
                put = decided.facts if result.facts is None else result.facts
                aside = replace(decided.desk, base=desk.base, aside=(*desk.aside, *put))
                return Turn(aside, decided.answers(None), tuple(decided.effects), (), result, wrote=True)


@dataclass(slots=True)
class _Decided:
    desk: Desk
    facts: list[Fact] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    each: list[tuple[int, str | None, Refusal | None]] = field(default_factory=list)
    """For each input: how many facts there were after it, its incident, its refusal."""

    def answers(self, first: int | None) -> tuple[Done | Refusal, ...]:
        return tuple(
            refusal or Done(first + count - 1 if first is not None and count else None, incident)
            for count, incident, refusal in self.each
        )


def _decide_all(desk: Desk, inputs: Sequence[Input], now: Ms) -> _Decided:
    state, recent, seen = desk.state, desk.recent, desk.seen
    out = _Decided(desk)
    for given in inputs:
        if isinstance(given, Sampled):
            sample = sample_of(given)
            recent, seen = add(recent, sample), max(seen, sample.at)
        decision = decide(state, recent, given, now)
        for fact in decision.facts:
            state = evolve(state, provisional(fact, state.seq + 1))
        out.facts += decision.facts
        out.effects += decision.effects
        out.evidence += decision.evidence
        out.each.append((len(out.facts), decision.incident, decision.refusal))
    out.desk = replace(desk, recent=recent, seen=seen)
    return out


def sample_of(look: Sampled) -> Sample:
    return Sample(look.check, look.at, look.state, look.latency_ms, look.status, look.why)
