"""Takes the attempts that count out of the store into `submitted/`, where grading finds them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from ..classroom.submissions import TIMESTAMP, read_regular
from ..collect.placing import TIME, set_aside
from ..core.course import Course
from ..core.errors import UserError
from ..core.files import plain_disk_errors, write_whole
from .overview import by_student
from .records import Attempt
from .store import Store


def take_attempts(course: Course, store: Store, name: str, students: set[str]) -> list[str]:
    """Lay out each student's attempt that counts.

    What lies there already and differs is kept in `replaced/`.

    Args:
        students: those to take; all if none.

    Returns:
        The students whose notebook is another one now.

    Raises:
        UserError: something cannot be written, or a student's folder is a link.
    """
    lines = by_student(store.attempts(assignment=name))
    counts = [
        line.counts for line in lines if line.counts and (not students or line.name in students)
    ]
    with plain_disk_errors(course):
        return [one.name for one in counts if _laid_out(course, store, one)]


def _laid_out(course: Course, store: Store, one: Attempt) -> bool:
    folder = course.submitted / one.name / one.assignment
    if any(part.is_symlink() for part in (folder, folder.parent)):
        raise UserError(f"{folder} is a link")
    target, content = folder / f"{one.assignment}.ipynb", store.content(one.digest)
    received = datetime.fromtimestamp(one.received, UTC).strftime(TIME).encode()
    there = _bytes_of(target)
    if there == content and _bytes_of(folder / TIMESTAMP) == received:
        return False
    if there is not None and there != content:
        set_aside(course, folder)
    write_whole(target, content)
    write_whole(folder / TIMESTAMP, received)
    return True


def _bytes_of(path: Path) -> bytes | None:
    try:
        return read_regular(path)
    except OSError:
        return None
