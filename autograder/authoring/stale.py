"""Whether a text form has changed since its notebook was built from it."""

from __future__ import annotations

import nbformat

from ..assignment import text_of
from ..errors import UserError
from ..paths import Course
from .build import read_text_form


def is_stale(course: Course, name: str) -> bool:
    """Return whether the source notebook's cells are others than those of the text form; times of files mean nothing after a checkout."""
    try:
        written = read_text_form(course.text_form(name)).cells
    except UserError:  # it cannot be built as it is
        return True
    built = nbformat.read(course.source_notebook(name), as_version=4).cells
    return [_content(cell) for cell in written] != [_content(cell) for cell in built]


def _content(cell: nbformat.NotebookNode) -> tuple[str, str, str, object]:
    return cell.id, cell.cell_type, text_of(cell), cell.metadata.get("nbgrader")
