"""Which files do more than their lines: they change the schema, the configuration or what is depended on."""

import re
from collections.abc import Iterable
from typing import Literal

Kind = Literal["migration", "configuration", "dependencies", ""]

_MIGRATION = re.compile(
    r"(^|/)(migrations?|migrate|alembic|flyway|liquibase)/|\.sql$|(^|/)schema\.(rb|prisma|php)$", re.IGNORECASE
)
_DEPENDENCIES = re.compile(
    r"(^|/)(package-lock\.json|package\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|poetry\.lock|uv\.lock|pdm\.lock"
    r"|requirements[\w.-]*\.(txt|in)|Pipfile(\.lock)?|pyproject\.toml|go\.(mod|sum)|Cargo\.(toml|lock)|Gemfile(\.lock)?"
    r"|composer\.(json|lock)|pom\.xml|build\.gradle(\.kts)?|gradle\.lockfile|mix\.(exs|lock)|flake\.lock)$"
)
_CONFIGURATION = re.compile(
    r"(^|/)((docker-)?compose[\w.-]*\.ya?ml|Dockerfile[\w.-]*|\.env[\w.-]*|[\w.-]*\.env|Procfile|Caddyfile"
    r"|[\w.-]+\.(toml|ini|cfg|conf|properties)|incidentui\.toml)$"
    r"|(^|/)(config|conf|\.github/workflows|k8s|helm|deploy|nginx)/|\.tf$",
    re.IGNORECASE,
)


def kind_of(path: str) -> Kind:
    if _MIGRATION.search(path):
        return "migration"
    if _DEPENDENCIES.search(path):
        return "dependencies"
    return "configuration" if _CONFIGURATION.search(path) else ""


def of_kind(paths: Iterable[str], kind: Kind) -> tuple[str, ...]:
    return tuple(path for path in paths if kind_of(path) == kind)
