"""Measures all ways of grading in turn, one round after another, and prints medians: `python -m autograder.bench`."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ..paths import Course
from ..pool import processors
from .anatomy import Anatomy, measure
from .floor import Floor
from .ours import Ours
from .samples import KINDS, Class, Marks, Run, make_class
from .stock import Stock

NAMES = ["01-backprop", "05-optimizers"]
PACKAGES = ("numpy", "matplotlib", "ipython", "ipykernel", "nbgrader", "nbclient", "nbconvert", "pytest", "msgpack")
WIDTH = 132  # columns, where no terminal says how wide it is


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
        return statistics.median(60 * run.submissions / (run.seconds + run.startup) for run in self.runs)

    @property
    def startup(self) -> float:
        return statistics.median(run.startup for run in self.runs)


def main() -> int:
    arguments = _arguments()
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["MPLBACKEND"] = "agg"
    course, workers = Course(), processors()
    submitted = make_class(course, arguments.assignments, arguments.size, arguments.seed)
    few = {name: submissions[: arguments.stock] for name, submissions in submitted.items()}
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with Ours(course, place / "ours", submitted, arguments.seed, workers) as ours, Floor(course, workers) as floor:
            _say("warming the pool and the floor")
            warm = ours.warm()
            floor.warm(arguments.assignments)
            ours.record(pages=True)  # imports and templates
            ways = [
                Way(floor.name, lambda: floor.run(submitted, arguments.seed)),
                Way("floor, demonstrations and their figures as well", lambda: floor.run(submitted, arguments.seed, demos=True), once=True),
                Way("this project: grading alone", ours.grade),
                Way("this project: with gradebook and notebooks", lambda: ours.record(pages=False)),
                Way("this project: with feedback pages as well", lambda: ours.record(pages=True)),
                Way("the same as one cold command, `autograder grade`", ours.command),
            ]
            if arguments.stock:
                _say("making the course of stock nbgrader")
                stock = Stock(course, place / "stock", few, arguments.seed, demos=True)
                short = Stock(course, place / "short", few, arguments.seed, demos=False)
                ways += [
                    Way("stock: nbgrader autograde", stock.autograde),
                    Way("stock: nbgrader generate_feedback alone", stock.feedback, once=True),
                    Way("stock: nbgrader autograde, demonstrations taken out", short.autograde, once=True),
                ]
            for number in range(arguments.rounds):
                for way in ways if number == 0 else [way for way in ways if not way.once]:
                    run = way.measure()
                    way.runs.append(run)
                    _say(f"round {number + 1}: {way.name}: {run.submissions} in {run.seconds:.2f} s, after {run.startup:.2f} s")
        _say("taking the milliseconds apart")
        parts = measure(course, submitted, arguments.seed)
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    _show_circumstances(console, arguments, submitted, few, workers)
    _show_ways(console, ways, warm)
    _show_anatomy(console, parts, ways, workers)
    _show_marks(console, ways)
    _say(f"all done in {time.perf_counter() - began:.0f} s")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="autograder.bench", description=__doc__)
    parser.add_argument("--size", type=int, default=20, help="submissions of each assignment (default: %(default)s)")
    parser.add_argument("--stock", type=int, default=6, help="of these, how many stock nbgrader grades; 0: none (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=2, help="repetitions, of which medians are taken (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of class and hidden inputs (default: %(default)s)")
    parser.add_argument("assignments", nargs="*", default=NAMES, help=f"default: {' '.join(NAMES)}")
    arguments = parser.parse_args()
    known = Course().assignments()
    if unknown := set(arguments.assignments) - set(known):
        parser.error(f"there is no assignment {', '.join(sorted(unknown))}; the course has {', '.join(known)}")
    if arguments.size < 1 or arguments.rounds < 1 or not 0 <= arguments.stock <= arguments.size:
        parser.error("--size and --rounds must be at least 1, and --stock between 0 and --size")
    return arguments


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _show_circumstances(console: Console, arguments: argparse.Namespace, submitted: Class, few: Class, workers: int) -> None:
    size, part = (sum(map(len, one.values())) for one in (submitted, few))
    load = os.getloadavg()[0]
    console.print(
        f"{workers} processors ({_processor()}), load {load:.1f} at the end, Python {platform.python_version()}, one BLAS thread;"
    )
    console.print(", ".join(f"{name} {version(name)}" for name in PACKAGES), highlight=False)
    console.print(
        f"{size} submissions, {arguments.size} each of {' and '.join(submitted)} ({', '.join(dict.fromkeys(KINDS))}); medians of "
        f"{arguments.rounds} rounds, all ways in turn. Stock nbgrader graded {part} of them, with one process."
    )


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _show_ways(console: Console, ways: list[Way], warm: float) -> None:
    table = Table(title="submissions a minute, start-up left out", title_justify="left")
    table.add_column("way", no_wrap=True)
    for column in ("graded", "rounds", "a minute", "× stock", "of floor", "start-up, s", "with start-up"):
        table.add_column(column, justify="right")
    stock = next((way.rate for way in ways if way.name == "stock: nbgrader autograde"), None)
    for way in ways:
        cold = "cold command" in way.name
        mine = way.name.startswith("this project")
        table.add_row(
            way.name,
            str(way.runs[0].submissions),
            str(len(way.runs)),
            "" if cold else f"{way.rate:.0f}",
            "" if stock is None or cold or "feedback alone" in way.name else f"{way.rate / stock:.1f}",
            "" if cold else f"{100 * way.rate / ways[0].rate:.0f} %",
            f"{way.startup:.1f}" if way.name.startswith("stock") else f"{warm:.1f} once" if mine else "",
            f"{way.whole:.0f}" if cold or way.name.startswith("stock") else "",
        )
    console.print(table)
    console.print(
        "× stock: compared with `nbgrader autograde`, which writes gradebook and notebooks and no feedback. It runs the demonstration\n"
        "cells and their figures again; this project and the floor do not, so what that is worth is measured on both sides: the second\n"
        "way and the last."
    )


def _show_anatomy(console: Console, parts: Anatomy, ways: list[Way], workers: int) -> None:
    table = Table(title="where the milliseconds of one submission go: one process, by the clock", title_justify="left")
    table.add_column("station", no_wrap=True)
    for column in ("ms", "share", "times"):
        table.add_column(column, justify="right")
    for station, seconds in sorted(parts.seconds.items(), key=lambda item: -item[1]):
        times = f"{parts.calls[station] / parts.submissions:.1f}" if parts.calls[station] else ""
        table.add_row(station, f"{1000 * seconds / parts.submissions:.1f}", f"{100 * seconds / parts.total:.0f} %", times)
    table.add_row("all of grading", f"{1000 * parts.total / parts.submissions:.1f}", "100 %", "", end_section=True)
    floor = statistics.median(_each(run, "processor") for run in ways[0].runs)
    for label, used in (
        ("grader", 1000 * parts.grader_cpu / parts.submissions),
        ("sandbox", 1000 * parts.sandbox_cpu / parts.submissions),
        ("the floor's, all in all", floor),
    ):
        table.add_row(f"processor time: {label}", f"{used:.1f}", "", "", end_section=label.startswith("the"))
    full = next(way for way in ways if "feedback pages" in way.name)
    for station in ("gradebook", "feedback page", "files written"):
        table.add_row(f"the one writer: {station}", f"{statistics.median(_each(run, station) for run in full.runs):.1f}", "", "")
    alone = next(way for way in ways if "grading alone" in way.name)
    for station in ("execute", "check", "diagnose"):
        table.add_row(
            f"{workers} processes at once: {station}", f"{statistics.median(_each(run, station) for run in alone.runs):.1f}", "", ""
        )
    console.print(table)


def _each(run: Run, station: str) -> float:
    return 1000 * run.parts.get(station, 0.0) / run.submissions


def _show_marks(console: Console, ways: list[Way]) -> None:
    """Whether all ways gave the same marks to the same submissions, and which they did not."""
    truth = next(way for way in ways if "grading alone" in way.name).runs[0].marks
    compared, deviations = 0, []
    for way in ways:
        for run in way.runs:
            compared += len(run.marks)
            deviations += [line for line in _deviations(way.name, run.marks, truth) if line not in deviations]
    if deviations:
        console.print(f"Marks: {compared} results compared, question by question; {len(deviations)} deviations:")
        for line in deviations:
            console.print(f"  {line}", highlight=False)
    else:
        console.print(f"Marks: {compared} results compared, question by question, over all ways and rounds: all the same.")


def _deviations(name: str, marks: Marks, truth: Marks) -> list[str]:
    return [
        f"{name}: {student}, {assignment}, {question}: {questions.get(question)} where this project gave {right}"
        for (assignment, student), questions in marks.items()
        for question, right in truth[assignment, student].items()
        if questions.get(question) != right
    ]


if __name__ == "__main__":
    sys.exit(main())
