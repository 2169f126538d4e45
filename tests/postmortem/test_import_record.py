"""Records of `export` through `import`: the right incident, whole, once, and without secrets."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from incidentui.core import envelope
from incidentui.core.inputs import Evidence
from tests.postmortem.imports import PAST, Here, place


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Here:
    monkeypatch.setenv("INCIDENTUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INCIDENTUI_USER", "ines")
    return place(tmp_path, "quay", capsys)


@pytest.fixture
def pier(here: Here, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Here:
    """Another project."""
    return place(tmp_path, "pier", capsys)


def exported(here: Here, ident: str, file: Path) -> str:
    here.ok("export", ident, "--format", "jsonl", "-o", str(file))
    return str(file)


# -- the right one


def test_the_incident_of_a_record_is_the_one_it_was_exported_as(here: Here, pier: Here, tmp_path: Path) -> None:
    here.ok("open", "pages stay blank")
    here.ok("open", "a certificate ran out")
    here.ok("close", "INC-2", "--reason", "renewed")
    here.ok("close", "INC-1", "--reason", "false alarm")
    first = exported(here, "INC-1", tmp_path / "first.jsonl")
    assert "INC-1, there already  pages stay blank" in here.ok("import", first)
    said = pier.ok("import", first)
    assert "→ INC-1  pages stay blank" in said
    assert "record of      INC-1 of quay" in said
    assert pier.json("show", "INC-1")["title"] == "pages stay blank"
    assert pier.ok("export", "INC-1", "--format", "jsonl") == Path(first).read_text(encoding="utf-8")
    state = json.loads(pier.ok("replay", first, "--at", here.json("show", "INC-1")["closed"], "--json"))
    assert state["incidents"]["INC-1"]["title"] == "pages stay blank"


def test_of_plain_events_it_is_the_one_opened_last(here: Here, pier: Here, tmp_path: Path) -> None:
    here.ok("open", "pages stay blank")
    here.ok("open", "a certificate ran out")
    (tmp_path / "events.jsonl").write_text(here.ok("events"), encoding="utf-8")
    assert "→ INC-1  a certificate ran out" in pier.ok("import", str(tmp_path / "events.jsonl"))


# -- once


def test_a_file_that_several_take_in_at_once_is_there_once(here: Here, tmp_path: Path) -> None:
    rows = "".join(f"- 2026-01-02 09:{n % 60:02} - {'the queue grows ' * 20}{n}\n" for n in range(300))
    (tmp_path / "long.md").write_text(f"# Queue\n\n## Timeline\n\n{rows}", encoding="utf-8")
    files = (str(tmp_path / "long.md"), str(PAST / "restart.md"))
    command = [sys.executable, "-m", "incidentui", "--project", str(here.root), "import", "--json", *files]
    here.ok("note", "the journal is there")
    several = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    # What they say of the first file is more than a pipe holds: all are in before one of them goes on to the second.
    begun = [one.stdout.readline() for one in several if one.stdout is not None]
    said = [first + one.communicate(timeout=60)[0] for one, first in zip(several, begun, strict=True)]
    assert [one.returncode for one in several] == [0] * 3
    metas = [json.loads(line)["meta"] for text in said for line in text.splitlines() if line.startswith('{"meta"')]
    for file in ("long.md", "restart.md"):
        of_it = [meta for meta in metas if meta["file"] == file]
        assert (len(of_it), len({meta["id"] for meta in of_it})) == (3, 1)
        assert [meta["already"] for meta in of_it].count(True) == 2
    assert len(here.json("incidents")) == 2


# -- whole


@pytest.fixture
def lines(here: Here, tmp_path: Path) -> list[str]:
    """A record with a head, events 1 to 6 and, after its closing, 8."""
    here.ok("open", "pages stay blank")
    for n in range(4):
        here.ok("note", f"look {n}")
    here.ok("close", "--reason", "false alarm")
    here.ok("open", "another")
    here.ok("note", "--incident", "INC-1", "one more thing")
    return Path(exported(here, "INC-1", tmp_path / "whole.jsonl")).read_text(encoding="utf-8").splitlines()


def test_a_record_with_events_taken_out_is_refused(pier: Here, tmp_path: Path, lines: list[str]) -> None:
    kept = {
        "event 2 is missing": [*lines[:2], *lines[3:]],
        "events 5 to 6 are missing": lines[:5],
        "event 8 is missing": lines[:-1],
    }
    for why, some in kept.items():
        (tmp_path / "cut.jsonl").write_text("\n".join(some), encoding="utf-8")
        code, said, trouble = pier.run("import", str(tmp_path / "cut.jsonl"))
        assert (code, said) == (2, "")
        assert f"it is not as it was exported: {why}" in trouble
    (tmp_path / "whole.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert "its hash chain is whole" in pier.ok("import", str(tmp_path / "whole.jsonl"))


def test_a_record_of_an_older_export_does_not_name_its_late_events(
    pier: Here, tmp_path: Path, lines: list[str]
) -> None:
    assert '"late":[8],' in lines[0]
    (tmp_path / "old.jsonl").write_text("\n".join([lines[0].replace('"late":[8],', ""), *lines[1:]]), encoding="utf-8")
    assert "→ INC-1  pages stay blank" in pier.ok("import", str(tmp_path / "old.jsonl"))


def test_plain_events_are_called_no_more_than_they_are(pier: Here, tmp_path: Path, lines: list[str]) -> None:
    (tmp_path / "plain.jsonl").write_text("\n".join([lines[1], *lines[3:7]]), encoding="utf-8")
    said = pier.ok("import", str(tmp_path / "plain.jsonl"))
    assert "plain events, their hashes are right, 1 event between them left out" in said


def test_evidence_under_a_hash_that_is_not_its_own_is_refused(pier: Here, tmp_path: Path, lines: list[str]) -> None:
    proof = Evidence("check", "it was restarted")
    body = {"kind": proof.kind, "body": "FORGED", "sha256": proof.sha256}
    (tmp_path / "x.jsonl").write_text("\n".join([*lines, json.dumps({"evidence": body})]), encoding="utf-8")
    code, _, trouble = pier.run("import", str(tmp_path / "x.jsonl"))
    assert code == 2
    assert f"evidence {proof.sha256[:12]} was changed" in trouble


# -- harmless


def chain(*told: tuple[str, dict[str, object]]) -> list[str]:
    """Events as anybody could write them: nothing but a hash ties them together."""
    lines, before = [], ""
    for seq, (kind, data) in enumerate(told, 1):
        event = envelope.attributes(
            id=f"e{seq}", source="responder:eve", type=kind, at=seq * 1000, recorded=seq * 1000, subject="eve",
            moment="key", incident="INC-1", project="eve", mono_ms=0, boot="", seq=seq,
        )  # fmt: skip
        own = envelope.chained(event, envelope.sha256(envelope.canonical(data)), before)
        lines.append(envelope.canonical({**event, "data": data, "hash": own, "prevhash": before}))
        before = own
    return lines


OPENED: dict[str, object] = {
    "id": "INC-1",
    "title": "x",
    "severity": "SEV2",
    "by": "eve",
    "first_red": None,
    "window_from": None,
}
SECRETS = ("hunter2hunter2", "ghp_" + "a1B2" * 9, "correcthorse")


def test_secrets_of_a_record_are_not_kept(here: Here, tmp_path: Path) -> None:
    proof = {"kind": "output", "body": f"token={SECRETS[0]}"}
    named = Evidence("output", proof["body"]).sha256
    told = chain(
        ("incident.opened", {**OPENED, "title": f"down, password={SECRETS[0]}"}),
        ("note.added", {"text": f"tried {SECRETS[1]}", "by": "eve", "key": True, "db_password": SECRETS[2]}),
        ("note.added", {"text": "no secret in this one", "by": "eve", "key": True}),
        ("check.changed", {"check": "a", "service": "a", "layer": "user", "was": "ok", "now": "failing", "why": "503",
                           "evidence": named}),
        ("incident.closed", {"by": "eve", "reason": "", "resolved": False}),
    )  # fmt: skip
    told[2] = told[2].replace('"text":', f'"text":"password={SECRETS[0]}","text":')  # JSON may name a thing twice
    (tmp_path / "x.jsonl").write_text("\n".join([*told, json.dumps({"evidence": proof})]), encoding="utf-8")
    said = here.ok("import", str(tmp_path / "x.jsonl"))
    assert "down, password=[redacted]" in said
    assert "erased         2 events: a secret was taken out" in said
    assert "evidence       1 of 1 not there" in said
    copy = here.ok("export", "INC-1", "--format", "jsonl")
    stored = b"".join(p.read_bytes() for p in here.home.rglob("*") if p.is_file()).decode("utf-8", "replace")
    for text in (said, here.ok("show", "INC-1"), copy, stored):
        assert not any(secret in text for secret in SECRETS)
    assert "tried [redacted]" in copy
    assert "no secret in this one" in copy
    (tmp_path / "copy.jsonl").write_text(copy, encoding="utf-8")
    assert "INC-1, there already  down, password=[redacted]" in here.ok(
        "import", "--dry-run", str(tmp_path / "copy.jsonl")
    )


def test_a_secret_that_the_chain_covers_is_refused(here: Here, tmp_path: Path) -> None:
    event = json.loads(chain(("incident.opened", OPENED))[0])
    event["subject"] = f"password={SECRETS[0]}"
    (tmp_path / "x.jsonl").write_text(json.dumps(event), encoding="utf-8")
    code, _, why = here.run("import", str(tmp_path / "x.jsonl"))
    assert code == 2
    assert "line 1: what looks like a secret stands in 'subject'" in why
    assert SECRETS[0] not in why


@pytest.mark.parametrize("spelt", [b"\xef\xbb\xbf", b"\xef\xbb\xbf  "])
def test_a_record_with_a_byte_order_mark_is_a_record(
    pier: Here, tmp_path: Path, lines: list[str], spelt: bytes
) -> None:
    (tmp_path / "bom.jsonl").write_bytes(spelt + "\r\n".join(lines).encode())
    assert "→ INC-1  pages stay blank" in pier.ok("import", str(tmp_path / "bom.jsonl"))
    (tmp_path / "plain.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert "INC-1, there already" in pier.ok("import", str(tmp_path / "plain.jsonl"))
    then = pier.json("show", "INC-1")["closed"]
    state = json.loads(pier.ok("replay", str(tmp_path / "bom.jsonl"), "--at", then, "--json"))
    assert state["incidents"]["INC-1"]["title"] == "pages stay blank"


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ('{"incidentui":"export","schema":99}', "line 1: written by a newer incidentui; update to read it\n"),
        ('{"incidentui":"export"}', "line 1: it names no schema. Export the record again.\n"),
        ('{"incidentui":"export","schema":1}', "its first line does not say which events it holds\n"),
        ('{"incidentui":"export","schema":1,"project":"\\ud800"}', "its first line does not say which events it holds"),
        (
            '{"type":"incidentui.note.added"}',
            "line 1: not an event of this program: type 'incidentui.note",
        ),
    ],
)
def test_what_is_wrong_with_a_record_is_said_once(
    pier: Here, tmp_path: Path, lines: list[str], head: str, why: str
) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text("\n".join([head, *lines[1:]]), encoding="utf-8")
    code, _, trouble = pier.run("import", str(file))
    assert code == 2
    assert why in trouble
    assert trouble.count("x.jsonl") == 1


def test_a_record_that_is_nested_too_deep_is_no_record(here: Here, tmp_path: Path, lines: list[str]) -> None:
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    (tmp_path / "x.jsonl").write_text("\n".join([*lines, deep]), encoding="utf-8")
    code, _, trouble = here.run("import", str(tmp_path / "x.jsonl"))
    assert code == 2
    assert "x.jsonl: its JSON is nested too deeply to be a record" in trouble


# -- not a recurrence of itself


@pytest.mark.req("R1-56")
def test_a_draft_comes_home_as_the_incident_it_is_of(here: Here, pier: Here, tmp_path: Path) -> None:
    here.ok("open", "restart of the ferry board: nothing answers")
    here.ok("note", "a traveller called")
    here.ok("close", "--reason", "false alarm")
    here.ok("import", str(PAST / "restart.md"))
    for ident in ("INC-1", "INC-2"):
        draft = tmp_path / f"{ident}.md"
        here.ok("export", ident, "-o", str(draft))
        draft.write_text(draft.read_text(encoding="utf-8") + "\nWhat we learned: look first.\n", encoding="utf-8")
        assert f"{ident}, there already" in here.ok("import", str(draft))
        assert "→ INC-" in pier.ok("import", str(draft))  # elsewhere it is a document like any other
    assert [i["id"] for i in here.json("incidents")] == ["INC-1", "INC-2"]
    again = (tmp_path / "INC-1.md").read_text(encoding="utf-8").replace(" by ines |", " by otto |")
    (tmp_path / "other.md").write_text(again, encoding="utf-8")
    assert "→ INC-3" in here.ok("import", str(tmp_path / "other.md"))  # of an incident that has only its number


def test_the_same_text_in_other_bytes_is_the_same_document(here: Here, tmp_path: Path) -> None:
    here.ok("import", str(PAST / "restart.md"))
    text = (PAST / "restart.md").read_text(encoding="utf-8")
    spelt = {"crlf.md": text.replace("\n", "\r\n").encode(), "bom.md": b"\xef\xbb\xbf" + text.encode(),
             "wide.md": text.encode("utf-16")}  # fmt: skip
    for name, content in spelt.items():
        (tmp_path / name).write_bytes(content)
        assert "INC-1, there already" in here.ok("import", str(tmp_path / name))
    assert len(here.json("incidents")) == 1
