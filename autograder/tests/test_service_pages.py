"""The server over HTTP: who may see what, what is refused and how, and what feedback tells at each level."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tornado.log import access_log

from autograder.bench.visitor import Answer, Visitor
from autograder.core.course import Course
from autograder.core.roots import PROJECT
from autograder.service.database import open_database
from autograder.service.intake import Intake
from autograder.service.login_tokens import new_token, token_digest
from autograder.service.serve import application
from autograder.service.site import Site
from autograder.service.store import Store
from autograder.service.terms import ClassTerms, Level, Terms
from autograder.service.terms_watch import TermsWatch

from .fake_grading import NAME, QUESTIONS
from .serving import AtOnce, listening

OTHER = "02-activations"
PEOPLE = ("ada", "bo", "tess")


@dataclass
class Served:
    """A server in a thread of this process, and the tokens of its people."""

    site: Site
    port: int
    tokens: dict[str, str]

    def visitor(self, name: str = "") -> Visitor:
        made = Visitor(self.port)
        if name:
            assert made.log_in(self.tokens[name]).status == 303
        return made

    def terms(self, **given: Any) -> None:
        self.site.terms = ClassTerms(named={NAME: Terms(**given), OTHER: Terms()})


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    course = Course(PROJECT, tmp_path)
    store = Store(open_database(course))
    tokens = {name: new_token() for name in PEOPLE}
    for name, token in tokens.items():
        store.set_token(name, token_digest(token), staff=name == "tess")
    site = Site(
        course,
        store,
        ClassTerms(named={NAME: Terms(), OTHER: Terms()}),
        (NAME, OTHER),
        False,
        Intake(store),
    )
    site.lanes = AtOnce(store)  # type: ignore[assignment]
    with listening(application(site)) as (port,):
        yield Served(site, port, tokens)
    site.intake._thread.shutdown()
    store.engine.dispose()


def notebook(**told: Any) -> bytes:
    return json.dumps(told).encode()


def feedback(visitor: Visitor, handed_in: Answer) -> str:
    assert handed_in.status == 303, handed_in.text
    answer = visitor.get(handed_in.headers["location"])
    assert answer.status == 200
    return answer.text


def test_a_student_hands_in_and_reads_the_feedback(served: Served) -> None:
    ada = served.visitor("ada")
    shown = feedback(ada, ada.hand_in(NAME, notebook(wrong=[QUESTIONS[0]])))
    assert "Attempt 1" in shown
    assert "A hint." in shown
    assert "<script" not in shown
    (attempt,) = served.site.store.attempts()
    assert attempt.digest in shown
    listed = ada.get(f"/a/{NAME}").text
    assert "✓ this one counts" in listed
    assert ada.get(f"/attempt/{attempt.id}/notebook").body == notebook(wrong=[QUESTIONS[0]])


@pytest.mark.parametrize("level", list(Level))
def test_each_level_tells_what_it_may_and_no_more(served: Served, level: Level) -> None:
    served.terms(before=level)
    ada = served.visitor("ada")
    shown = feedback(ada, ada.hand_in(NAME, notebook(wrong=[QUESTIONS[0]])))
    assert ("A hint." in shown) is (level is Level.HINTS)
    assert ("Look." in shown) is (level is Level.HINTS)  # the hint of a check
    assert ("It is not." in shown) is (level is not Level.POINTS)
    assert all(question in shown for question in QUESTIONS)
    tess = served.visitor("tess")
    assert "A hint." in tess.get("/attempt/1").text


def test_the_level_changes_at_the_students_own_deadline(served: Served) -> None:
    served.terms(due=time.time() - 60, before=Level.POINTS, after=Level.HINTS)
    ada, bo = served.visitor("ada"), served.visitor("bo")
    served.site.store.extend(served.site.store.people()[0], NAME, time.time() + 60, "tess")
    assert "A hint." not in feedback(ada, ada.hand_in(NAME, notebook(wrong=[QUESTIONS[0]])))
    late = feedback(bo, bo.hand_in(NAME, notebook(wrong=[QUESTIONS[0]])))
    assert "A hint." in late
    assert "does not count" in late
    assert [one.late for one in served.site.store.attempts()] == [False, True]
    assert bo.post("/attempt/2/choose").status == 303
    assert "✓ this one counts" in bo.get(f"/a/{NAME}").text


def test_what_is_another_students_is_as_if_it_were_not_there(served: Served) -> None:
    ada, bo = served.visitor("ada"), served.visitor("bo")
    feedback(ada, ada.hand_in(NAME, notebook()))
    for path in ("/attempt/1", "/attempt/1/notebook"):
        mine, missing = bo.get(path), bo.get(path.replace("1", "99"))
        assert (mine.status, missing.status) == (404, 404)
        assert mine.text == missing.text
    assert bo.post("/attempt/1/choose").status == 404
    assert (
        served.visitor("tess").post("/attempt/1/choose").status == 404
    )  # staff look, and choose for nobody
    for path in ("/staff", f"/staff/a/{NAME}"):
        assert bo.get(path).status == 404
        assert served.visitor("tess").get(path).status == 200
    for action in ("open", "close", "regrade", "accept", "extend", "again"):
        assert bo.post(f"/staff/a/{NAME}/{action}").status == 404
    assert served.site.store.closed() == frozenset()


def test_nothing_is_shown_without_a_log_in(served: Served) -> None:
    nobody = served.visitor()
    for path in (
        "/",
        f"/a/{NAME}",
        "/attempt/1",
        "/attempt/1/notebook",
        "/staff",
        f"/staff/a/{NAME}",
    ):
        answer = nobody.get(path)
        assert (answer.status, answer.headers["location"]) == (302, f"/login?next={path}")
    assert nobody.hand_in(NAME, notebook()).status == 401
    assert served.site.store.attempts() == []


IDS = (
    "0",
    "-1",
    "1.0",
    "1e0",
    "%31%20",
    "9" * 12,
    "9" * 40,
    "1;drop",
    "1%27--",
    "..%2f1",
    "%D9%A1",
    "0x1",
    "1%00",
)


@pytest.mark.parametrize("ident", IDS)
def test_ids_of_all_kinds_find_nothing(served: Served, ident: str) -> None:
    ada = served.visitor("ada")
    feedback(ada, ada.hand_in(NAME, notebook()))
    assert ada.ask("GET", f"/attempt/{ident}").status in (400, 404)


PATHS = (
    "/a/../../etc/passwd", "/a/..%2f..%2fetc%2fpasswd", "/a/.", "/a/..", "/a/09-none", f"/a/{NAME}/", f"/a/{NAME}%00", f"/a/{NAME.upper()}",
    "/a/" + "x" * 5000, "//evil.example/", "/static/../x", "/attempt/", "/staff/a/..", "/service.db", "/.autograder/service.db", "/nope",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_other_addresses_lead_nowhere(served: Served, path: str) -> None:
    for visitor in (served.visitor("ada"), served.visitor("tess")):
        assert visitor.ask("GET", path).status in (400, 404)
    assert served.visitor("ada").hand_in("..%2f..%2fx", notebook()).status == 404
    assert list(served.site.course.work.iterdir()) == [served.site.course.cache.parent]


def test_uploads_that_are_none_are_refused_with_what_was_expected(served: Served) -> None:
    ada = served.visitor("ada")
    for files, got in (
        ((), "no file"),
        ((b"",), "an empty file"),
        ((b"1", b"2"), "two or more files"),
    ):
        answer = ada.post(f"/a/{NAME}", files)
        assert answer.status == 400
        assert f"got {got}" in answer.text
    assert served.site.store.attempts() == []


def chunked(body: bytes) -> bytes:
    pieces = [body[at : at + 5000] for at in range(0, len(body), 5000)]
    return b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in pieces) + b"0\r\n\r\n"


MARK = "multipart/form-data; boundary=mark"
PART = b'Content-Disposition: form-data; name="notebook"; filename="x"\r\n\r\n'
FORM = b"--mark\r\n" + PART + b"%s\r\n--mark--\r\n"


@pytest.mark.parametrize("path", [f"/a/{NAME}", "/login", "/nothing"])
@pytest.mark.parametrize("kind", ["length", "chunked"])
def test_a_body_that_is_too_large_reads_a_sentence(
    served: Served, monkeypatch: pytest.MonkeyPatch, path: str, kind: str
) -> None:
    monkeypatch.setattr("autograder.service.body_limit.MOST", 40_000)
    body, headers = FORM % (b"x" * 100_000), {"Content-Type": MARK}
    if kind == "chunked":
        body, headers["Transfer-Encoding"] = chunked(body), "chunked"
    for own in ({}, {"Authorization": f"Bearer {served.tokens['ada']}"}):
        answer = Visitor(served.port, own).ask("POST", path, body, headers)
        assert answer.status == 413
        assert "at most 20 MB, got 0.1 MB" in answer.text
        assert ("error" in json.loads(answer.body)) if own else "<h1>" in answer.text
    assert served.site.store.attempts() == []
    ada = served.visitor("ada")
    feedback(ada, ada.hand_in(NAME, notebook(n="x" * 10_000)))  # below the limit, as ever


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (FORM[:-12] % b"x", MARK),  # cut off
        (FORM % b"x", "multipart/form-data"),  # without a boundary
        (FORM % b"x", "multipart/form-data; boundary=another"),
        (FORM.replace(b'; name="notebook"', b"") % b"x", MARK),
        (FORM.replace(b"notebook", b"file") % b"x", MARK),
        (FORM.replace(b'; filename="x"', b"") % b"x", MARK),  # a field, not a file
        (b'{"cells": []}', "application/json"),
        (b"notebook=x", "application/x-www-form-urlencoded"),
        (b"", MARK),
    ],
)
def test_a_form_of_the_wrong_shape_reads_a_sentence(served: Served, body: bytes, kind: str) -> None:
    program = Visitor(served.port, {"Authorization": f"Bearer {served.tokens['ada']}"})
    answer = program.ask("POST", f"/a/{NAME}", body, {"Content-Type": kind})
    assert answer.status == 400
    assert len(json.loads(answer.body)["error"]) > 20
    assert served.site.store.attempts() == []


@pytest.mark.parametrize("kind", ["length", "transfer"])
def test_a_length_that_is_none_ends_the_connection_alone(served: Served, kind: str) -> None:
    names = {"length": {"Content-Length": "x"}, "transfer": {"Transfer-Encoding": "none"}}
    ada = served.visitor("ada")
    assert ada.ask("POST", f"/a/{NAME}", None, names[kind]).status == 400
    feedback(ada, ada.hand_in(NAME, notebook()))


def test_a_body_beyond_all_limits_is_not_read(served: Served) -> None:
    ada = served.visitor("ada")
    assert ada.ask("POST", f"/a/{NAME}", None, {"Content-Length": str(1 << 40)}).status == 400
    assert served.site.store.attempts() == []
    feedback(ada, ada.hand_in(NAME, notebook()))  # the server is well


def test_a_closed_assignment_takes_nothing_and_says_so(served: Served) -> None:
    ada, tess = served.visitor("ada"), served.visitor("tess")
    feedback(ada, ada.hand_in(NAME, notebook()))
    assert tess.post(f"/staff/a/{NAME}/close").status == 303
    answer = ada.hand_in(NAME, notebook(by="later"))
    assert answer.status == 403
    assert "is closed" in answer.text
    assert 'type="file"' not in ada.get(f"/a/{NAME}").text
    assert ada.post("/attempt/1/choose").status == 403
    assert tess.post(f"/staff/a/{NAME}/open").status == 303
    feedback(ada, ada.hand_in(NAME, notebook(by="later")))
    served.terms(closes=time.time() - 1)
    assert ada.hand_in(NAME, notebook(by="last")).status == 403


def test_a_form_from_elsewhere_is_refused(served: Served) -> None:
    ada = served.visitor("ada")
    assert ada.post(f"/a/{NAME}", (notebook(),), xsrf=False).status == 403
    assert ada.post("/logout", xsrf=False).status == 403
    assert ada.post(f"/a/{NAME}", (notebook(),), xsrf=False, _xsrf="2|aaaa|bbbb|1").status == 403
    assert served.site.store.attempts() == []


def test_forged_and_old_cookies_do_not_count(served: Served) -> None:
    ada = served.visitor("ada")
    good = ada.cookies["who"]
    assert ada.get("/").status == 200
    for forged in (
        good[:-1] + ("0" if good[-1] != "0" else "1"),
        "2|1:0|10:1|3:who|4:MSAx|" + "0" * 64,
        "1",
        "",
        good.replace("|", "!"),
    ):
        ada.cookies["who"] = forged
        assert ada.get("/").status == 302
    ada.cookies["who"] = good
    served.site.store.set_token("ada", token_digest("another"), staff=False)
    assert ada.get("/").status == 302  # a new token ends the old one's cookies
    assert ada.log_in(served.tokens["ada"]).status == 401


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(served: Served) -> None:
    for secure in (False, True):
        served.site.secure = secure
        visitor = served.visitor()
        answer = visitor.log_in(served.tokens["ada"])
        line = answer.headers["set-cookie"]
        assert "HttpOnly" in line
        assert "SameSite=Lax" in line
        assert ("Secure" in line) is secure


def test_failed_log_ins_have_a_budget(served: Served) -> None:
    visitor = served.visitor()
    statuses = [visitor.log_in(f"guess{number}").status for number in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert visitor.log_in(served.tokens["ada"]).status == 429
    by_header = Visitor(served.port, {"Authorization": f"Bearer {served.tokens['ada']}"})
    assert by_header.get("/").status == 429


@pytest.mark.parametrize(
    "onward",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\r\nX: y",
    ],
)
def test_a_log_in_leads_to_this_site_alone(served: Served, onward: str) -> None:
    assert (
        served.visitor().post("/login", token=served.tokens["ada"], next=onward).headers["location"]
        == "/"
    )


def test_a_program_hands_in_by_its_header(served: Served) -> None:
    program = Visitor(served.port, {"Authorization": f"Bearer {served.tokens['ada']}"})
    answer = program.hand_in(NAME, notebook())
    told = json.loads(answer.body)
    assert (answer.status, told["attempt"], told["url"]) == (201, 1, "/attempt/1")
    assert json.loads(program.hand_in(NAME, notebook()).body) == told
    wrong = Visitor(
        served.port,
        {
            "Authorization": "Bearer nonsense",
            "Cookie": f"who={served.visitor('ada').cookies['who']}",
        },
    )
    assert wrong.hand_in(NAME, notebook(by="x")).status == 401
    assert len(served.site.store.attempts()) == 1


def test_pages_hold_no_script_and_name_a_policy(served: Served) -> None:
    ada, tess = served.visitor("ada"), served.visitor("tess")
    feedback(ada, ada.hand_in(NAME, notebook(wrong=QUESTIONS)))
    for visitor, path in (
        (ada, "/"),
        (ada, f"/a/{NAME}"),
        (ada, "/attempt/1"),
        (tess, "/staff"),
        (tess, f"/staff/a/{NAME}"),
        (ada, "/nope"),
    ):
        answer = visitor.get(path)
        assert "<script" not in answer.text
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "server" not in answer.headers


def test_names_and_words_of_others_are_shown_as_text(served: Served) -> None:
    served.site.store.set_token(
        "<b>eve</b>", token_digest("e"), staff=False
    )  # no sheet gives such a name
    eve, tess = served.visitor(), served.visitor("tess")
    assert eve.log_in("e").status == 303
    feedback(eve, eve.hand_in(NAME, notebook()))
    for page in (
        eve.get("/").text,
        tess.get("/staff").text,
        tess.get(f"/staff/a/{NAME}").text,
        tess.get("/attempt/1").text,
    ):
        assert "<b>eve" not in page
    answer = tess.post(f"/staff/a/{NAME}/extend", student="<i>who</i>", due="x")
    assert answer.status == 400
    assert "<i>who" not in answer.text


def test_the_log_holds_no_secret(
    served: Served, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in a process of its own: making a gradebook disables loggers, and formgrader puts its own above.
    for name, value in (("disabled", False), ("propagate", True), ("parent", logging.getLogger())):
        monkeypatch.setattr(access_log, name, value)
    with caplog.at_level(logging.DEBUG):
        ada = served.visitor("ada")
        feedback(ada, ada.hand_in(NAME, notebook()))
        Visitor(served.port, {"Authorization": f"Bearer {served.tokens['bo']}"}).hand_in(
            NAME, notebook()
        )
        served.visitor().log_in("wrong-token")
    assert "POST /login" in caplog.text
    for secret in (
        *served.tokens.values(),
        ada.cookies["who"],
        ada.cookies["_xsrf"],
        "wrong-token",
    ):
        assert secret not in caplog.text


def test_changed_terms_count_from_the_next_request_on(served: Served) -> None:
    course, ada, tess = served.site.course, served.visitor("ada"), served.visitor("tess")
    served.site.watch = TermsWatch(course, (NAME,), served.site.terms, (NAME,))
    assert ada.get(f"/a/{NAME}").status == 200
    (course.work / "service.toml").write_text(f'[{NAME}]\ncloses = "2020-01-02 10:00 UTC"\n')
    assert "closed on" in ada.hand_in(NAME, notebook()).text
    (course.work / "service.toml").write_text(f"[{NAME}]\nburst = 0\n")
    assert "The terms:" in tess.get("/staff").text
    assert "closed on" in ada.hand_in(NAME, notebook()).text


def test_too_many_uploads_in_a_row_are_held_up(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.service.students.MOST_RECENT", 3)
    ada = served.visitor("ada")
    assert [ada.hand_in(NAME, notebook(by=str(number))).status for number in range(4)] == [
        303,
        303,
        303,
        429,
    ]
    assert len(served.site.store.attempts()) == 3


def test_an_attempt_without_feedback_left_is_kept_and_says_when(served: Served) -> None:
    served.terms(burst=1, refill=30.0)
    ada = served.visitor("ada")
    feedback(ada, ada.hand_in(NAME, notebook()))
    shown = feedback(ada, ada.hand_in(NAME, notebook(by="second")))
    assert "its feedback comes at" in shown
    assert "You have no feedback left right now" in ada.get(f"/a/{NAME}").text


def test_staff_see_the_class_extend_and_grade_again(served: Served) -> None:
    ada, tess = served.visitor("ada"), served.visitor("tess")
    feedback(ada, ada.hand_in(NAME, notebook(wrong=[QUESTIONS[0]])))
    page = tess.get(f"/staff/a/{NAME}").text
    assert f"{QUESTIONS[0]}.all" in page
    assert "0 of 1" in page
    assert "known (1)" in page
    assert (
        tess.post(f"/staff/a/{NAME}/extend", student="ada", due="2030-01-01 10:00 UTC").status
        == 303
    )
    assert "2030-01-01 10:00:00 UTC" in ada.get(f"/a/{NAME}").text
    assert (
        "exchanged"
        in tess.post(f"/staff/a/{NAME}/extend", student="ada", due="01.02.2030 10:00").text
    )
    assert tess.post(f"/staff/a/{NAME}/regrade").status == 303
    assert "1 still to be graded again" in tess.get(f"/staff/a/{NAME}").text
    assert "extended" in tess.get("/staff").text


def test_many_uploads_at_once_are_all_kept(served: Served) -> None:
    programs = [
        Visitor(served.port, {"Authorization": f"Bearer {served.tokens[PEOPLE[number % 2]]}"})
        for number in range(40)
    ]
    told: list[Answer] = []
    threads = [
        threading.Thread(
            target=lambda at=at: told.append(programs[at].hand_in(NAME, notebook(by=str(at))))
        )
        for at in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status for answer in told] == [201] * 40
    assert len(served.site.store.attempts()) == 40
