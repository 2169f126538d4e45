"""What is left when the window is too small: what fails, and that recording goes on."""

from incidentui.core.format import age, duration, short
from incidentui.tui.line import Line, Seg, cut
from incidentui.tui.present.header import severity, ticker
from incidentui.tui.present.scene import Scene, in_state, loud, watched
from incidentui.tui.present.status import Said, Typing, status
from incidentui.tui.regions import MIN_HEIGHT, MIN_WIDTH


def lines(scene: Scene, width: int, height: int, said: Said | None = None, typing: Typing | None = None) -> list[Line]:
    """Exactly `height` lines at most; the first three matter most."""
    roomy = width >= 36
    body = [_head(scene, width, roomy), *_what(scene, width, roomy)]
    size = f"{width}×{height}"
    if roomy:
        body += [
            Line(),
            Line((Seg(f"This window is {size}. It takes {MIN_WIDTH}×{MIN_HEIGHT}."),)),
            Line((Seg("Recording and the running step go on.", "muted"),)),
        ]
    else:
        body += [
            Line((Seg(f"{size}, needs {MIN_WIDTH}×{MIN_HEIGHT}", "muted"),)),
            Line((Seg("still recording", "muted"),)),
        ]
    fresh = said is not None and not said.old  # there is one row for both, and the keys must come back
    foot = status(scene, width, said, typing) if typing is not None or fresh else _keys()
    if height <= 1:
        return [foot if typing is not None else body[0]]
    body = body[: height - 1]
    return [*body, *[Line()] * (height - 1 - len(body)), foot]


def _keys() -> Line:
    keys = (
        Seg("n", "accent", bold=True),
        Seg(" note  ", "muted"),
        Seg("q", "accent", bold=True),
        Seg(" leave", "muted"),
    )
    return Line(keys, "surface")


def _head(scene: Scene, width: int, roomy: bool) -> Line:
    incident = scene.incident
    if incident is None:
        name = scene.state.project.name or "incidentui"
        return Line((Seg(cut(name, max(1, width - 12)), "strong", bold=True), Seg("  "), ticker(scene)), "surface")
    if not roomy:
        return Line((severity(incident), Seg(" "), ticker(scene)), "surface")
    room = max(1, width - len(incident.id) - 21)
    title = Seg(cut(incident.title, room), "strong", bold=True)
    head = (Seg(f"{incident.id}  ", "muted"), severity(incident), Seg(" "), title, Seg("  "), ticker(scene))
    return Line(head, "surface")


def _what(scene: Scene, width: int, roomy: bool) -> list[Line]:
    red = sorted(loud(scene), key=lambda s: s.since or 0)
    if not red:
        unknown = in_state(scene, "unknown")
        if unknown:
            return [Line((Seg(f"? {len(unknown)} unknown", "unknown", bold=True),), "unkbg", "unknown")]
        good = len(in_state(scene, "ok"))
        return [Line((Seg("✓ ", "ok"), Seg(f"{good} of {len(watched(scene))} good")))]
    first = red[0]
    more = f" +{len(red) - 1}" if len(red) > 1 else ""
    lasted = scene.now - (first.since if first.since is not None else scene.now)
    if roomy:
        segs = (
            Seg("✗ ", "fail", bold=True),
            Seg(f"{first.name} is failing{more}", "fail", bold=True),
            Seg(f"  {cut(first.why, 20)} for {duration(lasted)}", "strong"),
        )
    else:
        words = (
            Seg("✗ ", "fail", bold=True),
            Seg(first.name + more, "fail", bold=True),
            Seg(f" {cut(first.why, 6)} {duration(lasted) if width >= 20 else age(lasted)}", "strong"),
        )
        segs = words
    out = [Line(segs, "failbg", "fail")]
    if scene.state.suspect is not None:
        said = (Seg("▲ ", "fail"), Seg(f"{short(scene.state.suspect.sha)} suspect", "strong"))
        out.append(Line(said, "failbg", "fail"))
    return out
