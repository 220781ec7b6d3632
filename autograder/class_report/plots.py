"""The page's plots: SVG as data, with words for who cannot see them. No name of a student stands in
any.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .item_analysis import Item
from .style import PALETTE, style

MARKERS = "osD^vP*X<>"
MOST_BARS = 30
BLUE, VERMILION, GREEN, ORANGE, SKY = PALETTE[:5]


@dataclass(frozen=True)
class Picture:
    """A plot as an address that holds it, and what it shows in words."""

    source: str
    alt: str


def marks(points: Sequence[float], most: float) -> Picture:
    """How many students reached how many points."""
    low = min(0.0, min(points))
    bins = np.linspace(low, max(most, max(points)), 21)
    middle = float(np.median(points))
    with _drawn((7.2, 3.0)) as (figure, axes):
        axes.hist(points, bins=bins.tolist(), color=BLUE, edgecolor="white", linewidth=0.6)
        axes.axvline(middle, color=VERMILION, label=f"median {middle:g}")
        axes.set(xlabel=f"points of {most:g}", ylabel="students")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(loc="upper left")
        counts, edges = np.histogram(points, bins=bins)
        peak = int(np.argmax(counts))
        alt = (
            f"Histogram of {len(points)} submissions' points, from {min(points):g} to "
            f"{max(points):g}, median {middle:g}. "
            f"The highest bar, {counts[peak]} submissions, lies from {edges[peak]:.0f} to "
            f"{edges[peak + 1]:.0f}."
        )
        return _picture(figure, alt)


def outcomes(items: Sequence[Item]) -> Picture:
    """For each question, how many got all points, some, none, or could not be judged."""
    parts = {
        "all points": ([item.full for item in items], GREEN, ""),
        "some": ([item.judged - item.full - item.none for item in items], SKY, ""),
        "none": ([item.none for item in items], VERMILION, "//"),
        "unjudged": ([item.unjudged for item in items], "#bbbbbb", ".."),
    }
    with _drawn((7.2, 0.9 + 0.42 * len(items))) as (figure, axes):
        left = np.zeros(len(items))
        for label, (counts, colour, hatch) in parts.items():
            axes.barh(
                [item.id for item in items],
                counts,
                left=left,
                label=label,
                color=colour,
                hatch=hatch,
                edgecolor="white",
                linewidth=0,
            )
            left += counts
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.set(xlabel="students")
        figure.legend(loc="outside upper center", ncols=4)
        alt = "Bars of students for each question. " + " ".join(
            f"{item.id}: {item.full} all points, {item.judged - item.full - item.none} "
            f"some, {item.none} none, {item.unjudged} unjudged."
            for item in items
        )
        return _picture(figure, alt)


def difficulty(checks: Mapping[str, Sequence[Item]]) -> Picture:
    """Each check by its facility and its correlation with everything else."""
    with _drawn((7.2, 4.2)) as (figure, axes):
        axes.axhline(0, color="#666666", linewidth=1)
        shown, away = 0, 0
        for number, (question, items) in enumerate(checks.items()):
            placed = [
                (item.facility, item.rest.value)
                for item in items
                if item.facility is not None and item.rest is not None
            ]
            shown, away = shown + len(placed), away + len(items) - len(placed)
            x, y = np.array(placed, dtype=float).reshape(-1, 2).T
            axes.scatter(
                x,
                y,
                s=42,
                marker=MARKERS[number % 10],
                color=PALETTE[number % 7],
                alpha=0.85,
                label=question,
            )
        axes.set(
            xlabel="share of students who passed the check",
            ylabel="correlation with the rest",
            xlim=(-0.03, 1.03),
        )
        figure.legend(loc="outside upper center", ncols=3)
        alt = (
            f"{shown} checks by the share of students who passed them and by the "
            "correlation with everything else, one marker a "
            f"question; {away} more have no correlation. The numbers stand in the tables below."
        )
        return _picture(figure, alt)


def mistakes(counts: Mapping[str, int]) -> Picture:
    """How many students made which known mistake, the most frequent ones."""
    names = list(counts)[:MOST_BARS]
    with _drawn((7.2, 0.8 + 0.26 * len(names))) as (figure, axes):
        bars = axes.barh(names, [counts[name] for name in names], color=ORANGE)
        axes.bar_label(bars, padding=3)
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", labelsize="small")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set(xlabel="students")
        said = "; ".join(f"{name} {counts[name]}" for name in names[:5])
        return _picture(
            figure,
            f"Bars of the {len(names)} most frequent known mistakes by students. The "
            f"first: {said}.",
        )


def times(seconds: Mapping[str, Sequence[float]]) -> Picture:
    """How long each part of the grading took."""
    with _drawn((7.2, 0.9 + 0.5 * len(seconds))) as (figure, axes):
        axes.boxplot(
            [np.maximum(took, 1e-3) for took in seconds.values()],
            orientation="horizontal",
            tick_labels=list(seconds),
            whis=(5, 95),
            showfliers=False,
            medianprops={"color": VERMILION},
            widths=0.6,
        )
        axes.scatter(
            [max(took) for took in seconds.values()],
            range(1, len(seconds) + 1),
            marker="D",
            s=24,
            color=BLUE,
            label="the slowest",
        )
        axes.invert_yaxis()
        axes.set(
            xscale="log", xlabel="seconds a submission (box: middle half, whiskers: 5 % to 95 %)"
        )
        figure.legend(loc="outside upper right")
        said = "; ".join(
            f"{part} {np.median(took):.2g} s, at most {max(took):.2g} s"
            for part, took in seconds.items()
        )
        return _picture(
            figure, f"Box plots of the seconds that each part of the grading took. Medians: {said}."
        )


@contextmanager
def _drawn(size: tuple[float, float]) -> Iterator[tuple[Figure, Axes]]:
    plain: Any = {"svg.fonttype": "none", "svg.hashsalt": "overview", "font.size": 10}
    with style(), matplotlib.rc_context(plain):
        figure = Figure(figsize=size)
        yield figure, figure.subplots()


def _picture(figure: Figure, alt: str) -> Picture:
    drawn = io.BytesIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    return Picture(
        "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode("ascii"), alt
    )
