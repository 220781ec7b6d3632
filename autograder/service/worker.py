"""A worker process: grades one attempt after another, as frames on its standard input ask for, and
answers on its standard output.

It ends with the process that started it. Where the course's files have changed since it read them,
it says so instead of grading, and ends.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import sys
import threading
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from ..cache.keys import Keys, keys
from ..cache.serialize import packed, plain
from ..core.assignment import Assignment
from ..core.course import Course
from ..core.errors import AutograderError
from ..core.results import FindingKind, Graded, Submission
from ..grading.pipeline import Grader
from ..sandbox.bwrap import own_slot
from .frames import as_frame, read_frame

MOST_GRADED = (
    500  # attempts by one process, which then ends: what libraries leave behind does not add up
)
UNGRADABLE = frozenset({FindingKind.OTHER, FindingKind.UNREADABLE, FindingKind.FAULT})


@dataclass
class WarmGraders:
    """The graders of one process, made as they are needed."""

    course: Course
    graders: dict[str, tuple[Grader, Keys]] = field(default_factory=dict)

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Grade what a frame asks for, and return the frame that answers it."""
        try:
            return self._answer(asked)
        except AutograderError as error:
            return {"error": f"{type(error).__name__}: {error}"}

    def _answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        name, first_try = asked["assignment"], float(asked["first_try"])
        if name in self.graders and self.graders[name][0].first_try != first_try:
            self.graders.pop(name)[0].close()
        if name not in self.graders:
            self.graders[name] = (
                Grader(self.course, name, own_slot(), first_try, terse=True),
                keys(self.course, name, 0),
            )
        grader, held = self.graders[name]
        if not held.still_hold():
            return {"stale": True}
        start = time.perf_counter()
        content = (
            b64decode(asked["content"])
            if "content" in asked
            else _own(grader.assignment, stub=bool(asked.get("stub")))
        )
        (graded,) = grader.grade(
            [Submission(asked["student"], content, hurried=asked["hurried"])], asked["seed"]
        )
        return self._frame(graded, held, time.perf_counter() - start)

    def _frame(self, graded: Graded, held: Keys, seconds: float) -> dict[str, Any]:
        return {
            "fingerprint": held.of(b"").whole,
            "score": graded.score,
            "most": graded.max_score,
            "seconds": round(seconds, 4),
            "marks": b64encode(packed(plain(graded, {}))).decode(),
            "notebook": b64encode(packed(graded.notebook)).decode(),
            "free": bool(graded.kinds & UNGRADABLE),
            "limited": graded.slow,
            "faulty": graded.faulty and not any(question.checks for question in graded.questions),
        }


def _own(assignment: Assignment, *, stub: bool) -> bytes:
    """Return a notebook of the course's own: with all answers, or with none."""
    return json.dumps(assignment.notebook() if stub else assignment.solved()).encode()


def work(course: Course, asked: BinaryIO, told: BinaryIO) -> None:
    """Answer frames until there are no more.

    End this process at once when their sender is gone.
    """
    frames: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def listen() -> None:
        try:
            while (frame := read_frame(asked)) is not None:
                frames.put(frame)
        finally:
            # also in the middle of a grading: its result has nobody to go to, and the sandbox ends
            # with this process
            os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    bench, stale, count = WarmGraders(course), False, 0
    while not stale:
        answer = bench.answer(frames.get())
        count += 1
        stale = bool(answer.get("stale")) or count >= MOST_GRADED
        told.write(as_frame(answer | {"last": stale}))
        told.flush()
    for grader, _ in bench.graders.values():
        grader.close()


def main() -> None:
    """Take the pipes over: whatever else prints goes to the standard error."""
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--nice", type=int, default=0)
    arguments = parser.parse_args()
    os.nice(arguments.nice)
    told = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    work(Course(arguments.root, arguments.work), sys.stdin.buffer, told)


if __name__ == "__main__":
    main()
