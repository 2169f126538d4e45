"""`type = "tcp"` through the command that a responder and a pipeline use: the first broken hop is named."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.checks.asked import looked, one, refused
from tests.checks.servers import Handler, always, closed_port, serving


def tcp(address: str, more: str = "") -> str:
    return f'type = "tcp"\naddress = "{address}"\n{more}'


def chain(*hops: tuple[str, str], more: str = "") -> str:
    listed = ", ".join(f'{{ name = "{name}", address = "{address}" }}' for name, address in hops)
    return f'type = "tcp"\nhops = [{listed}]\n{more}'


@contextmanager
def port(greeting: bytes | None = None, close: bool = False) -> Iterator[str]:
    """Takes connections; says the greeting, then closes or holds still."""
    listener, open_ = socket.create_server(("127.0.0.1", 0)), list[socket.socket]()

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            open_.append(connection)
            if greeting:
                connection.sendall(greeting)
            if close:
                connection.close()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
        for connection in open_:
            connection.close()


def test_an_open_port_is_ok_and_a_closed_one_failing(tmp_path: Path) -> None:
    with port() as silent:
        code, (good, bad) = looked(tmp_path, tcp(silent), tcp(f"127.0.0.1:{closed_port()}"))
    assert code == 1
    assert (good["verdict"], bad["verdict"], bad["why"]) == ("ok", "failing", "refused")
    assert (good["evidence"]["kind"], good["evidence"]["url"]) == ("tcp", silent)
    assert good["evidence"]["curl"].startswith("nc -v")


def test_a_port_that_takes_and_closes_has_nobody_behind_it(tmp_path: Path) -> None:
    """What a tunnel to a wrong port does, and Docker's proxy before a container that does not listen."""
    with port(close=True) as hollow:
        told = one(tmp_path, tcp(hollow))
    assert told["verdict"] == "failing"
    assert "took the connection and closed it" in told["why"]


@pytest.mark.req("R3-22")
@pytest.mark.parametrize(
    ("greeting", "close", "verdict", "words"),
    [
        (b"220 ferry ESMTP\r\n", False, "ok", ""),
        (b"\x00\xff\xfe220 ferry\r\n", True, "ok", ""),
        (b"421 too busy\r\n", True, "failing", "closed without saying 220"),
        (b"421 too busy\r\n", False, "failing", "timed out after 0.5s without saying"),
        (b"x" * 200_000, False, "failing", "said 64 KiB without saying"),
    ],
    ids=["greeting", "noise", "busy", "busy and silent", "endless"],
)
def test_what_it_says_counts(tmp_path: Path, greeting: bytes, close: bool, verdict: str, words: str) -> None:
    with port(greeting, close) as address:
        told = one(tmp_path, tcp(address, 'expect_text = "220"\ntimeout = "500ms"'))
    assert told["verdict"] == verdict
    assert words in told["why"]
    if greeting.startswith(b"4"):
        assert "421 too busy" in told["evidence"]["body"]


def test_it_asks_before_it_listens(tmp_path: Path) -> None:
    with serving(always()) as server:
        address = server.url.removeprefix("http://")
        told = one(tmp_path, tcp(address, 'send = "GET / HTTP/1.1\\r\\n\\r\\n"\nexpect_text = "HTTP/1.1 200"'))
        assert server.requests
    assert told["verdict"] == "ok"


@pytest.mark.req("R1-08", "F58")
def test_the_first_broken_hop_is_named_and_what_lies_beyond_is_not_tried(tmp_path: Path) -> None:
    gone = f"127.0.0.1:{closed_port()}"
    with port() as inner, port() as host, serving(always()) as front:
        hops = ("container port", inner), ("host port", host), ("tunnel", gone), ("user URL", front.url)
        broken = one(tmp_path, chain(*hops))
        whole = one(tmp_path, chain(*hops[:2], hops[3]))
        assert len(front.requests) == 1
    assert broken["verdict"] == "failing"
    assert broken["why"] == f"tunnel {gone}: refused; container port and host port answer"
    assert "user URL" in broken["evidence"]["body"]
    assert "not tried" in broken["evidence"]["body"]
    assert [f["ok"] for f in broken["evidence"]["findings"]] == [True, True, False]
    assert (whole["verdict"], whole["why"]) == ("ok", "container port, host port and user URL answer")


@pytest.mark.parametrize(
    ("handler", "verdict", "words"),
    [
        (always("", "302 Found", "text/html", "Location: http://127.0.0.1:1/login"), "ok", "port and page answer"),
        (always("no", "404 No"), "ok", "port and page answer"),
        (always("no", "503 No"), "failing", ": 503; port answers"),
    ],
)
def test_a_page_at_the_end_of_the_way(tmp_path: Path, handler: Handler, verdict: str, words: str) -> None:
    with port() as inner, serving(handler) as front:
        told = one(tmp_path, chain(("port", inner), ("page", front.url)))
        assert len(front.requests) == 1
    assert (told["verdict"], words in told["why"]) == (verdict, True)


def test_one_deadline_for_all_hops(tmp_path: Path) -> None:
    """Each hop alone is within it, all together are not: the one that was waited for is named."""
    with port() as a, port() as b, port() as c:
        told = one(tmp_path, chain(("a", a), ("b", b), ("c", c), more='timeout = "500ms"\nstays_open = "300ms"'))
    assert (told["verdict"], told["why"]) == ("failing", f"b {b}: timed out after 0.5s; a answers")


def test_a_name_that_is_not_known_is_no_outage(tmp_path: Path) -> None:
    code, (told,) = looked(tmp_path, tcp("no-such-host.invalid:80"))
    assert (code, told["verdict"]) == (4, "unknown")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ('address = "127.0.0.1"', "is not host:port"),
        ('address = "127.0.0.1:99999"', "is not host:port"),
        ('address = "http://127.0.0.1:80"', "is not host:port"),
        ("", "neither address nor hops"),
        ('address = "a:1"\nhops = [{ name = "x", address = "a:1" }]', "both address and hops"),
        ('hops = [{ name = "x", address = "a:1" }, { name = "x", address = "a:2" }]', "two hops are called x"),
        ('hops = [{ name = "x", address = "ftp://a" }]', "does not begin with http"),
        ('address = "a:1"\nexpect_text = "("', "not a regular expression"),
        ('address = "a:1"\nstays_open = "9s"', "not shorter than timeout"),
    ],
)
def test_a_wrong_table_is_said(tmp_path: Path, wrong: str, words: str) -> None:
    assert words in refused(tmp_path, f'type = "tcp"\n{wrong}')
