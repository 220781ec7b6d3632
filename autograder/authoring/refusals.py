"""What `build` refuses: a reference that its own checks refuse, points that do not add up, a rubric
of another form, known mistakes that do not load.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from ..checking.plugin import collect
from ..core.assignment import Assignment, question_of
from ..core.errors import UserError
from ..core.mistakes import load_bank
from ..core.rubric import read_rubric
from ..core.unusable_mistakes import bank_problems
from ..core.verdicts import read_verdicts


def refuse_failed_checks(name: str, notebook: NotebookNode) -> None:
    """Refuse an executed source notebook whose own visible checks say no.

    Raises:
        UserError: a visible check refuses the reference; the message names each.
    """
    if failed := list(_failed(notebook)):
        raise UserError(f"{name}: the reference fails its own visible check: {'; '.join(failed)}")


def _failed(notebook: NotebookNode) -> Iterator[str]:
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade"):
            yield from (f"{line} (in {cell.id})" for line in read_verdicts(cell).wrong)


def refuse_other_points(checks: Path, notebook: NotebookNode) -> None:
    """Refuse a notebook whose questions are worth something else than their hidden checks.

    Raises:
        UserError: checks are missing, judge no question, or do not add up to the points.
        GraderFault: the checks cannot be loaded.
    """
    graded = {
        cell.id: cell.metadata.get("nbgrader", {})
        for cell in notebook.cells
        if cell.cell_type == "code"
    }
    points = {
        question_of(ident): float(meta["points"])
        for ident, meta in graded.items()
        if meta.get("grade")
    }
    if points:
        collect(checks, points)


def refuse_other_rubrics(name: str, notebook: NotebookNode) -> None:
    """Refuse a notebook whose written questions are not all of the one form that `core.rubric` has.

    Raises:
        UserError: one deviates; the message says where, what was expected and what came.
    """
    before = ""
    for cell in notebook.cells:
        meta = cell.metadata.get("nbgrader", {})
        if meta.get("grade") and meta.get("solution"):
            read_rubric(cell.source, before, float(meta["points"]), f"{name}, {cell.id}")
        before = cell.source


def refuse_unusable(assignment: Assignment) -> None:
    """Refuse an assignment with known mistakes that cannot be used.

    Raises:
        UserError: a file does not load, or an entry fits no question or function.
    """
    if problems := bank_problems(assignment, load_bank(assignment.mistakes)):
        raise UserError(
            f"{assignment.name}: "
            + "; ".join(f"{where}: {words}" for where, words in problems.items())
        )
