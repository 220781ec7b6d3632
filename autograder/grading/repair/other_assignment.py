"""Tells which assignment a notebook belongs to, by the graded cells that it holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from ...core.assignment import text_of
from ...core.course import Course
from .cell_matching import claimed_id, plain
from .reading import read_cells

# the share of its own assignment's graded cells that it may hold, and of the other's that it must
MOST, LEAST = 0.25, 0.5


def other_assignment(content: bytes, course: Course, name: str) -> str:
    """Return the name of the assignment that a notebook clearly belongs to, or nothing where that
    is `name` or cannot be told.
    """
    cells, trouble, _ = read_cells(content)
    if trouble:
        return ""
    marks = {claimed_id(cell) for cell in cells} | {plain(text_of(cell)) for cell in cells}
    shares: dict[str, float] = {}
    for one in course.assignments():
        path = course.release_notebook(one)
        known = _graded(path, path.stat().st_mtime_ns) if path.is_file() else ()
        # where ids are lost, by checks
        shares[one] = max(
            _share(known, marks), _share([cell for cell in known if len(cell) > 1], marks)
        )
    best = max(shares, key=lambda one: shares[one], default="")
    return best if best != name and shares[best] >= LEAST and shares.get(name, 0.0) < MOST else ""


def _share(known: Sequence[frozenset[str]], marks: set[str]) -> float:
    return sum(not marks.isdisjoint(cell) for cell in known) / max(len(known), 1)


@lru_cache(maxsize=64)
def _graded(path: Path, changed: int) -> tuple[frozenset[str], ...]:
    """By graded cell of a released notebook: its id, and the text of a check, which no other
    assignment has.
    """
    found = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if meta.get("grade") or meta.get("solution"):
            check = meta.get("grade") and not meta.get("solution")
            found.append(frozenset([meta["grade_id"], *([plain(text_of(cell))] if check else [])]))
    return tuple(found)
