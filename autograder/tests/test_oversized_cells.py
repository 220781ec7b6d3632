"""Data pasted into a notebook is shown to staff, and nothing that an answer needs is."""

from __future__ import annotations

import pytest

from autograder.core.assignment import Assignment, load_assignment
from autograder.core.course import Course
from autograder.core.mistakes import load_bank
from autograder.grading.screening.oversized_cells import MUCH, written_data


def found(assignment: Assignment, answers: dict[str, str], more: tuple[str, ...] = ()) -> list[str]:
    notebook = assignment.notebook(answers)
    extra = [
        {"id": f"mine-{n}", "cell_type": "code", "source": text} for n, text in enumerate(more)
    ]
    return [
        finding.where
        for finding in written_data(notebook | {"cells": [*notebook["cells"], *extra]}, assignment)
    ]


@pytest.mark.parametrize("name", Course().assignments())
def test_nothing_known_is_notable(name: str) -> None:
    assignment = load_assignment(Course(), name)
    for entry in load_bank(Course().mistakes(name)).entries:
        assert not found(assignment, assignment.reference_source(entry.question, entry.source)), (
            entry.id
        )


@pytest.mark.parametrize(
    "data",
    ["#" + "a7" * 5000, f"x = '{'a7' * 5000}'", f"x = {list(range(5000))}", "syntax error " * 1000],
)
def test_pasted_data_is(backprop: Assignment, data: str) -> None:
    question = backprop.questions[0].id
    assert found(backprop, {question: data}) == [question]
    assert found(backprop, {}, (data,)) == ["mine-0"]


def test_data_in_small_pieces_is(backprop: Assignment) -> None:
    assert found(backprop, {}, ("#" + "a" * (MUCH - 1),) * 3) == []
    assert found(backprop, {}, ("#" + "a" * (MUCH - 1),) * 4) == ["notebook"]
