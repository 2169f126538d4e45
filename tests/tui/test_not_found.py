"""A file that is not found, and the mount under which it should lie: beside each other wherever a responder looks."""

from dataclasses import replace

import pytest

from incidentui.core.drift import Drift, DriftRow
from incidentui.core.evidence import CheckLook, write_check_look
from incidentui.core.inputs import Evidence
from incidentui.core.model import CheckStatus, ErrorText, SeenError
from incidentui.core.not_found import tie
from incidentui.session.ports import View
from incidentui.tui.pages.evidence import EvidencePage
from tests.tui import fakes
from tests.tui.pages import builders as b
from tests.tui.screens import shown

GONE = DriftRow("mount /data/tftp", "bad", "/srv/tftp", "missing", "recreate it", "ops/compose.yml:18")
ABOVE = DriftRow("mount /data", "bad", "harbor_data", "harbor_data, empty", "", "ops/compose.yml:17")
PORT = DriftRow("port 8000", "bad", "8000", "not published", "", "ops/compose.yml:12")
SAYS = "FileNotFoundError: [Errno 2] No such file or directory: '/data/tftp/spectrum.bin'"


def red(says: str, *rows: DriftRow) -> View:
    """`api` is red and says so; its container `backend` differs from what was declared."""
    view = fakes.first_red()
    error = SeenError("check:api-check", "api", ErrorText("sig", says), fakes.at("09:04:58"))
    backend = replace(view.state.workloads["backend"], state="running", exit_code=None)
    drift = {"backend": Drift("backend", rows)}
    state = replace(
        view.state, errors=(error,), drift=drift, suspect=None, workloads={**view.state.workloads, "backend": backend}
    )
    return replace(view, state=state)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)], ids="{0[0]}x{0[1]}".format)
@pytest.mark.req("R1-11")
async def test_the_headline_names_the_mount_behind_a_file_that_is_not_found(size: tuple[int, int]) -> None:
    async with shown(red(SAYS, PORT, ABOVE, GONE), size) as seen:
        head = " ".join(" ".join(seen.rows[:5]).split())
        rest = "\n".join(seen.rows[5:])
    assert "behind it" in head
    assert "mount /data/tftp of backend is missing (compose.yml:18)" in head, "the deepest one above the path"
    if size[0] >= 120:
        assert "where /data/tftp/spectrum.bin should lie" in head
        assert "└ mount /data/tftp of backend is missing" in rest


@pytest.mark.parametrize("size", [(78, 20), (118, 34), (198, 44)])
@pytest.mark.req("R1-11")
def test_it_stands_behind_the_answer_that_says_so(size: tuple[int, int]) -> None:
    body = '{"status": "error", "error": "file not found: /data/tftp/spectrum.bin"}'
    at = fakes.at("09:05:00")
    look = CheckLook("api-check", "api", "user", "http", "http://api/", at, "failing", "404", 404, body=body)
    page = EvidencePage(Evidence("check", write_check_look(look)))
    text = " ".join(b.shown(page, red("404", GONE), *size).split())
    assert "✗ mount /data/tftp of backend is missing" in text
    assert "declared /srv/tftp (compose.yml:18); /data/tftp/spectrum.bin, which it does not find" in text
    assert "BEHIND IT" not in b.shown(page, red("404", PORT), *size)


@pytest.mark.parametrize(
    ("says", "rows", "path"),
    [
        ("file not found", (GONE,), ""),  # no path: the only broken mount
        ("file not found", (GONE, ABOVE), None),  # which of the two, nobody knows
        ("open /data/tftp: no such file or directory", (GONE,), "/data/tftp"),
        ("ENOENT: no such file or directory, open '/data/tftpboot/x'", (GONE,), None),  # beside it, not under it
        ("ENOENT: no such file or directory, open '/etc/x'", (GONE,), None),
        ('relation "leads" does not exist', (GONE,), None),  # said of other things than files
        ("could not find user 42", (GONE,), None),
        ("Cannot read properties of undefined (reading 'x')", (GONE,), None),
        ("cannot open /data/tftp/x", (GONE,), "/data/tftp/x"),
        ("permission denied: /data/tftp/x", (GONE,), None),
        ("no such file or directory: /data/tftp/x", (replace(GONE, level="ok"),), None),
        ("no such file or directory: /data/tftp/x", (replace(GONE, running="/other"),), None),  # other files are there
        ("GET http://api/data/tftp/x: file not found", (GONE, ABOVE), None),  # an address is no path
    ],
)
def test_only_what_explains_it_is_tied_to_it(says: str, rows: tuple[DriftRow, ...], path: str | None) -> None:
    found = tie(says, [("backend", row) for row in rows])
    assert (found.path if found else None) == path


async def test_another_service_is_not_explained_by_it() -> None:
    view = red(SAYS, GONE)
    other = replace(view.state.errors[0], service="sheets", source="check:sheets-check")
    async with shown(replace(view, state=replace(view.state, errors=(other,))), (120, 40)) as seen:
        assert "should lie" not in seen.text


@pytest.mark.req("R1-11")
async def test_a_check_that_misses_the_mount_in_the_compose_file_explains_it_too() -> None:
    view = red(SAYS)
    why = "tftp says /data/tftp, backend mounts nothing at /data/tftp"
    missing = CheckStatus("tftp-mount", "api", "inner", "failing", fakes.at("09:05:01"), why)
    state = replace(view.state, checks={**view.state.checks, "tftp-mount": missing})
    async with shown(replace(view, state=state), (120, 40)) as seen:
        assert "mount /data/tftp of api is missing (tftp-mount), where /data/tftp/spectrum" in seen.text
