"""Grades many submissions at once, on all of this machine's processors.

`grade_chunk` is a pure function of data; any `concurrent.futures.Executor` can run it. A process of
the pool that dies takes
nothing with it: what it had not handed back is graded again one by one, then alone, and only what
dies even so stays unjudged. The first try of each submission is short. What reaches a limit in it
waits until all others are done, and is then graded alone, with all of
the time that it may have: it holds up nobody, and nobody's load on the machine costs it a mark.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import chain, islice
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import TYPE_CHECKING, Any

from ..core.course import Course
from ..core.errors import GraderFault, UserError
from ..core.results import Graded, Submission, Walls
from ..core.roots import find_root
from ..core.threads import prefer_one_thread
from ..grading.course_sandbox import begin
from ..sandbox.bwrap import own_slot
from ..sandbox.walls import demanded

if TYPE_CHECKING:
    from ..grading.pipeline import Grader

CHUNK = 16  # of each, pytest collects the checks once
# chunks a worker that are under way: one in work, one waiting; more would only fill the memory
AHEAD = 2

Executors = Callable[[int], AbstractContextManager[Executor]]
Work = Callable[[Sequence[Submission]], list[Graded]]


@cache
def _grader(course: Course, name: str, walls: Walls | None) -> Grader:
    """Return this process's own grader, whose sandbox stays warm from chunk to chunk; `walls` are
    those that are demanded, which one sandbox keeps.

    The sandbox starts first, and gets warm while pytest and NumPy are loaded here.
    """
    begun = begin(course, name, own_slot())
    from ..grading.pipeline import Grader

    grader = Grader(course, name, slot=own_slot(), begun=begun)
    atexit.register(grader.close)
    return grader


def grade_chunk(
    course: Course, name: str, submissions: Sequence[Submission], seed: int
) -> list[Graded]:
    """Grades a few submissions in this process."""
    return _grader(course, name, demanded(course.pyproject)).grade(submissions, seed)


def _grade_chunk_at_home(name: str, submissions: Sequence[Submission], seed: int) -> list[Graded]:
    """Return the same, with the course as it is installed where this runs, which may be another
    machine.
    """
    return grade_chunk(Course(), name, submissions, seed)


def warm_up(course: Course | None, name: str) -> None:
    """Load what a worker's first submission needs; where that fails, the grading itself says so."""
    if parent_process() is None:  # this is no worker
        return
    course = course or Course()
    with suppress(Exception):
        _grader(course, name, demanded(course.pyproject))


def local_executor(workers: int) -> ProcessPoolExecutor:
    """Return a pool on this machine, of fresh interpreters: a fork would copy the caller's threads'
    locks.
    """
    prefer_one_thread()
    os.environ.setdefault("MPLBACKEND", "agg")
    return _Pool(workers, mp_context=get_context("spawn"), initializer=_end_with_parent)


@contextmanager
def begun_executor(course: Course, name: str, workers: int) -> Iterator[Executors]:
    """Give an executor whose workers load while the caller does, and others once it is used up."""
    pools: list[Executor] = [local_executor(workers)]
    there = course if course.root != find_root() else None  # as `grade_class` has it
    for _ in range(workers):
        pools[0].submit(warm_up, there, name)
    try:
        yield lambda workers: pools.pop() if pools else local_executor(workers)
    finally:
        for pool in pools:
            pool.shutdown()


@contextmanager
def kept_executor(workers: int) -> Iterator[Executors]:
    """Give an executor to several gradings, one after another: its processes keep what they made,
    and are made anew where it broke.
    """
    pools = [local_executor(workers)]

    def ask(workers: int) -> AbstractContextManager[Executor]:
        try:
            pools[-1].submit(int)
        except BrokenExecutor:
            pools[-1].shutdown()
            pools.append(local_executor(workers))
        return nullcontext(pools[-1])

    try:
        yield ask
    finally:
        pools[-1].shutdown()


class _Pool(ProcessPoolExecutor):
    """A pool that ends also where a worker died while its work was being sent to it: before Python
    3.11.5 it waited forever (gh-94777).
    """

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        calls: Any = getattr(self, "_call_queue", None)
        if sys.version_info < (3, 11, 5) and calls is not None and getattr(self, "_broken", False):
            calls._reader.close()  # the last reader: a process that still writes is told so
        super().shutdown(wait, cancel_futures=cancel_futures)


def _end_with_parent() -> None:
    """Has this process end when the one that started it has, however that was; its sandbox ends
    with it.
    """
    parent = parent_process()
    if parent is not None:
        Thread(target=_outlive, args=(parent,), daemon=True).start()


def _outlive(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def grade_class(  # noqa: PLR0913  `executors` and `chunk` are for clusters and tests
    course: Course,
    name: str,
    submissions: Iterable[Submission],
    seed: int,
    workers: int,
    executors: Executors = local_executor,
    chunk: int = CHUNK,
) -> Generator[Graded]:
    """Grade a class, and yield each result as it is done; reads no more submissions than are under
    way.

    Args:
        workers: how many chunks are worked on at once.
        executors: gives an executor for so many workers, as a context manager; asked again where
            one has broken.
        chunk: the most that a worker is given at once.

    Raises:
        UserError: the assignment is not there or not built, a machine has no sandbox, or there is
            nobody left to work.
        GraderFault: the checks could not be loaded.
    """
    work = (
        partial(grade_chunk, course, name, seed=seed)
        if course.root != find_root()
        else partial(_grade_chunk_at_home, name, seed=seed)
    )
    coming = (replace(submission, hurried=True) for submission in submissions)
    first = list(islice(coming, chunk * workers))
    left: Iterable[Submission] = chain(first, coming)
    lost: dict[Submission, Exception] = {}
    slow: list[Submission] = []
    some = False
    for size, window in (
        (max(1, min(chunk, len(first) // workers)), workers * AHEAD),
        (1, workers * AHEAD),
        (1, 1),
    ):
        left, lost = left if not lost else list(lost), {}
        ask = partial(executors, min(workers, window))
        for graded in _round(ask, work, _chunks(left, size), window, _NotGraded(lost, slow)):
            some = True
            yield graded
        if not lost:
            break
        some = some or bool(slow)
        for fault in lost.values():
            if size == 1 and not some and isinstance(fault, GraderFault):
                raise fault  # it is the checks, not somebody's answer
    if slow:
        yield from _round(partial(executors, 1), work, _chunks(slow, 1), 1, _NotGraded(lost))
    for submission, last in lost.items():
        yield _unjudged(course, name, submission, seed, last)


def _chunks(submissions: Iterable[Submission], size: int) -> Iterator[list[Submission]]:
    coming = iter(submissions)
    while chunk := list(islice(coming, size)):
        yield chunk


@dataclass(frozen=True)
class _NotGraded:
    """What a round leaves for a later one.

    Attributes:
        lost: what did not come back, and why.
        slow: what reached a limit in its first try, to be tried again with all of its time.
    """

    lost: dict[Submission, Exception] = field(default_factory=dict)
    slow: list[Submission] = field(default_factory=list)


def _round(
    ask: Callable[[], AbstractContextManager[Executor]],
    work: Work,
    chunks: Iterator[list[Submission]],
    window: int,
    left: _NotGraded,
) -> Iterator[Graded]:
    """Work through the chunks, `window` of them under way at once.

    Args:
        ask: gives an executor; asked again where one has broken.
        work: grades a chunk.
        chunks: what to grade.
        window: how many chunks are under way at once.
        left: takes what has to be tried again.
    """
    broken = True
    while broken:
        broken = False
        with ask() as executor:
            under_way: dict[Future[list[Graded]], list[Submission]] = {}
            while True:
                for chunk in islice(chunks, 0 if broken else window - len(under_way)):
                    under_way[_submitted(executor, work, chunk)] = chunk
                if not under_way:
                    break
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    chunk = under_way.pop(future)
                    try:
                        done = future.result()
                    except (UserError, CancelledError):
                        raise
                    except Exception as fault:
                        # of one chunk, or of the process that had it and all that waited for that
                        broken = broken or isinstance(fault, BrokenExecutor)
                        left.lost.update(dict.fromkeys(chunk, fault))
                        continue
                    again = {one.student for one in chunk if one.hurried} & {
                        graded.student for graded in done if graded.slow
                    }
                    left.slow.extend(
                        replace(one, hurried=False) for one in chunk if one.student in again
                    )
                    yield from (graded for graded in done if graded.student not in again)


def _submitted(executor: Executor, work: Work, chunk: list[Submission]) -> Future[list[Graded]]:
    try:
        return executor.submit(work, chunk)
    except BrokenExecutor as error:
        failed: Future[list[Graded]] = Future()
        failed.set_exception(error)
        return failed


def _unjudged(
    course: Course, name: str, submission: Submission, seed: int, fault: Exception
) -> Graded:
    from ..grading.pipeline import Grader
    from ..grading.repair import repair

    grader = Grader(course, name)
    if not isinstance(fault, GraderFault):
        fault = GraderFault("its process died each time that this submission was graded")
    return grader.unjudged(submission, repair(submission.content, grader.assignment), seed, fault)
