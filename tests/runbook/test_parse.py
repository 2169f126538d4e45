"""The shapes of runbooks that teams have, one small file each, and what keeps a file from acting by accident."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentui.runbook.model import Runbook
from incidentui.runbook.parse import parse

DATA = Path(__file__).parent / "data"
SHIPPED = sorted((Path(__file__).parents[2] / "runbooks").glob("*.md"))


def read(name: str) -> Runbook:
    return parse((DATA / f"{name}.md").read_bytes().decode(), f"docs/{name}.md")


def titles(runbook: Runbook) -> list[str]:
    return [step.title for step in runbook.steps]


def said(runbook: Runbook) -> list[tuple[int, str]]:
    return [(p.line, f"{p.text} · {p.hint}") for p in runbook.problems]


def test_four_headings_with_lists_and_fences_inside() -> None:
    book = read("four-headings")
    assert (book.id, book.title, book.problems) == ("four-headings", "FerryQueueGrows", ())
    assert [(p.title, p.reading) for p in book.phases] == [
        ("Meaning", True),
        ("Impact", True),
        ("Diagnosis", False),
        ("Mitigation", False),
    ]
    assert titles(book) == [
        "Set the NAMESPACE variable",
        "Look at the pods",
        "Ask a colleague",
        "Delete the pod",
        "Wait",
    ]
    assert [s.phase for s in book.steps] == ["Diagnosis"] * 3 + ["Mitigation"] * 2
    assert [s.manual for s in book.steps] == [False, False, True, False, True]
    assert [s.line for s in book.steps] == [19, 25, 39, 43, 49]
    assert book.phases[2].prose == "Some words first."
    assert book.summary == "The queue of bookings grows."
    # A fence in a section that is only read is text, not a step.
    assert "echo never a step" in book.phases[0].prose


def test_only_prompted_lines_are_commands_and_the_rest_is_sample_output() -> None:
    first, second = (s.commands[0] for s in read("four-headings").steps[:2])
    assert first.text.startswith("export NAMESPACE=")
    assert second.text == "kubectl -n $NAMESPACE get pods \\\n    -o wide\ncat <<EOF\none line\nEOF"
    assert second.expected == "NAME     READY\nferry-0  1/1"
    assert read("four-headings").steps[1].prose == "They should all be there:\n\n- more than one restart is bad"


def test_a_fence_beside_its_entry_belongs_to_it() -> None:
    step = read("four-headings").steps[3]
    assert [c.text for c in step.commands] == ["kubectl -n <namespace> delete pod <pod-name>"]
    assert step.placeholders == ("namespace", "pod-name")


def test_without_a_list_each_fence_is_a_step_named_by_attribute_paragraph_or_heading() -> None:
    book = read("fences-only")
    assert book.title == "fences only"
    assert titles(book) == ["pump-state", "Check", "Ask the metrics", "A manifest that must never act"]
    assert [s.manual for s in book.steps] == [False, False, True, True]
    commands = [s.commands[0] for s in book.steps]
    assert [c.runnable for c in commands] == [True, False, False, False]
    assert [c.why_not for c in commands] == [
        "",
        "no language given: it may be output",
        "promql is shown, not run",
        "yaml is shown, not run",
    ]
    assert book.steps[3].action is None


def test_step_headings_are_steps_and_keep_what_lies_beneath() -> None:
    book = read("step-headings")
    assert titles(book) == ["Stop the cranes", "Move", "Step 3"]
    assert {s.phase for s in book.steps} == {"Procedure"}
    assert book.steps[0].prose == "First this.\n\n- and wait\n\nNote\n\nThey are slow."
    assert book.steps[1].prose == "1. a nested list is text\n2. of the step"
    assert [s.manual for s in book.steps] == [False, True, False]
    assert [p.title for p in book.phases if p.reading] == ["Overview", "1. Details"]


def test_attributes_as_json_and_as_runme_writes_them() -> None:
    book = read("runme")
    assert (book.title, book.tags, book.alerts) == ("Attributes of both kinds", ("one", "two"), ("OnlyOne",))
    first, second, third = (s.commands[0] for s in book.steps)
    assert dict(first.attrs) == {"name": "first", "interactive": "false"}
    assert dict(second.attrs) == {"name": "second", "timeout": "30s", "retries": "2"}
    # Templates of other tools are left alone.
    assert first.text == "echo {{.State}}"
    assert dict(third.attrs) == {"nam": "third"}
    assert [(p.line, p.text, p.hint, p.level) for p in book.problems] == [
        (15, "unknown attribute nam", "did you mean name?", "warning")
    ]


def test_typed_actions_keep_every_value_as_text() -> None:
    book = read("typed")
    actions = [s.action for s in book.steps]
    assert book.problems == ()
    assert [(a.name, dict(a.args)) for a in actions if a] == [
        ("git.revert", {"commits": "{{ bad }},58320e8,0012345", "push": "no"}),
        ("workload.restart", {"name": "{{ pump }}"}),
        ("verify", {}),
    ]
    assert [(v.name, v.source, v.default) for v in book.vars] == [("bad", "git.head", ""), ("pump", "", "backend")]
    assert [s.manual for s in book.steps] == [False, False, False]


def test_typed_actions_that_are_wrong_say_where_and_why() -> None:
    assert said(read("typed-wrong")) == [
        (5, "unknown action workload.restrt · did you mean workload.restart?"),
        (10, "git.reset needs to · to: …"),
        (11, "git.reset has no argument too · did you mean to?"),
        (16, 'a key must be a word · put {{ name }} in quotes: to: "{{ good }}"'),
        (20, "nothing gives god a value · did you mean good?"),
        (27, "to stands twice · "),
        (32, "YAML aliases (*name) are not read · "),
        (38, "a second action in one step · make it a step of its own"),
    ]


def test_byte_order_mark_and_windows_line_ends() -> None:
    book = read("windows")
    assert book.title == "From Windows"
    assert [s.commands[0].text for s in book.steps] == ["echo one\necho two"]
    assert book.steps[0].commands[0].line == 7


def test_a_ruler_at_the_top_swallows_nothing() -> None:
    book = read("ruler")
    assert (book.title, titles(book)) == ("A ruler first", ["Step: one", "Step: two"])


def test_an_unclosed_fence_is_a_problem_and_never_runs() -> None:
    book = read("unclosed")
    assert said(book) == [
        (5, "the fence is never closed · end it with ```"),
        (10, "the fence is never closed · end it with ~~~~"),
    ]
    assert [c.runnable for s in book.steps for c in s.commands] == [False, False]
    action = parse('```yaml {"action":"verify"}\nwithin: 5m\n', "x.md").steps[0]
    assert action.action is None


def test_nested_fences_hidden_fences_and_what_is_no_placeholder() -> None:
    book = read("nested")
    assert titles(book) == ["Four backticks", "In details"]
    assert "```\nnot a fence\n```" in book.steps[0].commands[0].text
    assert "hidden" not in repr(book.steps)
    assert book.steps[1].placeholders == ()


def test_a_second_title_is_a_phase_and_bullets_hold_fences_too() -> None:
    book = read("two-titles")
    assert (book.title, [p.title for p in book.phases]) == ("First", ["Second"])
    assert titles(book) == ["Do it by hand"]
    assert book.steps[0].prose == "a | b\n1 | 2"


def test_root_prompts_only_in_console_blocks() -> None:
    console, script = parse("```console\n# reboot\ngone: 1\n```\n\n```sh\n# a comment\nls\n```\n", "x.md").steps
    assert (console.commands[0].text, console.commands[0].expected) == ("reboot", "gone: 1")
    assert script.commands[0].text == "# a comment\nls"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_what_ships_has_no_problem_and_only_known_actions(path: Path) -> None:
    book = parse(path.read_text(), str(path))
    assert book.problems == ()
    assert book.summary
    assert len(book.steps) >= 4
    assert any(s.action for s in book.steps)
    assert all(s.prose or s.action for s in book.steps)
    assert not [c for s in book.steps for c in s.commands]
    assert "does not cover" in path.read_text()
    assert book.steps[-1].title in ("Verify recovery", "Hand over", "Tell people")


def test_the_roll_back_has_its_six_steps() -> None:
    path = next(p for p in SHIPPED if p.stem == "roll-back-a-bad-deploy")
    book = parse(path.read_text(), path.name)
    assert titles(book) == [
        "Look at the window",
        "Reset to known-good",
        "Start the deploy, if none came",
        "Verify recovery",
        "Still red: it was not the commit, or not alone",
        "Hand over",
    ]
    actions = [s.action.name if s.action else None for s in book.steps]
    assert actions == [None, "git.reset", "deploy.start", "verify", None, None]


_MARKDOWN = """# a
## Step 1
1. x
   ```sh
```
~~~
```yaml {"action":"verify"}
a: b
---
- y
> q

{{ x }}
<p>
<!--
-->
$ ls \\
cat <<EOF
| a | b |
|---|---|
\t
[a](b)
vars: [
&a *a"""
_PIECES = st.sampled_from(_MARKDOWN.split("\n"))


@given(st.one_of(st.text(max_size=400), st.lists(_PIECES, max_size=25).map("\n".join)))
def test_no_text_makes_it_raise(text: str) -> None:
    book = parse(text, "x.md")
    assert [s.n for s in book.steps] == list(range(1, len(book.steps) + 1))
    assert all(s.title for s in book.steps)
    assert all(1 <= p.line <= text.count("\n") + text.count("\r") + 1 for p in book.problems)


@pytest.mark.parametrize(
    "text", ["[" * 3000, "> " * 3000, "- " * 3000, "---\na: " + "[" * 3000 + "\n---\n", "*" * 5000]
)
def test_deep_nesting_is_no_trap(text: str) -> None:
    parse(text, "x.md")


def test_yaml_that_is_too_deep_or_too_long_is_not_read() -> None:
    deep = "[" * 12 + "]" * 12
    assert parse(f"---\ntitle: T\ntags: {deep}\n---\n", "x.md").title != "T"
    assert parse("---\ntitle: T\ntags: [a]\n---\n", "x.md").title == "T"
    for body, why in ((f"to: {deep}", "nested too deeply"), ("to: " + "a" * 70_000, "longer than 64 KB")):
        book = parse(f'```yaml {{"action":"git.reset"}}\n{body}\n```\n', "x.md")
        assert [p.text for p in book.problems] == [why]


@pytest.mark.req("R3-42")
def test_steps_under_after_recovery_hold_the_incident_open() -> None:
    book = parse(
        "# R\n\n## Verify\n\n1. Ask\n\n## After recovery\n\n2. Sign in\n3. Book\n\n## Close\n\n4. Tell\n", "r.md"
    )
    assert [step.title for step in book.run_steps() if step.before_close] == ["Sign in", "Book"]
