"""The server's store does on PostgreSQL what it does in SQLite's file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.roots import PROJECT
from autograder.service.database import open_database
from autograder.service.login_tokens import token_digest
from autograder.service.records import State
from autograder.service.serve import _owned
from autograder.service.store import Store, open_store

from .test_postgres import database
from .test_postgres import server as server  # a fixture
from .test_service_store import JUDGED, person, upload

PEOPLE = ("ada", "bo", "tess")


def opened(course: Course, url: str | None) -> Store:
    made = open_store(open_database(course, url))
    for name in PEOPLE:
        made.set_token(name, token_digest(name), staff=name == "tess")
    return made


def told(store: Store) -> list[dict[str, Any]]:
    """All attempts; seeds follow from a secret of the store's own."""
    return [
        {name: value for name, value in asdict(one).items() if name != "seed"}
        for one in store.attempts()
    ]


def an_evening(store: Store) -> list[Any]:
    """Hand in, grade, die, repeat, regrade and decide; return what there was to see on the way."""
    seen: list[Any] = []
    first = upload(store, "a", 1000.0)
    upload(store, "b", 1001.0)  # takes the place of the first
    assert upload(store, "b", 1002.0).number == 2  # the same bytes
    late = upload(store, "c", 1003.0, "bo", late=True)
    seen.append(told(store))
    attempt = store.claim(State.WAITING, 2000.0)
    assert attempt is not None
    store.finish(attempt, JUDGED, 2001.0)
    begun = store.claim(State.WAITING, 2002.0)
    assert begun is not None
    store.slow_down(begun)
    hurt = store.claim(State.SLOW, 2002.5)
    assert hurt is not None
    store.note_death(hurt)
    seen += [begun.name, told(store), store.recover(), store.position(late)]
    slow = store.claim(State.SLOW, 2003.0)
    assert slow is not None
    store.finish(slow, JUDGED, 2004.0)
    upload(store, "a", 3000.0)  # as the first, which was never graded
    upload(store, "b", 3001.0)  # as the second, whose result it has
    store.choose(attempt)
    store.extend(person(store, "bo"), late.assignment, 9000.0, "tess")
    store.set_closed(late.assignment, "tess", closed=True)
    store.ask_again([one for one in store.attempts() if one.id == attempt.id], "tess")
    again = store.claim_regrade()
    assert again is not None
    store.finish(again, JUDGED.__class__("other", 4.0, 10.0, 0.1, b"m", b"n"), 4000.0)
    seen += [
        [(one.id, old, new) for one, old, new in store.regraded(late.assignment)],
        store.accept(late.assignment, "tess"),
        told(store),
        store.closed(),
        store.extension(person(store, "bo").id, late.assignment),
        [(actor, what) for _, actor, what in store.log()],
        store.content(first.digest),
        store.result(again),
        store.balance(person(store).id, late.assignment, 5000.0, 2, 60.0),
        store.recent(person(store).id, 2500.0),
        store.finished_since(2002.0),
    ]
    return seen


def test_an_evening_is_the_same_in_both(server: Path, tmp_path: Path) -> None:
    course = Course(PROJECT, tmp_path)
    here = opened(course, None)
    there = opened(course, database(server, "evening"))
    assert there.engine.dialect.name == "postgresql"
    try:
        assert an_evening(there) == an_evening(here)
    finally:
        here.engine.dispose()
        there.engine.dispose()


def test_a_second_server_is_refused_and_the_lock_ends_with_the_first(
    server: Path, tmp_path: Path
) -> None:
    course, url = Course(PROJECT, tmp_path), database(server, "locks")
    first, second = open_database(course, url), open_database(course, url)
    try:
        with (
            _owned(course, first),
            pytest.raises(UserError, match="another server"),
            _owned(course, second),
        ):
            pass
        first.dispose()
        with _owned(course, second):
            pass
    finally:
        second.dispose()
