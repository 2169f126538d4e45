"""The draft of an incident that was recorded through real turns: everything the record knows, and nothing else."""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from incidentui.core import inputs as i
from incidentui.core.events import NoteAdded
from incidentui.core.inputs import Evidence
from incidentui.postmortem import facts as gathered
from incidentui.postmortem.draft import render
from incidentui.postmortem.facts import Facts
from incidentui.postmortem.gaps import gaps
from incidentui.postmortem.markdown import fence, plain, text
from tests.postmortem.story import (
    BACK,
    BAD,
    RESET,
    Story,
    act,
    broken,
    git_plan,
    odd,
    opened,
    quiet,
    repository,
    stuck,
    when,
    whole,
)

GOLDEN = Path(__file__).parent / "golden" / "bookings.md"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    told = whole(tmp_path_factory.mktemp("whole"))
    yield told
    told.journal.close()


@pytest.fixture(scope="module")
def open_story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    told = stuck(tmp_path_factory.mktemp("stuck"))
    yield told
    told.journal.close()


def part(draft: str, title: str) -> str:
    return draft.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def has(found: str, *wanted: str) -> None:
    for words in wanted:
        assert words in found, f"{words!r} is not in:\n{found}"


@pytest.mark.req("F14")
def test_the_whole_draft_is_as_it_was_read(story: Story) -> None:
    """`GOLDEN=write` writes it anew; read the diff. The hash of the evidence changes with every field that it gains."""
    draft = re.sub(r"SHA-256 `[0-9a-f]{12}`", "SHA-256 `0123456789ab`", story.draft())
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.write_text(draft, encoding="utf-8")
    assert draft == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.req("R3-02", "R3-08")
def test_the_deploy_with_its_commit_size_and_author(story: Story) -> None:
    draft = story.draft()
    has(part(draft, "Summary"), "`bad1bad` (+348 −19 by kofi: Sync \\| safety", "deployed at 2026-03-02 09:01:05")
    has(part(draft, "Commits"), "| `bad1bad` | suspect, deployed, taken back by revert 1", "| +348 −19 | 1 |")


@pytest.mark.req("R3-03", "R3-04", "F9")
def test_when_it_was_detected_and_how_and_what_the_look_saw(story: Story) -> None:
    draft = story.draft()
    has(draft, "| Detected | 2026-03-02 09:01:30, 3 failed looks in a row of bookings-page |")
    has(part(draft, "Metrics"), "| to detect | 25s | deploy → 3 failed looks in a row of bookings-page |")
    has(part(draft, "Evidence"), "→ 503, text/html, 41 bytes, 9 ms", "expected status: 200; got 503")


@pytest.mark.req("F2", "R3-03")
def test_a_report_that_was_noted_late_stands_where_it_belongs_and_says_so(story: Story) -> None:
    rows = part(story.draft(), "Timeline").splitlines()
    (note,) = [row for row in rows if "never\\* loads" in row]
    assert note.startswith("| 2026-03-02 09:05:00 | “ | tomasz |")
    assert note.endswith("| note by tomasz, written at 2026-03-02 09:06:10 |")
    assert rows.index(note) < next(n for n, row in enumerate(rows) if "| opened |" in row)


@pytest.mark.req("F1", "F8")
def test_the_timeline_has_every_row_of_the_record_in_order(story: Story) -> None:
    rows = [row for row in part(story.draft(), "Timeline").splitlines() if row.startswith("| 20")]
    times = [row[2:21] for row in rows]
    assert times == sorted(times)
    recorded = [r for r in story.journal.read() if r.moment != "quiet" and r.at >= when("09:01:05")]
    assert len(rows) == len(recorded)
    for stage in ("acknowledged → mitigating", "mitigating → monitoring", "monitoring → resolved"):
        has("\n".join(rows), stage)


@pytest.mark.req("R3-05", "R3-06", "R3-16")
def test_the_attempts_with_before_after_remote_and_verdict(story: Story) -> None:
    first, second = part(story.draft(), "Attempts").split("\n### ")[1:3]
    has(part(story.draft(), "Attempts"), "2 attempts that changed something.")
    has(first, "Revert 1", "2026-03-02 09:12:00 by ines", "**not complete: pushed, but nothing deployed**")
    has(first, "`bad1bad` → `c3c3c3c`", "origin/main is c3c3c3c, as pushed | git ls-remote", "after 1m 02s")
    has(first, "1. save: refs/incidentui/INC-1/run-1 (done, 40 ms)", "To undo it: git push origin bad1bad:main")
    has(second, "Reset 2", "2026-03-02 09:17:00 by ines", "**complete: ")
    has(second, "`c3c3c3c` → `d4d4d4d`", "Newly green: bookings-page", "2026-03-02 09:17:30, after 30s")


@pytest.mark.req("R3-16", "R3-30")
def test_the_code_state_and_the_chain_of_what_moved(story: Story) -> None:
    code = part(story.draft(), "Code state")
    has(code, "- Branch: main", "- HEAD: `d4d4d4d`, nothing uncommitted", "- Remote origin: `d4d4d4d`")
    has(code, "- Running: bookings `d4d4d4d`", "- Known-good before it: `a1a1a1a`", "- Taken back: `bad1bad`")
    moves = re.findall(r"\| (09:\d\d:\d\d|2026-\S+ \S+) \| (\S+)(?: \S+)? \| `(\w+)` \| `(\w+)`", code)
    assert [(m[2], m[3]) for m in moves if m[1] == "origin/main"] == [("bad1bad", "c3c3c3c"), ("c3c3c3c", "d4d4d4d")]
    assert [(m[2], m[3]) for m in moves if m[1] == "running:"] == [("a1a1a1a", "bad1bad"), ("bad1bad", "d4d4d4d")]


@pytest.mark.req("R3-15")
def test_the_outage_of_each_service_in_seconds(story: Story, open_story: Story) -> None:
    impact = part(story.draft(), "Impact")
    has(impact, "| bookings | 16m 10s | 970 | none | none | 2026-03-02 09:01:10 | 2026-03-02 09:17:20 | ±10s |")
    has(impact, "| tariffs | none | 0 | none | 15m 18s |", "No outage seen: ledger.")
    still = part(open_story.draft("09:20:00"), "Impact")
    has(still, "| bookings | 14m 50s | 890 | none | 4m | 2026-03-02 09:01:10 | not seen | ±10s |")


@pytest.mark.req("R3-31", "R3-32", "F50")
def test_each_component_is_verified_or_assumed(story: Story, open_story: Story) -> None:
    table = part(story.draft(), "Components")
    has(
        table, "| bookings | service | ok | 2026-03-02 09:17:20 | 12 ms | verified by bookings-page, on the user path |"
    )
    has(table, "| ledger | service | ok |", "verified by ledger-ping, an inner check: it does not prove the user path")
    has(table, "| pages | workload | running | 2026-03-02 09:17:16 |  | seen in supervisor |")
    has(table, "| database | not covered | _unknown_ |", "assumed: no rollback covers it, nobody looked")
    unwatched = part(open_story.draft("09:20:00"), "Components")
    has(unwatched, "| tariffs | service | _unknown_ |", "assumed: tariffs-feed cannot tell")
    has(unwatched, "| pages | workload | _unknown_ |", "assumed: supervisor does not answer")
    has(unwatched, "assumed since 2026-03-02 09:16:00, when watching ended")


@pytest.mark.req("R3-07")
def test_an_open_incident_has_a_draft_as_of_now(open_story: Story) -> None:
    draft = open_story.draft("09:20:00")
    has(draft, "| Status | open (mitigating), as of 2026-03-02 09:20:00 |", "| Recovered | not yet |")
    has(part(draft, "Metrics"), "| to mitigate | not yet |", "| to resolve | not yet |")
    has(part(draft, "Gaps"), "- Metrics: not recovered yet.", "- Metrics: not resolved yet.")


@pytest.mark.req("F16", "R1-43", "R3-18")
def test_the_gaps_are_what_nobody_knows_and_nothing_that_is_known(story: Story, open_story: Story) -> None:
    assert [plain(gap) for gap in gaps(story.facts())] == [
        "Causes: bad1bad is suspected; nobody confirmed it.",
        "Causes: why did nothing stop bad1bad before it was deployed? Ask, do not guess.",
        "Causes: nobody said the symptom, the root cause, the real problem.",
        "Impact: how many users were affected.",
        "Impact: tariffs was unknown for 15m 18s; nobody saw whether it answered.",
        "Components: no rollback covers the database (rows written since stay; no migration file in the window);"
        " nobody looked.",
        "Components: no check goes the user's path to ledger.",
        "Went well: nobody said it yet.",
        "Went wrong: nobody said it yet.",
        "Where we were lucky: nobody said it yet.",
        "Action items: 2 suggested, none has an owner or a due date.",
    ]
    missing = part(open_story.draft("09:20:00"), "Gaps")
    has(missing, "nobody watched from 2026-03-02 09:16:00 to 2026-03-02 09:20:00")
    has(missing, "git was lost from 2026-03-02 09:14:00 to 2026-03-02 09:15:00: fatal: not a git repository.")
    has(missing, "supervisor was lost from 2026-03-02 09:15:10 to the end: no such socket.")


def test_nothing_known_leaves_gaps_and_no_invented_value(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.at("09:00:00", i.OpenIncident("Somebody says that it is slow", "ines"))
    draft = story.draft("09:10:00")
    for line in (
        "Causes: unknown; no deploy was seen before it.",
        "Impact: what users saw; no note says it.",
        "Metrics: the start is unknown; no check was red when the incident was opened.",
        "Metrics: nobody acknowledged it.",
        "Action items: none was written.",
    ):
        has(part(draft, "Gaps"), f"- {line}")
    has(draft, "| Start (first failed look) | _unknown_ |", "| Recovered | nothing was seen failing |")
    has(draft, "| Acknowledged | by nobody |", "No service is watched.", "Git was not seen.", "Nothing was tried.")
    story.journal.close()


@pytest.mark.req("R3-02")
def test_a_way_back_that_comes_within_seconds_is_not_the_suspect(tmp_path: Path) -> None:
    plan = git_plan("git.reset", "Reset main", BACK)
    quick = Story(tmp_path)
    quiet(quick)
    quick.at("09:01:05", i.RevisionLooked("bookings", BAD), repository(BAD))
    quick.looks("bookings-page", "failing", "09:01:06", "09:01:07", "09:01:08")
    quick.at("09:01:08", i.OpenIncident("Bookings answer 503", "ines"))
    act(quick, "09:01:09", plan, "run-1", BAD, RESET)
    quick.at("09:01:10", i.RevisionLooked("bookings", RESET))
    facts = quick.facts()
    quick.journal.close()
    assert facts.suspect is not None
    assert facts.deploy is not None
    assert (facts.suspect.sha, facts.deploy.now) == (BAD, BAD)
    assert facts.metrics[0].ms == 3_000


@pytest.mark.req("F34")
def test_the_runbook_with_what_was_skipped_and_why(story: Story) -> None:
    run = part(story.draft(), "Runbooks")
    has(run, "| 1 | Look at the suspect | skipped | 2026-03-02 09:11:30 | seen on the commits pane |")
    has(run, "| 2 | Roll back | done |", "From roll-back-a-bad-deploy, started at 2026-03-02 09:11:00 by ines.")


def test_what_comes_after_the_end_is_no_part_of_it(tmp_path: Path) -> None:
    story = whole(tmp_path)
    before = story.draft()
    story.looks("bookings-page", "failing", "09:30:00", "09:30:10", "09:30:20")
    story.at("09:31:00", i.RevisionLooked("bookings", "e5" * 20), i.OpenIncident("Again", "ines"))
    assert story.draft() == before
    story.at("09:40:00", i.AddNote("the pager was late", "ines", incident="INC-1"))
    has(story.draft(), "the pager was late")
    story.journal.close()


def test_a_long_timeline_keeps_the_key_moments_and_what_was_marked(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathered, "ROWS", 10)
    facts = story.facts()
    assert facts.cut > 0
    assert all(facts.is_key(r) for r in facts.timeline)
    has(render(facts), f"{facts.cut} details left out")
    assert facts.outages == story.facts().outages


def test_a_marked_row_is_a_key_moment(tmp_path: Path) -> None:
    story = Story(tmp_path)
    for told in (quiet, broken, opened):
        told(story)
    (detail,) = [r for r in story.journal.read() if r.subject == "tariffs-feed" and r.at == when("09:02:00")]
    assert not story.facts().is_key(detail)
    story.at("09:08:00", i.MarkMoment(detail.seq, "ines"))
    assert story.facts().is_key(detail)
    story.journal.close()


def test_what_went_half_well_is_said_as_it_was(tmp_path: Path) -> None:
    story = odd(tmp_path)
    draft = story.draft()
    story.journal.close()
    has(draft, "| Status | closed, not resolved: tariffs \\| are not ours |", "| Resolved | no |")
    has(part(draft, "Summary"), "`bad1bad` was deployed at 2026-03-02 09:01:05", "3 attempts to recover")
    has(part(draft, "Impact"), "| bookings | 2m 50s | 170 | 1m |", "| ±500 ms |")
    attempts = part(draft, "Attempts")
    has(
        attempts,
        "- Still in force: `bad1bad`",
        "- Still differs: server/sync.py",
        "main: _unknown_ → `c3c3c3c`, partly.",
    )
    has(attempts, "**failed: the branch has moved**", "Outcome: no answer from origin.", "**outcome unknown: ")
    has(attempts, "1. save: HEAD, index, work tree (no word of it)")
    code = part(draft, "Code state")
    has(code, "uncommitted: server/sync.py", "- In progress: revert", "- Known-good before it: `a1a1a1a`, by hand")
    has(code, "- Known-good since: `c3c3c3c`, it answers")
    has(
        part(draft, "Components"), "| gate | workload | running | _unknown_ | OOM killed, 4 restarts | seen in docker |"
    )
    has(part(draft, "Action items"), "gate has no health check")
    missing = part(draft, "Gaps")
    has(missing, "- Commits: `bad1bad` was never seen in git; author and size are unknown.")
    has(missing, "- Attempts: the outcome of “Revert bad1bad” is unknown: no answer from origin.")
    has(missing, "- Components: gate never said which revision it runs.", "- Components: no check looks at gate.")


# -- Markdown

PARSER = MarkdownIt("gfm-like", {"linkify": False, "html": True})


def shape(tokens: list[Token] | None) -> list[object]:
    """The structure of a document without its words."""
    out: list[object] = []
    for token in tokens or []:
        inline = [kind for kind in shape(token.children) if kind not in ("text", "text_special")]
        out.append((token.type, token.tag, inline) if token.type == "inline" else token.type)
    return out


def said(facts: Facts, words: str) -> Facts:
    """The facts with `words` wherever text comes from outside."""
    incident = replace(facts.incident, title=words, by=words, responders=(words,), closed_reason=words)
    timeline = tuple(
        replace(r, event=NoteAdded(words, words), subject=words, source=f"responder:{words}") for r in facts.timeline
    )
    commits = tuple(replace(c, subject=words, author=words) for c in facts.commits)
    attempts = tuple(
        replace(a, by=words, why=words, plan=replace(a.plan, title=words, undo=words, not_covered=((words, words),)))
        for a in facts.attempts
    )
    evidence = tuple((r, Evidence("log", words)) for r, _ in facts.evidence)
    return replace(facts, incident=incident, timeline=timeline, commits=commits, attempts=attempts, evidence=evidence)


HOSTILE = (
    "# not a heading #",
    "a | b | c",
    "<script>alert(1)</script> <!-- x",
    "[link](http://x.example) ![img](y)",
    "**bold** __bold__ _it_ ~~gone~~ `code` ``",
    "- item",
    "1. item",
    "1) item",
    "+ item",
    "=====",
    "back\\",
    "&lt;b&gt; &amp; &#35;",
    "two\nlines\n\n## and a heading\n\n```\nfence",
    "\x1b[31mred\u202e",
    "````",
    "https://x.example www.x.example a@x.example",
    "[ ] $x$ :smile:",
)


@pytest.mark.parametrize("words", HOSTILE)
def test_text_from_outside_changes_nothing_but_words(story: Story, words: str) -> None:
    facts = story.facts()
    assert shape(PARSER.parse(render(said(facts, words)))) == shape(PARSER.parse(render(said(facts, "word"))))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(alphabet=st.sampled_from("ab1 #|<>[]()*_`~\\&-+=.!:/@$'\"{}\n\t"), max_size=24))
def test_text_reads_as_it_was_written(words: str) -> None:
    line = " ".join(words.split())
    assume(line)
    for frame in ("{}", "# {}", "- {}", "| a |\n| --- |\n| {} |"):
        inline = [t for t in PARSER.parse(frame.format(text(words))) if t.type == "inline"][-1]
        assert {child.type for child in inline.children or []} <= {"text", "text_special"}
        assert "".join(child.content for child in inline.children or []) == line


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("a`~ \n"), max_size=40))
def test_a_fence_is_closed_by_itself_alone(body: str) -> None:
    tokens = PARSER.parse("\n".join(fence(body)))
    assert [t.type for t in tokens] == ["fence"]


def test_every_row_of_a_table_has_the_cells_of_its_head(story: Story) -> None:
    for block in re.findall(r"(?:^\|.*\n)+", story.draft(), flags=re.M):
        cells = {len(re.findall(r"(?<!\\)\|", row)) for row in block.splitlines()}
        assert len(cells) == 1, block


# -- went well, went wrong, luck


@pytest.mark.req("R3-28")
def test_what_went_well_and_what_went_wrong_stands_there_by_the_record(story: Story) -> None:
    draft = story.draft()
    well, wrong = part(draft, "Went well"), part(draft, "Went wrong")
    has(
        well,
        "seen 25s after the deploy, by 3 failed looks in a row of bookings-page",
        "Attempt 2, Reset main",
        "complete",
    )
    has(wrong, "Attempt 1, Revert bad1bad", "not complete: pushed, but nothing deployed; the same error again")
    has(wrong, "was followed by no deploy")
    assert "no action of this record" not in part(draft, "Where we were lucky"), "an attempt was complete"


@pytest.mark.req("R3-28")
def test_what_people_say_of_it_by_a_note_stands_there_under_their_names(tmp_path: Path) -> None:
    one = Story(tmp_path)
    for step in (quiet, broken, opened):
        step(one)
    for n, said in enumerate(("Lucky: lea was still in the office", "well: the pager", "wrong :no runbook", "well:  ")):
        one.at(f"09:09:1{n}", i.AddNote(said, "ines"))
    draft = one.draft()
    has(part(draft, "Where we were lucky"), "- lea was still in the office (ines, 2026-03-02 09:09:10)")
    has(part(draft, "Went well"), "- the pager (ines, ")
    has(part(draft, "Went wrong"), "- no runbook (ines, ")
    for title in ("Went well", "Went wrong", "Where we were lucky"):
        assert "for the people who were there" not in part(draft, title)
        assert f"{title}: nobody said it yet" not in draft
    one.journal.close()


@pytest.mark.req("R3-28")
def test_what_got_well_by_itself_is_luck_and_nobodys_merit(tmp_path: Path) -> None:
    one = Story(tmp_path)
    for step in (quiet, broken, opened):
        step(one)
    one.looks("bookings-page", "ok", "09:08:00", "09:08:10", "09:08:20", "09:08:30")
    lucky = part(one.draft(), "Where we were lucky")
    has(lucky, "All answered again at", "and no action of this record explains it")
    one.journal.close()


@pytest.mark.req("R3-28")
def test_what_was_deployed_by_hand_while_it_was_red_is_no_luck(tmp_path: Path) -> None:
    one = Story(tmp_path)
    for step in (quiet, broken, opened):
        step(one)
    one.at("09:07:50", i.RevisionLooked("bookings", RESET))
    one.looks("bookings-page", "ok", "09:08:00", "09:08:10", "09:08:20", "09:08:30")
    assert "All answered again" not in part(one.draft(), "Where we were lucky")
    one.journal.close()


@pytest.mark.req("R3-41")
def test_while_it_is_open_the_draft_says_in_plain_words_what_is_next(open_story: Story, story: Story) -> None:
    told = part(open_story.draft(), "Hand-over")
    has(told, "Next:", "1. ")
    assert "## Hand-over" not in story.draft(), "it is over: nothing is handed on"
