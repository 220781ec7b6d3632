"""What goes back to a platform, read by readers that follow the platforms' own rules and know nothing of our writer."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.classroom.run import grade_assignment
from autograder.cli.parser import main
from autograder.collect.layout import collect
from autograder.core.course import Course
from autograder.core.roots import PROJECT
from autograder.tests.fake_grading import NAME, Here, Pretended, class_with
from autograder.workers import pool

WRITTEN = 6.0  # that a person gives in these tests
ROSTER = "id,name,email,section,canvas,sakai\nada,Ada Okafor,ada@x.org,A,4001,aokafor\nbo,Bo Smith Jones,bo@x.org,A,4003,bsj\n"
WORKSHEET = (
    '\ufeffIdentifier,"Full name","Email address",Status,Grade,"Maximum grade","Grade can be changed","Last modified (submission)",'
    '"Last modified (grade)","Feedback comments"\r\n'
    '"Participant 501","Ada Okafor",ada@x.org,"Submitted for grading - ",,110.00,Yes,"Thursday, 2 July 2026, 10:37 AM",-,\r\n'
    '"Participant 502","Bo Smith Jones",bo@x.org,"Submitted for grading - Graded",7.50,110.00,Yes,"Thursday, 2 July 2026, 5:00 PM",'
    '"Friday, 3 July 2026, 9:05 AM","<p>Good, ""so""</p>"\r\n'
    '"Participant 503","Cy Lund",cy@x.org,"No submission - ",,110.00,Yes,-,-,\r\n'
)
GERMAN = (
    'ID,"Vollständiger Name",E-Mail-Adresse,Status,Bewertung,Bestwertung,"Bewertung kann geändert werden",'
    '"Zuletzt geändert (Abgabe)","Zuletzt geändert (Bewertung)","Feedback als Kommentar"\n'
    'Teilnehmer/in501,"Ada Okafor",ada@x.org,"Zur Bewertung abgegeben - ",,"110,00",Ja,"Donnerstag, 2. Juli 2026, 10:37",-,\n'
)
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Lab 1 (70011),Lab 2 (70012),Current Score\n,,,,,,Manual Posting,\n"
    '    Points Possible,,,,,110.00,20.00,(read only)\n"Okafor, Ada",4001,S-0001,aokafor,Nets A,9.50,18.00,91.67\n'
    '"Smith Jones, Bo",4003,S-0003,bsmithjones,"Nets A and Nets B",EX,,\n"Student, Test",4999,,b1a2c3d4,Nets A,,,\n'
)


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    monkeypatch.setattr(pool, "grade_chunk", Pretended(tmp_path / "journal"))
    return class_with(tmp_path, ROSTER)


def graded(course: Course, *paths: str) -> None:
    """Collect and grade; the second of them lacks a question. A person reads Ada's answer alone."""
    archive = course.work.parent / "upload.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for path, wrong in zip(paths, ([], ["affine"]), strict=False):
            made.writestr(
                path,
                json.dumps(
                    {
                        "wrong": wrong,
                        "by": path,
                        "cells": [],
                        "metadata": {},
                        "nbformat": 4,
                        "nbformat_minor": 5,
                    }
                ),
            )
    assert collect(course, archive, NAME).whole
    grade_assignment(course, NAME, 1, 1, set(), True, Here)
    if course.roster.exists():
        read_by_hand(course, "ada")


def read_by_hand(course: Course, student: str) -> None:
    with Gradebook(course.db_url) as book:
        for one in book.find_submission(NAME, student).notebooks[0].grades:
            if one.needs_manual_grade:
                one.manual_score, one.needs_manual_grade = WRITTEN, False
        book.db.commit()


def give(course: Course, to: str, grades: str = "", *more: str) -> int:
    path = course.work.parent / "grades.csv"
    path.write_bytes(grades.encode())
    file = ["--grades", str(path)] if grades else []
    return main(
        [
            "--course",
            str(course.work),
            "--root",
            str(PROJECT),
            "return",
            NAME,
            "--to",
            to,
            *file,
            *more,
        ]
    )


def written(course: Course, file: str) -> bytes:
    return (course.work / "returned" / NAME / file).read_bytes()


def moodle_import(before: str, after: str) -> dict[str, str]:
    """Moodle's own rules: three columns by their English names; empty and unchanged marks are skipped."""
    rows = [
        list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline="")))
        for text in (before, after)
    ]
    found = {}
    for old, new in zip(*rows, strict=True):
        assert {key: value for key, value in old.items() if key != "Grade"} == {
            key: value for key, value in new.items() if key != "Grade"
        }
        if new["Grade"] and float(new["Grade"]) != float(old["Grade"] or "nan"):
            assert 0 <= float(new["Grade"]) <= float(new["Maximum grade"])
            found[re.sub(r"\D", "", new["Identifier"])] = new["Grade"]
    return found


def moodle_feedback(content: bytes, known: set[str]) -> dict[str, str]:
    """Moodle's own rules: the first part of the path is split at `_`; the second of these is the participant's number."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.namelist():
            folder, _, file = entry.partition("/")
            parts = folder.split("_", 4)
            assert len(parts) >= 4
            assert parts[2:4] == ["assignsubmission", "file"]
            assert parts[1] in known
            assert not file.startswith((".", "~"))
            found[parts[1]] = archive.read(entry).decode()
    return found


MOODLE_PATHS = (
    "Ada Okafor_501_assignsubmission_file_/lab1.ipynb",
    "Bo Smith Jones_502_assignsubmission_file_/lab1.ipynb",
)


def test_moodle(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    graded(course, *MOODLE_PATHS)
    assert give(course, "moodle", WORKSHEET, "--dry-run") == 0
    shown = capsys.readouterr().out
    assert "ada: 106 of 110; Ada Okafor_501_assignsubmission_file/" in shown
    assert "bo: waits for a person; " in shown
    assert not (course.work / "returned").exists()
    assert give(course, "moodle", WORKSHEET) == 0
    assert "Allow updating records" in capsys.readouterr().out
    text = written(course, "moodle-grades.csv").decode()
    assert moodle_import(WORKSHEET, text) == {"501": "106.00"}
    expected = WORKSHEET.replace(
        'grading - ",,110.00,Yes,"Thursday', 'grading - ",106.00,110.00,Yes,"Thursday'
    ).replace('Graded",7.50,', 'Graded",,')
    assert text == expected  # to the byte; a mark that waits is empty
    pages = moodle_feedback(written(course, "moodle-feedback.zip"), {"501", "502", "503"})
    assert "Ada Okafor (ada)" in pages["501"]
    assert "Bo Smith Jones (bo)" in pages["502"]
    assert "106 of 110 points" in pages["501"]


def test_the_second_time_what_changed_is_sent(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    graded(course, *MOODLE_PATHS)
    give(course, "moodle", WORKSHEET)
    assert give(course, "moodle", WORKSHEET) == 0
    told = capsys.readouterr().out
    assert "0 of 2 changed since the last return" in told
    assert "nothing to upload; --all writes everything again" in told
    read_by_hand(course, "bo")
    assert give(course, "moodle", WORKSHEET) == 0
    assert "1 of 2 changed" in capsys.readouterr().out
    assert moodle_import(WORKSHEET, written(course, "moodle-grades.csv").decode()).keys() == {"502"}
    assert moodle_feedback(written(course, "moodle-feedback.zip"), {"502"}).keys() == {"502"}
    give(course, "moodle", WORKSHEET, "--all")
    assert moodle_import(WORKSHEET, written(course, "moodle-grades.csv").decode()).keys() == {
        "501",
        "502",
    }


def test_a_german_worksheet_gets_a_comma_and_a_stranger_is_named(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    graded(course, *MOODLE_PATHS)
    assert give(course, "moodle", GERMAN) == 1
    assert "not known there: bo" in capsys.readouterr().out
    assert written(course, "moodle-grades.csv").decode() == GERMAN.replace(
        'abgegeben - ",,', 'abgegeben - ","106,00",'
    )


def test_other_points_are_refused_or_converted(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    graded(course, *MOODLE_PATHS)
    ten = WORKSHEET.replace("110.00", "10.00")
    assert give(course, "moodle", ten) == 2
    assert "has 10 points there and 110 here; --scale" in capsys.readouterr().err
    assert give(course, "moodle", ten, "--scale") == 0
    assert moodle_import(ten, written(course, "moodle-grades.csv").decode()) == {"501": "9.64"}


def test_each_member_of_a_team_gets_a_page(course: Course) -> None:
    course.class_file.write_text(f'[groups.{NAME}]\n"Team 1" = ["ada", "bo"]\n')
    graded(course, "Team 1_77_assignsubmission_file_/lab1.ipynb")
    assert give(course, "moodle", WORKSHEET) == 0
    assert moodle_feedback(written(course, "moodle-feedback.zip"), {"501", "502"}).keys() == {
        "501",
        "502",
    }


def test_canvas(course: Course) -> None:
    graded(course, "okaforada_4001_70001_lab1.ipynb", "smithjonesbo_LATE_4003_70002_lab1.ipynb")
    read_by_hand(course, "bo")
    assert give(course, "canvas", CANVAS) == 2  # which of the columns?
    assert give(course, "canvas", CANVAS, "--column", "Lab 1") == 0
    rows = list(csv.reader(io.StringIO(written(course, "canvas-grades.csv").decode())))
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab 1 (70011)"]
    assert rows[1][0].strip() == "Points Possible"
    assert rows[1][5] == "110.00"  # unchanged, or Canvas changes the assignment
    assert {row[1]: row[5] for row in rows[2:]} == {
        "4001": "106.00",
        "4003": "EX",
        "4999": "",
    }  # who is excused stays so
    with zipfile.ZipFile(io.BytesIO(written(course, "canvas-feedback.zip"))) as archive:
        numbers = {
            tuple([part for part in name.split("_") if part.isdecimal()][:2]): name
            for name in archive.namelist()
        }
    assert numbers.keys() == {("4001", "70001"), ("4003", "70002")}


def test_sakai_and_ilias_and_folder(course: Course) -> None:
    graded(course, "Lab 1/Okafor, Ada(aokafor)/Submission attachment(s)/lab1.ipynb")
    table = "Lab 1,SCORE_GRADE_TYPE,,,\n,,,,\nDisplay ID,ID,Last Name,First Name,grade\naokafor,aokafor,Okafor,Ada,\n"
    assert give(course, "sakai", table) == 0
    with zipfile.ZipFile(io.BytesIO(written(course, "sakai-feedback.zip"))) as archive:
        assert set(archive.namelist()) == {
            "Lab 1/grades.csv",
            f"Lab 1/Okafor, Ada(aokafor)/Feedback Attachment(s)/{NAME}-ada.html",
        }
        assert archive.read("Lab 1/grades.csv").decode() == table.replace("Ada,\n", "Ada,106.00\n")
    assert give(course, "folder") == 0
    assert [path.name for path in (course.work / "returned" / NAME / "pages").iterdir()] == [
        f"{NAME}-ada.html"
    ]


def test_ilias(course: Course) -> None:
    graded(course, "Lab 1/Okafor_Ada_ada_6001/lab1.ipynb", "Lab 1/SmithJones_Bo_bo_6003/lab1.ipynb")
    assert give(course, "ilias") == 0
    with zipfile.ZipFile(io.BytesIO(written(course, "ilias-feedback.zip"))) as archive:
        numbers = {re.search(r"_(\d+)$", name.split("/")[1])[1] for name in archive.namelist()}  # type: ignore[index]
    assert numbers == {"6001", "6003"}


def test_brightspace(course: Course) -> None:
    course.roster.write_text("id,name,brightspace\nada,Ada Okafor,S-0001\n")
    graded(course, "397001-2557001 - Ada Okafor - Jul 2, 2026 1037 AM/lab1.ipynb")
    table = "OrgDefinedId,Username,Lab 1 Points Grade,End-of-Line Indicator\n#S-0001,#aokafor,,#\n#S-0003,#bsmithjones,7,#\n"
    assert give(course, "brightspace", table) == 0
    assert written(course, "brightspace-grades.csv").decode() == table.replace(
        "#aokafor,,#", "#aokafor,106.00,#"
    )
    with zipfile.ZipFile(
        io.BytesIO(written(course, "brightspace-feedback.zip"))
    ) as archive:  # in the folder as it was downloaded
        assert f"397001-2557001 - Ada Okafor - Jul 2, 2026 1037 AM/{NAME}-ada.html" in (
            archive.namelist()
        )


def test_a_number_of_one_platform_means_nobody_on_another(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    course.roster.unlink()
    graded(course, "ada_502_70001_lab1.ipynb")  # Canvas's user 502 is not Moodle's participant 502
    read_by_hand(course, "ada-502")
    assert give(course, "moodle", WORKSHEET) == 1
    assert "not known there: ada-502" in capsys.readouterr().out
    assert written(course, "moodle-grades.csv").decode() == WORKSHEET


@pytest.mark.parametrize("to", ["moodle", "canvas", "brightspace", "sakai"])
def test_another_file_is_refused(
    course: Course, to: str, capsys: pytest.CaptureFixture[str]
) -> None:
    graded(course, *MOODLE_PATHS)
    assert give(course, to, "a,b\n1,2\nx,y\n") == 2
    assert "expected" in capsys.readouterr().err


def test_marks_are_sent_though_pages_went_before(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    graded(course, *MOODLE_PATHS)
    assert give(course, "moodle") == 0  # without the grade file
    capsys.readouterr()
    assert give(course, "moodle") == 0
    assert "0 of 2 changed" in capsys.readouterr().out
    (course.work / "returned" / NAME / "moodle-feedback.zip").unlink()
    assert give(course, "moodle", WORKSHEET) == 0
    assert not (course.work / "returned" / NAME / "moodle-feedback.zip").exists()
    assert "2 of 2 changed" in capsys.readouterr().out
    assert moodle_import(WORKSHEET, written(course, "moodle-grades.csv").decode()) == {
        "501": "106.00"
    }
    for sheet in ("", WORKSHEET):
        assert give(course, "moodle", sheet) == 0
        assert "0 of 2 changed" in capsys.readouterr().out


def test_who_was_not_known_there_gets_the_mark_once_known(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    graded(course, *MOODLE_PATHS)
    read_by_hand(course, "bo")
    without = "".join(line for line in WORKSHEET.splitlines(keepends=True) if "502" not in line)
    assert give(course, "moodle", without) == 1
    capsys.readouterr()
    assert give(course, "moodle", WORKSHEET) == 0
    assert "1 of 2 changed" in capsys.readouterr().out
    assert moodle_import(WORKSHEET, written(course, "moodle-grades.csv").decode()).keys() == {"502"}
