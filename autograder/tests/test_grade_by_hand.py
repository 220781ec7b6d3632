"""The page for grading by hand: anonymous, from the rubric, into nbgrader's gradebook, and back again."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

from autograder.cli.parser import main
from autograder.core.assignment import Assignment
from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.roots import PROJECT
from autograder.core.rubric import written_rubrics
from autograder.gradebook.by_hand import HandMarks
from autograder.hand_grading.desk import Desk
from autograder.hand_grading.site import application
from autograder.tests.browser import browser
from autograder.tests.written_answers import CELL, NAME, graded_class, record

KEY = "k" * 22
HOSTILE = "<script>alert(1)</script>\n\n[go](https://x.org/) " + "word " * 260
ANSWERS = {"ada": "It is $x w$.", "bo": HOSTILE, "cy": None, "dé": "Nothing **here**."}
WHO = re.compile(r"\b(ada|bo|cy|dé)\b")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return graded_class(tmp_path_factory.mktemp("by hand") / "class", ANSWERS)


@pytest.fixture
def course(graded: Course, tmp_path: Path) -> Course:
    """A copy of the graded class, to change."""
    shutil.copytree(graded.work, tmp_path / "class")
    return Course(PROJECT, tmp_path / "class")


@pytest.fixture
def desk(course: Course, backprop: Assignment) -> Iterator[Desk]:
    with HandMarks(course.db_url, NAME) as marks:
        yield Desk(course, backprop, marks)


def held(course: Course) -> dict[str, tuple[Any, ...]]:
    """Marks by hand as the database has them, read without nbgrader and without us."""
    with sqlite3.connect(course.gradebook) as db:
        rows = db.execute(
            "SELECT s.student_id, g.manual_score, g.needs_manual_grade, c.manual_comment FROM grade g"
            " JOIN base_cell b ON b.id = g.cell_id JOIN submitted_notebook n ON n.id = g.notebook_id"
            " JOIN submitted_assignment s ON s.id = n.assignment_id, comment c JOIN base_cell d"
            " ON d.id = c.cell_id WHERE c.notebook_id = n.id AND b.name = ? AND d.name = ?",
            (CELL, CELL),
        ).fetchall()
    db.close()
    return {student: (points, bool(waits), said) for student, points, waits, said in rows}


def token_of(desk: Desk, words: str) -> str:
    """The token of the answer that holds some words."""
    (found,) = (
        one["token"]
        for one in desk.overview(CELL)["answers"]
        if words in desk.answer(CELL, one["token"])["html"]
    )
    return str(found)


def test_the_answers_are_shown_without_names(desk: Desk) -> None:
    seen = desk.overview(CELL)
    assert (len(seen["answers"]), seen["empty"]) == (3, 1)  # nobody reads an empty one
    assert all(one["waiting"] for one in seen["answers"])
    shown = [desk.answer(CELL, one["token"]) for one in seen["answers"]]
    assert not WHO.search(json.dumps([seen, shown], ensure_ascii=False))
    assert sorted(one["words"] for one in shown) == [2, 3, 262]


def test_nothing_of_an_answer_runs(desk: Desk) -> None:
    html = desk.answer(CELL, token_of(desk, "word word"))["html"]
    assert "<script" not in html
    assert "<a" not in html
    assert "&lt;script&gt;" in html


def test_a_mark_is_the_sum_of_its_items(desk: Desk, course: Course) -> None:
    token = token_of(desk, "Nothing")
    desk.give(CELL, token, {1: 2.0, 3: 1.0, 5: 1.0}, " Say more.\nGood. ")
    assert held(course)["dé"] == (4.0, False, "Say more.\nGood.")
    assert held(course)["ada"] == (None, True, None)
    shown = desk.answer(CELL, token)
    assert (shown["points"], shown["waiting"]) == (4.0, False)
    assert shown["items"] == {"1": 2.0, "3": 1.0, "5": 1.0}
    desk.give(CELL, token, {}, "")
    assert held(course)["dé"] == (0.0, False, None)  # no points are a mark as well


def test_a_comment_alone_leaves_the_answer_waiting(desk: Desk, course: Course) -> None:
    desk.give(CELL, token_of(desk, "Nothing"), None, "Later.")
    assert held(course)["dé"] == (None, True, "Later.")


def test_comments_are_kept_for_reuse(desk: Desk) -> None:
    first, second, third = (one["token"] for one in desk.overview(CELL)["answers"])
    desk.give(CELL, first, {}, "Hardly.\nOften.")
    desk.give(CELL, second, {}, "Often.")
    desk.give(CELL, third, {}, "Often.\nZuletzt: µ.")
    assert desk.overview(CELL)["comments"] == ["Often.", "Hardly.", "Zuletzt: µ."]


def test_each_step_can_be_taken_back(desk: Desk, course: Course) -> None:
    before = held(course)
    token = token_of(desk, "Nothing")
    desk.give(CELL, token, {1: 2.0}, "")
    desk.give(CELL, token, {1: 2.0, 2: 2.0}, "Good.")
    desk.give(CELL, token, {1: 2.0, 2: 2.0}, "Good.")  # changes nothing, and is no step
    assert desk.overview(CELL)["undo"] == 2
    assert desk.undo() == (CELL, token)
    assert held(course)["dé"] == (2.0, False, None)
    assert desk.answer(CELL, token)["items"] == {"1": 2.0}
    desk.undo()
    assert held(course) == before
    assert desk.undo() is None
    with sqlite3.connect(course.gradebook) as db:
        db.execute("UPDATE grade SET manual_score = 2 WHERE manual_score IS NULL")
    db.close()
    assert desk.answer(CELL, token)["items"] is None


def test_what_no_rubric_allows_is_refused(desk: Desk, course: Course) -> None:
    token, before = token_of(desk, "Nothing"), held(course)
    for items, said in (
        ({7: 1.0}, "expected an item from 1 to 6, got 7"),
        ({1: 3.0}, "item 1: expected at most 2 points, got 3"),
        ({1: float("nan")}, "item 1"),
        ({1: -1.0}, "item 1"),
        ({1: 0.0}, "item 1"),
    ):
        with pytest.raises(UserError, match=said):
            desk.give(CELL, token, items, "")
    with pytest.raises(UserError, match="at most 10000 characters, got 10001"):
        desk.give(CELL, token, {}, "x" * 10_001)
    with pytest.raises(UserError, match="load the page again"):
        desk.give(CELL, "0" * 16, {}, "")
    assert held(course) == before


def test_a_mark_given_elsewhere_has_no_items(desk: Desk, course: Course) -> None:
    token = token_of(desk, "Nothing")
    desk.give(CELL, token, {1: 2.0}, "")
    with sqlite3.connect(course.gradebook) as db:
        db.execute("UPDATE grade SET manual_score = 7 WHERE manual_score = 2")
    db.close()
    shown = desk.answer(CELL, token)
    assert (shown["points"], shown["items"]) == (7.0, None)


def test_a_changed_answer_is_to_be_looked_at_again(desk: Desk, course: Course) -> None:
    token = token_of(desk, "Nothing")
    desk.give(CELL, token, {1: 2.0}, "")
    record(course, {"ada": ANSWERS["ada"], "dé": "Something new."})
    shown = desk.answer(CELL, token)
    assert (shown["again"], shown["waiting"], shown["points"]) == (True, True, 2.0)
    assert "Something new." in shown["html"]
    desk.give(CELL, token, {1: 2.0}, "")  # the same items are enough
    assert held(course)["dé"] == (2.0, False, None)


def test_a_group_is_graded_once(course: Course, backprop: Assignment) -> None:
    course.class_file.write_text(f'[groups."{NAME}"]\n"Team 1" = ["ada", "dé", "cy"]\n')
    with HandMarks(course.db_url, NAME) as marks:
        desk = Desk(course, backprop, marks)
        assert len(desk.overview(CELL)["answers"]) == 3  # they submitted different answers
        record(course, {"dé": ANSWERS["ada"]})
        assert len(desk.overview(CELL)["answers"]) == 2
        before, token = held(course), token_of(desk, "It is")
        desk.give(CELL, token, {1: 2.0}, "For both.")
        assert held(course)["ada"] == held(course)["dé"] == (2.0, False, "For both.")
        assert held(course)["cy"] == before["cy"]  # who left it empty gets nothing
        record(course, {"ada": "Something else.", "dé": "Something else."})
        assert desk.answer(CELL, token)["again"]
        record(course, {"ada": ANSWERS["ada"], "dé": ANSWERS["ada"]})
        assert desk.undo() == (CELL, token)
        assert held(course) == before


def test_a_locked_gradebook_loses_nothing(course: Course, backprop: Assignment) -> None:
    with HandMarks(f"sqlite:///{course.gradebook}?timeout=0", NAME) as marks:
        desk = Desk(course, backprop, marks)
        token = token_of(desk, "Nothing")
        other = sqlite3.connect(course.gradebook, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(UserError, match=r"\(database is locked\); nothing was changed"):
            desk.give(CELL, token, {1: 2.0}, "")
        other.execute("ROLLBACK")
        other.close()
        desk.give(CELL, token, {1: 2.0}, "")
    assert held(course)["dé"][0] == 2.0


def asked(desk: Desk, *requests: tuple[str, str, Any], cookie: str = KEY) -> list[HTTPResponse]:
    """What the page's server answers, one request after another: method, path, and what is sent."""

    async def run() -> list[HTTPResponse]:
        sock, port = bind_unused_port()
        server = HTTPServer(application(desk, KEY))
        server.add_socket(sock)
        client, made = AsyncHTTPClient(force_instance=True), []
        for method, path, body in requests:
            sent = {"Cookie": f"hand-grading-{port}={cookie}"}
            if body is not None:
                sent["Content-Type"] = "application/json"
            made.append(
                await client.fetch(
                    f"http://127.0.0.1:{port}{path}",
                    method=method,
                    headers=sent,
                    body=None if method == "GET" else json.dumps(body or {}),
                    follow_redirects=False,
                    raise_error=False,
                )
            )
        client.close()
        server.stop()
        await server.close_all_connections()
        return made

    return asyncio.run(run())


def test_the_page_over_http(desk: Desk, course: Course) -> None:
    path = f"/answer/{CELL}/{token_of(desk, 'Nothing')}"
    change = {"items": {"1": 2, "2": 1}, "comment": "Good."}
    page, cells, question, given, undone, gone, wrong = asked(
        desk,
        ("GET", "/", None),
        ("GET", "/questions", None),
        ("GET", f"/question/{CELL}", None),
        ("PUT", path, change),
        ("POST", "/undo", {}),
        ("GET", f"/answer/{CELL}/{'0' * 16}", None),
        ("PUT", path, {"items": [1], "comment": ""}),
    )
    assert page.code == 200
    assert "script-src 'sha256-" in page.headers["Content-Security-Policy"]
    assert json.loads(cells.body) == {"assignment": NAME, "questions": [CELL]}
    rubric = written_rubrics(desk._assignment)[CELL]
    asks = json.loads(question.body)
    assert [item["points"] for item in asks["items"]] == [item.points for item in rubric.items]
    assert json.loads(given.body)["points"] == 3.0
    assert json.loads(undone.body)["cell"] == CELL
    assert held(course)["dé"] == (None, True, None)
    assert (gone.code, wrong.code) == (409, 400)
    assert "load the page again" in json.loads(gone.body)["error"]


def test_nobody_without_the_key_sees_or_changes_anything(desk: Desk, course: Course) -> None:
    path, before = f"/answer/{CELL}/{token_of(desk, 'Nothing')}", held(course)
    requests = (("GET", "/", None), ("GET", path, None), ("PUT", path, {"items": {"1": 2}}))
    assert {one.code for one in asked(desk, *requests, cookie="x")} == {403}
    # a form on a page elsewhere sends the cookie, but cannot send JSON
    assert [one.code for one in asked(desk, ("PUT", path, None))] == [415]
    (entered,) = asked(desk, ("GET", f"/?key={KEY}", None), cookie="x")
    assert entered.code == 302
    assert "HttpOnly" in entered.headers["Set-Cookie"]
    assert "SameSite=Strict" in entered.headers["Set-Cookie"]
    assert held(course) == before


def test_an_ungraded_class_is_told_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--course", str(tmp_path), "--root", str(PROJECT)]
    assert main([*place, "grade-by-hand", NAME]) == 2
    assert f"first: autograder grade {NAME}" in capsys.readouterr().err


@pytest.mark.slow
def test_a_browser_shows_the_first_answer(desk: Desk, tmp_path: Path) -> None:
    program, (sock, port) = browser(), bind_unused_port()
    assert program is not None
    ready, ended = threading.Event(), threading.Event()

    async def run() -> None:
        server = HTTPServer(application(desk, KEY))
        server.add_socket(sock)
        ready.set()
        while not ended.is_set():
            await asyncio.sleep(0.05)
        server.stop()
        await server.close_all_connections()

    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
    address = f"http://127.0.0.1:{port}/?key={KEY}"

    def look() -> str:
        ready.wait()
        done = subprocess.run(
            [program, *options, "--virtual-time-budget=8000", "--dump-dom", address],
            capture_output=True,
            timeout=120,
            check=True,
            text=True,
        )
        ended.set()
        return done.stdout

    async def both() -> str:
        server = asyncio.create_task(run())
        shown = await asyncio.to_thread(look)
        await server
        return shown

    shown = asyncio.run(both())
    assert "Answer 1 of 3" in shown
    assert "0 of 3 graded, 1 left empty" in shown
    assert len(re.findall(r'aria-pressed="false"', shown)) == 6
