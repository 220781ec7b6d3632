"""Examines the checks themselves: the reference, the untouched stub, every known mistake and every
right variant, graded for real.

A check that cannot fail, a mistake that nobody notices, one that costs too much and a right answer
that is marked wrong all show here, and so does a visible check that says otherwise than the hidden
ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..checking.plugin import collect
from ..checking.rule_kinds import HouseRule
from ..core.assignment import Assignment
from ..core.errors import FailureKind
from ..core.mistakes import Bank, Entry, load_bank
from ..core.results import CheckResult, Graded, Outcome, QuestionResult
from ..core.unusable_mistakes import bank_problems
from ..workers.pool import CHUNK
from .affected import affected, answered
from .audit_run import AT_ONCE, AuditRun
from .line_kinds import RIGHT, LineKind, kind_of
from .mistake_costs import cost, price_problems
from .visible_checks import Unseen, contradictions, unseen, verdicts

LEAST_MISTAKES, LEAST_VARIANTS = 4, 4
MOST_UNNAMED = 0.05  # of an assignment's known mistakes
UNNAMED = "it was not named"


@dataclass(frozen=True)
class AuditLine:
    """One line of the audit's table.

    Attributes:
        kind: what it is about.
        problem: what is not as it must be, or the empty string.
        cost: of a mistake, the share of its question's points that it lost.
        unseen: of a mistake, what it lost without a visible check's word.
        warnings: what a price, a visible check or a missing name has wrong; all of it fails the
            audit, but for a few without a name.
    """

    id: str
    kind: LineKind
    question: str
    score: float
    max_score: float
    lost_on: tuple[str, ...]
    named: str | None
    problem: str
    cost: float = 0.0
    unseen: Unseen | None = None
    warnings: tuple[str, ...] = ()

    @property
    def fails(self) -> bool:
        """Whether the audit fails by this line; how many may be without a name is another line's
        business.
        """
        return bool(self.failures)

    @property
    def failures(self) -> tuple[str, ...]:
        """The sentences by which the audit fails."""
        problems = (self.problem,) if self.problem else ()
        return *problems, *(words for words in self.warnings if words != UNNAMED)


def audit(run: AuditRun) -> list[AuditLine]:
    """Grade what is known of an assignment, and say of each answer whether it got what it must.

    Where one of several is graded, nothing is said of the share that has a name.
    """
    assignment, bank = run.assignment, load_bank(run.course.mistakes(run.name))
    unusable = bank_problems(assignment, bank)
    chosen = bank.entries[run.seed % run.every :: run.every]
    entries = {f"{entry.question}.{entry.id}": entry for entry in chosen}
    entries = {student: entry for student, entry in entries.items() if student not in unusable}
    others = (answered(assignment, student, entry, run.right) for student, entry in entries.items())
    results = run.first | run.grade(others, AT_ONCE if run.workers > 1 else CHUNK)
    lines = [
        _examine(student, entries.get(student), results[student], assignment)
        for student in (*run.first, *entries)
    ]
    return [
        *lines,
        *(_unnamed(lines, assignment.name) if run.every == 1 else ()),
        *_shortages(assignment, bank),
    ]


def _unnamed(lines: Sequence[AuditLine], name: str) -> Iterator[AuditLine]:
    """One line more where too many known mistakes are named neither by a hint nor by a check's
    message.
    """
    mistakes = [line for line in lines if line.kind == LineKind.MISTAKE]
    without = [line.id for line in mistakes if UNNAMED in line.warnings]
    if len(without) > MOST_UNNAMED * len(mistakes):
        words = (
            f"{len(without)} of {len(mistakes)} mistakes are not named, where at most "
            f"{MOST_UNNAMED:.0%} were expected: {', '.join(without)}"
        )
        yield AuditLine(name, LineKind.ASSIGNMENT, "", 0, 0, (), None, words)


def _examine(
    student: str, entry: Entry | None, graded: Graded, assignment: Assignment
) -> AuditLine:
    lost = tuple(
        question.id for question in graded.questions if question.score < question.max_score
    )
    mine = next(
        (question for question in graded.questions if entry and question.id == entry.question), None
    )
    kind = kind_of(entry) if entry else LineKind(student)
    named = mine.mistake if mine else None
    problem = ""
    if graded.outcome is Outcome.UNJUDGED:
        problem = "unjudged: " + "; ".join(finding.message for finding in graded.findings)
    elif kind in RIGHT and lost:
        reasons = [
            check.reason
            for question in graded.questions
            for check in question.checks
            if check.reason
        ]
        problem = (
            f"full marks expected, but {', '.join(lost)} lost some: {reasons[0] if reasons else ''}"
        )
    elif kind == LineKind.STUB and graded.score != 0:
        problem = f"0 expected, but it got {graded.score:g}"
    elif entry is not None and kind == LineKind.MISTAKE:
        problem = _mistake_problem(entry, lost, named)
    line = AuditLine(
        student,
        kind,
        entry.question if entry else "",
        graded.score,
        graded.max_score,
        lost,
        named,
        problem,
    )
    if graded.outcome is Outcome.UNJUDGED:
        return line
    line = _beside_visible(line, entry, graded, assignment)
    unnamed = (
        kind == LineKind.MISTAKE
        and entry is not None
        and mine is not None
        and _is_unnamed(entry, mine)
    )
    return replace(line, warnings=(*line.warnings, UNNAMED)) if unnamed else line


def _beside_visible(
    line: AuditLine, entry: Entry | None, graded: Graded, assignment: Assignment
) -> AuditLine:
    """Return the line with what a mistake costs, and what the visible checks say."""
    said = verdicts(graded, assignment)
    if line.kind != LineKind.MISTAKE or entry is None:
        everything = frozenset(said if line.kind == LineKind.REFERENCE else ())
        looked_at = affected(assignment, entry) if entry else everything
        return replace(line, warnings=tuple(contradictions(graded, said, looked_at)))
    mine = next(question for question in graded.questions if question.id == entry.question)
    missed = unseen(entry, mine, said[entry.question], assignment)
    warnings = (*price_problems(entry, mine), *([missed.words] if missed and missed.rules else []))
    return replace(line, cost=cost(mine), unseen=missed, warnings=warnings)


def _mistake_problem(entry: Entry, lost: Sequence[str], named: str | None) -> str:
    if entry.question not in lost:
        return f"no check noticed it, expected it to lose points on {entry.question}"
    others = [question for question in lost if question != entry.question]
    if others:
        return f"it lost points on {', '.join(others)} as well, expected on {entry.question} alone"
    return (
        f"it was taken for {named}, expected its own name or none"
        if named not in (None, entry.id)
        else ""
    )


def _is_unnamed(entry: Entry, mine: QuestionResult) -> bool:
    """Whether neither the hint nor every failed check's own message says what the mistake is."""
    if entry.unnamed or entry.id in {hint.id for hint in mine.hints}:
        return False
    return mine.mistake != entry.id and not all(_says_what_it_is(check) for check in mine.checks)


def _says_what_it_is(check: CheckResult) -> bool:
    """Whether a check was passed, or says itself what the mistake is, which house rule is broken or
    what was raised: no hint says more.
    """
    if (
        check.outcome is Outcome.RIGHT
        or check.kind in (FailureKind.SKIPPED, FailureKind.CAUSE, *HouseRule)
        or check.kind.startswith(FailureKind.RAISED)
    ):
        return True
    return any(
        re.search(rf"\b{word}\b", check.reason)
        for word in ("raised", "raises", "nan", "inf", "warning")
    )


def _shortages(assignment: Assignment, bank: Bank) -> Iterator[AuditLine]:
    specs = collect(assignment.checks)
    known = {question.id for question in assignment.questions}
    for question in assignment.questions:
        mistakes, variants = len(bank.mistakes(question.id)), len(bank.variants(question.id))
        worth = sum(spec.points for spec in specs if spec.question == question.id)
        for wrong, words in (
            (
                mistakes < LEAST_MISTAKES,
                f"{mistakes} known mistakes, where at least {LEAST_MISTAKES} were expected",
            ),
            (
                variants < LEAST_VARIANTS,
                f"{variants} right variants, where at least {LEAST_VARIANTS} were expected",
            ),
            (
                abs(worth - question.points) > 1e-9,
                f"its checks are worth {worth:g} points, where {question.points:g} were expected",
            ),
        ):
            if wrong:
                yield AuditLine(
                    question.id, LineKind.QUESTION, question.id, 0, question.points, (), None, words
                )
    for where, words in bank_problems(assignment, bank).items():
        yield AuditLine(where, LineKind.UNUSABLE, "", 0, 0, (), None, words)
    for stray in sorted({spec.question for spec in specs} - known):
        yield AuditLine(stray, LineKind.QUESTION, stray, 0, 0, (), None, "no such question")
