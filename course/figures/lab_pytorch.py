"""Figures of the note on the lab: two frameworks that agree, and fair comparisons."""

from __future__ import annotations

import math
import struct

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from utils import data
from utils.plotting import PALETTE, style

BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE = PALETTE[:6]


def _gradient(w: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Return mean cross-entropy of scores x w, and its gradient."""
    scores = x @ w
    scores = scores - scores.max(axis=1, keepdims=True)
    exps = np.exp(scores)
    share = exps / exps.sum(axis=1, keepdims=True)
    rows = np.arange(len(y))
    loss = float(np.mean(np.log(exps.sum(axis=1)) - scores[rows, y]))
    share[rows, y] -= 1
    return loss, x.T @ (share / len(y))


def _losses(
    x: np.ndarray,
    y: np.ndarray,
    batches: list[np.ndarray],
    rate: float,
    momentum: float = 0.0,
    damped: float = 0.0,
    kept: bool = False,
    start: np.ndarray | None = None,
) -> np.ndarray:
    """Return the loss before each step of momentum; `damped` as PyTorch's dampening, `kept` without setting gradients to zero."""
    w = np.zeros((x.shape[1], 10), x.dtype) if start is None else start
    total, velocity, losses = np.zeros_like(w), None, []
    for batch in batches:
        loss, grad = _gradient(w, x[batch], y[batch])
        losses.append(loss)
        total = total + grad if kept else grad
        velocity = total if velocity is None else momentum * velocity + (1 - damped) * total
        w = w - rate * velocity
    return np.array(losses, dtype=np.float64)


def _epochs(n: int, size: int, count: int, seed: int, drop: bool = False) -> list[np.ndarray]:
    """Return the batches of some epochs, as arrays of indices."""
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(n) for _ in range(count)]
    whole = [order[start : start + size] for order in orders for start in range(0, n, size)]
    return [batch for batch in whole if len(batch) == size or not drop]


@style()
def parting() -> Figure:
    """Differences between the losses of two runs over 36 steps, an epoch being eleven, on a logarithmic axis. Other weights: apart from step 0. Another
    learning rate: equal at step 0, apart from step 1. Dampening in one of them: apart from step 2. The last batch left out: equal for ten
    steps, to the end of the first epoch, then apart. Single precision: never apart by more than one in a million."""
    digits = data.digits()
    x, y = digits.x_train, digits.y_train
    batches, dropped = _epochs(len(x), 100, 4, 0)[:36], _epochs(len(x), 100, 4, 0, drop=True)[:36]
    base = _losses(x, y, batches, 0.1, 0.9)
    small = np.random.default_rng(1).normal(0, 0.1, (64, 10))
    twins = {
        "other weights": (_losses(x, y, batches, 0.1, 0.9, start=small), VERMILION, "o"),
        "learning rate 0.11": (_losses(x, y, batches, 0.11, 0.9), ORANGE, "s"),
        "dampening": (_losses(x, y, batches, 0.1, 0.9, damped=0.9), GREEN, "^"),
        "last batch dropped": (_losses(x, y, dropped, 0.1, 0.9), PURPLE, "D"),
        "single precision": (
            _losses(np.float32(x), y, batches, 0.1, 0.9, start=np.zeros((64, 10), np.float32)),
            BLUE,
            "v",
        ),
    }
    fig, ax = plt.subplots(figsize=(8.4, 3.8))
    for name, (losses, colour, mark) in twins.items():
        error = np.abs(base - losses) / np.maximum(1, np.maximum(base, losses))
        ax.semilogy(
            np.where(error > 1e-12, error, np.nan),
            mark + "-",
            markersize=3.5,
            linewidth=1,
            color=colour,
            label=name,
        )
    ax.axhline(1e-6, color="black", linestyle="--", linewidth=1)
    ax.annotate("tolerance", (35.5, 1e-6), (0, 4), textcoords="offset points", ha="right")
    for step in (0, 1, 2, 10):
        ax.axvline(step, color="0.6", linewidth=0.8, linestyle=":")
    ax.set(
        xlabel="step",
        ylabel=r"difference of the losses, $e_t$",
        ylim=(5e-12, 5),
        xticks=[0, 1, 2, 10, 20, 30],
    )
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig


@style()
def journey() -> Figure:
    """Training loss of a single layer on the digits at the learning rates 0.001, 0.01, 0.1 and 1, in batches of 100. Left, over five epochs: four
    different curves, the one at 0.001 flat at 2.3. Right, over the learning rate times the number of steps: the four lie on one
    curve, which falls from 2.3 to 0.4. The tutorial's five epochs end at 0.055 on this axis; on MNIST the same settings reach as far as 18."""
    digits = data.digits()
    x, y = digits.x_train, digits.y_train
    batches = _epochs(len(x), 100, 5, 0)
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.6), sharey=True)
    for rate, colour in ((0.001, VERMILION), (0.01, ORANGE), (0.1, GREEN), (1.0, BLUE)):
        w, losses = np.zeros((64, 10)), []
        for batch in batches:
            w = w - rate * _gradient(w, x[batch], y[batch])[1]
            losses.append(_gradient(w, x, y)[0])
        steps = np.arange(1, len(batches) + 1)
        left.plot(steps / 11, losses, color=colour, label=f"{rate:g}")
        right.semilogx(rate * steps, losses, ".", markersize=5, color=colour)
    left.set(xlabel="epoch", ylabel="loss on the training set", ylim=(0, 2.4))
    left.legend(title="learning rate", loc="lower left")
    right.set(xlabel=r"learning rate $\times$ steps")
    reach = 0.001 * 3000 * 784 * (0.1307**2 + 0.3081**2) / np.mean(np.sum(x**2, axis=1))
    for place, words, colour, side, gap in (
        (0.055, "the tutorial's settings\non our digits", VERMILION, "right", -5),
        (reach, "on MNIST", "black", "right", -4),
    ):
        right.axvline(place, color=colour, linestyle="--", linewidth=1)
        right.annotate(
            words,
            (place, 1.0 if place < 1 else 2.1),
            (gap, 0),
            textcoords="offset points",
            color=colour,
            ha=side,
        )
    return fig


def _largest_of(k: int) -> float:
    """Return the mean of the largest of k standard normal draws: the integral of z over the density of the largest."""
    z = np.linspace(-8, 8, 4001)
    below = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in z]) ** k
    return float(np.sum((z[1:] + z[:-1]) / 2 * np.diff(below)))


@style()
def choosing() -> Figure:
    """The accuracy that is reported on average, over the number of settings tried, from 1 to 100, all of which are right on 90 % of all images. Chosen on a dev
    set and reported on the test set, it stays at 0.90. Chosen and reported on one test set it rises: for 360 images to 0.93 at 27
    settings and 0.94 at 100; for 10,000 images by half a point to three quarters."""
    counts = np.unique(np.logspace(0, 2, 25).astype(int))
    extra = np.array([_largest_of(int(k)) for k in counts])
    fig, ax = plt.subplots(figsize=(7.2, 3.6))
    for size, colour, line in ((360, VERMILION, "-"), (10_000, ORANGE, "--")):
        ax.semilogx(
            counts,
            0.9 + extra * math.sqrt(0.09 / size),
            line,
            color=colour,
            label=f"chosen on a test set of {size:,}",
        )
    ax.semilogx(
        counts, np.full(len(counts), 0.9), color=BLUE, label="chosen on dev, reported on test"
    )
    ax.axvline(27, color="0.6", linewidth=0.8, linestyle=":")
    ax.annotate(
        "the lab's 27", (27, 0.893), (4, 0), textcoords="offset points", color="0.3", va="center"
    )
    ax.set(
        xlabel="settings tried, all equally good",
        ylabel="accuracy reported, on average",
        ylim=(0.89, 0.95),
        xticks=[1, 3, 10, 30, 100],
    )
    ax.set_xticklabels(["1", "3", "10", "30", "100"])
    ax.minorticks_off()
    ax.legend(loc="upper left")
    return fig


def _boxes(
    ax: Axes,
    y: float,
    parts: list[tuple[str, bytes, str]],
    spread: float = 1.0,
    offset: float = 0.0,
) -> list[tuple[float, float]]:
    """Draw named runs of bytes as boxes in a row; return where each begins and ends."""
    places, at = [], offset
    for name, raw, colour in parts:
        width = max(len(raw), 1) * spread
        ax.add_patch(
            plt.Rectangle(
                (at, y), width, 1, facecolor=colour, edgecolor="black", linewidth=0.8, alpha=0.35
            )
        )
        ax.text(
            at + width / 2,
            y + 0.5,
            raw.hex(" ") if len(raw) <= 8 else f"{len(raw)} bytes",
            ha="center",
            va="center",
            fontsize=7.5,
            family="monospace",
        )
        ax.text(at + width / 2, y + 1.12, name, ha="center", va="bottom", fontsize=8)
        places.append((at, at + width))
        at += width
    return places


@style()
def record() -> Figure:
    """An event file taken apart, for the loss 0.5 at step 300. Top row, a record: the length 1b as eight bytes, its masked checksum, the 27 bytes of the
    event, their masked checksum. Middle row, the event: key 09 and the time as a double, key 10 and the step as the varint ac 02, key 2a, the
    length 0d and the 13 bytes of the summary. Bottom row, the summary: key 0a, the length 0b of the value, then key 0a, the length 04 and
    the text loss, key 15 and the float 0.5."""
    value = b"\x0a\x04loss\x15" + struct.pack("<f", 0.5)
    summary = b"\x0a" + bytes([len(value)]) + value
    event = b"\x09" + struct.pack("<d", 1e9) + b"\x10\xac\x02\x2a" + bytes([len(summary)]) + summary
    fig, ax = plt.subplots(figsize=(9.6, 3.9))
    top = _boxes(
        ax,
        6,
        [
            ("length, 27", struct.pack("<Q", len(event)), SKY),
            ("its checksum", bytes.fromhex("1a0d9e13"), ORANGE),
            ("the event", event, GREEN),
            ("its checksum", bytes.fromhex("94e7b4b0"), ORANGE),
        ],
    )
    middle = _boxes(
        ax,
        3,
        [
            ("key", event[:1], "0.6"),
            ("wall time, a double", event[1:9], SKY),
            ("key", event[9:10], "0.6"),
            ("step 300", event[10:12], SKY),
            ("key", event[12:13], "0.6"),
            ("length", event[13:14], ORANGE),
            ("the summary", summary, PURPLE),
        ],
        spread=1.55,
    )
    bottom = _boxes(
        ax,
        0,
        [
            ("key", summary[:1], "0.6"),
            ("length", summary[1:2], ORANGE),
            ("key", value[:1], "0.6"),
            ("length", value[1:2], ORANGE),
            ("tag, 'loss'", value[2:6], SKY),
            ("key", value[6:7], "0.6"),
            ("value 0.5, a float", value[7:], SKY),
        ],
        spread=1.9,
        offset=middle[-1][1] - 1.9 * len(summary),
    )
    for (left, right), below in ((top[2], middle), (middle[-1], bottom)):
        y = 6 if below is middle else 3
        for here, there in ((left, below[0][0]), (right, below[-1][1])):
            ax.plot([here, there], [y, y - 1.65], color="0.5", linewidth=0.8, linestyle=":")
    ax.set(xlim=(-0.5, max(top[-1][1], middle[-1][1]) + 0.5), ylim=(-0.3, 8))
    ax.set_axis_off()
    return fig
