"""Which files do more than their lines: they change the schema, what all runs on, the configuration or what is depended
on. And which part of a project a change touches.
"""

import re
from collections.abc import Iterable
from typing import Literal

Kind = Literal["migration", "infrastructure", "configuration", "dependencies", ""]
Part = Literal["infrastructure", "database", "backend", "frontend", "tests", "documents"]
PARTS: tuple[Part, ...] = ("infrastructure", "database", "backend", "frontend", "tests", "documents")

_MIGRATION = re.compile(
    r"(^|/)(migrations?|migrate|alembic|flyway|liquibase)/|\.sql$|(^|/)schema\.(rb|prisma|php)$", re.IGNORECASE
)
_DEPENDENCIES = re.compile(
    r"(^|/)(package-lock\.json|package\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|poetry\.lock|uv\.lock|pdm\.lock"
    r"|requirements[\w.-]*\.(txt|in)|Pipfile(\.lock)?|pyproject\.toml|go\.(mod|sum)|Cargo\.(toml|lock)|Gemfile(\.lock)?"
    r"|composer\.(json|lock)|pom\.xml|build\.gradle(\.kts)?|gradle\.lockfile|mix\.(exs|lock)|flake\.lock)$"
)
_INFRASTRUCTURE = re.compile(
    r"(^|/)((docker-)?compose[\w.-]*\.ya?ml|([\w-]+\.)?(Docker|Container|Vagrant|Jenkins)file[\w.-]*|\.dockerignore|Procfile"
    r"|Caddyfile|nginx[\w.-]*\.conf|haproxy[\w.-]*\.cfg|supervisord?[\w.-]*\.conf|crontab|\.gitlab-ci\.ya?ml"
    r"|[\w.-]+\.(tf|tfvars|service|timer|socket)|([\w.-]*[._-])?(tunnel|deploy|provision|entrypoint)([._-][\w.-]*)?\.(sh|bash|json|ya?ml))$"
    r"|(^|/)(\.github/workflows|\.circleci|k8s|kubernetes|helm|deploy|nginx|ansible|terraform|infra"
    r"|infrastructure|docker)/"
    # Words of programs too: what is written in a language for programs is of the program.
    r"|(^|/)(charts|deployment|ops)/(?!.*\.([cm]?[jt]sx?|vue|svelte|py|rb|go|rs|java|kt|php|cs|swift|s?css|html?)$)",
    re.IGNORECASE,
)
_CONFIGURATION = re.compile(
    r"(^|/)(\.env[\w.-]*|[\w.-]*\.env|[\w.-]+\.(toml|ini|cfg|conf|properties)|incidentui\.toml)$|(^|/)(config|conf)/",
    re.IGNORECASE,
)
_TESTS = re.compile(
    r"(^|/)(tests?|spec|__tests__|e2e|cypress)/|(^|/)(test_[\w.-]+|[\w-]+[._](test|spec))\.\w+$", re.IGNORECASE
)
_DOCUMENTS = re.compile(r"\.(md|rst|adoc|txt)$|(^|/)(docs?|LICENSE|CHANGELOG)(/|$)", re.IGNORECASE)
_FRONTEND = re.compile(
    r"\.(html?|css|s[ac]ss|less|vue|svelte|[jt]sx)$"
    r"|(^|/)(frontend|client|static|public|assets|webapp|ui)/([^/]+/)*[^/]+\.([cm]?[jt]s|json|svg|png|jpe?g|ico|woff2?)$",
    re.IGNORECASE,
)


def kind_of(path: str) -> Kind:
    if _MIGRATION.search(path):
        return "migration"
    if _DEPENDENCIES.search(path):
        return "dependencies"
    if _INFRASTRUCTURE.search(path) and not _DOCUMENTS.search(path):
        return "infrastructure"
    return "configuration" if _CONFIGURATION.search(path) else ""


def part_of(path: str) -> Part:
    """Whatever is nothing else is code that runs behind."""
    if _TESTS.search(path):
        return "tests"
    kind = kind_of(path)
    if kind == "migration":
        return "database"
    if kind == "infrastructure":
        return "infrastructure"
    if _DOCUMENTS.search(path) and kind != "dependencies":
        return "documents"
    return "frontend" if _FRONTEND.search(path) else "backend"


def parts(paths: Iterable[str]) -> tuple[Part, ...]:
    """Which parts of the project these files are of; what all of it runs on first."""
    found = {part_of(path) for path in paths}
    return tuple(part for part in PARTS if part in found)


def of_kind(paths: Iterable[str], kind: Kind) -> tuple[str, ...]:
    return tuple(path for path in paths if kind_of(path) == kind)
