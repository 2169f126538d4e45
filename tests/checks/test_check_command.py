"""`incidentui check` as a script meets it: one document, and an exit code that can be relied on."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.checks.servers import always, closed_port, serving


def check(project: Path, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "incidentui", "--project", str(project), "check", *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def configured(project: Path, **urls: str) -> Path:
    text = '[project]\nname = "ferry"\n[[services]]\nname = "api"\n'
    for name, url in urls.items():
        text += f'[[checks]]\nname = "{name}"\nservice = "api"\ntype = "http"\nurl = "{url}"\n'
    (project / "incidentui.toml").write_text(text)
    return project


@pytest.mark.req("R1-52", "R3-34", "R3-22")
def test_every_check_once_as_a_document(tmp_path: Path) -> None:
    with serving(always()) as good, serving(always("no", "503 No")) as bad:
        project = configured(tmp_path, front=good.url, back=bad.url)
        done = check(project, "--json", "--junit", str(tmp_path / "junit.xml"))
        named = check(project, "--json", "front")
    told = json.loads(done.stdout)
    assert (done.returncode, told["verdict"]) == (1, "failing")
    assert [(c["name"], c["verdict"]) for c in told["checks"]] == [("front", "ok"), ("back", "failing")]
    assert set(told["checks"][0]) == {"name", "verdict", "why", "evidence", "layer", "took_ms"}
    assert told["checks"][1]["why"] == "503"
    assert told["checks"][1]["evidence"]["findings"][0]["got"] == "503"
    assert (named.returncode, len(json.loads(named.stdout)["checks"])) == (0, 1)
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")


@pytest.mark.req("R1-05", "R2-11", "R3-34")
def test_what_is_told_of_an_answer_and_of_which_environment(tmp_path: Path) -> None:
    page = "<html>" + "token=sk-live-" + "7" * 40 + " " * 3000 + "</html>"
    with serving(always(page, "200 OK", "text/html")) as server:
        configured(tmp_path, health=f"{server.url}/health")
        text = (tmp_path / "incidentui.toml").read_text().replace('"ferry"', '"ferry"\nenvironment = "staging"')
        (tmp_path / "incidentui.toml").write_text(text + 'expect = { content_type = "application/json" }\n')
        told = json.loads(check(tmp_path, "--json").stdout)
    assert (told["project"], told["environment"], told["verdict"]) == ("ferry", "staging", "failing")
    look = told["checks"][0]["evidence"]
    assert (look["status"], look["content_type"], look["bytes"]) == (200, "text/html", len(page))
    assert look["body"].startswith("<html>")
    assert len(look["body"]) <= 2100, "bounded"
    assert "7" * 40 not in json.dumps(told), "redacted"


@pytest.mark.slow
@pytest.mark.req("R1-37")
def test_before_a_deploy_what_needs_no_running_service_is_asked_alone(tmp_path: Path) -> None:
    with serving(always()) as server:
        configured(tmp_path, health=server.url)
        text = (tmp_path / "incidentui.toml").read_text()
        text += """[[checks]]
name = "ports"
service = "api"
layer = "inner"
type = "agreement"
values = [
  { name = "tunnel", file = "tunnel.sh", regex = 'port=(\\d+)' },
  { name = "app", file = "app.env", regex = 'PORT=(\\d+)' },
]
"""
        (tmp_path / "incidentui.toml").write_text(text)
        (tmp_path / "tunnel.sh").write_text("port=5050\n")
        (tmp_path / "app.env").write_text("PORT=5051\n")
        wrong = check(tmp_path, "ports")
        (tmp_path / "app.env").write_text("PORT=5050\n")
        right = check(tmp_path, "ports")
        assert server.requests == [], "nothing else was asked"
    assert (wrong.returncode, right.returncode) == (1, 0)
    assert "tunnel says 5050, app says 5051" in wrong.stdout


def test_unknown_is_four_and_failing_goes_before_it(tmp_path: Path) -> None:
    lost = "http://no-such-host.invalid/"
    assert check(configured(tmp_path, lost=lost), "--json").returncode == 4
    assert check(configured(tmp_path, lost=lost, down=f"http://127.0.0.1:{closed_port()}/")).returncode == 1


def test_a_person_reads_a_table(tmp_path: Path) -> None:
    with serving(always("no", "503 No")) as bad:
        done = check(configured(tmp_path, back=bad.url, front_end=bad.url))
    first, second = done.stdout.splitlines()
    assert first.startswith("✗ back       failing  503 · ")
    assert second.startswith("✗ front_end  failing  503 · ")


@pytest.mark.parametrize("names", [(), ("frnt",)])
def test_nothing_to_ask_is_two_and_says_what_to_do(tmp_path: Path, names: tuple[str, ...]) -> None:
    project = configured(tmp_path, front="http://127.0.0.1:1/") if names else configured(tmp_path)
    done = check(project, *names)
    assert (done.returncode, done.stdout) == (2, "")
    assert ("did you mean front?" if names else "no check is configured") in done.stderr


def test_a_file_that_cannot_be_read_is_not_said_to_hold_no_check(tmp_path: Path) -> None:
    project = configured(tmp_path, front="http://127.0.0.1:1/")
    file = project / "incidentui.toml"
    file.write_text(file.read_text(encoding="utf-8") + "{\n", encoding="utf-8")
    done = check(project)
    assert (done.returncode, done.stdout) == (2, "")
    assert "not valid TOML" in done.stderr
    assert "no check is configured" not in done.stderr


def test_a_check_left_out_by_an_error_is_not_green(tmp_path: Path) -> None:
    with serving(always()) as good:
        project = configured(tmp_path, front=good.url)
        with (project / "incidentui.toml").open("a") as file:
            file.write('[[checks]]\nname = "broken"\nservice = "api"\n')
        done = check(project, "--json", "--junit", str(tmp_path / "junit.xml"))
    assert done.returncode == 2
    assert "broken" in done.stderr or "checks" in done.stderr
    document = json.loads(done.stdout)
    assert (document["verdict"], [c["verdict"] for c in document["checks"]]) == ("unknown", ["ok"])
    assert ["checks[1].url: is missing" in problem for problem in document["problems"]] == [True]
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert (suite.get("tests"), suite.get("errors")) == ("2", "1")
    assert "is missing" in suite.findall("testcase/error")[0].get("message", "")
