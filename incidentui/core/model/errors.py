"""What a failure says of itself, and what is known of it."""

from incidentui.core.value import Ms, dataclass


@dataclass(frozen=True, slots=True)
class ErrorText:
    """What a failure says of itself (core/errors.py)."""

    signature: str
    """The message without what changes from one time to the next."""
    text: str
    symbol: str = ""
    """The name in the code that it speaks of."""
    file: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class KnownError:
    """An error that was met before (core/known_errors.py): what it means, and a next step that breaks nothing."""

    name: str
    meaning: str
    step: str
    line: str
    """What it was recognised by: a line as it was read, or an exit code."""


@dataclass(frozen=True, slots=True)
class SeenError:
    """An error of something that is red now."""

    source: str
    """"check:api-health", "workload:backend"."""
    service: str
    error: ErrorText
    at: Ms
    """When it was seen first since it is red."""
    revision: str | None = None
    """What ran then."""
    known: tuple[KnownError, ...] = ()
    last: Ms | None = None
    """When it was told again after an action; None: never."""
    after: str = ""
    """What was done before it was told last, see `errors.after`: a clock may step back, this does not."""

    @property
    def told(self) -> Ms:
        return self.at if self.last is None else self.last
