"""Whose marks would change if a class were graded now: what the gradebook holds beside what the results are, and nothing written."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from ..paths import Course
from ..record import gradebook_url, load_config
from ..records import Graded
from .cache import Cache
from .pool import Executors, processors
from .results import results
from .standing import Standing, gradebook
from .survey import Plan


@dataclass(frozen=True)
class Change:
    """What grading would do to one student's marks.

    Attributes:
        student: who it is.
        old: points by question, as the gradebook holds them; empty if it holds nothing of this student.
        new: points by question, as they would be; those given by hand stay.
        faulty: whether the grader itself failed.
    """

    student: str
    old: Mapping[str, float | None]
    new: Mapping[str, float]
    faulty: bool

    @property
    def differs(self) -> bool:
        """Whether anything would change."""
        return dict(self.old) != dict(self.new)


def compare(course: Course, plan: Plan, workers: int | None, executors: Executors) -> list[Change]:
    """What grading would do to the marks of those who are left; their results are kept for when it is done.

    Raises:
        UserError: the gradebook cannot be read, or a machine has no sandbox.
        GraderFault: the checks could not be loaded.
    """
    found: list[Change] = []
    with Cache(course) as cache, gradebook(gradebook_url(course, load_config(course))) as there:
        standing = there.read(plan.name) if there else {}
        used = set()
        with closing(results(course, cache, plan, workers or processors(), executors)) as coming:
            for result in coming:
                used.add(result.key.whole)
                found.append(_change(result.graded, standing.get(result.handed_in.student)))
        if plan.everybody:
            cache.forget(plan.name, used)
    return found


def _change(graded: Graded, standing: Standing | None) -> Change:
    old: dict[str, float | None] = {}
    new = {question.id: question.score for question in graded.questions}
    for question in graded.questions if standing else ():
        automatic, by_hand = standing.scores.get(f"{question.id}-check", (None, None)) if standing else (None, None)
        old[question.id] = automatic
        if by_hand is not None:
            old[question.id] = new[question.id] = by_hand
    return Change(graded.student, old, new, graded.faulty)
