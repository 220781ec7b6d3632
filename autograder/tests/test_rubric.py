"""All written questions have one form, and `build` says what deviates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.authoring.build import build
from autograder.authoring.new import FIRST, new_course
from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.rubric import AVERAGE, WEAK, read_rubric, words

QUESTION = "Why?\n\nWrite at most 20 words."
CELL = """**Model answer.**

Because $a + b = c$, so it grows.

**Rubric.**

- 2 points: The sum is named,
  with its terms.
- 1 point: It grows.

**Weak answer (1 point: item 2).**

It grows.

**Average answer (2 points: items 1).**

It is the sum of $a$ and $b$.
"""
WRONG = {
    "no rubric": ("**Rubric.**", "", "expected the headings"),
    "the old form": ("**Rubric.**", "**Rubric (10 points).**", "got **Rubric (10 points).**"),
    "the heading of a list": ("**Rubric.**\n\n", "**Rubric.** ", "expected the headings"),
    "something above": ("**Model", "Hello\n\n**Model", "the first at the top"),
    "another order": ("Weak", "Average", "got Model answer, Rubric, Average answer, Average"),
    "an empty part": ("It grows.\n\n**Ave", "**Ave", "nothing stands below 'Weak answer'"),
    "another sum": ("- 2 points", "- 3 points", "add up to 3 points, got 4 (3 + 1)"),
    "prose": ("- 2 points: The", "The", "expected a rubric of lines"),
    "an item without points": ("- 1 point:", "- one point:", "got '- one point: It grows.'"),
    "an item worth nothing": ("- 1 point:", "- 0 points:", "got '- 0 points: It grows.'"),
    "no points of a sample": (" (1 point: item 2)", "", "got **Weak answer.**"),
    "a sample of other points": ("(1 point: item 2)", "(2 points: item 2)", "worth 1 points"),
    "a sample of no item": ("item 2)", "item 3)", "expected numbers of items from 1 to 2"),
    "an item twice": ("items 1)", "items 1, 1)", "in order, got 1, 1"),
    "a weak answer that is better": ("(1 point: item 2)", "(2 points: item 1)", "earns less than"),
    "an average answer without fault": ("(2 points: items 1)", "(3 points: items 1, 2)", "3 points"),
    "more words than allowed": ("so it grows.", "so it grows." + " on" * 20, "has 25"),
}  # fmt: skip


def test_a_rubric_is_read_whole() -> None:
    rubric = read_rubric(CELL, QUESTION, 3.0, "x")
    assert [(item.points, item.text) for item in rubric.items] == [
        (2.0, "The sum is named, with its terms."),
        (1.0, "It grows."),
    ]
    assert rubric.model == "Because $a + b = c$, so it grows."
    assert [(one.name, one.points, one.items, one.text) for one in rubric.samples] == [
        (WEAK, 1.0, (2,), "It grows."),
        (AVERAGE, 2.0, (1,), "It is the sum of $a$ and $b$."),
    ]
    assert rubric.most_words == 20


@pytest.mark.parametrize("kind", WRONG)
def test_what_deviates_is_refused(kind: str) -> None:
    before, after, message = WRONG[kind]
    assert before in CELL
    with pytest.raises(UserError) as told:
        read_rubric(CELL.replace(before, after, 1), QUESTION, 3.0, "02-x, a-written")
    assert str(told.value).startswith("02-x, a-written: ")
    assert message in str(told.value)


def test_more_items_than_keys_are_refused() -> None:
    lines = "".join(f"- 1 point: {number}\n" for number in range(10))
    cell = CELL.replace("- 2 points: The sum is named,\n  with its terms.\n", lines)
    with pytest.raises(UserError, match="at most 9 items, got 11"):
        read_rubric(cell, QUESTION, 11.0, "x")


@pytest.mark.parametrize("question", ["Why?", f"{QUESTION} Write at most 30 words."])
def test_the_question_names_one_limit(question: str) -> None:
    with pytest.raises(UserError, match="expected one sentence like 'Write at most 300 words"):
        read_rubric(CELL, question, 3.0, "x")


def test_a_formula_counts_as_one_word() -> None:
    assert words("So $a + b = c$, and\n$$x \\over y$$ - it's 3 : 1") == 7


def test_build_refuses_before_it_runs_anything(tmp_path: Path) -> None:
    course = new_course(tmp_path / "mini")
    path = course.text_form(FIRST)
    text = path.read_text(encoding="utf-8")
    assert "# - 4 points: " in text
    path.write_text(text.replace("# - 4 points: ", "# - 5 points: "), encoding="utf-8")
    with pytest.raises(UserError, match="expected items that add up to 10 points, got 11"):
        build(course, [FIRST])
    assert not course.source_notebook(FIRST).exists()


def test_every_written_question_of_the_course_has_this_form() -> None:
    course, found = Course(), 0
    for name in course.assignments():
        before = ""
        notebook = json.loads(course.source_notebook(name).read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            meta, source = cell["metadata"].get("nbgrader", {}), "".join(cell["source"])
            if meta.get("grade") and meta.get("solution"):
                read_rubric(source, before, meta["points"], f"{name}, {cell['id']}")
                found += 1
            before = source
    assert found > 10
