"""Figures of the capstone's note."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse

from utils.plotting import PALETTE, style

BLUE, VERMILION, GREEN, ORANGE, SKY = PALETTE[:5]


@style()
def units() -> Figure:
    """The loss of a net of two weights, w and v, in which only their product counts. On the left, its contours: a curved valley, along which the net is
    the same function everywhere. Two nets on its floor, at (1, 1) and (4, 1/4), each with a circle of fixed radius and an ellipse in proportion to its
    weights; the circle at (4, 1/4) reaches far up the wall. In the middle, the loss along the steepest step of fixed length: the second net looks far
    sharper. On the right, steps in proportion to the weights: the two curves are one."""
    fig, (left, middle, right) = plt.subplots(1, 3, figsize=(11, 3.7), width_ratios=(1.4, 1, 1))
    w, v = np.meshgrid(np.linspace(0.05, 5, 200), np.linspace(-0.6, 2, 200))
    left.contour(
        w,
        v,
        (w * v - 1) ** 2 / 2,
        levels=[0.02, 0.1, 0.3, 0.7, 1.5, 3, 5],
        colors="0.7",
        linewidths=0.8,
    )
    floor = np.linspace(0.5, 5, 100)
    left.plot(floor, 1 / floor, ":", color="black", linewidth=1, label="the same function")
    a = np.linspace(-1, 1, 101)
    for (x, y), color, dash, label in (
        ((1.0, 1.0), BLUE, "-", "net at (1, 1)"),
        ((4.0, 0.25), VERMILION, "--", "net at (4, 1/4)"),
    ):
        left.plot(x, y, "o", color=color)
        left.add_patch(Circle((x, y), 0.4, fill=False, color=color, linewidth=1.5))
        left.add_patch(
            Ellipse((x, y), 0.8 * x, 0.8 * y, fill=False, color=color, linewidth=1.5, linestyle=":")
        )
        length = np.hypot(x, y)  # the valley's wall is steepest along (v, w)
        middle.plot(
            0.4 * a,
            ((x + 0.4 * a * y / length) * (y + 0.4 * a * x / length) - 1) ** 2 / 2,
            dash,
            color=color,
            label=label,
        )
        right.plot(
            0.4 * a,
            ((1 + 0.4 * a) * x * (1 + 0.4 * a) * y - 1) ** 2 / 2,
            dash,
            color=color,
            label=label,
        )
    left.set(
        xlabel="w",
        ylabel="v",
        title="fixed steps (solid), in proportion (dotted)",
        xlim=(0.05, 5),
        ylim=(-0.6, 2),
        aspect="equal",
    )
    left.legend(loc="upper right")
    left.grid(False)
    middle.set(xlabel="length of the step", ylabel="loss", title="steps of fixed length")
    right.set(xlabel="step, in units of the weights", ylabel="loss", title="steps in proportion")
    middle.legend(loc="upper center")
    return fig


@style()
def pairing() -> Figure:
    """Error rates of two recipes for eight seeds, made up. On the left, with means and standard errors: the bars overlap, and nothing seems to be
    decided. In the middle, lines join the runs of one seed: nearly all go up. On the right, the differences and their mean, whose standard error is far
    from zero."""
    rng = np.random.default_rng(3)
    luck = rng.normal(0.15, 0.02, 8)
    everything = luck + rng.normal(0, 0.004, 8)
    without = luck + 0.012 + rng.normal(0, 0.004, 8)
    fig, (left, middle, right) = plt.subplots(1, 3, figsize=(10, 3.6))
    errors = [values.std(ddof=1) / np.sqrt(8) for values in (everything, without)]
    left.errorbar(
        (0, 1), (everything.mean(), without.mean()), yerr=errors, fmt="o", color=BLUE, capsize=5
    )
    middle.plot((0, 1), np.stack([everything, without]), "o-", color=SKY, linewidth=1.2)
    for ax, title in ((left, "two means"), (middle, "the same seeds, joined")):
        ax.set(
            xticks=(0, 1),
            xticklabels=("everything", "without"),
            xlim=(-0.4, 1.4),
            ylim=(0.1, 0.22),
            ylabel="error rate",
            title=title,
        )
    difference = without - everything
    right.plot(np.zeros(8), difference, "o", color=SKY, label="one seed")
    error = difference.std(ddof=1) / np.sqrt(8)
    right.errorbar(
        0.25,
        difference.mean(),
        yerr=error,
        fmt="s",
        color=VERMILION,
        capsize=5,
        label="mean, ± 1 standard error",
    )
    right.axhline(0, color="black", linewidth=1)
    right.set(
        xticks=(),
        xlim=(-0.4, 0.8),
        ylim=(-0.004, 0.03),
        ylabel="difference of the error rates",
        title="differences, seed by seed",
    )
    right.legend(loc="upper right")
    return fig
