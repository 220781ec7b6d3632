"""Read who is in a class from what a platform exports, and write it as `roster.csv`.

Canvas: the gradebook (Student, ID, SIS User ID, SIS Login ID, Section). Moodle: the participants or
the gradebook (First name, Last name, Email address, ID number), or an assignment's grading
worksheet (Identifier, Full name, Email address).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from pathlib import Path

from ..core.errors import UserError
from ..core.student_ids import student_id
from .roster import COLUMNS, PLATFORMS, Person, Roster, read_table

Row = Mapping[str, str]


def roster_of_export(path: Path) -> Roster:
    """Return who is in a class, read from an export.

    Raises:
        UserError: the file cannot be read, or no known export has such a heading.
    """
    heading, rows = read_table(path)
    names = [name.strip().lower() for name in heading]
    reading = next((read for needed, read in _KINDS if needed <= set(names)), None)
    if reading is None:
        kinds = "; ".join(sorted({", ".join(sorted(needed)) for needed, _ in _KINDS}))
        raise UserError(
            f"{path}:1: expected the heading of an export (one of: {kinds}), got "
            f"{', '.join(heading)[:200]}"
        )
    found = list[Person]()
    for _, row in rows:
        person = reading(dict(zip(names, (cell.strip() for cell in row), strict=False)))
        if person is not None:
            found.append(person)
    return Roster(tuple(_apart(found)))


def as_table(roster: Roster) -> str:
    """Return a roster as the text of `roster.csv`."""
    platforms = [one for one in PLATFORMS if any(one in person.ids for person in roster.people)]
    file = io.StringIO(newline="")
    table = csv.writer(file, lineterminator="\n")
    table.writerow([*COLUMNS, *platforms])
    for person in roster.people:
        table.writerow(
            [
                person.id,
                person.name,
                person.email,
                person.section,
                *(person.ids.get(one, "") for one in platforms),
            ]
        )
    return file.getvalue()


def _apart(people: list[Person]) -> list[Person]:
    """Give people whose ids would be the same different ones, by their address or number."""
    ids = [person.id for person in people]
    made = []
    for person in people:
        if ids.count(person.id) > 1:
            other = person.email.partition("@")[0] or next(iter(person.ids.values()), "")
            person = Person(
                student_id(f"{person.name} {other}"),
                person.name,
                person.email,
                person.section,
                person.ids,
            )
        made.append(person)
    return made


def _canvas(row: Row) -> Person | None:
    number = row.get("id", "")
    if not number.isdecimal() or row["student"].casefold() in ("student, test", "test student"):
        return None  # the rows of points and of posting, and the test student
    last, _, first = row["student"].strip('="').partition(",")
    name = f"{first.strip()} {last.strip()}".strip()
    login = row.get("sis login id", "")
    return Person(
        student_id(login or f"{name}-{number}"),
        name,
        login if "@" in login else "",
        row.get("section", ""),
        {"canvas": number},
    )


def _moodle(row: Row) -> Person | None:
    name, email = f"{row['first name']} {row['last name']}".strip(), row.get("email address", "")
    return Person(student_id(name), name, email, row.get("group", row.get("groups", "")))


def _worksheet(row: Row) -> Person | None:
    return Person(
        student_id(row["full name"]),
        row["full name"],
        row.get("email address", ""),
        row.get("group", ""),
    )


_KINDS: tuple[tuple[frozenset[str], Callable[[Row], Person | None]], ...] = (
    (frozenset({"student", "id", "section"}), _canvas),
    (frozenset({"first name", "last name", "email address"}), _moodle),
    (frozenset({"identifier", "full name", "status"}), _worksheet),
)
