"""Text from outside becomes visible and inert, and holds no secret; what an incident is told with stays as it is."""

import base64
import json
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from incidentui.edge.text import add_known_secrets, clean, clean_and_redact, redact, set_known_secrets

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x1b[]0;31mK2J\x07\x9b\x9d\r\n\tab\u202e\u2066\u200b\u200d\ufeff\u2028\u00ad\ud800\U000e0041"),
    )
)
SIGNS_OF_ARABIC = set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")
"""Category Cf, but drawn: they are letters' company, not a hiding place. So are a few of old scripts."""


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    set_known_secrets([])
    yield
    set_known_secrets([])


def obeyed(char: str) -> bool:
    """Whether a terminal could act on it, or a reader not see it."""
    category = unicodedata.category(char)
    old_script = 0x110BD <= ord(char) <= 0x1343F
    return category in ("Cc", "Cs", "Zl", "Zp") or (category == "Cf" and char not in SIGNS_OF_ARABIC and not old_script)


# -- clean


@given(HOSTILE, st.booleans())
@example("\x1b\x1b[31m[2J", False)
@example("\r\r\n\n", True)
def test_no_control_character_survives_and_a_second_time_changes_nothing(text: str, lines: bool) -> None:
    cleaned = clean(text, lines=lines)
    assert [c for c in cleaned if obeyed(c) and not (lines and c == "\n")] == []
    assert clean(cleaned, lines=lines) == cleaned
    cleaned.encode("utf-8")


@given(st.binary(max_size=400))
def test_any_bytes_become_text(raw: bytes) -> None:
    cleaned = clean(raw)
    assert not any(obeyed(c) for c in cleaned)
    assert clean(cleaned) == cleaned


@given(st.text(min_size=0, max_size=300), st.integers(1, 50), st.booleans())
def test_the_length_is_bounded(text: str, limit: int, lines: bool) -> None:
    assert len(clean(text, limit, lines)) <= limit
    assert len(clean_and_redact(text, limit, lines)) <= limit


@given(st.lists(st.sampled_from(["\x1b[31m", "\x1b]0;", "\x07", "\r", "\x1b\\", "\x9b1A", "\u202e", "\x1bP"])))
def test_the_words_between_sequences_stay(sequences: list[str]) -> None:
    """An unfinished OSC must not swallow the line."""
    text = "".join(f"{sequence}word{n}!" for n, sequence in enumerate(sequences))
    cleaned = clean(text)
    assert [n for n in range(len(sequences)) if f"word{n}!" not in cleaned] == []


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("10%\r100%", "10%␍100%"),
        ("\x1b[1;31mERROR\x1b[0m gone", "ERROR gone"),
        ("\x1b]0;owned\x07after", "␛]0;owned␇after"),
        ("\x1b]52;c;aGk=\x1b\\", "␛]52;c;aGk=␛\\"),
        ("\x1b[2Jtop", "␛[2Jtop"),
        ("\x9b31mred\x9b2J", "red\ufffd2J"),
        ("a\u202eb\u200bc", "a\ufffdb\ufffdc"),
        ("\ufefffirst", "first"),
        ("✔\ufe0f done", "✔ done"),
        ("one\ntwo\n", "one␊two"),
        ("a\tb\x00\x7f", "a    b␀␡"),
        (b"caf\xc3\xa9 \xff", "café \ufffd"),
        ("[red]markup[/] stays", "[red]markup[/] stays"),
    ],
)
def test_what_a_person_sees(text: str | bytes, seen: str) -> None:
    assert clean(text) == seen


def test_newlines_stay_when_asked_for() -> None:
    assert clean("one\r\ntwo\nthree", lines=True) == "one\ntwo\nthree"


def test_a_huge_line_is_cut() -> None:
    assert clean("x" * 5_000_000, 10) == "xxxxxxxxx…"


# -- redact

CORE = "S3cr3tCORE"
SECRETS = [
    f"postgres://app:{CORE}@db:5432/leads",
    f"https://oauth2:{CORE}@git.example/a/b",
    f"https://{CORE}@git.example/a/b",
    f"redis://:{CORE}@cache:6379/0",
    f"amqp://app:p@{CORE}@mq/",
    f"Authorization: Bearer {CORE}",
    f'"authorization": "token {CORE}"',
    f"curl -H 'Authorization: Bearer {CORE}' http://x",
    f"sent Bearer {CORE} to the gate",
    f"Cookie: session={CORE}; other=1",
    f"Set-Cookie: sid={CORE}; Path=/; HttpOnly",
    f'{{"Set-Cookie": "sid={CORE}; Path=/"}}',
    f"curl --cookie sid={CORE} http://x",
    f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{CORE}",
    f"AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/{CORE}",
    f"ghp_{CORE}abcdefghijklmnopqrstuvwx",
    f"github_pat_{CORE}_abcdefghijklmnop",
    f"glpat-{CORE}-abcdefghij",
    f"xoxb-1234567890-{CORE}",
    f"https://hooks.slack.com/services/T000/B000/{CORE}",
    f"sk_live_{CORE}abcdefghij",
    f"mysql -u root -p{CORE} leads",
    f"mysql -uroot -p {CORE}",
    f"docker login -u me -p {CORE} registry.example",
    f"sshpass -p '{CORE}' ssh host",
    f"tool -p {CORE}",
    f"pg_dump --password={CORE} db",
    f"tool --token {CORE}",
    f"tool --api-key={CORE}",
    f"redis-cli -a {CORE} ping",
    f"curl -u admin:{CORE} http://x",
    f"GET /x?token={CORE}&a=1",
    f"GET /x?api_key={CORE}",
    f"GET /back?code={CORE}&state=1",
    f"https://bucket.example/x?X-Amz-Signature={CORE}",
    f"password={CORE}",
    f"DB_PASSWORD: {CORE}",
    f'{{"password": "a \\"{CORE}"}}',
    f'{{\\"password\\": \\"{CORE}\\"}}',
    f"{{'client_secret': '{CORE}'}}",
    f"export API_KEY='{CORE}'",
    f"PGPASSWORD={CORE} psql",
    f"//registry.example/:_authToken={CORE}",
    f"x-api-key: {CORE}",
    f"DB_PASS={CORE}",
    f"| db_password | {CORE} |",
    f"| password | {CORE} |\n| --- | --- |\n| user | ana |",
    f"| a | b |\n|---|---|\n| password | {CORE} |\n| - | - |",
    f"|Key|Value|\n|-|-|\n|x|y|\n|SECRET_KEY_BASE|{CORE}|",
    f"|User|Token|\n|-|-|\n|ana|{CORE}|",
    f"the password was changed to {CORE}",
    f"> | **API key** | `{CORE}` (old) |",
    f"user | password | note\n--- | --- | ---\nana | {CORE} | x",
    f"**Password:** {CORE}",
    f"__Token__: {CORE}",
    f"the password was {CORE}.",
    f"Server=db;User Id=sa;Password={CORE};",
    f"-----BEGIN RSA PRIVATE KEY-----\nMIIE{CORE}\nabc\n-----END RSA PRIVATE KEY-----",
    f"-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl{CORE}",
]
LOOK_ALIKES = [
    "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "revision=4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "request 550e8400-e29b-41d4-a716-446655440000 failed",
    "token usage: 512",
    "max_tokens=4096",
    "invalid token: unexpected end of input",
    "SyntaxError: Unexpected token < in JSON at position 0",
    "No agent available: token rejected",
    "the password file is missing",
    "password: required",
    "**Token:** rejected",
    "the password was sha256-hashed",
    "the password was ......",
    "cat secret | base64",
    "web-1 | token | 4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "| Rotate the token | Ana | 2026-04-01 |",
    "| Reset the password | Ana | 2026-04-01 |",
    "| token | 25,000 |",
    "| User | Password | Service |\n| --- | --- | --- |\n| ana | - | board |",
    "secrets.py:12: error",
    "server/token_store.py",
    "docker run -p 8080:80 -u 1000:1000 nginx",
    "docker compose -p leads up -d",
    "mkdir -p /srv/app/data",
    "git log -p main",
    "ssh -p 2222 ana@host",
    "git@github.com:acme/leads.git",
    "ssh://git@github.com/acme/leads",
    "https://app.example/login?next=/plugins/35/sync/",
    "http://127.0.0.1:8080/health",
    "Basic authentication failed",
    "bearer authentication is required",
    "PWD=/root",
    "compass=north bypass=on",
    "Author: ana <ana@example.org>",
    "cookie policy changed",
    "-----BEGIN CERTIFICATE-----",
    "DB_PASSWORD=$DB_PASSWORD psql",
]


@pytest.mark.parametrize("text", SECRETS)
def test_the_shape_of_a_secret_gives_it_away(text: str) -> None:
    gone = redact(text)
    assert CORE not in gone
    assert "[redacted]" in gone
    assert redact(gone) == gone


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_a_look_alike_is_left_alone(text: str) -> None:
    assert redact(text) == text


def test_basic_credentials_are_known_by_what_they_hold() -> None:
    pair = base64.b64encode(b"ana:not-told").decode()
    assert redact(f"sent Basic {pair}") == "sent Basic [redacted]"


@given(st.text(min_size=6, max_size=40).filter(lambda value: len(value.strip()) >= 6 and "[" not in value))
def test_a_known_value_is_found_in_every_form(value: str) -> None:
    value = value.strip()
    if value in "[redacted]" or any(0xD800 <= ord(c) < 0xE000 for c in value):
        return
    set_known_secrets([value])
    raw = value.encode()
    forms = [value, quote(value, safe=""), json.dumps(value), base64.b64encode(raw).decode().rstrip("=")]
    assert [form for form in forms if "[redacted]" not in redact(f"x {form} y")] == []
    assert [n for n in range(3) if "[redacted]" not in redact(base64.b64encode(b"u" * n + raw + b"z").decode())] == []


def test_a_short_known_value_is_replaced_as_a_word_only() -> None:
    set_known_secrets(["abc", ""])
    add_known_secrets(["pearl-diver"])
    assert redact("abc abcess pearl-diver") == "[redacted] abcess [redacted]"


def test_a_secret_that_the_cut_would_split_is_gone_whole() -> None:
    set_known_secrets(["the-whole-secret-value"])
    assert clean_and_redact("x" * 20 + " the-whole-secret-value", 30) == "x" * 20 + " [redacte…"


def test_escapes_and_line_ends_hide_no_secret() -> None:
    text = f"password=\x1b[31m{CORE}\x1b[0m\n-----BEGIN PRIVATE KEY-----\nMII{CORE}\n-----END PRIVATE KEY-----\nend"
    assert CORE not in clean_and_redact(text)
    assert clean_and_redact(text).endswith("␊end")


@given(HOSTILE)
def test_redacting_never_fails_and_brings_nothing_back(text: str) -> None:
    set_known_secrets(["swordfish"])
    assert "swordfish" not in clean_and_redact(text + "swordfish" + text)
