"""What ssh said when it gave up, in a person's words: what is wrong; what to do."""

import re
from collections.abc import Callable

from incidentui.edge.ssh.address import Address
from incidentui.edge.text import clean_and_redact

_NOISE = re.compile(r"^(@+|Pseudo-terminal |Warning: Permanently|\*\* )")
_DENIED = re.compile(r"^(?:(\S+): )?Permission denied(?: \(([\w,-]*)\))?", re.MULTILINE)
_OFFENDING = re.compile(r"Offending (?:\S+ )?key in (\S+?):\d+")
_REMOVE = re.compile(r'-R "?([^"\s]+)')
_PORT = re.compile(r"connect to host \S+ port (\d+)")


def refusal(said: str, address: Address, within_s: float) -> str:
    """Of a connection that never stood. `said`: all that ssh wrote; `within_s`: how long it was given."""
    for sign, words in _SIGNS:
        if sign.search(said):
            return words(said, address, within_s)
    last = last_words(said)
    return f"ssh gives up{f': {last}' if last else ', and says nothing'}; see what it says by hand: {address.by_hand}"


def ended(said: str) -> str:
    """Of a connection that stood."""
    why = "no answer from there any more" if "not responding" in said else last_words(said)
    return f"the ssh connection ended{f': {why}' if why else ''}; it is made anew"


def last_words(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip() and not _NOISE.match(line.strip())]
    return clean_and_redact(lines[-1], 160).removeprefix("ssh: ") if lines else ""


def _changed(said: str, address: Address, _: float) -> str:
    where, name = _OFFENDING.search(said), _REMOVE.search(said)
    file = f"-f {where[1]} " if where else ""
    remove = f"ssh-keygen {file}-R '{name[1] if name else address.known_as}'"
    return clean_and_redact(
        "its host key HAS CHANGED: another machine, or somebody in between; "
        f"ask who runs it; if it was made anew: {remove}, then {address.by_hand} true",
        400,
    )


def _unknown(_: str, address: Address, __: float) -> str:
    return f"its host key is not known here; {address.by_hand} true, once by hand, and compare the key"


def _denied(said: str, address: Address, _: float) -> str:
    found = _DENIED.search(said)
    who, ways = (found[1] or "", found[2] or "") if found else ("", "")
    how = clean_and_redact(f"{f' {who}' if who else ''}{f' ({ways})' if ways else ''}", 120)
    return f"permission denied{how}; ssh-add a key that it takes, or see {address.by_hand} true"


def _no_name(said: str, _: Address, __: float) -> str:
    found = re.search(r"Could not resolve hostname (\S+?):", said)
    name = clean_and_redact(found[1], 80) if found else "of that name"
    return f"no such host: {name}; correct its address, or your ssh configuration"


def _nobody(said: str, _: Address, __: float) -> str:
    found = _PORT.search(said)
    return f"no sshd listens{f' on port {found[1]}' if found else ''}; start it there, or correct the port"


def _silent(_: str, __: Address, within_s: float) -> str:
    return f"no answer from its sshd within {within_s:g} s; it hangs or is out of reach"


def _no_way(said: str, _: Address, __: float) -> str:
    return f"no way there from here: {last_words(said).rpartition(': ')[2]}; is a VPN or a network missing?"


def _turned_away(_: str, address: Address, __: float) -> str:
    return f"its sshd hangs up before we log in: it restarts, or turns us away; its log says why, or {address.by_hand}"


def _configuration(said: str, _: Address, __: float) -> str:
    found = next(line for line in said.splitlines() if _BAD.search(line))
    return f"your ssh configuration: {clean_and_redact(found.strip(), 160)}; correct it"


_BAD = re.compile(r"Bad configuration option|Bad owner or permissions on|[Mm]issing argument|bad configuration")
_SIGNS: tuple[tuple[re.Pattern[str], Callable[[str, Address, float], str]], ...] = (
    (re.compile("HOST IDENTIFICATION HAS CHANGED|[Hh]ost key for .* has changed"), _changed),
    (re.compile("Host key verification failed|host key is known for|REVOKED HOST KEY"), _unknown),
    (re.compile("Permission denied|Too many authentication failures|No more authentication methods"), _denied),
    (re.compile("Could not resolve hostname"), _no_name),
    (re.compile("Connection refused"), _nobody),
    (re.compile("timed out"), _silent),
    (re.compile("No route to host|[Nn]etwork is unreachable|Host is down"), _no_way),
    (_BAD, _configuration),
    (re.compile("kex_exchange_identification|Connection (closed|reset) by|banner exchange"), _turned_away),
)
"""The first that fits: a key that changed also fails to be verified."""


# -- over a connection that stands: the socket at its end

PROBE = (
    "sh -c 's={socket}; id -un; "
    'if [ ! -e "$s" ]; then echo missing; elif [ ! -r "$s" ] || [ ! -w "$s" ]; then echo forbidden; '
    "elif ! command -v docker >/dev/null; then echo unclear; "
    'elif docker -H "unix://$s" version >/dev/null 2>&1; then echo answers; else echo stopped; fi\''
)
"""For the shell over there, whichever it is. The path holds nothing that a shell would read otherwise."""


def of_socket(answer: str, address: Address) -> str:
    """Why nothing comes out of its socket. `answer`: what the probe said; empty: nothing."""
    user, _, state = answer.strip().partition("\n")
    who, there = clean_and_redact(user, 40), address.socket
    if state == "missing":
        return f"no socket there: {there}; start Docker there, or name its socket: ssh://HOST/path/of/docker.sock"
    if state == "forbidden":
        return f"{who} may not open the socket there: {there}; there: sudo usermod -aG docker {who}, then log in anew"
    if state == "stopped":
        return f"nobody answers there, behind {there}; start Docker there"
    if state == "answers":
        return "its sshd forbids the way to a socket; there, in sshd_config: AllowStreamLocalForwarding yes"
    return f"nothing comes back from {there} there; start Docker there, and see that its sshd lets us through to it"
