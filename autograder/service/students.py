"""Students' pages: log in, see the assignments, hand in, read feedback."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup
from tornado.web import HTTPError

from . import feedback_levels, pages
from .login_tokens import token_digest
from .records import OPEN, Attempt, State, Upload, counting
from .site import COOKIE, MOST_MB, Page, own_path, too_large
from .terms import Level

PATIENCE = 20.0  # s that the page of an attempt waits for its result, so that no script is needed
LONG = 2.5  # s; a grading that takes longer is announced
MOST_RECENT, RECENT = 60, 600.0  # uploads of one student, in so many seconds


class Login(Page):
    """Exchanges a token for a cookie."""

    open_to_all = True

    def get(self) -> None:
        self.show(
            "login", self.language("Log in"), next=self._onward(self.get_query_argument), problem=""
        )

    def post(self) -> None:
        now, address = time.time(), str(self.request.remote_ip)
        left, onward = (
            self.site.failed.balance(address, now),
            self._onward(self.get_body_argument),
        )
        if not left.tokens:
            self.say(
                429,
                "Too many log-ins have failed from your address. Try again at "
                f"{self.when(left.ready)}.",
                "/login",
            )
        person = self.site.store.person_of(token_digest(self.get_body_argument("token", "")))
        if person is None:
            self.site.failed.note(address, now)
            self.set_status(401)
            self.show(
                "login",
                self.language("Log in"),
                next=onward,
                problem=self.language(
                    "This is not a token of this class. Copy it as a whole, from the sheet or the "
                    "message."
                ),
            )
            return
        self.log_in(person)
        self.redirect(onward, status=303)

    def _onward(self, asked: Callable[[str, str], str]) -> str:
        """Return the page after the log-in."""
        return own_path(asked("next", ""), f"{self.site.base}/")


class Logout(Page):
    """Ends a log-in."""

    def post(self) -> None:
        self.clear_cookie(COOKIE, path=f"{self.site.base}/")
        self.lead_to("/login")


@dataclass(frozen=True)
class _Row:
    name: str
    due: str
    closed: bool
    attempts: int
    counts: Attempt | None
    words: str


class Home(Page):
    """All assignments."""

    def get(self) -> None:
        rows, now = [], time.time()
        for name in self.site.served:
            mine = self.site.store.attempts(self.who.id, name)
            counts = counting(mine)
            due = self.when(self.site.due(self.who, name))
            rows.append(
                _Row(
                    name,
                    due,
                    bool(self.refusal(name, now)),
                    len(mine),
                    counts,
                    pages.words(counts, self.language) if counts else "",
                )
            )
        self.show("home", self.language("Assignments"), rows=rows)


class AssignmentPage(Page):
    """One assignment: its form, its budget, the student's attempts; takes a notebook."""

    def get(self, name: str) -> None:
        terms, now = self.assignment(name), time.time()
        due, mine = self.site.due(self.who, name), self.site.store.attempts(self.who.id, name)
        left = self.site.store.balance(self.who.id, name, now, terms.burst, terms.refill * 60)
        took = self.site.lanes.reference.get(name, 0.0) if self.site.lanes else 0.0
        self.show(
            "assignment",
            name,
            name=name,
            due=self.when(due),
            extended=self.site.store.extension(self.who.id, name) is not None,
            late=due is not None and now > due,
            refused=self.refusal(name, now),
            balance=left,
            ready=self.when(left.ready),
            next=self.when(left.next),
            attempts=mine[::-1],
            counts=counting(mine),
            most_mb=MOST_MB,
            long=round(took) if took > LONG else 0,
        )

    async def post(self, name: str) -> None:
        terms, now = self.assignment(name), time.time()
        back = f"/a/{name}"
        if said := self.refusal(name, now):
            self.say(403, said, back)
        files = self.request.files.get("notebook", [])
        if len(files) != 1 or not files[0].body:
            got = self.language(
                "two or more files" if len(files) > 1 else "an empty file" if files else "no file"
            )
            self.say(
                400,
                f"Expected one file, {name}.ipynb, got {got}. Choose the notebook, then press "
                "Hand in.",
                back,
            )
        if len(files[0].body) > MOST_MB << 20:
            self.say(413, too_large(len(files[0].body), self.language), back)
        if self.site.store.recent(self.who.id, now - RECENT) >= MOST_RECENT:
            self.say(
                429,
                f"You have handed in {MOST_RECENT} times in {RECENT / 60:g} minutes. Wait a "
                "few minutes; what you handed in is kept.",
                back,
            )
        due = self.site.due(self.who, name)
        late, confirmed = (
            due is not None and now > due,
            self.get_body_argument("confirmed", "") == "yes",
        )
        upload = Upload(
            self.who, name, files[0].body, now, late, confirmed, terms.burst, terms.refill * 60
        )
        attempt = await self.site.intake.hand_in(upload)
        if self.site.lanes:
            self.site.lanes.ring()
        if self.by_header:
            self.set_status(201)
            self.finish(
                {
                    "attempt": attempt.number,
                    "digest": attempt.digest,
                    "received": self.when(attempt.received),
                    "url": f"/attempt/{attempt.id}",
                }
            )
        else:
            self.lead_to(f"/attempt/{attempt.id}")


class AttemptPage(Page):
    """The receipt of one attempt, and its feedback as soon as there is any."""

    async def get(self, ident: str) -> None:
        attempt = self.attempt(ident)
        now = time.time()
        if attempt.state in OPEN and attempt.not_before <= now + PATIENCE:
            await self.site.wait_for(attempt.id, PATIENCE)
            attempt = self.attempt(ident)
        receipt = Markup(
            pages.render(
                "receipt",
                self.language,
                attempt=attempt,
                person=self.who,
                when=self.when,
                same_as=attempt.same_as,
                base=self.site.base,
            )
        )
        judged = self.site.store.result(attempt)
        if judged is None:
            self.show(
                "attempt",
                attempt.assignment,
                attempt=attempt,
                receipt=receipt,
                waiting=self._waiting(attempt),
                again=attempt.state in OPEN,
            )
            return
        owner = self.site.store.person(attempt.person)
        assert owner is not None
        level = self.site.terms.of(attempt.assignment).level(
            time.time(), self.site.due(owner, attempt.assignment)
        )
        if self.who.staff:
            level = Level.HINTS
        if level is Level.POINTS:
            graded = feedback_levels.graded_of(judged, attempt)
            notes = [self.language(note.message) for note in feedback_levels.notes_of(graded)]
            self.show(
                "attempt",
                attempt.assignment,
                attempt=attempt,
                receipt=receipt,
                points=feedback_levels.points_of(graded),
                notes=notes,
            )
            return
        self.set_header("Content-Security-Policy", pages.FRAMES)
        self.finish(feedback_levels.feedback(judged, attempt, level, receipt, self.language))

    def _waiting(self, attempt: Attempt) -> str:
        say = self.language
        if attempt.state is State.WAITING and attempt.not_before > time.time():
            return say(
                "You had no feedback left. Your attempt is kept, and its feedback comes at "
                f"{self.when(attempt.not_before)}, unless you hand in another before."
            )
        if attempt.state is State.SLOW:
            return say(
                "This notebook takes long, so it is in the slow lane, with "
                f"{self.site.store.position(attempt)} before it. You can close this page and come "
                "back."
            )
        if attempt.state is State.WAITING:
            before = self.site.store.position(attempt)
            return say(f"Your attempt is kept and waits to be graded, with {before} before it.")
        return say(f"Your attempt is kept: {pages.words(attempt, say)}.")


class Choose(Page):
    """Has one attempt count instead of the last one."""

    def post(self, ident: str) -> None:
        attempt = self.attempt(ident)
        if attempt.person != self.who.id:
            raise HTTPError(404)
        back = f"/a/{attempt.assignment}"
        if said := self.refusal(attempt.assignment, time.time()):
            self.say(403, said, back)
        self.site.store.choose(attempt)
        self.lead_to(back)


class OwnNotebook(Page):
    """The bytes that were handed in."""

    def get(self, ident: str) -> None:
        attempt = self.attempt(ident)
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header(
            "Content-Disposition",
            f'attachment; filename="{attempt.assignment}-attempt-{attempt.number}.ipynb"',
        )
        self.finish(self.site.store.content(attempt.digest))
