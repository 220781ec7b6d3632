"""How hard each question and each check was, and whether it tells good submissions from weak
ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.results import Outcome, QuestionResult
from ..gradebook.class_results import GradedSubmission

FEW = 30  # judged submissions, below which no figure of this page says much
_Z = 1.96  # of a normal distribution, 95 % lie within so many standard deviations
_EPSILON = 1e-9  # points; sums of them differ by less where they are the same

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Correlation:
    """A correlation coefficient, and the interval that Fisher's transformation gives it at 95 %,
    where there is one.
    """

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Item:
    """A question or a check, as a class answered it.

    Attributes:
        id: of the question or the check.
        points: what it is worth.
        judged: how many submissions it was judged on.
        unjudged: how many it could not be judged on.
        full, none: how many got all of its points, and none.
        facility: the mean of what was reached, as a share of the points; None where it is not
            defined.
        rest: the correlation of its points with those of everything else, over the submissions
            judged throughout; None where it is
            not defined: fewer than three of them, or all alike.
    """

    id: str
    points: float
    judged: int
    unjudged: int
    full: int
    none: int
    facility: float | None
    rest: Correlation | None


def correlation(one: Array, other: Array) -> Correlation | None:
    """Pearson's coefficient, which for right and wrong is the point-biserial one; None where it is
    not defined.
    """
    if len(one) < 3 or np.ptp(one) < _EPSILON or np.ptp(other) < _EPSILON:
        return None
    value = float(np.clip(np.corrcoef(one, other)[0, 1], -1.0, 1.0))
    if len(one) < 4 or abs(value) > 1 - _EPSILON:
        return Correlation(value, None, None)
    low, high = np.tanh(np.arctanh(value) + np.array([-_Z, _Z]) / np.sqrt(len(one) - 3))
    return Correlation(value, float(low), float(high))


def question_items(handed: Sequence[GradedSubmission]) -> list[Item]:
    """Return the questions that checks judge, with the points that the gradebook holds."""
    return list(
        _items(
            handed,
            [
                {question.id: _part(question, one.score(question)) for question in one.questions}
                for one in handed
            ],
        )
    )


def check_items(handed: Sequence[GradedSubmission]) -> dict[str, list[Item]]:
    """Return the checks of each question."""
    tables = []
    for one in handed:
        checks = [check for question in one.questions for check in question.checks]
        tables.append(
            {
                check.spec.id: (
                    None if check.outcome is Outcome.UNJUDGED else check.score,
                    check.spec.points,
                )
                for check in checks
            }
        )
    found: dict[str, list[Item]] = {}
    for item in _items(handed, tables):
        found.setdefault(item.id.partition(".")[0], []).append(item)
    return found


def _part(question: QuestionResult, score: float) -> tuple[float | None, float]:
    return (None if question.outcome is Outcome.UNJUDGED else score), question.max_score


def _items(
    handed: Sequence[GradedSubmission], tables: Sequence[Mapping[str, tuple[float | None, float]]]
) -> Iterator[Item]:
    """Yield the items of a table that holds, for each submission, the points of each item (None
    where it is unjudged) and the most.
    """
    totals = [
        sum(one.score(question) for question in one.questions) if one.judged else None
        for one in handed
    ]
    for ident in dict.fromkeys(ident for table in tables for ident in table):
        points = max(table[ident][1] for table in tables if ident in table)
        scores = [table.get(ident, (None, 0.0))[0] for table in tables]
        known = np.array([score for score in scores if score is not None], dtype=float)
        both = [
            (score, total - score)
            for score, total in zip(scores, totals, strict=True)
            if score is not None and total is not None
        ]
        own, rest = np.array(both, dtype=float).reshape(-1, 2).T
        yield Item(
            ident,
            points,
            judged=len(known),
            unjudged=len(handed) - len(known),
            full=int(np.sum(known >= points - _EPSILON)),
            none=int(np.sum(known <= _EPSILON)),
            facility=float(known.mean() / points) if len(known) and points else None,
            rest=correlation(own, rest),
        )
