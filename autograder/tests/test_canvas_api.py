"""Marks, comments and pages by Canvas's API, against a server that answers as Canvas does."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from autograder.classroom.run import grade_assignment
from autograder.cli.parser import main
from autograder.core.course import Course
from autograder.core.roots import PROJECT
from autograder.give_back import canvas_api
from autograder.tests.fake_canvas import ASSIGNMENT, COURSE, TOKEN, FakeCanvas, serving
from autograder.tests.fake_grading import NAME, Here, Pretended, hand_in, mark_by_hand
from autograder.workers import pool

USERS = [
    {"id": 4001, "name": "Ada Okafor", "sis_user_id": "S-1", "login_id": "aokafor"},
    {"id": 4003, "name": "Bo Smith", "sis_user_id": "S-3", "login_id": "bsmith"},
    {"id": 4005, "name": "Cy Lund", "sis_user_id": None, "login_id": "clund"},
]
ADA, BO, CY = (user["id"] for user in USERS)
ROSTER = (
    "id,name,email,section,canvas\nada,Ada Okafor,,A,4001\nbo,Bo Smith,,A,\ncy,Cy Lund,,A,clund\n"
)


@pytest.fixture(scope="module")
def graded_class(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graded class of three: all right; a question wrong; the third waits for a person."""
    folder = tmp_path_factory.mktemp("graded")
    (folder / "class").mkdir()
    made = Course(PROJECT, folder / "class")
    made.roster.write_text(ROSTER)
    hand_in(made, "ada")
    hand_in(made, "bo", wrong=["affine"])
    hand_in(made, "cy")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pool, "grade_chunk", Pretended(folder / "journal"))
        grade_assignment(made, NAME, 1, 1, set(), True, Here)
    mark_by_hand(made, "ada", 6.0)
    mark_by_hand(made, "bo", 2.0)
    return made.work


@pytest.fixture
def course(graded_class: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """A copy of that class, for one test."""
    monkeypatch.setattr(canvas_api, "WAITS", (0.0, 0.0))
    monkeypatch.setenv(canvas_api.TOKEN, TOKEN)
    return Course(PROJECT, shutil.copytree(graded_class, tmp_path / "class"))


@pytest.fixture
def canvas(course: Course) -> Iterator[FakeCanvas]:
    with serving(FakeCanvas([dict(user) for user in USERS])) as made:
        place = f'url = "{made.address}"\ncourse = {COURSE}\n'
        numbers = f'[canvas.assignments]\n"{NAME}" = {ASSIGNMENT}\n'
        course.class_file.write_text(f"[canvas]\n{place}{numbers}")
        yield made


def give(course: Course, *more: str) -> int:
    place = ["--course", str(course.work), "--root", str(PROJECT)]
    return main([*place, "return", NAME, "--to", "canvas-api", *more])


def pages(canvas: FakeCanvas, user: int) -> list[bytes]:
    """The pages that a student finds at the comments of their submission."""
    comments = canvas.comments.get(user, [])
    numbers = [one["id"] for comment in comments for one in comment["attachments"]]
    return [canvas.files[number][1] for number in numbers]


def test_marks_comments_and_pages_arrive(course: Course, canvas: FakeCanvas) -> None:
    assert give(course) == 0
    assert canvas.scores == {ADA: 106.0, BO: 82.0}  # Cy's answer waits: no mark, and not 0
    for user, student in ((ADA, "ada"), (BO, "bo"), (CY, "cy")):
        assert pages(canvas, user) == [course.feedback_page(NAME, student).read_bytes()]
    assert canvas.comments[ADA][0]["comment"].startswith("106 of 110 points. The page says")
    assert canvas.comments[CY][0]["comment"].startswith("A person has still to read")
    assert sorted(canvas.changes) == [ADA, BO, CY]  # one request each


def test_a_dry_run_shows_and_changes_nothing(
    course: Course, canvas: FakeCanvas, capsys: pytest.CaptureFixture[str]
) -> None:
    canvas.scores[BO] = 50.0
    assert give(course, "--dry-run") == 0
    out = capsys.readouterr().out
    assert f"ada: 106 of 110; mark there now: none; {NAME}-ada-" in out
    assert f"bo: 82 of 110; mark there now: 50; {NAME}-bo-" in out
    assert "cy: waits for a person; mark there now: none" in out
    assert not canvas.changes
    assert not canvas.files
    assert give(course) == 0
    assert len(canvas.changes) == 3  # a dry run counts nothing as sent


def test_what_has_changed_is_sent(course: Course, canvas: FakeCanvas) -> None:
    assert give(course) == 0
    canvas.changes.clear()
    canvas.scores[ADA] = 99.0  # by a person there, who knows why
    canvas.comments.pop(BO)
    assert give(course) == 0
    assert not canvas.changes
    mark_by_hand(course, "cy", 9.0)
    assert give(course) == 0
    assert canvas.changes == [CY]
    assert canvas.scores == {ADA: 99.0, BO: 82.0, CY: 109.0}
    assert [len(pages(canvas, user)) for user in (ADA, BO, CY)] == [1, 0, 2]
    assert give(course, "--all") == 0
    assert len(pages(canvas, ADA)) == 2


def test_a_page_that_is_there_is_not_sent_twice(course: Course, canvas: FakeCanvas) -> None:
    """Where what was noted is lost, for example on another machine."""
    assert give(course) == 0
    (course.work / "returned" / NAME / "sent.json").unlink()
    assert give(course) == 0
    assert [len(pages(canvas, user)) for user in (ADA, BO, CY)] == [1, 1, 1]


def test_a_mark_that_waits_is_taken_away_and_an_excuse_stays(
    course: Course, canvas: FakeCanvas
) -> None:
    canvas.scores[CY], canvas.excused = 0.0, {BO}
    assert give(course) == 0
    assert canvas.scores == {ADA: 106.0}


@pytest.mark.parametrize("status", [403, 429])
def test_a_limit_on_the_rate_is_waited_for(course: Course, canvas: FakeCanvas, status: int) -> None:
    canvas.limited, canvas.limit_status = 2, status
    assert give(course) == 0
    assert len(canvas.changes) == 3


def refused(course: Course, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert give(course, *more) == 2
    said = capsys.readouterr().err
    assert TOKEN not in said
    return said


def test_refusals_say_what_to_do(
    course: Course,
    canvas: FakeCanvas,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    canvas.limited, waited = 9, list[float]()
    monkeypatch.setattr(canvas_api, "time", SimpleNamespace(sleep=waited.append))
    assert "still limits the rate" in refused(course, capsys)
    assert waited == [1, 2, 4, 8, 16, 32]
    canvas.limited, canvas.deny = 0, True
    assert "expected a token of a teacher" in refused(course, capsys)
    canvas.deny, canvas.points = False, 0.0
    assert "has no points on Canvas" in refused(course, capsys, "--scale")
    canvas.points = 100.0
    assert "has 100 points on Canvas and 110 here; --scale" in refused(course, capsys)
    assert "takes no grade file" in refused(course, capsys, "--grades", "x.csv")
    monkeypatch.setenv(canvas_api.TOKEN, "old")
    assert "does not know the token in $CANVAS_API_TOKEN" in refused(course, capsys)
    monkeypatch.delenv(canvas_api.TOKEN)
    assert "expected an access token of Canvas in $CANVAS_API_TOKEN" in refused(course, capsys)
    assert not canvas.changes


def test_a_missing_package_is_named(
    course: Course, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    course.class_file.write_text("")
    ours = ("autograder.give_back.canvas_api", "autograder.give_back.by_canvas_api")
    for name in [one for one in sys.modules if one.startswith("canvasapi") or one in ours]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "canvasapi", None)
    assert "pip install 'notebook-autograder[canvas]'" in refused(course, capsys)


def test_marks_are_converted(course: Course, canvas: FakeCanvas) -> None:
    canvas.points = 55.0
    assert give(course, "--scale") == 0
    assert canvas.scores == {ADA: 53.0, BO: 41.0}


def test_a_wrong_number_or_address_is_named(
    course: Course, canvas: FakeCanvas, capsys: pytest.CaptureFixture[str]
) -> None:
    told = course.class_file.read_text()
    course.class_file.write_text(told.replace(str(ASSIGNMENT), "1"))
    assert f"has no course {COURSE} with an assignment 1" in refused(course, capsys)
    course.class_file.write_text(told.replace(canvas.address, "http://127.0.0.1:9"))
    assert "http://127.0.0.1:9 cannot be reached: ConnectionError" in refused(course, capsys)
    course.class_file.write_text(told.replace(canvas.address, "http://canvas.example.edu"))
    assert 'expected an address such as "https://canvas.example.edu"' in refused(course, capsys)
    course.class_file.write_text(told.replace(f'"{NAME}" = {ASSIGNMENT}', ""))
    assert f"expected {NAME} under [canvas.assignments]" in refused(course, capsys)


def test_somebody_whom_canvas_does_not_know_is_named(
    course: Course, canvas: FakeCanvas, capsys: pytest.CaptureFixture[str]
) -> None:
    canvas.users.pop(1)
    assert give(course) == 1
    assert "not known there: bo" in capsys.readouterr().out
    assert sorted(canvas.changes) == [ADA, CY]


def test_somebody_who_left_meanwhile_keeps_nobody_from_theirs(
    course: Course, canvas: FakeCanvas, capsys: pytest.CaptureFixture[str]
) -> None:
    canvas.left = {ADA}
    assert give(course) == 1
    assert "not known there: ada" in capsys.readouterr().out
    assert sorted(canvas.changes) == [BO, CY]
    canvas.left.clear()
    assert give(course) == 0  # nothing was noted as sent
    assert sorted(canvas.changes) == [ADA, BO, CY]


def test_a_token_that_may_not_grade_is_named(
    course: Course, canvas: FakeCanvas, capsys: pytest.CaptureFixture[str]
) -> None:
    canvas.deny_changes = True
    assert "expected a token of a teacher or a teaching assistant" in refused(course, capsys)
    canvas.deny_changes = False
    assert give(course) == 0
    assert sorted(canvas.changes) == [ADA, BO, CY]


def test_an_address_alone_says_who_it_is(course: Course, canvas: FakeCanvas) -> None:
    course.roster.write_text(
        "id,name,email\nada,A. O.,ada@x.org\nbo,B. S.,bo@x.org\ncy,C. L.,cy@x.org\n"
    )
    for user, student in zip(canvas.users, ("ada", "bo", "cy"), strict=True):
        user["email"] = f"{student}@x.org"
    assert give(course) == 0
    assert canvas.scores == {ADA: 106.0, BO: 82.0}


def test_two_late_policies_are_named(
    course: Course, canvas: FakeCanvas, capsys: pytest.CaptureFixture[str]
) -> None:
    canvas.scores[ADA], canvas.deducted = 106.0, {ADA: 10.6}
    assert give(course) == 0
    assert "takes points off from 1 of these marks" in capsys.readouterr().out
    assert canvas.posted == [BO]  # Ada's mark is there; what is taken off makes it no other
    canvas.deducted.clear()
    assert give(course, "--all") == 0
    assert "late policy" not in capsys.readouterr().out


def test_after_an_interruption_the_rest_is_sent(
    course: Course, canvas: FakeCanvas, capsys: pytest.CaptureFixture[str]
) -> None:
    canvas.dies_at = 2
    said = refused(course, capsys)
    assert "gave no answer of Canvas's API" in said
    assert "what it took is noted, and the same command sends the rest" in said
    assert canvas.changes == [ADA]
    canvas.dies_at = 0
    assert give(course) == 0
    assert sorted(canvas.changes) == [ADA, BO, CY]
    assert len(pages(canvas, ADA)) == 1


def test_one_mark_for_a_group_is_sent_only_where_all_have_it(
    course: Course, canvas: FakeCanvas, capsys: pytest.CaptureFixture[str]
) -> None:
    course.class_file.write_text(
        course.class_file.read_text() + f'[groups.{NAME}]\n"Team 1" = ["ada", "bo"]\n'
    )
    canvas.group = (ADA, BO)  # 106 and 82 points: one of them was late
    assert give(course) == 0
    assert canvas.scores == {}
    assert [len(pages(canvas, user)) for user in (ADA, BO, CY)] == [1, 1, 1]  # each the own page
    assert "106" not in canvas.comments[BO][0]["comment"]
    told = capsys.readouterr().out
    assert "Canvas gives one mark to a whole group there" in told
    assert "(group Team 1: ada, bo)" in told
    canvas.individually = True
    assert give(course) == 0
    assert canvas.scores == {ADA: 106.0, BO: 82.0}
    assert [len(pages(canvas, user)) for user in (ADA, BO, CY)] == [1, 1, 1]
    assert "whole group" not in capsys.readouterr().out
    canvas.individually = False
    mark_by_hand(course, "ada", 6.0)
    mark_by_hand(course, "bo", 26.0)
    assert give(course) == 0
    assert canvas.scores == {ADA: 106.0, BO: 106.0}
