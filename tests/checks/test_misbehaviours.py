"""A server that misbehaves in every way we know, asked by a process of its own that measures its memory.

Each look gives the right verdict in time, keeps its evidence, takes little memory, and leaves a good check beside it
alone: that one stays good, and is not kept from its turn.
"""

import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.checks.certificates import Authority
from tests.checks.misbehaviours import CASES, Case
from tests.checks.servers import always, closed_port, serving

ROOT = Path(__file__).resolve().parents[2]
MOST_KB = 20 * 1024
MOST_HELD_MS = 200
"""Of processor time, so that a busy machine makes no difference."""
_CONTEXTS: dict[str, dict[str, Any]] = {
    "tls": {},
    "tls-on-plain": {},
    "ends-soon": {"days": 5},
    "expired": {"days": -2},
    "other-host": {"host": "DNS:other.example"},
    "self-signed": {"self_signed": True},
}


class Looker:
    def __init__(self, authority: Path) -> None:
        env = {**os.environ, "SSL_CERT_FILE": str(authority)}
        command = [sys.executable, "-m", "tests.checks.looker"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def look(self, folder: Path, looks: int) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([str(folder), looks]) + "\n")
        self._process.stdin.flush()
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert "error" not in told, told
        return told

    def close(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def contexts(authority: Authority) -> dict[str, ssl.SSLContext]:
    return {name: authority.context(name, **how) for name, how in _CONTEXTS.items()}


@pytest.fixture(scope="module")
def looker(
    authority: Authority, contexts: dict[str, ssl.SSLContext], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Looker]:
    looker = Looker(authority.file)
    with (
        serving(always(), contexts["tls"]) as server,
        serving(always()) as steady,
    ):  # warm: what is loaded once is loaded
        warm = Case("warm", always(), "", "ok")
        looker.look(written(tmp_path_factory.mktemp("warm"), {"bad": (warm, server.url)}, steady.url), 1)
    yield looker
    looker.close()


def written(folder: Path, bad: dict[str, tuple[Case, str]], good: str) -> Path:
    parts = ['[[services]]\nname = "web"\n']
    for name, (case, url) in bad.items():
        limit = "400ms" if case.hangs else "5s"
        parts.append(
            f'[[checks]]\nname = "{name}"\nservice = "web"\nurl = "{url}"\ntimeout = "{limit}"\n'
            f'every = "50ms"\n{case.check}\n[checks.expect]\n{case.expect}\n'
        )
    parts.append(f'[[checks]]\nname = "good"\nservice = "web"\nurl = "{good}"\ntimeout = "2s"\nevery = "20ms"\n')
    (folder / "incidentui.toml").write_text("\n".join(parts))
    return folder


@contextmanager
def standing(case: Case, contexts: dict[str, ssl.SSLContext]) -> Iterator[str]:
    """The address of a server that behaves like this."""
    with ExitStack() as stack:
        if case.url == "refused":
            yield f"http://127.0.0.1:{closed_port()}/health"
        elif case.url == "full":
            yield stack.enter_context(full_backlog())
        elif case.url:
            yield case.url
        else:
            ends = b"" if case.where == "plain-on-tls" else b"\r\n\r\n"
            server = stack.enter_context(serving(case.handler, contexts.get(case.where), ends))
            scheme = {"plain-on-tls": "https", "tls-on-plain": "http"}.get(case.where, server.url.partition(":")[0])
            yield f"{scheme}://127.0.0.1:{server.port}/health"


@contextmanager
def full_backlog() -> Iterator[str]:
    """A listener whose queue is full: the system answers no further knock, as a firewall does that drops."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/health"


def each(given: str | tuple[str, ...]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else given


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_each_misbehaviour(case: Case, looker: Looker, contexts: dict[str, ssl.SSLContext], tmp_path: Path) -> None:
    states, whys = each(case.state), each(case.why)
    with standing(case, contexts) as url, serving(always()) as good:
        told = looker.look(written(tmp_path, {"bad": (case, url)}, good.url), len(whys))
    assert [look["state"] for look in told["bad"]] == list(states), told["bad"]
    for look, why in zip(told["bad"], whys, strict=True):
        assert why in look["why"]
        evidence = json.loads(look["evidence"])
        assert (evidence["verdict"], evidence["why"]) == (look["state"], look["why"])
        assert len(look["evidence"]) < 20_000
        assert not any(ord(char) < 32 and char != "\n" for char in evidence["body"] + evidence["why"])
    assert set(told["good"]) == {"ok"}
    assert told["grew_kb"] <= MOST_KB
    assert told["held_ms"] <= MOST_HELD_MS


def test_the_time_of_a_handshake_is_told(looker: Looker, contexts: dict[str, ssl.SSLContext], tmp_path: Path) -> None:
    case = next(case for case in CASES if case.where == "tls")
    with standing(case, contexts) as url, serving(always()) as good:
        told = looker.look(written(tmp_path, {"bad": (case, url)}, good.url), 2)
    first, kept = [json.loads(look["evidence"])["timing"] for look in told["bad"]]
    assert first["tls_ms"] is not None
    assert (kept["connect_ms"], kept["tls_ms"]) == (None, None)


@pytest.mark.slow
def test_all_of_them_at_once_by_the_command(
    authority: Authority, contexts: dict[str, ssl.SSLContext], tmp_path: Path
) -> None:
    """One service has them all: they share its connections, and still each is told for itself."""
    cases = {f"bad-{n}": case for n, case in enumerate(CASES) if isinstance(case.why, str)}
    with ExitStack() as stack:
        bad = {name: (case, stack.enter_context(standing(case, contexts))) for name, case in cases.items()}
        folder = written(tmp_path, bad, stack.enter_context(serving(always())).url)
        command = [sys.executable, "-m", "incidentui", "--project", str(folder), "check", "--json"]
        env = {**os.environ, "SSL_CERT_FILE": str(authority.file)}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    told = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert told.pop("good")["verdict"] == "ok"
    wrong = {
        case.name: told[name]["why"]
        for name, case in cases.items()
        if told[name]["verdict"] != case.state or str(case.why) not in told[name]["why"]
    }
    assert wrong == {}
