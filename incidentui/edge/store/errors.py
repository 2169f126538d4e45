"""What a journal says when it cannot do what it was asked: a sentence for a person, never a traceback."""


class JournalError(Exception):
    """The journal cannot be opened or read. The message says what happened, where, and what to do."""


class JournalReadOnlyError(JournalError):
    """This journal was opened for reading; nothing can be appended."""


class DamagedRecordError(JournalError):
    """A line of an exported record cannot be read."""

    def __init__(self, path: str, line: int, why: str) -> None:
        super().__init__(f"{path}, line {line}: {why}. Export the record again, or take the line out.")
        self.line = line
