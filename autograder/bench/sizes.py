"""What a submission costs, and what is held in memory, by the size of the class: `python -m
autograder.bench.sizes`.

Each size is one cold command in a process of its own, whose memory, and that of everything it
starts, is read from /proc as it runs.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ..core.course import Course
from ..core.roots import PROJECT
from .samples import make_class

SIZES = [10, 100, 1000]
# submissions; a larger class has each of them several times, under other names and never with the
# same bytes
DIFFERENT = 60
INTERVAL = 0.5  # s
MB = 1 << 20


def main() -> int:
    """Measure each size once, one after another."""
    parser = argparse.ArgumentParser(prog="autograder.bench.sizes", description=__doc__)
    parser.add_argument(
        "sizes",
        nargs="*",
        type=int,
        default=SIZES,
        help="classes (default: 10 100 1000; 10000 takes a quarter of an hour)",
    )
    parser.add_argument("--assignment", default="05-optimizers")
    parser.add_argument("--no-feedback", action="store_true")
    arguments = parser.parse_args()
    table = Table(title=f"one cold command, {arguments.assignment}", title_justify="left")
    for column in (
        "submissions",
        "seconds",
        "ms each",
        "trusted CPU ms each",
        "coordinator, MB",
        "largest worker, MB",
        "all together, MB",
    ):
        table.add_column(column, justify="right")
    for size in arguments.sizes:
        table.add_row(*_measure(arguments.assignment, size, arguments.no_feedback))
    console = Console() if sys.stdout.isatty() else Console(width=120)
    console.print(table)
    console.print(
        f"Peaks of resident memory, read every {INTERVAL} s; pages that processes share count "
        f"for each. Load {os.getloadavg()[0]:.1f} at the end."
    )
    return 0


def _measure(name: str, size: int, bare: bool) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        course = Course(work=Path(folder))
        _hand_in(course, name, size)
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        command = [
            sys.executable,
            "-m",
            "autograder",
            "--course",
            folder,
            "grade",
            name,
            "--seed",
            "1",
            *(["--no-feedback"] * bare),
        ]
        process = subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        coordinator = worker = together = 0
        while process.poll() is None:
            held = {pid: _resident(pid) for pid in descendants(process.pid)}
            mine = held.pop(process.pid, 0)
            coordinator, worker = max(coordinator, mine), max(worker, *held.values(), 0)
            together = max(together, mine + sum(held.values()))
            time.sleep(INTERVAL)
        seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode != 0:
        raise RuntimeError(f"autograder grade ended with {process.returncode}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{size}: {seconds:.0f} s", file=sys.stderr, flush=True)
    sizes = (f"{value / MB:.0f}" for value in (coordinator, worker, together))
    return [
        str(size),
        f"{seconds:.1f}",
        f"{1000 * seconds / size:.0f}",
        f"{1000 * cpu / size:.0f}",
        *sizes,
    ]


def _hand_in(course: Course, name: str, size: int) -> None:
    few = make_class(course, [name], min(size, DIFFERENT), 1)[name]
    for number, one in enumerate(islice(cycle(few), size)):
        notebook = json.loads(one.content)
        notebook["cells"].append(
            {"cell_type": "markdown", "id": "own", "metadata": {}, "source": f"student {number}"}
        )
        path = course.submitted / f"student-{number:06}" / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook), encoding="utf-8")


def descendants(root: int) -> Iterator[int]:
    """Return a process and all that it has started, as far as they are still there."""
    yield root
    for task in Path(f"/proc/{root}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:  # it has ended
            continue
        for child in children:
            yield from descendants(int(child))


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


if __name__ == "__main__":
    sys.exit(main())
