"""Bounds what a request's body may take: its bytes, and the time in which it arrives.

A body that is too large is answered with a sentence: it is read to its end, and not kept.

A connection that is closed in the middle of an upload shows a browser's own page about a lost
connection, and the student does not learn why. A body that has not arrived in time, be it that its
sender has stopped or sends a byte now and then, does end the connection.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field

from tornado.http1connection import HTTP1Connection
from tornado.httputil import (
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerRequest,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.web import Application

from .site import MOST_MB, Page, Site, too_large

MOST = (MOST_MB << 20) + (1 << 16)  # bytes of a body: a notebook, and the form around it
MOST_DISCARDED = 1 << 30  # bytes that are read and not kept; the connection ends after that


class BoundedApplication(Application):
    """An application whose handlers get bodies of at most `MOST` bytes, that arrive in the time
    that the terms of its site give.
    """

    def find_handler(self, request: HTTPServerRequest, **kwargs: object) -> HTTPMessageDelegate:  # type: ignore[override]
        """Return what takes the request: its handler, behind the bound."""
        connection: HTTP1Connection = request.connection  # type: ignore[assignment]
        site: Site = self.settings["default_handler_args"]["site"]
        connection.set_max_body_size(MOST_DISCARDED)
        connection.set_body_timeout(site.terms.upload_seconds)
        return _Bounded(self, request, super().find_handler(request, **kwargs))


@dataclass
class _Bounded(HTTPMessageDelegate):
    """Passes a body on until it is too large; then the request is another handler's."""

    application: BoundedApplication
    request: HTTPServerRequest
    inner: HTTPMessageDelegate
    size: int = field(default=0, init=False)

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        return self.inner.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        before, self.size = self.size, self.size + len(chunk)
        if self.size <= MOST:
            return self.inner.data_received(chunk)
        if before <= MOST:  # what has come so far need not be held any longer
            self.request.headers.pop("Content-Type", None)  # so that nobody takes it apart
            self.inner = HTTPMessageDelegate()
        return None

    def finish(self) -> None:
        if self.size > MOST:
            given = self.application.settings["default_handler_args"] | {"size": self.size}
            self.inner = self.application.get_handler_delegate(self.request, _TooLarge, given)
        self.inner.finish()

    def on_connection_close(self) -> None:
        self.inner.on_connection_close()


class _TooLarge(Page):
    """Says that a body is too large, whatever its address."""

    open_to_all = True

    def initialize(self, site: Site, size: int = 0) -> None:
        super().initialize(site)
        self._size = size

    def check_xsrf_cookie(self) -> None:
        """Take the form as it is: nothing is done with it."""

    async def prepare(self) -> None:
        await super().prepare()
        self.say(413, too_large(self._size, self.language))
