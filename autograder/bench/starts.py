"""What a command takes before it comes to its work: `python -m autograder.bench.starts`.

Each is a cold process of its own, with warm files. The aims are for a quiet machine; processor time
is that of the command and of all that it started, and more than the clock's where two processors
work at once.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from ..core.course import Course
from ..core.roots import PROJECT
from .samples import make_class

NAME = "05-optimizers"
ROUNDS = 5
NEW_GRADEBOOK = """
import sys, time
from pathlib import Path
from autograder.core.course import Course
from autograder.gradebook.nbgrader_alone import import_nbgrader
import_nbgrader()
from autograder.gradebook.writer import Recorder
course = Course(work=Path(sys.argv[1]))
start, processor = time.perf_counter(), time.process_time()
with Recorder(course):
    pass
print(time.perf_counter() - start, time.process_time() - processor)
"""


@dataclass(frozen=True)
class Start:
    """A command that is measured.

    Attributes:
        name: as it is shown.
        aim: seconds that it may take.
        run: runs it once; returns its seconds by the clock and those of the processor.
    """

    name: str
    aim: float
    run: Callable[[], tuple[float, float]]


def main() -> int:
    """Measure each command in turn, one round after another, and print medians."""
    parser = argparse.ArgumentParser(prog="autograder.bench.starts", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="(default: %(default)s)")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        starts = _starts(Path(folder))
        for start in starts:
            start.run()  # reads the files
        runs = [[start.run() for start in starts] for _ in range(rounds)]
    table = Table(title=f"cold commands, medians of {rounds}", title_justify="left")
    for column in ("command", "seconds", "aim", "processor, s"):
        table.add_column(column, justify="left" if column == "command" else "right")
    for start, seen in zip(starts, zip(*runs, strict=True), strict=True):
        clock, processor = (median(one[n] for one in seen) for n in (0, 1))
        table.add_row(start.name, f"{clock:.2f}", f"{start.aim:g}", f"{processor:.2f}")
    console = Console() if sys.stdout.isatty() else Console(width=100)
    console.print(table)
    console.print(f"Load {os.getloadavg()[0]:.1f} at the end, {os.cpu_count()} processors.")
    return 0


def _starts(folder: Path) -> list[Start]:
    course = Course(work=folder / "class")
    (submission,) = make_class(course, [NAME], 1, 1)[NAME]
    path = course.submitted / submission.student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(submission.content)

    def grade() -> tuple[float, float]:
        shutil.rmtree(course.cache.parent, ignore_errors=True)
        for left in course.work.glob("gradebook.db*"):
            left.unlink()
        return _command("--course", str(course.work), "grade", NAME, "--seed", "1")

    return [
        Start("--help", 0.2, lambda: _command("--help")),
        Start("an error: grade nonsense", 0.2, lambda: _command("grade", "nonsense", code=2)),
        Start("check FILE, graded", 0.8, lambda: _command("check", str(path), "--seed", "1")),
        Start("a new gradebook", 0.2, lambda: _new_gradebook(folder)),
        Start("grade, a class of one, graded", 3.0, grade),
    ]


def _command(*arguments: str, code: int = 0) -> tuple[float, float]:
    before, start = _children(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "autograder", *arguments],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != code:
        raise RuntimeError(f"autograder {' '.join(arguments)} ended with {done.returncode}: {done}")
    return time.perf_counter() - start, _children() - before


def _new_gradebook(folder: Path) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(dir=folder) as work:
        done = subprocess.run(
            [sys.executable, "-c", NEW_GRADEBOOK, work],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    clock, processor = map(float, done.stdout.split())
    return clock, processor


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
