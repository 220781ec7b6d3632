"""A Dask cluster of processes on this machine: the same results as without it, whoever dies on the way."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import cloudpickle
import pytest
from distributed.client import ClosedClientError

from autograder.cache import fingerprint
from autograder.cli import parser as cli
from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.mistakes import load_bank
from autograder.core.results import DEMANDED, Graded, Submission, Walls
from autograder.core.roots import PROJECT
from autograder.sandbox.walls import chosen, demanded, refusal
from autograder.workers import cluster, pool

from .dask_processes import (
    end,
    free_port,
    kill_a_worker,
    start_scheduler,
    start_workers,
    wait_for_workers,
)

NAME = "05-optimizers"
SEED = 11
WORKERS = 2


def a_class() -> list[Submission]:
    """Right and wrong answers, and a file that is no notebook; more than one chunk for each worker."""
    assignment = load_assignment(Course(), NAME)
    mistakes = load_bank(Course().mistakes(NAME)).mistakes("minibatches") + load_bank(
        Course().mistakes(NAME)
    ).mistakes("steps_to_tol")
    solved = {cell.id: cell.source for cell in assignment.cells if cell.kind == "solution"}
    notebooks = [
        solved | assignment.reference_source(entry.question, entry.source) for entry in mistakes
    ][:9]
    made = [
        Submission(f"student-{n}", json.dumps(assignment.notebook(sources)).encode())
        for n, sources in enumerate(notebooks)
    ]
    return [
        *made,
        Submission("perfect", json.dumps(assignment.solved()).encode()),
        Submission("broken", b"no notebook"),
    ]


def told(graded: Graded) -> dict[str, Any]:
    """All of a result but how long it took."""
    made = dataclasses.asdict(dataclasses.replace(graded, seconds={}))
    made["notebook"]["metadata"]["autograder"].pop("seconds", None)
    return made


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler and workers whose nannies start them anew, each a process of its own."""
    folder = tmp_path_factory.mktemp("cluster")
    address = f"tcp://127.0.0.1:{free_port()}"
    running = [start_scheduler(folder, address), start_workers(folder, address, WORKERS)]
    try:
        wait_for_workers(address, folder, WORKERS)
        yield address
    finally:
        for process in running:
            end(process)


@pytest.fixture(scope="module")
def at_home() -> dict[str, dict[str, Any]]:
    """The same class graded without a cluster."""
    return {one.student: told(one) for one in pool.grade_chunk(Course(), NAME, a_class(), SEED)}


@pytest.mark.slow
def test_workers_killed_midway_change_nothing(
    scheduler: str, at_home: dict[str, dict[str, Any]]
) -> None:
    results: list[Graded] = []
    with cluster.cluster(scheduler, [NAME]) as (executors, workers):
        assert workers == WORKERS
        for graded in pool.grade_class(Course(), NAME, a_class(), SEED, workers, executors):
            results.append(graded)
            if len(results) in (1, 8):
                kill_a_worker(scheduler)
    assert len(results) == len(at_home)
    assert {one.student: told(one) for one in results} == at_home


@pytest.mark.slow
@pytest.mark.parametrize(
    "demands", [("bare", None), (None, "bare")], ids=["then none", "none before"]
)
def test_walls_that_the_command_demands_hold_on_the_workers(
    scheduler: str, demands: tuple[str | None, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command's own, whatever one before it demanded of the same processes."""
    if why := refusal(Walls.BARE):
        pytest.skip(why)
    by_themselves = chosen(demanded(Course().pyproject))
    for walls in demands:
        with monkeypatch.context() as patched:
            patched.delenv(DEMANDED, raising=False) if walls is None else patched.setenv(
                DEMANDED, walls
            )
            with cluster.cluster(scheduler, [NAME]) as (executors, workers):
                results = list(
                    pool.grade_class(Course(), NAME, a_class()[-3:-1], SEED, workers, executors)
                )
        assert {one.walls for one in results} == {walls or by_themselves}


def dies_of_one(name: str, submissions: Sequence[Submission], seed: int) -> list[Graded]:
    """What grades, but for one submission that takes its worker with it."""
    if any(one.student == "broken" for one in submissions):
        os.kill(os.getpid(), signal.SIGKILL)
    return pool.grade_chunk(Course(), name, submissions, seed)


@pytest.mark.slow
def test_what_kills_each_worker_stays_unjudged_alone(
    scheduler: str, at_home: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_grade_chunk_at_home", dies_of_one)
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    try:
        with cluster.cluster(scheduler, [NAME]) as (executors, workers):
            results = {
                one.student: one
                for one in pool.grade_class(
                    Course(), NAME, a_class()[-4:], SEED, workers, executors
                )
            }
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    assert results.pop("broken").faulty
    assert len(results) == 3
    assert all(told(one) == at_home[student] for student, one in results.items())


def test_a_worker_that_differs_is_named(scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = fingerprint.fingerprint(Course(), NAME)
    changed = {**real, "numpy": "1.0", f"source/{NAME}/checks/test_nesterov.py": "0"}
    monkeypatch.setattr(cluster, "fingerprint", lambda course, name: changed)
    with pytest.raises(
        UserError,
        match=rf"the worker tcp://127.* differs.*numpy is .*, here 1.0; source/{NAME}/checks/test_nesterov.py is another",
    ):
        cluster.cluster(scheduler, [NAME]).__enter__()


def test_a_worker_that_joins_later_is_looked_at_too(
    scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = {**fingerprint.fingerprint(Course(), NAME), "numpy": "1.0"}
    monkeypatch.setattr(cluster, "fingerprint", lambda course, name: changed)
    monkeypatch.setattr(cluster, "verify", lambda *others: WORKERS)  # as if it had not been there
    with (
        cluster.cluster(scheduler, [NAME]) as (executors, workers),
        pytest.raises(UserError, match=r"the worker tcp://127.* differs from this machine: numpy"),
    ):
        list(pool.grade_class(Course(), NAME, a_class()[-1:], SEED, workers, executors))


@pytest.mark.parametrize(
    ("alive", "workers"), [({"tcp://a": 1}, 1), ({}, 1), ({"tcp://a": 1, "tcp://b": 1}, None)]
)
def test_a_worker_that_dies_as_it_is_asked_is_left_aside(
    alive: dict[str, int], workers: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {
        "tcp://a": {NAME: fingerprint.fingerprint(Course(), NAME)},
        "tcp://b": OSError("nobody there"),
    }
    client = Mock(
        nthreads=Mock(side_effect=[{"tcp://a": 1, "tcp://b": 1}, alive]),
        run=Mock(return_value=answers),
    )
    monkeypatch.setattr(cluster, "connect", lambda address: client)
    known = cluster.cluster("tcp://c", [NAME])
    if workers is None:
        with pytest.raises(UserError, match="the worker tcp://b cannot load the autograder"):
            known.__enter__()
    else:
        assert known.__enter__()[1] == workers


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dies", "said"),
    [(False, "has (had no worker|not answered) for 1 s"), (True, "the connection to .* was lost")],
)
def test_nobody_is_waited_for_forever(
    dies: bool, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"tcp://127.0.0.1:{free_port()}"
    alone = start_scheduler(tmp_path, address)
    monkeypatch.setattr(
        cluster, "verify", lambda *others: WORKERS
    )  # as if there had been some a moment ago
    try:
        wait_for_workers(address, tmp_path, 0)
        with cluster.cluster(address, [NAME], patience=60 if dies else 1) as (executors, workers):
            if dies:
                threading.Timer(0.5, alone.kill).start()
            with pytest.raises(UserError, match=said):
                list(pool.grade_class(Course(), NAME, a_class(), SEED, workers, executors))
    finally:
        alone.kill()
        alone.wait()


def test_a_client_that_has_given_the_scheduler_up_is_one_line() -> None:
    closed = Mock(submit=Mock(side_effect=ClosedClientError("Client is closed.")))
    executor = cluster._ClusterExecutor(
        Mock(get_executor=Mock(return_value=closed)), "tcp://c", {}, 60.0
    )
    try:
        with pytest.raises(UserError, match="the connection to tcp://c was lost"):
            executor.submit(len, ())
    finally:
        executor.shutdown()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("localhost", "tcp://HOST:PORT or tls://HOST:PORT was expected"),
        ("tcp://127.0.0.1", "tcp://HOST:PORT or tls://HOST:PORT was expected"),
        ("tcp://127.0.0.1:1", "no Dask scheduler answers there"),
        ("tls://127.0.0.1:1", "Dask knows no certificate for this machine"),
    ],
)
def test_an_address_where_nobody_answers_is_one_line(
    address: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cluster, "CONNECT", 1.0)
    (tmp_path / "submitted" / "ada" / NAME).mkdir(parents=True)
    (tmp_path / "submitted" / "ada" / NAME / f"{NAME}.ipynb").write_bytes(a_class()[0].content)
    assert cli.main(["--course", str(tmp_path), "grade", NAME, "--scheduler", address]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1


def test_without_the_package_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=r"pip install '\.\[grade,scale\]'"):
        cluster.cluster("tcp://127.0.0.1:1", [NAME]).__enter__()


class Crossing(Executor):
    """Keeps what would cross to another machine."""

    def __init__(self) -> None:
        self.crossed: list[bytes] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.crossed.append(cloudpickle.dumps((fn, args, kwargs)))
        done: Future[Any] = Future()
        done.set_result([])
        return done


def test_no_path_of_this_machine_crosses(tmp_path: Path) -> None:
    """A worker grades with its own installation, wherever that lies."""
    executor = Crossing()
    assert (
        list(
            pool.grade_class(
                Course(work=tmp_path),
                NAME,
                a_class(),
                SEED,
                2,
                lambda number: nullcontext(executor),
            )
        )
        == []
    )
    assert b"student-3" in b"".join(executor.crossed)
    for word in (
        b"autograder.core.course",
        b"PosixPath",
        os.fsencode(PROJECT),
        os.fsencode(tmp_path.name),
    ):
        assert word not in b"".join(executor.crossed)


class Counting(Crossing):
    """Never has more under way than it should."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.under_way, self.asked = most, 0, 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.asked += 1
        self.under_way += 1
        assert self.under_way <= self.most
        later: Future[Any] = Future()
        later.add_done_callback(lambda future: setattr(self, "under_way", self.under_way - 1))
        threading.Timer(0.002, later.set_result, [[]]).start()
        return later


def test_a_class_is_read_as_it_is_graded() -> None:
    """However large it is, no more of it is held than is under way."""
    executor, read = Counting(4), 0  # two workers, one chunk in work and one waiting for each

    def class_of_thousands() -> Iterator[Submission]:
        nonlocal read
        for number in range(1000):
            assert read <= pool.CHUNK * (executor.asked + 2)
            read += 1
            yield Submission(f"student-{number}", b"")

    assert (
        list(
            pool.grade_class(
                Course(), NAME, class_of_thousands(), SEED, 2, lambda number: nullcontext(executor)
            )
        )
        == []
    )
    assert read == 1000
