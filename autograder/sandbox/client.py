"""The trusted side of the pipe: starts a worker's sandbox, opens a process in it for each
submission, and talks to it.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..core.errors import GraderFault, NoSandbox, StudentError
from ..core.limits import Limits
from ..core.results import Walls
from ..core.sanitize import visible
from .channel import Channel, ChannelClosed, ChannelTimeout
from .stage import Stage
from .starting import STARTERS, Place, Started, start
from .wire import Decoder, WireError

OUTSIDE = str(Path(__file__).resolve())  # a file of the grader's own, which no submission may read
START_TIME = 60.0  # s, for a cold disk; a warm one takes about two
GRACE = 2.0  # s, beyond the limits that the sandbox keeps by itself


class Sandbox:
    """A warm process behind walls; a context manager.

    Attributes:
        walls: those that hold, once it has been started.
    """

    def __init__(  # noqa: PLR0913  the last four are named, and mostly left out
        self,
        limits: Limits,
        utils: Path,
        slot: int = 0,
        file_overrides: Mapping[Path, bytes] | None = None,
        asked: Walls | None = None,
        people: Path | None = None,
        begun: Started | None = None,
    ) -> None:
        """`asked` demands walls; without it, the first that can stand are put up. `people` is the
        class's folder, if there is one. `begun` is a process that was started for this sandbox.
        """
        self.limits = limits
        self.walls: Walls | None = None
        self._place = Place(limits, utils, slot, file_overrides or {}, asked, people)
        self._started = begun
        self._control: Channel | None = None

    @property
    def _process(self) -> subprocess.Popen[bytes] | None:
        return self._started.process if self._started else None

    @property
    def _stage(self) -> Stage | None:
        return self._started.stage if self._started else None

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def open(self) -> Session:
        """Return a fresh process for one submission, forked from the warm one.

        Raises:
            NoSandbox: this machine cannot confine student code.
            GraderFault: the sandbox does not answer.
        """
        try:
            return self._open()
        except (ChannelClosed, ChannelTimeout, WireError):
            # it was lost since the last submission: one fresh start
            self.close()
        try:
            return self._open()
        except (ChannelClosed, ChannelTimeout, WireError) as error:
            self.close()
            raise GraderFault(f"the sandbox does not answer ({type(error).__name__})") from error

    def _open(self) -> Session:
        return self._spawn(self._control or self._start())

    def _spawn(self, control: Channel, probe_walls: bool = False) -> Session:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                control.send(
                    {"op": "spawn", "limits": self.limits.as_dict(), "probe_walls": probe_walls}
                )
                if control.exactly(1) != b"+":  # one byte says it is ready for the descriptor
                    raise WireError("out of step")
                socket.send_fds(control.sock, [b"f"], [theirs.fileno()])
                answer = control.receive()
            if "error" in answer:
                raise GraderFault(f"no process for the submission: {answer['error']}")
            return Session(ours, self, int(answer["pid"]))
        except BaseException:
            ours.close()
            raise

    def _start(self, again: bool = True) -> Channel:
        started = self._started = self._started or start(self._place)
        walls, channel = started.walls, Channel(started.sock, 1 << 20)
        channel.set_timeout(START_TIME)
        try:
            channel.receive()
        except (ChannelClosed, ChannelTimeout, WireError) as error:
            self._started = None
            said = started.end()
            # it did not fail, it was killed
            if again and not said and isinstance(error, ChannelClosed):
                return self._start(again=False)
            raise NoSandbox(
                f"{STARTERS[walls]} could not start the sandbox: {said or type(error).__name__}"
            ) from error
        self._control, self.walls = channel, walls
        try:
            self._try_walls(channel)
        except (ChannelClosed, ChannelTimeout, WireError) as error:
            self.close()
            if again:
                return self._start(again=False)
            raise NoSandbox(
                f"{STARTERS[walls]} could not start the sandbox: it was lost while its "
                "walls were tried"
            ) from error
        return channel

    def _try_walls(self, control: Channel) -> None:
        """Has a process that has the walls try each of them.

        Raises:
            NoSandbox: one does not hold, or cannot be put up.
            ChannelClosed: the sandbox was lost meanwhile.
        """
        try:
            session = self._spawn(control, probe_walls=True)
            with session:
                fallen = session.request({"outside": OUTSIDE}, START_TIME)["fallen"]
        except GraderFault as error:
            self.close()
            raise NoSandbox(f"the walls ({self.walls}) cannot be put up: {error}") from error
        except (StudentError, KeyError) as error:
            # it did not come to an answer: it was killed, say
            raise ChannelClosed from error
        if fallen:
            self.close()
            raise NoSandbox(
                f"these walls ({self.walls}) do not hold here: "
                f"{visible(', '.join(map(str, fallen)))}. No submission is run; autograder doctor "
                "says which others could be taken by --walls"
            )

    def reap(self, pid: int) -> dict[str, Any]:
        """End a submission's process and tell its wait status and what it used."""
        if self._control is None:
            return {}
        try:
            self._control.send({"op": "kill", "pid": pid})
            return self._control.receive()
        except (ChannelClosed, ChannelTimeout, WireError):
            self.close()  # all in it dies with it
            return {}

    def close(self) -> None:
        """End the sandbox and everything in it."""
        self._control = None
        if self._started is not None:
            self._started.end()
            self._started = None


class Session:
    """One submission's process, as seen from the trusted side; a context manager.

    Attributes:
        hurried: whether the first limit of time ends it, since the submission is graded again.
    """

    def __init__(self, sock: socket.socket, sandbox: Sandbox, pid: int) -> None:
        self.limits = sandbox.limits
        self.ends = time.monotonic() + self.limits.total_wall
        self.usage: dict[str, Any] = {}
        self.ended: StudentError | None = None
        self.hurried = False
        self._channel, self._sandbox, self._pid = Channel(sock, self.limits.frame), sandbox, pid

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def request(
        self,
        message: dict[str, Any],
        wall: float,
        answer: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """Send a request and wait for its reply; calls back through `answer` come in between.

        Args:
            message: the request.
            wall: seconds that the sandbox itself allows for it.
            answer: takes a callback's message and gives the reply.

        Raises:
            StudentError: the process died, did not answer in time or did not keep to the protocol.
                It is over then, and every later request raises the same.
        """
        if self.ended is not None:
            raise self.ended
        deadline = min(time.monotonic() + wall + (0.0 if self.hurried else GRACE), self.ends)
        callbacks = 0
        self._channel.set_timeout(deadline - time.monotonic())
        try:
            self._channel.send(message)
            while True:
                reply = self._channel.receive(deadline)
                if reply.get("op") == "done":
                    if self.hurried and _took_its_time(reply):
                        raise self._end(
                            "limit",
                            "reached a limit on time in a first, short try, and was stopped",
                        )
                    return reply
                callbacks += 1
                if answer is None or reply.get("op") != "callback":
                    raise WireError("a message that nobody asked for")
                if callbacks > self.limits.callbacks:
                    raise self._end(
                        "limit",
                        "called the functions it was given more than "
                        f"{self.limits.callbacks} times in one call",
                    )
                too_large = self._channel.received > self.limits.callback
                answered = (
                    refusal("ValueError", f"arguments of more than {self.limits.callback} bytes")
                    if too_large
                    else answer(reply)
                )
                try:
                    self._channel.send(answered)
                except WireError as error:
                    # too large: it is the grader's own, so nobody has forged it
                    self._channel.send(refusal("MemoryError", f"a result of {error}"))
        except ChannelTimeout:
            over = time.monotonic() >= self.ends
            seconds = self.limits.total_wall if over else wall
            what = "the whole notebook and its checks" if over else "it"
            raise self._end(
                "limit",
                f"was still running after {seconds:g} s, the limit on time for {what}, "
                "and was stopped",
            ) from None
        except ChannelClosed:
            raise self._end("died", "") from None
        except WireError as error:
            raise self._end(
                "forged", f"sent the grader something that is no answer ({error})"
            ) from None

    def _end(self, kind: str, reason: str) -> StudentError:
        self.close()
        self.ended = StudentError(reason or self._why_died(), kind)
        return self.ended

    def _why_died(self) -> str:
        status = self.usage.get("status", 0)
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            if self.usage.get("cpu", 0) >= self.limits.total_cpu - 1:
                return (
                    f"used more than {self.limits.total_cpu} s of processor time, the limit "
                    "for the whole notebook and its checks"
                )
            if number != signal.SIGKILL:
                return f"crashed Python itself ({signal.Signals(number).name})"
        return "ended its own process (as os._exit does), so nothing after it could run"

    def close(self) -> None:
        """End the process; everything it left behind goes with it."""
        if self._pid:
            self._channel.sock.close()
            self.usage, self._pid = self._sandbox.reap(self._pid), 0


def _took_its_time(reply: Mapping[str, Any]) -> bool:
    """Whether a cell, or one of the calls, was stopped for its time."""
    results = reply.get("results")
    errors = (
        [one.get("error") for one in results if isinstance(one, dict)]
        if isinstance(results, list)
        else []
    )
    reached = [
        error.get("message")
        for error in errors
        if isinstance(error, dict) and error.get("kind") == "limit"
    ]
    return any(limit in ("time", "cpu") for limit in (reply.get("limit"), *reached))


def refusal(name: str, message: str) -> dict[str, Any]:
    """Return the answer to a call back that is not made: an exception of that name, raised in the
    student's code.
    """
    return {"error": {"name": name, "message": message}}


def decode_reply(data: Any, resolve: Callable[[str, int], Any]) -> Any:
    """Return a value that came back, as plain data.

    Raises:
        StudentError: it is no data; the process is not to be believed.
    """
    try:
        return Decoder(resolve).decode(data)
    except WireError as error:
        raise StudentError(
            f"The notebook's code sent the grader something that is no answer ({error}).", "forged"
        ) from error
