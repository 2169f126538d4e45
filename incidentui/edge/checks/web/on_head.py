"""The rules on what comes before the body: status, addresses, headers, certificate. Pure."""

from urllib.parse import urljoin

from incidentui.core.evidence import Finding
from incidentui.edge.checks.web.answer import MAX_REDIRECTS, Response, Trial
from incidentui.edge.checks.web.json_rules import judge_values
from incidentui.edge.checks.web.login import split
from incidentui.edge.redact import GONE, redact

_DAY_MS = 86_400_000
_MOST = 4096
"""Characters of an address that are compared."""


def judge_head(trial: Trial, markers: tuple[str, ...]) -> None:
    _status(trial, markers)
    if trial.expect.not_login:
        got = markers[0] if markers else "none"
        trial.add("login page", "none", got, "a login page" if markers else "")
    _addresses(trial)
    for name, rule in trial.expect.headers:
        _header(trial, name, rule)
    if trial.expect.cert_days is not None:
        _certificate(trial, trial.expect.cert_days)


def _status(trial: Trial, markers: tuple[str, ...]) -> None:
    response = trial.response
    wanted = " or ".join(str(status) for status in trial.expect.status)
    ok = response.status in trial.expect.status
    trial.findings.append(Finding("status", wanted, str(response.status), ok))
    if not ok:
        trial.whys.append(_status_why(response, bool(markers)))
    if len(response.hops) > 1:
        trial.add("first status", f"{wanted} or a redirect", str(response.hops[0].status), "")


def _status_why(response: Response, login: bool) -> str:
    location = response.hops[-1].location
    if not 300 <= response.status < 400 or not location:
        return str(response.status)
    if len(response.hops) > MAX_REDIRECTS:
        return f"{response.status} again and again: more than {MAX_REDIRECTS} redirects"
    asked, sent = split(response.hops[-1].url), split(location)
    where = sent.path if not sent.netloc or sent.netloc == asked.netloc else f"{_host(sent.netloc)}{sent.path}"
    return f"{response.status} to {where or '/'}" + (", a login page" if login else "")


def _host(netloc: str) -> str:
    return netloc.rpartition("@")[2]


# -- addresses


def _addresses(trial: Trial) -> None:
    expect, response = trial.expect, trial.response
    if expect.final_url is not None:
        final = response.hops[-1].url
        trial.add("final address", expect.final_url, final, "" if fits(expect.final_url, final) else "another address")
    sent = [_joined(hop.url, hop.location) for hop in response.hops if hop.location]
    if expect.location is not None:
        ok = any(fits(expect.location, address) for address in sent)
        wrong = "" if ok else f"it does not lead to {expect.location}"
        trial.add("location", expect.location, sent[-1] if sent else "none", wrong)
    if expect.location_not is not None:
        bad = next((address for address in sent if fits(expect.location_not, address)), "")
        wrong = f"it leads to {expect.location_not}" if bad else ""
        trial.add("location", f"not {expect.location_not}", bad or (sent[-1] if sent else "none"), wrong)


def _joined(address: str, location: str) -> str:
    try:
        return urljoin(address, location)
    except ValueError:  # one that is no address
        return location


def fits(glob: str, address: str) -> bool:
    """`*` stands for anything. Looks only forward: an address can be long, and made to be slow."""
    parts = split(address)
    if glob.startswith("/"):
        address = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    address = address[:_MOST]
    first, *rest = glob.split("*")
    if not rest:
        return address == glob
    *middle, last = rest
    at = len(first)
    for part in middle:
        found = address.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return address.startswith(first) and address.endswith(last) and len(address) - len(last) >= at


# -- headers, certificate


def _header(trial: Trial, name: str, rule: object) -> None:
    value = trial.response.headers.get(name.lower())
    found = judge_values(f"header {name}", rule, [] if value is None else [value], text=True)
    shown = found.got if value is None or redact(f"{name}: {value}") == f"{name}: {value}" else GONE
    got = "is not there" if value is None else f"is {shown}"
    trial.add(found.name, found.expected, shown, "" if found.ok else f"{name} {got}, not {found.expected}")


def _certificate(trial: Trial, days: int) -> None:
    left = trial.response.cert_left_ms
    wanted = f"valid for {days} days"
    if left is None:
        return trial.add("certificate", wanted, "none", "no certificate")
    got = f"{left // _DAY_MS} days"
    return trial.add("certificate", wanted, got, f"the certificate ends in {got}" if left < days * _DAY_MS else "")
