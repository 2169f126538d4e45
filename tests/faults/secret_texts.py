"""Fifty secrets as they stand in incidents, and twenty-five things that look like one. All of them are made up."""

import base64
import json
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote


class Given(NamedTuple):
    name: str
    text: str
    """As it stands in a log, a message or a body."""
    core: str
    """What must be found nowhere, in no encoding."""


def _core(n: int, size: int = 20) -> str:
    """Letters and digits that look like no word; another one for each n."""
    alphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789"
    out, x = [], (n + 1) * 2_654_435_761
    for _ in range(size):
        x = (x * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        out.append(alphabet[(x >> 33) % len(alphabet)])
    return f"K{''.join(out[1:-1])}7"


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


_JWT = _b64('{"alg":"HS256"}').rstrip("=")
_SHAPES: tuple[tuple[str, str], ...] = (
    ("jwt", f"{_JWT}.eyJzdWIiOiIxMjM0NSJ9.§"),
    ("jwt in json", f'{{"id": "{_JWT}.eyJzdWIiOiI5In0.§", "ok": false}}'),
    ("bearer", "Authorization: Bearer §"),
    ("bearer in curl", "curl -H 'Authorization: Bearer §' http://gate"),
    ("bearer in prose", "upstream sent Bearer § twice"),
    ("cookie", "Cookie: theme=dark; session=§; lang=en"),
    ("set-cookie", "Set-Cookie: sid=§; Path=/; HttpOnly"),
    ("cookie in json", '{"Set-Cookie": "sid=§; Path=/", "n": 1}'),
    ("curl cookie", "curl --cookie sid=§ http://gate"),
    ("mysql -p", "mysql -u root -p§ leads"),
    ("sshpass -p", "sshpass -p '§' ssh ana@host"),
    ("docker login -p", "docker login -u me -p § registry.example"),
    ("redis-cli -a", "redis-cli -h cache -a § ping"),
    ("--password", "pg_dump --password=§ leads"),
    ("--token", "deployer --token § --region eu"),
    ("curl -u", "curl -u admin:§ http://gate/x"),
    ("url userinfo", "postgres://app:§@db:5432/leads"),
    ("url token user", "https://§@git.example/acme/leads.git"),
    ("oauth url", "https://oauth2:§@git.example/acme/leads.git"),
    ("redis url", "redis://:§@cache:6379/0"),
    ("url parameter", "GET /x?token=§&page=2 500"),
    ("url api_key", "GET /v1/x?api_key=§ 403"),
    ("url code", "GET /back?code=§&state=12 302"),
    ("signed url", "https://bucket.example/x?X-Amz-Signature=§&X-Amz-Date=1"),
    ("aws key id", "key AKIA$ was refused"),
    ("aws secret", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/§"),
    ("github", "remote: ghp_§abcdefghijklmnop is revoked"),
    ("github fine", "github_pat_11AB_§_abcdefghijklmnop"),
    ("gitlab", "pushed with glpat-§"),
    ("slack bot", "xoxb-123456789012-§"),
    ("slack hook", "https://hooks.slack.com/services/T0001/B0001/§"),
    ("stripe", "sk_live_§abcdef"),
    ("npm", "//registry.example/:_authToken=§"),
    ("pem", "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA§\n§MIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"),
    ("assignment", "password=§"),
    ("yaml", "DB_PASSWORD: §"),
    ("json", '{"user": "app", "client_secret": "§"}'),
    ("header", "x-api-key: §"),
)  # fmt: skip
KNOWN: dict[str, str] = {
    # A variable that the configuration names, one whose name says it, a password in a URL of it, one of a git remote.
    "LEADS_GATE": f'{_core(90)}"&/<+ x',
    "REPORTS_DB_PASSWORD": f"{_core(91)}<%$é",
    "URL": _core(92),
    "REMOTE": _core(93),
}


def _known_forms() -> list[Given]:
    found = []
    for n, (key, value) in enumerate(KNOWN.items()):
        core = _core(90 + n)
        found += [
            Given(f"known {key}", f"upstream said {value} is wrong", core),
            Given(f"known {key} base64", f"sent {_b64(value)} once", core),
        ]
        if key in ("LEADS_GATE", "REPORTS_DB_PASSWORD"):
            found.append(Given(f"known {key} url", f"GET /x/{quote(value, safe='')} 404", core))
    found.append(Given("known json", json.dumps({"said": KNOWN["LEADS_GATE"]}), _core(90)))
    return found


def _basic(n: int) -> Given:
    """Its core is not in the text: the base64 of it is."""
    return Given("basic", f"sent Basic {_b64(f'ana:{_core(n)}')} to the gate", _core(n))


SECRETS: tuple[Given, ...] = (
    *(
        Given(name, text.replace("$", _core(n, 16).upper()).replace("§", _core(n)), core)
        for n, (name, text) in enumerate(_SHAPES)
        for core in [_core(n, 16).upper() if "$" in text else _core(n)]
    ),
    _basic(70),
    *_known_forms(),
)  # fmt: skip
LOOK_ALIKES = (
    "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "at 4b825dc, before it 87810ff", "tree=4b825dc642cb6eb9a060e54bf8d6",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "nginx@sha256:9f64a747e1b97f13",
    "request 550e8400-e29b-41d4-a716-446655440000 failed", "token usage 12", "token usage: 512 of 4096",
    "max_tokens=4096", "#0d1117 on #d3dae3", "color: #ff8800", "the password file is missing",
    "No agent available: token rejected", "invalid token: unexpected end of input", "server/token_store.py:12",
    "/srv/secrets/README.md", "mkdir -p /srv/app/data", "docker run -p 8080:80 nginx", "ssh -p 2222 ana@host",
    "git@github.com:acme/leads.git", "https://app.example/login?next=/plugins/35/sync/", "Basic authentication failed",
    "integrity sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg", "cookie policy changed", "key moment 3 of 7",
)  # fmt: skip
assert len(SECRETS) == 50, len(SECRETS)
assert len(LOOK_ALIKES) == 25, len(LOOK_ALIKES)


def survivors(given: Mapping[str, Given] | tuple[Given, ...], data: bytes) -> list[str]:
    """Those whose core stands in `data`: as it is, or inside the base64 of something longer."""
    them = given.values() if isinstance(given, Mapping) else given
    return [one.name for one in them if any(form in data for form in _hidden(one.core))]


def _hidden(core: str) -> list[bytes]:
    forms = [core.encode(), core.encode("utf-16-le")]
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + core.encode())
        forms.append(coded[-(-before * 4 // 3) : len(coded) // 4 * 4 - 4])
    return forms
