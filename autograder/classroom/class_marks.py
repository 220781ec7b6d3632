"""Put the marks of a whole class together: each assignment after penalties, what is dropped, and
the total in per cent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..class_file.reader import read_class
from ..class_file.roster import read_roster
from ..core.assignment import load_assignment
from ..core.course import Course
from ..gradebook.reader import gradebook


@dataclass(frozen=True)
class Total:
    """One student's marks.

    Attributes:
        student: the student's id.
        name: as people call them, or nothing.
        section: of the class, or nothing.
        marks: points by assignment; an assignment in which a person has still to give marks is
            lacking.
        dropped: the assignments that do not count.
        per_cent: the mean of those that count, from 0 to 100; None while one waits, or if none
            counts.
    """

    student: str
    name: str
    section: str
    marks: Mapping[str, float]
    dropped: tuple[str, ...]
    per_cent: float | None


def class_marks(course: Course, url: str) -> tuple[list[str], list[Total]]:
    """Return the graded assignments, and everybody's marks in them; work that was not submitted
    counts 0.

    Args:
        course: whose class it is.
        url: of the gradebook.

    Raises:
        UserError: `class.toml` or `roster.csv` has mistakes, or the gradebook cannot be read.
    """
    settings, roster = read_class(course), read_roster(course)
    gone = settings.gone if settings is not None else frozenset()
    with gradebook(url) as there:
        held = (
            {name: there.read(name) for name in course.assignments()} if there is not None else {}
        )
    graded = [name for name, standing in held.items() if standing]
    most = {
        name: sum(cell.points for cell in load_assignment(course, name).cells) for name in graded
    }
    people = {person.id: person for person in roster.people} if roster is not None else {}
    found = []
    for student in sorted(({*people} | {one for name in graded for one in held[name]}) - gone):
        standing = {name: held[name][student] for name in graded if student in held[name]}
        marks = {
            name: standing[name].points if name in standing else 0.0
            for name in graded
            if name not in standing or not standing[name].waiting
        }
        excused = [
            name
            for name in graded
            if settings is not None
            and (name in settings.uncounted or name in settings.excused.get(student, ()))
        ]
        shares = {
            name: marks[name] / most[name] for name in marks if name not in excused and most[name]
        }
        dropped = [
            *excused,
            *_lowest(shares, settings.lowest_dropped if settings is not None else 0),
        ]
        counted = [share for name, share in shares.items() if name not in dropped]
        waits = any(name not in marks and name not in excused for name in graded)
        per_cent = None if waits or not counted else 100 * sum(counted) / len(counted)
        person = people.get(student)
        about = (person.name, person.section) if person is not None else ("", "")
        found.append(Total(student, *about, marks, tuple(dropped), per_cent))
    return graded, found


def _lowest(shares: Mapping[str, float], count: int) -> Sequence[str]:
    """Return the assignments with the lowest shares; one at least is kept."""
    return sorted(shares, key=lambda name: (shares[name], name))[
        : max(0, min(count, len(shares) - 1))
    ]
