"""`hypothesis`: the board of what is thought to be the cause, without a screen. The same rules, the same record."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import click

from incidentui.cli.journal_access import open_to_read, open_to_write, responder
from incidentui.cli.opening import decided
from incidentui.cli.options import CannotRun, Options, may_write
from incidentui.cli.times import parse_time
from incidentui.core.board import Hypothesis, HypothesisWord, Remark, RemarkKind, came_back
from incidentui.core.board_words import HYPOTHESIS_MARK, fix, origin
from incidentui.core.envelope import rfc3339
from incidentui.core.hypotheses import VERDICTS
from incidentui.core.inputs import AddHypothesis, ChangeHypothesis, Command, MakeRemark
from incidentui.core.model import Incident, Ms
from incidentui.core.state import State
from incidentui.edge.clock import SystemClock
from incidentui.edge.text import clean_and_redact
from incidentui.session.ports import Done
from incidentui.session.turn import load, state_at

LIMIT = 2_000
WORDS: dict[str, HypothesisWord] = {
    "to-test": "to test",
    "confirmed": "confirmed",
    "refuted": "refuted",
    "not-the-cause": "correct, not the cause",
}
INCIDENT = click.option("--incident", metavar="ID", help="Default: the open incident that was opened last.")
_DID = click.option("--did", metavar="TEXT", help="What was done to test it; commits it names are linked.")
_SAW = click.option("--saw", metavar="TEXT", help="What was seen then.")


@click.group("hypothesis")
def command() -> None:
    """What is thought to be the cause, what was done and seen, and the verdict."""


@command.command("add")
@click.argument("thought", nargs=-1, required=True, metavar="TEXT")
@_DID
@_SAW
@click.option("--at", metavar="T", help="When it was thought: 09:12, an ISO time, -5m.")
@INCIDENT
@click.option("--json", "as_json", is_flag=True, help='Print {"incident", "n", "seq"}.')
@click.pass_obj
def add_command(
    options: Options,
    thought: tuple[str, ...],
    did: str | None,
    saw: str | None,
    at: str | None,
    incident: str | None,
    as_json: bool,
) -> None:
    """Record what is thought to be the cause, to be tested."""
    may_write(options, "hypothesis add")
    by, now = responder(), SystemClock().now()
    happened = parse_time(at, now, "--at") if at else None
    words = worded(" ".join(thought), "TEXT")
    made = AddHypothesis(words, by, worded(did or "", "--did"), worded(saw or "", "--saw"), happened, incident)
    _tell(*recorded(options, made, 0), as_json)


@command.command("verdict")
@click.argument("n", type=click.IntRange(1))
@click.argument("word", type=click.Choice(tuple(WORDS)))
@click.option("--why", metavar="TEXT", help="Needed for every verdict but to-test.")
@_DID
@_SAW
@INCIDENT
@click.option("--json", "as_json", is_flag=True, help='Print {"incident", "n", "seq"}.')
@click.pass_obj
def verdict_command(
    options: Options,
    n: int,
    word: str,
    why: str | None,
    did: str | None,
    saw: str | None,
    incident: str | None,
    as_json: bool,
) -> None:
    """Say what became of hypothesis N, and why."""
    may_write(options, "hypothesis verdict")
    told = [worded(text, name) if text is not None else None for text, name in ((why, "--why"), (did, "--did"))]
    seen = worded(saw, "--saw") if saw is not None else None
    change = ChangeHypothesis(n, responder(), WORDS[word], told[0], told[1], seen, incident)
    _tell(*recorded(options, change, n), as_json)


@command.command("remark")
@click.argument("kind", type=click.Choice(("ruled-out", "misled-us")), metavar="ruled-out|misled-us")
@click.argument("what", nargs=-1, required=True, metavar="TEXT")
@click.option("--why", metavar="TEXT", required=True, help="What was seen that shows it.")
@INCIDENT
@click.option("--json", "as_json", is_flag=True, help='Print {"incident", "seq"}.')
@click.pass_obj
def remark_command(
    options: Options, kind: str, what: tuple[str, ...], why: str, incident: str | None, as_json: bool
) -> None:
    """Say what was ruled out, or which signal misled. Said again, it has the newer reason."""
    may_write(options, "hypothesis remark")
    said: RemarkKind = "ruled out" if kind == "ruled-out" else "misled us"
    made = MakeRemark(said, worded(" ".join(what), "TEXT"), worded(why, "--why"), responder(), incident)
    done, _ = on_board(options, made)
    if as_json:
        click.echo(json.dumps({"incident": done.incident, "seq": done.seq}))
    else:
        click.echo(f"{said}: {made.what}, on the board of {done.incident}")


@command.command("list")
@INCIDENT
@click.option("--json", "as_json", is_flag=True, help='Print {"incident", "hypotheses", "remarks"}.')
@click.pass_obj
def list_command(options: Options, incident: str | None, as_json: bool) -> None:
    """The board of an incident: thought, did, saw, why."""
    found = board_of(options, incident)
    if as_json:
        board = {
            "incident": found.id,
            "hypotheses": [as_object(h) for h in found.hypotheses],
            "remarks": [remark_object(r) for r in found.remarks],
        }
        click.echo(json.dumps(board, ensure_ascii=False))
        return
    if not found.hypotheses:
        click.echo(f"incidentui: {found.id} has no hypothesis; `incidentui hypothesis add` records one", err=True)
    for line in (*as_lines(found.hypotheses), *remark_lines(found.remarks)):
        click.echo(line)


def board_of(options: Options, incident: str | None) -> Incident:
    """The incident that is named, else the open one, else the newest."""
    journal = open_to_read(options)
    if journal is None:
        raise CannotRun("no incident was recorded here yet.")
    state = state_at(journal, journal.last())
    journal.close()
    newest = next(reversed(tuple(state.incidents.values())), None)
    found = state.incidents.get(incident) if incident else state.current or newest
    if found is None:
        what = f"there is no incident {incident}" if incident else "there is no incident"
        raise CannotRun(f"{what}; `incidentui incidents` lists them.")
    return found


def as_object(h: Hypothesis) -> dict[str, Any]:
    """A hypothesis as other programs read it: times in RFC 3339, null where nobody said it."""
    return {
        "n": h.n,
        "thought": h.thought,
        "did": h.did or None,
        "saw": h.saw or None,
        "verdict": h.verdict,
        "why": h.why or None,
        "by": h.by,
        "at": rfc3339(h.at),
        "judged_by": h.judged_by or None,
        "judged": rfc3339(h.judged) if h.judged is not None else None,
        "commits": list(h.commits),
    }


def as_lines(board: Sequence[Hypothesis]) -> Iterator[str]:
    for verdict in VERDICTS:
        for h in board:
            if h.verdict == verdict:
                where = f", {origin(h)}" if verdict == "confirmed" else ""
                yield f"{HYPOTHESIS_MARK[verdict]} {h.n} {h.thought}  ({verdict}, {h.by}{where})"
                yield from (f"    {name:<4} {said}" for name, said in parts(h))


def remark_object(r: Remark) -> dict[str, Any]:
    return {"kind": r.kind, "what": r.what, "why": r.why, "by": r.by, "at": rfc3339(r.at)}


def remark_lines(said: Sequence[Remark]) -> list[str]:
    return [f"· {r.kind}: {r.what} ({r.why})" for r in sorted(said, key=lambda r: r.kind == "misled us")]


def parts(h: Hypothesis) -> list[tuple[str, str]]:
    again = fix(h, hour) if came_back(h) is not None else ""
    return [(name, said) for name, said in (("did", h.did), ("saw", h.saw), ("why", h.why), ("fix", again)) if said]


def hour(at: Ms) -> str:
    """The time of day here."""
    return datetime.fromtimestamp(at / 1000).astimezone().strftime("%H:%M")


def worded(text: str, what: str) -> str:
    """One line, harmless, without secrets, bounded."""
    words = " ".join(clean_and_redact(text, limit=LIMIT * 2, lines=True).split())
    if len(words) > LIMIT:
        raise CannotRun(f"{what} holds at most {LIMIT:,} characters, this one has {len(text):,}.")
    return words


def recorded(options: Options, command: Command, n: int) -> tuple[Done, int]:
    """One turn; the number of the hypothesis is read off the state that the turn left."""
    done, state = on_board(options, command)
    board = state.incidents[done.incident or ""].hypotheses
    return done, n or board[-1].n


def on_board(options: Options, command: Command) -> tuple[Done, State]:
    clock = SystemClock()
    journal = open_to_write(options)
    try:
        return decided(journal, load(journal, clock.now()), clock, command)
    finally:
        journal.close()


def _tell(done: Done, n: int, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"incident": done.incident, "n": n, "seq": done.seq}))
    else:
        where = f" as {done.seq}" if done.seq is not None else ""
        click.echo(f"hypothesis {n} of {done.incident} noted{where}")
