"""What a known mistake costs, as a share of its question: one mistake is paid for once, and leaves
most of its points.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from ..core.mistakes import Entry
from ..core.results import Outcome, QuestionResult

MOST = 0.6  # of a question's points, for one mistake


def cost(result: QuestionResult) -> float:
    """Return the share of its question's points that an answer lost, 0 to 1."""
    return (result.max_score - result.score) / result.max_score if result.max_score else 0.0


def price_problems(entry: Entry, result: QuestionResult) -> Iterator[str]:
    """Say what is wrong with the price of a known mistake.

    Args:
        entry: the mistake.
        result: its question's result.
    """
    share = cost(result)
    if share > MOST + 1e-9 and not entry.leaves_nothing:
        yield (
            f"it costs {share:.0%} of its question, expected at most {MOST:.0%}: it lost "
            f"{_lost_checks(result)} (split its checks, or give the reason: "
            'leaves_nothing="…")'
        )
    elif share <= MOST + 1e-9 and entry.leaves_nothing:
        yield f"leaves_nothing is given, but it costs only {share:.0%} of its question"


def _lost_checks(result: QuestionResult) -> str:
    """Return the checks that an answer lost, each with its points."""
    return ", ".join(
        f"{check.spec.id} ({check.spec.points:g})"
        for check in result.checks
        if check.outcome is not Outcome.RIGHT
    )


def summary(costs: Sequence[float]) -> str:
    """Return one line on the costs of all known mistakes of an assignment."""
    if not costs:
        return "no known mistakes"
    above = sum(share > MOST + 1e-9 for share in costs)
    return (
        f"a mistake costs {median(costs):.0%} of its question (median), {max(costs):.0%} at "
        f"most; {above} above {MOST:.0%}"
    )
