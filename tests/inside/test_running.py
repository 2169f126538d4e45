"""How a command in a container ended, as an engine tells it that is late, or never does."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from typing_extensions import override

from incidentui.edge.inside import running
from incidentui.edge.inside.running import Ended, run


class Late:
    """The engine's answers about an exec whose output ends at once; the last of them stays."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)

    def exec_create(self, *_: object, **__: object) -> dict[str, str]:
        return {"Id": "e1"}

    def exec_start(self, *_: object, **__: object) -> Iterator[bytes]:
        return iter([b"said"])

    def exec_inspect(self, _: str) -> dict[str, Any]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


RUNS, GONE = {"Running": True, "ExitCode": None, "Pid": 7}, {"Running": False, "ExitCode": 3, "Pid": 7}


def test_the_exit_code_is_waited_for_when_the_engine_learns_of_it_late() -> None:
    ended = run(Late(RUNS, RUNS, GONE), "web", ["true"], "", 30, threading.Event())
    assert (ended.code, ended.goes_on) == (3, False)


def test_a_command_that_closes_its_output_and_runs_on_is_not_told_as_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_LAST_S", 0.2)
    assert run(Late(RUNS), "web", ["true"], "", 30, threading.Event()) == Ended(None, b"said", True, True)


class Held(Late):
    """One whose output never ends, whatever becomes of the command: somebody else holds it open."""

    @override
    def exec_start(self, *_: object, **__: object) -> Iterator[bytes]:
        yield b"said"
        threading.Event().wait(30)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_LAST_S", 0.1)
    monkeypatch.setattr(running, "_ASKED_S", 0.02)


@pytest.mark.usefixtures("hasty")
def test_a_command_that_is_over_is_not_waited_for_because_its_output_is_not() -> None:
    ended = run(Held(RUNS, RUNS, GONE), "web", ["sh"], "", 30, threading.Event())
    assert ended == Ended(3, b"said", in_time=True, held=True)


class Ending(Held):
    """Running until somebody ends it; then over, with its output still open."""

    @override
    def exec_create(self, *given: object, **__: object) -> dict[str, str]:
        if "kill" in str(given):
            self.answers = [{"Running": False, "ExitCode": 137, "Pid": 7}]
        return {"Id": "e1"}


@pytest.mark.usefixtures("hasty")
def test_what_was_ended_and_left_something_behind_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_inner", lambda _: 7)
    assert run(Held(RUNS), "web", ["sh"], "", 0.1, threading.Event()) == Ended(None, b"said", goes_on=True)
    assert run(Ending(RUNS), "web", ["sh"], "", 0.1, threading.Event()) == Ended(None, b"said", held=True)
