"""The `student` fixture: a student's functions, called as if they were local."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..core.errors import FailureKind, GraderFault, StudentError
from ..core.results import CheckResult
from .copies import own
from .transport import Answer, Call, Detail, Report, Transport

BATCH_RECORDED = 3  # of a batch's calls, how many are kept for the diagnosis


@dataclass(frozen=True)
class RecordedCall:
    """A call that was made during a check, and its answer."""

    check: str
    call: Call
    keep_last: bool
    full: bool
    answer: Answer


class Student:
    """A student's functions.

    `student.affine_forward(x, w, b)` gives plain data. A function that is not there, that raises,
    or that returns no data raises `StudentError`, which fails the check with its reason.

    Attributes:
        known: verdicts that hold already, by check; these checks are not run.
        transcript: all calls that were made.
    """

    def __init__(
        self, transport: Transport, known: Mapping[str, CheckResult] | None = None
    ) -> None:
        self._transport = transport
        self.known = dict(known or {})
        self._spent: dict[str, StudentError] = {}
        self._answered: set[str] = set()
        self._forbidden: tuple[str, ...] = ()
        self._check = ""
        self.transcript: list[RecordedCall] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            return self._call(name, args, kwargs).value

        return call

    def forward(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        """Return the value of a function whose last result is a cache.

        The cache stays in the sandbox and comes as a handle.

        Args:
            name: of the student's function.
            args, kwargs: its arguments; a handle among them stands for what it was given for.

        Raises:
            StudentError: the call fails.
        """
        return self._call(name, args, kwargs, keep_last=True).value

    def report(self, name: str, /, *args: Any, keep_last: bool = False, **kwargs: Any) -> Report:
        """Call a function and return its value, and what else the call did.

        For example, what it did to its arguments.

        Args:
            name: of the student's function.
            args, kwargs: its arguments.
            keep_last: whether its last result is a cache, which comes as a handle.

        Raises:
            StudentError: the call fails.
        """
        return self._call(name, args, kwargs, keep_last=keep_last, full=True)

    def batch(
        self, name: str, arguments: Sequence[tuple[Any, ...]], keep_last: bool = False
    ) -> list[Any]:
        """Return the values of many calls of a function, made in one round trip.

        Args:
            name: of the student's function.
            arguments: of each call, by position.
            keep_last: whether the last result is a cache; the values then come without it.

        Raises:
            StudentError: a call fails.
        """
        self._refuse_spent(name)
        calls = [Call(name, tuple(args)) for args in arguments]
        answers = self._transport.calls(
            calls,
            keep_last=keep_last,
            last_only=keep_last,
            detail=Detail.VALUE,
            forbidden=self._forbidden,
        )
        for call, answer in list(zip(calls, answers, strict=True))[
            : 0 if keep_last else BATCH_RECORDED
        ]:
            self.transcript.append(RecordedCall(self._check, _as_made(call), False, False, answer))
        return [self._value(name, answer).value for answer in answers]

    def answers(
        self,
        name: str,
        calls: Sequence[tuple[tuple[Any, ...], dict[str, Any]]],
        keep_last: bool = False,
        detail: Detail = Detail.VALUE,
    ) -> list[Answer]:
        """Return the report of each of several calls, or the error that it ended with.

        All are made in one round trip.

        Args:
            name: of the student's function.
            calls: positional and keyword arguments of each call.
            keep_last: whether the last result is a cache, which comes as a handle.
            detail: what to report beside the value: arguments, warnings and the random state
                (`Detail.EFFECTS`), or how many lines ran (`Detail.LINES`).

        Raises:
            StudentError: an earlier call of the function reached a limit or ended its process.
        """
        self._refuse_spent(name)
        made = [Call(name, args, kwargs) for args, kwargs in calls]
        answers = self._transport.calls(
            made, keep_last=keep_last, last_only=False, detail=detail, forbidden=self._forbidden
        )
        for call, answer in zip(made, answers, strict=True):
            self.transcript.append(
                RecordedCall(
                    self._check, _as_made(call), keep_last, detail is Detail.EFFECTS, answer
                )
            )
            self._note(name, answer)
        return answers

    def has_answered(self, name: str) -> bool:
        """Return whether a function has returned anything so far.

        A function that always raises rejects bad arguments too.

        Args:
            name: of the student's function.
        """
        return name in self._answered

    def begin_check(self, check: str, forbidden: tuple[str, ...]) -> None:
        """Say which check the next calls belong to, and which helpers may not answer them.

        Args:
            check: its id.
            forbidden: dotted names of the helpers.
        """
        self._check, self._forbidden = check, forbidden

    def end_check(self) -> None:
        """Release what the check left in the sandbox."""
        # its process may have ended, and everything with it
        with suppress(StudentError, GraderFault):
            self._transport.drop()

    def _call(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        keep_last: bool = False,
        full: bool = False,
    ) -> Report:
        self._refuse_spent(name)
        call = Call(name, args, kwargs)
        answer = self._transport.calls(
            [call],
            keep_last=keep_last,
            last_only=False,
            detail=Detail.EFFECTS if full else Detail.VALUE,
            forbidden=self._forbidden,
        )[0]
        self.transcript.append(RecordedCall(self._check, _as_made(call), keep_last, full, answer))
        return self._value(name, answer)

    def _value(self, name: str, answer: Answer) -> Report:
        self._note(name, answer)
        if isinstance(answer, StudentError):
            raise answer
        return answer

    def _note(self, name: str, answer: Answer) -> None:
        if not isinstance(answer, StudentError):
            self._answered.add(name)
        elif answer.kind in (FailureKind.LIMIT, FailureKind.DIED, FailureKind.FORGED):
            self._spent[name] = answer

    def _refuse_spent(self, name: str) -> None:
        if name in self._spent:  # it would only end the same way, at the same cost
            raise self._spent[name]


def _as_made(call: Call) -> Call:
    """Return a call with copies of its arguments: the check may go on writing to them, and drawing
    from its generators.
    """
    return Call(call.name, own(call.args), own(dict(call.kwargs)))
