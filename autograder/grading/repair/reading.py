"""Reads a file's bytes as the cells of a notebook, in whatever form an editor left them. Nothing
here raises for bad input.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ...core.assignment import text_of
from ...core.cell_source import tree
from ...core.results import Finding, FindingKind

MAX_FILE = 100 << 20  # bytes of a file, outputs included
MAX_BYTES = 20 << 20  # characters of what is left without them
MAX_CELLS = 10_000
# that open in a file: a list or dict takes fifty times as much memory as its two characters
MAX_BRACKETS = 2_000_000
# never looks twice at what it read
_COMMA = re.compile(r'("(?:[^"\\]++|\\.)*+"?)|,(?=\s*+[}\]])', re.DOTALL)
_TOO_MANY = re.compile(r",\s*+[}\]]")
MOST_CONFLICTS = 1_000  # that are looked for in a file
# ours, where both came from, theirs, and the end
_MARKERS = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
_OTHER = (
    (b"%PDF", "it is a PDF"),
    (b"PK\x03\x04", "it is a zip, or an office document"),
    (b"<!", "it is a web page"),
    (b"<h", "it is a web page"),
    (b"<?", "it is XML"),
)


def read_cells(content: bytes) -> tuple[list[dict[str, Any]], str, list[Finding]]:
    """Return the cells of a file without their outputs, why there are none, and what had to be done
    to read them.
    """
    if not content.strip():
        return [], "it is empty", []
    if len(content) > MAX_FILE:
        return (
            [],
            f"it has {len(content) / 2**20:.1f} MB, where at most {MAX_FILE >> 20} MB "
            "were expected",
            [],
        )
    if content.count(b"{") + content.count(b"[") > MAX_BRACKETS:
        return [], f"it has more than {MAX_BRACKETS} brackets, which are more than can be read", []
    notes: list[Finding] = []
    notebook, trouble = _parsed(_decoded(content, notes), notes)
    if trouble:
        kinds = [kind for start, kind in _OTHER if content.lstrip()[:8].startswith(start)]
        return [], kinds[0] if kinds else trouble, notes
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    # nbformat 3
    if (
        cells is None
        and isinstance(notebook, dict)
        and isinstance(notebook.get("worksheets"), list)
    ):
        cells = [
            cell
            for sheet in notebook["worksheets"]
            if isinstance(sheet, dict)
            for cell in _list(sheet.get("cells"))
        ]
    if not isinstance(cells, list):
        return [], "it has no list of cells", notes
    readable = [_without_conflict(cell, notes) for cell in cells if isinstance(cell, dict)]
    if len(readable) > MAX_CELLS:
        said = (
            f"The notebook has {len(readable)} cells, where at most {MAX_CELLS} were "
            "expected; the last ones were left out."
        )
        notes.append(Finding(FindingKind.REPAIRED, "notebook", said, True))
    for cell in readable:
        cell.pop("outputs", None)
    size = sum(len(repr(cell.get("attachments", ""))) + len(text_of(cell)) for cell in readable)
    if size > MAX_BYTES:
        return (
            [],
            f"it has {size / 2**20:.1f} MB besides its outputs, where at most "
            f"{MAX_BYTES >> 20} MB were expected",
            notes,
        )
    return readable[:MAX_CELLS], "" if readable else "it has no cells", notes


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _decoded(content: bytes, notes: list[Finding]) -> str:
    try:
        return content.decode(json.detect_encoding(content)).lstrip("\ufeff")
    except UnicodeDecodeError:
        said = (
            "The file is not in UTF-8; it was read as Windows-1252, so that letters beyond A "
            "to Z may be others than were written."
        )
        notes.append(Finding(FindingKind.REPAIRED, "notebook", said, True))
        return content.decode("cp1252", "replace")


def _parsed(text: str, notes: list[Finding]) -> tuple[Any, str]:
    """Return the value that the text holds as JSON, commas too many and a merge's conflicts
    aside.
    """
    try:
        return json.loads(text), ""
    except (ValueError, RecursionError) as error:
        trouble = _described(error, text)
    for said, made in _repairs(text):
        if made != text:
            with suppress(ValueError, RecursionError):
                found = json.loads(made)
                notes.append(Finding(FindingKind.REPAIRED, "notebook", said, True))
                return found, ""
    return None, trouble


def _repairs(text: str) -> Iterator[tuple[str, str]]:
    """Other texts that may be meant by one that is no JSON, and what to say of each."""
    if not text.lstrip().startswith("{"):
        return
    yield "The file had commas that JSON does not allow; they were left out.", _without_commas(text)
    for side, made in zip(("first", "second"), _sides(text), strict=False):
        said = (
            f"The file holds the conflicts of a merge (<<<<<<<); the {side} side of each was read."
        )
        yield said, _without_commas(made)


def _without_commas(text: str) -> str:
    return _COMMA.sub(lambda found: found[1] or "", text) if _TOO_MANY.search(text) else text


def _sides(text: str) -> tuple[str, ...]:
    """Return a text with the first side of each conflict of a merge, with the second, and with
    both; nothing where it has none.
    """
    sides: list[list[str]] = [[], [], []]
    held: list[str] = []  # of a conflict whose end has not come yet
    parts: dict[str, list[str]] = {}
    part, found = "", False
    for line in (
        text.splitlines(keepends=True) if 0 < text.count(_MARKERS[0]) <= MOST_CONFLICTS else ()
    ):
        marker = next((marker for marker in _MARKERS if line.startswith(marker)), "")
        if marker == _MARKERS[0]:
            for side in sides:  # one that never ended is text
                side += held
            held, parts, part = [], {marker: [] for marker in _MARKERS}, marker
        elif part and marker == _MARKERS[-1] and part == _MARKERS[2]:
            sides[0] += parts[_MARKERS[0]]
            sides[1] += parts[_MARKERS[2]]
            sides[2] += parts[_MARKERS[0]] + parts[_MARKERS[2]]
            held, part, found = [], "", True
            continue
        elif part and marker in _MARKERS[1:3] and _MARKERS.index(marker) > _MARKERS.index(part):
            part = marker
        elif part:
            parts[part].append(line)
        for kept in (held,) if part else sides:
            kept.append(line)
    return tuple("".join([*side, *held]) for side in sides) if found else ()


def _described(error: Exception, text: str) -> str:
    if _sides(text):
        return "it holds the conflicts of a merge (<<<<<<<), and neither side of them is JSON"
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON (line {error.lineno}: {error.msg})"
    return f"it is not JSON ({type(error).__name__})"


def _without_conflict(cell: dict[str, Any], notes: list[Finding]) -> dict[str, Any]:
    """Return a cell without a merge's conflicts: code keeps the side that is Python, the first if
    both are; text keeps both.
    """
    text = text_of(cell)
    sides = _sides(text + "\n")
    if not sides:
        return cell
    code = cell.get("cell_type") == "code"
    at = next((at for at in (0, 1) if tree(sides[at]) is not None), 0) if code else 2
    where = ("its first side", "its second side", "both sides")[at]
    notes.append(
        Finding(
            FindingKind.REPAIRED,
            "notebook",
            f"A cell holds the conflict of a merge (<<<<<<<); {where} counts: "
            f"{text.split()[0][:40]} …",
            True,
        )
    )
    return {**cell, "source": sides[at], "input": sides[at]}
