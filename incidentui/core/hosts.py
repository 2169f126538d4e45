"""Which other hosts the text of a command reaches: those that ssh, scp and rsync are told. Pure, in one pass."""

import re
from collections.abc import Iterator, Sequence

_WORDS = re.compile(r"""(?:"[^"\n]*"|'[^'\n]*'|[^\s"';|&()])+|[\n;|&()]""")
_HOST = re.compile(r"(?:ssh://)?(?:[\w.-]+@)?(\w[\w.-]*|\[?[0-9a-fA-F:]+\]?)(?::\d+)?/?")
_REMOTE = re.compile(r"(?:(?:scp|rsync)://(?:[\w.-]+@)?(\w[\w.-]*)|(?:[\w.-]+@)?(\w[\w.-]*|\[[0-9a-fA-F:]+\]):)")
_ITEM = re.compile(r"""\"[^"\n]*"|'[^'\n]*'|[\w.]+""")
_LIST = re.compile(rf"""[\[(]\s*((?:"[^"\n]*"|'[^'\n]*')(?:\s*,\s*(?:{_ITEM.pattern}))+)\s*,?\s*[\])]""")
"""The words of a command as a program's text lists them: `["ssh", "web1", "uptime"]`. What is no text is not known."""
_VALUED = "BbcDEeFIiJLlmOoPpQRSWw"
"""Options of ssh that take a value."""
_BEFORE = re.compile(r"sudo|env|exec|time|timeout|nohup|if|then|else|do|while|until|!|\{|\$|-.*|\w+=.*|\d+[smh]?")
"""What may stand before the name of a command."""
_UNKNOWN = ("another host", "which one is not known")


def other_hosts(text: str) -> Iterator[tuple[str, str]]:
    """(host, "another host"), each once; a command whose host cannot be read (a variable) says so."""
    told = (host for words in _commands(text) for host in _told(words))
    yield from dict.fromkeys((host, "another host") if host else _UNKNOWN for host in told)


def _commands(text: str) -> Iterator[list[str]]:
    for listed in _LIST.findall(text):
        yield [word.strip("\"'") if word[0] in "\"'" else f"${word}" for word in _ITEM.findall(listed)]
    words: list[str] = []
    for found in _WORDS.finditer(text.replace("\\\n", " ")):
        if found.group() in "\n;|&()":
            yield words
            words = []
        else:
            words.append(found.group().strip("\"'"))
    yield words


def _told(words: Sequence[str]) -> Iterator[str]:
    """The hosts of one command; empty: one that cannot be read."""
    n = next((n for n, word in enumerate(words) if not _BEFORE.fullmatch(word)), None)
    tool = words[n].rpartition("/")[2] if n is not None else ""
    after = words[n + 1 :] if n is not None else ()
    if tool == "ssh":
        host = _HOST.fullmatch(_free(after))
        yield host[1] if host else ""
    elif tool in ("scp", "rsync"):
        remote = [found[1] or found[2] for word in after if (found := _REMOTE.match(word))]
        yield from remote or ([""] if tool == "scp" or any("$" in word for word in after) else [])


def _free(words: Sequence[str]) -> str:
    """The first word that is neither an option nor the value of one."""
    value = False
    for word in words:
        if value or word.startswith("-"):
            takes = next((k for k, letter in enumerate(word[1:], 2) if letter in _VALUED), 0)
            value = not value and takes == len(word)
        else:
            return word
    return ""
