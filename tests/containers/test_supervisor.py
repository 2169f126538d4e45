"""Supervisor as a source, against a real supervisord."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from incidentui.core.inputs import Observation, Refusal, SourceAnswered, SourceFailed, WorkloadsLooked
from incidentui.core.model import Workload
from incidentui.core.using import Using
from incidentui.edge.containers.logs import WorkloadLogs
from incidentui.edge.containers.supervisor import SupervisorSource, look_of
from incidentui.edge.containers.supervisor_rpc import Rpc
from incidentui.edge.containers.using import using_of
from incidentui.edge.containers.using_kernel import of_program
from incidentui.session.ports import Clock
from tests.containers.conftest import PYTHON, Reports
from tests.containers.daemon import Supervisord, answering, until, until_async

Start = Callable[..., Supervisord]
SLEEPER = f"{PYTHON} -c 'import time; time.sleep(600)'\nstartsecs=0"
CRASHER = (
    f"{PYTHON} -c 'import sys; sys.stderr.write(\"worker: no DATABASE_URL\\n\"); sys.exit(7)'"
    "\nstartsecs=1\nstartretries=2"
)
ENDS = f"{PYTHON} -c 'import sys; sys.exit(3)'\nstartsecs=0\nautorestart=false"


@asynccontextmanager
async def running(source: SupervisorSource, reports: Reports) -> AsyncIterator[None]:
    task = asyncio.create_task(source.run(reports))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def last(reports: Reports) -> dict[str, Workload]:
    lists = [o for o in reports.all if isinstance(o, WorkloadsLooked)]
    return {w.name: w for w in lists[-1].workloads} if lists else {}


def failures(observations: list[Observation]) -> list[SourceFailed]:
    return [o for o in observations if isinstance(o, SourceFailed)]


def source_at(path: Path, clock: Clock) -> SupervisorSource:
    return SupervisorSource(str(path), clock, every_ms=100)


@pytest.mark.slow
@pytest.mark.req("F60", "R3-19")
async def test_states_and_what_supervisor_cannot_tell(supervisord: Start, clock: Clock, reports: Reports) -> None:
    daemon = supervisord(web=SLEEPER, worker=CRASHER, job=ENDS, idle=SLEEPER + "\nautostart=false")
    async with running(source_at(daemon.socket, clock), reports):
        await until(lambda: last(reports).get("worker", Workload("", "")).state == "crashing")
        seen = last(reports)
        assert seen["web"].state == "running"
        assert seen["web"].ident.isdigit()
        assert seen["web"].since is not None
        assert (seen["job"].state, seen["job"].exit_code) == ("exited", 3)
        assert (seen["idle"].state, seen["idle"].note) == ("stopped", "never started")
        assert seen["worker"].exit_code is None, "supervisord says 0 while it backs off"
        assert {w.restarts for w in seen.values()} == {None}
        assert "Exited too quickly" in seen["worker"].note
        await until(lambda: last(reports)["worker"].note.startswith("gave up"))
    assert last(reports)["worker"].seen_restarts == 2
    assert last(reports)["worker"].exit_code is None


@pytest.mark.slow
@pytest.mark.req("F60")
async def test_a_crash_loop_is_never_called_better_between_two_tries(
    supervisord: Start, clock: Clock, reports: Reports
) -> None:
    daemon = supervisord(worker=CRASHER)
    async with running(source_at(daemon.socket, clock), reports):
        await until(lambda: last(reports) and last(reports)["worker"].note.startswith("gave up"))
    lists = [o.workloads[0].state for o in reports.all if isinstance(o, WorkloadsLooked)]
    assert set(lists[lists.index("crashing") :]) == {"crashing"}


@pytest.mark.req("R3-19", "F61")
async def test_the_last_words_of_a_program_come_with_the_news_that_it_crashes(
    supervisord: Start, clock: Clock, reports: Reports
) -> None:
    daemon = supervisord(worker=CRASHER)
    async with running(source_at(daemon.socket, clock), reports):
        await until(lambda: any(isinstance(o, WorkloadsLooked) and o.logs for o in reports.all))
    logs = dict(next(o.logs for o in reports.all if isinstance(o, WorkloadsLooked) and o.logs))
    assert logs["worker"].kind == "log"
    assert "worker: no DATABASE_URL" in logs["worker"].body


@pytest.mark.req("F61")
async def test_hostile_log_lines_are_harmless_and_hold_no_secret(
    supervisord: Start, clock: Clock, tmp_path: Path
) -> None:
    script = tmp_path / "hostile.py"
    script.write_text(
        "import sys, time\n"
        "out = sys.stdout.buffer\n"
        "out.write(b'\\x1b[2J\\x1b]0;owned\\x07 title\\n')\n"
        "out.write(b'password=hunter2hunter2\\n')\n"
        "out.write(b'caf\\xc3\\xa9 bad byte \\xff end\\n')\n"
        "out.write(b'ERROR same\\n' * 5)\n"
        "out.flush(); time.sleep(600)\n"
    )
    daemon = supervisord(web=f"{PYTHON} {script}\nstartsecs=0")
    source = source_at(daemon.socket, clock)
    logs = WorkloadLogs(source.engine)

    async def lines() -> list[str]:
        found = await logs.logs("web", 50)
        assert not isinstance(found, Refusal), found
        return [line.text for line in found]

    await until_async(lines, 4)
    found = await logs.logs("web", 50)
    assert not isinstance(found, Refusal)
    text = "\n".join(line.text for line in found)
    assert not set(text) & {"\x1b", "\x07", "\x9b"}
    assert "hunter2" not in text
    assert "café bad byte" in text
    assert (found[-1].text, found[-1].repeats, found[-1].level) == ("ERROR same", 4, "error")


async def test_an_escape_in_a_log_does_not_break_the_answer(supervisord: Start, clock: Clock, tmp_path: Path) -> None:
    script = tmp_path / "esc.py"
    script.write_text("import sys, time; sys.stdout.write('\\x1b[2Jafter\\n'); sys.stdout.flush(); time.sleep(600)\n")
    daemon = supervisord(web=f"{PYTHON} {script}\nstartsecs=0")
    rpc = Rpc(str(daemon.socket))

    async def text() -> str:
        answer = await rpc.call("supervisor.tailProcessStdoutLog", "web", 0, 100)
        assert isinstance(answer[0], str)
        return answer[0]

    await until_async(text, 1)
    assert await text() == "\x1b[2Jafter\n", "raw here, cleaned by whoever shows or stores it"


def test_odd_names_and_words_are_cleaned() -> None:
    look = look_of(
        {
            "name": "web\x1b[31m",
            "group": "web\x1b[31m",
            "statename": "FATAL",
            "start": 0,
            "stop": 0,
            "pid": 0,
            "exitstatus": 0,
            "spawnerr": "can't find \x1b]0;x\x07",
        }
    )
    assert "\x1b" not in look.workload.name + look.workload.note
    assert look.workload.exit_code is None


# -- a source that is lost -----------------------------------------------------------------------


async def why_lost(path: Path, clock: Clock) -> str:
    found = await source_at(path, clock).look()
    assert [type(o) for o in found] == [SourceFailed]
    failed = found[0]
    assert isinstance(failed, SourceFailed)
    assert failed.retry_ms
    assert path.name in failed.why
    return failed.why


async def test_no_socket(tmp_path: Path, clock: Clock) -> None:
    assert "not there; start supervisord" in await why_lost(tmp_path / "none.sock", clock)


async def test_nobody_listens(tmp_path: Path, clock: Clock) -> None:
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(tmp_path / "old.sock"))
    assert "nobody listens" in await why_lost(tmp_path / "old.sock", clock)


@pytest.mark.skipif(os.geteuid() != 0, reason="takes a second user, which only root can be")
async def test_permission_denied(tmp_path: Path, clock: Clock) -> None:
    folder = Path("/tmp") / f"incident-perm-{os.getpid()}"
    folder.mkdir(mode=0o755)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "s.sock"))
        server.listen()
        (folder / "s.sock").chmod(0o600)
        os.seteuid(65534)
        try:
            assert "permission denied" in await why_lost(folder / "s.sock", clock)
        finally:
            os.seteuid(0)
            (folder / "s.sock").unlink()
            folder.rmdir()


@pytest.mark.slow
async def test_a_supervisor_that_hangs(tmp_path: Path, clock: Clock) -> None:
    with answering(tmp_path / "hang.sock", b""):
        assert "no answer within 3 s" in await why_lost(tmp_path / "hang.sock", clock)


@pytest.mark.slow
async def test_a_supervisor_that_drips(tmp_path: Path, clock: Clock) -> None:
    with answering(tmp_path / "drip.sock", b"", drip=True):
        assert "no answer within 3 s" in await why_lost(tmp_path / "drip.sock", clock)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"SSH-2.0-OpenSSH_9\r\n", "not supervisord"),
        (b"HTTP/1.0 200 OK\r\n\r\n<html>hello", "not supervisord"),
        (b"HTTP/1.0 401 no\r\n\r\n", "user name and password"),
        (b"HTTP/1.0 500 no\r\n\r\n", "HTTP 500"),
        (b"HTTP/1.0 200 OK\r\n\r\n<methodResponse><params><param><value><int>1</int></value></param></params>"
         b"</methodResponse>", "not supervisord"),
    ],
)  # fmt: skip
async def test_what_answers_is_something_else(tmp_path: Path, clock: Clock, answer: bytes, words: str) -> None:
    with answering(tmp_path / "odd.sock", answer):
        assert words in await why_lost(tmp_path / "odd.sock", clock)


@pytest.mark.req("F60")
async def test_supervisord_dies_and_comes_back(supervisord: Start, clock: Clock, reports: Reports) -> None:
    daemon = supervisord(web=SLEEPER)
    async with running(source_at(daemon.socket, clock), reports):
        await until(lambda: last(reports).get("web", Workload("", "")).state == "running")
        daemon.kill()
        await until(lambda: failures(reports.all))
        before = len(reports.all)
        daemon.start()
        await until(lambda: any(isinstance(o, WorkloadsLooked) for o in reports.all[before:]))
    assert any(isinstance(o, SourceAnswered) for o in reports.all[before:])
    assert last(reports)["web"].state in ("starting", "running")


async def test_nothing_is_reported_while_nothing_changes(supervisord: Start, clock: Clock, reports: Reports) -> None:
    daemon = supervisord(web=SLEEPER)
    async with running(source_at(daemon.socket, clock), reports):
        await until(lambda: last(reports).get("web", Workload("", "")).state == "running")
        before = len(reports.all)
        await asyncio.sleep(1.5)
    assert len(reports.all) == before


SERVES = f"""{PYTHON} -c 'import socket, time; s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); print(s.getsockname()[1], flush=True); time.sleep(600)'
startsecs=0"""  # noqa: E501


@pytest.mark.req("R1-06")
async def test_what_a_program_takes_and_where_it_listens_is_told_before_it_is_stopped(
    supervisord: Start, clock: Clock
) -> None:
    daemon = supervisord(web=SERVES)
    engine = source_at(daemon.socket, clock).engine
    (web,) = await engine.workloads()
    async with asyncio.timeout(20):
        while not (port := (await engine.tail(web, 5)).strip()):  # noqa: ASYNC110  # a program writes when it does
            await asyncio.sleep(0.05)
    (web,) = await engine.workloads()
    using = await using_of([engine], "web")
    assert isinstance(using, Using)
    assert (using.ports, using.processes, using.most) == ((f"listens at {port}",), 1, None)
    assert using.memory is not None
    assert using.memory > 1_000_000
    assert using.cpu is not None
    for deed, rows in (("stop", [f"port {port}"]), ("restart", [f"port {port}"]), ("start", [])):
        assert [what for what, _ in (await engine.blast(deed, web)).rows] == rows
    assert await using_of([engine], "nobody") == Refusal("no workload nobody", "there is: web", usage=True)
    assert of_program("") == of_program("999999999") == Using(), "what cannot be told is no figure"
