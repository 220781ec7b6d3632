"""A grader that believes what a sandbox sends: every message is unpacked whole, and taken for what it claims to be.

`python -m autograder.tests.trusting_grader` reads rows of (student, cells, function), and tells what came of each. It is there to be fooled by
`test_attacks_are_real.py`; its sandbox is a real one.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from autograder.core.course import Course
from autograder.core.limits import Limits
from autograder.sandbox.client import Sandbox
from autograder.sandbox.wire import Decoder, Handle, encode

SLOT = 8000 + os.getpid() % 900
PATIENCE = 5.0  # s without which it would wait for ever
ROOM = 300 << 20  # bytes that it may grow by
KNOWN = {
    "none": "",
    "time": "It took too long.",
    "cpu": "It took too long.",
    "output": "It showed too much.",
}
AHEAD = {"op": "drop", "want": "the value that is expected next"}


class Host:
    """Runs cells and calls functions in a sandbox's process, and keeps all that comes."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self.shown, self.longest, self.marks, self.lines = sock, [""], 0, 0.0, 0
        self.ends = time.monotonic() + PATIENCE
        sock.settimeout(PATIENCE)

    def cell(self, name: str, source: str) -> None:
        """Runs a cell; keeps what it shows, and the score that it claims."""
        reply = self._ask({"op": "cell", "cell": name, "source": source})
        self.shown.append(KNOWN[reply.get("limit") or "none"])
        self.shown += [
            output["text"] for output in reply.get("outputs", []) if output["kind"] == "stream"
        ]
        self.marks = reply.get("score", self.marks)

    def call(self, name: str) -> None:
        """Calls a function, and shows what it gives or says of an error."""
        args, functions = arguments(name)
        referred = [["f", number] for number in range(len(functions))]
        request = {
            "op": "call",
            "keep_last": False,
            "last_only": False,
            "detail": "lines" if name == "mlp_backprop" else "effects",
            "forbidden": [],
        }
        (result,) = self._ask(
            request
            | {
                "calls": [
                    [
                        name,
                        ["t", [*referred, *encode(args, lambda value: ["u", value.__name__])[1]]],
                        encode({}),
                    ]
                ]
            },
            functions,
        )["results"]
        self.lines = result.get("lines", 0)
        if "error" in result:
            self.shown.append(result["error"].get("message", ""))
        else:
            value = Decoder(lambda tag, ident: Handle(ident)).decode(result["value"])
            self.shown.append(repr(value if name == "check_layer" else tuple(value))[:10_000])

    def _ask(self, request: dict[str, Any], functions: tuple[Any, ...] = ()) -> dict[str, Any]:
        self._send(request, AHEAD) if request["op"] == "call" and not functions else self._send(
            request
        )  # what comes next, to save a trip
        while True:
            reply = msgpack.unpackb(
                self._exactly(struct.unpack("!I", self._exactly(4))[0]), strict_map_key=False
            )
            if reply.get("op") != "callback":
                return dict(reply)
            args, kwargs = Decoder(lambda tag, ident: functions[ident]).decode(reply["arguments"])
            self._send({"value": encode(functions[reply["function"]](*args, **kwargs))})

    def _send(self, *messages: dict[str, Any]) -> None:
        bodies = [msgpack.packb(message) for message in messages]
        self.sock.sendall(b"".join(struct.pack("!I", len(body)) + body for body in bodies))

    def _exactly(self, size: int) -> bytes:
        got = bytearray()
        while len(got) < size:
            piece = self.sock.recv(min(size - len(got), 1 << 20))
            if not piece:
                raise EOFError
            if time.monotonic() > self.ends:
                raise TimeoutError
            got += piece
        self.longest = max(self.longest, size)
        return bytes(got)


def arguments(name: str) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """What a function is called with: data, and functions of this side before it."""
    rng = np.random.default_rng(7)
    if name == "mlp_backprop":
        params = [
            (rng.normal(size=(3, 4)), rng.normal(size=4)),
            (rng.normal(size=(4, 2)), rng.normal(size=2)),
        ]
        return (params, rng.normal(size=(6, 3)), rng.normal(size=(6, 2)), np.tanh, np.cos), ()
    if name == "check_layer":
        return (np.ones((2, 2)), rng), (
            lambda x: (np.tanh(x), np.tanh(x)),
            lambda dout, out: dout * (1 - out**2),
        )
    return (rng.normal(size=(5, 6)), rng.normal(size=(6, 4)), rng.normal(size=4)), ()


def _came_of(sandbox: Sandbox, cells: list[tuple[str, str]], function: str) -> dict[str, Any]:
    with sandbox.open() as session:
        host, ended = Host(session._channel.sock), ""
        try:
            for name, source in cells:
                host.ends = time.monotonic() + PATIENCE
                host.cell(name, source)
            host.call(function)
        except Exception as error:  # by which a grader for a whole class would end
            ended = type(error).__name__
        kept = "".join(part for part in host.shown if isinstance(part, str))
        return {
            "ended": ended,
            "shown": kept[-20_000:],
            "kept": len(kept),
            "longest": host.longest,
            "marks": host.marks,
            "lines": host.lines,
        }


def main() -> None:
    """Grades each row, and prints what came of it."""
    rows = json.load(sys.stdin)
    with Sandbox(Limits(), Course().utils, SLOT) as sandbox:
        sandbox.open().close()
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, size + ROOM))
        print(
            json.dumps(
                [(student, _came_of(sandbox, cells, function)) for student, cells, function in rows]
            )
        )


if __name__ == "__main__":
    main()
