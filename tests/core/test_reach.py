"""The blast radius of plans whose executor asked no engine: git, shell text, a restore."""

import pytest

from incidentui.core.hosts import other_hosts
from incidentui.core.model import Plan, PlanStep, ProjectSpec, ServiceSpec, Workload
from incidentui.core.reach import reach
from incidentui.core.state import State

SERVICES = (
    ServiceSpec("api", ("backend", "worker"), ("server/",), has_revision=True),
    ServiceSpec("page", depends_on=("api",)),
    ServiceSpec("db", ("postgres",)),
)
STATE = State(
    project=ProjectSpec("leads", branch="main", services=SERVICES),
    workloads={name: Workload(name, "docker", "running") for name in ("backend", "worker", "postgres")},
)
UNKNOWN = ("all else", "not known: what a command reaches stands only in its text")


def shell(text: str) -> Plan:
    return Plan("shell", (), "Do it", "yes", "word", steps=(PlanStep("run", text[:20], (("sh", "-c", text),)),))


def of(plan: Plan) -> dict[str, str]:
    return dict(reach(plan, STATE))


@pytest.mark.req("F26")
def test_a_shell_step_says_what_its_text_names_and_that_the_rest_is_not_known() -> None:
    assert of(shell("docker restart backend && curl -s localhost")) == {
        "backend": "workload: the text names it",
        "api": "service: is served by it",
        "page": "service: depends on it",
        "all else": UNKNOWN[1],
    }
    told = of(shell("ssh root@db1.example.com sudo systemctl restart x\nscp a b.example.com:/tmp"))
    assert told["db1.example.com"] == told["b.example.com"] == "another host"
    assert told["this host"] == "as root: it uses sudo"
    assert reach(shell("df -h"), STATE) == (
        ("watched here", "nothing that its text names; what else a command reaches is not known"),
    )
    assert "backend" not in of(shell("ls backend-old mybackend")), "a name is a whole word"


@pytest.mark.req("F26")
def test_a_push_reaches_who_runs_the_branch_and_who_pulls_it() -> None:
    plan = Plan("git.reset", (), "Reset main", "main", push=True)
    assert of(plan) == {
        "branch main": "on the remote: everybody who pulls it gets this, and work on top of it meets it",
        "api": "service: what runs is replaced when this is deployed",
        "page": "service: needs api",
    }
    assert reach(Plan("git.revert", (), "Revert", "main"), STATE) == (("this clone", "alone: nothing is pushed"),)


@pytest.mark.req("F26")
def test_a_restore_reaches_files_containers_and_whom_they_serve() -> None:
    steps = (PlanStep("write", "a"), PlanStep("write", "b"), PlanStep("create", "postgres anew from image x"))
    assert of(Plan("checkpoint.restore", (), "Restore", "leads", steps=steps)) == {
        "2 files": "read by who is started next; nobody is restarted for them",
        "postgres": "container: is stopped and created anew",
        "db": "service: is served by it",
    }


def test_what_an_engine_said_stands_and_what_changes_nothing_reaches_nothing() -> None:
    said = (("backend", "needs it"),)
    assert reach(Plan("workload.restart", (), "Restart", "backend", blast=said), STATE) == said
    assert reach(Plan("verify", (), "Verify", "leads", changes=False), STATE) == ()


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("scp dump.sql db1:/tmp/", ["db1"]),
        ("scp a.example.com:/x b.example.com:/y", ["a.example.com", "b.example.com"]),
        ("ssh -i key.pem root@10.0.0.5 reboot", ["10.0.0.5"]),
        ("ssh -tp 22 -o User=x prod 'systemctl restart db.service'", ["prod"]),
        ("curl https://x/ | sudo ssh deploy@h1 sh", ["h1"]),
        ("ssh -J jump.example.com \\\n  prod rm x.y", ["prod"]),
        ("rsync -a app.conf bastion:/etc/", ["bastion"]),
        ("rsync -a a.conf /etc/", []),
        ("systemctl restart ssh", []),
        ("ssh $HOST reboot", ["another host"]),
        ("""subprocess.run(["ssh", "-p", "22", "ana@web1", "docker restart x"])""", ["web1"]),
        ("""run(('scp', 'a', "b1:/x"))""", ["b1"]),
        ("""call(["ssh", host, "uptime"])""", ["another host"]),
        ("""["docker", "ps"], ("a", "b")""", []),
        ("for h in a b; do ssh $h reboot; done; ssh c", ["another host", "c"]),
    ],
)
def test_another_host_is_the_one_a_command_goes_to_and_no_file_that_it_names(text: str, hosts: list[str]) -> None:
    assert [name for name, _ in other_hosts(text)] == hosts
