"""Keep what one person grades: the answers without names, what each has earned, and what to undo.

An answer's place and its token follow from a digest of the student's id, so that no page names a
student and the order says nothing. What several members of a group submitted alike is one answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..class_file.reader import read_class
from ..core.assignment import Assignment, text_of
from ..core.course import Course
from ..core.errors import UserError
from ..core.markdown import pictures, to_html
from ..core.page_budget import Budget
from ..core.rubric import Rubric, words, written_rubrics
from ..gradebook.by_hand import HandMark, HandMarks

MOST_COMMENT = 10_000  # characters
SHOWN_COMMENTS = 12


@dataclass(frozen=True)
class Step:
    """What a change can be undone to."""

    cell: str
    token: str
    before: Mapping[str, HandMark]


class Desk:
    """The written questions of an assignment, and the answers of a class."""

    def __init__(self, course: Course, assignment: Assignment, marks: HandMarks) -> None:
        """Read the rubrics.

        Raises:
            UserError: a rubric is not of the agreed form, or the assignment has no written
                question.
        """
        self._course, self._assignment, self._marks = course, assignment, marks
        self.rubrics = written_rubrics(assignment)
        if not self.rubrics:
            raise UserError(f"{assignment.name} has no written question")
        settings = read_class(course)
        groups = settings.groups.get(assignment.name, {}) if settings is not None else {}
        self._groups = {one: group for group, members in groups.items() for one in members}
        self._digests = {cell: _digest(rubric) for cell, rubric in self.rubrics.items()}
        self._steps: list[Step] = []

    @property
    def name(self) -> str:
        return self._assignment.name

    def question(self, cell: str) -> dict[str, Any]:
        """Return what a written question asks and how it is graded, as HTML for a page."""
        rubric = self.rubrics[cell]
        cells = self._assignment.cells
        at = next(number for number, one in enumerate(cells) if one.id == cell)
        return {
            "cell": cell,
            "points": cells[at].points,
            "most_words": rubric.most_words,
            "asked": to_html(cells[at - 1].source),
            "model": to_html(rubric.model),
            "items": [{"points": item.points, "text": to_html(item.text)} for item in rubric.items],
            "samples": [
                {"name": one.name, "points": one.points, "items": one.items}
                | {"text": to_html(one.text)}
                for one in rubric.samples
            ],
        }

    def overview(self, cell: str) -> dict[str, Any]:
        """Return the answers to a question in the order in which they are shown."""
        held = self._marks.read(cell)
        order = self._order(cell, held)
        return {
            "answers": [
                {"token": token, "waiting": any(held[one].waiting for one in students)}
                for token, students in order.items()
            ],
            "empty": sum(mark.empty for mark in held.values()),
            "comments": self._marks.comments(cell)[:SHOWN_COMMENTS],
            "undo": len(self._steps),
        }

    def answer(self, cell: str, token: str) -> dict[str, Any]:
        """Return one answer as HTML, and what it has earned.

        Raises:
            UserError: there is no such answer now.
        """
        found = self._found(cell, token)
        student, mark = next(
            (one for one in found.items() if one[1].waiting), next(iter(found.items()))
        )
        written = self._written(cell, student)
        source = text_of(written)
        made = to_html(source, pictures(written), links=False)
        own = mark.items is not None and mark.rubric == self._digests[cell]
        return {
            "html": made if Budget().holds(made) else "",
            "text": source if not Budget().holds(made) else "",
            "words": words(source),
            "waiting": mark.waiting,
            "again": mark.waiting and mark.points is not None,
            "points": mark.points,
            "comment": mark.comment,
            "items": {str(number): part for number, part in (mark.items or {}).items()}
            if own
            else None,
        }

    def give(self, cell: str, token: str, items: Mapping[int, float] | None, comment: str) -> None:
        """Write what an answer earns; None for the items keeps its mark as it is.

        Raises:
            UserError: an item does not exist or is worth less, a comment is too long, the answer is
                not there, or the gradebook cannot be written.
        """
        found = self._found(cell, token)
        rubric = self.rubrics[cell]
        for number, points in (items or {}).items():
            if not 1 <= number <= len(rubric.items):
                raise UserError(f"expected an item from 1 to {len(rubric.items)}, got {number}")
            if not 0 < points <= rubric.items[number - 1].points:
                most = rubric.items[number - 1].points
                raise UserError(f"item {number}: expected at most {most:g} points, got {points:g}")
        if len(comment) > MOST_COMMENT:
            raise UserError(
                f"expected a comment of at most {MOST_COMMENT} characters, got {len(comment)}"
            )
        comment = comment.strip()
        after = {student: replace(before, comment=comment) for student, before in found.items()}
        if items is not None:
            total, given = sum(items.values()), dict(items)
            after = {
                student: replace(
                    mark, waiting=False, points=total, items=given, rubric=self._digests[cell]
                )
                for student, mark in after.items()
            }
        if after != found:
            self._marks.write(cell, after)
            self._steps.append(Step(cell, token, found))

    def undo(self) -> tuple[str, str] | None:
        """Take the last change back, and return its question and the answer's token; None if there
        is none.
        """
        if not self._steps:
            return None
        step = self._steps[-1]
        self._marks.write(step.cell, step.before)
        self._steps.pop()
        return step.cell, step.token

    def _order(self, cell: str, held: Mapping[str, HandMark]) -> dict[str, tuple[str, ...]]:
        """Return whose answers a person reads, by token, in the order of the page."""
        alike: dict[tuple[str, str], list[str]] = {}
        for student, mark in sorted(held.items()):
            if not mark.empty:
                group = self._groups.get(student) if mark.answer else None
                key = (f"group {group}", mark.answer) if group else (student, "")
                alike.setdefault(key, []).append(student)
        tokens = {_token(self.name, cell, one[0]): tuple(one) for one in alike.values()}
        return dict(sorted(tokens.items()))

    def _found(self, cell: str, token: str) -> dict[str, HandMark]:
        """Return the marks of all whose answer it is, by student."""
        held = self._marks.read(cell)
        students = self._order(cell, held).get(token)
        if not students:
            raise UserError("this answer is not in the gradebook any more; load the page again")
        return {student: held[student] for student in students}

    def _written(self, cell: str, student: str) -> dict[str, Any]:
        path = self._course.autograded_notebook(self.name, student)
        try:
            notebook = json.loads(path.read_text(encoding="utf-8"))
            return next(
                one
                for one in notebook["cells"]
                if one["metadata"].get("nbgrader", {}).get("grade_id") == cell
            )
        except (OSError, ValueError, KeyError, StopIteration) as error:
            raise UserError(
                "the graded notebook of this answer cannot be read; run: autograder grade "
                f"{self.name}"
            ) from error


def _token(name: str, cell: str, student: str) -> str:
    return hashlib.sha256("\0".join((name, cell, student)).encode()).hexdigest()[:16]


def _digest(rubric: Rubric) -> str:
    said = json.dumps([[item.points, item.text] for item in rubric.items])
    return hashlib.sha256(said.encode()).hexdigest()[:16]
