"""`map`: what needs what, and who looks at it, as a page for the repository or for another program."""

import json
from typing import Any

import click

from incidentui.cli.journal_access import project_root
from incidentui.cli.options import CannotRun, Options
from incidentui.config.load import load
from incidentui.core.layers import crossings, on_user_path
from incidentui.core.model import ProjectSpec, ServiceSpec
from incidentui.postmortem.markdown import table, text


@click.command("map")
@click.option("--json", "as_json", is_flag=True, help='Print {"project", "environment", "services": [...]}.')
@click.pass_obj
def command(options: Options, as_json: bool) -> None:
    """Which service needs which, what it runs in, which checks see it, and what none sees. Markdown."""
    loaded = load(project_root(options))
    for problem in loaded.problems:
        click.echo(f"incidentui: {problem.words()}", err=True)
    project = loaded.config.spec()
    if not project.services:
        raise CannotRun("no service is configured: add a [[services]] with a name to incidentui.toml.")
    services = [as_object(project, service) for service in project.services]
    whole = {"project": project.name, "environment": project.environment, "services": services}
    click.echo(json.dumps(whole, ensure_ascii=False) if as_json else as_page(project, services))


def as_object(project: ProjectSpec, service: ServiceSpec) -> dict[str, Any]:
    seen = on_user_path(project).get(service.name)
    checks = [check for check in project.checks if check.service == service.name]
    return {
        "name": service.name,
        "needs": list(service.depends_on),
        "needed_by": [other.name for other in project.services if service.name in other.depends_on],
        "workloads": list(service.workloads),
        "user_checks": [check.name for check in checks if check.layer == "user"],
        "inner_checks": [check.name for check in checks if check.layer == "inner"],
        "seen_by_users_of": seen,
        "layers_nobody_sees": [c.layer for c in crossings(project, service.name) if c.gap],
    }


def as_page(project: ProjectSpec, services: list[dict[str, Any]]) -> str:
    head = ("Service", "Needs", "Needed by", "Workloads", "Checks of the user path", "Inner checks", "Nobody sees")
    rows = [
        [
            text(s["name"]),
            *(_listed(s[key]) for key in ("needs", "needed_by", "workloads", "user_checks", "inner_checks")),
            _unseen(s),
        ]
        for s in services
    ]
    title = text(f"{project.name} {project.environment}".strip())
    return "\n".join([f"# What needs what: {title}", "", *table(head, rows), "", *_drawn(services)])


def _listed(names: list[str]) -> str:
    return text(", ".join(names)) or "–"


def _unseen(service: dict[str, Any]) -> str:
    lost = [] if service["seen_by_users_of"] else ["what users get of it"]
    return text(", ".join([*lost, *service["layers_nobody_sees"]])) or "–"


def _drawn(services: list[dict[str, Any]]) -> list[str]:
    """As a picture where Markdown is shown with one."""
    ids = {s["name"]: f"s{n}" for n, s in enumerate(services)}
    nodes = [f'  {ids[s["name"]]}["{_harmless(s["name"])}"]' for s in services]
    arrows = [f"  {ids[s['name']]} --> {ids[need]}" for s in services for need in s["needs"] if need in ids]
    return ["```mermaid", "graph TD", *nodes, *arrows, "```"]


def _harmless(name: str) -> str:
    return "".join(c if c.isalnum() or c in " .-_" else " " for c in name)
