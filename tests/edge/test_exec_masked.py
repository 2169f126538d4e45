"""What is shown and kept of a command in a container holds no secret, whether as a line or as words."""

import shlex

import pytest

from incidentui.core.model import Workload
from incidentui.edge.inside.plans import exec_plan

WITH_SECRET = [
    "mysql --password HUNTER2 -e x",
    "mysql -pHUNTER2 -e x",
    "mysql '-pHUNTER2 and!more' -e x",
    "timeout 5 mysqldump -p 'HUNTER2 more' db",
    "psql '--password=a HUNTER2!' x",
    "redis-cli -a HUNTER2 ping",
    "redis-cli -a 'a HUNTER2' ping",
    "curl -u a:HUNTER2 http://x",
    "curl --user 'a:b HUNTER2' http://x",
    "app --api-token HUNTER2",
    """sh -c "mysql -p'HUNTER2' -e x" """,
    "env PGPASSWORD=HUNTER2 psql",
    "own-tool -pHUNTER2 run",
    "own-tool '-P&HUNTER2!' run",
    "sqlcmd -wHUNTER2",
]


@pytest.mark.parametrize("command", WITH_SECRET)
def test_a_secret_is_neither_in_the_line_nor_in_the_words(command: str) -> None:
    plan = exec_plan(Workload("web", "docker", ident="a" * 64), shlex.split(command), "", 1000, "host", "key")
    assert "HUNTER2" not in repr(plan)
    assert "[redacted]" in dict(plan.args)["command"]
    assert any("[redacted]" in word for word in plan.steps[0].argv[0])


@pytest.mark.parametrize(
    "command",
    [
        "ls -a /tmp",
        "ps -u root",
        "mkdir -p /srv/x",
        "su -u 1000:1000",
        "sort -u 'a file'",
        "ssh -p22022 box",
        "own -p127.0.0.1:8080:80",
        "tar -pxzvf a.tgz",
        "mkdir -p/srv/x1",
        "patch -p1",
        "own -plocalhost:8080",
        "perl -pi.bak x",
        'echo "it\'s"',
    ],
)
def test_what_is_no_secret_is_shown_word_for_word(command: str) -> None:
    words = shlex.split(command)
    plan = exec_plan(Workload("web", "docker", ident="a" * 64), words, "", 1000, "host", "key")
    assert dict(plan.args)["command"] == shlex.join(words)
    assert list(plan.steps[0].argv[0][-len(words) :]) == words
