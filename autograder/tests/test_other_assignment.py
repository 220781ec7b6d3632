"""A notebook of another assignment is named as that, whatever was done to it on the way; one's own never is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from autograder.core.course import Course
from autograder.grading.repair.other_assignment import other_assignment

Change = Callable[[dict[str, Any]], Any]


def without_ids(cell: dict[str, Any]) -> None:
    cell.pop("id", None)
    cell["metadata"] = {}


def answered(cell: dict[str, Any]) -> None:
    if cell["metadata"].get("nbgrader", {}).get("solution"):
        cell["source"] = "def mine(x):\n    return x\n"


def content(name: str, change: Change = lambda cell: None) -> bytes:
    notebook = json.loads(Course().release_notebook(name).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        change(cell)
    return json.dumps(notebook).encode()


@pytest.mark.parametrize("change", [lambda cell: None, without_ids, answered])
def test_it_is_named(change: Change) -> None:
    for other in Course().assignments():
        assert other_assignment(content(other, change), Course(), "05-optimizers") == (
            "" if other == "05-optimizers" else other
        )


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"no notebook",
        b'{"cells": []}',
        b'{"cells": [{"cell_type": "code", "source": "x = 1"}]}',
    ],
)
def test_what_is_of_no_assignment_is_of_none(bad: bytes) -> None:
    assert other_assignment(bad, Course(), "05-optimizers") == ""


def test_who_pasted_answers_of_another_assignment_into_the_right_one_is_graded() -> None:
    mine, theirs = (json.loads(content(name)) for name in ("05-optimizers", "06-adaptive"))
    mine["cells"] += [cell for cell in theirs["cells"] if cell["cell_type"] == "code"]
    assert other_assignment(json.dumps(mine).encode(), Course(), "05-optimizers") == ""
