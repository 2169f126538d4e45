"""incidentui.toml: every mistake at once, where it stands, and what to write instead; the rest works."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentui.config.checks import HttpCheck, Secret, clean_url
from incidentui.config.load import load, parse
from incidentui.config.model import Loaded

SOUND = """
[project]
name = "ferry"
environment = "production"
branch = "main"
supervisor = "run/supervisor.sock"
docker = { compose_project = "ferry" }
deploy_within = "2m"
size_limit = 50

[[services]]
name = "booking"
workloads = ["backend", "worker"]
paths = ["server/"]
depends_on = ["db"]
revision = { file = "app/REV" }

[[services]]
name = "db"
revision = { url = "http://127.0.0.1:9/rev", json = "$.sha" }

[[checks]]
name = "booking-health"
service = "booking"
type = "http"
url = "https://ann:pw@ferry.example/api/health?lang=en&token=abcdef"
headers = { Authorization = { env = "FERRY_TOKEN" }, Accept = "application/json" }
every = "15s"
timeout = "1m30s"
fail_after = 2
[checks.expect]
status = 200
content_type = "application/json"
json = { "$.status" = "ok", "$.queue" = { lt = 100 }, "$.errors" = { absent = true } }
body_not = ['(?i)<input[^>]+type=.password']
latency = { warn = "500ms", fail = "2s" }

[keys]
note = "N"
"""


def written(folder: Path, text: str | bytes) -> Loaded:
    (folder / "incidentui.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(folder)


def words(loaded: Loaded) -> list[str]:
    return [problem.words() for problem in loaded.problems]


def with_check(extra: str) -> str:
    return f'[[services]]\nname = "api"\n[[checks]]\nname = "a"\nservice = "api"\nurl = "http://127.0.0.1/"\n{extra}\n'


def test_a_sound_file(tmp_path: Path) -> None:
    loaded = written(tmp_path, SOUND)
    assert loaded.problems == ()
    config = loaded.config
    assert (config.name, config.branch, config.remote) == ("ferry", "main", None)
    assert config.supervisor == tmp_path.resolve() / "run/supervisor.sock"
    assert config.docker is not None
    assert config.docker.compose_project == "ferry"
    assert (config.deploy_within_ms, config.size_limit) == (120_000, 50)
    booking, db = config.services
    assert (booking.workloads, booking.depends_on) == (("backend", "worker"), ("db",))
    assert booking.revision is not None
    assert booking.revision.file == "app/REV"
    assert db.revision is not None
    assert (db.revision.url, db.revision.json) == ("http://127.0.0.1:9/rev", "$.sha")
    (check,) = config.checks
    assert isinstance(check, HttpCheck)
    assert dict(check.headers) == {"Authorization": Secret(env="FERRY_TOKEN"), "Accept": "application/json"}
    assert (check.every_ms, check.timeout_ms, check.fail_after, check.recover_after) == (15_000, 90_000, 2, 2)
    assert (check.expect.status, check.expect.latency_warn_ms, check.expect.latency_fail_ms) == ((200,), 500, 2000)
    assert ("$.queue", {"lt": 100}) in check.expect.json
    assert dict(config.keys) == {"note": "N"}


def test_what_the_journal_gets_holds_no_secret(tmp_path: Path) -> None:
    spec = written(tmp_path, SOUND).config.spec()
    (check,) = spec.checks
    assert check.target == "GET https://ferry.example/api/health?lang=en&token=…"
    assert check.slow_ms == 500
    assert [s.has_revision for s in spec.services] == [True, True]
    assert "pw" not in repr(spec)
    assert "abcdef" not in repr(spec)
    assert clean_url("http://x/?q=" + "a" * 24).endswith("q=…")


def test_three_mistakes_at_once_each_with_line_key_and_hint(tmp_path: Path) -> None:
    text = """[project]
name = "ferry"
deploy_within = 90

[[services]]
name = "booking"
workload = ["backend"]

[[checks]]
name = "health"
service = "boking"
url = "http://127.0.0.1/"

[[checks]]
name = "front"
service = "booking"
url = "http://127.0.0.1/"
"""
    loaded = written(tmp_path, text)
    assert words(loaded) == [
        'incidentui.toml:3: project.deploy_within: 90 has no unit · write "90s" or "90ms"',
        "incidentui.toml:7: services[0].workload: unknown key · did you mean workloads?",
        "incidentui.toml:11: checks[0].service: no service is called boking · did you mean booking?",
    ]
    # The rest works: the project, the service, and the check that is right.
    assert loaded.config.name == "ferry"
    assert loaded.config.deploy_within_ms == 60_000
    assert [s.name for s in loaded.config.services] == ["booking"]
    assert [c.name for c in loaded.config.checks] == ["front"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (with_check('every = "90"'), """7: checks[0].every: '90' is not a duration · write "90s\""""),
        (with_check('every = "0s"'), '7: checks[0].every: must be longer than nothing · write "15s"'),
        (with_check("every = 1.5"), '7: checks[0].every: 1.5 has no unit · write "1.5s" or "1.5ms"'),
        (with_check("timout = '5s'"), "7: checks[0].timout: unknown key · did you mean timeout?"),
        (with_check('type = "htp"'), "7: checks[0].type: no check is of type htp · did you mean http?"),
        (
            with_check('layer = "iner"'),
            "7: checks[0].layer: must be 'user' or 'inner', not 'iner' · did you mean inner?",
        ),
        (with_check("fail_after = 0"), "7: checks[0].fail_after: input should be greater than or equal to 1"),
        (with_check("[checks.expect]\nstatu = 1"), "8: checks[0].expect.statu: unknown key · did you mean status?"),
        (with_check("expect = { statu = 1 }"), "7: checks[0].expect.statu: unknown key · did you mean status?"),
        (with_check("[checks.expect]\nlatency = { wan = '1s' }"), "unknown key · did you mean warn?"),
        (with_check("[checks.expect]\ncert_days = 3"), "checks[0].expect: cert_days needs an address that begins with"),
        (
            with_check("[checks.expect]\ncert_day = 3"),
            "8: checks[0].expect.cert_day: unknown key · did you mean cert_days",
        ),
        (with_check("[checks.expect]\nsize = { mix = 3 }"), "checks[0].expect.size.mix: unknown key · did you mean m"),
        (with_check("[checks.expect]\nsize = { min = 3, max = 2 }"), "checks[0].expect.size: min is more than max"),
        (
            with_check("[checks.expect]\nsize = { min = 300000 }"),
            "checks[0].expect.size.min: input should be less than",
        ),
        (with_check("[checks.expect]\nlocation = 'login'"), "checks[0].expect.location: must begin with /, *, http"),
        (with_check("[checks.expect]\nfinal_url = 3"), "checks[0].expect.final_url: must begin with /, *, http"),
        (with_check("[checks.expect]\nlocation_not = ''"), "checks[0].expect.location_not: must begin with /, *"),
        (with_check("[checks.expect]\nheaders = ['A']"), "checks[0].expect.headers: must be a table of headers"),
        (with_check("[checks.expect]\nheaders = { 'A b' = '' }"), "'A b' is not the name of a header"),
        (with_check("[checks.expect]\nheaders = { Age = { lt = '3' } }"), "checks[0].expect.headers: Age: lt needs a"),
        (
            with_check("[checks.expect]\nheaders = { Age = { matchs = 3 } }"),
            "unknown operator matchs · did you mean matches?",
        ),
        (with_check("[checks.expect]\nheaders = { Age = true }"), "Age: must be text or operators"),
        (with_check("[checks.expect]\nfirst_byte = ''"), "checks[0].expect.first_byte: must be the characters"),
        (with_check("[checks.expect]\nready = '('"), "checks[0].expect.ready: not a regular expression"),
        (
            with_check("method = 'HEAD'\n[checks.expect]\nbody = ['a']"),
            "checks[0].expect: an answer to HEAD has no body",
        ),
        (with_check("cache_burst = true"), "checks[0].cache_burst: unknown key · did you mean cache_bust?"),
        (with_check("[checks.expect]\njson = { '$.a' = { le = 3 } }"), "$.a: unknown operator le · known: absent, eq"),
        (with_check("[checks.expect]\njson = { '$[' = 3 }"), "'$[' is not a JSON path"),
        (with_check("[checks.expect]\njson = { '$[?@.a =~ /(/]' = 3 }"), "'$[?@.a =~ /(/]' is not a JSON path"),
        (with_check("[checks.expect]\njson = { '$[?@ =~ /a{99999999999}/]' = 3 }"), "is not a JSON path"),
        (with_check("[checks.expect]\nbody = ['(']"), "checks[0].expect.body[0]: not a regular expression"),
        (with_check("[checks.expect]\nstatus = [20]"), "must be HTTP status codes · write [200] or [200, 204]"),
        (with_check("[checks.expect]\nlatency = { warn = '3s', fail = '2s' }"), "warn is longer than fail"),
        (with_check("headers = { A = { evn = 'X' } }"), "headers.A: must be text or name where the value comes from"),
        (
            with_check("headers = { Authorization = 'Bearer x' }"),
            "a secret stands in the file · write Authorization = {",
        ),
        ('[[services]]\nname = "a"\n[[services]]\nname = "a"', "4: services[1].name: a stands twice"),
        ('[[services]]\nname = "a b"', "2: services[0].name: 'a b' is not a name"),
        ("[[services]]\npaths = []", "1: services[0].name: is missing"),
        ('[[services]]\nname = "a"\ndepends_on = ["b"]', "3: services[0].depends_on: no service is called b"),
        (
            '[[services]]\nname = "a"\ndepends_on = ["b"]\n[[services]]\nname = "b"\ndepends_on = ["a"]',
            "6: services[1].depends_on: goes in a circle: b → a → b · take one of them out",
        ),
        ('[[services]]\nname = "a"\nrevision = {}', "3: services[0].revision: says nothing; give exactly one of"),
        ('[[services]]\nname = "a"\nrevision = { file = "x", label = "y" }', "says file and label; give exactly one"),
        ('[[services]]\nname = "a"\nrevision = { command = "git log" }', 'no shell is involved · write ["git", "log"]'),
        ("[[check]]\nname = 'a'", "1: check: unknown table · did you mean checks?"),
        ("[services]\nname = 'a'", "1: services: must be a list of tables · write [[services]]"),
        ("[project]\nname = 3", "2: project.name: must be text"),
        ("project = 3", "1: project: must be a table"),
        ("[project]\nrunbooks = ['../x']", "2: project.runbooks: ../x lies outside the project"),
        (
            '[checkpoint]\nfiles = ["conf/*", "config/**.yml"]',
            "2: checkpoint.files[1]: 'config/**.yml': ** stands for whole folders, nothing can be added to it",
        ),
        ('[checkpoint]\nfiles = ["./"]', "2: checkpoint.files[0]: './' is the whole project · write the files that"),
        ('[recovery]\nchecklist = ["a", 3]', '2: recovery.checklist[1]: must be text · write "the manual sync button'),
        (
            '[recovery]\nchecklist = ["a", "a"]',
            "2: recovery.checklist[1]: “a” stands twice · one tick is enough for both",
        ),
        ('[recovery]\nticks = ["a"]', "2: recovery.ticks: unknown key · known: checklist"),
        ("[keys]\nnote = 3", "2: keys.note: must be the name of a key"),
        ("[project]\nevery = 90s", "incidentui.toml:2:11: not valid TOML: "),
        ("[project]\nname = leads", 'text needs quotes: "leads"'),
        ("[project", "incidentui.toml:1:9: not valid TOML: "),
    ],
)
def test_each_mistake_says_where_and_what_to_do(tmp_path: Path, text: str, expected: str) -> None:
    (said,) = words(written(tmp_path, text))
    assert expected in said
    assert said.startswith("incidentui.toml:")


@pytest.mark.parametrize(
    "url", ["localhost:8080/health", "ftp://x/y", "http://", "http://[1", "http://a:99999/", "//a"]
)
def test_a_url_without_a_usable_scheme_host_or_port(tmp_path: Path, url: str) -> None:
    text = f'[[services]]\nname = "api"\n[[checks]]\nname = "a"\nservice = "api"\nurl = "{url}"'
    loaded = written(tmp_path, text)
    (problem,) = loaded.problems
    assert (problem.line, problem.key) == (6, "checks[0].url")
    assert loaded.config.checks == ()


def test_a_secret_in_the_file_is_a_warning_and_the_check_runs(tmp_path: Path) -> None:
    loaded = written(tmp_path, with_check("headers = { Authorization = 'Bearer x' }"))
    assert loaded.errors == ()
    assert [c.name for c in loaded.config.checks] == ["a"]


def test_a_function_of_an_inner_check_is_doubted_and_the_check_runs(tmp_path: Path) -> None:
    loaded = written(tmp_path, with_check("layer = 'inner'\nfunction = 'make a booking'"))
    assert [(c.name, c.function) for c in loaded.config.checks] == [("a", "make a booking")]
    assert [(p.level, p.key) for p in loaded.problems] == [("warning", "checks[0].function")]


def test_commands_of_the_file_are_named_for_trust(tmp_path: Path) -> None:
    text = with_check("headers = { A = { command = ['pass', 'api'] } }").replace(
        "[[checks]]", "revision = { command = ['cat', 'REV'] }\n[[checks]]"
    )
    (tmp_path / "incidentui.toml").write_text(text)
    assert load(tmp_path, untrusted=True).config.commands() == (
        ("services.api.revision", ("cat", "REV")),
        ("checks.a.headers.A", ("pass", "api")),
    )


def test_lines_are_right_after_long_strings_and_arrays(tmp_path: Path) -> None:
    text = '[project]\nsupervisor = """\nfoo = 3\n[keys]\n"""\nrunbooks = [\n  "x",\n]\nfoo = 1\n'
    (said,) = words(written(tmp_path, text))
    assert said.startswith("incidentui.toml:9: project.foo: unknown key")


def test_bom_and_crlf(tmp_path: Path) -> None:
    loaded = written(tmp_path, b"\xef\xbb\xbf[project]\r\nname = 'x'\r\nfoo = 1\r\n")
    assert loaded.config.name == "x"
    assert [p.line for p in loaded.problems] == [3]


def test_a_file_that_cannot_be_read_still_gives_a_project(tmp_path: Path) -> None:
    assert words(written(tmp_path, b"a = 1\n\xff")) == ["incidentui.toml:2: is not UTF-8 · save it as UTF-8"]
    assert words(written(tmp_path, "a=" + "[" * 5000)) != []
    (tmp_path / "incidentui.toml").unlink()
    (tmp_path / "incidentui.toml").mkdir()
    loaded = load(tmp_path)
    assert "cannot be read: Is a directory" in words(loaded)[0]
    assert loaded.config.name == tmp_path.name


def test_without_a_file_a_work_tree_is_a_project_with_no_checks(tmp_path: Path) -> None:
    (tmp_path / "ferry").mkdir()
    plain = load(tmp_path / "ferry")
    assert plain.config.name == "ferry"
    assert "not a git work tree" in words(plain)[0]
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    work_tree = load(tmp_path / "ferry")
    assert "no incidentui.toml: incidentui init writes one" in words(work_tree)[0]
    assert work_tree.errors == ()


def test_the_first_look_knows_the_names_and_loads_no_library(tmp_path: Path) -> None:
    (tmp_path / "incidentui.toml").write_text(SOUND)
    spec = parse(tmp_path).spec
    assert (spec.name, spec.environment) == ("ferry", "production")
    assert [s.name for s in spec.services] == ["booking", "db"]
    assert [(c.name, c.service, c.layer) for c in spec.checks] == [("booking-health", "booking", "user")]
    code = (
        "import sys; from pathlib import Path; from incidentui.config.load import parse; parse(Path(sys.argv[1]));"
        "print([m for m in ('pydantic', 'durationpy', 'jsonpath', 'httpx', 'yaml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.getbasetemp() / "bytes"
    folder.mkdir(exist_ok=True)
    assert written(folder, content).config.name == "bytes"


_VALUES = st.recursive(
    st.none().map(lambda _: "''")
    | st.integers(-5, 5).map(str)
    | st.sampled_from(["true", "'x'", "'5s'", "'http://a'"]),
    lambda inner: (
        st.lists(inner, max_size=2).map(lambda v: f"[{', '.join(v)}]")
        | st.dictionaries(st.sampled_from(["status", "env", "file", "warn"]), inner, max_size=2).map(
            lambda d: "{" + ", ".join(f"{k} = {v}" for k, v in d.items()) + "}"
        )
    ),
    max_leaves=4,
)
_KEYS = ["name", "service", "url", "every", "expect", "headers", "revision", "depends_on", "type", "docker", "runbooks"]


@given(st.dictionaries(st.sampled_from(_KEYS), _VALUES), st.sampled_from(["[project]", "[[services]]", "[[checks]]"]))
def test_no_values_make_it_raise(tmp_path_factory: pytest.TempPathFactory, table: dict[str, str], header: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "values"
    folder.mkdir(exist_ok=True)
    written(folder, header + "\n" + "\n".join(f"{k} = {v}" for k, v in table.items()))
