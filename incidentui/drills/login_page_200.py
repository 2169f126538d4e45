"""The drill `login-page-200`: the page is there, the command line syncs everything, and nobody who clicks is served.

A deploy narrows the path of the session cookie to the pages; the button's request goes elsewhere, comes without it, and
is sent to the login page, which is a 200. The three commits after it are what was tried and was not the cause: the
credentials of the fabric, the CSRF token, the user of the sync. Each of them is sound, and none brings the cookie back.
"""

import json
import re
from http.client import HTTPException
from pathlib import Path

from incidentui.drills import history
from incidentui.drills.scenario import Original, Program, Request, Scenario, Told, Written

HEDDA = "Hedda Lorenz <hedda@weave.invalid>"
OSKAR = "Oskar Vane <oskar@weave.invalid>"
BELEN = "Belen Arrieta <belen@weave.invalid>"

PAST = (
    Written(HEDDA, "A page for the fabric", 301.2),
    Written(OSKAR, "Read the objects from the controller", 297.8),
    Written(HEDDA, "Log in: a session for each operator", 254.0),
    Written(BELEN, "CSRF token in the form and in the header", 231.5),
    Written(OSKAR, "Sync from fabric: the button, answered below /api/", 188.3),
    Written(HEDDA, "Sessions: keep the newest five hundred", 163.9),
    Written(OSKAR, "The sync from the command line", 120.4),
    Written(BELEN, "Runbook: log everybody out", 74.1),
    Written(HEDDA, "README says how a deploy is made", 51.6),
    Written(OSKAR, "Checks for the sync, the front page and the controller", 19.7),
)
BREAKING = (
    Written(BELEN, "Session cookie goes to the pages only: files are cached again"),
    Written(BELEN, "Fix sync: users and fabrics have credentials of their own"),
    Written(BELEN, "Fix sync: read the CSRF token at each click"),
    Written(BELEN, "Fix sync: run it as the fabric, whoever clicks"),
)
_SINCE = {
    "README.md": 1,
    "web/main.py": 1,
    "web/pages.py": 1,
    "web/sync.py": 2,
    "web/sessions.py": 3,
    "web/csrf.py": 4,
    "web/manage.py": 7,
    "runbooks/log-everybody-out.md": 8,
    "incidentui.toml": 10,
}
PASSWORD_FILE = "visitor.password"


def tree(n: int) -> dict[str, str]:
    return history.tagged("weave", _SINCE, n)


def syncs(root: Path, port: int) -> bool:
    """Whether an operator who logs in and clicks gets the objects; cookies and redirects as in a browser."""
    try:
        return click(root, port).get("synced") == 48
    except (OSError, HTTPException, ValueError, LookupError):
        return False


def click(root: Path, port: int) -> dict[str, object]:
    """What the button is answered; ValueError when that is no JSON."""
    from http.cookiejar import CookieJar
    from urllib.parse import urlencode
    from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

    base, jar = f"http://127.0.0.1:{port}", CookieJar()
    browser = build_opener(ProxyHandler({}), HTTPCookieProcessor(jar))

    def ask(path: str, form: dict[str, str] | None = None, **headers: str) -> str:
        data = None if form is None else urlencode(form).encode()
        request = Request(base + path, data, {"X-Rehearsal": "1", **headers})
        with browser.open(request, timeout=3) as answer:
            return str(answer.read().decode())

    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', ask("/login/"))[0]
    password = (root / PASSWORD_FILE).read_text(encoding="utf-8")
    ask("/login/", {"username": "operator", "password": password, "csrfmiddlewaretoken": token})
    told = json.loads(ask("/api/fabrics/35/sync/", {}, **{"X-CSRFToken": token}))
    return dict(told)


SCENARIO = Scenario(
    name="login-page-200",
    about="all tests are green and the page is there, and who clicks gets nothing",
    learns="go the way that users go, and write down what was thought and why it was wrong",
    minutes=(5, 15),
    debrief="A deploy narrowed the path of the session cookie: the click went to the login page, a 200.",
    goal="Operators must be able to sync fabric 35 again; then close the incident.",
    data="weave",
    responder="Ravn Delacroix <ravn@weave.invalid>",
    past=PAST,
    breaking=BREAKING,
    pushes=((1, 1, 1, 1), (1, 1, 2), (2, 1, 1), (2, 2), (4,)),
    tree=tree,
    ports=("front", "controller"),
    programs=(
        Program("controller", ("@SERVICES@/database.py", "@CONTROLLER@", "@ROOT@/rows.json")),
        Program("web", ("@DEPLOY@/web/main.py",)),
        Program("front-door", ("@SERVICES@/front_door.py", "@FRONT@", "@ROOT@/worker.sock", "/")),
    ),
    environment={
        "WEB_SOCKET": "@ROOT@/worker.sock",
        "CONTROLLER_URL": "http://127.0.0.1:@CONTROLLER@",
        "PASSWORD_FILE": f"@ROOT@/{PASSWORD_FILE}",
    },
    healthy=(Request("front", "/", says="<!doctype html>.*Fabrics of the network"),),
    password_file=PASSWORD_FILE,
    commands=True,
    visit=syncs,
    # Its record tells what was believed and done, and names no time of day.
    original=Original(
        heading="what happened to them; no times are known",
        detect=Told("unknown", "48 synced, 0 errors; users locked out"),
        acknowledge=Told("unknown"),
        first_action=Told("unknown", "credentials taken apart; the same page"),
        recover=Told("unknown", "their record ends with the cause found"),
        wrong_turns=3,
        turns="theories: credentials, CSRF, the sync view",
        more=("Their tests called the sync itself and never logged in.",),
    ),
)
