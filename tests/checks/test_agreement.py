"""Values that must agree, as the installed command tells of them; first those that did not in a real incident."""

import json
import os
import re
import subprocess
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from incidentui.drills.history import git
from tests.checks.servers import always, closed_port, serving
from tests.e2e.world import COMMAND, Place
from tests.faults.pty import Pty

pytestmark = pytest.mark.slow

TUNNEL = "{ name = 'tunnel', file = 'ssh-tunnel-lab.sh', regex = '-L \\d+:localhost:(\\d+)' }"
COMPOSE = "{ name = 'compose', compose = 'docker-compose.lab.yml', service = 'gui', port = 5050 }"
BACKEND = "{ name = 'backend', compose = 'docker-compose.lab.yml', service = 'gui', env = 'AGENT_TOKEN' }"
AGENT = "{ name = 'agent', file = 'agent_config.json', path = '$.auth_token' }"
DEV, PRODUCTION = "dev-token", "dev-token-change-in-production"


class Lab:
    """The project of the incident: a tunnel, a compose file, an agent's configuration."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.env: dict[str, str] = {}
        self.write("ssh-tunnel-lab.sh", "#!/bin/sh\n# the lab\nssh -N -L 5050:localhost:5050 lab\n")
        self.write(
            "docker-compose.lab.yml",
            f"""\
            services:
              gui:
                ports: ["5051:5050"]
                environment:
                  AGENT_TOKEN: {PRODUCTION}
                volumes:
                  - /var/lib/tftpboot:/var/lib/tftpboot:ro
              backend:
                image: backend
            """,
        )
        self.write("agent_config.json", f'{{\n  "url": "ws://lab",\n  "auth_token": "{DEV}"\n}}\n')

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(textwrap.dedent(text))

    def agree(self, *values: str, more: str = "", name: str = "same") -> None:
        self.agreements({name: values}, more)

    def agreements(self, checks: Mapping[str, Sequence[str]], more: str = "") -> None:
        text = '[project]\nname = "lab"\n[[services]]\nname = "gui"\n'
        for name, values in checks.items():
            listed = "".join(f"  {value},\n" for value in values)
            text += f'[[checks]]\nname = "{name}"\nservice = "gui"\ntype = "agreement"\n{more}\n'
            text += f"values = [\n{listed}]\n"
        self.write("incidentui.toml", text)

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        env = {k: v for k, v in os.environ.items() if k not in ("DOCKER_HOST", "AGENT_TOKEN", "GUI_PORT")} | self.env
        env |= {"INCIDENTUI_HOME": f"{self.root}-state", "INCIDENTUI_USER": "ana"}
        argv = [COMMAND, "--project", str(self.root), *args]
        return subprocess.run(
            argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
        )

    def told(self) -> dict[str, Any]:
        """Name -> what was told of every check."""
        done = self.run("check", "--json")
        assert "Traceback" not in done.stderr, done.stderr
        assert done.stdout, done.stderr
        return {check["name"]: check for check in json.loads(done.stdout)["checks"]}

    def check(self) -> tuple[str, str, Any]:
        """(verdict, why, evidence) of the one check."""
        (told,) = self.told().values()
        return told["verdict"], told["why"], told["evidence"]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    root = tmp_path / "lab"
    root.mkdir()
    return Lab(root)


def got(evidence: Any) -> dict[str, tuple[str, bool]]:
    return {finding["name"]: (finding["got"], finding["ok"]) for finding in evidence["findings"]}


# -- what went wrong in the incident


@pytest.mark.req("R1-07", "R1-50")
def test_a_tunnel_to_a_port_that_nobody_publishes_is_told_with_both_files_and_lines(lab: Lab) -> None:
    lab.agree(TUNNEL, COMPOSE)
    verdict, why, evidence = lab.check()
    assert (verdict, why) == ("failing", "tunnel says 5050, compose says 5051")
    assert got(evidence) == {
        "tunnel": ("5050  (ssh-tunnel-lab.sh:3)", False),
        "compose": ("5051  (docker-compose.lab.yml:3 gui port 5050)", False),
    }
    assert (evidence["layer"], evidence["kind"]) == ("inner", "agreement")
    lab.write("ssh-tunnel-lab.sh", "ssh -N -L 5050:localhost:5051 lab\n")
    assert lab.check()[:2] == ("ok", "2 values agree on 5051")


@pytest.mark.req("R1-26", "R1-39")
def test_a_token_that_differs_is_told_and_shown_nowhere(lab: Lab) -> None:
    lab.agree(AGENT, BACKEND)
    done = lab.run("check", "--json")
    (told,) = json.loads(done.stdout)["checks"]
    assert (told["verdict"], told["why"]) == ("failing", "agent and backend differ (not shown)")
    assert got(told["evidence"])["agent"][0] == "(not shown)  (agent_config.json:3 $.auth_token)"
    everything = done.stdout + done.stderr + lab.run("check").stdout
    assert DEV not in everything
    assert PRODUCTION not in everything
    lab.write("agent_config.json", json.dumps({"auth_token": PRODUCTION}))
    assert lab.check()[:2] == ("ok", "2 values agree (not shown)")


def test_a_token_that_an_agreement_reads_is_a_secret_everywhere(lab: Lab) -> None:
    lab.write("agent_config.json", '{"auth_token": "lab-7"}')
    lab.agree(AGENT, BACKEND)
    with serving(always("invalid: lab-7", "401 Unauthorized", "text/plain")) as server:
        with (lab.root / "incidentui.toml").open("a") as file:
            file.write(f'[[checks]]\nname = "gui-up"\nservice = "gui"\nurl = "{server.url}/"\n')
        told = lab.told()["gui-up"]
    assert told["why"] == "401"
    assert told["evidence"]["body"] == "invalid: [redacted]"


def test_a_mount_that_one_of_two_services_lacks(lab: Lab) -> None:
    mount = "{ name = '%s', compose = 'docker-compose.lab.yml', service = '%s', volume = '/var/lib/tftpboot/' }"
    lab.agree(mount % ("tftp", "gui"), mount % ("backend", "backend"))
    assert lab.check()[:2] == (
        "failing",
        "tftp says /var/lib/tftpboot, backend mounts nothing at /var/lib/tftpboot",
    )


def test_a_configuration_that_vanished_with_its_volume_is_unknown_and_named(lab: Lab) -> None:
    lab.agree(AGENT, BACKEND)
    (lab.root / "agent_config.json").unlink()
    assert lab.check()[:2] == ("unknown", "agent: agent_config.json is not there")
    assert lab.run("check").returncode == 4


def test_an_image_that_was_built_before_the_commit(lab: Lab) -> None:
    script = lab.root / "head.sh"
    script.write_text("#!/bin/sh\necho a942e4f\n")
    script.chmod(0o755)
    lab.write("REV", "59a77c4\n")
    lab.agree("{ name = 'built', file = 'REV' }", "{ name = 'head', command = ['./head.sh'] }")
    untold = lab.run("check")
    said = "? same  unknown  not run before you allow it: incidentui trust · inner\n"
    assert (untold.returncode, untold.stdout) == (4, said), "a command that nobody allowed is not run"
    assert lab.run("trust").returncode == 0
    assert lab.check()[:2] == ("failing", "built says 59a77c4, head says a942e4f")
    script.write_text("#!/bin/sh\necho 59a77c4; exit 3\n")
    assert lab.run("trust").returncode == 0
    assert lab.check()[:2] == ("unknown", "head: ./head.sh ended with exit code 3")


# -- who is the odd one out


def plain(lab: Lab, *values: str) -> None:
    for n, value in enumerate(values):
        lab.write(f"f{n}", value)
    lab.agree(*(f"{{ name = 'v{n}', file = 'f{n}' }}" for n in range(len(values))))


@pytest.mark.parametrize(
    ("values", "why", "bad"),
    [
        (("1", "2", "2"), "v0 says 1, while v1 and v2 say 2", {"v0"}),
        (("1", "2", "1", "1", "3"), "v1 says 2, v4 says 3, while v0, v2 and v3 say 1", {"v1", "v4"}),
        (("1", "2", "2", "1"), "v0 says 1, v3 says 1, v1 says 2, v2 says 2", {"v0", "v1", "v2", "v3"}),
        (("2", "1", "3", "1"), "v1 says 1, v3 says 1, v0 says 2, v2 says 3", {"v0", "v1", "v2", "v3"}),
        (("1", "2", "3"), "v0 says 1, v1 says 2, v2 says 3", {"v0", "v1", "v2"}),
        (("1", ""), "v0 says 1, v1 says nothing", {"v0", "v1"}),
    ],
)
def test_the_odd_one_out_is_named_first(lab: Lab, values: Sequence[str], why: str, bad: set[str]) -> None:
    plain(lab, *values)
    verdict, said, evidence = lab.check()
    assert (verdict, said) == ("failing", why)
    assert {name for name, (_, ok) in got(evidence).items() if not ok} == bad


def test_what_cannot_be_read_is_unknown_until_two_others_differ(lab: Lab) -> None:
    plain(lab, "1", "1", "1")
    (lab.root / "f2").unlink()
    assert lab.check()[:2] == ("unknown", "v2: f2 is not there")
    lab.write("f1", "2")
    verdict, why, evidence = lab.check()
    assert (verdict, why) == ("failing", "v0 says 1, v1 says 2")
    assert got(evidence)["v2"] == ("f2 is not there  (f2)", False)


def test_long_values_are_told_apart_where_they_part(lab: Lab) -> None:
    plain(lab, "a" * 500 + "\u200bx", "a" * 500 + "\u200by")
    why = lab.check()[1]
    assert why == f"v0 says …{'a' * 9}\\u200bx (502 characters), v1 says …{'a' * 9}\\u200by (502 characters)"


def test_what_redaction_would_make_alike_is_not_shown(lab: Lab) -> None:
    plain(lab, "postgres://app:first@db/x", "postgres://app:other@db/x")
    assert lab.check()[:2] == ("failing", "v0 and v1 differ (not shown)")


def test_secret_says_so_or_says_not(lab: Lab) -> None:
    plain(lab, "sesame", "abracadabra")
    text = (lab.root / "incidentui.toml").read_text()
    lab.write("incidentui.toml", text.replace("values =", "secret = true\nvalues ="))
    done = lab.run("check", "--json")
    assert "v0 and v1 differ (not shown)" in done.stdout
    assert not re.search("sesame|abracadabra", done.stdout)
    lab.agree("{ name = 'a', file = 'f0' }", "{ name = 'b', file = 'f1' }", name="token-kind", more="secret = false")
    assert lab.check()[1] == "a says sesame, b says abracadabra"


# -- places


def held_against(lab: Lab, places: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """Each place against a file that says what is expected of it; all of them must agree."""
    for n, (_, expected) in enumerate(places.values()):
        lab.write(f"expected{n}", expected)
    lab.agreements(
        {
            f"c{n}": (f"{{ name = 'expected', file = 'expected{n}' }}", f"{{ name = 'there', {place} }}")
            for n, (place, _) in enumerate(places.values())
        }
    )
    told = dict(zip(places, lab.told().values(), strict=True))
    said = {name: (check["verdict"], check["why"]) for name, check in told.items()}
    assert said == {name: ("ok", f"2 values agree on {expected}") for name, (_, expected) in places.items()}
    return told


def whys(lab: Lab, places: Mapping[str, str]) -> dict[str, str]:
    """Why each place cannot be read."""
    ssh = "{ name = 'ssh', file = 'ssh-tunnel-lab.sh', regex = 'ssh' }"
    lab.agreements({f"c{n}": (ssh, f"{{ name = 'it', {place} }}") for n, place in enumerate(places.values())})
    told = lab.told()
    assert {check["verdict"] for check in told.values()} == {"unknown"}, told
    return {name: check["why"].removeprefix("it: ") for name, check in zip(places, told.values(), strict=True)}


DOCUMENTS = [
    ("a.toml", "[a]\nb = 1\n[web]\nport = 8000\n", "$.web.port", "8000", ":4"),
    ("b.yaml", "web:\n  # the port\n  port: 22:22\n", "$.web.port", "22:22", ":3"),
    ("c.yml", "a: &a {v: no}\nb:\n  <<: *a\n", "$.b.v", "no", ":1"),
    ("d.yml", "a: !secret {v: 0012}\n", "$.a.v", "0012", ":1"),
    ("e.json", '{\n"on": true,\n"x": [{"y": 1.5}]}', "$.on", "true", ":2"),
    ("f.json", '{\n"on": true,\n"x": [{"y": 1.5}]}', "$.x[0].y", "1.5", ":3"),
    ("g.json", '{"x": [{"y": 7}, {"y": 7}]}', "$.x[*].y", "7", ":1"),
]


def test_a_path_into_a_document_says_its_line(lab: Lab) -> None:
    for name, text, *_ in DOCUMENTS:
        (lab.root / name).write_text(text)
    told = held_against(
        lab, {name: (f"file = '{name}', path = '{path}'", value) for name, _, path, value, _ in DOCUMENTS}
    )
    for name, _, path, value, line in DOCUMENTS:
        assert got(told[name]["evidence"])["there"][0] == f"{value}  ({name}{line} {path})"


UNREADABLE = {
    "x0": ("file = 'x0', regex = 'PORT=(\\d+)'", "PORT=x", "x0 has no match for PORT=(\\d+)"),
    "x1": ("file = 'x1', regex = '^(.)$'", "a\nb", "x1 matches ^(.)$ with different values, at lines 1 and 2"),
    "x2.json": ("file = 'x2.json', path = '$.a'", '{"a":\n1', "x2.json:2 is not JSON"),
    "x3.json": ("file = 'x3.json', path = '$.a'", '{"b": 1}', "x3.json has no $.a"),
    "x4.json": ("file = 'x4.json', path = '$.a'", '{"a": null}', "x4.json $.a is null, not one value"),
    "x5.json": ("file = 'x5.json', path = '$.a'", '{"a": [1]}', "x5.json $.a is a list, not one value"),
    "x6.json": ("file = 'x6.json', path = '$.*'", '{"a": 1, "b": 2}', "x6.json has 2 different values at $.*"),
    "x7.json": ("file = 'x7.json', path = '$.a'", "[" * 100_000, "x7.json is nested too deeply"),
    "x8.toml": ("file = 'x8.toml', path = '$.a'", "a = 1\nb =\n", "x8.toml:2 is not TOML"),
    "x9.yaml": ("file = 'x9.yaml', path = '$.a'", "a: 1\nb: [\n", "x9.yaml:3 is not YAML"),
    "env": ("env = 'NOT_SET_ANYWHERE'", "", "NOT_SET_ANYWHERE is not set here"),
    "docker": ("workload = 'web', env = 'A'", "", "no Docker engine is watched: [project] docker is missing"),
    "folder": ("file = '.'", "", ". cannot be read: Is a directory"),
}


def test_why_a_value_cannot_be_read(lab: Lab) -> None:
    for name, (_, text, _) in UNREADABLE.items():
        (lab.root / name).write_text(text)
    said = whys(lab, {name: place for name, (place, *_) in UNREADABLE.items()})
    assert said == {name: why for name, (*_, why) in UNREADABLE.items()}


def test_hostile_files_end_soon(lab: Lab) -> None:
    """Aliases of aliases, a pipe that nobody writes to, bytes without end, bytes that are no text."""
    laughs = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    (lab.root / "laughs.yaml").write_text(laughs)
    merged = "a0: &a0 {x0: 1, y0: 1}\n"
    merged += "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}], x{n}: 1}}\n" for n in range(1, 12))
    (lab.root / "merged.yaml").write_text(merged)
    (lab.root / "itself.yaml").write_text("a: &a [*a]\n")
    os.mkfifo(lab.root / "pipe")
    (lab.root / "long").write_bytes(b"x" * ((1 << 20) + 1))
    (lab.root / "odd").write_bytes(b"a\nb\xff\n")
    documents = ("laughs.yaml", "merged.yaml", "itself.yaml")
    lab.agree(
        *(f"{{ name = '{name}', file = '{name}', path = '$..z' }}" for name in documents),
        *(f"{{ name = '{name}', file = '{name}' }}" for name in ("pipe", "long", "odd")),
    )
    verdict, _, evidence = lab.check()
    assert verdict == "unknown"
    said = {name: words.split("  (")[0] for name, (words, _) in got(evidence).items()}
    # A newer PyYAML merges them without growing.
    assert said.pop("merged.yaml") in ("merged.yaml cannot be read as yaml", "merged.yaml has no $..z")
    assert said == {
        "laughs.yaml": "laughs.yaml cannot be read as yaml",
        "itself.yaml": "itself.yaml cannot be read as yaml",
        "pipe": "pipe is not a file",
        "long": "long is longer than 1 MiB",
        "odd": "odd:2 is not UTF-8",
    }


def test_an_answer_and_the_environment(lab: Lab) -> None:
    lab.env["GUI_PORT"] = "8001"
    here = "{ name = 'here', env = 'GUI_PORT' }"
    with serving(always('{"listens": {"port": 5001}}')) as server:
        answer = f"{{ name = 'answer', url = '{server.url}/config', json = '$.listens.port' }}"
        lab.agree(answer, here)
        assert lab.check()[:2] == ("failing", "answer says 5001, here says 8001")
        lab.agree(answer.replace("listens", "hears"), here)
        assert lab.check()[:2] == ("unknown", "answer: the answer has no $.hears.port")
    with serving(always("<html>")) as server:
        lab.agree(f"{{ name = 'answer', url = '{server.url}/', json = '$.port' }}", here)
        assert lab.check()[1] == f"answer: {server.url}/ $.port: the answer is no JSON"
    url = f"http://127.0.0.1:{closed_port()}/"
    lab.agree(f"{{ name = 'answer', url = '{url}', json = '$.port' }}", here)
    assert lab.check()[0] == "unknown"


@pytest.mark.req("R1-26")
def test_a_header_of_an_answer(lab: Lab) -> None:
    lab.write("REV", "abc1234\n")
    here, of = "{ name = 'here', file = 'REV' }", "{{ name = 'runs', url = '{}/health', header = '{}' }}"
    headers = ("X-Revision: def5678", "X-Agent-Token: deep-sea-7")
    with serving(always("{}", "200 OK", "application/json", *headers)) as server:
        lab.agree(of.format(server.url, "x-revision"), here)
        assert lab.check()[:2] == ("failing", "runs says def5678, here says abc1234")
        lab.write("REV", "def5678\n")
        verdict, why, evidence = lab.check()
        assert (verdict, why) == ("ok", "2 values agree on def5678")
        assert got(evidence)["runs"] == (f"def5678  ({server.url}/health x-revision)", True)
        lab.agree(of.format(server.url, "X-Build"), here)
        assert lab.check()[:2] == ("failing", "runs has no header X-Build, here says def5678")
        lab.agree(of.format(server.url, "X-Agent-Token"), here)
        done = lab.run("check", "--json")
        assert "runs and here differ (not shown)" in done.stdout
        assert "deep-sea-7" not in done.stdout + done.stderr
    with serving(always("{}", "503 Service Unavailable", "text/plain", *headers)) as server:
        lab.agree(of.format(server.url, "X-Revision"), here)
        assert lab.check()[:2] == ("unknown", f"runs: {server.url}/health X-Revision: 503")


# -- compose


def compose(lab: Lab, services: Sequence[str], env: str = "", name: str = "docker-compose.yml") -> None:
    """A compose file with the services web0, web1, ..."""
    (lab.root / name).parent.mkdir(exist_ok=True)
    texts = [f"  web{n}:\n{textwrap.indent(service, '    ')}\n" for n, service in enumerate(services)]
    (lab.root / name).write_text("services:\n" + "".join(texts))
    (lab.root / name).with_name(".env").write_text(env)


def of_web(n: int, what: str, name: str = "docker-compose.yml") -> str:
    return f"compose = '{name}', service = 'web{n}', {what}"


PORTS = [
    'ports: ["5001:8000"]',
    'ports: ["127.0.0.1:5001:8000"]',
    'ports: ["[::1]:5001:8000/tcp"]',
    "ports: [9:9, 22:22, 5001:8000]",
    'ports: ["5000-5010:7999-8009"]',
    'ports: ["8000:8000/udp", "5001:8000"]',
    "ports: [{target: 8000, published: 5001, host_ip: 127.0.0.1}]",
    'ports: ["${WEB_PORT}:8000"]',
    'ports: ["$WEB_PORT:8000"]',
    'ports: ["${NO_PORT:-5001}:8000"]',
    'ports: ["${NO_PORT-${NONE:-5001}}:8000"]',
    'ports: ["${WEB_PORT:+5001}:${WEB_IN:-8000}"]',
]


def test_a_published_port(lab: Lab) -> None:
    compose(lab, PORTS, "# ours\nexport WEB_PORT='5001' # not 5002\n")
    held_against(lab, {port: (of_web(n, "port = 8000"), "5001") for n, port in enumerate(PORTS)})


def test_the_environment_goes_before_its_file_and_host_networks_publish_nothing(lab: Lab) -> None:
    compose(lab, ['ports: ["${GUI_PORT:?must}:8000"]', "network_mode: host"], "GUI_PORT=5001\n")
    lab.env["GUI_PORT"] = "5002"
    held_against(lab, {"set": (of_web(0, "port = 8000"), "5002"), "host": (of_web(1, "port = 8000"), "8000")})


UNKNOWN_PORTS = {
    'ports: ["${NO_PORT}:8000"]': "NO_PORT is set neither here nor in .env",
    'ports: ["${NO_PORT:?say one}:8000"]': "NO_PORT is set neither here nor in .env",
    'ports: ["${NO_PORT!x}:8000"]': "a ${…} is not understood, of NO_PORT",
    'ports: ["8000"]': "docker-compose.yml: web3 publishes 8000 on any free port",
    'ports: ["1:8000", "2:8000"]': "docker-compose.yml: web4 publishes 8000 as 1 and 2",
    'ports: ["what"]': "docker-compose.yml: web5 has a port that is not understood: what",
    "extends: base": "docker-compose.yml: web6 extends another, which is not followed",
}


def test_a_port_that_cannot_be_known(lab: Lab) -> None:
    compose(lab, list(UNKNOWN_PORTS))
    assert whys(lab, {port: of_web(n, "port = 8000") for n, port in enumerate(UNKNOWN_PORTS)}) == UNKNOWN_PORTS


VARIABLES = {
    "environment: {MODE: fast}": "fast",
    "environment: [MODE=a=b]": "a=b",
    "environment: [MODE]": "passed",
    "environment: {MODE: }": "passed",
    "environment: {MODE: 012}": "012",
    "environment: {MODE: a$$b}": "a$b",
    "env_file: web.env": "from file",
    "env_file: [{path: web.env}]\nenvironment: [OTHER=x]": "from file",
    "env_file: web.env\nenvironment: [MODE=nearer]": "nearer",
}


def test_a_variable_of_a_service(lab: Lab) -> None:
    compose(lab, list(VARIABLES), "MODE=passed\n")
    lab.write("web.env", 'MODE="from file" # said twice\n')
    expected = enumerate(VARIABLES.items())
    held_against(lab, {service: (of_web(n, "env = 'MODE'"), value) for n, (service, value) in expected})


def test_mounts_of_two_compose_files_are_held_against_each_other(lab: Lab) -> None:
    compose(lab, ["volumes: [{type: bind, source: ./shared, target: /data}]"])
    compose(lab, ['volumes: ["other:/x", "../shared/:/data/:ro"]'], name="lab/compose.yml")
    here, there = (of_web(0, "volume = '/data'", name) for name in ("docker-compose.yml", "lab/compose.yml"))
    lab.agree(f"{{ name = 'here', {here} }}", f"{{ name = 'lab', {there} }}")
    assert lab.check()[:2] == ("ok", "2 values agree on shared")


# -- the table

WRONG = [
    (["name = 'a', file = 'x'"], "values: 1 values: it takes two to agree"),
    (["name = 'a', file = 'x'"] * 2, "two values are called a"),
    (["name = 'a', file = 'x', path = '$.a'"], "path needs a file that ends in .toml"),
    (["name = 'a', file = 'x', label = 'l'"], "label does not go with file"),
    (["name = 'a', file = 'x.json', regex = 'x', path = '$.a'"], "file needs at most one of regex, path"),
    (["name = 'a', file = 'x', regex = '('"], "values[0].regex: not a regular expression"),
    (["name = 'a', file = 'x', regexp = '('"], "values[0].regexp: unknown key · did you mean regex?"),
    (["name = 'a', compose = 'x', port = 1"], "compose needs a service"),
    (["name = 'a', compose = 'x', service = 'w'"], "compose needs exactly one of port, env, volume"),
    (["name = 'a', workload = 'x', env = 'A', label = 'B'"], "workload needs exactly one of env, label, port"),
    (["name = 'a', url = 'http://x/'"], "url needs exactly one of json, header"),
    (["name = 'a', url = 'http://x/', header = 'X A'"], "'X A' is not the name of a header"),
    (["name = 'a', url = 'http://x/', header = 'A', json = '$'"], "url needs exactly one of json, header"),
    (["name = 'a', file = 'x', url = 'http://x/', json = '$'"], "says file and url"),
    (["name = 'a'"], "says nothing; give exactly one of"),
]


def test_a_table_that_is_wrong_says_where(lab: Lab) -> None:
    other = "{ name = 'b', env = 'B' }"
    checks = {f"c{n}": [f"{{ {value} }}" for value in values] for n, (values, _) in enumerate(WRONG)}
    lab.agreements({name: [*values, other] if name not in ("c0", "c1") else values for name, values in checks.items()})
    done = lab.run("check")
    assert done.returncode == 2, done.stdout
    for n, (_, said) in enumerate(WRONG):
        of_this = [line for line in done.stderr.splitlines() if f"checks[{n}]" in line]
        assert any(said in line for line in of_this), (said, of_this)


# -- on the screen, and what stays


@pytest.mark.slow
@pytest.mark.req("R1-07", "R1-26")
def test_the_screen_says_who_says_what_and_keeps_no_secret(lab: Lab) -> None:
    lab.agreements({"tunnel-port": (TUNNEL, COMPOSE), "agent-token": (AGENT, BACKEND)}, 'every = "300ms"')
    git(["init", "-q", "."], lab.root)
    env = Place(lab.root, lab.root.with_name("home")).env()
    with Pty([COMMAND, "--project", str(lab.root)], lab.root, env) as screen:
        screen.see("gui is failing +tunnel says 5050, compose says 5051")
        screen.press("2", "\r")
        screen.see("EVIDENCE  tunnel-port")
        screen.see(r"5050 +\n.*\(ssh-tunnel-lab.sh:3\)|5050 +\(ssh-tunnel-lab.sh:3\)")
        lab.write("ssh-tunnel-lab.sh", "ssh -N -L 5050:localhost:5051 lab\n")
        screen.press("\x1b", gap_s=0.3)
        screen.see(r"gui is failing +agent and backend differ \(not shown\)")
        screen.press("q", "q")
        screen.end()
        seen = bytes(screen.raw)
    kept = [file for file in lab.root.with_name("home").rglob("*") if file.is_file()]
    assert any(b"not shown" in file.read_bytes() for file in kept), "the evidence is there"
    for secret in (DEV.encode(), PRODUCTION.encode()):
        assert secret not in seen
        assert not [file for file in kept if secret in file.read_bytes()]


def test_a_port_in_a_variable_is_no_secret_and_a_token_is(lab: Lab) -> None:
    lab.env |= {"GUI_PORT": "48151", "SESAME": "open-sesame-1"}
    lab.write("port", "8001")
    port = ("{ name = 'here', env = 'GUI_PORT' }", "{ name = 'file', file = 'port' }")
    lab.agree(*port)
    assert lab.check()[1] == "here says 48151, file says 8001"
    assert lab.run("note", "it listens on 48151").returncode == 0
    lab.agree("{ name = 'here', env = 'SESAME' }", port[1], more="secret = true")
    assert lab.run("note", "they say open-sesame-1").returncode == 0
    said = lab.run("events").stdout
    assert "it listens on 48151" in said
    assert "they say [redacted]" in said
    assert "open-sesame-1" not in said
