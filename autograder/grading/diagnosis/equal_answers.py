"""Whether two answers to one call are the same, value for value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ...checking.student import RecordedCall
from ...checking.transport import Answer, Report
from ...core.errors import StudentError
from ...sandbox.wire import Handle

# far above what another processor rounds otherwise, far below what a mistake changes
RTOL, RTOL_32, ATOL = 1e-7, 1e-4, 1e-10


NONE = object()  # in place of a summary, where there is none


def same(
    record: RecordedCall, ours: Answer, theirs: Answer, summaries: tuple[Any, Any], strict: bool
) -> bool:
    """Return whether two answers to a call agree: both the same kind of error, or values within a
    tolerance.

    Args:
        record: the call.
        ours, theirs: the answers; theirs is trusted.
        summaries: what of their values does not depend on chance; `NONE` is like no other.
        strict: whether dtypes, the order of keys and what became of the arguments count as well.
    """
    if isinstance(ours, StudentError) or isinstance(theirs, StudentError):
        return (
            isinstance(ours, StudentError)
            and isinstance(theirs, StudentError)
            and ours.kind == theirs.kind
        )
    if any(summary is NONE for summary in summaries):
        return False
    try:
        alike = equal(*summaries, strict)
    except Exception:  # of an object that compares in a way of its own
        return False
    if not alike:
        return False
    if not (strict and record.full):
        return True
    return (
        _left_alike(ours, theirs)
        and bool(ours.warnings) == bool(theirs.warnings)
        and ours.touched_random == theirs.touched_random
    )


def tells(answer: Answer) -> bool:
    """Return whether an answer is more than an error or a nan, in which many different mistakes
    end.
    """
    return isinstance(answer, Report) and _has_finite(answer.value)


def equal(a: Any, b: Any, strict: bool) -> bool:
    """Return whether two values agree, arrays within a tolerance."""
    if isinstance(a, Handle) or isinstance(b, Handle):
        return isinstance(a, Handle) and isinstance(b, Handle)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        if strict and list(a) != list(b):  # the order of a dictionary may be the mistake
            return False
        return a.keys() == b.keys() and all(
            equal(value, b[key], strict) for key, value in a.items()
        )
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(equal(x, y, strict) for x, y in zip(a, b, strict=True))
    if isinstance(a, (np.ndarray, np.generic, float, int)) and isinstance(
        b, (np.ndarray, np.generic, float, int)
    ):
        return _equal_arrays(np.asarray(a), np.asarray(b), strict)
    if callable(a) or callable(b):
        return callable(a) and callable(b)
    return type(a) is type(b) and bool(a == b)


def _equal_arrays(x: np.ndarray, y: np.ndarray, strict: bool) -> bool:
    if x.shape != y.shape or (
        strict and x.dtype.kind + str(x.dtype.itemsize) != y.dtype.kind + str(y.dtype.itemsize)
    ):
        return False
    if x.dtype.kind not in "biufc" or y.dtype.kind not in "biufc":
        return False
    # the usual case; allclose takes ten times longer
    if x.dtype == y.dtype and x.tobytes() == y.tobytes():
        return True
    tolerance = RTOL_32 if "4" in (str(x.dtype.itemsize), str(y.dtype.itemsize)) else RTOL
    return bool(np.allclose(x, y, rtol=tolerance, atol=ATOL, equal_nan=True))


def _has_finite(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_finite, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_has_finite, value))
    if isinstance(value, (np.ndarray, np.generic, float, int)):
        array = np.asarray(value)
        return array.dtype.kind in "biu" or (
            array.dtype.kind in "fc" and bool(np.isfinite(array).any())
        )
    return isinstance(value, (str, bytes))


def _left_alike(ours: Report, theirs: Report) -> bool:
    pairs: Iterator[tuple[Any, Any]] = zip(ours.args, theirs.args, strict=False)
    alike = all(equal(a, b, True) for a, b in pairs if not _opaque(b))
    return alike and all(
        equal(ours.kwargs.get(key), value, True)
        for key, value in theirs.kwargs.items()
        if not _opaque(value)
    )


def _opaque(value: Any) -> bool:
    return (
        callable(value)
        or isinstance(value, (Handle, np.random.Generator))
        or not isinstance(value, (np.ndarray, list, tuple, dict, int, float, str, type(None)))
    )
