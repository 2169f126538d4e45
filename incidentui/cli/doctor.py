"""`doctor`: what works here, what is missing, and what to do about it. Looks only, and waits for nothing long."""

import asyncio
import json
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import click

from incidentui.cli.doctor_backups import said, volumes
from incidentui.cli.drill_engine import told as told_of_drill
from incidentui.cli.journal_access import project_root
from incidentui.cli.options import CannotRun, Options
from incidentui.config import paths, trust
from incidentui.config.load import load
from incidentui.config.model import Loaded
from incidentui.core.layers import Crossing, crossings, on_user_path
from incidentui.core.model import ProjectSpec
from incidentui.core.value import dataclass
from incidentui.drills.records import abandoned

_MARKS = {"ok": "✓", "warn": "!", "bad": "✗"}
_ASCII = {"ok": "+", "warn": "!", "bad": "x"}


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    state: Literal["ok", "warn", "bad"]
    """"bad" makes the exit code 1; "warn" is something the program works without."""
    text: str
    hint: str = ""


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help='Print {"ok", "findings": [{"name", "state", "text", "hint"}]}.')
@click.pass_obj
def command(options: Options, as_json: bool) -> int:
    """What works here, and what is missing; exit 1 when something must be mended."""
    findings = asyncio.run(look(options))
    ok = all(finding.state != "bad" for finding in findings)
    if as_json:
        click.echo(json.dumps({"ok": ok, "findings": [asdict(f) for f in findings]}, ensure_ascii=False))
    else:
        ascii_only = options.ascii or "utf" not in (sys.stdout.encoding or "").lower()
        for finding in findings:
            click.echo(_line(finding, ascii_only))
    return 0 if ok else 1


def _line(finding: Finding, ascii_only: bool) -> str:
    mark = (_ASCII if ascii_only else _MARKS)[finding.state]
    text = f"{mark} {finding.name:<11} {finding.text}" + (f"\n              → {finding.hint}" if finding.hint else "")
    return text.replace("→", "->").replace("·", "-").encode("ascii", "replace").decode() if ascii_only else text


async def look(options: Options) -> list[Finding]:
    findings = [_python(), _sqlite(), await _git_program(), *_state_folder(), _grants(), _terminal(), *_drills()]
    try:
        root = project_root(options)
    except CannotRun as error:
        return [*findings, Finding("project", "warn", str(error))]
    loaded = load(root)
    findings += _project(root, loaded)
    findings += await asyncio.gather(_work_tree(root), _supervisor(loaded), _docker(loaded))
    return [*findings, *await _backups(loaded), *await _leftovers(root), _journal(root)]


# -- this machine


def _python() -> Finding:
    return Finding("python", "ok", ".".join(map(str, sys.version_info[:3])))


def _sqlite() -> Finding:
    from incidentui.edge.store.filesystem import shared
    from incidentui.edge.store.schema import wal_is_safe

    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < (3, 37, 0):
        return Finding("sqlite", "bad", f"{version} is too old for the journal", "3.37 or newer is needed")
    if wal_is_safe() and (kind := shared(str(_nearest(paths.state_home())))):
        return Finding("sqlite", "ok", f"{version}: the journal uses TRUNCATE, because WAL does not work on {kind}")
    if wal_is_safe():
        return Finding("sqlite", "ok", f"{version}: the journal uses WAL")
    return Finding(
        "sqlite", "ok", f"{version}: the journal uses TRUNCATE, because WAL has a known fault in this version"
    )


async def _git_program() -> Finding:
    from incidentui.edge.git.run import GitError, git

    try:
        answer = await git(Path("/"), "--version")
    except GitError as error:
        return Finding("git", "bad", error.what, "install git")
    return Finding("git", "ok", answer.line.removeprefix("git version "))


def _nearest(folder: Path) -> Path:
    """The folder, or the first above it that is there."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def _state_folder() -> Iterator[Finding]:
    from incidentui.edge.store.filesystem import shared

    folder = paths.state_home()
    place = _nearest(folder)
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        hint = f"make {place} writable, or set INCIDENTUI_HOME to a folder that is"
        yield Finding("state", "bad", f"{folder}: nothing can be recorded: {error.strerror}", hint)
        return
    free = shutil.disk_usage(place).free // 1_048_576
    if free < 100:
        yield Finding("state", "warn", f"{folder}: only {free} MB free", "make room before an incident needs it")
    else:
        yield Finding("state", "ok", str(folder))
    if kind := shared(str(place)):
        text = f"{folder}: on {kind}, where other machines may write: locks may not hold there"
        yield Finding("state", "warn", text, "set INCIDENTUI_HOME to a folder on a disk of this machine")


def _grants() -> Finding:
    if problem := trust.store_problem():
        return Finding("trust", "bad", problem, "until then nothing of a repository counts as allowed")
    return Finding("trust", "ok", "what was allowed is kept for this user alone")


def _drills() -> Iterator[Finding]:
    """What killed drills have left on this machine, on its engine too."""
    for record in abandoned(paths.state_home() / "drills"):
        text = f"left by a killed run: {told_of_drill(record)}"
        yield Finding("drill", "warn", text, "incidentui drill clean takes it down")


def _terminal() -> Finding:
    encoding = (sys.stdout.encoding or "?").lower()
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return Finding("terminal", "warn", "none here: the screen needs one", "commands, watch and check work without")
    size = shutil.get_terminal_size()
    colours = _colours()
    text = f"{size.columns}×{size.lines}, {encoding}, {colours}"
    if "utf" not in encoding:
        return Finding("terminal", "warn", text, "drawn in ASCII; LANG=C.UTF-8 gives the full signs")
    if size.columns < 60 or size.lines < 16:
        return Finding("terminal", "warn", text, "small: 80×24 shows one pane at a time, 120×40 all five")
    return Finding("terminal", "ok", text)


def _colours() -> str:
    if os.environ.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    if os.environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        return "16 million colours"
    return "256 colours" if "256" in os.environ.get("TERM", "") else "16 colours"


# -- this project


def _project(root: Path, loaded: Loaded) -> Iterator[Finding]:
    config = loaded.config
    checks = f"{len(config.services)} services, {len(config.checks)} checks"
    yield Finding("project", "ok", f"{config.name} in {root}: {checks}")
    for problem in loaded.problems:
        state: Literal["bad", "warn"] = "bad" if problem.level == "error" else "warn"
        place, _, _hint = problem.words().partition(" · ")
        yield Finding("config", state, place, problem.hint)
    yield from _ways(config.spec())


def _ways(project: ProjectSpec) -> Iterator[Finding]:
    """Who sees what users get, and which layers nobody would see break."""
    seen = on_user_path(project)
    for service in project.services:
        if (by := seen.get(service.name)) is None:
            hint = 'a check with layer = "user" that goes their way, for it or for what needs it'
            yield Finding("user path", "warn", f"{service.name}: no check sees what users get of it", hint)
        elif by != service.name:
            yield Finding("user path", "ok", f"{service.name}: seen by the checks of {by}, which needs it")
        if found := crossings(project, service.name):
            yield _layers(service.name, found)


def _layers(service: str, found: Sequence[Crossing]) -> Finding:
    """The matrix in a line."""
    gaps = [c.layer for c in found if c.gap]
    told = ", ".join(f"{c.layer} ({_crossed(c)})" for c in found)
    if not gaps:
        return Finding("layers", "ok", f"{service}: {told}")
    hint = f"not on the user path: {', '.join(gaps)}; name them in `crosses` of a check that goes through them"
    return Finding("layers", "warn", f"{service}: {told}", hint)


def _crossed(crossing: Crossing) -> str:
    if not crossing.user:
        return f"{', '.join(crossing.inner)}, inner alone" if crossing.inner else "no check"
    return ", ".join([*crossing.user, *(f"{name} inner" for name in crossing.inner)])


async def _work_tree(root: Path) -> Finding:
    from incidentui.edge.git.run import GitError, git

    try:
        await git(root, "rev-parse", "--is-inside-work-tree")
        names = (await git(root, "remote")).out.decode(errors="replace").split()
    except GitError as error:
        return Finding(
            "work tree", "warn", f"{error.what}: no commits, and no way back", "start in the project, or git init"
        )
    if not names:
        return Finding("work tree", "warn", "no remote", "a way back stays on this machine: git remote add origin URL")
    return Finding("work tree", "ok", f"remote {', '.join(names)}")


async def _leftovers(root: Path) -> list[Finding]:
    """What a killed run, or a killed git, left here."""
    from incidentui.edge.git.leftovers import abandoned, locks
    from incidentui.edge.git.place import layout
    from incidentui.edge.git.run import GitError

    try:
        where = await layout(root)
    except GitError:
        return []
    left, ours = locks(where), abandoned(where)
    findings = []
    if left:
        names = ", ".join(map(str, left))
        findings.append(Finding("locks", "warn", f"left, or a git runs: {names}", "when no git runs: remove them"))
    if ours:
        names = ", ".join(map(str, ours))
        findings.append(Finding("scratch", "warn", f"left by a killed run: {names}", "the next git action removes it"))
    return findings


async def _supervisor(loaded: Loaded) -> Finding:
    from incidentui.edge.containers.engine import EngineLost, EngineRefused
    from incidentui.edge.containers.supervisor import SupervisorEngine

    socket = loaded.config.supervisor
    if socket is None:
        return Finding("supervisor", "ok", "not configured")
    try:
        found = await SupervisorEngine(str(socket)).workloads()
    except (EngineLost, EngineRefused) as error:
        return _lost("supervisor", error)
    return Finding("supervisor", "ok", f"{socket}: {len(found)} programs")


async def _docker(loaded: Loaded) -> Finding:
    from incidentui.edge.containers.docker import DockerEngine
    from incidentui.edge.containers.engine import EngineLost, EngineRefused

    wanted = loaded.config.docker
    engine = DockerEngine(wanted.compose_project, context=wanted.context) if wanted else DockerEngine()
    try:
        found = await engine.workloads()
    except (EngineLost, EngineRefused) as error:
        if wanted is None:
            return Finding("docker", "ok", "not configured, and not reachable")
        return _lost("docker", error)
    finally:
        engine.close()
    way = f", {engine.way}" if engine.way else ""
    return Finding("docker", "ok", f"{engine.address}: {len(found)} containers{way}")


async def _backups(loaded: Loaded) -> list[Finding]:
    from incidentui.edge.clock import SystemClock

    told = said(await volumes(loaded), SystemClock().now())
    return [Finding("backups", "ok" if well else "warn", text, hint) for well, text, hint in told]


def _lost(name: str, error: Exception) -> Finding:
    text, _, hint = str(error).partition("; ")
    return Finding(name, "bad", text, hint or "start it, or correct [project] in incidentui.toml")


def _journal(root: Path) -> Finding:
    from incidentui.edge.clock import SystemClock
    from incidentui.edge.store.errors import JournalError
    from incidentui.edge.store.sqlite import open_journal

    path = paths.journal_path(root)
    if not path.exists():
        return Finding("journal", "ok", "nothing recorded yet")
    try:
        journal = open_journal(path, "", SystemClock(), read_only=True)
    except JournalError as error:
        return Finding("journal", "bad", str(error), f"keep a copy of {path.parent} and move the file away")
    try:
        problems, last = journal.verify(3), journal.last()
    except sqlite3.DatabaseError as error:
        problems, last = [f"cannot be read: {error}"], 0
    finally:
        journal.close()
    if problems:
        hint = f"keep a copy of {path}; what is exported from here on names the broken place"
        return Finding("journal", "bad", "; ".join(problems), hint)
    return Finding("journal", "ok", f"{last} event{'s' * (last != 1)}, the chain is whole")
