"""What concerns people who read results elsewhere: names of folders, tables in a terminal, marks in a spreadsheet."""

from __future__ import annotations

import csv
import datetime
import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from autograder.classroom.submissions import find_submissions, read_timestamp
from autograder.cli import tables
from autograder.cli.commands import BAD_ARGUMENTS
from autograder.cli.parser import main
from autograder.core.course import Course, scripts_on_path
from autograder.core.results import (
    CheckResult,
    CheckSpec,
    Finding,
    FindingKind,
    Graded,
    Outcome,
    QuestionResult,
)
from autograder.core.roots import PROJECT
from autograder.core.sanitize import visible
from autograder.core.spreadsheet import cell
from autograder.nbgrader_plugin.csv_export import COLUMNS, CsvExport
from autograder.nbgrader_plugin.preprocessors import configure

NAME = "01-backprop"
ACTING = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m [red]x[/red] [link=https://example.org]y[/link] :boom: \u202edesrever\u200b\rover\x08\x00 \\"

# -- folders -----------------------------------------------------------------------------------------------------------

REFUSED = [
    "-rf", ".hidden", "..ann", "=cmd()", "@ann", "+ann", "a\nb", "a\rb", "a\x1b[2Jb", "<img src=x onerror=alert(1)>", 'a";alert(1)', "a&b", "a#b",
    "a?b", "a%2fb", "a*b", "[a]", "{student}", "$(id)", "`id`", "a|b", "a;b", "a\\b", "a:b", "a\u202eb", "a\u200bb", "Jose\u0301", "n" * 101,
    "ann\ufe00", "ann\u180b", "a" + "\u0336" * 90,
    "ü" * 101, "\u3164", "a ", "a.", " a", "~", "!",
]  # fmt: skip
GRADED = [
    "ann",
    "Ann Lee",
    "José Pérez (2)",
    "o'brien",
    "ann.lee@example.org",
    "a+b@example.org",
    "Łódź",
    "王小明",
    "श्रीनिवास",
    "s_17",
    "_x",
    "17",
]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return Course(PROJECT, tmp_path)


def hand_in(course: Course, student: str) -> None:
    folder = course.submitted / student / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_text("{}")


def test_a_strange_folder_is_refused_in_a_line_and_alone(course: Course) -> None:
    for student in [*REFUSED, *GRADED, os.fsdecode(b"caf\xe9")]:
        hand_in(course, student)
    (course.submitted / "linked").symlink_to(course.submitted / "ann")
    (course.submitted / "half").mkdir()
    (course.submitted / "half" / NAME).symlink_to(course.submitted / "ann" / NAME)
    found, ungraded = find_submissions(course, NAME)
    assert {one.student for one in found} == set(GRADED)
    lines = [visible(said) for said in ungraded]
    assert len(lines) == len(REFUSED) + 3
    assert all("NOT GRADED" in line and not ACTING.search(line) for line in lines)
    assert sum("it is a link" in line for line in lines) == 2
    assert any("caf⟨U+DCE9⟩" in line for line in lines)


@pytest.mark.parametrize(
    "text",
    [
        "10:00 - ..",
        "2026-10-05 17:00:00 ../../etc/passwd",
        "\x00",
        "1" * 200,
        "25:61",
        "٣",
        "10:00 +99:99",
    ],
)
def test_a_strange_time_is_no_time_or_one(
    text: str, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    (tmp_path / "timestamp.txt").write_text(text)
    time, trouble = read_timestamp(tmp_path / "timestamp.txt")
    assert (time is None) == bool(trouble)
    assert not recwarn.list


# -- terminal ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def graded() -> Graded:
    spec = CheckSpec(f"{NAME}::c", "affine", 4.0, "It is right.")
    question = QuestionResult(
        "affine", 4.0, (CheckResult(spec, Outcome.WRONG, EVIL, EVIL),), EVIL, EVIL
    )
    return Graded(
        EVIL,
        NAME,
        1,
        (question,),
        (Finding(FindingKind.DIED, EVIL, EVIL, True), Finding(EVIL, "affine", EVIL)),
        {"cells": []},
    )


def test_no_table_acts_on_a_terminal(graded: Graded, capsys: pytest.CaptureFixture[str]) -> None:
    tables.show_class([graded])
    tables.show_one(graded)
    shown = capsys.readouterr().out
    assert not ACTING.search(shown)
    assert shown.count(":boom:") >= 6
    assert shown.count("[link=https://example.org]") >= 6
    assert "⟨U+001B⟩" in shown


def test_what_is_told_of_one_does_not_hide_what_is_told_of_others(
    graded: Graded, capsys: pytest.CaptureFixture[str]
) -> None:
    many = [
        Finding(FindingKind.REACHES, f"cell-{number}", f"The cell {number} uses `gc`.", True)
        for number in range(500)
    ]
    tables.show_class(
        [
            replace(graded, student="loud", findings=tuple(many)),
            replace(graded, student="quiet", findings=tuple(many[:1])),
        ]
    )
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) < 60
    assert "  loud: and 492 more\n  quiet: The cell 0 uses `gc`.\n" in shown


def test_a_name_is_no_markup(graded: Graded, capsys: pytest.CaptureFixture[str]) -> None:
    tables.show_class([replace(graded, student="[red]:boom:[/red]", questions=(), findings=())])
    assert "[red]:boom:[/red]" in capsys.readouterr().out


def test_no_message_acts_on_a_terminal(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    notebook = course.work / f"{EVIL.replace(chr(0), '')}.ipynb"
    for arguments in (
        ["check", str(notebook), "--assignment", NAME],
        ["check", str(notebook)],
        ["grade", EVIL],
        ["feedback", EVIL],
    ):
        assert main(["--course", str(course.work), *arguments]) == BAD_ARGUMENTS
        told = capsys.readouterr().err
        assert told.startswith("autograder: ")
        assert not ACTING.search(told)


@given(st.text(st.characters()))
def test_what_is_visible_stays_so(text: str) -> None:
    once = visible(text)
    assert not ACTING.search(once)
    assert visible(once) == once
    assert visible(text, lines=True).count("\n") == text.count("\n")
    once.encode()


def test_words_of_any_language_are_left_alone() -> None:
    for text in (
        "❤️ 1️⃣ ☎️",
        "ཧཱུྃ",
        "בְּרֵאשִׁ֖ית",
        "naïve Łódź",
        "نمی‌خواهم",
        "क्‍ष",
        "👩‍🎓 👍🏽",
        "東京",
        "שלום",
        "a\u00a0b",
    ):
        assert visible(text) == text
    assert visible("a\u200db") == "a⟨U+200D⟩b"
    assert visible("\u200dü") == "⟨U+200D⟩ü" or visible("\u200dü") == "\u200dü"


# -- spreadsheet -------------------------------------------------------------------------------------------------------

FORMULAS = [
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "=HYPERLINK(\"https://example.org\",\"x\")", "=cmd|' /C calc'!A0", "＝1+1", "－1",
    "-5", "+5",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_text_is_never_a_formula(text: str) -> None:
    assert cell(text).startswith("'")
    assert visible(cell(text)) == cell(text)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (-2.5, "-2.5"),
        (7, "7"),
        (0.0, "0.0"),
        (None, ""),
        (Decimal("-1.5"), "-1.5"),
        ("ann", "ann"),
        ("a-b=c", "a-b=c"),
    ],
)
def test_numbers_and_names_stay(value: object, shown: str) -> None:
    assert cell(value) == shown


HARMLESS = ["ann", "bob", "josé"]
STRANGE = [*FORMULAS, "Lee, Ann", 'say "x"', "a\nb", "\x1b[2J"]


@pytest.fixture(scope="module")
def gradebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gradebook]:
    """Two assignments, the second handed in by nobody; points below nothing, as a person may give them."""
    with scripts_on_path():
        opened = Gradebook(f"sqlite:///{tmp_path_factory.mktemp('marks')}/gradebook.db")
    opened.add_assignment("01", duedate=datetime.datetime(2026, 10, 5))
    opened.add_assignment("02")
    opened.add_notebook("01", "01")
    opened.add_grade_cell("q", "01", "01", max_score=10, cell_type="code")
    for number, name in enumerate([*HARMLESS, *STRANGE]):
        opened.add_student(
            name, first_name=name, last_name=name, email=None if name == "bob" else name
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # nbgrader's way of making a submission
            opened.add_submission("01", name, timestamp=datetime.datetime(2026, 10, 6, 12))
        opened.find_grade("q", "01", "01", name).manual_score = number - 2.5
        opened.find_submission_notebook("01", "01", name).late_submission_penalty = number
    opened.db.commit()
    with opened:
        yield opened


def exported(plugin: type, gradebook: Gradebook, path: Path, students: list[str]) -> str:
    config = Config()
    config.ExportPlugin.to, config.ExportPlugin.student = str(path), students
    plugin(config=config).export(gradebook)
    return path.read_text(encoding="utf-8")


def test_harmless_marks_come_out_as_from_nbgrader(gradebook: Gradebook, tmp_path: Path) -> None:
    ours, theirs = (
        exported(plugin, gradebook, tmp_path / "marks.csv", HARMLESS)
        for plugin in (CsvExport, CsvExportPlugin)
    )
    assert ours == theirs
    assert ours.count("\n") == 1 + 2 * len(HARMLESS)


def test_a_spreadsheet_gets_no_formula_and_every_number(
    gradebook: Gradebook, tmp_path: Path
) -> None:
    head, *rows = csv.reader(
        exported(CsvExport, gradebook, tmp_path / "marks.csv", []).splitlines()
    )
    assert tuple(head) == COLUMNS
    assert len(rows) == 2 * (len(HARMLESS) + len(STRANGE))
    for row in rows:
        told = dict(zip(COLUMNS, row, strict=True))
        for column in ("student_id", "last_name", "first_name", "email"):
            assert not told[column].startswith(("=", "+", "-", "@", "\t", "\r", "＝", "－"))
            assert not ACTING.search(told[column])
        for column in ("raw_score", "late_submission_penalty", "score", "max_score"):
            float(told[column])
    assert "-2.5" in {row[COLUMNS.index("raw_score")] for row in rows}
    assert {"Lee, Ann", 'say "x"'} <= {row[COLUMNS.index("student_id")] for row in rows}


def test_nbgraders_own_command_exports_so(tmp_path: Path) -> None:
    config = Config()
    configure(config, tmp_path)
    assert config.ExportApp.plugin_class == f"{CsvExport.__module__}.{CsvExport.__name__}"


def test_what_lies_elsewhere_is_named(course: Course) -> None:
    hand_in(course, "ann")
    whole = (course.submitted / "ann" / NAME / f"{NAME}.ipynb").read_bytes()
    places = [
        f"bob/{NAME}.ipynb",
        f"cyd/{NAME.upper()}/{NAME}.ipynb",
        f"{NAME}/dan/{NAME}.ipynb",
        f"eve/{NAME}/a.ipynb",
        f"eve/{NAME}/b.ipynb",
    ]
    for place in places:
        (course.submitted / place).parent.mkdir(parents=True, exist_ok=True)
        (course.submitted / place).write_bytes(whole)
    found, ungraded = find_submissions(course, NAME)
    assert [one.student for one in found] == ["ann"]
    assert sorted(
        said.split(":")[0].removeprefix(f"{course.submitted}/") for said in ungraded
    ) == sorted([f"bob/{NAME}.ipynb", f"cyd/{NAME.upper()}", NAME, f"eve/{NAME}"])
    assert all("NOT GRADED: expected" in said for said in ungraded)
