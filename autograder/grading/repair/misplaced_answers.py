"""Finds a written answer that is not in its cell: in cells of its own, in the question's, split,
retyped, or far away.

What is found is put into the answer's cell, which is then no longer as handed out, so that it waits
for a person.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from ...core.assignment import Assignment, Cell, CellKind
from ...core.cell_source import tree
from .cell_matching import MAX_SOURCE, Piece, plain

MAX_PICTURES = 100  # of a cell
_WORDS = re.compile(r"[^\W\d_]{2,}")


def _near(cell: Cell, assignment: Assignment) -> frozenset[str]:
    """Return the cells below which an own cell may be the answer: the question's, the answer's, and
    what is between them.
    """
    order = [one.id for one in assignment.cells]
    at = order.index(cell.id)
    first = next(
        (
            before
            for before in range(at - 1, -1, -1)
            if assignment.cells[before].kind != CellKind.TEXT
        ),
        -1,
    )
    return frozenset(order[max(first, 0) : at + 1])


def is_prose(piece: Piece) -> bool:
    """Whether a piece is for people to read: text, or a code cell of words, comments or strings
    alone.
    """
    if not piece.code:
        return bool(piece.text.strip())
    if len(_WORDS.findall(piece.text)) < 2:
        return False
    found = tree(piece.text)
    if found is None:
        return "def " not in piece.text and len(piece.text) <= MAX_SOURCE
    return all(
        (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant | ast.Name | ast.Tuple))
        or _is_printed(node)
        for node in found.body
    )


def _is_printed(node: ast.stmt) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    return (
        isinstance(call, ast.Call)
        and ast.unparse(call.func) == "print"
        and all(isinstance(one, ast.Constant) for one in call.args)
    )


def put_together(parts: Iterable[Piece], stub: str) -> dict[str, Any]:
    """Return the source and the pictures of a written answer's cell, of the texts that it was found
    in.
    """
    texts: list[str] = []
    pictures: dict[str, dict[str, str]] = {}
    for part in parts:
        text = part.text.strip("\n")
        for name, bundle in attached(part.cell).items():
            kept = name
            while kept in pictures and pictures[kept] != bundle:
                kept = f"2-{kept}"
            pictures[kept] = bundle
            text = (
                text.replace(f"attachment:{name}", f"attachment:{kept}") if kept != name else text
            )
        if plain(text).strip() not in {plain(stub).strip(), *(plain(one).strip() for one in texts)}:
            texts.append(text)
    made: dict[str, Any] = {"source": "\n\n".join(texts)}
    return made | (
        {"attachments": dict(islice(pictures.items(), MAX_PICTURES))} if pictures else {}
    )


def candidates(
    cell: Cell, assignment: Assignment, extras: Mapping[str, Sequence[Piece]], answered: bool
) -> tuple[list[tuple[str, Piece]], list[tuple[str, Piece]]]:
    """Own pieces that may be a part of a written answer, by what they follow: those near it, and
    those elsewhere if there is nothing else.
    """
    near = _near(cell, assignment)
    found = [
        (after, piece) for after, group in extras.items() for piece in group if is_prose(piece)
    ]
    here = [(after, piece) for after, piece in found if after in near]
    return here, [] if answered or here else [one for one in found if one not in here]


def attached(cell: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return the pictures pasted into a Markdown cell: what is given for PNG or JPEG;
    `screening.images` looks whether it is one.
    """
    kept: dict[str, dict[str, str]] = {}
    for name, mime, data in islice(_attached(cell), MAX_PICTURES):
        kept.setdefault(name, {})[mime] = data
    return kept


def _attached(cell: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    attachments = cell.get("attachments")
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        for mime, data in bundle.items() if isinstance(bundle, dict) else ():
            if mime in ("image/png", "image/jpeg") and isinstance(data, str):
                yield name, mime, data.strip().replace("\n", "")
