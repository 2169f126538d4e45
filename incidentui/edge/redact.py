"""Secrets out of text before it is stored: first every value known to be one, then shapes that only secrets have.

A rule here must leave alone what an incident is told with: shas, uuids, file names, ports, "token usage: 512".
Rules are compiled when a text first asks for them: all of them take longer than a note may.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import NamedTuple
from urllib.parse import quote, quote_plus

GONE = "[redacted]"
_SHORTEST = 3
_WHOLE_WORD_BELOW = 6
"""A shorter known value is only replaced where it stands as a word of its own: "abc" must not eat "abcess"."""

_known_values: frozenset[str] = frozenset()
_known: re.Pattern[str] | None = None


def set_known_secrets(values: Iterable[str]) -> None:
    """From now on these values, and no others, are replaced wherever they stand."""
    global _known_values, _known
    _known_values = frozenset(value for value in values if len(value.strip()) >= _SHORTEST)
    forms = {form for value in _known_values for form in _forms(value)}
    alternatives = [_as_pattern(form) for form in sorted(forms, key=lambda form: (-len(form), form))]
    _known = re.compile("|".join(alternatives)) if alternatives else None


def add_known_secrets(values: Iterable[str]) -> None:
    """These values too."""
    both = _known_values | frozenset(values)
    if both != _known_values:  # each check says its own again at every look
        set_known_secrets(both)


def redact(text: str) -> str:
    """`text` with `[redacted]` in the place of every secret."""
    if _known is not None:
        text = _known.sub(GONE, text)
    folded = text.lower() if text.isascii() else None  # `re.I` takes a dotless i for an i: there every rule is asked
    for rule in _RULES:
        for hint in rule.hints:
            if folded is None or hint in folded:
                text = _compiled(rule.pattern).sub(rule.replacement, text)
                break
    if "|" in text:
        from incidentui.edge.cells import in_tables  # not on the way of most lines

        text = in_tables(text)
    return _without_beheaded_keys(text) if "-----END " in text else text


_compiled = cache(re.compile)


# -- values known to be secret


def _forms(value: str) -> Iterator[str]:
    import html

    value = value.strip()
    once, plain = json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]
    yield from (value, once, plain, json.dumps(once)[1:-1], json.dumps(plain, ensure_ascii=False)[1:-1])
    yield from (quote(value), quote(value, safe=""), quote_plus(value), html.escape(value))
    yield re.sub("%[0-9A-F]{2}", lambda found: found.group().lower(), quote(value, safe=""))
    if len(value) >= _WHOLE_WORD_BELOW:
        yield from _base64_forms(value.encode("utf-8", errors="surrogatepass"))
    # A key of several lines is met line by line in a log.
    yield from (line for line in value.splitlines() if len(line) >= 16)


def _base64_forms(raw: bytes) -> Iterator[str]:
    """As it looks inside the base64 of something longer, `user:secret` say: the sure middle of three alignments."""
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * before + raw).decode("ascii").rstrip("=")
            first = -(-before * 4 // 3)
            last = len(text) if (before + len(raw)) % 3 == 0 else len(text) - 1
            yield text[first:last]


def _as_pattern(form: str) -> str:
    pattern = re.escape(form)
    return rf"(?<!\w){pattern}(?!\w)" if len(form) < _WHOLE_WORD_BELOW else pattern


# -- shapes


class _Rule(NamedTuple):
    hints: tuple[str, ...]
    """Every text that the pattern finds holds one of these, in small letters."""
    pattern: str
    replacement: str | Callable[[re.Match[str]], str]


SENSITIVE = (
    r"(?:pass(?:word|wd|phrase|code)|secret(?:[_-]?key[_-]?base)?|token|api[_-]?key|(?:access|account|private|secret|signing|encryption|auth|master|shared)"
    r"[_-]?key|credentials?|session[_-]?id|csrf[_-]?token|[_-](?:pwd|pass)|(?:db|user|root|admin)(?:pwd|pass))"
)
_VALUE = r"""(\\"[^"\\\n]*\\"|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s"'&;\\]+)"""
_ASSIGNED = (
    rf"""(?i)({SENSITIVE})(\\?(?:["']|[*_`\ufffd]{{1,4}})?\s?(?:=>|[:=])(?:[*_`]{{1,3}}(?=\s))?\s{{0,3}}){_VALUE}"""
)
"""Marks of Markdown may stand between: "**Password:** x"."""
_SPOKEN = (
    r"""(?i)\b(pass(?:word|wd|phrase|code)[*_`]{0,3}\s(?:was|is|were)\s(?:(?:still|now|(?:re)?set to|changed to)\s)?)"""
)
_SPOKEN += r"""(`[^`\s]+`|"[^"\s]+"|[^\s"'`|,;]{6,})"""
HARMLESS_VALUE = r"""(?xi) ["']? (?: \$\{?[A-Z_][A-Z0-9_]*\}? | <[^>]*> | \*+ | \{+[^}]*\}* | null | none | nil | true
    | false | yes | no | required | expected\S* | missing | invalid | incorrect | wrong | empty | expired | unset
    | unknown | \[redacted\] | ) ["']? [,.)}\]]*"""
_KEY_END = r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
_KEY_LINE = r"[^\n]{0,64}?[A-Za-z0-9+/]{16,80}={0,2}\s{0,2}"
PLAIN_WORD = r"(?:[A-Za-z]?[a-z]{1,15}|\d{1,6}|[^\w]{1,3})[,.:)]*"


def _assigned(found: re.Match[str]) -> str:
    key, between, value = found.groups()
    if _compiled(HARMLESS_VALUE).fullmatch(value):
        return found.group()
    # "invalid token: unexpected end" is prose; `password: hunter` and `token=abc` are not.
    prose = ":" in between and between.endswith(" ") and '"' not in between
    if (
        prose
        and not key.lower().endswith(("password", "passwd", "passphrase"))
        and _compiled(PLAIN_WORD).fullmatch(value)
    ):
        return found.group()
    for quote_mark in ('\\"', '"', "'"):
        if value.startswith(quote_mark):
            return f"{key}{between}{quote_mark}{GONE}{quote_mark}"
    return f"{key}{between}{GONE}"


def _spoken(found: re.Match[str]) -> str:
    """ "the password was wrong" is prose: what nobody would write in a sentence is a password."""
    value = found[2].rstrip(".!?:)")
    if not value or _compiled(HARMLESS_VALUE).fullmatch(value.strip("`")):
        return found.group()
    mixed = re.search(r"[A-Za-z]", value) and re.search(r"\d|[!@#$%^&*+=?]", value)
    named = re.match(r"(?i)(?:sha|md|aes|rsa|utf|base)-?\d+|bcrypt|\d+-[a-z]", value)
    gone = (mixed and not named) or value[0] in '`"'
    return f"{found[1]}{found[2].replace(value, GONE)}" if gone else found.group()


def _without_beheaded_keys(text: str) -> str:
    """A key whose beginning was cut off, as at the end of a log: the lines before its end are its body."""
    out, done = [], 0
    for end in _compiled(_KEY_END).finditer(text):
        lines = text[done : end.start()].split("\n")
        last, body = lines.pop(), len(lines)
        while body and _compiled(_KEY_LINE).fullmatch(lines[body - 1]):
            body -= 1
        gone = [GONE] if body < len(lines) else []
        out += ["\n".join([*lines[:body], *gone, last]), end.group()]
        done = end.end()
    return "".join([*out, text[done:]])


def _basic(found: re.Match[str]) -> str:
    """ "Basic" is an English word too: what follows must be the base64 of `name:password`."""
    text = found.group(2)
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return found.group()
    return f"{found.group(1)}{GONE}" if b":" in decoded else found.group()


def _lone_p(found: re.Match[str]) -> str:
    """`-p` is also a port, a project and a path: without a known command, only what nobody would name a thing."""
    value = found.group(2).strip("'\"")
    odd = re.search(r"[!@#$%^&*+=?]", value) and re.search(r"\w", value)
    mixed = all(re.search(kind, value) for kind in ("[a-z]", "[A-Z]", r"\d"))
    shown = len(value) < 6 or value.startswith(("$", "/", ".", "-", "~")) or not (odd or mixed)
    return found.group() if shown else f"{found.group(1)}{GONE}"


CLIENTS = r"\b(?:mysql\w*|mariadb[\w-]*|sshpass|mongo\w*|clickhouse-client|smbclient|cqlsh|sqlcmd|login)\b"
_FETCH = r"""(\b(?:curl|wget|http)\b[^\n|;]{0,400}?\s(?:-u|--user|--proxy-user)[ =]?["']?)"""
OPTION = r"--[a-z-]{0,30}(?:password|passwd|passphrase|pass|token|secret|api-?key|access-key)"
_PARAMETER = r"(?:[\w.-]{0,40}(?:key|sig|signature|credential|security-token|passw?o?r?d?|pwd|auth|sid)|code)"
_WORD = r"""("[^"\n]*"|'[^'\n]*'|[^\s"']+)"""

_RULES = (
    _Rule(
        ("-----begin",),
        r"(?s)(-----BEGIN ([A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?)-----).*?(?:-----END \2-----|\Z)",
        rf"\1{GONE}-----END \2-----",
    ),
    # The password of a URL may itself hold an @: the last one before the path counts. `ssh://git@host` is no secret.
    _Rule(("://",), r"""(?i)\b([a-z][a-z0-9+.-]{1,20}://)[^\s/?#'"<>:@]*:[^\s/?#'"<>]*@""", rf"\1{GONE}@"),
    _Rule(("://",), r"""(?i)\b(https?://)[^\s/?#'"<>]+@""", rf"\1{GONE}@"),
    _Rule(
        ("authorization",),
        r"""(?i)\b((?:proxy-)?authorization\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?)(?!\[redacted\])"""
        r"""((?:bearer|basic|token|digest|negotiate|apikey|aws4-hmac-sha256)\s{1,3})?[^\r\n"'\\]+""",
        rf"\1\2{GONE}",
    ),
    _Rule(
        ("cookie",),
        r"""(?i)\b((?:set-)?cookie2?\\?["']?\s{0,3}:\s{0,3}\\?["']?)[^\s=;"']{1,128}=[^\r\n"']*""",
        rf"\1{GONE}",
    ),
    _Rule(("--cookie", "-b"), r"""(?i)(\s(?:--cookie|-b)[ =]["']?)[^\s=;"']{1,128}=[^\s"']*""", rf"\1{GONE}"),
    _Rule(
        ("bearer",),
        r"(?i:\b(bearer\s{1,3}))(?=[^\s]{0,200}?(?:[0-9=_.]|[a-z][A-Z]))[A-Za-z0-9._~+/=-]{8,}",
        rf"\1{GONE}",
    ),
    _Rule(("basic",), r"(?i:\b(basic\s{1,3}))([A-Za-z0-9+/]{6,}={0,2})(?![A-Za-z0-9])", _basic),
    _Rule(("eyj",), r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)*", GONE),
    _Rule(("akia", "asia", "abia", "acca"), r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b", GONE),
    _Rule(
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"\b(?:gh[pousr]_[A-Za-z0-9]{16,255}|github_pat_[A-Za-z0-9_]{20,255})",
        GONE,
    ),
    _Rule(("gl",), r"\bgl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|imt|oas)-[A-Za-z0-9_.-]{16,}", GONE),
    _Rule(("xox", "xapp-"), r"\bxox[a-z]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}", GONE),
    _Rule(("hooks.slack.com",), r"(\bhooks\.slack\.com/(?:services|workflows)/)[A-Za-z0-9/_-]{12,}", rf"\1{GONE}"),
    _Rule(
        ("sk_", "rk_", "pk_", "whsec_", "sk-"),
        r"\b(?:sk|rk|pk|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,}|\bsk-[A-Za-z0-9_-]{20,}",
        GONE,
    ),
    _Rule(
        ("aiza", "npm_", "dop_v1_"),
        r"\bAIza[A-Za-z0-9_-]{35}|\bnpm_[A-Za-z0-9]{36}|\bdop_v1_[a-f0-9]{64}",
        GONE,
    ),
    _Rule(("pypi-",), r"\bpypi-[A-Za-z0-9_-]{50,}", GONE),
    _Rule(("sg.", "hvs."), r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|\bhvs\.[A-Za-z0-9_-]{20,}", GONE),
    _Rule(("-p",), rf"({CLIENTS}[^\n|;&]{{0,200}}?\s-p\s?)(?![\s/\d:]*\s){_WORD}", rf"\1{GONE}"),
    _Rule(("redis-cli",), rf"(\bredis-cli\b[^\n|;&]{{0,200}}?\s-a\s?){_WORD}", rf"\1{GONE}"),
    _Rule(("curl", "wget", "http"), rf"{_FETCH}[^\s\"']+:[^\s\"']+", rf"\1{GONE}"),
    _Rule(("-p",), rf"(?<!\S)(-p\s?){_WORD}", _lone_p),
    _Rule(("--",), rf"(?i)(?<!\S)({OPTION}[ =])(?!-){_WORD}", rf"\1{GONE}"),
    _Rule(("?", "&"), rf"""(?i)([?&]{_PARAMETER}=)[^\s&#"'<>]+""", rf"\1{GONE}"),
    _Rule(("pass", "secret", "token", "key", "credential", "session", "csrf", "pwd"), _ASSIGNED, _assigned),
    _Rule(("pass",), _SPOKEN, _spoken),
)
