"""Finds the known mistake that a student's answer equals, by asking it the same things.

All calls of the checks were recorded with their answers. The same calls are made to every known mistake of the question;
the one that answers as the student did, value for value and error for error, gives its name and its hint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .assignment import Assignment
from .bank import Bank, Entry, Summarise
from .checking.local import LocalTransport
from .checking.room import ROOM, bounded, held
from .checking.student import Recorded, replay
from .checking.transport import Answer, Report
from .errors import StudentError
from .sandbox.wire import Kept

MOST_CALLS = 200


@dataclass(frozen=True)
class Diagnosis:
    """Knows the mistakes of one assignment, each ready to be asked."""

    assignment: Assignment
    bank: Bank

    @cached_property
    def _namespaces(self) -> dict[str, Any]:
        return {}

    def _transport(self, question: str, entry: Entry | None) -> LocalTransport:
        key = entry.id if entry else ""
        known: dict[str, Any] = self._namespaces.setdefault(question, {})
        if key not in known:
            known[key] = self.assignment.namespace(question, entry.source if entry else "")
        return LocalTransport(known[key])

    def find(self, question: str, transcript: Sequence[Recorded], failed: Mapping[str, float]) -> Entry | None:
        """The known mistake that answers as the student did, or None.

        Args:
            question: the question's id.
            transcript: the calls of all its checks.
            failed: the checks that were not passed, and what each is worth. Where no mistake fits all calls, one that fits
                these is taken, and else the one that fits the most points of checks taken singly: the answer may differ in
                something else besides.
        """
        calls = [record for record in transcript if record.check in failed]
        with suppress(MemoryError), bounded(held() + ROOM):  # a call's arguments may be what an earlier answer gave
            return self._find(question, list(transcript)) or self._find(question, calls) or self._find_by_check(question, calls, failed)
        return None

    def _find_by_check(self, question: str, calls: Sequence[Recorded], failed: Mapping[str, float]) -> Entry | None:
        explained: dict[str, float] = {}
        found: dict[str, Entry] = {}
        for check in dict.fromkeys(record.check for record in calls):
            entry = self._find(question, [record for record in calls if record.check == check], _tells)
            if entry is not None:
                found[entry.id] = entry
                explained[entry.id] = explained.get(entry.id, 0.0) + failed[check]
        return found[max(explained, key=lambda ident: explained[ident])] if explained else None

    def _find(self, question: str, recorded: list[Recorded], telling: Callable[[Answer], bool] = lambda answer: True) -> Entry | None:
        recorded = recorded[:MOST_CALLS]
        mistakes = self.bank.mistakes(question)
        if not recorded or not mistakes:
            return None
        summarise = self.bank.summaries.get(question, _whole)
        candidates = [found for entry in mistakes if (found := self._alike(question, entry, recorded, summarise))]
        if not candidates:
            return None
        right = list(replay(recorded, self._transport(question, None)))
        for strict in (True, False):
            for entry, asked, answers in candidates:
                theirs = all(_same(recorded[n], recorded[n].answer, answers[n], summarise, strict) for n in asked)
                differs = any(telling(answers[n]) and not _same(recorded[n], right[n], answers[n], summarise, strict) for n in asked)
                if theirs and differs:
                    return entry
        return None

    def _alike(
        self, question: str, entry: Entry, recorded: list[Recorded], summarise: Summarise
    ) -> tuple[Entry, list[int], list[Answer]] | None:
        """The mistake's answers, and which of them count, if none is far from the student's; most are told apart by the first calls."""
        reach = _reach(entry, recorded)
        asked, answers = [], []
        for number, answer in enumerate(replay(recorded, self._transport(question, entry))):
            answers.append(answer)
            if recorded[number].call.name in reach:
                asked.append(number)
                if not _same(recorded[number], recorded[number].answer, answer, summarise, strict=False):
                    return None
        return (entry, asked, answers) if asked else None


def _reach(entry: Entry, recorded: Sequence[Recorded]) -> frozenset[str]:
    """The functions by which an entry shows: those it replaces, and those that take what these keep."""
    keepers = {record.call.name for record in recorded if record.keep_last and record.call.name in entry.replaces}
    takers = {record.call.name for record in recorded if any(isinstance(arg, Kept) for arg in record.call.args)}
    return frozenset(entry.replaces) | (frozenset(takers) if keepers else frozenset())


def _same(record: Recorded, ours: Answer, theirs: Answer, summarise: Summarise, strict: bool) -> bool:
    if isinstance(ours, StudentError) or isinstance(theirs, StudentError):
        return isinstance(ours, StudentError) and isinstance(theirs, StudentError) and ours.kind == theirs.kind
    try:
        a, b = (summarise(record.call.name, record.call.args, answer.value) for answer in (ours, theirs))
        alike = _equal(a, b, strict)
    except Exception:  # an answer of a form that a bank's summary does not expect is like no mistake's
        return False
    if not alike:
        return False
    if not (strict and record.full):
        return True
    return _left_alike(ours, theirs) and bool(ours.warnings) == bool(theirs.warnings) and ours.touched_random == theirs.touched_random


def _tells(answer: Answer) -> bool:
    """Whether an answer is more than an error or a nan, in which many different mistakes end."""
    return isinstance(answer, Report) and _has_finite(answer.value)


def _has_finite(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_finite, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_has_finite, value))
    if isinstance(value, (np.ndarray, np.generic, float, int)):
        array = np.asarray(value)
        return array.dtype.kind in "biu" or (array.dtype.kind in "fc" and bool(np.isfinite(array).any()))
    return isinstance(value, str)


def _left_alike(ours: Report, theirs: Report) -> bool:
    pairs: Iterator[tuple[Any, Any]] = zip(ours.args, theirs.args, strict=False)
    alike = all(_equal(a, b, True) for a, b in pairs if not _opaque(b))
    return alike and all(_equal(ours.kwargs.get(key), value, True) for key, value in theirs.kwargs.items() if not _opaque(value))


def _opaque(value: Any) -> bool:
    return (
        callable(value)
        or isinstance(value, (Kept, np.random.Generator))
        or not isinstance(value, (np.ndarray, list, tuple, dict, int, float, str, type(None)))
    )


def _equal(a: Any, b: Any, strict: bool) -> bool:
    if isinstance(a, Kept) or isinstance(b, Kept):
        return isinstance(a, Kept) and isinstance(b, Kept)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        if strict and list(a) != list(b):  # the order of a dictionary may be the mistake
            return False
        return a.keys() == b.keys() and all(_equal(value, b[key], strict) for key, value in a.items())
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(_equal(x, y, strict) for x, y in zip(a, b, strict=True))
    if isinstance(a, (np.ndarray, np.generic, float, int)) and isinstance(b, (np.ndarray, np.generic, float, int)):
        x, y = np.asarray(a), np.asarray(b)
        if x.shape != y.shape or (strict and x.dtype.kind + str(x.dtype.itemsize) != y.dtype.kind + str(y.dtype.itemsize)):
            return False
        if x.dtype.kind not in "biufc" or y.dtype.kind not in "biufc":
            return False
        if x.dtype == y.dtype and x.tobytes() == y.tobytes():  # as it is for most; allclose takes ten times longer
            return True
        tolerance = 1e-4 if "4" in (str(x.dtype.itemsize), str(y.dtype.itemsize)) else 1e-7
        return bool(np.allclose(x, y, rtol=tolerance, atol=1e-10, equal_nan=True))
    if callable(a) or callable(b):
        return callable(a) and callable(b)
    return type(a) is type(b) and bool(a == b)


def _whole(name: str, args: tuple[Any, ...], value: Any) -> Any:
    return value
