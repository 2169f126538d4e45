"""Which values are secret in a project: those its configuration takes from the environment or holds in a URL, those of
git's remotes, and variables whose name says so. Read quickly, without validating anything: `note` asks for it too."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from incidentui.config.paths import CONFIG
from incidentui.edge.redact import add_known_secrets

_LIMIT = 1 << 20
_ENV = re.compile(r"""\benv["']?\s*=\s*["']([^"'\n]+)["']""")
_SECRET = re.compile(r"\bsecret\s*=\s*true\b")
_VALUE = re.compile(r"\{[^{}]*\bname\s*=[^{}]*\}|\[\[checks\.values\]\][^\[]*")
"""One value of an agreement, as an inline table or a table of its own."""
_HEADERS = re.compile(r"\bheaders\s*=\s*\{([^}]*)\}|\[checks\.headers\]\s*\n((?:[^\[\n].*\n|\n)*)")
_HEADER = re.compile(
    r"""(?i)["']?((?:proxy-)?authorization|cookie|[\w-]*(?:key|token|secret)[\w-]*)["']?\s*=\s*"([^"\n]+)\""""
)
_LOGIN = re.compile(r"""://([^\s/?#"'<>:@]*)(?::([^\s/?#"'<>]*))?@""")
_SCHEME = re.compile(r"(?i)(?:bearer|basic|token|apikey)\s+")
_SAYS_SO = re.compile(
    r"(?i)pass(?:word|wd|phrase)|secret|(?:^|_)(?:token|pat|pwd|pass)(?:$|_)|(?:^|_)(?:pw|passcode|otp|jwt)$|api_?key|(?:access|private|signing|auth)_?key"
    r"|credential"
)
_IS_A_PLACE = re.compile(r"(?i)(?:_file|_path|_dir|_url|_uri|_id|_name|_user|_sock|_helper)$|askpass")
SHORTEST = 6
"""A value that is shorter stands in too many other words to be taken out of them."""


def learn(root: Path | None = None) -> None:
    """Whatever is met from now on, in this process, is kept free of them. Without a project: of the environment's."""
    found = list(of_environment(os.environ.items()))
    if root is not None:
        config = _read(root / CONFIG)
        found += (os.environ.get(name, "") for name in _ENV.findall(_without_plain_values(config)))
        found += (*_headers(config), *_logins(config), *_logins(_read(root / ".git" / "config")))
    add_known_secrets(found)


def says_secret(name: str) -> bool:
    """Whether a thing of this name is a secret: `agent-token`, `$.auth_token`, `DB_PASSWORD`."""
    words = re.sub(r"[^A-Za-z0-9]+", "_", name)
    return bool(_SAYS_SO.search(words)) and not _IS_A_PLACE.search(words)


def of_environment(variables: Iterable[tuple[str, str]] | Mapping[str, str]) -> Iterator[str]:
    """Values of variables whose name says that they are secret; what is short or a place is none."""
    pairs = variables.items() if isinstance(variables, Mapping) else variables
    for name, value in pairs:
        told = len(value) >= SHORTEST and _SAYS_SO.search(name) and not _IS_A_PLACE.search(name)
        if told and not os.path.isabs(value):
            yield value


def _read(file: Path) -> str:
    try:
        with file.open("rb") as content:
            return content.read(_LIMIT).decode("utf-8", "replace")
    except OSError:
        return ""


def _without_plain_values(config: str) -> str:
    """An agreement names variables too, a port say. Only what is said or called secret there is one."""
    return "".join(
        check if _SECRET.search(check) else _VALUE.sub(lambda v: v[0] if says_secret(v[0]) else "", check)
        for check in re.split(r"(?m)(?=^\s*\[\[checks\]\])", config)
    )


def _headers(config: str) -> Iterator[str]:
    for tables in _HEADERS.findall(config):
        for _, value in _HEADER.findall("".join(tables)):
            yield _SCHEME.sub("", value, count=1)


def _logins(text: str) -> Iterator[str]:
    """`user:password@`; without a password the user may be a token, but `git@` and the like are names."""
    for user, password in _LOGIN.findall(text):
        yield unquote(password or (user if len(user) >= 16 else ""))
