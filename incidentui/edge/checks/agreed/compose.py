"""What a compose file says of one service, as compose itself would read it: variables, short and long forms.

Reads the named file alone. What `extends`, `include` or an override file would add is not guessed.
"""

import os
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from incidentui.config.agreement import InCompose
from incidentui.edge.checks.agreed.documents import Found, UnreadableError, document, scalar, text_of

Lookup = Callable[[str], str | None]
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*)")
SHORT_PORT = re.compile(r"(?:(?:\[[^\]]*\]|\d+\.[\d.]+|localhost):)?(?:([\d-]*):)?([\d-]+)(?:/(tcp|udp|sctp))?")
SHORT_MOUNT = re.compile(r"(?:([^:]+):)?(/[^:]*)(?::[a-zA-Z,]+)?")
_DEEPEST = 10


class AbsentError(Exception):
    """The file was read, and it says that there is no such value."""


def read(base: Path, origin: InCompose) -> Found:
    folder = posixpath.dirname(origin.compose)
    variables = variables_of(base, folder)
    service = _service(document(text_of(base, origin.compose), origin.compose), origin)
    if origin.port is not None:
        return _published(service, origin, variables)
    if origin.volume is not None:
        return _mounted(service, origin, variables, folder)
    return _variable(service, origin, variables, base)


def _service(data: Any, origin: InCompose) -> Mapping[str, Any]:
    services = data.get("services") if isinstance(data, dict) else None
    service = services.get(origin.service) if isinstance(services, dict) else None
    if not isinstance(service, dict):
        raise UnreadableError(f"{origin.compose} has no service {origin.service}")
    return service


def _gone(service: Mapping[str, Any], origin: InCompose, words: str) -> Exception:
    if "extends" in service:
        return UnreadableError(f"{origin.compose}: {origin.service} extends another, which is not followed")
    return AbsentError(words)


# -- ports


def _published(service: Mapping[str, Any], origin: InCompose, variables: Lookup) -> Found:
    if service.get("network_mode") == "host":
        return Found(str(origin.port), line_at(service.get("network_mode")))
    found = {
        host: line_at(entry) for entry in service.get("ports") or [] for host in _host_port(entry, origin, variables)
    }
    if not found:
        raise _gone(service, origin, f"does not publish {origin.port}")
    if len(found) > 1:
        raise UnreadableError(f"{origin.compose}: {origin.service} publishes {origin.port} as {' and '.join(found)}")
    host, line = found.popitem()
    if not host:
        raise UnreadableError(f"{origin.compose}: {origin.service} publishes {origin.port} on any free port")
    return Found(host, line)


def line_at(entry: Any) -> int | None:
    """Of a text, or of the first one of a table."""
    first = next(iter(entry.values()), None) if isinstance(entry, dict) else entry
    return getattr(first, "line", None)


def _host_port(entry: Any, origin: InCompose, variables: Lookup) -> Iterator[str]:
    if isinstance(entry, dict):
        text = {key: interpolate(str(value), variables) for key, value in entry.items()}
        target, host, protocol = text.get("target", ""), text.get("published", ""), text.get("protocol", "tcp")
    else:
        short = SHORT_PORT.fullmatch(interpolate(str(entry), variables).strip())
        if short is None:
            raise UnreadableError(f"{origin.compose}: {origin.service} has a port that is not understood: {entry}")
        target, host, protocol = short[2], short[1] or "", short[3] or "tcp"
    inside, outside = port_range(target), port_range(host)
    if protocol != "tcp" or origin.port is None or origin.port not in inside:
        return
    # `8000-8010:80` is any one of these.
    yield str(outside[inside.index(origin.port)]) if len(outside) == len(inside) else ""


def port_range(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1) if first.isdigit() and (last or first).isdigit() else range(0)


# -- volumes


def _mounted(service: Mapping[str, Any], origin: InCompose, variables: Lookup, folder: str) -> Found:
    wanted = posixpath.normpath(origin.volume or "")
    for entry in service.get("volumes") or []:
        if isinstance(entry, dict):
            source, target = (interpolate(str(entry.get(key, "")), variables) for key in ("source", "target"))
        else:
            mount = SHORT_MOUNT.fullmatch(interpolate(str(entry), variables).strip())
            if mount is None:
                raise UnreadableError(f"{origin.compose}: {origin.service} has a volume that is not understood")
            source, target = mount[1] or "", mount[2]
        if posixpath.normpath(target) == wanted:
            return Found(_source(source, folder), line_at(entry))
    raise _gone(service, origin, f"mounts nothing at {wanted}")


def _source(source: str, folder: str) -> str:
    """A path as seen from the project, so that two compose files may be compared; a named volume as it is."""
    if source.startswith("."):
        return posixpath.normpath(posixpath.join(folder, source))
    return posixpath.normpath(source) if source.startswith("/") else source or "a volume without a name"


# -- variables of the service


def _variable(service: Mapping[str, Any], origin: InCompose, variables: Lookup, base: Path) -> Found:
    name = origin.env or ""
    said = environment_of(service.get("environment"))
    if name in said:
        value, line = said[name]
        return Found(_given(value, name, variables, origin), line)
    for file in reversed(env_files_of(service, variables, posixpath.dirname(origin.compose))):
        found = dotenv(text_of(base, file), variables)
        if name in found:
            return Found(found[name].strip())
    why = "extends another, which is not followed" if "extends" in service else f"does not set {name}; its image may"
    raise UnreadableError(f"{origin.compose}: {origin.service} {why}")


def environment_of(entries: Any) -> dict[str, tuple[Any, int | None]]:
    """Name -> what stands there, None when the variable is only passed on; and its line."""
    if isinstance(entries, dict):
        return {str(name): (value, line_at(name)) for name, value in entries.items()}
    pairs = [(str(entry).partition("="), line_at(entry)) for entry in entries or []]
    return {name: (value if equals else None, line) for (name, equals, value), line in pairs}


def _given(value: Any, name: str, variables: Lookup, origin: InCompose) -> str:
    """A variable without a value is that of who starts compose."""
    if value is None:
        passed = variables(name)
        if passed is None:
            raise UnreadableError(f"{origin.compose}: {name} is passed on, and set neither here nor in .env")
        return passed.strip()
    return interpolate(scalar(value, f"{origin.compose} {name}"), variables).strip()


def env_files_of(service: Mapping[str, Any], variables: Lookup, folder: str) -> list[str]:
    entries = service.get("env_file") or []
    entries = entries if isinstance(entries, list) else [entries]
    names = [entry.get("path", "") if isinstance(entry, dict) else entry for entry in entries]
    return [posixpath.join(folder, interpolate(str(name), variables)) for name in names]


# -- variables of the file


def variables_of(base: Path, folder: str) -> Lookup:
    """The environment first, then `.env` beside the compose file."""
    name = posixpath.join(folder, ".env")
    file = dotenv(text_of(base, name), os.environ.get) if (base / name).exists() else {}
    return lambda key: os.environ.get(key, file.get(key))


def dotenv(text: str, outside: Lookup) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        if line.lstrip().startswith("#") or not (given := _LINE.fullmatch(line)):
            continue
        name, value = given[1], given[2].strip()
        if value.startswith("'") and "'" in value[1:]:
            found[name] = value[1 : value.index("'", 1)]
        else:
            found[name] = interpolate(_unquoted(value), lambda key: outside(key) or found.get(key))
    return found


def _unquoted(value: str) -> str:
    quoted = re.match(r'"((?:[^"\\]|\\.)*)"', value)
    if quoted:
        return re.sub(r"\\(.)", lambda m: {"n": "\n", "r": "\r", "t": "\t"}.get(m[1], m[1]), quoted[1])
    return re.split(r"\s#", value, maxsplit=1)[0].strip()


def interpolate(text: str, variables: Lookup, depth: int = 0) -> str:
    """`$X`, `${X}`, `${X:-y}`, `${X-y}`, `${X:+y}`, `${X+y}`, `${X:?y}`, `${X?y}`; `$$` is a dollar."""
    if depth > _DEEPEST:
        raise UnreadableError("variables stand too deep in each other")
    out, at = [], 0
    while (dollar := text.find("$", at)) >= 0:
        out.append(text[at:dollar])
        rest = text[dollar + 1 :]
        if rest.startswith("{"):
            inside = braced(rest)
            out.append(_resolved(inside, variables, depth))
            at = dollar + 3 + len(inside)
        elif plain := _NAME.match(rest):
            out.append(_resolved(plain[0], variables, depth))
            at = dollar + 1 + len(plain[0])
        else:
            out.append("$")
            at = dollar + (2 if rest.startswith("$") else 1)
    return "".join([*out, text[at:]])


def braced(text: str) -> str:
    """What stands between the braces that open here."""
    open_ = 0
    for n, char in enumerate(text):
        open_ += (char == "{") - (char == "}")
        if not open_:
            return text[1:n]
    raise UnreadableError("a ${ is not closed")


def _resolved(inside: str, variables: Lookup, depth: int) -> str:
    name = _NAME.match(inside)
    rule = re.match(r":?[-+?]", inside[name.end() :]) if name else None
    if name is None or (rule is None and name.end() != len(inside)):
        raise UnreadableError(f"a ${{…}} is not understood{f', of {name[0]}' if name else ''}")
    value = variables(name[0])
    if rule is None:
        return _must(value, name[0])
    other = inside[name.end() + rule.end() :]
    there = bool(value) if rule[0].startswith(":") else value is not None
    if rule[0].endswith("+"):
        return interpolate(other, variables, depth + 1) if there else ""
    if there:
        return value or ""
    return interpolate(other, variables, depth + 1) if rule[0].endswith("-") else _must(None, name[0])


def _must(value: str | None, name: str) -> str:
    """Compose would go on with nothing in its place; whoever starts it may have set it, so that is not known here."""
    if value is None:
        raise UnreadableError(f"{name} is set neither here nor in .env")
    return value
