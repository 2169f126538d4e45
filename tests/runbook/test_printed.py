"""Output, logs and queries that stand in fences marked as shell: teams paste them, and none of it may run."""

from pathlib import Path

import pytest

from incidentui.runbook.lint import lint
from incidentui.runbook.model import Command, Runbook
from incidentui.runbook.parse import parse

DATA = Path(__file__).parent / "data"
OUTPUT = "it reads as output, not as a command"


def read(name: str) -> Runbook:
    return parse((DATA / f"{name}.md").read_text(encoding="utf-8"), f"{name}.md")


def commands(name: str) -> list[Command]:
    return [command for step in read(name).steps for command in step.commands]


def test_pasted_lines_of_a_log_are_shown_and_the_command_runs() -> None:
    *pasted, last = commands("pasted-log")
    assert {(c.runnable, c.why_not) for c in pasted} == {(False, OUTPUT)}
    assert pasted[1].text.endswith("rm -rf /scratch")  # all of it stays to be read
    assert (last.runnable, last.text) == (True, "crane unlock berth-4")


def test_what_a_command_said_beneath_it_is_no_command() -> None:
    leases, status, only, several = commands("output-beneath")
    assert (leases.text, leases.expected.split()[:3]) == ("crane leases", ["NAME", "HOLDER", "AGE"])
    assert (status.text.strip(), status.expected) == ("crane status", "    harbour:\n      berth: 4")
    assert (only.runnable, only.why_not) == (False, OUTPUT)
    assert (several.runnable, several.expected, several.text.count("\n")) == (True, "", 8)


def test_prompts_of_other_shells_and_what_goes_on_after_them() -> None:
    assert [(c.text, c.expected) for c in commands("other-prompts")] == [
        ("chroot /host", ""),
        ("crane version\ncrane ping \\\n  --all", "v2\npong"),
        ("crane berth 4", "ID:     berth-4"),
        ('export CRANE_KEY="..."\nBERTH=4\n# lower it first\ncrane lower "$BERTH"', "# done\nlowered"),
        ("crane patch -p '\n$ spec: {}\n'", "patched"),
    ]


def test_queries_and_settings_marked_as_shell_are_shown_and_shell_is_left_alone() -> None:
    *shown, shell = commands("query-in-shell")
    assert {(c.runnable, c.why_not) for c in shown} == {(False, OUTPUT)}
    assert (shell.runnable, shell.expected) == (True, "")


def test_remarks_alone_are_nothing_to_run_and_what_is_shown_holds_no_step_back() -> None:
    empty, clear = read("only-remarks").steps
    assert (empty.by_hand, empty.commands[0].why_not) == (True, "nothing to run in it")
    assert [c.runnable for c in clear.commands] == [True, False, False]
    assert (clear.held, clear.placeholders) == ("", ())


def test_a_fence_that_is_never_closed_holds_its_step_back() -> None:
    book = parse("# T\n1. a\n   ```sh\n   ls\n   ```\n   ```sh\n   rm -r x\n", "t.md")
    assert book.steps[0].held == "its fence is never closed"


SHELL = r"""
kubectl get pods -o jsonpath='{.items[*]}'
foo() { ls; }
x=(a b)
: ${A:=b}
test a = b
7z l a.7z
[ -f a ] && ls
{ ls; }
((n = 1))
if ls; then ls; fi
NAME READY
Rscript a.R
while(true); do ls
'/opt/my app/run' --now
make -C a
docker run --rm a:b
~/bin/a: b
"""


@pytest.mark.parametrize("line", SHELL.strip().splitlines())
def test_what_may_be_shell_runs(line: str) -> None:
    (step,) = parse(f"# T\n```sh\n{line}\n```\n", "t.md").steps
    assert (step.commands[0].runnable, step.commands[0].text) == (True, line)


def test_the_linter_names_output_that_is_marked_as_shell() -> None:
    text = (DATA / "query-in-shell.md").read_text(encoding="utf-8")
    found = [(f.rule, f.line, f.column) for f in lint(parse(text, "q.md"), text)]
    assert found == [("reads-as-output", line, 4) for line in (5, 14, 20, 27, 33)]
