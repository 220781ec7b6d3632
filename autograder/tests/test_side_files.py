"""What lies beside a submitted notebook: no link is followed, nothing but the notebook is taken, and formgrader gives nothing out as a page."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from nbgrader.coursedir import CourseDirectory
from nbgrader.server_extensions.formgrader import handlers
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.netutil import bind_sockets
from tornado.web import Application, StaticFileHandler
from traitlets.config import Config

from autograder.classroom.submissions import BESIDE, for_exchange, read_regular
from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.nbgrader_plugin.files import CollectNotebooks
from autograder.nbgrader_plugin.formgrader import protect
from autograder.nbgrader_plugin.formgrader_files import HEADERS, content_type, set_headers

from .test_nbgrader import CONFIG, NAME, grades, nbgrader

SECRET = "the seed of the class"
TIME = "2026-11-01 11:59:00 UTC"
ACTIVE = b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><script>alert(1)</script></body></html>'
ENDINGS = [
    "html",
    "htm",
    "xhtml",
    "xml",
    "xpdl",
    "xsl",
    "xslt",
    "svg",
    "svgz",
    "rdf",
    "atom",
    "rss",
    "mml",
    "mathml",
    "xul",
    "wsdl",
    "opf",
    "kml",
    "gpx",
    "dae",
    "xbl",
    "vxml",
    "pdf",
    "swf",
    "js",
    "mjs",
    "css",
    "wasm",
    "json",
    "ipynb",
    "txt",
    "shtml",
    "mht",
    "mhtml",
    "eml",
    "manifest",
    "hta",
    "php",
    "md",
    "csv",
    "woff",
    "ttf",
    "webp",
    "gif",
    "ico",
    "mp4",
    "zip",
    "unknown",
    "HTML",
    "Svg",
]


def submit(work: Path, student: str) -> Path:
    folder = work / "submitted" / student / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_text(json.dumps(load_assignment(Course(), NAME).solved()))
    return folder


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class in which everything that a file can be lies beside or in place of a notebook, graded by nbgrader's own command."""
    work = tmp_path_factory.mktemp("class")
    (work / "nbgrader_config.py").write_text(CONFIG)
    (work / "seeds").write_text(SECRET)
    (work / "other").write_text(json.dumps(load_assignment(Course(), NAME).solved()))
    eve = submit(work, "eve")
    (eve / "notes.txt").symlink_to("../../../seeds")
    (eve / "evil.xpdl").write_bytes(ACTIVE)
    (eve / "noending").write_bytes(ACTIVE)
    (eve / "folder").mkdir()
    (eve / "folder" / "deep.svg").write_bytes(ACTIVE)
    (eve / "elsewhere").symlink_to(work)
    os.link(work / "seeds", eve / "timestamp.txt")
    (eve / "submission_secret.txt").symlink_to("../../../seeds")
    fred = submit(work, "fred")
    (fred / "timestamp.txt").write_text(TIME)
    (fred / "submission_secret.txt").write_text("0123abcd")
    os.mkfifo(submit(work, "gina") / "timestamp.txt")  # whoever opens it waits for ever
    for student, replace in (
        ("hal", lambda path: path.symlink_to(work / "seeds")),
        ("ian", os.mkfifo),
        ("jan", Path.mkdir),
        ("kim", lambda path: os.link(work / "other", path)),
    ):
        path = submit(work, student) / f"{NAME}.ipynb"
        path.unlink()
        replace(path)
    (work / "submitted" / "lea").symlink_to(work / "submitted" / "fred")
    (work / "submitted" / "max").mkdir()
    (work / "submitted" / "max" / NAME).symlink_to(fred)
    nbgrader(work, "autograde", NAME, "--create")
    nbgrader(work, "generate_feedback", NAME)
    return work


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_the_notebook_alone_is_taken(graded: Path) -> None:
    assert names(graded / "autograded" / "eve" / NAME) == {f"{NAME}.ipynb"}
    assert names(graded / "feedback" / "eve" / NAME) == {f"{NAME}.html"}
    assert grades(graded)["eve"]["total"][0] == 100


def test_what_the_exchange_needs_is_taken_too(graded: Path) -> None:
    assert names(graded / "autograded" / "fred" / NAME) == {f"{NAME}.ipynb", *BESIDE}
    assert names(graded / "feedback" / "fred" / NAME) == {f"{NAME}.html", *BESIDE}
    assert (graded / "feedback" / "fred" / NAME / "timestamp.txt").read_text() == TIME


def test_no_link_is_followed_and_nobody_waits(graded: Path) -> None:
    assert grades(graded)["gina"]["total"][0] == 100
    for student in ("hal", "ian", "jan", "kim", "lea", "max"):
        assert not (graded / "autograded" / student).exists() or not names(
            graded / "autograded" / student / NAME
        ), student
    for folder in ("autograded", "feedback"):
        for path in (graded / folder).rglob("*"):
            assert not path.is_symlink()
            assert path.is_dir() or SECRET not in path.read_text()


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.symlink_to("/etc/passwd"),
        os.mkfifo,
        Path.mkdir,
        lambda path: _socket(path),
    ],
)
def test_only_regular_files_are_read(tmp_path: Path, make: Any) -> None:
    make(tmp_path / "timestamp.txt")
    with pytest.raises(OSError):  # noqa: PT011  of several kinds
        read_regular(tmp_path / "timestamp.txt")
    assert for_exchange(tmp_path) == {}


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # its address may be no longer than this
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(here)


def test_what_is_no_short_text_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "timestamp.txt").write_bytes(b"2026-11-01 " + bytes(2))
    (tmp_path / "submission_secret.txt").write_text("x" * 5000)
    assert for_exchange(tmp_path) == {}


def test_collecting_from_the_exchange_follows_no_link(tmp_path: Path) -> None:
    inbound, target = tmp_path / "inbound", tmp_path / "submitted"
    inbound.mkdir()
    (tmp_path / "seeds").write_text(SECRET)
    (inbound / "a.ipynb").write_text("{}")
    (inbound / "b.ipynb").symlink_to(tmp_path / "seeds")
    (inbound / "c.svg").write_bytes(ACTIVE)
    (inbound / "timestamp.txt").write_text(TIME)
    collector = SimpleNamespace(log=SimpleNamespace(warning=lambda *words: None))
    CollectNotebooks.do_copy(collector, str(inbound), str(target))  # type: ignore[arg-type]
    assert names(target) == {"a.ipynb", "timestamp.txt"}


def test_all_of_nbgraders_commands_are_set_up_so(tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text(CONFIG)
    done = nbgrader(tmp_path, "collect", "--help-all")
    assert done.returncode == 0
    config = Config()
    sys.path.insert(0, str(tmp_path))
    exec(
        CONFIG.replace("__file__", repr(str(tmp_path / "nbgrader_config.py"))),
        {"get_config": lambda: config},
    )
    assert config.ExchangeFactory.collect == "autograder.nbgrader_plugin.files.CollectNotebooks"


# -- what formgrader gives out -----------------------------------------------------------------------------------------


@asynccontextmanager
async def served(work: Path) -> AsyncIterator[str]:
    """nbgrader's own handler, set up by our configuration, without the login."""
    protect(Config())

    class Handler(handlers.SubmissionFilesHandler):  # type: ignore[misc]  # nbgrader has no types
        coursedir = CourseDirectory(root=str(work))
        current_user = "ta"

        def initialize(self, **others: object) -> None:
            StaticFileHandler.initialize(self, str(work))

        def parse_url_path(self, url_path: str) -> str:
            return str(work / "autograded" / "eve" / NAME / url_path)

        def prepare(self) -> None: ...

        async def get(self, path: str, include_body: bool = True) -> None:
            await StaticFileHandler.get(self, path, include_body)

    class Server(HTTPServer):
        def handle_stream(self, stream: IOStream, address: tuple) -> None:
            taken.append(stream)
            super().handle_stream(stream, address)

    taken: list[IOStream] = []
    server = Server(Application([(r"/(.*)", Handler)]))
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    try:
        yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    finally:
        server.stop()
        await server.close_all_connections()
        for stream in taken:  # also of a connection whose end the server has not yet noticed
            stream.close()


def fetch(work: Path, *paths: str) -> list[HTTPResponse]:
    async def run() -> list[HTTPResponse]:
        client = AsyncHTTPClient(force_instance=True)
        async with served(work) as site:
            try:
                return [await client.fetch(f"{site}/{path}", raise_error=False) for path in paths]
            finally:
                client.close()

    return asyncio.run(run())


def test_formgrader_serves_nothing_as_a_page(tmp_path: Path) -> None:
    folder = tmp_path / "autograded" / "eve" / NAME
    folder.mkdir(parents=True)
    wanted = [
        *(f"evil.{ending}" for ending in ENDINGS),
        "noending",
        "evil.",
        "evil.png.html",
        "evil.html.xyz",
    ]
    for name in (*wanted, "plot.png"):
        (folder / name).write_bytes(ACTIVE)
    for name, answer in zip(
        (*wanted, "plot.png"), fetch(tmp_path, *wanted, "plot.png"), strict=True
    ):
        assert answer.code == 200
        assert answer.headers["X-Content-Type-Options"] == "nosniff", name
        assert "sandbox" in answer.headers["Content-Security-Policy"], name
        kind = answer.headers["Content-Type"]
        assert kind == ("image/png" if name == "plot.png" else "text/plain; charset=utf-8"), name
        assert ("attachment" in answer.headers.get("Content-Disposition", "")) == (
            name != "plot.png"
        )


def test_formgrader_serves_nothing_from_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "autograded" / "eve" / NAME
    folder.mkdir(parents=True)
    (tmp_path / "seeds").write_text(SECRET)
    (folder / "link.txt").symlink_to(tmp_path / "seeds")
    for answer in fetch(tmp_path, "link.txt", "..%2f..%2f..%2fseeds", "../../../seeds"):
        assert answer.code in (403, 404)
        assert SECRET.encode() not in (answer.body or b"")


def test_the_headers_are_set_on_nbgraders_own_handler() -> None:
    protect(Config())
    assert handlers.SubmissionFilesHandler.get_content_type is content_type
    assert handlers.SubmissionFilesHandler.set_extra_headers is set_headers
    assert (
        "script-src" not in HEADERS["Content-Security-Policy"]
    )  # nor anything else beyond the default, which is nothing
