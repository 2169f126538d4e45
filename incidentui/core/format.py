"""Numbers and times in words, the same on the screen, on the command line and in the draft."""

from incidentui.core.model import Commit, Ms


def short(sha: str | None) -> str:
    return sha[:7] if sha else "unknown"


def duration(ms: Ms) -> str:
    """At most two parts: `42s`, `11m 42s`, `2h 05m`, `16h`, `3d 02h`. Never negative."""
    s = max(0, ms) // 1000
    if s < 60:
        return f"{s}s"
    m, s = divmod(s, 60)
    if m < 60:
        return f"{m}m {s:02d}s" if s else f"{m}m"
    h, m = divmod(m, 60)
    if h < 24:
        return f"{h}h {m:02d}m" if m else f"{h}h"
    d, h = divmod(h, 24)
    return f"{d}d {h:02d}h" if h else f"{d}d"


def age(ms: Ms) -> str:
    """One part, rounded down: `42s`, `4m`, `16h`, `9d`."""
    s = max(0, ms) // 1000
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if s >= size:
            return f"{s // size}{unit}"
    return f"{s}s"


def clock(ms: Ms) -> str:
    """A count as `00:11:42`."""
    s = max(0, ms) // 1000
    return f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}"


def minutes(ms: Ms) -> str:
    """A running step as `0:38` or `12:05`."""
    s = max(0, ms) // 1000
    return f"{s // 60}:{s % 60:02d}"


def offset(ms: Ms) -> str:
    """Time from first red: `+7:33`, `−3:46`, `0:00`."""
    sign = "+" if ms >= 1000 else "−" if ms <= -1000 else ""
    s = abs(ms) // 1000
    if s < 3600:
        return f"{sign}{s // 60}:{s % 60:02d}"
    return f"{sign}{s // 3600}:{s // 60 % 60:02d}:{s % 60:02d}"


def latency(ms: int) -> str:
    return f"{ms} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def size(added: int, deleted: int) -> str:
    return f"+{added} −{deleted}"


def change_size(commit: Commit) -> str:
    return size(commit.added, commit.deleted) if commit.sized else "size unknown"


def storage(n: int) -> str:
    """Bytes as people buy them: `812 bytes`, `14 kB`, `1.2 GB`."""
    for size, unit in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if n >= size:
            return f"{n / size:.1f} {unit}" if n < 10 * size else f"{n // size} {unit}"
    return count(n, "byte")


def count(n: int, one: str, many: str = "") -> str:
    return f"{n} {one if n == 1 else many or one + 's'}"


_UNITS: dict[str, Ms] = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def ordinal(n: int) -> str:
    last = {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th") if n % 100 not in (11, 12, 13) else "th"
    return f"{n}{last}"


def parse_duration(text: str) -> Ms | None:
    """`90s`, `5m`, `1h30m`, `500ms` as milliseconds; None for anything else, a bare number too."""
    total, rest = 0, text.strip()
    if not rest:
        return None
    while rest:
        digits = len(rest) - len(rest.lstrip("0123456789"))
        unit = next(
            (u for u in _UNITS if rest[digits:].startswith(u) and not rest[digits + len(u) :][:1].isalpha()), ""
        )
        if not digits or not unit:
            return None
        total += int(rest[:digits]) * _UNITS[unit]
        rest = rest[digits + len(unit) :]
    return total
