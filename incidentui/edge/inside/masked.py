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
    return f"-p{GONE}" if client and re.match(r"-p.", word, re.S) else redact(word)
