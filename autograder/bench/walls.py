"""Grades one class behind each set of walls in turn, and prints speed, ratios and whose marks
differ: `python -m autograder.bench.walls`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

from rich.console import Console
from rich.table import Table

from ..core.course import Course
from ..core.results import DEMANDED, Walls
from ..core.threads import ONE_THREAD
from ..sandbox.walls import refusal
from ..workers.pool import processors
from .ours import Ours
from .samples import Class, Run, make_class

NAMES = ["01-backprop", "05-optimizers"]
WIDTH = 120  # columns, where no terminal says how wide it is


def main() -> int:
    """Return 1 if marks differ."""
    parser = argparse.ArgumentParser(
        prog="python -m autograder.bench.walls", description=(__doc__ or "").partition(":")[0]
    )
    parser.add_argument(
        "--size", type=int, default=20, help="submissions of each assignment (default: 20)"
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=3,
        help="how often each set of walls has its turn (default: 3)",
    )
    parser.add_argument("--seed", type=int, default=20261120)
    parser.add_argument("assignments", nargs="*", default=NAMES)
    given = parser.parse_args()
    os.environ.update(ONE_THREAD)
    os.environ["MPLBACKEND"] = "agg"
    course, console = Course(), Console() if sys.stdout.isatty() else Console(width=WIDTH)
    submitted = make_class(course, given.assignments, given.size, given.seed)
    stand = [walls for walls in Walls if not refusal(walls)]
    for walls in set(Walls) - set(stand):
        console.print(f"{walls} cannot stand here, so it is not measured: {refusal(walls)}")
    runs = _measured(course, submitted, given.seed, given.rounds, stand)
    _show(console, runs)
    return _compare(console, runs)


def _measured(
    course: Course, submitted: Class, seed: int, rounds: int, stand: list[Walls]
) -> dict[Walls, list[Run]]:
    """Measure each set in each round, so that the machine's other load is the same for all."""
    runs: dict[Walls, list[Run]] = {walls: [] for walls in stand}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        ways = {}
        for walls in stand:
            ways[walls] = stack.enter_context(
                Ours(course, Path(folder) / walls, submitted, seed, processors())
            )
            # the pool's processes start here, and keep it
            with mock.patch.dict(os.environ, {DEMANDED: walls}):
                ways[walls].warm()
        for _ in range(rounds):
            for walls, way in ways.items():
                runs[walls].append(way.grade())
    return runs


def _show(console: Console, runs: dict[Walls, list[Run]]) -> None:
    table = Table(
        title=f"grading alone, warm, {processors()} processes; medians of all rounds",
        title_justify="left",
    )
    for column in (
        "walls",
        "submissions",
        "rounds",
        "a minute",
        "time, as a ratio",
        "points in all",
    ):
        table.add_column(column, justify="left" if column == "walls" else "right")
    seconds = {
        walls: statistics.median(run.seconds for run in each) for walls, each in runs.items()
    }
    first = next(iter(seconds.values()))
    for walls, each in runs.items():
        points = sum(score for questions in each[0].marks.values() for score in questions.values())
        rate = 60 * each[0].submissions / seconds[walls]
        table.add_row(
            walls,
            str(each[0].submissions),
            str(len(each)),
            f"{rate:.0f}",
            f"{seconds[walls] / first:.2f}",
            f"{points:g}",
        )
    console.print(table)


def _compare(console: Console, runs: dict[Walls, list[Run]]) -> int:
    """Say whose marks differ between any two runs; return 1 if somebody's do."""
    every = [run.marks for each in runs.values() for run in each]
    differ = sorted(
        {
            who
            for marks in every
            for who in marks
            if any(other.get(who) != marks[who] for other in every)
        }
    )
    for assignment, student in differ:
        told = "; ".join(
            f"{walls}: {each[0].marks.get((assignment, student))}" for walls, each in runs.items()
        )
        console.print(f"{assignment}, {student}: {told}")
    answered = f"{len(every[0])} submissions under {len(runs)} sets of walls, {len(every)} runs"
    console.print(
        f"marks differ for {len(differ)} of {answered}"
        if differ
        else f"marks are equal, question by question: {answered}"
    )
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
