"""Places written in other ways than `<pod>`: asked for where that is sure, said where it is not, else left alone."""

import pytest

from incidentui.runbook.parse import parse
from incidentui.runbook.places import by_environment, places, unfinished
from tests.runbook.test_quoting import bash

ASKED = {
    "kubectl logs {pod} -n {{namespace}}": ("pod", "namespace"),
    "kubectl logs web-{pod}.svc": ("pod",),
    "oc login --token=YOUR_TOKEN": ("YOUR_TOKEN",),
    "export TOKEN=YOUR-API-KEY": ("YOUR-API-KEY",),
    "ssh-keygen -R CHANGE_ME": ("CHANGE_ME",),
    "crane logs XXX": ("XXX",),
    "curl http://{host}:80/x/{{ id }}": ("host", "id"),
    "ls <your YOUR_TOKEN>": ("your YOUR_TOKEN",),
    "x=$(crane berth {berth})": ("berth",),
}
SAID = {
    'curl -H "Authorization: YOUR_TOKEN" http://h/': ("YOUR_TOKEN",),
    'oc patch x -p \'{"a": "{{name}}"}\'': ("{{name}}",),
    "grep YOUR_TOKEN a": ("YOUR_TOKEN",),
    "{crane} logs": ("{crane}",),
}
LEFT = (
    "cp a.{txt,md} {a,b} {1..3}",
    "echo ${x} ${x:-{y}} $YOUR_TOKEN ${YOUR_TOKEN}",
    "YOUR_TOKEN=1 ls",
    "awk {print} a; awk '{print}' a; awk \"{print $1}\" a",
    "jq {name} a; jq '.[] | {name}' a; jq \".[] | {name}\"",
    "docker ps --format '{{.State}}' --filter {x}",
    "docker ps --format {{.Names}}",
    "docker inspect -f '{{json .State}}' a",
    "kubectl get pods -o jsonpath={name}",
    "kubectl get pods -o go-template='{{range .items}}{{end}}'",
    'curl -d \'{"a": {"b": 1}}\' http://h/',
    "curl -w '%{http_code}' http://h/; curl -w %{http_code} h",
    "git show stash@{0} HEAD@{upstream}",
    "find . -exec ls {} +; xargs -I {item} ls {item}; parallel ls {1} {.}",
    "mktemp /tmp/a.XXXXXX",
    "exec {fd}>a; exec {fd}>&-",
    "f() { ls; }; { ls; }",
    "python3 -c 'print(f\"{x}\")'",
    "# {pod} YOUR_TOKEN",
    "cat <<E\n{pod}\nE",
)


@pytest.mark.parametrize("text", ASKED)
def test_a_word_of_a_plain_command_is_asked_for(text: str) -> None:
    assert tuple(place.name for place in places(text)) == ASKED[text]
    assert unfinished(text) == ()


@pytest.mark.parametrize("text", SAID)
def test_what_may_be_one_is_said_and_runs_as_it_stands(text: str) -> None:
    assert (places(text), unfinished(text)) == ((), SAID[text])


@pytest.mark.parametrize("text", LEFT)
def test_what_is_code_is_nothing_to_fill_in(text: str) -> None:
    assert (places(text), unfinished(text)) == ((), ())
    assert bash(text, "-n")[0] == 0, "and a shell takes it"


def test_its_value_is_one_word_of_the_command() -> None:
    text = by_environment("printf '[%s]' {{ a }} x-{b} YOUR_C; echo XXX")
    said = bash(text, _A_="1", _B_="2", _YOUR_C_="3", _XXX_="4")
    assert said == (0, b"[1][x-2][3]4\n")


def test_the_step_names_it_and_an_unlabelled_block_does_not() -> None:
    book = parse("# T\n1. a\n   ```sh\n   crane logs {pod}\n   ```\n2. b\n   ```\n   a {pod}\n   ```\n", "t.md")
    assert [step.placeholders for step in book.steps] == [("pod",), ()]
