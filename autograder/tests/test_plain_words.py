"""What students and staff read uses the field's words, not the private ones that the project had."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.core.course import Course
from autograder.core.roots import PROJECT

COURSE = Course()
INSTEAD = {  # a pattern that is not used, and what to write
    r"mend(s|ed|ing)?": "fix, correct",
    r"dear": "expensive",
    r"told right|shares? right": "accuracy",
    r"hold(s|ing)? back|held back": "regularise",
    r"the way back": "backward pass",
    r"commonest": "most common",
    r"a hair beside": "slightly off",
    r"lets? go of": "is down-weighted",
    r"in test(?! (mode|time|set))": "at test time, in test mode",
    r"wish(es|ed)? for": "target",
    r"none of mathematics": "not mathematical",
    r"hangs? on": "depend on",
    r"meddle(s|d)?": "interact",
    r"slips?": "mistake, bug",
    r"what (became|becomes) of": "result",
    r"handed in": "submitted, passed",
    r"hands? back": "return",
    r"whoever": "if you, anyone who",
}
FORBIDDEN = re.compile(
    "|".join(rf"(?P<w{number}>\b(?:{pattern})\b)" for number, pattern in enumerate(INSTEAD)),
    re.IGNORECASE,
)


def unplain(text: str) -> list[str]:
    """What is not used in this course, with the words around it and what to write."""
    flat = " ".join(text.split())
    instead = list(INSTEAD.values())
    return [
        f"{flat[max(0, match.start() - 40) : match.end() + 40]!r}: expected {instead[int(str(match.lastgroup)[1:])]}"
        for match in FORBIDDEN.finditer(flat)
    ]


def strings(path: Path) -> Iterator[str]:
    """All texts in a file of Python, docstrings included, but no comment."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize(
    "path", ["README.md", *sorted(f"course/{one.name}" for one in PROJECT.glob("course/*.md"))]
)
def test_a_page_uses_the_fields_words(path: str) -> None:
    assert not unplain((PROJECT / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", COURSE.assignments())
def test_a_released_notebook_uses_the_fields_words(name: str) -> None:
    cells = json.loads(COURSE.release_notebook(name).read_text(encoding="utf-8"))["cells"]
    assert not [found for cell in cells for found in unplain("".join(cell["source"]))]


@pytest.mark.parametrize("name", COURSE.assignments())
def test_checks_and_known_mistakes_use_the_fields_words(name: str) -> None:
    files = [
        path
        for folder in (COURSE.checks(name), COURSE.mistakes(name))
        for path in sorted(folder.glob("*.py"))
    ]
    assert len(files) >= 2
    assert not [found for path in files for text in strings(path) for found in unplain(text)]


@pytest.mark.parametrize(
    "path",
    [
        path.relative_to(PROJECT).as_posix()
        for pattern in ("utils/*.py", "course/figures/*.py", "course/experiments/*.py")
        for path in sorted(PROJECT.glob(pattern))
        if path.name != "submit.py"  # says "handed in", as the server's own pages do
    ],
)
def test_what_notebooks_import_and_figures_draw_use_the_fields_words(path: str) -> None:
    assert not [found for text in strings(PROJECT / path) for found in unplain(text)]


def test_the_list_would_find_them() -> None:
    """Each pattern finds a text of its own, and plain texts are let through."""
    said = (
        "Mend the line",
        "a gradient is dear",
        "share right",
        "held back",
        "on the way back",
        "the commonest bug",
        "a hair beside it",
    )
    said += (
        "it lets go of it",
        "as in test, it",
        "what is wished for",
        "none of mathematics",
        "must not hang on it",
        "they meddle",
    )
    said += (
        "a slip",
        "what became of it",
        "the loss that is handed in",
        "hands back",
        "whoever reads",
    )
    assert [len(unplain(text)) for text in said] == [1] * len(INSTEAD)
    assert not unplain(
        "Correct the line: in test mode the output depends on the running statistics. A slippery slope, a deary test."
    )
