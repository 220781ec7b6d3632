"""Read who is in a class: `roster.csv`, one row for each student.

Columns: `id` (the folder under `submitted/`), `name`, and as far as they are known `email`,
`section`, and the student's number or user name on a platform, in a column with the platform's
name.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..core.course import Course, did_you_mean
from ..core.errors import UserError
from ..core.student_ids import invalid_reason, same

COLUMNS = ("id", "name", "email", "section")
PLATFORMS = ("canvas", "moodle", "brightspace", "blackboard", "sakai", "ilias", "classroom")
LARGEST = 20 << 20  # bytes of a table


@dataclass(frozen=True)
class Person:
    """One student.

    Attributes:
        id: as their folder under `submitted/` is called.
        name: as people call them, first name first.
        email: their address, or nothing.
        section: the part of the class that they are in, or nothing.
        ids: by platform, their number or user name there.
    """

    id: str
    name: str
    email: str = ""
    section: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Roster:
    """All students of a class, in the order of the file."""

    people: tuple[Person, ...]

    def get(self, student: str) -> Person | None:
        """Return the person with an id, or None."""
        return next((person for person in self.people if person.id == student), None)

    def on(self, platform: str, number: str) -> Person | None:
        """Return the person with a number or user name on a platform, or None."""
        wanted = number.casefold()
        return next(
            (
                one
                for one in self.people
                if wanted and one.ids.get(platform, "").casefold() == wanted
            ),
            None,
        )

    def with_email(self, address: str) -> Person | None:
        """Return the person with an address, or None."""
        wanted = address.strip().casefold()
        return next((one for one in self.people if wanted and one.email.casefold() == wanted), None)

    def named(self, name: str) -> tuple[Person, ...]:
        """Return all people of one name, whatever its spaces, underscores and case."""
        wanted = _plain(name)
        return tuple(person for person in self.people if _plain(person.name) == wanted)

    def namesakes(self) -> dict[str, tuple[str, ...]]:
        """Return the ids of people who share a name, by that name."""
        counts = Counter(_plain(person.name) for person in self.people if person.name)
        names = {_plain(person.name): person.name for person in reversed(self.people)}
        return {
            names[key]: tuple(one.id for one in self.named(key))
            for key, count in counts.items()
            if count > 1
        }


def read_roster(course: Course) -> Roster | None:
    """Return who is in a class, or None if it has no `roster.csv`.

    Raises:
        UserError: the file has mistakes; the message names all of them by line.
    """
    path = course.roster
    if not path.is_file():
        return None
    heading, rows = read_table(path)
    names = [name.strip().lower() for name in heading]
    allowed = (*COLUMNS, *PLATFORMS)
    problems = [
        f"{path}:1: unknown column {name!r}{did_you_mean(name, allowed)}; expected "
        f"{', '.join(allowed)}"
        for name in names
        if name not in allowed
    ]
    problems += [
        f"{path}:1: expected a column {name!r}" for name in COLUMNS[:2] if name not in names
    ]
    problems += [
        f"{path}:1: the column {name!r} is there twice"
        for name in sorted(set(names))
        if names.count(name) > 1
    ]
    if problems:
        raise UserError("\n".join(problems))
    people, seen = list[Person](), dict[tuple[str, str], int]()
    for line, row in rows:
        cells = dict(zip(names, row, strict=False))
        if len(row) > len(names):
            problems.append(f"{path}:{line}: expected {len(names)} columns, got {len(row)}")
        ids = {
            platform: cells[platform].strip()
            for platform in PLATFORMS
            if cells.get(platform, "").strip()
        }
        person = Person(
            cells["id"].strip(),
            cells.get("name", "").strip(),
            cells.get("email", "").strip(),
            cells.get("section", "").strip(),
            ids,
        )
        if problem := invalid_reason(person.id):
            problems.append(f"{path}:{line}: {person.id!r} cannot be a student's id: {problem}")
        for kind, value in (
            ("id", same(person.id)),
            ("email", person.email.casefold()),
            *ids.items(),
        ):
            before = seen.setdefault((kind, value), line) if value else line
            if before != line:
                problems.append(f"{path}:{line}: the {kind} {value!r} is in line {before} as well")
        people.append(person)
    if problems:
        raise UserError("\n".join(problems))
    return Roster(tuple(people))


def read_table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return a table's heading and its other rows with their line numbers, rows without text left
    out.

    Raises:
        UserError: the file cannot be read, or holds nothing.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > LARGEST:
        raise UserError(f"{path}: expected at most {LARGEST >> 20} MB")
    try:
        text = content.decode(
            "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        )
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no text in UTF-8: {error}; save it as CSV UTF-8") from error
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    try:
        rows = [(table.line_num, row) for row in table if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise UserError(f"{path}:{table.line_num}: this is no table: {error}") from error
    if not rows:
        raise UserError(f"{path} is empty; expected a heading such as {','.join(COLUMNS)}")
    return rows[0][1], rows[1:]


def delimiter_of(text: str) -> str:
    """Return what separates the cells of a table: the one of comma, semicolon and tab that its
    first line holds most of.
    """
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _plain(name: str) -> str:
    return " ".join(same(name).replace("_", " ").split())
