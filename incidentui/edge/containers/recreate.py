"""A container anew with the same configuration, the old one set aside until the new one is healthy.

The order makes it safe: the new one is created before the old one is stopped, so that what cannot be created costs
nobody anything; unnamed volumes are named in the new one, so that they go over with all that is in them; the old one is
removed last, without its volumes. At any point before that it can be brought back.
"""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from incidentui.core.model import PlanStep, Workload
from incidentui.edge.containers.docker_words import ASIDE

_NO_ENDPOINT = ("host", "none", "default", "bridge")


def steps(workload: Workload, stop_s: int) -> tuple[PlanStep, ...]:
    name, ident = workload.name, workload.ident
    old, wait = f"NAME{aside_mark(ident)}", ("--time", str(stop_s))
    return (
        PlanStep("aside", f"rename {name} ({ident[:12]}), which goes on running", (("docker", "rename", ident, old),)),
        PlanStep(
            "create",
            "the same configuration, mounts and volumes, unnamed ones too, under its name",
            (("POST", "/containers/create?name=NAME"),),
        ),
        PlanStep("stop", f"the old one: TERM, after {stop_s} s KILL", (("docker", "stop", *wait, ident),)),
        PlanStep("start", "the new one", (("docker", "start", "NAME"),)),
        PlanStep("remove", "the old one, not its volumes", (("docker", "rm", ident),)),
    )


def aside_mark(ident: str) -> str:
    return f".before-{ident[:12]}"


def base_name(found: Mapping[str, Any]) -> str:
    """The name it had before it was set aside."""
    return ASIDE.sub("", str(found["Name"]).removeprefix("/"))


# -- the steps: each finds what it needs by the id of the old one --------------------------------


def aside(api: Any, ident: str) -> None:
    found = api.inspect_container(ident)
    api.rename(ident, base_name(found) + aside_mark(ident))


def create(api: Any, ident: str, wanted: str = "") -> None:
    """`wanted`: the id of another image to create it from; what the present one brought along is left out then."""
    found = api.inspect_container(ident)
    image = _image(api, found)
    if wanted.startswith("sha256:") and wanted != found["Image"]:
        brought = api.inspect_image(found["Image"]).get("Config") or {}
        found, image = {**found, "Config": without_defaults(found["Config"], brought)}, wanted
    config, later = creation(found, image)
    made = api.create_container_from_config(config, base_name(found))
    for network, endpoint in later.items():
        api.connect_container_to_network(
            made["Id"],
            network,
            aliases=endpoint.get("Aliases"),
            ipv4_address=(endpoint.get("IPAMConfig") or {}).get("IPv4Address"),
            ipv6_address=(endpoint.get("IPAMConfig") or {}).get("IPv6Address"),
            links=endpoint.get("Links"),
        )


def start(api: Any, ident: str) -> None:
    api.start(base_name(api.inspect_container(ident)))


def remove(api: Any, ident: str) -> None:
    api.remove_container(ident, v=False)


def newcomer(api: Any, ident: str) -> Mapping[str, Any] | None:
    """The container that has the name now, when it is another one."""
    from docker.errors import NotFound

    try:
        found: Mapping[str, Any] = api.inspect_container(base_name(api.inspect_container(ident)))
    except NotFound:
        return None
    return found if found["Id"] != ident else None


def bring_back(api: Any, ident: str, run: bool) -> None:
    """The old one under its name, running if it ran; what was put in its place goes, and no volume with it."""
    found = api.inspect_container(ident)
    new = newcomer(api, ident)
    if new is not None:
        api.remove_container(new["Id"], v=False, force=True)
    if ASIDE.search(found["Name"]):
        api.rename(ident, base_name(found))
    if run and not found["State"].get("Running"):
        api.start(ident)


def _image(api: Any, found: Mapping[str, Any]) -> str:
    """By its name where that still stands for what ran, else by its id."""
    from docker.errors import NotFound

    name = str(found["Config"].get("Image", ""))
    try:
        same = api.inspect_image(name)["Id"] == found["Image"]
    except NotFound:
        same = False
    return name if same else str(found["Image"])


# -- the configuration ---------------------------------------------------------------------------


def creation(found: Mapping[str, Any], image: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What makes the same container again, and the networks it joins afterwards: an engine takes one at first."""
    config, host = copy.deepcopy(dict(found["Config"])), copy.deepcopy(dict(found["HostConfig"]))
    mode = str(host.get("NetworkMode", ""))
    if config.get("Hostname") == found["Id"][:12] or mode == "host" or mode.startswith("container:"):
        config.pop("Hostname", None)
        config.pop("Domainname", None)
    if mode.startswith("container:"):
        config.pop("ExposedPorts", None)  # they are the other's
    host["Binds"] = [*(host.get("Binds") or ()), *_carried(found, host)]
    endpoints = dict(_endpoints(found, mode))
    first = {mode: endpoints.pop(mode)} if mode in endpoints else {}
    networking = {"NetworkingConfig": {"EndpointsConfig": first}} if first else {}
    return {**config, "Image": image, "HostConfig": host, **networking}, endpoints


_SAME = ("Cmd", "Entrypoint", "WorkingDir", "User", "Healthcheck", "StopSignal", "Shell", "OnBuild")


def without_defaults(config: Mapping[str, Any], image: Mapping[str, Any]) -> dict[str, Any]:
    """What was set for the container itself: an engine mixes it with what its image says."""
    out = {key: value for key, value in config.items() if key not in _SAME or value != image.get(key)}
    out["Env"] = [each for each in config.get("Env") or () if each not in (image.get("Env") or ())]
    labels = image.get("Labels") or {}
    out["Labels"] = {key: value for key, value in (config.get("Labels") or {}).items() if labels.get(key) != value}
    for key in ("Volumes", "ExposedPorts"):
        out[key] = {name: {} for name in config.get(key) or () if name not in (image.get(key) or ())}
    return out


def _carried(found: Mapping[str, Any], host: dict[str, Any]) -> Iterator[str]:
    """The volumes that only this container's own record names: they would be new and empty in another one."""
    bound = (
        {str(bind).split(":")[1] for bind in host["Binds"] or () if ":" in str(bind)} if host.get("Binds") else set()
    )
    mounts = {str(mount.get("Target")): mount for mount in host.get("Mounts") or ()}
    for mount in found.get("Mounts") or ():
        inside, name = str(mount.get("Destination")), str(mount.get("Name", ""))
        if mount.get("Type") != "volume" or inside in bound:
            continue
        if inside in mounts:
            mounts[inside]["Source"] = mounts[inside].get("Source") or name
        else:
            yield f"{name}:{inside}" + ("" if mount.get("RW", True) else ":ro")


def _endpoints(found: Mapping[str, Any], mode: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if mode in ("host", "none") or mode.startswith("container:"):
        return
    for network, was in ((found.get("NetworkSettings") or {}).get("Networks") or {}).items():
        if network not in _NO_ENDPOINT:
            aliases = [name for name in was.get("Aliases") or () if name != found["Id"][:12]]
            kept = {key: was[key] for key in ("IPAMConfig", "Links", "DriverOpts") if was.get(key)}
            yield network, {**kept, "Aliases": aliases}
