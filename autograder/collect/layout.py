"""Lays an upload out as `submitted/STUDENT/NN-name/NN-name.ipynb`; whatever was there before is kept.

nbgrader's own `zip_collect` is not used: it extracts the whole archive, whatever its size, its paths and its links, before it looks at names.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..classroom.submissions import TIMESTAMP, read_regular, read_timestamp
from ..core.course import Course
from ..core.errors import UserError
from ..core.files import write_whole
from ..core.student_ids import is_notebook, same
from ..grading.repair.other_assignment import other_assignment
from ..grading.repair.reading import read_cells
from .archive import Archive
from .platforms import Platform, given, recognised
from .select import CLUTTER, Chosen, Passed, choose

TIME = "%Y-%m-%d %H:%M:%S UTC"


class Fate(StrEnum):
    """What became of a file."""

    TAKEN = "taken"
    REPLACED = "taken; what was there is kept aside"
    SAME = "was there already"
    OLDER = "not needed"
    LEFT = "LEFT OUT"


@dataclass(frozen=True)
class Placed:
    """One file of the upload, and what became of it."""

    student: str
    name: str
    fate: Fate
    note: str = ""


@dataclass(frozen=True)
class Collected:
    """What became of an upload."""

    platform: str
    files: tuple[Placed, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing of a student's was left out."""
        return not any(one.fate is Fate.LEFT for one in self.files)


def collect(course: Course, path: Path, name: str, pattern: str | None = None, *, replace: bool = False, dry: bool = False) -> Collected:
    """Takes the notebooks of an assignment out of an upload.

    Args:
        course: whose `submitted/` they go to.
        path: the zip that the learning platform gave.
        name: of the assignment.
        pattern: how paths name students, where the platform is none that is known.
        replace: whether the upload's notebook counts where another one is there and no time says which is later.
        dry: whether only to tell what would be done.

    Raises:
        UserError: the archive cannot be read, the pattern cannot be used, or a folder cannot be written.
    """
    with Archive(path) as archive:
        entries = archive.entries()
        platform = given(pattern) if pattern else _recognised([one.path for one in entries], name)
        chosen, passed = choose(entries, platform, name)
        files = [_left(one) for one in passed]
        there = _there(course)
        for one in chosen:
            try:
                content = archive.read(one.entry)
                if other := other_assignment(content, course, name):
                    raise UserError(f"it is the notebook of {other}, not of {name}")
                files.append(_placed(course, name, _noted(one, content), content, there, replace, dry))
            except UserError as error:
                files.append(Placed(one.student, one.entry.name, Fate.LEFT, str(error)))
    return Collected(platform.name, tuple(sorted(files, key=lambda file: (file.student, file.name))))


def _noted(one: Chosen, content: bytes) -> Chosen:
    """What was chosen, with a note if it cannot be read as a notebook: it is taken, so that nothing is lost."""
    trouble = read_cells(content)[1]
    return dataclasses.replace(one, note="; ".join(filter(None, (one.note, f"NO NOTEBOOK: {trouble}")))) if trouble else one


def _recognised(paths: Sequence[str], name: str) -> Platform:
    return recognised([path for path in paths if (is_notebook(path) or path.lower().endswith(".zip")) and not CLUTTER.search(path)], name)


def _left(one: Passed) -> Placed:
    return Placed(one.student, one.entry.name, Fate.LEFT if one.lost else Fate.OLDER, one.reason)


def _there(course: Course) -> dict[str, str]:
    """The folders that are there, by what a file system may take for the same name."""
    return {same(folder.name): folder.name for folder in course.submitted.iterdir()} if course.submitted.is_dir() else {}


def _placed(course: Course, name: str, one: Chosen, content: bytes, there: dict[str, str], replace: bool, dry: bool) -> Placed:
    other = there.get(same(one.student), one.student)
    if other != one.student:
        raise UserError(f"there is a folder {other!r} already, which only differs in how it is written; rename one")
    folder = course.submitted / one.student / name
    if any(part.is_symlink() for part in (course.submitted / one.student, folder)):
        raise UserError(f"{folder} is a link")
    target, fate, note = folder / f"{name}.ipynb", Fate.TAKEN, one.note
    if os.path.lexists(target):
        before = read_timestamp(folder / TIMESTAMP)[0]
        if _bytes(target) == content:
            fate = Fate.SAME
        elif one.time and before and one.time <= before:
            return Placed(one.student, one.entry.name, Fate.OLDER, "what is there was handed in later")
        elif replace or (one.time and before):
            fate = Fate.REPLACED
        else:
            raise UserError(
                "another notebook is there, and no time says which is later; --replace takes this one, and keeps that one aside"
            )
    if not dry and fate is not Fate.SAME:
        try:
            if fate is Fate.REPLACED:
                set_aside(course, folder)
            write_whole(target, content)
            if one.time:
                write_whole(folder / TIMESTAMP, one.time.strftime(TIME).encode())
        except OSError as error:
            raise UserError(f"{folder} cannot be written: {error.strerror}") from error
    return Placed(one.student, one.entry.name, fate, note)


def _bytes(path: Path) -> bytes | None:
    try:
        return read_regular(path)
    except OSError:
        return None


def set_aside(course: Course, folder: Path) -> None:
    """Moves a student's folder of this assignment out of the way, whole."""
    aside = course.replaced / folder.parent.name / folder.name
    aside.mkdir(parents=True, exist_ok=True)
    number = 1 + max((int(one.name) for one in aside.iterdir() if one.name.isdecimal()), default=0)
    folder.rename(aside / str(number))
