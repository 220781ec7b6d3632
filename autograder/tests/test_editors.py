"""Whatever editors do to a right notebook, its answers still run, or staff read that one may be lost; a written answer is always read by a person."""

from __future__ import annotations

import ast
import copy
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from autograder.core.assignment import Assignment, load_assignment, question_of, text_of
from autograder.core.cell_source import defined, divided, tree, without_unwritten
from autograder.core.course import Course
from autograder.core.results import Notebook, Outcome, RepairedNotebook, Submission
from autograder.gradebook.writer import is_unanswered
from autograder.grading.pipeline import Grader
from autograder.grading.repair import repair
from autograder.sample.sample import as_bytes

from .sooner import sooner

Cells = list[dict[str, Any]]
CASES = 150
WRITTEN = "The velocity adds up what agrees.\n\nIt cancels what does not, so the ravine's walls\nno longer slow the walk."


@pytest.fixture(
    scope="module", params=[pytest.param("01-backprop", marks=pytest.mark.slow), "05-optimizers"]
)
def assignment(request: pytest.FixtureRequest) -> Assignment:
    return load_assignment(Course(), request.param)


def right(assignment: Assignment) -> Notebook:
    """A notebook with right answers, without the comments that mark the reference's solutions."""
    notebook = copy.deepcopy(assignment.solved())
    for cell in notebook["cells"]:
        if assignment.by_id[cell["id"]].kind == "written":
            cell["source"] = WRITTEN
    return notebook


# -- what editors do ---------------------------------------------------------------------------------------------------


def without_id(cell: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in cell.items() if key not in ("id", "metadata")} | {
        "metadata": {}
    }


def split(cells: Cells, at: int, rng: random.Random) -> None:
    """Cut a cell at a line; JupyterLab copies the metadata, VS Code leaves the second half without, others lose both."""
    lines = cells[at]["source"].split("\n")
    if len(lines) < 2:
        return
    line = rng.randrange(1, len(lines))
    halves = [
        dict(cells[at], source="\n".join(part).strip("\n")) for part in (lines[:line], lines[line:])
    ]
    match rng.randrange(3):
        case 1:
            halves[1] = without_id(halves[1])
        case 2:
            halves = [without_id(half) for half in halves]
    cells[at : at + 1] = halves


def merge(cells: Cells, at: int, rng: random.Random) -> None:
    """Put a cell and the next one together, under the id of either, as a cell of the first one's type."""
    pair = cells[at : at + 2]
    if len(pair) == 2 and pair[0]["cell_type"] == pair[1]["cell_type"]:
        cells[at : at + 2] = [
            dict(rng.choice(pair), source="\n\n".join(cell["source"] for cell in pair))
        ]


def move(cells: Cells, at: int, rng: random.Random) -> None:
    """Put a cell elsewhere."""
    cells.insert(rng.randrange(len(cells)), cells.pop(at))


def duplicate(cells: Cells, at: int, rng: random.Random) -> None:
    """Copy a cell with its metadata, or without."""
    cells.insert(
        at + rng.randrange(2), dict(cells[at]) if rng.random() < 0.5 else without_id(cells[at])
    )


def retype(cells: Cells, at: int, rng: random.Random) -> None:
    """Make code of text, or the other way round."""
    cells[at]["cell_type"] = rng.choice(["code", "markdown", "raw"])


def lose(cells: Cells, at: int, rng: random.Random) -> None:
    """Lose a cell's id and metadata."""
    cells[at] = without_id(cells[at])


def lose_all(cells: Cells, at: int, rng: random.Random) -> None:
    """Lose all ids and all metadata, as Colab does."""
    cells[:] = [without_id(cell) for cell in cells]


def reformat(cells: Cells, at: int, rng: random.Random) -> None:
    """Change the ends of lines, and add blanks."""
    cells[at]["source"] = cells[at]["source"].replace(
        "\n", rng.choice(["\r\n", " \n", "\n"])
    ) + rng.choice(["", "\n\n"])


EDITS: list[Callable[[Cells, int, random.Random], None]] = [
    split,
    merge,
    move,
    duplicate,
    retype,
    lose,
    lose_all,
    reformat,
]


def edited(
    notebook: Notebook,
    rng: random.Random,
    only: Callable[[Cells, int, random.Random], None] | None = None,
) -> tuple[Notebook, str]:
    """The notebook after some edits, most of them of answers, and what they were."""
    cells: Cells = copy.deepcopy(notebook["cells"])
    done = []
    for _ in range(rng.randint(1, 4)):
        answers = [
            at
            for at, cell in enumerate(cells)
            if "SOLUTION" in cell["source"] or WRITTEN[:20] in cell["source"]
        ]
        at = rng.choice(answers) if answers and rng.random() < 0.7 else rng.randrange(len(cells))
        edit = only or rng.choice(EDITS)
        done.append(f"{edit.__name__} {cells[at].get('id', at)}")
        edit(cells, at, rng)
    return notebook | {"cells": cells}, ", ".join(done)


# -- what comes of it --------------------------------------------------------------------------------------------------


def run(repaired: RepairedNotebook, assignment: Assignment) -> Iterator[str]:
    """What the sandbox would be sent of the student's code, part by part."""
    written = frozenset[str]()
    for cell in repaired.notebook["cells"]:
        kind = assignment.by_id[cell["id"]].kind if cell["id"] in assignment.by_id else "own"
        if cell["cell_type"] == "code" and kind in ("solution", "own"):
            for part in divided(cell["source"]):
                yield without_unwritten(part, written)
                written |= defined(part)


def definitions(sources: Iterator[str]) -> dict[str, str]:
    """The functions that are left defined, by name, as syntax; what cannot be parsed defines nothing."""
    found: dict[str, str] = {}
    for source in sources:
        module = tree(source)
        for node in module.body if module else ():
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found[node.name] = re.sub(
                    r"(\s|\\n)+", "", ast.dump(node)
                )  # blanks in a docstring are nothing
    return found


def lost(repaired: RepairedNotebook, assignment: Assignment) -> set[str]:
    """The functions of the answers that are not as they were written."""
    expected = definitions(cell.source for cell in assignment.cells if cell.kind == "solution")
    found = definitions(run(repaired, assignment))
    return {name for name in expected if found.get(name) != expected[name]}


def words_unread(repaired: RepairedNotebook, assignment: Assignment) -> set[str]:
    """The words of the written answer that no person would read; all of them if a machine would mark it."""
    cells = repaired.notebook["cells"]
    (answer,) = [
        cell
        for cell in cells
        if cell["id"] in assignment.by_id and assignment.by_id[cell["id"]].kind == "written"
    ]
    own = [text_of(cell) for cell in cells if cell["id"] not in assignment.by_id]
    return set(WRITTEN.split()) - (
        set() if is_unanswered(answer) else set("\n".join([text_of(answer), *own]).split())
    )


def test_answers_come_through_all_that_editors_do(assignment: Assignment) -> None:
    silent, losses = [], 0
    for seed in (*range(CASES), 516, 1092, 1115, 1181):  # the last ones lost answers silently once
        notebook, done = edited(right(assignment), random.Random(seed))
        repaired = repair(as_bytes(notebook), assignment)
        gone = lost(repaired, assignment)
        losses += bool(gone)
        told = {question_of(finding.where) for finding in repaired.findings if finding.staff}
        if gone and not told:
            silent.append(f"{seed}: {done}: {gone}")
        if unread := words_unread(repaired, assignment):
            silent.append(f"{seed}: {done}: {unread}")
        again = repair(as_bytes(repaired.notebook), assignment)  # nbgrader's own way repairs twice
        assert lost(again, assignment) == gone, done
    assert not silent, "\n".join(silent)
    assert losses <= CASES * 0.02


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_one_kind_of_edit_costs_nothing(
    assignment: Assignment, edit: Callable[[Cells, int, random.Random], None]
) -> None:
    for seed in range(15):
        notebook, done = edited(right(assignment), random.Random(seed), edit)
        repaired = repair(as_bytes(notebook), assignment)
        assert not lost(repaired, assignment), f"{seed}: {done}"
        assert not words_unread(repaired, assignment), f"{seed}: {done}"


@pytest.mark.parametrize("seed", sooner(range(6), [0]))
def test_they_keep_their_marks(seed: int) -> None:
    name = "05-optimizers"
    with Grader(Course(), name) as grader:
        made = [
            edited(right(grader.assignment), random.Random(1000 * seed + number))[0]
            for number in range(4)
        ]
        whole = [
            one
            for one in made
            if not lost(repair(as_bytes(one), grader.assignment), grader.assignment)
        ]
        graded = grader.grade(
            [Submission(str(at), as_bytes(one)) for at, one in enumerate(whole)], seed=3
        )
    assert [one.outcome for one in graded] == [Outcome.RIGHT] * len(whole)
