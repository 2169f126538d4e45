"""Why no answer came, from what the libraries raised: the service's fault (failing) or not (unknown). Never quotes
an exception of httpx: their texts can hold addresses and header values."""

import errno
import socket
import ssl
from collections.abc import Iterator

import httpx

from incidentui.core.model import CheckState
from incidentui.edge.text import clean

_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EACCES, errno.EPERM}
_BROKEN = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, httpx.ReadError, httpx.WriteError)

_BROKEN_HTTP = {
    "Receive buffer too long": "the head of the answer does not end",
    "illegal header line": "the answer has a header that HTTP does not allow",
    "illegal chunk header": "the answer has a chunk whose size cannot be read",
    "malformed chunk footer": "the answer has a chunk that does not end where it says",
    "conflicting Content-Length": "the answer says two different lengths",
    "bad Content-Length": "the answer has a length that cannot be read",
    "without a pending proposal": "the answer switches to another protocol",
    "before it was asked for": "it answers before it is asked",
    "Transfer-Encoding": "the answer has a transfer encoding that HTTP/1.1 does not know",
}
"""What h11 says, whose texts quote the answer, in our words."""


def failure(wrong: BaseException, host: str) -> tuple[CheckState, str]:
    """The state and the words. Of several attempts (IPv6, IPv4) the one that tells most about the service counts."""
    causes = list(_causes(wrong))
    for tell in (_tls, _refused, _protocol, _here):
        told = tell(causes, host)
        if told is not None:
            return told
    return "unknown", f"no answer: {type(wrong).__name__}"


def _causes(wrong: BaseException) -> Iterator[BaseException]:
    waiting, seen = [wrong], set[int]()
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            waiting += cause.exceptions
        waiting += [before for before in (cause.__cause__, cause.__context__) if before is not None]


def _tls(causes: list[BaseException], host: str) -> tuple[CheckState, str] | None:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "failing", f"certificate: {clean(cause.verify_message, 120)}"
        if isinstance(cause, ssl.SSLError):
            words = (cause.reason or "handshake failed").replace("_", " ").lower()
            return "failing", f"no TLS: {clean(words, 120)}"
    return None


def _refused(causes: list[BaseException], host: str) -> tuple[CheckState, str] | None:
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "failing", "no answer: connection refused"
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return "failing", "no answer: the connection timed out"
    if any(isinstance(cause, _BROKEN) for cause in causes):
        return "failing", "no answer: connection reset"
    return None


def _protocol(causes: list[BaseException], host: str) -> tuple[CheckState, str] | None:
    wrong = causes[0]
    if isinstance(wrong, httpx.LocalProtocolError):
        return "unknown", "the request cannot be sent as it is configured"
    if not isinstance(wrong, httpx.RemoteProtocolError):
        return None
    words = str(wrong)
    if "without sending a response" in words:
        return "failing", "no answer: connection closed"
    if "complete message body" in words:
        return "failing", "answer cut short"
    return "failing", next((told for sign, told in _BROKEN_HTTP.items() if sign in words), "the answer is not HTTP")


def _here(causes: list[BaseException], host: str) -> tuple[CheckState, str] | None:
    """What lies between us and the service says nothing about the service."""
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            missing = cause.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
            return "unknown", f"DNS does not {'know' if missing else 'answer for'} {clean(host, 100)}"
        if isinstance(cause, OSError) and cause.errno in _UNREACHABLE:
            return "unknown", "network unreachable"
        if isinstance(cause, OSError) and cause.errno in (errno.EMFILE, errno.ENFILE):
            return "unknown", "too many open files here"
    return None
