"""nbgrader's own commands and ours: the same path, the same marks, the same comments, the same penalties."""

from __future__ import annotations

import contextlib
import csv
import datetime
import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from nbformat import from_dict
from nbgrader.api import Gradebook
from traitlets.config import Config

from autograder.classroom.pages import write_feedback
from autograder.classroom.run import grade_assignment
from autograder.classroom.workdir import class_seed
from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.mistakes import load_bank
from autograder.core.results import Graded, Submission
from autograder.core.roots import PROJECT
from autograder.gradebook.writer import Recorder
from autograder.grading.pipeline import Grader
from autograder.nbgrader_plugin import preprocessors as nbgrader_hooks

NAME = "01-backprop"
DUE = datetime.datetime(2026, 11, 1, 12, 0)
CONFIG = f"""
import sys
sys.path.insert(0, {str(PROJECT)!r})
from pathlib import Path
from autograder.nbgrader_hooks import configure
c = get_config()
configure(c, Path(__file__).resolve().parent)
c.LateSubmissionPlugin.penalty_method = "zero"
"""
HAND_IN = {
    "ada": "2026-11-01 11:59:00 UTC",
    "bob": None,
    "cyd": "2026-11-02 12:00:00 UTC",
    "dora": None,
}
Grades = dict[str, tuple[float, float, bool, str]]


def hand_in(work: Path) -> None:
    """A class of four: all right; two known mistakes and an own written answer; untouched and late; a file that is no notebook."""
    assignment = load_assignment(Course(), NAME)
    (work / "nbgrader_config.py").write_text(CONFIG)
    solved = {cell.id: cell.source for cell in assignment.cells if cell.kind == "solution"}
    wrong = dict(solved)
    for question in ("circuit", "affine"):
        wrong |= assignment.reference_source(
            question, load_bank(Course().mistakes(NAME)).mistakes(question)[0].source
        )
    written = next(cell.id for cell in assignment.cells if cell.kind == "written")
    notebooks = {
        "ada": json.dumps(assignment.solved()),
        "bob": json.dumps(assignment.notebook(wrong | {written: "Because of the chain rule."})),
        "cyd": json.dumps(assignment.notebook(solved)),
        "dora": json.dumps(assignment.notebook()),
    }
    for student, content in notebooks.items():
        folder = work / "submitted" / student / NAME
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_text(content)
        if HAND_IN[student]:
            (folder / "timestamp.txt").write_text(f"{HAND_IN[student]}\n")


def set_due(work: Path) -> None:
    with gradebook(work) as book:
        book.update_or_create_assignment(NAME, duedate=DUE)


@contextlib.contextmanager
def gradebook(work: Path) -> Iterator[Gradebook]:
    path = os.environ["PATH"]
    os.environ["PATH"] = os.pathsep.join(
        [str(Path(sys.executable).parent), path]
    )  # a new gradebook calls alembic
    try:
        with Gradebook(f"sqlite:///{work / 'gradebook.db'}") as book:
            yield book
    finally:
        os.environ["PATH"] = path


def nbgrader(work: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = [sys.executable, "-m", "nbgrader", *arguments]
    return subprocess.run(
        command,
        cwd=work,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def grades(work: Path) -> dict[str, Grades]:
    """All that a gradebook holds, by student and cell: points, most points, whether a person must look, the comment; and the penalty."""
    held: dict[str, Grades] = {}
    with gradebook(work) as book:
        for submission in book.assignment_submissions(NAME):
            (notebook,) = submission.notebooks
            comments = {comment.name: comment.comment or "" for comment in notebook.comments}
            mine = {
                grade.name: (
                    grade.score,
                    grade.max_score,
                    bool(grade.needs_manual_grade),
                    comments.get(grade.name, ""),
                )
                for grade in notebook.grades
            }
            mine |= {
                f"comment on {name}": (0.0, 0.0, False, comment)
                for name, comment in comments.items()
            }
            mine["penalty"] = (notebook.late_submission_penalty or 0.0, 0.0, False, "")
            mine["total"] = (submission.score, submission.max_score, False, "")
            held[submission.student.id] = mine
    return held


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class graded by us."""
    work = tmp_path_factory.mktemp("ours")
    hand_in(work)
    set_due(work)
    with contextlib.redirect_stdout(io.StringIO()):
        grade_assignment(Course(work=work), NAME, 5, 1, set(), feedback=True)
    return work


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same class graded by nbgrader's own command."""
    work = tmp_path_factory.mktemp("theirs")
    hand_in(work)
    set_due(work)
    done = nbgrader(work, "autograde", NAME, "--create")
    assert done.returncode == 0, done.stderr[-3000:]
    return work


@pytest.mark.slow
def test_both_gradebooks_hold_the_same(ours: Path, theirs: Path) -> None:
    assert grades(ours) == grades(theirs)


def test_the_marks_are_those_deserved(ours: Path) -> None:
    """Without this, two gradebooks of nothing but zeros would agree as well."""
    held = grades(ours)
    assert set(held) == set(HAND_IN)
    checks = [cell for cell in held["ada"] if cell.endswith("-check")]
    assert len(checks) == 5
    assert sum(held["ada"][cell][0] for cell in checks) == 100
    assert all(held["dora"][cell][0] == 0 for cell in checks)
    assert held["ada"]["penalty"][0] == held["bob"]["penalty"][0] == held["dora"]["penalty"][0] == 0
    assert sum(held["cyd"][cell][0] for cell in checks) == 100
    assert held["cyd"]["penalty"][0] == 100  # a day late, where "zero" takes all
    for question in ("circuit", "affine"):
        assert 0 < held["bob"][f"{question}-check"][0] < held["bob"][f"{question}-check"][1]
        assert (
            held["bob"][f"comment on {question}"][3]
            == load_bank(Course().mistakes(NAME)).mistakes(question)[0].hint
        )
        assert not held["ada"][f"comment on {question}"][3]
    (written,) = [
        cell for cell in held["bob"] if cell.endswith("written") and not cell.startswith("comment")
    ]
    assert held["bob"][written] == (0, 10, True, "")
    assert held["dora"][written][3] == "No response."


def test_both_leave_the_same_notebooks_but_for_what_is_drawn(ours: Path, theirs: Path) -> None:
    for student in HAND_IN:
        ids = []
        for work in (ours, theirs):
            notebook = json.loads(
                (work / "autograded" / student / NAME / f"{NAME}.ipynb").read_text()
            )
            ids.append(
                [
                    (cell["id"], "".join(cell["source"]), cell["metadata"].get("nbgrader"))
                    for cell in notebook["cells"]
                ]
            )
            assert not any(
                output.get("name") == "stderr"
                for cell in notebook["cells"]
                for output in cell.get("outputs", [])
                if cell["id"].endswith("-check")
            )
        assert ids[0] == ids[1]


def test_marks_given_by_hand_survive_grading_again(ours: Path) -> None:
    course = Course(work=ours)
    with gradebook(ours) as book:
        found = book.find_submission_notebook(NAME, NAME, "bob")
        for grade in found.grades:
            if grade.name.endswith("written"):
                grade.manual_score, grade.needs_manual_grade = 7.0, False
            if grade.name == "circuit-check":
                grade.extra_credit = 1.5
        for comment in found.comments:
            if comment.name.endswith("written"):
                comment.manual_comment = "Say *which* rule."
        book.db.commit()
    before = grades(ours)["bob"]
    with contextlib.redirect_stdout(io.StringIO()):
        (graded,) = grade_assignment(course, NAME, 6, 1, {"bob"}, feedback=False)
    after = grades(ours)["bob"]
    (written,) = [
        cell for cell in after if cell.endswith("written") and not cell.startswith("comment")
    ]
    assert after[written][:2] == (7, 10)
    assert not after[written][2]  # the answer is the same
    assert after[f"comment on {written}"][3] == "Say *which* rule."
    assert after["total"] == before["total"]
    assert after["total"][0] == graded.score + 7 + 1.5
    assert write_feedback(course, NAME).written == len(HAND_IN)
    page = (ours / "feedback" / "bob" / NAME / f"{NAME}.html").read_text()
    assert "Say <em>which</em> rule." in page
    assert "7 of 10" in page


def test_nbgraders_own_commands_go_on_from_there(theirs: Path) -> None:
    done = nbgrader(theirs, "export")
    assert done.returncode == 0, done.stderr[-2000:]
    with (theirs / "grades.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    held = grades(theirs)
    assert {student: float(rows[student]["raw_score"]) for student in HAND_IN} == {
        student: mine["total"][0] for student, mine in held.items()
    }
    assert float(rows["cyd"]["score"]) == 0
    done = nbgrader(theirs, "generate_feedback", NAME, "--student", "bob")
    assert done.returncode == 0, done.stderr[-2000:]
    page = (theirs / "feedback" / "bob" / NAME / f"{NAME}.html").read_text()
    assert "Content-Security-Policy" in page
    assert "<script" not in page
    assert "Where to look" in page


def test_nbgraders_own_grading_takes_the_seed_of_the_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course, seeds = Course(work=tmp_path), []
    grader = Grader(course, NAME)
    notebook = from_dict(grader.assignment.notebook())

    def noted(self: Grader, submissions: Sequence[Submission], seed: int) -> list[Graded]:
        seeds.append(seed)
        made = from_dict(self.assignment.notebook())
        made.metadata["autograder"] = {"findings": []}
        return [Graded(submissions[0].student, NAME, seed, (), (), made)]

    monkeypatch.setattr(Grader, "grade", noted)
    monkeypatch.setattr(nbgrader_hooks, "_grader", lambda work, name: grader)
    config = Config(
        {"CourseDirectory": {"root": str(tmp_path), "source_directory": str(course.source)}}
    )
    for student in ("ada", "bob"):
        nbgrader_hooks.GradeInSandbox(config=config).preprocess(
            notebook, {"nbgrader": {"assignment": NAME, "student": student}}
        )
    kept = class_seed(course, NAME, None, fresh=False, keep=False)
    assert seeds == [kept, kept]


@pytest.mark.parametrize(
    "looked_for",
    [
        "grade WHERE notebook_id",
        "comment WHERE notebook_id",
        "submitted_notebook WHERE assignment_id",
    ],
)
def test_recording_one_submission_does_not_search_all_others(
    tmp_path: Path, looked_for: str
) -> None:
    course = Course(work=tmp_path)
    for _ in range(2):  # a gradebook that has its indexes is left as it is
        Recorder(course).__exit__()
    with contextlib.closing(sqlite3.connect(course.gradebook)) as db:
        ((*_, plan),) = db.execute(f"EXPLAIN QUERY PLAN SELECT * FROM {looked_for} = 'one'")
    assert plan.startswith("SEARCH")
