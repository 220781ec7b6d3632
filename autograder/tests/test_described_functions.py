"""A function is known again where it answers alike, and never where it may remember."""

from __future__ import annotations

import copy
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from autograder.checking.local import LocalTransport
from autograder.checking.student import Student
from autograder.grading.diagnosis.answer_memo import AnswerMemo
from autograder.grading.diagnosis.functions import described
from autograder.grading.diagnosis.replaying import Replay, Transcript, Witness
from autograder.grading.diagnosis.work_limit import Allowance

SCALE = 2.0


class Slope:
    """Notes where it was asked."""

    def __init__(self, dw: Any) -> None:
        self.dw, self.asked = dw, []  # type: ignore[var-annotated]

    def __call__(self, x: Any) -> Any:
        self.asked.append(x)
        return self.dw * x


class Tired(Slope):
    """Answers by how often it was asked."""


class Growing:
    def __init__(self) -> None:
        self.asked: list[Any] = []

    def __call__(self, x: Any) -> Any:
        self.asked.append(x)
        return x * len(self.asked)


class Counting:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        return x * self.calls


class Telling:
    def __init__(self) -> None:
        self.asked: list[Any] = []

    def __call__(self, x: Any) -> Any:
        self.asked.append(x)
        return len(vars(self)["asked"]) * x


class Holding:
    seen: ClassVar[list[Any]] = []

    def __call__(self, x: Any) -> Any:
        self.seen.append(x)
        return x * len(Holding.seen)


class Kept:
    """What a layer keeps for its way back."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Layer:
    """Makes objects of a class of its own, and holds its own methods."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.pair = (self.forward, self.backward)

    def forward(self, x: Any) -> Any:
        self.asked.append(x)
        return x, Kept(x)

    def backward(self, dout: Any, kept: Any) -> Any:
        if not isinstance(kept, Kept):
            raise TypeError("no cache of this layer")
        return dout * kept.value


class Numbered:
    def __init__(self) -> None:
        Numbered.made = getattr(Numbered, "made", 0) + 1  # type: ignore[attr-defined]


def _numbering() -> Any:
    return lambda x: x * Numbered().made  # type: ignore[attr-defined]


def _copied() -> Any:
    return copy.copy(Slope(W.copy()))  # which notes something on the class


def made(w: Any, factor: float = 1.0) -> Callable[[Any], Any]:
    def scaled(x: Any) -> Any:
        return SCALE * factor * x

    return lambda x: scaled(x) @ w


def double(x: Any) -> Any:
    return 2 * x


def treble(x: Any) -> Any:
    return 3 * x


W = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: made(W.copy()),
        lambda: Slope(W.copy()),
        lambda: Slope(W.copy()).__call__,
        lambda: double,
        lambda: np.where,
        lambda: np.sin,
        lambda: len,
        lambda: lambda x, s=2.0: s * x,
        lambda: Layer().forward,
        lambda: Layer().backward,
        lambda: lambda x: Kept(x).value,
        _copied,
    ],
)
def test_the_same_function_is_known_again(make: Callable[[], Any]) -> None:
    first, second = make(), make()
    if isinstance(first, Slope):
        first(1.0)  # what it noted decides on nothing
    assert described(first) == described(second)


def test_other_functions_are_told_apart() -> None:
    others = [
        made(W),
        made(W + 1),
        made(W.astype(np.float32)),
        made(W.T),
        made(W, 2.0),
        double,
        treble,
        Slope(W),
        Slope(-W),
        np.sin,
        np.cos,
        len,
        sum,
        lambda x, s=2.0: s * x,
        lambda x, s=-2.0: s * x,
        lambda x, *, s=2.0: s * x,
        lambda x: double(x),
        lambda x: treble(x),
        lambda x: 0.0 * x,
        lambda x: -0.0 * x,
        lambda x: 1 * x,
        lambda x: True * x,
        lambda x: Kept(x).value,
        lambda x: Slope(x).dw,
        Layer().forward,
        Layer().backward,
    ]
    told = [repr(described(one)) for one in others]
    assert len(set(told)) == len(told)


def test_a_name_of_the_file_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = described(made(W))
    monkeypatch.setitem(globals(), "SCALE", 3.0)
    assert described(made(W)) != before


def _with_list() -> Any:
    seen: list[Any] = []
    return lambda x: seen.append(x) or x * len(seen)  # type: ignore[func-returns-value]


def _noting_on_itself() -> Any:
    def f(x: Any) -> Any:
        f.calls = getattr(f, "calls", 0) + 1  # type: ignore[attr-defined]
        return x * f.calls  # type: ignore[attr-defined]

    f(1)
    return f


def _reading_notes() -> Any:
    slope = Slope(1.0)
    return lambda x: slope(x) * len(slope.asked)


def _drawing() -> Any:
    return lambda x: x + np.random.normal()


@pytest.mark.parametrize(
    "make",
    [
        _with_list,
        _noting_on_itself,
        _reading_notes,
        _drawing,
        _numbering,
        Growing,
        Counting,
        Telling,
        Holding,
        lambda: Tired(1.0),
        lambda: iter([1]).__next__,
    ],
)
def test_what_may_remember_is_not_described(make: Callable[[], Any]) -> None:
    with pytest.raises(TypeError):
        described(make())


def _counting(W: Any) -> tuple[Any, Any]:
    calls = 0

    def count(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return x * calls

    return count, None


def _writing(W: Any) -> tuple[Any, Any]:
    held = W.copy()
    return lambda x: held, held


@pytest.mark.parametrize(
    ("make", "kept"),
    [(_counting, False), (_writing, False), (lambda W: (lambda x: W * x, None), True)],
)
def test_a_function_that_has_changed_by_a_call_is_asked_anew(
    make: Callable[[Any], tuple[Any, Any]], kept: bool
) -> None:
    """One that counts its calls, and one that lends what it holds to code that writes to it."""
    memory, asked = AnswerMemo(), []

    def twice(f: Any) -> Any:
        asked.append(f)
        f(1.0)
        out = f(1.0)
        out += 1
        return out

    def plain(f: Any) -> Any:
        return f(1.0) * 0

    for _ in range(2):
        student = Student(LocalTransport(SimpleNamespace(twice=plain)))
        student.twice(make(W)[0])
        transcript = Transcript.of(student.transcript, {"": 1.0})
        replay = Replay(
            transcript,
            Witness("them", lambda: LocalTransport(SimpleNamespace(twice=twice)), memory),
            Allowance(10_000),
        )
        assert replay[0] is not None
    assert len(asked) == (1 if kept else 2)
