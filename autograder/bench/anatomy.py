"""Where the milliseconds of one submission go, measured with timers around the stations, in
one process.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from ..core.course import Course
from ..grading import pipeline as grade
from ..grading.diagnose import Diagnosis
from ..grading.pipeline import Grader
from ..sandbox.client import Sandbox, Session
from .ours import marks_of
from .samples import Class, Marks
from .sizes import descendants

ENDING = "sandbox: end it"
STATIONS = (
    (grade, "repair", "repair"),
    (Sandbox, "open", "sandbox: fork into namespaces"),
    (Sandbox, "reap", ENDING),
    (Diagnosis, "find", "diagnose"),
    (grade, "write_report", "report"),
)
ASKED = {
    "cell": "sandbox: cells",
    "call": "sandbox: calls of checks (round trip)",
    "drop": "sandbox: drop at a check's end (round trip)",
}


@dataclass
class Anatomy:
    """Seconds and number of calls by station.

    `total` is by the clock, in one process; then processor time, which load does not change: of the
    grader, of the submissions' own processes, and of those that make and end them, the kernel's
    work for each included.
    """

    submissions: int
    total: float = 0.0
    grader_cpu: float = 0.0
    sandbox_cpu: float = 0.0
    around_cpu: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    marks: Marks = field(default_factory=dict)

    @property
    def away(self) -> float:
        """Seconds of the stage `check` in which the grader waited for the sandbox."""
        return sum(
            self.seconds.get(station, 0.0) for station in (ASKED["call"], ASKED["drop"], ENDING)
        )

    def add(self, station: str, seconds: float, calls: int = 1) -> None:
        self.seconds[station] = self.seconds.get(station, 0.0) + seconds
        self.calls[station] = self.calls.get(station, 0) + calls


def measure(course: Course, submitted: Class, seed: int) -> Anatomy:
    """Grade the class in this process, after one submission to get warm."""
    made = Anatomy(sum(map(len, submitted.values())))
    for name, submissions in submitted.items():
        with Grader(course, name) as grader:
            # loads the mistakes, too
            grader.grade(
                [one for one in submissions if "mistakes" in one.student][:1] or submissions[:1],
                seed,
            )
            with contextlib.ExitStack() as stack:
                for owner, attribute, station in STATIONS:
                    stack.enter_context(
                        mock.patch.object(
                            owner, attribute, _timed(getattr(owner, attribute), made, station)
                        )
                    )
                stack.enter_context(
                    mock.patch.object(Session, "close", _counted_close(Session.close, made))
                )
                stack.enter_context(
                    mock.patch.object(Session, "request", _timed_request(Session.request, made))
                )
                start, cpu, before = (
                    time.perf_counter(),
                    time.process_time(),
                    sum(
                        made.seconds.get(station, 0.0) for station in (ASKED["call"], ASKED["drop"])
                    ),
                )
                own, used = made.sandbox_cpu, _used(grader)
                graded = grader.grade(submissions, seed)
                made.total += time.perf_counter() - start
                made.grader_cpu += time.process_time() - cpu
                made.around_cpu += _used(grader) - used - (made.sandbox_cpu - own)
        asked = made.away - before
        made.add(
            "checks: trusted side (pytest, wire, compare)",
            sum(one.seconds.get("check", 0.0) for one in graded) - asked,
            len(graded),
        )
        made.marks |= marks_of(graded)
    made.add("rest (collecting, outputs, …)", made.total - sum(made.seconds.values()), 0)
    return made


def _used(grader: Grader) -> float:
    """Return the processor time of the sandbox's processes and of all that they have waited for, s.

    The kernel counts it in hundredths of a second, so it means something for many submissions only.
    """
    process = grader._sandbox._process
    ticks = 0
    for pid in descendants(process.pid) if process else ():
        with contextlib.suppress(OSError):  # it has ended
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime
    return ticks / os.sysconf("SC_CLK_TCK")


def _timed(function: Callable[..., Any], made: Anatomy, station: str) -> Callable[..., Any]:
    def timed(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            made.add(station, time.perf_counter() - start)

    return timed


def _counted_close(function: Callable[[Session], None], made: Anatomy) -> Callable[[Session], None]:
    """Note what a session used when it is closed for the first time."""

    def counted(session: Session) -> None:
        known = bool(session.usage)
        function(session)
        made.sandbox_cpu += 0.0 if known else float(session.usage.get("cpu", 0.0))

    return counted


def _timed_request(function: Callable[..., Any], made: Anatomy) -> Callable[..., Any]:
    def timed(session: Session, message: dict[str, Any], *args: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(session, message, *args)
        finally:
            made.add(ASKED[message["op"]], time.perf_counter() - start)

    return timed
