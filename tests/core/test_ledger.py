"""The ledger's rule against a model that knows of each line who wrote it, who took it and who brought it back."""

import difflib
import hashlib
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidentui.core.ledger import Patch, Share, Step, chain, made, shares
from incidentui.core.ledger.lines import Hunk, Lines
from incidentui.core.model import Commit, Ledger


@dataclass
class Model:
    """Lines by identity: known-good has the first `n`; each commit puts some in and takes some out."""

    order: list[int]
    """Every line that ever was, where it is or was."""
    alive: set[int]
    good: frozenset[int]
    commits: list[dict[int, bool]] = field(default_factory=list)
    """Of each commit: line → there afterwards."""

    def texts(self) -> list[bytes]:
        return [_text(n) for n in self.order if n in self.alive]

    def commit(self, change: dict[int, bool]) -> None:
        real = {n: there for n, there in change.items() if (n in self.alive) != there}
        self.alive = (self.alive | {n for n, there in real.items() if there}) - {n for n, t in real.items() if not t}
        self.commits.append(real)

    def state(self, number: int) -> str:
        """By the rule as it is written down, for lines that are all different and unlike each other."""
        effects = self.commits[number]
        stand = [n for n, there in effects.items() if (n in self.alive) == there]
        force = [n for n in stand if (n in self.alive) != (n in self.good)]
        if not force:
            return "taken back"
        return "in force" if len(stand) == len(effects) else "partly"


def _text(n: int) -> bytes:
    """Unlike every other, so that none is taken for an edited one."""
    return hashlib.sha256(bytes([n])).digest()[:12].replace(b" ", b"_")


def _hunks(old: list[bytes], new: list[bytes]) -> tuple[Hunk, ...]:
    codes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return tuple(Hunk(a, c, tuple(old[a:b]), tuple(new[c:d])) for tag, a, b, c, d in codes if tag != "equal")


def _patch(old: list[bytes], new: list[bytes], path: str = "f") -> Patch:
    return Patch(path, "100644", "100644", "a", "b", hunks=_hunks(old, new))


@st.composite
def histories(draw: st.DrawFn) -> tuple[Model, list[Patch], Patch]:
    first = draw(st.integers(1, 12))
    model = Model(list(range(first)), set(range(first)), frozenset(range(first)))
    start, patches = model.texts(), []
    for _ in range(draw(st.integers(1, 8))):
        before = model.texts()
        done = [n for n, c in enumerate(model.commits) if c]
        undoes = draw(st.booleans())
        if done and undoes:
            undone = model.commits[draw(st.sampled_from(done))]
            model.commit({n: not there for n, there in undone.items()})
        else:
            model.commit(draw(_edits(model)))
        patches.append(_patch(before, model.texts()))
    return model, patches, _patch(start, model.texts())


@st.composite
def _edits(draw: st.DrawFn, model: Model) -> dict[int, bool]:
    change: dict[int, bool] = {}
    for _ in range(draw(st.integers(1, 4))):
        takes = draw(st.booleans())
        if model.alive and takes:
            change[draw(st.sampled_from(sorted(model.alive)))] = False
        else:
            new = len(model.order)
            model.order.insert(draw(st.integers(0, len(model.order))), new)
            change[new] = True
    return change


@pytest.mark.req("R0-08")
@settings(deadline=None)
@given(histories())
def test_each_commit_is_judged_as_the_model_does(history: tuple[Model, list[Patch], Patch]) -> None:
    model, patches, direct = history
    ledger = _ledger(patches, direct)
    got = [c.state for c in reversed(ledger.commits)]
    differs = bool(direct.hunks)
    assert got == [model.state(n) if differs else "taken back" for n in range(len(patches))]


@settings(deadline=None)
@given(histories())
def test_a_file_that_differs_has_its_commit_and_one_that_does_not_has_none(
    history: tuple[Model, list[Patch], Patch],
) -> None:
    _, patches, direct = history
    ledger = _ledger(patches, direct)
    force = {c.sha for c in ledger.commits if c.state != "taken back"}
    assert bool(force) == bool(direct.hunks)
    assert all(set(file.by) <= force and file.by for file in ledger.files)


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from([b"a", b"  a", b"b", b"", b"}", b"c c", b"cc"]), max_size=9), min_size=2))
def test_whatever_the_lines_are_somebody_is_named_while_the_file_differs(versions: list[list[bytes]]) -> None:
    """Few different lines, so the same ones move about and come again."""
    patches = [_patch(one, other) for one, other in pairwise(versions)]
    direct = _patch(versions[0], versions[-1])
    force = [c for c in _ledger(patches, direct).commits if c.state != "taken back"]
    assert bool(force) == bool(direct.hunks)


def test_lines_of_known_good_that_only_changed_places_have_somebody_too() -> None:
    versions = [[b"x", b"y"], [], [b"y"], [b"y", b"x"]]
    patches = [_patch(one, other) for one, other in pairwise(versions)]
    ledger = _ledger(patches, _patch(versions[0], versions[-1]))
    assert {c.state for c in ledger.commits} != {"taken back"}
    assert ledger.files[0].by != ()


@settings(deadline=None)
@given(st.lists(st.sampled_from([b"}", b"", b"a", b"b"]), min_size=2, max_size=9), st.data())
def test_a_block_of_common_lines_is_taken_back_when_it_is_back(base: list[bytes], data: st.DataObject) -> None:
    """Which of equal lines went and which came again cannot be followed; the direct difference to known-good knows."""
    start = data.draw(st.integers(0, len(base) - 1))
    cut = base[:start] + base[data.draw(st.integers(start + 1, len(base))) :]
    versions = [base, cut, [*cut, b"end"], [*base, b"end"]]
    patches = [_patch(one, other) for one, other in pairwise(versions)]
    states = [c.state for c in reversed(_ledger(patches, _patch(versions[0], versions[-1])).commits)]
    assert states == ["taken back", "in force", "taken back"]


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from([b"a", b" a", b"b", b""]), max_size=8), min_size=2))
def test_following_lines_never_loses_one(versions: list[list[bytes]]) -> None:
    lines = Lines()
    for n, (one, other) in enumerate(pairwise(versions)):
        lines.apply(_hunks(one, other), n)
    text = list(versions[0])
    out: list[bytes] = []
    for item in lines.items:
        if isinstance(item, tuple):
            out += text[item[0] : item[0] + item[1]]
            continue
        assert item.first in (None, text[item.place] if item.place < len(text) else None)
        out += [item.now] if item.now is not None else []
    assert out == versions[-1]


def _commit(n: int) -> str:
    return f"{n:040x}"


def _ledger(patches: list[Patch], direct: Patch) -> Ledger:
    window = [Commit(_commit(n + 1), (_commit(n),), "sam", 0, f"c{n}", file_count=1) for n in range(len(patches))]
    window.reverse()
    line, before = chain(window, window[0].sha)
    assert before == _commit(0)
    differs = {"f": direct} if direct.hunks else {}
    steps = [Step(c.sha, (patches[n],)) for n, (c, _) in enumerate(line)]
    found: dict[str, Share] = shares(steps, differs)
    return made(_commit(0), window[0].sha, window, differs, found)
