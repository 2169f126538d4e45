"""The evidence of one look of a check as a value, and the JSON it is stored as. Cleaned before it gets here."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from incidentui.core.model import CheckState, KnownError, Layer, Ms
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class Hop:
    """One request and its answer. `status` None: none came."""

    status: int | None
    url: str
    location: str = ""
    took_ms: int | None = None
    method: str = "GET"
    step: str = ""
    """Of a journey: the step that asked."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was expected, and what came instead."""

    name: str
    expected: str
    got: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Timing:
    """What the time of a look went into, over all its hops. None: this step was not made."""

    connect_ms: int | None = None
    """With the look-up of the name."""
    tls_ms: int | None = None
    first_byte_ms: int | None = None
    """From the request's last byte to the answer's head."""
    body_ms: int | None = None


@dataclass(frozen=True, slots=True)
class CheckLook:
    check: str
    service: str = ""
    layer: Layer = "user"
    method: str = "GET"
    url: str = ""
    """What was asked; of a check that is no HTTP request in its own words, and then without a method."""
    at: Ms = 0
    verdict: CheckState = "unknown"
    why: str = ""
    status: int | None = None
    """Of the last hop."""
    first_status: int | None = None
    content_type: str = ""
    bytes: int | None = None
    took_ms: int | None = None
    hops: tuple[Hop, ...] = ()
    findings: tuple[Finding, ...] = ()
    body: str = ""
    """The first lines, at most 2 KiB."""
    login_markers: tuple[str, ...] = ()
    error: str = ""
    curl: str = ""
    """The same look for a shell; secrets stand as the variables they come from."""
    kind: str = "http"
    timing: Timing | None = None
    known: tuple[KnownError, ...] = ()
    """Errors met before that the answer tells of."""

    @property
    def differing(self) -> int:
        return sum(not finding.ok for finding in self.findings)

    def document(self) -> dict[str, Any]:
        """The look as the JSON object it is stored as."""
        return asdict(self)


def write_check_look(look: CheckLook) -> str:
    """The JSON document that is stored as evidence of kind "check"."""
    return json.dumps(look.document(), ensure_ascii=False, separators=(",", ":"))


def parse_check_look(body: str) -> CheckLook:
    """Back from the stored document; fields of a newer program are left out. ValueError when it is none."""
    try:
        raw = json.loads(body)
        return CheckLook(
            **{
                **_known(CheckLook, raw),
                "hops": tuple(Hop(**_known(Hop, hop)) for hop in raw.get("hops", ())),
                "findings": tuple(Finding(**_known(Finding, finding)) for finding in raw.get("findings", ())),
                "login_markers": tuple(raw.get("login_markers", ())),
                "timing": Timing(**_known(Timing, raw["timing"])) if raw.get("timing") else None,
                "known": tuple(KnownError(**_known(KnownError, known)) for known in raw.get("known", ())),
            }
        )
    except (TypeError, AttributeError, RecursionError) as wrong:
        raise ValueError(f"not the evidence of a check: {wrong}") from wrong


def _known(kind: type[CheckLook | Hop | Finding | Timing | KnownError], raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if name in kind.__dataclass_fields__}
