"""Figures of the note on losses."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from utils import data
from utils.plotting import PALETTE, style

BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE, BLACK = PALETTE[:7]
Array = NDArray[Any]


def _tukey(x: Array, xi: float) -> Array:
    rho: Array = xi**2 / 6 * (1 - np.maximum(1 - (x / xi) ** 2, 0) ** 3)
    return rho


def _huber(x: Array, xi: float) -> Array:
    return np.where(np.abs(x) <= xi, x**2 / 2, xi * (np.abs(x) - xi / 2))


def middle() -> Figure:
    """Five numbers, four between 1 and 2.5 and one at 9, and four losses of a guess m. The squared error is least at their mean, 3.2; the absolute error
    at their median, 2; Huber's at 2.0; and Tukey's at 1.8, the mean of the four, with a second, shallow dip beside the fifth."""
    points = np.array([1.0, 1.6, 2.0, 2.4, 9.0])
    guess = np.linspace(0, 10.5, 2101)
    residuals = points - guess[:, None]
    totals = (
        ("squares", np.sum(residuals**2 / 2, axis=1), BLUE),
        ("sizes", np.sum(np.abs(residuals), axis=1), VERMILION),
        (r"Huber, $\xi$ = 1", np.sum(_huber(residuals, 1.0), axis=1), GREEN),
        (r"Tukey, $\xi$ = 3", np.sum(_tukey(residuals, 3.0), axis=1), PURPLE),
    )
    with style():
        fig, axes = plt.subplots(1, 4, figsize=(10.5, 2.9), sharex=True)
        for ax, (name, total, color) in zip(axes, totals, strict=True):
            least = int(total.argmin())
            ax.plot(guess, total, color=color)
            ax.plot(guess[least], total[least], "o", color=color)
            bottom = ax.get_ylim()[0]
            ax.plot(points, np.full(5, bottom), "|", color=BLACK, markersize=14, clip_on=False)
            ax.set(
                title=f"{name}: least at {guess[least]:.1f}",
                xlabel="guess m",
                ylim=(bottom, None),
                xticks=range(0, 11, 2),
            )
        axes[0].set_ylabel("loss of all five")
    return fig


def graph() -> Figure:
    """Softmax and cross-entropy as a graph, for the scores 1, 2 and -1 and the right class 1. From left to right: each score goes through exp, which gives
    2.72, 7.39 and 0.37; their sum is 10.48; each is divided by it, which gives the probabilities 0.26, 0.71 and 0.04; minus the logarithm of the first
    is the loss, 1.35. Below the scores stand their gradients, -0.74, 0.71 and 0.04: the probabilities, less 1 for the right class."""
    scores, right = np.array([1.0, 2.0, -1.0]), 0
    powers = np.exp(scores)
    chances = powers / powers.sum()
    gradients = chances - (np.arange(3) == right)
    with style():
        fig, ax = plt.subplots(figsize=(9.0, 3.8))
    columns, rows = (0.0, 2.0, 6.0, 8.4), (2.0, 1.0, 0.0)
    total, loss = (4.0, 3.0), (10.2, 2.0)

    def wire(start: tuple[float, float], end: tuple[float, float], color: str = "0.6") -> None:
        arrow = {"arrowstyle": "-|>", "color": color, "shrinkA": 16, "shrinkB": 16}
        ax.annotate("", end, start, arrowprops=arrow, zorder=1)

    def node(place: tuple[float, float], name: str, shape: str = "circle,pad=0.3") -> None:
        box = {"boxstyle": shape, "fc": "white", "ec": "0.4"}
        ax.text(*place, name, ha="center", va="center", bbox=box)

    def number(place: tuple[float, float], value: float, shift: float, color: str) -> None:
        words = f"{value:.2f}".replace("-", "\N{MINUS SIGN}")
        ax.text(place[0], place[1] + shift, words, ha="center", va="center", color=color)

    for row, height in enumerate(rows):
        places = [(column, height) for column in columns]
        wire(places[0], places[1])
        wire(places[1], places[2])
        wire(places[1], total, SKY)
        wire(total, places[2], SKY)
        wire(places[2], places[3])
        node(places[0], f"$z_{row + 1}$")
        node(places[1], "exp")
        node(places[2], "÷")
        node(places[3], f"$p_{row + 1}$")
        number(places[0], scores[row], 0.36, BLUE)
        number(places[0], gradients[row], -0.36, VERMILION)
        number(places[1], powers[row], 0.36, BLUE)
        number(places[3], chances[row], 0.36, BLUE)
    node(total, "+")
    number(total, powers.sum(), 0.36, BLUE)
    wire((columns[3], rows[right]), loss)
    node(loss, "−log")
    number(loss, -np.log(chances[right]), 0.36, BLUE)
    ax.text(10.2, 0.6, "values", color=BLUE, ha="center")
    ax.text(10.2, 0.25, "gradients", color=VERMILION, ha="center")
    ax.set(xlim=(-0.7, 11.0), ylim=(-0.6, 3.6))
    ax.set_axis_off()
    return fig


def surprise() -> Figure:
    """Left, the loss of an example of class 1 over the probability given to it: minus the logarithm rises without bound towards 0, the squared
    error stops at 1. Right, the same over the logit: the cross-entropy is convex and tends to a straight line of slope minus one; the squared
    error is not convex, and flat for the worst answers."""
    p, h = np.linspace(1e-4, 1, 500), np.linspace(-7, 7, 281)
    sigmoid = 1 / (1 + np.exp(-h))
    with style():
        fig, axes = plt.subplots(1, 2, figsize=(9, 3.4))
        axes[0].plot(p, -np.log(p), color=BLUE, label=r"cross-entropy $-\log\hat y$")
        axes[0].plot(
            p, (p - 1) ** 2, "--", color=VERMILION, label=r"squared error $(\hat y - 1)^2$"
        )
        axes[1].plot(h, np.logaddexp(0, -h), color=BLUE)
        axes[1].plot(h, (sigmoid - 1) ** 2, "--", color=VERMILION)
        axes[0].set(
            xlabel=r"probability $\hat y$ given to the right class", ylabel="loss", ylim=(-0.2, 7)
        )
        axes[1].set(xlabel="logit h", ylabel="loss", ylim=(-0.2, 7))
        axes[0].legend()
    return fig


def rows() -> Figure:
    """Seven robust losses, their influence and their weight, for a scale of 1.5 and an exponent of 1.5. Influence: least squares grows without
    bound, Lp slowly; Huber, Fair and L1 level off; Cauchy comes down again, Tukey to zero beyond the scale. Weights: 1 for least squares, falling
    from 1 for Fair, Cauchy, Huber and Tukey, falling from infinity for L1 and Lp."""
    x = np.linspace(-5, 5, 500)  # 0 is not among them
    size, xi, p = np.abs(x), 1.5, 1.5
    gap = np.maximum(1 - (x / xi) ** 2, 0)
    table = (
        ("least squares", x**2 / 2, np.ones_like(x), BLUE, "-"),
        ("$L_1$", size, 1 / size, VERMILION, "--"),
        ("$L_p$", size**p / p, size ** (p - 2), GREEN, ":"),
        ("Fair", xi**2 * (size / xi - np.log1p(size / xi)), 1 / (1 + size / xi), ORANGE, "-."),
        (
            "Cauchy",
            xi**2 / 2 * np.log1p((x / xi) ** 2),
            1 / (1 + (x / xi) ** 2),
            SKY,
            (0, (5, 1, 1, 1, 1, 1)),
        ),
        ("Huber", _huber(x, xi), np.minimum(1, xi / size), PURPLE, "-"),
        ("Tukey", _tukey(x, xi), gap**2, BLACK, "-"),
    )
    with style():
        fig, axes = plt.subplots(1, 3, figsize=(10.5, 4))
        for name, rho, omega, color, line in table:
            for ax, curve in zip(axes, (rho, omega * x, omega), strict=True):
                ax.plot(x, curve, color=color, linestyle=line, label=name)
        for ax, name, limits in zip(
            axes,
            (r"loss $\rho$", r"influence $\psi$", r"weight $\omega$"),
            ((-0.25, 5), (-3, 3), (-0.1, 2)),
            strict=True,
        ):
            ax.set(xlabel="residual x", ylabel=name, ylim=limits)
        fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=7)
    return fig


def people() -> Figure:
    """Two hundred people by height and weight, and lines of equal probability that a logistic regression gives to the label overweight: 0.1, 0.5 and
    0.9, straight and parallel, close together, and rising by 0.9 kilograms a centimetre. Nearly all below the three carry the one label, nearly all above them the other."""
    everybody, y = data.height_weight(200, np.random.default_rng(4))
    where = everybody[:, :2]
    mean, std = where.mean(axis=0), where.std(axis=0)
    x = np.column_stack([(where - mean) / std, np.ones(200)])
    theta = np.zeros(3)
    for _ in range(25):  # Newton's steps: the loss is convex, and there are only three numbers
        p = 1 / (1 + np.exp(-x @ theta))
        theta -= np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x, x.T @ (p - y))
    height = np.array([147.0, 198.0])
    with style():
        fig, ax = plt.subplots(figsize=(6.8, 4.2))
        for label, marker, color, name in (
            (0, "o", SKY, "not overweight"),
            (1, "s", ORANGE, "overweight"),
        ):
            ax.plot(*where[y == label].T, marker, color=color, markersize=4, label=name)
        for probability, line in ((0.9, "--"), (0.5, "-"), (0.1, "--")):
            h = np.log(probability / (1 - probability))
            weight = (
                mean[1]
                + std[1] * (h - theta[2] - theta[0] * (height - mean[0]) / std[0]) / theta[1]
            )
            ax.plot(height, weight, line, color=BLACK, linewidth=1.4)
            ax.annotate(
                rf"$\hat y$ = {probability}",
                (height[1], weight[1]),
                (4, 0),
                textcoords="offset points",
                va="center",
            )
        ax.set(xlabel="height (cm)", ylabel="weight (kg)", xlim=(146, 206))
        ax.legend(loc="upper left")
    return fig
