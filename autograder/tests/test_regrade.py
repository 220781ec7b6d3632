"""A submission that is graded again on request: before and after, and a note that is kept."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.class_report.page import write_overview
from autograder.classroom import regrade as regrade_module
from autograder.classroom.pages import write_feedback
from autograder.classroom.run import grade_assignment, grade_left
from autograder.cli.parser import main
from autograder.core.course import Course
from autograder.core.regrade_notes import read_regrades
from autograder.core.roots import PROJECT
from autograder.tests.fake_grading import NAME, Here, Pretended, hand_in
from autograder.workers import pool

NOTE = "The check was wrong, <b>not</b> you."


@pytest.fixture
def pretended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pretended:
    made = Pretended(tmp_path / "journal")
    monkeypatch.setattr(pool, "grade_chunk", made)
    monkeypatch.setattr(regrade_module, "grade_left", partial(grade_left, executors=Here))
    return made


@pytest.fixture
def course(tmp_path: Path, pretended: Pretended) -> Course:
    (tmp_path / "class").mkdir()
    made = Course(PROJECT, tmp_path / "class")
    hand_in(made, "ada", wrong=["affine"])
    hand_in(made, "bo", wrong=["affine"])
    grade_assignment(made, NAME, 1, 1, set(), True, Here)
    pretended.asked()
    return made


def regrade(course: Course, student: str = "ada", note: str = NOTE) -> int:
    place = ["--course", str(course.work), "--root", str(PROJECT)]
    return main([*place, "regrade", student, NAME, "--note", note])


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", "", page).split())


def test_before_and_after_are_shown_and_kept(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(course, "ada")  # as if a check had been put right: the same work earns more now
    capsys.readouterr()
    assert regrade(course) == 0
    out = capsys.readouterr().out
    assert "affine: 0 → 20" in out
    assert "total after penalties: 80 → 100" in out
    assert "circuit: 15\n" in out
    (kept,) = read_regrades(course, NAME)["ada"]
    assert kept.note == NOTE
    assert (kept.before["affine"], kept.after["affine"]) == (0.0, 20.0)
    page = course.feedback_page(NAME, "ada").read_text()
    assert "The check was wrong, &lt;b&gt;not&lt;/b&gt; you. affine: 0 → 20." in " ".join(
        page.replace("<br>", "").split()
    )
    assert "Graded again on" not in course.feedback_page(NAME, "bo").read_text()


def test_it_is_graded_also_where_nothing_has_changed(
    course: Course, pretended: Pretended, capsys: pytest.CaptureFixture[str]
) -> None:
    grade_assignment(course, NAME, 1, 1, set(), True, Here)
    assert pretended.asked() == []  # which alone would believe what is kept
    assert regrade(course) == 0
    assert pretended.asked() == ["ada"]
    assert not pretended.known["ada"]
    assert "total after penalties: 80\n" in capsys.readouterr().out
    page = plain(course.feedback_page(NAME, "ada").read_text())
    assert "The points stay as they were." in page


def test_notes_outlive_later_pages_and_reach_the_report(course: Course) -> None:
    assert regrade(course) == 0
    assert regrade(course, note="Once more.") == 0
    assert write_feedback(course, NAME).written == 2
    page = plain(course.feedback_page(NAME, "ada").read_text())
    assert page.index("The check was wrong") < page.index("Once more.")
    report = write_overview(course, NAME).read_text()
    assert "Graded again on request" in report
    assert "The check was wrong, &lt;b&gt;not&lt;/b&gt; you." in report
    grade_assignment(course, NAME, 1, 1, set(), True, Here)
    assert "Once more." in course.feedback_page(NAME, "ada").read_text()


def test_a_mark_given_by_hand_stays(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    with Gradebook(course.db_url) as book:
        for one in book.find_submission(NAME, "ada").notebooks[0].grades:
            if one.auto_score is None:
                one.manual_score, one.needs_manual_grade, one.extra_credit = 7.0, False, 0.5
        book.db.commit()
    assert regrade(course) == 0
    out = capsys.readouterr().out
    assert re.search(r"written: 7\.5\n", out)
    assert "total after penalties: 87.5\n" in out
    assert regrade(course, "bo") == 0
    assert "written: waits for a person\n" in capsys.readouterr().out


def test_what_cannot_be_is_said(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    assert regrade(course, "adda") == 2
    assert "'adda' submitted no 01-backprop (did you mean ada" in capsys.readouterr().err
    assert regrade(course, note="  ") == 2
    assert "expected what the student reads about it" in capsys.readouterr().err
    hand_in(course, "cy")
    assert regrade(course, "cy") == 2
    assert "cy was not graded yet" in capsys.readouterr().err
    course.regrades(NAME).parent.mkdir(exist_ok=True)
    course.regrades(NAME).write_text('{"students": [1]}')
    assert regrade(course) == 2
    assert "cannot be read" in capsys.readouterr().err
