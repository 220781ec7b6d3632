"""Calls into a submission's process, over the pipe.

What comes back may be forged, and is looked at before it is an answer.
"""

from __future__ import annotations

import builtins
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from types import MappingProxyType
from typing import Any

import numpy as np

from ..core.errors import StudentError
from ..core.sentences import ended
from ..sandbox.client import Session, decode_reply, refusal
from ..sandbox.observe import TAMPERED
from ..sandbox.wire import Decoder, Handle, WireError, encode
from .error_messages import FORGED, error_kind, error_message, error_sentence
from .message_filter import MessageFilter
from .message_templates import MessageTemplates, few_lines
from .numerical_warnings import numerical
from .transport import Answer, Call, Detail, Report

MOST_HELD = 32 << 20  # bytes that the results of a call's callbacks may hold on to
UNFIT = "arguments that this function does not take"
_NAMING = re.compile(r"\) (takes|missing|got) ")  # how Python says that arguments do not fit


@contextmanager
def _unwarned() -> Iterator[None]:
    """Lets functions that the student's code calls back give no warnings of NumPy's."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class RemoteTransport:
    """Calls into a submission's process."""

    def __init__(
        self,
        session: Callable[[], Session],
        source: str,
        counted: bool = True,
        lines: Mapping[str, int] = MappingProxyType({}),
        terse: bool = False,
    ) -> None:
        """Call by a session.

        Args:
            session: gives the live one.
            source: all of the student's text, to tell which words are theirs.
            counted: whether its code leaves alone what counts its lines.
            lines: how many each of the notebook's cells has, by id; a place elsewhere is not shown.
            terse: whether an exception's message is shown as one of a few sentences alone.
        """
        self._session, self._messages, self._counted, self._keeps = (
            session,
            MessageTemplates() if terse else MessageFilter(source),
            counted,
            False,
        )
        self._lines = few_lines(lines) if terse else lines

    def calls(
        self,
        calls: Sequence[Call],
        *,
        keep_last: bool,
        last_only: bool,
        detail: Detail,
        forbidden: Sequence[str],
    ) -> list[Answer]:
        session = self._session()
        self._keeps = self._keeps or keep_last
        functions: list[Callable[..., Any]] = []
        opaque: list[Any] = []

        def refer(value: Any) -> list[Any] | None:
            if isinstance(value, Handle):
                return ["k", value.ident]
            name = getattr(value, "__name__", "")
            if isinstance(value, np.ufunc) and getattr(np, name, None) is value:
                # no secret, and calling back for it would cost a round trip each time
                return [
                    "u",
                    name,
                ]
            if callable(value):
                functions.append(value)
                return ["f", len(functions) - 1]
            opaque.append(value)
            # as large as the last ones, all of them
            if sum(map(_bytes_of, opaque[-8:])) * len(opaque) > 8 * MOST_HELD:
                raise MemoryError("caches of more than the grader keeps")
            return ["o", len(opaque) - 1]

        def resolve(tag: str, ident: int) -> Any:
            if tag == "o" and 0 <= ident < len(opaque):
                return opaque[ident]
            raise WireError(f"a reference {tag}{ident} that was never given")

        def answer(message: dict[str, Any]) -> dict[str, Any]:
            number = message.get("function")
            if type(number) is not int or not 0 <= number < len(functions):
                raise WireError("a call to a function that was never given")
            try:
                arguments = Decoder(resolve).decode(message.get("arguments"))
            except WireError as error:
                return refusal("TypeError", f"arguments that cannot cross: {error}")
            if not (
                type(arguments) is list
                and len(arguments) == 2
                and type(arguments[0]) is tuple
                and type(arguments[1]) is dict
            ):
                raise WireError("arguments that a function cannot take")
            args, kwargs = arguments
            return _call_back(functions[number], args, kwargs, refer)

        message = {
            "op": "call",
            "keep_last": keep_last,
            "last_only": last_only,
            "detail": detail.value,
            "forbidden": list(forbidden),
            "calls": [
                [call.name, encode(tuple(call.args), refer), encode(dict(call.kwargs), refer)]
                for call in calls
            ],
        }
        try:
            with _unwarned() if functions else nullcontext():
                results = session.request(
                    message, session.limits.call_wall * len(calls), answer
                ).get("results")
        except StudentError as error:
            return [StudentError(ended(f"`{calls[0].name}` {error.reason}."), error.kind)] * len(
                calls
            )
        if type(results) is not list or len(results) != len(calls):
            return [StudentError(FORGED, "forged")] * len(calls)
        answers = [
            self._read_safely(call, result, session, detail)
            for call, result in zip(calls, results, strict=True)
        ]
        return (
            [_ending_with_cache(answer) for answer in answers]
            if keep_last and not last_only
            else answers
        )

    def drop(self) -> None:
        if self._keeps:
            self._keeps = False
            self._session().request({"op": "drop"}, 5.0)

    def _read_safely(self, call: Call, result: Any, session: Session, detail: Detail) -> Answer:
        try:
            return self._read(call, result, session, detail)
        except StudentError as error:
            return error

    def _read(self, call: Call, result: Any, session: Session, detail: Detail) -> Answer:
        if type(result) is not dict:
            raise StudentError(FORGED, "forged")
        if "error" in result:
            error = result["error"]
            return StudentError(
                error_sentence(call.name, error, session, self._messages, self._lines),
                error_kind(error),
                error_message(error),
            )

        def kept(tag: str, ident: int) -> Any:
            if tag == "k":
                return Handle(ident)
            raise WireError("a reference where a value was expected")

        value = decode_reply(result.get("value"), kept)
        if detail is Detail.LINES:
            lines = result.get("lines")
            return Report(value, lines=lines if type(lines) is int and self._counted else TAMPERED)
        if detail is Detail.VALUE:
            return Report(value)
        left = decode_reply(result.get("args"), kept)
        if not (
            type(left) is list
            and len(left) == 2
            and type(left[0]) is list
            and type(left[1]) is dict
        ):
            raise StudentError(FORGED, "forged")
        if len(left[0]) != len(call.args) or left[1].keys() != call.kwargs.keys():
            raise StudentError(FORGED, "forged")
        said = result.get("warnings")
        back = result.get("handed_back")
        return Report(
            value,
            tuple(left[0]),
            left[1],
            numerical(str(one)[:200] for one in said[:10]) if type(said) is list else (),
            bool(result.get("touched_random")),
            handed_back=(
                tuple(place for place in back if type(place) is int) if type(back) is list else ()
            ),
        )


def _ending_with_cache(answer: Answer) -> Answer:
    """Return the answer, if it is of the form that the sandbox itself makes sure of.

    Code that took the sandbox's place may send anything.
    """
    if isinstance(answer, Report) and not (
        type(answer.value) is tuple
        and len(answer.value) > 1
        and isinstance(answer.value[-1], Handle)
    ):
        return StudentError(FORGED, "forged")
    return answer


def _bytes_of(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    return sum(map(_bytes_of, value)) if isinstance(value, (list, tuple)) else 64


def _call_back(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    refer: Callable[[Any], list[Any] | None],
) -> dict[str, Any]:
    if not _meant(function, args, kwargs):
        return refusal("TypeError", UNFIT)
    try:
        return {"value": encode(function(*args, **kwargs), refer)}
    except Exception as error:
        # the student's arguments did not suit the function: their code is told, as by a local call
        if _NAMING.search(str(error)):  # and so tells which of its functions the check has passed
            return refusal("TypeError", UNFIT)
        name = type(error).__name__ if hasattr(builtins, type(error).__name__) else "RuntimeError"
        return refusal(name, str(error)[:300])


def _meant(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Return whether a call leaves alone the parameters that have a default: by these, a check
    tells its own functions what to do.
    """
    inner = getattr(function, "__func__", function)
    defaults, code = getattr(inner, "__defaults__", None) or (), getattr(inner, "__code__", None)
    if code is None or not (defaults or getattr(inner, "__kwdefaults__", None)):
        return True
    taken = code.co_varnames[: code.co_argcount - len(defaults)]
    return len(args) <= len(taken) - (inner is not function) and kwargs.keys() <= set(taken)
