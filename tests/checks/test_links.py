"""`type = "agent"` and `type = "tunnel"` through `incidentui check`: the word, and what was said."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from incidentui.config.links import AgentCheck
from incidentui.edge.checks.logs.agent import AgentProbe
from incidentui.edge.checks.probe import Ground
from incidentui.edge.checks.web.http import Transports
from incidentui.edge.clock import SystemClock
from tests.checks.asked import looked, refused, run, written

PATTERNS = "connected = 'agent connected'\nauthenticated = 'authenticated as'\nrejected = 'invalid token|bad key'\n"
LEFT = "left = 'agent disconnected'\n"
IN, AUTH, OUT, GONE = "agent connected", "authenticated as lab", "auth failed: invalid token", "agent disconnected"
LOGS: tuple[tuple[str, tuple[tuple[float, str], ...], str, str], ...] = (
    ("authenticated", ((9, IN), (8.9, AUTH), (8, "beat")), "ok", "authenticated"),
    ("the token differs", ((9, IN), (8.99, OUT), (8.98, GONE)), "failing", "rejected: invalid token"),
    (
        "again and again",
        ((9, IN), (8, OUT), (7, IN), (6, OUT), (1, IN), (0.9, "x")),
        "failing",
        "rejected: invalid token",
    ),
    ("turned away before it connects", ((9, "bad key"),), "failing", "rejected: bad key"),
    ("not yet", ((9, IN), (8, "beat")), "slow", "connected, not yet authenticated"),
    ("mended", ((9, IN), (8.9, OUT), (8, IN), (7.9, AUTH)), "ok", "authenticated"),
    ("left", ((9, IN), (8.9, AUTH), (5, GONE)), "failing", "absent: it left: agent disconnected"),
    ("never", ((9, "server started"),), "failing", "absent: no line says that it connected"),
    ("thrown out later", ((9, IN), (8.9, AUTH), (5, OUT)), "failing", "rejected: invalid token"),
)


def stamp(minutes_ago: float) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.mark.req("R1-27", "R1-40")
def test_the_last_word_of_a_log_is_the_state_of_the_agent(tmp_path: Path) -> None:
    tables = []
    for n, (_, lines, _, _) in enumerate(LOGS):
        (tmp_path / f"{n}.log").write_text("".join(f"{stamp(ago)} {text}\n" for ago, text in lines))
        tables.append(f"type = 'agent'\nfile = '{n}.log'\n{PATTERNS}{LEFT}")
    tables.append(f"type = 'agent'\nfile = 'none.log'\n{PATTERNS}")
    # Without a word for authenticated, a connection that outlives those before it is all there is.
    tables.append("type = 'agent'\nfile = '4.log'\nconnected = 'agent connected'\nrejected = 'invalid token'")
    _, told = looked(tmp_path, *tables)
    assert [(case[0], one["verdict"], one["why"]) for case, one in zip(LOGS, told, strict=False)] == [
        (name, verdict, why) for name, _, verdict, why in LOGS
    ]
    assert (told[-2]["verdict"], told[-2]["why"]) == ("unknown", "none.log is not there")
    assert (told[-1]["verdict"], told[-1]["why"]) == ("ok", "connected")
    often = told[2]["evidence"]
    assert "2 times connected and rejected" in json.dumps(often)
    assert [line.split("Z ")[1] for line in often["body"].splitlines()[:2]] == [IN, OUT]
    assert all(one["layer"] == "inner" for one in told)


SCRIPTS: tuple[tuple[str, str, str, str], ...] = (
    ("echo tunnel is up", "", "ok", "connected"),
    ("echo tunnel is down; exit 1", "", "failing", "absent: exit 1: tunnel is down"),
    ("echo no pid file", "connected = 'running'", "failing", "absent: no running in its status"),
    (
        "echo Permission denied '(publickey)' >&2; exit 255",
        "rejected = 'Permission denied'",
        "failing",
        "rejected: Permission denied",
    ),
    ("echo running", "connected = 'running'\nauthenticated = 'session'", "slow", "connected, not yet authenticated"),
    ("echo session of ana", "authenticated = 'session of \\w+'", "ok", "authenticated"),
    ("echo session; exit 3", "authenticated = 'session'", "failing", "absent: it says session, and ends with exit 3"),
    ("sleep 60", "timeout = '500ms'", "failing", "absent: no status within 0.5s"),
    ("exit 127", "", "unknown", "exit 127: a command is not there"),
)


@pytest.mark.slow
@pytest.mark.req("R1-49")
def test_a_tunnel_is_what_its_status_command_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = []
    for n, (script, rules, _, _) in enumerate(SCRIPTS):
        (tmp_path / f"{n}.sh").write_text(f"{script}\n")
        tables.append(f"type = 'tunnel'\ncommand = ['sh', '{n}.sh']\n{rules}")
    monkeypatch.setenv("INCIDENTUI_HOME", str(tmp_path / "home"))
    held = looked(tmp_path, *tables)[1]
    assert {one["verdict"] for one in held} == {"unknown"}, "nothing is run before it is allowed"
    assert run(tmp_path, verb="trust").returncode == 0
    told = json.loads(run(tmp_path, "--json").stdout)["checks"]
    assert [(one["verdict"], one["why"]) for one in told] == [(verdict, why) for _, _, verdict, why in SCRIPTS]


@pytest.mark.slow
@pytest.mark.req("R1-28", "R2-06", "F67")
def test_status_names_the_rejection_under_the_service_that_only_says_nobody_is_there(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(f"{stamp(2)} {IN}\n{stamp(1.99)} {OUT} token=hunter2hunter2\n")
    (tmp_path / "app.log").write_text(f"{stamp(1)} No agent available\n")
    written(
        tmp_path,
        f"type = 'agent'\nfile = 'a.log'\n{PATTERNS}",
        "type = 'log'\nfile = 'app.log'\nnot_contains = ['No agent available']",
    )
    plain, told = run(tmp_path, verb="status"), run(tmp_path, "--json", verb="status")
    assert "it says " in plain.stdout
    assert "  └ agent c0 rejected: invalid token" in plain.stdout
    (link,) = json.loads(told.stdout)["links"]
    assert (link["kind"], link["word"], link["state"]) == ("agent", "rejected", "failing")
    assert "hunter2hunter2" not in plain.stdout + told.stdout


@pytest.mark.slow
def test_prove_shows_an_agent_each_way_to_be_out_and_names_patterns_that_cannot_tell(tmp_path: Path) -> None:
    blind = "connected = 'agent .*'\nrejected = 'agent lost'\nleft = 'gone'\n"
    swapped = "connected = 'agent in'\nrejected = 'agent'\n"
    agent = "type = 'agent'\nfile = 'nowhere.log'\n"
    written(tmp_path, f"{agent}{PATTERNS}{LEFT}", f"{agent}{blind}", f"{agent}{swapped}")
    told = json.loads(run(tmp_path, "--json", verb="prove").stdout)["checks"]
    ways = ["never connected", "connected, then rejected", "let in, thrown out later", "left"]
    assert (told[0]["caught"], told[0]["missed"]) == (ways, [])
    assert (told[1]["caught"], told[1]["missed"]) == (ways, []), "the last word counts, however wide the first"
    assert "the stand-in cannot answer" in told[2]["not_provable"], "its own connection reads as a rejection"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("type = 'agent'\nconnected = 'x'\nrejected = 'y'", "has neither file nor workload"),
        ("type = 'agent'\nfile = 'a'\nconnected = 'x'", "cannot tell that it was turned away"),
        ("type = 'agent'\nfile = 'a'\nrejected = 'y'", "connected: is missing"),
        ("type = 'agent'\nfile = 'a'\nconnected = '('\nrejected = 'y'", "connected"),
        ("type = 'tunnel'\ncommand = 'ssh'", "command"),
        ("type = 'log'\nfile = 'a'\ncontains = ['x']\nsince = 'start'", "only a workload is started"),
    ],
)
def test_a_wrong_table_is_said(tmp_path: Path, wrong: str, words: str) -> None:
    assert words in refused(tmp_path, wrong)


async def test_what_scrolled_out_of_the_log_still_stands_and_what_was_never_read_is_unknown(tmp_path: Path) -> None:
    """An agent that was let in says so once; a day of other lines later it is still in."""
    check = AgentCheck("a", "api", "inner", file="a.log", connected=IN, authenticated=AUTH, rejected="invalid token")
    ground = Ground(SystemClock(), Transports(), tmp_path)
    log, probe = tmp_path / "a.log", AgentProbe(check, ground)
    log.write_text(f"{stamp(9)} {IN}\n{stamp(8)} {AUTH}\n")
    assert (await probe.look()).judgement.why == "authenticated"
    noise = f"{stamp(7)} {'x' * 1000}\n" * 3000
    with log.open("a") as file:
        file.write(noise)
    assert (await probe.look()).judgement.why == "authenticated"
    late = (await AgentProbe(check, ground).look()).judgement
    assert (late.state, late.why) == ("unknown", "only the last 2 MiB were read, and none of them says where it stands")
    with log.open("a") as file:
        file.write(f"{stamp(1)} {OUT}\n")
    assert (await probe.look()).judgement.why == "rejected: invalid token"
    log.write_text(f"{stamp(0.5)} started anew\n")
    assert (await probe.look()).judgement.why == "rejected: invalid token, said before the log began anew"
    fresh = (await AgentProbe(check, ground).look()).judgement
    assert (fresh.state, fresh.why) == ("failing", "absent: no line says that it connected")


@pytest.mark.parametrize("since_ms", [None, 3_600_000])
async def test_a_log_that_rotates_disconnects_nobody(tmp_path: Path, since_ms: int | None) -> None:
    """Whatever the one before is called then, or whether it was copied and emptied; of a window in time it counts."""
    check = AgentCheck(
        "a", "api", "inner", file="a.log", connected=IN, rejected="bad key", left=GONE, since_ms=since_ms
    )
    ground = Ground(SystemClock(), Transports(), tmp_path)
    log, probe = tmp_path / "a.log", AgentProbe(check, ground)
    log.write_text(f"{stamp(9)} bad key\n{stamp(8)} {IN}\n")
    for _ in range(2):
        look = (await probe.look()).judgement
        assert (look.state, look.why) == ("ok", "connected")
    log.rename(tmp_path / "a.log-20260301")
    for text in ("", f"{stamp(1)} beat\n"):
        log.write_text(text)
        look = (await probe.look()).judgement
        if since_ms:
            assert look.why == "absent: no line says that it connected"
        else:
            assert (look.state, look.why) == ("ok", "connected, said before the log began anew")
    log.write_text(f"{stamp(0.5)} {GONE}\n")
    assert (await probe.look()).judgement.why == f"absent: it left: {GONE}"
