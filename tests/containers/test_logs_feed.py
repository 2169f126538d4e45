"""What a feed keeps, counts and hands out; how an engine's stream is taken apart."""

import struct
import time
from concurrent.futures import Future

from incidentui.edge.containers import logs_feed
from incidentui.edge.containers.logs_docker import _Chunks, _Lines
from incidentui.edge.containers.logs_feed import Feed, KeyBodies, Raw

SECOND = 10**9


def raws(name: str, *ats: int) -> list[Raw]:
    return [Raw(at * SECOND, name, f"{name} at {at}") for at in ats]


def test_lines_stand_in_the_order_of_time_whoever_was_read_first() -> None:
    feed = Feed()
    feed.add(raws("web", 1, 4, 5))
    feed.add(raws("db", 2, 3, 6))
    assert [line.text for line in feed.take(10).lines] == [
        "web at 1", "db at 2", "db at 3", "web at 4", "web at 5", "db at 6",
    ]  # fmt: skip


def test_what_is_kept_are_the_newest_without_a_hole_and_what_went_is_counted() -> None:
    feed = Feed(keep=100)
    for begin in range(0, 5_000, 50):
        feed.add(raws("web", *range(begin, begin + 50, 2)))
        feed.add(raws("db", *range(begin + 1, begin + 51, 2)))
    logs = feed.take(100)
    assert [line.at for line in logs.lines] == [second * 1000 for second in range(4_900, 5_000)]
    assert (logs.kept, logs.gone) == (100, 4_900)
    few = feed.take(10)
    assert [line.at for line in few.lines] == [second * 1000 for second in range(4_990, 5_000)]
    assert few.fitting == 100


def test_a_filter_finds_what_is_shown_and_never_a_secret() -> None:
    feed = Feed()
    feed.add([Raw(1, "web", "\x1b[31mRefu\x1b[1msed\x1b[0m by the bank"), Raw(2, "db", "password=hunter22-and-more")])
    assert [line.text for line in feed.take(5, "REFUSED").lines] == ["Refused by the bank"]
    assert feed.take(5, "hunter22").lines == ()
    assert [line.workload for line in feed.take(5, "password").lines] == ["db"]
    assert "hunter22" not in str(feed.take(5).lines)
    assert [line.workload for line in feed.take(5, "db").lines] == ["db"]


def test_only_errors_and_warnings() -> None:
    feed = Feed()
    feed.add([Raw(n, "web", text) for n, text in enumerate(("INFO up", "WARN slow", "ValueError: no", "plain"))])
    assert [line.level for line in feed.take(9, loud=True).lines] == ["warn", "error"]


def test_binary_and_endless_lines_are_harmless_and_small() -> None:
    feed = Feed()
    feed.add([Raw(1, "web", "\x1b]0;owned\x07\x9b2J\x00\x85"), Raw(2, "web", "x" * 100_000)])
    text = "".join(line.text for line in feed.take(5).lines)
    assert text.isprintable()
    assert len(text) < 2_000


def test_the_body_of_a_private_key_goes_line_by_line() -> None:
    key = ["before", "-----BEGIN RSA PRIVATE KEY-----", "MIIEpAIBAAKC", "-----END RSA PRIVATE KEY-----", "after"]
    body = KeyBodies()
    said = [body(line) for line in key]
    assert (said[0], said[-1]) == ("before", "after")
    assert not any("MIIE" in line for line in said)


def test_a_feed_nobody_takes_from_ends(monkeypatch: object) -> None:
    feed = Feed()
    feed._taken = time.monotonic() - logs_feed.LEASE_S - 1
    feed.start(())
    assert feed.wait(10)


def test_news_come_once_for_many_lines() -> None:
    feed = Feed()
    feed.start(())
    news = feed.news()
    assert isinstance(news, Future)
    feed.add(raws("web", *range(50)))
    news.result(10)
    feed.take(1)
    assert not feed.news().done()
    feed.close()


def test_a_flood_is_slowed_down_at_the_door() -> None:
    feed = Feed()
    assert feed._over_budget(logs_feed.LINES_A_SECOND // 2) == 0
    assert feed._over_budget(logs_feed.LINES_A_SECOND * 2) == 1.0


# -- the engine's stream


def frame(stream: int, payload: bytes) -> bytes:
    return struct.pack(">BxxxL", stream, len(payload)) + payload


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


STAMP = b"2026-03-04T09:01:12.000000001Z "


def test_a_stream_reads_the_same_wherever_it_is_cut() -> None:
    parts = [STAMP + b"one\n", STAMP + b"two " + b"y" * 300 + b"\n", STAMP + b"\xff\xfe\x00\n"]
    wire = b"".join(chunk(frame(1 + n % 2, part)) for n, part in enumerate(parts)) + b"0\r\n\r\n"
    for size in range(1, len(wire)):
        chunks, lines = _Chunks(), _Lines(tty=False)
        found = [line for at in range(0, len(wire), size) for line, _ in lines(chunks(wire[at : at + size]))]
        assert found == [part[:-1] for part in parts], size


def test_parts_of_a_long_line_are_one_line_with_the_first_date() -> None:
    lines = _Lines(tty=False)
    wire = frame(1, STAMP + b"a" * 1000) + frame(2, STAMP + b"other\n") + frame(1, STAMP + b"b\n")
    assert [line for line, _ in lines(wire)] == [STAMP + b"other", STAMP + b"a" * 1000 + b"b"]


def test_a_line_without_an_end_is_bounded() -> None:
    lines = _Lines(tty=False)
    for _ in range(200):
        assert not list(lines(frame(1, b"z" * 10_000)))
    assert sum(map(len, lines._pending.values())) < 40_000
