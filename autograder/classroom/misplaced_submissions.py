"""Finds submissions that lie where nobody looks for them: beside the assignment's folder, or in one
that is called a little differently.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

from ..core.course import Course
from ..core.student_ids import is_notebook, notebook_stem

NEAR = 0.8  # of two names' letters in common


def misplaced_submissions(course: Course, folder: Path, name: str) -> Iterator[str]:
    """Name what in a student's folder is probably meant for an assignment, though it is not in the
    folder of its name.
    """
    right = course.submitted / folder.name / name / f"{name}.ipynb"
    if not folder.is_dir() or folder.is_symlink():
        if is_notebook(folder.name) and _near(notebook_stem(folder.name), name):
            yield (
                f"{folder}: NOT GRADED: expected "
                f"{course.submitted}/STUDENT/{name}/{name}.ipynb; move it into a student's folder"
            )
        return
    if folder.name == name:
        yield (
            f"{folder}: NOT GRADED: expected a student's folder, got the assignment's: "
            f"expected {course.submitted}/STUDENT/{name}/{name}.ipynb"
        )
        return
    known = set(course.assignments())
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in known and _near(path.name, name):
            yield f"{path}: NOT GRADED: expected a folder called {name}, got {path.name}; rename it"
        elif not path.is_dir() and is_notebook(path.name) and _near(notebook_stem(path.name), name):
            yield f"{path}: NOT GRADED: expected {right}; move it there"


def _near(one: str, other: str) -> bool:
    one, other = _plain(one), _plain(other)
    return one == other or SequenceMatcher(None, one, other).ratio() >= NEAR


def _plain(name: str) -> str:
    return "".join(
        letter for letter in unicodedata.normalize("NFKC", name).casefold() if letter.isalnum()
    )
