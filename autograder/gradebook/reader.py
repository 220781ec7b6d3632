"""What the gradebook holds of an assignment, read at once and without nbgrader, whose loading takes
longer than all of it.
"""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..cache.keys import digest
from ..core.course import without_password
from ..core.errors import UserError
from .structure import ASIDE, QUERY, Structure, from_rows

SQLITE = "sqlite:///"
_SUBMISSIONS = """
FROM submitted_assignment s JOIN assignment a ON a.id = s.assignment_id
JOIN submitted_notebook n ON n.assignment_id = s.id JOIN notebook m ON m.id = n.notebook_id
"""
_GRADES = f"""
SELECT s.student_id, s.timestamp, s.extension, a.duedate, n.late_submission_penalty, b.name, g.auto_score, g.manual_score, g.extra_credit,
g.needs_manual_grade {_SUBMISSIONS} JOIN grade g ON g.notebook_id = n.id JOIN base_cell b ON b.id = g.cell_id
"""
_COMMENTS = f"""
SELECT s.student_id, b.name, c.auto_comment, c.manual_comment {_SUBMISSIONS}
JOIN comment c ON c.notebook_id = n.id JOIN base_cell b ON b.id = c.cell_id
"""
_TEXTS = """
SELECT s.name, s.source FROM source_cell s JOIN notebook m ON m.id = s.notebook_id JOIN assignment a ON a.id = m.assignment_id
WHERE a.name = {0} AND m.name = {0}
"""
_ASIDE = f"""
SELECT s.student_id, x.name, x.manual_score, x.extra_credit {_SUBMISSIONS} JOIN {ASIDE} x ON x.notebook_id = n.id
WHERE a.name = {{0}} AND m.name = {{0}}
"""


@dataclass(frozen=True)
class Standing:
    """What the gradebook holds of one submission.

    Attributes:
        scores: (automatic, by hand) by graded cell; None where there is none.
        automatic: a digest of what did not come from a person, the due date included.
        by_hand: a digest of what a person added.
        extra: credit that a person gave on top, by graded cell.
        extension: how much later than others this student may submit.
        penalty: points taken off for being late.
        waiting: the graded cells that a person is still to look at.
        submitted: when, in UTC, if that is known.
        marks: a digest of all marks and comments, without time and penalty: what members of a group
            may see of one another.
    """

    scores: Mapping[str, tuple[float | None, float | None]]
    automatic: str
    by_hand: str
    extra: Mapping[str, float]
    extension: datetime.timedelta
    penalty: float
    waiting: frozenset[str] = frozenset()
    submitted: datetime.datetime | None = None
    marks: str = ""

    @property
    def points(self) -> float:
        """Return the points after penalties; a cell without a mark counts 0."""
        given = sum(
            (automatic if by_hand is None else by_hand) or 0.0
            for automatic, by_hand in self.scores.values()
        )
        return max(0.0, given + sum(self.extra.values()) - self.penalty)


class Gradebook:
    """A connection to a gradebook that only reads; a context manager."""

    def __init__(self, connection: Any, mark: str) -> None:
        self._connection, self._mark = connection, mark

    def read(self, assignment: str, student: str | None = None) -> dict[str, Standing]:
        """Return what is held of an assignment, or of one student's submission alone, by
        student.
        """
        values = [assignment, assignment] + ([student] if student is not None else [])
        where = f"WHERE a.name = {self._mark} AND m.name = {self._mark}" + (
            f" AND s.student_id = {self._mark}" if student else ""
        )
        grades: dict[str, list[Any]] = {}
        comments: dict[str, list[Any]] = {}
        for found, statement in ((grades, _GRADES), (comments, _COMMENTS)):
            for one, *row in self._rows(
                f"{statement} {where} ORDER BY s.student_id, b.name", values
            ):
                found.setdefault(one, []).append(row)
        return {one: _standing(rows, comments.get(one, [])) for one, rows in grades.items()}

    def structure(self, assignment: str) -> Structure:
        """Return the cells that are held of an assignment; none if it is not known."""
        return from_rows(self._rows(QUERY.format(self._mark), [assignment] * QUERY.count("{0}")))

    def texts(self, assignment: str) -> dict[str, str]:
        """Return the text of each cell, as the gradebook holds it."""
        return dict(self._rows(_TEXTS.format(self._mark), [assignment, assignment]))

    def set_aside(self, assignment: str) -> dict[str, dict[str, tuple[float | None, float | None]]]:
        """Return (mark, extra credit) that a person gave for cells that are not there now, by
        student and cell.
        """
        exists = (
            "sqlite_master WHERE name"
            if self._mark == "?"
            else "information_schema.tables WHERE table_name"
        )
        if not self._rows(f"SELECT 1 FROM {exists} = {self._mark}", [ASIDE]):
            return {}
        found: dict[str, dict[str, tuple[float | None, float | None]]] = {}
        for student, cell, manual, extra in self._rows(
            _ASIDE.format(self._mark), [assignment, assignment]
        ):
            found.setdefault(student, {})[cell] = manual, extra
        return found

    def due(self, assignment: str) -> datetime.datetime | None:
        """Return when an assignment is due, in UTC."""
        rows = self._rows(f"SELECT duedate FROM assignment WHERE name = {self._mark}", [assignment])
        return _moment(rows[0][0]) if rows else None

    def _rows(self, statement: str, values: list[str]) -> list[Any]:
        cursor = self._connection.cursor()
        try:
            cursor.execute(statement, values)
            return list(cursor.fetchall())
        finally:
            cursor.close()
            self._connection.rollback()  # or what others write would not be seen


def _standing(grades: list[Any], comments: list[Any]) -> Standing:
    scores = {cell: (auto, manual) for *_, cell, auto, manual, _extra, _needs in grades}
    about = grades[0][:4]
    automatic = digest([about, [row[4:6] for row in grades], [row[:2] for row in comments]])
    by_hand = digest([[row[6:] for row in grades], [row[2] for row in comments]])
    extra = {cell: float(given) for *_, cell, _auto, _manual, given, _needs in grades if given}
    waiting = frozenset(cell for *_, cell, _auto, _manual, _given, needs in grades if needs)
    extension, penalty, submitted = (
        _interval(grades[0][1]),
        float(grades[0][3] or 0.0),
        _moment(grades[0][0]),
    )
    marks = digest([[row[4:] for row in grades], comments])
    return Standing(
        scores, automatic, by_hand, extra, extension, penalty, waiting, submitted, marks
    )


def _moment(value: Any) -> datetime.datetime | None:
    """Return a time as SQLite holds it, as text, or as PostgreSQL gives it."""
    return datetime.datetime.fromisoformat(value) if isinstance(value, str) else value


def _interval(value: Any) -> datetime.timedelta:
    """Return a length of time; SQLAlchemy keeps one in SQLite as the time so long after 1970."""
    if isinstance(value, str):
        return datetime.datetime.fromisoformat(value) - datetime.datetime(1970, 1, 1)
    return value or datetime.timedelta()


@contextmanager
def gradebook(url: str) -> Iterator[Gradebook | None]:
    """Open a gradebook to read in it; None if there is none yet.

    Args:
        url: as SQLAlchemy names it.

    Raises:
        UserError: it cannot be read; the message says where it lies.
    """
    try:
        if not url.startswith(SQLITE):
            with _elsewhere(url) as there:
                yield there
            return
        path = Path(url.removeprefix(SQLITE).partition("?")[0])
        if not path.is_file():
            yield None
            return
        # never makes one
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=10)
        try:
            yield Gradebook(connection, "?")
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise UserError(f"the gradebook {url.partition('?')[0]} cannot be read: {error}") from error


def place(url: str) -> str:
    """Where a gradebook lies, as people are told: the file, or the address without its password."""
    if url.startswith(SQLITE):
        return url.removeprefix(SQLITE).partition("?")[0]
    return without_password(url)


@contextmanager
def _elsewhere(url: str) -> Iterator[Gradebook]:
    # takes longer to load than a class of a thousand to look through
    from sqlalchemy import create_engine

    engine = create_engine(url)
    connection = engine.raw_connection()
    try:
        yield Gradebook(connection, "%s")
    finally:
        connection.close()
        engine.dispose()
