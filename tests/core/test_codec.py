"""Every event survives JSON and CloudEvents; what old and new programs write never makes a reader fall over."""

import dataclasses
import json
import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidentui.core import codec, envelope
from incidentui.core.events import TYPES, CheckChanged, Event, NoteAdded, Recorded, UnknownEvent, type_name
from incidentui.core.ids import uuid7
from incidentui.core.model import Moment
from incidentui.core.state import State

WHOLE = st.integers(min_value=-(2**62), max_value=2**62)
TIME = st.integers(min_value=0, max_value=253_402_300_799_999)


def strategy(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type hint, as far as the codec must know hints."""
    origin, args = get_origin(hint), get_args(hint)
    if dataclasses.is_dataclass(hint):
        parts = {f.name: strategy(f.type) for f in dataclasses.fields(hint)}
        return st.builds(hint, **parts)  # type: ignore[arg-type]  # a dataclass found at run time
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (Union, types.UnionType):
        return st.one_of(*(st.none() if a is type(None) else strategy(a) for a in args))
    if origin is tuple:
        if args[-1] is Ellipsis:
            return st.lists(strategy(args[0]), max_size=2).map(tuple)
        return st.tuples(*(strategy(a) for a in args))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return st.dictionaries(st.text(max_size=5), strategy(args[1]), max_size=2)
    scalars: dict[Any, st.SearchStrategy[Any]] = {
        bool: st.booleans(),
        int: WHOLE,
        str: st.text(max_size=12),
        float: st.floats(allow_nan=False, allow_infinity=False),
    }
    return scalars[hint]


def envelopes(event: Event) -> st.SearchStrategy[Recorded]:
    text = st.text(max_size=12)
    return st.builds(
        Recorded,
        seq=st.integers(1, 2**53),
        id=st.uuids().map(str),
        at=TIME,
        recorded=TIME,
        source=text,
        subject=text,
        moment=st.sampled_from(get_args(Moment)),
        incident=st.none() | st.text(min_size=1, max_size=12),
        project=text,
        mono_ms=WHOLE,
        boot=text,
        event=st.just(event),
        hash=text,
        prev=text,
    )


def test_every_event_has_one_name() -> None:
    assert set(get_args(Event)) - {UnknownEvent} == set(TYPES.values())


@pytest.mark.parametrize("name", sorted(TYPES))
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_every_event_survives_the_journal_and_cloudevents(name: str, data: st.DataObject) -> None:
    event = data.draw(strategy(TYPES[name]))
    assert codec.event_from(type_name(event), codec.data_text(event)) == event
    recorded = data.draw(envelopes(event))
    line = json.dumps(codec.to_cloudevent(recorded))
    assert codec.from_cloudevent(json.loads(line)) == recorded


@settings(max_examples=25, deadline=None)
@given(state=strategy(State))
def test_a_state_survives_json_in_its_order(state: State) -> None:
    again = codec.from_json(State, json.loads(json.dumps(codec.to_json(state))))
    assert again == state
    assert list(again.services) == list(state.services)


def test_a_cloudevent_has_the_names_others_rely_on() -> None:
    note = Recorded(
        7, "i", 1_767_322_800_678, 1_767_322_800_700, "responder:ana maria", "ana", "key", None, "leads", 5, "b",
        NoteAdded("hi", "ana"), "h", "p",
    )  # fmt: skip
    event = codec.to_cloudevent(note)
    assert event == {
        "specversion": "1.0",
        "id": "i",
        "source": "responder:ana%20maria",
        "type": "incidentui.note.added",
        "time": "2026-01-02T03:00:00.678Z",
        "subject": "ana",
        "datacontenttype": "application/json",
        "recordedtime": "2026-01-02T03:00:00.700Z",
        "sequence": 7,
        "project": "leads",
        "moment": "key",
        "monotonic": 5,
        "bootid": "b",
        "hash": "h",
        "prevhash": "p",
        "data": {"text": "hi", "by": "ana", "key": False, "until": None, "trigger": False, "load": None},
    }


def test_old_and_new_data_are_read() -> None:
    old = '{"check":"a","service":"s","layer":"user","was":"ok","now":"failing","why":"503"}'
    assert codec.event_from("check.changed", old) == CheckChanged("a", "s", "user", "ok", "failing", "503")
    newer = old[:-1] + ',"colour":"mauve"}'
    assert codec.event_from("check.changed", newer) == CheckChanged("a", "s", "user", "ok", "failing", "503")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("moon.risen", '{"phase":"full"}'),
        ("check.changed", '{"check":"a"}'),
        ("note.added", '{"text":1,"by":"ana"}'),
        ("note.added", "[]"),
        ("check.changed", '{"check":"a","service":"s","layer":"user","was":"ok","now":"melting","why":""}'),
    ],
)
def test_what_cannot_be_read_is_kept_and_named(name: str, text: str) -> None:
    event = codec.event_from(name, text)
    assert event == UnknownEvent(name, text)
    assert (type_name(event), codec.data_text(event)) == (name, text)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"sequence": None}, "'sequence'"),
        ({"sequence": "7"}, "'sequence'"),
        ({"time": "yesterday"}, "'time'"),
        ({"time": "2026-01-02T03:00:00"}, "'time'"),
        ({"type": "com.example.x"}, "com.example.x"),
    ],
)
def test_a_damaged_envelope_is_named(change: dict[str, Any], named: str) -> None:
    whole = codec.to_cloudevent(
        Recorded(1, "i", 0, 0, "s", "", "key", None, "p", 0, "b", NoteAdded("hi", "ana"), "h", "")
    )
    with pytest.raises(codec.CodecError, match=named):
        codec.from_cloudevent({**whole, **change})


def test_the_chain_covers_the_data_only_by_their_hash() -> None:
    one = {"specversion": "1.0", "id": "i", "subject": "a"}
    base = envelope.chained(one, "d", "p")
    assert envelope.chained({**one, "data": {"x": 1}, "hash": "z", "prevhash": "p"}, "d", "p") == base
    assert envelope.chained({**one, "subject": "b"}, "d", "p") != base
    assert envelope.chained(one, "e", "p") != base
    assert envelope.chained(one, "d", "q") != base


@given(ms=st.integers(0, 2**48 - 1), random=st.binary(min_size=10, max_size=10))
def test_uuid7_holds_its_time_and_its_version(ms: int, random: bytes) -> None:
    made = UUID(uuid7(ms, random))
    assert (made.version, made.variant, made.int >> 80) == (7, "specified in RFC 4122", ms)


def test_uuid7_sorts_by_time() -> None:
    assert uuid7(1, b"\xff" * 10) < uuid7(2, b"\x00" * 10)
