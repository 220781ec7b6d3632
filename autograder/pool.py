"""Grades many submissions at once, on all of this machine's processors.

`grade_chunk` is a pure function of data; any `concurrent.futures.Executor` can run it. A process of the pool that dies takes
nothing with it: what it had not handed back is graded again, one by one, and only what kills its grader twice stays unjudged.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import cache, partial
from multiprocessing import get_context

from .errors import GraderFault, UserError
from .grade import Grader
from .paths import Course
from .records import Graded, Submission
from .repair import repair

CHUNK = 8
SLOTS = 4_000  # sandboxes take user ids by slot; process numbers spread them


@cache
def _grader(course: Course, name: str) -> Grader:
    """This process's own grader, whose sandbox stays warm from chunk to chunk."""
    grader = Grader(course, name, slot=os.getpid() % SLOTS)
    atexit.register(grader.close)
    return grader


def grade_chunk(course: Course, name: str, submissions: Sequence[Submission], seed: int) -> list[Graded]:
    """Grades a few submissions in this process."""
    return _grader(course, name).grade(submissions, seed)


def local_executor(workers: int) -> ProcessPoolExecutor:
    """A pool on this machine, of fresh interpreters: a fork would copy the caller's threads' locks."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # the workers are as many as the processors; their libraries need no threads
    os.environ.setdefault("MPLBACKEND", "agg")
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def grade_class(course: Course, name: str, submissions: Sequence[Submission], seed: int, workers: int) -> Iterator[Graded]:
    """Grades a class, and gives each result as it is done.

    Raises:
        UserError: the assignment is not there or not built, or this machine has no sandbox.
        GraderFault: the checks could not be loaded.
    """
    done: set[str] = set()
    workers = max(1, min(workers, len(submissions)))
    size = max(1, min(CHUNK, len(submissions) // workers))
    rounds = (size, 1, 1)
    for size in rounds:
        left = [submission for submission in submissions if submission.student not in done]
        if not left:
            return
        with local_executor(workers if size > 1 or len(done) == 0 else 1) as executor:
            for graded in _round(executor, course, name, left, seed, size):
                done.add(graded.student)
                yield graded
    for submission in submissions:
        if submission.student not in done:
            yield _lost(course, name, submission, seed)


def _round(executor: Executor, course: Course, name: str, submissions: Sequence[Submission], seed: int, size: int) -> Iterator[Graded]:
    work = partial(grade_chunk, course, name, seed=seed)
    chunks = [submissions[start : start + size] for start in range(0, len(submissions), size)]
    futures: list[Future[list[Graded]]] = [executor.submit(work, chunk) for chunk in chunks]
    for future in as_completed(futures):
        try:
            yield from future.result()
        except BrokenProcessPool:
            return  # the next round takes what is left
        except UserError:
            raise
        except Exception as fault:  # of one chunk; what can be graded in it is, one by one, in the next round
            if isinstance(fault, GraderFault) and size == 1:
                raise


def _lost(course: Course, name: str, submission: Submission, seed: int) -> Graded:
    grader = Grader(course, name)
    fault = GraderFault("its process died each time that this submission was graded")
    return grader.unjudged(submission, repair(submission.content, grader.assignment), seed, fault)
