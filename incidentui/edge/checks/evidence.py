"""A look of a check made fit to be kept: cleaned, free of secrets, bounded. The value itself is `core.evidence`."""

import shlex
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from incidentui.config.checks import HttpCheck, Secret
from incidentui.core.evidence import CheckLook, Finding, Hop, write_check_look
from incidentui.core.inputs import Evidence, Sampled
from incidentui.core.known_errors import Library
from incidentui.core.model import KnownError
from incidentui.edge.checks.probe import Look
from incidentui.edge.text import clean_and_redact

BODY = 2048
_LINE = 300
_SEARCHED = 8192


def sampled(look: Look, with_evidence: bool, library: Library | None = None) -> Sampled:
    return Sampled(
        check=look.check.name,
        at=look.at,
        state=look.judgement.state,
        why=clean_and_redact(look.judgement.why, 200),
        status=look.status,
        latency_ms=look.response.took_ms if look.response else None,
        evidence=evidence(look, library) if with_evidence else None,
    )


def evidence(look: Look, library: Library | None = None) -> Evidence:
    return Evidence("check", write_check_look(check_look(look, library)))


def check_look(look: Look, library: Library | None = None) -> CheckLook:
    check, judgement, response = look.check, look.judgement, look.response
    why = clean_and_redact(judgement.why, 200)
    return CheckLook(
        check=check.name,
        service=check.service,
        layer=check.layer,
        kind=check.kind,
        method=check.method if isinstance(check, HttpCheck) else "",
        url=shown_url(check.url) if isinstance(check, HttpCheck) else clean_and_redact(check.target, _LINE),
        at=look.at,
        verdict=judgement.state,
        why=why,
        status=look.status,
        first_status=(look.response.hops if look.response else look.hops or (Hop(None, ""),))[0].status,
        content_type=clean_and_redact(response.content_type, 120) if response else "",
        bytes=len(response.body) if response else None,
        took_ms=look.took_ms,
        hops=tuple(_hop(hop) for hop in look.hops),
        findings=tuple(_finding(finding) for finding in judgement.findings),
        # Four times as much raw text as is kept: a secret at the edge is still seen whole.
        body=clean_and_redact((response.text() if response else look.output)[: BODY * 4], BODY, lines=True),
        login_markers=tuple(clean_and_redact(marker, _LINE) for marker in judgement.login_markers),
        error="" if response or look.output else why,
        curl=curl(check) if isinstance(check, HttpCheck) else clean_and_redact(look.again, _LINE),
        timing=look.timing,
        known=_known(look, why, library) if library else (),
    )


def _known(look: Look, why: str, library: Library) -> tuple[KnownError, ...]:
    """Of what is not good: in what it said of itself, and in the reason."""
    if look.judgement.state not in ("failing", "unknown"):
        return ()
    said = look.response.text() if look.response else look.output
    return library.of_text(clean_and_redact(f"{why}\n{said[:_SEARCHED]}", _SEARCHED, lines=True))


def _hop(hop: Hop) -> Hop:
    return replace(hop, url=shown_url(hop.url), location=shown_url(hop.location))


def _finding(finding: Finding) -> Finding:
    expected, got = clean_and_redact(finding.expected, _LINE), clean_and_redact(finding.got, _LINE)
    return replace(finding, expected=expected, got=got)


def shown_url(url: str) -> str:
    """Without user, password, fragment, and without the values of secret parameters."""
    try:
        parts = urlsplit(url)
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")
        return clean_and_redact(urlunsplit(bare), _LINE)
    except ValueError:  # a broken IPv6 address
        return clean_and_redact(url, _LINE)


def curl(check: HttpCheck) -> str:
    """The same request for a shell; a secret stands as the variable it comes from."""
    words = ["curl", "-sS", "-i", "--max-time", f"{check.timeout_ms / 1000:g}"]
    words += ["-L", "--max-redirs", "5"] if check.follow_redirects else []
    words += ["-X", check.method] if check.method != "GET" else []
    quoted = [shlex.quote(word) for word in words]
    for name, value in check.headers:
        quoted += ["-H", _header(name, value)]
    return " ".join([*quoted, shlex.quote(shown_url(check.url))])


def _header(name: str, value: Secret | str) -> str:
    if isinstance(value, Secret):
        return f'"{name}: ${value.env or "SECRET"}"'
    return shlex.quote(clean_and_redact(f"{name}: {value}", _LINE))
