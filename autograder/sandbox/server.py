"""Answers the trusted process from within a submission's process: runs cells, calls functions,
keeps what is no data.

Nothing here knows what is right. All that it reports may be forged by the student's code beside it,
so the trusted side takes it as an answer, never as a verdict. Runs inside the sandbox.
"""

from __future__ import annotations

import builtins
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .alarm import Alarm
from .call_context import HelperNotAllowed, quietly, refusing, watched
from .channel import Channel
from .loops import Loops
from .observe import TAMPERED, LineCount, handed_back, random_state
from .shell import CellShell, LimitReached, Outputs, encodable, run_cell, where
from .wire import Decoder, Handle, WireError, encode, iterate


class Server:
    """One submission: its shell, its channel, and the objects that stay behind under a number."""

    def __init__(
        self,
        shell: CellShell,
        outputs: Outputs,
        channel: Channel,
        limits: dict[str, Any],
        loops: Loops,
    ) -> None:
        self.loops = loops
        self.shell, self.outputs, self.channel, self.limits = shell, outputs, channel, limits
        self.kept: dict[int, Any] = {}
        self.next_kept = 0

    def run(self) -> None:
        """Serve until the trusted side closes the channel."""
        self.alarm = Alarm()
        handlers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "cell": self._cell,
            "call": self._call,
            "drop": self._drop,
        }
        while True:
            request = self.channel.receive()
            reply = handlers[request["op"]](request)
            try:
                self.channel.send({**reply, "op": "done"})
            except WireError as error:
                too_large = {"error": {"kind": "unsendable", "message": f"returns {error}"}}
                self.channel.send({"op": "done", "results": [too_large] * len(reply["results"])})

    def _cell(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            with self.alarm.limit(self.limits["cell_wall"], self.limits["cell_cpu"]):
                return run_cell(
                    self.shell,
                    self.outputs,
                    request["cell"],
                    request["source"],
                    self.limits["output"],
                )
        except LimitReached as reached:  # it struck between the cell's end and the limit's
            return {"outputs": [], "error": None, "failed": True, "limit": reached.limit}

    def _drop(self, request: dict[str, Any]) -> dict[str, Any]:
        self.kept.clear()
        return {}

    # -- calls

    def _call(self, request: dict[str, Any]) -> dict[str, Any]:
        reply: dict[str, Any] = {"results": []}
        with refusing(request["forbidden"]), quietly(), watched() as caught:
            for name, args, kwargs in request["calls"]:
                caught.clear()
                outcome = self._one(name, args, kwargs, request)
                if request["detail"] == "effects":
                    outcome["warnings"] = _numerical(caught)
                reply["results"].append(outcome)
        return reply

    def _one(self, name: str, args: Any, kwargs: Any, request: dict[str, Any]) -> dict[str, Any]:
        full, lines = request["detail"] == "effects", request["detail"] == "lines"
        decoder = Decoder(self._resolve, layouts=True)
        args, kwargs = decoder.decode(args), decoder.decode(kwargs)
        function = self.shell.user_ns.get(name)
        if not callable(function):
            return {"error": {"kind": "missing"}}
        outcome: dict[str, Any] = {}
        before = random_state() if full else None
        count = LineCount(lines, self.loops)
        try:
            with self.alarm.limit(self.limits["call_wall"], self.limits["call_cpu"]), count:
                value = function(*args, **kwargs)
                if hasattr(value, "__next__") and not isinstance(value, np.random.Generator):
                    value = iterate(value)
            outcome["value"] = self._encode_value(value, request["keep_last"], request["last_only"])
            if full:
                outcome["handed_back"] = handed_back(value, [args, kwargs])
        except _Unsendable as error:
            outcome["error"] = {"kind": "unsendable", "message": str(error)}
        except LimitReached as error:
            cell, line = where(error)
            outcome["error"] = {"kind": "limit", "message": error.limit, "cell": cell, "line": line}
        except BaseException as error:
            # whatever a student's function raises is an answer, not an accident
            outcome["error"] = _describe_error(error)
        if full:
            outcome["args"] = self._encode_arguments([list(args), kwargs])
            outcome["touched_random"] = before != random_state()
        if lines:
            outcome["lines"] = TAMPERED if count.elsewhere else count.lines
        return outcome

    def _encode_value(self, value: Any, keep_last: bool, last_only: bool) -> Any:
        try:
            if keep_last:
                if not isinstance(value, (tuple, list)) or len(value) < 2:
                    raise _Unsendable(
                        f"returns {_kind(value)}, where a tuple that ends with the cache "
                        "was expected"
                    )
                if last_only:
                    value = value[0] if len(value) == 2 else value[:-1]
                else:
                    return ["t", [*(encode(part) for part in value[:-1]), self._keep(value[-1])]]
            return encode(value)
        except WireError as error:
            raise _Unsendable(
                f"returns {error}, where arrays, numbers, strings, tuples, lists or dicts "
                "were expected"
            ) from error

    def _encode_arguments(self, arguments: Any) -> Any:
        """Return the arguments as they were left, each for itself: one that cannot cross any more
        hides none of the others.
        """
        args, kwargs = arguments
        return [
            "l",
            [
                ["l", [_as_left(value) for value in args]],
                ["d", [[name, _as_left(value)] for name, value in kwargs.items()]],
            ],
        ]

    def _keep(self, value: Any) -> list[Any]:
        self.next_kept += 1
        self.kept[self.next_kept] = value
        return ["k", self.next_kept]

    def _resolve(self, tag: str, ident: int) -> Any:
        if tag == "k":
            return self.kept[ident]
        if tag == "f":
            return self._remote(ident)
        return Handle(ident)

    def _remote(self, ident: int) -> Callable[..., Any]:
        def refer(value: Any) -> list[Any] | None:
            return ["o", value.ident] if isinstance(value, Handle) else None

        def remote(*args: Any, **kwargs: Any) -> Any:
            """Return a function that the grader passed in; it runs on the grader's side."""
            message = {
                "op": "callback",
                "function": ident,
                "arguments": encode([args, kwargs], refer),
            }
            with self.alarm.held():
                self.channel.send(message)
                reply = self.channel.receive()
            if reply.get("error"):
                raise getattr(builtins, reply["error"]["name"], RuntimeError)(
                    reply["error"]["message"]
                )
            return Decoder(self._resolve).decode(reply["value"])

        return remote


def _as_left(value: Any) -> Any:
    try:
        return encode(
            value,
            lambda part: ["b", b""] if callable(part) or isinstance(part, Handle) else ["b", b"?"],
        )
    except Exception:  # what a student's class does when it is looked at
        return ["b", b"?"]


def _numerical(caught: list[warnings.WarningMessage]) -> list[str]:
    """Return the first of those that may be about numbers: a package's warnings of its future could
    crowd them out.
    """
    ours = [entry for entry in caught if issubclass(entry.category, RuntimeWarning)]
    return [encodable(f"{entry.category.__name__}: {entry.message}"[:200]) for entry in ours[:10]]


class _Unsendable(Exception):
    """The value cannot cross."""


def _kind(value: Any) -> str:
    return "None" if value is None else f"an object of type {type(value).__name__}"


def _describe_error(error: BaseException) -> dict[str, Any]:
    cell, line = where(error)
    known = type(error).__module__ in (
        "builtins",
        "numpy",
        "numpy.linalg",
        "numpy.exceptions",
        "numpy._core._exceptions",
    )
    kind = "helper" if isinstance(error, HelperNotAllowed) else "raised"
    try:
        message = encodable(str(error)[:1000])
    except Exception:
        message = ""
    return {
        "kind": kind,
        "type": type(error).__name__ if known else "",
        "message": message,
        "cell": cell,
        "line": line,
    }
