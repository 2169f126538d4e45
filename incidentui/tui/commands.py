"""What each key does on the incident screen. Commands go to the session; the status row gives the answer."""

from collections.abc import Callable
from typing import cast

from incidentui.core import inputs as i
from incidentui.core.acts import can_be_cut, may_take_long
from incidentui.core.format import duration, short
from incidentui.core.incidents import suggested_title
from incidentui.core.model import Severity
from incidentui.session.ports import Transport
from incidentui.tui import ending, moves, openings
from incidentui.tui.desk import Desk
from incidentui.tui.keys import ACTS, RECORDS, action_of
from incidentui.tui.present.format import parse_when
from incidentui.tui.present.noted import noted
from incidentui.tui.present.scene import first_red, in_state
from incidentui.tui.present.timeline import moment_of
from incidentui.tui.telling import tell

Run = Callable[[Desk], None]


def press(desk: Desk, key: str) -> bool:
    """One key on the main screen. False when it means nothing here."""
    replay = desk.view.playhead is not None
    action = action_of(key, replay)
    if action is None:
        if len(key) == 1:
            desk.refuse(key, "it does nothing here", "? shows the keys")
        return False
    if replay and action in ACTS | RECORDS:
        desk.refuse(key, "this is a replay, it only shows what was", "Start incidentui on the project to act")
    elif desk.view.read_only and action in ACTS:
        desk.refuse(key, desk.view.read_only, "Start without it to act")
    else:
        TABLE[action](desk)
    return True


# -- recording


def note(desk: Desk) -> None:
    def done(text: str) -> None:
        made = noted(text, desk.session.me, desk.session.now(), desk.scene().zone)
        if isinstance(made, str):
            desk.refuse("n", made, "n again, with @09:12, @09:00-09:12 or @09:12! (a trigger) in front")
        elif not made.text:
            desk.say("nothing noted", ok=False)
        else:
            tell(desk, "n", made, "noted")

    desk.prompt("note", done)


def open_incident(desk: Desk) -> None:
    if desk.scene().incident is not None:
        incident = desk.scene().incident
        desk.refuse("o", f"{incident.id if incident else ''} is open already", "c closes it, ! changes its severity")
        return

    def done(title: str) -> None:
        tell(desk, "o", i.OpenIncident(title.strip(), desk.session.me), "incident opened")

    desk.prompt("open an incident, title", done, suggested_title(desk.view.state))


def acknowledge(desk: Desk) -> None:
    me = desk.session.me
    if desk.scene().incident is None:
        if not in_state(desk.scene(), "failing"):
            desk.refuse("i", "nothing is failing and no incident is open", "o opens one")
            return
        # One key for both: whoever takes it needs no title, the suggested one stands.
        tell(desk, "i", i.OpenIncident("", me), "incident opened")
    tell(desk, "i", i.Acknowledge(me), "you are on it")


def severity(desk: Desk) -> None:
    incident = desk.scene().incident
    if incident is None:
        desk.refuse("!", "no incident is open", "o opens one")
        return

    def done(text: str) -> None:
        digit = text.strip().upper().removeprefix("SEV")
        if digit not in ("1", "2", "3", "4"):
            desk.refuse("!", f"{text.strip() or 'nothing'} is no severity", "1 to 4")
            return
        tell(desk, "!", i.SetSeverity(cast("Severity", f"SEV{digit}"), desk.session.me), f"SEV{digit}")

    desk.prompt(f"severity 1 to 4, now {incident.severity}", done)


def mark(desk: Desk) -> None:
    key = desk.pane.cursor
    if desk.focus == "commits" and isinstance(key, tuple):
        sha = str(key[1])
        tell(desk, "m", i.MarkGood(sha, desk.session.me), f"{short(sha)} is known-good from now on")
        return
    record = desk.window.find(desk.surface.pane("timeline").cursor)
    if desk.focus != "timeline" or record is None:
        desk.refuse("m", "it marks a moment on the timeline or a known-good commit", "1 or 3 goes there")
        return
    tell(desk, "m", i.MarkMoment(record.seq, desk.session.me), "marked as a key moment")


# -- looking


def search(desk: Desk) -> None:
    def changed(text: str) -> None:
        desk.window.filter = text.strip()
        desk.follow = True
        desk.surface.redraw()

    desk.focus = "timeline"
    if desk.zoom is not None:
        desk.zoom = "timeline"
    desk.prompt("filter", changed, desk.window.filter)
    assert desk.typing is not None
    desk.typing.on_change = changed


def details(desk: Desk) -> None:
    desk.window.details = not desk.window.all_of(moves.shows_all(desk))
    desk.say("details are shown" if desk.window.details else "key moments only")


def times(desk: Desk) -> None:
    """Clock and T+ as there is room, clock alone, T+ always, UTC; and round again."""
    window = desk.window
    if desk.utc:
        desk.utc, window.times, said = False, None, "your clock"
    elif window.times is None:
        window.times, said = "clock", "clock only"
    elif window.times == "clock" and first_red(desk.scene()) is not None:
        window.times, said = "offset", "with T+ from first red"
    else:
        window.times, desk.utc, said = None, True, "UTC"
    desk.say(said)


def copy(desk: Desk) -> None:
    key = desk.pane.cursor
    record = desk.window.find(key)
    if record is not None:
        desk.copy(moment_of(record))
    elif isinstance(key, tuple) and len(key) > 1:
        desk.copy(str(key[1]))
    else:
        desk.refuse("y", "no row is chosen")


def look_now(desk: Desk) -> None:
    if desk.view.playhead is not None:
        desk.refuse("v", "a replay shows what was seen then", "It cannot look again")
        return
    desk.session.look_now()
    desk.say("every source is asked again, now")


def leave(desk: Desk) -> None:
    if desk.view.playhead is not None:
        desk.surface.leave()
        return
    attempt = desk.view.state.attempt
    running = " The running step is finished and recorded." if attempt is not None else ""
    watch = "Watching stops here" if desk.view.observing else "The other process goes on watching"
    ends = attempt is not None and attempt.outcome is None and attempt.by == desk.session.me and can_be_cut(attempt)
    if attempt is not None and ends and (left := may_take_long(attempt, desk.session.now())):
        ask = f"Leave?  k ends the running step first, w waits for its end, up to {duration(left)}.  {watch}."
        desk.ask(ask, ("w",), desk.surface.leave, {"k": lambda: _end_and_leave(desk)})
        return
    if not ends:
        desk.ask(f"Leave?  q or y leaves.  {watch}; the record stays.{running}", ("q", "y"), desk.surface.leave)
        return
    ask = f"Leave?  q leaves once the running step has ended, k ends it first.  {watch}; the record stays."
    desk.ask(ask, ("q", "y"), desk.surface.leave, {"k": lambda: _end_and_leave(desk)})


def _end_and_leave(desk: Desk) -> None:
    desk.when(desk.session.submit(i.StopAction(desk.session.me)), lambda _: desk.surface.leave())


def suspend(desk: Desk) -> None:
    """The whole process stands still, as every program does: nothing is watched meanwhile, and the record says so."""
    attempt = desk.view.state.attempt
    if attempt is not None and attempt.outcome is None and attempt.by == desk.session.me:
        desk.refuse("ctrl+z", "a step is running, and it is recorded from here", "Its verdict comes; ctrl+c stops it")
    elif not desk.surface.suspend():
        desk.refuse("ctrl+z", "no shell is here that could bring it back", "q leaves")


def stop_step(desk: Desk) -> None:
    attempt = desk.view.state.attempt
    if attempt is None:
        desk.refuse("ctrl+c", "nothing is running that could be stopped", "q leaves")
    else:
        command = i.StopAction(desk.session.me)
        ask = f"Stop {attempt.plan.title}?  What was done stays done; its verdict says how far it came.  y stops it."
        desk.ask(ask, ("y",), lambda: tell(desk, "ctrl+c", command, "stopped"))


# -- replay


def transport(desk: Desk) -> Transport:
    return cast("Transport", desk.session)


def play(desk: Desk) -> None:
    head = desk.view.playhead
    if head is not None and head.playing:
        transport(desk).pause()
    else:
        transport(desk).play()


def go_to(desk: Desk) -> None:
    def done(text: str) -> None:
        head = desk.view.playhead
        last = head.last if head is not None else desk.session.now()
        at = parse_when(text.strip().removeprefix("@"), last, desk.scene().zone)
        if at is None:
            desk.refuse("@", f"{text.strip() or 'nothing'} is no time of the day", "09:12 or 09:12:30")
        else:
            transport(desk).seek(at)

    desk.prompt("go to", done)


TABLE: dict[str, Run] = {
    **moves.TABLE,
    **openings.TABLE,
    "note": note,
    "open_incident": open_incident,
    "acknowledge": acknowledge,
    "severity": severity,
    "close_incident": ending.close_incident,
    "mark": mark,
    "filter": search,
    "details": details,
    "times": times,
    "copy": copy,
    "look_now": look_now,
    "leave": leave,
    "suspend": suspend,
    "stop_step": stop_step,
    "play": play,
    "step_back": lambda desk: transport(desk).step(-1),
    "step_on": lambda desk: transport(desk).step(1),
    "moment_back": lambda desk: transport(desk).key_moment(-1),
    "moment_on": lambda desk: transport(desk).key_moment(1),
    "slower": lambda desk: transport(desk).faster(0.5),
    "faster": lambda desk: transport(desk).faster(2.0),
    "go_to": go_to,
    "begin": lambda desk: transport(desk).ends(last=False),
    "finish": lambda desk: transport(desk).ends(last=True),
}
