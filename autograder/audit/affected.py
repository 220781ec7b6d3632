"""Which questions an answer can touch: those that use what it replaces, directly or through other
functions of the notebook.

A question that it cannot touch is not graded again: it keeps what the reference got, and its
visible check is not run.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..core.assignment import Assignment, CellKind
from ..core.mistakes import Entry
from ..core.results import QuestionResult, Submission

_WORD = re.compile(r"[^\W\d]\w*")


def affected(assignment: Assignment, entry: Entry) -> frozenset[str]:
    """Return the entry's question, and every other whose functions or hidden checks name what it
    changes.

    Args:
        assignment: the reference.
        entry: a known mistake or a right variant.
    """
    changed = {*entry.replaces, *_defined(entry.source)}
    found = {entry.question}
    left = [cell for cell in assignment.cells if cell.kind in (CellKind.SOLUTION, CellKind.CODE)]
    while touched := [cell for cell in left if changed & _words(cell.source)]:
        for cell in touched:
            left.remove(cell)
            changed |= _defined(cell.source) if cell.question != entry.question else set()
            found |= {cell.question} - {""}
    named = {
        question.id
        for question in assignment.questions
        if changed & _in_checks(assignment.checks, question.id)
    }
    return frozenset(found | named)


def answered(
    assignment: Assignment, student: str, entry: Entry, right: Sequence[QuestionResult]
) -> Submission:
    """Return the reference with one answer replaced, to be graded where that can make a difference.

    Args:
        assignment: the reference.
        student: whose it is said to be.
        entry: what is put in place of the reference's own answer.
        right: what the reference got.
    """
    notebook = assignment.solved(assignment.reference_source(entry.question, entry.source))
    touched = affected(assignment, entry)
    known = tuple(question for question in right if question.id not in touched)
    unrun = frozenset(
        cell.id
        for cell in assignment.cells
        if cell.kind == CellKind.CHECK and cell.question not in touched
    )
    return Submission(student, json.dumps(notebook).encode(), known, unrun=unrun)


def _in_checks(folder: Path, question: str) -> frozenset[str]:
    """Return the words of a question's checks, and of whatever other modules lie beside them."""
    own = [
        path
        for path in folder.glob("*.py")
        if path.stem == f"test_{question}" or not path.stem.startswith("test_")
    ]
    return frozenset(word for path in own for word in _words(path.read_text(encoding="utf-8")))


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text))


def _defined(source: str) -> set[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    return {name for statement in tree.body for name in _names(statement)}


def _names(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        yield statement.name
    for node in (
        ast.walk(statement)
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign))
        else ()
    ):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
