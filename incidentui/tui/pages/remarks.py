"""What stands below the hypotheses: what was ruled out, and the signals that misled. People's words too."""

from collections.abc import Sequence

from incidentui.core.board import Remark, RemarkKind
from incidentui.core.inputs import MakeRemark
from incidentui.tui.line import Line, Seg, cells, pad
from incidentui.tui.page import PageContext
from incidentui.tui.pages.layout import beside, hanging, section, split, stack
from incidentui.tui.telling import tell

KINDS: dict[str, RemarkKind] = {"8": "ruled out", "9": "misled us"}
_WORDS: dict[RemarkKind, tuple[str, str, str]] = {
    "ruled out": ("RULED OUT", "ruled out, what", "ruled out, because"),
    "misled us": ("SIGNALS THAT MISLED US", "a signal that misled us", "it misled us, because"),
}
"""Of each kind: its title, and what is asked."""
_SIDE_BY_SIDE = 98


def remark_lines(remarks: Sequence[Remark], width: int) -> list[Line]:
    """Side by side where there is room."""
    kinds = [kind for kind in _WORDS if any(r.kind == kind for r in remarks)]
    if len(kinds) < 2 or width < _SIDE_BY_SIDE:
        return stack(*(_of_kind(remarks, kind, width) for kind in kinds))
    left, right = split(width, 0.5)
    return beside((left, _of_kind(remarks, kinds[0], left)), (right, _of_kind(remarks, kinds[1], right)))


def _of_kind(remarks: Sequence[Remark], kind: RemarkKind, width: int) -> list[Line]:
    found = [r for r in remarks if r.kind == kind]
    column = min(max(cells(r.what) for r in found), width // 2)
    return section(width, _WORDS[kind][0], [line for r in found for line in _remark(r, column, width)])


def _remark(r: Remark, column: int, width: int) -> list[Line]:
    if cells(r.what) <= column:
        head = (Seg("· ", "muted"), Seg(pad(r.what, column), "text"), Seg("   "))
        return hanging(head, r.why, width, "muted")
    return [*hanging((Seg("· ", "muted"),), r.what, width), *hanging((Seg("    "),), r.why, width, "muted")]


def remark(key: str, incident: str, screen: PageContext) -> None:
    """Asks for the thing and for the reason, then records it."""
    kind = KINDS[key]
    _, asks, because = _WORDS[kind]

    def named(what: str) -> None:
        def told(why: str) -> None:
            made = MakeRemark(kind, what, why, screen.session.me, incident)
            tell(screen, key, made, f"{kind}: {' '.join(what.split())}")

        if what.strip():
            screen.prompt(because, told)
        else:
            screen.say("nothing recorded", ok=False)

    screen.prompt(asks, named)
