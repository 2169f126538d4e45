"""`check`: every check once, for CI and after a restart. Looks and tells; records nothing."""

import asyncio
import difflib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from incidentui.cli.journal_access import project_root
from incidentui.cli.options import CANNOT_RUN, CannotRun, Options
from incidentui.config.checks import CheckConfig
from incidentui.config.load import load
from incidentui.config.model import Loaded, ProjectConfig
from incidentui.config.paths import CONFIG
from incidentui.core.evidence import CheckLook, parse_check_look
from incidentui.core.format import latency
from incidentui.core.layers import BYPASSED, is_bypassed
from incidentui.core.model import BADNESS, CheckState
from incidentui.edge.clock import SystemClock

_EXIT: dict[CheckState, int] = {"failing": 1, "unknown": 4, "slow": 0, "ok": 0}
_GLYPHS: dict[CheckState, str] = {"failing": "✗", "unknown": "?", "slow": "~", "ok": "✓"}
_ASCII: dict[CheckState, str] = {"failing": "x", "unknown": "?", "slow": "~", "ok": "+"}


@click.command("check")
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option("--json", "as_json", is_flag=True, help='Print {"verdict", "project", "environment", "checks": [...]}.')
@click.option("--junit", metavar="FILE", help="Write the results for a CI server.")
@click.pass_obj
def command(options: Options, names: tuple[str, ...], as_json: bool, junit: str | None) -> int:
    """Ask every check once; exit 1 when one fails, 4 when one cannot be known, else 0."""
    loaded = load(project_root(options))
    for problem in loaded.problems:
        click.echo(f"incidentui: {problem.words()}", err=True)
    looks = asyncio.run(_look(chosen(loaded, names), loaded.config))
    verdict = worst(looks)
    wrong = [problem.words() for problem in loaded.errors]
    if junit:
        _write_junit(Path(junit), looks, wrong)
    plain = options.ascii or _ascii_terminal()
    click.echo(as_document(looks, loaded.config, wrong) if as_json else as_table(looks, ascii_only=plain))
    # A check that the file names and nobody could read must not look like a green one.
    return CANNOT_RUN if loaded.errors and _EXIT[verdict] != 1 else _EXIT[verdict]


def chosen(loaded: Loaded, names: Sequence[str]) -> Sequence[CheckConfig]:
    """The named checks in the order of the file; all of them when none is named."""
    checks = loaded.config.checks
    if not checks and any(error.file == CONFIG for error in loaded.errors):
        raise CannotRun("no check could be read: mend what is named above first.")
    if not checks:
        raise CannotRun("no check is configured: add a [[checks]] with name, service and url to incidentui.toml.")
    known = [check.name for check in checks]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.4)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
            raise CannotRun(f"no check is called {name}: {hint}")
    return [check for check in checks if not names or check.name in names]


async def _look(checks: Sequence[CheckConfig], config: ProjectConfig) -> list[CheckLook]:
    from incidentui.cli.world import before, engines_of, library_of
    from incidentui.edge.checks.source import ChecksSource

    clock = SystemClock()
    engines = engines_of(config, clock)[0]
    seen = await ChecksSource(checks, clock, config.dir, engines, before(config), library_of(config)).look()
    return [parse_check_look(sample.evidence.body) for sample in seen if sample.evidence is not None]


def worst(looks: Sequence[CheckLook]) -> CheckState:
    return max((look.verdict for look in looks), key=BADNESS.__getitem__)


def as_document(looks: Sequence[CheckLook], config: ProjectConfig, wrong: Sequence[str]) -> str:
    """`wrong`: what could not be read of the file; it may be a check, so nothing is all good then."""
    checks = [
        {
            "name": look.check,
            "verdict": look.verdict,
            "why": look.why,
            "evidence": look.document(),
            "layer": look.layer,
            "took_ms": look.took_ms,
        }
        for look in looks
    ]
    of = {"project": config.name, "environment": config.environment}
    verdict = "unknown" if wrong and _EXIT[worst(looks)] != 1 else worst(looks)
    whole = {"verdict": verdict, **of, "checks": checks, "bypassed": bypassed(looks), "problems": list(wrong)}
    return json.dumps(whole, ensure_ascii=False)


def bypassed(looks: Sequence[CheckLook]) -> list[str]:
    """Services whose inner checks are green while their users fail."""
    names = dict.fromkeys(look.service for look in looks)
    return [n for n in names if is_bypassed((look.layer, look.verdict) for look in looks if look.service == n)]


def _passed(look: CheckLook, past: Sequence[str]) -> bool:
    return look.service in past and look.layer == "user" and look.verdict == "failing"


def as_table(looks: Sequence[CheckLook], ascii_only: bool) -> str:
    glyphs = _ASCII if ascii_only else _GLYPHS
    wide, past = max(len(look.check) for look in looks), bypassed(looks)
    rows = []
    for look in looks:
        rows.append(f"{glyphs[look.verdict]} {look.check:<{wide}}  {look.verdict:<7}  {_words(look, past)}")
        rows += [f"  known: {known.meaning} Next: {known.step}" for known in look.known]
    text = "\n".join(rows)
    return text.replace("·", "-").encode("ascii", errors="replace").decode() if ascii_only else text


def _words(look: CheckLook, past: Sequence[str]) -> str:
    took = latency(look.took_ms) if look.took_ms is not None and look.status is not None else ""
    said = [look.why, took if took != look.why else "", "inner" if look.layer == "inner" else ""]
    said.append(BYPASSED if _passed(look, past) else "")
    return " · ".join(word for word in said if word)


def _ascii_terminal() -> bool:
    return "utf" not in (sys.stdout.encoding or "").lower()


def _write_junit(file: Path, looks: Sequence[CheckLook], wrong: Sequence[str]) -> None:
    try:
        file.write_text(as_junit(looks, wrong), encoding="utf-8")
    except OSError as error:
        raise CannotRun(f"--junit {file} cannot be written: {error.strerror}.") from error


def as_junit(looks: Sequence[CheckLook], wrong: Sequence[str] = ()) -> str:
    from xml.etree.ElementTree import Element, SubElement, indent, tostring

    failing = sum(look.verdict == "failing" for look in looks)
    unknown = sum(look.verdict == "unknown" for look in looks)
    counts = {"tests": str(len(looks) + len(wrong)), "failures": str(failing), "errors": str(unknown + len(wrong))}
    past = bypassed(looks)
    suite = Element("testsuite", {"name": "incidentui", **counts})
    for look in looks:
        seconds = f"{(look.took_ms or 0) / 1000:.3f}"
        case = SubElement(suite, "testcase", {"name": look.check, "classname": look.service, "time": seconds})
        if look.verdict in ("failing", "unknown"):
            tag = "failure" if look.verdict == "failing" else "error"
            differing = [f"{f.name}: expected {f.expected}, got {f.got}" for f in look.findings if not f.ok]
            said = [look.url, *differing, *([BYPASSED] if _passed(look, past) else [])]
            SubElement(case, tag, {"message": look.why}).text = "\n".join(said)
    for problem in wrong:
        case = SubElement(suite, "testcase", {"name": problem.partition(": ")[0], "classname": "incidentui.toml"})
        SubElement(case, "error", {"message": problem})
    indent(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suite, encoding="unicode") + "\n"
