"""What runs against what stands here: the push nobody followed, other revisions, uncommitted and unpushed work."""

from incidentui.core.follow import Missing, missing, odd, unsaved
from incidentui.core.format import duration, short
from incidentui.core.words import missed
from incidentui.tui.line import Line, Seg, cut, fit
from incidentui.tui.present.parts import joined
from incidentui.tui.present.scene import Scene


def alarm(scene: Scene) -> Missing | None:
    """The push that the world did not follow."""
    return missing(scene.state)


def alarm_words(scene: Scene, found: Missing) -> str:
    return f"{missed(found.sha, found.runs, found.expected)}, for {duration(scene.now - found.since)}"


def different(scene: Scene) -> tuple[Seg, ...]:
    """Each revision that runs, where services do not agree: "api runs a942e4f · worker runs 298a730"."""
    told = [s for s in scene.state.services.values() if s.running]
    if len({s.running for s in told}) < 2:
        return ()
    return joined(Seg(f"{s.name} runs {short(s.running)}", "slow") for s in told)


def standing(scene: Scene, width: int) -> list[Line]:
    """A row under the pane's title for each thing that is not in the commits below it."""
    repo = scene.state.repository
    said = [text for s in scene.state.services.values() if (text := odd(s))]
    said += [f"{w.name}: built from uncommitted code, {w.dirty}" for w in scene.state.workloads.values() if w.dirty]
    said += unsaved(repo) if repo is not None else []
    return [Line(fit((Seg("! ", "slow"), Seg(cut(text, width - 2), "slow")), width)) for text in said]
