"""The linter: each rule on the smallest file that breaks it, and silence on the one that does not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentui.config.known_errors import shipped
from incidentui.runbook.front import Known
from incidentui.runbook.lint import RULES, Finding, lint
from incidentui.runbook.parse import parse
from incidentui.runbook.shell_words import assigned, dead_lines, looks_dangerous, used

KNOWN = Known(services=frozenset({"api", "db"}), signatures=frozenset(s.name for s in shipped()))
DATA = Path(__file__).parent / "data"
VERIFY = '## Verify\n```yaml {"action":"verify"}\n```\n## If it stays red\nCall.\n'


def check(text: str) -> list[Finding]:
    return list(lint(parse(text, "x.md"), text, KNOWN))


def found(text: str) -> list[tuple[str, str, int, int]]:
    return [(f.rule, f.level, f.line, f.column) for f in check(text)]


BROKEN = [
    ("---\nservices: [db, apj]\n---\n# T\n1. x\n", [("never-offered", "warning", 2, 16)]),
    ("---\nalerts: [a]\nsignatures: port-alocated\n---\n# T\n1. x\n", [("never-offered", "warning", 3, 13)]),
    ('# T\n```yaml {"action":"git.rest"}\nto: x\n```\n', [("unknown-action", "error", 2, 20)]),
    ('# T\n```yaml {"action":"verify"}\nchecks: a\n  \nwithn: 5m\n```\n', [("unknown-argument", "error", 5, 1)]),
    ('# T\n```yaml {"action":"ci.wait"}\n```\n', [("missing-argument", "error", 2, 20)]),
    ('# T\n```sh {"nmae":"x"}\nls\n```\n', [("unknown-attribute", "warning", 2, 9)]),
    ('# T\n```sh {"timeout":"soon"}\nls\n```\n', [("bad-value", "error", 2, 19)]),
    ('# T\n```yaml {"action":"verify"}\nwithin: 5m\nconsecutive: many\n```\n', [("bad-value", "error", 4, 14)]),
    (
        '# T\n```yaml {"action":"ci.wait"}\nwithin: 5m\ncommit: "{{ god }}"\n```\n',
        [("undefined-variable", "error", 4, 13)],
    ),
    ("# T\n```sh\nls\necho $PUMP_NAME\n```\n", [("undefined-variable", "warning", 4, 7)]),
    ("# T\n```sh\necho {{ service }}\n```\n", [("template-in-shell", "error", 3, 9)]),
    ("---\nvars: { a: b }\n---\n# T\n```sh\nls\n```\n", [("unused-variable", "warning", 2, 9)]),
    ("---\nvars: { a: { from: god } }\n---\n# T\n```sh\necho $A\n```\n", [("variable", "error", 2, 20)]),
    ('# T\n```yaml {"action":"verify"}\na: [\n```\n', [("yaml", "error", 4, 1)]),
    ("# T\n```sh\nls\n", [("unclosed-fence", "error", 2, 1)]),
    ("# T\n1. a\n   ```sh\n   ls\n\n2. b\n\n   ```sh\n   ls\n   ```\n", [("unclosed-fence", "error", 3, 4)]),
    ("# T\n```sh\nls\n## Step 2\nrm\n", [("unclosed-fence", "error", 2, 1), ("unreachable", "error", 4, 1)]),
    ("# T\n## Background\n```sh\nls\n```\n## Do\n1. x\n", [("unreachable", "warning", 3, 1)]),
    ('# T\n## Impact\n```yaml {"action":"verify"}\n```\n## Do\n1. x\n', [("unreachable", "error", 3, 1)]),
    ("# T\n```sh\nexit 0\n\nls\n```\n", [("unreachable", "warning", 5, 1)]),
    ("# T\n```sh\n$ ls\nout\n\n$ exit\nbye\n$ ls\n```\n", [("unreachable", "warning", 8, 1)]),
    (
        '# T\n1. x\n   ```yaml {"action":"verify"}\n   ```\n   ```yaml {"action":"verify"}\n   ```\n',
        [("second-action", "error", 5, 4)],
    ),
    (
        '# T\n```yaml {"action":"git.reset"}\nto: good\n```\n',
        [("no-rollback", "warning", 2, 1), ("no-verify", "error", 2, 1)],
    ),
    (
        '# T\n```sh {"danger":"restart"}\nrun it\n```\n',
        [("no-rollback", "error", 2, 1), ("no-verify", "error", 2, 1)],
    ),
    (
        "# T\n```sh\nkubectl delete pod a\n```\n",
        [("no-rollback", "warning", 2, 1), ("no-verify", "warning", 2, 1)],
    ),
    ('# T\n```sh {"background":"true"}\nls\n```\n', [("no-effect", "warning", 2, 9)]),
    ('# T\n```yaml {"action":"wait","retries":"2"}\nfor: 5m\n```\n', [("no-effect", "warning", 2, 27)]),
    ('# T\n```sh {"undo":"back"}\nls\n```\n', [("bad-value", "error", 2, 16)]),
    ('# T\n1. a\n   ```sh {"else":"nope"}\n   ls\n   ```\n', [("unknown-step", "error", 3, 19)]),
    ("# T\n```sh {name=a}\nls\n```\n```sh {then=a}\nls\n```\n", [("unknown-step", "error", 5, 13)]),
    ("# T\n```\nls\n```\n", [("no-language", "warning", 2, 1)]),
    ('# T\n```sh\nbusy{job="a"}\n```\n', [("reads-as-output", "warning", 2, 1)]),
    ("# T\nOnly words.\n", [("no-steps", "warning", 1, 1)]),
    ("", [("no-steps", "warning", 1, 1)]),
    ("# T\n```sh {name=a}\nls\n```\n```sh {name=a}\nls\n```\n", [("duplicate-name", "warning", 5, 13)]),
    ("# T\n1. See [it](#now-here)\n\n## Nowhere\n", [("dead-link", "warning", 2, 14)]),
    ("---\nalrts: [A]\n---\n# T\n1. x\n", [("front-matter", "warning", 2, 1)]),
]


@pytest.mark.parametrize(
    ("text", "expected"), BROKEN, ids=lambda v: v.replace("\n", "↵")[:40] if isinstance(v, str) else ""
)
def test_each_rule_names_the_place(text: str, expected: list[tuple[str, str, int, int]]) -> None:
    assert found(text) == expected


def test_every_rule_has_an_example() -> None:
    here = {rule for _, expected in BROKEN for rule, *_ in expected}
    assert set(RULES) - here == {"hidden-characters", "not-read"}  # of bytes, not of text: tests/runbook/test_cli.py


@pytest.mark.parametrize(
    "text",
    [
        '# T\n```yaml {"action":"git.reset"}\nto: good\n```\n' + VERIFY,
        '# T\n```sh {"danger":"x"}\nrun it\n```\n' + VERIFY,
        '# T\n```yaml {"action":"checkpoint.take"}\n```\n',
        "# T\n```sh\nexport A_B=1\n```\n```sh\necho $A_B ${C:-1} '$D' \\$E # $F\n```\n",
        "# T\n```sh\nfor POD in a b; do echo $POD; done\nread -r LINE\necho $LINE $HOME $INCIDENT_ID $SERVICE\n```\n",
        "# T\n```sh\nif true; then\nexit 1\nfi\nls\n```\n",
        "# T\n```sh\ncat <<EOF\nexit\nEOF\nls\n```\n",
        "# T\n```sh\nhelm template '{{ .Values.a }}' {{ other }}\n```\n",
        "---\nerror_signatures: [a]\n---\n# T\n1. x\n",
        "---\ndate: 2020-01-01\ndraft: false\nweight: 3\ndescription: x\n---\n# T\n1. x\n",
        "# T\n1. See [b](#b--c-1) and [web](https://example.org#x)\n\n## B & C\n## B & C\n",
    ],
    ids=range(11),
)
def test_what_is_right_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_a_suggestion_is_near() -> None:
    hints = {f.text: f.hint for f in check('# T\n```yaml {"action":"workload.restrt"}\nname: a\n```\n')}
    assert hints["unknown action workload.restrt"] == "did you mean workload.restart?"
    text = "# T\n```sh\nexport NAMESPACE=a\necho $NAMSPACE\n```\n"
    assert [f.hint for f in check(text)] == ["did you mean NAMESPACE?"]


def test_windows_line_ends_and_a_byte_order_mark_move_no_line() -> None:
    text = "\ufeff# T\r\n\r\n```\r\nls\r\n```\r\n"
    assert found(text) == [("no-language", "warning", 3, 1)]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("rm -rf /data", "rm -rf"),
        ("kubectl -n a delete pod x", "kubectl -n a delete"),
        ("git push --force origin main", "git push --force"),
        ("docker compose restart api", "docker compose restart"),
        ("psql -c 'drop table a'", "drop table"),
        ("grep -c 'drop table a' log", ""),
        ("kubectl get pods # delete them later", ""),
        ("ls && systemctl restart nginx", "systemctl restart"),
        ("terraform plan", ""),
        ("aws s3 rm s3://quay/a --recursive", "aws s3 rm"),
        ("sudo pkill -f winch", "pkill"),
        ("gcloud compute instances list | grep stop", ""),
        ("kill -9 $PID", "kill -"),
    ],
)
def test_what_looks_dangerous(text: str, word: str) -> None:
    assert looks_dangerous(text) == word


def test_words_of_a_shell() -> None:
    assert used("echo $A ${B} ${C:-x} $$ \\$D '$E' $f $PATH") == ("A", "B")
    assert assigned("A=1 B=2 run\nexport C=3\nlocal d=4; E=5\n[ -z x ] && F=6\n: ${G:=7}") >= {
        "A",
        "B",
        "C",
        "d",
        "E",
        "F",
        "G",
    }
    assert dead_lines("echo a\nexit 1\n# said\n\necho b") == (4,)
    assert dead_lines("exit 1") == dead_lines("f() {\nexit 1\n}\nf") == dead_lines("exit 1 || true\nls") == ()


@given(st.text(max_size=300))
def test_no_text_makes_it_raise(text: str) -> None:
    for one in check(text):
        assert one.rule in RULES
        assert one.line >= 1
        assert one.column >= 1


@pytest.mark.parametrize("path", sorted(DATA.glob("*.md")), ids=lambda p: p.stem)
def test_every_finding_has_a_rule_of_the_list(path: Path) -> None:
    text = path.read_bytes().decode()
    assert {f.rule for f in check(text)} <= set(RULES)


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[2] / "runbooks").glob("*.md")), ids=lambda p: p.stem)
def test_what_ships_has_not_even_a_warning(path: Path) -> None:
    assert check(path.read_text(encoding="utf-8")) == []
