"""A server on loopback that answers as Canvas does: pages of two, limits on the rate, refusals and
the three steps of an upload; written from Canvas's own documentation of its API."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

TOKEN, COURSE, ASSIGNMENT = "7~secret", 12, 70011
PAGE = 2  # of a list, whatever is asked for
UNKNOWN = {"errors": [{"message": "Invalid access token."}]}
DENIED = {"status": "unauthorized", "errors": [{"message": "user not authorized"}]}
MISSING = {"errors": [{"message": "The specified resource does not exist."}]}


@dataclass
class FakeCanvas:
    """What it holds, and what happened to it.

    Attributes:
        users: of the course.
        points: of the assignment.
        scores: by user number.
        deducted: points that the late policy takes off, by user number.
        excused: user numbers.
        comments: by user number.
        files: that were uploaded, with their contents.
        limited: how many of the next answers are a limit on the rate.
        limit_status: with which status.
        deny: the owner of the token is a student.
        deny_changes: the owner of the token may read and not grade.
        left: user numbers that are listed, and gone once something is sent to them.
        dies_at: the change, counted from 1, that the server does not survive.
        group: user numbers that are one group of a group assignment.
        individually: whether each member of a group gets a mark of their own.
        changes: the user numbers whose submissions were changed.
        posted: the user numbers to whom a mark was posted.
    """

    users: list[dict[str, Any]]
    points: float = 110.0
    scores: dict[int, float] = field(default_factory=dict)
    deducted: dict[int, float] = field(default_factory=dict)
    excused: set[int] = field(default_factory=set)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    files: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    limited: int = 0
    limit_status: int = 403
    deny: bool = False
    deny_changes: bool = False
    left: set[int] = field(default_factory=set)
    dies_at: int = 0
    group: tuple[int, ...] = ()
    individually: bool = False
    changes: list[int] = field(default_factory=list)
    posted: list[int] = field(default_factory=list)
    address: str = ""

    def submission(self, user: int) -> dict[str, Any]:
        return {
            "id": 9000 + user,
            "assignment_id": ASSIGNMENT,
            "user_id": user,
            "entered_score": self.scores.get(user),
            "score": max(0.0, self.scores[user] - self.deducted.get(user, 0.0))
            if user in self.scores
            else None,
            "points_deducted": self.deducted.get(user),
            "grade": None if user not in self.scores else str(self.scores[user]),
            "excused": user in self.excused,
            "workflow_state": "submitted",
            "submission_comments": self.comments.get(user, []),
        }

    def change(self, user: int, told: list[tuple[str, str]]) -> dict[str, Any]:
        """A change as Canvas makes it: an empty mark is none; a comment takes uploaded files alone."""
        values = dict(told)
        if (mark := values.get("submission[posted_grade]")) is not None:
            self.posted.append(user)
            shared = user in self.group and not self.individually
            for one in self.group if shared else (user,):
                self.scores.pop(one, None)
                if mark:
                    self.scores[one] = float(mark)
        if text := values.get("comment[text_comment]"):
            numbers = [int(value) for name, value in told if name == "comment[file_ids][]"]
            attachments = [{"id": one, "display_name": self.files[one][0]} for one in numbers]
            comment = {"comment": text, "attachments": attachments}
            whole = values.get("comment[group_comment]", "").lower() in ("1", "true")
            for one in self.group if whole and user in self.group else (user,):
                self.comments.setdefault(one, []).append(comment)
        self.changes.append(user)
        return self.submission(user)


class _Handler(BaseHTTPRequestHandler):
    canvas: FakeCanvas
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def answer(self, status: int, told: Any, headers: dict[str, str] | None = None) -> None:
        body = told.encode() if isinstance(told, str) else json.dumps(told).encode()
        kind = "text/html" if isinstance(told, str) else "application/json; charset=utf-8"
        self.send_response(status)
        more = {"X-Request-Cost": "0.1", "X-Rate-Limit-Remaining": "600.0", **(headers or {})}
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_GET(self) -> None:
        self.handle_api()

    def do_PUT(self) -> None:
        self.handle_api()

    def do_POST(self) -> None:
        if self.path.startswith("/files_api"):
            self.take_file()
        else:
            self.handle_api()

    def handle_api(self) -> None:
        canvas, body = self.canvas, self.body()
        if canvas.limited:
            canvas.limited -= 1
            said = "403 Forbidden (Rate Limit Exceeded)\n"
            self.answer(canvas.limit_status, said, {"X-Rate-Limit-Remaining": "0.0"})
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.answer(401, UNKNOWN, {"WWW-Authenticate": 'Bearer realm="canvas-lms"'})
        elif canvas.deny:
            self.answer(401 if "/search_users" in self.path else 403, DENIED)
        else:
            self.route(urlsplit(self.path).path, body)

    def route(self, path: str, body: bytes) -> None:
        canvas, top = self.canvas, f"/api/v1/courses/{COURSE}"
        assignment = f"{top}/assignments/{ASSIGNMENT}"
        if path == assignment:
            told = {
                "id": ASSIGNMENT,
                "course_id": COURSE,
                "points_possible": canvas.points,
                "group_category_id": 31 if canvas.group else None,
                "grade_group_students_individually": canvas.individually,
            }
            self.answer(200, told)
        elif path == f"{top}/search_users":
            asked = parse_qsl(urlsplit(self.path).query)
            hidden = set() if ("include[]", "email") in asked else {"email"}
            users = [
                {key: value for key, value in user.items() if key not in hidden}
                for user in canvas.users
            ]
            self.answer_list(path, users)
        elif path == f"{assignment}/submissions":
            self.answer_list(path, [canvas.submission(user["id"]) for user in canvas.users])
        elif found := re.fullmatch(
            rf"{assignment}/submissions/(\d+)(?P<upload>/comments/files)?", path
        ):
            user = int(found[1])
            if user not in [one["id"] for one in canvas.users] or user in canvas.left:
                self.answer(404, MISSING)
            elif canvas.deny_changes:
                self.answer(403, DENIED)
            elif found["upload"]:
                values = dict(parse_qsl(body.decode()))
                params = {"Filename": values["name"], "token": "once"}
                self.answer(
                    200, {"upload_url": f"{canvas.address}/files_api", "upload_params": params}
                )
            elif canvas.dies_at and len(canvas.changes) + 1 >= canvas.dies_at:
                self.answer(500, "<h1>We're sorry</h1>")
            else:
                told = parse_qsl(body.decode(), keep_blank_values=True)
                self.answer(200, canvas.change(user, told))
        else:
            self.answer(404, MISSING)

    def answer_list(self, path: str, told: list[Any]) -> None:
        page = int(dict(parse_qsl(urlsplit(self.path).query)).get("page", 1))
        more = page * PAGE < len(told)
        kept = [
            (key, value) for key, value in parse_qsl(urlsplit(self.path).query) if key != "page"
        ]
        query = urlencode([*kept, ("page", page + 1)])
        link = f'<{self.canvas.address}{path}?{query}>; rel="next"'
        headers = {"Link": link} if more else {}
        self.answer(200, told[(page - 1) * PAGE : page * PAGE], headers)

    def take_file(self) -> None:
        """The second step: a form whose last part is the file, without the token."""
        assert "Authorization" not in self.headers
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        parts: Any = message_from_bytes(head + self.body()).get_payload()
        assert parts[-1].get_param("name", header="content-disposition") == "file"
        number = 500 + len(self.canvas.files)
        name = parts[0].get_payload(decode=True).decode()
        self.canvas.files[number] = (name, parts[-1].get_payload(decode=True))
        told = {"id": number, "display_name": name, "url": f"{self.canvas.address}/files/{number}"}
        self.answer(201, told, {"Location": f"{self.canvas.address}/api/v1/files/{number}"})


@contextmanager
def serving(canvas: FakeCanvas) -> Iterator[FakeCanvas]:
    """Serve on a free port until the block ends; nothing is left."""
    handler = type("Handler", (_Handler,), {"canvas": canvas})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        canvas.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield canvas
        finally:
            server.shutdown()
            thread.join()
