"""A command as it may be shown and kept: word by word, for a secret is told by the word before it. Pure."""

import re
import shlex
from collections.abc import Sequence

from incidentui.edge.redact import CLIENTS, GONE, OPTION, redact

_QUIET = "@%redacted%@"
"""In the place of the mask while words are quoted: it needs no quotes itself."""
_LOGIN = ("-u", "--user", "--proxy-user")


def masked(words: Sequence[str]) -> tuple[str, list[str]]:
    """(the line, its words), without secrets: first what single words are, then what the line says together."""
    line = shlex.join(words)
    client = re.search(CLIENTS, line) is not None
    redis = re.search(r"\bredis-cli\b", line) is not None
    told = [_word(before, word, client, redis) for before, word in zip(("", *words), words, strict=False)]
    shown = redact(shlex.join(word.replace(GONE, _QUIET) for word in told).replace(_QUIET, GONE))
    try:
        return shown, shlex.split(shown)
    except ValueError:
        return shown, [shown]


def _word(before: str, word: str, client: bool, redis: bool) -> str:
    secret = re.fullmatch(OPTION, before, re.I) or (client and before == "-p") or (redis and before == "-a")
    if secret and not word.startswith("-"):
        return GONE
    if before in _LOGIN and re.fullmatch(r"[^:/]*:.+", word, re.S) and not re.fullmatch(r"\d+:\d+", word):
        return GONE
    if assigned := re.match(rf"{OPTION}=", word, re.I):
        return assigned.group() + GONE
    if client and re.match(r"-p.", word, re.S):
        return f"-p{GONE}"
    return f"{word[:2]}{GONE}" if _attached(word) else redact(word)


def _attached(word: str) -> bool:
    """Whether it looks like a password right behind its option, of a program that nobody knows here: rather a harmless
    word hidden than one of these kept. No number, path, port, or bundle of single letters looks so."""
    found = re.fullmatch(r"-[pPwW]([^\s/=]{6,})", word)
    if found is None or re.fullmatch(r"[\w.-]*:\d+(:\d+)?|[\d.:,-]+", found[1]):
        return False
    return bool(re.search(r"[A-Za-z]", found[1]) and re.search(r"[^A-Za-z]", found[1]))
