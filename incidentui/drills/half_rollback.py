"""The drill `half-rollback`: six commits break every write, two of them are rollbacks, and three are not enough.

The clash: one name is given twice as soon as the write side of the worker is loaded, which happens with the first
write; reading goes on as if nothing were wrong. The third commit brings it, the fourth brings it a second time. The
fifth takes back the second and the third, the sixth most of the first, and the fourth stays. Without the newest three
the tree is that of the third commit, with the same error.
"""

from incidentui.drills import history
from incidentui.drills.scenario import Original, Program, Request, Scenario, Told, Written

JONNA = "Jonna Reyes <jonna@toolshed.invalid>"
PIET = "Piet Okafor <piet@toolshed.invalid>"
SUNNIVA = "Sunniva Lahti <sunniva@toolshed.invalid>"

PAST = (
    Written(JONNA, "The shelf over HTTP: which tools there are", 260.5),
    Written(PIET, "Read the shelf from the store", 258.0),
    Written(JONNA, "Lend a tool: the first write", 231.7),
    Written(SUNNIVA, "Counter page: the shelf as a table", 205.2),
    Written(PIET, "Members can join at the counter", 180.9),
    Written(JONNA, "Hooks that run before a write, each under one name", 133.4),
    Written(PIET, "Keep the list of members before each change to it", 131.8),
    Written(JONNA, "Load the write side with the first write: restarts are short now", 84.6),
    Written(SUNNIVA, "Counter page says whether tools can be lent", 60.3),
    Written(JONNA, "Checks for lending, counter and store; a runbook for taking back commits", 20.1),
)
BREAKING = (
    Written(PIET, "Snapshot of the shelf before every write"),
    Written(PIET, "Help text: a snapshot covers every write now"),
    Written(PIET, "One snapshot for all writes, members use it too"),
    Written(PIET, "Keep the snapshot out of the answer"),
    Written(PIET, "Revert all snapshot changes - back to working state"),
    Written(PIET, "Complete rollback: remove the snapshot from the shelf"),
)
_SINCE = {
    "README.md": 1,
    "api/main.py": 1,
    "api/shelf.py": 1,
    "api/store.py": 2,
    "api/writes.py": 3,
    "api/loans.py": 3,
    "api/members.py": 5,
    "api/hooks.py": 6,
    "api/texts.py": 5,
    "api/quiet.py": 14,
    "counter/main.py": 4,
    "runbooks/take-back-commits.md": 10,
    "incidentui.toml": 10,
}


def tree(n: int) -> dict[str, str]:
    return history.tagged("toolshed", _SINCE, n)


LEND = Request("front", "/api/loans?dry=1", "POST", r'\{"status": "ok"')

SCENARIO = Scenario(
    name="half-rollback",
    about="many commits come at once; members cannot borrow, though everything answers 200",
    learns="tell what is still in force from what commit messages say, and prove a way back",
    minutes=(5, 15),
    debrief="Six commits broke every write. Two are rollbacks by name alone; taking back three changes nothing.",
    goal="Members must be able to borrow tools again; then close the incident.",
    data="toolshed",
    responder="Ilse Marchetti <ilse@toolshed.invalid>",
    past=PAST,
    breaking=BREAKING,
    pushes=((2, 2, 1, 1), (2, 2, 2), (3, 2, 1), (4, 2), (6,)),
    tree=tree,
    ports=("front", "counter", "store"),
    programs=(
        Program("store", ("@SERVICES@/database.py", "@STORE@", "@ROOT@/rows.json")),
        Program("api", ("@DEPLOY@/api/main.py",)),
        Program("front-door", ("@SERVICES@/front_door.py", "@FRONT@", "@ROOT@/worker.sock")),
        Program("counter", ("@DEPLOY@/counter/main.py",)),
    ),
    environment={
        "API_SOCKET": "@ROOT@/worker.sock",
        "API_URL": "http://127.0.0.1:@FRONT@/api",
        "COUNTER_PORT": "@COUNTER@",
        "STORE_URL": "http://127.0.0.1:@STORE@",
    },
    healthy=(LEND, Request("counter", "/")),
    # Its record counts commits and attempts and names no time of day.
    original=Original(
        heading="what happened to them; no times are known",
        detect=Told("unknown", "users tested, and nothing worked"),
        acknowledge=Told("unknown"),
        first_action=Told("unknown", "3 commits taken back, the same fatal error"),
        recover=Told("unknown", "back to known-good, which a user found"),
        wrong_turns=2,
        turns="rollbacks that were none",
        more=("They pushed 6 broken commits, 2 of them rollbacks.",),
    ),
)
