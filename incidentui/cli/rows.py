"""A timeline row as one line of plain text, for commands that print the record."""

from datetime import UTC, datetime

from incidentui.core.events import Recorded
from incidentui.core.words import row


def row_line(recorded: Recorded) -> str:
    said = row(recorded)
    at = datetime.fromtimestamp(recorded.at / 1000, UTC).astimezone().strftime("%H:%M:%S")
    return f"{at} {said.mark} {said.subject:<12} {said.text}"
