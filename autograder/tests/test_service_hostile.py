"""Hostile notebooks over HTTP: none gets a point that it does not deserve, the server lives on, and honest students are graded right."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from autograder.bench.kills import Server, serving
from autograder.bench.visitor import Visitor
from autograder.core.assignment import Assignment
from autograder.core.course import Course
from autograder.core.results import Graded
from autograder.sample.hostile import HOSTILE
from autograder.sample.sample import Sample
from autograder.service.database import open_database
from autograder.service.feedback_levels import graded_of
from autograder.service.login_tokens import new_token, token_digest
from autograder.service.records import OPEN, State
from autograder.service.store import Store
from autograder.service.students import MOST_RECENT

NAME = "01-backprop"
SAMPLES = {sample.id: sample for sample in HOSTILE}
# one of a kind: forges, ends its process, never ends, tells what it reads, writes what a page would run
SOONER = (
    "forged-outputs",
    "exit-in-function",
    "loop-in-function",
    "exception-that-tells",
    "markup",
)
TERMS = "[default]\nburst = 1000\nseconds = 1.0\n"
PATIENCE = 60.0  # s for one attempt
HONEST = "honest"


@dataclass
class Served:
    """A server with one worker, under short limits."""

    store: Store
    server: Server
    tokens: dict[str, str]

    def hand_in(self, student: str, content: bytes) -> None:
        visitor = Visitor(self.server.port, {"Authorization": f"Bearer {self.tokens[student]}"})
        answer = visitor.hand_in(NAME, content)
        assert answer.status == 201, (student, answer.text)

    def settle(self) -> None:
        end = time.monotonic() + PATIENCE * len(self.store.attempts())
        while any(one.state in OPEN for one in self.store.attempts()):
            assert time.monotonic() < end, [one for one in self.store.attempts() if not one.score]
            time.sleep(0.1)

    def graded(self, student: str) -> Graded:
        attempt = [one for one in self.store.attempts() if one.name == student][-1]
        result = self.store.result(attempt)
        assert result is not None, f"{student}: {attempt.state}"
        return graded_of(result, attempt)


@pytest.fixture(scope="module")
def served(short_course: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    course = Course(short_course.root, tmp_path_factory.mktemp("class"))
    (course.work / "service.toml").write_text(TERMS)
    store = Store(open_database(course))
    tokens = {name: new_token() for name in (HONEST, *SAMPLES)}
    for name, token in tokens.items():
        store.set_token(name, token_digest(token), staff=False)
    server = Server([*serving(course, NAME), "--workers", "1"])
    server.start()
    try:
        yield Served(store, server, tokens)
    finally:
        server.kill()
        store.engine.dispose()


def honest(assignment: Assignment, number: int) -> bytes:
    return json.dumps(assignment.solved() | {"metadata": {"number": number}}).encode()


def undeserved(sample: Sample, assignment: Assignment, graded: Graded) -> dict[str, float]:
    """The questions whose points are not those that the sample deserves."""
    want = sample.expected(assignment)
    got = {question.id: question.score for question in graded.questions}
    return {
        name: score
        for name, score in got.items()
        if score > want[name] or (score < want[name] and not sample.at_most)
    }


@pytest.mark.parametrize(
    "idents", [SOONER, pytest.param(tuple(SAMPLES), marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_nothing_hostile_gains_a_point_or_harms_the_server(
    served: Served, backprop: Assignment, idents: tuple[str, ...]
) -> None:
    earlier = sum(one.name == HONEST for one in served.store.attempts())
    for number, ident in enumerate(idents):
        served.hand_in(ident, SAMPLES[ident].make(backprop))
        if number % (MOST_RECENT // 2) == 0:
            served.hand_in(HONEST, honest(backprop, earlier + number))
    served.settle()
    served.hand_in(HONEST, honest(backprop, -1 - earlier))
    served.settle()
    found = {ident: undeserved(SAMPLES[ident], backprop, served.graded(ident)) for ident in idents}
    assert {ident: which for ident, which in found.items() if which} == {}
    mine = [one for one in served.store.attempts() if one.name == HONEST]
    graded = [one for one in mine if one.state is not State.SUPERSEDED]
    assert len(graded) >= 2
    assert [one.score for one in graded] == [100.0] * len(graded)
    assert served.server.process is not None
    assert served.server.process.poll() is None
