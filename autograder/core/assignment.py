"""An assignment as the grader knows it: the cells of its notebook, its questions, and the reference
to run.
"""

from __future__ import annotations

import ast
import json
import sys
from copy import deepcopy
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

from .course import CHECKS, MISTAKES, Course, make_importable
from .errors import UserError
from .released_texts import ReleasedTexts, released_texts
from .results import Notebook

# the cell that takes functions of earlier assignments; grading runs the given ones in its place
EARLIER = "earlier"


class CellKind(StrEnum):
    """What a cell of the master notebook is for."""

    SOLUTION = "solution"  # the answer of a question, which is code
    CHECK = "check"  # the visible check of a question
    WRITTEN = "written"  # an answer in words, which a person grades
    DEMO = "demo"  # code that only shows something, and is not run
    CODE = "code"
    TEXT = "text"


@dataclass(frozen=True)
class Cell:
    """One cell of the master notebook.

    Attributes:
        id: stable and readable; nbgrader's grade_id where there is one.
        kind: what it is for.
        question: the question's id, for a solution or check cell.
        points: of a check or written cell, else 0.
        release: the cell as students get it.
        source: the master's text, solution included; for the cell `earlier`, the given functions.
    """

    id: str
    kind: CellKind
    question: str
    points: float
    release: dict[str, Any]
    source: str

    @cached_property
    def stub(self) -> str:
        return text_of(self.release)


@dataclass(frozen=True)
class Question:
    """One graded question and its points."""

    id: str
    points: float


@dataclass(frozen=True)
class Assignment:
    """A whole assignment.

    Attributes:
        name: of its folder.
        cells: of its notebook, in order.
        metadata: of its notebook.
        folder: where it lies.
        released: the texts that its cells had in this release and in those before.
    """

    name: str
    cells: tuple[Cell, ...]
    metadata: dict[str, Any]
    folder: Path = Path()
    released: ReleasedTexts = field(default_factory=ReleasedTexts)

    @property
    def checks(self) -> Path:
        return self.folder / CHECKS

    @property
    def mistakes(self) -> Path:
        """The folder of the known mistakes and right variants."""
        return self.folder / MISTAKES

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        return tuple(
            Question(cell.question, cell.points)
            for cell in self.cells
            if cell.kind == CellKind.CHECK
        )

    @cached_property
    def by_id(self) -> dict[str, Cell]:
        return {cell.id: cell for cell in self.cells}

    def functions(self, cell: Cell) -> frozenset[str]:
        """Return the names that a solution cell's stub defines at its top."""
        try:
            body = ast.parse(cell.source).body
        except SyntaxError:
            return frozenset()
        return frozenset(
            node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        )

    def reference_source(self, question: str, extra: str = "") -> dict[str, str]:
        """Return the solution cells of a question, by id; `extra` goes at the end of the last of
        them.
        """
        found = {
            cell.id: cell.source
            for cell in self.cells
            if cell.kind == CellKind.SOLUTION and cell.question == question
        }
        if extra:
            last = list(found)[-1]
            found[last] = f"{found[last].rstrip()}\n\n\n{extra.strip()}\n"
        return found

    def namespace(self, question: str = "", extra: str = "") -> SimpleNamespace:
        """Run the setup and the reference solutions in this process, and give their names.

        Args:
            question: where `extra` is to be added.
            extra: source that replaces some of that question's functions: a known mistake or
                variant.
        """
        changed = self.reference_source(question, extra) if extra else {}
        names: dict[str, Any] = {"__name__": f"reference_{self.name.replace('-', '_')}"}
        for ident, code in self._compiled.items():
            exec(_compile(ident, changed[ident]) if ident in changed else code, names)
        sys.path[:] = dict.fromkeys(sys.path)  # each run of a setup cell puts its folder in front
        return SimpleNamespace(**names)

    @cached_property
    def _compiled(self) -> dict[str, CodeType]:
        return {
            cell.id: _compile(cell.id, cell.source)
            for cell in self.cells
            if cell.kind in (CellKind.SOLUTION, CellKind.CODE)
        }

    def notebook(self, sources: dict[str, str] | None = None) -> Notebook:
        """Return a submission: the release, with the given cells' sources filled in."""
        cells = [
            deepcopy(cell.release) | {"source": (sources or {}).get(cell.id, cell.stub)}
            for cell in self.cells
        ]
        return {
            "cells": cells,
            "metadata": deepcopy(self.metadata),
            "nbformat": 4,
            "nbformat_minor": 5,
        }

    def solved(self, others: dict[str, str] | None = None) -> Notebook:
        """Return a submission with every reference solution in it, but for the cells of which
        others are given, by id.
        """
        solutions = {
            cell.id: cell.source
            for cell in self.cells
            if cell.kind in (CellKind.SOLUTION, CellKind.WRITTEN)
        }
        return self.notebook(solutions | (others or {}))


def question_of(cell_id: str) -> str:
    """Return the question that a cell belongs to by its id: what stands before the first hyphen."""
    return cell_id.partition("-")[0]


def _compile(ident: str, source: str) -> CodeType:
    return compile(source, f"<cell {ident}>", "exec", dont_inherit=True)


def text_of(cell: dict[str, Any]) -> str:
    """Return a cell's source as one string that can be encoded, its lines ended by "\\n", however
    it is stored; what is no text counts as empty.
    """
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    source = source.replace("\r\n", "\n").replace("\r", "\n") if isinstance(source, str) else ""
    return source.encode("utf-8", "replace").decode()


def _kind(cell: dict[str, Any]) -> CellKind:
    meta = cell["metadata"].get("nbgrader", {})
    if meta.get("grade") and meta.get("solution"):
        return CellKind.WRITTEN
    if meta.get("grade"):
        return CellKind.CHECK
    if meta.get("solution"):
        return CellKind.SOLUTION
    if cell["cell_type"] != "code":
        return CellKind.TEXT
    return CellKind.DEMO if "demo" in cell["metadata"].get("tags", []) else CellKind.CODE


def load_assignment(course: Course, name: str) -> Assignment:
    """Read an assignment's source and release notebooks, and make the course's `utils` known to
    this process, which runs the reference.

    Raises:
        UserError: it does not exist, or has not been built.
    """
    course.require(name)
    make_importable(course.utils)
    source, release = (
        _read(path, name) for path in (course.source_notebook(name), course.release_notebook(name))
    )
    if [cell["id"] for cell in source["cells"]] != [cell["id"] for cell in release["cells"]]:
        raise UserError(
            f"source/{name} and release/{name} have different cells; run: autograder build {name}"
        )
    cells = []
    for master, given in zip(source["cells"], release["cells"], strict=True):
        kind = _kind(master)
        question = question_of(master["id"]) if kind in (CellKind.SOLUTION, CellKind.CHECK) else ""
        points = (
            float(master["metadata"].get("nbgrader", {}).get("points", 0))
            if kind in (CellKind.CHECK, CellKind.WRITTEN)
            else 0.0
        )
        text = _given(course, name) if master["id"] == EARLIER else text_of(master)
        cells.append(Cell(master["id"], kind, question, points, given, text))
    known = released_texts(course, name, release["cells"])
    return Assignment(name, tuple(cells), release["metadata"], course.folder(name), known)


def _given(course: Course, name: str) -> str:
    path = course.given(name)
    if not path.is_file():
        raise UserError(
            f"{path.parent.name}/{path.name} has not been built; run: autograder build {name}"
        )
    return path.read_text(encoding="utf-8")


def _read(path: Path, name: str) -> Notebook:
    if not path.is_file():
        raise UserError(
            f"{path.parent.name}/{path.name} has not been built; run: autograder build {name}"
        )
    try:
        notebook: Notebook = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(
            f"{path.parent.name}/{path.name} is no notebook ({error}); run: autograder build {name}"
        ) from error
    return notebook
