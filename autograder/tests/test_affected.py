"""What an answer cannot touch need not be graded again; whatever may use its functions is."""

from __future__ import annotations

from pathlib import Path

from autograder.audit.affected import affected
from autograder.core.assignment import Assignment, Cell
from autograder.core.mistakes import Entry


def assignment(folder: Path) -> Assignment:
    cells = [
        Cell("a-code", "solution", "a", 0, {}, "def first(x):\n    return x\n"),
        Cell("b-code", "solution", "b", 0, {}, "def second(x):\n    return helper(x)\n"),
        Cell("given", "code", "", 0, {}, "def helper(x):\n    return first(x)\n"),
        Cell(
            "c-code", "solution", "c", 0, {}, "def third(x):\n    '''as firstly'''\n    return x\n"
        ),
        Cell("d-code", "solution", "d", 0, {}, "def fourth(x):\n    return x\n"),
    ]
    checks = [
        Cell(f"{question}-check", "check", question, 5, {}, "first(1)") for question in "abcd"
    ]
    return Assignment("00-tiny", (*cells, *checks), {}, folder)


def entry(question: str, *replaces: str, source: str = "") -> Entry:
    return Entry("mistake", question, False, replaces, "", source)


def test_what_uses_a_function_is_touched_however_far_away(tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "test_d.py").write_text(
        "def test_it(student):\n    student.fourth(student.first(1))\n"
    )
    assert affected(assignment(tmp_path), entry("a", "first")) == {"a", "b", "d"}
    assert affected(assignment(tmp_path), entry("c", "third")) == {"c"}
    assert affected(assignment(tmp_path), entry("d", "fourth")) == {"d"}
    assert affected(
        assignment(tmp_path), entry("c", "third", source="def helper(x):\n    return 0\n")
    ) == {"b", "c"}
    assert affected(assignment(tmp_path), entry("c", "third", source="first = None\n")) == {
        "a",
        "b",
        "c",
        "d",
    }
    (tmp_path / "checks" / "shared.py").write_text("names = ['third']\n")
    assert affected(assignment(tmp_path), entry("c", "third")) >= {"a", "b", "c", "d"}
