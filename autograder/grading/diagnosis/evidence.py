"""How well another answer explains what is wrong with a student's, call by call.

Within a branch (the function and its flags), four things can happen at a call:

    tell     the other equals the student, and both differ from the reference
    against  the other differs from the reference where the student is right
    besides  the student differs from the reference, and from the other as well
    nothing  all three agree

An explanation is complete where it tells something, nothing speaks against it, and nothing is wrong
besides.

It explains a failed check where it tells the last call in it that is wrong, of whichever function:
a check ends at the first thing that it finds wrong. What is wrong earlier in the check counts as
wrong besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...checking.transport import Answer
from ...core.errors import StudentError
from ...core.mistakes import Summarise
from .answer_memo import AnswerMemo
from .equal_answers import NONE, same, tells
from .replaying import Replay, Transcript

MOST_MISSES = 8  # what explains none of so many wrong calls explains none


@dataclass(frozen=True)
class Evidence:
    """What speaks for an explanation.

    Attributes:
        tell: the calls that it explains.
        against: how many calls speak against it.
        besides: the calls that are wrong in another way, in the branches or in the checks that it
            explains.
        checks: the failed checks that it explains.
        strict: whether dtypes and what became of the arguments agree as well.
        whole: whether the values themselves were compared, and not a summary of them.
        elsewhere: how many calls it answers in a wrong way of its own, in branches in which it
            explains nothing.
    """

    tell: frozenset[int]
    against: int
    besides: frozenset[int]
    checks: tuple[str, ...]
    strict: bool
    whole: bool
    elsewhere: int

    @property
    def complete(self) -> bool:
        return bool(self.checks) and not self.against and not self.besides

    @property
    def partial(self) -> bool:
        """Whether it explains at least as many calls as it leaves."""
        return bool(self.checks) and not self.against and len(self.besides) <= len(self.tell)


@dataclass(frozen=True)
class Bench:
    """One student's calls beside the reference's answers, to hold other answers to."""

    transcript: Transcript
    right: Replay
    summarise: Summarise
    memory: AnswerMemo = field(default_factory=lambda: AnswerMemo(0))
    exactly: frozenset[str] = frozenset()  # checks that failed by dtypes, layouts or side effects
    _alike: dict[tuple[int, int, bool], tuple[Answer, bool]] = field(default_factory=dict)
    _summaries: dict[int, Any] = field(default_factory=dict)
    _answers: list[Answer] = field(default_factory=list)

    def answers(self, other: Replay, wanted: Iterable[int]) -> dict[int, Answer]:
        """Ask another in order, and stop where it has explained nothing so far: most do not get
        far.
        """
        found: dict[int, Answer] = {}
        hit, misses = False, 0
        for n in wanted:
            answer = other[n]
            if answer is None:
                continue
            found[n] = answer
            if not hit and self.wrong(n, strict=False):
                hit = self.alike(n, answer, strict=False)
                misses += not hit
                if misses == MOST_MISSES:
                    return {}
        return found if hit or any(self.wrong(n, strict=True) for n in found) else {}

    def alike(self, n: int, answer: Answer, strict: bool) -> bool:
        """Return whether an answer equals the student's."""
        key = n, id(answer), strict
        if key not in self._alike:
            # what differs loosely differs strictly
            within = not strict or self.alike(n, answer, strict=False)
            self._alike[key] = (answer, within and self._equals(n, answer, strict))
        return self._alike[key][1]

    def _equals(self, n: int, answer: Answer, strict: bool) -> bool:
        ours = self.transcript.records[n].answer
        given = self.transcript.answer_keys[n]
        if given is None or not self.memory.holds(answer):
            return self._same(n, ours, answer, strict)
        key = given, id(answer), strict
        if key not in self.memory.judged:
            self.memory.judge(key, self._same(n, ours, answer, strict))
        return self.memory.judged[key]

    def differs(self, n: int, answer: Answer, strict: bool) -> bool:
        """Return whether an answer differs from the reference's."""
        right = self.right[n]
        if right is None:
            return False
        key = id(right), id(answer), strict
        if not (self.memory.holds(right) and self.memory.holds(answer)):
            return not self._same(n, right, answer, strict)
        if key not in self.memory.alike:  # both are kept, so the next student's calls ask the same
            self.memory.alike[key] = self._same(n, right, answer, strict)
        return not self.memory.alike[key]

    def _same(self, n: int, ours: Answer, theirs: Answer, strict: bool) -> bool:
        summaries = (self._summary(n, ours), self._summary(n, theirs))
        return same(self.transcript.records[n], ours, theirs, summaries, strict)

    def _summary(self, n: int, answer: Answer) -> Any:
        """Return the summary of an answer's value, made once; `NONE` where its form is one that the
        summary does not expect.
        """
        if isinstance(answer, StudentError):
            return NONE
        held, key = self.memory.holds(answer), id(answer)
        summaries = self.memory.summaries if held else self._summaries
        if key not in summaries:
            call = self.transcript.records[n].call
            if not held:
                self._answers.append(answer)  # so that its number stays its own
            try:
                summaries[key] = self.summarise(call.name, call.args, answer.value)
            except Exception:
                summaries[key] = NONE
        return summaries[key]

    def wrong(self, n: int, strict: bool) -> bool:
        """Return whether the student's answer differs from the reference's."""
        right = self.right[n]
        return right is not None and not self.alike(n, right, strict)

    def branch(self, n: int) -> tuple[object, ...]:
        """Return the branch of a call; what the reference refuses is one of its own."""
        return (isinstance(self.right[n], StudentError), *self.transcript.branches[n])

    def weigh(self, answers: Mapping[int, Answer], strict: bool) -> Evidence:
        """Weigh the answers that another gave to the calls that it reaches."""
        failed, records = self.transcript.failed, self.transcript.records
        like = {n for n, answer in answers.items() if self.alike(n, answer, strict)}
        errs = {
            n
            for n, answer in answers.items()
            if (self.wrong(n, strict) if n in like else self.differs(n, answer, strict))
        }
        tell = frozenset(n for n in errs & like if records[n].check in failed and tells(answers[n]))
        shown = {self.branch(n) for n in tell}
        within = [n for n in answers if self.branch(n) in shown]
        wrong = {
            n
            for n in answers
            if (n in like and n in errs) or (n not in like and self.wrong(n, strict))
        }
        against = len((errs - wrong).intersection(within))
        elsewhere = len((errs - like).difference(within))
        besides = frozenset(n for n in within if n in wrong and n not in like)
        unlike = {records[n].check for n in within if n not in like}
        checks, left = [], set[int]()
        for check in dict.fromkeys(records[n].check for n in sorted(tell)):
            if check not in unlike and (others := self._others(check, answers, strict)) is not None:
                checks.append(check)
                left |= others
        besides |= left
        whole = all(self._whole(n, answers[n]) for n in tell)
        ordered = tuple(check for check in failed if check in checks)
        return Evidence(tell, against, besides, ordered, strict, whole, elsewhere)

    def _others(self, check: str, answers: Mapping[int, Answer], strict: bool) -> set[int] | None:
        """Return the calls of a failed check that are wrong in another way than these answers; None
        if the last wrong one is, so that the check failed by something else.
        """
        exact = strict or check in self.exactly
        wrong = [
            n
            for n, record in enumerate(self.transcript.records)
            if record.check == check and self.wrong(n, exact)
        ]
        others = {n for n in wrong if n not in answers or not self.alike(n, answers[n], exact)}
        return None if not wrong or wrong[-1] in others else others

    def _whole(self, n: int, answer: Answer) -> bool:
        if isinstance(answer, StudentError):
            return True
        call = self.transcript.records[n].call
        return self.summarise(call.name, call.args, answer.value) is answer.value
