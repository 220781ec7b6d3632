"""What grading has left behind of a class: results and answers out of the autograded notebooks,
marks out of the gradebook.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nbgrader.api import MissingEntry

from ..core.assignment import Assignment, CellKind, text_of
from ..core.course import Course
from ..core.results import (
    CheckResult,
    CheckSpec,
    Finding,
    FindingKind,
    Marks,
    Outcome,
    QuestionResult,
)
from .writer import Recorder, load_config


@dataclass(frozen=True)
class GradedSubmission:
    """One graded submission.

    Attributes:
        student: the student's id.
        questions: as the checks judged them.
        findings: as they were noted at grading.
        seconds: how long each part of the grading took.
        seed: of the hidden inputs.
        answers: the text of each question's answer, its cells by id.
        marks: what the gradebook holds of it, if anything.
        walls: that it ran behind, where that was noted.
    """

    student: str
    questions: tuple[QuestionResult, ...]
    findings: tuple[Finding, ...]
    seconds: Mapping[str, float]
    seed: int
    answers: Mapping[str, Mapping[str, str]]
    marks: Marks | None
    walls: str = ""

    @property
    def judged(self) -> bool:
        return all(question.outcome is not Outcome.UNJUDGED for question in self.questions)

    @property
    def points(self) -> float:
        """All points: those of the gradebook, with what a person gave and what being late cost, or
        else those of the checks.
        """
        if self.marks is None:
            return sum(question.score for question in self.questions)
        return max(
            0.0, sum(score for score, _ in self.marks.scores.values()) - self.marks.late_penalty
        )

    def score(self, question: QuestionResult) -> float:
        """Return the points of a question, as the gradebook holds them where it does."""
        scores = self.marks.scores if self.marks is not None else {}
        return scores.get(f"{question.id}-check", (question.score, 0.0))[0]


@dataclass(frozen=True)
class Class:
    """All graded submissions of an assignment.

    Attributes:
        handed: the submissions, by student in order.
        left_out: a line for each notebook that could not be used.
        elsewhere: the points of other assignments by student, for each that the gradebook holds.
    """

    handed: tuple[GradedSubmission, ...]
    left_out: tuple[str, ...]
    elsewhere: Mapping[str, Mapping[str, float]]


class _Book(Recorder):
    """The gradebook, to read a whole class in."""

    def of_class(self, name: str, students: Iterable[str]) -> dict[str, Marks]:
        found: dict[str, Marks] = {}
        for student in students:
            try:
                found[student] = self.marks(name, student)
            except MissingEntry:
                continue
        return found

    def totals(self, name: str) -> dict[str, float]:
        return {
            str(one["student"]): float(one["score"])
            for one in self._gradebook.submission_dicts(name)
        }


def gather(course: Course, assignment: Assignment) -> Class:
    """Read all autograded notebooks of an assignment; one that cannot be used costs nobody else
    their place.
    """
    paths = sorted(course.autograded.glob(f"*/{assignment.name}/{assignment.name}.ipynb"))
    marks, elsewhere = _gradebook(course, assignment.name, [path.parts[-3] for path in paths])
    handed, left_out = [], []
    for path in paths:
        student = path.parts[-3]
        try:
            handed.append(
                _handed(
                    student,
                    json.loads(path.read_text(encoding="utf-8")),
                    assignment,
                    marks.get(student),
                )
            )
        except OSError as error:
            left_out.append(f"{student}: {path.name} cannot be read: {error.strerror}")
        except (ValueError, KeyError, TypeError, AttributeError):
            left_out.append(
                f"{student}: {path.name} holds no results that this version understands; "
                "grade it again"
            )
    return Class(tuple(handed), tuple(left_out), elsewhere)


def _handed(
    student: str, notebook: dict[str, Any], assignment: Assignment, marks: Marks | None
) -> GradedSubmission:
    kept = notebook["metadata"]["autograder"]
    seconds = {str(part): float(took) for part, took in kept["seconds"].items()}
    findings = tuple(
        Finding(FindingKind(one["kind"]), one["where"], one["message"], bool(one.get("staff")))
        for one in kept["findings"]
    )
    answers = dict(_answers(notebook, assignment))
    return GradedSubmission(
        student,
        tuple(map(_question, kept["questions"])),
        findings,
        seconds,
        int(kept["seed"]),
        answers,
        marks,
        str(kept.get("walls", "")),
    )


def _question(kept: dict[str, Any]) -> QuestionResult:
    checks = tuple(
        CheckResult(
            CheckSpec(one["id"], kept["id"], float(one["max_score"]), ""),
            Outcome(one["outcome"]),
            one["message"],
        )
        for one in kept["checks"]
    )
    return QuestionResult(
        kept["id"], float(kept["max_score"]), checks, kept["mistake"], kept["hint"]
    )


def _answers(
    notebook: dict[str, Any], assignment: Assignment
) -> Iterator[tuple[str, dict[str, str]]]:
    texts = {cell["id"]: text_of(cell) for cell in notebook["cells"]}
    for question in assignment.questions:
        wanted = [
            cell
            for cell in assignment.cells
            if cell.kind == CellKind.SOLUTION and cell.question == question.id
        ]
        yield question.id, {cell.id: texts.get(cell.id, cell.stub) for cell in wanted}


def _gradebook(
    course: Course, name: str, students: Iterable[str]
) -> tuple[dict[str, Marks], dict[str, dict[str, float]]]:
    """Return the marks of an assignment and the totals of all others; nothing where there is no
    gradebook, for to open it would make one.
    """
    config = load_config(course)
    if "db_url" not in config.CourseDirectory and not course.gradebook.is_file():
        return {}, {}
    book = _Book(course, config)
    with book:
        others = {other: book.totals(other) for other in course.assignments() if other != name}
        return book.of_class(name, students), {
            other: totals for other, totals in others.items() if totals
        }
