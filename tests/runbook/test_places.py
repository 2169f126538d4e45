"""`<pod-name>` in shell text: where it stands decides how a shell is given its value, and what that may hold."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentui.runbook.places import Place, by_environment, places, spoken

TEXT = """oc get vm <vm-name> -n <name space> | grep "<vm-name> $(oc get <pod> "a <tag>")" # not <here>
echo '{"a":"<json>"}' node/<node> `ls <tick>` \\<none>
cat <<EOF
<p> <line>
EOF
git diff <base>..<head> <none>"""


def test_each_is_quoted_as_it_must_be_where_it_stands() -> None:
    assert by_environment(TEXT) == (
        'oc get vm "${_VM_NAME_}" -n "${_NAME_SPACE_}" | grep "${_VM_NAME_} $(oc get "${_POD_}" "a ${_TAG_}")"'
        " # not <here>\n"
        'echo \'{"a":"\'"${_JSON_}"\'"}\' node/"${_NODE_}" `ls "${_TICK_}"` \\<none>\n'
        "cat <<EOF\n<p> ${_LINE_}\nEOF\n"
        'git diff "${_BASE_}".."${_HEAD_}" <none>'
    )


def test_people_read_the_value_and_a_place_without_one_stays() -> None:
    said = spoken(TEXT, {"_VM_NAME_": "a b", "_JSON_": "c", "_LINE_": "d"})
    assert "oc get vm 'a b' -n <name space> | grep \"a b $(oc get <pod> " in said
    assert '{"a":"c"}' in said
    assert "<p> d\n" in said


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ls <x-y> <x_y>", [Place("x-y")]),
        ("ls <x> '<x>'", [Place("x", "'")]),
        ("ssh h rm <x>", [Place("x", "again")]),
        ("sh -c 'rm <x>'", [Place("x", "'")]),
        ("cat <<'E'\n<x>\nE\nls <x>", [Place("x", "<<''")]),
        ("# <x>\nls 'x # <y>", [Place("y", "'")]),
        ("cat <<E\n$(ls <x>)\nE\nls <y>", [Place("x", "<<"), Place("y")]),
    ],
)
def test_what_stands_where(text: str, found: list[Place]) -> None:
    assert list(places(text)) == found


def test_what_can_be_filled_with_what() -> None:
    assert not Place("a", "<<''").can_be_filled
    assert not Place("größe").can_be_filled
    assert Place("a").refuses("$(x) ; '\"") == ""
    assert Place("a", '"').refuses("web-1.shop:80/x y@z") == ""
    for value in ('"', "$x", "`x`", ";", "a\nb", "|", "&", ">", "*", "\\"):
        assert Place("a", '"').refuses(value)


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    by_environment(text)
    assert spoken(text, {}) == text


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=40))
def test_a_shell_gets_any_value_as_one_word(value: str) -> None:
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
