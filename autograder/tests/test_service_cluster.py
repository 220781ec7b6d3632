"""The server on a Dask cluster of processes on this machine: each attempt is graded once, whatever ends on the way; the slow hold up nobody."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select

from autograder.bench.kills import Server, serving
from autograder.bench.visitor import Visitor
from autograder.cli import parser as cli
from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.results import DEMANDED
from autograder.core.roots import PROJECT
from autograder.service import cluster_lanes
from autograder.service.cluster_lanes import Cluster
from autograder.service.database import RESULT, open_database
from autograder.service.feedback_levels import graded_of
from autograder.service.lanes import Lanes
from autograder.service.login_tokens import new_token, token_digest
from autograder.service.records import OPEN, State, Upload
from autograder.service.store import Store
from autograder.service.terms import ClassTerms, Terms
from autograder.workers import cluster as workers_cluster

from .dask_processes import (
    end,
    free_port,
    start_scheduler,
    start_workers,
    wait_for_workers,
    worker_pids,
)

NAME = "01-backprop"
PRETENDED = "autograder.tests.pretended_worker"


@dataclass
class Machines:
    """A scheduler and workers, which can be ended and started again."""

    folder: Path
    address: str = field(default_factory=lambda: f"tcp://127.0.0.1:{free_port()}")
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, number: int) -> None:
        self.running["scheduler"] = start_scheduler(self.folder, self.address)
        if number:
            self.running["workers"] = start_workers(self.folder, self.address, number)
        wait_for_workers(self.address, self.folder, number)

    def end(self) -> None:
        while self.running:
            end(self.running.popitem()[1])


@pytest.fixture
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """Some that a test may end."""
    made = Machines(tmp_path_factory.mktemp("machines"))
    try:
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """Two workers, for all tests that end neither."""
    made = Machines(tmp_path_factory.mktemp("two"))
    try:
        made.start(2)
        yield made
    finally:
        made.end()


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return Course(PROJECT, tmp_path)


@pytest.fixture
def store(course: Course) -> Store:
    return Store(open_database(course))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the lanes try again soon."""
    for name in ("AGAIN", "RECHECK"):
        monkeypatch.setattr(cluster_lanes, name, 0.5)
    monkeypatch.setattr(workers_cluster, "CONNECT", 5.0)


def pretending(
    machines: Machines, expected: Callable[[str], str] = lambda name: "p", most: int | None = None
) -> Cluster:
    return Cluster(machines.address, most, expected, PRETENDED)


def given(store: Store, *told: dict[str, object]) -> None:
    """Attempts of one student each."""
    for number, one in enumerate(told):
        store.set_token(f"student{number}", token_digest(f"{number}"), staff=False)
        who = store.person_of(token_digest(f"{number}"))
        assert who is not None
        content = json.dumps(one).encode()
        store.hand_in([Upload(who, NAME, content, time.time(), False, False, 5, 60.0)])


@dataclass
class Run:
    """What the lanes have done so far."""

    lanes: Lanes
    order: list[int]

    def open(self) -> int:
        return sum(one.state in OPEN for one in self.lanes.store.attempts())


def run(
    course: Course,
    store: Store,
    cluster: Cluster,
    names: tuple[str, ...] = (),
    meanwhile: Callable[[Run], None] = lambda made: None,
    seconds: float = 90.0,
) -> Run:
    """Has a cluster grade all that waits, while something else happens in a thread."""
    order: list[int] = []
    made = Run(Lanes(course, store, ClassTerms(Terms()), 0, order.append), order)

    async def grade() -> None:
        grading = asyncio.create_task(cluster.run(made.lanes, names))
        latest = time.monotonic() + seconds
        await asyncio.to_thread(meanwhile, made)
        while made.open() and time.monotonic() < latest and not grading.done():
            await asyncio.sleep(0.05)
        grading.cancel()
        ended = await asyncio.gather(grading, return_exceptions=True)
        assert isinstance(ended[0], asyncio.CancelledError), ended[0]

    asyncio.run(grade())
    return made


def wait_until(true: Callable[[], object], seconds: float = 60.0) -> None:
    latest = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < latest
        time.sleep(0.05)


def results(store: Store) -> list[int]:
    """How many results each attempt has."""
    with store.engine.connect() as db:
        found = Counter(row[0] for row in db.execute(select(RESULT.c.attempt)))
    return [found[one.id] for one in store.attempts()]


def states(store: Store) -> list[State]:
    return [one.state for one in store.attempts()]


def test_whatever_ends_each_attempt_is_graded_once(
    machines: Machines, course: Course, store: Store
) -> None:
    given(store, *({"n": number, "takes": 0.4} for number in range(40)))
    machines.start(2)

    def kills(made: Run) -> None:
        wait_until(lambda: len(made.order) >= 4)
        os.kill(worker_pids(machines.address)[0], signal.SIGKILL)
        wait_until(lambda: len(made.order) >= 12)
        machines.end()
        wait_until(lambda: "does not answer; attempts wait" in "".join(made.lanes.faults))
        assert State.GRADING not in states(store)
        assert made.open() > 10
        machines.start(2)

    made = run(course, store, pretending(machines), meanwhile=kills)
    assert states(store) == [State.GRADED] * 40
    assert results(store) == [1] * 40
    assert [one.free for one in store.attempts()] == [False] * 40
    assert "has left the cluster" in "".join(made.lanes.faults)


def test_an_endless_one_holds_up_nobody_on_one_worker(
    two: Machines, course: Course, store: Store
) -> None:
    given(store, {"endless": True, "takes": 3.0}, *({"n": number} for number in range(12)))
    made = run(course, store, pretending(two, most=1))
    slow = store.attempts()[0]
    assert states(store) == [State.GRADED] * 13
    assert slow.slow
    assert made.order[-1] == slow.id


def test_the_slow_lane_has_half_of_the_workers(two: Machines, course: Course, store: Store) -> None:
    """Of two workers one: so two slow attempts come one after the other."""
    given(store, *({"endless": True, "takes": 1.5, "n": number} for number in range(2)))
    most = 0

    def look(made: Run) -> None:
        nonlocal most
        while made.open():
            at_work = [one for one in store.attempts() if one.slow and one.state is State.GRADING]
            most = max(most, len(at_work))
            time.sleep(0.02)

    run(course, store, pretending(two), meanwhile=look)
    assert states(store) == [State.GRADED] * 2
    assert most == 1


@pytest.mark.parametrize("warm", [(NAME,), ()], ids=["at once", "by an answer"])
def test_a_worker_with_other_files_gets_nothing_until_it_has_the_same(
    warm: tuple[str, ...], two: Machines, course: Course, store: Store
) -> None:
    given(store, {"n": 1}, {"n": 2})
    expected = ["other"]

    def update(made: Run) -> None:
        wait_until(lambda: "other files than this machine's" in "".join(made.lanes.faults))
        time.sleep(2.0)
        assert results(store) == [0, 0]
        assert len(made.lanes.faults) == 2 if warm else made.lanes.faults
        expected[0] = "p"

    run(course, store, pretending(two, lambda name: expected[0], 1), warm, update)
    assert results(store) == [1, 1]
    assert [one.deaths for one in store.attempts()] == [0, 0]


def test_walls_that_the_server_demands_hold_on_the_workers(
    two: Machines, course: Course, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(store, {"n": 1})
    monkeypatch.setenv(DEMANDED, "bare")
    run(course, store, pretending(two, lambda name: "pbare"), (NAME,))
    assert results(store) == [1]


def test_a_process_that_dies_counts_and_its_worker_goes_on(
    two: Machines, course: Course, store: Store
) -> None:
    given(store, {"dies": "always"}, {"dies": "hurried"}, {"fails": True}, {"n": 1})
    before = worker_pids(two.address)
    run(course, store, pretending(two))
    assert states(store) == [State.UNJUDGED, State.GRADED, State.UNJUDGED, State.GRADED]
    assert [one.free for one in store.attempts()] == [True, False, True, False]
    assert worker_pids(two.address) == before


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("localhost", "tcp://HOST:PORT or tls://HOST:PORT was expected"),
        ("tcp://127.0.0.1:1", "no Dask scheduler answers there"),
    ],
)
def test_a_scheduler_that_is_away_at_the_start_is_one_line(
    address: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["--course", str(tmp_path), "serve", NAME, "--port", "0", "--scheduler", address]
    assert cli.main(command) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


@pytest.mark.slow
def test_the_command_grades_on_the_cluster_whenever_it_is_killed(
    two: Machines, course: Course, store: Store
) -> None:
    assignment = load_assignment(course, NAME)
    server = Server([*serving(course, NAME), "--scheduler", two.address])
    server.start()
    try:
        for student, notebook in (("ada", assignment.solved()), ("bo", assignment.notebook())):
            token = new_token()
            store.set_token(student, token_digest(token), staff=False)
            visitor = Visitor(server.port, {"Authorization": f"Bearer {token}"})
            assert visitor.hand_in(NAME, json.dumps(notebook).encode()).status == 201
        wait_until(lambda: State.GRADING in states(store))
        assert server.workers() == []
        server.kill()
        server.start()
        wait_until(lambda: states(store) == [State.GRADED] * 2, 200.0)
    finally:
        server.kill()
    right, stub = store.attempts()
    assert (right.score, stub.score) == (right.most, 0.0)
    assert results(store) == [1, 1]
    for attempt in (right, stub):
        result = store.result(attempt)
        assert result is not None
        assert graded_of(result, attempt).seed == attempt.seed
