"""`submit` hands in what was run, to the address that was given, and nothing else."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from autograder.authoring.message_sources import visible_messages
from autograder.core.course import Course
from utils import submit as module
from utils import translation
from utils.submit import differences, submit

ANSWER = "def affine(x):\n    return x"


def answer(source: str = ANSWER, ident: str = "affine") -> dict:
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {"nbgrader": {"grade_id": ident, "solution": True}},
    }


@pytest.mark.parametrize(
    ("ran", "said"),
    [
        ([ANSWER], ""),
        (["import x", ANSWER + "\n", "affine(1)"], ""),
        ([ANSWER, ANSWER.replace("return x", "return 2 * x")], "not the one that you ran last"),
        ([ANSWER.replace("return x", "return 2 * x"), ANSWER], ""),
        (["affine(1)"], "was not run"),
        ([], "was not run"),
    ],
)
def test_a_file_is_held_against_what_was_run(ran: list[str], said: str) -> None:
    found = differences([answer(), {"cell_type": "markdown", "source": "x", "metadata": {}}], ran)
    assert bool(found) is bool(said)
    assert said in "".join(found)


def test_sources_in_lines_and_answers_without_functions_are_compared_too() -> None:
    cell = answer() | {"source": ["def affine(x):\n", "    return x"]}
    assert differences([cell], [ANSWER]) == []
    assert differences([answer("rate = 3")], ["rate = 3"]) == []
    assert differences([answer("rate = 4")], ["rate = 3"]) != []


@pytest.mark.parametrize("case", ["refused", "unread", "not run", "receipt", "closed", "silent"])
def test_what_is_printed_is_in_the_courses_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys, case: str
) -> None:
    """Here in capitals, whatever is among the messages for translators."""
    messages = {one.text: one.text.upper() for one in visible_messages(Course())}
    assert "Your token:" in messages
    assert not [text for text in messages if "form-data" in text]
    file = tmp_path / "messages.json"
    file.write_text(json.dumps(messages))
    monkeypatch.setattr(translation, "FILE", file)
    ran = [] if case == "not run" else [ANSWER]
    monkeypatch.setattr(module, "_ran", lambda: ran)
    path = tmp_path / "1.ipynb"
    path.write_text("{}" if case == "unread" else json.dumps({"cells": [answer(ident="1")]}))
    status, told = (403, {"error": "NO"}) if case == "closed" else (201, RECEIPT)
    server = served(status, json.dumps(told).encode() if case != "silent" else b"<", [])
    address = "HTTP://1" if case == "refused" else f"http://127.0.0.1:{server.server_address[1]}"
    translation._messages.cache_clear()
    try:
        submit("1", address, "t", path)
    finally:
        translation._messages.cache_clear()
        server.shutdown()
        server.server_close()
    printed = capsys.readouterr().out.replace(str(path), "").replace(address, "")
    assert "HANDED IN" in printed
    known = re.sub(r"\(.*?\)", "", printed.replace("https://", ""))  # of an error, its words
    assert re.findall(r"[a-z]{2,}", known) == []


RECEIPT = {"attempt": 2, "digest": "1", "received": "1", "url": "/1"}


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(module, "_ran", lambda: [ANSWER])
    return []


def served(status: int, body: bytes, seen: list[str], location: str = "") -> HTTPServer:
    class Site(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(
                f"{self.path} {self.headers['Authorization']} {self.rfile.read(int(self.headers['Content-Length'])).decode()}"
            )
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (201, {"attempt": 2, "digest": "abc", "received": "now", "url": "/attempt/7"}, "attempt 2"),
        (403, {"error": "it is closed"}, "Not handed in: it is closed"),
        (500, None, "Not handed in: the server says 500"),
    ],
)
def test_the_receipt_or_the_reason_is_shown(
    tmp_path: Path, seen: list[str], capsys, status: int, body: object, said: str
) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": [answer()]}))
    server = served(status, json.dumps(body).encode() if body else b"<html>", seen)
    submit("01-x", f"http://127.0.0.1:{server.server_address[1]}/", "t-1", path)
    server.shutdown()
    server.server_close()
    assert said in capsys.readouterr().out
    assert seen[0].startswith("/a/01-x Bearer t-1 ")
    assert "def affine" in seen[0]


def test_nothing_is_sent_that_was_not_run_or_not_by_https(
    tmp_path: Path, seen: list[str], capsys
) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": [answer("def affine(x):\n    return 0")]}))
    server = served(201, b"{}", seen)
    here = f"http://127.0.0.1:{server.server_address[1]}"
    submit("01-x", here, "t", path)
    assert "not the one that you ran last" in capsys.readouterr().out
    for address in ("http://example.org", "ftp://127.0.0.1", "example.org"):
        submit("01-x", address, "t", path)
        assert "https://" in capsys.readouterr().out
    path.write_text("no notebook")
    submit("01-x", here, "t", path)
    assert "cannot be read as a notebook" in capsys.readouterr().out
    server.shutdown()
    server.server_close()
    assert seen == []


def test_the_token_follows_no_redirect(tmp_path: Path, seen: list[str], capsys) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": [answer()]}))
    elsewhere = served(201, b"{}", seen)
    server = served(302, b"", [], f"http://127.0.0.1:{elsewhere.server_address[1]}/x")
    submit("01-x", f"http://127.0.0.1:{server.server_address[1]}", "t", path)
    for one in (server, elsewhere):
        one.shutdown()
        one.server_close()
    assert seen == []
    assert "Not handed in" in capsys.readouterr().out
