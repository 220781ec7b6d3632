"""Uploads of each learning platform: whose each file is, when it was submitted, and where it came from."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from autograder.collect.layout import CollectResult, collect
from autograder.collect.placing import FileFate
from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.roots import PROJECT

NAME = "01-backprop"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    (tmp_path / "class").mkdir()
    return Course(PROJECT, tmp_path / "class")


def upload(
    course: Course, *paths: str, replace: bool = False, worksheet: Path | None = None
) -> CollectResult:
    """Collect a zip with a notebook, or other bytes, at each path; each notebook holds its path."""
    archive = course.work.parent / "upload.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for path in paths:
            empty = {"cells": [], "metadata": {"by": path}, "nbformat": 4, "nbformat_minor": 5}
            made.writestr(path, json.dumps(empty) if ".ipynb" in path else "text")
    return collect(course, archive, NAME, replace=replace, worksheet=worksheet)


def there(course: Course) -> dict[str, str]:
    """Return the path in the upload of each student's notebook."""
    found = sorted(course.submitted.glob(f"*/{NAME}/{NAME}.ipynb"))
    return {path.parts[-3]: json.loads(path.read_text())["metadata"]["by"] for path in found}


def times(course: Course) -> dict[str, str]:
    return {
        path.parts[-3]: path.read_text()
        for path in sorted(course.submitted.glob(f"*/{NAME}/timestamp.txt"))
    }


def sources(course: Course) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(course.manifest(NAME).read_text())["students"]
    return found


def problems(collected: CollectResult) -> dict[str, str]:
    return {one.name: one.note for one in collected.files if one.fate is FileFate.LEFT}


CANVAS = (
    "okaforada_4001_70001_lab1.ipynb",
    "smithjonesbo_LATE_4003_70002_lab1.ipynb",
    "okaforada_4001_70003_helper.py",
)
BLACKBOARD = (
    "Lab 1_aokafor_attempt_2026-07-02-10-37-00_lab1.ipynb",
    "Lab 1_aokafor_attempt_2026-07-02-10-37-00.txt",
)
BRIGHTSPACE = (
    "397001-2557001 - Ada Okafor - Jul 2, 2026 1037 AM/lab1.ipynb",
    "397002-2557001 - Bo Smith Jones - Jul 2, 2026 500 PM/lab1.ipynb",
    "397002-2557001 - Bo Smith Jones - Jul 3, 2026 500 PM/lab1.ipynb",
)
SAKAI = (
    "Lab 1/grades.csv",
    "Lab 1/Okafor, Ada(aokafor)/Submission attachment(s)/lab1.ipynb",
    "Lab 1/Okafor, Ada(aokafor)/timestamp.txt",
)
ILIAS = ("Lab 1/Okafor_Ada_aokafor_6001/lab1.ipynb", "Lab 1/SmithJones_Bo_bsj_6003/lab1.ipynb")
EXCHANGE = (
    "aokafor+lab1+2026-07-02 10:37:00.123456 UTC+x1/lab1.ipynb",
    "aokafor+lab1+2026-07-02 10:37:00.123456 UTC+x1/submission_secret.txt",
)
CLASSROOM = ("Lab 1/Ada Okafor - Lab 1.ipynb", "Lab 1/Bo Smith Jones - Lab 1.ipynb")
MOODLE = (
    "Ada Okafor_501_assignsubmission_file_/lab1.ipynb",
    "Bo Smith Jones_502_assignsubmission_file/lab1.ipynb",
)


@pytest.mark.parametrize(
    ("platform", "paths", "who"),
    [
        ("Moodle", MOODLE, {"Ada_Okafor": "501", "Bo_Smith_Jones": "502"}),
        ("Canvas", CANVAS, {"okaforada-4001": "4001", "smithjonesbo-4003": "4003"}),
        (
            "Canvas",
            ("anon_Ab1Cd_70001_lab1.ipynb", "LATE_anon_Zx9Qp_70002_lab1.ipynb"),
            {"anon-Ab1Cd": "anon_Ab1Cd", "anon-Zx9Qp": "anon_Zx9Qp"},
        ),
        ("Blackboard", BLACKBOARD, {"aokafor": "aokafor"}),
        ("Brightspace", BRIGHTSPACE, {"Ada_Okafor": "397001", "Bo_Smith_Jones": "397002"}),
        ("Sakai", SAKAI, {"aokafor": "aokafor"}),
        ("ILIAS", ILIAS, {"aokafor": "6001", "bsj": "6003"}),
        ("nbgrader's exchange", EXCHANGE, {"aokafor": "aokafor"}),
        ("Google Classroom", CLASSROOM, {"Ada_Okafor": "", "Bo_Smith_Jones": ""}),
    ],
)
def test_each_is_recognised(
    course: Course, platform: str, paths: tuple[str, ...], who: dict[str, str]
) -> None:
    collected = upload(course, *paths)
    assert (collected.platform, collected.whole, collected.nothing_from) == (platform, True, ())
    assert there(course).keys() == who.keys()
    assert {student: one["number"] for student, one in sources(course).items()} == who
    assert {student: one["path"] for student, one in sources(course).items()} == there(course)


def test_times_count_in_the_zone_of_the_class(course: Course) -> None:
    upload(course, *BRIGHTSPACE)
    assert times(course) == {}  # none was named
    course.class_file.write_text('time_zone = "Europe/Berlin"\n')
    upload(course, *BRIGHTSPACE, replace=True)
    upload(course, *BLACKBOARD)
    assert times(course) == {
        "Ada_Okafor": "2026-07-02 08:37:00 UTC",
        "Bo_Smith_Jones": "2026-07-03 15:00:00 UTC",
        "aokafor": "2026-07-02 08:37:00 UTC",
    }
    assert there(course)["Bo_Smith_Jones"] == BRIGHTSPACE[2]


def test_which_of_several_counts(course: Course) -> None:
    text = f'time_zone = "UTC"\nattempt = "{{}}"\n[due]\n{NAME} = "2026-07-02 18:00"\n'
    for attempt, at in (("first", 1), ("last in time", 1), ("last", 2)):
        course.class_file.write_text(text.format(attempt))
        upload(course, *BRIGHTSPACE, replace=True)
        assert there(course)["Bo_Smith_Jones"] == BRIGHTSPACE[at], attempt
    late = "397002-2557001 - Bo Smith Jones - Jul 4, 2026 500 PM/lab1.ipynb"
    for attempt in ("first", "last"):
        course.class_file.write_text(text.format(attempt))
        upload(course, late)
        assert there(course)["Bo_Smith_Jones"] == (late if attempt == "last" else BRIGHTSPACE[2])


def test_what_the_exchange_needs_for_feedback_comes_along(course: Course) -> None:
    upload(course, *EXCHANGE)
    folder = course.submitted / "aokafor" / NAME
    assert (folder / "submission_secret.txt").read_text() == "text"
    assert times(course) == {"aokafor": "2026-07-02 10:37:00 UTC"}


@pytest.mark.parametrize(
    "word",
    [
        "Participant",
        "Teilnehmerin",
        "Partecipante",
        "Partaidea",
        "Участник",
        "参与者",
        "Kshetrajna",
    ],
)
def test_blind_marking_in_any_language(course: Course, word: str) -> None:
    """A word that no list has is known by standing for everybody."""
    collected = upload(
        course,
        *(f"{word}_{number}_assignsubmission_file_/lab1.ipynb" for number in (501, 502, 503)),
    )
    assert collected.whole
    assert {one["number"] for one in sources(course).values()} == {"501", "502", "503"}


def test_a_canvas_group_whose_name_has_numbers(course: Course) -> None:
    paths = (
        *CANVAS[:2],
        "team_1_4005_70004_lab1.ipynb",
        "team_3_LATE_4006_70005_lab1.ipynb",
        "x_9_8_4007_70006_lab1.ipynb",
    )
    collected = upload(course, *paths)
    assert collected.whole, problems(collected)
    numbers = {(one["number"], one["attachment"]) for one in sources(course).values()}
    assert numbers == {
        ("4001", "70001"),
        ("4003", "70002"),
        ("4005", "70004"),
        ("4006", "70005"),
        ("4007", "70006"),
    }


def test_a_canvas_path_that_can_be_read_in_two_ways_is_nobodys(course: Course) -> None:
    collected = upload(course, "team_1_4005_70004_lab1.ipynb")
    assert (
        "can be read as user 1 with upload 4005 or 4005 with upload 70004"
        in problems(collected)["team_1_4005_70004_lab1.ipynb"]
    )
    course.roster.write_text("id,name,canvas\nada,Ada,4005\n")
    assert upload(course, "team_1_4005_70004_lab1.ipynb").whole
    assert there(course).keys() == {"ada"}


def test_a_later_upload_of_canvas_takes_the_place_of_an_earlier(course: Course) -> None:
    upload(course, *CANVAS)
    assert upload(course, "okaforada_4001_70009_lab1-1.ipynb", CANVAS[1]).whole
    assert there(course)["okaforada-4001"] == "okaforada_4001_70009_lab1-1.ipynb"
    upload(course, *CANVAS)
    assert there(course)["okaforada-4001"] == "okaforada_4001_70009_lab1-1.ipynb"


ROSTER = "id,name,email,section,canvas\nada,Ada Okafor,ada@x.org,A,4001\nbo,Bo Smith Jones,bo@x.org,A,4003\ncy,Cy Lund,cy@x.org,B,4004\n"


@pytest.mark.parametrize("paths", [MOODLE, CANVAS, BRIGHTSPACE[:2], CLASSROOM])
def test_a_roster_gives_everybody_one_id_on_all_platforms(
    course: Course, paths: tuple[str, ...]
) -> None:
    course.roster.write_text(ROSTER)
    assert upload(course, *paths).whole
    assert there(course).keys() == {"ada", "bo"}


def test_two_people_of_one_name(course: Course) -> None:
    course.roster.write_text(ROSTER + "bo2,Bo Smith Jones,,B,4009\n")
    collected = upload(course, *MOODLE)
    assert there(course).keys() == {"ada"}
    assert (
        "2 people in roster.csv are called Bo Smith Jones (bo, bo2)"
        in problems(collected)[MOODLE[1]]
    )
    assert "tells them apart: --worksheet FILE" in problems(collected)[MOODLE[1]]
    assert not collected.whole
    upload(course, *CANVAS)
    assert there(course).keys() == {"ada", "bo"}  # the number tells


@pytest.mark.parametrize(
    "heading",
    [
        '\ufeffIdentifier,"Full name","Email address",Status',
        'ID,"Vollständiger Name",E-Mail,Status',
    ],
)
def test_a_worksheet_tells_people_of_one_name_apart(course: Course, heading: str) -> None:
    course.roster.write_text(
        "id,name,email\nada,Ada Okafor,ada@x.org\nbo,Bo Smith Jones,BO@x.org\n"
        "bo2,Bo Smith Jones,bo2@x.org\n"
    )
    worksheet = course.work / "worksheet.csv"
    worksheet.write_text(
        f'{heading},Grade,Most\r\n"Participant 501","Ada Okafor",,x,,10\r\n'
        '"Participant 502","Bo Smith Jones",bo2@x.org,x,,10\r\n'
        'Participant503,"Bo Smith Jones",bo@x.org,x,,10\r\n'
        '"Participant 504",Stranger,s@x.org,x,,10\r\n',
        encoding="utf-8",
        newline="",
    )
    paths = [
        f"{name}_{number}_assignsubmission_file/{NAME}.ipynb"
        for name, number in (
            ("Ada Okafor", 501),
            ("Bo Smith Jones", 502),
            ("Bo Smith Jones", 503),
        )
    ]
    assert upload(course, *paths, worksheet=worksheet).whole
    assert there(course) == dict(zip(("ada", "bo2", "bo"), paths, strict=True))


@pytest.mark.parametrize("text", ["id,name\nada,Ada\n", "a,b,c,d,e\n", "a,b,c,d,e\nx,y,z,1,2\n"])
def test_what_is_no_worksheet_is_refused(course: Course, text: str) -> None:
    course.roster.write_text(ROSTER)
    (course.work / "w.csv").write_text(text)
    with pytest.raises(UserError, match="expected Moodle's grading worksheet"):
        upload(course, *MOODLE, worksheet=course.work / "w.csv")


@pytest.mark.parametrize(
    "path",
    [
        "team1_4003_70009_lab1.ipynb",  # by its name, as Canvas writes it
        "smithjonesbo_4003_70009_lab1.ipynb",  # by the member who uploaded it
        "Team 1_77_assignsubmission_file_/lab1.ipynb",
        "Team 1_assignsubmission_file_/lab1.ipynb",
    ],
)
def test_each_member_of_a_group_has_a_record(course: Course, path: str) -> None:
    course.roster.write_text(ROSTER)
    course.class_file.write_text(f'[groups.{NAME}]\n"Team 1" = ["bo", "ada"]\n')
    assert upload(course, path).whole
    assert there(course) == {"ada": path, "bo": path}
    assert all(one["group"] for one in sources(course).values())


def test_two_uploads_of_one_group(course: Course) -> None:
    course.roster.write_text(ROSTER)
    course.class_file.write_text(f'[groups.{NAME}]\n"Team 1" = ["bo", "ada"]\n')
    assert upload(course, *CANVAS).whole
    assert there(course) == dict.fromkeys(("ada", "bo"), CANVAS[1])  # the later number
    assert not upload(course, *(path.replace("lab1", NAME) for path in MOODLE), replace=True).whole


def test_only_the_loss_of_work_is_one(course: Course) -> None:
    collected = upload(
        course,
        "index.html",
        *BRIGHTSPACE,
        "397001-2557001 - Ada Okafor - Jul 2, 2026 1037 AM/report.pdf",
    )
    assert (collected.whole, collected.nothing_from) == (True, ())
    collected = upload(
        course, *BRIGHTSPACE, "397003-2557001 - Cy Lund - Jul 2, 2026 1037 AM/report.pdf"
    )
    assert (collected.whole, collected.nothing_from) == (False, ("Cy_Lund",))
    collected = upload(course, *MOODLE, "Default group_assignsubmission_file_/lab1.ipynb")
    assert not collected.whole
    assert collected.nothing_from == ("Default_group",)


def test_a_path_of_two_participants_is_nobodys(course: Course) -> None:
    path = f"Ada_501_assignsubmission_file_Bo_502_assignsubmission_file/{NAME}.ipynb"
    collected = upload(course, path, *MOODLE)
    assert "can be read in two ways" in problems(collected)[path]
    assert there(course).keys() == {"Ada_Okafor", "Bo_Smith_Jones"}


def test_the_notebook_with_the_assignment_s_name_counts(course: Course) -> None:
    folder = "Ada Okafor_501_assignsubmission_file"
    collected = upload(course, f"{folder}/old.ipynb", f"{folder}/{NAME}.ipynb", MOODLE[1])
    assert there(course)["Ada_Okafor"] == f"{folder}/{NAME}.ipynb"
    assert collected.whole
    assert [one.note for one in collected.files if "old" in one.name] == ["another notebook"]


def test_a_folder_of_brightspace_whose_time_is_none(course: Course) -> None:
    paths = [
        f"39700{n}-2557001 - {name} - Jul 2, 2026 {clock}/lab1.ipynb"
        for n, (name, clock) in enumerate((("Ada Okafor", "1037 AM"), ("Bo Lund", "9999 PM")))
    ]
    assert upload(course, *paths).whole
    assert len(there(course)) == 2
