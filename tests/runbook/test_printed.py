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
    what_to_do = "put it in a block of its own, or put `$ ` before the commands"
    assert (leases.runnable, leases.held, leases.why_not) == (False, True, f"line 8 reads as output: {what_to_do}")
    assert (status.held, status.why_not, status.text.count("\n")) == (True, f"line 16 reads as output: {what_to_do}", 2)
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


def block(text: str, lang: str = "sh") -> Command:
    (step,) = parse(f"# T\n~~~{lang}\n{text}\n~~~\n", "t.md").steps
    return step.commands[0]


WHOLE = (
    "case $(cat mode) in\n 0) rm stopped ;;\n 1)\n  a: b ;;\nesac",
    "PORTS=(\n80\n443\n)\nrm x",
    "cat <<\\EOF\na: b\nEOF\nrm x",
    "cat <<'END-OF-FILE'\na: b\nEND-OF-FILE\nrm x",
    'cat <<"MY LIST"\na: b\nMY LIST\nrm x',
    "cat <<A <<B\n1 a\nA\n2 b\nB\nrm x",
    "cat <<EOF\n  EOF\na: b\nEOF\nrm x",
    "if a; then\n7 b\nfi",
    "for h in a; do\n7 b\ndone | sort",
    'x="$(cat <<E\n1: x\nE\n)"\nrm x',
)


@pytest.mark.parametrize("text", WHOLE, ids=range(len(WHOLE)))
def test_a_block_without_prompts_runs_whole(text: str) -> None:
    command = block(text)
    assert (command.runnable, command.text, command.expected) == (True, text, "")


PROMPTED = (
    ("$ for h in a b; do\n>   ssh $h start\n> done\n1 ok", "for h in a b; do\n  ssh $h start\ndone", "1 ok"),
    ("$ if a; then\n    b\n  fi\nok", "if a; then\n    b\n  fi", "ok"),
    ("[root@db ~]# case $x in\n> 1) rm a ;;\n> esac", "case $x in\n1) rm a ;;\nesac", ""),
    ("$ wc -c <<< hello\n6\n$ rm x", "wc -c <<< hello\nrm x", "6"),
    ("$ cat a \\\n  > b", "cat a \\\n  > b", ""),
    ("$ cat <<'A-B'\n$ x\nA-B\n$ y", "cat <<'A-B'\n$ x\nA-B\ny", ""),
)


@pytest.mark.parametrize(("text", "runs", "said"), PROMPTED, ids=range(len(PROMPTED)))
def test_a_command_after_a_prompt_is_taken_to_its_end(text: str, runs: str, said: str) -> None:
    command = block(text, "console")
    assert (command.runnable, command.text, command.expected) == (True, runs, said)


HELD = (
    ("# stop everything first\nsystemctl stop app", "line 4 may be a command, or what one said"),
    ("$ ssh db\n[root@db ~]# rm x", "line 4 is at another prompt"),
    ("$ mysql\nmysql> drop table a", "line 4 is at another prompt"),
    ("$ crane ping\n> --all", "line 4 may go on with the command above"),
    ("$ for h in a; do\n$ rm x", "line 4 may go on with the command above"),
    ("$ cat <<EOF\na\n  EOF", "line 3 begins a command that never ends"),
    ("cd /srv\n$ rm x", "line 3 stands before the first prompt"),
)


@pytest.mark.parametrize(("text", "why"), HELD, ids=range(len(HELD)))
def test_what_is_not_sure_is_held_whole(text: str, why: str) -> None:
    command = block(text, "console")
    assert (command.runnable, command.held, command.why_not.split(":")[0]) == (False, True, why)
    assert command.text == text
    found = [f.line for f in lint(parse(f"# T\n~~~console\n{text}\n~~~\n", "t.md"), f"# T\n~~~console\n{text}\n~~~\n")]
    assert int(why.split()[1]) in found
