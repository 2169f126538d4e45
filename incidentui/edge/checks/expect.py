"""An answer against what was expected of it: findings, a verdict, and the reason in a person's words. Pure.

Says the first thing a responder would want to know: not "content type differs" but "200, but a login page".
"""

import re
from urllib.parse import urlsplit

from incidentui.config.checks import Expect
from incidentui.core.evidence import Finding, Hop
from incidentui.core.format import latency
from incidentui.core.model import CheckState
from incidentui.core.value import dataclass
from incidentui.edge.checks.json_rules import NOT_JSON, judge_rule, parse

_LOGIN_PATH = re.compile(r"(?i)(?<![a-z])(?:log[-_]?in|sign[-_]?in|sso|oauth2?)(?![a-z])")
_PASSWORD_FIELD = re.compile(r"(?i)<input[^>]{0,500}\btype\s{0,3}=\s{0,3}[\"']?password")
_LOGIN_FORM = re.compile(r"(?i)<form[^>]{0,500}\baction\s{0,3}=\s{0,3}[\"']?([^\"'\s>]{0,200})")
_HTML = re.compile(r"(?i)\s*(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.DOTALL)
_JSON_LATER = re.compile(r"[{\[]\s*[\"{\[\]}]")


@dataclass(frozen=True, slots=True)
class Response:
    """An answer as it came: bounded, not yet cleaned."""

    asked: str
    """The address that was asked first."""
    hops: tuple[Hop, ...]
    content_type: str = ""
    body: bytes = b""
    cut: bool = False
    """There was more body than is read."""
    encoding: str = ""
    """The content encoding that could not be undone."""
    took_ms: int = 0

    @property
    def status(self) -> int:
        return self.hops[-1].status or 0

    @property
    def media_type(self) -> str:
        return self.content_type.partition(";")[0].strip().lower()

    def text(self) -> str:
        found = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", self.content_type, re.IGNORECASE)
        try:
            return self.body.decode(found.group(1) if found else "utf-8", errors="replace")
        except (LookupError, UnicodeError):  # a charset nobody knows, or one that is no text encoding
            return self.body.decode("utf-8", errors="replace")


@dataclass(frozen=True, slots=True)
class Judgement:
    state: CheckState
    why: str
    findings: tuple[Finding, ...] = ()
    login_markers: tuple[str, ...] = ()


def judge(expect: Expect, response: Response) -> Judgement:
    trial = _Trial(expect, response)
    markers = login_markers(response, trial.text) if expect.not_login else ()
    trial.status(markers)
    if expect.not_login:
        trial.add("login page", "none", markers[0] if markers else "none", "a login page" if markers else "")
    trial.content_type()
    if expect.json or (expect.content_type is not None and _is_json(expect.content_type)):
        trial.json()
    trial.body()
    slow = trial.latency()
    findings = tuple(trial.findings)
    if trial.whys:
        return Judgement("failing", trial.whys[0], findings, markers)
    return Judgement("slow" if slow else "ok", slow or latency(response.took_ms), findings, markers)


def login_markers(response: Response, text: str) -> tuple[str, ...]:
    """What gives a login page away; nothing when a login page is what was asked for."""
    if _LOGIN_PATH.search(urlsplit(response.asked).path):
        return ()
    markers: list[str] = []
    last = response.hops[-1]
    if _LOGIN_PATH.search(urlsplit(last.url).path):
        markers.append(f"final path {urlsplit(last.url).path}")
    if last.location and _LOGIN_PATH.search(urlsplit(last.location).path):
        markers.append(f"sent to {urlsplit(last.location).path}")
    if not text.lstrip().startswith(("{", "[")) and _PASSWORD_FIELD.search(text):
        form = _LOGIN_FORM.search(text)
        markers += [f'form action="{form.group(1)}"'] if form and form.group(1) else []
        markers.append("a password field")
    return tuple(markers)


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


class _Trial:
    """The findings of one answer as they are made; the first that is wrong gives the reason."""

    def __init__(self, expect: Expect, response: Response) -> None:
        self.expect = expect
        self.response = response
        self.text = response.text()
        self.findings: list[Finding] = []
        self.whys: list[str] = []

    def add(self, name: str, expected: str, got: str, wrong: str) -> None:
        """`wrong` is empty when it is as expected."""
        self.findings.append(Finding(name, expected, got, not wrong))
        if wrong:
            self.whys.append(f"{self.response.status}, but {wrong}")

    def status(self, markers: tuple[str, ...]) -> None:
        response = self.response
        wanted = " or ".join(str(status) for status in self.expect.status)
        ok = response.status in self.expect.status
        self.findings.append(Finding("status", wanted, str(response.status), ok))
        if not ok:
            self.whys.append(_status_why(response, bool(markers)))
        if len(response.hops) > 1:
            self.add("first status", f"{wanted} or a redirect", str(response.hops[0].status), "")

    def content_type(self) -> None:
        if self.expect.content_type is None and not self.expect.json:
            return
        wanted = (self.expect.content_type or "application/json").partition(";")[0].strip().lower()
        got = self.response.media_type
        html = _HTML.match(self.text) is not None or got in ("text/html", "application/xhtml+xml")
        if html and (self.expect.json or _is_json(wanted)):
            self.add("type", wanted, got or "HTML", "HTML, not JSON")
        elif self.expect.content_type is not None:
            self.add("type", wanted, got or "none", "" if got == wanted else f"{got or 'no type'}, not {wanted}")

    def json(self) -> None:
        """The first byte tells most: `<` of a page, `W` of a warning printed before the answer."""
        start = self.text.removeprefix("\ufeff").lstrip()[:1]
        if self.response.encoding:
            packed = f"packed as {self.response.encoding}, which was not asked for"
            return self.add("encoding", "none", self.response.encoding, packed)
        if not start:
            return self.add("body", "JSON", "empty", "an empty answer")
        data = parse(self.text)
        if data is NOT_JSON:
            return self._not_json(start)
        self.add("first byte", "of JSON", start, "")
        for path, rule in self.expect.json:
            found = judge_rule(path, rule, data)
            got = "is not there" if found.got == "absent" else f"is {found.got}"
            self.add(found.name, found.expected, found.got, "" if found.ok else f"{path} {got}, not {found.expected}")
        return None

    def _not_json(self, start: str) -> None:
        if self.response.cut:
            return self.add("JSON", "can be read", "too long", "too long to be read as JSON")
        if start not in "{[<" and _JSON_LATER.search(self.text):
            return self.add("first byte", "{ or [", start, "text before the JSON")
        name = "JSON" if start in "{[" else "first byte"
        return self.add(name, "can be read" if name == "JSON" else "{ or [", start, "not JSON")

    def body(self) -> None:
        if self.expect.body and not self.text.strip():
            return self.add("body", "some", "empty", "an empty answer")
        for pattern in self.expect.body:
            found = re.search(pattern, self.text) is not None
            self.add("body", pattern, "found" if found else "not found", "" if found else f"no {pattern} in it")
        for pattern in self.expect.body_not:
            hit = re.search(pattern, self.text)
            got = hit.group()[:120] if hit else "none"
            self.add("body", f"no {pattern}", got, f"it says {got}" if hit else "")
        return None

    def latency(self) -> str:
        """Why the answer is slow; empty when it is not."""
        took, warn, fail = self.response.took_ms, self.expect.latency_warn_ms, self.expect.latency_fail_ms
        limit = fail if fail is not None and (warn is None or took > fail) else warn
        if limit is None:
            return ""
        late = f"{latency(took)}, over {latency(limit)}" if took > limit else ""
        self.findings.append(Finding("latency", f"under {latency(limit)}", latency(took), not late))
        if late and limit == fail:
            self.whys.append(late)
        return late


def _status_why(response: Response, login: bool) -> str:
    location = response.hops[-1].location
    if not 300 <= response.status < 400 or not location:
        return str(response.status)
    asked, sent = urlsplit(response.hops[-1].url), urlsplit(location)
    where = sent.path if not sent.netloc or sent.netloc == asked.netloc else f"{sent.netloc}{sent.path}"
    return f"{response.status} to {where or '/'}" + (", a login page" if login else "")
