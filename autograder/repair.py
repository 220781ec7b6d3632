"""Rebuilds a submitted notebook around the student's answers, so that no damage to it can reach the grading.

Locked cells, ids, tags, points and kernel come from the master; the student's answers, demonstrations and own cells come
from the submission. What was damaged, doubled, missing or edited is mended and noted. Nothing here raises for bad input.
"""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from .assignment import Assignment, Cell, text_of
from .records import Finding, Notebook, Repaired

MAX_BYTES = 20 << 20
MAX_CELLS = 500
MAX_SOURCE = 200_000
MAX_EXTRA = 1_000_000  # characters of the student's own cells together
MAX_BRACKETS = 2_000_000  # that open in a file: a list or dict takes fifty times as much memory as its two characters
MAX_PICTURES = 100  # of a cell
_OWN = ("solution", "written", "demo")  # kinds of cell whose text is the student's


def repair(content: bytes, assignment: Assignment) -> Repaired:
    """The notebook to grade, and what was wrong with the one that was handed in."""
    notes: list[Finding] = []
    submitted, trouble = _read_cells(content)
    if trouble:
        notes.append(
            Finding(
                "unreadable", "notebook", f"The file could not be read as a notebook: {trouble}. No answer could be taken from it.", True
            )
        )
    answers, extras = _sort(submitted, assignment, notes)
    _adopt_by_function(answers, extras, assignment, notes)
    cells: list[dict[str, Any]] = []
    for cell in assignment.cells:
        cells.append(_rebuilt(cell, answers.get(cell.id, []), notes, bool(submitted)))
        cells.extend(_extra_cell(extra, f"extra-{cell.id}-{number}") for number, extra in enumerate(extras.get(cell.id, [])))
    notebook: Notebook = {"cells": cells, "metadata": copy.deepcopy(assignment.metadata), "nbformat": 4, "nbformat_minor": 5}
    return Repaired(notebook, tuple(notes), not trouble)


def _read_cells(content: bytes) -> tuple[list[dict[str, Any]], str]:
    if not content.strip():
        return [], "it is empty"
    if len(content) > MAX_BYTES:
        return [], f"it has {len(content) / 2**20:.1f} MB, where at most {MAX_BYTES >> 20} MB were expected"
    if content.count(b"{") + content.count(b"[") > MAX_BRACKETS:
        return [], f"it has more than {MAX_BRACKETS} brackets, which are more than can be read"
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        detail = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else type(error).__name__
        return [], f"it is not JSON ({detail})"
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if cells is None and isinstance(notebook, dict) and isinstance(notebook.get("worksheets"), list):  # nbformat 3
        cells = [cell for sheet in notebook["worksheets"] if isinstance(sheet, dict) for cell in _list(sheet.get("cells"))]
    if not isinstance(cells, list):
        return [], "it has no list of cells"
    readable = [cell for cell in cells[:MAX_CELLS] if isinstance(cell, dict)]
    return readable, "" if readable else "it has no cells"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _claimed_id(cell: dict[str, Any]) -> str:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    claimed = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    claimed = claimed or cell.get("id")
    return claimed if isinstance(claimed, str) else ""


def _sort(
    submitted: list[dict[str, Any]], assignment: Assignment, notes: list[Finding]
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, list[dict[str, Any]]]]:
    """The submitted cells by the master's id, and the student's own by the id of the cell they follow."""
    answers: dict[str, list[dict[str, Any]]] = {}
    extras: dict[str, list[dict[str, Any]]] = {}
    order = {cell.id: position for position, cell in enumerate(assignment.cells)}
    left = MAX_EXTRA
    after, last, moved = "setup" if "setup" in order else assignment.cells[0].id, -1, False
    by_text = {cell.stub.strip(): cell.id for cell in assignment.cells}
    for cell in submitted:
        claimed = _claimed_id(cell)
        if claimed not in order:  # some tools strip all metadata: what is as it was handed out is known by its text
            claimed = by_text.get(text_of(cell).strip(), "")
        if claimed in order:
            answers.setdefault(claimed, []).append(cell)
            moved = moved or order[claimed] < last
            after, last = claimed, order[claimed]
        elif text := text_of(cell).strip():
            left -= min(len(text), MAX_SOURCE)
            if left >= 0:
                extras.setdefault(after, []).append(cell)
    if moved:
        notes.append(Finding("repaired", "notebook", "Cells stood in another order than in the assignment; they were put back."))
    if left < 0:
        said = f"Its own cells hold {MAX_EXTRA - left} characters, where at most {MAX_EXTRA} were expected; the last ones were left out."
        notes.append(Finding("repaired", "notebook", said, True))
    return answers, extras


def _adopt_by_function(
    answers: dict[str, list[dict[str, Any]]], extras: dict[str, list[dict[str, Any]]], assignment: Assignment, notes: list[Finding]
) -> None:
    """Where an answer's cell has lost its id, finds it by the functions that it defines."""
    missing = [cell for cell in assignment.cells if cell.kind == "solution" and cell.id not in answers]
    defined = {id(extra): _defined(text_of(extra)) for group in extras.values() for extra in group} if missing else {}
    for cell in missing:
        wanted = assignment.functions(cell)
        for group in extras.values():
            for extra in list(group):
                if cell.id not in answers and wanted & defined[id(extra)]:
                    group.remove(extra)
                    answers[cell.id] = [extra]
                    notes.append(
                        Finding("repaired", cell.id, f"The cell {cell.id} had lost its id; it was found by the functions it defines.")
                    )


def _defined(source: str) -> frozenset[str]:
    if len(source) > MAX_SOURCE:
        return frozenset()
    try:
        return frozenset(node.name for node in ast.parse(source).body if isinstance(node, (ast.FunctionDef, ast.ClassDef)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()


def _rebuilt(cell: Cell, given: list[dict[str, Any]], notes: list[Finding], readable: bool) -> dict[str, Any]:
    made = copy.deepcopy(cell.release)
    made["source"] = cell.stub
    if made["cell_type"] == "code":
        made["outputs"], made["execution_count"] = [], None
    if not given:
        if readable and cell.kind in (*_OWN, "check", "code") and cell.kind != "demo":
            notes.append(Finding("repaired", cell.id, f"The cell {cell.id} was missing; it was put back as it was handed out."))
        return made
    if len(given) > 1:
        notes.append(Finding("repaired", cell.id, f"The cell {cell.id} was there {len(given)} times; {_chosen_words(cell)}."))
    if cell.kind not in _OWN:
        if cell.kind in ("check", "code") and any(text_of(one).strip() != cell.stub.strip() for one in given):
            notes.append(Finding("repaired", cell.id, f"The cell {cell.id} had been edited; it was put back as it was handed out."))
        return made
    chosen = next((one for one in reversed(given) if text_of(one).strip() != cell.stub.strip()), given[-1])
    if chosen.get("cell_type") != made["cell_type"]:
        notes.append(
            Finding("repaired", cell.id, f"The cell {cell.id} had become another type of cell; it was read as {made['cell_type']} again.")
        )
    source = text_of(chosen)
    if len(source) > MAX_SOURCE:
        notes.append(
            Finding(
                "repaired",
                cell.id,
                f"The cell {cell.id} has {len(source)} characters, where at most {MAX_SOURCE} were expected; it was left out.",
                True,
            )
        )
        return made
    made["source"] = source
    if made["cell_type"] == "markdown":
        made.update(_pictures(chosen))
    return made


def _chosen_words(cell: Cell) -> str:
    return "the last one that was filled in counts" if cell.kind in _OWN else "one was kept"


def _extra_cell(cell: dict[str, Any], ident: str) -> dict[str, Any]:
    kind = "code" if cell.get("cell_type") == "code" else "markdown"
    made: dict[str, Any] = {"cell_type": kind, "id": ident[:64], "metadata": {}, "source": text_of(cell)[:MAX_SOURCE]}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else _pictures(cell))


def _pictures(cell: dict[str, Any]) -> dict[str, Any]:
    """The pictures pasted into a Markdown cell: what is given for PNG or JPEG; `bitmaps` looks whether it is one."""
    kept: dict[str, dict[str, str]] = {}
    for name, mime, data in islice(_attached(cell), MAX_PICTURES):
        kept.setdefault(name, {})[mime] = data
    return {"attachments": kept} if kept else {}


def _attached(cell: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    attachments = cell.get("attachments")
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        for mime, data in bundle.items() if isinstance(bundle, dict) else ():
            if mime in ("image/png", "image/jpeg") and isinstance(data, str):
                yield name, mime, data.strip().replace("\n", "")
