"""This project's own ways: grading alone, with gradebook and notebooks, with feedback; warm, and
from a cold start.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any
from unittest import mock

from ..classroom import run as marking
from ..classroom.graded_rows import Summary
from ..core import markdown as markup
from ..core.assignment import load_assignment
from ..core.course import Course
from ..core.results import Graded
from ..core.roots import PROJECT
from ..feedback import page as feedback
from ..gradebook.writer import Recorder
from ..workers.pool import grade_chunk, grade_class, local_executor
from .samples import Class, Marks, Run

MEETING_TIME = 120.0  # s, for all workers to get warm


class Ours:
    """A pool that stays warm from run to run, and class folders for it; a context manager."""

    def __init__(
        self, course: Course, folder: Path, submitted: Class, seed: int, workers: int
    ) -> None:
        self._course, self._folder, self._submitted, self._seed, self._workers = (
            course,
            folder,
            submitted,
            seed,
            workers,
        )
        self._executor: ProcessPoolExecutor = local_executor(workers)
        self._size = sum(map(len, submitted.values()))
        self._fresh = Course(course.root, folder / "fresh")
        self._number = 0
        for name, submissions in submitted.items():
            for submission in submissions:
                path = self._fresh.submitted / submission.student / name / f"{name}.ipynb"
                path.parent.mkdir(parents=True)
                path.write_bytes(submission.content)
        with Recorder(self._fresh) as recorder:
            for name in submitted:
                recorder.register(load_assignment(course, name))

    def __enter__(self) -> Ours:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._executor.shutdown()

    def warm(self) -> float:
        """Have every worker grade one submission of each assignment, and return the seconds
        that it took.
        """
        start = time.perf_counter()
        first = {name: submissions[:1] for name, submissions in self._submitted.items()}
        place = self._folder / "warm"
        place.mkdir()
        futures = [
            self._executor.submit(
                _warm_worker, self._course, first, self._seed, place, self._workers
            )
            for _ in range(self._workers)
        ]
        for future in futures:
            future.result()
        return time.perf_counter() - start

    def grade(self) -> Run:
        """Grading alone: bytes in, marks and notebooks out."""
        start = time.perf_counter()
        run = Run(0.0, 0)
        for name, submissions in self._submitted.items():
            for one in grade_class(
                self._course, name, submissions, self._seed, self._workers, self._warm_executor
            ):
                self._count(run, one)
        run.seconds = time.perf_counter() - start
        return run

    def record(self, pages: bool) -> Run:
        """Do what `autograder grade` does for a class, by the warm pool in place of its own."""
        course = self._new_class(registered=True)
        parts: dict[str, float] = {}
        _forget_pages()
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.redirect_stdout(sys.stderr))
            for owner, name, label in (
                (Recorder, "record", "gradebook"),
                (marking, "write_page", "feedback page"),
                (marking, "write_whole", "files written"),
            ):
                stack.enter_context(
                    mock.patch.object(owner, name, _timed(getattr(owner, name), label, parts))
                )
            start = time.perf_counter()
            run = Run(0.0, 0)
            for name in self._submitted:
                for one in marking.grade_assignment(
                    course, name, self._seed, self._workers, set(), pages, self._warm_executor
                ):
                    self._count(run, one)
        run.seconds = time.perf_counter() - start
        run.parts |= parts
        return run

    def command(self, *options: str) -> Run:
        """Time the command line itself, all start-up included; it says no marks."""
        course = self._new_class(registered=False)
        start = time.perf_counter()
        subprocess.run(
            [
                sys.executable,
                "-m",
                "autograder",
                "--course",
                course.work,
                "grade",
                *self._submitted,
                "--seed",
                str(self._seed),
                *options,
            ],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        return Run(time.perf_counter() - start, self._size)

    def _warm_executor(self, workers: int) -> contextlib.AbstractContextManager[Executor]:
        return contextlib.nullcontext(self._executor)

    def _new_class(self, registered: bool) -> Course:
        self._number += 1
        course = Course(self._course.root, self._folder / f"class-{self._number}")
        course.work.mkdir()
        course.submitted.symlink_to(self._fresh.submitted)
        if registered:
            shutil.copy(self._fresh.gradebook, course.gradebook)
        return course

    @staticmethod
    def _count(run: Run, one: Graded | Summary) -> None:
        run.submissions += 1
        run.marks |= marks_of([one])
        for part, seconds in one.seconds.items():
            run.parts[part] = run.parts.get(part, 0.0) + seconds


def marks_of(graded: Sequence[Graded | Summary]) -> Marks:
    """Return the points of each question."""
    return {
        (one.assignment, one.student): {question.id: question.score for question in one.questions}
        for one in graded
    }


def _forget_pages() -> None:
    """Empty what the feedback keeps of cells it has shown: a real class is not one that was
    graded a minute ago.
    """
    for module in (feedback, markup):
        for kept in vars(module).values():
            if hasattr(kept, "cache_clear"):
                kept.cache_clear()


def _warm_worker(course: Course, first: Class, seed: int, place: Path, workers: int) -> None:
    """Grade once, then wait for the others, so that each worker takes one turn."""
    for name, submissions in first.items():
        grade_chunk(course, name, submissions, seed)
    (place / str(os.getpid())).touch()
    ends = time.monotonic() + MEETING_TIME
    while len(list(place.iterdir())) < workers and time.monotonic() < ends:
        time.sleep(0.01)


def _timed(function: Callable[..., Any], label: str, parts: dict[str, float]) -> Callable[..., Any]:
    def timed(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            parts[label] = parts.get(label, 0.0) + time.perf_counter() - start

    return timed
