"""When a submission was made, on each platform, and that grading sees it; expected times are written
by hand: Berlin is two hours ahead of UTC in July.
"""

from __future__ import annotations

import json
import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from autograder.class_file.reader import read_class
from autograder.classroom.submissions import read_submissions, read_timestamp
from autograder.cli import main
from autograder.cli.collect_table import show_collected
from autograder.collect.layout import CollectResult, collect
from autograder.collect.placing import FileFate
from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.roots import PROJECT

NAME = "01-backprop"
ADA = "Ada Okafor_501_assignsubmission_file/lab1.ipynb"
BO = "Bo Smith Jones_502_assignsubmission_file/lab1.ipynb"
TIMES = {"Ada_Okafor": "2026-07-02 08:37:00 UTC", "Bo_Smith_Jones": "2026-07-02 15:00:00 UTC"}


@pytest.fixture
def course(tmp_path: Path) -> Course:
    (tmp_path / "class").mkdir()
    (tmp_path / "upload").mkdir()
    found = Course(PROJECT, tmp_path / "class")
    found.class_file.write_text('time_zone = "Europe/Berlin"\n')
    return found


def upload(
    course: Course,
    files: dict[str, str],
    worksheet: Path | None = None,
    *,
    replace: bool = False,
    dry: bool = False,
) -> CollectResult:
    """Collect a zip; a notebook's text is part of it, so that two of them differ by it."""
    archive = course.work.parent / "upload" / "all.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for path, text in files.items():
            cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": text}
            notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
            made.writestr(path, json.dumps(notebook) if path.endswith(".ipynb") else text)
    return collect(course, archive, NAME, worksheet=worksheet, replace=replace, dry=dry)


def times(course: Course) -> dict[str, str]:
    return {
        path.parts[-3]: path.read_text()
        for path in sorted(course.submitted.glob(f"*/{NAME}/timestamp.txt"))
    }


def manifest_times(course: Course) -> dict[str, str]:
    kept = json.loads(course.manifest(NAME).read_text())["students"]
    return {student: one["time"] for student, one in kept.items() if one["time"]}


def untimed(collected: CollectResult) -> dict[str, str]:
    return {one.student: one.untimed for one in collected.files if one.untimed}


def sheet(course: Course, *rows: tuple[str, ...], heading: str = "", name: str = "w.csv") -> Path:
    """Write a worksheet: number, name, team and time of each row, as Moodle lays them out."""
    path = course.work.parent / name
    heading = heading or (
        "Identifier,Full name,Email address,Status,Group,Grade,Maximum grade,"
        "Grade can be changed,Last modified (submission),Last modified (grade),Feedback comments"
    )
    lines = [
        f'"{number}","{who}",,"Submitted for grading - ",{team},,10.00,Yes,"{time}",-,'
        for number, who, team, time in rows
    ]
    path.write_text("\r\n".join(["\ufeff" + heading, *lines, ""]), encoding="utf-8", newline="")
    return path


ENGLISH = (
    ("Participant 501", "Ada Okafor", "", "Thursday, 2 July 2026, 10:37 AM"),
    ("Participant 502", "Bo Smith Jones", "", "Thursday, 2 July 2026, 5:00 PM"),
    ("Participant 503", "Cy Lund", "", "-"),
)
HEADINGS = {
    "de": "ID,Vollständiger Name,E-Mail-Adresse,Status,Gruppe,Bewertung,Bestwertung,"
    "Bewertung kann geändert werden,Zuletzt geändert (Abgabe),Zuletzt geändert (Bewertung),"
    "Feedback als Kommentar",
    "fr": "Identifiant,Nom complet,Courriel,Statut,Groupe,Note,Note maximale,La note peut être "
    "modifiée,Dernière modification (travail remis),Dernière modification (note),Feedback",
    "es": "Identificador,Nombre completo,Correo,Estatus,Grupo,Calificación,Calificación máxima,"
    "La calificación puede cambiarse,Última modificación (entrega),"
    "Última modificación (calificación),Comentarios",
    "it": "A,B,C,D,E,F,G,H,I,J,K",  # no heading known: by what the columns hold
    "eu": "A,B,C,D,E,F,G,H,I,J,K",
}
DATES = {
    "de": ("Donnerstag, 2. Juli 2026, 10:37", "Donnerstag, 2. Juli 2026, 17:00"),
    "fr": ("jeudi 2 juillet 2026, 10:37", "jeudi 2 juillet 2026, 17:00"),
    "es": ("jueves, 2 de julio de 2026, 10:37", "jueves, 2 de julio de 2026, 17:00"),
    "it": ("giovedì, 2 luglio 2026, 10:37", "giovedì, 2 luglio 2026, 17:00"),
    "eu": (
        "osteguna, 2026(e)ko uztailaren 2(a), 10:37",
        "osteguna, 2026(e)ko uztailaren 2(a), 17:00",
    ),
}


def test_times_come_from_an_english_worksheet(course: Course) -> None:
    collected = upload(course, {ADA: "a", BO: "b"}, sheet(course, *ENGLISH))
    assert times(course) == manifest_times(course) == TIMES
    assert (collected.times, untimed(collected)) == ("", {})


@pytest.mark.parametrize("language", DATES)
def test_times_come_from_a_worksheet_in_another_language(course: Course, language: str) -> None:
    first, second = DATES[language]
    rows = (
        ("Teilnehmer/in501", "Ada Okafor", "", first),
        ("Teilnehmer/in502", "Bo Smith Jones", "", second),
        ("Teilnehmer/in503", "Cy Lund", "", "-"),
    )
    upload(course, {ADA: "a", BO: "b"}, sheet(course, *rows, heading=HEADINGS[language]))
    assert times(course) == TIMES


def test_grading_sees_who_is_late(course: Course) -> None:
    """Due at 12:00 in Berlin; Bo may submit a day later, Cy may not."""
    course.class_file.write_text(
        f'time_zone = "Europe/Berlin"\n[due]\n{NAME} = "2026-07-02 12:00"\n'
        f'[extensions.Bo_Smith_Jones]\n{NAME} = "1 day"\n[late]\nper_day = "10 points"\n'
    )
    rows = (*ENGLISH[:2], (*ENGLISH[2][:3], "Friday, 3 July 2026, 12:01 PM"))
    cy = "Cy Lund_503_assignsubmission_file/lab1.ipynb"
    upload(course, {ADA: "a", BO: "b", cy: "c"}, sheet(course, *rows))
    settings = read_class(course)
    assert settings is not None
    assert settings.late is not None
    taken = {}
    for one in read_submissions(course, NAME):
        time, due = read_timestamp(one.timestamp)[0], settings.due_for(one.student, NAME)
        assert isinstance(time, datetime)
        assert due is not None
        taken[one.student] = settings.late.penalty(time - due, 100, 100, 0)
    assert taken == {"Ada_Okafor": 0, "Bo_Smith_Jones": 0, "Cy_Lund": 20}


def test_a_worksheet_that_comes_later_gives_the_times(course: Course) -> None:
    collected = upload(course, {ADA: "a", BO: "b"})
    assert times(course) == {}
    assert "--worksheet FILE" in collected.times
    own = course.submitted / "Ada_Okafor" / NAME / "timestamp.txt"
    own.write_text("2026-07-01 00:00 UTC")
    collected = upload(course, {ADA: "a", BO: "b"}, sheet(course, *ENGLISH), dry=True)
    assert times(course).keys() == {"Ada_Okafor"}
    collected = upload(course, {ADA: "a", BO: "b"}, sheet(course, *ENGLISH))
    assert {one.fate for one in collected.files} == {FileFate.SAME}
    # what a person wrote stays
    assert times(course) == {**TIMES, "Ada_Okafor": "2026-07-01 00:00 UTC"}


def test_a_later_submission_takes_the_place_of_an_earlier(course: Course) -> None:
    upload(course, {ADA: "a", BO: "b"}, sheet(course, *ENGLISH))
    later = ((*ENGLISH[0][:3], "Thursday, 2 July 2026, 10:38 AM"), *ENGLISH[1:])
    collected = upload(course, {ADA: "new", BO: "b"}, sheet(course, *later))
    assert [one.fate for one in collected.files] == [FileFate.REPLACED, FileFate.SAME]
    assert times(course)["Ada_Okafor"] == "2026-07-02 08:38:00 UTC"


def test_two_notebooks_with_one_time_are_not_ordered(course: Course) -> None:
    """A worksheet that is older than the zip, or two within one minute: nobody knows."""
    upload(course, {ADA: "a", BO: "b"}, sheet(course, *ENGLISH))
    collected = upload(course, {ADA: "new", BO: "b"}, sheet(course, *ENGLISH))
    assert [one.fate for one in collected.files] == [FileFate.LEFT, FileFate.SAME]
    assert "no time says which is later" in collected.files[0].note


@pytest.mark.parametrize(
    "folder",
    ["Ada Okafor_501_assignsubmission_file", "397001-25 - Ada Okafor - Jul 2, 2026 1037 AM"],
)
def test_of_two_notebooks_in_one_upload_none_is_guessed(course: Course, folder: str) -> None:
    files = {f"{folder}/one.ipynb": "1", f"{folder}/two.ipynb": "2", BO: "b"}
    worksheet = sheet(course, *ENGLISH) if "501" in folder else None
    if worksheet is None:
        del files[BO]
    collected = upload(course, files, worksheet)
    assert not collected.whole
    assert not (course.submitted / "Ada_Okafor").exists()
    files[f"{folder}/{NAME}.ipynb"] = "3"
    assert upload(course, files, worksheet).whole
    assert times(course)["Ada_Okafor"] == "2026-07-02 08:37:00 UTC"


def test_blind_marking(course: Course) -> None:
    path = course.work.parent / "blind.csv"
    path.write_text(
        "Identifier,Status,Grade,Maximum grade,Grade can be changed,Last modified (submission),"
        "Last modified (grade)\n"
        'Participant 501,Submitted,,10.00,Yes,"Thursday, 2 July 2026, 10:37 AM",-\n'
        'Participant 502,Submitted,,10.00,Yes,"Thursday, 2 July 2026, 5:00 PM",-\n'
    )
    paths = [f"Participant_{number}_assignsubmission_file/lab1.ipynb" for number in (501, 502)]
    upload(course, dict(zip(paths, "ab", strict=True)), path)
    assert times(course) == {
        "Participant-501": "2026-07-02 08:37:00 UTC",
        "Participant-502": "2026-07-02 15:00:00 UTC",
    }


def test_a_team_has_its_members_time(course: Course) -> None:
    """The path's number is the team's, and also a participant's who is somebody else."""
    noon = "Thursday, 2 July 2026, 12:00 PM"
    rows = (
        ("Participant 501", "Ada Okafor", "Group A", noon),
        ("Participant 502", "Bo Smith Jones", "Group A", noon),
        ("Participant 77", "Cy Lund", "Group B", "Thursday, 2 July 2026, 1:00 PM"),
    )
    team = "Group A_77_assignsubmission_file/lab1.ipynb"
    upload(course, {team: "t"}, sheet(course, *rows))
    assert times(course) == {"Group_A": "2026-07-02 10:00:00 UTC"}
    course.roster.write_text("id,name\nada,Ada Okafor\nbo,Bo Smith Jones\ncy,Cy Lund\n")
    course.class_file.write_text(
        f'time_zone = "Europe/Berlin"\n[groups.{NAME}]\n"Team A" = ["ada", "bo"]\n'
    )
    upload(course, {team.replace("Group A", "Team A"): "t"}, sheet(course, *rows))
    assert {one: times(course)[one] for one in ("ada", "bo")} == dict.fromkeys(
        ("ada", "bo"), "2026-07-02 10:00:00 UTC"
    )


def test_a_number_that_is_somebody_else_s_gives_no_name_and_no_time(course: Course) -> None:
    """As if the worksheet of another assignment was given."""
    course.roster.write_text("id,name\nada,Ada Okafor\nbo,Bo Smith Jones\ncy,Cy Lund\n")
    rows = (
        ("Participant 501", "Bo Smith Jones", "", ENGLISH[0][3]),
        ("Participant 502", "Cy Lund", "", ENGLISH[1][3]),
    )
    collected = upload(course, {ADA: "a", BO: "b"}, sheet(course, *rows))
    assert {one.student for one in collected.files} == {"ada", "bo"}
    assert times(course) == {}
    assert "is it the worksheet of this assignment?" in untimed(collected)["ada"]


@pytest.mark.parametrize(
    ("time", "why"),
    [
        ("Sunday, 25 October 2026, 2:30 AM", "twice"),
        ("Freitag, 2. Juli 2026, 10:37", "another day of the week"),
        ("02/07/2026 10:37", "day and month can be exchanged"),
        ("-", "has no time of submission"),
    ],
)
def test_a_time_that_is_not_certain_is_named(course: Course, time: str, why: str) -> None:
    rows = ((*ENGLISH[0][:3], time), *ENGLISH[1:])
    collected = upload(course, {ADA: "a", BO: "b"}, sheet(course, *rows))
    assert collected.whole
    assert times(course).keys() == {"Bo_Smith_Jones"}
    assert why in untimed(collected)["Ada_Okafor"]


def test_an_hour_without_its_half_of_the_day_is_not_certain(course: Course) -> None:
    rows = tuple((*one[:3], one[3].replace(" AM", "").replace(" PM", "")) for one in ENGLISH)
    collected = upload(course, {ADA: "a", BO: "b"}, sheet(course, *rows))
    assert times(course) == {}
    assert "morning or in the afternoon" in untimed(collected)["Ada_Okafor"]
    rows = (*rows[:2], (*ENGLISH[2][:3], "Thursday, 2 July 2026, 17:00"))  # so it is of 24 hours
    upload(course, {ADA: "a", BO: "b"}, sheet(course, *rows))
    assert times(course)["Bo_Smith_Jones"] == "2026-07-02 03:00:00 UTC"


def test_without_a_zone_no_time_counts(course: Course) -> None:
    course.class_file.unlink()
    collected = upload(course, {ADA: "a", BO: "b"}, sheet(course, *ENGLISH))
    assert times(course) == {}
    assert all("add time_zone to class.toml" in why for why in untimed(collected).values())


@pytest.mark.parametrize("cell", ["yesterday", f"{'x' * 200} 2 July 2026, 10:37"])
def test_a_column_that_cannot_be_told_is_said(course: Course, cell: str) -> None:
    heading = "A,B,C,D,E,F,G,H,I,J,K"
    rows = tuple((*one[:3], cell) for one in ENGLISH)
    collected = upload(course, {ADA: "a", BO: "b"}, sheet(course, *rows, heading=heading))
    assert "choose English in Moodle's language menu" in untimed(collected)["Ada_Okafor"]


@pytest.mark.parametrize("where", ["upload", "class"])
def test_a_worksheet_is_found_beside_the_zip_or_in_the_class_folder(
    course: Course, where: str
) -> None:
    """Others lie there too: a table of another kind, and another assignment's worksheet."""
    for folder in ("upload", "class"):
        (course.work.parent / folder / "grades.csv").write_text("id,mark\ns1,2\n")
        others = ((one[0].replace("50", "90"), *one[1:]) for one in ENGLISH)
        sheet(course, *others, name=f"{folder}/other.csv")
    path = sheet(course, *ENGLISH, name=f"{where}/Grades.csv")
    collected = upload(course, {ADA: "a", BO: "b"})
    assert collected.worksheet == path.resolve()
    assert times(course) == TIMES


def test_of_two_worksheets_none_is_guessed(course: Course) -> None:
    sheet(course, *ENGLISH, name="upload/one.csv")
    sheet(course, *ENGLISH, name="class/the same.csv")
    assert upload(course, {ADA: "a", BO: "b"}).worksheet is not None
    sheet(course, (*ENGLISH[0][:3], "-"), *ENGLISH[1:], name="upload/two.csv")
    with pytest.raises(UserError, match="say by --worksheet which one counts"):
        upload(course, {ADA: "a", BO: "b"})


def test_a_worksheet_is_moodle_s(course: Course) -> None:
    with pytest.raises(UserError, match="expected an upload of Moodle"):
        upload(course, {"okaforada_4001_70001_lab1.ipynb": "a"}, sheet(course, *ENGLISH))


SAKAI = "Lab 1/Okafor, Ada(aokafor)"


@pytest.mark.parametrize("text", ["20260702083700000", "2026-07-02T08:37:00Z"])
def test_sakai_s_own_time_counts_and_a_student_s_does_not(course: Course, text: str) -> None:
    files = {
        f"{SAKAI}/Submission attachment(s)/lab1.ipynb": "a",
        f"{SAKAI}/Submission attachment(s)/timestamp.txt": "20200101000000000",
        f"{SAKAI}/timestamp.txt": text,
        "Lab 1/Lund, Cy(clund)/Submission attachment(s)/lab1.ipynb": "c",
        "Lab 1/Lund, Cy(clund)/Submission attachment(s)/timestamp.txt": "20200101000000000",
    }
    collected = upload(course, files)
    assert collected.whole
    assert untimed(collected).keys() == {"clund"}
    notes = {one.name: one.note for one in collected.files if one.name.endswith("timestamp.txt")}
    assert notes.pop(f"{SAKAI}/timestamp.txt") == "Sakai wrote it"
    assert len(notes) == 2
    assert all("not believed" in note for note in notes.values())
    assert times(course) == manifest_times(course) == {"aokafor": "2026-07-02 08:37:00 UTC"}


@pytest.mark.parametrize("text", ["Thu Jul 02 10:37:00 CEST 2026", "", "x" * 900])
def test_a_time_of_sakai_that_cannot_be_read_is_named(course: Course, text: str) -> None:
    files = {f"{SAKAI}/Submission attachment(s)/lab1.ipynb": "a", f"{SAKAI}/timestamp.txt": text}
    collected = upload(course, files)
    assert times(course) == {}
    assert untimed(collected).keys() == {"aokafor"}


def test_who_has_no_time_of_sakai_is_named(course: Course) -> None:
    files = {
        f"{SAKAI}/Submission attachment(s)/lab1.ipynb": "a",
        "Lab 1/Lund, Cy(clund)/Submission attachment(s)/lab1.ipynb": "c",
    }
    collected = upload(course, files)
    assert untimed(collected) == {}
    assert "Sakai wrote no timestamp.txt" in collected.times
    collected = upload(course, {**files, f"{SAKAI}/timestamp.txt": "2026-07-02T08:37:00Z"})
    assert untimed(collected) == {"clund": "Sakai wrote no time for them"}
    assert times(course) == {"aokafor": "2026-07-02 08:37:00 UTC"}


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("okaforada_LATE_4001_70001_lab1.ipynb", "Canvas's zip has none, only the word LATE"),
        ("Lab 1/Okafor_Ada_aokafor_6001/lab1.ipynb", "the zip of ILIAS has none"),
        ("Lab 1/Ada Okafor - Lab 1.ipynb", "a zip of Google Drive has none"),
    ],
)
def test_where_a_platform_tells_no_time_it_is_said(course: Course, path: str, says: str) -> None:
    assert says in upload(course, {path: "a"}).times
    assert times(course) == {}


def test_late_work_whose_time_a_person_has_written_is_not_named_again(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    work = {f"{who}_LATE_{number}_70001_lab1.ipynb": who for who, number in (("a", 1), ("b", 2))}
    show_collected(upload(course, work), "all.zip", dry=False)
    said = "late, the platform says"
    assert f"{said} (2): a-1, b-2" in capsys.readouterr().out
    (course.submitted / "a-1" / NAME / "timestamp.txt").write_text("2026-07-04 10:37:00 UTC")
    show_collected(upload(course, work), "all.zip", dry=False)
    told = capsys.readouterr().out
    assert f"{said} (1): b-2" in told
    assert "work without a timestamp.txt counts as in time" in told


def test_a_date_in_words_in_a_folder_of_brightspace(course: Course) -> None:
    path = "397001-25 - Ada Okafor - 2 juillet 2026 1037/lab1.ipynb"
    assert upload(course, {path: "a"}).platform == "Brightspace"
    assert times(course) == {"Ada_Okafor": "2026-07-02 08:37:00 UTC"}


def test_the_summary_names_whom_a_person_must_look_at(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten in time, one late by the platform's word, one unread, one of another day, one nobody."""
    course.roster.write_text(
        "id,name,section\n"
        + "".join(f"s{number},Student {number:02},{'AB'[number % 2]}\n" for number in range(10, 26))
        + "left,Long Gone,A\nexcused,Not Needed,A\nbad,Bad Luck,B\n"
    )
    course.class_file.write_text(
        f'time_zone = "Europe/Berlin"\nleft = ["left"]\n[drop.excused]\nexcused = ["{NAME}"]\n'
    )
    rows = tuple(
        (f"Participant {number}", f"Student {number}", "", ENGLISH[0][3])
        for number in range(10, 23)
    )
    rows = (
        *rows,
        ("Participant 23", "Student 23", "", "02/07/2026 10:37"),
        ("Participant 24", "Student 24", "", "03/07/2026 11:37"),
    )
    file = "assignsubmission_file/lab1.ipynb"
    files = {f"Student {number}_{number}_{file}": str(number) for number in range(10, 25)}
    files[f"Stranger_99_{file}"] = "x"
    files["Bad Luck_98_assignsubmission_file/lab.pdf"] = "x"
    archive = course.work.parent / "upload" / "all.zip"
    upload(course, files, sheet(course, *rows), dry=True)
    command = ["--course", str(course.work), "collect", str(archive), NAME]
    command += ["--worksheet", str(course.work.parent / "w.csv")]
    assert main(command) == 1
    said = capsys.readouterr().out
    lines = said.splitlines()
    assert len(lines) < 25  # where there are 17 files
    assert "section A: 8 of 9 have a notebook" in lines
    assert "section B: 7 of 9 have a notebook" in lines
    assert "nothing came from (1): s25" in lines
    assert "nothing was taken from (1): bad" in lines
    assert "not in roster.csv (1): Stranger" in lines
    assert any("day and month can be exchanged" in one and "(2): s23, s24" in one for one in lines)
    assert any("w.csv has no participant 99 (1): Stranger" in one for one in lines)
    assert lines[-1] == "16 taken, 1 LEFT OUT; --verbose lists all files"
    assert "lab.pdf" in said
    assert "s15" not in said
    assert main([*command, "--verbose"]) == 1
    said = capsys.readouterr().out
    assert all(f"s{number}" in said for number in range(10, 26))
    assert "was there already" in said


def test_the_summary_names_what_replaced_and_what_stayed(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    upload(course, {ADA: "a", BO: "b"}, sheet(course, *ENGLISH))
    rows = (
        (*ENGLISH[0][:3], "Thursday, 2 July 2026, 11:37 AM"),
        (*ENGLISH[1][:3], "Thursday, 2 July 2026, 4:00 PM"),
    )
    upload(course, {ADA: "A", BO: "B"}, sheet(course, *rows), dry=True)
    archive = course.work.parent / "upload" / "all.zip"
    worksheet = ["--worksheet", str(course.work.parent / "w.csv")]
    assert main(["--course", str(course.work), "collect", str(archive), NAME, *worksheet]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "taken; what was there is kept aside (1): Ada_Okafor" in lines
    assert "what is there was handed in later (1): Bo_Smith_Jones" in lines


def test_a_group_from_which_nothing_came(course: Course) -> None:
    course.roster.write_text("id,name\nada,Ada Okafor\nbo,Bo Smith Jones\ncy,Cy Lund\n")
    course.class_file.write_text(
        f'time_zone = "UTC"\n[groups.{NAME}]\n"Team 1" = ["ada", "bo"]\n"Team 2" = ["cy"]\n'
    )
    seen = upload(course, {"Team 1_7_assignsubmission_file/lab1.ipynb": "a"}).attendance
    assert (seen.groups, seen.missing) == (("Team 2",), ("cy",))
    files = {
        f"Team {one}_{one}_assignsubmission_file/lab1.{end}": "a"
        for one, end in ((1, "ipynb"), (2, "pdf"))
    }
    seen = upload(course, files).attendance
    assert (seen.groups, seen.missing) == ((), ())
