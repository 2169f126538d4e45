"""The reader of quotes against a real bash: whatever it takes for sure, the shell must see the same way."""

import os
import subprocess
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidentui.runbook.places import by_environment, places, spoken
from incidentui.runbook.shell_words import dead_lines, looks_dangerous, used, uses_sudo
from incidentui.runbook.unfinished import beginnings

PIECES = (
    "echo a", "printf '[%s]' ", "x=1", "echo ", "cat ", "<zq>", "<zq>", "<zq>", " ", " ", "\n", "\n", ";", "|", "&&",
    "#",
    " # ", ";#", "\"", "\"", "'", "'", "$'", "\\", "`", "$(", "(", ")", "${x:-", "${#x}", "}", "{ ", "$((", "))", "1",
    "<<E\n",
    "<<'E'\n", "<<-E\n\t", "\nE\n", "<<<", "if true; then ", "fi", "case a in a) ", ";;", "esac", "it's", "$x", "!",
    "[[ a ]]", "a\\\n", "#\n",
)  # fmt: skip
"""What is read is not what it does: no piece of it can write or remove anything."""
texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=14).map("".join)
VALUE = "v4l"


def bash(text: str, *argv: str, **env: str) -> tuple[int, bytes]:
    here = {"PATH": os.environ["PATH"], "x": "0", **env}
    ran = subprocess.run(
        ["bash", *argv, "-c", text],
        env=here,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=20,
        check=False,
    )
    return ran.returncode, ran.stdout


def same_for_a_shell(text: str) -> None:
    found = places(text)
    if not found or not all(place.can_be_filled for place in found):
        return
    written = spoken(text, {place.variable: VALUE for place in found})
    if bash(written, "-n")[0] == 0:
        assert bash(by_environment(text), _ZQ_=VALUE) == bash(written), text


def no_command_is_cut(text: str) -> None:
    """Where a line begins a command of its own, what stands before it is whole."""
    if "<zq>" in text or "\n" not in text or bash(text, "-n")[0]:
        return
    lines = text.split("\n")
    ends = dict(enumerate(accumulate(line + "\n" for line in lines)))
    for n, _ in beginnings(lines):
        if n:
            assert bash(ends[n - 1], "-n")[0] == 0, text


@given(texts)
@settings(max_examples=40, deadline=None)
def test_a_place_that_is_filled_in_means_what_the_same_word_would(text: str) -> None:
    same_for_a_shell(text)


@given(texts)
@settings(max_examples=40, deadline=None)
def test_a_command_that_is_said_to_be_over_is_over(text: str) -> None:
    no_command_is_cut(text)


@pytest.mark.soak
@given(texts)
@settings(max_examples=20_000, deadline=None)
def test_both_by_the_thousand(text: str) -> None:
    for one in (same_for_a_shell, no_command_is_cut):
        one(text)


@pytest.mark.parametrize(
    ("text", "danger", "names"),
    [
        ('echo "don\'t"; rm -rf $DIR; echo "it\'s"', "rm -rf", ("DIR",)),
        ("echo 'a\n$NOT b'\nls $YES", "", ("YES",)),
        ("ls;# rm -rf $X", "", ()),
        ('echo "# $YES"', "", ("YES",)),
        ("echo $'it\\'s'; rm -rf $DIR # '", "rm -rf", ("DIR",)),
    ],
)
def test_quotes_hide_what_they_hide_and_nothing_else(text: str, danger: str, names: tuple[str, ...]) -> None:
    assert (looks_dangerous(text), used(text)) == (danger, names)


@pytest.mark.parametrize(
    ("text", "danger"),
    [
        ("ssh host '\nrm -rf /data\n'", "rm -rf"),
        ("ssh host 'rm -rf /data'", "rm -rf"),
        ("ssh \\\n  host '\ncd /x\n\nrm -rf cache'", "rm -rf"),
        ("sudo bash -ec '\nkubectl delete pod x\n'", "kubectl delete"),
        ("su - app -c '\ncd /x\nrm -rf cache\n'", "rm -rf"),
        ("kubectl exec a -- sh -c '\nrm -rf /tmp/a\n'", "rm -rf"),
        ("ssh host uptime; echo '\nnever rm -rf\n'", ""),
        ("if ssh host true\nthen\necho 'never rm -rf'\nfi", ""),
        ("awk '\n# rm -rf\n' ~/.ssh/config", ""),
        ("ssh host '\nls\n' # rm -rf", ""),
    ],
)
def test_what_another_shell_is_sent_may_destroy_as_well(text: str, danger: str) -> None:
    assert looks_dangerous(text) == danger


def test_a_password_is_asked_for_only_by_what_runs_here() -> None:
    assert not uses_sudo("ssh h '\nsudo -i\n'")
    assert uses_sudo("echo \"it's\"\nsudo ls # don't")


def test_what_follows_an_exit_never_runs_and_what_only_looks_so_does() -> None:
    assert dead_lines("exit 1\nls") == (1,)
    assert dead_lines("cat <<'A B'\nexit 1\nA B\nls") == ()
    assert dead_lines("echo '\nexit 1\n'\nls") == ()
    assert dead_lines("if a; then\nexit 1\nfi\nls") == ()
    assert dead_lines("f() {\n  ls\n}\nexit 0 # done\n\n# bye\nls") == (6,)
