"""Figures of the note on data augmentation."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from utils import data
from utils.plotting import PALETTE, style

BLUE, VERMILION, GREEN, ORANGE, SKY = PALETTE[:5]
Array = NDArray[Any]
STORED = Path(__file__).resolve().parents[2] / "source" / "09-augmentation" / "gains.json"


def _read(img: Array, x: Array, y: Array) -> Array:
    """Bilinear reading at columns x and rows y; black outside."""
    padded = np.pad(img, ((1, 1), (1, 1), (0, 0)))
    height, width = img.shape[:2]
    x, y = np.clip(x + 1, 0, width + 1), np.clip(y + 1, 0, height + 1)
    left, top = np.minimum(x.astype(int), width), np.minimum(y.astype(int), height)
    fx, fy = (x - left)[..., None], (y - top)[..., None]
    above = (1 - fx) * padded[top, left] + fx * padded[top, left + 1]
    below = (1 - fx) * padded[top + 1, left] + fx * padded[top + 1, left + 1]
    return np.asarray((1 - fy) * above + fy * below)


def _from_centre(img: Array) -> tuple[Array, Array, float, float]:
    x0, y0 = (img.shape[1] - 1) / 2, (img.shape[0] - 1) / 2
    x, y = np.meshgrid(np.arange(img.shape[1]) - x0, np.arange(img.shape[0]) - y0)
    return x, y, x0, y0


def _warp(img: Array, matrix: Array) -> Array:
    x, y, x0, y0 = _from_centre(img)
    back = np.linalg.inv(matrix)
    return _read(img, back[0, 0] * x + back[0, 1] * y + x0, back[1, 0] * x + back[1, 1] * y + y0)


def _turn(degrees: float) -> Array:
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[c, -s], [s, c]])


def _small(name: str, top: int, left: int) -> Array:
    """256 by 256 pixels of a photograph, as means of 2 by 2."""
    return np.asarray(
        data.pictures()[name][top : top + 256, left : left + 256]
        .reshape(128, 2, 128, 2, 3)
        .mean(axis=(1, 3))
    )


@style()
def views() -> Figure:
    """Twelve times the same photograph of a cat's face: as it is, mirrored, cropped, nearer, darker, with less contrast, turned, sheared, stretched, bent
    by a lens like a barrel, with a grey square over a part of it, and blended with 30 % of a cup of coffee. A person sees a cat every time."""
    cat, coffee = _small("chelsea", 22, 100), _small("coffee", 72, 170)
    x, y, x0, y0 = _from_centre(cat)
    lens = 1 + 0.5 * (x**2 + y**2) / (2 * 64**2)
    cut = cat.copy()
    cut[60:108, 84:128] = 0.5
    mean = cat.mean()
    shown = {
        "as it is": cat,
        "mirrored": cat[:, ::-1],
        "cropped": cat[6:102, 28:124],
        "nearer": cat[24:96, 8:80],
        "darker": 0.55 * cat,
        "less contrast": mean + 0.4 * (cat - mean),
        "turned": _warp(cat, _turn(20)),
        "sheared": _warp(cat, np.array([[1, 0.3], [0, 1]])),
        "stretched": _warp(cat, np.diag([1.35, 0.8])),
        "through a lens": _read(cat, lens * x + x0, lens * y + y0),
        "cutout": cut,
        "mixup, 0.7 cat": 0.7 * cat + 0.3 * coffee,
    }
    fig, axes = plt.subplots(2, 6, figsize=(9.6, 3.6))
    for ax, (name, picture) in zip(axes.flat, shown.items(), strict=True):
        ax.imshow(np.clip(picture, 0, 1))
        ax.set_title(name, fontsize=9)
        ax.axis("off")
    return fig


@style()
def light() -> Figure:
    """A cup of coffee in twelve lights. Above: darker, lighter, with less and with more contrast, and twice with bytes that ran over, which turn its white rim
    dark and the coffee green. Below: moved by one standard deviation to either side along the three principal components of the colours of six
    photographs. The first is brightness; the second turns the cup blue-grey or red; the third, between green and magenta, can hardly be seen."""
    cup = _small("coffee", 72, 170)
    mean = cup.mean()
    pixels = np.concatenate([picture.reshape(-1, 3) for picture in data.pictures().values()])
    variances, directions = np.linalg.eigh(np.cov(pixels.T))
    directions = directions * np.where(
        directions[0] < 0, -1, 1
    )  # eigenvectors have no sign of their own: towards more red
    shown = {
        "brightness 0.6": 0.6 * cup,
        "brightness 1.4": 1.4 * cup,
        "contrast 0.4": mean + 0.4 * (cup - mean),
        "contrast 1.6": mean + 1.6 * (cup - mean),
        "1.2, in bytes": (255 * 1.2 * cup).astype(int) % 256 / 255,
        "1.6, in bytes": (255 * 1.6 * cup).astype(int) % 256 / 255,
    }
    for name, column in (("first", 2), ("second", 1), ("third", 0)):
        for sign, word in ((-1, "−"), (1, "+")):
            shown[f"{name} {word}"] = (
                cup + sign * np.sqrt(variances[column]) * directions[:, column]
            )
    fig, axes = plt.subplots(2, 6, figsize=(9.6, 3.6))
    for ax, (title, picture) in zip(axes.flat, shown.items(), strict=True):
        ax.imshow(np.clip(picture, 0, 1))
        ax.set_title(title, fontsize=9)
        ax.axis("off")
    return fig


@style()
def backwards() -> Figure:
    """A letter F of 16 by 16 pixels, turned by 25 degrees and enlarged by 1.3, in two ways. Carried forwards, pixel by pixel, the result is full of black
    holes, since some pixels of it are hit by none. Asked backwards, each pixel of the result reads the original where it comes from, and there are no holes."""
    letter = np.full((16, 16, 1), 0.35)
    letter[2:14, 4:7] = letter[2:5, 4:12] = letter[7:9, 4:10] = 1.0
    matrix = 1.3 * _turn(25)
    x, y, x0, y0 = _from_centre(letter)
    forwards = np.zeros((16, 16))
    goes = np.rint(
        np.einsum("ij,jpq->ipq", matrix, np.stack([x, y])) + np.array([x0, y0])[:, None, None]
    ).astype(int)
    inside = ((goes >= 0) & (goes < 16)).all(axis=0)
    forwards[goes[1][inside], goes[0][inside]] = letter[..., 0][inside]
    fig, axes = plt.subplots(1, 3, figsize=(9.6, 4.0))
    titles = ("the picture", "forwards: where does it go?", "backwards: where does it come from?")
    for ax, picture, title in zip(
        axes, (letter[..., 0], forwards, _warp(letter, matrix)[..., 0]), titles, strict=True
    ):
        ax.imshow(picture, cmap="gray", vmin=0, vmax=1)
        ax.set(title=title, xlabel="x, column", xticks=(0, 5, 10, 15), yticks=(0, 5, 10, 15))
        ax.grid(False)
    axes[0].set_ylabel("y, row")
    return fig


def _cells(ax: Axes, height: float, edges: Array, colour: str, name: str) -> None:
    for left, right in pairwise(edges):
        ax.add_patch(
            Rectangle(
                (left, height), right - left, 0.5, facecolor=colour, alpha=0.25, edgecolor=colour
            )
        )
    ax.plot(
        (edges[1:] + edges[:-1]) / 2,
        np.full(len(edges) - 1, height + 0.25),
        "o",
        color=colour,
        markersize=5,
    )
    ax.text(-0.15, height + 0.25, name, ha="right", va="center")


@style()
def centres() -> Figure:
    """Four old pixels in a row, and seven new ones that fill the same length. With half-pixel centres both rows begin and end at the same edges, and each
    new pixel is read where its centre lies. Without the halves, every new pixel is read a fifth of an old pixel too far to the right. With aligned
    corners, the outermost ones are read too far inside, and only the one in the middle is right."""
    fig, ax = plt.subplots(figsize=(9.6, 2.9))
    old, new = 4, 7
    _cells(ax, 3.0, np.arange(old + 1.0), PALETTE[6], "4 old pixels")
    _cells(ax, 2.0, np.linspace(0, old, new + 1), BLUE, "half-pixel centres (ours)")
    for row, colour, name, at in (
        (1.0, VERMILION, "i · 4/7, no halves", np.arange(new) * old / new),
        (0.0, GREEN, "aligned corners", np.linspace(0, old - 1, new)),
    ):
        ax.plot(at + 0.5, np.full(new, row + 0.25), "o", color=colour, markersize=5)
        ax.text(-0.15, row + 0.25, name, ha="right", va="center")
    for right in (2 * np.arange(new) + 1) * old / new / 2:
        ax.plot([right, right], [0, 2], ":", color="0.5", linewidth=0.8, zorder=0)
    ax.set(
        xlabel="place in the picture, in old pixels; each dot is where a new pixel is read",
        xlim=(-0.05, old + 0.05),
        ylim=(-0.2, 3.7),
    )
    ax.yaxis.set_visible(False)
    ax.spines["left"].set_visible(False)
    ax.grid(False)
    return fig


@style()
def recipe() -> Figure:
    """D0's recipe for test time, drawn to scale: a photograph of 640 by 427 pixels at the five scales with short sides of 224, 256, 384, 480 and 640, and in
    each the five crops of 224 by 224, in the corners and in the centre. At the smallest scale they overlap and show nearly all of the picture's
    height; at the largest they are small details, apart from one another."""
    picture = data.pictures()["rocket"][::3, ::3]
    fig, ax = plt.subplots(figsize=(9.6, 2.4))
    begin = 0
    for short in (224, 256, 384, 480, 640):
        wide = round(short * 640 / 427)
        ax.imshow(picture, extent=(begin, begin + wide, short, 0))
        down, right = short - 224, wide - 224
        places = ((0, 0), (right, 0), (0, down), (right, down), (right // 2, down // 2))
        for (left, top), colour in zip(places, (SKY, ORANGE, SKY, ORANGE, "white"), strict=True):
            ax.add_patch(
                Rectangle(
                    (begin + left, top), 224, 224, fill=False, edgecolor=colour, linewidth=1.4
                )
            )
        ax.text(begin + wide / 2, -15, str(short), ha="center", va="bottom", fontsize=9)
        begin += wide + 50
    ax.set(xlim=(-5, begin - 45), ylim=(645, -80))
    ax.axis("off")
    return fig


@style()
def gains() -> Figure:
    """Accuracy of twelve ways of augmenting, with standard errors, on digits and on textures, ten pictures a class. Digits: none 0.31; flip, colour and mixup
    the same; cutout 0.29; warp 0.40; crop 0.70; crop and flip 0.64; all 0.49; all but flip 0.63; with three times the steps crop 0.74 and all but flip 0.77.
    Textures: none 0.50; colour, warp, crop with scale, and all of them not clearly different from it; mixup 0.38; cutout 0.54; flip 0.58; crop 0.79; crop and flip 0.87."""
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    fig, axes = plt.subplots(1, 2, figsize=(9.6, 4.4))
    for ax, (kind, ways) in zip(axes, stored["gains"].items(), strict=True):
        base = np.array(ways["none"])
        root = np.sqrt(len(base))
        for row, values in enumerate(ways.values()):
            gain = np.array(values) - base
            clear = abs(gain.mean()) > 3 * gain.std(ddof=1) / root > 0
            colour = PALETTE[6] if not clear else BLUE if gain.mean() > 0 else VERMILION
            marker = "o" if not clear else ">" if gain.mean() > 0 else "<"
            error = np.std(values, ddof=1) / root
            ax.errorbar(
                np.mean(values), row, xerr=error, fmt=marker, color=colour, capsize=3, markersize=6
            )
            side = -1 if colour == VERMILION else 1
            at = np.mean(values) + side * (error + 0.03)
            ax.text(
                at,
                row,
                f"{np.mean(values):.2f}",
                ha="left" if side > 0 else "right",
                va="center",
                fontsize=8,
                color=colour,
            )
        ax.axvline(base.mean(), color=PALETTE[6], linewidth=1, linestyle=":")
        ax.set(
            title=kind,
            xlabel="accuracy on 2000 test pictures",
            xlim=(0, 1),
            yticks=range(len(ways)),
            yticklabels=list(ways),
        )
        ax.invert_yaxis()
    return fig
