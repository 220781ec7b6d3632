"""Figures of the note on batch normalisation."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from utils import data
from utils.plotting import PALETTE, style

BLUE, VERMILION, GREEN, ORANGE, SKY = PALETTE[:5]


def _descend(square: np.ndarray, start: np.ndarray, rate: float, steps: int) -> np.ndarray:
    """The path of gradient descent on v @ square @ v / 2."""
    path = [start]
    for _ in range(steps):
        path.append(path[-1] - rate * square @ path[-1])
    return np.array(path)


@style()
def inputs() -> Figure:
    """Contours of a squared loss over two weights, for people by height and weight. On the left, heights in metres and weights in kilograms, only
    centred: the contours are so long that they look like parallel lines, and gradient descent jumps to and fro across them while it gets nowhere
    along them. On the right, both divided by their standard deviations: ellipses, and the path leads to the minimum in a few steps. The condition
    numbers are about 34,000 and 3."""
    people, _ = data.height_weight(400, np.random.default_rng(0))
    x = people[:, :2] - people[:, :2].mean(axis=0)
    x[:, 0] /= 100  # metres: as somebody else might have recorded them
    fig, axes = plt.subplots(1, 2, figsize=(9.2, 3.9))
    for ax, features, name in zip(
        axes,
        (x, x / x.std(axis=0)),
        ("metres and kilograms, centred", "centred and divided by the deviations"),
        strict=True,
    ):
        square = features.T @ features / len(features)
        strengths = np.linalg.eigvalsh(square)
        scale = 1 / np.sqrt(np.diag(square))  # so that both pictures show what is of interest
        grid = np.stack(np.meshgrid(np.linspace(-3, 3, 121), np.linspace(-3, 3, 121)))
        w = grid * (scale if ax is axes[1] else np.array([scale[1], scale[1]]))[:, None, None]
        height = np.einsum("iab,ij,jab->ab", w, square, w) / 2
        unit = scale[1]
        ax.contour(
            *(w / unit),
            height,
            levels=height.max() * np.linspace(0.04, 1, 9) ** 2,
            colors="0.75",
            linewidths=0.8,
        )
        path = _descend(square, np.array([-2.4, 1.9]) * unit, 1.85 / strengths[-1], 25) / unit
        ax.plot(
            *path.T,
            "o-",
            markersize=3,
            linewidth=1,
            color=VERMILION if ax is axes[0] else BLUE,
            label="25 steps of gradient descent",
        )
        ax.plot(0, 0, "*", markersize=11, color="black", label="best weights")
        ax.set(
            title=f"{name}:\ncondition number {strengths[-1] / strengths[0]:,.0f}",
            xlabel="weight on height",
            ylabel="weight on weight",
        )
        ax.set(xlim=(-3, 3), ylim=(-3, 3), xticklabels=[], yticklabels=[])
        ax.grid(False)
    axes[0].legend(loc="lower right", frameon=True, edgecolor="none")
    return fig


def _box(ax: Axes, x: float, y: float, text: str, color: str = "black") -> None:
    ax.text(
        x,
        y,
        text,
        ha="center",
        va="center",
        fontsize=11,
        bbox={"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": color},
    )


def _arrow(
    ax: Axes,
    start: tuple[float, float],
    stop: tuple[float, float],
    color: str,
    mark: str,
    shrink: tuple[float, float],
) -> None:
    ax.add_patch(
        FancyArrowPatch(
            start, stop, arrowstyle="-|>", mutation_scale=13, color=color, linewidth=1.8, linestyle=mark, shrinkA=shrink[0], shrinkB=shrink[1]
        )
    )  # fmt: skip


@style()
def paths() -> Figure:
    """The graph of batch norm, from x on the left over c, which is x without its mean, and x-hat to out on the right. Below the line from x to c hangs the
    mean, fed by all x; below that from c to x-hat hang the variance and the root s, fed by all c. Three paths lead back from out to x: the straight one, one that
    turns down through s and the variance, and one that turns down through the mean."""
    fig, ax = plt.subplots(figsize=(9.2, 3.6))
    places = {
        "x": (0.0, 1.0),
        "mean": (1.3, 0.0),
        "c": (2.6, 1.0),
        "var": (3.7, 0.0),
        "s": (5.5, 0.0),
        "hat": (6.6, 1.0),
        "out": (9.3, 1.0),
    }
    for start, stop, color, mark, shrink in (
        ("x", "c", BLUE, "-", (14, 38)), ("c", "hat", BLUE, "-", (38, 32)), ("hat", "out", "black", "-", (32, 58)),
        ("c", "var", VERMILION, "--", (16, 16)), ("var", "s", VERMILION, "--", (30, 40)), ("s", "hat", VERMILION, "--", (16, 16)),
        ("x", "mean", GREEN, "-.", (16, 16)), ("mean", "c", GREEN, "-.", (16, 16)),
    ):  # fmt: skip
        _arrow(ax, places[start], places[stop], color, mark, shrink)
    for name, text in (
        ("x", "$x$"), ("mean", r"$\mu$"), ("c", r"$c = x - \mu$"), ("var", r"$v = \overline{c^2}$"), ("s", r"$s = \sqrt{v + \varepsilon}$"),
        ("hat", r"$\hat x = c\,/\,s$"), ("out", r"out $= \gamma \odot \hat x + \beta$"),
    ):  # fmt: skip
        _box(ax, *places[name], text)
    _box(ax, 9.3, 0.0, r"$\gamma,\ \beta$", "0.6")
    _arrow(ax, (9.3, 0.0), (9.3, 1.0), "0.6", "-", (16, 16))
    for y, color, mark, text in (
        (-0.75, BLUE, "-", "the straight path: all that is left in test mode"),
        (-1.05, VERMILION, "--", "through the variance: every example changes the root"),
        (-1.35, GREEN, "-.", "through the mean: every example changes it"),
    ):
        ax.plot([0.0, 0.8], [y, y], mark, color=color)
        ax.text(1.0, y, text, va="center")
    ax.set(xlim=(-0.6, 10.6), ylim=(-1.6, 1.45))
    ax.axis("off")
    return fig


@style()
def whose() -> Figure:
    """Two tables of six examples, in rows, by five features, in columns. On the left, for batch norm, one column is shaded: a mean and a variance for each
    feature, over the examples. On the right, for layer norm, one row is shaded: a mean and a variance for each example, over its features."""
    fig, axes = plt.subplots(1, 2, figsize=(7.4, 3.5))
    for ax, name, shaded in zip(
        axes,
        ("batch norm: a feature, over the batch", "layer norm: an example, over its features"),
        ("column", "row"),
        strict=True,
    ):
        for row in range(6):
            for column in range(5):
                inside = column == 1 if shaded == "column" else row == 2
                ax.add_patch(
                    Rectangle(
                        (column, row),
                        0.92,
                        0.92,
                        facecolor=ORANGE if inside else "0.92",
                        hatch="//" if inside else "",
                        edgecolor="white",
                    )
                )
        ax.set(
            title=name,
            xlabel="features",
            ylabel="examples of the batch",
            xlim=(-0.1, 5.1),
            ylim=(6.1, -0.1),
            xticks=(),
            yticks=(),
            aspect="equal",
        )
        ax.spines[["left", "bottom"]].set_visible(False)
        ax.grid(False)
    return fig


@style()
def rays() -> Figure:
    """The loss over the two weights of a single neuron. Without batch norm, on the left, closed curves around one best point. With batch norm, on the right, all
    contours are rays from the origin: the loss depends on the direction of the weights alone, so the downhill arrows stand at right angles to the weights,
    and are the longer the nearer to the origin."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(200, 2)) @ np.array([[1.0, 0.4], [0.0, 0.8]])
    x -= x.mean(axis=0)
    target = x @ np.array([0.9, -0.5]) + 0.3 * rng.normal(size=200)
    target = (target - target.mean()) / target.std()
    square, along = x.T @ x / len(x), x.T @ target / len(x)
    fig, axes = plt.subplots(1, 2, figsize=(8.8, 4.0), sharey=True)
    grid = np.stack(np.meshgrid(np.linspace(-2, 2, 400), np.linspace(-2, 2, 400)))
    arrows = np.array(
        [
            [r * np.cos(a), r * np.sin(a)]
            for r, turns in ((0.7, 6), (1.5, 10))
            for a in 2 * np.pi * (np.arange(turns) + 0.3) / turns
        ]
    )
    for ax, normed, name in zip(
        axes, (False, True), ("without batch norm", "with batch norm"), strict=True
    ):

        def loss(w: np.ndarray, normed: bool = normed) -> np.ndarray:
            """The mean of squares of output less target, for w of shape (2, ...)."""
            size = np.einsum("i...,ij,j...->...", w, square, w)
            fit = np.einsum("i,i...->...", along, w)
            return np.asarray(2 - 2 * fit / np.sqrt(size + 1e-9) if normed else size - 2 * fit + 1)

        height = loss(grid)
        ax.contour(
            *grid,
            height,
            levels=np.quantile(height, np.linspace(0.03, 0.97, 12)),
            colors="0.7",
            linewidths=0.9,
        )
        for w in arrows:
            slope = np.array([(loss(w + h) - loss(w - h)) / 2e-4 for h in 1e-4 * np.eye(2)])
            ax.add_patch(
                FancyArrowPatch(
                    w,
                    w - (0.22 if normed else 0.12) * slope,
                    arrowstyle="-|>",
                    mutation_scale=11,
                    color=BLUE,
                    shrinkA=0,
                    shrinkB=0,
                )
            )
        ax.plot(0, 0, "+", color="black", markersize=9)
        ax.set(title=name, xlabel="first weight", xlim=(-2, 2), ylim=(-2, 2), aspect="equal")
        ax.grid(False)
    axes[0].set_ylabel("second weight")
    return fig
