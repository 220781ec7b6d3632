"""Submissions that a person should look at, and why."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..core.results import FindingKind, Outcome
from ..core.sanitize import shortened
from ..gradebook.class_results import Class, GradedSubmission

ENDS = 5  # lowest, highest, risen and fallen students that are listed
JUMP = 0.4  # of the class, by which a student must have risen or fallen to be listed
ENOUGH = 10  # students in common, below which ranks say nothing


@dataclass(frozen=True)
class Notable:
    """Students of whom the same is to be said.

    Attributes:
        title: what that is.
        rows: (student, points, details), in order.
    """

    title: str
    rows: tuple[tuple[str, float, str], ...]


def find_notable(group: Class) -> list[Notable]:
    """Return what is to be said of whom; what applies to nobody is left out."""
    by_points = sorted(group.handed, key=lambda one: (one.points, one.student))
    found = [
        Notable(
            "For you to look at",
            _told(
                group.handed,
                lambda one: (finding.message for finding in one.findings if finding.staff),
            ),
        ),
        Notable(
            "Could not be read",
            _told(group.handed, lambda one: _of_kind(one, FindingKind.UNREADABLE)),
        ),
        Notable("Could not be judged", _told(group.handed, _unjudged)),
        Notable(
            "Reached a limit", _told(group.handed, lambda one: _of_kind(one, FindingKind.LIMIT))
        ),
        Notable("Lowest", _told(by_points[:ENDS], lambda one: [_lost(one)])),
        Notable("Highest", _told(by_points[: -ENDS - 1 : -1], lambda one: [_lost(one)])),
        *_jumps(group),
    ]
    return [one for one in found if one.rows]


def _told(
    handed: Iterable[GradedSubmission], say: Callable[[GradedSubmission], Iterable[str]]
) -> tuple[tuple[str, float, str], ...]:
    told = ((one, list(dict.fromkeys(say(one)))) for one in handed)
    return tuple((one.student, one.points, " ".join(shortened(said))) for one, said in told if said)


def _of_kind(one: GradedSubmission, kind: FindingKind) -> Iterator[str]:
    return (finding.message for finding in one.findings if finding.kind == kind)


def _unjudged(one: GradedSubmission) -> Iterator[str]:
    for question in one.questions:
        if question.outcome is Outcome.UNJUDGED:
            names = [
                check.spec.id for check in question.checks if check.outcome is Outcome.UNJUDGED
            ]
            yield f"{question.id} ({', '.join(names) or 'no check ran'})."


def _lost(one: GradedSubmission) -> str:
    lost = [
        question.id
        for question in one.questions
        if question.outcome in (Outcome.PARTIAL, Outcome.WRONG)
    ]
    return f"Lost points on {', '.join(lost)}." if lost else "Lost no points to the checks."


def _jumps(group: Class) -> Iterator[Notable]:
    """Those who stand far higher or lower in the class than in the assignments before."""
    here = _ranks({one.student: one.points for one in group.handed})
    elsewhere = [
        _ranks(totals)
        for totals in group.elsewhere.values()
        if len(totals.keys() & here.keys()) >= ENOUGH
    ]
    usual = {
        student: [ranks[student] for ranks in elsewhere if student in ranks] for student in here
    }
    change = {
        student: here[student] - sum(ranks) / len(ranks)
        for student, ranks in usual.items()
        if ranks
    }
    points = {one.student: one.points for one in group.handed}
    for title, way in (("Risen", 1), ("Fallen", -1)):
        moved = sorted(
            (student for student in change if way * change[student] >= JUMP),
            key=lambda one: (-way * change[one], one),
        )
        yield Notable(
            f"{title}, against other assignments",
            tuple(
                (
                    one,
                    points[one],
                    f"Above {here[one]:.0%} of the class here, above "
                    f"{here[one] - change[one]:.0%} as a rule.",
                )
                for one in moved[:ENDS]
            ),
        )


def _ranks(points: Mapping[str, float]) -> dict[str, float]:
    """For each student, the share of the others who have less; of those who have the same, half."""
    values: Sequence[float] = sorted(points.values())
    others = max(len(values) - 1, 1)
    return {
        student: (bisect_left(values, own) + bisect_right(values, own) - 1) / 2 / others
        for student, own in points.items()
    }
