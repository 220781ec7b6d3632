"""Grades samples one by one in processes of their own, and tells what came out and what it
cost the grader.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from ..checking import compare
from ..core.assignment import load_assignment
from ..core.course import Course
from ..core.results import Graded, Submission
from ..grading.pipeline import Grader
from ..sandbox import client
from . import students
from .ordinary import perfect
from .sample import Sample

SEED = 20261120
BETWEEN = 5  # samples between two perfect ones


@dataclass(frozen=True)
class Trial:
    """What came of one sample.

    Attributes:
        id: the sample's.
        graded: the result, or None where the grader itself failed.
        error: what escaped from the grader, or the empty string.
        seconds: how long it took.
        peak: the most memory that the grader's process ever held, bytes.
        leaked: expected values that stand in the result.
    """

    id: str
    graded: Graded | None
    error: str
    seconds: float
    peak: int
    leaked: tuple[str, ...] = ()


def try_out(
    course: Course, name: str, ids: Sequence[str], slots: Sequence[int], grace: float
) -> list[Trial]:
    """Grade the samples of these ids, each worker every so-many-th, with perfect students before,
    between and after.

    Args:
        course: where the assignment and the limits lie.
        name: the assignment.
        ids: the students.
        slots: a slot for each worker to have.
        grace: seconds that the grader waits for a sandbox beyond the sandbox's own limits.
    """
    shares = [list(ids[start :: len(slots)]) for start in range(len(slots))]
    with ProcessPoolExecutor(len(slots), mp_context=get_context("spawn")) as executor:
        return [
            trial
            for share in executor.map(partial(_share, course, name, grace), shares, slots)
            for trial in share
        ]


def try_together(course: Course, name: str, ids: Sequence[str], slot: int) -> list[Graded]:
    """Grade the samples of these ids as one batch, as a class is graded."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        return executor.submit(_batch, course, name, ids, slot).result()


def _batch(course: Course, name: str, ids: Sequence[str], slot: int) -> list[Graded]:
    assignment = load_assignment(course, name)
    known = {sample.id: sample for sample in students(assignment)}
    with Grader(course, name, slot) as grader:
        return grader.grade(
            [Submission(ident, known[ident].make(assignment)) for ident in ids], SEED
        )


def _share(course: Course, name: str, grace: float, ids: Sequence[str], slot: int) -> list[Trial]:
    client.GRACE = grace
    known = {sample.id: sample for sample in students(load_assignment(course, name))}
    trials = []
    with Grader(course, name, slot) as grader:
        trials.append(_one(grader, perfect(), "perfect-first"))
        for number, ident in enumerate(ids, start=1):
            trials.append(_one(grader, known[ident], ident))
            if number % BETWEEN == 0:
                trials.append(_one(grader, perfect(), f"perfect-after-{ident}"))
        trials.append(_one(grader, perfect(), "perfect-last"))
    return trials


def _one(grader: Grader, sample: Sample, ident: str) -> Trial:
    content = sample.make(grader.assignment)
    start, graded, error = time.perf_counter(), None, ""
    with _expected_values() as expected:
        try:
            (graded,) = grader.grade([Submission(ident, content)], SEED)
        except Exception as caught:  # the trial is there to find these
            error = f"{type(caught).__name__}: {caught}"
    seconds = time.perf_counter() - start
    peak = _peak()
    shown = json.dumps([graded.as_dict(), graded.notebook]) if graded else ""
    return Trial(
        ident,
        graded,
        error,
        seconds,
        peak,
        tuple(value for value in sorted(expected) if value in shown),
    )


def _peak() -> int:
    """Return the most memory this process ever held.

    `getrusage` counts what its parent held when it was started, too, so it is asked only where
    /proc is masked.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@contextmanager
def _expected_values() -> Iterator[set[str]]:
    """Collect what the checks compare with, as it would read if it were shown: eight digits are no
    coincidence.
    """
    found: set[str] = set()
    close = compare.close

    def noting(got: Any, want: Any, *args: Any, **kwargs: Any) -> None:
        for value in np.ravel(np.asarray(want, dtype=float))[:50]:
            text = repr(abs(float(value)))[:9]
            if len(text) == 9 and "e" not in text and len(set(text)) > 4:
                found.add(text)
        close(got, want, *args, **kwargs)

    compare.close = noting
    try:
        yield found
    finally:
        compare.close = close
