"""What a path in an upload tells, and what a platform has to be able to do."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from ...class_file.roster import Roster

LATE = "late, the platform says"  # the note on an upload of which no more is known


@dataclass(frozen=True)
class Owner:
    """Who submitted a file.

    Attributes:
        student: the id, as a folder of `submitted/`.
        person: what tells two people of one name apart.
        attempt: grows with every upload, where the platform says so.
        time: as the path tells it, or nothing.
        note: what else the path tells.
        problem: why it cannot be said whose it is, or nothing.
        file: the file's name as the student called it.
        name: the person's or group's name, as the path has it.
        number: the person's number or user name on the platform, where the path has it.
        attachment: the upload's number on the platform, where the path has it.
        members: the ids of a group's members, where it is a group's.
        nameless: whether the name stands for everybody, since marking is blind.
        untimed: why no time counts where one was looked for, or nothing.
    """

    student: str
    person: str
    attempt: int = 0
    time: str = ""
    note: str = ""
    problem: str = ""
    file: str = ""
    name: str = ""
    number: str = ""
    attachment: str = ""
    members: tuple[str, ...] = ()
    nameless: bool = False
    untimed: str = ""


class Platform(ABC):
    """How an upload's paths are read.

    Attributes:
        name: as people call it.
        column: of the roster, that holds its numbers or user names; nothing if they differ by
            assignment.
        secret: whether the upload's own time and secret are the platform's, not the student's.
        apart: what tells people of one name apart, where no column of the roster does.
        worksheet: whether a grading worksheet of Moodle may belong to it.
        times: where its uploads hold no times, what to do; else nothing.
    """

    name: ClassVar[str]
    column: ClassVar[str] = ""
    secret: ClassVar[bool] = False
    apart: ClassVar[str] = (
        "nothing in the upload tells them apart: lay their notebooks into submitted/ yourself"
    )
    worksheet: ClassVar[bool] = False
    times: ClassVar[str] = ""

    @classmethod
    def of(cls, paths: Sequence[str], roster: Roster | None) -> Self:
        """Return the platform for an upload, given all its paths."""
        return cls()

    @abstractmethod
    def match(self, path: str) -> re.Match[str] | None:
        """Return what the pattern of paths finds, or None."""

    @abstractmethod
    def owner(self, path: str) -> Owner:
        """Return whose a file is, by its path."""

    def time_of(self, path: str) -> str:
        """Return whose time a file holds that the platform itself wrote, as the owner's
        `attachment`; nothing for all other files.
        """
        return ""

    def read_clock(self, text: str) -> str:
        """Return the time in such a file as `read_time` reads it."""
        return text

    def recognises(self, path: str) -> bool:
        """Return whether a path may be this platform's."""
        return self.match(path) is not None

    def stranger(self, path: str) -> Owner:
        """Return the owner of a file whose path is not as this platform has them."""
        return Owner("", path, problem=f"its path is not as {self.name} has it")


class OnePattern(Platform):
    """A platform all of whose paths are of one form.

    Attributes:
        pattern: of a whole path.
    """

    pattern: ClassVar[re.Pattern[str]]

    def match(self, path: str) -> re.Match[str] | None:
        return self.pattern.fullmatch(path)

    def owner(self, path: str) -> Owner:
        found = self.match(path)
        return self.stranger(path) if found is None else self.read(path, found)

    @abstractmethod
    def read(self, path: str, found: re.Match[str]) -> Owner:
        """Return whose a file is, by what the pattern finds in its path."""
