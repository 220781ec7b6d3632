"""A data set in three parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Split:
    """One data set in three parts: to learn from, to choose by, and to report.

    Attributes:
        x_train, x_dev, x_test: (N, D) float64, examples in rows; or pictures (N, H, W, C) float32.
        y_train, y_dev, y_test: (N,) int64 labels from 0, or float64 targets.
    """

    x_train: Array
    y_train: Array
    x_dev: Array
    y_dev: Array
    x_test: Array
    y_test: Array
