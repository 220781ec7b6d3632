"""What reads inputs in the trusted process, and what must hold of each reading. A target raises where that does not hold."""

from __future__ import annotations

import json
import math
import random
import socket
import struct
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any

import numpy as np

from autograder.checking.remote import RemoteTransport
from autograder.checking.transport import Call, Detail, Report
from autograder.collect.archive import Archive
from autograder.core.assignment import Assignment, load_assignment
from autograder.core.course import Course
from autograder.core.errors import StudentError, UserError
from autograder.core.limits import Limits
from autograder.grading.execute import _bounded, _outputs
from autograder.grading.repair import repair
from autograder.grading.screening.images import screen
from autograder.grading.screening.suspicious_names import notice_reaches
from autograder.sandbox.channel import Channel
from autograder.sandbox.wire import DTYPES, Decoder, Handle, WireError

from . import inputs, notebooks, uploads


@dataclass(frozen=True)
class Target:
    """A way in for what a student made.

    Attributes:
        make: makes an input.
        extremes: inputs that are tried before those.
        read: reads it, and tells whether it was taken (True) or refused in good order (False).
    """

    make: Callable[[random.Random], Any]
    read: Callable[[Any], bool]
    extremes: tuple[Callable[[], Any], ...] = ()

    def given(self, seed: int, name: str, number: int) -> Any:
        """The input of a number: the extremes first, then what the dice make."""
        return (
            self.extremes[number]()
            if number < len(self.extremes)
            else self.make(inputs.dice_for(seed, name, number))
        )


def kept(tag: str, ident: int) -> Any:
    if ident == 1:
        return Handle(ident)
    raise WireError("never given")


def plain(value: Any) -> bool:
    """Whether a decoded value is nothing but plain data that is its own."""
    if isinstance(value, np.ndarray):
        return (
            type(value) is np.ndarray
            and value.base is None
            and value.flags.owndata
            and value.dtype.str in DTYPES
        )
    if isinstance(value, np.generic):
        return value.dtype.str in DTYPES
    if type(value) in (tuple, list):
        return all(map(plain, value))
    if type(value) is dict:
        return all(map(plain, value.keys())) and all(map(plain, value.values()))
    return type(value) in (
        type(None),
        bool,
        int,
        float,
        complex,
        str,
        bytes,
        Handle,
        np.random.Generator,
    )


def read_frame(body: bytes) -> bool:
    """The pipe's decoder: a frame off a socket, and the value in it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        ours.sendall(struct.pack("!I", len(body)) + body)
        channel = Channel(theirs, 1 << 20)
        channel.set_timeout(5.0)
        try:
            message = channel.receive()
            results = message.get("results")
            first = results[0] if isinstance(results, list) and results else {}
            value = Decoder(kept).decode(
                first.get("value", results) if isinstance(first, dict) else results
            )
        except WireError:
            return False
    assert plain(value)
    return True


class _Session:
    """Answers a request with one message, as a session does once a frame has come."""

    limits = Limits()

    def __init__(self, message: dict[str, Any]) -> None:
        self.message = message

    def request(
        self,
        message: dict[str, Any],
        wall: float,
        answer: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> dict[str, Any]:
        if self.message.get("op") == "callback":
            try:
                assert set(answer(self.message)) <= {"value", "error"}
            except WireError as error:
                raise StudentError("sent what is no answer", "forged") from error
        return self.message


def read_reply(message: Any) -> bool:
    """What the transport makes of a message, and what the notebook would show of it."""
    if type(message) is not dict:  # as the channel makes sure
        return False
    transport = RemoteTransport(lambda: _Session(message), "x = 1")  # type: ignore[arg-type, return-value]
    taken = False
    for detail in Detail:
        (answer,) = transport.calls(
            [Call("f", (1.0, math.sin))],
            keep_last=False,
            last_only=False,
            detail=detail,
            forbidden=(),
        )
        assert isinstance(answer, Report | StudentError)
        taken = taken or isinstance(answer, Report)
        if isinstance(answer, Report):
            assert plain(answer.value)
            assert type(answer.lines) is (int if detail is Detail.LINES else NoneType)
        else:
            assert answer.reason.isprintable()
    outputs = _bounded(_outputs(message, 1), 400_000)
    screen({"cells": [{"id": "x", "outputs": outputs}]})
    json.dumps(outputs).encode()
    return taken


@cache
def _assignment() -> Assignment:
    return load_assignment(Course(), "01-backprop")


def read_notebook(body: bytes) -> bool:
    """The notebook reader: a file's bytes to a notebook that can be run, and what its code reaches for."""
    made = repair(body, _assignment())
    own = {cell.id for cell in _assignment().cells}
    kept = [cell["id"] for cell in made.notebook["cells"]]
    assert [ident for ident in kept if ident in own] == [cell.id for cell in _assignment().cells]
    assert len(set(kept)) == len(kept)
    assert all(
        type(cell["source"]) is str and cell["cell_type"] in ("code", "markdown")
        for cell in made.notebook["cells"]
    )
    screen(made.notebook)
    json.dumps(made.notebook, ensure_ascii=False).encode()
    notice_reaches(made.notebook, frozenset())
    return made.readable


def read_upload(body: bytes) -> bool:
    """The upload reader: the archive's list, and then every entry."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "upload.zip")
        path.write_bytes(body)
        try:
            with Archive(path) as archive:
                for entry in archive.entries():
                    with suppress(UserError):
                        archive.read(entry)
        except UserError:
            return False
        assert sorted(one.name for one in Path(folder).iterdir()) == ["upload.zip"]
    return True


TARGETS: dict[str, Target] = {
    "frame": Target(inputs.frame, read_frame),
    "reply": Target(inputs.reply, read_reply),
    "upload": Target(uploads.archive, read_upload),
    "notebook": Target(notebooks.notebook, read_notebook, notebooks.EXTREMES),
}
