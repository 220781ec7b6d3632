"""The floor: the same cells by plain `exec` in a fork of a warm process, then the same checks as
plain calls, and nothing else.

No isolation, no IPython, no repair, no diagnosis, no report. Nothing that starts a process for
every submission can be much faster.
"""

from __future__ import annotations

import io
import json
import os
import resource
import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from types import TracebackType
from typing import Any

from ..core.assignment import load_assignment
from ..core.course import Course
from .inprocess import DirectCheck, load_checks, points
from .samples import Class, Marks, Run

RUN = ("code", "solution", "check")

_loaded: dict[str, tuple[frozenset[str], dict[str, list[DirectCheck]]]] = {}


class Floor:
    """Has a clean process of its own, from which submissions are forked; a context manager."""

    name = "floor: plain exec in a warm fork, checks beside it"

    def __init__(self, course: Course, workers: int) -> None:
        self._course, self._workers = course, workers
        self._executor = ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    def __enter__(self) -> Floor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._executor.shutdown()

    def warm(self, names: list[str]) -> float:
        """Load everything, and return the seconds that it took."""
        start = time.perf_counter()
        self._executor.submit(_load, self._course, names).result()
        return time.perf_counter() - start

    def run(self, submitted: Class, seed: int, demos: bool = False) -> Run:
        """Grade the class.

        With `demos`, the cells that only show something run as well, figures and all, as they do in
        stock nbgrader.
        """
        return self._executor.submit(_grade, submitted, seed, self._workers, demos).result()


def _load(course: Course, names: list[str]) -> None:
    import matplotlib.pyplot as plt

    import utils  # noqa: F401  what every notebook imports

    plt.close(plt.figure())
    for name in names:
        assignment = load_assignment(course, name)
        run = frozenset(cell.id for cell in assignment.cells if cell.kind in RUN)
        _loaded[name] = (
            run,
            {question.id: load_checks(name, question.id) for question in assignment.questions},
        )
        for check in (check for checks in _loaded[name][1].values() for check in checks):
            check.reference()


def _grade(submitted: Class, seed: int, workers: int, demos: bool) -> Run:
    """Fork one child for each submission, as many at a time as there are processors."""
    waiting = [
        (name, submission) for name, submissions in submitted.items() for submission in submissions
    ]
    marks: Marks = {}
    running: dict[int, tuple[int, tuple[str, str]]] = {}
    start, before = time.perf_counter(), _processor_time()
    for name, submission in waiting:
        if len(running) == workers:
            _collect(running, marks)
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            _child(name, submission.content, seed, demos, write)
        os.close(write)
        running[pid] = read, (name, submission.student)
    while running:
        _collect(running, marks)
    return Run(
        time.perf_counter() - start,
        len(waiting),
        marks=marks,
        parts={"processor": _processor_time() - before},
    )


def _processor_time() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _collect(running: dict[int, tuple[int, tuple[str, str]]], marks: Marks) -> None:
    pid, _ = os.wait()
    read, key = running.pop(pid)
    with os.fdopen(read, "rb") as pipe:
        marks[key] = json.loads(pipe.read() or b"{}")


def _child(name: str, content: bytes, seed: int, demos: bool, write: int) -> None:
    """One submission; never returns."""
    try:
        sys.stdout = sys.stderr = io.StringIO()
        warnings.simplefilter("ignore")
        run, checks = _loaded[name]
        names: dict[str, Any] = {"__name__": "__main__"}
        for cell in json.loads(content)["cells"]:
            if cell["id"] in run or (demos and cell["cell_type"] == "code"):
                try:
                    exec(
                        compile(cell["source"], f"<cell {cell['id']}>", "exec", dont_inherit=True),
                        names,
                    )
                except Exception:
                    continue
        os.write(
            write,
            json.dumps(
                {question: points(found, names, seed) for question, found in checks.items()}
            ).encode(),
        )
    finally:
        os._exit(0)
