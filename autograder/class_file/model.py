"""The settings of a class, as its `class.toml` holds them: frozen, checked, times in UTC."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


class CountedAttempt(StrEnum):
    """Which of several uploads of one student counts."""

    LAST = "last"
    FIRST = "first"
    LAST_IN_TIME = "last in time"


@dataclass(frozen=True)
class Amount:
    """Points, or a share of an assignment's points.

    Attributes:
        value: in points, or in per cent.
        per_cent: whether it is in per cent.
    """

    value: float
    per_cent: bool = False

    def points(self, most: float) -> float:
        """Return the points, given the most that the assignment has."""
        return self.value * most / 100 if self.per_cent else self.value

    def __str__(self) -> str:
        return f"{self.value:g} %" if self.per_cent else f"{self.value:g} points"


@dataclass(frozen=True)
class LatePolicy:
    """What being late costs.

    Attributes:
        per_day: taken off for each day that has begun.
        grace: a submission that is no more than this late counts as in time.
        free_days: days that each student may be late without cost, over all assignments.
        most: the most that is taken off, or None for all points.
        closed_after: a submission that is later than this earns nothing; None if none is too late.
    """

    per_day: Amount = Amount(0.0)
    grace: timedelta = timedelta()
    free_days: int = 0
    most: Amount | None = None
    closed_after: timedelta | None = None

    def days(self, late: timedelta) -> int:
        """Return how many days have begun, given how late a submission is; none within the
        grace.
        """
        return 0 if late <= self.grace else math.ceil(late / DAY)

    def penalty(self, late: timedelta, score: float, most: float, spent: int) -> float:
        """Return the points to take off, from 0 to the score.

        Args:
            late: how late the submission is.
            score: all points of the submission.
            most: the most points of the assignment.
            spent: free days that earlier assignments have used up.
        """
        if late <= self.grace:
            return 0.0
        if self.closed_after is not None and late > self.closed_after:
            return max(0.0, score)
        days = max(0, self.days(late) - max(0, self.free_days - spent))
        points = days * self.per_day.points(most)
        if self.most is not None:
            points = min(points, self.most.points(most))
        return max(0.0, min(points, score))


@dataclass(frozen=True)
class CanvasPlace:
    """Where a class lies on Canvas.

    Attributes:
        url: of the Canvas, without a path.
        course: the course's number there.
        assignments: the number of each assignment there.
    """

    url: str
    course: int
    assignments: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ClassFile:
    """A class's settings.

    Attributes:
        path: the file they come from.
        zone: the time zone of times that name none.
        due: when each assignment is due, in UTC.
        late: what being late costs, or None where nbgrader's plugin decides.
        extensions: by student and assignment, how much later than others they may submit.
        groups: by assignment and group, the ids of its members.
        attempt: which of several uploads counts.
        lowest_dropped: how many of a student's lowest marks do not count in the total.
        excused: by student, the assignments that do not count for them.
        uncounted: the assignments that count for nobody.
        gone: the ids of those who have left.
        canvas: where it lies on Canvas, for those who return marks by Canvas's API.
    """

    path: Path
    zone: ZoneInfo | None = None
    due: Mapping[str, datetime] = field(default_factory=dict)
    late: LatePolicy | None = None
    extensions: Mapping[str, Mapping[str, timedelta]] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    attempt: CountedAttempt = CountedAttempt.LAST
    lowest_dropped: int = 0
    excused: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    uncounted: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    canvas: CanvasPlace | None = None

    def extension(self, student: str, assignment: str) -> timedelta:
        """Return how much later than others a student may submit."""
        return self.extensions.get(student, {}).get(assignment, timedelta())

    def due_for(self, student: str, assignment: str) -> datetime | None:
        """Return when a student's work is due, in UTC, or None if the file does not say."""
        due = self.due.get(assignment)
        return None if due is None else due + self.extension(student, assignment)
