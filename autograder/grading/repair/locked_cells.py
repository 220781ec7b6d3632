"""Finds what a student wrote into cells that grading puts back as they were handed out: it becomes
a cell of their own below.

The course may have changed a cell's text since the hand-out: a former text is not the student's.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from ...core.assignment import Assignment, Cell, CellKind
from ...core.cell_source import defined, tree
from ...core.released_texts import ReleasedTexts, version_of
from .cell_matching import MAX_SOURCE, Piece, claimed_id, joined_parts, plain

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


def without_removed(pieces: Sequence[Piece], assignment: Assignment) -> Iterator[Piece]:
    """Yield the pieces; of text without a cell of the assignment, what its own cell did not have in
    a former release.
    """
    known = assignment.released
    for piece in pieces:
        ident = "" if piece.code or piece.claim else claimed_id(piece.cell)
        if ident not in known.versions or len(piece.text) > MAX_SOURCE:
            yield piece
        elif (text := added_lines(ident, piece.text, known)) or piece.cell.get("attachments"):
            yield replace(piece, text=text)


def added_text(cell: Cell, text: str, released: ReleasedTexts) -> str:
    """Return the lines of a text cell that are not as handed out, now or in a former release."""
    if len(text) > MAX_SOURCE:
        return text
    known, lines = plain(cell.stub).split("\n"), plain(text).split("\n")
    added = _without_former(_added(known, lines, lines), released)
    # only broken into other lines
    if "".join(added.split()) in "".join(cell.stub.split()):
        return ""
    return min(added, added_lines(cell.id, text, released), key=len)


def added_lines(ident: str, text: str, released: ReleasedTexts) -> str:
    """Return the lines of a text that the release nearest to it does not have in a cell."""
    lines = plain(text).split("\n")
    return _without_former(_added(released.nearest(ident, text), version_of(text), lines), released)


def _added(known: Sequence[str], found: Sequence[str], lines: Sequence[str]) -> list[str]:
    """Return the lines that are added to what is known; `found` is what is compared of each."""
    blocks = (
        SequenceMatcher(None, known, found, autojunk=False).get_opcodes()
        if len(lines) < 2000
        else [("replace", 0, 0, 0, len(lines))]
    )
    return [
        line
        for kind, _, _, start, end in blocks
        if kind in ("insert", "replace")
        for line in lines[start:end]
    ]


def _without_former(lines: Sequence[str], released: ReleasedTexts) -> str:
    return "\n".join(line for line in lines if not released.is_former(line)).strip("\n")


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
                text = (
                    added_code(cell, piece.text)
                    if code
                    else added_text(cell, piece.text, assignment.released)
                )
                if text.strip() or (not code and piece.cell.get("attachments")):
                    made.setdefault(cell.id, []).append(
                        Piece(text, code, "", {} if code else piece.cell)
                    )
    return made
