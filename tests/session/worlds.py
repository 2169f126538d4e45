"""Hand-written worlds for session tests: sources and executors that do what the test says, on a real journal."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from incidentui.core.inputs import ActionActed, ActionStepped, Observation, Refusal, Sampled
from incidentui.core.model import (
    Attempt,
    CheckSpec,
    CheckState,
    Light,
    Ms,
    Plan,
    Progress,
    ProjectSpec,
    ServiceSpec,
)
from incidentui.core.state import State
from incidentui.edge.clock import SystemClock
from incidentui.edge.processes import SystemProcesses
from incidentui.edge.store.observer import ObserverLock
from incidentui.edge.store.sqlite import SqliteJournal, open_journal
from incidentui.session.live import LiveSession
from incidentui.session.parts import Parts, World
from incidentui.session.ports import Report

SPEC = ProjectSpec(
    name="ferry",
    branch="main",
    services=(ServiceSpec("bookings", paths=("server/",), has_revision=True), ServiceSpec("ledger")),
    checks=(
        CheckSpec("bookings-page", "bookings", fail_after=2, recover_after=2),
        CheckSpec("ledger-ping", "ledger", layer="inner", fail_after=2, recover_after=2),
    ),
)


@dataclass
class Said:
    """A source whose observations the test puts in."""

    name: str = "said"
    looks: list[Observation] = field(default_factory=list)

    async def run(self, report: Report) -> None:
        await asyncio.Event().wait()

    async def look(self) -> Sequence[Observation]:
        return tuple(self.looks)


@dataclass
class Doing:
    """An executor that does nothing but say so; `gate` holds it back inside the effect."""

    gate: threading.Event | None = None
    acts: list[str] = field(default_factory=list)
    actions: frozenset[str] = frozenset({"git.reset"})

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        return plan()

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        self.acts.append(run)
        report(ActionStepped(run, Progress(1, "save", "done", "saved")))
        if self.gate is not None:
            await asyncio.to_thread(self.gate.wait)
        return ActionActed(run, "done", "written", revision="b" * 40, was="a" * 40)

    async def settle(self, attempt: Attempt) -> ActionActed:
        return ActionActed(attempt.run, "done", "the remote has it", revision="b" * 40)

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        return (Light("tree", True, "equal"), Light("remote", True, "origin/main"))


def plan(push: bool = False) -> Plan:
    return Plan("git.reset", (("to", "good"),), "Reset main", "main", push=push, within_ms=1_000)


def sample(check: str, state: CheckState, at: Ms, why: str = "") -> Sampled:
    return Sampled(check, at, state, why or {"ok": "12 ms", "failing": "503"}.get(state, state), latency_ms=12)


def journal(path: Path) -> SqliteJournal:
    return open_journal(path / "journal.db", "ferry", SystemClock())


def session(
    path: Path, source: Said, *executors: Doing, me: str = "ines", read_only: str = "", spec: ProjectSpec = SPEC
) -> LiveSession:
    return LiveSession(
        Parts(
            journal=journal(path),
            clock=SystemClock(),
            processes=SystemProcesses(),
            lock=ObserverLock(path / "observer.lock"),
            world=lambda: World(spec, (source,), executors),
            drafter=lambda journal, state, incident, now: "draft",
            me=me,
            read_only=read_only,
        )
    )
