"""The body of an answer: read to a limit, unpacked to the same limit."""

import zlib
from contextlib import aclosing

import httpx

from incidentui.config.checks import BODY_CAP


async def read_body(answer: httpx.Response) -> tuple[bytes, bool, str]:
    """The body as it was sent, at most BODY_CAP; whether there was more; the packing that could not be undone."""
    raw = bytearray()
    async with aclosing(answer.stream.__aiter__()) as chunks:  # type: ignore[union-attr,type-var]  # an async stream
        async for chunk in chunks:
            raw += chunk
            if len(raw) > BODY_CAP:
                break
    packed = answer.headers.get("content-encoding", "").strip().lower()
    cut = len(raw) > BODY_CAP
    body = bytes(raw[:BODY_CAP])
    if packed in ("", "identity") or not body:
        return body, cut, ""
    if packed in ("gzip", "x-gzip", "deflate"):
        return _inflated(body, cut, packed)
    return b"", cut, packed


def _inflated(body: bytes, cut: bool, packed: str) -> tuple[bytes, bool, str]:
    """Never more than BODY_CAP comes out, however much is packed in."""
    # Some servers send deflate without its frame, and browsers take that too.
    for frame in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):
        inflate = zlib.decompressobj(frame)
        try:
            out = inflate.decompress(body, BODY_CAP)
        except zlib.error:
            continue
        more = cut or bool(inflate.unconsumed_tail)
        return (out, more, "") if inflate.eof or more else (b"", cut, packed)
    return b"", cut, packed
