"""What a checkpoint holds, and how two of them differ. Values of the environment are never in one: keyed hashes are."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from incidentui.core.drift import Mount, Port
from incidentui.core.format import count, short, storage
from incidentui.core.model import Ms
from incidentui.core.value import dataclass

T = TypeVar("T")
_GONE = "is gone"


@dataclass(frozen=True, slots=True)
class FileCopy:
    path: str
    """Inside the project, as it is written there."""
    sha256: str
    size: int
    mode: int
    missing: str = ""
    """Why there is no copy: too large, cannot be read."""
    link: str = ""
    """Where it leads, when it is a link to a folder: such a one is kept as what it is."""

    @property
    def holds(self) -> str:
        """As it is shown: "3f2a… mode 644", "a link to releases/41", or why there is no copy."""
        if self.missing:
            return self.missing
        return f"a link to {self.link}" if self.link else f"{self.sha256[:12]} mode {self.mode:o}"


@dataclass(frozen=True, slots=True)
class ContainerThen:
    name: str
    """As a workload is called."""
    ident: str
    image: str
    """The name it was started by."""
    image_id: str
    digests: tuple[str, ...]
    """By which a registry knows the image; empty: it was never in one."""
    state: str
    env: tuple[tuple[str, str], ...]
    """(name, keyed hash of the value)"""
    volumes: tuple[str, ...] = ()
    ports: tuple[Port, ...] | None = None
    """None: not kept (an older checkpoint, or the ports are the host's own)."""
    mounts: tuple[Mount, ...] | None = None
    health: bool | None = None
    """Whether it has a health check of its own."""


@dataclass(frozen=True, slots=True)
class ContentsThen:
    """What was in a volume: a backup that was taken with the checkpoint."""

    backup: str
    """Its id."""
    files: int
    size: int
    """Bytes in its files."""
    sha256: str
    """Of its archive."""


@dataclass(frozen=True, slots=True)
class VolumeThen:
    name: str
    driver: str
    created: str
    """As its engine writes it."""
    size: int | None
    """None: the engine did not tell in time."""
    contents: ContentsThen | None = None
    """None: what was in it was not asked for."""


@dataclass(frozen=True, slots=True)
class CheckThen:
    name: str
    state: str
    why: str = ""
    function: str = ""
    """What users could do then, if it was ok."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    id: str
    at: Ms
    by: str
    why: str
    """"by hand", "before workload.recreate web"."""
    commit: str | None
    branch: str | None = None
    unsaved: tuple[str, ...] = ()
    """Files that the commit does not hold as they are."""
    files: tuple[FileCopy, ...] = ()
    containers: tuple[ContainerThen, ...] = ()
    volumes: tuple[VolumeThen, ...] = ()
    checks: tuple[CheckThen, ...] = ()
    lost: tuple[str, ...] = ()
    """What could not be looked at, and why."""


@dataclass(frozen=True, slots=True)
class OnGreen:
    """The last checkpoint that was taken because all was good."""

    id: str = ""
    at: Ms | None = None
    trigger: Ms | None = None
    """When that happened after which it was taken: a deploy, an action."""
    due: Ms | None = None
    """The trigger of one that is being taken."""
    missed: Ms | None = None
    """When one could not be kept, and none was since."""


@dataclass(frozen=True, slots=True)
class Tested:
    """A restore that was tried in a scratch place."""

    at: Ms
    ok: bool
    files: int
    findings: tuple[str, ...] = ()
    contents: int = 0
    """Volumes whose contents were read whole."""


def contents_told(volumes: Sequence[VolumeThen]) -> str:
    """ "contents: 3 of 4 volumes, 12 MB"; empty where none was asked for."""
    kept = [volume.contents for volume in volumes if volume.contents is not None]
    if not kept:
        return ""
    return f"contents: {len(kept)} of {count(len(volumes), 'volume')}, {storage(sum(each.size for each in kept))}"


@dataclass(frozen=True, slots=True)
class Difference:
    kind: str
    """commit, file, container, image, environment, volume, check"""
    name: str
    text: str


def differences(then: Checkpoint, now: Checkpoint, beside: Sequence[FileCopy] | None = None) -> tuple[Difference, ...]:
    """`beside`: files of then that a checkpoint would not hold any more, as they lie there now; None: nobody looked."""
    return (
        *_commit(then, now),
        *_files(then, now, beside),
        *_pairs("container", then.containers, now.containers, lambda c: c.name, _container),
        *_environments(then, now),
        *_pairs("volume", then.volumes, now.volumes, lambda v: v.name, _volume),
        *_pairs("check", then.checks, now.checks, lambda c: c.name, _check),
    )


def _commit(then: Checkpoint, now: Checkpoint) -> Iterator[Difference]:
    if then.commit != now.commit:
        yield Difference("commit", "HEAD", f"{short(then.commit)} → {short(now.commit)}")
    for path in sorted(set(now.unsaved) - set(then.unsaved)):
        yield Difference("commit", path, "is not committed as it is")


def _pairs(
    kind: str, then: tuple[T, ...], now: tuple[T, ...], name: Callable[[T], str], told: Callable[[T, T], str]
) -> Iterator[Difference]:
    before, after = {name(each): each for each in then}, {name(each): each for each in now}
    for key in sorted(before.keys() | after.keys()):
        if key not in after:
            yield Difference(kind, key, _GONE)
        elif key not in before:
            yield Difference(kind, key, "is new")
        elif text := told(before[key], after[key]):
            yield Difference(kind, key, text)


def _files(then: Checkpoint, now: Checkpoint, beside: Sequence[FileCopy] | None) -> Iterator[Difference]:
    """Not held any more is not gone: the configuration may name it no more."""
    lies = {file.path: file for file in beside or ()}
    was = {file.path: file for file in then.files}
    for found in _pairs("file", then.files, now.files, lambda f: f.path, _file):
        if found.name in lies and not lies[found.name].missing:
            changed = _file(was[found.name], lies[found.name]) or "as it was then"
            yield replace(found, text=f"{changed}; a checkpoint of now would not hold it: nothing names it any more")
        elif beside is None and found.text == _GONE:
            yield replace(found, text="is not in the other one")
        else:
            yield found


def _file(then: FileCopy, now: FileCopy) -> str:
    if then.missing or now.missing:
        return "" if then.missing == now.missing else f"{then.holds} → {now.holds}"
    if then.link or now.link:
        return f"{then.holds} → {now.holds}" if then.holds != now.holds else ""
    if then.sha256 != now.sha256:
        return f"content {then.sha256[:12]} → {now.sha256[:12]}"
    return f"mode {then.mode:o} → {now.mode:o}" if then.mode != now.mode else ""


def _container(then: ContainerThen, now: ContainerThen) -> str:
    if then.image_id != now.image_id:
        return f"image {_image(then.image_id)} → {_image(now.image_id)}"
    if then.state != now.state:
        return f"{then.state} → {now.state}"
    for what, before, after in (("ports", then.ports, now.ports), ("mounts", then.mounts, now.mounts)):
        if before is not None and after is not None and before != after:
            return f"other {what}"
    return f"created anew ({then.ident[:12]} → {now.ident[:12]})" if then.ident != now.ident else ""


def _image(ident: str) -> str:
    return ident.removeprefix("sha256:")[:12]


def _environments(then: Checkpoint, now: Checkpoint) -> Iterator[Difference]:
    after = {c.name: dict(c.env) for c in now.containers}
    for container in then.containers:
        if container.name in after:
            yield from _environment(container.name, dict(container.env), after[container.name])


def _environment(name: str, then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Difference]:
    for key in sorted(then.keys() | now.keys()):
        if then.get(key) != now.get(key):
            what = "is gone" if key not in now else "is new" if key not in then else "has another value"
            yield Difference("environment", f"{name} {key}", what)


def _volume(then: VolumeThen, now: VolumeThen) -> str:
    if then.created and now.created and then.created != now.created:
        return f"created anew ({then.created} → {now.created}): what was in it is not in it"
    if then.size and now.size == 0:
        return f"{then.size} bytes → empty"
    return ""


def _check(then: CheckThen, now: CheckThen) -> str:
    return f"{then.state} → {now.state}" if then.state != now.state else ""
