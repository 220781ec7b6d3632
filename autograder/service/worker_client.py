"""The server's side of a worker: what it is asked, and what its answers mean. A worker process of
this machine is started here, and killed if it does not answer in time.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from abc import ABC, abstractmethod
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..core.course import Course
from ..core.threads import ONE_THREAD
from .frames import HEAD, as_frame
from .records import Attempt, AttemptResult

MARGIN = (
    60.0  # s, beyond the limits that the grader keeps by itself: repair, diagnosis, a busy machine
)
PROGRAM = (sys.executable, "-m", f"{__package__}.worker")
START = 60.0  # s, for a new process and for a grader's first attempt


class WorkerDied(Exception):
    """The worker ended, or had to be killed, before it answered."""


class WorkerStale(Exception):
    """The worker has not graded, since the course's files have changed, or the grader could
    not be made.
    """


class WorkerFailed(Exception):
    """The grader failed as a whole."""


class WorkerUnfit(Exception):
    """The worker's answer does not count, whatever the attempt; the message says why."""


class WorkerClient(ABC):
    """One worker, which answers one question at a time.

    Attributes:
        ended: whether it will not answer again.
    """

    ended = False

    async def grade(
        self, attempt: Attempt, content: bytes, *, hurried: bool, most: float
    ) -> AttemptResult:
        """Grade an attempt.

        Args:
            hurried: whether the first limit on time ends it.
            most: seconds that it may take; where it has not answered in this and a margin, the
                worker is killed.

        Raises:
            WorkerDied: the worker has ended; the attempt may have had a part in it.
            WorkerStale: ask again, of the process that takes this one's place.
            WorkerFailed: the grader failed; the message says how.
            WorkerUnfit: the worker must not grade; the attempt had no part in it.
        """
        asked: dict[str, Any] = {
            "student": attempt.name,
            "seed": attempt.seed,
            "hurried": hurried,
            "first_try": most if hurried else START,
        }
        asked["content"] = b64encode(content).decode()
        told = _checked(await self._ask(attempt.assignment, asked, most))
        return AttemptResult(
            told["fingerprint"], told["score"], told["most"], told["seconds"],
            b64decode(told["marks"]), b64decode(told["notebook"]), told["free"], told["limited"],
        )  # fmt: skip

    async def warm(self, assignment: str, first_try: float) -> float:
        """Grade the reference, and return the seconds that it takes once all is loaded.

        Raises as `grade` does.
        """
        asked = {"student": "reference", "seed": 0, "hurried": False, "first_try": first_try}
        # so that what only wrong answers need is loaded, too
        _checked(await self._ask(assignment, asked | {"stub": True}, START))
        return float(_checked(await self._ask(assignment, asked, START))["seconds"])

    @abstractmethod
    async def _ask(self, assignment: str, asked: dict[str, Any], most: float) -> dict[str, Any]:
        """Return the frame that answers one about an assignment, in `most` seconds and a margin."""

    @abstractmethod
    async def end(self) -> None:
        """End the worker, or what it does for this server."""


@dataclass
class Worker(WorkerClient):
    """One worker process, made when it is first needed and made anew after it ended."""

    course: Course
    nice: int = 0
    program: tuple[str, ...] = PROGRAM
    process: asyncio.subprocess.Process | None = None
    known: frozenset[str] = frozenset()  # assignments whose grader is warm

    async def _ask(self, assignment: str, asked: dict[str, Any], most: float) -> dict[str, Any]:
        process = self.process = self.process or await self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        wait = patience(most, assignment in self.known)
        try:
            async with asyncio.timeout(wait):
                process.stdin.write(as_frame(asked | {"assignment": assignment}))
                await process.stdin.drain()
                (size,) = HEAD.unpack(await process.stdout.readexactly(HEAD.size))
                told: dict[str, Any] = json.loads(await process.stdout.readexactly(size))
        except (TimeoutError, OSError, EOFError) as error:
            await self.end()
            raise WorkerDied(type(error).__name__) from error
        except asyncio.CancelledError:
            await self.end()
            raise
        if told["last"]:
            await self.end()
        if has_graded(told):
            self.known |= {assignment}
        return told

    async def _start(self) -> asyncio.subprocess.Process:
        self.known = frozenset()
        return await asyncio.create_subprocess_exec(
            *command_of(self.program, self.course, self.nice),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            env=environment(), start_new_session=True,
        )  # fmt: skip

    async def end(self) -> None:
        """End the process, and with it its sandbox."""
        process, self.process = self.process, None
        if process is not None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            await process.wait()


def command_of(program: Sequence[str], course: Course, nice: int) -> list[str]:
    """Return the command of a grading process."""
    return [*program, str(course.root), str(course.work), "--nice", str(nice)]


def environment() -> dict[str, str]:
    """Return the environment of a grading process."""
    return {**ONE_THREAD, "MPLBACKEND": "agg", **os.environ}


def patience(most: float, warm: bool) -> float:
    """Return the seconds after which a grading process answers no more.

    Args:
        most: seconds that the question itself may take.
        warm: whether its grader has graded before.
    """
    return most + MARGIN + (0.0 if warm else START)


def has_graded(told: Mapping[str, Any]) -> bool:
    """Return whether an answer is that of a grader, which is warm from then on."""
    return not told.keys() & {"stale", "error"}


def _checked(told: dict[str, Any]) -> dict[str, Any]:
    """Return an answer that is a result."""
    if "stale" in told:
        raise WorkerStale
    if "error" in told:
        raise WorkerFailed(told["error"])
    if told["faulty"]:
        raise WorkerFailed("the grader failed for this attempt")
    return told
