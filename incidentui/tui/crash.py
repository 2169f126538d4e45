"""Where a crash is told: a file of the responder's own, without local variables (they may hold secrets)."""

import os
import tempfile
import traceback
from collections.abc import Callable


def report(error: BaseException, redact: Callable[[str], str] = str) -> str:
    """Writes the report and says in one line where it is."""
    lines = traceback.format_exception(type(error), error, error.__traceback__, chain=True)
    try:
        handle, path = tempfile.mkstemp(prefix="incidentui-crash-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(redact("".join(lines)))
    except OSError as failed:
        return f"The report could not be written: {failed.strerror}."
    return f"The report is in {path}"
