"""What happens to a run of a runbook: by name the blocks of its steps, what its record must say, and what is done.

The record is told as "step state", in order: what was written down while it went, not what a screen happened to show.
"""

from collections.abc import Callable
from dataclasses import dataclass

from incidentui.core.events import ActionRequested
from tests.faults import steps
from tests.faults.runs import ENTER, ESC, Run, path_without

Do = Callable[[Run], None]


@dataclass(frozen=True)
class Case:
    record: str
    blocks: tuple[str, ...]
    do: Do
    front: str = ""


CASES: dict[str, Case] = {}


def case(record: str, *blocks: str, front: str = "") -> Callable[[Do], Do]:
    def add(do: Do) -> Do:
        CASES[do.__name__.replace("_", " ")] = Case(record, blocks, do, front)
        return do

    return add


def plan(run: Run) -> None:
    run.press("x")
    run.see("[Tt]ype the word to run it")
    run.screen.rest(0.4, 1)


# -- run, fail, mend, go on


@case("1 running, 1 done, 2 running, 2 done", "echo one", "echo two")
def runs_to_its_end(run: Run) -> None:
    run.begin()
    run.fire("1 done")
    run.fire("2 done")
    run.see("2 of 2 done")
    run.press("x")
    run.see("every step is done")


@case("1 running, 1 failed, 1 running, 1 done, 2 running, 2 done", "test -e mended", "echo two")
def fails_is_mended_and_goes_on(run: Run) -> None:
    run.begin()
    run.fire("1 failed")
    run.see(r"✗ 1 Part 1")
    (run.root / "mended").touch()
    run.fire("1 done")
    run.fire("2 done")


@case("1 running, 1 failed, 1 running, 1 failed", "echo no such pump >&2; exit 7")
def fails_twice_alike(run: Run) -> None:
    run.begin()
    run.fire("1 failed")
    run.fire("1 failed")
    assert [why.rpartition(": ")[2] for why in run.said()] == ["exit 7", "exit 7"]
    numbers = [r.event.number for r in run.place.records() if isinstance(r.event, ActionRequested)]
    assert numbers == [1, 2]


@case("1 running, 1 done, 2 running, 2 done", "export WATER=high\nmkdir -p sub; cd sub", "echo $WATER in ${PWD##*/}")
def exports_and_folder_flow(run: Run) -> None:
    run.begin()
    run.fire("1 done")
    run.fire("2 done")
    assert "high in sub" in run.output()


@case("1 running, 1 failed, 1 running, 1 done", "echo was ${A-unset}.\nexport A=1\ntest -e mended")
def a_step_that_failed_hands_nothing_on(run: Run) -> None:
    run.begin()
    run.fire("1 failed")
    (run.root / "mended").touch()
    run.fire("1 done")
    assert "was unset." in run.output()


@case("1 running, 1 failed", "false\n---\ntouch second")
def the_second_block_waits_for_the_first(run: Run) -> None:
    run.begin()
    run.fire("1 failed")
    assert not run.there("second")


@case("1 running, 1 failed", "ls no-such-file\ntouch after")
def the_first_line_that_fails_ends_the_block(run: Run) -> None:
    run.begin()
    run.fire("1 failed")
    assert not run.there("after")


@case("1 running, 1 done", '```sh {"retries":"3"}\necho x >> tries\ntest $(wc -l < tries) = 3')
def is_tried_again_as_its_author_allows(run: Run) -> None:
    run.begin()
    run.fire("1 done")
    assert (run.root / "tries").read_text() == "x\n" * 3


@case("1 running, 1 done", '```sh {"expectExit":"3"}\nexit 3')
def an_exit_that_is_expected_is_good(run: Run) -> None:
    run.begin()
    run.fire("1 done")


@case("1 running, 1 failed", '```sh {"timeout":"1s"}\nsleep 60')
def is_stopped_at_its_time_limit(run: Run) -> None:
    run.begin()
    run.fire("1 failed")
    assert "stopped after 1s" in run.said()[0]


# -- skipping, ticking, in order


@case("1 skipped, 2 running, 2 done", "touch first", "echo two")
def is_skipped_with_a_reason(run: Run) -> None:
    run.begin()
    run.press("s")
    run.see("skip step 1, why")
    run.press(*"done by Bo", ENTER)
    run.until("1 skipped")
    run.fire("2 done")
    assert not run.there("first")
    assert "done by Bo" in run.place.ok("events", "--json")


@case("", "touch first")
def is_not_skipped_without_a_reason(run: Run) -> None:
    run.begin()
    run.press("s")
    run.see("skip step 1, why")
    run.press(ENTER)
    run.see("skipping needs a reason")


@case("1 done", "hand:By phone.")
def a_persons_step_is_ticked_with_a_note(run: Run) -> None:
    run.begin_by_hand()
    run.press("x")
    run.see("step 1 done, note")
    run.press(*"called Bo", ENTER)
    run.until("1 done")
    assert "called Bo" in run.place.ok("events", "--json")


@case("", "echo one", "touch second")
def a_step_further_on_is_closed(run: Run) -> None:
    run.begin()
    run.press("]", "x")
    run.see("step 1 is the one to do")
    assert not run.there("second")


@case("1 skipped", "echo one")
def a_paste_into_a_reason_stays_one_reason(run: Run) -> None:
    run.begin()
    run.press("s")
    run.see("skip step 1, why")
    run.screen.write(b"\x1b[200~first line\nsecond; q q\x1b[201~")
    run.see("first line")
    assert run.states() == []
    run.press(ENTER)
    run.until("1 skipped")


# -- what fires, and what does not


@case("", "touch canary")
def enter_alone_runs_nothing(run: Run) -> None:
    run.begin()
    plan(run)
    run.press(ENTER, ENTER, ENTER)


@case("", "touch canary")
def another_word_runs_nothing(run: Run) -> None:
    run.begin()
    plan(run)
    run.press("x", *"yet", ENTER)
    run.see("not the word")


@case("", "touch canary")
def a_pasted_word_runs_nothing(run: Run) -> None:
    run.begin()
    plan(run)
    run.press("x")
    run.see("letters missing")
    run.screen.write(b"\x1b[200~yes\r\x1b[201~")
    run.see("paste refused")


@case("", "touch canary")
def n_is_no_way_to_skip(run: Run) -> None:
    run.begin()
    plan(run)
    run.press("n", ESC, ESC)
    run.see(r"▸ step 1 |▸ 1 Part 1")


@case("", "touch canary")
def what_is_not_allowed_does_not_run(run: Run) -> None:
    run.begin_untrusted()
    run.press("x")
    run.see("not allowed yet")
    run.see(r"incidentui trust runbooks/step\.md")


@case("1 running, 1 done", "echo one")
def what_changed_is_shown_then_allowed_then_runs(run: Run) -> None:
    run.begin()
    run.file.write_text(run.file.read_text().replace("echo one", "echo two > ran"))
    run.press("x")
    run.see(r"changed since it was allowed, \+1 −1 lines")
    run.leave()
    run.open()
    run.to_the_step()
    run.see("d what changed")
    run.press("d")
    run.see(r"- .*echo one$")
    run.see(r"\+ .*echo two > ran$")
    run.press(ESC)
    run.trust()
    run.fire("1 done")
    assert (run.root / "ran").read_text() == "two\n"


@case("", "touch canary")
def read_only_has_no_way_to_act(run: Run) -> None:
    run.begin()
    run.leave()
    run.open("--read-only")
    run.to_the_step()
    run.press("x")
    run.see("x refused|read-only")


@case("1 running, 1 done, 2 running, 2 done", "echo at <berth>", "echo left '<berth>'")
def a_place_is_filled_by_hand_and_asked_for_anew(run: Run) -> None:
    run.begin()
    run.see("asked when it runs: berth")
    run.press("x")
    run.see("berth ›")
    run.press(*"4; touch canary", ENTER)
    run.see("berth: letters, digits")
    run.press("\x15", *"4", ENTER)
    run.see("echo at 4")
    steps.say_the_word(run.screen)
    run.until("1 done")
    assert "$ echo at 4\nat 4\n" in run.output()
    run.back()
    run.press("x")
    run.see("berth, as before")
    run.press("\x15", *"7", ENTER)
    run.see("echo left '7'")
    steps.say_the_word(run.screen)
    run.until("2 done")
    assert "left 7\n" in run.output()


@case("", "cat <<'END'\n<place>\nEND\ntouch canary")
def a_place_that_no_shell_fills_stops_it(run: Run) -> None:
    run.begin()
    run.press("x")
    run.see("places to fill in: place")


@case("1 done", "```\ntouch canary")
def a_fence_without_a_language_is_for_a_person(run: Run) -> None:
    run.begin_by_hand()
    run.press("x")
    run.see("step 1 done, note")
    run.press(ENTER)
    run.until("1 done")


@case("", "touch cana\u200bry; touch canary")
def hidden_characters_stop_it(run: Run) -> None:
    run.begin_by_hand()
    run.press("x")
    run.see("hidden characters|step 1 done, note")


@case("", "```zsh\ntouch canary")
def another_shell_takes_no_ones_place(run: Run) -> None:
    run.begin({"PATH": path_without("zsh", folder=run.root.parent / "bin")})
    run.press("x")
    run.see("written for zsh, which is not installed here")


@case(
    "1 running, 1 done", 'echo "<$PLACE>"', front="vars: { place: { default: '\"; touch canary; $(touch canary)' } }\n"
)
def a_value_is_no_code(run: Run) -> None:
    run.begin()
    run.fire("1 done")
    assert '<"; touch canary; $(touch canary)>' in run.output()


@case("1 running, 1 done", 'echo "key $PUMP_PASSWORD"')
def a_secret_is_on_no_screen_and_in_no_record(run: Run) -> None:
    run.begin({"PUMP_PASSWORD": "tide-and-moon-77"})
    run.fire("1 done")
    run.press(ENTER)
    run.screen.rest(0.3, 1)
    assert "key" in run.output()
    files = (p for p in run.place.home.rglob("*") if p.is_file())
    assert b"tide-and-moon-77" not in bytes(run.screen.raw) + b"".join(p.read_bytes() for p in files)


# -- output


@case("1 running, 1 done", "printf 'half a line'")
def output_without_a_line_end_is_whole(run: Run) -> None:
    run.begin()
    run.fire("1 done")
    assert "half a line" in run.output()


@case("1 running, 1 done", "printf '\\033]0;owned\\007\\033[31mred\\033[0m\\r\\nplain\\n'")
def colours_and_titles_are_text(run: Run) -> None:
    run.begin()
    run.fire("1 done")
    assert "\x1b" not in run.output()
    assert "red" in run.output()


@case("1 running, 1 done", "printf '\\377\\376 still here\\n'")
def bytes_that_are_no_text_lose_nothing_else(run: Run) -> None:
    run.begin()
    run.fire("1 done")
    assert "still here" in run.output()
