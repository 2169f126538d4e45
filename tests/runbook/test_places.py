"""`<pod-name>` in shell text: where it stands decides how a shell is given its value, and what that may hold."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentui.runbook.places import Place, by_environment, places, spoken

SHUT = "not sure"
TEXT = """oc get vm <vm-name> -n <name space> | grep "<vm-name> $(oc get <pod> "a <tag>")" # not <here>
echo '{"a":"<json>"}' node/<node> `ls <tick>` \\<none>
git diff <base>..<head> <none>"""


def test_each_is_quoted_as_it_must_be_where_it_stands() -> None:
    assert by_environment(TEXT) == (
        'oc get vm "${_VM_NAME_:?}" -n "${_NAME_SPACE_:?}" | '
        'grep "${_VM_NAME_:?} $(oc get "${_POD_:?}" "a ${_TAG_:?}")"'
        " # not <here>\n"
        'echo \'{"a":"\'"${_JSON_:?}"\'"}\' node/"${_NODE_:?}" `ls "${_TICK_:?}"` \\<none>\n'
        'git diff "${_BASE_:?}".."${_HEAD_:?}" <none>'
    )


def test_people_read_the_value_and_a_place_without_one_stays() -> None:
    said = spoken(TEXT, {"_VM_NAME_": "web-1", "_JSON_": "c"})
    assert 'oc get vm web-1 -n <name space> | grep "web-1 $(oc get <pod> ' in said
    assert '{"a":"c"}' in said


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ls <x-y> <x_y>", [Place("x-y")]),
        ("ls <x> '<x>'", [Place("x", "'")]),
        ("ssh h rm <x>", [Place("x", "again")]),
        ("sh -c 'rm <x>'", [Place("x", "'")]),
        ("bash -lc ls\\ <x>", [Place("x", "again")]),
        ("echo ls <x> | sh", [Place("x", "again")]),
        ("# <x>\nls 'x # <y>", [Place("y", "'")]),
        ("cat <<'E'\n<x>\nE\nls <y>", [Place("x", SHUT), Place("y")]),
        ("x=$(cat <<E\nhost: <x>\nE\n)", [Place("x", SHUT)]),
        ("read -r ns <<< a; ls <x>", [Place("x")]),
        ("echo $'it\\'s <x>'", [Place("x", SHUT)]),
        ("ls;# don't\nls <x>", [Place("x")]),
        ("sort <input>output", [Place("input", SHUT)]),
        ("ls <ns>/<pod>", [Place("ns"), Place("pod")]),
    ],
)
def test_what_stands_where(text: str, found: list[Place]) -> None:
    assert list(places(text)) == found


def test_what_can_be_filled_with_what() -> None:
    assert not Place("a", SHUT).can_be_filled
    assert not Place("größe").can_be_filled
    assert Place("a").refuses("app=web-1.shop:80/x@z") == ""
    assert Place("a", '"').refuses("web-1.shop:80/x@z") == ""
    assert "would be an option" in Place("a").refuses("-rf")
    assert Place("id", '"').refuses("0=0")
    for value in ('"', "$x", "`x`", ";", "a\nb", "|", "&", ">", "*", "\\", "a b", " ", "", "$(x)", "a[$(x)]", "0 or 1"):
        assert Place("a").refuses(value)
        assert Place("a", '"').refuses(value)


@pytest.mark.parametrize(
    "text",
    [
        "echo ls <x> | sh",
        "sh -ec 'ls '<x>",
        "eval ls <x>",
        "sed s/a/<x>/ /dev/null",
        "awk BEGIN{print<x>}",
        "trap <x> EXIT",
        "[[ <x> -gt 3 ]]",
        "echo $(( <x> + 1 ))",
        "a=(1); echo ${a[<x>]}",
        "printf -v <x> 1",
    ],
)
@pytest.mark.parametrize(
    "value", ["x; touch ran", "a[$(touch ran)]", "$(touch ran)", "`touch ran`", "1;system('touch ran')"]
)
def test_no_value_that_is_taken_becomes_code(text: str, value: str, tmp_path: Path) -> None:
    (place,) = places(text) or (Place("x"),)
    assert place.refuses(value), "it is never given to a shell"
    subprocess.run(
        ["bash", "-c", by_environment(text)],
        env={"_X_": "touch", "PATH": os.environ["PATH"]},
        cwd=tmp_path,
        check=False,
    )
    assert not (tmp_path / "ran").exists()


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    by_environment(text)
    assert spoken(text, {}) == text


@given(st.from_regex(r"[\w.,:/@%+=][\w.,:/@%+=-]{0,40}", fullmatch=True))
def test_a_shell_gets_any_value_as_one_word(value: str) -> None:
    assert Place("a").refuses(value) == ""
    text = by_environment("printf '[%s]' <a>")
    said = subprocess.run(["sh", "-c", text], env={"_A_": value}, capture_output=True, check=True)
    assert said.stdout.decode() == f"[{value}]"


@pytest.mark.parametrize(
    "text",
    [
        "cat <<'A-B'\n<x-y>\nA-B",
        "cat <<'EOF'\n  EOF\n<x-y>\nEOF",
        "cat <<\\EOF\n<x-y>\nEOF",
        "cat <<'A' <<'B'\n1\nA\n<x-y>\nB",
    ],
)
def test_a_literal_here_document_goes_to_the_line_that_ends_it(text: str) -> None:
    assert [place.can_be_filled for place in places(text)] == [False]
