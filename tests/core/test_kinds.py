"""Which part of a project a file is of; where a name says nothing, it is code that runs behind."""

import pytest

from incidentui.core.kinds import kind_of, part_of, parts


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("docker-compose.lab.yml", "infrastructure"),
        ("backend/Dockerfile.prod", "infrastructure"),
        ("ssh-tunnel-lab.sh", "infrastructure"),
        ("deploy/nginx.conf", "infrastructure"),
        (".github/workflows/ci.yml", "infrastructure"),
        ("infra/main.tf", "infrastructure"),
        ("lab/agent.service", "infrastructure"),
        ("deploy/README.md", "documents"),
        ("frontend/static/js/app.js", "frontend"),
        ("src/Upload.vue", "frontend"),
        ("templates/index.html", "frontend"),
        ("backend/app/routes/pypnm_routes.py", "backend"),
        ("server/index.ts", "backend"),
        ("app/deployments.py", "backend"),
        ("server/services/tunnels.py", "backend"),
        ("migrations/0004_leads.sql", "database"),
        ("tests/test_routes.py", "tests"),
        ("src/app.spec.ts", "tests"),
        ("docs/setup.md", "documents"),
        ("requirements.txt", "backend"),
    ],
)
def test_a_path_says_what_it_is_of(path: str, part: str) -> None:
    assert part_of(path) == part


def test_what_all_runs_on_is_named_first() -> None:
    touched = parts(["frontend/app.css", "backend/main.py", "docker-compose.yml"])
    assert touched == ("infrastructure", "backend", "frontend")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("compose.yaml", "infrastructure"),
        ("app.toml", "configuration"),
        (".env.example", "configuration"),
        ("a.py", ""),
    ],
)
def test_a_file_that_does_more_than_its_lines_is_marked(path: str, kind: str) -> None:
    assert kind_of(path) == kind


@pytest.mark.parametrize("path", ["src/charts/Bar.tsx", "app/ops/views.py", "server/deployment/state.go"])
def test_code_in_a_folder_of_a_common_name_is_no_infrastructure(path: str) -> None:
    assert kind_of(path) == ""


@pytest.mark.parametrize("path", ["charts/api/values.yaml", "ops/backup.sh", "deployment/api.yaml"])
def test_what_is_no_code_there_is(path: str) -> None:
    assert kind_of(path) == "infrastructure"
