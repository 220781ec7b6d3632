"""Say in words how an answer differs from the right one, without giving the right one away."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOOR = 1e-12  # below this size, a relative error no longer means anything


def difference(got: Any, want: Any, rtol: float = 1e-6, atol: float = 1e-9) -> str | None:
    """Return None if `got` is close to `want`, else what is wrong with it as the end of a
    sentence ("dw ...").

    Entries are close if |got - want| <= max(atol, rtol max(|got|, |want|)). No expected value is
    ever named: only types, shapes, ratios, and relative errors |got - want| / max(|got|, |want|).
    """
    want = np.asarray(want)
    if got is None:
        return "is None: is a `return` missing?"
    if isinstance(got, (list, tuple, dict)):
        return f"is a {type(got).__name__}, expected {_noun(want)}"
    if not isinstance(got, (np.ndarray, np.generic, bool, int, float)):
        return f"is of type {type(got).__name__}, expected {_noun(want)}"
    got = np.asarray(got)
    if got.dtype.kind not in "biuf":
        return f"has dtype {got.dtype}, expected numbers"
    if (got.dtype.kind == "b") != (want.dtype.kind == "b"):
        kinds = "True and False", "numbers"
        return "holds {}, expected {}".format(*(kinds if got.dtype.kind == "b" else kinds[::-1]))
    a, b = got.astype(np.float64), want.astype(np.float64)
    if a.shape != b.shape:
        expected = f"{b.shape}" if b.ndim else "a single number"
        turned = a.ndim == 2 and a.T.shape == b.shape and _close(a.T, b, rtol, atol).all()
        return f"has shape {a.shape}, expected {expected}" + (
            ": it is transposed" if turned else ""
        )
    good = _close(a, b, rtol, atol)
    if good.all():
        return None
    for word, test in (("nan", np.isnan), ("inf", np.isinf)):
        if (test(a) & ~test(b)).any():
            return f"holds {word}" if a.ndim else f"is {word}"
    if not np.isfinite(a).all() or not np.isfinite(b).all():
        return (
            "is finite where it should not be"
            if np.isfinite(a).all()
            else "is not right where it is not finite"
        )
    return _pattern(a, b, rtol, atol) or _worst(a, b, good)


def _noun(want: NDArray[Any]) -> str:
    return "an array" if want.ndim else "a single number"


def _close(
    a: NDArray[np.float64], b: NDArray[np.float64], rtol: float, atol: float
) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(a - b) <= np.maximum(atol, rtol * np.maximum(np.abs(a), np.abs(b)))
    finite = np.isfinite(a) & np.isfinite(b)
    return np.asarray((finite & near) | (a == b) | (np.isnan(a) & np.isnan(b)))


def _pattern(
    a: NDArray[np.float64], b: NDArray[np.float64], rtol: float, atol: float
) -> str | None:
    """Name the mistakes which leave a pattern: all zero, sign flipped, a constant
    factor, transposed.
    """
    one = a.ndim == 0
    if not a.any():
        return "is zero" if one else "is zero everywhere"
    top = int(np.argmax(np.abs(b))) if b.size else 0
    if not b.any():
        return None
    ratio = float(a.flat[top] / b.flat[top])
    tight = max(rtol, 1e-6)
    if (
        np.isfinite(ratio)
        and ratio != 0
        and _close(a, ratio * b, tight, atol * max(abs(ratio), 1.0)).all()
    ):
        if abs(ratio + 1) < tight:
            return "has its sign flipped"
        # For few significant numbers any ratio is constant: then only a simple one means something.
        shown = f"{ratio:.4g}"
        simple = min(abs(r - round(r)) for r in (ratio, 1 / ratio)) < tight * max(
            abs(ratio), 1 / abs(ratio)
        )
        if shown not in ("1", "-1", "0") and (
            simple or np.count_nonzero(np.abs(b) > max(atol, FLOOR)) > 2
        ):
            if one:
                return f"is {shown} times what it should be"
            return f"is in every entry {shown} times what it should be"
    if a.ndim == 2 and a.shape[0] == a.shape[1] and _close(a.T, b, rtol, atol).all():
        return "is transposed"
    return None


def _worst(a: NDArray[np.float64], b: NDArray[np.float64], good: NDArray[np.bool_]) -> str:
    size = np.maximum(np.maximum(np.abs(a), np.abs(b)), FLOOR)
    error = np.where(good, 0.0, np.abs(a / size - b / size))
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(error)), error.shape))
    if not index:
        return f"is off by a relative error of {float(error):.1e}"
    place = index if len(index) > 1 else f"[{index[0]}]"
    wrong = int((~good).sum())
    many = "every entry differs" if wrong == a.size else f"{wrong} of {a.size} entries differ"
    return f"is not right: {many}, worst relative error {error[index]:.1e} at index {place}"
