"""A question's points follow the work that it asks for, within each assignment of the course."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from autograder.checking.plugin import collect
from autograder.core.assignment import load_assignment
from autograder.core.course import Course

LINES_OF_A_CHECK = 2  # reading a demand, and trying whether the answer meets it, costs as much
MOST = 2.5  # times the points of one question for a unit of work, compared with another question
ROUND = 5  # points
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


@dataclass(frozen=True)
class Row:
    """A question, and what it asks for.

    Attributes:
        name: its id.
        points: what it is worth.
        lines: of the reference solution, without blank ones and comments.
        checks: hidden ones that are worth points.
    """

    name: str
    points: float
    lines: int
    checks: int

    @property
    def work(self) -> int:
        """The work in lines."""
        return self.lines + LINES_OF_A_CHECK * self.checks

    @property
    def rate(self) -> float:
        """Points for a unit of work."""
        return self.points / self.work


def solution_lines(source: str) -> int:
    """Return the number of lines of code between the marks of a solution."""
    parts = [part.partition(END)[0] for part in source.split(BEGIN)[1:]]
    lines = [line.strip() for part in parts for line in part.splitlines()]
    return sum(bool(line) and not line.startswith("#") for line in lines)


def rows(name: str) -> list[Row]:
    """Return the questions of an assignment in their order."""
    course = Course()
    assignment, specs = load_assignment(course, name), collect(course.checks(name))
    return [
        Row(
            question.id,
            question.points,
            sum(map(solution_lines, assignment.reference_source(question.id).values())),
            sum(spec.question == question.id and spec.points > 0 for spec in specs),
        )
        for question in assignment.questions
    ]


def table(found: list[Row]) -> str:
    """Return what a failure shows: the questions, those that are worth too little first."""
    return "\n".join(
        f"{row.name:24}{row.points:5g} points{row.lines:5} lines{row.checks:4} checks"
        f"{row.rate:7.2f} points for a line's work"
        for row in sorted(found, key=lambda row: row.rate)
    )


@pytest.mark.parametrize(
    "name", [name for name in Course().assignments() if name != "00-warm-up"]
)  # whose points do not count
def test_points_follow_effort(name: str) -> None:
    found = rows(name)
    rates = [row.rate for row in found]
    assert max(rates) <= MOST * min(rates), f"\n{table(found)}"
    assert all(row.points % ROUND == 0 for row in found), f"\n{table(found)}"
    assert sum(row.points for row in found) == 100


def test_work_is_counted_between_the_marks() -> None:
    source = f"def f():\n    {BEGIN}\n    # why\n\n    a = 1\n    return a\n    {END}\n\nb = 2\n"
    assert solution_lines(source + source) == 4
    assert Row("f", 10, 4, 3).rate == 1
