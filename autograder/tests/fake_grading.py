"""A class whose grading is pretended: results come at once from what stands in the submission, and all that follows is real."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook

from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.results import (
    CheckResult,
    CheckSpec,
    Finding,
    FindingKind,
    Graded,
    Outcome,
    QuestionResult,
    Submission,
)
from autograder.core.roots import PROJECT
from autograder.gradebook.reader import gradebook
from autograder.grading.question_report import write_report
from autograder.tests import processes

NAME = "01-backprop"
QUESTIONS = [question.id for question in load_assignment(Course(), NAME).questions]


def class_with(folder: Path, roster: str) -> Course:
    """Make a class with a roster, of this project's course."""
    (folder / "class").mkdir()
    made = Course(PROJECT, folder / "class")
    made.roster.write_text(roster)
    return made


def mark_by_hand(course: Course, student: str, points: float) -> None:
    """Give so many points for each of a student's answers that no check judges."""
    with Gradebook(course.db_url) as book:
        for one in book.find_submission(NAME, student).notebooks[0].grades:
            if one.auto_score is None:
                one.manual_score, one.needs_manual_grade = points, False
        book.db.commit()


def hand_in(course: Course, student: str, *, name: str = NAME, **told: Any) -> Path:
    """Puts a submission that tells its own result into the class: `wrong` questions, and the kind of what is `found`."""
    path = course.submitted / student / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told | {"by": student}))
    return path


def graded(submission: Submission, seed: int, *, worth: float = 1.0) -> Graded:
    """The result that a submission tells; each check is worth all of its question, or that part of it."""
    told, assignment = json.loads(submission.content), load_assignment(Course(), NAME)
    known = {question.id: question for question in submission.known}
    questions = []
    for question in assignment.questions:
        spec = CheckSpec(
            f"{question.id}.all", question.id, question.points * worth, "It is `right`."
        )
        wrong = question.id in told.get("wrong", ())
        result = (
            CheckResult(spec, Outcome.WRONG, "It is not.", "Look.", "differs")
            if wrong
            else CheckResult(spec, Outcome.RIGHT)
        )
        mistake = ("known", "A hint.") if wrong else (None, None)
        questions.append(
            known.get(question.id)
            or QuestionResult(question.id, question.points, (result,), *mistake)
        )
    kinds = [told["found"]] if "found" in told else []
    findings = tuple(
        Finding(
            FindingKind(kind),
            "grader" if kind == "fault" else QUESTIONS[0],
            f"There was a {kind}.",
            kind == "fault",
        )
        for kind in kinds
    )
    made = Graded(
        submission.student,
        NAME,
        seed,
        tuple(questions),
        findings,
        assignment.solved(),
        {"execute": 0.5},
    )
    write_report(made)
    return made


class Here(Executor):
    """Runs everything at once, in this process."""

    def __init__(self, workers: int = 1) -> None:
        self.asked: list[str] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done


class Pretended:
    """In the place of `grade_chunk`; counts whom it was asked about, in a file that survives its process."""

    def __init__(self, journal: Path) -> None:
        self.journal = journal
        self.known: dict[str, list[str]] = {}

    def __call__(
        self, course: Course, name: str, submissions: Sequence[Submission], seed: int
    ) -> list[Graded]:
        made = []
        for submission in submissions:
            with self.journal.open("a") as file:
                file.write(f"{submission.student}\n")
            self.known[submission.student] = [question.id for question in submission.known]
            made.append(graded(submission, seed))
        return made

    def asked(self) -> list[str]:
        """Whom it was asked about since it was last looked at."""
        found = self.journal.read_text().split("\n")[:-1] if self.journal.exists() else []
        self.journal.write_text("")
        return found


def held(course: Course) -> dict[str, dict[str, tuple[float | None, float | None]]]:
    """What the gradebook holds: scores by student and cell, automatic and by hand."""
    with gradebook(course.db_url) as book:
        return (
            {student: dict(one.scores) for student, one in book.read(NAME).items()} if book else {}
        )


def written(course: Course) -> dict[str, bytes]:
    """All that was written for people to read, by path."""
    files = [
        path
        for folder in (course.autograded, course.feedback)
        for path in folder.rglob("*")
        if path.is_file()
    ]
    return {str(path.relative_to(course.work)): path.read_bytes() for path in files}


def alive(session: int) -> list[int]:
    """The processes of a session, but for those that have ended and are only waited for."""
    found = []
    for entry in processes.listed():
        try:
            state, _, _, its_session = (entry / "stat").read_text().rpartition(") ")[2].split()[:4]
        except OSError:
            continue
        if int(its_session) == session and state not in "ZX" and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found
