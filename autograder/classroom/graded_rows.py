"""What is told of graded submissions in a table: little of each, since a class may have
thousands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..core.results import Finding, Graded, Outcome


@dataclass(frozen=True, slots=True)
class Mark:
    """One question of one submission."""

    id: str
    score: float
    max_score: float
    outcome: Outcome
    mistake: str | None


@dataclass(frozen=True, slots=True)
class Summary:
    """A graded submission without its notebook and its single checks."""

    student: str
    assignment: str
    seed: int
    questions: tuple[Mark, ...]
    findings: tuple[Finding, ...]
    seconds: Mapping[str, float]
    score: float
    max_score: float
    faulty: bool
    late_penalty: float = 0.0
    walls: str = ""


def summary(graded: Graded, late_penalty: float = 0.0) -> Summary:
    """Return the summary of a result, and of what being late cost."""
    marks = tuple(
        Mark(one.id, one.score, one.max_score, one.outcome, one.mistake) for one in graded.questions
    )
    return Summary(
        graded.student,
        graded.assignment,
        graded.seed,
        marks,
        graded.findings,
        graded.seconds,
        graded.score,
        graded.max_score,
        graded.faulty,
        late_penalty,
        graded.walls,
    )
