"""What the hidden checks are built of: each comparison and rule takes what is right and refuses what is wrong, and tells nothing it must not."""

from __future__ import annotations

import json
import re
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograder.checking import OwnForward, close_to_own, compare, numeric_gradient, rules
from autograder.checking.local import LocalTransport
from autograder.checking.message_filter import (
    MOST_NUMBERS_IN_ALL,
    MOST_WORDS_IN_ALL,
    MessageFilter,
    masked,
    words_of,
)
from autograder.checking.plugin import CheckFolder, Turns, collect, run_checks
from autograder.checking.student import Student
from autograder.checking.transport import Call, Detail, Report
from autograder.core.course import Course
from autograder.core.errors import CheckFailed, GraderFault, StudentError, UserError
from autograder.core.results import CheckResult, Outcome, Submission
from autograder.grading.pipeline import Grader, _findings

X = np.array([[1.25, -2.0, 3.5], [0.5, 4.0, -1.5]])


def student(**functions: Callable[..., Any]) -> Student:
    """A student with these functions, in this process."""
    return Student(LocalTransport(SimpleNamespace(**functions)))


# -- compare ------------------------------------------------------------------------------------------------------------

ACCEPTED: dict[str, Callable[[], Any]] = {
    "close": lambda: compare.close(X * (1 + 1e-8), X, "out"),
    "close, a number": lambda: compare.close(2.0, np.float64(2.0), "out"),
    "close, nan where nan is wanted": lambda: compare.close(
        np.array([np.nan, np.inf]), np.array([np.nan, np.inf]), "out"
    ),
    "close, atol": lambda: compare.close(np.array([1e-12]), np.array([0.0]), "out"),
    "shape": lambda: compare.shape(X, [2, 3], "out"),
    "equal, array": lambda: compare.equal(np.arange(3), np.arange(3), "order"),
    "equal, scalar of NumPy": lambda: compare.equal(np.int64(3), 3, "steps"),
    "equal, None": lambda: compare.equal(None, None, "steps"),
    "equal, text": lambda: compare.equal("a", "a", "kind"),
    "equal, nan": lambda: compare.equal(np.array([np.nan]), np.array([np.nan]), "out"),
    "equal, list": lambda: compare.equal([1, 2], [1, 2], "sizes"),
    "unpack": lambda: compare.unpack((1, 2), 2, "two"),
    "unpack, list": lambda: compare.unpack([1, 2], 2, "two"),
    "unpack, array": lambda: compare.unpack(np.ones(2), 2, "two"),
    "unpack, rows": lambda: compare.unpack(X, 2, "two"),
    "keys": lambda: compare.keys({"a": 1, "b": 2}, ["b", "a"], "grads"),
    "that": lambda: compare.require(np.True_, "no"),
    "near_mean, wider": lambda: compare.near_mean(np.array([3.12]), 3, 0.02, "mean", errors=6.5),
    "near_mean": lambda: compare.near_mean(
        np.random.default_rng(0).normal(3, 2, 10_000), 3, 2 / 100, "mean"
    ),
}
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "close, off": (lambda: compare.close(X + 1e-5, X, "out"), "relative error"),
    "close, one entry": (lambda: compare.close(X + 1e-3 * (X > 3.9), X, "out"), "1 of 6 entries"),
    "close, cause known": (
        lambda: compare.close(X + 1, X, "out", instead={"without x": 0 * X, "one too many": X + 1}),
        "`out` is what it would be one too many.",
    ),
    "close, two causes": (lambda: compare.close(X + 1, X, "out", instead={"one too many": X + 1, "by a 1": X + 1}), "be one too many, or by a 1"),
    "close, too many causes": (lambda: compare.close(X + 1, X, "out", instead={"a": X + 1, "b": X + 1, "c": X + 1}), "is not right"),
    "close, cause unknown": (lambda: compare.close(X + 2, X, "out", instead={"one too many": X + 1}), "is not right"),
    "close, sign": (lambda: compare.close(-X, X, "out"), "sign flipped"),
    "close, factor": (lambda: compare.close(2 * X, X, "out"), "2 times"),
    "close, zero": (lambda: compare.close(0 * X, X, "out"), "zero everywhere"),
    "close, nan": (lambda: compare.close(np.where(X > 3, np.nan, X), X, "out"), "holds nan"),
    "close, transposed": (lambda: compare.close(X.T, X, "out"), "transposed"),
    "close, broadcast": (lambda: compare.close(np.ones((1, 3)), np.ones((2, 3)), "out"), "shape (1, 3)"),
    "close, None": (lambda: compare.close(None, X, "out"), "None"),
    "close, list": (lambda: compare.close(X.tolist(), X, "out"), "list"),
    "close, text": (lambda: compare.close("X", X, "out"), "str"),
    "close, complex": (lambda: compare.close(X + 0j, X, "out"), "complex"),
    "close, flag": (lambda: compare.close(True, 1.0, "out"), "True and False"),
    "shape, other": (lambda: compare.shape(X, (3, 2), "out"), "(2, 3)"),
    "shape, list": (lambda: compare.shape([1, 2], (2,), "out"), "list"),
    "equal, array": (lambda: compare.equal(np.array([1, 2, 4]), np.array([1, 2, 3]), "order"), "1 of 3"),
    "equal, number": (lambda: compare.equal(4, 3, "steps"), "not exactly"),
    "equal, flag for number": (lambda: compare.equal(True, 1, "steps"), "True or False"),
    "equal, number for flag": (lambda: compare.equal(1, True, "verdict"), "whole number"),
    "equal, None": (lambda: compare.equal(None, 3, "steps"), "None"),
    "equal, list for tuple": (lambda: compare.equal([1], (1,), "shape"), "list"),
    "equal, array for number": (lambda: compare.equal(np.ones(2), 1.0, "C"), "shape (2,)"),
    "unpack, one short": (lambda: compare.unpack((1,), 2, "f, grads"), "1 values"),
    "unpack, none": (lambda: compare.unpack(None, 2, "f, grads"), "None"),
    "unpack, longer array": (lambda: compare.unpack(np.ones(3), 2, "f, grads"), "3 values"),
    "unpack, array without a length": (lambda: compare.unpack(np.array(2.0), 2, "f, grads"), "ndarray"),
    "unpack, dict": (lambda: compare.unpack({"f": 1, "grads": 2}, 2, "f, grads"), "dict"),
    "unpack, text": (lambda: compare.unpack("ab", 2, "f, grads"), "a string"),
    "keys, missing": (lambda: compare.keys({"a": 1}, "ab", "grads"), "lacks b"),
    "keys, more": (lambda: compare.keys({"a": 1, "secret": 2}, "a", "grads"), "1 more"),
    "keys, list": (lambda: compare.keys([("a", 1)], "a", "grads"), "list"),
    "that": (lambda: compare.require(np.False_, "no such luck"), "no such luck"),
    "near_mean, far": (lambda: compare.near_mean(np.full(100, 3.5), 3, 0.02, "mean"), "standard errors"),
    "near_mean, stricter": (lambda: compare.near_mean(np.array([3.1]), 3, 0.02, "mean", errors=4.5), "5 standard errors"),
    "near_mean, nan": (lambda: compare.near_mean(np.array([np.nan]), 3, 0.02, "mean"), "standard errors"),
    "fail": (lambda: compare.fail("so"), "so"),
}  # fmt: skip


@pytest.mark.parametrize("comparison", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_a_comparison_takes_what_is_right(comparison: Callable[[], Any]) -> None:
    comparison()


@pytest.mark.parametrize(("comparison", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_a_comparison_refuses_what_is_wrong_and_says_why(
    comparison: Callable[[], Any], says: str
) -> None:
    with pytest.raises(CheckFailed) as caught:
        comparison()
    assert says in caught.value.reason


def test_a_reason_names_no_expected_value() -> None:
    want = np.random.default_rng(3).normal(size=(4, 5)) * 1000
    for got in (
        want + 1,
        want * 1.2345,
        want.T,
        want[:2],
        -want,
        np.where(want > 0, np.nan, want),
        list(want),
        None,
        3,
    ):
        with pytest.raises(CheckFailed) as caught:
            compare.close(got, want, "out")
        told = re.findall(r"\d+\.\d+|\d{3,}", caught.value.reason)
        shown = {
            f"{abs(value):.{digits}f}"
            for value in np.append(want, want + 1).flat
            for digits in range(1, 9)
        }
        assert not set(told) & shown


# -- rules --------------------------------------------------------------------------------------------------------------


def double(x: Any) -> Any:
    return 2 * x


def doubled_in_place(x: Any) -> Any:
    x *= 2
    return x


def sorted_list(items: list[float]) -> list[float]:
    items.sort()
    return items


def warning_of_two(x: Any) -> Any:
    warnings.warn("old", DeprecationWarning, stacklevel=1)
    return x / 0.0


OTHER_WARNINGS = [
    *(
        DeprecationWarning,
        PendingDeprecationWarning,
        FutureWarning,
        np.exceptions.VisibleDeprecationWarning,
        UserWarning,
        ResourceWarning,
    ),
    RuntimeWarning,  # that is not about numbers
]


@pytest.mark.parametrize("category", OTHER_WARNINGS)
def test_only_numerical_warnings_count(category: type[Warning]) -> None:
    def f(x: Any) -> Any:
        for _ in range(20):
            warnings.warn(
                "this will go" if category is RuntimeWarning else "overflow encountered later",
                category,
                stacklevel=1,
            )
        return 2 * x

    assert rules.pure(student(f=f), "f", X) is not None
    rules.pure(student(f=lambda x: np.asarray(np.matrix(x))), "f", X)


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda x: x / 0.0, "divide by zero"),
        (lambda x: np.log(0 * x), "divide by zero"),
        (lambda x: np.exp(1000 * abs(x)), "overflow"),
        (lambda x: 0 * x / 0.0, "invalid value"),
        (lambda x: np.sqrt(-abs(x)), "invalid value"),
        (lambda x: x[:0].mean(), "mean of nothing"),
        (lambda x: np.nanmax(np.nan * x, axis=0), "mean of nothing"),
        (lambda x: x[:1].var(axis=0, ddof=1), "degrees of freedom"),
        (lambda x: (x + 1j).astype(float), "complex to real"),
    ],
)
def test_a_numerical_warning_is_named(function: Callable[..., Any], says: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        rules.pure(student(f=function), "f", X)
    assert says in caught.value.reason
    assert caught.value.hint


def seeded(x: Any) -> Any:
    np.random.seed(0)
    return 2 * x


def drawing(x: Any) -> Any:
    return 2 * x + 0 * np.random.random()


def python_random(x: Any) -> Any:
    import random

    return 2 * x + 0 * random.random()


def own_generator(x: Any, rng: np.random.Generator) -> Any:
    return 2 * x + 0 * rng.random()


@pytest.mark.parametrize("function", [double, lambda x: x, lambda x: np.sort(x)])
def test_pure_takes_a_function_that_leaves_all_alone(function: Callable[..., Any]) -> None:
    assert rules.pure(student(f=function), "f", X) is not None
    rules.pure(student(f=lambda x: function(x)), "f", x=X)


def test_pure_gives_the_value_and_lets_a_generator_be_drawn_from() -> None:
    assert np.array_equal(
        rules.pure(student(f=own_generator), "f", X, np.random.default_rng(1)), 2 * X
    )


@pytest.mark.parametrize(
    ("function", "argument", "says"),
    [
        (doubled_in_place, X, "argument number 1"),
        (sorted_list, [3.0, 1.0, 2.0], "argument number 1"),
        (lambda x: x.update(b=1), {"a": 1}, "argument number 1"),
        (lambda x: x["a"].fill(0), {"a": np.ones(3)}, "argument number 1"),
        (lambda x: x[0].fill(0), (np.ones(3),), "argument number 1"),
        (lambda x: x.fill(np.nan), X, "argument number 1"),
        (warning_of_two, X, "RuntimeWarning, divide by zero"),
        (lambda x: x / 0.0, X, "RuntimeWarning"),
        (lambda x: np.exp(1000 * abs(x)), X, "RuntimeWarning"),
        (seeded, X, "random state"),
        (drawing, X, "random state"),
        (python_random, X, "random state"),
    ],
)
def test_pure_refuses(function: Callable[..., Any], argument: Any, says: str) -> None:
    with pytest.raises(CheckFailed, match=re.escape(says)):
        rules.pure(student(f=function), "f", argument)


def test_pure_looks_at_names_and_shapes_too() -> None:
    with pytest.raises(CheckFailed, match="argument `x`"):
        rules.pure(student(f=doubled_in_place), "f", x=X)

    def flatten(x: np.ndarray) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            x.shape = (6,)
        return x

    with pytest.raises(CheckFailed, match="argument number 1"):
        rules.pure(student(f=flatten), "f", X)
    rules.pure(student(f=doubled_in_place), "f", X, writes=(0,))
    rules.pure(student(f=doubled_in_place), "f", x=X, writes=("x",))


def test_pure_does_not_touch_the_checks_own_array() -> None:
    mine = X.copy()
    with pytest.raises(CheckFailed):
        rules.pure(student(f=doubled_in_place), "f", mine)
    assert np.array_equal(mine, X)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.astype(np.result_type(x, np.float32)) * 2,
        lambda x: (x.astype(np.result_type(x, np.float32)) * 2, x > 0),
        lambda x: {"a": x.mean(dtype=np.result_type(x, np.float32))},
    ],
)
def test_floats_takes(function: Callable[..., Any]) -> None:
    rules.floats(student(f=function), "f", X)


def refusing_integers(x: np.ndarray) -> np.ndarray:
    if x.dtype.kind == "i":
        raise ValueError("whole numbers")
    return x


def test_floats_lets_integers_be_refused_politely() -> None:
    rules.floats(student(f=refusing_integers), "f", X)


def falling_over_integers(x: np.ndarray) -> np.ndarray:
    if x.dtype.kind == "i":
        raise IndexError
    return x


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda x: x.astype(np.float64), "float64 for float32"),
        (lambda x: x + np.zeros(3), "float64 for float32"),
        (lambda x: x.astype(np.float32), "float32 for float64"),
        (double, "int64 for integer"),
        (lambda x: np.zeros_like(x) + x, "int64 for integer"),
        (
            lambda x: (x.astype(np.result_type(x, np.float32)), {"sum": x * x}),
            "keeps int64 in the dict that it returns for integer",
        ),
        (lambda x: x if x.dtype.kind == "f" else (x / 2).round(), "integers"),
        (lambda x: x.astype(np.float16), "float16"),
    ],
)
def test_floats_refuses(function: Callable[..., Any], says: str) -> None:
    with pytest.raises(CheckFailed, match=says):
        rules.floats(student(f=function), "f", X)


def test_floats_passes_on_what_integers_raise_otherwise() -> None:
    with pytest.raises(StudentError, match="IndexError"):
        rules.floats(student(f=falling_over_integers), "f", X)


@pytest.mark.parametrize("function", [double, lambda x: x.T @ x, lambda x: x.reshape(-1)])
def test_layouts_takes(function: Callable[..., Any]) -> None:
    rules.layouts(student(f=function), "f", X)


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda x: x.ravel(order="K") * 1.0, "column order"),
        (lambda x: x if x.flags.c_contiguous or x.flags.f_contiguous else 0 * x, "non-contiguous"),
        (lambda x: x if x.flags.writeable else -x, "read-only"),
        (lambda x: (x, x) if x.flags.writeable else (x,), "read-only"),
    ],
)
def test_layouts_refuses(function: Callable[..., Any], says: str) -> None:
    with pytest.raises(CheckFailed, match=says):
        rules.layouts(student(f=function), "f", X)


def test_layouts_refuses_a_function_that_writes_to_its_argument() -> None:
    def halved(x: np.ndarray) -> np.ndarray:
        y = x.view()
        y *= 0.5
        return y

    with pytest.raises(StudentError, match="read-only"):
        rules.layouts(student(f=halved), "f", X)


class Squares:
    """x², and ways to keep what its backward needs: of these, only the first is a cache."""

    def __init__(
        self, keep: Callable[[np.ndarray], Any], back: Callable[[np.ndarray, Any], np.ndarray]
    ) -> None:
        self.keep, self.back, self.last = keep, back, np.zeros(0)

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, Any]:
        self.last = x
        return x * x, self.keep(x)

    def backward(self, dout: np.ndarray, cache: Any) -> np.ndarray:
        return self.back(dout, self.last if cache is None else cache)


def doubles_its_cache(dout: np.ndarray, x: np.ndarray) -> np.ndarray:
    x *= 2
    return dout * x


def flattens_its_cache(dout: np.ndarray, x: np.ndarray) -> np.ndarray:
    shape, x.shape = x.shape, x.size
    return (2 * dout.ravel() * x).reshape(shape)


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (Squares(lambda x: x, lambda dout, x: 2 * dout * x), ""),
        (Squares(lambda x: None, lambda dout, x: 2 * dout * x), "older than the last call of `f`"),
        (Squares(lambda x: x, doubles_its_cache), "read-only"),
        (Squares(lambda x: x.copy(), doubles_its_cache), "given before"),
        (Squares(lambda x: x, flattens_its_cache), "given before"),
        (Squares(lambda x: [x], lambda dout, kept: 2 * dout * kept.pop()), "IndexError"),
    ],
)
def test_own_cache(layer: Squares, says: str) -> None:
    one = student(f=layer.forward, b=layer.backward)
    with pytest.raises((CheckFailed, StudentError), match=says) if says else nullcontext():
        rules.own_cache(one, "f", "b", (X,), (X[::-1],), X + 1)


def in_a_cell(source: str) -> Callable[..., Any]:
    """A function as a notebook's cell defines it."""
    names: dict[str, Any] = {"np": np}
    exec(compile(textwrap.dedent(source), "<cell affine>", "exec"), names)
    return names["f"]  # type: ignore[no-any-return]


def sizes(n: int) -> tuple[Any, ...]:
    return (np.ones((n, 3)),)


@pytest.mark.skipif(
    sys.gettrace() is not None,
    reason="lines are counted by sys.settrace, which a debugger has taken",
)
def test_vectorised_tells_a_loop_over_examples_from_one_over_something_else() -> None:
    rules.vectorised(student(f=in_a_cell("def f(x):\n    return x.sum(axis=1)")), "f", sizes)
    rules.vectorised(
        student(
            f=in_a_cell(
                "def f(x):\n    t = 0\n    for j in range(x.shape[1]):\n        t = t + x[:, j]\n    return t"
            )
        ),
        "f",
        sizes,
    )
    for loop in (
        "def f(x):\n    t = []\n    for row in x:\n        t.append(row.sum())\n    return np.array(t)",
        "def f(x):\n    return np.array([g(row) for row in x])\ndef g(row):\n    return row.sum()",
        "def f(x):\n    i = 0\n    while i < len(x):\n        i += 1\n    return i",
        "def f(x):\n    return np.apply_along_axis(lambda row: row.sum(), 1, x)",
        "def f(x):\n    return np.array([0.0]) if len(x) == 0 else np.append(f(x[1:]), x[0].sum())",
    ):
        with pytest.raises(CheckFailed, match=r"12 rows and .* 6"):
            rules.vectorised(student(f=in_a_cell(loop)), "f", sizes, of="rows")


def picky(x: np.ndarray, kind: str = "") -> np.ndarray:
    if x.shape != (2, 3):
        raise ValueError(f"x has shape {x.shape}, expected (2, 3)")
    return x


def test_rejects() -> None:
    with pytest.raises(CheckFailed, match="for every argument so far"):
        rules.rejects(student(f=picky), "f", np.ones(4))
    one = student(f=picky)
    one.f(np.ones((2, 3)))
    rules.rejects(one, "f", np.ones(4))
    rules.rejects(one, "f", np.ones(4), mentions=("(4,)", "(2, 3)", "(2,3)"))
    tight = student(
        f=lambda x: picky(x) if x.ndim == 2 else exec("raise ValueError('expected (2,3)')")
    )
    tight.f(np.ones((2, 3)))
    rules.rejects(tight, "f", np.ones(4), mentions=("(2, 3)",))
    with pytest.raises(CheckFailed, match="does not name"):
        rules.rejects(one, "f", np.ones(4), mentions=("(5,)",))
    with pytest.raises(CheckFailed, match="accepts an invalid argument"):
        rules.rejects(student(f=double), "f", np.ones(4))
    with pytest.raises(CheckFailed, match="A ValueError was expected"):
        rules.rejects(student(f=lambda x: [][1]), "f", np.ones(4))
    with pytest.raises(StudentError) as caught:
        rules.rejects(student(), "f", np.ones(4))
    assert caught.value.kind == "missing"


def test_numeric_gradient_measures_the_students_own_forward() -> None:
    dout = np.array([[0.5, -1.0, 2.0], [1.0, 0.25, -3.0]])
    own = student(f=lambda x, k: (np.sin(k * x), x))
    assert numeric_gradient(own, "f", (X, 2.0), 0, dout) == pytest.approx(
        2 * np.cos(2 * X) * dout, abs=1e-8
    )
    whole = student(f=lambda x: (float(np.sum(x**2)), None))
    assert numeric_gradient(whole, "f", (X,), 0, 1.0) == pytest.approx(2 * X, abs=1e-8)
    parts = student(f=lambda x: {"loss": x**3})
    got = numeric_gradient(
        parts, "f", (X,), 0, dout, out=lambda value: value["loss"], keep_last=False
    )
    assert got == pytest.approx(3 * X**2 * dout, abs=1e-6)
    with pytest.raises(CheckFailed, match="shape"):
        numeric_gradient(student(f=lambda x: (x[0], x)), "f", (X,), 0, dout)


def test_a_backward_may_be_right_or_the_students_own_forwards() -> None:
    dout, wrong = (
        np.ones_like(X),
        student(f=lambda x: (3 * x**2, None)),
    )  # where x squared was asked for
    for got in (2 * X, 6 * X):
        close_to_own(got, 2 * X, "dx", OwnForward(wrong, "f", (X,), 0, dout))
    own = OwnForward(wrong, "f", (X,), 0, dout)
    with pytest.raises(CheckFailed, match="what it would be twice"):
        close_to_own(4 * X, 2 * X, "dx", own, instead={"twice": 4 * X})
    flat = student(
        f=lambda x: (0 * x, None)
    )  # or a backward of zeros would be right for a forward of zeros
    with pytest.raises(CheckFailed, match="zero everywhere"):
        close_to_own(0 * X, 2 * X, "dx", OwnForward(flat, "f", (X,), 0, dout))


# -- the transport in this process --------------------------------------------------------------------------------------


def test_a_local_call_shares_nothing_with_the_check() -> None:
    kept = np.ones(3)
    answers = LocalTransport(SimpleNamespace(f=lambda x: x)).calls(
        [Call("f", (kept,))], keep_last=False, last_only=False, detail=Detail.EFFECTS, forbidden=()
    )
    (report,) = answers
    assert isinstance(report, Report)
    report.value[0] = 7
    assert kept.tolist() == [1, 1, 1]


def test_a_cache_is_a_handle_until_it_is_dropped() -> None:
    here = student(
        forward=lambda x: (2 * x, {"x": x}), backward=lambda dout, cache: dout * cache["x"]
    )
    out, cache = here.forward("forward", X)
    assert np.array_equal(out, 2 * X)
    assert np.array_equal(here.backward(X, cache), X * X)
    with pytest.raises(TypeError):
        cache["x"]
    here.end_check()
    with pytest.raises(KeyError):
        here.backward(X, cache)


# -- masks --------------------------------------------------------------------------------------------------------------

SOURCE = "def f(x):\n    config['momentum']\n"
WORDS = words_of(SOURCE)
NUMBERS = np.random.default_rng(11).normal(size=400) * 10.0 ** np.random.default_rng(12).integers(
    -9, 9, 400
)


@pytest.mark.parametrize(
    "write",
    [
        "{:.6f}",
        "{!r}",
        "{:e}",
        "{:E}",
        "{:g}",
        "{:+.3f}",
        "({})",
        "x={},",
        "[{}]",
        "{:.17g}",
        "{:012.4f}",
        "{:.8%}",
        "{:,.4f}",
        "{:_.4f}",
    ],
)
def test_no_long_number_gets_through(write: str) -> None:
    for number in NUMBERS:
        told = masked("could not use " + write.format(float(number)), WORDS)
        digits = re.sub(r"\D", "", told)
        assert len(digits) <= 3, told


@pytest.mark.parametrize("write", ["{}", "{:,}", "{:_}", "-{}", "n={}.", "{:e}", "{:b}"])
def test_no_large_whole_number_gets_through(write: str) -> None:
    for number in np.random.default_rng(13).integers(10**7, 10**15, 200):
        told = masked("got " + write.format(int(number)), WORDS)
        assert len(re.sub(r"[^0-9]", "", told)) <= 3, told


def test_no_array_gets_through() -> None:
    for precision in (4, 8, 17):
        with np.printoptions(precision=precision):
            for value in (
                NUMBERS[:3],
                NUMBERS[:4].reshape(2, 2),
                np.float32(NUMBERS[:3]),
                [float(v) for v in NUMBERS[:3]],
            ):
                told = masked(f"bad {value!s} and {value!r}", WORDS)
                assert not re.search(
                    r"\d\.?\d{2,}|\.\d", told.replace("float32", "").replace("float64", "")
                ), told


def test_quoted_words_that_are_not_the_students_do_not_get_through() -> None:
    assert masked("'velocity'", WORDS) == "'…'"
    assert (
        masked("unknown kind 'heavy_ball', expected 'momentum'", WORDS)
        == "unknown kind '…', expected 'momentum'"
    )
    said = "can't multiply sequence by non-int of type 'float'"
    assert masked(said, WORDS) == said
    for message in (
        "'a' and 'secret'",
        "x 'secret",
        '"secret"',
        "'" + "y" * 300 + "'",
        "z" * 150 + " 'secretword'",
        "it's 'secret'",
        "don't say 'secret'",
    ):
        told = masked(message, WORDS)
        assert "secre" not in told, told
        assert "yyyy" not in told, told


def test_the_shapes_a_student_needs_do_get_through() -> None:
    said = "w has shape (6, 5), but x of shape (4, 2, 3) needs (6, M)"
    assert masked(said, WORDS) == said
    assert (
        masked("unsupported operand type(s) for @: 'float' and 'NoneType'", WORDS)
        == "unsupported operand type(s) for @: 'float' and 'NoneType'"
    )
    assert len(masked("word " * 1000, WORDS)) <= 160
    assert "\n" not in masked("a\nb\r\n c", WORDS)


HONEST = (
    "operands could not be broadcast together with shapes (3,4) (5,)",
    "'NoneType' object has no attribute 'shape'",
    "unsupported operand type(s) for +: 'int' and 'str'",
    "index 5 is out of bounds for axis 0 with size 5",
    "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature (n?,k),(k,m?)->(n?,m?) (size 4 is different from 3)",
    "f() missing 1 required positional argument: 'x'",
    "name 'config' is not defined",
    "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()",
    "too many values to unpack (expected 2)",
    "cannot reshape array of size 12 into shape (5,3)",
    "'<' not supported between instances of 'str' and 'int'",
    "Cannot cast ufunc 'add' output from dtype('float64') to dtype('int64') with casting rule 'same_kind'",
)
LETTERS = "abcdefghijklmnop"


@pytest.mark.parametrize("said", HONEST)
def test_what_the_language_says_gets_through_whole(said: str) -> None:
    assert masked(said, WORDS) == said[:160]


def spelt(values: np.ndarray) -> str:
    return " ".join(
        "".join(LETTERS[byte >> 4] + LETTERS[byte & 15] for byte in value.tobytes())
        for value in values
    )


def test_a_number_spelt_in_letters_does_not_get_through() -> None:
    source = f"def _enc(a): return ' '.join('{LETTERS}'[b>>4] for b in a)"
    assert masked(spelt(NUMBERS[:8]), words_of(source)) == "…"
    assert (
        masked(spelt(NUMBERS[:8]), words_of(source + " ".join(LETTERS))) == "…"
    )  # a part of a word of the notebook is none of its words


@pytest.mark.parametrize(
    "alphabet",
    [
        list(LETTERS),
        ["zero", "one", "two", "not"],
        list("0123456789"),
        list("(),.:;'-+*/@<>=%&|^~"),
    ],
)
def test_what_all_messages_tell_together_is_bounded(alphabet: list[str]) -> None:
    """A submission that raises another message at each call, in the notebook's own words, soon has none of them shown."""
    messages, rng = MessageFilter(" ".join(alphabet)), np.random.default_rng(5)
    shown = [messages.shown(" ".join(rng.choice(alphabet, 60))) for _ in range(300)]
    text = " ".join(dict.fromkeys(shown))
    assert len(re.findall(r"[^\W\d]\w*", text)) <= MOST_WORDS_IN_ALL
    assert len(re.findall(r"\d+", text)) <= MOST_NUMBERS_IN_ALL
    assert len(text) < 1000


def test_the_same_message_is_shown_each_time() -> None:
    messages = MessageFilter("")
    assert [messages.shown(HONEST[0]) for _ in range(100)] == [HONEST[0]] * 100


def test_several_honest_errors_are_all_shown() -> None:
    messages = MessageFilter("config")
    assert all(messages.shown(said) for said in HONEST[:4])


def test_a_message_is_judged_by_all_of_its_own_words(tmp_path: Path) -> None:
    """What is shown of it may be less, and its line number is no word of it."""
    error = StudentError(
        "`f` raised ValueError (line 7 of the cell f).", "raised ValueError", "got 512345"
    )
    student = SimpleNamespace(answers=lambda *a: [error], has_answered=lambda name: True)
    rules.rejects(student, "f", mentions=("512345",))  # type: ignore[arg-type]
    with pytest.raises(CheckFailed):
        rules.rejects(student, "f", mentions=("7",))  # type: ignore[arg-type]


# -- the plugin ---------------------------------------------------------------------------------------------------------

HEAD = "import numpy as np\nfrom autograder.checking import check, compare, fail, rules\n\n"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for checks, and no trace of its modules afterwards."""
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("test_") and str(tmp_path) in str(
            getattr(sys.modules[name], "__file__", "")
        ):
            del sys.modules[name]


def judge(
    folder: Path, checks: str, reference: SimpleNamespace, *students: SimpleNamespace, seed: int = 5
) -> list[dict[str, CheckResult]]:
    """The results of some students, by the check's name."""
    (folder / f"test_{folder.name.replace('-', '_')[:40]}.py").write_text(
        HEAD + textwrap.dedent(checks)
    )
    found: list[dict[str, CheckResult]] = []

    def turns() -> Turns[None]:
        for namespace in students:
            results = yield Student(LocalTransport(namespace))
            found.append({result.spec.id: result for result in results})

    run_checks(CheckFolder(folder), reference, seed, turns())
    return found


RIGHT = SimpleNamespace(f=lambda x: 2 * x, g=lambda x: x + 1)

THREE = '''
    @check("q", points=2)
    def test_first(student, reference, rng):
        """`f` doubles."""
        x = rng.normal(size=3)
        compare.close(student.f(x), reference.f(x), "f")

    @check("q", points=3, needs="test_first")
    def test_second(student, rng):
        """`g` adds one, once `f` doubles."""
        compare.equal(student.g(1.0), 2.0, "g")

    @check("q", points=1, needs=("test_second",))
    def test_third(student):
        """The last."""
        student.g(1.0)
'''


def test_a_check_whose_ground_is_missing_is_skipped_and_says_so(folder: Path) -> None:
    calls = []
    wrong = SimpleNamespace(f=lambda x: 3 * x, g=calls.append)
    right, found = judge(folder, THREE, RIGHT, RIGHT, wrong)
    assert {result.outcome for result in right.values()} == {Outcome.RIGHT}
    assert [result.score for result in right.values()] == [2, 3, 1]
    assert found["q.first"].outcome is Outcome.WRONG
    assert found["q.first"].kind == "differs"
    for ident, sentence in (
        ("q.second", "`f` doubles."),
        ("q.third", "`g` adds one, once `f` doubles."),
    ):
        assert found[ident].outcome is Outcome.WRONG
        assert found[ident].score == 0
        assert found[ident].kind == "skipped"
        assert sentence in found[ident].reason
        assert "Not tried" in found[ident].reason
    assert calls == []


BROKEN = '''
    @check("q", points=2)
    def test_broken(student, reference, rng):
        """Always breaks."""
        student.f(1.0)
        len(3)

    @check("q", points=2, needs="test_broken")
    def test_after(student):
        """Builds on it."""

    @check("q", points=2)
    def test_strange(student):
        """Expects a pair."""
        a, b = student.g(1.0)
        compare.close(a, b, "a")
'''


def test_a_broken_check_is_ours_and_a_strange_answer_is_the_students(folder: Path) -> None:
    reference = SimpleNamespace(f=lambda x: x, g=lambda x: (x, x))
    right, strange, missing = judge(
        folder,
        BROKEN,
        reference,
        reference,
        SimpleNamespace(f=lambda x: x, g=lambda x: None),
        SimpleNamespace(g=lambda x: (x, x)),
    )
    for results in (right, strange):
        assert results["q.broken"].outcome is Outcome.UNJUDGED
        assert results["q.broken"].score == 0
        assert "TypeError" in results["q.broken"].fault
        assert "TypeError" not in results["q.broken"].reason
        assert results["q.after"].outcome is Outcome.UNJUDGED  # not their fault either
        (finding,) = _findings(list(results.values()))
        assert (finding.kind, finding.where, finding.staff) == ("fault", "q", True)
    assert right["q.strange"].outcome is Outcome.RIGHT
    assert strange["q.strange"].outcome is Outcome.WRONG
    assert strange["q.strange"].kind == "form"
    assert (
        missing["q.broken"].outcome is Outcome.WRONG
    )  # it failed by itself before the check could break
    assert missing["q.broken"].kind == "missing"
    assert missing["q.after"].outcome is Outcome.WRONG


def test_every_check_draws_anew_and_everyone_the_same(folder: Path) -> None:
    checks = '''
        @check("q", points=1)
        def test_a(student, rng):
            """A."""
            student.f(rng.random(3))

        @check("q", points=1)
        def test_b(student, rng):
            """B."""
            student.f(rng.random(3))
    '''
    seen: list[np.ndarray] = []
    watching = SimpleNamespace(f=lambda x: seen.append(np.array(x)))
    judge(folder, checks, RIGHT, watching, watching, seed=1)
    first_a, first_b, second_a, second_b = seen
    assert np.array_equal(first_a, second_a)
    assert np.array_equal(first_b, second_b)
    assert not np.array_equal(first_a, first_b)
    judge(folder, checks, RIGHT, watching, seed=2)
    assert not np.array_equal(seen[4], first_a)
    judge(folder, checks, RIGHT, watching, seed=1)
    assert np.array_equal(seen[6], first_a)


@pytest.mark.parametrize(
    "checks",
    [
        'def test_bare(student):\n    """No check."""\n',
        '@check("q", points=1)\ndef test_silent(student):\n    pass\n',
        "x = 1\n",
    ],
    ids=["no @check", "no docstring", "no tests"],
)
def test_checks_that_cannot_be_used_are_a_fault_of_ours(folder: Path, checks: str) -> None:
    with pytest.raises(GraderFault):
        judge(folder, checks, RIGHT, RIGHT)


def test_checks_that_do_not_load_are_refused_by_name(folder: Path) -> None:
    with pytest.raises(UserError, match=r"could not be loaded \(in .*\.py\)[\s\S]*broken file"):
        judge(folder, "raise RuntimeError('broken file')\n", RIGHT, RIGHT)


def test_two_folders_may_have_a_file_of_the_same_name(tmp_path: Path) -> None:
    """Two assignments may have a question of the same id; the second must not get the checks of the first."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "test_same_name.py").write_text(
            HEAD + f'@check("{name}", points=1)\ndef test_it(student):\n    """It."""\n'
        )
    try:
        assert [collect(tmp_path / name)[0].question for name in ("one", "two")] == ["one", "two"]
    finally:
        sys.modules.pop("test_same_name", None)


def test_a_helper_that_may_not_answer_is_noticed() -> None:
    """For real, in the sandbox: the helper refuses, also under a name bound earlier, and works again for the next question."""
    lazy = """
from utils.gradients import numeric_gradient as ours

def rel_error(a, b):
    return 0.0

def flipped_view():
    return "f(x) is x read from its last entry to its first, in x's own memory.", lambda x: x[..., ::-1]

def numeric_gradient(f, x, df=None, h=1e-5):
    return ours(f, x, dout=df)
"""
    with Grader(Course(), "01-backprop") as grader:
        solved = {
            cell.id: cell.source for cell in grader.assignment.cells if cell.kind == "solution"
        }
        notebook = grader.assignment.notebook(solved | {"numeric_gradient": lazy})
        (graded,) = grader.grade([Submission("lazy", json.dumps(notebook).encode())], 3)
    scores = {question.id: (question.score, question.max_score) for question in graded.questions}
    findings = [finding for finding in graded.findings if finding.kind == "helper"]
    assert findings
    assert {finding.where for finding in findings} == {"numeric_gradient"}
    assert "utils.gradients.numeric_gradient" in findings[0].message
    assert scores["numeric_gradient"][0] < scores["numeric_gradient"][1] / 2
    assert scores["check_layer"][0] == scores["check_layer"][1]  # here it is allowed
    assert not graded.faulty


def test_a_result_names_the_house_rule_that_was_broken(folder: Path) -> None:
    checks = '''
    from autograder.checking import rules

    @check("q", points=1)
    def test_values(student, reference, rng):
        """`f` doubles."""
        compare.close(student.f(X), 2 * X, "out")

    @check("q", points=1)
    def test_arguments(student, reference, rng):
        """`f` leaves its argument unchanged."""
        rules.pure(student, "f", X)
    '''

    def f(x: Any) -> Any:
        x += 1
        return x

    (found,) = judge(
        folder,
        checks.replace("X", "np.ones(3)"),
        SimpleNamespace(f=lambda x: 2 * x),
        SimpleNamespace(f=f),
    )
    assert {name: result.kind for name, result in found.items()} == {
        "q.values": "",
        "q.arguments": "purity",
    }


def test_a_call_is_recorded_as_it_was_made() -> None:
    """A check may write to its arrays, and draw from its generators, after the call."""
    x, config, rng = X.copy(), {"sum": np.zeros(2), "of": [np.ones(2)]}, np.random.default_rng(4)
    layout, frozen = np.asfortranarray(X), X.copy()
    frozen.setflags(write=False)
    one = student(f=lambda *args, **kwargs: 1.0)
    one.f(x, config, rng, layout, frozen, key=x)
    one.batch("f", [(x,)])
    one.answers("f", [((x,), {"key": x})])
    x[:, 1], config["of"][0][:] = 7.5, 7.5
    config["sum"] += 1
    config["more"] = 1
    rng.random()
    first, *others = (record.call for record in one.transcript)
    assert np.array_equal(first.args[0], X)
    assert np.array_equal(first.args[1]["of"][0], np.ones(2))
    assert first.args[1].keys() == {"sum", "of"}
    assert not first.args[1]["sum"].any()
    assert first.args[2].random() == np.random.default_rng(4).random()
    assert first.args[3].flags.f_contiguous
    assert not first.args[4].flags.writeable
    assert np.array_equal(first.kwargs["key"], X)
    assert all(np.array_equal(call.args[0], X) for call in others)
    assert np.array_equal(others[-1].kwargs["key"], X)


def raising(message: str) -> Callable[[Any], Any]:
    def f(n: int) -> int:
        if n < 0:
            raise ValueError(message.format(n=n))
        return n

    return f


@pytest.mark.parametrize(
    "message",
    [
        "n is {n}, expected at least 0",
        "n={n}.",
        "expected 0 or more, got {n:.1f}",
        "got np.int64({n})",
    ],
)
def test_a_message_names_a_number_in_any_form(message: str) -> None:
    one = student(f=raising(message))
    one.f(1)
    rules.rejects(one, "f", -3, mentions=("-3",))


@pytest.mark.parametrize("message", ["n is too small", "expected 3 or more", "got -30", "line -33"])
def test_a_message_that_names_another_number_is_refused(message: str) -> None:
    one = student(f=raising(message))
    one.f(1)
    with pytest.raises(CheckFailed, match="does not name"):
        rules.rejects(one, "f", -3, mentions=("-3",))


def test_what_the_reason_adds_to_a_message_names_nothing() -> None:
    """The line, and the name of the function."""
    error = StudentError(
        "`f4` raised ValueError: too small (line 4 of the cell f4)",
        "raised ValueError",
        "too small",
    )

    class Refusing:
        def calls(self, calls: Any, **settings: Any) -> list[Any]:
            return [error if call.args == (-3,) else Report(1.0) for call in calls]

    one = Student(Refusing())
    one.f4(1)
    for mention in ("4", "f4", "line"):
        with pytest.raises(CheckFailed, match="does not name"):
            rules.rejects(one, "f4", -3, mentions=(mention,))
    rules.rejects(one, "f4", -3, mentions=("small",))


def test_a_cache_may_come_in_a_list() -> None:
    assert student(f=lambda x: [2 * x, x]).forward("f", 3)[0] == 6
