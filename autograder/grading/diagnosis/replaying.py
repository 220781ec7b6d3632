"""Asks trusted functions what a student's were asked, as far as the allowance goes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ...checking.student import RecordedCall
from ...checking.transport import Answer, Call, Detail, Report, Transport
from ...core.errors import StudentError
from ...sandbox.wire import Handle
from .answer_memo import AnswerMemo, key_of, key_of_answer, key_of_record
from .work_limit import CALL, Allowance

Branch = tuple[object, ...]
MOST_CALLS = 200  # of one question


@dataclass(frozen=True)
class Transcript:
    """The calls of a question's checks, as the student answered them.

    Attributes:
        records: the calls in their order.
        failed: the points of each check that was not passed, by its id.
    """

    records: tuple[RecordedCall, ...]
    failed: dict[str, float]

    @classmethod
    def of(cls, records: Iterable[RecordedCall], failed: dict[str, float]) -> Transcript:
        """Take at most `MOST_CALLS`, those of failed checks first, and whatever these build on."""
        every = list(records)
        order = sorted(range(len(every)), key=lambda n: every[n].check not in failed)
        whole, taken = cls(tuple(every), failed), set[int]()
        for n in order[:MOST_CALLS]:
            taken |= {n, *whole.sources[n].values()}
        return cls(tuple(every[n] for n in sorted(taken)), failed)

    @cached_property
    def sources(self) -> tuple[dict[int, int], ...]:
        """For each call, the handles among its arguments, and the calls that gave them."""
        given: dict[int, int] = {}
        found = []
        for n, record in enumerate(self.records):
            found.append(
                {
                    arg.ident: given[arg.ident]
                    for arg in record.call.args
                    if isinstance(arg, Handle) and arg.ident in given
                }
            )
            if record.keep_last and isinstance(record.answer, Report):
                given[record.answer.value[-1].ident] = n
        return tuple(found)

    @cached_property
    def keys(self) -> tuple[bytes | None, ...]:
        """What tells each call from all others; None where its answer may depend on more: what
        takes a handle may change what that holds.
        """
        found: list[bytes | None] = []
        for n in range(len(self.records)):
            found.append(self._key(n, found))
        return tuple(found)

    @cached_property
    def digest(self) -> bytes | None:
        """What tells the whole transcript from all others, to the bit; None where it holds more
        than data.
        """
        whole = hashlib.blake2b(repr(self.failed).encode(), digest_size=16)
        numbers: dict[int, int] = {}  # handles in their order: their own numbers count on
        for n, record in enumerate(self.records):
            call, answer = self.keys[n], self.answer_keys[n]
            both = call + answer if call and answer else key_of_record(record, numbers)
            if both is None:
                return None
            whole.update(f"{record.check}\n{len(both)}\n".encode() + both)
        return whole.digest()

    @cached_property
    def answer_keys(self) -> tuple[bytes | None, ...]:
        """What tells each of the student's answers from all others; None where it holds more than
        data.
        """
        return tuple(key_of_answer(record.answer) for record in self.records)

    @cached_property
    def _takers(self) -> Counter[int]:
        return Counter(source for sources in self.sources for source in sources.values())

    def _key(self, n: int, found: Sequence[bytes | None]) -> bytes | None:
        record = self.records[n]
        given = {
            ident: found[source] if self._takers[source] == 1 else None
            for ident, source in self.sources[n].items()
        }
        return key_of(record.call, given, record.keep_last, record.full)

    def unchanged(self, n: int) -> bool:
        """Return whether the functions that a call takes hold what they held before it: if not,
        they remember it.
        """
        call = self.records[n].call
        return (
            not _takes_functions((*call.args, *call.kwargs.values()))
            or self._key(n, self.keys) == self.keys[n]
        )

    @cached_property
    def branches(self) -> tuple[Branch, ...]:
        """For each call what decides on its path: the function, its texts and flags, and the same
        of what its arguments came from.
        """
        found: list[Branch] = []
        for record, sources in zip(self.records, self.sources, strict=True):
            switches = _switches(record.call)
            found.append((record.call.name, *switches, *(found[n] for n in sources.values())))
        return tuple(found)

    def reach(self, names: Iterable[str]) -> frozenset[int]:
        """Return the calls by which other functions of these names show: their own, and those that
        take what these keep.
        """
        wanted = set(names)
        reached = {n for n, record in enumerate(self.records) if record.call.name in wanted}
        takers = {
            n
            for n, sources in enumerate(self.sources)
            if any(source in reached for source in sources.values())
        }
        return frozenset(reached | takers)


def _takes_functions(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_takes_functions, value))
    if isinstance(value, dict):
        return any(map(_takes_functions, value.values()))
    return callable(value)


def _switches(call: Call) -> tuple[object, ...]:
    found: list[object] = []
    for name, value in (*enumerate(call.args), *sorted(call.kwargs.items())):
        if isinstance(value, (str, bool)):
            found.append((name, value))
        elif isinstance(value, dict):
            found += [
                (name, key, one)
                for key, one in sorted(value.items(), key=str)
                if isinstance(one, (str, bool))
            ]
    return tuple(found)


@dataclass(frozen=True)
class Witness:
    """Trusted functions that can be asked: made when they are needed, and known by name to the
    memory.

    Attributes:
        who: tells these functions from all others of an assignment.
        made: gives what takes their calls.
        memory: what they and others answered before.
    """

    who: Hashable
    made: Callable[[], Transport]
    memory: AnswerMemo = field(default_factory=lambda: AnswerMemo(0))


class Replay:
    """Answers of other functions to the same calls, each made once, in any order."""

    def __init__(self, transcript: Transcript, witness: Witness, allowance: Allowance) -> None:
        self._transcript, self._witness, self._allowance = transcript, witness, allowance
        self._answers: dict[int, Answer | None] = {}
        # those that were asked here, whose handles are known
        self._live: dict[int, Answer | None] = {}

    @cached_property
    def _transport(self) -> Transport:
        return self._witness.made()

    def __getitem__(self, n: int) -> Answer | None:
        """Return the answer to a call, or None where it would take too much work."""
        if n not in self._answers:
            self._answers[n] = self._ask(n)
        return self._answers[n]

    def _ask(self, n: int) -> Answer | None:
        key = self._transcript.keys[n]
        remembered = self._witness.memory.get(self._witness.who, key)
        if remembered is not None:
            return remembered.answer if self._allowance.take(remembered.work) else None
        before = self._allowance.left
        answer = self._live[n] = self._made(n, self._allowance)
        if answer is not None and self._transcript.unchanged(n):
            self._witness.memory.keep(self._witness.who, key, answer, before - self._allowance.left)
        return answer

    def _made(self, n: int, allowance: Allowance) -> Answer | None:
        record, handles = self._transcript.records[n], {}
        for ident, source in self._transcript.sources[n].items():
            if self[source] is None:
                return None
            # it was remembered, and charged; here it is made once more for its handle
            if source not in self._live:
                self._live[source] = self._made(source, Allowance(CALL))
            answer = self._live[source]
            if isinstance(answer, Report):
                handles[ident] = answer.value[-1]
        args = tuple(
            handles.get(arg.ident, arg) if isinstance(arg, Handle) else arg
            for arg in record.call.args
        )
        call = Call(record.call.name, args, record.call.kwargs)
        transport = self._transport  # what cannot be made is an author's fault, and is said as that
        try:
            with allowance:
                return transport.calls(
                    [call],
                    keep_last=record.keep_last,
                    last_only=False,
                    detail=Detail.EFFECTS if record.full else Detail.VALUE,
                    forbidden=(),
                )[0]
        except KeyError:  # a handle that the other answer never gave
            return StudentError("has no such cache", "missing")
        except Exception:  # an answer that holds itself, say, and so is no data
            return StudentError("gives no data", "unsendable")
        return None
