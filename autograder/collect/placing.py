"""Put a student's notebook into `submitted/`, or say why the one that is there stays; whatever was
there before is kept.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..class_file.model import CountedAttempt
from ..classroom.submissions import TIMESTAMP, read_regular, read_timestamp
from ..core.course import Course
from ..core.errors import UserError
from ..core.files import write_whole
from ..core.student_ids import same
from .identify import Identify
from .manifest import Manifest
from .platforms.owner import LATE
from .select import Chosen

TIME = "%Y-%m-%d %H:%M:%S UTC"


class FileFate(StrEnum):
    """What became of a file."""

    TAKEN = "taken"
    REPLACED = "taken; what was there is kept aside"
    SAME = "was there already"
    OLDER = "not needed"
    LEFT = "LEFT OUT"


@dataclass(frozen=True)
class Placement:
    """One file of the upload, and what became of it.

    Attributes:
        note: all that is to be said of it.
        untimed: why its time of submission does not count, or nothing.
        look: those parts of the note that a person should see.
    """

    student: str
    name: str
    fate: FileFate
    note: str = ""
    untimed: str = ""
    look: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where a student's notebook goes, and what decides whether it does.

    Attributes:
        course: whose `submitted/` it is.
        name: of the assignment.
        student: whose notebook it is.
        identify: says which of several uploads counts, and when they were due.
        manifest: of what was collected before.
        replace: whether a notebook takes the place of another where no time says which is later.
        dry: whether nothing is written.
    """

    course: Course
    name: str
    student: str
    identify: Identify
    manifest: Manifest
    replace: bool
    dry: bool

    def put(
        self, one: Chosen, content: bytes, there: Mapping[str, str], secrets: Mapping[str, bytes]
    ) -> Placement:
        """Write a notebook, and return what became of it.

        Raises:
            UserError: it cannot be put there; the message says why.
        """
        other = there.get(same(self.student), self.student)
        if other != self.student:
            raise UserError(
                f"there is a folder {other!r} already, which only differs in how it is "
                "written; rename one"
            )
        folder = self.course.submitted / self.student / self.name
        if any(part.is_symlink() for part in (self.course.submitted / self.student, folder)):
            raise UserError(f"{folder} is a link")
        target, fate = folder / f"{self.name}.ipynb", FileFate.TAKEN
        if os.path.lexists(target):
            if _bytes(target) == content:
                fate = FileFate.SAME
            elif reason := self._stays(one, folder):
                return Placement(
                    self.student, one.entry.name, FileFate.OLDER, reason, look=(reason,)
                )
            else:
                fate = FileFate.REPLACED
        timed = os.path.lexists(folder / TIMESTAMP)
        if not self.dry:
            try:
                if fate is FileFate.REPLACED:
                    set_aside(self.course, folder)
                if fate is not FileFate.SAME:
                    write_whole(target, content)
                if one.time and not (fate is FileFate.SAME and timed):
                    write_whole(folder / TIMESTAMP, one.time.strftime(TIME).encode())
                for file, secret in secrets.items() if fate is not FileFate.SAME else ():
                    write_whole(folder / file, secret, 0o600)
            except OSError as error:
                raise UserError(f"{folder} cannot be written: {error.strerror}") from error
        told = (
            fate is FileFate.SAME and timed
        )  # how late it is, by a file that a person may have made
        look = tuple(part for part in one.look if not (told and part == LATE))
        return Placement(self.student, one.entry.name, fate, one.note, look=look)

    def _stays(self, one: Chosen, folder: Path) -> str:
        """Return why what is there counts, or nothing if the upload's notebook takes its place."""
        if self.replace:
            return ""
        before = read_timestamp(folder / TIMESTAMP, self.identify.zone)[0]
        held = self.manifest.attempt(self.student)
        later = (
            one.time > before
            if one.time and before and one.time != before
            else one.owner.attempt > held
            if one.owner.attempt and held and one.owner.attempt != held
            else None
        )
        if later is None:
            raise UserError(
                "another notebook is there, and no time says which is later; --replace "
                "takes this one, and keeps that one aside"
            )
        if not later:
            return "what is there was handed in later"
        if self.identify.attempt is CountedAttempt.FIRST:
            return "what is there was handed in first, and the first counts"
        due = self.identify.due(self.student)
        if (
            self.identify.attempt is CountedAttempt.LAST_IN_TIME
            and due
            and one.time
            and before
            and before <= due < one.time
        ):
            return "what is there was handed in in time, and the last in time counts"
        return ""


def _bytes(path: Path) -> bytes | None:
    try:
        return read_regular(path)
    except OSError:
        return None


def set_aside(course: Course, folder: Path) -> None:
    """Move a student's folder of this assignment out of the way, whole."""
    aside = course.replaced / folder.parent.name / folder.name
    aside.mkdir(parents=True, exist_ok=True)
    number = 1 + max((int(one.name) for one in aside.iterdir() if one.name.isdecimal()), default=0)
    folder.rename(aside / str(number))
