"""No member of a group sees another's name, lateness, penalty or mark in what goes back."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.classroom.run import grade_assignment
from autograder.collect.manifest import Source
from autograder.core.course import Course
from autograder.give_back.exchange import SECRET, exchange_place
from autograder.give_back.lines import Line
from autograder.tests.fake_grading import NAME, Here, Pretended, class_with, mark_by_hand
from autograder.workers import pool

from .test_give_back import (
    CANVAS,
    WORKSHEET,
    WRITTEN,
    give,
    graded,
    moodle_feedback,
    moodle_import,
    written,
)

ROSTER = (
    "id,name,email,section,canvas,sakai,ilias,brightspace\n"
    "ada,Ada Okafor,ada@x.org,A,4001,aokafor,6001,S-1\n"
    "bo,Bo Smith Jones,bo@x.org,A,4003,bsj,6003,S-3\n"
)
SETTINGS = f"""time_zone = "UTC"
[due]
{NAME} = "2026-07-03 18:00"
[late]
per_day = "5 points"
[groups.{NAME}]
"Team 1" = ["ada", "bo"]
"""
EXTENSION = f'[extensions.bo]\n{NAME} = "2 days"\n'
UPLOADS = {
    "canvas": "team1_LATE_4001_70001_lab1.ipynb",
    "sakai": "Lab 1/Okafor, Ada(aokafor)/Submission attachment(s)/lab1.ipynb",
    "ilias": "Lab 1/Okafor_Ada_ada_6001/lab1.ipynb",
    "brightspace": "397001-2557001 - Ada Okafor - Jul 4, 2026 1037 AM/lab1.ipynb",
    "moodle": "Team 1_77_assignsubmission_file_/lab1.ipynb",
}
WORDS = ("ada", "Ada", "Okafor", "bo)", "Smith Jones", "because it was late", "2026-07-04", "101")


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    monkeypatch.setattr(pool, "grade_chunk", Pretended(tmp_path / "journal"))
    made = class_with(tmp_path, ROSTER)
    made.class_file.write_text(SETTINGS + EXTENSION)
    return made


def late(course: Course, to: str) -> None:
    """Grade a group's work that is late for Ada alone, since Bo has an extension; a person reads it."""
    graded(course, UPLOADS[to])
    for student in ("ada", "bo"):
        (course.submitted / student / NAME / "timestamp.txt").write_text("2026-07-04 10:37:00 UTC")
    grade_assignment(course, NAME, 1, 1, set(), True, Here)
    mark_by_hand(course, "ada", WRITTEN)
    mark_by_hand(course, "bo", WRITTEN)


def archive(course: Course, to: str) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(written(course, f"{to}-feedback.zip"))) as held:
        return {one: held.read(one).decode() for one in held.namelist() if one.endswith(".html")}


@pytest.mark.parametrize(
    ("to", "extended"),
    [("canvas", "ada"), ("canvas", "bo"), ("sakai", "bo"), ("ilias", "ada"), ("brightspace", "bo")],
)
def test_what_a_whole_group_sees_says_nothing_of_one_member(
    course: Course, to: str, extended: str
) -> None:
    course.class_file.write_text(SETTINGS + EXTENSION.replace("bo", extended))
    late(course, to)
    assert give(course, to) == 0
    own = {one: course.feedback_page(NAME, one).read_text() for one in ("ada", "bo")}
    punished = "bo" if extended == "ada" else "ada"
    assert "5 points were taken off because it was late." in own.pop(punished)
    assert "taken off" not in own[extended]
    ((place, page),) = archive(course, to).items()  # one page for the group
    assert "ada" not in place.rpartition("/")[2]
    assert not [word for word in WORDS if word in page]
    assert "This page is for your whole group." in page
    assert "106 of 110 points" in page


def test_each_gets_the_own_mark_on_canvas(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    late(course, "canvas")
    table = CANVAS.replace(",EX,,", ",,,")
    assert give(course, "canvas", table, "--column", "Lab 1") == 0
    rows = list(csv.reader(io.StringIO(written(course, "canvas-grades.csv").decode())))
    assert {row[1]: row[5] for row in rows[2:4]} == {"4001": "101.00", "4003": "106.00"}
    told = capsys.readouterr().out
    assert "note: marks within group Team 1 differ; where Canvas gives one mark" in told
    course.class_file.write_text(SETTINGS)  # Bo's extension is taken back
    grade_assignment(course, NAME, 1, 1, set(), True, Here)
    (course.work / "returned" / NAME / "canvas-feedback.zip").unlink()
    assert give(course, "canvas", table, "--column", "Lab 1") == 0
    told = capsys.readouterr().out
    assert "1 of 2 changed" in told
    assert "differ" not in told
    rows = list(csv.reader(io.StringIO(written(course, "canvas-grades.csv").decode())))
    assert {row[1]: row[5] for row in rows[2:4]} == {"4001": "9.50", "4003": "101.00"}
    assert not (course.work / "returned" / NAME / "canvas-feedback.zip").exists()  # it is there


def test_a_page_that_would_differ_goes_to_nobody(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    late(course, "canvas")
    mark_by_hand(course, "bo", 2.0)
    assert give(course, "canvas") == 0
    assert not (course.work / "returned" / NAME / "canvas-feedback.zip").exists()
    assert "no page for group Team 1: all members would see it" in capsys.readouterr().out
    mark_by_hand(course, "bo", WRITTEN)
    assert give(course, "canvas") == 0
    assert len(archive(course, "canvas")) == 1


def test_a_member_of_a_team_on_moodle_gets_the_own_page(course: Course) -> None:
    late(course, "moodle")
    assert give(course, "moodle", WORKSHEET) == 0
    text = written(course, "moodle-grades.csv").decode()
    assert moodle_import(WORKSHEET, text) == {"501": "101.00", "502": "106.00"}
    pages = moodle_feedback(written(course, "moodle-feedback.zip"), {"501", "502"})
    assert "because it was late" in pages["501"]
    assert "Bo" not in pages["501"]
    assert "because it was late" not in pages["502"]
    assert "Ada" not in pages["502"]


def test_the_exchange_takes_the_page_of_who_submitted(tmp_path: Path) -> None:
    """The place there follows from the secret of an upload, which is one for the group."""
    lines = {}
    for student in ("ada", "bo"):
        (tmp_path / student).mkdir()
        (tmp_path / student / SECRET).write_text("secret")
        page = tmp_path / student / "page.html"
        source = Source("nbgrader's exchange", "x", name="ada", number="ada", group=True)
        lines[student] = Line(student, 1.0, 2.0, page, None, source)
    assert exchange_place(lines["ada"], NAME).startswith("feedback/")
    assert exchange_place(lines["bo"], NAME) == ""
    alone = replace(lines["bo"], source=Source("nbgrader's exchange", "x", number="bo"))
    assert exchange_place(alone, NAME).startswith("feedback/")
