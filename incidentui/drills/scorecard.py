"""The scorecard at the end of a drill: your times beside those of the people to whom it really happened."""

import textwrap
from collections.abc import Iterator, Sequence

from incidentui.core.format import count, short
from incidentui.core.model import Ms
from incidentui.core.score import Score
from incidentui.core.score_layers import Peeled
from incidentui.drills.scenario import Scenario, Told

Row = tuple[str, str, str, str]


_WIDTH = 76
_NOT_YET = "What was broken is told when it is resolved."


def lines(score: Score, scenario: Scenario, layers: Sequence[Peeled] = ()) -> list[str]:
    """The card as plain text, for people. `layers`: how it went with the causes that stand behind one another."""
    end = "resolved" if score.resolved else "not resolved"
    they = scenario.original
    rows: list[Row] = [
        ("", "you", "they", they.heading),
        _row("detect", score.detected, they.detect),
        _row("acknowledge", score.acknowledged, they.acknowledge),
        _row("first action", score.first_action, they.first_action),
        _row("recover", score.recovered, they.recover),
        ("wrong turns", str(score.wrong_turns), str(they.wrong_turns), they.turns),
    ]
    more = [f"  {sentence}" for sentence in they.more]
    return [
        f"{scenario.name}: {end}, {score.points} of 100 points",
        "",
        *_table(rows),
        *more,
        *_layers(layers, scenario, score),
        "",
        *_proof(score, scenario),
        "",
        *(f"  {line}" for line in textwrap.wrap(scenario.debrief if score.resolved else _NOT_YET, _WIDTH)),
    ]


def _layers(layers: Sequence[Peeled], scenario: Scenario, score: Score) -> Iterator[str]:
    """Time lost with each cause, in the order in which they are uncovered."""
    if not layers:
        return
    told = {layer.check: layer for layer in scenario.layers}
    yield ""
    yield "  one behind another, time lost with each"
    for one in (one for one in layers if one.seen is not None or score.resolved):
        layer = told[one.check]
        theirs = "unknown" if layer.lost is None else clock(layer.lost)
        mine = clock(one.lost) if one.lost is not None else "open" if one.seen is not None else "not met"
        yield f"  {'':<13} {mine:>7} {theirs:>7}   {layer.what}"
    if hidden := sum(one.seen is None for one in layers if not score.resolved):
        yield f"  {'':<13} {'':>7} {'':>7}   and {hidden} that {'was' if hidden == 1 else 'were'} not met"


def _row(name: str, mine: Ms | None, theirs: Told) -> Row:
    return name, clock(mine), theirs.time if isinstance(theirs.time, str) else clock(theirs.time), theirs.what


def _table(rows: Sequence[Row]) -> list[str]:
    return [f"  {name:<13} {mine:>7} {theirs:>7}   {what}".rstrip() for name, mine, theirs, what in rows]


def _proof(score: Score, scenario: Scenario) -> list[str]:
    wanted = "what was pushed" if scenario.forward else "known-good"
    known = {True: f"equal to {wanted}", False: f"not equal to {wanted}", None: "never looked at"}
    out = [f"  The tree on the remote is {known[score.tree_equal]}."]
    if score.in_force and not score.tree_equal:
        files = count(len(score.differs), "file")
        out.append(f"  Still in force: {', '.join(map(short, score.in_force))}; {files} differ.")
    return [*out, "  Times count from the deploy."]


def clock(ms: Ms | None) -> str:
    """Minutes and seconds, as on a stop watch."""
    return "never" if ms is None else f"{ms // 60_000}:{ms // 1000 % 60:02d}"
