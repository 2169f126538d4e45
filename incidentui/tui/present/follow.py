"""What runs against what stands here: the push nobody followed, other revisions, uncommitted and unpushed work."""

from incidentui.core.fixes import is_lost
from incidentui.core.follow import Missing, missing, odd, unsaved
from incidentui.core.format import duration, short
from incidentui.core.state import State
from incidentui.core.words import fix_places, marker, missed
from incidentui.tui.line import Line, Seg, cut, fit, spread
from incidentui.tui.present.parts import joined
from incidentui.tui.present.scene import Scene


def alarm(scene: Scene) -> Missing | None:
    """The push that the world did not follow."""
    return missing(scene.state)


def alarm_words(scene: Scene, found: Missing) -> str:
    return f"{missed(found.sha, found.runs, found.expected)}, for {duration(scene.now - found.since)}"


def unfollowed(scene: Scene, found: Missing, width: int, banded: bool) -> Line:
    """The line of a push that nothing was deployed of."""
    text = (Seg("✗ ", "fail", bold=True), Seg(cut(alarm_words(scene, found), width - 2), "fail", bold=True))
    return spread(width, text, ground="failbg", rail="fail") if banded else spread(width, text)


def different(scene: Scene) -> tuple[Seg, ...]:
    """Each revision that runs, where services do not agree: "api runs a942e4f · worker runs 298a730"."""
    told = [s for s in scene.state.services.values() if s.running]
    if len({s.running for s in told}) < 2:
        return ()
    return joined(Seg(f"{s.name} runs {short(s.running)}", "slow") for s in told)


def beside(scene: Scene, width: int) -> list[Line]:
    """A row under the pane's title for each thing that is not in the commits below it."""
    repo = scene.state.repository
    said = [text for s in scene.state.services.values() if (text := odd(s))]
    said += [f"{w.name}: built from uncommitted code, {w.dirty}" for w in scene.state.workloads.values() if w.dirty]
    said += unsaved(repo) if repo is not None else []
    return [Line(fit((Seg("! ", "slow"), Seg(cut(text, width - 2), "slow")), width)) for text in said]


def findings(state: State, sha: str) -> list[tuple[Seg, str]]:
    """What was found out about a commit: the end of a bisect, where it is as a fix, that it was taken back."""
    ended = [a for a in state.attempts.values() if a.plan.action == "git.bisect" and a.found == sha]
    said = [(Seg("✗ ", "fail"), a.why) for a in ended[-1:]]
    if (status := state.fixes.get(sha)) is not None:
        mark = Seg("✗ ", "fail") if is_lost(status) else Seg("★ ", "ok")
        said.append((mark, f"fix: {marker(status.fix)}; {fix_places(status)}"))
    if (taken := state.taken_back.get(sha)) is not None:
        again = f", in {short(taken.back)} again" if taken.back else ""
        failed = ", ".join(name for name, _ in taken.checks)
        said.append((Seg("! ", "slow"), f"taken back by {short(taken.revision)}{again}: {failed} failed with it"))
    return said
