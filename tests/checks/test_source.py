"""The checks as a source: intervals, bounds, and which looks carry evidence."""

import asyncio
import socket
import threading

import pytest

from incidentui.config.checks import Expect, HttpCheck
from incidentui.core.inputs import Observation, Sampled
from incidentui.edge.checks.source import AT_ONCE, EVIDENCE_EVERY_MS, OF_ONE_SERVICE, ChecksSource
from tests.checks.conftest import StillClock, until
from tests.checks.servers import always, answer, serving


class Turns:
    """Answers 200 or another status, as a test says; lets the test wait for a number of looks."""

    def __init__(self) -> None:
        self.status = "200 OK"
        self.seen: list[Sampled] = []
        self._more = asyncio.Event()

    def handler(self, connection: socket.socket, head: bytes, number: int) -> bool:
        connection.sendall(answer("{}", self.status))
        return True

    def report(self, observation: Observation) -> None:
        assert isinstance(observation, Sampled)
        self.seen.append(observation)
        self._more.set()

    async def next(self, count: int, state: str) -> list[Sampled]:
        """The next looks with this state."""
        at = len(self.seen)
        async with asyncio.timeout(20):
            while True:
                found = [sample for sample in self.seen[at:] if sample.state == state]
                if len(found) >= count:
                    return found[:count]
                self._more.clear()
                await self._more.wait()


async def test_the_looks_that_can_cross_a_threshold_carry_evidence_and_few_others(clock: StillClock) -> None:
    turns = Turns()
    with serving(turns.handler) as server:
        check = HttpCheck("api", "api", url=server.url, every_ms=10, fail_after=3, recover_after=2)
        running = asyncio.create_task(ChecksSource([check], clock).run(turns.report))
        good = await turns.next(6, "ok")
        turns.status = "503 No"
        bad = await turns.next(6, "failing")
        clock.time += EVIDENCE_EVERY_MS
        later = await turns.next(3, "failing")
        turns.status = "500 No"
        await turns.next(4, "failing")
        other = [sample for sample in turns.seen if sample.why == "500"]
        turns.status = "200 OK"
        again = await turns.next(6, "ok")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    def kept(samples: list[Sampled]) -> list[bool]:
        return [sample.evidence is not None for sample in samples]

    assert kept(good) == [True] * 3 + [False] * 3
    assert kept(bad) == [True] * 3 + [False] * 3
    assert sum(kept(later)) == 1
    assert kept(other)[:3] == [True] * 3
    assert kept(again) == [True] * 3 + [False] * 3


async def test_looks_asked_for_in_between_leave_no_threshold_without_evidence(clock: StillClock) -> None:
    """`v`, and the looks after an action, come among the regular ones: the row that counts begins after them."""
    turns = Turns()
    with serving(turns.handler) as server:
        check = HttpCheck("api", "api", url=server.url, every_ms=10, fail_after=2, recover_after=2)
        source = ChecksSource([check], clock)
        running = asyncio.create_task(source.run(turns.report))
        turns.status = "503 No"
        await turns.next(6, "failing")
        await source.look()
        after = await turns.next(6, "failing")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert [sample.evidence is not None for sample in after][:3].count(True) >= 2
    assert after[-1].evidence is None


async def test_at_most_so_many_at_once_and_all_of_them_asked(clock: StillClock) -> None:
    inside, most, lock, all_in = 0, 0, threading.Lock(), threading.Event()

    def slowly(connection: socket.socket, head: bytes, number: int) -> bool:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
            if inside >= AT_ONCE:
                all_in.set()
        all_in.wait(5)
        threading.Event().wait(0.02)
        with lock:
            inside -= 1
        connection.sendall(answer())
        return True

    with serving(slowly) as server:
        checks = [HttpCheck(f"c{n}", f"s{n}", url=server.url) for n in range(AT_ONCE + 30)]
        seen = await ChecksSource(checks, clock).look()
    assert [sample.check for sample in seen] == [check.name for check in checks]
    assert {sample.state for sample in seen} == {"ok"}
    assert most == AT_ONCE


async def test_a_check_never_overlaps_with_itself_and_others_go_on(clock: StillClock) -> None:
    gate = threading.Event()
    inside, most, lock = 0, 0, threading.Lock()

    def waits(connection: socket.socket, head: bytes, number: int) -> bool:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        gate.wait(20)
        with lock:
            inside -= 1
        connection.sendall(answer())
        return True

    turns = Turns()
    with serving(waits) as stuck, serving(always()) as quick:
        checks = [
            HttpCheck("stuck", "a", url=stuck.url, every_ms=5, timeout_ms=60_000),
            HttpCheck("quick", "b", url=quick.url, every_ms=5),
        ]
        source = ChecksSource(checks, clock)
        running = asyncio.create_task(source.run(turns.report))
        await turns.next(10, "ok")
        looking = asyncio.create_task(source.look())
        await turns.next(5, "ok")
        assert {sample.check for sample in turns.seen} == {"quick"}
        gate.set()
        assert [sample.state for sample in await looking] == ["ok", "ok"]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert most == 1


async def test_stopping_leaves_no_task_and_no_connection(clock: StillClock) -> None:
    def silent(connection: socket.socket, head: bytes, number: int) -> None:
        connection.recv(1)

    before = asyncio.all_tasks()
    with serving(silent) as server:
        source = ChecksSource([HttpCheck("a", "a", url=server.url, timeout_ms=60_000)], clock)
        running = asyncio.create_task(source.run(lambda _: None))
        await until(lambda: bool(server.requests))
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert asyncio.all_tasks() == before


async def test_slow_is_a_state_of_its_own(clock: StillClock) -> None:
    with serving(always()) as server:
        check = HttpCheck("a", "a", url=server.url, expect=Expect(latency_warn_ms=-1))
        (seen,) = await ChecksSource([check], clock).look()
    assert seen.state == "slow"


async def test_a_service_that_hangs_keeps_no_other_from_its_turn(clock: StillClock) -> None:
    hung = threading.Event()

    def hangs(connection: socket.socket, head: bytes, number: int) -> None:
        hung.wait(20)

    turns = Turns()
    with serving(hangs) as dead, serving(turns.handler) as server:
        bad = [HttpCheck(f"dead-{n}", "dead", url=dead.url, timeout_ms=15_000) for n in range(AT_ONCE)]
        good = HttpCheck("api", "api", url=server.url, every_ms=10)
        running = asyncio.create_task(ChecksSource([*bad, good], clock).run(turns.report))
        await until(lambda: len(dead.requests) >= OF_ONE_SERVICE)
        await turns.next(3, "ok")
        assert {sample.check for sample in turns.seen} == {"api"}
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        hung.set()
