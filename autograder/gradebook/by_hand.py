"""Read and write the marks that people give written answers, in nbgrader's gradebook.

Marks and comments are nbgrader's own, so formgrader shows the same. Which items of a rubric made a
mark is kept beside them, in a table of our own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy import text
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

from ..core.course import without_password
from ..core.errors import UserError
from .answer_digests import TABLE as ANSWERS
from .answer_digests import make_table
from .setup import prepare

TABLE = "autograder_rubric_items"
_MAKE = (
    f"CREATE TABLE IF NOT EXISTS {TABLE} (notebook_id VARCHAR(32), cell VARCHAR(255), given TEXT "
    "NOT NULL, PRIMARY KEY (notebook_id, cell))"
)
_WRITE = (
    f"INSERT INTO {TABLE} VALUES (:notebook, :cell, :given) ON CONFLICT (notebook_id, cell) DO "
    "UPDATE SET given = excluded.given"
)
_DROP = f"DELETE FROM {TABLE} WHERE notebook_id = :notebook AND cell = :cell"
_MARKS = f"""
SELECT s.student_id, n.id, g.auto_score, g.manual_score, g.needs_manual_grade, c.manual_comment,
  t.given, w.digests
FROM submitted_assignment s JOIN assignment a ON a.id = s.assignment_id
JOIN submitted_notebook n ON n.assignment_id = s.id JOIN notebook m ON m.id = n.notebook_id
JOIN grade g ON g.notebook_id = n.id JOIN base_cell b ON b.id = g.cell_id
LEFT JOIN (comment c JOIN base_cell d ON d.id = c.cell_id)
  ON c.notebook_id = n.id AND d.name = b.name
LEFT JOIN {TABLE} t ON t.notebook_id = n.id AND t.cell = b.name
LEFT JOIN {ANSWERS} w ON w.notebook_id = n.id
WHERE a.name = :name AND m.name = :name AND b.name = :cell
"""


@dataclass(frozen=True)
class HandMark:
    """What the gradebook holds of one written answer.

    Attributes:
        waiting: whether a person is still to look at it.
        empty: whether the grader gave it a mark because nothing was written.
        points: that a person gave; None if nobody has.
        comment: that a person wrote.
        items: points by the number of a rubric's item, where the mark was made of them.
        rubric: names the rubric that the items are of.
        answer: a digest of what was written; nothing if that is not known.
    """

    waiting: bool = True
    empty: bool = False
    points: float | None = None
    comment: str = ""
    items: Mapping[int, float] | None = None
    rubric: str = ""
    answer: str = ""


class HandMarks:
    """The written answers of an assignment in a gradebook; a context manager.

    Raises:
        UserError: the gradebook cannot be opened or written; nothing was changed then.
    """

    def __init__(self, url: str, name: str) -> None:
        self._name = name
        try:
            prepare()
            self._gradebook = Gradebook(url)
            self._gradebook.db.execute(text(_MAKE))
            make_table(self._gradebook.db)
            self._gradebook.db.commit()
        except (ArgumentError, ImportError, OperationalError) as error:
            said = str(getattr(error, "orig", error)).splitlines()[0]
            raise UserError(
                f"the gradebook {without_password(url)} cannot be opened ({said})"
            ) from error

    def __enter__(self) -> HandMarks:
        return self

    def __exit__(self, *exc: object) -> None:
        self._gradebook.close()

    def read(self, cell: str) -> dict[str, HandMark]:
        """Return what is held of a written question's answers, by student."""
        rows = self._execute(_MARKS, {"name": self._name, "cell": cell})
        return {
            student: replace(_mark(*row), answer=json.loads(digests or "{}").get(cell, ""))
            for student, _notebook, *row, digests in rows
        }

    def comments(self, cell: str) -> list[str]:
        """Return each line of comments on a question's answers, the most used first."""
        lines = Counter[str]()
        for mark in self.read(cell).values():
            lines.update({line.strip() for line in mark.comment.splitlines() if line.strip()})
        return [line for line, _ in sorted(lines.items(), key=lambda one: (-one[1], one[0]))]

    def write(self, cell: str, marks: Mapping[str, HandMark]) -> None:
        """Write marks and comments by student as nbgrader's formgrader does, and the items beside
        them; all or none.

        Raises:
            UserError: there is no such answer, or the gradebook cannot be written.
        """
        book = self._gradebook
        try:
            book.db.expire_all()  # others may have written
            for student, mark in marks.items():
                self._put(cell, student, mark)
            book.db.commit()
        except MissingEntry as error:
            book.db.rollback()
            raise UserError(
                "this answer is not in the gradebook any more; load the page again"
            ) from error
        except OperationalError as error:
            raise self._locked(error) from error

    def _put(self, cell: str, student: str, mark: HandMark) -> None:
        book, name = self._gradebook, self._name
        grade = book.find_grade(cell, name, name, student)
        comment = book.find_comment(cell, name, name, student)
        grade.manual_score = mark.points
        grade.needs_manual_grade = mark.waiting
        comment.manual_comment = mark.comment or None
        key = {"notebook": grade.notebook_id, "cell": cell}
        if mark.items is None:
            book.db.execute(text(_DROP), key)
        else:
            given = {"rubric": mark.rubric, "points": mark.points, "items": dict(mark.items)}
            book.db.execute(text(_WRITE), key | {"given": json.dumps(given)})

    def _execute(self, statement: str, values: Mapping[str, str]) -> list[Any]:
        try:
            return list(self._gradebook.db.execute(text(statement), values))
        except (OperationalError, ProgrammingError) as error:
            raise self._locked(error) from error
        finally:
            self._gradebook.db.rollback()  # or what others write would not be seen

    def _locked(self, error: OperationalError | ProgrammingError) -> UserError:
        self._gradebook.db.rollback()
        said = str(error.orig).splitlines()[0]
        return UserError(
            f"the gradebook did not take this ({said}); nothing was changed, try again"
        )


def _mark(
    automatic: float | None,
    points: float | None,
    waiting: bool,
    comment: str | None,
    given: str | None,
) -> HandMark:
    empty = automatic is not None and points is None and not waiting
    kept = json.loads(given) if given else {}
    if not kept or kept["points"] != points:  # formgrader has changed the mark since
        return HandMark(bool(waiting), empty, points, comment or "")
    items = {int(number): float(part) for number, part in kept["items"].items()}
    return HandMark(bool(waiting), empty, points, comment or "", items, kept["rubric"])
