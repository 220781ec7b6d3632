"""Puts answers before the hidden checks of some questions, and nothing else: no repair, no
diagnosis, no report.

This is how the checks themselves are examined, with answers of our own: in the sandbox, on the way
that a submission goes, or in this process, which is faster. An answer is the sources of the
solution cells that differ from the reference's.
"""

from __future__ import annotations

import atexit
import resource
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

from ..checking.local import LocalTransport
from ..checking.plugin import CheckFolder, Turns, run_checks
from ..checking.remote import RemoteTransport
from ..checking.student import Student
from ..core.assignment import Assignment, CellKind, load_assignment, text_of
from ..core.course import Course
from ..core.limits import MB, Limits, load_limits
from ..core.results import CheckResult
from ..grading.execute import Execution
from ..sandbox.bwrap import own_slot
from ..sandbox.client import Sandbox
from ..sandbox.walls import demanded

Answer = Mapping[str, str]
Results = tuple[CheckResult, ...]

# s, where an assignment has not asked for more than others; what never ends is common here
CALL_CPU = 1.0
PATIENCE = 4.0  # as many times a call's processor time, for all checks of an answer in this process
MEMORY = 4096 * MB


def try_answers(  # noqa: PLR0913  `inside` is a named choice
    course: Course,
    name: str,
    answers: Sequence[Answer],
    seed: int,
    questions: frozenset[str] | None,
    *,
    inside: bool,
) -> list[Results]:
    """Return what the checks of the questions (of all, if None) find in each of the answers.

    Args:
        course: where the assignment lies.
        name: the assignment.
        answers: solution cells to put in the reference's place, by id.
        seed: of the hidden inputs.
        questions: whose checks to run.
        inside: whether the answers run in the sandbox.

    Raises:
        UserError: the assignment has not been built, or this machine has no sandbox.
        GraderFault: the checks could not be loaded.
    """
    assignment = _assignment(course, name)
    found: list[Results] = []
    turns = (
        _inside(course, assignment, answers, found)
        if inside
        else _here(course, assignment, answers, found)
    )
    run_checks(CheckFolder(course.checks(name), questions), assignment.namespace(), seed, turns)
    return found


def _inside(
    course: Course, assignment: Assignment, answers: Sequence[Answer], found: list[Results]
) -> Turns[None]:
    for answer in answers:
        notebook = assignment.notebook(_sources(assignment, answer))
        text = "\n".join(text_of(cell) for cell in notebook["cells"] if cell["cell_type"] == "code")
        notebook["cells"] = [
            cell
            for cell in notebook["cells"]
            if assignment.by_id[cell["id"]].kind in (CellKind.CODE, CellKind.SOLUTION)
        ]
        # visible checks have no part in the marks
        with Execution(_sandbox(course, assignment.name), notebook, assignment) as execution:
            execution.run()
            found.append(tuple((yield Student(RemoteTransport(execution.session, text)))))


def _here(
    course: Course, assignment: Assignment, answers: Sequence[Answer], found: list[Results]
) -> Turns[None]:
    patience = PATIENCE * _call_cpu(load_limits(course, assignment.name))
    with _limited():
        for answer in answers:
            signal.setitimer(signal.ITIMER_PROF, patience, 0.1)
            try:
                namespace: Any = _answered(assignment, answer).namespace()
            except Exception:  # of the answer's own code, as a cell would show it
                namespace = None
            found.append(tuple((yield Student(LocalTransport(namespace)))))
            signal.setitimer(signal.ITIMER_PROF, 0)


def _answered(assignment: Assignment, answer: Answer) -> Assignment:
    cells = tuple(
        replace(cell, source=answer.get(cell.id, cell.source)) for cell in assignment.cells
    )
    return replace(assignment, cells=cells)


def _sources(assignment: Assignment, answer: Answer) -> dict[str, str]:
    return {
        cell.id: answer.get(cell.id, cell.source)
        for cell in assignment.cells
        if cell.kind == CellKind.SOLUTION
    }


@cache
def _assignment(course: Course, name: str) -> Assignment:
    return load_assignment(course, name)


@cache
def _sandbox(course: Course, name: str) -> Sandbox:
    """Return this process's own sandbox, warm from call to call, under limits that end soon what
    never ends.
    """
    limits = load_limits(course, name)
    sandbox = Sandbox(
        replace(limits, call_cpu=_call_cpu(limits)),
        course.utils,
        own_slot(),
        asked=demanded(course.pyproject),
    )
    atexit.register(sandbox.close)
    return sandbox


def _call_cpu(limits: Limits) -> float:
    return limits.call_cpu if limits.call_cpu > Limits().call_cpu else CALL_CPU


@contextmanager
def _limited() -> Iterator[None]:
    """End what takes too long or too much, for this process alone."""

    def stop(number: int, frame: object) -> None:
        raise TimeoutError("took too long")

    before, memory = signal.signal(signal.SIGPROF, stop), resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, memory[1]))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        resource.setrlimit(resource.RLIMIT_AS, memory)
