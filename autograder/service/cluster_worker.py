"""What a worker of a Dask cluster does for the server: it hands a frame to a grading process of its
own, and returns the answer.

The grading process is the one that the server has on its own machine, `service/worker.py`. So it
can be killed, and student code that brings it down leaves the cluster's worker alone.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ..core.course import Course
from ..core.results import DEMANDED
from .frames import as_frame, read_frame
from .worker_client import command_of, environment, has_graded, patience

MODULE = f"{__package__}.worker"


@dataclass(frozen=True)
class ProcessKind:
    """What kind of grading process is asked.

    Attributes:
        nice: 0 for the fast lane; what is above runs beside the worker's next task.
        walls: those that the server demands, by name.
        module: that the process runs.
    """

    nice: int = 0
    walls: str | None = None
    module: str = MODULE


@dataclass
class GradingProcess:
    """A process on this machine that answers frames."""

    process: subprocess.Popen[bytes]
    known: set[str] = field(default_factory=set)  # assignments whose grader is warm

    def ask(self, asked: Mapping[str, Any], most: float) -> dict[str, Any] | None:
        """Return the answer; None if the process has ended, or was killed as it took too long."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        wait = patience(most, asked["assignment"] in self.known)
        timer = threading.Timer(wait, self.process.kill)
        timer.start()
        try:
            self.process.stdin.write(as_frame(dict(asked)))
            self.process.stdin.flush()
            told = read_frame(self.process.stdout)
        except OSError:
            return None
        finally:
            timer.cancel()
        if told and has_graded(told):
            self.known.add(asked["assignment"])
        return told

    def end(self) -> None:
        """End the process, and with it its sandbox."""
        self.process.kill()
        with suppress(OSError):
            self.process.communicate()


@cache
def _idle(kind: ProcessKind) -> list[GradingProcess]:
    """Return the processes of a kind that wait for a frame."""
    return []


def answer(asked: Mapping[str, Any], most: float, kind: ProcessKind) -> dict[str, Any]:
    """Return the frame that answers one, or one with `died` where the process ended.

    Args:
        most: seconds that it may take, beside a margin.
    """
    if kind.nice:
        from distributed import secede

        secede()  # the worker's thread is free for the fast lane
    waiting = _idle(kind)
    try:
        process = waiting.pop()
    except IndexError:
        process = _started(kind)
    told = process.ask(asked, most)
    if told is None or told["last"]:
        process.end()
    else:
        waiting.append(process)
    return told or {"died": "no answer"}


def _started(kind: ProcessKind) -> GradingProcess:
    demanded = {DEMANDED: kind.walls} if kind.walls else {}
    return GradingProcess(
        subprocess.Popen(
            command_of((sys.executable, "-m", kind.module), Course(), kind.nice),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=environment() | demanded, start_new_session=True,
        )
    )  # fmt: skip
