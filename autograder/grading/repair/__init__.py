"""Rebuilds a submitted notebook around the student's answers, so that no damage to it can reach the
grading.

Locked cells, ids, tags, points and kernel come from the master; the student's answers,
demonstrations and own cells come from the submission. What
was malformed, doubled, divided, missing or edited is repaired and noted: whatever a student changed
runs, or a person sees it. Nothing here raises for bad input.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from textwrap import dedent
from typing import Any

from ...core.assignment import Assignment, Cell, CellKind
from ...core.cell_source import defined, joined
from ...core.results import Finding, FindingKind, Notebook, RepairedNotebook
from .cell_matching import MAX_SOURCE, OWN, Piece, is_broken, joined_parts, pieces, plain, unfenced
from .locked_cells import additions, only_defines, recognised, without_removed
from .misplaced_answers import MAX_PICTURES, attached, candidates, put_together
from .reading import MAX_BRACKETS, MAX_BYTES, MAX_CELLS, MAX_FILE, read_cells

__all__ = [
    "MAX_BRACKETS",
    "MAX_BYTES",
    "MAX_CELLS",
    "MAX_EXTRA",
    "MAX_FILE",
    "MAX_PICTURES",
    "MAX_SOURCE",
    "repair",
]

MAX_EXTRA = 1_000_000  # characters of the student's own cells together
Sorted = dict[str, list[Piece]]


def repair(content: bytes, assignment: Assignment) -> RepairedNotebook:
    """Return the notebook to grade, and what was wrong with the one that was submitted."""
    submitted, trouble, notes = read_cells(content)
    if trouble:
        said = (
            f"The file could not be read as a notebook: {trouble}. No answer could be taken "
            "from it."
        )
        notes.append(Finding(FindingKind.UNREADABLE, "notebook", said, True))
    own = list(without_removed(pieces(submitted, assignment), assignment))
    found = recognised(own, assignment)
    for piece in found:
        if piece.extended:
            said = (
                "A cell that begins in the middle of a function was read as the end of the "
                "cell above it: does it belong there?"
            )
            notes.append(Finding(FindingKind.REPAIRED, piece.claim or "notebook", said, True))
    answers, extras = _sort(found, assignment, notes)
    graded = [
        cell.id
        for cell in assignment.cells
        if cell.kind in (CellKind.SOLUTION, CellKind.CHECK, CellKind.WRITTEN)
    ]
    share = sum(ident in answers for ident in graded) / max(len(graded), 1)
    _adopt(answers, extras, assignment, notes)
    made = {
        cell.id: _rebuilt(cell, answers.get(cell.id, []), notes, bool(submitted))
        for cell in assignment.cells
    }
    for after, added in additions(answers, assignment).items():
        extras[after] = [*added, *extras.get(after, [])]
    for cell in assignment.cells:
        if cell.kind == CellKind.WRITTEN:
            given = answers.get(cell.id, [])
            notes += _gather(cell, made[cell.id], given, extras, assignment)
    _note_halves(extras, notes)
    cells: list[dict[str, Any]] = []
    for cell in assignment.cells:
        cells.append(made[cell.id])
        cells.extend(
            _extra_cell(extra, f"extra-{cell.id}-{number}")
            for number, extra in enumerate(extras.get(cell.id, []))
        )
    notebook: Notebook = {
        "cells": cells,
        "metadata": copy.deepcopy(assignment.metadata),
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return RepairedNotebook(notebook, tuple(dict.fromkeys(notes)), not trouble, share)


def _sort(
    found: Sequence[Piece], assignment: Assignment, notes: list[Finding]
) -> tuple[Sorted, Sorted]:
    """Return the pieces by the master's id, and the student's own by the id of the cell that they
    follow.
    """
    answers: Sorted = {}
    extras: Sorted = {}
    order = {cell.id: position for position, cell in enumerate(assignment.cells)}
    left = MAX_EXTRA
    after, last, moved = "setup" if "setup" in order else assignment.cells[0].id, -1, False
    for piece in found:
        if piece.claim:
            answers.setdefault(piece.claim, []).append(piece)
            moved = moved or order[piece.claim] < last
            after, last = piece.claim, order[piece.claim]
        elif text := piece.text.strip():
            left -= min(len(text), MAX_SOURCE)
            if left >= 0:
                extras.setdefault(after, []).append(piece)
    if moved:
        notes.append(
            Finding(
                FindingKind.REPAIRED,
                "notebook",
                "Cells stood in another order than in the assignment; they were put back.",
            )
        )
    if left < 0:
        said = (
            f"Its own cells hold {MAX_EXTRA - left} characters, where at most {MAX_EXTRA} "
            "were expected; the last ones were left out."
        )
        notes.append(Finding(FindingKind.REPAIRED, "notebook", said, True))
    return answers, extras


def _adopt(answers: Sorted, extras: Sorted, assignment: Assignment, notes: list[Finding]) -> None:
    """Where an answer's cell is missing, as handed out or a part of it, finds the rest by the
    functions that it defines.
    """
    own = [piece for group in extras.values() for piece in group if len(piece.text) <= MAX_SOURCE]
    solutions = [cell for cell in assignment.cells if cell.kind == CellKind.SOLUTION]
    lacking = {cell.id for cell in solutions if not _changed(cell, answers.get(cell.id, []))}
    if not own:
        return
    names = {id(piece): defined(unfenced(piece.text)) for piece in own}
    elsewhere = frozenset(
        name
        for group in answers.values()
        for piece in group
        if piece.code
        for name in defined(piece.text)
    )
    running = elsewhere | frozenset(
        name for piece in own if piece.code for name in names[id(piece)]
    )
    broken = bool(lacking) and any(piece.code and is_broken(piece.text) for piece in own)
    for cell in solutions:
        wanted = assignment.functions(cell) - elsewhere
        taken = (
            [piece for piece in own if piece.code and wanted & names[id(piece)]]
            if cell.id in lacking
            else []
        )
        if cell.id in answers and not all(only_defines(piece.text) for piece in taken):
            taken = []  # it runs where it stands
        # What was put aside as text counts only where nothing that runs defines the same.
        taken += [
            piece for piece in own if not piece.code and (wanted - running) & names[id(piece)]
        ]
        if taken:
            for group in extras.values():
                group[:] = [piece for piece in group if not any(piece is one for one in taken)]
            own = [piece for piece in own if not any(piece is one for one in taken)]
            made = [Piece(unfenced(piece.text), piece.code, cell.id, piece.cell) for piece in taken]
            answers[cell.id] = [
                *(answers.get(cell.id, []) if cell.id not in lacking else []),
                *made,
            ]
            said = (
                f"The answer to {cell.id} was not in its cell; it was found by the functions "
                "that it defines."
            )
            notes.append(
                Finding(FindingKind.REPAIRED, cell.id, said, len(taken) > 1 or not taken[0].code)
            )
        elif broken and cell.id not in answers:
            said = (
                f"The cell {cell.id} is missing, and the notebook holds code that is no "
                "Python: is the answer in it?"
            )
            notes.append(Finding(FindingKind.REPAIRED, cell.id, said, True))


def _note_halves(extras: Sorted, notes: list[Finding]) -> None:
    """Tells staff of own cells that begin in the middle of a function: halves of answers whose
    other half is not beside them.
    """
    for after, group in extras.items():
        for piece in group:
            first = piece.text.strip("\n").split("\n", 1)[0]
            half = (
                is_broken(piece.text)
                if piece.code
                else first[:4].isspace() and not is_broken(dedent(piece.text))
            )
            if half and first[:1].isspace() and first.strip():
                said = (
                    f"The cell below {after} begins with {first.strip()[:60]!r} in the middle "
                    "of a function: is it a part of an answer?"
                )
                notes.append(Finding(FindingKind.REPAIRED, "notebook", said, True))


def _changed(cell: Cell, given: Sequence[Piece]) -> list[Piece]:
    stub = plain(cell.stub).strip()
    return [piece for piece in given if plain(piece.text).strip() not in ("", stub)]


def _rebuilt(
    cell: Cell, given: Sequence[Piece], notes: list[Finding], readable: bool
) -> dict[str, Any]:
    made = {name: copy.deepcopy(cell.release[name]) for name in cell.release if name != "outputs"}
    made["source"] = cell.stub
    code = made["cell_type"] == "code"
    if code:
        made["outputs"], made["execution_count"] = [], None
    changed = _changed(cell, given)
    if not given:
        if readable and cell.kind in (
            CellKind.SOLUTION,
            CellKind.WRITTEN,
            CellKind.CHECK,
            CellKind.CODE,
        ):
            notes.append(
                Finding(
                    FindingKind.REPAIRED,
                    cell.id,
                    f"The cell {cell.id} was missing; it was put back as it was handed out.",
                )
            )
        return made
    if cell.kind not in OWN:
        if len(given) > 1 and not changed:
            notes.append(
                Finding(
                    FindingKind.REPAIRED,
                    cell.id,
                    f"The cell {cell.id} was there {len(given)} times; one was kept.",
                )
            )
        if changed and cell.kind in (CellKind.CHECK, CellKind.CODE):
            said = f"The cell {cell.id} had been edited; it was put back as it was handed out."
            notes.append(
                Finding(
                    FindingKind.REPAIRED, cell.id, f"{said} {_difference(cell, changed[-1])}", True
                )
            )
        return made
    parts = joined_parts([piece for piece in changed if len(piece.text) <= MAX_SOURCE])
    if len(given) > 1:
        ran = (
            f"{len(parts)} changed ones count, one after the other"
            if len(parts) > 1
            else "the one that was filled in counts"
        )
        notes.append(
            Finding(
                FindingKind.REPAIRED,
                cell.id,
                f"The cell {cell.id} was there {len(given)} times; {ran}.",
                len(parts) > 1,
            )
        )
    if any(piece.code != code for piece in parts):
        said = (
            f"The cell {cell.id} had become another type of cell; it was read as "
            f"{made['cell_type']} again."
        )
        notes.append(Finding(FindingKind.REPAIRED, cell.id, said, len(parts) > 1))
    for piece in changed:
        if len(piece.text) > MAX_SOURCE:
            said = (
                f"The cell {cell.id} has {len(piece.text)} characters, where at most "
                f"{MAX_SOURCE} were expected; it was left out."
            )
            notes.append(Finding(FindingKind.REPAIRED, cell.id, said, True))
    if not parts:
        made["source"] = "" if _emptied(given) else cell.stub
    elif not code:
        made.update(put_together(parts, cell.stub))
    else:
        made["source"] = (
            joined([piece.text for piece in parts]) if len(parts) > 1 else parts[0].text
        )
    return made


def _emptied(given: Sequence[Piece]) -> bool:
    return not any(piece.text.strip() for piece in given)


def _difference(cell: Cell, piece: Piece) -> str:
    known = {line.strip() for line in cell.stub.split("\n")}
    lines = [
        line.strip()
        for line in piece.text[:MAX_SOURCE].split("\n")
        if line.strip() and line.strip() not in known
    ]
    return (
        "Not in it as handed out: "
        f"{lines[0][:80]}{f' (and {len(lines) - 1} more lines)' if lines[1:] else ''}"
        if lines
        else "Lines were deleted."
    )


def _gather(
    cell: Cell,
    made: dict[str, Any],
    given: Sequence[Piece],
    extras: Sorted,
    assignment: Assignment,
) -> list[Finding]:
    """Put what was written for an answer elsewhere into its cell, and return what is said of it."""
    changed = _changed(cell, given)
    near, far = candidates(cell, assignment, extras, bool(changed))
    if not near and not far:
        return []
    before = [piece for after, piece in near if after != cell.id]
    behind = [piece for after, piece in near if after == cell.id]
    together = put_together([*before, *changed, *behind, *(piece for _, piece in far)], cell.stub)
    if len(together["source"]) > MAX_SOURCE:
        finding = Finding(
            FindingKind.REPAIRED,
            cell.id,
            f"What was written near the cell {cell.id} is too long for it; it stands below.",
            True,
        )
        made["source"] = made["source"] if changed else together["source"][:MAX_SOURCE]
        return [finding]
    made.pop("attachments", None)
    made.update(together)
    for after, piece in near:
        extras[after] = [
            one
            for one in extras[after]
            if one is not piece or (piece.code and not is_broken(piece.text))
        ]
    where = (
        "near its cell"
        if near
        else f"elsewhere ({', '.join(dict.fromkeys(f'below {after}' for after, _ in far[:5]))})"
    )
    said = (
        f"The answer {cell.id}, or a part of it, was found {where}; it was put into its cell, "
        "for a person to read."
    )
    return [Finding(FindingKind.REPAIRED, cell.id, said, True)]


def _extra_cell(piece: Piece, ident: str) -> dict[str, Any]:
    kind = "code" if piece.code else "markdown"
    made: dict[str, Any] = {
        "cell_type": kind,
        "id": ident[:64],
        "metadata": {},
        "source": piece.text[:MAX_SOURCE],
    }
    if kind == "code":
        return made | {"outputs": [], "execution_count": None}
    pictures = attached(piece.cell)
    return made | ({"attachments": pictures} if pictures else {})
