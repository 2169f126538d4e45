"""A volume's content through its engine, without running anything: a container that has it and is never started.

A container that was only created can be archived from and into, its volumes too, so neither its image nor any program
in it matters: an image that is here is taken, and where there is none an empty one is made. Nothing is ever pulled.
Blocking; raises what the SDK raises.
"""

import io
import tarfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from incidentui.core.backup import Entry
from incidentui.edge.containers.docker_words import HELPER
from incidentui.edge.text import clean_and_redact
from incidentui.edge.volumes.archive import TOP, BrokenArchiveError, Stream, entries

_EMPTY = "incidentui-empty:1"
_CHUNK = 1 << 20


@contextmanager
def helper(api: Any, volume: str, mark: str, images: Sequence[str], writes: bool = False) -> Iterator[str]:
    """The id of one that has the volume; `mark`: whose it is. Gone afterwards; the volume stays."""
    made = _created(api, volume, mark, images, writes)
    try:
        yield made
    finally:
        _remove(api, made)


def clear(api: Any, mark: str) -> None:
    """Those that a killed program left."""
    for left in api.containers(all=True, filters={"label": [f"{HELPER}={mark}"]}):
        _remove(api, left["Id"])


def _remove(api: Any, ident: str) -> None:
    from docker.errors import NotFound

    with suppress(NotFound):
        # `v` takes only what the image itself declares: a volume that was named stays.
        api.remove_container(ident, v=True, force=True)


def _created(api: Any, volume: str, mark: str, images: Sequence[str], writes: bool) -> str:
    from docker.errors import APIError

    refused: Exception | None = None
    for image in (*images, *_here(api), None):
        try:
            made = api.create_container_from_config(_config(image or _empty(api), volume, mark, writes))
            return str(made["Id"])
        except APIError as error:  # an image that is broken, or just went
            refused = error
    assert refused is not None
    raise refused


def _here(api: Any) -> list[str]:
    return [str(each["Id"]) for each in api.images()[:3]]


def _empty(api: Any) -> str:
    """An image of nothing: a container of it cannot be started, and need not be."""
    nothing = io.BytesIO()
    tarfile.open(fileobj=nothing, mode="w").close()
    name, _, tag = _EMPTY.partition(":")
    api.import_image_from_data(nothing.getvalue(), repository=name, tag=tag)
    return _EMPTY


def _config(image: str, volume: str, mark: str, writes: bool) -> dict[str, Any]:
    mount = {"Type": "volume", "Source": volume, "Target": f"/{TOP}", "ReadOnly": not writes}
    return {
        "Image": image,
        "Cmd": ["never-started"],
        "Entrypoint": [],
        "NetworkDisabled": True,
        "Labels": {HELPER: mark},
        # An engine fills an empty volume with what the image has in that place: never here.
        "HostConfig": {"NetworkMode": "none", "Mounts": [{**mount, "VolumeOptions": {"NoCopy": True}}]},
    }


# -- what is done with it


def chunks(api: Any, ident: str) -> Generator[bytes, None, None]:
    """Raises BrokenArchiveError when the engine breaks off: an OSError then is one of our own disk."""
    from requests import RequestException

    found, _ = api.get_archive(ident, f"/{TOP}", chunk_size=_CHUNK)
    try:
        with closing(found):  # the engine holds the container for as long as the archive is open
            yield from found
    except RequestException as error:
        raise BrokenArchiveError(f"the engine broke off: {clean_and_redact(str(error), 160)}") from None


def content(api: Any, ident: str) -> Generator[Entry, None, None]:
    """All that lies in the volume now, in the order of the engine's walk."""
    with closing(chunks(api, ident)) as archive:
        yield from entries(Stream(archive))


def is_empty(api: Any, ident: str) -> bool:
    with closing(content(api, ident)) as found:
        return all(entry.path == "." for entry in found)


def empty(api: Any, ident: str) -> None:
    """Takes all out of the volume.

    An engine that is told to unpack a file where a folder is takes the folder away first, with all that is in it; the
    volume's own folder itself it cannot take, and says so. Whether it is empty then is for a look to say.
    """
    from docker.errors import APIError

    with suppress(APIError):
        api.put_archive(ident, "/", _one_file())


def _one_file() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(TOP))
    return made.getvalue()


def put(api: Any, ident: str, archive: Path) -> None:
    """Streams an archive into the volume, with owners, modes, links and times."""
    with archive.open("rb") as file:
        if not api.put_archive(ident, "/", file):
            raise OSError("the engine did not take the archive")


# -- the volume itself


def volume(api: Any, name: str) -> Mapping[str, Any] | None:
    from docker.errors import NotFound

    try:
        found: Mapping[str, Any] = api.inspect_volume(name)
    except NotFound:
        return None
    return found


def create(api: Any, name: str, driver: str, options: Mapping[str, str], labels: Mapping[str, str]) -> None:
    api.create_volume(name, driver=driver or "local", driver_opts=dict(options) or None, labels=dict(labels) or None)


def users(api: Any, name: str) -> list[dict[str, Any]]:
    """Inspections of the containers that have it, running or not; never a helper."""
    found = [api.inspect_container(each["Id"]) for each in api.containers(all=True, filters={"volume": name})]
    return [
        each
        for each in found
        if HELPER not in (each["Config"].get("Labels") or {})
        and any(mount.get("Type") == "volume" and mount.get("Name") == name for mount in each.get("Mounts") or ())
    ]
