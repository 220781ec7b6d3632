"""Gradients measured in place: f may look at the very array that is nudged. For tests; students do not get it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def numeric_gradient(
    f: Callable[[Any], Any], x: ArrayLike, df: ArrayLike | None = None, h: float = 1e-5
) -> NDArray[Any]:
    """Return the gradient of sum(f(x) * df) with respect to x by central differences.

    dx[i] = sum((f(x + h e_i) - f(x - h e_i)) * df) / 2h.
    A float64 array is nudged in place and put back to the bit, so an f that looks at the same array by another
    name works too; anything else is copied to float64 first.
    """
    given = np.asarray(x)
    in_place = given.dtype == np.float64 and given.flags.writeable
    point = given if in_place else given.astype(np.float64)
    weight = 1.0 if df is None else np.asarray(df, dtype=np.float64)
    gradient = np.zeros(given.shape, np.float64)
    for index in np.ndindex(point.shape):
        before = point[index]
        try:
            point[index] = before + h
            above = np.array(
                f(point), dtype=np.float64
            )  # np.array copies: f may return a view of x
            point[index] = before - h
            below = np.array(f(point), dtype=np.float64)
        finally:
            point[index] = before
        if df is not None and np.shape(weight) != above.shape:
            raise ValueError(f"df has shape {np.shape(weight)}, but f(x) has shape {above.shape}")
        gradient[index] = np.sum((above - below) * weight) / (2 * h)
    return gradient.astype(given.dtype if given.dtype.kind == "f" else np.float64)


def rel_error(a: ArrayLike, b: ArrayLike, floor: float = 1e-8) -> float:
    """Return the largest |a - b| / max(|a|, |b|, floor) over all entries."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"a has shape {a.shape}, but b has shape {b.shape}")
    size = np.maximum(np.maximum(np.abs(a), np.abs(b)), floor)
    return float(np.max(np.abs(a - b) / size, initial=0.0))
