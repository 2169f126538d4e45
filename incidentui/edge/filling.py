"""The places of a shell block and who fills them: a person, for one step; what was given for a run stays in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from incidentui.core.inputs import Refusal
from incidentui.edge.known import SHORTEST, says_secret
from incidentui.edge.redact import add_known_secrets
from incidentui.edge.text import redact
from incidentui.runbook.attributes import fence
from incidentui.runbook.fields import env_name
from incidentui.runbook.model import Command, Runbook
from incidentui.runbook.places import Place, by_environment, places, spoken

_BY_HAND = "copy it, and edit it"


def of(commands: Sequence[Command]) -> tuple[Place, ...]:
    """Each once, in the order of the text."""
    found: dict[str, Place] = {}
    for place in (place for command in commands for place in places(command.text)):
        known = found.setdefault(place.variable, place)
        if place.within and not known.within:
            found[place.variable] = replace(known, within=place.within)
    return tuple(found.values())


def cannot_be_filled(commands: Sequence[Command]) -> Refusal | None:
    names = [place.name for command in commands for place in places(command.text) if not _sure(place, command)]
    return Refusal(f"it has places to fill in: {', '.join(dict.fromkeys(names))}", _BY_HAND) if names else None


def _sure(place: Place, command: Command) -> bool:
    return place.can_be_filled and not fence(command).interpreter


def given_to(commands: Sequence[Command], book: Runbook, given: Mapping[str, str]) -> dict[str, str]:
    """What a person gave, as a shell calls it. The name of a place is a variable too only where `vars` declares it."""
    declared = {variable.name for variable in book.vars}
    anywhere = {name for step in book.steps for name in step.placeholders}
    out = {env_name(n): value for n, value in given.items() if n in declared or n not in anywhere}
    return out | {p.variable: given[p.name] for p in of(commands) if p.name in given}


def declared_to(commands: Sequence[Command], book: Runbook, environment: Mapping[str, str]) -> dict[str, str]:
    """A place that has the name of a declared variable takes its value."""
    known = {variable.name: environment.get(env_name(variable.name), "") for variable in book.vars}
    return {place.variable: known[place.name] for place in of(commands) if known.get(place.name)}


def empty(commands: Sequence[Command], given: Mapping[str, str]) -> Refusal | None:
    """The first place that nothing was given for, or not something that can stand there. `given`: for these blocks
    alone, never what an earlier step or the environment of this program left."""
    for place in of(commands):
        value = given.get(place.variable, "").strip()
        if not value:
            return Refusal(
                f"<{place.name}> is to be filled in", f"--set '{place.name}=…'", usage=True, unset=place.name
            )
        if why := place.refuses(value):
            return Refusal(f"{place.name}: {why}", f"--set '{place.name}=…'", usage=True, unset=place.name)
    return None


def running(command: Command) -> Command:
    return replace(command, text=by_environment(command.text)) if places(command.text) else command


def told(command: Command, environment: Mapping[str, str]) -> Command:
    """As people read it, and as it is recorded; a secret keeps its place."""
    shown = {p.variable: environment[p.variable] for p in places(command.text) if _may_be_shown(p, environment)}
    return replace(command, text=spoken(command.text, shown)) if shown else command


def keep_secret(commands: Sequence[Command], given: Mapping[str, str]) -> None:
    """What is not to be shown is not to be repeated by a command either."""
    values = [given[p.variable] for p in of(commands) if p.variable in given and not _may_be_shown(p, given)]
    add_known_secrets(value for value in values if len(value) >= SHORTEST)


def _may_be_shown(place: Place, environment: Mapping[str, str]) -> bool:
    value = environment.get(place.variable, "")
    return bool(value) and not says_secret(place.name) and redact(value) == value


def not_shown(commands: Sequence[Command], environment: Mapping[str, str]) -> Iterator[str]:
    names = [place.name for place in of(commands) if not _may_be_shown(place, environment)]
    if names:
        yield f"filled in, and not shown: {', '.join(names)}"
