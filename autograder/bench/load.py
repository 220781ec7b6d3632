"""Measures a server against its aims, on this machine, beside the plain command: `python -m
autograder.bench.load`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..core.assignment import Assignment, CellKind, load_assignment
from ..core.course import Course
from ..core.mistakes import load_bank
from ..core.results import Submission
from ..grading.pipeline import Grader
from ..service.database import open_database
from ..service.login_tokens import new_token, token_digest
from ..service.records import State
from ..service.store import Store
from .kills import Server, serving
from .visitor import Visitor

DEFAULT = ("01-backprop", "05-optimizers")
LIMITED = "[default]\nburst = 1000\nrefill = 0.01\n"  # nobody waits for a token here


@dataclass(frozen=True)
class Timed:
    """One upload: seconds until it was acknowledged, and until its page was there."""

    kept: float
    read: float


@dataclass
class Class:
    """A served class, with more students than there will be uploads."""

    server: Server
    store: Store
    tokens: list[str]
    assignments: dict[str, Assignment]
    draw: random.Random
    count: int = 0

    def notebook(self, name: str) -> bytes:
        """Return the reference, the stub, or one with a known mistake; never the same twice."""
        assignment, self.count = self.assignments[name], self.count + 1
        kind, sources = self.draw.random(), dict[str, str]()
        question = self.draw.choice(assignment.questions).id
        if mistakes := load_bank(assignment.mistakes).mistakes(question):
            sources = assignment.reference_source(question, self.draw.choice(mistakes).source)
        made = (
            assignment.solved()
            if kind < 0.3
            else assignment.notebook()
            if kind < 0.4
            else assignment.solved(sources)
        )
        return json.dumps(made | {"metadata": {"number": self.count}}).encode()

    def endless(self, name: str) -> bytes:
        """Return a notebook whose functions of one question never end."""
        assignment, self.count = self.assignments[name], self.count + 1
        cell = next(cell for cell in assignment.cells if cell.kind == CellKind.SOLUTION)
        functions = "\n".join(
            f"def {one}(*a, **k):\n    while True: pass\n"
            for one in sorted(assignment.functions(cell))
        )
        return json.dumps(
            assignment.solved({cell.id: functions}) | {"metadata": {"number": self.count}}
        ).encode()

    def upload(self, name: str, content: bytes, told: list[Timed], *, read: bool = True) -> None:
        """Hand in as a student who has not yet, and note how long it took."""
        visitor = Visitor(
            self.server.port, {"Authorization": f"Bearer {self.tokens.pop()}"}, timeout=300
        )
        start = time.perf_counter()
        answer = visitor.hand_in(name, content)
        kept = time.perf_counter() - start
        assert answer.status == 201, answer.text
        url = json.loads(answer.body)["url"]
        while read and "<title>" + name + ": feedback" not in visitor.get(url).text:
            pass
        told.append(Timed(kept, time.perf_counter() - start))

    def at(
        self, gaps: Sequence[float], jobs: Sequence[tuple[str, bytes]], *, read: bool = True
    ) -> list[Timed]:
        """Hand in one after another, after these gaps, each in a thread of its own."""
        told: list[Timed] = []
        threads = []
        for gap, (name, content) in zip(gaps, jobs, strict=True):
            time.sleep(gap)
            threads.append(
                threading.Thread(
                    target=self.upload, args=(name, content, told), kwargs={"read": read}
                )
            )
            threads[-1].start()
        for thread in threads:
            thread.join()
        return told

    def settle(self) -> None:
        """Wait until nothing is left to be graded."""
        while any(
            one.state in (State.WAITING, State.SLOW, State.GRADING) for one in self.store.attempts()
        ):
            time.sleep(0.2)


@contextmanager
def served(names: Sequence[str], students: int, draw: random.Random) -> Iterator[Class]:
    """Serve some assignments in a class of its own."""
    with tempfile.TemporaryDirectory() as folder:
        course = Course(Course().root, Path(folder))
        course.work.chmod(0o700)
        (course.work / "service.toml").write_text(LIMITED)
        store, tokens = Store(open_database(course)), [new_token() for _ in range(students)]
        for number, token in enumerate(tokens):
            store.set_token(f"student{number}", token_digest(token), staff=False)
        command = serving(course, *names)
        server = Server(command)
        server.start()
        made = Class(
            server, store, tokens, {name: load_assignment(course, name) for name in names}, draw
        )
        try:
            for name in names:  # until each worker is warm
                made.at([0.0] * 4, [(name, made.notebook(name)) for _ in range(4)])
            yield made
        finally:
            server.kill()


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def line(what: str, values: Sequence[float], aim: str) -> str:
    """Return one line of the table."""
    half, most = percentile(values, 0.5), percentile(values, 0.95)
    return f"{what:<58} n {len(values):>4}   p50 {half:7.3f} s   p95 {most:7.3f} s   {aim}"


def plain_command(course: Course, jobs: Sequence[tuple[str, bytes]]) -> list[float]:
    """Return the seconds that one warm grader takes for each of these, without a server."""
    took = []
    for name in dict.fromkeys(name for name, _ in jobs):
        with Grader(course, name) as grader:
            mine = [content for one, content in jobs if one == name]
            grader.grade([Submission("warm", mine[0])], 1)
            for number, content in enumerate(mine):
                start = time.perf_counter()
                grader.grade([Submission("one", content)], number)
                took.append(time.perf_counter() - start)
    return took


def main() -> None:
    """Print a table: idle, a burst, arrivals at 80 % of capacity, endless ones among them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(DEFAULT))
    parser.add_argument("--idle", type=int, default=40)
    parser.add_argument("--burst", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each stream of arrivals")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)
    students = arguments.idle + 2 * arguments.burst + int(arguments.seconds * 60) + 100
    print(
        f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} of other programs at the start"
    )
    with served(arguments.names, students, draw) as there:

        def jobs(count: int) -> list[tuple[str, bytes]]:
            return [
                (name, there.notebook(name))
                for name in (draw.choice(arguments.names) for _ in range(count))
            ]

        idle = jobs(arguments.idle)
        plain = plain_command(Course(), idle)
        print(line("the grader alone, one after another", plain, ""), flush=True)
        told = [timed for job in idle for timed in there.at([0.0], [job])]
        print(line("idle: handed in → page read", [one.read for one in told], "aim: p95 ≤ 1 s"))
        print(line("idle: handed in → on the disk", [one.kept for one in told], ""), flush=True)
        start, burst = (
            time.perf_counter(),
            there.at([0.0] * arguments.burst, jobs(arguments.burst), read=False),
        )
        print(
            line(
                f"{arguments.burst} at once: handed in → on the disk",
                [one.kept for one in burst],
                "aim: p95 ≤ 0.1 s",
            )
        )
        there.settle()
        capacity = arguments.burst / (time.perf_counter() - start)
        print(f"capacity of this burst: {capacity:.2f} attempts a second", flush=True)
        for share, endless, aim in ((0.8, 0.0, "aim: p95 ≤ 2 s"), (0.5, 0.05, "aim: p95 ≤ 3 s")):
            count = max(5, int(arguments.seconds * capacity * share))
            stream, gaps = jobs(count), [draw.expovariate(capacity * share) for _ in range(count)]
            # one at least, where the line is about those
            most = max(1, round(count * endless)) if endless else 0
            bad = set(draw.sample(range(count), most))
            honest: list[Timed] = []
            threads = []
            for number, (gap, (name, content)) in enumerate(zip(gaps, stream, strict=True)):
                time.sleep(gap)
                loop = number in bad
                job = (name, there.endless(name) if loop else content, [] if loop else honest)
                threads.append(
                    threading.Thread(target=there.upload, args=job, kwargs={"read": not loop})
                )
                threads[-1].start()
            for thread in threads:
                thread.join()
            print(
                line(
                    f"{share:.0%} load, {len(bad)} endless: an honest one's page",
                    [one.read for one in honest],
                    aim,
                ),
                flush=True,
            )
            there.settle()


if __name__ == "__main__":
    main()
