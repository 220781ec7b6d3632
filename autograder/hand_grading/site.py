"""Serve the page for grading by hand on this machine's loopback, to those who have its key."""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
import signal
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, Finish, HTTPError, RequestHandler

from ..core.course import TEMPLATES
from ..core.errors import UserError
from .desk import Desk

LOOPBACK = "127.0.0.1"
MOST_BODY = 1 << 18  # bytes of a request


@cache
def _page() -> tuple[str, str]:
    """Return the page and the policy that lets its one script and one style through."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    script, style = (
        environment.loader.get_source(environment, f"hand_grading/page.{kind}.j2")[0]
        for kind in ("js", "css")
        if environment.loader
    )
    made = environment.get_template("hand_grading/page.html.j2").render(
        script=Markup(script), style=Markup(style)
    )
    known = {
        kind: b64encode(sha256(part.encode()).digest()).decode()
        for kind, part in (("script", script), ("style", style))
    }
    policy = (
        f"default-src 'none'; script-src 'sha256-{known['script']}'; style-src "
        f"'sha256-{known['style']}'; img-src data:; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    return made, policy


class _Handler(RequestHandler):
    """A handler that knows the desk, and answers nobody without the key."""

    def initialize(self, desk: Desk, key: str) -> None:
        self.desk, self.key = desk, key

    def set_default_headers(self) -> None:
        self.set_header("Content-Security-Policy", _page()[1])
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")
        self.clear_header("Server")

    @property
    def cookie(self) -> str:
        """Return the cookie's name: cookies of one host are shared by all of its ports."""
        return f"hand-grading-{self.request.host.rpartition(':')[2]}"

    def prepare(self) -> None:
        if not hmac.compare_digest(self.get_cookie(self.cookie) or "", self.key):
            raise HTTPError(403, reason="expected the address that the command has printed")
        if self.request.method != "GET" and self.request.headers.get("Content-Type") != (
            "application/json"
        ):  # no page elsewhere can send this without asking
            raise HTTPError(415)

    def write_error(self, status_code: int, **_: Any) -> None:
        self.finish({"error": self._reason})

    def told(self) -> Mapping[str, Any]:
        """Return what a request says."""
        try:
            said = json.loads(self.request.body or b"{}")
        except ValueError:
            said = None
        if not isinstance(said, dict):
            self.refuse(400, "expected a JSON object")
        return said or {}

    def refuse(self, status: int, said: str) -> None:
        """Answer with one sentence, and go no further."""
        self.set_status(status)
        self.finish({"error": said})
        raise Finish

    def cell(self, name: str) -> str:
        """Return the id of a written question; 404 for all others."""
        if name not in self.desk.rubrics:
            raise HTTPError(404)
        return name


class _Start(_Handler):
    def prepare(self) -> None:
        key = self.get_query_argument("key", "")
        if key and hmac.compare_digest(key.encode(), self.key.encode()):
            self.set_cookie(self.cookie, self.key, httponly=True, samesite="Strict")
            self.redirect("/")
            raise Finish
        super().prepare()

    def get(self) -> None:
        self.finish(_page()[0])


class _Questions(_Handler):
    def get(self) -> None:
        self.finish({"assignment": self.desk.name, "questions": list(self.desk.rubrics)})


class _Question(_Handler):
    def get(self, name: str) -> None:
        self.finish(self.desk.question(self.cell(name)))


class _Overview(_Handler):
    def get(self, name: str) -> None:
        self.attempt(lambda: self.desk.overview(self.cell(name)))

    def attempt(self, does: Callable[[], Any]) -> None:
        """Answer with a result, or with the sentence that says why there is none."""
        try:
            made = does()
        except UserError as error:
            self.refuse(409, str(error))
        self.finish(made)


class _Answer(_Overview):
    def get(self, name: str, token: str) -> None:  # type: ignore[override]  # of one answer
        self.attempt(lambda: self.desk.answer(self.cell(name), token))

    def put(self, name: str, token: str) -> None:
        told, cell = self.told(), self.cell(name)
        items, comment = told.get("items"), told.get("comment", "")
        numbers = items.items() if isinstance(items, dict) else ()
        if not isinstance(comment, str) or not (items is None or isinstance(items, dict)):
            self.refuse(400, "expected items by number, and a comment")
        if any(not key.isdecimal() or not isinstance(part, int | float) for key, part in numbers):
            self.refuse(400, "expected items by number, and a comment")
        given = None if items is None else {int(key): float(part) for key, part in numbers}

        def does() -> Any:
            self.desk.give(cell, token, given, comment)
            return self.desk.answer(cell, token)

        self.attempt(does)


class _Undo(_Overview):
    def post(self) -> None:
        def does() -> Any:
            undone = self.desk.undo()
            return {"cell": undone[0], "token": undone[1]} if undone else {}

        self.attempt(does)


def application(desk: Desk, key: str) -> Application:
    """Return the page and what it asks for."""
    name, token = r"([A-Za-z0-9_-]{1,50})", r"([0-9a-f]{16})"
    routes = [
        ("/", _Start),
        ("/questions", _Questions),
        (f"/question/{name}", _Question),
        (f"/answers/{name}", _Overview),
        (f"/answer/{name}/{token}", _Answer),
        ("/undo", _Undo),
    ]
    known = {"desk": desk, "key": key}
    return Application([(path, handler, known) for path, handler in routes], autoreload=False)


def serve(desk: Desk, port: int, ready: Callable[[str], None]) -> None:
    """Serve the page until it is interrupted.

    Args:
        port: 0 takes a free one.
        ready: is called with the page's address, once it can be opened.

    Raises:
        UserError: the port is taken.
    """
    asyncio.run(_run(desk, port, ready))


async def _run(desk: Desk, port: int, ready: Callable[[str], None]) -> None:
    try:
        sockets = bind_sockets(port, LOOPBACK)
    except OSError as error:
        raise UserError(
            f"cannot listen on port {port}: {error.strerror}; --port takes another"
        ) from error
    key, ended = secrets.token_urlsafe(16), asyncio.Event()
    server = HTTPServer(application(desk, key), max_body_size=MOST_BODY)
    server.add_sockets(sockets)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    ready(f"http://{LOOPBACK}:{sockets[0].getsockname()[1]}/?key={key}")
    await ended.wait()
    server.stop()
    await server.close_all_connections()
