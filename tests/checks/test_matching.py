"""A pattern that would be matched for years: the check is unknown, says which pattern, and the others go on."""

import hashlib
import json
import time
from pathlib import Path

import pytest

from incidentui.config.trust import ONE_RUN
from tests.checks.asked import run, written
from tests.checks.servers import always, serving
from tests.checks.test_tcp import port, tcp

_ENDLESS = "(x|xx)+$"
_TEXT = "x" * 70 + "!"
_WHY = f"{_ENDLESS} takes too long on what was read: write it simpler"


def test_no_pattern_holds_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCIDENTUI_HOME", str(tmp_path / "state"))
    (tmp_path / "app.log").write_text(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {_TEXT}\n")
    (tmp_path / "v.txt").write_text(_TEXT)
    with (
        serving(always(_TEXT, "200 OK", "text/plain")) as page,
        serving(always(json.dumps({"v": _TEXT}))) as api,
        port(_TEXT.encode()) as banner,
    ):
        file = written(
            tmp_path,
            f"url = '{page.url}'\nexpect = {{ body = ['{_ENDLESS}'] }}",
            f"url = '{api.url}'\nexpect = {{ json = {{ '$.v' = {{ matches = '{_ENDLESS}' }} }} }}",
            *(
                f"url = '{api.url}'\nexpect = {{ json = {{ \"{path}\" = {{ present = true }} }} }}"
                for path in (f"$[?@ =~ /{_ENDLESS}/]", f"$[?search(@, '{_ENDLESS}')]", f"$[?match(@, '{_ENDLESS}')]")
            ),
            f"type = 'log'\nfile = 'app.log'\nnot_contains = ['{_ENDLESS}']",
            f"type = 'command'\ncommand = ['echo', '{_TEXT}']\nexpect = {{ stdout = ['{_ENDLESS}'] }}",
            f"type = 'agreement'\nvalues = [{{ name = 'a', file = 'v.txt', regex = '{_ENDLESS}' }}, "
            "{ name = 'b', file = 'v.txt' }]",
            tcp(banner, f"expect_text = '{_ENDLESS}'"),
            f"type = 'journey'\nbase_url = '{page.url}'\n[[checks.steps]]\nname = 's'\nget = '/'\n"
            f"save = {{ t = {{ regex = '{_ENDLESS}' }} }}",
            f"url = '{page.url}'",
        )
        monkeypatch.setenv(ONE_RUN, hashlib.sha256(file.read_bytes()).hexdigest())
        done = run(tmp_path, "--json")
    assert done.stdout, done.stderr
    *slow, plain = json.loads(done.stdout)["checks"]
    assert [(c["verdict"], _WHY in c["why"]) for c in slow] == [("unknown", True)] * 10, [c["why"] for c in slow]
    assert plain["verdict"] == "ok"
    assert done.returncode == 4
