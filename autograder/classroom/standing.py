"""What the gradebook holds of an assignment, read at once and without nbgrader, whose loading takes longer than all of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..paths import without_password
from .keys import digest

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


@dataclass(frozen=True)
class Standing:
    """What the gradebook holds of one submission.

    Attributes:
        scores: (automatic, by hand) by graded cell; None where there is none.
        automatic: a digest of what did not come from a person, the due date included.
        by_hand: a digest of what a person added.
    """

    scores: Mapping[str, tuple[float | None, float | None]]
    automatic: str
    by_hand: str


class Gradebook:
    """A connection to a gradebook that only reads; a context manager."""

    def __init__(self, connection: Any, mark: str) -> None:
        self._connection, self._mark = connection, mark

    def read(self, assignment: str, student: str | None = None) -> dict[str, Standing]:
        """What is held of an assignment, or of one student's submission alone, by student."""
        values = [assignment, assignment] + ([student] if student is not None else [])
        where = f"WHERE a.name = {self._mark} AND m.name = {self._mark}" + (f" AND s.student_id = {self._mark}" if student else "")
        grades: dict[str, list[Any]] = {}
        comments: dict[str, list[Any]] = {}
        for found, statement in ((grades, _GRADES), (comments, _COMMENTS)):
            for one, *row in self._rows(f"{statement} {where} ORDER BY s.student_id, b.name", values):
                found.setdefault(one, []).append(row)
        return {one: _standing(rows, comments.get(one, [])) for one, rows in grades.items()}

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
    return Standing(scores, automatic, digest([[row[6:] for row in grades], [row[2] for row in comments]]))


@contextmanager
def gradebook(url: str) -> Iterator[Gradebook | None]:
    """Opens a gradebook to read in it; None if there is none yet.

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
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=10)  # never makes one
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
    from sqlalchemy import create_engine  # takes longer to load than a class of a thousand to look through

    engine = create_engine(url)
    connection = engine.raw_connection()
    try:
        yield Gradebook(connection, "%s")
    finally:
        connection.close()
        engine.dispose()
