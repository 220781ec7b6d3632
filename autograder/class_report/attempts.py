"""How a class came to right answers on the server: how often they tried, and how long it took."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class GradedAttempt:
    """One attempt of one student that has a result.

    Attributes:
        received: when it was handed in, in seconds since 1970.
        right: the questions that were right in it, with all their points.
    """

    student: str
    received: float
    right: frozenset[str]


@dataclass(frozen=True)
class Spread:
    """A median between quartiles."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class WayToRight:
    """How the class came to a question's right answer.

    Attributes:
        students: who had at least one result.
        right: how many of them had the question right at least once.
        at_first: how many had it right at their first attempt.
        attempts: up to the first right one, over those who came to it; None if nobody did.
        hours: from a student's first attempt to the first right one, over those who did not have it
            right at once; None if there are none.
    """

    question: str
    students: int
    right: int
    at_first: int
    attempts: Spread | None
    hours: Spread | None


@dataclass(frozen=True)
class Ways:
    """What the server's store tells of one assignment.

    Attributes:
        attempts: for each student, how many have a result.
        questions: a line for each question, in the order of the assignment.
    """

    attempts: Mapping[str, int]
    questions: tuple[WayToRight, ...]

    @property
    def spread(self) -> Spread:
        """Attempts by student."""
        found = spread(self.attempts.values())
        assert found is not None  # there are no ways without an attempt
        return found

    @property
    def busiest(self) -> list[tuple[str, int]]:
        """Return the students with the most attempts, the first five."""
        return sorted(self.attempts.items(), key=lambda one: (-one[1], one[0]))[:5]


def ways_to_right(tried: Iterable[GradedAttempt], questions: Sequence[str]) -> Ways | None:
    """Return how a class came to right answers; None if there is no attempt with a result."""
    by_student: dict[str, list[GradedAttempt]] = {}
    for one in tried:
        by_student.setdefault(one.student, []).append(one)
    if not by_student:
        return None
    for theirs in by_student.values():
        theirs.sort(key=lambda one: one.received)
    lines = tuple(_way(question, list(by_student.values())) for question in questions)
    return Ways({name: len(theirs) for name, theirs in by_student.items()}, lines)


def _way(question: str, students: Sequence[Sequence[GradedAttempt]]) -> WayToRight:
    places = [_first_right(question, theirs) for theirs in students]
    hours = [
        (theirs[place].received - theirs[0].received) / 3600
        for theirs, place in zip(students, places, strict=True)
        if place
    ]
    return WayToRight(
        question,
        len(students),
        sum(place is not None for place in places),
        sum(place == 0 for place in places),
        spread(place + 1 for place in places if place is not None),
        spread(hours),
    )


def _first_right(question: str, theirs: Sequence[GradedAttempt]) -> int | None:
    """Return the place of the first attempt in which a question was right."""
    return next((place for place, one in enumerate(theirs) if question in one.right), None)


def spread(values: Iterable[float]) -> Spread | None:
    """Return quartiles and median of some numbers; None if there are none."""
    found = list(values)
    if len(found) < 2:
        return Spread(found[0], found[0], found[0]) if found else None
    return Spread(*statistics.quantiles(found, n=4, method="inclusive"))
