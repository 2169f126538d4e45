"""What `import` tells of a document is true of it: its zone, its dates, its totals; and no secret of it is kept."""

from pathlib import Path

import pytest

from tests.postmortem.imports import Here, place


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Here:
    monkeypatch.setenv("INCIDENTUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INCIDENTUI_USER", "ines")
    return place(tmp_path, "quay", capsys)


def write(here: Here, name: str, text: str) -> str:
    (here.root / name).write_text(text, encoding="utf-8")
    return str(here.root / name)


# -- secrets

CORE = "correcthorse"
LOGIN = f"""# Login down, the password was {CORE}1

Date: 2026-03-04

## Timeline

| Time | What | Who |
| --- | --- | --- |
| 09:00 | the token expired | Ana |
| password | {CORE}battery | Ben |

| Setting | Value |
| --- | --- |
| password | {CORE}2 |
| **DB_PASSWORD** | `{CORE}3` |
| API key | {CORE}4 |
| Port | 5432 |

Service | User | Password
--- | --- | ---
board | app | {CORE}ten

**Password:** {CORE}five
__Secret__: {CORE}6
`DB_PASSWORD`: {CORE}7
*Admin password:* {CORE}eight

## Action items

| Action | Owner | Due |
| --- | --- | --- |
| Rotate the token | Cleo | 2026-04-01 |
| Reset the password | Dora | 2026-04-02 |
"""


def test_no_secret_of_a_table_or_of_a_bold_key_is_kept(here: Here) -> None:
    here.ok("import", write(here, "login.md", LOGIN))
    everything = "".join(here.ok("export", "INC-1", *how) for how in ((), ("--format", "jsonl"))) + here.ok(
        "show", "INC-1"
    )
    assert CORE not in everything
    assert "[redacted]" in everything
    kept = b"".join(p.read_bytes() for p in here.home.rglob("*") if p.is_file())
    assert CORE.encode() not in kept


def test_what_only_speaks_of_secrets_stays(here: Here) -> None:
    entries, meta = here.lines("--dry-run", write(here, "login.md", LOGIN)), None
    meta = entries.pop()["meta"]
    assert entries[0]["text"] == "the token expired | Ana"
    items = [(i["text"], i["owner"], i["due"]) for i in meta["items"]]
    assert items == [("Rotate the token", "Cleo", "2026-04-01"), ("Reset the password", "Dora", "2026-04-02")]


def test_a_secret_that_only_the_repaired_text_shows_is_not_kept(here: Here) -> None:
    broken = f"# Login down\n\nDate: 2026-03-04\n\n## Root cause\n\nIt’s gone – password\u200b: p@ss{CORE}9\n"
    path = write(here, "moji.md", broken.encode("utf-8").decode("cp1252"))
    here.ok("import", path)
    everything = here.ok("export", "INC-1", "--format", "jsonl") + here.ok("export", "INC-1")
    assert "repaired" in everything
    assert CORE not in everything


# -- the zone in a heading

PLAIN = "# Api down\n\nDate: 2026-03-04\nSeverity: SEV2\n\n## {}\n\n- 09:00 - deploy\n- 09:45 - rolled back\n\n{}"


@pytest.mark.parametrize(
    ("head", "zone", "first"),
    [
        ("Timeline (PST)", "PST", "2026-03-04T17:00"),
        ("Timeline (all times PST)", "PST", "2026-03-04T17:00"),
        ("Timeline - Eastern Time", "Eastern", "2026-03-04T14:00"),
        ("Timeline of 2026-03-04, UTC+9", "UTC+9", "2026-03-04T00:00"),
        ("Timeline (Europe/Paris)", "Europe/Paris", "2026-03-04T08:00"),
        ("Timeline (UTC)", "UTC", "2026-03-04T09:00"),
        ("Timeline JST", "JST", "2026-03-04T00:00"),
    ],
)
def test_a_zone_in_the_heading_of_the_timeline_holds(here: Here, head: str, zone: str, first: str) -> None:
    path = write(here, "x.md", PLAIN.format(head, ""))
    *entries, last = here.lines("--dry-run", path)
    assert last["meta"]["zone"] == {"name": zone, "said": True}
    assert entries[0]["time"].startswith(first)
    told = here.ok("import", path)
    assert f"(times read as {zone})" in told
    assert "in which zone its times are" not in here.ok("export", "INC-1")


def test_a_zone_of_a_label_holds_until_another_heading_names_one(here: Here) -> None:
    text = PLAIN.format("What happened", "").replace("- 09:00", "**Timeline (CET):**\n\n- 09:00")
    path = write(here, "x.md", text + "## Timeline of the repair (UTC)\n\n- 11:00 - repaired\n")
    *entries, _ = here.lines("--dry-run", path)
    assert [entry["time"][11:16] for entry in entries] == ["08:00", "08:45", "11:00"]


def test_a_place_in_a_heading_is_no_zone(here: Here) -> None:
    *_, last = here.lines("--dry-run", write(here, "x.md", PLAIN.format("Timeline of the Pacific outage", "")))
    assert last["meta"]["zone"] == {"name": "UTC", "said": False}


# -- dates and depth


def test_a_year_that_is_no_date_ends_nothing(here: Here) -> None:
    old = write(here, "old.md", PLAIN.format("Timeline (JST)", "").replace("2026-03-04", "0001-01-01"))
    row = write(here, "row.md", PLAIN.format("Timeline", "- 0001-01-01 00:00 JST - began\n"))
    code, said, why = here.run("import", "--zone", "+14:00", old, row)
    assert (code, "Error" in why) == (0, False)
    assert said.count("→ INC-") == 2
    assert "unknown: its date 0001-01-01 cannot be true" in said
    assert "that is no date" in said
    assert "unknown: its date 0001-01-01 cannot be true" in here.ok("show", "INC-1")
    assert here.json("show", "INC-1")["opened"] is None


def test_a_date_that_has_not_come_is_said_to_be_one(here: Here) -> None:
    path = write(here, "x.md", PLAIN.format("Timeline", "").replace("2026-03-04", "2099-03-04"))
    told = here.ok("import", path)
    assert "unknown: its date 2099-03-04 has not come yet" in told
    assert "names no date" not in told
    *_, last = here.lines("--dry-run", path)
    assert last["meta"]["date_not_believed"] == "its date 2099-03-04 has not come yet"
    assert "unknown: the document names no date" in here.ok(
        "import", write(here, "y.md", PLAIN.format("Timeline", "").replace("Date: 2026-03-04\n", ""))
    )


@pytest.mark.parametrize("before", ["", '{"type":"incidentui.x"}\n'])
def test_json_without_a_bottom_ends_nothing(here: Here, before: str) -> None:
    deep = write(here, "deep.jsonl", before + '{"a":' * 200_000 + "1" + "}" * 200_000)
    code, said, why = here.run("import", deep, write(here, "x.md", PLAIN.format("Timeline", "")))
    assert code == 2
    assert "x.md → INC-1" in said
    assert "Error" not in why
    assert "1 not imported, 1 imported" in why


# -- again


def test_two_ordinary_words_make_no_incident_one_of_a_kind(here: Here) -> None:
    cause = (
        "The backend was restarted before the deploy of the certificate job finished, {} filled and workers stopped."
    )
    for n, (title, what) in enumerate(
        (("Payments outage", "the queue"), ("Login gone", "a disk"), ("Mail late", "it"))
    ):
        text = f"# {title}\n\nDate: 2026-03-0{n + 1}\n\n## Root cause\n\n{cause.format(what)}\n"
        here.ok("import", write(here, f"{n}.md", text))
    opened = here.run("open", "Backend answers 503 after deploy")
    assert "of its kind" not in opened[1] + opened[2]
    again = here.run("open", "Workers of the certificate queue stopped")
    assert "INC-1 “Payments outage” (both: " in again[1] + again[2]


def test_a_short_title_that_comes_again_is_one_of_a_kind(here: Here) -> None:
    here.ok("import", write(here, "x.md", PLAIN.format("Timeline", "").replace("Api down", "Checkout slow")))
    assert "the 2nd of its kind: INC-1" in here.run("open", "checkout slow")[2]


# -- totals


def test_what_is_more_than_is_kept_is_counted_and_said(here: Here) -> None:
    causes = "".join(f"### {n}. Thing {n} broke\n\n- **Fix:** mended\n\n" for n in range(1, 122))
    factors = "".join(f"- reason {n}\n" for n in range(50))
    commits = "".join(f"- {n + 0xABC0001:07x} - change {n}\n" for n in range(130))
    items = "".join(f"- [ ] do {n}\n" for n in range(250))
    rows = "".join(f"- 09:{n % 60:02} - look {n}\n" for n in range(120))  # no date: none has a time
    text = f"# Api down\n\n## Root causes\n\n{causes}## Contributing factors\n\n{factors}## Commits\n\n{commits}"
    path = write(here, "x.md", f"{text}## Timeline\n\n{rows}\n## Action items\n\n{items}")
    told = here.ok("import", path)
    assert "causes         the first 40 of 121: 40 causes" in told
    assert "factors        the first 40 of 50: 40 unknown" in told
    assert "action items   the first 200 of 250: 0 done, 200 open" in told
    assert "commits        the first 100 of 130: 100 suspects" in told
    assert "and 108 more" in told
    left = {"causes": 81, "factors": 10, "action_items": 50, "commits": 30}
    *_, last = here.lines("--dry-run", path)
    assert last["meta"]["left_out"] == left
    shown = here.json("show", "INC-1")["imported"]["left_out"]
    assert shown == {**left, "lines_not_understood": 20}
    assert "the first 40 of 121: " in here.ok("show", "INC-1")
    assert "- Left out: 81 causes, 10 factors, 50 action items, 30 commits" in here.ok("export", "INC-1")


def test_what_is_kept_whole_speaks_of_no_rest(here: Here) -> None:
    path = write(here, "x.md", PLAIN.format("Timeline", "## Action items\n\n- [ ] do\n"))
    told = here.ok("import", path)
    assert "first" not in told
    assert here.json("show", "INC-1")["imported"]["left_out"] == {}
    assert "Left out" not in here.ok("export", "INC-1")
