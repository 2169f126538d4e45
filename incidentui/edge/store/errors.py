"""What a journal says when it cannot do what it was asked: a sentence for a person, never a traceback."""


class JournalError(Exception):
    """The journal cannot be opened or read. The message says what happened, where, and what to do."""


class JournalReadOnlyError(JournalError):
    """This journal was opened for reading; nothing can be appended."""


class DamagedJournalError(JournalError):
    """What stands at the journal's path is no whole journal: empty, cut, garbage, or another program's."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(
            f"{path} {why}. It was left as it is; the next `incidentui note` or screen keeps it under another name "
            "and goes on with what can be read of it."
        )
        self.why = why


class DisplacedError(JournalError):
    """The file at the journal's path is no longer the one that was opened, or no longer holds what it held."""


class DamagedRecordError(JournalError):
    """A line of an exported record cannot be read."""

    def __init__(self, path: str, line: int, why: str) -> None:
        super().__init__(f"{path}, line {line}: {why}. Export the record again, or take the line out.")
        self.line = line
        self.why = why
