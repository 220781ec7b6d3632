"""A real browser at the feedback server: a student's evening of five attempts, and a teaching assistant's afternoon."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.core.course import Course
from autograder.core.roots import PROJECT
from autograder.service.database import open_database
from autograder.service.intake import Intake
from autograder.service.login_tokens import new_token, token_digest
from autograder.service.serve import application
from autograder.service.site import Site
from autograder.service.store import Store
from autograder.service.terms import ClassTerms, Terms
from autograder.tests.fake_grading import NAME, QUESTIONS
from autograder.tests.serving import AtOnce, listening
from course.site.course_pages import HERE

pytest.importorskip("playwright.sync_api", reason="run make site: it installs playwright")

AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = {"wide": 1280, "phone": 390}
SERIOUS = ("serious", "critical")


@dataclass
class Person:
    """Somebody at a browser."""

    page: Any
    root: str

    def go(self, path: str) -> None:
        self.page.goto(self.root + path)

    def log_in(self, token: str) -> None:
        """By keyboard alone."""
        self.go("/")
        self.page.get_by_label("Your token").focus()
        self.page.keyboard.type(token)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(self.root + "/")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def hand_in(self, **told: Any) -> None:
        self.go(f"/a/{NAME}")
        content = json.dumps(told).encode()
        self.page.get_by_label("Your notebook").set_input_files(
            {"name": f"{NAME}.ipynb", "mimeType": "application/json", "buffer": content}
        )
        self.press("Hand in")
        self.page.wait_for_url("**/attempt/*")

    def read(self) -> str:
        return str(self.page.locator("body").inner_text())

    def problems(self) -> list[str]:
        """What keeps somebody from using the page that is open: on a wide screen, and on a phone."""
        found = []
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        for kind, width in WIDTHS.items():
            self.page.set_viewport_size({"width": width, "height": 900})
            if self.page.evaluate("document.documentElement.scrollWidth") > width:
                found.append(f"{kind}: the page scrolls sideways")
            faults = self.page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
            found += [
                f"{kind}: {fault['id']}: {[node['target'] for node in fault['nodes']][:3]}"
                for fault in faults
                if fault["impact"] in SERIOUS
            ]
        self.page.set_viewport_size({"width": WIDTHS["wide"], "height": 900})
        return found


@pytest.fixture(scope="module")
def tokens() -> dict[str, str]:
    return {name: new_token() for name in ("ada", "bo", "tess")}


@pytest.fixture(scope="module")
def root(tokens: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server whose lanes grade at once."""
    course = Course(PROJECT, tmp_path_factory.mktemp("class"))
    store = Store(open_database(course))
    for name, token in tokens.items():
        store.set_token(name, token_digest(token), staff=name == "tess")
    terms = ClassTerms(named={NAME: Terms(burst=5, refill=60.0)})
    site = Site(course, store, terms, (NAME,), False, Intake(store))
    site.lanes = AtOnce(store)  # type: ignore[assignment]
    with listening(application(site)) as (port,):
        yield f"http://127.0.0.1:{port}"
    site.intake._thread.shutdown()
    store.engine.dispose()


@pytest.fixture
def person(chromium: Any, root: str) -> Iterator[Person]:
    context = chromium.new_context(viewport={"width": WIDTHS["wide"], "height": 900})
    yield Person(context.new_page(), root)
    context.close()


def test_a_students_evening_of_five_attempts(
    person: Person, tokens: dict[str, str], tmp_path: Path
) -> None:
    problems = {}

    def look(name: str) -> None:
        problems[name] = person.problems()
        person.page.screenshot(path=tmp_path / f"{name}.png", full_page=True)

    person.go("/")
    look("log-in")
    person.page.get_by_label("Your token").fill("0000")
    person.press("Log in")
    assert "not a token of this class" in person.read()
    person.log_in(tokens["ada"])
    look("assignments")
    person.page.get_by_role("link", name=NAME).click()
    assert "feedback 5 times" in person.read()
    look("before")
    for number in range(5):
        wrong = QUESTIONS[number:] if number < 4 else ()
        person.hand_in(wrong=wrong, number=number)
        assert f"Attempt {number + 1}" in person.read()
        assert ("A hint." in person.read()) is bool(wrong)
        if number == 0:
            look("feedback")
    person.go(f"/a/{NAME}")
    assert "no feedback left right now" in person.read()
    assert "attempt 5" not in person.read()
    look("attempts")
    person.page.get_by_role("button", name="Count this one").first.click()  # attempt 4
    rows = person.page.get_by_role("row").all_inner_texts()
    assert ["this one counts" in row for row in rows] == [False, False, True, False, False, False]
    person.hand_in(number=6)
    assert "Your attempt is kept" in person.read()
    look("waiting")
    assert {name: found for name, found in problems.items() if found} == {}


def test_a_teaching_assistants_afternoon(
    person: Person, chromium: Any, tokens: dict[str, str], tmp_path: Path
) -> None:
    context = chromium.new_context()
    bo = Person(context.new_page(), person.root)
    bo.log_in(tokens["bo"])
    bo.hand_in(wrong=[QUESTIONS[0]], by="bo")
    person.log_in(tokens["tess"])
    person.page.get_by_role("link", name="Staff").click()
    assert "handed in" in person.read()
    problems = {"staff": person.problems()}
    person.page.screenshot(path=tmp_path / "staff.png", full_page=True)
    person.page.get_by_role("link", name=NAME).click()
    assert f"{QUESTIONS[0]}.all" in person.read()
    person.press(f"Close {NAME}")
    bo.go(f"/a/{NAME}")
    assert "is closed" in bo.read()
    person.press(f"Open {NAME}")
    person.page.get_by_label("Student", exact=True).select_option("bo")
    person.page.get_by_label("New deadline").fill("2030-01-01 10:00 UTC")
    person.press("Extend")
    bo.go(f"/a/{NAME}")
    assert "2030-01-01 10:00:00 UTC (your extension)" in bo.read()
    person.press("Grade again")
    assert "still to be graded again" in person.read()
    problems["assignment"] = person.problems()
    person.page.screenshot(path=tmp_path / "staff-assignment.png", full_page=True)
    person.page.get_by_role("link", name="1", exact=True).last.click()
    assert "bo: Attempt 1" in person.read()
    problems["attempt"] = person.problems()
    context.close()
    assert {name: found for name, found in problems.items() if found} == {}
