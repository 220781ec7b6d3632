"""How many students made which known mistake, and who lost points by none that is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..core.mistakes import Bank
from ..core.results import Outcome
from ..gradebook.class_results import GradedSubmission


@dataclass(frozen=True)
class Mistaken:
    """Students who made one known mistake.

    Attributes:
        question: the question's id.
        mistake: the mistake's id.
        hint: what they read, in Markdown.
        students: who.
    """

    question: str
    mistake: str
    hint: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class Unknown:
    """Students who lost points on a question by no mistake that is known.

    Attributes:
        question: the question's id.
        students: who.
        checks: the checks that they failed and how many failed each, the most frequent first.
    """

    question: str
    students: tuple[str, ...]
    checks: tuple[tuple[str, int], ...]


def find_mistaken(handed: Sequence[GradedSubmission], bank: Bank) -> list[Mistaken]:
    """Return the known mistakes that were made, the most frequent first; a hint that the bank no
    longer has is taken from the results.
    """
    who: dict[tuple[str, str], list[str]] = {}
    hints = {(entry.question, entry.id): entry.hint for entry in bank.entries}
    for one in handed:
        for question in one.questions:
            if question.mistake:
                who.setdefault((question.id, question.mistake), []).append(one.student)
                hints.setdefault((question.id, question.mistake), question.hint or "")
    found = [
        Mistaken(question, mistake, hints[question, mistake], tuple(students))
        for (question, mistake), students in who.items()
    ]
    return sorted(found, key=lambda one: (-len(one.students), one.question, one.mistake))


def find_unknown(handed: Sequence[GradedSubmission]) -> list[Unknown]:
    """For each question, those who tried, lost points and made no known mistake."""
    students: dict[str, list[str]] = {}
    checks: dict[str, Counter[str]] = {}
    for one in handed:
        for question in one.questions:
            if question.outcome in (Outcome.PARTIAL, Outcome.WRONG) and not question.mistake:
                students.setdefault(question.id, []).append(one.student)
                failed = (
                    check.spec.id for check in question.checks if check.outcome is Outcome.WRONG
                )
                checks.setdefault(question.id, Counter()).update(failed)
    return [
        Unknown(question, tuple(who), tuple(checks[question].most_common(3)))
        for question, who in students.items()
    ]
