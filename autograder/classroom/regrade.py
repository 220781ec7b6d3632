"""Grade one submission again on a student's request, and keep what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ..cache.store import Cache
from ..core.course import Course
from ..core.errors import UserError
from ..core.regrade_notes import Regrade, add_regrade
from ..gradebook.reader import Standing, gradebook
from .comparison import CHECK
from .pages import write_feedback
from .plan import Plan, gradebook_address, survey
from .run import grade_left
from .submissions import find_submissions


@dataclass(frozen=True)
class Request:
    """A student's request.

    Attributes:
        name: the assignment.
        student: whose submission it is about.
        note: what the student reads about it.
    """

    name: str
    student: str
    note: str


def regrade(course: Course, request: Request, seed: int) -> Regrade:
    """Grade a submission again, also where nothing has changed since; write the note and the page.

    Args:
        course: whose class it is.
        request: whose submission, and what the student reads.
        seed: of the hidden inputs.

    Raises:
        UserError: the student is unknown, or was not graded yet.
        GraderFault: the checks could not be loaded.
    """
    name, student = request.name, request.student
    plan = _plan(course, name, student, seed)
    before = _standing(course, name, student)
    if before is None:
        raise UserError(f"{student} was not graded yet; run: autograder grade {name}")
    with Cache(course) as cache:
        for one in plan.left:
            cache.drop(plan.keys.of(one.read()[0]))
    grade_left(course, plan, 1)
    after = _standing(course, name, student)
    assert after is not None  # it was just recorded
    made = Regrade(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        request.note,
        _points(before),
        _points(after),
        before.points,
        after.points,
    )
    add_regrade(course, name, student, made)
    write_feedback(course, name, student)
    return made


def _plan(course: Course, name: str, student: str, seed: int) -> Plan:
    plan = survey(course, name, seed, {student}, feedback=True)
    found = [one for one in find_submissions(course, name)[0] if one.student == student]
    return replace(plan, left=tuple(found), settled=0)


def _standing(course: Course, name: str, student: str) -> Standing | None:
    with gradebook(gradebook_address(course)) as there:
        return there.read(name, student).get(student) if there is not None else None


def _points(standing: Standing) -> Mapping[str, float | None]:
    """Return the points by question, with what a person gave; None where a person has still to."""
    found = {}
    for cell, (automatic, by_hand) in standing.scores.items():
        given = automatic if by_hand is None else by_hand
        extra = standing.extra.get(cell, 0.0)
        waits = cell in standing.waiting
        found[cell.removesuffix(CHECK)] = None if waits else (given or 0.0) + extra
    return found
