"""Somebody stopped a workload, and its service fails: that is said first and started first, and no commit is blamed."""

from dataclasses import replace

import pytest

from incidentui.core.incidents import suggested_title
from incidentui.core.model import Ms, Workload, WorkloadState
from incidentui.runbook.parse import parse
from incidentui.runbook.suggest import offers
from incidentui.session.ports import View
from incidentui.tui.present.headline import headline
from incidentui.tui.regions import Class
from tests.tui import fakes
from tests.tui.screens import shown

SIZES: list[tuple[int, Class]] = [(80, "compact"), (120, "normal"), (200, "wide")]


def view(state: WorkloadState, since: Ms, base: View | None = None) -> View:
    base = base or fakes.first_red()
    here = Workload("backend", "supervisor", state, since)
    return replace(base, state=replace(base.state, workloads={**base.state.workloads, "backend": here}))


def told(seen: View, width: int, kind: Class) -> str:
    return "\n".join(line.text for line in headline(fakes.scene(seen), width, kind).lines)


@pytest.mark.parametrize(("width", "kind"), SIZES)
def test_a_stop_by_hand_is_nearer_than_the_last_deploy(width: int, kind: Class) -> None:
    deploy = fakes.first_red().state.deploys[-1].at
    said = told(view("stopped", deploy + 60_000), width, kind)
    assert "backend is stopped" in said
    assert "suspect" not in said
    assert "suspect" in told(view("stopped", deploy + 1_000), width, kind), "the deploy itself stops and starts it"
    assert "suspect" in told(view("running", deploy + 60_000), width, kind)


def test_in_an_incident_the_small_screen_says_it_beside_what_comes_next() -> None:
    base = fakes.incident()
    seen = view("stopped", base.state.deploys[-1].at + 60_000, base)
    row = told(seen, 80, "compact").splitlines()[1]
    assert row.startswith("└ behind it")
    assert "backend is stopped" in row
    assert "next" in row


async def test_it_is_red_in_its_pane_under_its_service_and_first_in_the_menus() -> None:
    deploy = fakes.first_red().state.deploys[-1].at
    async with shown(view("stopped", deploy + 60_000), (120, 40)) as it:
        assert "└ backend is stopped" in it.text
        assert "✗ backend   stopped" in it.text
        text = await it.press("a")
        assert "1  Start backend" in text
        text = await it.press("escape", "4", "home", "a")
        assert "1  Start backend" in text
        assert "Create backend anew" not in text, "the supervisor makes nothing anew"


def test_the_title_and_the_offer_name_it() -> None:
    deploy = fakes.first_red().state.deploys[-1].at
    state = view("stopped", deploy + 60_000).state
    assert suggested_title(state).endswith("; backend is stopped")
    books = [parse(f"---\ntags: [{tag}]\n---\n# {tag}\n\n1. Do it\n", f"{tag}.md") for tag in ("rollback", "restart")]
    assert next((offer.id, offer.reason) for offer in offers(books, state)) == (
        "restart",
        "backend is stopped, and no deploy did it",
    )
