"""What is known of the notebook that was graded before, where a mark given by hand may wait:
whether an answer is the same but for text of the course, which an older version took for the
student's.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ..core.assignment import text_of
from ..core.course import Course
from ..core.released_texts import ReleasedTexts
from ..core.results import Notebook
from ..gradebook.answer_digests import EarlierWork, answers


def earlier_work(
    course: Course, name: str, student: str, notebook: Notebook, released: ReleasedTexts
) -> EarlierWork:
    """Return what is known of a student's notebook that was graded before.

    Args:
        course: whose class it is.
        name: the assignment.
        student: the student's id.
        notebook: as it is graded now.
        released: the texts of the course.
    """
    try:
        path = course.autograded_notebook(name, student)
        before: Notebook = json.loads(path.read_text(encoding="utf-8"))
        then, was, now = answers(before), _written(before), _written(notebook)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return EarlierWork()
    alike = {
        cell: then[cell]
        for cell in was.keys() & now.keys()
        if _own(was[cell], released) == _own(now[cell], released)
    }
    return EarlierWork(alike, bool(alike) and _is_only(course, name, student))


def _written(notebook: Notebook) -> dict[str, dict[str, Any]]:
    """Return the cells of written answers, by name."""
    found = {}
    for cell in notebook["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if meta.get("grade") and meta.get("solution"):
            found[meta["grade_id"]] = cell
    return found


def _own(cell: dict[str, Any], released: ReleasedTexts) -> tuple[list[str], object]:
    """Return the lines and pictures of an answer that are not the course's."""
    lines = [line.strip() for line in text_of(cell).split("\n")]
    own = [line for line in lines if line and not released.is_former(line)]
    return own, cell.get("attachments") or {}


def _is_only(course: Course, name: str, student: str) -> bool:
    """Whether what a student has submitted is the one notebook that was ever collected."""
    if (course.replaced / student / name).exists():
        return False
    try:
        kept = json.loads(course.manifest(name).read_text(encoding="utf-8"))
        path = course.submitted / student / name / f"{name}.ipynb"
        held = hashlib.sha256(path.read_bytes()).hexdigest()
        return bool(kept["students"][student]["sha256"] == held)
    except (OSError, ValueError, LookupError, TypeError):
        return False
