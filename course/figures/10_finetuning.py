"""Figures of the note on transfer learning; two of them draw what lies beside the notebook: the pretrained network and the measured table."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from utils import data
from utils.plotting import PALETTE, style

BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE = PALETTE[:6]
SHIPPED = Path(__file__).resolve().parents[2] / "source" / "10-finetuning"
METHODS = ("scratch", "random features", "linear probe", "top two", "fine-tune", "slow body")
COLORS = ("0.45", "0.75", BLUE, ORANGE, VERMILION, GREEN)


@style()
def recipes() -> Figure:
    """Left, six recipes as columns of three boxes, body below and head on top. Scratch and random features have a random body, the other four the
    pretrained one; every head is new. Boxes that stand still are hatched: the whole body for random features and linear probe, the lowest layer for top two; in slow
    body the two lower boxes are marked with a tenth. Right, a timetable of gradual unfreezing: the head learns from step 0, the layer below it from step 150, the lowest from step 300."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(10.4, 3.8), width_ratios=(2.1, 1))
    still = {
        "scratch": 0,
        "random features": 2,
        "linear probe": 2,
        "top two": 1,
        "fine-tune": 0,
        "slow body": 0,
    }
    for column, method in enumerate(METHODS):
        for layer in range(3):
            color = ORANGE if layer == 2 else "0.85" if method in METHODS[:2] else SKY
            hatch = "////" if layer < still[method] else ""
            left.add_patch(
                Rectangle(
                    (column + 0.12, layer + 0.08),
                    0.76,
                    0.84,
                    facecolor=color,
                    edgecolor="black",
                    hatch=hatch,
                    linewidth=1,
                )
            )
            if method == "slow body" and layer < 2:
                left.text(
                    column + 0.5, layer + 0.5, "rate / 10", ha="center", va="center", fontsize=9
                )
    left.set(
        xlim=(0, 6),
        ylim=(0, 3.9),
        xticks=np.arange(6) + 0.5,
        xticklabels=[m.replace(" ", "\n") for m in METHODS],
    )
    left.set(yticks=[0.5, 1.5, 2.5], yticklabels=["layer 1", "layer 2", "head"])
    keys = [
        ("0.85", "", "random"),
        (SKY, "", "pretrained"),
        (ORANGE, "", "new"),
        ("white", "////", "stands still"),
    ]
    handles = [
        Patch(facecolor=color, edgecolor="black", hatch=hatch, label=label)
        for color, hatch, label in keys
    ]
    left.legend(handles=handles, loc="upper center", ncols=4)
    for layer, start in enumerate((300, 150, 0)):
        right.add_patch(
            Rectangle(
                (0, layer + 0.15), start, 0.7, facecolor="white", edgecolor="black", hatch="////"
            )
        )
        color = ORANGE if layer == 2 else SKY
        right.add_patch(
            Rectangle((start, layer + 0.15), 450 - start, 0.7, facecolor=color, edgecolor="black")
        )
    right.set(
        xlim=(0, 450),
        ylim=(0, 3.9),
        xticks=[0, 150, 300, 450],
        xlabel="step",
        title="unfreeze_schedule(3, 450, 150)",
    )
    right.set(yticks=[0.5, 1.5, 2.5], yticklabels=["layer 1", "layer 2", "head"])
    for ax in (left, right):
        ax.grid(False)
        ax.tick_params(length=0)
    return fig


def _adam(rate: float, factor: float, steps: int) -> np.ndarray:
    """Adam's path on w^2 / 2 from 1, with the gradient multiplied by a factor."""
    w, first, second, path = 1.0, 0.0, 0.0, [1.0]
    for t in range(1, steps + 1):
        gradient = factor * w
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        w -= rate * first / (1 - 0.9**t) / (np.sqrt(second / (1 - 0.999**t)) + 1e-8)
        path.append(w)
    return np.array(path)


@style()
def rate() -> Figure:
    """Distance of a weight from its minimum over 60 steps. Left, plain gradient descent: a tenth of the rate and a tenth of the gradient give the same
    slow curve. Right, Adam: a tenth of the gradient gives the same fast curve as the whole gradient; a tenth of the rate goes slowly."""
    fig, axes = plt.subplots(1, 2, figsize=(9.2, 3.4), sharey=True)
    steps = np.arange(61)
    plain = {"rate 0.02": 0.98**steps, "gradient / 10": 0.998**steps, "rate / 10": 0.998**steps}
    paths = {
        "rate 0.02": _adam(0.02, 1, 60),
        "gradient / 10": _adam(0.02, 0.1, 60),
        "rate / 10": _adam(0.002, 1, 60),
    }
    for ax, curves, title in zip(
        axes, (plain, paths), ("plain gradient descent", "Adam"), strict=True
    ):
        for (name, curve), color, mark, width in zip(
            curves.items(), ("0.6", VERMILION, BLUE), ("-", "--", ":"), (5, 1.8, 2.4), strict=True
        ):
            ax.plot(steps, curve, mark, color=color, linewidth=width, label=name)
        ax.set(title=title, xlabel="step", ylim=(-0.15, 1.1))
    axes[0].set_ylabel("distance from the minimum")
    axes[0].legend(loc="lower left")
    return fig


def _features(params: dict[str, np.ndarray], x: np.ndarray, stage: int) -> np.ndarray:
    h = x.reshape(len(x), -1)
    for k in range(1, stage + 1):
        h = np.maximum(h @ params[f"w{k}"] + params[f"b{k}"], 0)
    return h


def _ridge(h: np.ndarray, y: np.ndarray, h_test: np.ndarray, y_test: np.ndarray) -> float:
    """Accuracy of the linear classifier that fits one-hot labels best, with a small penalty."""
    mean = h.mean(axis=0)
    scale = np.sqrt(np.mean((h - mean) ** 2))
    z, z_test = (h - mean) / scale, (h_test - mean) / scale
    targets = np.eye(5)[y] - 0.2
    dual = np.linalg.solve(z @ z.T + 0.1 * z.shape[1] * np.eye(len(z)), targets)
    return float(np.mean((z_test @ (z.T @ dual)).argmax(axis=1) == y_test))


@style()
def specific() -> Figure:
    """Three panels: accuracy of linear classifiers with 50 labels per class on pixels (stage 0) and on the features of stages 1 and 2, pretrained and random. For the
    digits 0 to 4, on which the network was trained, pretrained features rise from 0.87 at stage 1 to 0.95 at stage 2. For the digits 5 to 9 they reach 0.6 at stage 1 and
    stay near it. For textures they equal random features at both stages, near 0.35."""
    with np.load(SHIPPED / "pretrained.npz") as stored:
        pretrained = {name: stored[name].astype(np.float64) for name in stored.files}
    tasks = ("digits 0 to 4, its own task", "digits 5 to 9", "textures")
    shares = np.zeros((3, 2, 6, 3))  # (tasks, bodies, seeds, stages)
    for seed in range(6):
        rng = np.random.default_rng([7, seed])
        fresh = {
            name: rng.normal(size=v.shape) * np.sqrt(2 / len(v)) if name[0] == "w" else 0 * v
            for name, v in pretrained.items()
        }
        for task in range(3):
            if task < 2:
                classes = range(5 * task, 5 * task + 5)
                (x, y), (x_test, y_test) = (
                    data.digit_canvas(1000, classes, rng, part=part) for part in ("train", "test")
                )
            else:
                (x, y), (x_test, y_test) = (
                    data.textures(1000, 12, rng, part=part) for part in ("train", "test")
                )
            rows = np.concatenate([np.flatnonzero(y == k)[:50] for k in range(5)])
            for body, params in enumerate((pretrained, fresh)):
                for stage in range(3):
                    h, h_test = (_features(params, part, stage) for part in (x[rows], x_test))
                    shares[task, body, seed, stage] = _ridge(h, y[rows], h_test, y_test)
    fig, axes = plt.subplots(1, 3, figsize=(10, 3.3), sharey=True)
    for ax, task, share in zip(axes, tasks, shares, strict=True):
        for values, name, color, mark in zip(
            share, ("pretrained", "random"), (BLUE, VERMILION), ("o-", "s--"), strict=True
        ):
            error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
            ax.errorbar(
                range(3), values.mean(axis=0), error, fmt=mark, color=color, capsize=3, label=name
            )
        ax.axhline(0.2, color="black", linewidth=0.8, linestyle="--")
        ax.set(title=task, xlabel="stage", xticks=range(3), ylim=(0, 1))
    axes[0].set_ylabel("accuracy")
    axes[0].text(0, 0.14, "guessing")
    axes[1].legend(loc="upper left")
    return fig


@style()
def table() -> Figure:
    """Four panels of bars, the cells of the 2 by 2 table, with standard errors. Similar and little: the linear probe is highest at 0.41, scratch at 0.31.
    Different and little: all six between 0.24 and 0.26. Similar and much: scratch, top two and fine-tune near 0.8, the linear probe at 0.61. Different and much:
    scratch and fine-tune at 0.48, both probes at 0.3."""
    stored = json.loads((SHIPPED / "transfer.json").read_text(encoding="utf-8"))
    scores = np.array(stored["scores"])
    fig, axes = plt.subplots(2, 2, figsize=(9.6, 5.4), sharex=True, sharey="row")
    for row, (size, amount) in enumerate(((0, "5 labels per class"), (3, "200 labels per class"))):
        for column, target in enumerate(("similar: digits 5 to 9", "different: textures")):
            ax, share = axes[row, column], scores[column, size]
            error = share.std(axis=1, ddof=1) / np.sqrt(share.shape[1])
            ax.bar(
                range(6),
                share.mean(axis=1),
                yerr=error,
                color=COLORS,
                edgecolor="black",
                linewidth=0.6,
                capsize=3,
            )
            for place, (value, bar) in enumerate(zip(share.mean(axis=1), error, strict=True)):
                ax.text(place, value + bar + 0.008, f"{value:.2f}", ha="center", fontsize=9)
            ax.axhline(0.2, color="black", linewidth=0.8, linestyle="--")
            ax.set(title=f"{target}, {amount}", ylim=(0, (0.5, 0.95)[row]))
            ax.set_xticks(range(6), [name.replace(" ", "\n") for name in METHODS], fontsize=9)
            ax.grid(axis="x", visible=False)
        axes[row, 0].set_ylabel("accuracy")
    return fig
