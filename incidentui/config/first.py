"""A first `incidentui.toml`, from what was found in a folder: valid at once, commented, and for a person to finish."""

import json
import re
from collections.abc import Iterator

from incidentui.core.value import dataclass

NAME = re.compile(r"[^\s,=]{1,64}")
EXAMPLE = """
# What users need, and the way they go. Take the marks off, and put in your own:
# [[services]]
# name = "web"
# paths = ["src/"]                       # whose commits can break it
#
# [[checks]]
# name = "web-page"
# service = "web"
# url = "http://127.0.0.1:8080/health"
# expect = { status = [200], content_type = "text/html" }
"""
USERS_WAY = """
# Nothing above goes the way of a user yet, and no incident can be closed as resolved without it. An example:
# [[checks]]
# name = "{name}-page"
# service = "{name}"
# url = "http://127.0.0.1:{port}/"
# expect = {{ status = [200], content_type = "text/html" }}
"""


@dataclass(frozen=True, slots=True)
class FirstCheck:
    name: str
    kind: str
    """http, tcp or workload."""
    target: str
    """A URL, `host:port`, or the name of a workload."""
    place: str = ""
    """File and line that it comes from."""


@dataclass(frozen=True, slots=True)
class FirstService:
    name: str
    place: str = ""
    workloads: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    checks: tuple[FirstCheck, ...] = ()


@dataclass(frozen=True, slots=True)
class First:
    """What a folder tells of its project."""

    name: str
    branch: str | None = None
    branch_why: str = ""
    remote: str | None = None
    compose_project: str | None = None
    compose_files: tuple[str, ...] = ()
    supervisor: str = ""
    """A path relative to the project."""
    services: tuple[FirstService, ...] = ()
    notes: tuple[str, ...] = ()
    """What was seen and could not be used."""


def text_of(found: First) -> str:
    return "\n".join([*_project(found), *(line for one in found.services for line in _service(one)), *_rest(found)])


def _project(found: First) -> Iterator[str]:
    yield "# What incidentui looks at. Every key: `incidentui schema config`. Is it right: `incidentui validate`."
    yield "[project]"
    yield f"name = {_text(found.name)}"
    yield '# environment = "production"'
    if found.branch:
        yield f"branch = {_text(found.branch)}  # {found.branch_why}"
    if found.remote:
        yield f"remote = {_text(found.remote)}"
    if found.compose_files:
        files = ", ".join(map(_text, found.compose_files))
        yield f"docker = {{ compose_project = {_text(found.compose_project or '')}, compose_files = [{files}] }}"
    if found.supervisor:
        yield f"supervisor = {_text(found.supervisor)}"
    for note in found.notes:
        yield "# " + "".join(c if c.isprintable() else " " for c in note)


def _service(one: FirstService) -> Iterator[str]:
    yield ""
    yield f"# {one.place}" if one.place else "#"
    yield "[[services]]"
    yield f"name = {_text(one.name)}"
    for key in ("workloads", "paths", "depends_on"):
        if values := getattr(one, key):
            yield f"{key} = [{', '.join(map(_text, values))}]"
    for check in one.checks:
        yield from _check(check, one.name)


def _check(check: FirstCheck, service: str) -> Iterator[str]:
    yield ""
    yield "[[checks]]"
    yield f"name = {_text(check.name)}"
    yield f"service = {_text(service)}"
    if check.kind == "http":
        yield f"url = {_text(check.target)}  # {check.place}".rstrip(" #")
        yield 'layer = "inner"  # a health check: "user" once it goes the way of a user, to what a user sees'
        return
    yield f'type = "{check.kind}"'
    yield f"{'address' if check.kind == 'tcp' else 'workload'} = {_text(check.target)}"
    if check.kind == "tcp":
        yield 'layer = "inner"  # that a port answers is not yet that it serves anybody'


def _rest(found: First) -> Iterator[str]:
    if not found.services:
        yield EXAMPLE
        return
    asked = [(s, c) for s in found.services for c in s.checks if c.kind in ("http", "tcp")]
    service, check = asked[0] if asked else (found.services[0], None)
    port = re.search(r":(\d+)", check.target.rpartition("//")[2]) if check else None
    yield USERS_WAY.format(name=re.sub(r"[^\w.-]", "-", service.name), port=port[1] if port else "8080")


def _text(value: str) -> str:
    """A TOML string: JSON's form is one, but for one control character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
