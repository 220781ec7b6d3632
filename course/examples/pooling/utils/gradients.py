"""A gradient measured instead of derived, to hold the derived ones against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

NUDGE = 1e-5


def numeric_gradient(
    f: Callable[[Any], Any], x: ArrayLike, *, dout: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return the gradient of sum(f(x) * dout) with respect to x, measured by central differences.

    dx[i] = sum((f(x + h e_i) - f(x - h e_i)) * dout) / 2h, with h = 1e-5 and the i-th unit vector e_i.

    Args:
        f: the function; each call gets an array of its own.
        x: where to measure, any shape; it is taken as float64 and stays as it is.
        dout: weights of the entries of f(x), of its shape; not needed where f(x) is a single number.

    Raises:
        ValueError: dout has another shape than f(x), or is missing where f(x) is an array.
    """
    centre = np.array(x, dtype=np.float64)
    shape = np.shape(f(centre.copy()))
    if dout is None and shape != ():
        raise ValueError(
            f"dout is missing: f(x) has shape {shape}, so each of its entries needs a weight"
        )
    weights = np.array(1.0 if dout is None else dout, dtype=np.float64)
    if weights.shape != shape:
        raise ValueError(f"dout has shape {weights.shape}, but f(x) has shape {shape}")
    steps = NUDGE * np.eye(centre.size).reshape(
        centre.size, *centre.shape
    )  # one entry moves in each
    slopes = [
        np.sum((np.array(f(centre + step), np.float64) - f(centre - step)) * weights) / (2 * NUDGE)
        for step in steps
    ]
    return np.array(slopes).reshape(centre.shape)
