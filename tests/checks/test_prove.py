"""`incidentui prove` as a script meets it: what is caught, what is missed and why, and that it asks nobody outside."""

import json
import re
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.checks.harbour import JOURNEY
from tests.checks.test_journey import run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
FOUR_LIES = {"login page at 200", "empty body", "HTML for JSON", "text before the JSON"}
HEAD = '[[services]]\nname = "api"\n'
STRONG = """content_type = "application/json", json = { "$.status" = "ok", "$.queue" = { lt = 100, gt = 2 },
"$.errors" = { absent = true }, "$.rev" = { matches = "^[0-9a-f]{7,40}$" }, "$.rows[1].id" = 7 },
body_not = ["(?i)traceback"], latency = { warn = "500ms", fail = "2s" }""".replace("\n", " ")


def http(name: str, expect: str, more: str = "") -> str:
    """Its address leads nowhere: whoever asks it is caught by the verdict."""
    asks = f'url = "https://api.invalid/v1/ferries?day=1"\n{more}expect = {{ {expect} }}\n'
    return f'[[checks]]\nname = "{name}"\nservice = "api"\n{asks}'


def proved(project: Path, text: str, code: int, *names: str) -> list[Any]:
    (project / "incidentui.toml").write_text(text)
    done = run(project, "prove", "--json", *names)
    assert (done.returncode, done.stderr) == (code, ""), done.stdout + done.stderr
    checks: list[Any] = json.loads(done.stdout)["checks"]
    return checks


def failures(check: Any) -> set[str]:
    return {missed["failure"] for missed in check["missed"]}


@pytest.mark.parametrize("redirects", ["", "follow_redirects = true\n"])
@pytest.mark.req("R2-15")
def test_a_check_that_asks_everything_catches_everything(tmp_path: Path, redirects: str) -> None:
    more = f'{redirects}headers = {{ Authorization = {{ env = "NOT_SET_ANYWHERE" }} }}\n'
    (check,) = proved(tmp_path, HEAD + http("strong", STRONG, more), 0)
    assert check["missed"] == []
    assert set(check["caught"]) >= FOUR_LIES | {
        "redirect to login",
        "truncated JSON",
        "wrong content type",
        "missing fields",
        "wrong field at $.status",
        "stale number at $.queue",
        "wrong field at $.rev",
        "wrong field at $.rows[1].id",
        "field that must be absent at $.errors",
        "forbidden text (?i)traceback",
        "503",
        "no answer in time",
        "slow",
        "connection reset",
        "body cut short",
    }


@pytest.mark.req("R2-15", "F57")
def test_a_weak_check_sees_none_of_the_four_lies(tmp_path: Path) -> None:
    text = HEAD + http("weak", "status = 200, not_login = false") + http("default", "status = 200")
    weak, default = proved(tmp_path, text, 1)
    assert failures(weak) == FOUR_LIES
    assert set(weak["caught"]) == {
        "redirect to login",
        "503",
        "no answer in time",
        "connection reset",
        "body cut short",
    }
    why = {missed["failure"]: missed["why"] for missed in weak["missed"]}
    said = "status alone is asked: login page at 200 passes; add not_login = true or content_type"
    assert why["login page at 200"] == said
    assert failures(default) == FOUR_LIES - {"login page at 200"}
    table = run(tmp_path, "prove", "weak")
    assert table.returncode == 1
    assert table.stdout.splitlines()[0] == "✗ weak  sees 5 of 9 failures"
    assert f"    ✗ login page at 200: {said}" in table.stdout.splitlines()
    assert run(tmp_path, "--ascii", "prove").stdout.isascii()


def test_a_journey_is_proved_at_each_step_without_secrets(tmp_path: Path) -> None:
    (check,) = proved(tmp_path, JOURNEY.format(url="https://fleet.invalid/app"), 0)
    assert check["missed"] == []
    for failure in (
        "step 1, login form: nothing to save",
        "step 2, log in: redirect to login",
        "step 3, sync: login page at 200",
        "step 3, sync: text before the JSON",
        "step 3, sync: wrong field at $.errors",
        "step 4, log out: 503",
    ):
        assert failure in check["caught"]
    blind = JOURNEY.replace(', content_type = "application/json", json = {{ "$.errors" = 0 }}', ", not_login = false")
    (check,) = proved(tmp_path, blind.format(url="https://fleet.invalid"), 1)
    assert failures(check) == {f"step 3, sync: {lie}" for lie in FOUR_LIES}


def test_what_no_stand_in_can_answer_is_said_and_is_not_green(tmp_path: Path) -> None:
    paths = http("deep", 'json = { "$..id" = 7 }')
    never = http("never", "json = { '$.a' = { lt = 1, gt = 5 } }")
    riddle = http("riddle", r"body = ['(?=a)b']")
    checks = proved(tmp_path, HEAD + paths + never + riddle, 4)
    assert [check["caught"] + check["missed"] for check in checks] == [[], [], []]
    for check, words in zip(checks, ("$..id is more than", "no number is above 5 and below 1", "(?=a)b"), strict=True):
        assert words in check["not_provable"]


def test_pages_are_proved_as_pages(tmp_path: Path) -> None:
    page = http("page", r"content_type = 'text/html', body = ['Signed in as \w+', '[Ff]leet (35|36)$']")
    bare = http("bare", "content_type = 'text/html'")
    login = http("sign-in", "content_type = 'text/html', body = ['Sign in']").replace("v1/ferries", "login/")
    whole, typed, sign_in = proved(tmp_path, HEAD + page + bare + login, 0)
    assert whole["missed"] == []
    assert "required text is missing" in whole["caught"]
    assert "empty body" in typed["caught"]
    assert sign_in["missed"] == []
    assert "login page at 200" not in sign_in["caught"], "it is what this check asks for"


def test_nothing_of_the_file_is_run_and_nobody_outside_is_asked(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    journey = JOURNEY.replace('{{ env = "UI_USER" }}', f'{{{{ command = ["touch", "{ran}"] }}}}')
    with socket.create_server(("127.0.0.1", 0)) as real:
        real.setblocking(False)
        proved(tmp_path, journey.format(url=f"http://127.0.0.1:{real.getsockname()[1]}"), 0)
        with pytest.raises(BlockingIOError):
            real.accept()
    assert not ran.exists()


def test_the_examples_of_the_pages_catch_what_they_claim(tmp_path: Path) -> None:
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    examples = [part for part in re.findall(r"```toml\n(.*?)```", page, re.S) if "[[checks]]" in part]
    kinds = 0
    for example in examples:
        text = example.replace('depends_on = ["ledger"]\n', "")
        declared = re.findall(r'\[\[services\]\]\nname = "(.*?)"', text)
        others = set(re.findall(r'(?m)^service = "(.*?)"', text)) - set(declared)
        text = "".join(f'[[services]]\nname = "{name}"\n' for name in sorted(others)) + text
        (tmp_path / "incidentui.toml").write_text(text)
        done = run(tmp_path, "prove", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        kinds += sum(bool(check["caught"]) for check in json.loads(done.stdout)["checks"])
    assert kinds >= 2


def test_the_rest_of_an_expect_is_proved_too(tmp_path: Path) -> None:
    head = """headers = { "Cache-Control" = "no-store", "X-Rows" = { gt = 3 }, "X-Debug" = { absent = true } },
    final_url = "https://api.invalid/v1/*", first_byte = "{", size = { min = 200, max = 4000 }, cert_days = 14,
    content_type = "application/json" """.replace("\n", " ")
    ready = "content_type = 'text/html', ready = 'id=.app-ready.', size = { min = 900 }"
    moved = "status = 302, location = 'https://api.invalid/home*', location_not = '*/login*'"
    whole, page, away = proved(tmp_path, HEAD + http("head", head) + http("page", ready) + http("moved", moved), 0)
    assert [check["missed"] for check in (whole, page, away)] == [[], [], []]
    for failure in ("no header Cache-Control", "stale number in header X-Rows", "body too large"):
        assert failure in whole["caught"]
    assert "field that must be absent in header X-Debug" in whole["caught"]
    assert "required text is missing" in page["caught"]
    assert {"another location", "redirect to login"} <= set(away["caught"])


def test_an_unknown_name_and_a_broken_file(tmp_path: Path) -> None:
    (tmp_path / "incidentui.toml").write_text(HEAD + http("strong", STRONG))
    wrong = run(tmp_path, "prove", "strnog")
    assert (wrong.returncode, "did you mean strong?" in wrong.stderr) == (2, True)
    (tmp_path / "incidentui.toml").write_text(HEAD + http("strong", STRONG) + '[[checks]]\nname = "half"\n')
    half: subprocess.CompletedProcess[str] = run(tmp_path, "prove")
    assert half.returncode == 2
    assert "sees " in half.stdout


def tcp(name: str, keys: str) -> str:
    return f'[[checks]]\nname = "{name}"\nservice = "api"\ntype = "tcp"\n{keys}\n'


@pytest.mark.req("R2-15", "F57")
def test_a_tcp_check_that_waits_for_a_banner_sees_every_port_that_lies(tmp_path: Path) -> None:
    keys = 'address = "mail.invalid:25"\nsend = "NOOP"\nexpect_text = "^220 [a-z]+"'
    (check,) = proved(tmp_path, HEAD + tcp("mail", keys), 0)
    assert check["missed"] == []
    assert set(check["caught"]) == {
        "nobody listens",
        "connection reset",
        "taken and dropped",
        "taken, and silence",
        "wrong banner",
        "too late",
    }


def test_a_tcp_check_that_asks_for_an_open_port_is_told_that_silence_passes(tmp_path: Path) -> None:
    (check,) = proved(tmp_path, HEAD + tcp("port", 'address = "mail.invalid:25"'), 1)
    assert failures(check) == {"taken, and silence"}
    assert "taken and dropped a moment later" in check["caught"]
    (why,) = (missed["why"] for missed in check["missed"])
    assert why.endswith('add expect_text = "…", with send where the service waits to be spoken to')
    (any_,) = proved(tmp_path, HEAD + tcp("any", 'address = "mail.invalid:25"\nexpect_text = "."'), 1)
    assert failures(any_) == {"wrong banner"}


@pytest.mark.req("R2-15")
def test_of_a_chain_each_hop_is_broken_in_turn_and_named(tmp_path: Path) -> None:
    hops = ", ".join(
        f'{{ name = "{name}", address = "{address}" }}'
        for name, address in (
            ("container port", "172.18.0.4:8000"),
            ("tunnel", "far.invalid:8001"),
            ("user URL", "https://far.invalid/x?y=1"),
        )
    )
    (check,) = proved(tmp_path, HEAD + tcp("way-in", f"hops = [{hops}]"), 0)
    raw = ("nobody listens", "connection reset", "taken and dropped", "taken and dropped a moment later")
    page = ("nobody listens", "connection reset", "503", "no answer in time")
    expected = {f"{hop}: {fault}" for hop in ("container port", "tunnel") for fault in raw}
    assert (check["missed"], set(check["caught"])) == ([], expected | {f"user URL: {fault}" for fault in page})


def test_a_tcp_check_asks_no_port_of_the_file(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as real:
        real.setblocking(False)
        proved(tmp_path, HEAD + tcp("port", f'address = "127.0.0.1:{real.getsockname()[1]}"'), 1)
        with pytest.raises(BlockingIOError):
            real.accept()
    (check,) = proved(tmp_path, HEAD + tcp("riddle", "address = 'a.invalid:1'\nexpect_text = '(?=a)b'"), 4)
    assert "(?=a)b" in check["not_provable"]
