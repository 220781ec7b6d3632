"""Each page that the service shows students is in the course's language, whole.

The language here is English in capitals, of all messages that are collected for translators: a small
letter on a page is a text that is no message, or that nobody asked the language for.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from string import Formatter

import pytest
from bs4 import BeautifulSoup
from markupsafe import Markup

from autograder.authoring.message_sources import engine_messages
from autograder.bench.visitor import Answer, Visitor
from autograder.core.course import Course
from autograder.core.roots import PROJECT
from autograder.core.translation import ENGLISH, Translation
from autograder.service import students
from autograder.service.database import open_database
from autograder.service.intake import Intake
from autograder.service.login_tokens import new_token, token_digest
from autograder.service.pages import filled, words
from autograder.service.records import State
from autograder.service.serve import application
from autograder.service.site import Site
from autograder.service.store import Store
from autograder.service.terms import ClassTerms, Level, Terms

from .fake_grading import NAME, QUESTIONS
from .serving import AtOnce, listening

# what pages show that is no sentence
VALUES = re.compile("|".join([NAME + r"(\.ipynb)?", r"\bada\b", r"[0-9a-f]{12,}", *QUESTIONS]))


def capitals(message: str) -> str:
    """A message in capitals, its fields unchanged."""
    made = ""
    for literal, name, _, _ in Formatter().parse(message):
        made += literal.upper().replace("{", "{{").replace("}", "}}")
        made += "" if name is None else f"{{{name}}}"
    return made


@pytest.fixture(scope="module")
def say() -> Translation:
    return Translation("xx", {one.text: capitals(one.text) for one in engine_messages()})


@dataclass
class Served:
    site: Site
    port: int
    token: str

    def ada(self) -> Visitor:
        made = Visitor(self.port)
        assert made.log_in(self.token).status == 303
        return made


@pytest.fixture
def served(tmp_path: Path, say: Translation) -> Iterator[Served]:
    store = Store(open_database(Course(PROJECT, tmp_path)))
    token = new_token()
    store.set_token("ada", token_digest(token), staff=False)
    terms = ClassTerms(named={NAME: Terms(before=Level.POINTS, after=Level.POINTS)})
    site = Site(Course(PROJECT, tmp_path), store, terms, (NAME,), False, Intake(store), say=say)
    site.lanes = AtOnce(store)  # type: ignore[assignment]
    with listening(application(site)) as (port,):
        yield Served(site, port, token)
    site.intake._thread.shutdown()
    store.engine.dispose()


def small(page: str) -> list[str]:
    """The words of a page that have small letters."""
    soup = BeautifulSoup(page, "html.parser")
    for part in soup(["style", "code"]):
        part.decompose()
    texts = [*soup.stripped_strings, *(one["aria-label"] for one in soup.select("[aria-label]"))]
    assert len(texts) > 3
    return re.findall(r"[a-z]{2,}", VALUES.sub(" ", " ".join(map(str, texts))))


def left(answer: Answer, status: int = 200) -> list[str]:
    assert answer.status == status, answer.text
    assert '<html lang="xx">' in answer.text
    return small(answer.text)


def notebook(**told: object) -> bytes:
    return json.dumps(told).encode()


def test_pages_of_the_log_in_are_translated(served: Served) -> None:
    nobody = Visitor(served.port)
    assert left(nobody.get("/login")) == []
    refused = [nobody.log_in(f"guess{number}") for number in range(11)]
    assert left(refused[0], 401) == []
    assert left(refused[-1], 429) == []


def test_pages_of_assignments_and_attempts_are_translated(served: Served) -> None:
    ada, site = served.ada(), served.site
    assert left(ada.get("/")) == []
    assert left(ada.get(f"/a/{NAME}")) == []
    for number in range(6):  # the last finds no feedback left
        handed_in = ada.hand_in(NAME, notebook(wrong=QUESTIONS[:1], number=number))
        assert left(ada.get("/")) == []
        assert left(ada.get(f"/a/{NAME}")) == []
    assert left(ada.get(handed_in.headers["location"])) == []
    assert left(ada.get("/attempt/1")) == []
    site.store.extend(site.store.people()[0], NAME, time.time() + 600, "tess")
    assert left(ada.get(f"/a/{NAME}")) == []
    site.store.extend(site.store.people()[0], NAME, time.time() - 600, "tess")
    again = ada.hand_in(NAME, notebook(wrong=QUESTIONS[:1], number=0))  # late, and the same file
    for path in (f"/a/{NAME}", "/", again.headers["location"]):
        assert left(ada.get(path)) == []
    site.terms = replace(site.terms, named={NAME: Terms(closes=1.0)})
    assert left(ada.get(f"/a/{NAME}")) == []
    site.store.set_closed(NAME, "tess", closed=True)
    for path in (f"/a/{NAME}", "/"):
        assert left(ada.get(path)) == []


def test_refusals_are_translated(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = served.ada()
    for files in ((), (b"",), (b"1", b"2")):
        assert left(ada.post(f"/a/{NAME}", files), 400) == []
    assert left(ada.get("/nothing"), 404) == []
    assert left(ada.post(f"/a/{NAME}", (b"{}",), xsrf=False), 403) == []
    program = Visitor(served.port, {"Authorization": f"Bearer {served.token}"})
    said = json.loads(program.post(f"/a/{NAME}").body)["error"]
    assert re.findall(r"[a-z]{2,}", VALUES.sub(" ", said)) == []
    monkeypatch.setattr("autograder.service.body_limit.MOST", 4000)
    assert left(ada.hand_in(NAME, b"x" * 9000), 413) == []
    monkeypatch.setattr(students, "MOST_RECENT", 0)
    assert left(ada.hand_in(NAME, notebook()), 429) == []


def test_an_attempt_that_waits_is_told_in_the_courses_language(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(students, "PATIENCE", 0.0)
    served.site.lanes = None
    ada = served.ada()
    for number in range(2):
        where = ada.hand_in(NAME, notebook(number=number)).headers["location"]
        assert left(ada.get(where)) == []
    assert left(ada.get("/attempt/1")) == []  # its place was taken
    claimed = served.site.store.claim(State.WAITING, time.time())
    assert claimed is not None
    assert left(ada.get(where)) == []
    for state in State:
        assert re.findall(r"[a-z]{2,}", words(replace(claimed, state=state), served.site.say)) == []


@pytest.mark.parametrize("level", [Level.CHECKS, Level.HINTS])
def test_feedback_has_a_receipt_and_headings_in_the_courses_language(
    served: Served, level: Level
) -> None:
    served.site.terms = ClassTerms(named={NAME: Terms(before=level)})
    ada = served.ada()
    shown = ada.get(ada.hand_in(NAME, notebook(wrong=QUESTIONS)).headers["location"]).text
    assert '<html lang="xx">' in shown
    for text in ("ATTEMPT 1", "WAS HANDED IN ON", "QUESTION BY QUESTION", "YOUR NOTEBOOK"):
        assert text in shown
    reports = BeautifulSoup(shown, "html.parser").select(".report")
    assert len(reports) == len(QUESTIONS)
    if level is Level.CHECKS:  # else a worker has written them, in the course's language
        assert all("0 OF " in one.text for one in reports)


def test_staffs_pages_stay_english(served: Served) -> None:
    token = new_token()
    served.site.store.set_token("tess", token_digest(token), staff=True)
    tess = Visitor(served.port)
    assert tess.log_in(token).status == 303
    for path in ("/staff", f"/staff/a/{NAME}"):
        shown = tess.get(path).text
        assert '<html lang="en">' in shown
        assert "All assignments" in shown
    answer = tess.post(f"/staff/a/{NAME}/extend", student="nobody", due="x")
    assert "Expected the name of a student" in answer.text


def test_values_in_messages_are_shown_as_text() -> None:
    shown = filled(ENGLISH, "<a> of {0} & {1}", "<b>{0}</b>", Markup("<i>x</i>"))
    assert shown == "&lt;a&gt; of &lt;b&gt;{0}&lt;/b&gt; &amp; <i>x</i>"
