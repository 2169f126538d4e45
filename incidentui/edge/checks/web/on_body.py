"""The rules on the body: empty, packed, its type, JSON, text, size. Pure."""

import re

from incidentui.config.checks import BODY_CAP
from incidentui.edge.checks.web.answer import Response, Trial
from incidentui.edge.checks.web.json_rules import NotJsonError, judge_rule, read
from incidentui.edge.redact import GONE, redact

_HTML = re.compile(r"(?i)\s*(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.DOTALL)
_JSON_LATER = re.compile(r"[{\[]\s{0,500}[\"{\[\]}]")
_FEW = 16
"""Offending bytes shown."""
_AROUND = 4096
"""Bytes on each side within which a secret would be seen."""


def judge_body(trial: Trial) -> None:
    if trial.response.encoding and _wanted(trial):
        return _packed(trial)
    if not trial.response.body.strip() and not trial.response.cut and _wanted(trial):
        return trial.add("body", "some", "empty", "an empty answer")
    _first_byte(trial)
    _content_type(trial)
    if trial.expect.json or is_json(trial.expect.content_type or ""):
        _json(trial)
    _text(trial)
    return _size(trial)


def is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def _wanted(trial: Trial) -> bool:
    """Whether this answer must have a body: a type alone asks for none where HTTP allows none."""
    if trial.expect.wants_body:
        return True
    bare = trial.response.hops[-1].method == "HEAD" or trial.response.status in (204, 205, 304)
    return trial.expect.content_type is not None and not bare


def _packed(trial: Trial) -> None:
    encoding = trial.response.encoding
    known = encoding in ("gzip", "x-gzip", "deflate")
    what = "which cannot be unpacked" if known else "which was not asked for"
    trial.add("encoding", "none", encoding, f"packed as {encoding}, {what}")


def _first_byte(trial: Trial) -> None:
    allowed, body = trial.expect.first_byte, trial.response.body
    if allowed is not None:
        ok = body[:1] in [char.encode() for char in allowed]
        words = "" if ok else f"it does not begin with {' or '.join(allowed)}"
        trial.add("first byte", " or ".join(allowed), chr(body[0]) if ok else _at(body, 0), words)


def _content_type(trial: Trial) -> None:
    expect, response = trial.expect, trial.response
    if expect.content_type is None and not expect.json:
        return
    wanted = (expect.content_type or "application/json").partition(";")[0].strip().lower()
    got = response.media_type
    html = _HTML.match(trial.text) is not None or got in ("text/html", "application/xhtml+xml")
    if html and (expect.json or is_json(wanted)):
        trial.add("type", wanted, got or "HTML", "HTML, not JSON")
    elif expect.content_type is not None:
        trial.add("type", wanted, got or "none", "" if got == wanted else f"{got or 'no type'}, not {wanted}")


# -- JSON


def _json(trial: Trial) -> None:
    if trial.response.hops[-1].method == "HEAD" or not trial.response.body:
        return
    try:
        data = _read(trial.response)
    except NotJsonError as why:
        _not_json(trial, why)
        return
    trial.add("first byte", "of JSON", trial.text.removeprefix("\ufeff").lstrip()[:1], "")
    for path, rule in trial.expect.json:
        found = judge_rule(path, rule, data)
        got = "is not there" if found.got == "absent" else f"is {found.got}"
        trial.add(found.name, found.expected, found.got, "" if found.ok else f"{path} {got}, not {found.expected}")


def _read(response: Response) -> object:
    """JSON is UTF-8 whatever the charset says, as browsers take it; only where it cannot be, what is said counts."""
    body, bom = response.body, 3 if response.body.startswith(b"\xef\xbb\xbf") else 0
    try:
        text, codec = body[bom:].decode("utf-8"), "utf-8"
    except UnicodeDecodeError as wrong:
        try:
            if response.charset.lower().replace("_", "-") in ("utf-8", "utf8"):
                raise NotJsonError("not UTF-8", bom + wrong.start) from None
            text, codec, bom = body.decode(response.charset), response.charset, 0
        except (LookupError, UnicodeError):
            raise NotJsonError("not UTF-8", bom + wrong.start) from None
    try:
        return read(text)
    except NotJsonError as why:
        before = None if why.at is None else bom + len(text[: why.at].encode(codec, errors="replace"))
        raise NotJsonError(str(why), before) from None


def _not_json(trial: Trial, why: NotJsonError) -> None:
    response = trial.response
    start = trial.text.removeprefix("\ufeff").lstrip()[:1]
    offending = str(why) if why.at is None else _at(response.body, why.at)
    if response.cut:
        return trial.add("JSON", "can be read", f"more than {BODY_CAP} bytes", "too long to be read as JSON")
    if start not in "{[<" and _JSON_LATER.search(trial.text):
        return trial.add("first byte", "{ or [", _at(response.body, 0), "text before the JSON")
    name = "JSON" if start in "{[" or str(why) != "not JSON" else "first byte"
    return trial.add(name, "can be read" if name == "JSON" else "{ or [", offending, str(why))


def _at(body: bytes, at: int) -> str:
    """A few bytes and where they stand; not where they may be a piece of a secret."""
    few = body[at : at + _FEW]
    if not few:
        return f"byte {at}: the end"
    around = body[max(0, at - _AROUND) : at + _AROUND].decode("utf-8", errors="replace")
    shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}" for byte in few)
    return f"byte {at}: {shown if redact(around) == around else GONE}"


# -- text, size


def _text(trial: Trial) -> None:
    ready = trial.expect.ready
    if ready is not None:
        found = trial.matching.search(ready, trial.text) is not None
        trial.add("ready", ready, "found" if found else "not found", "" if found else f"not ready: no {ready} in it")
    for pattern in trial.expect.body:
        found = trial.matching.search(pattern, trial.text) is not None
        trial.add("body", pattern, "found" if found else "not found", "" if found else f"no {pattern} in it")
    for pattern in trial.expect.body_not:
        hit = trial.matching.search(pattern, trial.text)
        got = hit.group()[:120] if hit else "none"
        trial.add("body", f"no {pattern}", got, f"it says {got}" if hit else "")


def _size(trial: Trial) -> None:
    least, most = trial.expect.size_min, trial.expect.size_max
    if least is None and most is None:
        return
    size = len(trial.response.body)
    got = f"more than {size} bytes" if trial.response.cut else f"{size} bytes"
    if most is not None and (trial.response.cut or size > most):
        trial.add("size", f"at most {most} bytes", got, f"more than {most} bytes")
    elif least is not None:
        trial.add("size", f"at least {least} bytes", got, f"less than {least} bytes" if size < least else "")
    else:
        trial.add("size", f"at most {most} bytes", got, "")
