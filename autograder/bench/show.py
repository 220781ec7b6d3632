"""What a benchmark prints: the circumstances, the ways side by side, where the milliseconds go, and
whose marks differ.
"""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from .anatomy import Anatomy
from .samples import KINDS, Class, Marks, Run

PACKAGES = (
    "numpy",
    "matplotlib",
    "ipython",
    "ipykernel",
    "nbgrader",
    "nbclient",
    "nbconvert",
    "pytest",
    "msgpack",
)
STOCK = "stock: nbgrader autograde"


@dataclass
class Way:
    """One way of grading and its runs; what only explains another way is measured `once`."""

    name: str
    measure: Callable[[], Run]
    once: bool = False
    runs: list[Run] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Submissions a minute, the start-up left out."""
        return statistics.median(60 * run.submissions / run.seconds for run in self.runs)

    @property
    def whole(self) -> float:
        """Submissions a minute, the start-up included."""
        return statistics.median(
            60 * run.submissions / (run.seconds + run.startup) for run in self.runs
        )

    @property
    def startup(self) -> float:
        return statistics.median(run.startup for run in self.runs)


def show_circumstances(
    console: Console, rounds: int, submitted: Class, few: Class, workers: int
) -> None:
    size, part = (sum(map(len, one.values())) for one in (submitted, few))
    load = os.getloadavg()[0]
    console.print(
        f"{workers} processors ({_processor()}), load {load:.1f} at the end, Python "
        f"{platform.python_version()}, one BLAS thread;"
    )
    console.print(", ".join(f"{name} {version(name)}" for name in PACKAGES), highlight=False)
    console.print(
        f"{size} submissions, as many each of {' and '.join(submitted)} "
        f"({', '.join(dict.fromkeys(KINDS))}); medians of {rounds} rounds, "
        f"all ways in turn. Stock nbgrader graded {part} of them with one process, and `otter "
        "run` as many as the table says: their "
        "rates a minute are extrapolated from these."
    )


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.is_file() else []
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")),
        platform.machine(),
    )


def show_ways(console: Console, ways: list[Way], warm: float) -> None:
    table = Table(title="submissions a minute, start-up left out", title_justify="left")
    table.add_column("way", no_wrap=True)
    for column in (
        "graded",
        "rounds",
        "a minute",
        "× stock",
        "of floor",
        "of 2nd",
        "start-up, s",
        "with start-up",
    ):
        table.add_column(column, justify="right")
    stock = next((way.rate for way in ways if way.name == STOCK), None)
    for way in ways:
        cold = "cold command" in way.name
        mine = way.name.startswith("this project")
        table.add_row(
            way.name,
            str(way.runs[0].submissions),
            str(len(way.runs)),
            "" if cold else f"{way.rate:.0f}",
            ""
            if stock is None or cold or "feedback alone" in way.name
            else f"{way.rate / stock:.1f}",
            *("" if cold else f"{100 * way.rate / floor.rate:.0f} %" for floor in ways[:2]),
            f"{way.startup:.1f}"
            if way.name.startswith("stock")
            else f"{warm:.1f} once"
            if mine
            else "",
            f"{way.whole:.0f}" if cold or way.name.startswith("stock") else "",
        )
    console.print(table)
    console.print(
        "of floor: of the first way; of 2nd: of the second, the floor that draws the "
        "demonstrations' figures as well.\n"
        "× stock: compared with `nbgrader autograde`, which writes gradebook and notebooks "
        "and no feedback. It runs the demonstration\n"
        "cells and their figures again; this project and the floor do not, so what that is "
        "worth is measured on both sides: the second\n"
        "way and the last."
    )


def show_anatomy(console: Console, parts: Anatomy, ways: list[Way], workers: int) -> None:
    table = Table(
        title="where the milliseconds of one submission go: one process, by the clock",
        title_justify="left",
    )
    table.add_column("station", no_wrap=True)
    for column in ("ms", "share", "times"):
        table.add_column(column, justify="right")
    for station, seconds in sorted(parts.seconds.items(), key=lambda item: -item[1]):
        times = f"{parts.calls[station] / parts.submissions:.1f}" if parts.calls[station] else ""
        table.add_row(
            station,
            f"{1000 * seconds / parts.submissions:.1f}",
            f"{100 * seconds / parts.total:.0f} %",
            times,
        )
    table.add_row(
        "all of grading",
        f"{1000 * parts.total / parts.submissions:.1f}",
        "100 %",
        "",
        end_section=True,
    )
    floor = statistics.median(_each(run, "processor") for run in ways[0].runs)
    for label, used in (
        ("grader", 1000 * parts.grader_cpu / parts.submissions),
        ("sandbox", 1000 * parts.sandbox_cpu / parts.submissions),
        ("what makes and ends its processes", 1000 * parts.around_cpu / parts.submissions),
        ("the floor's, all in all", floor),
    ):
        table.add_row(
            f"processor time: {label}", f"{used:.1f}", "", "", end_section=label.startswith("the")
        )
    full = next(way for way in ways if "feedback pages" in way.name)
    for station in ("gradebook", "feedback page", "files written"):
        table.add_row(
            f"the one writer: {station}",
            f"{statistics.median(_each(run, station) for run in full.runs):.1f}",
            "",
            "",
        )
    alone = next(way for way in ways if "grading alone" in way.name)
    for station in ("execute", "check", "diagnose"):
        table.add_row(
            f"{workers} processes at once: {station}",
            f"{statistics.median(_each(run, station) for run in alone.runs):.1f}",
            "",
            "",
        )
    console.print(table)


def _each(run: Run, station: str) -> float:
    return 1000 * run.parts.get(station, 0.0) / run.submissions


def show_marks(console: Console, ways: list[Way]) -> None:
    """Print whether all ways gave the same marks to the same submissions, and which did not."""
    truth = next(way for way in ways if "grading alone" in way.name).runs[0].marks
    compared, deviations = 0, []
    for way in ways:
        for run in way.runs:
            compared += len(run.marks)
            deviations += [
                line for line in _deviations(way.name, run.marks, truth) if line not in deviations
            ]
    if deviations:
        console.print(
            f"Marks: {compared} results compared, question by question; {len(deviations)} "
            "deviations:"
        )
        for line in deviations:
            console.print(f"  {line}", highlight=False)
    else:
        console.print(
            f"Marks: {compared} results compared, question by question, over all ways and "
            "rounds: all the same."
        )


def _deviations(name: str, marks: Marks, truth: Marks) -> list[str]:
    return [
        f"{name}: {student}, {assignment}, {question}: {questions.get(question)} where this "
        f"project gave {right}"
        for (assignment, student), questions in marks.items()
        for question, right in truth[assignment, student].items()
        if questions.get(question) != right
    ]
