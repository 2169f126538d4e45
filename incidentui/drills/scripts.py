"""What the scripted responders do, drill by drill. Data: words to wait for, keys to press, words that answer."""

from collections.abc import Sequence
from dataclasses import replace

from incidentui.core.value import dataclass
from incidentui.drills.robot import CLEAR, ENTER, ESC, Step, typed_word

ASKED = r"Commit to go back to ›"


@dataclass(frozen=True, slots=True)
class Robot:
    """A responder who knows what to do, or believes to."""

    about: str
    script: Sequence[Step] = ()
    """Empty: it has none, and goes by the runbooks that are offered."""
    bare: bool = False
    """Whether the repository it works in has no runbooks of its own."""
    resumes: bool = False
    """Whether it can go on where a killed run stopped."""


def _ticked(n: int) -> tuple[Step, ...]:
    """A manual step of a runbook: read it, tick it."""
    return (
        Step(f"step {n} is to be ticked", rf"▸ {n} ", ("x",), rf"step {n} done, note"),
        Step(f"tick step {n}", rf"step {n} done, note", (ENTER,), rf"step {n} is done"),
    )


def _opened(service: str) -> tuple[Step, ...]:
    return (
        Step("the screen is live", r"o open incident", within_s=20),
        Step("it turns red", rf"✗ .*{service}.* (is|are) failing", ("o",), r"open an incident, title", within_s=25),
        Step("accept the title", r"open an incident, title", (ENTER,), r"c close"),
        Step("acknowledge", r"i I'm on it", ("i",), r"you are on it"),
    )


def _runbook(title: str) -> tuple[Step, ...]:
    return (
        Step("look at the runbooks", r"r runbook", ("r",), r"RUNBOOKS"),
        Step("choose one", r"x start it", ("j", "k"), cursor=title),
        Step("start it", r"x start it", ("x",), r"s skip, with a reason"),
    )


MAIN = (
    Step(
        "say yes to the others",
        r"type the branch to run it|Y yes, take back",
        ("Y",),
        r"type the branch to run it",
        again=True,
        only_if=r"Y yes, take back",
    ),
    *typed_word("branch", "main"),
)
"""A plan that changes main, from its first row to the verdict."""

ROLL_BACK: tuple[Step, ...] = (
    *_runbook("Roll back a bad deploy"),
    *_ticked(1),
    Step("plan the reset", r"x run", ("x",), rf"TAKES BACK|{ASKED}", within_s=10),
    # Killed before anything was known to be good: the responder's own checkout still stands where it was.
    Step("name the commit", rf"TAKES BACK|{ASKED}", (*"HEAD", ENTER), r"TAKES BACK", within_s=10, only_if=ASKED),
    *MAIN,
    Step("it is complete", r"✓ COMPLETE", (ESC,), r"s skip, with a reason", within_s=30),
    Step("plan the verification", r"x run", ("x",), r"runs it at once", within_s=10),
    Step("verify", r"runs it at once", ("x",), r"RUNNING|VERDICT", again=True),
    Step("it is verified", r"✓ COMPLETE", (ESC,), r"s skip, with a reason", within_s=30),
    *_ticked(6),
    Step("back to the screen", r"RUNBOOK", (ESC, ESC), r"c close"),
)
CLOSED: tuple[Step, ...] = (
    Step("close the incident", r"c close", ("c",), r"as resolved\?"),
    Step("close it as resolved", r"as resolved\?", ("c",), r"o open incident"),
    Step("read the draft", r"o open incident", ("p",), r"w write file"),
    Step("write the draft", r"## ", ("w",), r"write to"),
    Step("accept the file name", r"write to", (ENTER,), r"written to|type yes to replace it"),
    Step("back again", r"written to|type yes to replace it", (ESC, ESC), r"o open incident"),
)
GONE: tuple[Step, ...] = (
    Step("leave", r"o open incident|c close", ("q",), r"Leave\?"),
    Step("leave at once", r"Leave\?", ("q",)),
)

DEAD_BACKEND = (*_opened("bookings"), *ROLL_BACK, *CLOSED, *GONE)

ALL_SIX: tuple[Step, ...] = (
    Step("look at the commits", r"c close", ("3", "z"), r"3 COMMITS"),
    Step(
        "all six are there",
        r"Complete rollback: remove",
        ("z",),
        r"1 TIMELINE",
        within_s=25,
        read=tuple(
            rf"([0-9a-f]{{7}}) .*{words}"
            for words in ("Complete rollback: remove", "Revert all snap", "Keep the snapshot")
        ),
    ),
)
"""They come over some seconds: a plan made before the last one would be refused."""

HALF_ROLLBACK = (*_opened("lending"), *ALL_SIX, *ROLL_BACK, *CLOSED, *GONE)
HALF_ROLLBACK_NAIVE: tuple[Step, ...] = (
    *_opened("lending"),
    *ALL_SIX,
    *_runbook("Take back commits"),
    *_ticked(1),
    Step("plan the revert", r"x run", ("x",), r"Commits to take back ›"),
    Step("name the newest three", r"Commits to take back ›", ("{0},{1},{2}", ENTER), r"TAKES BACK", within_s=10),
    *MAIN,
    Step("it is not complete", r"✗ NOT COMPLETE", (ESC, ESC, ESC), r"c close", within_s=40),
    Step("close the incident all the same", r"c close", ("c",), r"close INC-1 though .*, because"),
    Step("give no reason", r"close INC-1 though .*, because", (ENTER,), r"not resolved"),
    *GONE,
)

ALL_FOUR: tuple[Step, ...] = (
    Step("inner is green all the same", r"bypassed layer", within_s=20),
    Step("the step of the journey is named", r"sync button: 200, but a lo", within_s=20),
    Step("look at the commits", r"c close", ("3", "z"), r"3 COMMITS"),
    Step("all four are there", r"run it as the fabric", ("z",), r"1 TIMELINE", within_s=25),
)


def _theory(n: int, thought: str, did: str, saw: str, key: str, why: str) -> tuple[Step, ...]:
    """One hypothesis on the board, with its verdict; what a killed run wrote already is left, whatever its number."""

    def new(words: str) -> str:
        return rf"\A(?![\s\S]*{words[:24]})"

    return (
        Step(f"write theory {n}", r"HYPOTHESES", ("h", *thought, ENTER), rf"○ \d+ {thought}", only_if=new(thought)),
        Step(f"stand on theory {n}", r"HYPOTHESES", ("j", "k"), cursor=f" {thought}"),
        Step(f"what was done about {n}", rf" \d+ {thought}", ("e", *did, ENTER), r"seen then ›", only_if=new(did)),
        Step(f"what was seen of {n}", rf" \d+ {thought}", (*saw, ENTER), rf"saw +{saw}", only_if=r"seen then ›"),
        Step(f"the verdict on {n}", rf" \d+ {thought}", (key, *why, ENTER), rf"why +{why}", only_if=new(why)),
    )


THEORIES: tuple[Step, ...] = (
    Step("open the board", r"c close", ("h",), r"HYPOTHESES"),
    *_theory(
        1,
        "Users and fabrics have mixed credentials",
        "took the two apart",
        "the same login page",
        "4",
        "sound, but the click never gets that far",
    ),
    *_theory(
        2,
        "The CSRF token is lost",
        "read it at each click",
        "it is sent, and still the login page",
        "3",
        "the session is asked for before the token",
    ),
    *_theory(
        3,
        "The sync needs a user",
        "ran it as the fabric",
        "48 synced by hand, nothing by click",
        "4",
        "sound, but nobody reaches the sync",
    ),
    Step("leave the board", r"NOT THE CAUSE", (ESC,), r"c close"),
)
"""Once users are served: what was believed on the way is written down while it is fresh."""
LOGIN_PAGE = (*_opened("fabrics"), *ALL_FOUR, *ROLL_BACK, *THEORIES, *CLOSED, *GONE)
LOGIN_PAGE_NAIVE: tuple[Step, ...] = (
    *_opened("fabrics"),
    *ALL_FOUR,
    *_runbook("Log everybody out"),
    *_ticked(1),
    Step("plan the restart", r"x run", ("x",), r"type the workload to run it", within_s=10),
    *typed_word("workload", "web"),
    Step("it is not complete", r"✗ NOT COMPLETE", (ESC, ESC, ESC), r"c close", within_s=40),
    Step("close the incident all the same", r"c close", ("c",), r"close INC-1 though .*, because"),
    Step("claim it", r"close INC-1 though .*, because", (*"works for me", ENTER), r"o open incident|not resolved"),
    *GONE,
)


def _other_runbook(title: str) -> tuple[Step, ...]:
    """A runbook begun while another is: `r` goes to that one, and the list is behind it."""
    look, *choose = _runbook(title)
    back = Step("leave the one begun", r"RUNBOOK", (ESC,), r"CHOOSE ─", only_if=r"STEPS ─")
    return (replace(look, then=r"STEPS ─|CHOOSE ─"), back, *choose)


def _fixed(title: str) -> tuple[Step, ...]:
    """The shell step of a runbook, run to its verdict."""
    return (
        *_other_runbook(title),
        Step("plan the fix", r"x run", ("x",), r"type the word to run it", within_s=10),
        *typed_word("word", "yes"),
        Step("it has run", r"VERDICT", (ESC, ESC, ESC), r"c close", within_s=30),
    )


def _restarted(n: int, workload: str) -> tuple[Step, ...]:
    """A step of "Restart everything": run, found not to help, and skipped for the next one."""
    return (
        Step(f"plan restart {n}", r"x run", ("x",), r"type the workload to run it", within_s=10),
        *typed_word("workload", workload),
        Step(f"restart {n} is not complete", r"✗ NOT COMPLETE", (ESC,), r"s skip, with a reason", within_s=40),
        Step(f"skip step {n}", r"s skip, with a reason", ("s",), rf"skip step {n}, why"),
        Step(f"say why {n}", rf"skip step {n}, why", (*"on", ENTER), rf"step {n} is skipped|– {n} |{n + 1}  Restart"),
    )


CASCADE: tuple[Step, ...] = (
    *_opened("(captures|tunnel)"),
    Step("the ports differ", r"tunnel says \d+, backend says", within_s=20),
    *_fixed("Lead the tunnel to the backend"),
    Step("no captures are mounted", r"list of captures: 404", within_s=25),
    *_fixed("Mount the captures"),
    Step("the agent has no configuration", r"agent exits (\d+ )?at start", within_s=25),
    *_fixed("Restore the agent's configuration"),
    Step("the agent is thrown out", r"connected, then rejected", within_s=25),
    *_fixed("Give the agent the backend's token"),
    Step("the image is old", r"new capture: 502|deployed says", within_s=25),
    *_fixed("Build the image from main"),
    *CLOSED,
    *GONE,
)
CASCADE_NAIVE: tuple[Step, ...] = (
    *_opened("(captures|tunnel)"),
    *_other_runbook("Restart everything"),
    *_restarted(1, "tunnel"),
    *_restarted(2, "backend"),
    *_restarted(3, "agent"),
    Step("back to the screen", r"RUNBOOK", (ESC, ESC), r"c close"),
    *_fixed("Lead the tunnel to the backend"),
    Step("the page is back", r"list of captures: 404", within_s=25),
    Step("close the incident all the same", r"c close", ("c",), r"close INC-1 though .*, because"),
    Step("claim it", r"close INC-1 though .*, because", (*"the page is back", ENTER), r"o open incident|not resolved"),
    *GONE,
)

CASCADE_DOCKER: tuple[Step, ...] = (
    *_opened("(captures|tunnel)"),
    Step("the ports differ", r"tunnel says \d+, compose says", within_s=20),
    *_fixed("Lead the tunnel to the backend"),
    Step("no captures are mounted", r"list of captures: 404", within_s=25),
    *_fixed("Apply the compose file"),
    Step("the recreate has failed", r"last-recreate: it says KeyError", within_s=25),
    *_fixed("Take away what a failed recreate left"),
    Step("the agent has no configuration", r"agent exits (\d+ )?at start", within_s=25),
    *_fixed("Restore the agent's configuration"),
    Step("the agent is thrown out", r"connected, then rejected", within_s=25),
    *_fixed("Give the agent the backend's token"),
    Step("the image is old", r"new capture: 502", within_s=25),
    *_fixed("Build the image from main"),
    Step("people get captures", r"✓ everything answers", within_s=40),
    *CLOSED,
    *GONE,
)
DEAD_BACKEND_NAIVE: tuple[Step, ...] = (
    *_opened("bookings"),
    *_runbook("Restart a workload"),
    *_ticked(1),
    Step(
        "plan the restart",
        r"x run",
        ("x",),
        r"type the workload to run it|Workload to restart ›",
        within_s=10,
    ),
    Step(
        "name the backend",
        r"type the workload to run it|Workload to restart ›",
        (CLEAR, *"backend", ENTER),
        r"type the workload to run it",
        within_s=10,
        only_if=r"Workload to restart ›",
    ),
    *typed_word("workload", "backend"),
    Step("it does not stay up", r"(NOT COMPLETE|FAILED|REFUSED)", (ESC, ESC, ESC), r"c close", within_s=130),
    Step("close the incident all the same", r"c close", ("c",), r"close INC-1 though .*, because"),
    Step("claim it", r"close INC-1 though .*, because", (*"it runs", ENTER), r"o open incident|not resolved"),
    *GONE,
)
RED: tuple[Step, ...] = _opened("")
"""Something turns red, whatever it is: opened, and taken."""
LEFT: tuple[Step, ...] = (*CLOSED, *GONE)
BY_RUNBOOK = Robot("takes the runbook that is offered, of those that ship alone, and does what it says", bare=True)
"""Knows nothing of the drill: `follower.follow`, between RED and LEFT."""

ROBOTS: dict[str, dict[str, Robot]] = {
    "dead-backend": {
        "": Robot("resets to known-good by the runbook", DEAD_BACKEND, resumes=True),
        "runbook": BY_RUNBOOK,
    },
    "half-rollback": {
        "": Robot("resets to known-good by the runbook", HALF_ROLLBACK, resumes=True),
        "runbook": BY_RUNBOOK,
        "naive": Robot("takes back the newest three", HALF_ROLLBACK_NAIVE),
    },
    "login-page-200": {
        "": Robot("resets to known-good by the runbook", LOGIN_PAGE, resumes=True),
        "runbook": BY_RUNBOOK,
        "naive": Robot("logs everybody out by a restart", LOGIN_PAGE_NAIVE),
    },
    "restart-cascade": {
        "": Robot("takes one cause after the other out of the way", CASCADE),
        "runbook": BY_RUNBOOK,
        "naive": Robot("restarts everything, then claims it after the first fix", CASCADE_NAIVE),
    },
}
"""By the name of the drill, then by their own; the one without a name solves it."""

CONTAINER_ROBOTS: dict[str, dict[str, Robot]] = {
    "dead-backend": {
        "": Robot("resets to known-good by the runbook", DEAD_BACKEND, resumes=True),
        "runbook": BY_RUNBOOK,
        "naive": Robot("restarts the backend, again", DEAD_BACKEND_NAIVE),
    },
    "restart-cascade": {
        "": Robot("takes one cause after the other out of the way", CASCADE_DOCKER),
        "runbook": BY_RUNBOOK,
        "naive": Robot("restarts everything, then claims it after the first fix", CASCADE_NAIVE),
    },
}
"""Of the drills that run in containers."""
