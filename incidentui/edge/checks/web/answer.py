"""What the rules of an `expect` are judged on and what comes out: an answer as it came, and a judgement. Pure."""

import re
from collections.abc import Mapping
from dataclasses import field

from incidentui.config.checks import Expect
from incidentui.core.evidence import Finding, Hop
from incidentui.core.model import CheckState, Ms
from incidentui.core.value import dataclass
from incidentui.edge.matching import Matching

MAX_REDIRECTS = 5
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


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
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name; several of one name are joined with commas."""
    cert_left_ms: Ms | None = None
    """How long the certificate is still valid; only where that is asked for."""

    @property
    def status(self) -> int:
        return self.hops[-1].status or 0

    @property
    def media_type(self) -> str:
        return self.content_type.partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        found = _CHARSET.search(self.content_type)
        return found.group(1) if found else "utf-8"

    def text(self) -> str:
        """As a browser would show it."""
        try:
            return self.body.decode(self.charset, errors="replace")
        except (LookupError, UnicodeError):  # a charset nobody knows, or one that is no text encoding
            return self.body.decode("utf-8", errors="replace")


@dataclass(frozen=True, slots=True)
class Judgement:
    state: CheckState
    why: str
    findings: tuple[Finding, ...] = ()
    login_markers: tuple[str, ...] = ()


class Trial:
    """The findings of one answer as they are made; the first that is wrong gives the reason."""

    def __init__(self, expect: Expect, response: Response) -> None:
        self.expect = expect
        self.response = response
        self.text = response.text()
        self.findings: list[Finding] = []
        self.whys: list[str] = []
        self.matching = Matching()

    def add(self, name: str, expected: str, got: str, wrong: str) -> None:
        """`wrong` is empty when it is as expected. It must not hold what differs from look to look."""
        self.findings.append(Finding(name, expected, got, not wrong))
        if wrong:
            self.whys.append(f"{self.response.status}, but {wrong}")
