"""A change of the compose file or of a tunnel script stands in the list of changes, as code does."""

from dataclasses import replace
from pathlib import Path

import pytest

from incidentui.core.model import FileChange
from incidentui.core.recent import NOTHING
from incidentui.postmortem.document import document
from incidentui.postmortem.draft import render
from incidentui.session.ports import View
from incidentui.tui.pages.commit import CommitPage
from tests.postmortem.story import BAD, COMMITS, Story, broken, opened, quiet, repository
from tests.tui.pages import builders as b

FILES = (
    FileChange("frontend/static/js/app.js", 30, 2),
    FileChange("backend/routes.py", 40, 0),
    FileChange("docker-compose.lab.yml", 2, 0),
)


@pytest.mark.req("R1-04")
def test_what_all_runs_on_is_listed_with_its_commit_and_what_is_not_committed(tmp_path: Path) -> None:
    story = Story(tmp_path)
    quiet(story)
    broken(story)
    opened(story)
    changed = tuple(replace(c, files=FILES, file_count=3) if c.sha == BAD else c for c in COMMITS[2:])
    story.at("09:07:00", repository(BAD, commits=changed, dirty=("ssh-tunnel-lab.sh", "backend/x.py"), dirty_count=2))
    facts = story.facts()
    draft = render(facts)
    assert "| infrastructure, backend, frontend | Sync" in draft
    part = draft.split("## Infrastructure changes")[1].split("## ")[0]
    assert "| docker-compose.lab.yml | `bad1bad` | 2026-03-02 09:00:58 | kofi | +2 −0 |" in part
    assert "| ssh-tunnel-lab.sh | not committed |" in part
    assert "x.py" not in part
    found = document(facts)["infrastructure"]
    assert found == [{"file": "docker-compose.lab.yml", "commit": BAD}, {"file": "ssh-tunnel-lab.sh", "commit": None}]
    view = View(story.desk.state, NOTHING)
    story.journal.close()
    for size in ((78, 20), (118, 34), (198, 44)):
        page = b.shown(CommitPage(BAD), view, *size)
        assert "touches" in page
        assert "docker-compose.lab.yml  infrastructure" in page
