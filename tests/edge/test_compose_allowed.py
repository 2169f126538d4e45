"""A compose file is allowed together with every file that it includes or extends."""

from pathlib import Path

import pytest

from incidentui.config.trust import allow
from incidentui.edge.containers.compose_allowed import not_allowed

SERVICES = "services: {web: {image: x}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "ferry" / "more").mkdir(parents=True)
    return tmp_path / "ferry"


def write(file: Path, text: str, allowed: bool = True) -> None:
    file.write_text(text)
    if allowed:
        allow(file)


@pytest.mark.parametrize(
    "names_it",
    [
        f"include: [more/part.yml]\n{SERVICES}",
        f"include: more/part.yml\n{SERVICES}",
        f"include:\n  - path: [more/part.yml]\n{SERVICES}",
        "services: {web: {extends: {file: more/part.yml, service: web}}}\n",
        "x-base: &base {extends: {file: more/part.yml, service: web}}\nservices: {web: {<<: *base}}\n",
    ],
)
def test_what_a_file_names_asks_for_itself_and_again_when_it_changed(folder: Path, names_it: str) -> None:
    write(folder / "more/part.yml", SERVICES, allowed=False)
    write(folder / "compose.yml", names_it)
    refused = not_allowed(folder, ["compose.yml"])
    assert refused is not None
    assert "incidentui trust more/part.yml" in refused.hint
    write(folder / "more/part.yml", SERVICES)
    assert not_allowed(folder, ["compose.yml"]) is None
    write(folder / "more/part.yml", SERVICES.replace("x", "y"), allowed=False)
    assert not_allowed(folder, ["compose.yml"]) is not None


def test_what_an_included_file_names_in_turn_is_asked_for_and_a_ring_ends(folder: Path) -> None:
    write(folder / "compose.yml", f"include: [more/a.yml]\n{SERVICES}")
    write(folder / "more/a.yml", "services: {web: {extends: {file: b.yml, service: web}}}\n")
    write(folder / "more/b.yml", f"include: [../compose.yml]\n{SERVICES}", allowed=False)
    refused = not_allowed(folder, ["compose.yml"])
    assert refused is not None
    assert "more/b.yml is not allowed yet" in refused.why
    allow(folder / "more/b.yml")
    assert not_allowed(folder, ["compose.yml"]) is None


@pytest.mark.parametrize("name", ["${PART}.yml", "https://host.invalid/x.git", "oci://host.invalid/x", "gone.yml"])
def test_what_cannot_be_told_is_refused(folder: Path, name: str) -> None:
    write(folder / "compose.yml", f"include: ['{name}']\n{SERVICES}")
    refused = not_allowed(folder, ["compose.yml"])
    assert refused is not None
    assert name in refused.why
