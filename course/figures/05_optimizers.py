"""Figures of the note on first-order optimizers."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from utils.plotting import PALETTE, style

BLUE, VERMILION, GREEN, ORANGE = PALETTE[:4]


def _walk(
    grad: Callable[[np.ndarray], np.ndarray],
    start: tuple[float, ...],
    alpha: float,
    rho: float,
    steps: int,
    nesterov: bool = False,
) -> np.ndarray:
    """Follow v = rho v + g, x = x - alpha v; with nesterov, g is taken at the point looked ahead to. (steps + 1, D)"""
    path, v = [np.array(start)], np.zeros(len(start))
    for _ in range(steps):
        v = rho * v + grad(path[-1] - alpha * rho * v if nesterov else path[-1])
        path.append(path[-1] - alpha * v)
    return np.array(path)


@style()
def rates() -> Figure:
    """Left, four times the parabola x² / 2 with ten steps of gradient descent from the same point. With a learning rate of 0.1 the steps are short and do not
    arrive; with 0.7 they arrive; with 1.8 they jump from side to side and slowly come closer; with 2.05 each jump is longer than the one before.
    Right, the losses of these runs over the steps, on a logarithmic axis: a line that falls slowly, one that falls fast, one that falls
    slowly, and one that rises."""
    rates = {0.1: "too small", 0.7: "good", 1.8: "large", 2.05: "too large"}
    fig, axes = plt.subplot_mosaic("abee;cdee", figsize=(9.6, 4.4))
    x = np.linspace(-5.2, 5.2, 200)
    for place, color, (rate, words) in zip("abcd", PALETTE, rates.items(), strict=False):
        path = _walk(lambda x: x, (-3.0,), rate, 0.0, 10)[:, 0]
        ax = axes[place]
        ax.plot(x, x**2 / 2, color="0.75")
        ax.plot(path, path**2 / 2, "o-", color=color, markersize=3.5, linewidth=1)
        ax.set(title=rf"$\alpha$ = {rate}: {words}", xlim=(-5.2, 5.2), ylim=(-0.7, 12.7))
        style_of = {"a": "o-", "b": "s-", "c": "^-", "d": "D-"}[place]
        label = rf"$\alpha$ = {rate}"
        axes["e"].semilogy(path**2 / 2, style_of, color=color, markersize=4, label=label)
    for place in "ac":
        axes[place].set_ylabel("loss")
    for place in "cd":
        axes[place].set_xlabel("x")
    axes["e"].set(xlabel="step", ylabel="loss", xticks=range(0, 11, 2), ylim=(1e-5, 30))
    axes["e"].set_title("The loss curves of the four runs")
    axes["e"].legend()
    return fig


@style()
def ravine() -> Figure:
    """Left: contours of a ravine 20 times as steep across as along. Gradient descent jumps from wall to wall while it creeps along the floor; at
    the start its direction, an arrow, is nearly at a right angle to the way to the minimum. Right: the factor by which one step multiplies
    the distance from the minimum, against the learning rate: along the floor it falls slowly from 1, across it falls steeply to 0, rises
    again and passes 1 at a learning rate of 0.1. The larger of the two is least, 0.90, where the lines cross, at 0.095."""
    curvature = np.array([1.0, 20.0])
    path = _walk(lambda x: curvature * x, (-4.0, 1.0), 0.093, 0.0, 28)
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.8), width_ratios=(1.25, 1))
    x, y = np.meshgrid(np.linspace(-4.9, 1.2, 160), np.linspace(-1.4, 1.4, 160))
    left.contour(
        x,
        y,
        0.5 * (curvature[0] * x**2 + curvature[1] * y**2),
        levels=np.arange(1, 9) ** 2 * 0.35,
        colors="0.75",
        linewidths=0.8,
    )
    left.plot(
        *path.T,
        "o-",
        color=VERMILION,
        markersize=3,
        linewidth=1,
        label=r"descent, $\alpha$ = 0.093",
    )
    left.plot(0, 0, "*", color="black", markersize=9)
    downhill = -curvature * path[0]
    tip = path[0] + 1.5 * downhill / np.linalg.norm(downhill)
    for end, colour, name, shift, side in (
        (tip, BLUE, "downhill", (-6, 0), "right"),
        ((-2.6, 0.65), GREEN, "to the minimum", (4, 3), "left"),
    ):
        left.annotate(
            "", end, path[0], arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.8}
        )
        left.annotate(name, end, shift, textcoords="offset points", color=colour, ha=side)
    left.set(
        xlabel="x, along the floor (curvature 1)",
        ylabel="y, across (curvature 20)",
        xlim=(-4.9, 1.2),
        ylim=(-1.4, 1.4),
    )
    left.legend(loc="lower right", frameon=True, edgecolor="none")
    left.grid(False)
    rates = np.linspace(0, 0.12, 200)
    right.plot(rates, np.abs(1 - rates), color=GREEN, label=r"along: $|1 - \alpha|$")
    right.plot(rates, np.abs(1 - 20 * rates), "--", color=BLUE, label=r"across: $|1 - 20\,\alpha|$")
    right.axhline(1, color="0.4", linewidth=1)
    right.annotate("above: diverges", (0, 1), (3, 4), textcoords="offset points", color="0.3")
    right.plot(2 / 21, 19 / 21, "o", color=VERMILION, label=r"best $\alpha$, 2/(1 + 20)")
    right.set(xlabel=r"learning rate $\alpha$", ylabel="distance is multiplied by", ylim=(0, 1.7))
    right.legend(loc="upper left")
    return fig


@style()
def batches() -> Figure:
    """Three walks over the contours of a regression loss, each having seen 240 examples. Full-batch descent takes four straight steps and is
    not yet half way; minibatches of 12 take 20 steps, a little crooked, and have nearly arrived; single samples take 240 steps, arrive early, and
    keep on wandering around the minimum."""
    rng = np.random.default_rng(3)
    inputs = np.stack([np.ones(60), rng.normal(size=60)], axis=1)  # (60, 2)
    targets = inputs @ np.array([1.0, 2.0]) + 0.7 * rng.normal(size=60)
    best = np.linalg.lstsq(inputs, targets, rcond=None)[0]
    fig, ax = plt.subplots(figsize=(6.4, 4.4))
    a, b = np.meshgrid(np.linspace(-1.2, 1.8, 120), np.linspace(-0.7, 2.6, 120))
    loss = np.mean(
        (a[..., None] * inputs[:, 0] + b[..., None] * inputs[:, 1] - targets) ** 2, axis=-1
    )
    ax.contour(
        a, b, loss, levels=loss.min() + np.arange(1, 10) ** 2 * 0.12, colors="0.75", linewidths=0.8
    )
    for size, colour, line in ((1, ORANGE, "-"), (12, BLUE, "s-"), (60, VERMILION, "o-")):
        w, path = np.array([-1.0, -0.5]), [np.array([-1.0, -0.5])]
        for _ in range(4):
            for batch in rng.permutation(60).reshape(-1, size):
                w = w - 0.1 * inputs[batch].T @ (inputs[batch] @ w - targets[batch]) / size
                path.append(w)
        name = {
            1: "single-sample: 240 steps",
            12: "minibatches of 12: 20 steps",
            60: "full-batch: 4 steps",
        }[size]
        ax.plot(
            *np.array(path).T,
            line,
            color=colour,
            markersize=4,
            linewidth=0.9 if size == 1 else 1.6,
            label=name,
        )
    ax.plot(*best, "*", color="black", markersize=11, label="minimum")
    ax.set(xlabel="bias b", ylabel="weight w")
    ax.grid(False)
    ax.legend(loc="lower right", frameon=True, edgecolor="none")
    return fig


@style()
def barrier() -> Figure:
    """A loss with a shallow dip to the left, a low hill, and a deeper valley to the right. Both walks start high on the left. Gradient
    descent comes to rest in the dip; with momentum the walk rolls on over the hill and settles in the valley."""

    def f(x: np.ndarray) -> np.ndarray:
        return 0.06 * x**4 - 0.5 * x**2 - 0.35 * x + 1.9

    def grad(x: np.ndarray) -> np.ndarray:
        return 0.24 * x**3 - x - 0.35

    grid = np.linspace(-3.2, 3.2, 300)
    fig, ax = plt.subplots()
    ax.plot(grid, f(grid), color="0.6")
    for rho, colour, mark, lift, name in (
        (0.0, VERMILION, "o", 0.06, "without momentum"),
        (0.9, BLUE, "^", 0.2, r"with momentum, $\rho$ = 0.9"),
    ):
        path = _walk(grad, (-3.1,), 0.05, rho, 300)[:, 0]
        ax.plot(
            path[:60], f(path[:60]) + lift, mark, color=colour, markersize=4, alpha=0.8, label=name
        )
        ax.annotate(
            "rests here",
            (path[-1], f(path[-1])),
            (0, -16),
            textcoords="offset points",
            ha="center",
            color=colour,
        )
    ax.set(xlabel="x", ylabel="loss (walks drawn above it)", ylim=(-0.4, 3.3))
    ax.legend(loc="upper right")
    return fig


@style()
def damping() -> Figure:
    """Factor a step by which the distance from a quadratic's minimum shrinks, as shades over learning rate times curvature and momentum. Without
    momentum the walk converges for products below 2, with momentum up to nearly 4. Left of one curve it glides, right of another it jumps from side to
    side, and beyond a slanting line it diverges. Between the curves it swings, and the factor is the root of the momentum, whatever the learning
    rate."""
    rho, step = np.meshgrid(np.linspace(0, 0.995, 90), np.linspace(0.002, 4.2, 140))
    trace = 1 + rho - step
    root = np.sqrt((trace**2 - 4 * rho).astype(complex))
    factor = np.maximum(np.abs(trace + root), np.abs(trace - root)) / 2
    fig, ax = plt.subplots(figsize=(6.8, 4.2))
    shown = np.where(factor < 1, factor, np.nan)
    shades = ax.contourf(step, rho, shown, levels=np.linspace(0, 1, 11), cmap="cividis")
    fig.colorbar(shades, label="distance is multiplied by, each step")
    line = np.linspace(0, 0.995, 200)
    for sign in (-1, 1):
        ax.plot((1 + sign * np.sqrt(line)) ** 2, line, color="white", linewidth=2)
    ax.plot(2 * (1 + line), line, color=VERMILION, linewidth=2)
    ax.text(1.35, 0.55, "swings", color="black")
    ax.text(3.2, 0.2, "diverges", color=VERMILION)
    ax.text(0.03, 0.13, "glides", rotation=90, fontsize="small")
    ax.annotate("jumps", (1.75, 0.06), (2.35, 0.03), arrowprops={"arrowstyle": "-", "color": "0.2"})
    ax.set(
        xlabel=r"learning rate × curvature, $\alpha\lambda$",
        ylabel=r"momentum $\rho$",
        xlim=(0, 4.2),
        ylim=(0, 0.995),
    )
    ax.grid(False)
    return fig


@style()
def lookahead() -> Figure:
    """Two diagrams of one step from the same point with the same velocity, which leads over the floor of a ravine. Left, momentum: the
    gradient where one stands still points the velocity's way across, and the step lands far up the other wall. Right, Nesterov: the gradient is
    taken at the end of the velocity's arrow, beyond the floor, points back, and the step lands near the floor."""
    curvature, alpha, rho = np.array([0.35, 3.0]), 0.24, 0.9
    x, v = np.array([-2.0, -0.35]), np.array([-4.2, -3.4])
    fig, axes = plt.subplots(1, 2, figsize=(9.6, 3.6), sharey=True)
    a, b = np.meshgrid(np.linspace(-2.4, 0.2, 120), np.linspace(-0.8, 0.9, 120))
    for ax, title, ahead in zip(
        axes, ("momentum (Polyak, 1964)", "Nesterov (1983)"), (False, True), strict=True
    ):
        ax.contour(
            a,
            b,
            0.5 * (curvature[0] * a**2 + curvature[1] * b**2),
            levels=np.arange(1, 8) ** 2 * 0.03,
            colors="0.8",
            linewidths=0.8,
        )
        ax.axhline(0, color="0.7", linewidth=0.8)
        carried = x - alpha * rho * v
        asked = carried if ahead else x
        step = -alpha * curvature * asked
        end = carried + step
        for start, stop, colour, width in (
            (x, carried, BLUE, 1.8),
            (carried, end, VERMILION, 1.8),
            (x, end, "black", 2.4),
        ):
            ax.annotate(
                "",
                stop,
                start,
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": colour,
                    "linewidth": width,
                    "shrinkA": 0,
                    "shrinkB": 0,
                },
            )
        ax.plot(*asked, "o", color=VERMILION, markersize=8, fillstyle="none", markeredgewidth=1.8)
        ax.plot(*x, "o", color="black", markersize=4)
        ax.set(xlabel="along the floor", title=title, xlim=(-2.4, 0.2), ylim=(-0.8, 0.9))
        ax.grid(False)
    axes[0].set_ylabel("across")
    for colour, name in (
        (BLUE, "velocity carries on"),
        (VERMILION, "gradient step, measured at the circle"),
        ("black", "the step taken"),
    ):
        axes[0].plot([], [], color=colour, label=name)
    fig.legend(loc="outside lower center", ncols=3)
    return fig
