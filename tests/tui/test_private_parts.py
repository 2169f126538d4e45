"""What of Textual and Rich we lean on without a promise from them: each part, what we need of it, and the version read.

Red after an upgrade: read the part again, see what its change does to us, then change the list with the version.
"""

import ast
import inspect
import re
import textwrap
import threading
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from rich.console import Console
from textual import events
from textual._compositor import ChopsUpdate, Compositor, CompositorUpdate
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.layout import Layout
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

ROOT = Path(__file__).resolve().parents[2]
READ = "8.2"
"""The version whose source was read for this list; `pyproject.toml` lets no other in."""


class Part(NamedTuple):
    owner: Any
    name: str
    shape: str
    """The signature of a callable; `set` for what its objects hold; `property`."""
    need: str


PARTS = (
    # The driver: its own life, and what Textual does in the parts that we take over.
    Part(LinuxDriver, "_file", "set", "what we write to; stderr"),
    Part(LinuxDriver, "_mouse", "set", "whether the mouse was asked for"),
    Part(LinuxDriver, "_app", "set", "who is told of an end or a crash"),
    Part(LinuxDriver, "_loop", "set", "whose loop takes calls from the input thread"),
    Part(LinuxDriver, "_writer_thread", "set", "started by `start_application_mode`; ended by us, never used"),
    Part(LinuxDriver, "_run_input_thread", "(self) -> 'None'", "ours: a crash goes to `_handle_exception`"),
    Part(LinuxDriver, "_enable_mouse_support", "(self) -> 'None'", "ours asks for clicks and wheel only"),
    Part(LinuxDriver, "_disable_mouse_support", "(self) -> 'None'", "undoes ours"),
    Part(LinuxDriver, "_query_in_band_window_resize", "(self) -> 'None'", "ours does not ask: SIGWINCH says it"),
    Part(LinuxDriver, "_get_terminal_size", "(self) -> 'tuple[int, int]'", "ours asks the terminal, not COLUMNS"),
    Part(LinuxDriver, "_enable_bracketed_paste", "(self) -> 'None'", "once more after a plain SIGSTOP"),
    Part(LinuxDriver, "_disable_line_wrap", "(self) -> 'None'", "once more after a plain SIGSTOP"),
    Part(LinuxDriver, "_key_thread", "set", "lives while the screen stands: nothing was put away"),
    Part(
        LinuxDriver,
        "_sigtstp_application",
        "(self, *_) -> 'None'",
        "puts it away, then SIGSTOP; set as handler",
    ),
    Part(LinuxDriver, "_sigcont_application", "(self, *_) -> 'None'", "starts again; set as handler"),
    Part(WriterThread, "stop", "(self) -> 'None'", "ends a thread that has nothing to write"),
    Part(XTermParser, "feed", "(self, data: 'str') -> 'Iterable[Message]'", "whole sequences to messages"),
    Part(XTermParser, "tick", "(self) -> 'Iterable[T]'", "gives what waited for more"),
    # The application: the loop, and the way out of a crash without a traceback.
    Part(App, "_loop", "set", "whose loop takes calls from the session's thread"),
    Part(App, "_filters", "set", "a list; emptied, our strips are final"),
    Part(App, "_handle_exception", "(self, error: 'Exception') -> 'None'", "every crash of the screen comes here"),
    Part(App, "_exception", "set", "the first crash"),
    Part(App, "_exception_event", "set", "tells those who wait for it"),
    Part(App, "_return_code", "set", "the exit code of a crash"),
    Part(App, "_exit_renderables", "set", "would be printed; emptied"),
    Part(App, "_close_messages_no_wait", "(self) -> 'None'", "ends the application"),
    # The screen: painting at once instead of with the next frame.
    Part(Screen, "_compositor", "set", "replaced by the tight one"),
    Part(Screen, "_compositor_refresh", "(self) -> 'None'", "sends what is dirty"),
    Part(Screen, "_layout_required", "set", "a layout is due: painting waits for it"),
    Part(Screen, "_clear_arrangement_cache", "(self) -> 'None'", "views were placed anew"),
    Part(Widget, "_repaint_regions", "set", "a set of regions that `update_widgets` takes"),
    # The compositor: only what changed is drawn and sent.
    Part(Compositor, "_dirty_regions", "set", "a set of regions that changed"),
    Part(
        Compositor,
        "_regions_to_spans",
        "(regions: 'Iterable[Region]') -> 'Iterable[tuple[int, int, int]]'",
        "regions to (y, from, to)",
    ),
    Part(Compositor, "render_partial_update", "(self) -> 'ChopsUpdate | None'", "ours is sent instead"),
    Part(Compositor, "update_widgets", "(self, widgets: 'set[Widget]') -> 'None'", "takes their repaint regions"),
    Part(Compositor, "visible_widgets", "property", "widget to (region, clip), the frontmost first"),
    Part(CompositorUpdate, "render_segments", "(self, console: 'Console') -> 'str'", "the bytes of an update"),
    Part(Console, "_color_system", "set", "16, 256 or all colours"),
    Part(
        Strip,
        "render_ansi",
        "(style: 'Style', color_system: 'ColorSystem') -> 'str'",
        "the codes of a style",
    ),
)
OURS: dict[str, tuple[type, ...]] = {
    "app": (App,), "aside": (App,), "driver": (LinuxDriver, App, XTermParser), "keys": (events.Paste,),
    "pane": (Widget, Message),
    "screen": (Screen, Compositor, Layout), "strips": (Strip,), "tight": (Compositor, ChopsUpdate, Console, Strip),
}  # fmt: skip
"""Our files, and the classes of theirs that they extend or reach into."""
MODULES = {"textual._compositor", "textual._xterm_parser"}


def parts_of(owner: Any) -> set[str]:
    """Every name of a class: its own, its bases', and what any of their methods sets on `self`."""
    return {name for base in inspect.getmro(owner) for name in (*vars(base), *_set_on_self(base))}


@cache
def _set_on_self(base: type) -> frozenset[str]:
    if not base.__module__.startswith(("textual", "rich")):
        return frozenset()
    tree = ast.parse(textwrap.dedent(inspect.getsource(base)))
    stores = (n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store))
    return frozenset(n.attr for n in stores if isinstance(n.value, ast.Name) and n.value.id == "self")


def shape(part: Part) -> str:
    held = inspect.getattr_static(part.owner, part.name, None)
    if isinstance(held, property):
        return "property"
    if isinstance(held, staticmethod | classmethod) or callable(held):
        return str(inspect.signature(getattr(part.owner, part.name)))
    return "set" if part.name in parts_of(part.owner) else "gone"


@pytest.mark.parametrize("part", PARTS, ids=lambda p: f"{p.owner.__name__}.{p.name}")
def test_a_part_that_we_lean_on_is_as_it_was_read(part: Part) -> None:
    assert shape(part) == part.shape, part.need


def used(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.ImportFrom(module=str(module)):
                yield from module.split(".")
            case _:
                pass


def private(names: set[str]) -> set[str]:
    return {name for name in names if name.startswith("_") and not name.startswith("__")}


def test_no_private_part_is_used_or_shadowed_that_is_not_in_the_list() -> None:
    listed = {part.name for part in PARTS} | {module.rpartition(".")[2] for module in MODULES}
    for name, owners in OURS.items():
        theirs = private(set().union(*map(parts_of, owners)))
        tree = ast.parse((ROOT / "incidentui" / "tui" / f"{name}.py").read_text())
        assert (private(set(used(tree))) & theirs) - listed == set(), name


def test_the_list_names_every_file_and_private_module_of_textual_that_we_use() -> None:
    imports = re.compile(r"^\s*from (textual[\w.]*|rich[\w.]*) import", re.MULTILINE)
    found = {p: set(imports.findall(p.read_text())) for p in (ROOT / "incidentui").rglob("*.py")}
    assert {p.stem for p, modules in found.items() if modules and p.parent.name == "tui"} <= {*OURS, "line", "theme"}
    assert {m for modules in found.values() for m in modules if "._" in m} == MODULES
    for module in MODULES:
        import_module(module)


def test_textuals_writer_holds_no_lock_when_it_is_stopped_unused() -> None:
    """`HardenedDriver` stops it at once: with an empty queue that neither writes nor waits."""
    with open("/dev/null", "w") as file:
        thread = WriterThread(file)
        thread.start()
        stopped = threading.Thread(target=thread.stop, daemon=True)
        stopped.start()
        stopped.join(10)
        assert not stopped.is_alive()


MODES: tuple[tuple[Callable[..., object], str], ...] = (
    (LinuxDriver.start_application_mode, "h"),
    (LinuxDriver.stop_application_mode, "l"),
)


@pytest.mark.parametrize(("method", "letter"), MODES, ids=["on", "off"])
def test_the_modes_that_textual_sets_are_those_that_our_way_out_takes_back(
    method: Callable[..., object], letter: str
) -> None:
    """`writer.RESTORE` is written where Textual's own way out cannot be: it must know them all."""
    from incidentui.tui.writer import RESTORE

    kept = {"25": "h", "7": "h"}
    said = set(re.findall(r"\\x1b\[\?(\d+)[hl]", inspect.getsource(method)))
    helpers = re.findall(r"self\.(_(?:en|dis)able\w+)\(", inspect.getsource(method))
    for helper in helpers:
        said |= set(re.findall(r"\\x1b\[\?(\d+)[hl]", inspect.getsource(getattr(LinuxDriver, helper))))
    # Never asked for: `_enable_mouse_support` and the query are ours, and 1007 is a comment there.
    ours = {"1003", "1007", "1015", "1016", "2048"}
    assert said
    for mode in said - ours:
        assert f"\x1b[?{mode}{kept.get(mode, 'l')}" in RESTORE, (letter, mode)


def test_only_the_version_that_was_read_is_installed_and_let_in() -> None:
    assert version("textual").startswith(f"{READ}.")
    wants = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (pin,) = (want for want in wants if want.startswith("textual"))
    major, minor = map(int, READ.split("."))
    assert re.fullmatch(rf"textual>={re.escape(READ)}\.\d+,<{major}\.{minor + 1}", pin), pin
