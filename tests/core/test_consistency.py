"""What of declared files cannot fit together, and what only looks so."""

import pytest

from incidentui.core.consistency import Wanted, faults
from incidentui.core.drift import Declared, Mount, Port


@pytest.mark.parametrize(("optional", "errors"), [(False, 1), (True, 0)])
def test_two_of_which_one_need_not_run_may_want_the_same_port(optional: bool, errors: int) -> None:
    port = Port(80, (8080,), "compose.yml:3")
    for first, second in ((optional, False), (False, optional)):
        both = (Declared("web", ports=(port,), optional=first), Declared("debug", ports=(port,), optional=second))
        assert len(faults(both, {}, Wanted())) == errors


@pytest.mark.parametrize(
    ("target", "level"),
    [
        ("/etc/nginx/nginx.conf", "error"),
        ("/etc/nginx/conf.d", "warning"),
        ("/etc/cron.d/", "warning"),
        ("/var/run/docker.sock", "warning"),
    ],
)
def test_only_a_file_that_is_missing_is_an_error(target: str, level: str) -> None:
    web = Declared("web", mounts=(Mount(target, "/srv/x", place="compose.yml:4"),))
    assert [fault.level for fault in faults((web,), {"/srv/x": "missing"}, Wanted())] == [level]


@pytest.mark.parametrize(("folder", "level"), [("/srv/", "error"), ("/home/ana/quay/", "warning")])
def test_a_file_outside_the_project_may_be_on_another_machine(folder: str, level: str) -> None:
    web = Declared("web", mounts=(Mount("/etc/app.conf", "/srv/app.conf", place="compose.yml:4"),))
    assert [f.level for f in faults((web,), {"/srv/app.conf": "missing"}, Wanted(folder=folder))] == [level]
