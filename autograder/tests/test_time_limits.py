"""What reaches a limit of time holds up nobody, and loses no mark to another's load: it is graded again, behind all others and alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.errors import NoSandbox
from autograder.core.limits import Limits
from autograder.core.results import Graded, Submission
from autograder.grading import course_sandbox
from autograder.grading.pipeline import Grader
from autograder.sample.sample import as_bytes
from autograder.workers import pool

from .fake_grading import Here, Pretended, graded

NAME = "01-backprop"


class Noting(Pretended):
    """Also notes, in order, which tries were short, and how many were graded at once."""

    def __init__(self, journal: Path, patient: bool = True) -> None:
        super().__init__(journal)
        self.tries: list[tuple[str, bool, int]] = []
        self.patient = patient

    def __call__(
        self, course: Course, name: str, submissions: Sequence[Submission], seed: int
    ) -> list[Graded]:
        self.tries += [(one.student, one.hurried, len(submissions)) for one in submissions]
        quick = b'{"by": "slow"}'
        return [
            graded(
                Submission(one.student, quick) if self.patient and not one.hurried else one, seed
            )
            for one in submissions
        ]


def class_of(*students: str) -> list[Submission]:
    """Those whose names begin with "slow" reach a limit."""
    return [
        Submission(
            student,
            b'{"wrong": ["affine"], "found": "limit"}' if student.startswith("slow") else b"{}",
        )
        for student in students
    ]


def run(monkeypatch: pytest.MonkeyPatch, noting: Noting, *students: str) -> list[Graded]:
    monkeypatch.setattr(pool, "grade_chunk", noting)
    monkeypatch.setattr(
        pool, "find_root", lambda: Path("/elsewhere")
    )  # so that this process's own course is graded
    return list(
        pool.grade_class(Course(), NAME, class_of(*students), 1, 1, lambda workers: Here(), chunk=4)
    )


def test_the_slow_are_graded_again_behind_the_others_and_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noting = Noting(tmp_path / "journal")
    made = run(monkeypatch, noting, "slow1", "ann", "slow2", "bob", "cyd")
    assert {one.student for one in made[:3]} == {"ann", "bob", "cyd"}
    assert [one.student for one in made[3:]] == ["slow1", "slow2"]
    assert all(one.score == one.max_score for one in made)  # what time had cost is given back
    assert noting.tries[-2:] == [("slow1", False, 1), ("slow2", False, 1)]
    assert {student for student, hurried, _ in noting.tries if not hurried} == {"slow1", "slow2"}


def test_what_is_slow_even_so_keeps_what_it_got(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noting = Noting(tmp_path / "journal", patient=False)
    made = {one.student: one for one in run(monkeypatch, noting, "slow1", "ann")}
    assert made["slow1"].slow
    assert 0 < made["slow1"].score < made["slow1"].max_score
    assert len(noting.tries) == 3  # and is not tried for ever


def test_a_class_without_slow_ones_is_graded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noting = Noting(tmp_path / "journal")
    run(monkeypatch, noting, "ann", "bob")
    assert [student for student, _, _ in noting.tries] == ["ann", "bob"]


@pytest.mark.slow
def test_a_first_try_is_short_and_the_second_has_all_of_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assignment = load_assignment(Course(), NAME)
    notebook = assignment.solved()
    own = {
        "cell_type": "code",
        "metadata": {},
        "source": "import time\ntime.sleep(4)",
        "outputs": [],
        "execution_count": None,
        "id": "mine",
    }
    notebook["cells"].insert(2, own)
    limits = Limits(cell_wall=8.0, first_try=2.0, total_wall=30.0)
    monkeypatch.setattr(course_sandbox, "load_limits", lambda course, name: limits)
    with Grader(Course(), NAME, slot=9300) as grader:
        try:
            short, whole = (
                grader.grade([Submission("ann", as_bytes(notebook), hurried=hurried)], 1)[0]
                for hurried in (True, False)
            )
        except NoSandbox as problem:
            pytest.skip(str(problem))
    assert short.slow
    assert short.score == 0
    assert not whole.slow
    assert whole.score == whole.max_score


def test_a_first_try_ends_at_its_first_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = load_assignment(Course(), NAME).solved()
    names = ("affine_forward", "circuit", "check_layer")
    for cell in notebook["cells"]:
        if cell["id"] == "check_layer":
            cell["source"] += "\n\n\n" + "\n".join(
                f"def {name}(*_):\n    while True:\n        pass\n" for name in names
            )
    limits = Limits(cell_wall=4.0, call_wall=0.5, call_cpu=0.4, first_try=20.0, total_wall=30.0)
    monkeypatch.setattr(course_sandbox, "load_limits", lambda course, name: limits)
    waited = []
    with Grader(Course(), NAME, slot=9301) as grader:
        for hurried in (True, False):
            try:
                (graded,) = grader.grade(
                    [Submission("ann", as_bytes(notebook), hurried=hurried)], 1
                )
            except NoSandbox as problem:
                pytest.skip(str(problem))
            assert graded.slow
            checks = [check for question in graded.questions for check in question.checks]
            waited.append(
                sum(
                    "a first, short try" in check.reason or "the limit for one call" in check.reason
                    for check in checks
                )
            )
    first, second = waited
    assert first <= 1  # at most one, or none where a cell was the first to be stopped
    assert second > 1  # the second waits for each, since it has its time


@pytest.mark.slow
def test_a_first_try_waits_for_no_cell_as_long_as_the_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notebook = load_assignment(Course(), NAME).solved()
    for cell in notebook["cells"]:
        if cell["id"] == "check_layer":
            cell["source"] += "\n\n\nwhile True:\n    pass\n"
    limits = Limits(cell_wall=14.0, cell_cpu=12.0, first_cell=1.0, first_try=30.0, total_wall=30.0)
    monkeypatch.setattr(course_sandbox, "load_limits", lambda course, name: limits)
    with Grader(Course(), NAME, slot=9302) as grader:
        try:
            (graded,) = grader.grade([Submission("ann", as_bytes(notebook), hurried=True)], 1)
        except NoSandbox as problem:
            pytest.skip(str(problem))
    assert graded.slow
    (stopped,) = (
        finding.message
        for finding in graded.findings
        if finding.where == "check_layer" and "running" in finding.message
    )
    assert (
        stopped
        == "The cell check_layer was still running after 1 s, the limit on time for it, and was stopped."
    )
    assert not any(question.hints for question in graded.questions)
