"""Keep what became of each request to grade a submission again: `regraded/NN-name.json` of the
class, which pages and the staff's report show.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from .course import Course
from .errors import UserError
from .files import write_whole

PRIVATE = 0o600


@dataclass(frozen=True)
class Regrade:
    """One grading after a request.

    Attributes:
        time: when, in UTC, as people read it.
        note: what a person wrote about it; the student reads it.
        before: points by question; None where a person had still to give them.
        after: the same, afterwards.
        total_before: all points after penalties.
        total_after: the same, afterwards.
    """

    time: str
    note: str
    before: Mapping[str, float | None]
    after: Mapping[str, float | None]
    total_before: float
    total_after: float

    @property
    def changes(self) -> tuple[str, ...]:
        """Return a phrase for each question whose points are others now."""
        return tuple(
            f"{question}: {_said(self.before.get(question))} → {_said(points)}"
            for question, points in self.after.items()
            if points != self.before.get(question)
        )


def _said(points: float | None) -> str:
    return "–" if points is None else f"{points:g}"


def read_regrades(course: Course, name: str) -> dict[str, tuple[Regrade, ...]]:
    """Return all regrades of an assignment by student, in the order in which they were made.

    Raises:
        UserError: the file is damaged.
    """
    path = course.regrades(name)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {
            student: tuple(Regrade(**one) for one in made)
            for student, made in kept["students"].items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path} cannot be read ({error}); move it away, and the notes in it are not shown"
        ) from error


def add_regrade(course: Course, name: str, student: str, regrade: Regrade) -> None:
    """Keep one more regrade of a student's submission."""
    known = read_regrades(course, name)
    known[student] = (*known.get(student, ()), regrade)
    students = {one: [asdict(made) for made in known[one]] for one in sorted(known)}
    text = json.dumps({"assignment": name, "students": students}, indent=1, ensure_ascii=False)
    write_whole(course.regrades(name), f"{text}\n", PRIVATE)
