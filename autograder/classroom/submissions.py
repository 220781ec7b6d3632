"""What lies in `submitted/`: each student's notebook and the time it was handed in, read without
following links.
"""

from __future__ import annotations

import datetime
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from ..core.course import Course
from ..core.errors import UncertainTime
from ..core.student_ids import invalid_reason, is_notebook, notebook_stem
from ..core.times import EXAMPLE, read_time
from ..grading.repair import MAX_FILE
from .misplaced_submissions import misplaced_submissions

TIMESTAMP = "timestamp.txt"
# what nbgrader's exchange puts beside a notebook, and needs to give feedback out
BESIDE = (TIMESTAMP, "submission_secret.txt")
MOST_BESIDE = 1000  # bytes


@dataclass(frozen=True)
class SubmittedNotebook:
    """A student's notebook, found and not yet read: a whole class may not fit into memory.

    Attributes:
        student: the folder's name.
        path: the notebook, which may not be there.
        warning: what staff should know of the folder.
    """

    student: str
    path: Path
    warning: str = ""

    def read(self) -> tuple[bytes, str]:
        """Return the notebook's bytes, and why it counts as an empty one where it cannot be
        read.
        """
        try:
            return read_regular(self.path), ""
        except OSError as error:
            return b"", "" if self.warning else f"{self.path} could not be read: {error.strerror}"

    @property
    def timestamp(self) -> Path:
        """The file that tells when it was handed in, if it is there."""
        return self.path.with_name(TIMESTAMP)


def read_submissions(course: Course, name: str) -> list[SubmittedNotebook]:
    """Return what every student submitted for an assignment, as far as it can be graded."""
    return find_submissions(course, name)[0]


def find_submissions(course: Course, name: str) -> tuple[list[SubmittedNotebook], list[str]]:
    """Return what every student submitted for an assignment, and one sentence on each submission
    that is not graded, and why.

    A folder without a notebook counts as an empty submission. Links, and folders whose name cannot
    be a student's, are left alone.
    """
    if not course.submitted.is_dir():
        return [], []
    found, ungraded = list[SubmittedNotebook](), list[str]()
    for folder in sorted(course.submitted.iterdir()):
        if not (folder / name).is_dir():
            ungraded += misplaced_submissions(course, folder, name)
            continue
        problem = invalid_reason(folder.name) or (
            "it is a link" if folder.is_symlink() or (folder / name).is_symlink() else ""
        )
        if problem:
            ungraded.append(f"{folder}: NOT GRADED: this cannot be a student's folder: {problem}")
            continue
        one, others = _look_into(folder / name, name)
        if others:
            ungraded.append(
                f"{folder / name}: NOT GRADED: expected {name}.ipynb, got "
                f"{', '.join(others[:4])}; rename the one that counts"
            )
        else:
            found.append(one)
    return found, ungraded


def _look_into(folder: Path, name: str) -> tuple[SubmittedNotebook, list[str]]:
    """Return the student's notebook; and the names of several of which none can be told to be
    it.
    """
    student, warning = folder.parent.name, ""
    path = folder / f"{name}.ipynb"
    if not os.path.lexists(path):
        others = sorted(other for other in folder.iterdir() if is_notebook(other.name))
        near = (
            [other for other in others if notebook_stem(other.name) == name.casefold()]
            if len(others) > 1
            else others
        )
        if len(others) > 1 and len(near) != 1:
            return SubmittedNotebook(student, path), [other.name for other in others]
        warning = f"there is no {path.name} in {folder}" + (
            f"; {near[0].name} was taken for it" if near else ""
        )
        path = near[0] if near else path
    return SubmittedNotebook(student, path, warning), []


def read_regular(path: Path) -> bytes:
    """Return a file's bytes, if it is a file and no link out of the folder; a little more than the
    most that is read.

    Raises:
        OSError: it is none, or cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(0, "it is no file")
        if found.st_nlink > 1:
            raise OSError(
                0, "it has a second name elsewhere (a hard link); put a copy in its place"
            )
        return file.read(MAX_FILE + 1)


def for_exchange(folder: Path) -> dict[str, bytes]:
    """Return by name what nbgrader's exchange needs beside a notebook: short texts that are files
    and no links; all else is left.
    """
    found = {}
    for name in BESIDE:
        try:
            content = read_regular(folder / name)
        except OSError:
            continue
        if len(content) <= MOST_BESIDE and content.decode(errors="replace").strip().isprintable():
            found[name] = content
    return found


def through_link(folder: Path) -> bool:
    """Return whether a folder of an assignment, or the student's folder that it lies in, is a
    link.
    """
    return folder.is_symlink() or folder.parent.is_symlink()


def read_timestamp(
    path: Path, zone: ZoneInfo | None = None
) -> tuple[datetime.datetime | None, str]:
    """Return the time in UTC that a file tells, if it tells one, and what is wrong with it.

    Args:
        path: the file, which may not be there.
        zone: the class's time zone, for times that name none.
    """
    if not (text := timestamp_text(path)):
        said = (
            f"expected a time such as {EXAMPLE}, got nothing (in {path}, which is empty or no "
            "file of its own); it counts as in time"
        )
        return None, said if os.path.lexists(path) else ""
    try:
        return read_time(text, zone), ""
    except UncertainTime as error:
        return None, f"{error} (in {path}); it counts as in time until the file is corrected"


def timestamp_text(path: Path) -> str:
    """Return what such a file says, which may be anything; nothing if it is not there."""
    try:
        return read_regular(path).decode(errors="replace").strip()
    except OSError:
        return ""


def parse_time(text: str, zone: ZoneInfo | None = None) -> datetime.datetime | None:
    """Return a time in UTC; None for what is no time, or not a certain one."""
    try:
        return read_time(text, zone)
    except UncertainTime:
        return None
