"""`return` makes the pages that are not there as they would be made now, and no others."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.cache import keys
from autograder.classroom import pages as pages_module
from autograder.classroom.pages import stale_pages, write_feedback
from autograder.classroom.run import grade_assignment
from autograder.core.course import Course
from autograder.core.regrade_notes import Regrade, add_regrade
from autograder.core.translation import Translation
from autograder.tests.fake_grading import NAME, Here, Pretended, class_with, hand_in
from autograder.workers import pool

from .test_give_back import give, read_by_hand

STUDENTS = ("ada", "bo", "cy")
ROSTER = "id,name\nada,Ada Okafor\nbo,Bo Smith\ncy,Cy Lund\n"


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    monkeypatch.setattr(pool, "grade_chunk", Pretended(tmp_path / "journal"))
    made = class_with(tmp_path, ROSTER)
    for student in STUDENTS:
        hand_in(made, student)
    grade(made)
    return made


def grade(course: Course) -> None:
    grade_assignment(course, NAME, 1, 1, set(), True, Here)


def change_notebook(course: Course) -> None:
    path = course.autograded_notebook(NAME, "ada")
    path.write_text(path.read_text().replace("def ", "def  ", 1))


def comment(course: Course) -> None:
    with Gradebook(course.db_url) as book:
        one = book.find_submission(NAME, "ada").notebooks[0].comments[-1]
        one.manual_comment = "Well said."
        book.db.commit()


def edit(course: Course) -> None:
    """As long as before, and with the same time."""
    path = course.feedback_page(NAME, "ada")
    before = path.stat()
    path.write_text(re.sub("points", "pounds", path.read_text(), count=1))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def ask_again(course: Course) -> None:
    add_regrade(course, NAME, "ada", Regrade("2026-07-04 10:00 UTC", "Yes.", {}, {}, 1.0, 1.0))


def penalty(course: Course) -> None:
    with Gradebook(course.db_url) as book:
        book.find_submission(NAME, "ada").notebooks[0].late_submission_penalty = 5.0
        book.db.commit()


def rename(course: Course) -> None:
    course.roster.write_text(ROSTER.replace("Ada Okafor", "Ada Lovelace"))


ONE_CHANGES: dict[str, Callable[[Course], object]] = {
    "mark": lambda course: read_by_hand(course, "ada"),
    "comment": comment,
    "penalty": penalty,
    "name": rename,
    "request": ask_again,
    "notebook": change_notebook,
    "edited": edit,
    "missing": lambda course: course.feedback_page(NAME, "ada").unlink(),
}


@pytest.mark.parametrize("what", ONE_CHANGES)
def test_the_page_that_changed_is_made_and_no_other(
    course: Course, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert give(course, "folder") == 0
    assert "pages: 0 written, 3 unchanged" in capsys.readouterr().out  # grading has written them
    ONE_CHANGES[what](course)
    assert stale_pages(course, NAME) == {"ada"}
    assert give(course, "folder") == 0
    assert "pages: 1 written, 2 unchanged" in capsys.readouterr().out
    there = {one: course.feedback_page(NAME, one).read_bytes() for one in STUDENTS}
    assert write_feedback(course, NAME).written == 3
    assert there == {one: course.feedback_page(NAME, one).read_bytes() for one in STUDENTS}
    assert not stale_pages(course, NAME)


def test_a_time_zone_a_language_and_other_code_change_all(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.class_file.write_text('time_zone = "Europe/Berlin"\n')
    assert write_feedback(course, NAME, again=False).unchanged == 0
    for said in ({"points": "Punkte"}, {"points": "Pünktchen"}):
        monkeypatch.setattr(pages_module, "translation_of", lambda _, s=said: Translation("de", s))
        assert write_feedback(course, NAME, again=False).unchanged == 0
        assert write_feedback(course, NAME, again=False).written == 0
    monkeypatch.setattr(keys, "PAGE_PACKAGES", ("mistune",))
    assert write_feedback(course, NAME, again=False).unchanged == 0
    (course.work / "templates").mkdir()
    (course.work / "templates" / "feedback.html.j2").write_text("other")
    monkeypatch.setattr(keys, "TEMPLATES", course.work / "templates")
    assert write_feedback(course, NAME, again=False).unchanged == 0


def test_points_of_the_assignment_change_all(course: Course) -> None:
    with Gradebook(course.db_url) as book:
        book.find_notebook(NAME, NAME).grade_cells[0].max_score += 1
        book.db.commit()
    assert write_feedback(course, NAME, again=False).unchanged == 0


def test_all_is_made_again_on_request(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    assert give(course, "folder", "", "--all") == 0
    assert "pages: 3 written, 0 unchanged" in capsys.readouterr().out


def test_a_dry_run_names_a_comment_that_no_page_shows_yet(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    give(course, "folder")
    comment(course)
    before = course.feedback_page(NAME, "ada").read_bytes()
    capsys.readouterr()
    assert give(course, "folder", "", "--dry-run") == 0
    told = capsys.readouterr().out
    assert "1 of 3 changed since the last return" in told
    assert "bo: waits for a person; as it was sent" in told
    assert course.feedback_page(NAME, "ada").read_bytes() == before


def test_what_the_last_version_kept_stays(course: Course) -> None:
    """A cache without the table of pages keeps its results."""
    import sqlite3

    with sqlite3.connect(course.cache) as db:
        db.execute("DROP TABLE page")
        (count,) = db.execute("SELECT count(*) FROM result").fetchone()
    assert write_feedback(course, NAME, again=False).written == 3
    with sqlite3.connect(course.cache) as db:
        assert db.execute("SELECT count(*) FROM result").fetchone() == (count,)
