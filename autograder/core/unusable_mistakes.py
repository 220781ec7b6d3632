"""What of an assignment's known mistakes and variants cannot be used, and why."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import get_close_matches

from .assignment import Assignment, CellKind
from .mistakes import Bank, Entry


def bank_problems(assignment: Assignment, bank: Bank) -> dict[str, str]:
    """Return what is wrong, by file ("nesterov.py") or entry ("nesterov.adds_twice")."""
    unloaded = {
        f"{stem}.py": f"the file of known mistakes does not load ({words})"
        for stem, words in bank.unloaded.items()
    }
    wrong = {
        f"{entry.question}.{entry.id}": words
        for entry in bank.entries
        for words in _wrong(assignment, entry)
    }
    return unloaded | dict(bank.unfit) | wrong


def _wrong(assignment: Assignment, entry: Entry) -> Iterator[str]:
    known = [question.id for question in assignment.questions]
    if entry.question not in known:
        yield f"it is of the question {entry.question!r}, expected one of {', '.join(known)}"
        return
    cells = (
        cell
        for cell in assignment.cells
        if cell.kind == CellKind.SOLUTION and cell.question == entry.question
    )
    defined = {name for cell in cells for name in _names(cell.source)}
    # beside one that is there, it may be a helper of the entry's own
    strange = [name for name in entry.replaces if name not in defined]
    alike = [
        name
        for name in strange
        if get_close_matches(name, defined - set(entry.replaces), cutoff=0.8)
    ]
    if wrong := strange if len(strange) == len(entry.replaces) else alike:
        yield (
            f"it replaces {', '.join(wrong)}, expected functions of {entry.question}: "
            f"{', '.join(sorted(defined))}"
        )


def _names(source: str) -> Iterator[str]:
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
