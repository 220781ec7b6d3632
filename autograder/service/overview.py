"""What staff see of a class at work: pass rates and mistakes by check, attempts by student."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from ..cache.serialize import questions, unpacked
from ..core.results import Outcome
from .records import Attempt, counting
from .store import Store

TOP = 3  # mistakes that are named for a question


@dataclass(frozen=True)
class CheckLine:
    """How a class does at one check.

    Attributes:
        right, judged: how many students.
        mistakes: the most common known mistakes of its question, with their numbers of students; in
            the first line of a question.
    """

    check: str
    right: int
    judged: int
    mistakes: str


@dataclass(frozen=True)
class StudentLine:
    """What one student has handed in for an assignment."""

    name: str
    attempts: tuple[Attempt, ...]
    counts: Attempt | None


def by_student(attempts: Sequence[Attempt]) -> list[StudentLine]:
    """Return a line for each student, from the attempts at one assignment by student and number."""
    groups = [list(theirs) for _, theirs in groupby(attempts, key=lambda one: one.name)]
    return [StudentLine(theirs[0].name, tuple(theirs), counting(theirs)) for theirs in groups]


def by_check(store: Store, lines: Sequence[StudentLine]) -> list[CheckLine]:
    """Return a line for each check, over each student's latest attempt with a result."""
    right, judged, mistakes, order = (
        Counter[str](),
        Counter[str](),
        dict[str, Counter[str]](),
        dict[str, str](),
    )
    for line in lines:
        latest = next((one for one in reversed(line.attempts) if one.score is not None), None)
        result = store.result(latest) if latest else None
        for question in questions(unpacked(result.marks)) if result else ():
            for hint in question.hints:
                mistakes.setdefault(question.id, Counter())[hint.id] += 1
            for check in question.checks:
                order.setdefault(check.spec.id, question.id)
                judged[check.spec.id] += check.outcome is not Outcome.UNJUDGED
                right[check.spec.id] += check.outcome is Outcome.RIGHT
    made, named = list[CheckLine](), set[str]()
    for ident, owner in order.items():
        top = mistakes.get(owner, Counter()).most_common(TOP) if owner not in named else []
        named.add(owner)
        made.append(
            CheckLine(
                ident,
                right[ident],
                judged[ident],
                ", ".join(f"{name} ({count})" for name, count in top),
            )
        )
    return made
