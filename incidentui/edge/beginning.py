"""What a folder tells of its project before anybody configured anything: git, compose files, Supervisor, a Procfile.

Looks only, at files and the local clone; asks nothing over a network.
"""

import asyncio
import configparser
import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from incidentui.config.first import NAME, First, FirstCheck, FirstService
from incidentui.config.paths import folder_name
from incidentui.core.drift import Declared
from incidentui.edge.checks.agreed.compose import variables_of
from incidentui.edge.checks.agreed.documents import UnreadableError, document, text_of
from incidentui.edge.containers.declared import project, usual_files
from incidentui.edge.containers.drift import digest
from incidentui.edge.git.place import layout, stand
from incidentui.edge.git.run import GitError, git
from incidentui.edge.text import clean_and_redact, redact

SUPERVISORS = (
    "supervisord.conf", "supervisor.conf", "conf/supervisord.conf", "config/supervisord.conf", "etc/supervisord.conf",
    "supervisor/supervisord.conf", "deploy/supervisord.conf",
)  # fmt: skip
PROCFILES = ("Procfile", "Procfile.dev")
MARKS = (*SUPERVISORS, *PROCFILES)
_URL = re.compile(r"https?://(\[::1\]|[\w.-]+)(?::(\d+))?(/[^\s\"'|;&)$]*)?(?=$|[\s\"'|;&)])")
_PORT = re.compile(r"(?:--port[ =]|-p |(?:0\.0\.0\.0|localhost|127\.0\.0\.1):)(\d{2,5})\b")
_PROCESS = re.compile(r"([A-Za-z0-9_-]{1,64})\s*:\s*(\S.*)")
_LOCAL = ("localhost", "127.0.0.1", "0.0.0.0", "[::1]")
_MOST = 40
_NAMED = 5
"""Of those that were left out."""


async def look(folder: Path) -> First:
    first = await _of_git(folder, First(folder_name(folder) or "project"))
    first = await _of_compose(folder, first)
    first = _of_supervisor(folder, first)
    return first if first.services else _of_procfile(folder, first)


async def _of_git(folder: Path, first: First) -> First:
    try:
        here = await stand(await layout(folder), None, None)
    except GitError as wrong:
        return _noted(first, "git: no work tree here" if wrong.kind == "not a repository" else f"git: {wrong}")
    why = "the one that is checked out: name the deployed one"
    branch = here.branch
    if here.remote is not None:
        head = await git(here.layout.top, "symbolic-ref", "--quiet", f"refs/remotes/{here.remote}/HEAD", ok=None)
        if head.code == 0 and (theirs := head.line.removeprefix(f"refs/remotes/{here.remote}/")):
            branch, why = theirs, f"the default branch of {here.remote}"
    return replace(first, branch=branch, branch_why=why, remote=here.remote)


async def _of_compose(folder: Path, first: First) -> First:
    files = usual_files(folder)
    if not files:
        return first
    try:
        declared = (await project(folder, files, "", digest)).services
        raw = await asyncio.to_thread(lambda: [document(text_of(folder, file), file) for file in files])
    except UnreadableError as wrong:
        return _noted(first, f"{files[0]}: {wrong}")
    tables = {str(name): table for data in raw for name, table in (data.get("services") or {}).items()}
    fit = [one for one in declared if not one.optional and _is_name(one.service)]
    wanted, over = fit[:_MOST], [one.service for one in fit[_MOST:]]
    odd = [one.service for one in declared if one not in fit]
    names = [one.service for one in wanted]
    services = tuple(_composed(folder, one, tables.get(one.service), names) for one in wanted)
    name = variables_of(folder, "")("COMPOSE_PROJECT_NAME") or raw[0].get("name") or folder_name(folder)
    plain = re.sub(r"[^a-z0-9_-]", "", str(name).lower()).lstrip("-_")
    first = replace(first, compose_files=files, compose_project=plain, services=services)
    if odd:
        first = _noted(first, f"{files[0]}: left out, of a profile or with an odd name: {_named(odd)}")
    return _noted(first, f"{files[0]}: left out, more than {_MOST} services: {_named(over)}") if over else first


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + f" and {len(names) - _NAMED} more" * (len(names) > _NAMED)


def _composed(folder: Path, one: Declared, table: Any, names: Sequence[str]) -> FirstService:
    table = table if isinstance(table, dict) else {}
    needs = tuple(other for other, _ in one.depends_on if other in names and other != one.service)
    checks = (FirstCheck(f"{one.service}-runs", "workload", one.service), *_asked(one, table))
    return FirstService(one.service, one.place, (one.service,), _built(folder, table), needs, checks)


def _built(folder: Path, table: dict[str, Any]) -> tuple[str, ...]:
    """The folder it is built from; the whole project says nothing of which commits can break it."""
    build = table.get("build")
    context = str(build.get("context", "")) if isinstance(build, dict) else str(build or "")
    path = posixpath.normpath(context)
    inside = not path.startswith(("..", "/", "~", "$")) and path != "." and (folder / path).is_dir()
    return (f"{path}/",) if inside else ()


def _asked(one: Declared, table: dict[str, Any]) -> Iterator[FirstCheck]:
    """By its health check where that asks for a page at a published port, else the first of those ports alone."""
    published = {port.inside: port for port in one.ports if len(port.outside) == 1}
    if one.host_network:
        return
    health = table.get("healthcheck")
    test = health.get("test") if isinstance(health, dict) else None
    words = " ".join(map(str, test)) if isinstance(test, list) else str(test or "")
    for host, port, path in _URL.findall(words):
        inside = int(port or (443 if "https://" in words else 80))
        if host in (*_LOCAL, one.service) and inside in published and redact(path) == path:
            scheme = "https" if f"https://{host}" in words else "http"
            there = _outside(published[inside].address, published[inside].outside[0])
            place = f"the healthcheck of {one.service}, {one.place}"
            yield FirstCheck(f"{one.service}-health", "http", f"{scheme}://{there}{path or '/'}", place)
            return
    for port in published.values():
        yield FirstCheck(f"{one.service}-port", "tcp", _outside(port.address, port.outside[0]), port.place)
        return


def _outside(address: str, port: int) -> str:
    host = address or "127.0.0.1"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _of_supervisor(folder: Path, first: First) -> First:
    file = next((name for name in SUPERVISORS if (folder / name).is_file()), None)
    if file is None:
        return first
    if first.services:
        return _noted(first, f"{file} is here too; with compose it is most often of an image, so it is not used")
    parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=(";",), delimiters=("=",))
    try:
        parser.read_string(text_of(folder, file))
    except (configparser.Error, UnreadableError):
        return _noted(first, f"{file} cannot be read")
    here = str((folder / file).parent)
    socket = parser.get("unix_http_server", "file", fallback="").replace("%(here)s", here)
    if not socket or "%(" in socket:
        return _noted(first, f'{file} names no [unix_http_server] file: add supervisor = "run/supervisor.sock"')
    programs = [name.partition(":")[2].strip() for name in parser.sections() if name.startswith("program:")]
    services = tuple(
        FirstService(name, file, (name,), checks=(FirstCheck(f"{name}-runs", "workload", name),))
        for name in programs[:_MOST]
        if _is_name(name)
    )
    return replace(first, supervisor=os.path.relpath(os.path.join(here, socket), folder), services=services)


def _of_procfile(folder: Path, first: First) -> First:
    file = next((name for name in PROCFILES if (folder / name).is_file()), None)
    if file is None:
        return first
    try:
        lines = text_of(folder, file).splitlines()
    except UnreadableError:
        return _noted(first, f"{file} cannot be read")
    found = [(n, _PROCESS.fullmatch(line.strip())) for n, line in enumerate(lines, 1)]
    services = {m[1]: _process(m[1], m[2], f"{file}:{n}") for n, m in found if m is not None}
    return replace(first, services=tuple(services.values())[:_MOST])


def _process(name: str, command: str, place: str) -> FirstService:
    port = _PORT.search(command)
    asked = (FirstCheck(f"{name}-port", "tcp", f"127.0.0.1:{port[1]}", place),) if port else ()
    return FirstService(name, place, checks=asked)


def _is_name(name: str) -> bool:
    return bool(NAME.fullmatch(name)) and name.isprintable()


def _noted(first: First, note: str) -> First:
    return replace(first, notes=(*first.notes, clean_and_redact(note, 300)))
