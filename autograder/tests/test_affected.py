"""What an answer cannot touch need not be graded again; whatever may use its functions is."""

from __future__ import annotations

from pathlib import Path

from autograder.assignment import Assignment, Cell
from autograder.bank import Entry
from autograder.examine.affected import affected


def assignment() -> Assignment:
    cells = [
        Cell("a-code", "solution", "a", 0, {}, "def first(x):\n    return x\n"),
        Cell("b-code", "solution", "b", 0, {}, "def second(x):\n    return helper(x)\n"),
        Cell("given", "code", "", 0, {}, "def helper(x):\n    return first(x)\n"),
        Cell("c-code", "solution", "c", 0, {}, "def third(x):\n    '''as firstly'''\n    return x\n"),
        Cell("d-code", "solution", "d", 0, {}, "def fourth(x):\n    return x\n"),
    ]
    checks = [Cell(f"{question}-check", "check", question, 5, {}, "first(1)") for question in "abcd"]
    return Assignment("00-tiny", (*cells, *checks), {})


def entry(question: str, *replaces: str, source: str = "") -> Entry:
    return Entry("mistake", question, False, replaces, "", source)


def test_what_uses_a_function_is_touched_however_far_away(tmp_path: Path) -> None:
    (tmp_path / "00-tiny").mkdir()
    (tmp_path / "00-tiny" / "test_d.py").write_text("def test_it(student):\n    student.fourth(student.first(1))\n")
    assert affected(assignment(), entry("a", "first"), tmp_path) == {"a", "b", "d"}
    assert affected(assignment(), entry("c", "third"), tmp_path) == {"c"}
    assert affected(assignment(), entry("d", "fourth"), tmp_path) == {"d"}
    assert affected(assignment(), entry("c", "third", source="def helper(x):\n    return 0\n"), tmp_path) == {"b", "c"}
    assert affected(assignment(), entry("c", "third", source="first = None\n"), tmp_path) == {"a", "b", "c", "d"}
    (tmp_path / "00-tiny" / "shared.py").write_text("names = ['third']\n")
    assert affected(assignment(), entry("c", "third"), tmp_path) >= {"a", "b", "c", "d"}
