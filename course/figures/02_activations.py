"""Figures of the note on activation functions."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from utils.plotting import PALETTE, style

BLUE, VERMILION, GREEN, ORANGE, SKY = PALETTE[:5]
Array = NDArray[Any]


def family() -> Figure:
    """Six activation functions above, their slopes below. The slopes of sigmoid and tanh are bumps of height a quarter and one. ReLU, leaky
    ReLU and ELU have slope 1 to the right of 0; to the left 0, a tenth, and a slope that fades. Maxout with three pieces is a bowl of straight lines, its slope a staircase."""
    x = np.linspace(-4, 4, 801)
    sigmoid = 1 / (1 + np.exp(-x))
    pieces = np.array([[-0.9, -1.2], [0.15, 0.1], [1.1, -0.9]])  # slope and offset of each
    winner = (pieces[:, :1] * x + pieces[:, 1:]).argmax(axis=0)
    bend = np.exp(np.minimum(x, 0))
    curves: list[tuple[str, Array, Array]] = [
        ("sigmoid", sigmoid, sigmoid * (1 - sigmoid)),
        ("tanh", np.tanh(x), 1 - np.tanh(x) ** 2),
        ("ReLU", np.maximum(x, 0), np.where(x > 0, 1.0, 0.0)),
        ("leaky ReLU", np.where(x > 0, x, 0.1 * x), np.where(x > 0, 1.0, 0.1)),
        ("ELU", np.where(x > 0, x, bend - 1), bend),
        ("maxout, 3 pieces", pieces[winner, 0] * x + pieces[winner, 1], pieces[winner, 0]),
    ]
    with style():
        fig, axes = plt.subplots(2, 6, figsize=(11, 3.8), sharex=True, sharey="row")
    for (name, value, slope), above, below, color in zip(curves, *axes, PALETTE, strict=False):
        above.plot(x, value, color=color)
        above.set_title(name)
        jumps = np.flatnonzero(np.abs(np.diff(slope)) > 0.05) + 1
        for part_x, part in zip(np.split(x, jumps), np.split(slope, jumps), strict=True):
            below.plot(part_x, part, color=color)
        below.set(xlabel="x", xticks=(-4, 0, 4))
    axes[0, 0].set(ylabel="value", ylim=(-1.4, 3.4))
    axes[1, 0].set(ylabel="slope", ylim=(-1.1, 1.3))
    return fig


def _descend(inputs: Array, wanted: Array, learning_rate: float, steps: int) -> Array:
    """The path of a linear unit's two weights, one example a step."""
    w = np.zeros(2)
    path = [w]
    for h in inputs[:steps]:
        w = w - learning_rate * (h @ w - h @ wanted) * h
        path.append(w)
    return np.array(path)


def zigzag() -> Figure:
    """Paths of two weights from the origin towards a point down to the right, one example a step. Where all inputs are positive each step leads up to
    the right or down to the left, and the path saws its way; with inputs of both signs it takes any direction and gets there in a few steps."""
    rng = np.random.default_rng(10)
    inputs, wanted = rng.uniform(0, 1, size=(60, 2)), np.array([1.0, -1.0])
    cases = (
        ("inputs from 0 to 1", inputs, 1.3, BLUE),
        ("the same inputs, moved to −1 to 1", 2 * inputs - 1, 0.5, VERMILION),
    )
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(9, 3.8), sharex=True, sharey=True)
    for ax, (name, h, learning_rate, color) in zip(axes, cases, strict=True):
        path = _descend(h, wanted, learning_rate, 30)
        ax.plot(*path.T, "-o", color=color, markersize=3, linewidth=1.2)
        ax.plot(0, 0, "s", color=PALETTE[6])
        ax.annotate("start", (0, 0), xytext=(-8, 4), textcoords="offset points", ha="right")
        ax.plot(*wanted, "*", color=GREEN, markersize=13)
        ax.annotate("wanted", wanted, xytext=(8, -12), textcoords="offset points")
        ax.set(title=name, xlabel=r"$w_1$", aspect="equal", xlim=(-0.7, 1.7), ylim=(-1.3, 0.5))
    axes[0].set_ylabel(r"$w_2$")
    return fig


def dying() -> Figure:
    """One ReLU unit and nine inputs on a line, before and after a step that was too long. Before, five of the inputs lie where the unit is positive and has a
    slope. After, the weighted sum is negative for all nine, every output is 0, and so is every slope."""
    x = np.linspace(-2, 2, 9)
    grid = np.linspace(-2.4, 2.4, 200)
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True)
    for ax, (title, w, b) in zip(
        axes, (("before the step", 0.8, 0.3), ("after it", 0.5, -1.6)), strict=True
    ):
        z = w * x + b
        ax.plot(grid, w * grid + b, "--", color="0.6", linewidth=1.2, label="weighted sum wx + b")
        ax.plot(grid, np.maximum(w * grid + b, 0), color=GREEN, label="ReLU")
        alive = z > 0
        if alive.any():
            ax.plot(x[alive], z[alive], "o", color=BLUE, label="examples with slope 1")
        ax.plot(
            x[~alive],
            0 * x[~alive],
            "o",
            color=VERMILION,
            markerfacecolor="white",
            label="examples with slope 0",
        )
        ax.set(
            title=f"{title}: {alive.sum()} of {len(x)} examples pass a gradient",
            xlabel="x",
            ylim=(-3, 2.6),
        )
        ax.legend(loc="upper left")
    axes[0].set_ylabel("out")
    return fig


def difference() -> Figure:
    """Left: a maxout unit of four pieces is a convex bowl of straight lines. Middle: a second such bowl. Right: the first minus the second
    goes down and up three times, which no maximum of straight lines does by itself."""
    x = np.linspace(-3, 3, 601)
    one = np.array([[-2.0, -2.6], [-0.3, 0.4], [0.8, 0.2], [2.4, -3.4]])
    two = np.array([[-1.0, -0.6], [0.0, 0.2], [1.4, -0.9], [1.6, -1.2]])
    with style():
        fig, axes = plt.subplots(1, 3, figsize=(10, 3.2))
    values = []
    for ax, pieces, name, color in zip(
        axes, (one, two), ("unit 1", "unit 2"), (BLUE, VERMILION), strict=False
    ):
        lines = pieces[:, :1] * x + pieces[:, 1:]
        values.append(lines.max(axis=0))
        ax.plot(x, lines.T, color="0.7", linewidth=0.8)
        ax.plot(x, values[-1], color=color)
        ax.set(title=name, xlabel="x", ylim=(-2.2, 4.2))
    axes[2].plot(x, values[0] - values[1], color=GREEN)
    axes[2].set(title="unit 1 minus unit 2", xlabel="x", ylim=(-1, 1.6))
    axes[0].set_ylabel("out")
    return fig
