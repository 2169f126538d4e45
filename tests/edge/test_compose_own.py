"""Which compose project an action means on a host that runs several: that of this folder, or none."""

from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from incidentui.core.inputs import Refusal
from incidentui.edge.containers.compose_look import ComposeLook
from incidentui.edge.containers.compose_own import own
from incidentui.edge.containers.compose_plan import Asked
from incidentui.edge.containers.deeds import Wish
from incidentui.edge.containers.docker import DockerEngine

Entry = tuple[str, dict[str, Any]]


def entry(project: str, service: str, folder: Path) -> Entry:
    label = "com.docker.compose."
    labels = {f"{label}project": project, f"{label}service": service, f"{label}project.working_dir": str(folder)}
    return f"{project}-{service}-1", {"Id": project * 12, "Labels": labels}


def test_only_what_was_made_from_this_folder_counts(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "ours")
    (tmp_path / "ours").mkdir()
    other, ours = entry("other", "db", tmp_path / "other"), entry("ours", "web", tmp_path / "link")
    assert own([other, ours], tmp_path / "ours", "web") == ([ours], "ours")


@pytest.mark.parametrize("service", ["web", "db"])
def test_a_host_with_other_projects_alone_is_asked_about(tmp_path: Path, service: str) -> None:
    refused = own([entry("other", "web", tmp_path / "other")], tmp_path, service)
    assert isinstance(refused, Refusal)
    assert (refused.why, refused.usage) == ("which compose project?", True)
    assert "compose_project" in refused.hint


def test_a_service_that_another_project_has_too_is_asked_about(tmp_path: Path) -> None:
    entries = [entry("ours", "web", tmp_path), entry("other", "web", tmp_path / "other")]
    refused = own(entries, tmp_path, "web")
    assert isinstance(refused, Refusal)
    assert "web is a service of other, too" in refused.why


async def test_the_look_itself_asks_and_runs_no_compose(tmp_path: Path) -> None:
    class Host(DockerEngine):
        @override
        async def containers(self) -> list[Entry]:
            return [entry("other", "web", tmp_path / "other")]

    refused = await ComposeLook(tmp_path, "", ()).ground(Host(), Asked("web", Wish(1000, 1000, "")))
    assert isinstance(refused, Refusal)
    assert refused.why == "which compose project?"
