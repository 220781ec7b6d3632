"""A graded class whose written answers are given; all else is the reference, and no code is run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from autograder.core.assignment import Assignment, load_assignment
from autograder.core.course import Course
from autograder.core.results import CheckResult, CheckSpec, Graded, Outcome, QuestionResult
from autograder.core.roots import PROJECT
from autograder.gradebook.writer import Recorder
from autograder.grading.question_report import write_report

NAME, CELL = "01-backprop", "gradients-written"


def all_right(assignment: Assignment) -> tuple[QuestionResult, ...]:
    """Return full marks for each question, by one check."""
    return tuple(
        QuestionResult(
            one.id,
            one.points,
            (
                CheckResult(
                    CheckSpec(f"{one.id}.all", one.id, one.points, "It is right."), Outcome.RIGHT
                ),
            ),
        )
        for one in assignment.questions
    )


def graded_class(folder: Path, answers: Mapping[str, str | None]) -> Course:
    """A class in a new folder, by student what was written; None leaves the cell as it was released."""
    folder.mkdir()
    course = Course(PROJECT, folder)
    record(course, answers)
    return course


def record(course: Course, answers: Mapping[str, str | None]) -> None:
    """Writes graded notebooks and the gradebook, as grading does."""
    assignment = load_assignment(course, NAME)
    questions = all_right(assignment)
    with Recorder(course) as recorder:
        recorder.register(assignment)
        for student, answer in answers.items():
            written = assignment.by_id[CELL].stub if answer is None else answer
            notebook = assignment.solved({CELL: written})
            made = Graded(student, NAME, 1, questions, (), notebook, {})
            write_report(made)
            path = course.autograded_notebook(NAME, student)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(notebook))
            recorder.record(made, None)
