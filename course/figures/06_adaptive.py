"""Figures of the note on adaptive methods and learning-rate schedules."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from utils.plotting import PALETTE, style

BLUE, VERMILION, GREEN, ORANGE, SKY = PALETTE[:5]
EPS = 1e-8


def _descent(hessian: np.ndarray, start: np.ndarray, alpha: float, steps: int) -> np.ndarray:
    """Follow plain gradient descent on x' H x / 2. (steps + 1, 2)"""
    path = [start]
    for _ in range(steps):
        path.append(path[-1] - alpha * hessian @ path[-1])
    return np.array(path)


def _adagrad(hessian: np.ndarray, start: np.ndarray, alpha: float, steps: int) -> np.ndarray:
    """Follow AdaGrad on x' H x / 2. (steps + 1, 2)"""
    path, s = [start], np.zeros(2)
    for _ in range(steps):
        g = hessian @ path[-1]
        s = s + g * g
        path.append(path[-1] - alpha * g / (np.sqrt(s) + EPS))
    return np.array(path)


def _adam(hessian: np.ndarray, start: np.ndarray, alpha: float, steps: int) -> np.ndarray:
    """Follow Adam on x' H x / 2. (steps + 1, 2)"""
    path, m, v = [start], np.zeros(2), np.zeros(2)
    for t in range(1, steps + 1):
        g = hessian @ path[-1]
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        path.append(path[-1] - alpha * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + EPS))
    return np.array(path)


@style()
def turned() -> Figure:
    """Left: a ravine 50 times as steep across as along, lying along the axes. Descent zigzags; AdaGrad goes in a straight line until it is in the
    middle and then along the floor, and needs 26 steps, Adam 61. Right: the same ravine turned by 45 degrees. Descent walks the same path, turned;
    AdaGrad drops into the ravine and then creeps along it for 181 steps, Adam needs 86."""
    fig, axes = plt.subplots(1, 2, figsize=(9.6, 4.3))
    for ax, angle in zip(axes, (0.0, np.pi / 4), strict=True):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        hessian = turn @ np.diag([1.0, 50.0]) @ turn.T
        start = turn @ np.array([-4.0, 1.0])
        x, y = np.meshgrid(np.linspace(-4.7, 1.7, 160), np.linspace(-3.7, 2.0, 160))
        height = 0.5 * (hessian[0, 0] * x**2 + 2 * hessian[0, 1] * x * y + hessian[1, 1] * y**2)
        ax.contour(
            x, y, height, levels=np.array([0.3, 1, 3, 8, 25, 80, 200]), colors="0.8", linewidths=0.8
        )
        for rule, alpha, colour, marker, name in (
            (_descent, 0.038, "0.55", ".", "descent"),
            (_adagrad, 1.0, BLUE, "o", "AdaGrad"),
            (_adam, 0.3, GREEN, "^", "Adam"),
        ):
            path = rule(hessian, start, alpha, 300)
            arrived = int(np.flatnonzero(np.sum(path @ hessian * path, axis=1) / 2 <= 1e-3)[0])
            label = rf"{name}, $\alpha$ = {alpha}: {arrived} steps"
            ax.plot(
                *path[: arrived + 1].T,
                color=colour,
                marker=marker,
                markersize=3.5,
                linewidth=1.1,
                label=label,
            )
        ax.plot(0, 0, "*", color="black", markersize=10)
        ax.set(xlabel="first weight", ylabel="second weight", xlim=(-4.7, 1.7), ylim=(-3.7, 2.0))
        ax.set_title("along the axes" if angle == 0 else "turned by 45°")
        ax.legend(loc="lower right" if angle == 0 else "upper left", frameon=True, edgecolor="none")
        ax.grid(False)
    return fig


@style()
def rare() -> Figure:
    """How far two weights are from their right values, over 1000 steps; one belongs to a feature that is in every example, the other to one that is in
    every fiftieth. Left, descent: the common weight is right after about 100 steps; the rare one comes down in twenty small steps, and
    has gone half its way in the end. Right, AdaGrad: each of the rare weight's twenty steps is long, and it has nearly arrived."""
    fig, axes = plt.subplots(1, 2, figsize=(9.6, 3.4), sharey=True)
    steps = 1000
    for ax, name in zip(axes, ("descent", "AdaGrad"), strict=True):
        w, s, far = np.zeros(2), np.zeros(2), []
        for t in range(steps):
            far.append(np.abs(w - 1))
            x = np.array([1.0, 1.0 if t % 50 == 25 else 0.0])
            g = (x @ w - x.sum()) * x  # squared error, right weights are 1 and 1
            s = s + g * g
            w = w - (0.03 * g if name == "descent" else 0.25 * g / (np.sqrt(s) + EPS))
        for line, colour, dashes, feature in zip(
            np.array(far).T, (BLUE, VERMILION), ("-", "--"), ("common", "rare"), strict=True
        ):
            ax.plot(line, dashes, color=colour, label=f"weight of the {feature} feature")
        ax.set(title=name, xlabel="step", ylim=(-0.03, 1.08))
        ax.legend(loc="upper right")
    axes[0].set(ylabel="distance from its right value")
    return fig


@style()
def correction() -> Figure:
    """Left: two averages of a steady gradient of 1, as they come, against the step on a logarithmic axis. The first moment, of beta 0.9, is at 0.1 first
    and arrives at 1 within 30 steps; the root of the second moment, of beta 0.999, begins at 0.03 and needs thousands. Right: their quotient,
    the step: 3.16 at first, 6.57 at step 12, and 1 again after thousands of steps; corrected, it is 1 throughout."""
    t = np.arange(1, 5001)
    first, root = 1 - 0.9**t, np.sqrt(1 - 0.999**t)
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.4))
    left.semilogx(t, first, color=BLUE, label=r"first moment $m$, $\beta_1 = 0.9$")
    left.semilogx(
        t, root, "--", color=VERMILION, label=r"root of the second, $\sqrt{v}$, $\beta_2 = 0.999$"
    )
    left.set(xlabel="step", ylabel="average of a gradient of 1", ylim=(0, 1.35))
    left.legend(loc="upper left")
    right.semilogx(t, first / root, "--", color=VERMILION, label="as they come")
    right.semilogx(t, np.ones(len(t)), color=BLUE, label="corrected")
    right.plot([1, 12], [first[0] / root[0], first[11] / root[11]], "o", color=VERMILION)
    right.annotate("3.16", (1, first[0] / root[0]), (8, -10), textcoords="offset points")
    right.annotate("6.57, step 12", (12, first[11] / root[11]), (8, 3), textcoords="offset points")
    right.set(xlabel="step", ylabel=r"length of Adam's step, in $\alpha$", ylim=(0, 7.6))
    right.legend(loc="center right")
    return fig


@style()
def schedules() -> Figure:
    """Left: four learning-rate schedules over 90 epochs on a logarithmic axis: step is a staircase, exponential a straight line, inverse flattens,
    multistep drops tenfold at 30 and 60. Right: distance from the minimum of a noisy parabola. A large constant rate is fast and then stays in a wide
    cloud; a small one ends in a narrow cloud but takes more than a hundred times as long to get there; the multistep schedule is as fast as the one and ends
    as low as the other."""
    t = np.arange(91)
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.6))
    left.semilogy(t, 0.1 * 0.464 ** (t // 15), color=BLUE, drawstyle="steps-post", label="step")
    left.semilogy(
        t,
        0.1 * 0.1 ** ((t >= 30).astype(float) + (t >= 60)),
        "--",
        color=VERMILION,
        drawstyle="steps-post",
        label="multistep",
    )
    left.semilogy(t, 0.1 * np.exp(-0.051 * t), "-.", color=GREEN, label="exponential")
    left.semilogy(t, 0.1 / (1 + 0.1 * t), ":", color=ORANGE, linewidth=2.4, label="inverse")
    left.set(xlabel="epochs done", ylabel=r"learning rate $\alpha$")
    left.legend(loc="lower left")
    steps, walks = 3000, 200
    noise = np.random.default_rng(6).normal(size=(steps, walks))
    k = np.arange(steps)
    plans = (
        ("constant, 0.3", np.full(steps, 0.3), BLUE, "-"),
        ("constant, 0.003", np.full(steps, 0.003), ORANGE, ":"),
        (
            "multistep, 0.3 to 0.003",
            0.3 * 0.1 ** ((k >= 300).astype(float) + (k >= 800)),
            VERMILION,
            "--",
        ),
    )
    for name, rates, colour, dashes in plans:
        x, distance = np.full(walks, 10.0), []
        for step in range(steps):
            distance.append(np.sqrt(np.mean(x**2)))
            x = x - rates[step] * (x + noise[step])
        right.loglog(k + 1, distance, dashes, color=colour, label=name)
    right.set(xlabel="step", ylabel="typical distance from the minimum")
    right.legend(loc="lower left")
    return fig
