"""`cause`: the causes of an incident in the order they were found, on the same board as `hypothesis`."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, cast

import click

from incidentui.cli.hypothesis import INCIDENT, board_of, hour, on_board, recorded, worded
from incidentui.cli.journal_access import responder
from incidentui.cli.options import Options, may_write
from incidentui.cli.times import parse_time
from incidentui.core.board import (
    CONCLUSIONS,
    CauseWord,
    Conclusion,
    Hypothesis,
    Origin,
    cause_word,
    causes,
    lost_ms,
    total_ms,
)
from incidentui.core.board_words import CAUSE_MARK, fix, gate, lost, origin, total
from incidentui.core.envelope import rfc3339
from incidentui.core.inputs import AddHypothesis, ChangeCause, Conclude
from incidentui.core.model import Incident, Ms
from incidentui.edge.clock import SystemClock
from incidentui.session.ports import Done

_ORIGINS = click.Choice(("introduced", "pre-existing", "unknown"))
WHAT: dict[str, Conclusion] = {what.replace(" ", "-"): what for what in CONCLUSIONS}
_AT = click.option("--at", metavar="T", help="When: 09:12, an ISO time, -5m.")
_JSON = click.option("--json", "as_json", is_flag=True, help='Print {"incident", "n", "state", "seq"}.')


@click.group("cause")
def command() -> None:
    """The causes of an incident: state, the time each cost, how often it came back, and where it comes from."""


@command.command("add")
@click.argument("text", nargs=-1, required=True, metavar="TEXT")
@click.option("--confirmed", metavar="WHY", help="What shows that it is one; without it, it is suspected.")
@click.option("--origin", type=_ORIGINS, default="unknown", help="Did the change bring it in, or was it there before?")
@click.option("--saw", metavar="TEXT", help="The symptom.")
@_AT
@INCIDENT
@_JSON
@click.pass_obj
def add_command(
    options: Options,
    text: tuple[str, ...],
    confirmed: str | None,
    origin: str,
    saw: str | None,
    at: str | None,
    incident: str | None,
    as_json: bool,
) -> None:
    """Record a cause that was found. Its time runs from now (or --at) until it is fixed or ruled out."""
    may_write(options, "cause add")
    made = AddHypothesis(
        worded(" ".join(text), "TEXT"),
        responder(),
        saw=worded(saw or "", "--saw"),
        at=_when(at),
        incident=incident,
        why=worded(confirmed or "", "--confirmed"),
        origin=cast("Origin", origin),
    )
    _tell(*recorded(options, made, 0), "confirmed" if made.why else "suspected", as_json)


@command.command("fixed")
@click.argument("n", type=click.IntRange(1))
@click.argument("how", nargs=-1, required=True, metavar="HOW")
@_AT
@INCIDENT
@_JSON
@click.pass_obj
def fixed_command(
    options: Options, n: int, how: tuple[str, ...], at: str | None, incident: str | None, as_json: bool
) -> None:
    """Cause N is fixed, and how. One that was only suspected is confirmed by it."""
    may_write(options, "cause fixed")
    change = ChangeCause(n, responder(), "fixed", worded(" ".join(how), "HOW"), at=_when(at), incident=incident)
    _tell(*recorded(options, change, n), "fixed", as_json)


@command.command("again")
@click.argument("n", type=click.IntRange(1))
@click.option("--saw", metavar="TEXT", help="What was seen this time.")
@_AT
@INCIDENT
@_JSON
@click.pass_obj
def again_command(
    options: Options, n: int, saw: str | None, at: str | None, incident: str | None, as_json: bool
) -> None:
    """The same symptom again: counted, and when cause N was fixed, its time runs again."""
    may_write(options, "cause again")
    change = ChangeCause(n, responder(), "again", worded(saw or "", "--saw"), at=_when(at), incident=incident)
    _tell(*recorded(options, change, n), "there again", as_json)


@command.command("origin")
@click.argument("n", type=click.IntRange(1))
@click.argument("word", type=_ORIGINS)
@INCIDENT
@_JSON
@click.pass_obj
def origin_command(options: Options, n: int, word: str, incident: str | None, as_json: bool) -> None:
    """Whether the change brought cause N in, or it was there before."""
    may_write(options, "cause origin")
    change = ChangeCause(n, responder(), "origin", origin=cast("Origin", word), incident=incident)
    _tell(*recorded(options, change, n), word, as_json)


@command.command("conclude")
@click.argument("what", type=click.Choice(tuple(WHAT)), metavar="symptom|root-cause|real-problem")
@click.argument("text", nargs=-1, required=True, metavar="TEXT")
@INCIDENT
@click.option("--json", "as_json", is_flag=True, help='Print {"incident", "seq"}.')
@click.pass_obj
def conclude_command(options: Options, what: str, text: tuple[str, ...], incident: str | None, as_json: bool) -> None:
    """What it comes down to: what users met, what brought it about, what let that happen. Said again, it is another."""
    may_write(options, "cause conclude")
    made = Conclude(WHAT[what], worded(" ".join(text), "TEXT"), responder(), incident)
    done, _ = on_board(options, made)
    if as_json:
        click.echo(json.dumps({"incident": done.incident, "seq": done.seq}))
    else:
        click.echo(f"{made.what}: {made.text}, on the board of {done.incident}")


def conclusion_object(incident: Incident) -> dict[str, str | None]:
    """Null where nobody said it."""
    said = {one.what: one.text for one in incident.conclusions}
    return {what.replace(" ", "_"): said.get(what) for what in CONCLUSIONS}


def conclusion_lines(incident: Incident) -> list[str]:
    return [f"{one.what}: {one.text}" for one in incident.conclusions]


@command.command("list")
@INCIDENT
@click.option("--json", "as_json", is_flag=True, help='Print {"incident", "lost_ms", "clock_ms", "causes"}.')
@click.pass_obj
def list_command(options: Options, incident: str | None, as_json: bool) -> None:
    """The causes in the order they were found, and the time they cost."""
    found = board_of(options, incident)
    now = until(found, SystemClock().now())
    if as_json:
        click.echo(
            json.dumps(
                {"incident": found.id, **conclusion_object(found), **as_object(found.hypotheses, now)},
                ensure_ascii=False,
            )
        )
        return
    if not causes(found.hypotheses):
        click.echo(f"incidentui: {found.id} has no cause; `incidentui cause add` records one", err=True)
    for line in (*as_lines(found.hypotheses, now), *conclusion_lines(found)):
        click.echo(line)


def until(incident: Incident, now: Ms) -> Ms:
    """Where the time of what was never fixed ends."""
    return incident.closed if incident.closed is not None else now


def as_object(board: Sequence[Hypothesis], now: Ms) -> dict[str, Any]:
    """Times in RFC 3339, what they cost in milliseconds, null where nobody said it."""
    spent, clock = total_ms(causes(board), now)
    ruled_out = [h for h in board if cause_word(h) == "ruled out"]
    return {
        "lost_ms": spent,
        "clock_ms": clock,
        "causes": [_cause(h, now) for h in causes(board)],
        "ruled_out": [_cause(h, now) for h in ruled_out],
    }


def _cause(h: Hypothesis, now: Ms) -> dict[str, Any]:
    return {
        "n": h.n,
        "cause": h.thought,
        "state": cause_word(h),
        "origin": h.origin,
        "found": None if h.said else rfc3339(h.at),
        "fixed": rfc3339(h.fixed) if h.fixed is not None and not h.said else None,
        "fix": h.fix or None,
        "saw": h.saw or None,
        "again": h.again,
        "lost_ms": h.said_ms if h.said else lost_ms(h, now),
        "said": h.said,
    }


def as_lines(board: Sequence[Hypothesis], now: Ms) -> Iterator[str]:
    for h in causes(board):
        word: CauseWord = cause_word(h)
        took = lost(h, now) + (" lost, as said" if h.said else "" if word == "fixed" else " so far")
        parts = [word, took, origin(h), f"again {h.again}×" if h.again else ""]
        yield f"{CAUSE_MARK[word]} {h.n} {h.thought}  ({', '.join(p for p in parts if p)})"
        yield from (
            f"    {name:<4} {text}" for name, text in (("saw", h.saw), ("fix", fix(h, hour)), ("!", gate(h))) if text
        )
    if words := total(board, now):
        yield words


def _when(at: str | None) -> Ms | None:
    return parse_time(at, SystemClock().now(), "--at") if at is not None else None


def _tell(done: Done, n: int, word: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"incident": done.incident, "n": n, "state": word, "seq": done.seq}))
    else:
        where = f" as {done.seq}" if done.seq is not None else ""
        click.echo(f"cause {n} of {done.incident} {word}, noted{where}")
