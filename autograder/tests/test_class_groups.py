"""Groups are taken over from a platform's table into class.toml, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.class_file.groups import add_groups
from autograder.class_file.reader import read_class
from autograder.cli.parser import main
from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.roots import PROJECT

NAME = "02-activations"
ROSTER = (
    'id,name,email,canvas\nada,Ada Okafor,,4001\n"bo_smith,_jr",Bo Smith,,4003\nzoë,Zoë Ng,,\n'
    "cy,Cy Lund,,4009\n"
)
CANVAS = (
    "\ufeffname,canvas_user_id,user_id,login_id,sections,group_name,canvas_group_id,group_id\r\n"
    'Ada Okafor,4001,S-1,ada,"Nets A, Nets B","Team ""1"", early",311,\r\n'
    'Somebody,4003,S-3,bsmith,Nets A,"Team ""1"", early",311,\r\n'
    "Zoë Ng,77,S-4,zng,Nets A,Gruppe Ü,312,\r\nCy Lund,4009,S-5,cy,Nets A,,,\r\n"
)
GROUPS = {'Team "1", early': ("ada", "bo_smith,_jr"), "Gruppe Ü": ("zoë",)}


@pytest.fixture
def course(tmp_path: Path) -> Course:
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8")
    return Course(PROJECT, tmp_path)


def table(course: Course, text: str) -> Path:
    path = course.work / "groups.csv"
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        CANVAS,
        'group;id\n"Team ""1"", early";ada\n"Team ""1"", early";bo_smith,_jr\nGruppe Ü;zoë\n;cy\n',
    ],
)
@pytest.mark.parametrize("before", ["", 'time_zone = "Europe/Berlin"\n[due]', "\ufeff# mine\n"])
def test_groups_are_read_back(course: Course, text: str, before: str) -> None:
    if before:
        course.class_file.write_text(before, encoding="utf-8")
    assert add_groups(course, NAME, table(course, text)) == (course.class_file, 2, 3)
    told = read_class(course)
    assert told is not None
    assert told.groups[NAME] == GROUPS
    assert course.class_file.read_text(encoding="utf-8").startswith(before.lstrip("\ufeff"))


def test_groups_of_another_assignment_stay(course: Course) -> None:
    add_groups(course, NAME, table(course, CANVAS))
    add_groups(course, "01-backprop", table(course, "id,group\ncy,Solo\n"))
    told = read_class(course)
    assert told is not None
    assert told.groups == {NAME: GROUPS, "01-backprop": {"Solo": ("cy",)}}
    with pytest.raises(UserError, match=f"has groups of {NAME} already"):
        add_groups(course, NAME, table(course, CANVAS))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id,group\neve,A\nada,A\n", "groups.csv:2: 'eve' of 'A' is not in roster.csv"),
        ("id,group\nada,A\nada,B\n", "groups.csv:3: ada is in 'A' and in 'B'"),
        ("id,group\nada,\n", "nobody is in a group there"),
        ("id,team\nada,A\n", "groups.csv:1: expected the export of Canvas's group set"),
        ("id,group\n" + "eve,A\n" * 13, "and 3 more"),
        ("groups = {}", "expected the export"),
    ],
)
def test_a_table_with_mistakes_changes_nothing(course: Course, text: str, says: str) -> None:
    course.class_file.write_text("[due]\n")
    with pytest.raises(UserError) as told:
        add_groups(course, NAME, table(course, text))
    assert says in str(told.value)
    assert course.class_file.read_text() == "[due]\n"


def test_a_file_that_cannot_take_them_stays(course: Course) -> None:
    course.class_file.write_text("groups = {}\n")
    with pytest.raises(UserError, match="the groups cannot stand at its end"):
        add_groups(course, NAME, table(course, CANVAS))
    assert course.class_file.read_text() == "groups = {}\n"


def test_the_command(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--course", str(course.work), "--root", str(PROJECT)]
    path = table(course, CANVAS)
    assert main([*place, "class", "groups", NAME, str(path)]) == 0
    assert "2 groups with 3 members" in capsys.readouterr().out
    assert main([*place, "class", "show"]) == 0  # also without a due date
    out = capsys.readouterr().out
    assert f"{NAME}: 2 groups with 3 members; in no group: cy" in out
    assert "  group Gruppe Ü: zoë" in out
    with course.roster.open("a") as roster:
        roster.writelines(f"s{number},,,\n" for number in range(300))
    assert main([*place, "class", "show"]) == 0
    assert "s28, and 271 more\n" in capsys.readouterr().out  # a class in no group fills no screen
    course.roster.unlink()
    course.class_file.unlink()
    assert main([*place, "class", "groups", NAME, str(path)]) == 2
    assert "first: autograder class new --roster FILE" in capsys.readouterr().err
