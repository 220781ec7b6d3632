"""Grade files are filled in to the byte: one cell changes, and a reader that knows nothing of ours finds what it should."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from autograder.class_file.roster import Person
from autograder.core.errors import UserError
from autograder.give_back.grade_files import brightspace, canvas, fill, moodle, sakai
from autograder.give_back.lines import Line
from autograder.give_back.raw_table import RawTable, number_of

HEADING = '"Identifier","Full name","Email address",Status,Grade,"Maximum grade","Can be changed",Modified'
PEOPLE = (
    '"Participant 1","Müller, Zoë",zoe@x.org,s,,110.00,Yes,-',
    '"Participant 2","Ann ""A."" Lee",ann@x.org,s,7.50,110.00,Yes,-',
    '"Participant 3","Two\nlines",two@x.org,s,0.00,110.00,Yes,-',
    "Participant 4,Ann Lee,other@x.org,s,,110.00,Yes,-",
)
SHAPES = {
    "plain": ("", ",", "\n", "\n"),
    "of Excel": ("\ufeff", ";", "\r\n", "\r\n"),
    "tabs, and no end": ("", "\t", "\r\n", ""),
}


def quoted(cell: str) -> str:
    """A cell as Moodle writes it: in quotes where it has anything but letters and digits."""
    return cell if cell.isalnum() or not cell else '"' + cell.replace('"', '""') + '"'


def worksheet(folder: Path, shape: str) -> tuple[Path, str]:
    bom, delimiter, end, last = SHAPES[shape]
    rows = list(csv.reader(io.StringIO("\r\n".join([HEADING, *PEOPLE]), newline="")))
    lines = [delimiter.join(map(quoted, row)) for row in rows]
    text = bom + end.join(lines) + last
    path = folder / "grades.csv"
    path.write_bytes(text.encode())
    return path, text


def read(text: str, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter))


def line(student: str, mark: float | None, email: str = "", name: str = "") -> Line:
    person = Person(student, name, email) if email or name else None
    return Line(student, mark, 110.0, None, person, None)


LINES = [
    line("zoe", 101.25, "zoe@x.org"),
    line("lee", None, "ann@x.org"),
    line("two", 0.0, "TWO@x.org"),
    line("ann", 9.0, "other@x.org", "Ann Lee"),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_marks_alone_change(tmp_path: Path, shape: str) -> None:
    path, before = worksheet(tmp_path, shape)
    layout = moodle(RawTable.read(path), "")
    filled = fill(layout, LINES, frozenset(one.student for one in LINES), "moodle", scale=False)
    delimiter = SHAPES[shape][1]
    old, new = read(before, delimiter), read(filled.text, delimiter)
    assert [row[4] for row in new] == ["Grade", "101.25", "", "0.00", "9.00"]
    assert [row[:4] + row[5:] for row in new] == [row[:4] + row[5:] for row in old]
    assert filled.strangers == ()
    assert filled.text.startswith("\ufeff") == before.startswith("\ufeff")
    undone = filled.text.replace("101.25", "", 1).replace("9.00", "", 1)
    assert undone == before.replace('"7.50"', "", 1)  # to the byte


def test_a_line_that_was_sent_stays(tmp_path: Path) -> None:
    path, before = worksheet(tmp_path, "plain")
    filled = fill(moodle(RawTable.read(path), ""), LINES, frozenset(), "moodle", scale=False)
    assert filled.text == before


def test_two_of_one_name_are_told_by_their_address(tmp_path: Path) -> None:
    path, _ = worksheet(tmp_path, "plain")
    text = path.read_text() + '"Participant 5","Ann Lee",third@x.org,s,,110.00,Yes,-\n'
    path.write_text(text)
    layout = moodle(RawTable.read(path), "")
    lines = [line("a", 1.0, "third@x.org", "Ann Lee"), line("b", 2.0, "", "Ann Lee")]
    filled = fill(layout, lines, frozenset("ab"), "moodle", scale=False)
    assert [row[4] for row in read(filled.text, ",")][-2:] == ["", "1.00"]
    assert filled.strangers == ("b",)  # it may be either of them


@pytest.mark.parametrize(("changed", "noted"), [("Yes", False), ("No", True)])
def test_rows_that_moodle_skips_are_named(tmp_path: Path, changed: str, noted: bool) -> None:
    path, before = worksheet(tmp_path, "plain")
    path.write_bytes(before[::-1].replace("seY", changed[::-1], 1)[::-1].encode())
    notes = " ".join(moodle(RawTable.read(path), "").notes)
    assert ("Moodle skips a row that is locked" in notes) == noted
    assert ("3 Yes, 1 No" in notes) == noted


def test_a_canvas_file_has_the_assignment_alone(tmp_path: Path) -> None:
    text = (
        "\ufeffStudent;ID;SIS Login ID;Section;Lab 1 (7);Lab 2 (8);Score\r\n;;;;Manual Posting;;\r\n"
        "    Points Possible;;;;110,00;20,00;(read only)\r\n"
        '"Müller; Zoë";4001;zm;"A; B";;1,00;1\r\n"Lee, ""A""";4002;al;A;ex;;\r\n'
        '"Ng, Yu";4003;yn;A;N/A;;\r\n"Lund, Cy";4004;cl;A;5,00;;\r\n'
    )
    (tmp_path / "c.csv").write_bytes(text.encode())
    layout = canvas(RawTable.read(tmp_path / "c.csv"), "Lab 1")
    lines = [line("zm", 99.5), line("al", 1.0), line("yn", 2.0), line("cl", None)]
    filled = fill(layout, lines, frozenset(one.student for one in lines), "canvas", scale=False)
    rows = read(filled.text, ";")
    assert rows[0] == ["Student", "ID", "SIS Login ID", "Section", "Lab 1 (7)"]
    assert rows[1] == ["    Points Possible", "", "", "", "110,00"]
    assert [row[4] for row in rows[2:]] == ["99,50", "ex", "N/A", ""]
    assert [row[0] for row in rows[2:]] == ["Müller; Zoë", 'Lee, "A"', "Ng, Yu", "Lund, Cy"]
    assert filled.text.count("\r\n") == 6


def test_a_brightspace_user_is_known_without_the_sign(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text(
        "OrgDefinedId,Username,Lab Points Grade <Numeric MaxPoints:55>,End-of-Line Indicator\n"
        "#77,#zoe,,#\n#78,#ann,3,#\n"
    )
    layout = brightspace(RawTable.read(path), "")
    assert layout.most == 55.0
    filled = fill(layout, [line("zoe", 11.0)], frozenset({"zoe"}), "brightspace", scale=True)
    assert read(filled.text, ",")[1:] == [["#77", "#zoe", "5.50", "#"], ["#78", "#ann", "3", "#"]]


def test_a_row_that_is_too_short_is_filled_up(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text(
        "Lab,POINTS\n\nDisplay ID,ID,Last Name,First Name,grade\nzoë,zoë,M\nann,ann,L,A,3\n"
    )
    layout = sakai(RawTable.read(path), "")
    filled = fill(layout, [line("zoë", 1.0)], frozenset({"zoë"}), "sakai", scale=False)
    assert read(filled.text, ",")[3:] == [
        ["zoë", "zoë", "M", "", "1.00"],
        ["ann", "ann", "L", "A", "3"],
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [(" 7,50 ", 7.5), ("7.50", 7.5), ("", None), ("-", None), ("1.000,5", None), ("0", 0.0)],
)
def test_a_number_has_a_point_or_a_comma(text: str, value: float | None) -> None:
    assert number_of(text) == value


def test_a_damaged_table_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text('a,b\nc,d\ne,"f"g\n')
    with pytest.raises(UserError, match=r"d\.csv:3: expected a cell, got"):
        RawTable.read(path)
    path.write_bytes("ä,b\n".encode("latin-1"))
    with pytest.raises(UserError, match="is no text in UTF-8"):
        RawTable.read(path)
    with pytest.raises(UserError, match="cannot be read: No such file"):
        RawTable.read(tmp_path / "none.csv")
