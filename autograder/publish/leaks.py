"""Recognise right answers in what is handed out, whatever file they are in and whatever they are
called.

Two ways: a function takes the same steps as the reference or a right variant does, names and layout
aside; or a function has the name that a question asks for, and earns the question's marks when it
is put in.
"""

from __future__ import annotations

import ast
import contextlib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..audit.checks_alone import try_answers
from ..core.assignment import Assignment, Cell, CellKind, load_assignment
from ..core.course import Course
from ..core.mistakes import load_bank
from ..similarity.tokens import runs
from .code import Code

ALIKE = 0.8  # of a reference's runs of steps, found in another function: the same answer
LEAST_RUNS = 12  # shorter functions are alike by chance
EARNED = 0.5  # of a question's points: the answer is as good as given
SEED = 20261129  # of the hidden inputs that functions are tried with


@dataclass(frozen=True)
class Leak:
    """A right answer to something that is not due yet, in what is to be handed out."""

    where: str
    function: str
    assignment: str
    question: str

    def __str__(self) -> str:
        return f"{self.where}: {self.function} answers {self.question} of {self.assignment}"


@dataclass(frozen=True)
class _Known:
    """A right answer's steps."""

    question: str
    runs: frozenset[str]


def find_leaks(course: Course, names: Sequence[str], pieces: Iterable[Code]) -> list[Leak]:
    """Return the right answers to these assignments that the pieces of code hold.

    Args:
        course: where the assignments lie.
        names: the assignments that are not due yet.
        pieces: all code that is to be handed out.
    """
    given = [piece for piece in pieces if piece.source.strip()]
    found: list[Leak] = []
    for name in names:
        assignment = load_assignment(course, name)
        alike = list(_alike(assignment, list(_known(assignment)), given))
        seen = {(leak.where, leak.function) for leak in alike}
        found += [
            *alike,
            *(
                leak
                for leak in _working(course, assignment, given)
                if (leak.where, leak.function) not in seen
            ),
        ]
    return found


def _known(assignment: Assignment) -> Iterator[_Known]:
    sources = [
        (cell.question, cell.source) for cell in assignment.cells if cell.kind == CellKind.SOLUTION
    ]
    sources += [
        (entry.question, entry.source)
        for entry in load_bank(assignment.mistakes).entries
        if entry.right
    ]
    for question, source in sources:
        for function in Code("", source).functions():
            taken = frozenset(_runs(function))
            if len(taken) >= LEAST_RUNS:
                yield _Known(question, taken)


def _alike(
    assignment: Assignment, known: Sequence[_Known], pieces: Iterable[Code]
) -> Iterator[Leak]:
    for piece in pieces:
        for function in piece.functions():
            taken = frozenset(_runs(function))
            for answer in known:
                if len(taken & answer.runs) >= ALIKE * len(answer.runs):
                    yield Leak(piece.where, function.name, assignment.name, answer.question)
                    break


def _runs(function: ast.FunctionDef) -> Iterator[str]:
    """Return the function's runs of steps, without its docstring and its own name."""
    body = (
        function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    )
    bare = ast.FunctionDef("f", function.args, body or [ast.Pass()], [], None)
    return (run.text for run in runs(ast.unparse(ast.fix_missing_locations(bare)), frozenset()))


def _working(course: Course, assignment: Assignment, pieces: Iterable[Code]) -> Iterator[Leak]:
    asked = {
        name: cell
        for cell in assignment.cells
        if cell.kind == CellKind.SOLUTION
        for name in assignment.functions(cell)
    }
    for piece in pieces:
        named = {
            function.name: asked[function.name]
            for function in piece.functions()
            if function.name in asked
        }
        for question in dict.fromkeys(cell.question for cell in named.values()):
            if _earned(course, assignment, question, piece) > EARNED:
                function = next(name for name, cell in named.items() if cell.question == question)
                yield Leak(piece.where, function, assignment.name, question)


def _earned(course: Course, assignment: Assignment, question: str, piece: Code) -> float:
    """Return the share of a question's points that a piece of code earns, pasted below the
    untouched stubs.
    """
    cells = [
        cell
        for cell in assignment.cells
        if cell.kind == CellKind.SOLUTION and cell.question == question
    ]
    answer = {cell.id: cell.stub for cell in cells}
    answer[cells[-1].id] += "\n\n" + _pasted(piece.source)
    with contextlib.redirect_stdout(io.StringIO()):  # what a pasted cell prints is of no concern
        (results,) = try_answers(
            course, assignment.name, [answer], SEED, frozenset({question}), inside=False
        )
    mine = [result for result in results if result.spec.question == question]
    worth = sum(result.spec.points for result in mine)
    return sum(result.score for result in mine) / worth if worth else 0.0


def _pasted(source: str) -> str:
    return "\n".join(line for line in source.splitlines() if not line.startswith("from __future__"))


def unfinished_regions(cells: Iterable[Cell]) -> list[str]:
    """Return the ids of released cells that still hold what marks a solution."""
    words = (
        "BEGIN SOLUTION",
        "END SOLUTION",
        "BEGIN HIDDEN",
        "Model answer",
        "Rubric",
        "Weak answer",
        "Average answer",
    )
    return [cell.id for cell in cells if any(word.lower() in cell.stub.lower() for word in words)]
