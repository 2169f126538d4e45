"""What runs beside a checkpoint: the same rows as against a compose file, each side told apart."""

from dataclasses import replace

import pytest

from incidentui.cli.drifting import unlisted_lines
from incidentui.core.checkpoint import Checkpoint, ContainerThen, FileCopy, VolumeThen
from incidentui.core.drift import Actual, Drift, Mount, Mounted, Port
from incidentui.core.drift_then import FILES, against
from incidentui.core.drift_told import newly, reference, told
from incidentui.core.state import State

DAY = 86_400_000
AGENT = ContainerThen(
    "agent",
    "4c1f",
    "lab/agent:1",
    "sha256:" + "a" * 64,
    (),
    "running",
    (("MODE", "m"), ("TOKEN", "t")),
    ("config",),
    (Port(5051, (5051,)), Port(80, ())),
    (Mount("/config", "config"), Mount("/tftp", "/var/lib/tftpboot", True)),
    True,
)
FILE = FileCopy("docker-compose.lab.yml", "b" * 64, 100, 0o644)
THEN = Checkpoint("20261130-061200", DAY, "ana", "by hand", "c" * 40, files=(FILE,), containers=(AGENT,))
NOW = Actual(
    "agent",
    "lab/agent:1",
    AGENT.image_id,
    None,
    {5051: (5051,), 80: (49153,)},
    (Mounted("/config", "config", True, created=DAY), Mounted("/tftp", "/var/lib/tftpboot", False, read_only=True)),
    {"TOKEN": "t"},
    {"MODE": "m"},
    True,
)
MADE = {"config": DAY}


def drift(now: Actual = NOW, then: Checkpoint = THEN, files: tuple[FileCopy, ...] = (FILE,)) -> dict[str, Drift]:
    return {d.workload: d for d in against(then, {now.workload: now}, [now.workload], files, MADE)}


@pytest.mark.parametrize(
    ("files", "line"),
    [((FILE,), f"✓ {FILES:<16} nothing differs"), ((FileCopy(FILE.path, "c" * 64, 100, 0o644),), f"! {FILES}")],
)
def test_files_beside_a_checkpoint_are_told_with_what_differs_or_that_nothing_does(
    files: tuple[FileCopy, ...], line: str
) -> None:
    state = State(drift=drift(files=files))
    assert line in unlisted_lines(state)


def bad(found: Drift) -> dict[str, tuple[str, str]]:
    return {row.what: (row.declared, row.running) for row in found.rows if row.level == "bad"}


def test_what_is_as_it_was_differs_in_nothing_and_the_checkpoint_is_named() -> None:
    found = drift()
    assert [bad(each) for each in found.values()] == [{}, {}]
    assert found["agent"].by == "checkpoint 20261130-061200, by hand"
    assert (reference(found["agent"]), reference(Drift("x")), reference(None)) == ("then", "declared", "declared")


def test_each_side_of_each_difference_is_told() -> None:
    now = replace(
        NOW,
        image_id="sha256:" + "d" * 64,
        ports={5051: (5050,), 80: (49200,)},
        mounts=(Mounted("/config", "config", True, created=2 * DAY, empty=True),),
        environment={"TOKEN": "other", "DEBUG": "1"},
        of_image={},
        health=False,
    )
    found = drift(now)["agent"]
    assert bad(found) == {
        "image": ("lab/agent:1 aaaaaaaaaaaa", "lab/agent:1 dddddddddddd"),
        "port 5051": ("5051", "5050"),
        "mount /config": ("config", "config, empty"),
        "mount /tftp": ("/var/lib/tftpboot  ro", "missing"),
        "age of config": ("the volume of then", "made anew"),
        "env MODE": ("set", "not set"),
        "env TOKEN": ("set", "another value"),
        "health check": ("there", "none"),
    }
    assert {row.what: row.level for row in found.rows}["env DEBUG"] == "look"
    assert told(found.rows) == "8 of 10 differ"
    assert not any("recreate it" in row.so_what for row in found.rows), "what is made anew is made from what runs"
    assert newly({}, [found])[0] == ("agent", found.rows[0])


def test_files_that_changed_went_or_turned_their_mode_and_containers_that_are_gone_or_new() -> None:
    conf = FileCopy("agent_config.json", "e" * 64, 40, 0o640)
    kept = replace(FILE, path="kept.yml")
    then = replace(THEN, files=(FILE, conf, kept))
    other = Actual("web", "web:1", "sha256:f")
    files = (replace(FILE, sha256="9" * 64), FileCopy("agent_config.json", "", 0, 0, "not there"), kept)
    found = {d.workload: d for d in against(then, {"web": other}, ["web"], files, MADE)}
    assert bad(found[FILES]) == {
        "file docker-compose.lab.yml": ("bbbbbbbbbbbb mode 644", "999999999999 mode 644"),
        "file agent_config.json": ("eeeeeeeeeeee mode 640", "not there"),
    }
    assert bad(found["agent"]) == {"container": ("running", "gone")}
    assert (found["web"].rows, found["web"].why) == ((), "it is not in checkpoint 20261130-061200")
    turned = drift(files=(replace(FILE, mode=0o600),))[FILES]
    assert list(bad(turned)) == ["file docker-compose.lab.yml"]


def test_a_checkpoint_from_before_ports_and_mounts_were_kept_claims_nothing_of_them() -> None:
    old = replace(AGENT, ports=None, mounts=None, health=None)
    then = replace(THEN, containers=(old,), volumes=(VolumeThen("config", "local", "x", None),))
    found = drift(replace(NOW, ports={}, mounts=(), health=False), then)["agent"]
    assert [row.what for row in found.rows] == ["image", "env"]


def test_a_volume_without_a_name_is_another_one_after_its_container_was_made_anew() -> None:
    hidden = replace(AGENT, mounts=(Mount("/data", "1" * 64),))
    now = replace(NOW, mounts=(Mounted("/data", "2" * 64, True, anonymous=True),))
    found = drift(now, replace(THEN, containers=(hidden,)))["agent"]
    assert bad(found) == {"mount /data": ("1" * 64, "a volume without a name")}
