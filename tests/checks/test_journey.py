"""A journey through a real small application, by the installed command: what it was asked, and what is said."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.checks.harbour import JOURNEY, PASSWORD, USER, Harbour, harbour
from tests.checks.servers import answer, serving

pytestmark = pytest.mark.slow

COMMAND = str(Path(sys.executable).with_name("incidentui"))
SECRETS = {"UI_USER": USER, "UI_PASSWORD": PASSWORD}
HEAD = JOURNEY.split("[[checks.steps]]")[0]


def run(project: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    home = {"INCIDENTUI_HOME": str(project / "home"), "INCIDENTUI_USER": "ana"}
    return subprocess.run(
        [COMMAND, "--project", str(project), *args],
        env={**os.environ, **home, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def asked(project: Path, text: str, code: int, **env: str) -> Any:
    """The one check of this file, once; its entry in the document."""
    (project / "incidentui.toml").write_text(text)
    done = run(project, "check", "--json", **(env or SECRETS))
    assert (done.returncode, done.stderr) == (code, ""), done.stdout + done.stderr
    assert PASSWORD not in done.stdout
    return json.loads(done.stdout)["checks"][0]


def steps(server: Harbour, *more: str) -> str:
    """The way to the login, then these steps."""
    first, second = JOURNEY.split("[[checks.steps]]")[1:3]
    return "[[checks.steps]]".join([*(part.format(url=server.url) for part in (HEAD, first, second)), *more])


@pytest.mark.req("R2-20", "R2-17")
@pytest.mark.req("R2-04", "F55")
def test_the_users_way_is_gone_with_one_jar_and_what_was_saved(tmp_path: Path) -> None:
    with harbour() as server:
        told = asked(tmp_path, JOURNEY.format(url=server.url), 0)
        assert server.asked == ["GET /login/", "POST /login/", "POST /fleets/35/sync/", "POST /logout/"]
        assert server.cookies[0] == ""
        assert "sessionid=" in server.cookies[2]
        assert server.sessions == set(), "the clean-up step logged out"
        tokens = server.tokens
    assert told["verdict"] == "ok"
    hops = [(hop["step"], hop["method"], hop["status"]) for hop in told["evidence"]["hops"]]
    assert hops == [
        ("login form", "GET", 200),
        ("log in", "POST", 302),
        ("sync", "POST", 200),
        ("log out", "POST", 200),
    ]
    assert not [token for token in tokens if token in json.dumps(told)]


@pytest.mark.req("R2-05", "R2-09")
@pytest.mark.parametrize("fault", ["secure", "path"])
def test_a_session_cookie_that_is_not_sent_is_red_and_names_the_step(tmp_path: Path, fault: str) -> None:
    with harbour(fault) as server:
        told = asked(tmp_path, JOURNEY.format(url=server.url), 1)
        named = run(tmp_path, "check", "sync-journey", **SECRETS)
        assert "sessionid=" not in server.cookies[2]
        tokens = server.tokens
    assert (told["verdict"], told["evidence"]["status"]) == ("failing", 200)
    assert told["why"] == "step 3, sync: 200, but a login page"
    assert named.returncode == 1
    assert named.stdout.startswith("✗ sync-journey  failing  step 3, sync: 200, but a login page")
    evidence = told["evidence"]
    ways = {finding["name"]: finding["ok"] for finding in evidence["findings"]}
    assert (ways["step 1, login form"], ways["step 2, log in"], ways["step 3, sync"]) == (True, True, False)
    assert "a password field" in evidence["login_markers"]
    assert 'type="password"' in evidence["body"]
    assert not [token for token in tokens if token in json.dumps(told)], "tokens are not kept"


def test_a_wrong_password_is_the_log_ins_fault(tmp_path: Path) -> None:
    with harbour() as server:
        told = asked(tmp_path, JOURNEY.format(url=server.url), 1, UI_USER=USER, UI_PASSWORD="not-the-one-99")
        lax = JOURNEY.format(url=server.url).replace('expect = { status = [302], location_not = "*/login*" }\n', "")
        lax = lax.replace('name = "sync-journey"', 'name = "sync;journey"')
        again = asked(tmp_path, lax, 1, UI_USER=USER, UI_PASSWORD="not-the-one-99")
    assert again["evidence"]["curl"] == "incidentui check 'sync;journey'"
    assert told["why"] == "step 2, log in: 200"
    assert again["why"] == "step 2, log in: 200, but the login page again", "200 is what was expected, and a lie"


def test_a_missing_secret_is_unknown_and_nothing_is_asked(tmp_path: Path) -> None:
    with harbour() as server:
        told = asked(tmp_path, JOURNEY.format(url=server.url), 4, UI_USER=USER)
        assert server.asked == []
    assert (told["verdict"], told["why"]) == ("unknown", "secret missing: UI_PASSWORD is not set")


def test_a_secret_of_a_command_that_was_allowed(tmp_path: Path) -> None:
    with harbour() as server:
        text = JOURNEY.format(url=server.url)
        by_command = text.replace('{ env = "UI_PASSWORD" }', f'{{ command = ["echo", "{PASSWORD}"] }}')
        (tmp_path / "incidentui.toml").write_text(by_command)
        held = run(tmp_path, "check", "--json", UI_USER=USER)
        assert (held.returncode, server.asked) == (4, [])
        assert "not run before you allow it: incidentui trust" in held.stdout
        assert "not run before you allow it" in held.stderr
        assert run(tmp_path, "trust").returncode == 0
        assert run(tmp_path, "check", UI_USER=USER).returncode == 0
        (tmp_path / "incidentui.toml").write_text(text.replace('{ env = "UI_PASSWORD" }', '{ command = ["false"] }'))
        assert run(tmp_path, "trust").returncode == 0
        empty = run(tmp_path, "check", UI_USER=USER)
    assert empty.returncode == 4
    assert "secret missing: the command for password ended with exit code 1" in empty.stdout


def test_what_cannot_be_saved_is_said(tmp_path: Path) -> None:
    with harbour("no token") as server:
        told = asked(tmp_path, JOURNEY.format(url=server.url), 1)
        assert server.asked == ["GET /login/", "POST /logout/"], "only what cleans up goes on"
    assert told["why"] == "step 1, login form: no input csrfmiddlewaretoken in the page"


@pytest.mark.req("R2-16")
def test_the_same_cookie_over_many_requests_and_redirects(tmp_path: Path) -> None:
    many = '\nname = "pages"\nget = "/"\nrepeat = 5\nexpect = { body = ["Signed in"] }\n'
    old = '\nname = "old"\nget = "/old"\nfollow_redirects = true\n'
    still = '\nname = "old, unfollowed"\nget = "/old"\nexpect = { status = 302, location = "/" }\n'
    with harbour() as server:
        told = asked(tmp_path, steps(server, many, old, still), 0)
        assert server.asked[2:] == [*["GET /"] * 5, "GET /old", "GET /", "GET /old"]
        assert len(set(server.cookies[2:])) == 1
        away = '\nname = "away"\nget = "/away"\nfollow_redirects = true\n'
        away += 'expect = { status = 302, location_not = "*localhost*" }\n'
        left = asked(tmp_path, steps(server, away), 1)
    assert len(told["evidence"]["hops"]) == 10
    assert left["evidence"]["hops"][-1]["location"] == "http://localhost:9/", "recorded, never gone"
    assert left["why"] == "step 3, away: 302, but it leads to *localhost*"


@pytest.mark.req("R2-13")
def test_a_service_that_fails_at_times_is_red_with_its_share(tmp_path: Path) -> None:
    def at_times(connection: Any, head: bytes, number: int) -> bool:
        connection.sendall(answer("no", "503 No") if number % 4 == 2 else answer())
        return True

    with serving(at_times) as server:
        head = f'{HEAD.format(url=server.url)}[[checks.steps]]\nname = "sync"\nget = "/"\nrepeat = 8\n'
        told = asked(tmp_path, head + 'expect = { content_type = "application/json" }\n', 1)
        assert len(server.requests) == 8
    assert told["why"] == "step 1, sync: 2 of 8 requests, first number 2: 503"
    assert (told["verdict"], told["evidence"]["status"]) == ("failing", 503), (
        "the evidence is that of the first bad one"
    )


@pytest.mark.req("R2-10")
def test_a_page_that_can_be_read_and_not_written_says_which(tmp_path: Path) -> None:
    def read_only(connection: Any, head: bytes, number: int) -> bool:
        connection.sendall(answer("no", "405 No") if head.startswith(b"POST") else answer())
        return True

    with serving(read_only) as server:
        read = '[[checks.steps]]\nname = "read"\nget = "/fleets/35"\n'
        write = '[[checks.steps]]\nname = "write"\npost = "/fleets/35"\nform = { a = "1" }\n'
        told = asked(tmp_path, HEAD.format(url=server.url) + read + write, 1)
    assert told["why"] == "step 2, write: 405"
    hops = [(h["method"], h["status"]) for h in told["evidence"]["hops"]]
    assert hops == [("GET", 200), ("POST", 405)], "one resource, a result for each method"
    assert [(f["name"], f["ok"]) for f in told["evidence"]["findings"]][:2] == [
        ("step 1, read", True),
        ("step 2, write", False),
    ]


def test_saved_from_every_place_and_sent_in_every_place(tmp_path: Path) -> None:
    def page(connection: Any, head: bytes, number: int) -> bool:
        more = ("X-Id: 77", "Set-Cookie: sid=abc/def; Path=/")
        body = '<meta property="tok" content="m1"><input value="i&amp;1" name=tok><input name=tok value=2>{"a":1}R-9!'
        connection.sendall(answer(body if number == 1 else '{"id": 5}', "200 OK", "text/plain", *more))
        return True

    saves = "save = { i = { input = 'tok' }, m = { meta = 'tok' }, c = { cookie = 'sid' }, h = { header = 'x-id' }"
    saves += ", r = { regex = 'R-(\\d)' } }"
    text = f"[[checks.steps]]\nname = 'one'\nget = '/'\n{saves}\n"
    text += "[[checks.steps]]\nname = 'two'\nget = '/{c}/{{plain}}?m={m}'\nsave = { n = { json = '$.id' } }\n"
    text += "[[checks.steps]]\nname = 'three'\nget = '/{n}/{r}'\nheaders = { X-All = '{i} {h} {cookie:sid}' }\n"
    with serving(page) as server:
        told = asked(tmp_path, HEAD.format(url=server.url) + text, 0)
        heads = server.requests
    assert told["verdict"] == "ok"
    assert heads[1].startswith(b"GET /abc%2Fdef/%7Bplain%7D?m=m1 ")
    assert heads[2].startswith(b"GET /5/9 ")
    assert b"\r\nX-All: i&1 77 abc/def\r\n" in heads[2] + b"\r\n"


@pytest.mark.req("R0-05")
def test_one_deadline_for_all_and_time_is_kept_for_cleaning_up(tmp_path: Path) -> None:
    stuck = threading.Event()

    def page(connection: Any, head: bytes, number: int) -> bool:
        if head.startswith(b"GET /stuck"):
            stuck.wait(20)
        connection.sendall(answer())
        return True

    head = HEAD.replace('timeout = "5s"', 'timeout = "800ms"')
    text = "[[checks.steps]]\nname = 'stuck'\nget = '/stuck'\n[[checks.steps]]\nname = 'never'\nget = '/never'\n"
    text += "[[checks.steps]]\nname = 'tidy'\ndelete = '/tidy'\nalways_run = true\n"
    with serving(page) as server:
        try:
            told = asked(tmp_path, head.format(url=server.url) + text, 1)
        finally:
            stuck.set()
        heads = [head.split(b" HTTP")[0] for head in server.requests]
    assert heads == [b"GET /stuck", b"DELETE /tidy"]
    assert told["why"] == "step 1, stuck: timed out, 0.8s for the journey"


@pytest.mark.req("R1-19")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("{{csrf}}", "{{csfr}}"), "step 2, log in: nothing is called {csfr}"),
        (('get = "/login/"', ""), "asks nothing; give exactly one of get, post"),
        (("input = ", "inputt = "), "did you mean input?"),
        (('name = "log out"', 'name = "sync"'), "two steps have the same name"),
        (('{{ env = "UI_USER" }}', '"pilot"'), "a secret is not written into the file"),
        (('post = "/logout/"', 'post = "http://elsewhere.example/"'), "must be a path below base_url"),
        (('"{url}"', '"http://ana:pw@127.0.0.1/"'), "holds a login"),
    ],
)
def test_mistakes_of_the_file_are_said(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    (tmp_path / "incidentui.toml").write_text(JOURNEY.replace(*change).format(url="http://127.0.0.1:1"))
    done = run(tmp_path, "check")
    assert done.returncode == 2
    assert said in done.stderr
