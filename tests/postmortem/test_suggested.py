"""Causes that the record suggests by itself stand in the draft, as what nobody confirmed."""

from dataclasses import replace
from pathlib import Path

import pytest

from incidentui.core import inputs as i
from incidentui.core.drift import Drift, DriftRow
from incidentui.core.evidence import CheckLook, write_check_look
from incidentui.core.model import CheckSpec
from incidentui.postmortem.document import document
from incidentui.postmortem.draft import render
from tests.postmortem.story import SPEC, Story, opened, quiet

BODY = '{"error": "file not found: /data/tftp/spectrum.bin"}'
LOOK = CheckLook("bookings-page", "bookings", "user", "http", "http://a/", 0, "failing", "503", 503, body=BODY)
GONE = DriftRow("mount /data/tftp", "bad", "/srv/tftp", "missing", "recreate it", "ops/compose.yml:18")


@pytest.mark.req("R1-11")
def test_a_file_that_was_not_found_and_the_mount_that_was_gone_are_told_together(tmp_path: Path) -> None:
    story = Story(tmp_path)
    quiet(story)
    look = write_check_look(LOOK)
    story.looks("bookings-page", "failing", "09:01:10", "09:01:20", "09:01:30", evidence=look)
    opened(story)
    story.at("09:08:00", i.DriftLooked((Drift("pages", (GONE,)),)))
    story.at("09:12:00", i.DriftLooked((Drift("pages"),)))  # mended since: it is told all the same
    facts = story.facts()
    story.journal.close()
    says = "bookings said at 2026-03-02 09:01:30: file not found: /data/tftp/spectrum.bin; mount /data/tftp of pages"
    assert says in render(facts)
    (found,) = document(facts)["suggested_causes"]
    assert found["cause"].endswith("is missing (compose.yml:18), where /data/tftp/spectrum.bin should lie")


def test_what_came_to_light_stands_in_its_order_with_the_time_that_each_took(tmp_path: Path) -> None:
    story = Story(tmp_path)
    inner = (CheckSpec(n, "ledger", layer="inner", fail_after=1, recover_after=1) for n in ("port", "token"))
    quiet(story)
    story.at("09:00:45", i.StartWatch(replace(SPEC, checks=(*SPEC.checks, *inner)), "ines", host="quay-1"))
    story.looks("port", "ok", "09:00:50")
    story.looks("token", "ok", "09:00:51")
    story.looks("bookings-page", "failing", "09:01:10", "09:01:20", "09:01:30")
    opened(story)
    story.looks("port", "failing", "09:08:00")
    story.looks("port", "ok", "09:10:00")
    story.looks("token", "failing", "09:12:00")
    story.looks("port", "failing", "09:13:00")
    story.looks("port", "ok", "09:14:00")
    story.looks("token", "ok", "09:15:00")
    facts = story.facts()
    story.journal.close()
    told = [(u["check"], u["lost"]) for u in document(facts)["uncovered"]]
    assert told == [("port", 240_000), ("token", 180_000)]
    text = render(facts)
    assert "What came to light, in this order" in text
    assert text.index("ledger: port") < text.index("ledger: token")
