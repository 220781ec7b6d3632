"""A sample class to try the grading on: good students and bad, damaged notebooks, and attacks
on the grader.

The damaged and the hostile notebooks are of 01-backprop; `autograder/tests/test_hostile.py` holds
each of them to the marks it deserves.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..core.assignment import Assignment, load_assignment
from ..core.course import TEMPLATES, Course
from ..core.errors import UserError
from .damaged import DAMAGED
from .hostile import HOSTILE
from .ordinary import constants, from_bank, perfect, untouched
from .sample import Sample

MARKER = ".sample-class"
ATTACKED = "01-backprop"  # the assignment whose damaged and hostile notebooks there are
TIMES = {"perfect": "2026-10-05 17:00:00 UTC", "untouched": "2026-10-09 23:59:59 UTC"}


def make_class(course: Course, names: Sequence[str] = ()) -> int:
    """Write a class's submissions into the course's work folder, and return their number.

    Args:
        names: the assignments that are handed in; all that have been built, if none is named.

    Raises:
        UserError: the folder holds submissions of another kind, or no assignment has been built.
    """
    built = [
        name
        for name in course.assignments()
        if course.source_notebook(name).is_file() and course.release_notebook(name).is_file()
    ]
    if not built:
        raise UserError("no assignment has been built; run: autograder build")
    assignments = [load_assignment(course, name) for name in names or built]
    _clear(course.submitted)
    count = 0
    for assignment in assignments:
        name = assignment.name
        for sample in students(assignment):
            _write(course.submitted / sample.id / name, sample, assignment)
            count += 1
    config = course.work / "nbgrader_config.py"
    if not config.exists():
        config.write_bytes((TEMPLATES / "new" / "course" / "nbgrader_config.py.j2").read_bytes())
    return count


def students(assignment: Assignment) -> Iterator[Sample]:
    """Return all students who submit an assignment."""
    yield perfect()
    yield untouched(assignment)
    yield from constants(assignment)
    yield from from_bank(assignment)
    if assignment.name == ATTACKED:
        yield from DAMAGED
        yield from HOSTILE


def _clear(submitted: Path) -> None:
    """Remove the class that was made before, and only that: its students are those that the
    marker names.
    """
    marker = submitted / MARKER
    named = marker.read_text(encoding="utf-8").split("\n") if marker.is_file() else []
    made = {name for name in named if name not in ("", ".", "..") and Path(name).name == name}
    if submitted.is_dir():
        strangers = sorted(
            one.name for one in submitted.iterdir() if one.name != MARKER and one.name not in made
        )
        if strangers:
            raise UserError(
                f"{submitted} holds submissions that are not of the sample class "
                f"({', '.join(strangers[:3])}); give an empty folder"
            )
        for name in made:
            if (submitted / name).is_dir():
                shutil.rmtree(submitted / name)
    if not submitted.parent.exists():
        submitted.parent.mkdir(mode=0o700, parents=True)  # a class is nobody else's business
    submitted.mkdir(parents=True, exist_ok=True)
    marker.write_text("", encoding="utf-8")


def _write(folder: Path, sample: Sample, assignment: Assignment) -> None:
    marker = folder.parent.parent / MARKER
    if not folder.parent.is_dir():
        with marker.open("a", encoding="utf-8") as file:
            file.write(f"{sample.id}\n")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / (sample.filename or f"{assignment.name}.ipynb")).write_bytes(sample.make(assignment))
    if sample.id in TIMES:
        (folder / "timestamp.txt").write_text(TIMES[sample.id] + "\n", encoding="utf-8")
