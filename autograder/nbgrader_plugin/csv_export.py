"""Marks as a table for a spreadsheet, through `nbgrader export`: nothing in it is taken for a
formula.

A spreadsheet runs what begins with =, +, - or @, and a name may begin so. Such text gets an
apostrophe before it, as OWASP advises; numbers stay numbers. nbgrader's own exporter does neither
that nor put text with a comma in quotes.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin

from ..core.spreadsheet import cell

COLUMNS = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
)


class CsvExport(ExportPlugin):
    """The columns and rows of nbgrader's own exporter, fit to be opened."""

    def export(self, gradebook: Gradebook) -> None:
        """Write one row for each student and assignment to `--to`, or grades.csv."""
        path = Path(self.to or "grades.csv")
        self.log.info("Exporting grades to %s", path)
        with open(path, "w", encoding="utf-8", newline="", opener=_private) as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(COLUMNS)
            table.writerows([cell(value) for value in row] for row in self._rows(gradebook))

    def _rows(self, gradebook: Gradebook) -> Iterator[list[Any]]:
        assignments, students = (
            {str(one) for one in self.assignment},
            {str(one) for one in self.student},
        )
        for assignment in gradebook.assignments:
            for student in gradebook.students:
                if (assignments and assignment.name not in assignments) or (
                    students and student.id not in students
                ):
                    continue
                who = [student.id, student.last_name, student.first_name, student.email]
                try:
                    submission = gradebook.find_submission(assignment.name, student.id)
                except MissingEntry:
                    yield [
                        assignment.name,
                        assignment.duedate,
                        "",
                        *who,
                        0.0,
                        0.0,
                        0.0,
                        assignment.max_score,
                    ]
                    continue
                raw, penalty = submission.score, submission.late_submission_penalty
                score = max(0.0, raw - penalty)
                yield [
                    assignment.name,
                    assignment.duedate,
                    submission.timestamp,
                    *who,
                    raw,
                    penalty,
                    score,
                    assignment.max_score,
                ]


def _private(path: str, flags: int) -> int:
    """Open a new file for its owner alone: it holds everybody's marks."""
    return os.open(path, flags, 0o600)
