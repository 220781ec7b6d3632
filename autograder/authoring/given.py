"""Makes `given.py`: the reference's functions of earlier assignments that a later one builds on.

It ships with the later assignment, so that a hole in an earlier answer does not sink the rest of
the term; grading runs it in place of the cell `earlier`, so that a mistake is paid for once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from ..core.assignment import EARLIER, Cell, CellKind, load_assignment
from ..core.course import Course
from ..core.errors import UserError

_HEAD = (
    '"""The course\'s own answers to earlier questions, for assignments that build on them."""\n\n'
    "import numpy as np\n"
)


def given_source(course: Course, name: str, cell: str, only: frozenset[str] | None = None) -> str:
    """Return the text of `given.py` for the assignment `name`, whose cell `earlier` is `cell`.

    Args:
        only: earlier assignments whose answers may be given; all if None.

    Raises:
        UserError: the cell asks for what is no earlier assignment's answer, or is of another form
            than calls of `earlier`.
    """
    parts = [_HEAD]
    for assignment, names in wanted(name, cell):
        if assignment not in course.assignments() or assignment >= name:
            raise UserError(
                f"{name}: the cell {EARLIER} asks for {assignment!r}, which is no earlier "
                "assignment"
            )
        cells = [
            one
            for one in load_assignment(course, assignment).cells
            if one.kind == CellKind.SOLUTION or _is_helper(one)
        ]
        defined = {word for one in cells for word in _defined(one)}
        if unknown := set(names) - defined:
            raise UserError(
                f"{name}: the cell {EARLIER} asks for {', '.join(sorted(unknown))}, which "
                f"{assignment} does not have"
            )
        if only is not None and assignment not in only:
            continue
        needed = _closure(cells, names)
        parts += [f"# {assignment}\n{_bare(one.source)}" for one in cells if one.id in needed]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def wanted(name: str, cell: str) -> Iterable[tuple[str, Sequence[str]]]:
    """Return the earlier assignments that a cell `earlier` asks for, each with its
    functions' names.
    """
    for node in ast.walk(ast.parse(cell)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "earlier"
        ):
            words = [
                arg.value
                for arg in node.args
                if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
            ]
            if len(words) != len(node.args) or len(words) < 2:
                raise UserError(
                    f'{name}: {ast.unparse(node)}, where earlier("NN-name", "function", …) was '
                    "expected"
                )
            yield words[0], words[1:]


def _is_helper(cell: Cell) -> bool:
    return cell.kind == CellKind.CODE and cell.id not in ("setup", EARLIER)


def _closure(cells: Sequence[Cell], names: Iterable[str]) -> set[str]:
    """Return the cells that define these names, and all that those need."""
    open_, taken = set(names), set[str]()
    while open_:
        found = [cell for cell in cells if cell.id not in taken and _defined(cell) & open_]
        taken |= {cell.id for cell in found}
        open_ = {word for cell in found for word in _used(cell)}
    return taken


def _defined(cell: Cell) -> set[str]:
    found: set[str] = set()
    for node in ast.parse(cell.source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        else:
            found |= {
                inner.id
                for inner in ast.walk(node)
                if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
            }
    return found


def _used(cell: Cell) -> set[str]:
    return {
        node.id
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def _bare(source: str) -> str:
    return "\n".join(
        line
        for line in source.splitlines()
        if line.strip() not in ("### BEGIN SOLUTION", "### END SOLUTION")
    )
