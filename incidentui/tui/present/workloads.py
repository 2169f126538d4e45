"""The workloads pane: containers and supervised programs, and whether what runs is what was built."""

from dataclasses import replace

from incidentui.core.drift import Drift, DriftRow
from incidentui.core.drift_alarm import alarm, brief
from incidentui.core.drift_told import reference, rows_of, told
from incidentui.core.format import age, duration, short
from incidentui.core.idle import idle_under_red
from incidentui.core.links import of_workload
from incidentui.core.model import Workload, is_bad
from incidentui.core.trouble import was_bad
from incidentui.core.twins import twins
from incidentui.tui.line import Line, Seg, Token, cells, cut, cut_middle, fit, pad
from incidentui.tui.present.format import hm
from incidentui.tui.present.parts import empty, hints, joined, title
from incidentui.tui.present.scene import Scene

_NAME = 9
_TIGHT = 9
"""Of what runs: the revision, and whether it differs from HEAD."""
_WORDS = 15
"""Enough for "no health check"."""
_NARROW = 50
"""How narrow the pane is at worst, for its height."""
_AT = 22
"""Cells for the address of an engine."""
NO_START = "could not start"
"""How the note of what never ran begins."""
_ROOMY, _IMAGE = 100, 24
"""From this width on, as when it takes the whole body, there is room for why and for the image."""
_ENGINES = ("docker", "supervisor")
_FIRST_MS = 5_000
"""Until then an engine may not have been asked yet."""


def lines(scene: Scene, width: int, *, focused: bool = False) -> list[Line]:
    out = [title(4, "WORKLOADS", width, summary(scene), focused=focused)]
    for source in unseen(scene):
        out += _no_answer(scene, source, width - 1)
    out += [_twins(project, width - 1) for project, _ in twins(scene.state.workloads.values())]
    still = {w.name for w in idle_under_red(scene.state)}
    ordered = sorted(scene.state.workloads.values(), key=lambda w: 0 if troubled(scene, w) or w.name in still else 1)
    lost = set(unseen(scene))
    columns = _columns(ordered, width - 1)
    out += [_row(scene, w, width - 1, columns, stale=w.engine in lost, still=w.name in still) for w in ordered]
    out += [_unlisted(drift, width - 1) for drift in unlisted(scene)]
    if len(out) == 1:
        out.append(empty(_none(scene)))
    return out


def _twins(project: str, width: int) -> Line:
    """Which folders those are, the page of a workload says."""
    return Line(
        fit((Seg("! ", "slow"), Seg(cut_middle(f"two projects are called {project}", width - 2), "slow")), width)
    )


def _none(scene: Scene) -> str:
    if scene.unread:
        return "○ reading the configuration"
    if scene.state.engines:
        return "No workloads."
    began = scene.state.watching_since
    if scene.view.playhead is None and began is not None and scene.now - began < _FIRST_MS:
        return "○ asking the engines"
    return "No engine configured. Other panes work."


def rows(scene: Scene) -> int:
    """How many rows the pane would like, without its title."""
    same = len(twins(scene.state.workloads.values()))
    return max(1, len(scene.state.workloads) + len(unlisted(scene)) + same + _lost_rows(scene))


def unlisted(scene: Scene) -> list[Drift]:
    """What only a checkpoint knows of: containers that are gone, and the files of the project."""
    if unseen(scene):
        return []
    return [drift for name, drift in scene.state.drift.items() if name not in scene.state.workloads and drift.rows]


def _unlisted(drift: Drift, width: int) -> Line:
    differing = told(drift.rows)
    if gone := next((row for row in drift.rows if row.what == "container"), None):
        if gone.level != "bad":
            return _plain("!", drift.workload, "declared, and there is no container", "slow", width)
        return _plain("✗", drift.workload, "gone since the checkpoint", "fail", width)
    if differing:
        return _plain("!", drift.workload, differing, "slow", width)
    return _plain("·", drift.workload, "as in the checkpoint", "muted", width)


def _plain(mark: str, name: str, said: str, ink: Token, width: int) -> Line:
    row = (Seg(f"{mark} ", ink), Seg(name), Seg("  "), Seg(said, ink))
    return Line(fit(row, width), key=("workload", name))


def _columns(workloads: list[Workload], width: int) -> tuple[int, int]:
    """Cells of the name and of what runs. Names get what the rows do not need; a name is cut last."""
    known = any(w.revision or w.image for w in workloads)
    tail = 0 if not known else 14 if width < 54 else 18
    longest = max((cells(w.name) for w in workloads), default=0)
    if tail and longest > width - 2 - 1 - _WORDS - 7 - tail - 1:
        tail = _TIGHT
    return max(_NAME, min(longest, width - 2 - 1 - _WORDS - 7 - (tail + 1 if tail else 0))), tail


def bad_rows(scene: Scene) -> int:
    still = sum(1 for _ in idle_under_red(scene.state))
    bad = sum(troubled(scene, w) for w in scene.state.workloads.values())
    return bad + still + _lost_rows(scene)


def _lost_rows(scene: Scene) -> int:
    return sum(len(_no_answer(scene, name, _NARROW)) for name in unseen(scene))


def unseen(scene: Scene) -> list[str]:
    """Engines that do not answer."""
    return [s.name for s in scene.state.sources.values() if s.name in _ENGINES and s.lost_since is not None]


def _no_answer(scene: Scene, name: str, width: int) -> list[Line]:
    source = scene.state.sources[name]
    again = f"again within {duration(max(1_000, source.retry_ms))}" if source.retry_ms else "asked again"
    ever = name in scene.state.engines
    seen = f"; last seen {hm(source.lost_since, scene.zone)}" if source.lost_since is not None and ever else ""
    what, _, why = source.why.partition(" · " if " · " in source.why else ": ")
    out = [Line(fit((Seg("? ", "unknown"), Seg(cut_middle(what, width - 2))), width))]
    parts = [why] if cells(why) + 2 <= width else why.split("; ", 1)  # what is wrong; what to do
    out += [Line(fit((Seg(f"  {part}", "muted"),), width)) for part in parts if part]
    return [*out, Line(fit((Seg(f"  {again}{seen}   ", "muted"), *hints(("v", "try now"))), width))]


def summary(scene: Scene) -> tuple[Seg, ...]:
    if lost := unseen(scene):
        return (Seg(f"{', '.join(lost)} unknown", "unknown"),)
    bad = sum(is_bad(w) for w in scene.state.workloads.values())
    engines = sorted({w.engine for w in scene.state.workloads.values()} | set(scene.state.engines))
    parts = [Seg(f"{bad} crashing", "fail")] if bad else []
    return joined([*parts, *(Seg(f"{e} {_where(scene, e)}".rstrip(), "muted") for e in engines)])


def _where(scene: Scene, engine: str) -> str:
    """Which one, if it is not the machine's own: production is not to be taken for what runs here."""
    at, _, by = scene.state.engine_at.get(engine, "").partition(" (")
    return by.rstrip(")") if by.startswith("context ") else cut_middle(_host(at) or at.removeprefix("unix://"), _AT)


def _host(at: str) -> str:
    """Of an engine over ssh; who logs in there and where its socket lies stand on the page."""
    return f"ssh {at.removeprefix('ssh://').partition('/')[0].rpartition('@')[2]}" if at.startswith("ssh://") else ""


def state_words(workload: Workload) -> tuple[str, str, Token]:
    """Mark, words, tone."""
    if is_bad(workload):
        restarts = workload.restarts if workload.restarts is not None else workload.seen_restarts
        times = f", {restarts}×" if restarts else ""
        if workload.health == "unhealthy" and workload.state == "running":
            return "✗", f"unhealthy{times}", "fail"
        code = f"exit {workload.exit_code}" if workload.exit_code is not None else _ended(workload)
        return "✗", f"{code}{times}", "fail"
    if workload.state == "unknown":
        return "?", "unknown", "unknown"
    if workload.state == "starting" or workload.health == "starting":
        return "·", "starting", "muted"
    if workload.state == "paused":
        return "!", "paused", "slow"
    if workload.state != "running":
        return "–", workload.state, "muted"
    return ("✓", "healthy", "ok") if workload.health == "healthy" else ("·", "no health check", "muted")


def _ended(workload: Workload) -> str:
    return NO_START if workload.note.startswith(NO_START) else workload.state


def _row(scene: Scene, workload: Workload, width: int, columns: tuple[int, int], *, stale: bool, still: bool) -> Line:
    mark, words, tone = state_words(workload)
    drifted = differing(scene, workload)
    if tone in ("muted", "ok") and (bad_link := _link(scene, workload.name)):
        mark, words, tone = "✗", bad_link, "fail"
    if mark == "–" and still:
        mark, tone = "✗", "fail"
    if drifted and tone in ("muted", "ok"):
        emptied = _alarm(scene, workload)
        mark, words, tone = ("✗", brief(emptied), "fail") if emptied else ("!", drifted, "slow")
    if stale:
        mark, words, tone = _last_seen(scene, workload, words)
    bad = tone == "fail"
    runs = short(workload.revision) if workload.revision else workload.image
    head = scene.state.repository.head if scene.state.repository else None
    suspect = scene.state.suspect.sha if scene.state.suspect else None
    differs = bool(workload.revision and head and workload.revision != head)
    differs = differs and (bad or workload.revision == suspect)
    name, tail = columns
    since = _since(scene, workload)
    image = _IMAGE if width >= _ROOMY and tail else 0
    runs = runs if workload.revision or not image else ""
    room = max(4, width - 2 - name - 1 - 7 - (tail + 1 if tail else 0) - image)
    if width >= _ROOMY and (more := _more(scene, workload)):
        words = cut(f"{words} · {more}", room - 1)
    segs = (
        Seg(f"{mark} ", tone, bold=bad),
        Seg(pad(cut_middle(workload.name, name), name), "fail" if bad else "muted" if stale else "text", bold=bad),
        Seg(" "),
        Seg(pad(words, room), tone if bad or tone in ("unknown", "slow") else "muted"),
        Seg(pad(since, 7, right=True), "muted"),
        Seg(" " if tail else ""),
        Seg(pad(runs, 7) if differs else pad(runs, tail), "text" if bad and not stale else "muted"),
        Seg((" ≠ HEAD" if tail > _TIGHT else " ≠") if differs else "", "fail" if bad else "slow"),
        Seg(pad(f"  {cut_middle(workload.image, image - 2)}" if image else "", image), "muted"),
    )
    return Line(fit(segs, width + 1), key=("workload", workload.name))


def troubled(scene: Scene, workload: Workload) -> bool:
    """Bad whatever the checks say; or bad when it was seen last."""
    return is_bad(workload) or was_bad(scene.state, workload) or _alarm(scene, workload) is not None


def _last_seen(scene: Scene, workload: Workload, words: str) -> tuple[str, str, Token]:
    """Of one whose engine is silent: what was bad stays, and is not said to be so now."""
    if emptied := _alarm(scene, workload):
        return "?", brief(emptied), "fail"
    if was_bad(scene.state, workload):
        return "?", f"was {state_words(replace(workload, state='crashing'))[1]}", "fail"
    return "·", words, "muted"


def _more(scene: Scene, workload: Workload) -> str:
    """What a pane with room for it adds: why it is so, the first difference, what its engine does when it ends."""
    drift = scene.state.drift.get(workload.name)
    if is_bad(workload) and workload.note:
        return workload.note
    bad = (row for row in (drift.rows if drift is not None else ()) if row.level == "bad")
    if row := alarm(drift) or next(bad, None):
        place = f" ({row.place})" if row.place else ""
        return f"{row.what}: {row.running}, {reference(drift)} {row.declared}{place}"
    return f"policy {workload.policy}" if workload.policy not in ("", "no") else ""


def differing(scene: Scene, workload: Workload) -> str:
    """`2 of 8 differ`, what it was built from counted too; empty when nothing does, or nothing is declared."""
    drift = scene.state.drift.get(workload.name)
    return told(rows_of(workload, drift, scene.state.repository)) if drift else ""


def _alarm(scene: Scene, workload: Workload) -> DriftRow | None:
    return alarm(scene.state.drift.get(workload.name))


def _link(scene: Scene, workload: str) -> str:
    """`agent rejected`: it runs, and is thrown out each time."""
    found = next((link for link in of_workload(scene.state, workload) if link.state == "failing"), None)
    return f"{found.spec.kind} {found.word}" if found is not None else ""


def _since(scene: Scene, workload: Workload) -> str:
    if workload.since is None:
        return ""
    gone = scene.now - workload.since
    if is_bad(workload):
        return f"{age(gone)} ago"
    return f"up {age(gone)}" if workload.state == "running" else age(gone)
