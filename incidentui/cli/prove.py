"""`prove`: which failures each check can see. Asks stand-ins on loopback only, and needs no secret."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from incidentui.cli.check import _ascii_terminal, chosen
from incidentui.cli.journal_access import project_root
from incidentui.cli.options import CANNOT_RUN, Options
from incidentui.config.load import load
from incidentui.core.format import count
from incidentui.edge.clock import SystemClock

if TYPE_CHECKING:
    from incidentui.edge.prove.prover import Proof

_UNKNOWN = 4


@click.command("prove")
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option("--json", "as_json", is_flag=True, help='Print {"checks": [{"name", "caught", "missed"}]}.')
@click.pass_obj
def command(options: Options, names: tuple[str, ...], as_json: bool) -> int:
    """Serve each check good answers and failures from a stand-in on loopback; exit 1 when one stays green."""
    # Nothing of the file is run: a secret that a command would print is stood in for.
    loaded = load(project_root(options), untrusted=True)
    for problem in loaded.problems:
        click.echo(f"incidentui: {problem.words()}", err=True)
    from incidentui.edge.prove.prover import Prover

    proofs = asyncio.run(Prover(SystemClock(), loaded.config.dir).prove(chosen(loaded, names)))
    plain = options.ascii or _ascii_terminal()
    click.echo(as_document(proofs) if as_json else as_table(proofs, ascii_only=plain))
    return CANNOT_RUN if loaded.errors and exit_code(proofs) != 1 else exit_code(proofs)


def exit_code(proofs: Sequence["Proof"]) -> int:
    if any(proof.missed for proof in proofs):
        return 1
    return _UNKNOWN if any(proof.no_stand_in for proof in proofs) else 0


def as_document(proofs: Sequence["Proof"]) -> str:
    checks = [
        {
            "name": proof.name,
            "kind": proof.kind,
            "caught": list(proof.caught),
            "missed": [{"failure": missed.failure, "why": missed.why} for missed in proof.missed],
            "not_provable": proof.not_provable or None,
        }
        for proof in proofs
    ]
    return json.dumps({"checks": checks}, ensure_ascii=False)


def as_table(proofs: Sequence["Proof"], ascii_only: bool) -> str:
    wide = max(len(proof.name) for proof in proofs)
    text = "\n".join(line for proof in proofs for line in _lines(proof, wide, ascii_only))
    return text.replace("·", "-").replace("…", "...").encode("ascii", "replace").decode() if ascii_only else text


def _lines(proof: "Proof", wide: int, ascii_only: bool) -> Iterator[str]:
    good, bad, open_ = ("+", "x", "?") if ascii_only else ("✓", "✗", "?")
    if proof.not_provable:
        yield f"{open_} {proof.name:<{wide}}  {proof.not_provable}"
        return
    all_ = len(proof.caught) + len(proof.missed)
    yield f"{bad if proof.missed else good} {proof.name:<{wide}}  sees {len(proof.caught)} of {count(all_, 'failure')}"
    for missed in proof.missed:
        yield f"    {bad} {missed.failure}: {missed.why}"
