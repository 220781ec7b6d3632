"""Whether a text form has changed since its notebook was built from it."""

from __future__ import annotations

import json
import re
from typing import Any

from ..core.assignment import text_of
from ..core.course import Course
from ..core.errors import UserError

_MARK = re.compile(r"^# %%.*$", re.MULTILINE)


def refuse_stale(course: Course, name: str) -> None:
    """Refuse an assignment whose text form is not what its notebook was built from.

    Raises:
        UserError: a cell of the text form differs from the notebook's.
    """
    there = course.text_form(name).is_file() and course.source_notebook(name).is_file()
    if there and not _has_same_code(course, name) and is_stale(course, name):
        raise UserError(
            f"source/{name}/{name}.py was edited after its notebook was built; run: "
            f"autograder build {name}"
        )


def is_stale(course: Course, name: str) -> bool:
    """Return whether the source notebook's cells are others than those of the text form.

    Times of files mean nothing after a checkout.
    """
    import nbformat

    from .build import read_text_form  # jupytext takes long to load

    try:
        written = read_text_form(course.text_form(name)).cells
    except UserError:  # it cannot be built as it is
        return True
    built = nbformat.read(course.source_notebook(name), as_version=4).cells
    return [_content(cell) for cell in written] != [_content(cell) for cell in built]


def _has_same_code(course: Course, name: str) -> bool:
    """Return whether the code cells of both are the same, line by line: what is true of nearly
    every course, and is seen in milliseconds.
    """
    try:
        cells = json.loads(course.source_notebook(name).read_text(encoding="utf-8"))["cells"]
        built = [text_of(cell) for cell in cells if cell["cell_type"] == "code"]
        text = course.text_form(name).read_text(encoding="utf-8")
    except (ValueError, LookupError, TypeError):
        return False
    marks, bodies = _MARK.findall(text), _MARK.split(text)[1:]
    written = [
        body for mark, body in zip(marks, bodies, strict=True) if not mark.startswith("# %% [")
    ]
    return [body.strip("\n") for body in written] == [cell.strip("\n") for cell in built]


def _content(cell: Any) -> tuple[str, str, str, object]:
    return cell.id, cell.cell_type, text_of(cell), cell.metadata.get("nbgrader")
