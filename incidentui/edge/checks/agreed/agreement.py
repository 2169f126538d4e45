"""Two or more values that must agree: each read where it stands, compared, and told who says what.

A secret leaves this module as a keyed hash only: it is neither shown nor kept, and is known as a secret from then on.
"""

import asyncio
import hmac
import secrets
from collections.abc import Iterable, Sequence
from time import perf_counter

from incidentui.config.agreement import AgreementCheck, InAnswer, InCompose, InEnvironment, InFile, InWorkload, Value
from incidentui.core.evidence import Finding
from incidentui.core.value import dataclass
from incidentui.edge.checks.agreed.compose import AbsentError
from incidentui.edge.checks.agreed.documents import Found, UnreadableError
from incidentui.edge.checks.agreed.origins import Reader
from incidentui.edge.checks.probe import Ground, Look, alone
from incidentui.edge.checks.web.expect import Judgement
from incidentui.edge.known import says_secret
from incidentui.edge.text import LIMIT, add_known_secrets, clean, clean_and_redact

_KEY = secrets.token_bytes(32)
"""Of this process alone: a hash that got out could be compared with no guess."""
_SHOWN = 60
NOT_SHOWN = "(not shown)"


@dataclass(frozen=True, slots=True)
class Said:
    """What one place says, fit to be shown. Equal `key`: the places agree."""

    name: str
    place: str
    key: bytes = b""
    """Empty: it could not be read."""
    shown: str = ""
    """The value, or why there is none."""
    absent: bool = False


class AgreementProbe:
    def __init__(self, check: AgreementCheck, ground: Ground) -> None:
        self.check = check
        self._now = ground.clock.now
        self._readers = [Reader(check, value, ground) for value in check.values]
        self._secret = is_secret(check)

    async def look(self) -> Look:
        at, started = self._now(), perf_counter()
        read = await asyncio.gather(*(reader.read() for reader in self._readers), return_exceptions=True)
        said, secret = told(self.check.values, read, self._secret)
        took = round((perf_counter() - started) * 1000)
        return Look(
            self.check,
            at,
            judge(said, secret),
            took,
            output="\n".join(f"{one.name}: {one.shown}  ({one.place})" for one in said),
            again=alone(self.check),
        )


def is_secret(check: AgreementCheck) -> bool:
    if check.secret is not None:
        return check.secret
    return any(says_secret(name) for name in [check.name, *(n for v in check.values for n in _names(v))])


def _names(value: Value) -> Iterable[str]:
    yield value.name
    match value.origin:
        case InFile(path=path):
            yield path or ""
        case InAnswer(json=json, header=header):
            yield header or json
        case InCompose(env=env) | InWorkload(env=env) | InEnvironment(env=env):
            yield env or ""
        case _:
            return


# -- from what was read to what may be shown


def told(values: Sequence[Value], read: Sequence[Found | BaseException], secret: bool) -> tuple[tuple[Said, ...], bool]:
    """What each place says, and whether it stays hidden: redaction would make different values look alike."""
    texts = [one.text for one in read if isinstance(one, Found)]
    if secret:
        add_known_secrets(line for text in texts for line in (text, *text.splitlines()))
    hidden = secret or any(len(text) > LIMIT or clean_and_redact(text) != clean(text) for text in texts)
    shown = {text: NOT_SHOWN if hidden else _shown(text, texts) for text in texts}
    return tuple(_said(value, one, shown) for value, one in zip(values, read, strict=True)), hidden


def _said(value: Value, read: Found | BaseException, shown: dict[str, str]) -> Said:
    place = value.origin.place()
    match read:
        case Found(text=text, line=line):
            return Said(value.name, value.origin.place(line), _key(text), shown[text])
        case AbsentError():
            return Said(value.name, place, b"absent", str(read), absent=True)
        case UnreadableError():
            return Said(value.name, place, shown=str(read))
        case Exception():
            # A rule of ours that fails on what stands there says nothing of the service.
            return Said(value.name, place, shown=f"cannot be read: {type(read).__name__}")
        case _:
            raise read


def _key(text: str) -> bytes:
    return hmac.digest(_KEY, text.encode("utf-8", errors="surrogatepass"), "sha256")


def _shown(text: str, texts: Sequence[str]) -> str:
    """Short enough for a line; where others begin alike, from where they part on."""
    if not text:
        return "nothing"
    short = clean(text, _SHOWN)
    if all(other == text or clean(other, _SHOWN) != short for other in texts):
        return short
    part = next((n for n, chars in enumerate(zip(*texts, strict=False)) if len(set(chars)) > 1), len(text))
    begin = max(0, part - 10)
    return f"…{ascii(text[begin : begin + _SHOWN])[1:-1]} ({len(text)} characters)"


# -- the judgement


def judge(said: Sequence[Said], secret: bool) -> Judgement:
    groups = _groups([one for one in said if one.key])
    unread = [one for one in said if not one.key]
    most = _majority(groups)
    findings = tuple(_finding(one, most, groups) for one in said)
    if len(groups) > 1:
        return Judgement("failing", _differing(groups, secret), findings)
    if unread:
        more = f" (and {len(unread) - 1} more)" if len(unread) > 1 else ""
        return Judgement("unknown", f"{unread[0].name}: {unread[0].shown}{more}", findings)
    if most[0].absent:
        return Judgement("unknown", f"nobody says it: {most[0].name} {most[0].shown}", findings)
    return Judgement("ok", f"{len(said)} values agree {most[0].shown if secret else f'on {most[0].shown}'}", findings)


def _groups(said: Sequence[Said]) -> list[tuple[Said, ...]]:
    """Those that agree together, the most first."""
    groups: dict[bytes, list[Said]] = {}
    for one in said:
        groups.setdefault(one.key, []).append(one)
    return sorted((tuple(group) for group in groups.values()), key=len, reverse=True)


def _majority(groups: Sequence[Sequence[Said]]) -> Sequence[Said]:
    """More than half of those that could be read; nobody, where there is no such."""
    return groups[0] if groups and 2 * len(groups[0]) > sum(len(group) for group in groups) else ()


def _differing(groups: Sequence[Sequence[Said]], secret: bool) -> str:
    most = _majority(groups)
    odd = [one for group in groups if group is not most for one in group]
    if secret:
        absent = [f"{one.name} {one.shown}" for group in groups for one in group if one.absent]
        if absent:
            return ", ".join(absent)
        if most:
            return f"{_listed(odd)} {'differ' if len(odd) > 1 else 'differs'} from the {len(most)} others {NOT_SHOWN}"
        return f"{_listed(odd)} differ {NOT_SHOWN}"
    if most:
        against = f"{_listed(most)} say {most[0].shown}" if not most[0].absent else f"{_listed(most)}: {most[0].shown}"
        return f"{', '.join(_says(one) for one in odd)}, while {against}"
    return ", ".join(_says(one) for one in odd)


def _says(one: Said) -> str:
    return f"{one.name} {one.shown}" if one.absent else f"{one.name} says {one.shown}"


def _listed(said: Sequence[Said]) -> str:
    names = [one.name for one in said]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _finding(one: Said, most: Sequence[Said], groups: Sequence[Sequence[Said]]) -> Finding:
    """Without a majority nobody is the odd one out: each is held against the others."""
    held_against = [most] if most else [group for group in groups if one not in group]
    expected = " or ".join(dict.fromkeys(group[0].shown for group in held_against))
    ok = bool(one.key) and (one in most or len(groups) == 1)
    return Finding(one.name, expected or "a value", f"{one.shown}  ({one.place})", ok)
