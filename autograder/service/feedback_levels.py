"""What feedback tells at each level: the feedback page of a reduced result, or points alone."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from functools import lru_cache

from markupsafe import Markup

from ..cache.serialize import findings, questions, unpacked
from ..core.results import CheckResult, Finding, FindingKind, Graded, QuestionResult, with_hints
from ..core.translation import Translation
from ..feedback.page import automatic_marks, page
from ..grading.question_report import write_report
from .records import Attempt, AttemptResult
from .terms import Level

# at the level `points`
SAID_TO_STUDENTS = frozenset(
    {FindingKind.UNREADABLE, FindingKind.OTHER, FindingKind.REPAIRED, FindingKind.FAULT}
)


@dataclass(frozen=True)
class Points:
    """One question as the level `points` shows it."""

    question: str
    score: float
    most: float


def graded_of(judged: AttemptResult, attempt: Attempt) -> Graded:
    """Return a result as the grader gave it."""
    kept = unpacked(judged.marks)
    return Graded(
        attempt.name,
        attempt.assignment,
        attempt.seed,
        questions(kept),
        findings(kept),
        unpacked(judged.notebook),
        {},
        kept["walls"],
    )


def points_of(graded: Graded) -> list[Points]:
    """Return the points by question."""
    return [Points(one.id, one.score, one.max_score) for one in graded.questions]


def notes_of(graded: Graded) -> list[Finding]:
    """Return what is said of a notebook as a whole at each level."""
    return [finding for finding in graded.findings if finding.kind in SAID_TO_STUDENTS]


def reduced(graded: Graded, level: Level, say: Translation) -> Graded:
    """Return a result that holds no more than a level tells, with the reports in its notebook
    written anew in the language of the page.
    """
    if level is Level.HINTS:
        return graded
    made = replace(graded, questions=tuple(_without_hints(one) for one in graded.questions))
    write_report(made, say)
    return made


def _without_hints(question: QuestionResult) -> QuestionResult:
    checks: tuple[CheckResult, ...] = tuple(replace(check, hint="") for check in question.checks)
    return with_hints(replace(question, checks=checks), ())


@lru_cache(maxsize=256)
def _page(  # noqa: PLR0913  the cache needs each by itself
    marks: bytes, notebook: bytes, attempt: Attempt, level: Level, above: str, say: Translation
) -> bytes:
    whole = graded_of(AttemptResult("", 0.0, 0.0, 0.0, marks, notebook), attempt)
    graded = reduced(whole, level, say)
    made = page(graded.notebook, attempt.assignment, automatic_marks(graded), Markup(above), say)
    return zlib.compress(made.encode(), 1)


def feedback(
    judged: AttemptResult, attempt: Attempt, level: Level, above: Markup, say: Translation
) -> str:
    """Return the feedback page at a level above `points`.

    Args:
        above: HTML over the title: the way back, and the receipt.
        say: the language of the page.
    """
    return zlib.decompress(
        _page(judged.marks, judged.notebook, attempt, level, str(above), say)
    ).decode()
