"""Real servers on loopback that behave badly on purpose."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Handler = Callable[[socket.socket, bytes, int], bool | None]
"""(connection, request head, number of the request on this connection); True keeps the connection."""


class Server:
    def __init__(self, handler: Handler, tls: ssl.SSLContext | None = None, ends: bytes = b"\r\n\r\n") -> None:
        self._handler = handler
        self._ends = ends
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.requests: list[bytes] = []
        self.connections = 0
        self.stopping = threading.Event()
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        number, rest = 0, b""
        with suppress(OSError), self._shaken(connection) as connection:
            while True:
                while not rest or self._ends not in rest:
                    received = connection.recv(65536)
                    if not received:
                        return
                    rest += received
                head, _, rest = rest.partition(self._ends) if self._ends else (rest, b"", b"")
                number += 1
                self.requests.append(head)
                if not self._handler(connection, head, number):
                    return

    def _shaken(self, connection: socket.socket) -> socket.socket:
        try:
            return self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
        except OSError:
            connection.close()
            raise

    def stop(self) -> None:
        self.stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)


@contextmanager
def serving(handler: Handler, tls: ssl.SSLContext | None = None, ends: bytes = b"\r\n\r\n") -> Iterator[Server]:
    """`ends`: what a request ends with; without it anything that comes is one."""
    server = Server(handler, tls, ends)
    try:
        yield server
    finally:
        server.stop()


def answer(
    body: str | bytes = '{"status": "ok"}', status: str = "200 OK", kind: str = "application/json", *extra: str
) -> bytes:
    raw = body.encode() if isinstance(body, str) else body
    head = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(raw)}", *extra]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + raw


def always(*args: str | bytes) -> Handler:
    """The same answer to everything, on a kept connection."""
    whole = answer(*args)  # type: ignore[arg-type]

    def handler(connection: socket.socket, head: bytes, number: int) -> bool:
        connection.sendall(whole)
        return True

    return handler


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
