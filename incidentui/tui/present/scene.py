"""What every part of the screen is drawn from, and the questions that several parts ask of it."""

from datetime import UTC, tzinfo

from incidentui.core.causes import Echoes, echoes, in_order
from incidentui.core.model import CheckState, Commit, Incident, Ms, ServiceStatus, Source
from incidentui.core.recent import CheckRecent, Recent
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.core.words import STATE_MARK
from incidentui.session.ports import View
from incidentui.tui.line import Token

MARKS = STATE_MARK
TOKENS: dict[CheckState, Token] = {"ok": "ok", "slow": "slow", "failing": "fail", "unknown": "unknown"}


@dataclass(frozen=True, slots=True)
class RunbookEntry:
    """A runbook that can be chosen."""

    title: str
    id: str
    note: str = ""
    goes_back: bool = False
    """Whether it puts the branch back to known-good."""


@dataclass(frozen=True, slots=True)
class Scene:
    view: View
    now: Ms
    me: str = ""
    zone: tzinfo | None = UTC
    """None: this machine's zone."""
    offer: bool = True
    """Whether opening an incident is offered: the responder has not said "not now" to this red."""
    runbooks: tuple[RunbookEntry, ...] = ()
    offered: tuple[tuple[str, str], ...] = ()
    """Ids of the runbooks that fit what is seen, the best first, each with its reason."""

    @property
    def state(self) -> State:
        return self.view.state

    @property
    def recent(self) -> Recent:
        return self.view.recent

    @property
    def unread(self) -> bool:
        """The first moments of a new journal: not even the configuration was read, so nothing may be said of it."""
        return not (self.state.project.name or self.view.problems or self.view.playhead)

    @property
    def incident(self) -> Incident | None:
        return self.state.current


def services(scene: Scene) -> list[ServiceStatus]:
    """Trouble first, then unknown, echoes, ok; inside each, in the order of the configuration."""
    found = in_order(scene.state, echo_of(scene))
    return sorted(found, key=lambda s: not (s.check or s.since is not None))


def echo_of(scene: Scene) -> Echoes:
    """Services that are red because of another red, with what they are the echo of."""
    return echoes(scene.state)


def watched(scene: Scene) -> list[ServiceStatus]:
    """Services that have a check."""
    checked = {c.service for c in scene.state.project.checks}
    return [s for s in scene.state.services.values() if s.name in checked or s.since is not None]


def in_state(scene: Scene, state: CheckState) -> list[ServiceStatus]:
    return [s for s in watched(scene) if s.state == state and (s.since is not None or state != "unknown")]


def lost(scene: Scene) -> list[Source]:
    """Sources nobody can ask. Services say it of checks; that there is no git is known."""
    found = [s for s in scene.state.sources.values() if s.lost_since is not None and not s.name.startswith("check:")]
    return [s for s in found if not without_git(s)]


def without_git(source: Source) -> bool:
    return source.name == "git" and source.why.startswith("not a git repository")


def loud(scene: Scene) -> list[ServiceStatus]:
    """What fails and is no echo: what is counted, and what the headline names."""
    echo = echo_of(scene)
    return [s for s in in_state(scene, "failing") if s.name not in echo]


def not_looked(scene: Scene) -> list[ServiceStatus]:
    """Services whose first look is still out."""
    return [s for s in watched(scene) if s.since is None]


def first_red(scene: Scene) -> Ms | None:
    """Where the clock starts: of the incident, else of what is red now."""
    if scene.incident is not None:
        return scene.incident.first_red
    return min((s.since for s in in_state(scene, "failing") if s.since is not None), default=None)


def deciding(scene: Scene, service: ServiceStatus) -> CheckRecent:
    return scene.recent.get(service.check, CheckRecent())


def commit(scene: Scene, sha: str | None) -> Commit | None:
    repo = scene.state.repository
    return next((c for c in repo.commits if c.sha == sha), None) if repo and sha else None


def running(scene: Scene) -> str | None:
    """The revision that runs, when all services that tell agree."""
    told = {s.running for s in scene.state.services.values() if s.running}
    return told.pop() if len(told) == 1 else None
