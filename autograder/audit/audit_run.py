"""What one audit of an assignment grades with, and what the reference got, which is graded once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ..core.assignment import Assignment, load_assignment
from ..core.course import Course
from ..core.results import Graded, QuestionResult, Submission
from ..workers.pool import CHUNK, Executors, grade_class, local_executor
from .line_kinds import LineKind

AT_ONCE = 4  # answers a worker takes: some take seconds, and no worker should be left with many


@dataclass(frozen=True)
class AuditRun:
    """One audit of one assignment.

    Attributes:
        course: where the assignment lies.
        name: the assignment.
        seed: of the hidden inputs.
        workers: how many grade at a time.
        executors: gives what runs them.
        every: grade one known mistake, right variant or unseen answer of so many.
    """

    course: Course
    name: str
    seed: int
    workers: int
    executors: Executors = local_executor
    every: int = 1

    @cached_property
    def assignment(self) -> Assignment:
        """The assignment's cells and questions."""
        return load_assignment(self.course, self.name)

    def grade(self, submissions: Iterable[Submission], chunk: int = AT_ONCE) -> dict[str, Graded]:
        """Grade submissions, and return the results by student.

        Args:
            submissions: in any order.
            chunk: how many a worker takes at once.
        """
        graded = grade_class(
            self.course, self.name, submissions, self.seed, self.workers, self.executors, chunk
        )
        return {one.student: one for one in graded}

    @cached_property
    def first(self) -> dict[str, Graded]:
        """The results of the reference and of the untouched stub."""
        notebooks = {
            LineKind.REFERENCE: self.assignment.solved(),
            LineKind.STUB: self.assignment.notebook(),
        }
        made = [
            Submission(one, json.dumps(notebook).encode()) for one, notebook in notebooks.items()
        ]
        return self.grade(made, CHUNK)

    @property
    def right(self) -> tuple[QuestionResult, ...]:
        """What the reference got."""
        return self.first[LineKind.REFERENCE].questions
