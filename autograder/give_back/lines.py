"""What goes back to each student: the page, and the mark if no part of it waits."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ..class_file.reader import read_class
from ..class_file.roster import Person, read_roster
from ..collect.manifest import Source, read_manifest
from ..core.assignment import load_assignment
from ..core.course import Course
from ..core.errors import UserError
from ..gradebook.reader import gradebook


@dataclass(frozen=True)
class Line:
    """What goes back to one student.

    Attributes:
        student: the student's id.
        mark: after penalties; None while a person has still to give a part of it.
        most: the most points of the assignment.
        page: the feedback page, or None if there is none.
        person: as the roster has them, if it does.
        source: where their notebook came from, if that is known.
        group_key: a digest of the page that goes to the student's whole group in the place of their
            own; nothing where their own goes, and None where neither can.
    """

    student: str
    mark: float | None
    most: float
    page: Path | None
    person: Person | None
    source: Source | None
    group_key: str | None = ""

    @property
    def digest(self) -> str:
        """Return what changes whenever the mark or the page does."""
        if self.group_key == "":
            page = self.page.read_bytes() if self.page is not None else b""
        else:
            page = f"group {self.group_key}".encode()
        return hashlib.sha256(f"{self.mark}\n".encode() + page).hexdigest()

    @property
    def upload(self) -> str:
        """Return what names the upload of the student's group, or nothing if it was their own."""
        source = self.source
        return f"{source.path} {source.within}" if source is not None and source.group else ""

    @property
    def name(self) -> str:
        """Return the student's name, or what is nearest to one."""
        if self.person is not None and self.person.name:
            return self.person.name
        return (
            self.source.name
            if self.source is not None and self.source.name and not self.source.group
            else self.student
        )


def lines_of(course: Course, name: str, url: str) -> list[Line]:
    """Return what goes back to each student who submitted and has not left.

    Args:
        course: whose class it is.
        name: the assignment.
        url: of the gradebook.

    Raises:
        UserError: nothing was graded, or a file of the class has mistakes.
    """
    settings, roster, manifest = (
        read_class(course),
        read_roster(course),
        read_manifest(course, name),
    )
    gone = settings.gone if settings is not None else frozenset()
    with gradebook(url) as there:
        standing = there.read(name) if there is not None else {}
    if not standing:
        raise UserError(f"nothing to return: {name} was not graded; run: autograder grade {name}")
    most = sum(cell.points for cell in load_assignment(course, name).cells)
    found = []
    for student, one in sorted(standing.items()):
        if student not in gone:
            page = course.feedback_page(name, student)
            person = roster.get(student) if roster is not None else None
            mark = None if one.waiting else round(one.points, 2)
            found.append(
                Line(
                    student,
                    mark,
                    most,
                    page if page.is_file() else None,
                    person,
                    manifest.sources.get(student),
                )
            )
    return found
