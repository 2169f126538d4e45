"""`validate`: whether `incidentui.toml` and the compose files are what they must be, and fit together. For a pipeline:
needs no engine, runs nothing of the project, says file and line.
"""

import asyncio
import json
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import click

from incidentui.cli.journal_access import project_root
from incidentui.cli.options import CannotRun, Options
from incidentui.config.agreement import AgreementCheck, InCompose, InFile
from incidentui.config.checks import CheckConfig, HttpCheck
from incidentui.config.journey import JourneyCheck
from incidentui.config.kinds import TcpCheck, host_port
from incidentui.config.lines import key_lines, line_of
from incidentui.config.load import load
from incidentui.config.model import Loaded, Problem, ProjectConfig
from incidentui.config.paths import CONFIG
from incidentui.core.consistency import Asked, Fault, Wanted, faults
from incidentui.core.evidence import parse_check_look
from incidentui.core.format import count
from incidentui.core.visible import plainly
from incidentui.edge.clock import SystemClock

_HERE = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})
_MARKS = {"error": "✗", "warning": "!"}


@click.command("validate")
@click.argument("files", nargs=-1, metavar="[FILE...]")
@click.option("--strict", is_flag=True, help="A warning counts as an error.")
@click.option("--json", "as_json", is_flag=True, help='Print {"ok", "files", "by", "errors", "warnings", "findings"}.')
@click.pass_obj
def command(options: Options, files: tuple[str, ...], strict: bool, as_json: bool) -> int:
    """Validate incidentui.toml and compose FILEs (default: the project's), and whether they fit. Exit 1 on an error."""
    root = project_root(options)
    loaded = load(root, untrusted=True)
    composed = tuple(_relative(root, file) for file in files) or _files(loaded.config)
    own = (CONFIG,) if (root / CONFIG).is_file() else ()
    if not own and not composed:
        raise CannotRun(f"nothing to validate in {root}: no {CONFIG} and no compose file.")
    by, found = asyncio.run(_look(loaded, composed))
    told = sorted((*map(_fault, loaded.problems), *found), key=lambda fault: fault.level)
    errors, warnings = (sum(fault.level == level for fault in told) for level in ("error", "warning"))
    ok = not errors and not (strict and warnings)
    if as_json:
        findings = [{"level": f.level, "place": f.place, "text": f.text, "hint": f.hint} for f in told]
        whole = {"ok": ok, "files": [*own, *composed], "by": by, "errors": errors, "warnings": warnings}
        click.echo(json.dumps({**whole, "findings": findings}, ensure_ascii=False))
    else:
        for fault in told:
            click.echo(_line(fault, ascii_only=options.ascii))
        read = f"{', '.join([*own, *composed])}{f' by {by}' if by else ''}"
        click.echo(f"{read}: {count(errors, 'error')}, {count(warnings, 'warning')}")
    return 0 if ok else 1


def _relative(root: Path, file: str) -> str:
    path = Path(file).resolve()
    if not path.is_file():
        raise CannotRun(f"{file} is no file.")
    return str(path.relative_to(root.resolve())) if path.is_relative_to(root.resolve()) else str(path)


def _files(config: ProjectConfig) -> tuple[str, ...]:
    from incidentui.edge.containers.declared import usual_files

    return (config.docker.compose_files if config.docker else ()) or usual_files(config.dir)


def _fault(problem: Problem) -> Fault:
    place, _, _ = problem.words().partition(": ")
    text = f"{problem.key}: {problem.text}" if problem.key else problem.text
    return Fault(problem.level, place, text, problem.hint)


def _line(fault: Fault, *, ascii_only: bool) -> str:
    mark = {"error": "x", "warning": "!"}[fault.level] if ascii_only else _MARKS[fault.level]
    hint = f"\n  {'->' if ascii_only else '→'} {fault.hint}" if fault.hint else ""
    return f"{mark} {plainly(fault.place)}: {fault.level}: {plainly(fault.text)}{hint}"


async def _look(loaded: Loaded, files: Sequence[str]) -> tuple[str, tuple[Fault, ...]]:
    from incidentui.edge.containers.compose_checked import checked, lying
    from incidentui.edge.containers.drift import digest

    config, lines = loaded.config, _Lines(loaded)
    agreed = await _agreed(config, lines)
    if not files:
        return "", agreed
    read = await checked(config.dir, files, digest)
    fitting = faults(read.services, lying(config.dir, read.services), _wanted(config, lines)) if read.services else ()
    return read.by, (*read.faults, *fitting, *agreed)


async def _agreed(config: ProjectConfig, lines: "_Lines") -> tuple[Fault, ...]:
    """Values of several files that must be one: the agreements of the project that need nothing that runs."""
    from incidentui.edge.checks.source import ChecksSource

    chosen = [check for check in config.checks if isinstance(check, AgreementCheck) and _of_files(check)]
    if not chosen:
        return ()
    looks = await ChecksSource(chosen, SystemClock(), config.dir).look()
    return tuple(
        Fault(
            "error" if look.state == "failing" else "warning",
            place,
            f"{look.check}: {look.why}",
            _places(look.evidence.body),
        )
        for look in looks
        if look.state != "ok" and look.evidence is not None
        for place in (lines.of("checks", look.check),)
    )


def _of_files(check: AgreementCheck) -> bool:
    return all(isinstance(value.origin, InFile | InCompose) for value in check.values)


def _places(evidence: str) -> str:
    """Who says what, and where."""
    return "; ".join(f"{f.name}: {f.got}" for f in parse_check_look(evidence).findings)


class _Lines:
    """Where a table of the project's file stands: by its name, for tables that are not valid stand between them."""

    def __init__(self, loaded: Loaded) -> None:
        text = loaded.content.decode("utf-8", "replace")
        self._lines = key_lines(text)
        self._wrong = [p.key for p in loaded.problems if p.level == "error"]
        try:
            self._data = tomllib.loads(text.removeprefix("\ufeff"))
        except tomllib.TOMLDecodeError:
            self._data = {}

    def of(self, table: str, name: str) -> str:
        found = self._data.get(table, [])
        same = [n for n, one in enumerate(found) if isinstance(one, dict) and one.get("name") == name]
        sound = [n for n in same if not any(key.startswith(f"{table}[{n}]") for key in self._wrong)]
        line = line_of(self._lines, (table, (sound or same or [0])[0], "name"))
        return CONFIG if line is None else f"{CONFIG}:{line}"


def _wanted(config: ProjectConfig, lines: _Lines) -> Wanted:
    if config.docker is None:
        return Wanted(folder=f"{config.dir}/")
    made = {service.name: service.workloads for service in config.services}
    checked = {check.service for check in config.checks}
    watched = {name for service in checked for name in (service, *made.get(service, ()))}
    return Wanted(
        tuple(
            (service.name, workload, lines.of("services", service.name))
            for service in config.services
            for workload in service.workloads
        ),
        tuple(
            Asked(check.name, made.get(check.service, ()), port, lines.of("checks", check.name))
            for check in config.checks
            for port in _ports(check)
        ),
        frozenset(watched),
        config.supervisor is None,
        f"{config.dir}/",
    )


def _ports(check: CheckConfig) -> Iterator[int]:
    """Those of this machine that it asks."""
    match check:
        case HttpCheck(url=url) | JourneyCheck(base_url=url):
            found = urlsplit(url)
            if found.hostname in _HERE and found.port is not None:
                yield found.port
        case TcpCheck(hops=hops):
            for hop in hops:
                host, port = ("", 0) if hop.is_url else host_port(hop.address)
                if host in _HERE:
                    yield port
        case _:
            return
