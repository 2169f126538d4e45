"""The drill `dead-backend`: a deploy ends the worker at its start, and a revert of it deploys nothing."""

import json
import re

from incidentui.drills import history
from incidentui.drills.scenario import Original, Program, Request, Scenario, Told, Written

INES = "Ines Falk <ines@ferry.invalid>"
TOMASZ = "Tomasz Wrona <tomasz@ferry.invalid>"
MIRELA = "Mirela Dinu <mirela@ferry.invalid>"

PAST = (
    Written(INES, "Bookings worker, dashboard and the front page", 214.0),
    Written(TOMASZ, "Read the bookings from the database", 211.5),
    Written(INES, "Health answer names the number of bookings", 190.2),
    Written(MIRELA, "Dashboard: a table instead of a list", 168.9),
    Written(TOMASZ, "Timetable of the summer season", 166.0),
    Written(INES, "Seat map from the sheet of the harbour", 142.4),
    Written(MIRELA, "Dashboard says what failed instead of staying empty", 119.7),
    Written(TOMASZ, "Seat map: check at start that a known sheet can be read", 95.1),
    Written(INES, "Bookings: an unknown page says so in JSON", 73.3),
    Written(MIRELA, "Bookings: newest first", 46.8),
    Written(INES, "Seat map: leave out empty lines", 22.6),
    Written(TOMASZ, "Checks for bookings, dashboard and database", 17.2),
)
BREAKING = "Seat map: new layouts, header detection and a safety stop"
BREAKING_FILE = "server/seatmap.py"

_SINCE = {"README.md": 1, "server/main.py": 1, "server/store.py": 1, "dashboard/main.py": 1}
_BLOCK = re.compile(r"^#<<\n(.*)^#>>\n", re.DOTALL | re.MULTILINE)


def seatmap(*, broken: bool) -> str:
    """The file of the breaking commit, before it (tagged) or after it."""
    text = history.data("ferry", BREAKING_FILE)
    if not broken:
        return _BLOCK.sub(r"\1", text)
    new = history.data("ferry", "seatmap_layouts.py")
    return history.at_commit(_BLOCK.sub(lambda _: new, text), len(PAST))


def _timetable() -> str:
    """A season of crossings: the one big commit that is innocent."""
    times = ("07:10", "09:40", "12:15", "15:30", "18:05", "20:20")
    rows = [
        {"day": day, "dep": time, "boat": "AB"[(day + n) % 2]} for day in range(1, 70) for n, time in enumerate(times)
    ]
    return "[\n" + ",\n".join("  " + json.dumps(row) for row in rows) + "\n]\n"


def tree(n: int) -> dict[str, str]:
    found = history.tagged("ferry", _SINCE, n)
    if n >= 5:
        found["timetable.json"] = _timetable()
    if n >= 6:
        found[BREAKING_FILE] = history.at_commit(seatmap(broken=n > len(PAST)), n)
    if n >= len(PAST):
        found["incidentui.toml"] = history.data("ferry", "incidentui.toml")
    return found


SCENARIO = Scenario(
    name="dead-backend",
    about="a deploy went out, and people cannot book any more",
    learns="read what a deploy brought, take it back, and believe it only when it runs",
    minutes=(3, 10),
    debrief="The deploy killed the backend at its start. A push alone took nothing back: look what runs.",
    goal="Bring bookings back; then close the incident.",
    data="ferry",
    responder="Robin Achterberg <robin@ferry.invalid>",
    past=PAST,
    breaking=(Written(TOMASZ, BREAKING),),
    pushes=((1,),),
    tree=tree,
    ports=("front", "dashboard", "database"),
    programs=(
        Program("database", ("@SERVICES@/database.py", "@DATABASE@", "@ROOT@/rows.json")),
        Program("backend", ("@DEPLOY@/server/main.py",)),
        Program("front-door", ("@SERVICES@/front_door.py", "@FRONT@", "@ROOT@/worker.sock")),
        Program("dashboard", ("@DEPLOY@/dashboard/main.py",)),
    ),
    environment={
        "BOOKINGS_SOCKET": "@ROOT@/worker.sock",
        "BOOKINGS_URL": "http://127.0.0.1:@FRONT@/api",
        "DASHBOARD_PORT": "@DASHBOARD@",
        "DATABASE_URL": "http://127.0.0.1:@DATABASE@",
    },
    healthy=(Request("front", "/api/bookings", says=r'\{"status": "ok"'), Request("dashboard", "/")),
    # Deployed 09:01, still recovering when its record ends at 09:20.
    original=Original(
        heading="what happened to them, who deployed at 09:01",
        detect=Told(240_000, "09:05  a user reported it"),
        acknowledge=Told(360_000, "09:07  503 confirmed by hand"),
        first_action=Told(660_000, "09:12  a revert, which deployed nothing"),
        recover=Told("never", "09:17 reset, 09:20 still recovering"),
        wrong_turns=1,
        turns="the revert",
    ),
)
