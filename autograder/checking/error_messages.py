"""How a call that gave no answer is told to the student: in a sentence, without anything that could
carry hidden inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.errors import FailureKind
from ..core.sentences import ended, unended
from ..sandbox.client import Session
from .message_filter import EXCEPTIONS, MessageFilter
from .message_templates import MessageTemplates

Messages = MessageFilter | MessageTemplates

FORGED = "The notebook's code sent the grader something that is not the result of a function."
# what the sandbox itself says of a call, beside what was raised
_BY_THE_SANDBOX = (
    FailureKind.MISSING,
    FailureKind.UNSENDABLE,
    FailureKind.LIMIT,
    FailureKind.HELPER,
)
_LIMIT_WORDS = {
    "time": "took longer than {call_wall:g} s",
    "cpu": "used more than {call_cpu:g} s of processor time",
}


def error_kind(error: Any) -> str:
    kind = error.get("kind") if type(error) is dict else None
    if kind == FailureKind.RAISED and type(error.get("type")) is str:
        return f"raised {error['type']}" if error["type"] in EXCEPTIONS else FailureKind.RAISED
    return kind if kind in _BY_THE_SANDBOX else FailureKind.FORGED


def error_message(error: Any) -> str:
    """Return the exception's own message, for nobody but a check to read."""
    return str(error.get("message", ""))[:1000] if type(error) is dict else ""


def error_sentence(
    name: str, error: Any, session: Session, messages: Messages, lines: Mapping[str, int]
) -> str:
    kind = error_kind(error)
    message = error_message(error)
    if kind == FailureKind.MISSING:
        return f"`{name}` is not defined: no cell that ran without an error defines it."
    if kind == FailureKind.UNSENDABLE:
        words = messages.shown(message) or "returns something that is not a valid result"
        return ended(f"`{name}` {words}.")
    if kind == FailureKind.HELPER:
        helper = messages.shown(message) or "a helper"
        return f"`{name}` uses `{helper}`, which may not answer this question."
    if kind == FailureKind.LIMIT:
        words = _LIMIT_WORDS.get(message, "reached a limit").format(**session.limits.as_dict())
        return f"`{name}` {words}, the limit for one call, and was stopped{_place(error, lines)}."
    if kind == FailureKind.FORGED:
        return FORGED
    if error["type"] == "NotImplementedError":
        return f"`{name}` is not written yet."
    if error["type"] == "MemoryError":
        most = f"the {session.limits.memory >> 20} MB that a submission may use"
        return f"`{name}` needed more memory than {most}{_place(error, lines)}."
    told, place = messages.shown(message, error["type"]), _place(error, lines)
    kind = error["type"] if messages.is_named(error["type"]) else "an exception of its own"
    told = f": {unended(told) if place else told}" if told else ""
    return ended(f"`{name}` raised {kind}{told}{place}.")


def _place(error: dict[str, Any], lines: Mapping[str, int]) -> str:
    """Say where it was raised, if there is such a line of such a cell: code can be compiled under
    any name, at any line.
    """
    cell, line = error.get("cell"), error.get("line")
    if type(cell) is str and type(line) is int and 1 <= line <= lines.get(cell, 0):
        return f" (line {line} of the cell {cell})"
    return ""
