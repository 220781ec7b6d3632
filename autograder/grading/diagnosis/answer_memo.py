"""Keeps what trusted functions answered. A class's hidden inputs are the same for all, so most
students' checks ask the same.

What is kept comes with the work that it took, and taking it from here is charged that work: what
the diagnosis of a student finds does not depend on whose came before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgpack
import numpy as np

from ...checking.student import RecordedCall
from ...checking.transport import Answer, Call, Report
from ...core.errors import StudentError
from ...sandbox.wire import Handle, encode
from .functions import described

MOST_BYTES = 64 << 20  # of the answers that one process keeps, as they are estimated
MOST_JUDGED = 100_000  # comparisons that one process keeps, of some 200 bytes each


@dataclass(frozen=True)
class Remembered:
    """An answer, and how many calls of functions it took."""

    answer: Answer
    work: int


@dataclass
class AnswerMemo:
    """Answers by who gave them and what was asked, up to a bound; from then on nothing new is
    kept.
    """

    left: int = MOST_BYTES
    # by the identity of answers that are kept, and so stay what they are
    summaries: dict[int, Any] = field(default_factory=dict)
    # by two such answers to one call, and whether strictly
    alike: dict[tuple[int, int, bool], bool] = field(default_factory=dict)
    # by a student's answer and one that is kept, both to one call, and whether strictly
    judged: dict[tuple[bytes, int, bool], bool] = field(default_factory=dict)
    _held: set[int] = field(default_factory=set)
    _answers: dict[tuple[Hashable, bytes], Remembered] = field(default_factory=dict)

    def get(self, who: Hashable, key: bytes | None) -> Remembered | None:
        """Return what was kept of this call, if it was."""
        return None if key is None else self._answers.get((who, key))

    def keep(self, who: Hashable, key: bytes | None, answer: Answer, work: int) -> None:
        """Keep an answer while there is room."""
        size = 0 if key is None else 500 + size_of(answer)
        if key is not None and size <= self.left:
            self.left -= size
            self._answers[who, key] = Remembered(answer, work)
            self._held.add(id(answer))

    def judge(self, key: tuple[bytes, int, bool], alike: bool) -> None:
        """Keep whether a student's answer equals one that is kept: many students give the same."""
        if len(self.judged) >= MOST_JUDGED:
            self.judged.clear()
        self.judged[key] = alike

    def holds(self, answer: Answer) -> bool:
        """Return whether this very answer is kept."""
        return id(answer) in self._held


def key_of(
    call: Call, sources: Mapping[int, bytes | None], keep_last: bool, full: bool
) -> bytes | None:
    """Return what tells a call from all others; None where it takes more than data, and functions
    that can be described.

    Args:
        call: the call.
        sources: for each handle among its arguments, the key of the call that gave it.
        keep_last, full: how it is made.
    """

    def kept(handle: Handle) -> list[Any]:
        key = sources.get(handle.ident)
        if key is None:
            raise TypeError("a handle that nothing tells from others")
        return ["kept", key]

    return _key([*_made(call), keep_last, full], kept)


def key_of_record(record: RecordedCall, numbers: dict[int, int]) -> bytes | None:
    """Return what tells a call with its answer from all others, handles and all; None where they
    are more than data, and functions that can be described.

    Args:
        record: the call and its answer.
        numbers: of each handle that was met before, its place in their order; added to.
    """

    def numbered(handle: Handle) -> list[Any]:
        return ["handle", numbers.setdefault(handle.ident, len(numbers))]

    how = [record.keep_last, record.full]
    return _key([*_made(record.call), *how, _parts(record.answer)], numbered)


def key_of_answer(answer: Answer) -> bytes | None:
    """Return what tells an answer from all others, to the bit; None where it is more than data."""
    try:
        return _digest(encode(_parts(answer)))
    except Exception:  # a cache that stayed behind, say
        return None


def _key(whole: list[Any], of_handle: Callable[[Handle], Any]) -> bytes | None:
    def refer(value: Any) -> Any:
        if isinstance(value, Handle):
            return of_handle(value)
        if callable(value):
            return ["function", described(value)]
        raise TypeError(f"{type(value).__name__} is no data")

    try:
        return _digest(encode(whole, refer))
    except Exception:  # whatever cannot be sent is asked anew
        return None


def _digest(encoded: Any) -> bytes:
    return hashlib.blake2b(msgpack.packb(encoded), digest_size=16).digest()


def _made(call: Call) -> list[Any]:
    return [call.name, call.args, dict(call.kwargs)]


def _parts(answer: Answer) -> list[Any]:
    """Return all of an answer that the diagnosis looks at."""
    if isinstance(answer, StudentError):
        return [answer.kind]
    return [
        (answer.value, answer.args, answer.kwargs),
        bool(answer.warnings),
        answer.touched_random,
    ]


def size_of(value: Any) -> int:
    """Return about how many bytes a value takes; what it holds in several places, or within itself,
    counts once.
    """
    return _size_of(value, set())


def _size_of(value: Any, counted: set[int]) -> int:
    if isinstance(value, Report):
        return sum(_size_of(part, counted) for part in (value.value, value.args, value.kwargs))
    if isinstance(value, np.ndarray):
        return value.nbytes + 100
    if isinstance(value, (list, tuple, Mapping)):
        if id(value) in counted:
            return 50
        counted.add(id(value))
        parts = value.values() if isinstance(value, Mapping) else value
        return 100 + sum(_size_of(one, counted) + 50 for one in parts)
    return len(value) + 50 if isinstance(value, (str, bytes)) else 50
