"""Values behave as standard frozen dataclasses do, though their methods are made later."""

import dataclasses
from dataclasses import FrozenInstanceError, field, fields, replace

import pytest

from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 0
    names: list[str] = field(default_factory=list, compare=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    x: int
    y: int = 0
    names: list[str] = field(default_factory=list, compare=False)


@dataclass(slots=True)
class Counter:
    n: int = 1

    def __post_init__(self) -> None:
        self.n += 1


def test_made_compared_and_shown_like_the_standard_one() -> None:
    assert repr(Point(1)).replace("Point", "") == repr(Standard(1)).replace("Standard", "")
    assert Point(1, names=["a"]) == Point(1, 0) != Point(1, 1)
    assert hash(Point(1)) == hash(Point(1, names=["a"]))
    assert replace(Point(1), y=5) == Point(1, 5)
    assert [f.name for f in fields(Point)] == [f.name for f in fields(Standard)]
    match Point(3, 4):
        case Point(x, y):
            assert (x, y) == (3, 4)


def test_each_gets_its_own_default() -> None:
    one, two = Point(1), Point(2)
    one.names.append("a")
    assert two.names == []


def test_frozen_and_without_other_attributes() -> None:
    with pytest.raises(FrozenInstanceError):
        Point(1).x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del Point(1).x
    with pytest.raises(TypeError, match="x"):
        Point()  # type: ignore[call-arg]
    assert not hasattr(Point(1), "__dict__")


def test_one_that_is_not_frozen_changes_and_has_no_hash() -> None:
    counter = Counter()
    counter.n += 1
    assert counter.n == 3
    with pytest.raises(TypeError, match="unhashable"):
        hash(counter)
