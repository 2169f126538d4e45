"""A terminal driver that survives bad bytes, floods, hang-ups and signals, and always gives the terminal back."""

import contextlib
import os
import selectors
import signal
import termios
import threading
from codecs import getincrementaldecoder
from io import TextIOWrapper
from time import monotonic
from types import FrameType
from typing import Any

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from typing_extensions import override

from incidentui.tui.keys import Burst
from incidentui.tui.sieve import Piece, Sieve
from incidentui.tui.writer import GRACE_S, Writer

ESCAPE_S = 0.05
_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT)


def has_job_control() -> bool:
    """Whether a shell is there that can bring us back: else a stop would be for good."""
    try:
        return os.getsid(os.getppid()) == os.getsid(0) and os.getsid(0) != os.getpid()
    except OSError:
        return False


class HardenedDriver(LinuxDriver):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._writer: Writer | None = None
        self._handlers: dict[int, Any] = {}
        self._raw: list[Any] | None = None
        """The terminal's settings while the screen stands."""

    # -- output

    @override
    def start_application_mode(self) -> None:
        # A second time without `close` between: somebody said `bg`, and the terminal was not ours.
        for number in _SIGNALS:
            self._handlers.setdefault(number, signal.getsignal(number))
            signal.signal(number, self._told_to_end)
        if self._writer is None:
            assert isinstance(self._file, TextIOWrapper)
            self._writer = Writer(self._file)
            self._writer.start()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._without_textuals_writer()
        with contextlib.suppress(termios.error):
            self._raw = termios.tcgetattr(self.fileno)

    def _without_textuals_writer(self) -> None:
        """It blocks for ever on a terminal that does not read. Started and never used, it can end at once."""
        if self._writer_thread is not None:
            self._writer_thread.stop()
            self._writer_thread = None

    @override
    def write(self, data: str) -> None:
        if data.startswith("\x1b[>") and data.endswith("u"):
            return  # the Kitty keyboard would outlive a kill -9 and garble the shell
        if self._writer is not None:
            self._writer.write(data)

    @override
    def close(self) -> None:
        super().close()
        if self._writer is not None:
            self._writer.stop()
            self._writer = None
        for number, before in self._handlers.items():
            signal.signal(number, before)
        self._handlers.clear()

    @override
    def _get_terminal_size(self) -> tuple[int, int]:
        # Asked of the terminal itself: COLUMNS and LINES of the environment may be another window's.
        for number in (self.fileno, 1, 2):
            try:
                width, height = os.get_terminal_size(number)
            except OSError:
                continue
            if width and height:
                return width, height
        return 80, 24

    @override
    def _enable_mouse_support(self) -> None:
        if self._mouse:
            self.write("\x1b[?1000h\x1b[?1006h")  # clicks and the wheel; no reports of mere movement

    @override
    def _disable_mouse_support(self) -> None:
        if self._mouse:
            self.write("\x1b[?1000l\x1b[?1006l")

    @override
    def _query_in_band_window_resize(self) -> None:
        return  # SIGWINCH says it

    # -- standing still, and going on

    @override
    def _sigtstp_application(self, *_: object) -> None:
        if has_job_control():
            super()._sigtstp_application()

    @override
    def _sigcont_application(self, *_: object) -> None:
        """After a suspension, Textual starts again. After a plain SIGSTOP nothing was put away, but the shell has
        used the terminal since: a second start would take its settings for those to go back to."""
        if self._writer is None or self._key_thread is None or not self._key_thread.is_alive():
            super()._sigcont_application()
        else:
            self._raw_again()
        self._loop.call_soon_threadsafe(self._paint_again)

    def _raw_again(self) -> None:
        if self._raw is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self._raw)
        self.write("\x1b[?1049h\x1b[?25l\x1b[?1004h")
        self._enable_mouse_support()
        self._enable_bracketed_paste()
        self._disable_line_wrap()

    def _paint_again(self) -> None:
        if self._app.screen_stack:
            self._app.screen.refresh(layout=True)

    # -- ending

    def _told_to_end(self, number: int, _frame: FrameType | None) -> None:
        """The screen goes, the terminal is restored; what runs in the session is finished by whoever started it."""
        if self._writer is not None:
            # A terminal that does not read must not keep us; one that is gone says so at the next write.
            timer = threading.Timer(GRACE_S, self._writer.hurry)
            timer.daemon = True
            timer.start()
        self._end(128 + number)

    def _end(self, code: int) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._app.exit, None, code)

    # -- input

    @override
    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:  # whatever it is: it goes where every other crash goes, without locals
            self._loop.call_soon_threadsafe(self._app._handle_exception, error)

    @override
    def run_input_thread(self) -> None:
        decode = getincrementaldecoder("utf-8")("replace").decode
        sieve, parser = Sieve(), XTermParser(False)
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                ready = selector.select(ESCAPE_S if sieve.waiting else 0.1)
                if not ready:
                    self._pass_on(sieve.timeout(), parser)
                    continue
                data = self._read()
                if not data:
                    self._end(128 + signal.SIGHUP)  # the terminal is gone; asking again would take a whole core
                    return
                self._pass_on(sieve.feed(decode(data), monotonic()), parser)

    def _read(self) -> bytes:
        try:
            return os.read(self.fileno, 4096)
        except OSError:
            return b""

    def _pass_on(self, pieces: list[Piece], parser: XTermParser) -> None:
        for kind, text in pieces:
            if kind == "escape":
                self._send(events.Key("escape", "\x1b"))
            elif kind == "paste":
                self._send(events.Paste(text))
            elif kind == "burst":
                self._send(Burst(text))
            else:
                if kind == "sequence":
                    # One that Textual does not know would hold back every key that follows, and then send them all.
                    parser = XTermParser(False)
                for message in parser.feed(text):
                    self._send(message)
                for message in parser.tick():
                    self._send(message)

    def _send(self, message: Message) -> None:
        try:
            self.process_message(message)
        except RuntimeError:
            self.exit_event.set()  # the loop was closed under us: the screen is gone
