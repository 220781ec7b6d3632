"""Figures of the note on regularisation."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon
from numpy.typing import NDArray

from utils.plotting import PALETTE, style

BLUE, VERMILION, GREEN, ORANGE, SKY = PALETTE[:5]
Array = NDArray[np.float64]


def _learn(x: Array, y: Array, degree: int) -> Array:
    """Least squares for a polynomial in Legendre's basis."""
    return np.asarray(
        np.linalg.lstsq(np.polynomial.legendre.legvander(x, degree), y, rcond=None)[0]
    )


def _predict(model: NDArray[Any], x: Array) -> Array:
    return np.asarray(np.polynomial.legendre.legval(x, model))


@style()
def capacity() -> Figure:
    """Left: twelve noisy points of a sine wave, and polynomials through them. Degree 1 misses the shape, degree 4 follows the wave, degree 11
    goes through every point and swings wildly in between. Right: the error against the degree, averaged over 300 training sets. On the training set
    it falls all the way to zero; on new data it falls until about degree 3, and then rises steeply."""
    rng = np.random.default_rng(4)
    size, noise = 12, 0.25

    def draw() -> tuple[Array, Array]:
        x = (np.arange(size) + rng.random(size)) / size * 2 - 1
        return x, np.sin(np.pi * x) + noise * rng.normal(size=size)

    x, y = draw()
    grid = np.linspace(-1, 1, 300)
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.8), width_ratios=(1.1, 1))
    left.plot(grid, np.sin(np.pi * grid), color="0.6", linewidth=1, label="the truth")
    for degree, colour, line in ((1, VERMILION, "--"), (4, GREEN, "-"), (11, BLUE, "-")):
        width = 2.4 if degree == 4 else 1.3
        left.plot(
            grid,
            _predict(_learn(x, y, degree), grid),
            line,
            color=colour,
            linewidth=width,
            label=f"degree {degree}",
        )
    left.plot(x, y, "o", color="black", markersize=4, label="training set")
    left.set(xlabel="x", ylabel="y", ylim=(-2, 2))
    left.legend(loc="lower right", fontsize="small", frameon=True, edgecolor="none", framealpha=0.9)
    degrees = np.arange(size)
    errors = np.zeros((2, size))
    for _ in range(300):
        x, y = draw()
        new = np.sin(np.pi * grid) + noise * rng.normal(size=grid.size)
        for degree in range(size):
            model = _learn(x, y, degree)
            errors[0, degree] += np.mean((_predict(model, x) - y) ** 2) / 300
            errors[1, degree] += np.mean((_predict(model, grid) - new) ** 2) / 300
    right.semilogy(degrees, errors[1], "o-", color=VERMILION, label="new data")
    right.semilogy(degrees, np.maximum(errors[0], 1e-4), "s-", color=BLUE, label="training set")
    right.axhline(noise**2, color="0.4", linestyle=":", label="noise")
    right.annotate("underfitting", (0.3, 2.5), color="0.3")
    right.annotate("overfitting", (7.6, 30), color="0.3", ha="right")
    right.set(xlabel="degree", ylabel="mean squared error", ylim=(3e-3, 300), xticks=degrees[::2])
    right.legend(loc="lower left", fontsize="small")
    return fig


@style()
def corners() -> Figure:
    """The elliptical contours of a loss of two weights, whose minimum lies at (2.0, 0.7), and the places of equal penalty through the point where loss
    and penalty balance. For L2 these are circles, and both weights of the balance point differ from zero. For L1 they are squares on their tip, and
    the balance point sits on the tip, where the second weight is exactly zero."""
    wanted, matrix = np.array([2.0, 0.7]), np.array([[1.0, 0.25], [0.25, 1.0]])
    ridge = np.linalg.solve(matrix + 0.9 * np.eye(2), matrix @ wanted)
    lasso = wanted.copy()
    for _ in range(4000):  # proximal steps
        moved = lasso - 0.1 * matrix @ (lasso - wanted)
        lasso = np.sign(moved) * np.maximum(np.abs(moved) - 0.1 * 0.95, 0)
    span = np.linspace(-1.6, 3.3, 200)
    first, second = np.meshgrid(span, np.linspace(-1.6, 1.9, 200))
    away = np.stack([first, second], axis=-1) - wanted
    height = 0.5 * np.einsum("...i,ij,...j->...", away, matrix, away)
    fig, axes = plt.subplots(1, 2, figsize=(9.6, 4.2), sharey=True)
    for ax, point, name, colour in (
        (axes[0], ridge, "L2", BLUE),
        (axes[1], lasso, "L1", VERMILION),
    ):
        here = 0.5 * (point - wanted) @ matrix @ (point - wanted)
        ax.contour(
            first,
            second,
            height,
            levels=[here / 6, here / 2.2, here, 2 * here, 3.5 * here],
            colors="0.7",
            linewidths=0.9,
        )
        size = float(np.linalg.norm(point) if name == "L2" else np.abs(point).sum())
        shape = (
            Circle((0, 0), size)
            if name == "L2"
            else Polygon([(size, 0), (0, size), (-size, 0), (0, -size)])
        )
        shape.set(facecolor=colour, alpha=0.2, edgecolor=colour)
        ax.add_patch(shape)
        ax.plot(
            *wanted, "*", color="black", markersize=10, label="where the data wants the weights"
        )
        ax.plot(
            *point,
            "o",
            color=colour,
            label=f"where they end up: ({point[0]:.2f}, {abs(point[1]):.2f})",
        )
        ax.axhline(0, color="0.5", linewidth=0.8)
        ax.axvline(0, color="0.5", linewidth=0.8)
        ax.set(title=name, xlabel="$w_1$", aspect="equal", xlim=(-1.6, 3.3), ylim=(-1.6, 1.9))
        ax.legend(loc="lower right", fontsize="small", frameon=True, edgecolor="none")
        ax.grid(False)
    axes[0].set_ylabel("$w_2$")
    return fig


def _network(ax: Axes, title: str, units: Array, links: list[Array]) -> None:
    """Draw layers from left to right: units (three layers of four, 1 if there), links between them (1 if there)."""
    heights = np.linspace(0.9, -0.9, 4)
    for layer, link in enumerate(links):
        for start in range(4):
            for end in range(4):
                there = link[start, end] * units[layer, start] * units[layer + 1, end]
                ax.plot(
                    [layer, layer + 1],
                    [heights[start], heights[end]],
                    "-" if there else ":",
                    color=BLUE if there else "0.75",
                    linewidth=1.3 if there else 0.7,
                    zorder=1,
                )
    for layer in range(3):
        for unit in range(4):
            there = units[layer, unit] > 0
            face = "white" if not there else SKY
            ax.plot(
                layer,
                heights[unit],
                "o",
                markersize=15,
                markerfacecolor=face,
                markeredgecolor="black" if there else "0.6",
                zorder=2,
            )
            if not there:
                ax.plot(
                    layer,
                    heights[unit],
                    "x",
                    markersize=9,
                    color=VERMILION,
                    markeredgewidth=2,
                    zorder=3,
                )
    ax.set(title=title, xlim=(-0.3, 2.3), ylim=(-1.15, 1.15))
    ax.axis("off")


@style()
def thinned() -> Figure:
    """The same small network three times: whole, as at test time; with dropout, where some units are crossed out and all the connections that lead to or from
    them are gone; with DropConnect, where all units are there and single connections are missing."""
    everything = np.ones((3, 4))
    some = np.array([[1.0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 1, 1]])
    rng = np.random.default_rng(8)
    full = [np.ones((4, 4))] * 2
    fig, axes = plt.subplots(1, 3, figsize=(9.6, 3.2))
    _network(axes[0], "test time: everything", everything, full)
    _network(axes[1], "dropout: units are missing", some, full)
    _network(
        axes[2],
        "DropConnect: connections are missing",
        everything,
        [(rng.random((4, 4)) < 0.6).astype(float) for _ in range(2)],
    )
    return fig


@style()
def shrinking() -> Figure:
    """Left: the two polynomials of D1's slide, the second being minus a fifth of the first: it is lower everywhere and upside down, but just as wiggly, with the
    same four zeros. Right: what a penalty does. A polynomial of degree 11 through fifteen noisy points swings wildly without a
    penalty; with growing penalties it becomes smooth, and at last nearly straight."""
    grid = np.linspace(-2.6, 5.5, 300)
    large = np.polyval([-1, 7, -5, -31, 30], grid)
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.6))
    left.plot(grid, large, color=BLUE, label="$-x^4+7x^3-5x^2-31x+30$")
    left.plot(
        grid,
        -large / 5,
        "--",
        color=VERMILION,
        label=r"$\frac{1}{5}x^4-\frac{7}{5}x^3+x^2+\frac{31}{5}x-6$",
    )
    left.plot([-2, 1, 3, 5], np.zeros(4), "o", color="black", markersize=4, label="zeros of both")
    left.set(xlabel="x", ylabel="y", ylim=(-60, 85), title="D1's figure: all weights scaled alike")
    left.legend(fontsize="small", loc="upper left")
    rng = np.random.default_rng(3)
    x = np.sort(rng.uniform(-1, 1, 15))
    y = np.sin(np.pi * x) + 0.25 * rng.normal(size=15)
    grid = np.linspace(-1, 1, 300)
    features = np.polynomial.legendre.legvander(x, 11)
    price = np.eye(12)
    price[0, 0] = 0
    for reg, colour, line in ((1e-7, BLUE, ":"), (1e-2, GREEN, "-"), (1.0, VERMILION, "--")):
        model = np.linalg.solve(features.T @ features / 15 + reg * price, features.T @ y / 15)
        right.plot(grid, _predict(model, grid), line, color=colour, label=f"reg = {reg:g}")
    right.plot(x, y, "o", color="black", markersize=4)
    right.set(
        xlabel="x", ylabel="y", ylim=(-2, 2), title="a penalty: each weight by what it is worth"
    )
    right.legend(fontsize="small", loc="upper left")
    return fig
