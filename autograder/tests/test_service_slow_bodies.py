"""A body that never arrives ends its own connection in the time that the terms give, and holds nobody up."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.bench.visitor import Visitor
from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.roots import PROJECT
from autograder.service.database import open_database
from autograder.service.intake import Intake
from autograder.service.login_tokens import new_token, token_digest
from autograder.service.serve import application
from autograder.service.site import Site
from autograder.service.store import Store
from autograder.service.terms import ClassTerms, Terms, load_terms

from .fake_grading import NAME
from .serving import AtOnce, listening

SHORT = 0.2  # s
PATIENCE = 20.0  # s until a connection that stays open fails the test
PART = b'--mark\r\nContent-Disposition: form-data; name="notebook"; filename="x"\r\n\r\n{'
TOKEN = new_token()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, int]]:
    course = Course(PROJECT, tmp_path_factory.mktemp("class"))
    store = Store(open_database(course))
    store.set_token("ada", token_digest(TOKEN), staff=False)
    site = Site(course, store, ClassTerms(named={NAME: Terms()}), (NAME,), False, Intake(store))
    site.lanes = AtOnce(store)  # type: ignore[assignment]
    with listening(application(site)) as (port,):
        yield site, port
    site.intake._thread.shutdown()
    store.engine.dispose()


def begun(port: int, path: str, framing: str, first: bytes) -> socket.socket:
    """A connection on which an upload has begun, and the first bytes of its body."""
    made = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: multipart/form-data; boundary=mark\r\n{framing}\r\n\r\n"
    )
    made.sendall(head.encode() + first)
    return made


def stop(sent: socket.socket, piece: bytes) -> bytes:
    """Send nothing more, and wait for what comes."""
    return sent.recv(1)


def drip(sent: socket.socket, piece: bytes) -> bytes:
    """Send a piece now and then until the other side ends the connection."""
    sent.settimeout(SHORT / 10)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        sent.sendall(piece)
        with suppress(TimeoutError):
            return sent.recv(1)
    raise TimeoutError


LENGTH = ("Content-Length: 100000", PART, b"x")
CHUNKED = ("Transfer-Encoding: chunked", b"%x\r\n%s\r\n" % (len(PART), PART), b"1\r\nx\r\n")
CUT_OFF = ("Transfer-Encoding: chunked", b"ffff\r\n{", b"x")  # in the middle of a chunk
TOO_LARGE = ("Content-Length: 900000000", PART, b"x" * 1000)


@pytest.mark.parametrize("path", [f"/a/{NAME}", "/login", "/nothing"])
@pytest.mark.parametrize("body", [LENGTH, CHUNKED, CUT_OFF, TOO_LARGE])
@pytest.mark.parametrize("sender", [stop, drip])
def test_a_body_that_does_not_arrive_ends_its_connection(
    service: tuple[Site, int],
    path: str,
    body: tuple[str, bytes, bytes],
    sender: Callable[[socket.socket, bytes], bytes],
) -> None:
    site, port = service
    site.terms = replace(site.terms, upload_seconds=SHORT)
    before, (framing, first, piece) = site.store.attempts(), body
    with closing(begun(port, path, framing, first)) as sent:
        try:
            answer = sender(sent, piece)
        except (ConnectionResetError, BrokenPipeError):
            answer = b""
    assert answer == b""
    assert site.store.attempts() == before


def test_nobody_waits_for_bodies_that_do_not_arrive(service: tuple[Site, int]) -> None:
    site, port = service
    site.terms = replace(site.terms, upload_seconds=10 * PATIENCE)
    stuck = [begun(port, f"/a/{NAME}", *body[:2]) for body in (LENGTH, CHUNKED, CUT_OFF) * 10]
    try:
        program = Visitor(port, {"Authorization": f"Bearer {TOKEN}"}, timeout=PATIENCE)
        answer = program.hand_in(NAME, json.dumps({"n": 1}).encode())
        assert answer.status == 201
        assert program.get(json.loads(answer.body)["url"]).status == 200
        for one in stuck:
            one.setblocking(False)
            with pytest.raises(BlockingIOError):  # it is still open, and nothing was said
                one.recv(1)
    finally:
        for one in stuck:
            one.close()


def test_the_time_for_a_body_is_a_setting(tmp_path: Path) -> None:
    course = Course(PROJECT, tmp_path)
    assert load_terms(course).upload_seconds == 600
    (tmp_path / "service.toml").write_text("upload_seconds = 5\n")
    assert load_terms(course).upload_seconds == 5
    for wrong in ("0", "-1", '"5"', "true", "nan", "inf", "{}"):
        (tmp_path / "service.toml").write_text(f"upload_seconds = {wrong}\n")
        with pytest.raises(UserError, match="upload_seconds: expected a positive number"):
            load_terms(course)
