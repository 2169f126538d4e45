"""The headline while nothing fails and no incident is open."""

from incidentui.core.format import count, short
from incidentui.core.trouble import troubles
from incidentui.tui.line import Line, Seg, cells, cut_words, spread
from incidentui.tui.present.format import coarse
from incidentui.tui.present.scene import MARKS, TOKENS, Scene, not_looked, running, watched
from incidentui.tui.regions import Class


def quiet(scene: Scene, width: int, kind: Class) -> Line:
    """One sentence: what is known of a project where nothing fails and no incident is open."""
    all_of = watched(scene)
    if scene.unread:
        return spread(
            width, (Seg("○ ", "muted"), Seg("First look. ", "text"), Seg("The configuration is read.", "muted"))
        )
    if not all_of:
        told = Seg("None is named in incidentui.toml.", "muted")
        return spread(width, (Seg("· ", "muted"), Seg("No checks yet. ", "text"), told))
    if waiting := not_looked(scene):
        text = f"{count(len(all_of) - len(waiting), 'service')} looked at, {len(waiting)} to go."
        return spread(width, (Seg("○ ", "muted"), Seg("First look. ", "text"), Seg(text, "muted")))
    if but := "; ".join(troubles(scene.state)):
        text = f"Everything answers, but {but}."
        said = text if cells(text) <= width - 2 else cut_words(f"All green, but {but}.", width - 2)
        return spread(width, (Seg("! ", "slow", bold=True), Seg(said, "text", bold=True)))
    since = max((s.since or 0 for s in all_of), default=0)
    left = [
        Seg(f"{MARKS['ok']} ", TOKENS["ok"]),
        Seg("Everything answers. ", "text", bold=True),
        Seg(f"All checks good for {coarse(scene.now - since)}.", "muted"),
    ]
    if kind != "compact":
        left += _known_good(scene)
    return spread(width, left)


def _known_good(scene: Scene) -> list[Seg]:
    good = scene.state.good
    if good is None:
        return []
    runs = running(scene)
    age = f", marked {coarse(scene.now - good.at)} ago" if good.by else ""
    if (green := scene.state.green.at) is not None:
        age += f", checkpoint {coarse(scene.now - green)} ago"
    here = ", is what runs." if age else " is what runs."
    tail = here if runs == good.sha else f"; {short(runs)} runs." if runs else "."
    return [
        Seg(" Known-good ", "muted"),
        Seg("★ ", "strong"),
        Seg(short(good.sha), "text", bold=True),
        Seg(age + tail, "muted"),
    ]
