"""Figures of the note on arrays."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from utils.plotting import PALETTE, style

BLUE, VERMILION, GREEN = PALETTE[:3]


def _grid(ax: Axes, values: np.ndarray, left: float, title: str, color: str, real: int) -> None:
    """Draw a matrix as a grid of numbers; boxes after the first `real` ones are pale.

    Args:
        values: the numbers, shape (rows, columns).
        left: where the grid begins.
        real: how many boxes have memory of their own: rows · columns, rows, or columns.
    """
    rows, columns = values.shape
    for (row, column), value in np.ndenumerate(values):
        stored = (
            real == values.size or (real == rows and column == 0) or (real == columns and row == 0)
        )
        box = plt.Rectangle(
            (left + column, -row - 1),
            1,
            1,
            facecolor=color if stored else "white",
            edgecolor=color,
            alpha=0.3 if stored else 0.6,
            linestyle="-" if stored else ":",
        )
        ax.add_patch(box)
        words = {"ha": "center", "va": "center", "color": "black" if stored else "0.55"}
        ax.text(left + column + 0.5, -row - 0.5, f"{value:g}", **words)
    ax.text(left + columns / 2, 0.35, title, ha="center", color=color)


@style()
def broadcasting() -> Figure:
    """Three grids of 4 rows and 3 columns: a column of shape (4, 1), whose numbers 0, 10, 20, 30 are repeated to the right; plus a row of shape
    (3,), whose numbers 1, 2, 3 are repeated downwards; is their sum, of shape (4, 3), from 1 to 33. Repeated numbers are pale: they take no
    memory."""
    column, row = np.array([[0.0], [10.0], [20.0], [30.0]]), np.array([1.0, 2.0, 3.0])
    fig, ax = plt.subplots(figsize=(7.6, 3.0))
    _grid(ax, np.broadcast_to(column, (4, 3)), 0.0, "shape (4, 1)", BLUE, 4)
    _grid(ax, np.broadcast_to(row, (4, 3)), 4.5, "shape (3,)", VERMILION, 3)
    _grid(ax, column + row, 9.0, "shape (4, 3)", GREEN, 12)
    for place, sign in ((3.75, "+"), (8.25, "=")):
        ax.text(place, -2.0, sign, ha="center", va="center", fontsize=18)
    ax.set(xlim=(-0.3, 12.3), ylim=(-4.3, 1.0), aspect="equal")
    ax.set_axis_off()
    return fig
