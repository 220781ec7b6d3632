"""Starts the server: its lock, its store, its pages and its lanes."""

from __future__ import annotations

import asyncio
import logging
import re
import signal
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, text
from tornado.httpserver import HTTPServer
from tornado.log import access_log
from tornado.netutil import bind_sockets
from tornado.web import Application, RedirectHandler, RequestHandler

from ..core.course import Course
from ..core.errors import UserError
from ..core.files import locked
from ..core.translation import translation_of
from . import staff, students
from .body_limit import MOST, BoundedApplication
from .cluster_lanes import open_cluster
from .database import open_database
from .hub_place import HubPlace
from .intake import Intake
from .lanes import Lanes
from .site import Page, Site
from .store import open_store
from .terms import FILE, ClassTerms, load_terms
from .terms_watch import TermsWatch, served_by
from .worker_client import PROGRAM

if TYPE_CHECKING:
    from .hub_login import JupyterHub

Route = tuple[str, type[RequestHandler], dict[str, Any]]
LOG = logging.getLogger("autograder.service")
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
        workers: fast ones; with a scheduler, 0 is all that it has.
        program: that a worker runs.
        hub: the JupyterHub that logs people in; tokens do, if none.
        scheduler: of the Dask cluster that grades; this machine does, if none.
    """

    names: tuple[str, ...]
    url: str | None
    workers: int
    program: tuple[str, ...] = PROGRAM
    hub: HubPlace | None = None
    scheduler: str | None = None


class _Nowhere(Page):
    open_to_all = True

    async def prepare(self) -> None:
        self.send_error(404)


def application(site: Site, logins: Sequence[Route] = ()) -> Application:
    """Return the pages of a site.

    Args:
        logins: addresses by which people log in, in the place of the page for tokens.
    """
    name, ident = r"([\w.-]{1,100})", r"([0-9]{1,12})"
    routes = [
        ("/", students.Home),
        (f"/a/{name}", students.AssignmentPage),
        (f"/attempt/{ident}", students.AttemptPage),
        (f"/attempt/{ident}/choose", students.Choose),
        (f"/attempt/{ident}/notebook", students.OwnNotebook),
        ("/staff", staff.Overview),
        (f"/staff/a/{name}", staff.AssignmentStaff),
        (f"/staff/a/{name}/({'|'.join(staff.Decision)})", staff.Act),
    ]
    if not logins:
        routes += [("/login", students.Login), ("/logout", students.Logout)]
    base = re.escape(site.base)
    pages = [(base + path, handler, {"site": site}) for path, handler in routes]
    bare = [(base, RedirectHandler, {"url": f"{site.base}/"})] if base else []
    return BoundedApplication(
        [*logins, *pages, *bare],
        cookie_secret=site.store.secret("cookies"),
        xsrf_cookies=True,
        xsrf_cookie_kwargs={
            "httponly": True,
            "samesite": "Lax",
            "secure": site.secure,
            "path": f"{site.base}/",
        },
        default_handler_class=_Nowhere,
        default_handler_args={"site": site},
        autoreload=False,
        log_function=_log,
        compress_response=True,
    )


def _log(handler: RequestHandler) -> None:
    """Log an answer without the query of its address, which may hold a secret of OAuth."""
    asked, status = handler.request, handler.get_status()
    level = logging.INFO if status < 400 else logging.WARNING if status < 500 else logging.ERROR
    took = f"{asked.request_time() * 1000:.0f} ms"
    access_log.log(
        level, "%d %s %s (%s) %s", status, asked.method, asked.path, asked.remote_ip, took
    )


def serve(course: Course, service: Service, address: Address, ready: Callable[[int], None]) -> None:
    """Serve a class until it is interrupted.

    Args:
        ready: is called with the port once the server listens.

    Raises:
        UserError: another server has this store, an assignment is not built, the port is taken, or
            there is no Hub or no cluster where one was expected.
    """
    terms = load_terms(course)
    hub = _hub(service.hub, terms) if service.hub else None
    served = served_by(course, service.names, terms)
    watch, say = TermsWatch(course, service.names, terms, served), translation_of(course)
    engine = open_database(course, service.url or terms.store)
    with _owned(course, engine):
        store = open_store(engine)
        cluster = (
            open_cluster(course, service.scheduler, service.workers or None, served)
            if service.scheduler
            else None
        )
        again = store.recover()
        if again:
            LOG.info("%d attempts were begun by a server that ended; they wait again", again)
        site = Site(
            course, store, terms, served, address.proxy, Intake(store), watch=watch, say=say
        )
        if hub:
            site.hub, site.base = hub, hub.place.base
        site.lanes = Lanes(course, store, terms, service.workers, site.note_done, service.program)
        work = (
            partial(cluster.run, site.lanes, served) if cluster else partial(site.lanes.run, served)
        )
        asyncio.run(_run(site, work, address, ready, hub.routes(say) if hub else []))


def _hub(place: HubPlace, terms: ClassTerms) -> JupyterHub:
    if terms.hub is None:
        raise UserError(
            f'--hub: expected a table [hub] in {FILE}, such as student = "id": it says which '
            "column of the roster holds the students' names on the Hub"
        )
    try:
        from .hub_login import open_hub
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "jupyterhub":
            raise
        raise UserError(
            "--hub needs the package jupyterhub; install it beside the grader: python -m pip "
            "install 'notebook-autograder[hub]'"
        ) from error
    return open_hub(place)


async def _run(
    site: Site,
    work: Callable[[], Coroutine[Any, Any, None]],
    address: Address,
    ready: Callable[[int], None],
    logins: Sequence[Route],
) -> None:
    try:
        sockets = bind_sockets(address.port, address.host)
    except OSError as error:
        raise UserError(
            f"cannot listen on {address.host} port {address.port}: {error.strerror}; --port "
            "takes another"
        ) from error
    server = HTTPServer(
        application(site, logins),
        xheaders=address.proxy or site.hub is not None,
        max_buffer_size=MOST,
        idle_connection_timeout=60,
    )
    server.add_sockets(sockets)
    try:
        grading = asyncio.create_task(work())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, grading.cancel)
        ready(sockets[0].getsockname()[1])
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
