"""Figures of the note on backpropagation."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from utils.plotting import PALETTE, style

BLUE, VERMILION, GREEN = PALETTE[:3]
Point = tuple[float, float]


def _wire(ax: Axes, start: Point, end: Point, value: str, gradient: str, at: float = 0.5) -> None:
    """Draw a wire with its value above it and the gradient that comes back along it below."""
    ax.annotate(
        "",
        end,
        start,
        arrowprops={"arrowstyle": "-|>", "color": "0.55", "shrinkA": 15, "shrinkB": 15},
    )
    place = (start[0] + at * (end[0] - start[0]), start[1] + at * (end[1] - start[1]))
    ax.annotate(
        value, place, (0, 4), textcoords="offset points", ha="center", va="bottom", color=BLUE
    )
    ax.annotate(
        gradient, place, (0, -4), textcoords="offset points", ha="center", va="top", color=VERMILION
    )


def _node(ax: Axes, place: Point, name: str) -> None:
    ax.text(
        *place,
        name,
        ha="center",
        va="center",
        bbox={"boxstyle": "circle,pad=0.35", "fc": "white", "ec": "0.4"},
    )


def circuit() -> Figure:
    """The circuit f = (x + y) z for x = -2, y = 5, z = -4. The values 3 and -12 flow to the right above the wires; below them the gradients
    flow back: 1 at the output, then -4 into the add gate and on to x and y alike, and 3 to z."""
    with style():
        fig, ax = plt.subplots(figsize=(6.4, 2.8))
    places = {
        "x": (0.0, 2.0),
        "y": (0.0, 1.0),
        "z": (0.0, 0.0),
        "+": (2.0, 1.5),
        "×": (4.0, 0.75),
        "f": (5.6, 0.75),
    }
    for start, end, value, gradient in (
        ("x", "+", "-2", "-4"),
        ("y", "+", "5", "-4"),
        ("z", "×", "-4", "3"),
        ("+", "×", "q = 3", "-4"),
        ("×", "f", "-12", "1"),
    ):
        _wire(ax, places[start], places[end], value.replace("-", "−"), gradient.replace("-", "−"))
    for name, place in places.items():
        _node(ax, place, name)
    ax.text(5.6, 2.1, "values", color=BLUE, ha="right")
    ax.text(5.6, 1.85, "gradients", color=VERMILION, ha="right")
    ax.set(xlim=(-0.4, 6.0), ylim=(-0.4, 2.4))
    ax.set_axis_off()
    return fig


def gates() -> Figure:
    """Four small circuits, each with an incoming gradient of 2. The add gate sends 2 to both inputs; the multiply gate with inputs 3 and -4
    sends back -8 and 6; the max gate sends 2 to the larger input and 0 to the other; at a branch the gradients 2 and 5 add up to 7."""
    with style():
        fig, axes = plt.subplots(1, 4, figsize=(9.0, 2.5))
    titles = ("add distributes", "multiply switches", "max routes", "a branch adds up")
    inputs = ((("3", "2"), ("−4", "2")), (("3", "−8"), ("−4", "6")), (("3", "2"), ("−4", "0")))
    outputs = ("−1", "−12", "3")
    for ax, title in zip(axes, titles, strict=True):
        ax.set(title=title, xlim=(-0.35, 3.5), ylim=(-0.5, 1.5))
        ax.set_axis_off()
    for ax, sign, pair, out in zip(axes, ("+", "×", "max"), inputs, outputs, strict=False):
        for height, (value, gradient) in zip((1.0, 0.0), pair, strict=True):
            _wire(ax, (0.0, height), (1.6, 0.5), value, gradient, at=0.3)
        _wire(ax, (1.6, 0.5), (3.2, 0.5), out, "2", at=0.6)
        _node(ax, (1.6, 0.5), sign)
    _wire(axes[3], (-0.2, 0.5), (1.5, 0.5), "3", "2 + 5 = 7", at=0.45)
    _wire(axes[3], (1.2, 0.5), (3.2, 1.1), "3", "2", at=0.65)
    _wire(axes[3], (1.2, 0.5), (3.2, -0.1), "3", "5", at=0.65)
    axes[3].plot(1.38, 0.5, "o", color="0.4", markersize=5)
    return fig


def _weight(
    ax: Axes, start: Point, end: Point, name: str, color: str = "0.75", at: float = 0.5
) -> None:
    """Draw a connection from one node to another; with a name, as the one that is spoken of."""
    width = 2.0 if name else 0.8
    arrow = {"arrowstyle": "-|>", "color": color, "shrinkA": 17, "shrinkB": 17, "lw": width}
    ax.annotate("", end, start, arrowprops=arrow)
    place = (start[0] + at * (end[0] - start[0]), start[1] + at * (end[1] - start[1]))
    ax.annotate(
        name, place, (0, 5), textcoords="offset points", ha="center", va="bottom", color=color
    )


def indices() -> Figure:
    """Two networks with the names of their parts. Above, one neuron a layer: a of layer L-2, of L-1 and of L in a row, joined by the weights w of
    layers L-1 and L, then the loss, which also gets the target y. Below, layers of 3, 2 and 2 neurons, where each neuron is joined to every
    neuron of the next layer. The weight w with the indices 1 and 2 of layer L leads to neuron 1 from neuron 2. Two marked lines show that
    neuron 2 of layer L-1 feeds both neurons of layer L."""
    with style():
        fig, (above, below) = plt.subplots(2, 1, figsize=(7.6, 5.6), height_ratios=(1, 2.1))
    layers = ("L-2", "L-1", "L")
    columns = (0.0, 2.6, 5.2)
    row = [(column, 0.0) for column in columns]
    for start, end, layer in zip(row, row[1:], layers[1:], strict=False):
        _weight(above, start, end, f"$w^{{({layer})}}$", BLUE)
    for place, layer in zip(row, layers, strict=True):
        _node(above, place, f"$a^{{({layer})}}$")
    _weight(above, row[-1], (7.4, 0.0), " ", "0.4")
    _weight(above, (7.4, 0.95), (7.4, 0.0), "", "0.4")
    _node(above, (7.4, 0.0), "$C_0$")
    above.text(7.4, 1.0, "$y$", ha="center", va="bottom")
    above.set(title="one neuron in each layer", ylim=(-0.6, 1.4))
    heights = ((1.5, 0.0, -1.5), (0.9, -0.9), (0.9, -0.9))
    for left, right in ((0, 1), (1, 2)):
        for k, from_height in enumerate(heights[left], start=1):
            for j, to_height in enumerate(heights[right], start=1):
                start, end = (columns[left], from_height), (columns[right], to_height)
                named = left == 1 and k == 2
                name = f"$w_{{{j}2}}^{{(L)}}$" if named else ""
                color = (BLUE if j == 1 else GREEN) if named else "0.75"
                _weight(below, start, end, name, color, 0.5 if j == 2 else 0.32)
    for column, layer, places in zip(columns, layers, heights, strict=True):
        for number, height in enumerate(places, start=1):
            _node(below, (column, height), f"$a_{number}^{{({layer})}}$")
        below.text(column, -2.45, f"layer ${layer}$", ha="center", va="center", color="0.3")
    for height in heights[-1]:
        _weight(below, (columns[-1], height), (7.4, 0.0), "", "0.4")
    _node(below, (7.4, 0.0), "$C_0$")
    below.set(title="several neurons in each layer", ylim=(-2.7, 2.1))
    for ax in (above, below):
        ax.set_xlim(-0.6, 8.0)
        ax.set_axis_off()
    return fig


def paths() -> Figure:
    """Multiplications for the gradients at all ten nodes of a layer, against the number of layers of ten nodes above it, on a logarithmic axis.
    Both ways start at a hundred. Going along every path by itself costs ten times as much and more for each further layer, and passes a
    thousand million at eight layers; one sweep backwards costs a hundred more, and arrives at a thousand."""
    layers, width = np.arange(1, 11), 10
    with style():
        fig, ax = plt.subplots()
        ax.semilogy(
            layers,
            layers * width ** (layers + 1.0),
            "o-",
            color=VERMILION,
            label="each path by itself",
        )
        ax.semilogy(layers, layers * width**2, "s-", color=BLUE, label="one sweep backwards")
        ax.set(
            xlabel="layers between the nodes and the loss", ylabel="multiplications", xticks=layers
        )
        ax.legend()
    return fig


def valley() -> Figure:
    """Error of a measured derivative of the exponential function against the nudge h, on logarithmic axes. The one-sided difference
    has its valley near h = 1e-8 at 1e-8, the central one near 1e-5 at 1e-11. To the right the measured errors follow the lines h/2 and
    h squared / 6, to the left they scatter around the rounding error divided by h."""
    steps = np.logspace(-12, 0, 61)
    points = np.linspace(0.3, 1.4, 25)
    right = np.exp(points)

    def error(measured: np.ndarray) -> float:
        return float(np.median(np.abs(measured / right - 1)))

    one_sided = [error((np.exp(points + h) - right) / h) for h in steps]
    central = [error((np.exp(points + h) - np.exp(points - h)) / (2 * h)) for h in steps]
    with style():
        fig, ax = plt.subplots(figsize=(6.4, 4.0))
        ax.loglog(
            steps,
            one_sided,
            "^",
            color=VERMILION,
            markersize=4,
            label=r"one-sided: $(f(x+h) - f(x))/h$",
        )
        ax.loglog(
            steps, central, "o", color=BLUE, markersize=4, label=r"central: $(f(x+h) - f(x-h))/2h$"
        )
        ax.loglog(steps, steps / 2, "--", color=VERMILION, linewidth=1, label=r"$h/2$")
        ax.loglog(steps, steps**2 / 6, "-", color=BLUE, linewidth=1, label=r"$h^2/6$")
        ax.loglog(
            steps,
            np.finfo(float).eps / 4 / steps,
            ":",
            color="0.4",
            linewidth=1.2,
            label="rounding / h",
        )
        ax.set(xlabel="nudge h", ylabel="relative error of the derivative", ylim=(1e-13, 1))
        fig.legend(loc="outside lower center", ncols=2)
    return fig
