"""Merged logs from real engines: what a feed shows is what the engine's own command shows."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from incidentui.core.inputs import Refusal
from incidentui.edge.containers.docker_source import DockerSource
from incidentui.edge.containers.engine import Engine
from incidentui.edge.containers.logs import WorkloadLogs
from incidentui.edge.containers.logs_feed import Feed
from incidentui.edge.containers.supervisor import SupervisorSource
from incidentui.session.ports import FollowedLogs
from tests.containers.conftest import WallClock
from tests.containers.daemon import Supervisord, until
from tests.engine import Dockerd

Make = Callable[..., DockerSource]
EVERY = "while true; do echo {} $n; n=$((n+1)); sleep 0.1; done"


@asynccontextmanager
async def following(engine: Engine, since: Mapping[str, int | None]) -> AsyncIterator[Feed]:
    feed = await WorkloadLogs(engine).follow(since)
    assert not isinstance(feed, Refusal), feed
    try:
        yield feed
    finally:
        feed.close()
        await until(lambda: not [t for t in threading.enumerate() if t.name.startswith("log")])


def texts(logs: FollowedLogs) -> list[str]:
    return [line.text for line in logs.lines]


def shown(feed: Feed, text: str) -> bool:
    return any(text in line for line in texts(feed.take(5_000)))


# -- docker


@pytest.mark.docker
@pytest.mark.req("F60")
async def test_two_containers_in_the_order_the_engine_dates_them(engine: Dockerd, docker_at: Make) -> None:
    engine.run("web", "sh", "-c", f"n=0; {EVERY.format('web')}")
    engine.run("db", "sh", "-c", f"n=0; {EVERY.format('db')}")
    async with following(docker_at(engine.url).engine, {"web": None, "db": None}) as feed:
        await until(lambda: shown(feed, "web 12") and shown(feed, "db 12"))
        seen = texts(feed.take(5_000))
    theirs: list[bytes] = []
    for name in ("web", "db"):
        theirs += engine.docker("logs", "--timestamps", name).stdout.splitlines()
    wanted = [line.split(b" ", 1)[1].decode() for line in sorted(theirs)]
    assert seen == wanted[: len(seen)]
    assert {line.split()[0] for line in seen} == {"web", "db"}


@pytest.mark.docker
async def test_a_follow_goes_on_over_a_restart_and_says_nothing_twice(engine: Dockerd, docker_at: Make) -> None:
    engine.run("worker", "sh", "-c", "echo begun; sleep 0.3; echo broken; exit 1", options=("--restart", "always"))
    async with following(docker_at(engine.url).engine, {"worker": None}) as feed:
        await until(lambda: texts(feed.take(5_000)).count("broken") >= 3, 40)
        logs = feed.take(5_000)
    pairs = [line for line in texts(logs) if line in ("begun", "broken")]
    assert pairs[: len(pairs) // 2 * 2] == ["begun", "broken"] * (len(pairs) // 2)
    dates = [line.at for line in logs.lines]
    assert len({(at, text) for at, text in zip(dates, texts(logs), strict=True)}) == len(dates)


@pytest.mark.docker
async def test_since_a_time_leaves_out_what_was_before(engine: Dockerd, docker_at: Make) -> None:
    engine.run("web", "sh", "-c", "echo old; sleep 2; echo new; sleep 600")
    await until(lambda: b"new" in engine.docker("logs", "web").stdout)
    dated = engine.docker("logs", "--timestamps", "web").stdout.decode().splitlines()
    old = next(line.split()[0] for line in dated if line.endswith(" old"))
    from datetime import datetime

    since = int(datetime.fromisoformat(old).timestamp() * 1000) + 1000
    async with following(docker_at(engine.url).engine, {"web": since}) as feed:
        await until(lambda: shown(feed, "new"))
        assert texts(feed.take(100)) == ["new"]


@pytest.mark.docker
async def test_binary_escapes_and_secrets_of_a_real_container(engine: Dockerd, docker_at: Make) -> None:
    script = r"printf 'a\000b\377\033]0;owned\007\033[31mred\033[0m\n'; echo password=hunter22-and-more; sleep 600"
    engine.run("web", "sh", "-c", script)
    async with following(docker_at(engine.url).engine, {"web": None}) as feed:
        await until(lambda: len(feed.take(9).lines) == 2)
        text = "".join(texts(feed.take(9)))
    assert text.isprintable()
    assert "red" in text
    assert "hunter22" not in text


@pytest.mark.docker
async def test_an_engine_that_dies_is_said_and_followed_again(engine: Dockerd, docker_at: Make) -> None:
    engine.run("web", "sh", "-c", f"n=0; {EVERY.format('web')}")
    async with following(docker_at(engine.url).engine, {"web": None}) as feed:
        await until(lambda: shown(feed, "web 3"))
        engine.kill()
        try:
            await until(lambda: feed.take(1).troubles)
            ((name, why),) = feed.take(1).troubles
            assert name == "web"
            assert str(engine.socket) in why
            assert shown(feed, "web 3")
        finally:
            back = asyncio.create_task(asyncio.to_thread(engine.start))
            await until(lambda: feed.take(1) and back.done(), 60)  # a feed that nobody takes from ends
        assert engine.docker("start", "web", check=False).returncode == 0
        read = feed.take(1).gone + feed.take(1).kept
        await until(lambda: not feed.take(1).troubles and feed.take(1).gone + feed.take(1).kept > read, 40)


@pytest.mark.docker
async def test_an_engine_that_hangs_is_followed_on_when_it_wakes(engine: Dockerd, docker_at: Make) -> None:
    engine.run("web", "sh", "-c", f"n=0; {EVERY.format('web')}")
    async with following(docker_at(engine.url).engine, {"web": None}) as feed:
        await until(lambda: shown(feed, "web 3"))
        engine.pause(True)
        try:
            await asyncio.sleep(1)
            last = feed.take(1).lines[-1].text
        finally:
            engine.pause(False)
        await until(lambda: feed.take(1).lines[-1].text != last)
        seen = [int(line.text.split()[1]) for line in feed.take(5_000).lines]
    assert seen == list(range(len(seen))), "no line is missing, none came twice"


@pytest.mark.docker
async def test_a_quiet_container_is_no_trouble(engine: Dockerd, docker_at: Make) -> None:
    engine.run("quiet", "sleep", "600")
    engine.run("web", "sh", "-c", f"n=0; {EVERY.format('web')}")
    async with following(docker_at(engine.url).engine, {"quiet": None, "web": None}) as feed:
        await until(lambda: shown(feed, "web 50"))
        assert feed.take(1).troubles == ()


@pytest.mark.docker
async def test_a_container_that_was_removed_is_said(engine: Dockerd, docker_at: Make) -> None:
    engine.run("web", "sh", "-c", "echo here; sleep 600")
    async with following(docker_at(engine.url).engine, {"web": None}) as feed:
        await until(lambda: shown(feed, "here"))
        engine.remove_all()
        await until(lambda: feed.take(1).troubles)
        assert "o such container" in feed.take(1).troubles[0][1]


@pytest.mark.docker
async def test_nobody_there_is_a_refusal_and_one_missing_is_a_trouble(engine: Dockerd, docker_at: Make) -> None:
    engine.run("web", "sh", "-c", "echo here; sleep 600")
    source = docker_at(engine.url)
    assert isinstance(await WorkloadLogs(source.engine).follow({"ghost": None}), Refusal)
    async with following(source.engine, {"web": None, "ghost": None}) as feed:
        await until(lambda: shown(feed, "here"))
        assert [name for name, _ in feed.take(1).troubles] == ["ghost"]


@pytest.mark.docker
@pytest.mark.slow
async def test_a_flood_is_kept_within_bounds_and_counted(engine: Dockerd, docker_at: Make) -> None:
    engine.run("flood", "sh", "-c", "seq 200000; sleep 600")
    await until(lambda: engine.docker("logs", "--tail", "1", "flood").stdout == b"200000\n", 60)
    async with following(docker_at(engine.url).engine, {"flood": 0}) as feed:
        await until(lambda: shown(feed, "200000"))
        assert texts(feed.take(3)) == ["199998", "199999", "200000"]
        logs = feed.take(5_000)
    numbers = [int(text) for text in texts(logs)]
    assert numbers == list(range(200_001 - len(numbers), 200_001)), "no hole"


# -- supervisor, which runs everywhere


@pytest.mark.req("F60")
async def test_programs_are_followed_over_rotation(
    supervisord: Callable[..., Supervisord], clock: WallClock, tmp_path: Path
) -> None:
    log = tmp_path / "web.log"
    lines = f"stdout_logfile={log}\nstdout_logfile_maxbytes=0\nredirect_stderr=true"
    loop = "sh -c 'n=0; while true; do echo %s $n; n=$(($n+1)); sleep 0.05; done'"
    daemon = supervisord(web=f"{loop % 'web'}\n{lines}", db=loop % "db")
    source = SupervisorSource(str(daemon.socket), clock)
    await source.look()
    async with following(source.engine, {"web": None, "db": None}) as feed:
        await until(lambda: shown(feed, "web 5") and shown(feed, "db 5"))
        log.rename(tmp_path / "web.log.1")
        daemon.ctl("restart", "web")
        await until(lambda: texts(feed.take(5_000)).count("web 0") >= 2 and shown(feed, "db 30"))
        seen = feed.take(5_000)
    ours = [line.text for line in seen.lines if line.workload == "web"]
    theirs = (tmp_path / "web.log.1").read_text() + log.read_text()
    assert theirs.startswith("\n".join(ours)), "every line once, none missing"


async def test_a_log_emptied_in_place_is_read_from_its_begin(
    supervisord: Callable[..., Supervisord], clock: WallClock, tmp_path: Path
) -> None:
    log = tmp_path / "web.log"
    daemon = supervisord(web=f"sleep 600\nstdout_logfile={log}\nredirect_stderr=true")
    log.write_text("old\n" * 20)
    source = SupervisorSource(str(daemon.socket), clock)
    await source.look()
    async with following(source.engine, {"web": None}) as feed:
        await until(lambda: shown(feed, "old"))
        log.write_text("fresh\n")
        await until(lambda: shown(feed, "fresh"))
        log.write_bytes(b"\xff\xfe\x00 password=hunter22-and-more\n" * 2)
        await until(lambda: shown(feed, "password"))
        text = "".join(texts(feed.take(100)))
    assert text.isprintable()
    assert "hunter22" not in text


async def test_a_program_without_a_log_says_so(supervisord: Callable[..., Supervisord], clock: WallClock) -> None:
    daemon = supervisord(web="sleep 600\nstdout_logfile=NONE\nstderr_logfile=NONE")
    source = SupervisorSource(str(daemon.socket), clock)
    await source.look()
    async with following(source.engine, {"web": None}) as feed:
        await until(lambda: feed.take(1).troubles)
        assert "keeps no log file" in feed.take(1).troubles[0][1]


async def test_a_program_that_outruns_the_reader_is_said(
    supervisord: Callable[..., Supervisord], clock: WallClock, tmp_path: Path
) -> None:
    log = tmp_path / "web.log"
    daemon = supervisord(web=f"sleep 600\nstdout_logfile={log}\nredirect_stderr=true")
    source = SupervisorSource(str(daemon.socket), clock)
    await source.look()
    async with following(source.engine, {"web": None}) as feed:
        await until(lambda: log.exists() and feed.take(1) is not None)
        await asyncio.sleep(0.5)
        with log.open("a") as out:
            out.write("".join(f"line {n}\n" for n in range(400_000)))
        await until(lambda: shown(feed, "line 399999"))
        logs = feed.take(5_000)
    assert [name for name, _ in logs.passed] == ["web"]
    assert len(logs.lines) == 5_000


async def test_half_a_line_where_the_reading_begins_is_left_out(
    supervisord: Callable[..., Supervisord], clock: WallClock, tmp_path: Path
) -> None:
    log = tmp_path / "web.log"
    daemon = supervisord(web=f"sleep 600\nstdout_logfile={log}\nredirect_stderr=true")
    log.write_text("".join(f"password={'hunter22' * 10} {n}\n" for n in range(5_000)))
    source = SupervisorSource(str(daemon.socket), clock)
    await source.look()
    async with following(source.engine, {"web": None}) as feed:
        await until(lambda: shown(feed, "4999"))
        seen = texts(feed.take(5_000))
    assert len(seen) > 1_000
    assert all(line.startswith("password=[redacted]") for line in seen)
