"""What a Docker engine says, in our words: an entry of its list, an inspected container, its errors."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from incidentui.core.follow import says_dirty
from incidentui.core.model import Ms, Workload, WorkloadState
from incidentui.core.value import dataclass
from incidentui.edge.text import clean, clean_and_redact

SERVICE = "com.docker.compose.service"
ONEOFF = "com.docker.compose.oneoff"
PROJECT = "com.docker.compose.project"
FOLDER = "com.docker.compose.project.working_dir"
REVISION = "org.opencontainers.image.revision"
VERSION = "org.opencontainers.image.version"
ONCE = "one run of "
"""How the origin of what `compose run` made begins."""
HELPER = "incidentui.helper"
"""Label of a container that is made for an archive and never started: nobody's workload."""
Health = Literal["healthy", "unhealthy", "starting", "none"]

_CODE = re.compile(r"^(?:Exited|Restarting) \((-?\d+)\)")
_HEALTH: dict[str, Health] = {"(healthy)": "healthy", "(unhealthy)": "unhealthy", "(health: starting)": "starting"}
_STATES: dict[str, WorkloadState] = {
    "created": "stopped",
    "running": "running",
    "restarting": "crashing",
    "removing": "stopped",
    "paused": "paused",
    "exited": "exited",
    "dead": "exited",
}
_NOTES = {
    "created": "created, never started",
    "removing": "is being removed",
    "dead": "dead: the engine could not remove it",
}
ASIDE_NOTE = "set aside: another one has its place"
_ENDED = ("exited", "restarting", "dead")
_NEVER = "0001-"
ASIDE = re.compile(r"\.before-[0-9a-f]{12}$")
"""What a container's name ends with while its successor is tried."""


@dataclass(frozen=True, slots=True)
class Detail:
    """What only an inspection tells."""

    key: tuple[object, ...]
    started: Ms | None
    finished: Ms | None
    restarts: int
    oom: bool
    error: str
    status: str = ""
    """Its state, newer than the list's: a list is late, and on a full disk it never learns."""
    code: int | None = None
    policy: str = ""
    check: str = ""
    """What its health check said last, when it was not good."""


def key_of(entry: Mapping[str, Any]) -> tuple[object, ...]:
    """Changes when an inspection is worth it: the list's age of a container is too coarse to tell a restart."""
    status = str(entry.get("Status", ""))
    return entry["Id"], entry.get("State"), exit_code(status), health(status), "second" in status


def exit_code(status: str) -> int | None:
    found = _CODE.match(status)
    return int(found[1]) if found else None


def health(status: str) -> Health:
    return next((word for sign, word in _HEALTH.items() if sign in status), "none")


def names(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """The compose service where that is unique, else the container's own name. One set aside is nobody's service, and
    neither is what `compose run` made beside it.
    """
    there = {str(entry["Id"])[:12] for entry in entries}
    standing = [entry for entry in entries if not _aside(entry) and not _coming(entry, there)]
    whole = {_service(entry) for entry in standing if not _replaced(entry)}
    services = Counter(_service(e) for e in standing if not (_replaced(e) and _service(e) in whole))
    found = []
    for entry in entries:
        service = _service(entry)
        other = _aside(entry) or _coming(entry, there) or (_replaced(entry) and service in whole)
        own = str((entry.get("Names") or [entry["Id"][:12]])[0]).removeprefix("/")
        found.append(clean(service if services[service] == 1 and service and not other else own, 120))
    return found


def _service(entry: Mapping[str, Any]) -> str:
    return _labels(entry).get(SERVICE, "")


def _replaced(entry: Mapping[str, Any]) -> bool:
    """Whether compose 1 has renamed it, to make another one in its place. It is the service until that one is there."""
    return any(str(name).startswith(f"/{entry['Id'][:12]}_") for name in entry.get("Names") or ())


def _coming(entry: Mapping[str, Any], there: Collection[str]) -> bool:
    """Whether compose 2 is making it for the place of another, whose id it bears until that one is removed."""
    prefixes = [str(name)[1:13] for name in entry.get("Names") or () if str(name)[13:14] == "_"]
    return any(prefix in there and prefix != entry["Id"][:12] for prefix in prefixes)


def by_hand(entry: Mapping[str, Any]) -> bool:
    """Whether `compose run` made it: declared as its service is only its image, and it comes and goes."""
    return _labels(entry).get(ONEOFF, "").lower() == "true"


def _aside(entry: Mapping[str, Any]) -> bool:
    return by_hand(entry) or any(ASIDE.search(str(name)) for name in entry.get("Names") or ())


def _labels(entry: Mapping[str, Any]) -> Mapping[str, str]:
    return entry.get("Labels") or {}


def labelled(entries: Sequence[Mapping[str, Any]], wanted: Collection[str], label: str) -> dict[str, str]:
    """The value of a label on each of these workloads, of the running ones where any runs."""
    named = [(name, entry) for entry, name in zip(entries, names(entries), strict=True) if name in wanted]
    running = [(name, entry) for name, entry in named if entry.get("State") == "running"]
    found = {name: _labels(entry).get(label, "") for name, entry in running or named}
    return {name: clean(value, 120) for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a container was started with: raw, so neither to be shown nor kept as it is."""

    running: bool
    env: Mapping[str, str]
    labels: Mapping[str, str]
    ports: Mapping[int, tuple[int, ...]] | None
    """TCP port inside -> where it is published; None: they are the host's own."""


def named(entries: Sequence[Mapping[str, Any]], workload: str) -> str | None:
    """The id of the container of this name, compose's or its own."""
    own = {name.removeprefix("/"): str(entry["Id"]) for entry in entries for name in entry.get("Names") or ()}
    shown = {name: str(entry["Id"]) for entry, name in zip(entries, names(entries), strict=True)}
    return shown.get(workload) or own.get(workload)


def settings_of(found: Mapping[str, Any]) -> Settings:
    config = found.get("Config") or {}
    env = dict(pair.split("=", 1) for pair in config.get("Env") or () if "=" in pair)
    return Settings(bool((found.get("State") or {}).get("Running")), env, config.get("Labels") or {}, _ports(found))


def _ports(found: Mapping[str, Any]) -> Mapping[int, tuple[int, ...]] | None:
    if (found.get("HostConfig") or {}).get("NetworkMode") == "host":
        return None
    ports = (found.get("NetworkSettings") or {}).get("Ports") or {}
    return {
        # The same port stands there once for IPv4 and once for IPv6.
        int(inside.removesuffix("/tcp")): tuple(sorted({int(at["HostPort"]) for at in bound or ()}))
        for inside, bound in ports.items()
        if inside.endswith("/tcp")
    }


def dirty(labels: Mapping[str, str]) -> str:
    """The label that says the image was built from uncommitted code, with its value; empty when none does."""
    found = next((key for key in (REVISION, VERSION) if says_dirty(labels.get(key, ""))), None)
    return f"{found} = {clean(labels[found], 60)}" if found else ""


def listed(entry: Mapping[str, Any], name: str, detail: Detail | None) -> Workload:
    """A container from the list; `detail` when it was inspected since it last changed."""
    status = str(entry.get("Status", ""))
    late = detail is not None and contradicts(detail, entry)
    return _workload(
        ident=str(entry["Id"]),
        name=name,
        state=detail.status if detail and late else str(entry.get("State", "")),
        code=detail.code if detail and late else exit_code(status),
        sick=health(status),
        image=clean(str(entry.get("Image", "")), 200),
        revision=clean(_labels(entry)[REVISION], 60) if _labels(entry).get(REVISION) else None,
        dirty=dirty(_labels(entry)),
        origin=_origin(_labels(entry)),
        detail=detail,
    )


def contradicts(detail: Detail, entry: Mapping[str, Any]) -> bool:
    """It has ended and the list does not know. Between two tries of a loop either may be ahead: that does not count."""
    return detail.status in ("exited", "dead") and detail.status != entry.get("State")


def _origin(labels: Mapping[str, str]) -> str:
    project, folder = labels.get(PROJECT, ""), labels.get(FOLDER, "")
    made = ONCE if project and labels.get(ONEOFF, "").lower() == "true" else ""
    return clean(f"{made}{project}, in {folder}" if folder else f"{made}{project}", 200)


def inspected(found: Mapping[str, Any], was: Workload) -> Workload:
    """The same container from an inspection."""
    detail = detail_of(found, ())
    return _workload(
        ident=str(found["Id"]),
        name=was.name,
        state=detail.status,
        code=detail.code,
        sick=_health_word(found["State"]),
        image=was.image,
        revision=was.revision,
        dirty=was.dirty,
        origin=was.origin,
        detail=detail,
    )


def _health_word(state: Mapping[str, Any]) -> Health:
    word = (state.get("Health") or {}).get("Status", "none")
    return word if word in ("healthy", "unhealthy", "starting") else "none"


def detail_of(found: Mapping[str, Any], key: tuple[object, ...]) -> Detail:
    state = found["State"]
    status = str(state.get("Status", ""))
    return Detail(
        key=key,
        status=status,
        code=int(state.get("ExitCode", 0)) if status in _ENDED else None,
        started=moment(state.get("StartedAt", "")),
        finished=moment(state.get("FinishedAt", "")),
        restarts=int(found.get("RestartCount", 0)),
        oom=bool(state.get("OOMKilled")),
        error=clean_and_redact(str(state.get("Error", "")), 500),
        policy=_policy(found),
        check=_last_check(state),
    )


def _policy(found: Mapping[str, Any]) -> str:
    policy = (found.get("HostConfig") or {}).get("RestartPolicy") or {}
    name, tries = clean(str(policy.get("Name") or "no"), 40), policy.get("MaximumRetryCount")
    return f"{name}:{tries}" if name == "on-failure" and tries else name


def _last_check(state: Mapping[str, Any]) -> str:
    log = (state.get("Health") or {}).get("Log") or [{}]
    said = str(log[-1].get("Output") or "") if log[-1].get("ExitCode") else ""
    return " ".join(clean_and_redact(said, 300, lines=True).split())


def moment(text: str) -> Ms | None:
    if not text or text.startswith(_NEVER):
        return None
    try:
        # Nanoseconds are cut: datetime takes six digits.
        return int(datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).timestamp() * 1000)
    except ValueError:
        return None


def _workload(
    ident: str,
    name: str,
    state: str,
    code: int | None,
    sick: Health,
    image: str,
    revision: str | None,
    dirty: str,
    origin: str,
    detail: Detail | None,
) -> Workload:
    word: WorkloadState = _STATES.get(state, "unknown")
    if word == "running" and sick == "starting":
        word = "starting"
    elif state == "created" and detail and detail.error:
        word = "exited"
    if aside := word in ("exited", "crashing") and _set_aside(ident, name):
        word = "stopped"  # whoever made its successor ended it: that is nobody's failure
    if word != "paused" and word not in ("running", "starting"):
        sick = "none"  # what it last said of itself before it ended
    since = None if detail is None else detail.finished if word in ("exited", "crashing") else detail.started
    return Workload(
        name=name,
        engine="docker",
        state=word,
        since=since,
        exit_code=code,
        restarts=detail.restarts if detail else None,
        health=sick,
        image=image,
        revision=revision,
        note=ASIDE_NOTE if aside else _note(state, word, sick, detail),
        ident=ident,
        dirty=dirty,
        policy=detail.policy if detail else "",
        origin=origin,
    )


def _set_aside(ident: str, name: str) -> bool:
    """Renamed, by compose or by us, while its successor is made; a service's container has the service's name here."""
    return name.startswith(f"{ident[:12]}_") or ASIDE.search(name) is not None


def _note(state: str, word: WorkloadState, sick: Health, detail: Detail | None) -> str:
    if detail and sick in ("unhealthy", "starting"):
        return detail.check
    if detail and detail.oom and word in ("exited", "crashing"):
        return "OOM killed"
    if detail and detail.error and word in ("exited", "crashing"):
        return f"could not start: {detail.error}"
    return _NOTES.get(state, "")
