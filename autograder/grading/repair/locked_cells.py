"""Finds what a student wrote into cells that grading puts back as they were handed out: it becomes
a cell of their own below.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from ...core.assignment import Assignment, Cell, CellKind
from ...core.cell_source import defined, tree
from .cell_matching import MAX_SOURCE, Piece, joined_parts, plain

ALIKE = 0.5  # of a cell's lines, by which it is known though it was edited and has lost its id
_BINDING = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def recognised(pieces: Sequence[Piece], assignment: Assignment) -> list[Piece]:
    """Return the pieces, where one without an id that is mostly a missing cell of the assignment
    belongs to that cell.
    """
    there = {piece.claim for piece in pieces}
    missing = {
        cell.id: _lines(cell.stub)
        for cell in assignment.cells
        if cell.id not in there and cell.kind not in (CellKind.SOLUTION, CellKind.WRITTEN)
    }
    made: list[Piece] = []
    for piece in pieces:
        if (
            not piece.claim
            and missing
            and piece.cell
            and len(piece.text) <= MAX_SOURCE
            and not defined(piece.text)
        ):
            lines = _lines(piece.text)
            shared = {
                ident: len(lines & known) / max(len(known), 1)
                for ident, known in missing.items()
                if len(known) > 1
            }
            best = max(shared, key=lambda ident: shared[ident], default="")
            if best and shared[best] >= ALIKE:
                piece = Piece(piece.text, piece.code, best, piece.cell)
                del missing[best]
        made.append(piece)
    return made


def _lines(text: str) -> frozenset[str]:
    return frozenset(line.strip() for line in text.split("\n") if line.strip())


def added_text(cell: Cell, text: str) -> str:
    """Return the lines of a text cell that are not as handed out."""
    if len(text) > MAX_SOURCE:
        return text
    known, lines = plain(cell.stub).split("\n"), plain(text).split("\n")
    blocks = (
        SequenceMatcher(None, known, lines, autojunk=False).get_opcodes()
        if len(lines) < 2000
        else [("replace", 0, 0, 0, len(lines))]
    )
    added = "\n".join(
        "\n".join(lines[start:end])
        for kind, _, _, start, end in blocks
        if kind in ("insert", "replace")
    )
    # only broken into other lines
    return "" if "".join(added.split()) in "".join(cell.stub.split()) else added.strip("\n")


def added_code(cell: Cell, text: str) -> str:
    """Return what an edited cell newly defines: imports, functions, classes and plain values whose
    names the cell itself does not bind.
    """
    known, found = tree(cell.stub), tree(text)
    if known is None or found is None:
        return ""
    bound, dumps = (
        {name for node in known.body for name in _bound(node)},
        {ast.dump(node) for node in known.body},
    )
    return "\n\n".join(
        ast.get_source_segment(text, node) or ""
        for node in found.body
        if ast.dump(node) not in dumps
        and (names := set(_bound(node)))
        and not names & bound
        and _is_plain(node)
    )


def _is_plain(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return isinstance(node.value, ast.Lambda) or not any(
            isinstance(part, ast.Call) for part in ast.walk(node)
        )
    return isinstance(node, _BINDING)


def only_defines(text: str) -> bool:
    """Whether code only imports and defines, so that it may stand elsewhere."""
    found = tree(text)
    return found is not None and all(
        _is_plain(node) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in found.body
    )


def _bound(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    else:
        yield from (
            part.id
            for part in ast.walk(node)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        )


def additions(
    answers: Mapping[str, Sequence[Piece]], assignment: Assignment
) -> dict[str, list[Piece]]:
    """Return what was written into cells that are not the student's, and into demonstrations what
    the notebook's code may need, by cell.
    """
    made: dict[str, list[Piece]] = {}
    for cell in assignment.cells:
        if cell.kind in (CellKind.SOLUTION, CellKind.WRITTEN):
            continue
        code = cell.release["cell_type"] == "code"
        edited = [
            piece for piece in answers.get(cell.id, ()) if plain(piece.text) != plain(cell.stub)
        ]
        for piece in joined_parts(edited) if code else edited:
            if plain(piece.text) != plain(cell.stub):
                text = added_code(cell, piece.text) if code else added_text(cell, piece.text)
                if text.strip() or (not code and piece.cell.get("attachments")):
                    made.setdefault(cell.id, []).append(
                        Piece(text, code, "", {} if code else piece.cell)
                    )
    return made
