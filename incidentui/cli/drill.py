"""`drill` and `demo`: a sandbox that really breaks, the real screen on it, and a scorecard at the end."""

import json
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from incidentui.cli.drill_engine import chosen, names_and_cleans, robots_of, take_checkpoint
from incidentui.cli.options import CannotRun, Options
from incidentui.config import paths
from incidentui.core.model import Ms
from incidentui.core.score import Score, score
from incidentui.core.score_layers import Peeled, peeled
from incidentui.drills.history import SandboxError
from incidentui.drills.records import Record, clean, mark_ended
from incidentui.drills.registry import CONTAINERS, DRILLS
from incidentui.drills.running import again, allow_commands, build, held, look, remembered
from incidentui.drills.sandbox import wait_green
from incidentui.drills.scenario import Scenario
from incidentui.drills.scripts import ROBOTS, Robot
from incidentui.edge.clock import SystemClock

DEMO = "dead-backend"


@click.group("drill")
def command() -> None:
    """Practise on a sandbox that really breaks."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a list.")
def list_command(as_json: bool) -> None:
    """The drills there are."""
    if as_json:
        click.echo(json.dumps([_listed(drill) for drill in DRILLS.values()]))
        return
    click.echo("\n\n".join("\n".join(_rows(drill)) for drill in DRILLS.values()))
    click.echo("\nRobots: --robot solves it, --robot=runbook knows none of them, --robot=naive walks into the trap.")


def _rows(drill: Scenario) -> Iterator[str]:
    """What will be seen and learnt, how long it takes, what it needs. What is broken is told when it is over."""
    yield f"{drill.name}"
    yield f"  you see   {drill.about}"
    yield f"  learn to  {drill.learns}"
    yield f"  goal      {drill.goal}"
    yield f"  takes     {_minutes(drill)}, {_needs(drill)}"


def _minutes(drill: Scenario) -> str:
    return f"about {drill.minutes[0]} to {drill.minutes[1]} minutes"


def _needs(drill: Scenario) -> str:
    if drill.name not in CONTAINERS:
        return "needs no container engine"
    if not CONTAINERS[drill.name].unasked:
        return "needs no container engine; --docker runs it in containers"
    less = len(CONTAINERS[drill.name].layers) - len(drill.layers)
    more = f"in containers, where an engine is here, {_minutes(CONTAINERS[drill.name])}"
    return f"{more}; without one {less} of {less + len(drill.layers)} causes is left out"


def _listed(drill: Scenario) -> dict[str, object]:
    robots = [name or "solver" for name in ROBOTS[drill.name]]
    told = {"about": drill.about, "learns": drill.learns, "minutes": list(drill.minutes), "goal": drill.goal}
    return {"name": drill.name, **told, "needs": _needs(drill), "robots": robots, "docker": drill.name in CONTAINERS}


@command.command("run")
@click.argument("name", type=click.Choice(sorted(DRILLS)), metavar="NAME")
@click.option("--robot", is_flag=False, flag_value="", default=None, metavar="[=NAME]", help="Let a script do it.")
@click.option("--docker/--no-docker", default=None, help="With containers, or without them.")
@click.option("--seed", type=int, default=1, show_default=True, help="When it breaks, and in how many pushes.")
@click.option("--keep", is_flag=True, help="Leave the sandbox running; `drill clean` takes it down.")
@click.option("--resume", is_flag=True, help="Go on with what a killed run left.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
@click.pass_obj
def run_command(
    options: Options,
    name: str,
    robot: str | None,
    docker: bool | None,
    seed: int,
    keep: bool,
    resume: bool,
    as_json: bool,
) -> int:
    """Run a drill: it starts green, then something breaks."""
    if resume and docker is not None:
        raise CannotRun("--resume goes on as it was begun: leave out --docker and --no-docker.")
    _can_run(robot is not None)
    host = "" if resume else chosen(name, docker)
    if robot is not None:
        _known_robot(name, robot, resume, containers=bool(host))
    return _run(options, name, robot, seed, keep, resume, as_json, host)


def _known_robot(drill: str, name: str, resume: bool, *, containers: bool) -> None:
    known = robots_of(drill, containers)
    if name not in known:
        others = [f"--robot={other}" for other in known if other]
        differ = f", {' and '.join(others)} do{'es' * (len(others) == 1)} it differently" if others else ""
        raise CannotRun(f"no robot of {drill} is called {name!r}; --robot alone solves it{differ}.")
    if resume and not known[""].resumes:
        raise CannotRun(f"no robot goes on with a killed run of {drill}; without --robot, you do.")
    if resume and not known[name].resumes:
        raise CannotRun(f"the robot {name} begins a drill anew; --robot alone goes on with one that was killed.")


@command.command("clean")
@click.option("--json", "as_json", is_flag=True, help="Print the folders that were taken down.")
def clean_command(as_json: bool) -> None:
    """Take down what killed runs left."""
    try:
        gone = [record.root for record in clean(_folder())]
    except SandboxError as error:
        raise CannotRun(f"{error}; what it has of a drill stays until it answers.") from None
    if as_json:
        click.echo(json.dumps({"cleaned": gone}))
    else:
        click.echo("\n".join(f"taken down: {root}" for root in gone) or "nothing to take down")


@click.command("demo")
@click.option("--seed", type=int, default=1, show_default=True, help="When it breaks, and in how many pushes.")
@click.pass_obj
def demo(options: Options, seed: int) -> int:
    """One drill, chosen for you. Needs neither Docker nor a network."""
    _can_run(robot=False)
    _run(options, DEMO, robot=None, seed=seed, keep=False, resume=False, as_json=False)
    return 0  # leaving a demonstration early is no failure


def _folder() -> Path:
    return paths.state_home() / "drills"


def _run(
    options: Options,
    name: str,
    robot: str | None,
    seed: int,
    keep: bool,
    resume: bool,
    as_json: bool,
    host: str = "",
) -> int:
    """`robot` is the name of a script, None for a person; `host` the engine for its containers."""
    if not resume:
        for words in names_and_cleans(_folder(), name):
            click.echo(f"incidentui: {words}", err=True)
    try:
        record = again(_folder(), name) if resume else remembered(_folder(), name, seed, host)
        with held(record, keep=keep):
            if not resume:
                build(record, SystemClock().now() // 1000, robot is not None and _robot(record, robot).bare)
            _inside(record)
            keystrokes = _work(record, options, robot, resume)
            result, card = _result(record, keystrokes)
            if result["resolved"]:
                mark_ended(record)
    except SandboxError as error:
        raise CannotRun(f"{error}.") from None
    if as_json:
        click.echo(json.dumps(result))
    else:
        click.echo("\n".join(card))
    if keep:
        click.echo(f"incidentui: the sandbox stays in {record.root}; `incidentui drill clean` takes it down", err=True)
    return 0 if result["resolved"] else 1


def _inside(record: Record) -> None:
    """The drill's own state directory and engine, for this process and what it starts."""
    os.environ["INCIDENTUI_HOME"] = str(record.home)
    if record.engine:
        os.environ["DOCKER_HOST"] = record.engine
        os.environ.pop("DOCKER_CONTEXT", None)


def _can_run(robot: bool) -> None:
    if robot and find_spec("pyte") is None:
        raise CannotRun("the robot reads an emulated screen and needs pyte: pip install 'incidentui[robot]'")
    if not robot and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CannotRun(
            "a drill is worked through on a screen, and this is no terminal. --robot solves it without one."
        )


def _work(record: Record, options: Options, robot: str | None, resume: bool) -> int | None:
    """Somebody works until the screen is left; the robot's keystrokes."""
    if robot is None:
        # While the services start: the screen's modules take as long as they do.
        threading.Thread(target=import_module, args=("incidentui.tui.app",), daemon=True).start()
    goal = None if resume else _tell_goal(record)
    allow_commands(record)
    if not resume:
        wait_green(record.sandbox)
        if record.scenario.checkpoint:
            take_checkpoint(record.sandbox.work)
    if goal is not None:
        goal.wait()
    if robot is not None:
        return _by_robot(record, _robot(record, robot), resume)
    _by_hand(record, options)
    return None


def _robot(record: Record, name: str) -> Robot:
    return robots_of(record.drill, bool(record.engine))[name]


def _tell_goal(record: Record) -> "subprocess.Popen[bytes]":
    """The goal stands on the timeline as a note, written from outside like everything in a drill."""
    argv = [
        sys.executable,
        "-P",
        "-m",
        "incidentui",
        "--project",
        str(record.sandbox.work),
        "note",
        record.scenario.told,
    ]
    env = {**os.environ, "INCIDENTUI_USER": "drill"}
    return subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _by_hand(record: Record, options: Options) -> None:
    from incidentui.cli.screen import open_screen

    os.environ.setdefault("INCIDENTUI_USER", "you")
    os.chdir(record.place)  # where a draft is written by its name alone
    open_screen(options._replace(project=str(record.sandbox.work)))


def _by_robot(record: Record, robot: Robot, resume: bool) -> int:
    from incidentui.drills.follower import follow
    from incidentui.drills.robot import play, play_on
    from incidentui.drills.scripts import LEFT, RED
    from incidentui.drills.terminal import Terminal, TerminalError

    argv = [sys.executable, "-P", "-m", "incidentui", str(record.sandbox.work)]
    with Terminal(argv, record.place, {**os.environ, "INCIDENTUI_USER": "robot"}) as terminal:
        try:
            if not robot.script:
                follow(terminal, RED, LEFT)
            elif resume:
                play_on(terminal, robot.script)
            else:
                play(terminal, robot.script)
            terminal.wait_end(10)
        except TerminalError as error:
            kept = record.place / "last-screen.txt"
            kept.write_text(error.screen, encoding="utf-8")
            click.echo(f"{error.screen}\n\nincidentui: the robot is stuck: {error}. Its screen: {kept}", err=True)
        return terminal.keystrokes


def _result(record: Record, keystrokes: int | None) -> tuple[dict[str, Any], list[str]]:
    """The result and the card: times from the journal, the end from the world itself."""
    from incidentui.drills.scorecard import lines

    journal = paths.journal_path(record.sandbox.work)
    world = look(record)
    told, layers = _score(journal, record.scenario)
    end = replace(told, tree_equal=world.tree_equal, resolved=told.resolved and world.answers)
    drafts = sorted(record.place.glob("*.md"), key=lambda file: file.stat().st_mtime_ns)
    result = {
        "drill": record.drill,
        "seed": record.seed,
        "docker": bool(record.engine),
        "resolved": end.resolved,
        "score": end.points,
        "keystrokes": keystrokes,
        "detected_after_s": _seconds(end.detected),
        "acknowledged_after_s": _seconds(end.acknowledged),
        "first_action_after_s": _seconds(end.first_action),
        "recovered_after_s": _seconds(end.recovered),
        "wrong_turns": end.wrong_turns,
        "causes": [{"check": one.check, "lost_s": _seconds(one.lost), "met": one.seen is not None} for one in layers],
        "tree_equal": end.tree_equal,
        "in_force": list(end.in_force),
        "differs": list(end.differs),
        "draft": str(drafts[-1]) if drafts else None,
        "journal": str(journal),
    }
    paths_told = [f"  Draft:   {draft}" for draft in drafts[-1:]]
    if journal.exists():
        paths_told.append(f"  Once more, step by step: incidentui replay {shlex.quote(str(journal))}")
    return result, [*lines(end, record.scenario, layers), *paths_told]


def _score(path: Path, scenario: Scenario) -> tuple[Score, tuple[Peeled, ...]]:
    from incidentui.edge.store.sqlite import open_journal

    checks = [layer.check for layer in scenario.layers]
    if not path.exists():
        return Score(), peeled((), checks)
    journal = open_journal(path, "", SystemClock(), read_only=True)
    try:
        events = list(journal.read())
    finally:
        journal.close()
    return score(events, forward=scenario.forward), peeled(events, checks)


def _seconds(ms: Ms | None) -> float | None:
    return None if ms is None else round(ms / 1000, 1)
