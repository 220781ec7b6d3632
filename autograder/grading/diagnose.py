"""Says what is wrong with a student's answers: a known mistake that they equal, or else the place
of a small change that explains them.

All calls of the checks were recorded with their answers. The same calls are made to every known
mistake of the question. A mistake is named as a fact where it explains all that is wrong in the
branches in which it shows, and no other does; where it explains a part, or several explain the same
equally well, the hint says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property, partial
from types import MappingProxyType
from typing import Any

from ..checking.local import LocalTransport
from ..checking.memory_limit import ROOM, memory_limit, memory_used
from ..checking.rule_kinds import HouseRule
from ..checking.student import RecordedCall
from ..core.assignment import Assignment
from ..core.mistakes import Bank, Entry
from ..core.results import Certainty, Hint
from .diagnosis.answer_memo import AnswerMemo
from .diagnosis.evidence import Bench, Evidence
from .diagnosis.locating import Locator
from .diagnosis.places import Places, load_places
from .diagnosis.replaying import Replay, Transcript, Witness
from .diagnosis.stateful_functions import may_remember
from .diagnosis.work_limit import Allowance

MOST_HINTS = 3  # of one question; who makes more mistakes begins with these
MOST_KEPT = 10_000  # transcripts whose hints one process keeps
MOST_ALIKE = 3  # mistakes that fit equally well: of more, none is named
LINES = HouseRule.VECTORISATION
EXACTLY = frozenset({HouseRule.PRECISION, HouseRule.PURITY, HouseRule.WARNINGS, HouseRule.LAYOUT})
PART = "Some of the failing checks look as if the following were true. "
WEAK = "The failing checks look as if the following were true. "
PLACE = (
    "Look at {phrase}, in `{function}`: a version that differs there, and nowhere else, gives "
    "all the answers that yours gives."
)


@dataclass(frozen=True)
class Diagnosis:
    """Knows the mistakes of one assignment, each ready to be asked."""

    assignment: Assignment
    bank: Bank

    @cached_property
    def _witnesses(self) -> dict[tuple[str, str], Witness]:
        return {}

    @cached_property
    def _hinted(self) -> dict[tuple[str, bytes, frozenset[str]], tuple[Hint, ...]]:
        return {}

    @cached_property
    def _places(self) -> Places:
        return load_places(self.assignment.mistakes)

    @cached_property
    def _remembers(self) -> bool:
        """Whether the reference may remember earlier calls: then nothing is kept of its answers."""
        return any(
            may_remember(source)
            for question in self.assignment.questions
            for source in self.assignment.reference_source(question.id).values()
        )

    @cached_property
    def _memory(self) -> AnswerMemo:
        return AnswerMemo(0) if self._remembers else AnswerMemo()

    @cached_property
    def _locators(self) -> dict[str, Locator]:
        return {
            question.id: Locator(self.assignment, question.id, self._places, self._memory)
            for question in self.assignment.questions
        }

    def _witness(self, question: str, entry: Entry | None) -> Witness:
        key = question, entry.id if entry else ""
        if key not in self._witnesses:
            source = entry.source if entry else ""
            namespace = cache(partial(self.assignment.namespace, question, source))
            memory = AnswerMemo(0) if may_remember(source) else self._memory
            self._witnesses[key] = Witness(key, lambda: LocalTransport(namespace()), memory)
        return self._witnesses[key]

    def find(
        self,
        question: str,
        records: Sequence[RecordedCall],
        failed: Mapping[str, float],
        kinds: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[Hint, ...]:
        """Return the hints for a question, the one that explains most first; there may be none.

        Args:
            question: the question's id.
            records: the calls of all its checks.
            failed: the checks that were not passed, and what each is worth.
            kinds: why each failed; values explain no count of lines, and a loose agreement
                explains no dtype.
        """
        failed = {check: worth for check, worth in failed.items() if kinds.get(check) != LINES}
        exactly = frozenset(check for check in failed if kinds.get(check) in EXACTLY)
        # a call's arguments may be what an earlier answer gave
        with suppress(MemoryError), memory_limit(memory_used() + ROOM):
            return self._found(question, Transcript.of(records, failed), exactly)
        return ()

    def _found(
        self, question: str, transcript: Transcript, exactly: frozenset[str]
    ) -> tuple[Hint, ...]:
        """Return the hints for a transcript; two that are equal to the bit have the same."""
        digest = None if self._remembers else transcript.digest
        if digest is None:
            return tuple(self._hints(question, transcript, exactly))
        key = question, digest, exactly
        if key not in self._hinted:
            if len(self._hinted) >= MOST_KEPT:
                self._hinted.clear()
            self._hinted[key] = tuple(self._hints(question, transcript, exactly))
        return self._hinted[key]

    def _hints(
        self, question: str, transcript: Transcript, exactly: frozenset[str]
    ) -> Iterator[Hint]:
        mistakes = [entry for entry in self.bank.mistakes(question) if not entry.unnamed]
        if not transcript.failed or not transcript.records or not mistakes:
            return
        locating = True
        allowance = Allowance()
        right = Replay(transcript, self._witness(question, None), allowance)
        bench = Bench(
            transcript,
            right,
            self.bank.summaries.get(question, _whole),
            memory=self._memory,
            exactly=exactly,
        )
        found = [
            (entry, evidence)
            for entry in mistakes
            if (evidence := self._weighed(question, entry, bench, allowance))
        ]
        left = dict(transcript.failed)
        for _ in range(MOST_HINTS):
            fitting = [
                (entry, evidence)
                for entry, evidence in found
                if any(check in left for check in evidence.checks)
            ]
            if not fitting:
                break
            entry, best = max(fitting, key=lambda one: _rank(one[1], left))  # the first of equals
            explained = tuple(check for check in best.checks if check in left)
            alike = [other for other, evidence in fitting if _as_good(evidence, best, left)]
            if len(alike) == 1:
                yield _hint(entry, best, explained)
            elif len(alike) <= MOST_ALIKE:
                yield from (_one_of(len(alike), other, explained) for other in alike)
            left = {check: points for check, points in left.items() if check not in explained}
            locating = locating and best.complete
        place = (
            self._locators[question].find(bench, set(left), Allowance())
            if left and locating and question in self._locators
            else None
        )
        if place is not None:
            function, phrase, checks = place
            text = PLACE.format(phrase=phrase, function=function)
            yield Hint(
                f"{function}: {phrase}",
                text,
                tuple(check for check in checks if check in left),
                Certainty.PLACE,
            )

    def _weighed(
        self, question: str, entry: Entry, bench: Bench, allowance: Allowance
    ) -> Evidence | None:
        wanted = sorted(bench.transcript.reach(entry.replaces))
        answers = bench.answers(
            Replay(bench.transcript, self._witness(question, entry), allowance), wanted
        )
        fitting = []
        for strict in (True, False) if answers else ():
            evidence = bench.weigh(answers, strict)
            if evidence.complete:
                return evidence
            if evidence.partial:
                fitting.append(evidence)
        return fitting[0] if fitting else None


def _rank(evidence: Evidence, left: Mapping[str, float]) -> tuple[bool, bool, bool, float]:
    points = sum(left.get(check, 0.0) for check in evidence.checks)
    return evidence.complete, not evidence.elsewhere, evidence.strict, points


def _as_good(evidence: Evidence, best: Evidence, left: Mapping[str, float]) -> bool:
    """Return whether nothing tells an explanation from the best one, or is the best one itself."""
    if evidence is best or not best.complete:
        return evidence is best
    return evidence.tell == best.tell and _rank(evidence, left) == _rank(best, left)


def _one_of(count: int, entry: Entry, checks: tuple[str, ...]) -> Hint:
    text = f"{count} descriptions fit the failing checks equally well. One of them: {entry.hint}"
    return Hint(entry.id, text, checks, Certainty.EITHER)


def _hint(entry: Entry, evidence: Evidence, checks: tuple[str, ...]) -> Hint:
    if not evidence.complete:
        return Hint(entry.id, PART + entry.hint, checks, Certainty.PART)
    if not evidence.whole:
        return Hint(entry.id, WEAK + entry.hint, checks, Certainty.PART)
    return Hint(entry.id, entry.hint, checks, Certainty.FACT)


def _whole(name: str, args: tuple[Any, ...], value: Any) -> Any:
    return value
