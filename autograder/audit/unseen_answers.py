"""Measures the hints on wrong answers that were thought up without a look at the known mistakes.

An answer stands in `source/NN-name/tests/unseen.py`, written as an entry of the known mistakes is;
its docstring says its true cause::

    @answer("affine", replaces="affine_backward", hints=("bias_gradient_is_a_mean",), says="mean")
    def db_is_averaged(dout, cache):
        \"\"\"db is divided by N.\"\"\"
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import FailureKind
from ..core.mistakes import Entry, Function, load_marked, mistake
from ..core.results import Certainty, Graded, Outcome
from .affected import answered
from .audit_run import AuditRun


@dataclass(frozen=True)
class Truth:
    """What is true of an answer.

    Attributes:
        hints: the known mistakes and places whose hints name the cause.
        beside: those whose hints are true of it, but name something else.
        says: a pattern; a message of a failed check that it is found in names the cause. Empty if
            none does.
    """

    hints: frozenset[str]
    beside: frozenset[str]
    says: str

    @property
    def known(self) -> bool:
        """Whether a person has judged the answer's hints yet."""
        return bool(self.hints or self.beside or self.says)


@dataclass(frozen=True)
class JudgedAnswer:
    """One answer, and what the student would read.

    Attributes:
        id: question and name of the answer.
        cause: the true cause.
        lost: whether it lost points on its question.
        given: the hints that were given.
        false: those of them that are not true.
        named: whether a true hint or the message of a failed check names the cause.
        messages: what the failed checks said.
        known: whether a person has judged the hints yet; without that none counts as false.
    """

    id: str
    cause: str
    lost: bool
    given: tuple[str, ...]
    false: tuple[str, ...]
    named: bool
    messages: tuple[str, ...]
    known: bool = True


def answer(
    question: str,
    *,
    replaces: str | tuple[str, ...],
    hints: tuple[str, ...] = (),
    beside: tuple[str, ...] = (),
    says: str = "",
) -> Callable[[Function], Function]:
    """Mark a function as a wrong answer to a question, with what is true of it (see `Truth`)."""
    as_entry = mistake(question, replaces=replaces)

    def marked(function: Function) -> Function:
        function.__dict__["truth"] = Truth(frozenset(hints), frozenset(beside), says)
        return as_entry(function)

    return marked


def load_unseen(path: Path) -> list[tuple[Entry, Truth]]:
    """Read the wrong answers to an assignment; there may be no such file."""
    return [(value.entry, value.truth) for value in load_marked(path)] if path.is_file() else []


def measure(run: AuditRun) -> list[JudgedAnswer]:
    """Grade every unseen answer to an assignment, or one of so many, and compare what it is told
    with what is true of it.
    """
    unseen = load_unseen(run.course.unseen(run.name))[run.seed % run.every :: run.every]
    cases = {f"{entry.question}.{entry.id}": (entry, truth) for entry, truth in unseen}
    if not cases:
        return []
    answers = (
        answered(run.assignment, ident, entry, run.right) for ident, (entry, _) in cases.items()
    )
    graded = run.grade(answers)
    # not as they came, which the slow ones change
    return [_judge(graded[ident], entry, truth) for ident, (entry, truth) in cases.items()]


def _judge(graded: Graded, entry: Entry, truth: Truth) -> JudgedAnswer:
    question = next(question for question in graded.questions if question.id == entry.question)
    failed = [
        check
        for check in question.checks
        if check.outcome is not Outcome.RIGHT and check.kind != FailureKind.SKIPPED
    ]
    messages = tuple(" ".join((check.reason, check.hint)).strip() for check in failed)
    given = tuple(hint.id for hint in question.hints)
    true = truth.hints | truth.beside
    # "one of several that fit": the sentence is true if one of them is
    either = {hint.id for hint in question.hints if hint.certainty is Certainty.EITHER}
    told = set(given) - (either if either & true else set())
    false = tuple(one for one in given if truth.known and one in told - true)
    said = bool(truth.says) and any(re.search(truth.says, message) for message in messages)
    named = said or any(one in truth.hints for one in given)
    return JudgedAnswer(
        graded.student, entry.hint, bool(failed), given, false, named, messages, truth.known
    )
