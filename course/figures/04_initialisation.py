"""Figures of the note on initialisation."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from utils.plotting import PALETTE, style

BLUE, VERMILION, GREEN, ORANGE = PALETTE[:4]
Function = Callable[[np.ndarray], np.ndarray]


def _relu(z: np.ndarray) -> np.ndarray:
    return np.asarray(np.maximum(z, 0))


def _relu_slope(z: np.ndarray) -> np.ndarray:
    return np.asarray(z > 0, dtype=np.float64)


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def _sigmoid_slope(z: np.ndarray) -> np.ndarray:
    return np.asarray(_sigmoid(z) * (1 - _sigmoid(z)))


@style()
def path() -> Figure:
    """The root mean square of the activations after 3, 10 and 30 layers, against a factor on He's or Xavier's weights. ReLU: straight lines
    on logarithmic axes, all through 1 at the factor 1, and the steeper the deeper, so that after 30 layers a factor of 0.8 leaves a
    thousandth. tanh: towards the left the same, towards the right all curves bend and stay below 1, since tanh saturates."""
    factors = np.geomspace(0.25, 4, 121)
    z = np.linspace(-10, 10, 2001)
    p = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    fig, axes = plt.subplots(1, 2, figsize=(9.6, 3.8), sharey=True)
    cases: tuple[tuple[str, float, Function], ...] = (
        ("ReLU, factor times He", 2.0, _relu),
        ("tanh, factor times Xavier", 1.0, np.tanh),
    )
    for ax, (name, gain, f) in zip(axes, cases, strict=True):
        for depth, color, mark in ((3, GREEN, "-."), (10, BLUE, "--"), (30, VERMILION, "-")):
            rms = []
            for factor in factors:
                square = 1.0
                for _ in range(depth):
                    square = float(p @ f(np.sqrt(gain * factor**2 * square) * z) ** 2)
                rms.append(np.sqrt(square))
            ax.loglog(factors, rms, mark, color=color, label=f"{depth} layers")
        ax.axvline(1, color="0.5", linewidth=1)
        ax.set(
            title=name,
            xlabel="factor on every weight",
            ylim=(1e-6, 1e6),
            xticks=(0.25, 0.5, 1, 2, 4),
            xticklabels=("¼", "½", "1", "2", "4"),
        )
        ax.minorticks_off()
    axes[0].set_ylabel("root mean square at the end")
    axes[0].legend(loc="upper left")
    return fig


@style()
def positive() -> Figure:
    """Left: the density of He's normal weights for 512 inputs, centred on zero, and of the slide's, flat between 0 and 0.0625, with its mean marked
    at 0.031. Right: the root mean square of the activations through ten ReLU layers, on a logarithmic scale: with He's weights it stays near
    1, with the slide's it grows by 16 a layer to some ten thousand millions."""
    n, c = 512, np.sqrt(2 / 512)
    rng = np.random.default_rng(0)
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.6))
    w = np.linspace(-0.22, 0.22, 400)
    left.plot(
        w,
        np.exp(-(w**2) / (2 * c**2)) / (c * np.sqrt(2 * np.pi)),
        color=BLUE,
        label="He: mean 0, variance 2/512",
    )
    left.plot(
        [-0.22, 0, 0, c, c, 0.22],
        [0, 0, 1 / c, 1 / c, 0, 0],
        "--",
        color=VERMILION,
        label=r"the slide: $\rho c$, $\rho$ from U(0, 1)",
    )
    left.vlines(c / 2, 0, 1 / c, color=VERMILION, linewidth=1, linestyle=":")
    left.annotate(
        "its mean, c/2",
        (c / 2, 9),
        (0.09, 12),
        color=VERMILION,
        arrowprops={"arrowstyle": "-", "color": VERMILION},
    )
    left.set(xlabel="weight", ylabel="density", ylim=(0, 25))
    left.legend(loc="upper left")
    x = rng.normal(size=(100, n))
    for name, color, mark in (("He", BLUE, "o-"), ("the slide", VERMILION, "s--")):
        a, rms = x, [1.0]
        for _ in range(10):
            a = _relu(a @ (c * (rng.normal(size=(n, n)) if name == "He" else rng.random((n, n)))))
            rms.append(float(np.sqrt(np.mean(a**2))))
        right.semilogy(rms, mark, color=color, markersize=4, label=name)
    right.set(
        xlabel="layer (0 is the input)",
        ylabel="root mean square of the activations",
        ylim=(0.1, 1e12),
    )
    right.legend(loc="upper left")
    return fig


@style()
def layers() -> Figure:
    """The norms of the gradients with respect to activations and to weights, for each of twenty layers, on a logarithmic scale. Left, a ReLU net
    whose weights are 0.67 times He's: towards the input the gradient of the activations falls by three powers of ten, that of the weights
    stays level. Right, a sigmoid net from Xavier's weights: both fall, by more than ten powers of ten."""
    rng = np.random.default_rng(3)
    n, depth = 128, 20
    x = rng.normal(size=(30, n))
    base = [rng.normal(size=(n, n)) / np.sqrt(n) for _ in range(depth)]
    cases: tuple[tuple[str, float, Function, Function], ...] = (
        ("ReLU, 0.67 times He", 0.67 * np.sqrt(2), _relu, _relu_slope),
        ("sigmoid, Xavier", 1.0, _sigmoid, _sigmoid_slope),
    )
    fig, axes = plt.subplots(1, 2, figsize=(9.6, 3.6))
    for ax, (name, factor, f, slope) in zip(axes, cases, strict=True):
        weights, acts = [factor * w for w in base], [x]
        for w in weights:
            acts.append(f(acts[-1] @ w))
        da = rng.normal(size=(30, n))
        of_acts, of_weights = [np.linalg.norm(da)], []
        for a, w in zip(acts[-2::-1], weights[::-1], strict=True):
            dz = da * slope(a @ w)
            of_weights.append(np.linalg.norm(a.T @ dz))
            da = dz @ w.T
            of_acts.append(np.linalg.norm(da))
        top_a, top_w = of_acts[0], of_weights[0]
        ax.semilogy(
            range(depth + 1),
            np.array(of_acts[::-1]) / top_a,
            "o-",
            color=BLUE,
            markersize=4,
            label=r"$\partial L/\partial a_l$",
        )
        ax.semilogy(
            range(1, depth + 1),
            np.array(of_weights[::-1]) / top_w,
            "s--",
            color=VERMILION,
            markersize=4,
            label=r"$\partial L/\partial W_l$",
        )
        ax.set(title=name, xlabel="layer l, from input to output", xticks=(0, 5, 10, 15, 20))
    axes[0].set(ylabel="norm, the last layer's being 1", ylim=(1e-5, 1e1))
    axes[1].set(ylabel="norm, the last layer's being 1")
    axes[0].legend(loc="lower right")
    return fig


@style()
def cliff() -> Figure:
    """Contours of the loss of ten linear layers over two weights that five layers each share. A flat valley of minima curves along the product of
    one; above it rises a cliff. From a point high on the cliff the plain step is an arrow that leaves the picture; the clipped walk comes
    down in short steps of equal length and settles in the valley."""

    def grad(w: np.ndarray) -> np.ndarray:
        product = float(w[0] * w[1])
        return (product**5 - 1) * 5 * product**4 * w[::-1]

    rate = 0.02
    walk = [np.array([1.75, 1.15])]
    for _ in range(60):
        g = grad(walk[-1])
        walk.append(walk[-1] - rate * g * 2.5 / max(2.5, float(np.linalg.norm(g))))
    walk_array = np.array(walk)
    grid = np.stack(np.meshgrid(np.linspace(0.2, 2.2, 200), np.linspace(0.2, 1.7, 200)))
    height = 0.5 * ((grid[0] * grid[1]) ** 5 - 1) ** 2
    fig, ax = plt.subplots(figsize=(6.6, 4.2))
    drawn = ax.contourf(
        *grid,
        np.log10(np.maximum(height, 1e-4)),
        levels=np.arange(-4, 6),
        cmap="Greys",
        alpha=0.65,
        extend="both",
    )
    fig.colorbar(drawn, ax=ax, label="loss, power of ten")
    edge = np.linspace(0.6, 2.2, 100)
    ax.plot(edge, 1 / edge, color=GREEN, linewidth=1, linestyle=":", label="minima")
    ax.plot(
        *walk_array.T, "o-", color=BLUE, markersize=3, linewidth=1, label="clipped to a norm of 2.5"
    )
    first = grad(walk[0])
    length = float(np.linalg.norm(first))
    tip = walk[0] - 1.12 * first / length
    arrow = {"arrowstyle": "-|>", "color": VERMILION, "linewidth": 2, "linestyle": "--"}
    ax.annotate(
        "", (float(tip[0]), float(tip[1])), (float(walk[0][0]), float(walk[0][1])), arrowprops=arrow
    )
    ax.plot([], [], "--", color=VERMILION, label=f"plain step, of length {rate * length:.0f}")
    ax.plot(*walk[0], "s", color="black", label="start")
    ax.set(
        xlabel=r"weight of layers 1 to 5",
        ylabel=r"weight of layers 6 to 10",
        xlim=(0.2, 2.2),
        ylim=(0.2, 1.7),
    )
    ax.grid(False)
    ax.legend(loc="lower left", frameon=True, edgecolor="none", fontsize="small")
    return fig


@style()
def skip() -> Figure:
    """A block with a skip connection. The input a of layer l-1 splits: one branch goes through a weight matrix and an activation function f, the other
    goes around both; a plus sign adds them to a of layer l. Backwards, the gradient g arrives at the plus sign, which sends it along both
    branches: unchanged around the layer, and times the layer's J through it. Where they meet, they add up to g plus g times J."""
    fig, ax = plt.subplots(figsize=(7.6, 2.9))
    places = {
        "in": (0.0, 0.0),
        "W": (2.0, 0.0),
        "f": (3.6, 0.0),
        "+": (5.4, 0.0),
        "out": (7.4, 0.0),
    }
    for name, words, shape in (
        ("in", "$a_{l-1}$", "circle,pad=0.25"),
        ("W", r"$\times\ W_l$", "round,pad=0.4"),
        ("f", "$f$", "round,pad=0.4"),
        ("+", "+", "circle,pad=0.35"),
        ("out", "$a_l$", "circle,pad=0.35"),
    ):
        box = {"boxstyle": shape, "fc": "white", "ec": "0.4"}
        ax.text(*places[name], words, ha="center", va="center", bbox=box, zorder=5)
    straight = {"arrowstyle": "-|>", "color": BLUE, "shrinkA": 17, "shrinkB": 17}
    for start, end in (("in", "W"), ("W", "f"), ("f", "+"), ("+", "out")):
        ax.annotate("", places[end], places[start], arrowprops=straight)
    around = {**straight, "connectionstyle": "arc3,rad=-0.42"}
    ax.annotate("", places["+"], places["in"], arrowprops=around)
    for x, y, words in (
        (6.4, -0.3, "$g$"),
        (2.7, 0.74, "$g$"),
        (2.8, -0.5, "$g\\,J_l$"),
        (0.0, -0.5, "$g + g\\,J_l$"),
    ):
        ax.text(x, y, words, ha="center", va="center", color=VERMILION)
    ax.text(2.7, 1.4, "skip connection", ha="center", color=BLUE)
    ax.text(7.4, 1.3, "values", color=BLUE, ha="center")
    ax.text(7.4, 1.02, "gradients", color=VERMILION, ha="center")
    ax.set(xlim=(-0.8, 8.0), ylim=(-0.8, 1.7))
    ax.set_axis_off()
    return fig
