"""The same class a second time, on Moodle: resubmissions after a person has graded, late by the worksheet, a team's other member, who has left, a request."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.classroom import regrade as regrade_module
from autograder.classroom.run import grade_assignment, grade_left
from autograder.cli.parser import main
from autograder.core.course import Course
from autograder.core.roots import PROJECT
from autograder.tests.fake_grading import NAME, Here, Pretended
from autograder.workers import pool

from .test_give_back import give, moodle_feedback, moodle_import, read_by_hand, written

PEOPLE = {"ada": 501, "bo": 502, "cy": 503, "di": 504, "ed": 505, "flo": 506, "gus": 507}
HEADING = (
    "Identifier,Full name,Email address,Status,Grade,Maximum grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
)
IN_TIME, LATE = '"Thursday, 2 July 2026, 10:37 AM"', '"Saturday, 4 July 2026, 10:00 AM"'
SETTINGS = f"""time_zone = "Europe/Berlin"
left = [{{left}}]
[late]
per_day = "5 points"
[due]
{NAME} = "2026-07-03 18:00"
[groups.{NAME}]
"Team 1" = ["ed", "flo"]
"""


def worksheet(times: Mapping[str, str], marks: Mapping[str, str]) -> str:
    rows = (
        f"Participant {PEOPLE[who]},{who} Lund,{who}@x.org,Submitted,{marks.get(str(PEOPLE[who]), '')},110.00,Yes,{time},-,\n"
        for who, time in times.items()
    )
    return HEADING + "".join(rows)


def command(course: Course, *words: str) -> int:
    return main(["--course", str(course.work), "--root", str(PROJECT), *words])


def handed_in(course: Course, work: Mapping[str, list[str]], sheet: str) -> int:
    """Collects an upload; what each submitted tells which of its questions are wrong."""
    archive, table = course.work.parent / "all.zip", course.work.parent / "sheet.csv"
    table.write_text(sheet)
    empty = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    with zipfile.ZipFile(archive, "w") as made:
        for who, wrong in work.items():
            path = f"{who} Lund_{PEOPLE[who]}_assignsubmission_file/{NAME}.ipynb"
            made.writestr(path, json.dumps(empty | {"wrong": wrong, "by": who}))
    return command(course, "collect", str(archive), NAME, "--worksheet", str(table))


def test_the_second_round_sends_what_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pool, "grade_chunk", Pretended(tmp_path / "journal"))
    monkeypatch.setattr(regrade_module, "grade_left", partial(grade_left, executors=Here))
    (tmp_path / "class").mkdir()
    course = Course(PROJECT, tmp_path / "class")
    people = "".join(f"{who},{who} Lund,{who}@x.org,A\n" for who in PEOPLE)
    course.roster.write_text(f"id,name,email,section\n{people}")
    course.class_file.write_text(SETTINGS.format(left=""))

    work: dict[str, list[str]] = {who: [] for who in PEOPLE if who not in ("flo", "gus")}
    times = {who: IN_TIME if who in work else "-" for who in PEOPLE}
    sheet = worksheet(times, {})
    assert handed_in(course, work, sheet) == 0
    grade_assignment(course, NAME, 1, 1, set(), True, Here)
    for who in (*work, "flo"):
        read_by_hand(course, who)
    assert give(course, "moodle", sheet) == 0
    sent = moodle_import(sheet, written(course, "moodle-grades.csv").decode())
    assert sent == {str(PEOPLE[who]): "106.00" for who in (*work, "flo")}  # a team's both

    # ada again, late; bo the same file, late; cy has left; flo for the team, with a mistake; gus for the first time
    course.class_file.write_text(SETTINGS.format(left='"cy"'))
    work |= {"ada": ["affine"], "flo": ["affine"], "gus": []}
    del work["cy"], times["cy"]
    times |= {"ada": LATE, "bo": LATE, "flo": IN_TIME.replace("10:37", "11:37"), "gus": IN_TIME}
    sheet = worksheet(times, sent)
    assert handed_in(course, work, sheet) == 0
    grade_assignment(course, NAME, 1, 1, set(), True, Here)
    capsys.readouterr()
    assert give(course, "moodle", sheet) == 0
    assert (
        "4 of 6 changed since the last return; 1 mark waits for a person and is empty"
        in capsys.readouterr().out
    )
    again = moodle_import(sheet, written(course, "moodle-grades.csv").decode())
    # ada's written answer is as it was, so its mark stays: 106 - 20 - 5 for a day that has begun
    assert again == {"501": "81.00", "505": "86.00", "506": "86.00"}
    assert moodle_feedback(written(course, "moodle-feedback.zip"), {"501", "505", "506", "507"})
    with Gradebook(course.db_url) as book:  # who has left keeps the mark
        assert book.find_submission(NAME, "cy").score == 106.0

    assert command(course, "regrade", "di", NAME, "--note", "You were right.") == 0
    capsys.readouterr()
    assert give(course, "moodle", sheet) == 0
    assert "1 of 6 changed since the last return" in capsys.readouterr().out
    assert moodle_import(sheet, written(course, "moodle-grades.csv").decode()) == {}
    pages = moodle_feedback(written(course, "moodle-feedback.zip"), {"504"})
    assert "You were right." in pages["504"]
    assert give(course, "moodle", sheet) == 0
    told = capsys.readouterr().out
    assert "0 of 6 changed" in told
    assert "note:" not in told  # on an upload that there is not
