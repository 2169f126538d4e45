"""The two rows at the bottom and the tabs: the answer to the last key, the journal, the keys."""

from collections.abc import Iterable
from dataclasses import replace

from incidentui.core.format import count, duration
from incidentui.core.value import dataclass
from incidentui.tui.line import Line, Seg, Token, cut, length, spread
from incidentui.tui.present.commits import mark
from incidentui.tui.present.past import moment
from incidentui.tui.present.runbook import tab
from incidentui.tui.present.scene import Scene, in_state, loud, watched
from incidentui.tui.present.workloads import differing, state_words, troubled, unseen
from incidentui.tui.regions import PANES, PaneName


@dataclass(frozen=True, slots=True)
class Said:
    """The answer to the last key. `key` and `hint` only for a refusal."""

    text: str
    ok: bool = True
    key: str = ""
    hint: str = ""
    old: bool = False
    """Older than six seconds: muted, and gone at the next key."""


@dataclass(frozen=True, slots=True)
class Typing:
    """A line being typed on the status row."""

    label: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class KeyHint:
    key: str
    label: str
    refused: str = ""
    """Why it would do nothing now: it stays on the bar, dim."""


def status(scene: Scene, width: int, said: Said | None, typing: Typing | None) -> Line:
    inner = width - 2
    journal = scene.view.journal
    if typing is not None:
        return _typed(inner, typing)
    if journal != "ok":
        # A question must be seen to be answered: it stands beside what is wrong, which never leaves.
        asked = _said(said) if said is not None and not said.old else ()
        trouble = cut(f"✗ journal: {journal}", max(24, inner - length(asked) - 2))
        return spread(inner, (Seg(trouble, "fail", bold=True),), asked, ground="failbg", rail="fail")
    left = _halves(said, inner)[0] if said is not None else _playing(scene)
    right = _right(scene)
    # An answer is never cut for what stands there all the time.
    return spread(inner, left, right if length(left) + length(right) < inner else ())


def rest(scene: Scene, width: int, said: Said | None, typing: Typing | None) -> Line | None:
    """What the status row has no room for, while the answer is new: it takes the row of the keys."""
    if said is None or said.old or typing is not None or scene.view.journal != "ok":
        return None
    return _halves(said, width - 2)[1]


def _halves(said: Said, width: int) -> tuple[tuple[Seg, ...], Line | None]:
    """The answer in the status row, and what goes on below: the hint, else the words that do not fit."""
    whole = _said(said)
    if said.old or length(whole) <= width:
        return whole, None
    if said.hint and length(whole[:-1]) <= width:
        return whole[:-1], Line((Seg("  "), Seg(said.hint)))
    text = "   ".join(filter(None, (whole[1].text, said.hint)))
    room = width - length(whole[:1])
    at = text.rfind(" ", 0, room + 1)
    at = at if at > 0 else room
    return (whole[0], replace(whole[1], text=text[:at])), Line((Seg("  "), Seg(cut(text[at:].strip(), width - 2))))


def _typed(width: int, typing: Typing) -> Line:
    """The end of a long text stays in sight."""
    label = (Seg(f"{typing.label} ", "muted"), Seg("› ", "accent", bold=True))
    room = max(1, width - length(label) - 1)
    skip = max(0, typing.at - room + 1)
    text, at = typing.text[skip:], typing.at - skip
    under = text[at : at + 1] or " "
    rest = cut(text[at + 1 :], max(0, room - at - 1))
    return Line((*label, Seg(text[:at], "strong"), Seg(under, "mode"), Seg(rest, "strong")))


def _said(said: Said) -> tuple[Seg, ...]:
    ink: Token = "muted" if said.old else "text"
    if said.key:
        out = [
            Seg(f"{said.key} ", "muted" if said.old else "slow", bold=not said.old),
            Seg(f"refused: {said.text}.", ink),
        ]
        return (*out, Seg(f"   {said.hint}", "muted")) if said.hint else tuple(out)
    sign = Seg("✓ ", "ok") if said.ok else Seg("! ", "slow", bold=True)
    return (sign, Seg(said.text, ink))


def _playing(scene: Scene) -> tuple[Seg, ...]:
    play = scene.view.playhead
    if play is None:
        return ()
    speed = f"{play.speed:g}×"
    word = Seg(f"▸ playing {speed}" if play.playing else f"┃ paused, {speed}", "accent", bold=True)
    return (
        word,
        Seg(f"   {moment(scene, scene.now)}", "strong", bold=True),
        Seg(f"   event {play.seq} of {play.total}", "muted"),
    )


def _right(scene: Scene) -> tuple[Seg, ...]:
    play = scene.view.playhead
    if play is not None:
        if play.next_key is None:
            return (Seg("no key moment ahead", "muted"),)
        left = duration(int((play.next_key - scene.now) / max(0.01, play.speed)))
        return (
            Seg("next key moment ", "muted"),
            Seg(moment(scene, play.next_key)),
            Seg(f" in {left}" if play.playing else "", "muted"),
        )
    here = scene.incident
    total = count(scene.state.events if here is None else here.events, "event")
    parts = [f"journal ok · {total} in {here.id if here is not None else 'all'}"]
    periods = {c.every_ms for c in scene.state.project.checks}
    if scene.incident is None and not in_state(scene, "failing") and len(periods) == 1:
        parts.append(f"every {periods.pop() // 1000} s")
    told = (Seg(" · ".join(parts), "muted"),)
    wrong = len(scene.view.problems)
    if wrong and (scene.incident is not None or in_state(scene, "failing")):  # else the headline has a row for it
        return (Seg(f"{count(wrong, 'problem')} in the configuration · ", "slow"), *told)
    return told


def keys(hints: Iterable[KeyHint], width: int) -> Line:
    """The key bar: as many as fit, `? help` always, `ctrl+p commands` at the right where there is room."""
    inner = width - 2
    right = _hint(KeyHint("ctrl+p", "commands")) if width >= 100 else ()
    help_ = _hint(KeyHint("?", "help"))
    hints = list(hints)
    # The way back is always told where the bar is long enough to be read as a whole.
    back = hints.pop() if width >= 100 and hints and hints[-1].key == "esc" else None
    help_ = (*_hint(back), Seg("   "), *help_) if back is not None else help_
    room = inner - length(right) - length(help_) - 3
    out: list[Seg] = []
    for hint in hints:
        part = _hint(hint)
        if length(out) + length(part) + 3 > room:
            break
        out += [*part, Seg("   ")]
    return spread(inner, (*out, *help_), right, ground="surface")


def typing_keys(hints: Iterable[KeyHint], note: str, width: int) -> Line:
    """The bar while letters are text: none of them is a key, not even those of help and commands."""
    out = [seg for hint in hints for seg in (*_hint(hint), Seg("   "))]
    return spread(width - 2, out, (Seg(note, "muted"),) if width >= 100 else (), ground="surface")


def no_keys(width: int) -> Line:
    """The bar before keys are taken."""
    return spread(width - 2, (), ground="surface")


def _hint(hint: KeyHint) -> tuple[Seg, ...]:
    if hint.refused:
        return Seg(f"{hint.key} {hint.label}", "faint"), Seg("")
    label = f" {hint.label}" if hint.label else ""
    return Seg(hint.key, "accent", bold=True), Seg(label, "muted")


def tabs(scene: Scene, width: int, active: PaneName) -> Line:
    """The tabs of the compact screen carry what is bad behind them. In a narrow window names go, from the right: the
    number and what is bad stay.
    """
    named = list(PANES)
    while length(out := _tabs(scene, active, named)) > width - 2 and (gone := _last(named, active)):
        named.remove(gone)
    return spread(width - 2, out, ground="surface")


_GAP = "   "


def _last(named: list[PaneName], active: PaneName) -> PaneName | None:
    return next((name for name in reversed(named) if name != active), None)


def _tabs(scene: Scene, active: PaneName, named: list[PaneName]) -> list[Seg]:
    out: list[Seg] = []
    for n, name in enumerate(PANES, 1):
        here = name == active
        out.append(Seg(f"{n} ", "accent" if here else "muted", bold=here, under=here))
        if name in named:
            out.append(Seg(name, "accent" if here else "text", bold=here, under=here))
        badge = None if here and name == "timeline" else _badge(scene, name)
        out += [Seg(" " if name in named else ""), badge] if badge is not None else []
        out.append(Seg(_GAP))
    return out[:-1]


def _badge(scene: Scene, name: PaneName) -> Seg | None:
    if name == "services":
        bad = len(loud(scene))
        return Seg(f"✗{bad}", "fail") if bad else Seg(str(len(watched(scene))), "muted")
    if name == "commits":
        repo = scene.state.repository
        signs = [mark(scene, c) for c in repo.commits] if repo else []
        if any(s[1] == "fail" for s in signs):
            return Seg("▲1", "fail")
        return Seg("good", "muted") if scene.state.good and repo and repo.head == scene.state.good.sha else None
    if name == "workloads":
        if unseen(scene):
            bad = sum(troubled(scene, w) for w in scene.state.workloads.values())
            return Seg(f"✗{bad}?", "fail") if bad else Seg("?", "unknown")
        bad = sum(state_words(w)[2] == "fail" for w in scene.state.workloads.values())
        if not bad and (other := sum(bool(differing(scene, w)) for w in scene.state.workloads.values())):
            return Seg(f"!{other}", "slow")
        return Seg(f"✗{bad}", "fail") if bad else Seg(str(len(scene.state.workloads)), "muted")
    if name == "runbook" and (at := tab(scene)):
        return Seg(at, "muted")
    return None
