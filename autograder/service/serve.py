"""Starts the server: its lock, its store, its pages and its lanes."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine, text
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from ..core.course import Course
from ..core.errors import UserError
from ..core.files import locked
from . import staff, students
from .database import open_database
from .intake import Intake
from .lanes import Lanes
from .site import MOST_MB, Page, Site
from .store import open_store
from .terms import load_terms
from .terms_watch import TermsWatch, served_by
from .worker_client import PROGRAM

LOG = logging.getLogger("autograder.service")
FORM = 1 << 16  # bytes of a form around its file
POSTGRES_LOCK = 0x6175746F  # any number that others do not take


@dataclass(frozen=True)
class Address:
    """Where the server listens.

    Attributes:
        port: 0 takes a free one.
        proxy: whether a reverse proxy with TLS stands before it.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    proxy: bool = False


@dataclass(frozen=True)
class Service:
    """What is served, and by how many workers.

    Attributes:
        names: the assignments; those of the terms, or all, if none.
        url: of another database than the class's own.
        workers: fast ones.
        program: that a worker runs.
    """

    names: tuple[str, ...]
    url: str | None
    workers: int
    program: tuple[str, ...] = PROGRAM


class _Nowhere(Page):
    open_to_all = True

    def prepare(self) -> None:
        self.send_error(404)


def application(site: Site) -> Application:
    """Return the pages of a site."""
    name, ident = r"([\w.-]{1,100})", r"([0-9]{1,12})"
    routes = [
        ("/", students.Home),
        ("/login", students.Login),
        ("/logout", students.Logout),
        (f"/a/{name}", students.AssignmentPage),
        (f"/attempt/{ident}", students.AttemptPage),
        (f"/attempt/{ident}/choose", students.Choose),
        (f"/attempt/{ident}/notebook", students.OwnNotebook),
        ("/staff", staff.Overview),
        (f"/staff/a/{name}", staff.AssignmentStaff),
        (f"/staff/a/{name}/({'|'.join(staff.Decision)})", staff.Act),
    ]
    return Application(
        [(path, handler, {"site": site}) for path, handler in routes],
        cookie_secret=site.store.secret("cookies"),
        xsrf_cookies=True,
        xsrf_cookie_kwargs={"httponly": True, "samesite": "Lax", "secure": site.secure},
        default_handler_class=_Nowhere,
        default_handler_args={"site": site},
        autoreload=False,
        compress_response=True,
    )


def serve(course: Course, service: Service, address: Address, ready: Callable[[int], None]) -> None:
    """Serve a class until it is interrupted.

    Args:
        ready: is called with the port once the server listens.

    Raises:
        UserError: another server has this store, an assignment is not built, or the port is taken.
    """
    terms = load_terms(course)
    served = served_by(course, service.names, terms)
    watch = TermsWatch(course, service.names, terms, served)
    engine = open_database(course, service.url or terms.store)
    with _owned(course, engine):
        store = open_store(engine)
        again = store.recover()
        if again:
            LOG.info("%d attempts were begun by a server that ended; they wait again", again)
        site = Site(course, store, terms, served, address.proxy, Intake(store), watch=watch)
        asyncio.run(_run(site, service, address, ready))


async def _run(
    site: Site, service: Service, address: Address, ready: Callable[[int], None]
) -> None:
    try:
        sockets = bind_sockets(address.port, address.host)
    except OSError as error:
        raise UserError(
            f"cannot listen on {address.host} port {address.port}: {error.strerror}; --port "
            "takes another"
        ) from error
    most = (MOST_MB << 20) + FORM
    server = HTTPServer(
        application(site),
        xheaders=address.proxy,
        max_body_size=most,
        max_buffer_size=most,
        idle_connection_timeout=60,
    )
    server.add_sockets(sockets)
    site.lanes = Lanes(
        site.course, site.store, site.terms, service.workers, site.note_done, service.program
    )
    grading = asyncio.create_task(site.lanes.run(site.served))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, grading.cancel)
    ready(sockets[0].getsockname()[1])
    try:
        await grading
    except asyncio.CancelledError:
        LOG.info("ending; what waits is graded after the next start")
    finally:
        server.stop()
        await server.close_all_connections()


@contextmanager
def _owned(course: Course, engine: Engine) -> Iterator[None]:
    """Own the store as the only server.

    The kernel, or the database, lets go of it when this process ends.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect() as db:
            if not db.execute(
                text("SELECT pg_try_advisory_lock(:number)"), {"number": POSTGRES_LOCK}
            ).scalar():
                raise UserError("another server has this store; end it first")
            db.commit()
            try:
                yield
            finally:  # the connection goes back to its pool and would keep the lock
                db.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": POSTGRES_LOCK})
                db.commit()
        return
    path = course.cache.with_name("service.lock")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(path, f"another server has the store of {course.work}; end it first"):
        yield
