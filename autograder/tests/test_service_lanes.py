"""Nothing that was acknowledged is lost, whatever is killed; the slow hold up nobody; a worker's end costs no student anything."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.bench.kills import Kills, kill_at_random
from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.roots import PROJECT
from autograder.service.database import open_database
from autograder.service.feedback_levels import graded_of
from autograder.service.frames import as_frame
from autograder.service.lanes import Lanes
from autograder.service.login_tokens import token_digest
from autograder.service.records import OPEN, Attempt, State, Upload
from autograder.service.serve import Address, Service, serve
from autograder.service.store import Store
from autograder.service.terms import ClassTerms, Terms
from autograder.service.worker_client import PROGRAM

NAME = "01-backprop"
PRETENDED = (sys.executable, "-m", "autograder.tests.pretended_worker")
START = """
import sys
from pathlib import Path
from autograder.core.course import Course
from autograder.service.serve import Address, Service, serve
root, work, name = sys.argv[1:]
ready = lambda port: print(f"http://127.0.0.1:{port}", flush=True)
program = (sys.executable, "-m", "autograder.tests.pretended_worker")
serve(Course(Path(root), Path(work)), Service((name,), None, 2, program), Address(port=0), ready)
"""


def test_nothing_is_lost_by_kills(tmp_path: Path) -> None:
    course = Course(PROJECT, tmp_path)
    notebooks = [json.dumps({"number": number}).encode() for number in range(60)]
    command = [sys.executable, "-c", START, str(PROJECT), str(tmp_path), NAME]
    tally = kill_at_random(course, command, NAME, notebooks, Kills(10, 0.6, 3))
    assert tally.clean, tally
    assert tally.acknowledged == 60
    assert tally.servers >= 5
    assert tally.workers >= 3


@pytest.mark.parametrize("sent", [b"", b"\0\0", as_frame({"number": 1})[:-3], b"\0\0\0\3abc"])
def test_a_worker_ends_with_its_server(tmp_path: Path, sent: bytes) -> None:
    """Also where the server was killed in the middle of a frame, or what it sent is none."""
    command = [*PROGRAM, str(PROJECT), str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as worker:
        try:
            worker.communicate(sent, timeout=60)
        finally:
            worker.kill()
    assert worker.returncode == 0


def given(store: Store, *told: dict[str, object]) -> list[Attempt]:
    """Attempts of one student each."""
    made = []
    for number, one in enumerate(told):
        store.set_token(f"student{number}", token_digest(f"{number}"), staff=False)
        who = store.person_of(token_digest(f"{number}"))
        assert who is not None
        made += store.hand_in(
            [Upload(who, NAME, json.dumps(one).encode(), time.time(), False, False, 5, 60.0)]
        )
    return made


def run_until_done(
    store: Store, course: Course, program: tuple[str, ...], workers: int = 1, seconds: float = 60.0
) -> list[int]:
    """Has the lanes grade all that waits, and gives the ids in the order in which they were done."""
    order: list[int] = []

    async def run() -> None:
        lanes = Lanes(course, store, ClassTerms(Terms()), workers, order.append, program)
        grading, end = asyncio.create_task(lanes.run()), time.monotonic() + seconds
        while (
            any(one.state in OPEN or one.regrade for one in store.attempts())
            and time.monotonic() < end
        ):
            await asyncio.sleep(0.05)
        grading.cancel()
        await asyncio.gather(grading, return_exceptions=True)

    asyncio.run(run())
    return order


def states(store: Store) -> list[State]:
    return [one.state for one in store.attempts()]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return Course(PROJECT, tmp_path)


@pytest.fixture
def store(course: Course) -> Store:
    return Store(open_database(course))


def test_an_endless_one_goes_behind_the_others(course: Course, store: Store) -> None:
    endless, *others = given(store, {"endless": True, "takes": 0.4}, {"n": 1}, {"n": 2}, {"n": 3})
    order = run_until_done(store, course, PRETENDED)
    assert sorted(order) == sorted(one.id for one in (endless, *others))
    assert states(store) == [State.GRADED] * 4
    assert [one.slow for one in store.attempts()] == [True, False, False, False]


def test_an_attempt_that_ends_its_worker_gets_two_tries_in_each_lane(
    course: Course, store: Store
) -> None:
    given(store, {"dies": "always"}, {"dies": "hurried"}, {"n": 1})
    run_until_done(store, course, PRETENDED)
    assert states(store) == [State.UNJUDGED, State.GRADED, State.GRADED]
    assert [one.free for one in store.attempts()] == [True, False, False]


def test_a_grader_that_fails_or_whose_files_keep_changing_costs_nothing(
    course: Course, store: Store
) -> None:
    given(store, {"fails": True}, {"stale": True}, {"n": 1})
    run_until_done(store, course, PRETENDED)
    assert states(store) == [State.UNJUDGED, State.UNJUDGED, State.GRADED]
    assert [one.free for one in store.attempts()] == [True, True, False]


def test_what_was_under_way_when_the_lanes_end_waits_again(course: Course, store: Store) -> None:
    given(store, {"takes": 30.0})
    run_until_done(store, course, PRETENDED, seconds=3.0)
    assert states(store) == [State.WAITING]


def test_a_regrade_waits_until_nothing_else_does(course: Course, store: Store) -> None:
    (first,) = given(store, {"n": 0})
    run_until_done(store, course, PRETENDED)
    store.ask_again(store.attempts(), "tess")
    _, *others = given(store, {"n": 0}, {"n": 1}, {"n": 2})
    order = run_until_done(store, course, PRETENDED)
    assert order[-1] == first.id
    assert len(store.regraded(NAME)) == 1
    assert len(others) == 2


def test_a_second_server_is_refused(course: Course, tmp_path: Path) -> None:
    service = Service((NAME,), None, 1, PRETENDED)

    def second(port: int) -> None:
        serve(course, service, Address(port=0), lambda port: None)

    with pytest.raises(UserError, match="another server has the store"):
        serve(course, service, Address(port=0), second)


@pytest.mark.slow
def test_real_workers_grade_with_the_seed_of_the_attempt(course: Course, store: Store) -> None:
    assignment = load_assignment(course, NAME)
    made = given(store, assignment.solved(), assignment.notebook())
    run_until_done(store, course, PROGRAM, seconds=200.0)
    right, stub = store.attempts()
    assert (right.score, stub.score) == (right.most, 0.0)
    assert right.seed != stub.seed
    for attempt in (right, stub):
        result = store.result(attempt)
        assert result is not None
        assert graded_of(result, attempt).seed == attempt.seed
    assert [one.id for one in made] == [right.id, stub.id]
