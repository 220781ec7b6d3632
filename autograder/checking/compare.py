"""What hidden checks compare with: each raises `CheckFailed` with a reason that shows no hidden
input and no expected value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from ..core.errors import CheckFailed, FailureKind
from ..core.sentences import about
from .difference import difference

MOST_CAUSES = 2  # known mistakes that one value may fit and still name
FACTOR_RTOL = 1e-4  # within which answers are off by the same factor
LEAST_FACTOR = 1e-3  # a factor nearer to 1 is none


def fail(reason: str, hint: str = "") -> NoReturn:
    """End the check as wrong.

    Args:
        reason: what is wrong, as a sentence for the student; no hidden input and no expected value.
        hint: where to look, as a second sentence; nothing if empty.

    Raises:
        CheckFailed: always.
    """
    raise CheckFailed(reason, hint)


def cause(reason: str, hint: str = "") -> NoReturn:
    """End the check as wrong where the reason says what the mistake is, and not only what differs.

    Args:
        reason: the mistake, as a sentence for the student.
        hint: where to look, as a second sentence; nothing if empty.

    Raises:
        CheckFailed: always.
    """
    raise CheckFailed(reason, hint, FailureKind.CAUSE)


def require(condition: Any, reason: str, hint: str = "") -> None:
    """Fail unless a condition holds.

    Args:
        condition: anything with a truth value.
        reason: what is wrong, as a sentence for the student.
        hint: where to look, as a second sentence; nothing if empty.

    Raises:
        CheckFailed: the condition does not hold.
    """
    if not condition:
        fail(reason, hint)


def close(  # noqa: PLR0913  options by name, each with a default
    got: Any,
    want: Any,
    name: str,
    *,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    hint: str = "",
    instead: Mapping[str, Any] | None = None,
) -> None:
    """Fail unless an array or number is close to another, entry by entry.

    Close is |got - want| <= max(atol, rtol max(|got|, |want|)).

    Args:
        got: from the student; anything.
        want: an array or a number.
        name: what it is called in the question, for the reason: code ("out") or a description
            ("the costs", "`dx` of a batch of one").
        rtol, atol: relative and absolute tolerance, at least 0.
        hint: where to look, as a second sentence; nothing if empty.
        instead: values that known mistakes would give, by words that complete "`out` is what it
            would be …"; one or two that `got` is close to name the cause, more of them nothing.

    Raises:
        CheckFailed: it is no array, or its shape or an entry is another.
    """
    wrong = difference(got, want, rtol=rtol, atol=atol)
    if wrong is None:
        return
    causes = [
        words
        for words, value in (instead or {}).items()
        if difference(got, value, rtol=rtol, atol=atol) is None
    ]
    if 0 < len(causes) <= MOST_CAUSES:
        cause(about(name, f"is what it would be {', or '.join(causes)}"), hint)
    fail(about(name, wrong), hint)


def shape(got: Any, want: Sequence[int], name: str, hint: str = "") -> None:
    """Fail unless a value is an array of a shape.

    Args:
        got: from the student; anything.
        want: the shape.
        name: what it is called in the question, for the reason.
        hint: where to look, as a second sentence; nothing if empty.

    Raises:
        CheckFailed: it is no array, or of another shape.
    """
    if not isinstance(got, (np.ndarray, np.generic)):
        fail(about(name, f"is {_kind(got)}, expected an array"), hint)
    if got.shape != tuple(want):
        fail(about(name, f"has shape {got.shape}, expected {tuple(want)}"), hint)


def equal(got: Any, want: Any, name: str, hint: str = "") -> None:
    """Fail unless a value is exactly another: numbers, strings, flags, whole arrays.

    A NumPy scalar equals the number it holds.

    Args:
        got: from the student; anything.
        want: a number, string, flag, None or array.
        name: what it is called in the question, for the reason.
        hint: where to look, as a second sentence; nothing if empty.

    Raises:
        CheckFailed: its type, shape or value is another.
    """
    if isinstance(want, np.ndarray) or isinstance(got, np.ndarray):
        shape(got, np.shape(want), name, hint)
        if not np.array_equal(got, want, equal_nan=np.asarray(want).dtype.kind in "fc"):
            wrong = int(np.sum(np.asarray(got != want)))
            said = f"is not exactly what it should be: {wrong} of {np.size(want)} entries differ"
            fail(about(name, said), hint)
        return
    plain = got.item() if isinstance(got, np.generic) else got
    if type(plain) is not type(want) and not (
        isinstance(plain, (int, float))
        and isinstance(want, (int, float))
        and isinstance(plain, bool) is isinstance(want, bool)
    ):
        fail(about(name, f"is {_kind(plain)}, expected {_kind(want)}"), hint)
    if plain != want:
        fail(about(name, "is not exactly what it should be"), hint)


def unpack(value: Any, count: int, names: str) -> tuple[Any, ...]:
    """Return the parts of a result that unpacks into `count` of them.

    That is a tuple, a list or an array of this length.

    Args:
        value: from the student; anything.
        count: how many parts are expected.
        names: which they are, for the reason: "loss, dw".

    Raises:
        CheckFailed: it does not unpack, or has another number of parts.
    """
    unpacks = isinstance(value, (tuple, list)) or (isinstance(value, np.ndarray) and value.ndim > 0)
    if not unpacks or len(value) != count:
        got = f"{len(value)} values" if unpacks else _kind(value)
        fail(f"returns {got}, expected {count}: {names}.")
    return tuple(value)


def keys(value: Any, names: Iterable[str], name: str) -> dict[str, Any]:
    """Return a dict that has exactly these keys.

    Args:
        value: from the student; anything.
        names: the keys.
        name: what the dict is called in the question, for the reason.

    Raises:
        CheckFailed: it is no dict, or its keys are others.
    """
    wanted = set(names)
    if not isinstance(value, dict):
        fail(about(name, f"is {_kind(value)}, expected a dict"))
    if set(value) != wanted:
        missing = ", ".join(sorted(wanted - set(value)))
        more = len(set(value) - wanted)
        parts = [
            f"lacks {missing}" if missing else "",
            f"has {more} more than expected" if more else "",
        ]
        said = " and ".join(part for part in parts if part)
        fail(about(name, f"{said} (keys expected: {', '.join(sorted(wanted))})"))
    return dict(value)


def near_mean(  # noqa: PLR0913  options by name, each with a default
    samples: Any, mean: float, std_error: float, name: str, *, hint: str = "", errors: float = 5.0
) -> None:
    """Fail unless the mean of samples lies within a few standard errors of what it should be.

    For normal means, 5 are exceeded by chance once in 2 million, 6.2 once in 2 billion.

    Args:
        samples: an array of any shape.
        mean: what it should be.
        std_error: the standard deviation of the mean of so many samples, above 0.
        name: what the samples are called in the question, for the reason.
        hint: where to look, as a second sentence; nothing if empty.
        errors: how many standard errors are allowed.

    Raises:
        CheckFailed: the mean is farther away.
    """
    got = float(np.mean(samples))
    if not abs(got - mean) <= errors * std_error:
        far = abs(got - mean) / std_error
        said = f"is {far:.0f} standard errors away from where it should be on average"
        fail(about(name, said), hint)


def factor(pairs: Iterable[tuple[Any, Any]]) -> float:
    """Return the factor by which all answers are off, or 1 if there is no such factor.

    A check that multiplies what it expects by it leaves a constant factor to the check that judges
    the values, so that one mistake is paid for once. Take at least two pairs of different inputs:
    one number is always a multiple of another.

    Args:
        pairs: an answer from the student, which may be anything, and what it should be: a number or
            an array that is not zero everywhere.
    """
    found = [_factor(got, np.asarray(want, dtype=np.float64)) for got, want in pairs]
    first = found[0] if found else 1.0
    constant = all(abs(other - first) < FACTOR_RTOL * abs(first) for other in found)
    return first if constant and abs(first - 1) > LEAST_FACTOR else 1.0


def _factor(got: Any, want: np.ndarray) -> float:
    """Return which multiple of an array another one is, or nan."""
    if not isinstance(got, (np.ndarray, np.generic, int, float)):
        return float("nan")
    numbers = np.asarray(got)
    if numbers.shape != want.shape or numbers.dtype.kind not in "iuf":
        return float("nan")
    given = numbers.astype(np.float64)
    if not np.isfinite(given).all():
        return float("nan")
    off = float(np.sum(given * want) / np.sum(want**2))
    return off if np.allclose(given, off * want, rtol=FACTOR_RTOL, atol=1e-7) else float("nan")


def _kind(value: Any) -> str:
    if value is None:
        return "None"
    return {
        "bool": "True or False",
        "int": "a whole number",
        "float": "a number",
        "str": "a string",
    }.get(type(value).__name__, f"a value of type {type(value).__name__}")
