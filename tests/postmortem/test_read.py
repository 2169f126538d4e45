"""Past documents of each shape: rows, times, and nothing that is not written there."""

import random
import re
from pathlib import Path

import pytest

from incidentui.postmortem.reader import clock
from incidentui.postmortem.reader.decode import LIMIT, NotTextError, decode
from incidentui.postmortem.reader.read import read
from tests.postmortem.imports import PAST, Here, place


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Here:
    monkeypatch.setenv("INCIDENTUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INCIDENTUI_USER", "ines")
    return place(tmp_path, "quay", capsys)


def times(entries: list[dict[str, object]]) -> list[object]:
    return [(e["time"], e["precision"]) for e in entries]


@pytest.mark.req("F13")
def test_a_table_with_a_zone_in_its_head(here: Here) -> None:
    entries, meta = here.read("table.md")
    assert times(entries) == [
        ("2019-11-29T11:00:00.000Z", "minute"),
        ("2019-12-03", "date"),
        (None, "vague"),
        (None, "vague"),
        ("2019-12-05T04:30:00.000Z", "approx"),
    ]
    assert [e["line"] for e in entries] == [7, 8, 9, 10, 11]
    assert [u["line"] for u in meta["not_understood"]] == [9, 10]
    assert meta["zone"] == {"name": "CET", "said": True}
    assert [(i["owner"], i["due"], i["done"]) for i in meta["items"]] == [("Ana", "2019-12-20", True), ("", "", False)]


def test_headings_carry_day_and_zone_and_pass_midnight(here: Here) -> None:
    entries, _ = here.read("headings.md")
    assert [e["time"] for e in entries] == [
        "2017-12-01T07:22:00.000Z",
        "2017-12-01T07:59:00.000Z",
        "2017-12-01T08:04:00.000Z",
        "2017-12-01T21:30:00.000Z",
    ]
    assert (entries[3]["precision"], entries[3]["end"]) == ("approx", "2017-12-01T21:45:00.000Z")
    assert entries[2]["text"] == "It is a build."


def test_bullets_with_the_day_above_them_and_no_chat_log(here: Here) -> None:
    entries, _ = here.read("bullets.md")
    assert [e["time"] for e in entries] == [f"2019-02-05T{t}:00.000Z" for t in ("16:47", "16:57", "17:02", "22:43")]
    assert entries[1]["text"] == "Marks that should be gone are still there"


def test_labelled_key_events_and_a_list_elsewhere(here: Here) -> None:
    entries, meta = here.read("key-events.html.md.erb")
    assert [e["text"][:22] for e in entries[:3]] == ["First detected", "Resolved", "pods restart"]
    assert len(entries) == 5
    assert meta["contradictions"] == []
    assert meta["title"] == "Incident on 2023-02-02 - slow board"


def test_japanese_with_ranges_and_a_second_column_of_times(here: Here) -> None:
    entries, meta = here.read("jst.md")
    assert times(entries) == [
        (None, "vague"),
        ("2026-03-23T15:05:00.000Z", "minute"),
        ("2026-03-23T15:10:00.000Z", "minute"),
        ("2026-03-23T15:40:00.000Z", "approx"),
    ]
    assert entries[2]["end"] == "2026-03-23T15:25:00.000Z"
    assert [(i["done"], i["due"]) for i in meta["items"]] == [(True, "2026-03-24"), (False, "2026-04-07")]
    assert meta["severity"] == "SEV3"


def test_relative_times_keep_their_place_and_no_more(here: Here) -> None:
    entries, meta = here.read("relative.md")
    assert times(entries) == [(None, "order-only")] * 3
    assert [e["said"] for e in entries] == ["T+0s", "T+5s", "T+5m"]
    assert meta["date"] == "2026-05-08"


def test_plain_text_with_seconds(here: Here) -> None:
    entries, meta = here.read("fenced.txt")
    assert times(entries)[1] == ("2026-05-08T08:17:30.000Z", "exact")
    assert len(entries) == 3
    assert meta["title"] == "Outage of the board, 8 May 2026"


def test_prose_has_no_timeline(here: Here) -> None:
    entries, meta = here.read("prose.md")
    assert entries == []
    assert meta["date"] is None  # 28th February of which year?


def test_a_date_that_can_be_two_is_none_until_something_settles_it(here: Here, tmp_path: Path) -> None:
    entries, meta = here.read("numbers.md")
    assert times(entries) == [(None, "vague")] * 3
    assert "can be day-month or month-day" in meta["not_understood"][0]["why"]
    text = (Path(__file__).parent / "past" / "numbers.md").read_text(encoding="utf-8")
    assert read(text, "2026/03/broken.md").entries[0].at == 1772618400000  # 4 March: the folder says so
    settled = text + "- 25-03-2026 09:00 - told again\n"
    assert read(settled, "broken.md").entries[0].at == 1772618400000


def test_the_zone_can_be_said(here: Here) -> None:
    entries, meta = here.read("key-events.html.md.erb", "--zone", "+02:00")
    assert entries[0]["time"] == "2023-02-02T08:14:00.000Z"
    assert meta["zone"]["name"] == "+02:00"
    code, _, said = here.run("import", "--dry-run", "--zone", "Atlantis", "x.md")
    assert code == 2
    assert "is no zone" in said


@pytest.mark.parametrize(
    ("text", "said", "rest"),
    [
        ("16:00-17:00: Seat map", "16:00-17:00", "Seat map"),
        ("May 8 ~17:00 -> ~22:00 EDT board", "May 8 ~17:00 -> ~22:00 EDT", "board"),
        ("22:30 UTC (Oct 29) - reported", "22:30 UTC (Oct 29)", "reported"),
        ("12:45 PM PST Saturday Oct 30th: first wave", "12:45 PM PST Saturday Oct 30th", "first wave"),
        ("June 14th, 2022, 10:00 AM: down", "June 14th, 2022, 10:00 AM", "down"),
        ("2026-04-19 〜 2026-04-20", "2026-04-19 〜 2026-04-20", ""),
    ],
)
def test_the_head_of_a_line(text: str, said: str, rest: str) -> None:
    when = clock.read(text)
    assert when is not None
    assert (when.said, when.rest) == (said, rest)


@pytest.mark.parametrize("text", ["3 of 4 users", "1:3 ratio", "20202-01-16 12:00", "Time TBC", "", "v1.2.3 shipped"])
def test_what_is_no_time(text: str) -> None:
    assert clock.read(text) is None


def test_a_time_of_day_that_is_none_stays_words() -> None:
    said = read("# x\n\n## Timeline\n\n2026-01-02\n\n- 25:61 - crash\n- 09:00 - up\n", "x.md")
    assert [e.precision for e in said.entries] == ["vague", "minute"]
    assert said.unread[0].why == "25:61 is no time of day"


def test_all_times_are_approximate_where_the_document_says_so() -> None:
    rows = "10/14/2022 - reported\n\n12:45 PM PST Friday Oct 14th: seen\n\n13:10 - told\n"
    said = read(f"# x\n\n## Timeline (all times PST) 10/14/2022. All times approximations\n\n{rows}", "x.md")
    assert [(e.precision, e.text) for e in said.entries] == [
        ("date", "reported"),
        ("approx", "seen"),
        ("approx", "told"),
    ]


def test_what_has_not_come_yet_is_no_time() -> None:
    said = read("# x\n\n## Timeline\n\n- 2062-01-01 09:00 - crash\n", "x.md", now=1_800_000_000_000)
    assert (said.entries[0].precision, said.entries[0].at) == ("vague", None)


@pytest.mark.parametrize("name", sorted(file.name for file in PAST.iterdir()))
def test_whatever_becomes_of_a_document_it_is_read_and_no_time_is_made_up(name: str) -> None:
    """Cut anywhere, shuffled, torn, glued to itself: never an exception, never a time of its own."""
    rng = random.Random(name)
    text = decode((PAST / name).read_bytes()).text
    lines = text.split("\n")
    cut = [text[: rng.randrange(len(text))] for _ in range(20)]
    shuffled = ["\n".join(rng.sample(lines, len(lines))) for _ in range(5)]
    torn = ["".join(rng.choice("|-*#:`[( \n0123456789") if rng.random() < 0.1 else c for c in text) for _ in range(5)]
    for found in (*cut, *shuffled, *torn, text + text, text.replace("\n", "\n\n"), text.replace("\n", " ")):
        written = found.split("\n")
        for entry in read(found, name).entries:
            digits = re.findall(r"\d+", written[entry.line - 1])
            assert entry.at is None or [n for n in re.findall(r"\d+", entry.said) if n not in digits] == []
            assert entry.at is None or entry.said


# -- decoding


@pytest.mark.req("R3-01")
def test_text_that_was_decoded_wrongly_is_repaired_and_the_original_kept(here: Here) -> None:
    entries, meta = here.read("decoded.txt")
    assert "decoded wrongly once and was repaired, 4 marks had lost a byte" in meta["decoded"]
    assert entries[0]["text"] == 'Deployed "sync safety" (commit `a942e4f`)'
    assert meta["status"] == "⚠ RECOVERING"
    assert [i["done"] for i in meta["items"]] == [False, True]
    name = str(Path(__file__).parent / "past" / "decoded.txt")
    assert here.ok("import", name)
    kept = here.ok("export", "INC-1", "--format", "jsonl")
    assert "ğŸš¨ CRITICAL" in kept
    assert "First revert attempted" in here.ok("export", "INC-1")


@pytest.mark.parametrize(
    ("content", "text", "how"),
    [
        ("Büro".encode(), "Büro", ""),
        ("\ufeffBüro\r\nzu".encode(), "Büro\nzu", ""),
        ("Büro".encode("utf-16"), "Büro", "read as UTF-16"),
        ("Büro".encode("latin-1"), "Büro", "not UTF-8: read as Windows-1252, a guess"),
        ("Ã©tÃ© â€” fini".encode(), "été — fini", "it had been decoded wrongly once and was repaired"),
    ],
)
def test_what_bytes_say(content: bytes, text: str, how: str) -> None:
    found = decode(content)
    assert (found.text, found.how) == (text, how)


def test_a_text_that_is_well_is_left_alone() -> None:
    text = "Âge, naïveté, “quoted” — ✅ ❌ ⏳ 📝"
    assert decode(text.encode()).text == text


@pytest.mark.parametrize(
    "content", [b"\x7fELF\0\0", b"\xff\xfe\xff", bytes(range(1, 32)) * 40 + b"\xff", b"a" * (LIMIT + 1)]
)
def test_what_is_no_text_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(NotTextError):
        decode(content)
