"""What the terminal sends, cut into pieces: nothing it can send hurts."""

from hypothesis import given
from hypothesis import strategies as st

from incidentui.tui.sieve import KEYS_PER_SECOND, PASTE_LIMIT, SEQUENCE_LIMIT, Piece, Sieve


def fed(*chunks: str) -> list[Piece]:
    sieve = Sieve()
    return [piece for chunk in chunks for piece in sieve.feed(chunk, 0.0)]


def test_keys_and_sequences_pass() -> None:
    assert fed("j\x1b[A\x1bOP") == [("keys", "j"), ("sequence", "\x1b[A"), ("sequence", "\x1bOP")]
    assert fed("\x1b[", "1;5", "C") == [("sequence", "\x1b[1;5C")]


def test_escape_alone_is_the_key_once_nothing_follows() -> None:
    sieve = Sieve()
    assert sieve.feed("\x1b", 0.0) == []
    assert sieve.waiting
    assert sieve.timeout() == [("escape", "\x1b")]
    assert not sieve.waiting


def test_a_bracketed_paste_is_one_piece_however_it_is_cut() -> None:
    whole = "\x1b[200~rm -rf /\r\x1b[A\x1b[201~j"
    assert fed(whole) == [("paste", "rm -rf /\r\x1b[A"), ("keys", "j")]
    assert fed(*whole) == [("paste", "rm -rf /\r\x1b[A"), ("keys", "j")]


def test_what_never_ends_is_over_after_a_while() -> None:
    """Alt and a capital P begins a string that nobody ends: keys must not be swallowed for ever."""
    for begin in ("\x1bP", "\x1b]", "\x1b_", "\x1b[" + "1;" * SEQUENCE_LIMIT):
        sieve = Sieve()
        assert sieve.feed(begin, 0.0) == []
        assert [sieve.timeout() for _ in range(5)] == [[]] * 5
        assert sieve.feed("q", 1.0) == [("keys", "q")]


def test_a_pause_in_a_paste_loses_nothing_and_presses_no_escape() -> None:
    sieve = Sieve()
    assert sieve.feed("\x1b[200~first half", 0.0) == []
    assert [sieve.timeout() for _ in range(10)] == [[]] * 10
    assert sieve.feed(", second\x1b[201~", 1.0) == [("paste", "first half, second")]
    sieve.feed("\x1b[200~never ended", 2.0)
    assert [piece for _ in range(20) for piece in sieve.timeout()] == [("paste", "never ended")]
    assert sieve.feed("q", 5.0) == [("keys", "q")]


def test_a_huge_paste_is_cut_and_its_end_is_seen() -> None:
    pieces = fed("\x1b[200~" + "x" * 1_000_000, "y" * 1000 + "\x1b[201~", "j")
    assert [kind for kind, _ in pieces] == ["paste", "keys"]
    assert len(pieces[0][1]) == PASTE_LIMIT


def test_several_letters_in_one_read_are_a_burst_but_a_held_key_is_not() -> None:
    assert fed("main\r") == [("burst", "main\r")]
    assert fed("jjjjjj") == [("keys", "jjjjjj")]
    assert fed("ab") == [("keys", "ab")]


def test_escape_and_what_follows_it_in_one_read_are_two_keys() -> None:
    assert fed("\x1bo") == [("escape", "\x1b"), ("keys", "o")]
    assert fed("\x1b", "\r") == [("escape", "\x1b"), ("keys", "\r")]
    assert fed("\x1bmain") == [("escape", "\x1b"), ("burst", "main")]


def test_replies_nobody_asked_for_are_dropped() -> None:
    assert fed("\x1b]11;rgb:0000/0000/0000\x07k") == [("keys", "k")]
    assert fed("\x1bP1$r0m\x1b", "\\k") == [("keys", "k")]
    assert fed("\x1b[M !!k") == [("keys", "k")]


def test_endless_sequences_cost_nothing_and_end() -> None:
    pieces = fed(*["\x1b[" + "1;" * 2000 for _ in range(50)], "A", "\x1b[B")
    assert ("sequence", "\x1b[B") in pieces
    assert all(len(text) <= SEQUENCE_LIMIT for kind, text in pieces if kind == "sequence")


def test_a_flood_is_bounded_and_over_a_second_later() -> None:
    sieve = Sieve()
    passed = sum(len(text) for n in range(100) for _, text in sieve.feed("j" * 1000, n / 1000))
    assert passed <= KEYS_PER_SECOND
    assert sieve.feed("k", 2.0) == [("keys", "k")]


@given(st.lists(st.text(st.sampled_from("\x1b[]OPM~;120Aam\x07\\\r "), max_size=12), max_size=12))
def test_anything_may_come(chunks: list[str]) -> None:
    sieve = Sieve()
    for chunk in chunks:
        for kind, text in sieve.feed(chunk, 0.0):
            assert kind in ("keys", "burst", "sequence", "paste", "escape")
            assert kind in ("paste", "burst") or len(text) <= max(SEQUENCE_LIMIT, len(chunk) + 2)
