"""What the store tells the report: each student's attempts, and what was right in each."""

from __future__ import annotations

from ..cache.serialize import questions, unpacked
from ..class_report.attempts import GradedAttempt
from ..core.results import Outcome
from .store import Store


def graded_attempts(store: Store, assignment: str) -> list[GradedAttempt]:
    """Return the attempts at an assignment that have a result, staff's left out."""
    staff = {one.name for one in store.people() if one.staff}
    found = list[GradedAttempt]()
    for attempt in store.attempts(assignment=assignment):
        result = store.result(attempt) if attempt.name not in staff else None
        if result is not None:
            right = (
                one.id for one in questions(unpacked(result.marks)) if one.outcome is Outcome.RIGHT
            )
            found.append(GradedAttempt(attempt.name, attempt.received, frozenset(right)))
    return found
