"""Measures all ways of grading in turn, one round after another, and prints medians: `python -m
autograder.bench`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from ..core.course import Course
from ..core.threads import ONE_THREAD
from ..workers.pool import processors
from .anatomy import measure
from .floor import Floor
from .otter import Otter
from .ours import Ours
from .samples import make_class
from .show import STOCK, Way, show_anatomy, show_circumstances, show_marks, show_ways
from .stock import Stock

NAMES = ["01-backprop", "05-optimizers"]
WIDTH = 150  # columns, where no terminal says how wide it is


def main() -> int:
    arguments = _arguments()
    os.environ.update(ONE_THREAD)
    os.environ["MPLBACKEND"] = "agg"
    course, workers = Course(), processors()
    submitted = make_class(course, arguments.assignments, arguments.size, arguments.seed)
    few = {name: submissions[: arguments.stock] for name, submissions in submitted.items()}
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with (
            Ours(course, place / "ours", submitted, arguments.seed, workers) as ours,
            Floor(course, workers) as floor,
        ):
            _say("warming the pool and the floor")
            warm = ours.warm()
            floor.warm(arguments.assignments)
            ours.record(pages=True)  # imports and templates
            ways = [
                Way(floor.name, lambda: floor.run(submitted, arguments.seed)),
                Way(
                    "floor, demonstrations and their figures as well",
                    lambda: floor.run(submitted, arguments.seed, demos=True),
                    once=True,
                ),
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
                    Way(STOCK, stock.autograde),
                    Way("stock: nbgrader generate_feedback alone", stock.feedback, once=True),
                    Way(
                        "stock: nbgrader autograde, demonstrations taken out",
                        short.autograde,
                        once=True,
                    ),
                ]
            if arguments.otter:
                _say("installing otter-grader in an environment of its own")
                least = {
                    name: submissions[: arguments.otter] for name, submissions in submitted.items()
                }
                otter = Otter(course, place / "otter", least, arguments.seed)
                ways.append(
                    Way(
                        f"otter run, otter-grader {otter.version}, a command each",
                        otter.run,
                        once=True,
                    )
                )
            for number in range(arguments.rounds):
                for way in ways if number == 0 else [way for way in ways if not way.once]:
                    run = way.measure()
                    way.runs.append(run)
                    _say(
                        f"round {number + 1}: {way.name}: {run.submissions} in "
                        f"{run.seconds:.2f} s, after {run.startup:.2f} s"
                    )
        _say("taking the milliseconds apart")
        parts = measure(
            course,
            {name: submissions[: arguments.anatomy] for name, submissions in submitted.items()},
            arguments.seed,
        )
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    show_circumstances(console, arguments.rounds, submitted, few, workers)
    show_ways(console, ways, warm)
    show_anatomy(console, parts, ways, workers)
    show_marks(console, ways)
    _say(f"all done in {time.perf_counter() - began:.0f} s")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="autograder.bench", description=__doc__)
    parser.add_argument(
        "--size",
        type=int,
        default=500,
        help="submissions of each assignment (default: %(default)s)",
    )
    parser.add_argument(
        "--stock",
        type=int,
        default=6,
        help="of these, how many stock nbgrader grades; 0: none (default: %(default)s)",
    )
    parser.add_argument(
        "--otter",
        type=int,
        default=2,
        help="how many `otter run` grades; 0: none, and none is installed (default: %(default)s)",
    )
    parser.add_argument(
        "--anatomy",
        type=int,
        default=20,
        help="how many are taken apart, in one process (default: %(default)s)",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=1,
        help="repetitions, of which medians are taken (default: %(default)s)",
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="of class and hidden inputs (default: %(default)s)"
    )
    parser.add_argument("assignments", nargs="*", default=NAMES, help=f"default: {' '.join(NAMES)}")
    arguments = parser.parse_args()
    known = Course().assignments()
    if unknown := set(arguments.assignments) - set(known):
        parser.error(
            f"there is no assignment {', '.join(sorted(unknown))}; the course has "
            f"{', '.join(known)}"
        )
    if (
        arguments.size < 1
        or arguments.rounds < 1
        or not 0 <= arguments.stock <= arguments.size
        or arguments.otter < 0
    ):
        parser.error(
            "--size and --rounds must be at least 1, and --stock and --otter between 0 and --size"
        )
    return arguments


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
