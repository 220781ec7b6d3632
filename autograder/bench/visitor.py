"""A browser without a screen, for the server's pages: keeps cookies, follows no redirect,
sends forms.
"""

from __future__ import annotations

import http.client
import re
import uuid
from dataclasses import dataclass, field
from html import unescape

Headers = dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What came back; header names in small letters, of several cookies the last."""

    status: int
    headers: Headers
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")


@dataclass
class Visitor:
    """One person's browser.

    Attributes:
        headers: that go with each request.
        form: a page with a form, whose hidden field all forms carry.
    """

    port: int
    headers: Headers = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    timeout: float = 60.0
    form: str = "/login"

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Headers | None = None
    ) -> Answer:
        """Send one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        try:
            sent = (
                self.headers
                | {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
                | (headers or {})
            )
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            for line in answer.headers.get_all("Set-Cookie") or ():
                name, _, value = line.partition(";")[0].partition("=")
                self.cookies[name] = value.strip('"')
            return Answer(
                answer.status,
                {name.lower(): value for name, value in answer.getheaders()},
                answer.read(),
            )
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        """Load a page."""
        return self.ask("GET", path)

    def xsrf(self) -> str:
        """Return the hidden field that forms carry."""
        found = re.search(r'name="_xsrf" value="([^"]+)"', self.get(self.form).text)
        assert found is not None
        return unescape(found[1])

    def post(
        self, path: str, files: tuple[bytes, ...] = (), xsrf: bool = True, **fields: str
    ) -> Answer:
        """Send a form; each file is in its field `notebook`."""
        mark = uuid.uuid4().hex
        parts = [
            f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()
            for name, value in fields.items()
        ]
        if xsrf and "Authorization" not in self.headers:
            parts.append(
                f'Content-Disposition: form-data; name="_xsrf"\r\n\r\n{self.xsrf()}'.encode()
            )
        parts += [
            b'Content-Disposition: form-data; name="notebook"; filename="../x.ipynb"\r\n\r\n'
            + content
            for content in files
        ]
        body = (
            b"".join(f"--{mark}\r\n".encode() + part + b"\r\n" for part in parts)
            + f"--{mark}--\r\n".encode()
        )
        return self.ask(
            "POST", path, body, {"Content-Type": f"multipart/form-data; boundary={mark}"}
        )

    def log_in(self, token: str) -> Answer:
        """Send the log-in form."""
        return self.post("/login", token=token, next="/")

    def hand_in(self, name: str, content: bytes) -> Answer:
        """Send a notebook."""
        return self.post(f"/a/{name}", (content,))
