"""Stands before an engine as a newer one does: images no longer say `ContainerConfig`."""

import http.client
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_IMAGE = re.compile(rb"GET \S*/images/\S+/json")


@contextmanager
def newer_engine(behind: Path, socket_file: Path) -> Iterator[str]:
    """The address of one that answers as the engine behind it does, but for that field."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(socket_file))
    server.listen(50)

    def serve() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=_answer, args=(client, behind), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"unix://{socket_file}"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def _answer(client: socket.socket, behind: Path) -> None:
    """One request, one answer: who asks is told that the connection ends."""
    with client, socket.socket(socket.AF_UNIX) as engine:
        try:
            engine.connect(str(behind))
            head, body = _request(client)
            if not head:
                return
            engine.sendall(head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) + b"\r\n\r\n" + body)
            if _IMAGE.match(head):
                client.sendall(_without(engine))
                return
            while chunk := engine.recv(65_536):
                client.sendall(chunk)
        except OSError:
            return


def _request(client: socket.socket) -> tuple[bytes, bytes]:
    heard = b""
    while b"\r\n\r\n" not in heard:
        chunk = client.recv(65_536)
        if not chunk:
            return b"", b""
        heard += chunk
    head, _, body = heard.partition(b"\r\n\r\n")
    head = re.sub(rb"\r\nConnection:[^\r]*", b"", head, flags=re.IGNORECASE)
    length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
    while length and len(body) < int(length[1]):
        body += client.recv(65_536)
    return head, body


def _without(engine: socket.socket) -> bytes:
    answer = http.client.HTTPResponse(engine)
    answer.begin()
    body = answer.read()
    if answer.status == 200:
        told = json.loads(body)
        told.pop("ContainerConfig", None)
        body = json.dumps(told).encode()
    kind = answer.headers.get("Content-Type", "application/json")
    head = (
        f"HTTP/1.1 {answer.status} OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    )
    return head.encode() + b"\r\n" + body
