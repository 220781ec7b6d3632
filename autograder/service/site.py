"""What all handlers share: who asks, on which terms, and how a refusal looks."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn, Protocol
from urllib.parse import quote

from markupsafe import Markup
from tornado.web import Finish, HTTPError, RequestHandler

from ..core.course import Course
from ..core.translation import ENGLISH, Translation
from . import pages
from .intake import Intake
from .lanes import Lanes
from .login_tokens import token_digest
from .logins import FailedLogins
from .records import Account, Attempt
from .store import Store
from .terms import ClassTerms, Terms
from .terms_watch import TermsWatch

LOG = logging.getLogger("autograder.service")
COOKIE, DAYS = "who", 14
MOST_MB = 20  # of a notebook over HTTP


@dataclass(frozen=True)
class HubUser:
    """A user of a JupyterHub.

    Attributes:
        groups: of the Hub, that the user is in.
        allowed: whether the Hub lets the user come here.
    """

    name: str
    groups: frozenset[str]
    allowed: bool


class Hub(Protocol):
    """A JupyterHub that logs people in, in the place of tokens.

    Attributes:
        logout: the address that ends a log-in at the Hub.
    """

    @property
    def logout(self) -> str: ...

    async def user(self, handler: RequestHandler) -> HubUser | None:
        """Return the user whom a request names; 503 if the Hub does not answer."""
        ...


@dataclass
class Site:
    """The parts that handlers use.

    Attributes:
        secure: whether cookies are for HTTPS alone.
        done: by attempt, what waits for its result.
        watch: reads the terms again when their files change; None keeps them as they are.
        base: the path before all addresses, such as `/services/feedback`; nothing for none.
        hub: who logs people in, if tokens do not.
        say: the language of students' pages.
    """

    course: Course
    store: Store
    terms: ClassTerms
    served: tuple[str, ...]
    secure: bool
    intake: Intake
    failed: FailedLogins = field(default_factory=FailedLogins)
    done: dict[int, asyncio.Event] = field(default_factory=dict)
    lanes: Lanes | None = None
    watch: TermsWatch | None = None
    base: str = ""
    hub: Hub | None = None
    say: Translation = ENGLISH

    def follow_terms(self) -> None:
        """Take over the terms if their files have changed."""
        if self.watch and self.watch.look():
            self.terms, self.served = self.watch.terms, self.watch.served
            if self.lanes:
                self.lanes.terms = self.terms
            if self.watch.fault:
                LOG.warning(self.watch.fault)

    def note_done(self, ident: int) -> None:
        """Wake those who wait for an attempt."""
        if event := self.done.pop(ident, None):
            event.set()

    async def wait_for(self, ident: int, seconds: float) -> None:
        """Return when an attempt has a result, or after some seconds."""
        event = self.done.setdefault(ident, asyncio.Event())
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()

    def due(self, person: Account, name: str) -> float | None:
        """Return a student's deadline."""
        own = self.store.extension(person.id, name)
        return self.terms.due_for(person.name, name) if own is None else own


def own_path(path: str, home: str = "/") -> str:
    """Return a path of this site, whatever was asked for; `home` if it is none."""
    fine = (
        path.startswith(home)
        and not path.startswith(("//", "/\\"))
        and path.isprintable()
        and path.isascii()
    )
    return path if fine and len(path) < 200 else home


def too_large(size: int, say: Translation) -> str:
    """Return what is said of an upload of so many bytes."""
    return say(
        f"Expected a notebook of at most {MOST_MB} MB, got {size / 2**20:.1f} MB. Clear the "
        "outputs (in JupyterLab: Edit › Clear Outputs of All Cells), save, and hand in again. "
        "What you handed in before is kept."
    )


class SafeHandler(RequestHandler):
    """A handler whose answers name a policy."""

    def set_default_headers(self) -> None:
        self.set_header("Content-Security-Policy", pages.policy())
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")
        self.clear_header("Server")


class Page(SafeHandler):
    """A handler with the site at hand; without a log-in it leads to the log-in page."""

    site: Site
    open_to_all = False
    staff_only = False

    def initialize(self, site: Site) -> None:
        self.site = site
        self.person: Account | None = None

    async def prepare(self) -> None:
        self.site.follow_terms()
        if self.site.hub is None:
            self.person = self._from_header() if self.by_header else self._from_cookie()
        elif not self.open_to_all:
            self.person = await self._from_hub(self.site.hub)
        if self.open_to_all:
            return
        if self.person is None:
            if self.by_header or self.request.method != "GET":
                raise HTTPError(401, reason="expected a log-in")
            self.redirect(f"{self.site.base}/login?next={quote(self.request.path)}")
            raise Finish
        if self.staff_only and not self.person.staff:
            raise HTTPError(404)

    @property
    def by_header(self) -> bool:
        """Whether the request says by a header who asks; its cookies do not count then."""
        return self.request.headers.get("Authorization", "").startswith("Bearer ")

    def check_xsrf_cookie(self) -> None:
        if not self.by_header:  # no page elsewhere can send this header
            super().check_xsrf_cookie()

    async def _from_hub(self, hub: Hub) -> Account | None:
        now, address = time.time(), str(self.request.remote_ip)
        if self.by_header and not self.site.failed.balance(address, now).tokens:
            raise HTTPError(429, reason="too many failed log-ins")
        user = await hub.user(self)
        if user is None:
            if self.by_header:
                self.site.failed.note(address, now)
            return None
        if not user.allowed:
            self.say(
                403,
                f"JupyterHub knows you as {user.name[:100]}, and this log-in or token does not "
                "give access to this page. Please tell your teacher.",
            )
        people = self.site.terms.hub
        found = people.find(user.name, user.groups) if people else None
        if found is None:
            self.say(
                403,
                f"JupyterHub knows you as {user.name[:100]}, and nobody of this class has that "
                "name there. Please tell your teacher.",
            )
        return self.site.store.person_named(found.name, staff=found.staff)

    def _from_header(self) -> Account | None:
        now, address = time.time(), str(self.request.remote_ip)
        if not self.site.failed.balance(address, now).tokens:
            raise HTTPError(429, reason="too many failed log-ins")
        person = self.site.store.person_of(
            token_digest(self.request.headers["Authorization"].removeprefix("Bearer "))
        )
        if person is None:
            self.site.failed.note(address, now)
        return person

    def _from_cookie(self) -> Account | None:
        kept = (self.get_signed_cookie(COOKIE, max_age_days=DAYS) or b"").decode("ascii", "replace")
        ident, _, token = kept.partition(" ")
        person = (
            self.site.store.person(int(ident)) if ident.isdecimal() and len(ident) < 10 else None
        )
        return person if person and token == person.token[:16] else None

    def log_in(self, person: Account) -> None:
        """Give the browser the cookie of a person."""
        value = f"{person.id} {person.token[:16]}"
        self.set_signed_cookie(
            COOKIE,
            value,
            expires_days=DAYS,
            path=f"{self.site.base}/",
            httponly=True,
            samesite="Lax",
            secure=self.site.secure,
        )

    def lead_to(self, path: str) -> None:
        """Lead to a page of this site after a form was sent."""
        self.redirect(self.site.base + path, status=303)

    @property
    def who(self) -> Account:
        """Return the person who asks, where a log-in is needed."""
        assert self.person is not None
        return self.person

    def assignment(self, name: str) -> Terms:
        """Return the terms of an assignment that is served; 404 for all others."""
        if name not in self.site.served:
            raise HTTPError(404)
        return self.site.terms.of(name)

    def attempt(self, ident: str) -> Attempt:
        """Return an attempt that the person who asks may see; 404 for all others."""
        found = (
            self.site.store.attempt(int(ident)) if ident.isdecimal() and len(ident) < 10 else None
        )
        if found is None or not (found.person == self.who.id or self.who.staff):
            raise HTTPError(404)
        return found

    def refusal(self, name: str, now: float) -> str:
        """Return why nothing more is taken for an assignment; nothing if something is."""
        if name in self.site.store.closed():
            return self.language(
                f"{name} is closed: your teacher takes no more attempts. What you handed in is "
                "kept."
            )
        closes, own = self.site.terms.of(name).closes, self.site.store.extension(self.who.id, name)
        if closes is not None and now > max(closes, own or 0.0):
            closed = self.when(closes)
            return self.language(f"{name} closed on {closed}. What you handed in is kept.")
        return ""

    @property
    def language(self) -> Translation:
        """The language of the page; staff's pages are in English."""
        return ENGLISH if self.staff_only else self.site.say

    def when(self, time: float | None) -> str:
        """Return a time in the class's zone."""
        return pages.when(time, self.site.terms.zone)

    def show(self, template: str, title: str, **values: Any) -> None:
        """Answer with a page."""
        xsrf = Markup(self.xsrf_form_html())
        common = {
            "title": title,
            "person": self.person,
            "xsrf": xsrf,
            "when": self.when,
            "words": partial(pages.words, say=self.language),
            "base": self.site.base,
            "logout": self.site.hub.logout if self.site.hub else "",
        }
        self.finish(pages.render(template, self.language, **common, **values))

    def say(self, status: int, said: str, back: str = "/") -> NoReturn:
        """Answer with one sentence, as text where a program asks.

        Args:
            back: a path of this site.
        """
        self.set_status(status)
        said = self.language(said)
        if self.by_header:
            self.finish({"error": said})
        else:
            title = self.language("Not done")
            self.show("message", title, said=said, back=self.site.base + back)
        raise Finish

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        said = self.language(
            {
                400: "This request could not be read.",
                401: "Please log in first.",
                403: "This form is too old, or did not come from this site. Go back, load the "
                "page again, and send it once more.",
                404: "There is no such page, or it is not yours.",
                405: "This address does not take that.",
                429: "Too many log-ins have failed from your address. Wait a few minutes.",
                503: "JupyterHub does not answer, so nobody can be logged in right now. What you "
                "handed in is kept; try again in a few minutes.",
            }.get(
                status_code,
                "Something went wrong on our side. What you handed in before is kept; please try "
                "again.",
            )
        )
        self.set_header("Content-Security-Policy", pages.policy())
        if self.by_header:
            self.finish({"error": said})
        else:
            title = self.language("Not done")
            self.finish(pages.message(title, said, self.site.base, self.language))
