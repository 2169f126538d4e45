"""What shell text says of itself without being run: variables it uses and sets, lines that never run, what it destroys.

A reader, not a shell: where it cannot be sure it says nothing.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from incidentui.runbook.unfinished import Unfinished, beginnings

_USED = re.compile(r"(?<![\\$])\$(?:([A-Z_][A-Z0-9_]*)\b|\{([A-Z_][A-Z0-9_]*)\})")
"""Only plain uses of names in capitals: `${NAME:-default}` has an answer of its own."""
_TAKES = re.compile(r"(?<!\\)\$(?:([A-Z_][A-Z0-9_]*)\b|\{[#!]?([A-Z_][A-Z0-9_]*)\b(?!:?[-=?+]))")
"""Any use of a value that has no answer for the want of one."""
_SET = re.compile(
    r"(?:^|[;&|({]|\b(?:do|then|else|export|local|declare|readonly|typeset|env)(?:\s+-\w+)*)\s*((?:[A-Za-z_]\w*=\S*\s+)*[A-Za-z_]\w*)\+?=",
    re.MULTILINE,
)
_READ = re.compile(r"\b(?:read|for|mapfile|readarray|select)\b((?:\s+(?:-\w+|[A-Za-z_]\w*))+)")
_DEFAULT = re.compile(r"\$\{([A-Za-z_]\w*):?[=?]")
_GIVEN_BY_THE_SYSTEM = """
    BASH_REMATCH BASH_SOURCE COLUMNS EDITOR EUID FUNCNAME HOME HOST HOSTNAME IFS INCIDENT_ID KUBECONFIG LANG LC_ALL
    LINENO LINES LOGNAME OLDPWD OPTARG OPTIND PAGER PATH PIPESTATUS PPID PWD RANDOM REPLY SECONDS SHELL SHLVL TERM
    TMPDIR UID USER
"""
_GIVEN = frozenset(_GIVEN_BY_THE_SYSTEM.split())
_LEAVES = re.compile(r"(?:exit|exec\s+[^<>&\s]\S*)\b[^|&;]*$")
_DANGEROUS = re.compile(
    r"\brm\s+(?:-\w+\s+)*-\w*[rR]\w*|\b(?:kubectl|oc)\b[^|;\n]{0,300}\s(?:delete|drain|scale|rollout\s+(?:restart|undo))\b"
    r"|\bgit\b[^|;\n]{0,300}\s(?:push\s[^|;\n]{0,300}(?:--force\b|-f\b)|reset\s+--hard)|\bdocker\s+(?:compose\s+(?:down|restart|rm|kill)"
    r"|rm|kill|stop|restart|volume\s+rm|system\s+prune)\b|\bsystemctl\s+(?:restart|stop|kill)\b"
    r"|\b(?:drop|truncate)\s+(?:table|database)\b|\bterraform\s+(?:apply|destroy)\b|\bmkfs\b|\bdropdb\b"
    r"|\b(?:gcloud|aws|az|gsutil|bq|rbd|ceph|odf|virtctl)\b[^|;\n]{0,300}\s(?:delete|rm|rb|destroy|purge|stop|restart)\b"
    r"|\b(?:pkill|killall|reboot|shutdown)\s|\bkill\s+-|\bservice\s+\S+\s+(?:restart|stop)\b"
    r"|\bhelm\s+(?:rollback|uninstall|delete)\b",
    re.IGNORECASE,
)


_BUILDS = re.compile(
    r"\b(?:docker-compose|podman-compose|docker|podman|nerdctl)\b(?:(?!\b(?:exec|run)\b)[^|;&\n]){0,300}?"
    r"\s(?:build|bake|--build)\b(?![-/.])"
)


def builds(text: str) -> str:
    """The first command in it that builds an image; empty when none is known to."""
    for line in _plain(text.replace("\\\n", " ")):
        if (found := _BUILDS.search(line)) is not None:
            return re.sub(r"\s+", " ", found.group()).strip()
    return ""


_SUDO = re.compile(
    r"(?:^|[;&|({]|\b(?:then|do|else)\b)\s*sudo\b(?![^;&|\n]{0,300}\s(?:-n|--non-interactive)\b)", re.MULTILINE
)


def uses_sudo(text: str) -> bool:
    """Whether it may ask for a password."""
    return any(_SUDO.search(line) for line in _plain(text))


def used(text: str) -> tuple[str, ...]:
    """Names in capitals whose value it needs, each once."""
    found = (m.group(1) or m.group(2) for line in _plain(text) for m in _USED.finditer(line))
    return tuple(dict.fromkeys(name for name in found if name not in _GIVEN))


def needed(texts: Sequence[str], names: Iterable[str]) -> tuple[str, ...]:
    """Which of these names the texts take the value of, and set nowhere. In doubt it is needed: what stands in single
    quotes may be text for another shell."""
    found = {
        m.group(1) or m.group(2) for text in texts for line in _plain(text, quotes=True) for m in _TAKES.finditer(line)
    }
    set_here = {name for text in texts for name in assigned(text)}
    return tuple(name for name in names if name in found and name not in set_here)


def assigned(text: str) -> set[str]:
    names: set[str] = set()
    for line in _plain(text, quotes=True):
        for found in _SET.findall(line):
            names |= {word.partition("=")[0] for word in found.split()}
        names |= {word for found in _READ.findall(line) for word in found.split() if not word.startswith("-")}
        names |= set(_DEFAULT.findall(line))
    return names


def _plain(text: str, *, quotes: bool = False) -> Iterator[str]:
    """Its lines without comments; without what stands in single quotes, where nothing is filled in."""
    reader = Unfinished()
    for line in text.split("\n"):
        reader.read(line)
        yield "".join(
            "'" if kind == "'" and not quotes else line[start:end] for start, end, kind in reader.parts if kind != "#"
        )


_HANDS_ON = re.compile(
    r"(?<![\w.-])(?:eval|ssh|su|trap|xargs|watch|ansible|knife)(?![\w./-])"
    r"|\b(?:\w*sh|psql|mysql)\b(?:\s+[^\s'\"]+)*?\s+-\w*[ce]\s"
)
"""A command whose quoted words another shell, or a database, reads as code."""
_COMMAND_ENDS = re.compile(r"[;&|\n]")


def _reaching(text: str) -> Iterator[str]:
    """Its lines without comments, and without what stands in single quotes unless its command hands that on."""
    reader, code = Unfinished(), ""
    for line in text.split("\n"):
        if not reader.is_text:
            code = code.removesuffix("\\") + ("" if code.endswith("\\") else "\n") if reader.is_open else ""
        reader.read(line)
        out = ""
        for start, end, kind in reader.parts:
            code += line[start:end] if kind == "" else ""
            said = kind not in ("'", "#") or (kind == "'" and _HANDS_ON.search(_COMMAND_ENDS.split(code)[-1]))
            out += line[start:end] if said else "'" if kind == "'" else ""
        yield out


def looks_dangerous(text: str) -> str:
    """The first command in it that destroys or stops something, here or where it is sent to; empty when none is known
    to."""
    for line in _reaching(text):
        if found := _DANGEROUS.search(line):
            return re.sub(r"\s+", " ", found.group()).strip()
    return ""


def dead_lines(text: str) -> tuple[int, ...]:
    """Numbers (from 0) of the first line that follows an `exit` outside of every branch; empty when all may run."""
    left = False
    for n, line in beginnings(text.split("\n")):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if left:
            return (n,)
        left = bool(_LEAVES.match(next(_plain(line, quotes=True)).rstrip()))
    return ()
