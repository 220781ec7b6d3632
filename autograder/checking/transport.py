"""Two ways to a student's functions: over the pipe into the sandbox, and within this process for trusted code.

Both take the same calls and give the same outcomes, so that a known mistake can be run on what a student's code was asked.
"""

from __future__ import annotations

import builtins
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from ..errors import StudentError
from ..sandbox.client import Session, decode_reply, refusal
from ..sandbox.observe import TAMPERED, LineCount, handed_back, random_state
from ..sandbox.wire import Decoder, Kept, WireError, encode, iterate, laid_out, layout_of, unseeded


@dataclass(frozen=True)
class Call:
    """One call of one function."""

    name: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """What a call did.

    Attributes:
        value: what it returned; what stays behind is a `Kept`.
        args, kwargs: the arguments as they were left.
        warnings: "Category: message" of each warning raised.
        touched_random: whether the global random state changed.
        lines: how many lines of the notebook's cells ran.
        handed_back: the positions of results that lie in the memory of an argument.
    """

    value: Any
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    touched_random: bool = False
    lines: int = 0
    handed_back: tuple[int, ...] = ()


Answer = Report | StudentError
MOST_HELD = 32 << 20  # bytes that the results of a call's callbacks may hold on to


class Transport(Protocol):
    """Takes calls, gives an answer for each."""

    def calls(self, calls: Sequence[Call], *, keep_last: bool, last_only: bool, full: bool, forbidden: Sequence[str]) -> list[Answer]: ...

    def drop(self) -> None: ...


class RemoteTransport:
    """Calls into a submission's process."""

    def __init__(self, session: Callable[[], Session], source: str, counted: bool = True) -> None:
        """`session` gives the live session, `source` is all of the student's text, to tell which words are theirs; `counted`
        says whether its code leaves alone what counts its lines."""
        self._session, self._source, self._counted, self._keeps = session, source, counted, False

    def calls(self, calls: Sequence[Call], *, keep_last: bool, last_only: bool, full: bool, forbidden: Sequence[str]) -> list[Answer]:
        session = self._session()
        self._keeps = self._keeps or keep_last
        functions: list[Callable[..., Any]] = []
        opaque: list[Any] = []

        def refer(value: Any) -> list[Any] | None:
            if isinstance(value, Kept):
                return ["k", value.ident]
            name = getattr(value, "__name__", "")
            if isinstance(value, np.ufunc) and getattr(np, name, None) is value:
                return ["u", name]  # no secret, and calling back for it would cost a round trip each time
            if callable(value):
                functions.append(value)
                return ["f", len(functions) - 1]
            opaque.append(value)
            if sum(map(_bytes_of, opaque[-8:])) * len(opaque) > 8 * MOST_HELD:  # as large as the last ones, all of them
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
            if not (type(arguments) is list and len(arguments) == 2 and type(arguments[0]) is tuple and type(arguments[1]) is dict):
                raise WireError("arguments that a function cannot take")
            args, kwargs = arguments
            return _call_back(functions[number], args, kwargs, refer)

        message = {
            "op": "call", "keep_last": keep_last, "last_only": last_only, "full": full, "forbidden": list(forbidden),
            "calls": [[call.name, encode(tuple(call.args), refer), encode(dict(call.kwargs), refer)] for call in calls],
        }  # fmt: skip
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():  # of functions that the student's code calls back
                warnings.simplefilter("ignore")
                results = session.request(message, session.limits.call_wall * len(calls), answer).get("results")
        except StudentError as error:
            return [StudentError(f"`{calls[0].name}` {error.reason.rstrip('.')}.", error.kind)] * len(calls)
        if type(results) is not list or len(results) != len(calls):
            return [StudentError(_FORGED, "forged")] * len(calls)
        answers = [self._read_safely(call, result, session) for call, result in zip(calls, results, strict=True)]
        return [_ending_with_cache(answer) for answer in answers] if keep_last and not last_only else answers

    def drop(self) -> None:
        if self._keeps:
            self._keeps = False
            self._session().request({"op": "drop"}, 5.0)

    def _read_safely(self, call: Call, result: Any, session: Session) -> Answer:
        try:
            return self._read(call, result, session)
        except StudentError as error:
            return error

    def _read(self, call: Call, result: Any, session: Session) -> Answer:
        if type(result) is not dict:
            raise StudentError(_FORGED, "forged")
        if "error" in result:
            return StudentError(_error_sentence(call.name, result["error"], session, self._source), _error_kind(result["error"]))

        def kept(tag: str, ident: int) -> Any:
            if tag == "k":
                return Kept(ident)
            raise WireError("a reference where a value was expected")

        value = decode_reply(result.get("value"), kept)
        if "args" not in result:
            return Report(value)
        left = decode_reply(result["args"], kept)
        if not (type(left) is list and len(left) == 2 and type(left[0]) is list and type(left[1]) is dict):
            raise StudentError(_FORGED, "forged")
        if len(left[0]) != len(call.args) or left[1].keys() != call.kwargs.keys():
            raise StudentError(_FORGED, "forged")
        said = result.get("warnings")
        lines, back = result.get("lines"), result.get("handed_back")
        return Report(
            value,
            tuple(left[0]),
            left[1],
            tuple(str(one)[:200] for one in said[:10]) if type(said) is list else (),
            bool(result.get("touched_random")),
            lines if type(lines) is int and self._counted else TAMPERED,
            tuple(place for place in back if type(place) is int) if type(back) is list else (),
        )


class LocalTransport:
    """Calls trusted functions in this process: the reference, or a known mistake."""

    def __init__(self, namespace: Any) -> None:
        self._namespace = namespace
        self._kept: dict[int, Any] = {}

    def calls(self, calls: Sequence[Call], *, keep_last: bool, last_only: bool, full: bool, forbidden: Sequence[str]) -> list[Answer]:
        return [self._one(call, keep_last, last_only, full) for call in calls]

    def drop(self) -> None:
        self._kept.clear()

    def _one(self, call: Call, keep_last: bool, last_only: bool, full: bool) -> Answer:
        args = tuple(self._kept[arg.ident] if isinstance(arg, Kept) else _own(arg) for arg in call.args)
        kwargs = {key: _own(value) for key, value in call.kwargs.items()}
        function = getattr(self._namespace, call.name, None)
        if function is None:
            return StudentError(f"`{call.name}` is not there", "missing")
        before = random_state() if full else None
        try:
            with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn", under="ignore"), LineCount(full) as count:
                warnings.simplefilter("always")
                value = function(*args, **kwargs)
                if hasattr(value, "__next__") and not isinstance(value, np.random.Generator):
                    value = iterate(value)
        except Exception as error:
            return StudentError(f"`{call.name}` raised {type(error).__name__}: {error}", f"raised {type(error).__name__}")
        back = tuple(handed_back(value, [args, kwargs])) if full else ()
        if keep_last:
            if not isinstance(value, tuple) or len(value) < 2:
                return StudentError(f"`{call.name}` gives no tuple that ends with the cache", "unsendable")
            ident = len(self._kept) + 1
            self._kept[ident] = value[-1]
            value = (*_own(value[:-1]), Kept(ident)) if not last_only else (value[0] if len(value) == 2 else value[:-1])
        said = tuple(f"{entry.category.__name__}: {entry.message}" for entry in caught)
        return Report(_own(value), args, kwargs, said, full and before != random_state(), count.lines, back)


def _own(value: Any) -> Any:
    """A copy that shares no array with the original; functions and what is no data stay themselves."""
    if isinstance(value, np.ndarray):
        return laid_out(value.copy(), layout_of(value))
    if isinstance(value, np.random.Generator):
        bits = unseeded(type(value.bit_generator))
        bits.state = value.bit_generator.state
        return np.random.Generator(bits)
    if type(value) in (list, tuple):
        return type(value)(_own(item) for item in value)
    if type(value) is dict:
        return {key: _own(item) for key, item in value.items()}
    return value


def _ending_with_cache(answer: Answer) -> Answer:
    """The answer, if it is of the form that the sandbox itself makes sure of; code that took the sandbox's place may send anything."""
    if isinstance(answer, Report) and not (type(answer.value) is tuple and len(answer.value) > 1 and isinstance(answer.value[-1], Kept)):
        return StudentError(_FORGED, "forged")
    return answer


def _bytes_of(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    return sum(map(_bytes_of, value)) if isinstance(value, (list, tuple)) else 64


def _call_back(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], refer: Callable[[Any], list[Any] | None]
) -> dict[str, Any]:
    try:
        return {"value": encode(function(*args, **kwargs), refer)}
    except Exception as error:  # the student's arguments did not suit the function: their code is told, as by a local call
        name = type(error).__name__ if hasattr(builtins, type(error).__name__) else "RuntimeError"
        return refusal(name, str(error)[:300])


_FORGED = "The notebook's code sent the grader something that is no answer of a function."
_LIMIT_WORDS = {"time": "took longer than {call_wall:g} s", "cpu": "used more than {call_cpu:g} s of processor time"}


def _error_kind(error: Any) -> str:
    kind = error.get("kind") if type(error) is dict else None
    if kind == "raised" and type(error.get("type")) is str:
        return f"raised {error['type'][:60]}"
    return kind if kind in ("missing", "unsendable", "limit", "helper") else "forged"


def _error_sentence(name: str, error: Any, session: Session, source: str) -> str:
    kind = _error_kind(error)
    message = str(error.get("message", ""))[:1000] if type(error) is dict else ""
    if kind == "missing":
        return f"`{name}` is not there: no cell that ran without an error defines it."
    if kind == "unsendable":
        return f"`{name}` {_masked(message, source)}."
    if kind == "helper":
        return f"`{name}` leans on `{_masked(message, source)}`, which may not answer this question."
    if kind == "limit":
        words = _LIMIT_WORDS.get(message, "reached a limit").format(**session.limits.as_dict())
        return f"`{name}` {words}, the limit for one call, and was stopped{_place(error)}."
    if kind == "forged":
        return _FORGED
    if error["type"] == "NotImplementedError":
        return f"`{name}` is not written yet."
    if error["type"] == "MemoryError":
        return f"`{name}` needed more memory than the {session.limits.memory >> 20} MB that a submission may use{_place(error)}."
    told = _masked(message, source)
    kind = error["type"] if error["type"].isidentifier() and len(error["type"]) <= 60 else "an exception of its own"
    return f"`{name}` raised {kind}{': ' + told if told else ''}{_place(error)}."


def _place(error: dict[str, Any]) -> str:
    cell, line = error.get("cell"), error.get("line")
    if type(cell) is str and type(line) is int and re.fullmatch(r"[\w-]{1,64}", cell):
        return f" (line {line} of the cell {cell})"
    return ""


def _masked(message: str, source: str) -> str:
    """An exception's message without anything that could carry hidden inputs: long numbers, and words not in the notebook or the language."""
    message = "".join(character if character.isprintable() else " " for character in message)
    message = re.sub(r"-?\d*\.\d+(e[+-]?\d+)?|\d{1,3}([_,]\d{3})+|\d{4,}|-?\d+e[+-]?\d+", "…", " ".join(message.split()))
    message = re.sub(
        r"(?<!\w)(['\"])(.*?)(\1(?!\w)|$)", lambda match: match[0] if _is_known(match[2], source) else f"{match[1]}…{match[1]}", message
    )
    return message[:160]


def _is_known(word: str, source: str) -> bool:
    return word in source or word in _WORDS


_WORDS = frozenset(dir(builtins)) | {
    "ndarray",
    "Generator",
    "NoneType",
    "function",
    "float64",
    "float32",
    "int64",
    "+",
    "-",
    "*",
    "/",
    "@",
    "**",
}
