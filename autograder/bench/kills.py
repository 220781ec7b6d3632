"""Kills a server and its workers at random moments while students hand in, and looks whether
anything was lost: `python -m autograder.bench.kills`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from ..core.assignment import load_assignment
from ..core.course import Course
from ..service.database import RESULT, is_whole, open_database
from ..service.login_tokens import new_token, token_digest
from ..service.records import State
from ..service.store import Store
from .visitor import Visitor

TRIES = 2000  # of one upload
SETTLE = 600.0  # s for what is left, after the last kill


@dataclass
class Server:
    """A server process that is started again after each kill."""

    command: Sequence[str]
    process: subprocess.Popen[str] | None = None
    port: int = 0
    alive: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if "http://" in line:
                self.port = int(line.split("http://")[1].split()[0].rpartition(":")[2])
                self.alive.set()
                return
        raise SystemExit("the server did not start")

    def workers(self) -> list[int]:
        """Return the process numbers of its workers."""
        assert self.process is not None
        return [pid for pid in children(self.process.pid) if pid != self.process.pid]

    def kill(self) -> None:
        """End it at once, as the kernel would."""
        assert self.process is not None
        self.alive.clear()
        self.process.kill()
        self.process.communicate()


def serving(course: Course, *names: str) -> list[str]:
    """Return the command that serves assignments to a class, on a port that is free."""
    places = ["--root", str(course.root), "--course", str(course.work)]
    return [sys.executable, "-m", "autograder", *places, "serve", *names, "--port", "0"]


def children(pid: int) -> list[int]:
    """Return the process numbers of a process's children."""
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


@dataclass(frozen=True)
class Tally:
    """What came of it.

    Attributes:
        acknowledged: uploads that the server had said it keeps.
        lost: of these, those that the store does not hold.
        twice: attempts with two results, and notebooks that are two attempts.
        ungraded: attempts without a result.
        left: processes that outlived the server.
    """

    servers: int
    workers: int
    acknowledged: int
    lost: int
    twice: int
    ungraded: int
    left: int
    whole: bool

    @property
    def clean(self) -> bool:
        """Whether all promises were kept."""
        return self.whole and not (self.lost or self.twice or self.ungraded or self.left)


@dataclass(frozen=True)
class Kills:
    """When something is killed.

    Attributes:
        number: how many kills.
        pause: the longest time between two kills, in seconds.
        seed: of the pauses and of what is killed, so that another run kills as many of each.
    """

    number: int
    pause: float
    seed: int


def kill_at_random(
    course: Course,
    command: Sequence[str],
    name: str,
    notebooks: Sequence[bytes],
    kills: Kills,
) -> Tally:
    """Have one student hand in each notebook while server and workers are killed.

    Args:
        command: starts the server.
        notebooks: all different.
    """
    store, server = Store(open_database(course)), Server(command)
    tokens = {f"student{number}": new_token() for number in range(len(notebooks))}
    for student, token in tokens.items():
        store.set_token(student, token_digest(token), staff=False)
    acknowledged: list[str] = []
    waiting, ended = list(zip(tokens.values(), notebooks, strict=True)), threading.Event()

    def hand_in(draw: random.Random) -> None:
        while waiting and not ended.is_set():
            token, notebook = waiting.pop()
            for _ in range(TRIES):
                server.alive.wait(60)
                try:
                    answer = Visitor(server.port, {"Authorization": f"Bearer {token}"}).hand_in(
                        name, notebook
                    )
                except (OSError, ValueError):
                    time.sleep(0.02)
                    continue
                if answer.status == 201:
                    acknowledged.append(json.loads(answer.body)["digest"])
                    break
            time.sleep(draw.random() * 2 * kills.pause * kills.number / len(notebooks))

    server.start()
    threads = [
        threading.Thread(target=hand_in, args=[random.Random(number)], daemon=True)
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    killed, left, draw = Counter[str](), set[int](), random.Random(kills.seed)
    for _ in range(kills.number):
        time.sleep(draw.random() * kills.pause)
        pids = server.workers()
        if draw.random() < 0.4:
            while not pids:
                time.sleep(0.01)
                pids = server.workers()
            os.kill(draw.choice(pids), signal.SIGKILL)
            killed["worker"] += 1
        else:
            left |= set(pids)
            server.kill()
            killed["server"] += 1
            server.start()
    for thread in threads:
        thread.join()
    end = time.monotonic() + SETTLE
    while time.monotonic() < end and any(
        one.state in (State.WAITING, State.SLOW, State.GRADING) for one in store.attempts()
    ):
        time.sleep(0.2)
    left |= set(server.workers())
    server.kill()
    time.sleep(3.0)
    attempts = store.attempts()
    digests = Counter(one.digest for one in attempts)
    with store.engine.connect() as db:
        results = Counter(
            {
                row[0]: row[1]
                for row in db.execute(
                    select(RESULT.c.attempt, func.count()).group_by(RESULT.c.attempt)
                )
            }
        )
    twice = sum(count > 1 for count in digests.values()) + sum(
        count > 1 for count in results.values()
    )
    return Tally(
        killed["server"],
        killed["worker"],
        len(acknowledged),
        len(set(acknowledged) - digests.keys()),
        twice,
        sum(results[one.id] == 0 for one in attempts),
        sum(Path(f"/proc/{pid}").exists() for pid in left),
        is_whole(store.engine),
    )


def main() -> None:
    """Kill the real server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=200)
    parser.add_argument("--uploads", type=int, default=200)
    parser.add_argument(
        "--pause", type=float, default=6.0, help="the longest time between two kills, in seconds"
    )
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    name = "01-backprop"
    with tempfile.TemporaryDirectory() as folder:
        course = Course(Course().root, Path(folder))
        course.work.chmod(0o700)
        solved = load_assignment(course, name).solved()
        notebooks = [
            json.dumps(solved | {"metadata": {"number": number}}).encode()
            for number in range(arguments.uploads)
        ]
        command = serving(course, name)
        tally = kill_at_random(
            course,
            command,
            name,
            notebooks,
            Kills(arguments.kills, arguments.pause, arguments.seed),
        )
    print(tally)
    sys.exit(not tally.clean)


if __name__ == "__main__":
    main()
