"""The leaderboard: right ranks, names that stay and lead back to nobody, and a page that holds nothing else."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from autograder.class_report.leaderboard import (
    SYLLABLES,
    Row,
    load_key,
    pseudonym,
    ranked,
    write_leaderboard,
)
from autograder.cli import parser as cli
from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.results import CheckResult, CheckSpec, Graded, Outcome, QuestionResult
from autograder.core.student_ids import invalid_reason
from autograder.gradebook.writer import Recorder
from autograder.grading.question_report import write_report

NAME = "capstone"
KEY = bytes(range(32))
POINTS = {
    "ada.lovelace": 15,
    "bernhard": 9,
    "<script>alert(1)</script>": 15,
    "dora": 0,
    "emmy": 9,
    "félix": 6,
}


def graded(student: str, points: float) -> Graded:
    """A submission in which only `result` earned anything."""
    assignment = load_assignment(Course(), NAME)
    questions = []
    for question in assignment.questions:
        got = points if question.id == "result" else 0
        parts = [(got, Outcome.RIGHT), (question.points - got, Outcome.WRONG)]
        checks = [
            CheckResult(CheckSpec(f"{question.id}.{n}", question.id, p, "says"), outcome)
            for n, (p, outcome) in enumerate(parts)
            if p
        ]
        questions.append(QuestionResult(question.id, question.points, tuple(checks)))
    one = Graded(
        student, NAME, 1, tuple(questions), (), json.loads(json.dumps(assignment.notebook()))
    )
    write_report(one)
    return one


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course with a gradebook of six submissions."""
    course = Course(work=tmp_path_factory.mktemp("class"))
    with Recorder(course) as recorder:
        recorder.register(load_assignment(course, NAME))
        for student, points in POINTS.items():
            recorder.record(graded(student, points), None)
    return course


def rows_of(page: str) -> list[Row]:
    found = re.findall(
        r'<tr><td class="points">(\d+)</td><td>([^<]*)</td><td class="points">([\d.]+)</td></tr>',
        page,
    )
    return [Row(int(rank), name, float(points)) for rank, name, points in found]


def test_ranks_go_by_points_and_equals_share_one() -> None:
    rows = ranked(POINTS, KEY)
    assert [(row.rank, row.points) for row in rows] == [
        (1, 15),
        (1, 15),
        (3, 9),
        (3, 9),
        (5, 6),
        (6, 0),
    ]
    for points in (15, 9):  # among equals the order says nothing of the students
        names = [row.name for row in rows if row.points == points]
        assert names == sorted(names)


def test_a_pseudonym_stays_and_hangs_on_key_and_student() -> None:
    assert pseudonym("ada", KEY) == pseudonym("ada", KEY)
    assert pseudonym("ada", KEY) != pseudonym("ada", KEY[::-1])
    assert pseudonym("ada", KEY) != pseudonym("adb", KEY)
    assert re.fullmatch(r"[A-Z][a-z]+-[A-Z][a-z]+ \d\d", pseudonym("ada", KEY))
    assert len(set(SYLLABLES)) == len(SYLLABLES)


def test_a_large_class_has_as_many_names() -> None:
    rows = ranked({f"s{n:05d}": 9.0 for n in range(5000)}, KEY)
    assert len({row.name for row in rows}) == 5000
    assert {row.rank for row in rows} == {1}


def test_the_page_shows_ranks_names_and_points_and_no_student(course: Course) -> None:
    page = write_leaderboard(course, NAME).read_text(encoding="utf-8")
    assert rows_of(page) == ranked(
        {student: float(points) for student, points in POINTS.items()},
        load_key(course.pseudonym_key),
    )
    for student in POINTS:
        assert student not in page
    assert "default-src 'none'" in page
    for forbidden in ("<script", "http://", "https://", "alert"):
        assert forbidden not in page


def test_names_are_the_same_on_the_next_page_and_others_in_another_course(
    course: Course, tmp_path: Path
) -> None:
    first, again = (write_leaderboard(course, NAME).read_text(encoding="utf-8") for _ in range(2))
    assert first == again
    other = load_key(tmp_path / "leaderboard.key")
    assert {row.name for row in rows_of(first)}.isdisjoint(
        {pseudonym(student, other) for student in POINTS}
    )


def test_only_its_owner_may_read_the_key(tmp_path: Path) -> None:
    path = tmp_path / "leaderboard.key"
    key = load_key(path)
    assert len(key) == 32
    assert load_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("too short\n", encoding="ascii")
    with pytest.raises(UserError, match="holds no key"):
        load_key(path)


def test_the_command_writes_the_page(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--course", str(course.work), "leaderboard", NAME]) == 0
    assert str(course.leaderboard) in capsys.readouterr().out


def test_no_student_can_be_called_as_the_page_is(course: Course) -> None:
    called = course.leaderboard.name
    assert not invalid_reason(called)
    theirs = [
        course.feedback_page(NAME, called),
        course.autograded_notebook(NAME, called),
        course.submitted / called,
    ]
    assert not [path for path in theirs if course.leaderboard in (path, *path.parents)]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (NAME, "holds no points"),
        ("01-backprop", "no question 'result'"),
        ("nothing", "no assignment"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_line(
    name: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--course", str(tmp_path), "leaderboard", name]) == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir()), "nothing was written"
