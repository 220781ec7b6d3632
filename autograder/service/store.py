"""Attempts and their results, as the database holds them; each method is one transaction."""

from __future__ import annotations

import secrets
import time
import zlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Select, and_, case, exists, func, insert, select, update

from . import database
from .budget import Balance, balance
from .database import ATTEMPT, CLOSED, CONTENT, EXTENSION, LOG, PERSON, RESULT, SECRET
from .login_tokens import attempt_seed, content_digest, new_token, token_digest
from .records import Account, Attempt, AttemptResult, ResultStanding, State, Upload

MOST_DEATHS = 2  # of workers in one lane, before an attempt leaves it
SQUEEZE = 1


class Store:
    """The store of one class."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    # -- secrets and people ------------------------------------------------------------------------

    def secret(self, name: str) -> str:
        """Return one of the class's secrets, drawn when it is first asked for."""
        with self.engine.begin() as db:
            found = db.execute(select(SECRET.c.value).where(SECRET.c.name == name)).scalar()
            if found is None:
                found = secrets.token_hex(32)
                db.execute(insert(SECRET).values(name=name, value=found))
        return str(found)

    def people(self) -> list[Account]:
        """Return everybody with a token, by name."""
        with self.engine.connect() as db:
            return [_person(row) for row in db.execute(select(PERSON).order_by(PERSON.c.name))]

    def person(self, ident: int) -> Account | None:
        """Return a person by id."""
        with self.engine.connect() as db:
            row = db.execute(select(PERSON).where(PERSON.c.id == ident)).first()
        return _person(row) if row else None

    def person_of(self, token: str) -> Account | None:
        """Return the person whose token has this digest."""
        with self.engine.connect() as db:
            row = db.execute(select(PERSON).where(PERSON.c.token == token)).first()
        return _person(row) if row else None

    def person_named(self, name: str, *, staff: bool) -> Account:
        """Return somebody whom another system has logged in; who is new is kept, with a token that
        nobody knows.
        """
        with self.engine.begin() as db:
            row = db.execute(select(PERSON).where(PERSON.c.name == name)).first()
            if row is None:
                values = {"name": name, "token": token_digest(new_token()), "staff": staff}
                db.execute(insert(PERSON).values(**values))
                _log(db, "log-in", f"{name}{' (staff)' if staff else ''} came for the first time")
            elif bool(row.staff) is not staff:
                db.execute(update(PERSON).where(PERSON.c.id == row.id).values(staff=staff))
                _log(db, "log-in", f"{name} is {'staff' if staff else 'no longer staff'} now")
            return _person(db.execute(select(PERSON).where(PERSON.c.name == name)).one())

    def set_token(self, name: str, token: str, *, staff: bool) -> None:
        """Give a person a token, by its digest; an older one is void from now on."""
        with self.engine.begin() as db:
            if not db.execute(
                update(PERSON).where(PERSON.c.name == name).values(token=token, staff=staff)
            ).rowcount:
                db.execute(insert(PERSON).values(name=name, token=token, staff=staff))
            _log(db, "tokens", f"a token for {name}{' (staff)' if staff else ''}")

    # -- handing in --------------------------------------------------------------------------------

    def hand_in(self, uploads: Sequence[Upload]) -> list[Attempt]:
        """Keep uploads in one transaction, and return the attempts that they are, in order."""
        secret = self.secret("seeds")
        with self.engine.begin() as db:
            idents = [self._hand_in(db, upload, secret) for upload in uploads]
        return [found for ident in idents if (found := self.attempt(ident))]

    def _hand_in(self, db: Connection, upload: Upload, secret: str) -> int:
        digest = content_digest(upload.content)
        mine = and_(ATTEMPT.c.person == upload.person.id, ATTEMPT.c.assignment == upload.assignment)
        before = db.execute(select(ATTEMPT).where(mine).order_by(ATTEMPT.c.number)).all()
        if before and before[-1].digest == digest:
            if upload.confirmed and before[-1].late and not before[-1].confirmed:
                db.execute(
                    update(ATTEMPT).where(ATTEMPT.c.id == before[-1].id).values(confirmed=True)
                )
            return int(before[-1].id)
        if not db.execute(select(CONTENT.c.digest).where(CONTENT.c.digest == digest)).first():
            db.execute(
                insert(CONTENT).values(digest=digest, bytes=zlib.compress(upload.content, SQUEEZE))
            )
        same = next(
            (one for one in reversed(before) if one.digest == digest and one.state == State.GRADED),
            None,
        )
        queued, not_before = upload.received, upload.received
        if same is None:
            replaced = [
                one
                for one in before
                if one.state in (State.WAITING, State.SLOW) and not one.regrade
            ]
            for one in replaced:
                db.execute(
                    update(ATTEMPT)
                    .where(ATTEMPT.c.id == one.id)
                    .values(state=State.SUPERSEDED, free=True)
                )
                queued = min(queued, one.queued)
            gone = {one.id for one in replaced}
            spent = [one.not_before for one in before if not one.free and one.id not in gone]
            not_before = balance(spent, upload.received, upload.burst, upload.refill).ready
        values = {
            "person": upload.person.id, "assignment": upload.assignment, "number": len(before) + 1, "digest": digest,
            "received": upload.received, "queued": queued, "not_before": not_before, "late": upload.late,
            "confirmed": upload.confirmed, "chosen": False, "seed": attempt_seed(secret, upload.assignment, upload.person.name, digest),
            "state": State.GRADED if same else State.WAITING, "slow": False, "regrade": False, "deaths": 0,
            "free": same is not None, "same_as": (same.same_as or same.id) if same else None,
        }  # fmt: skip
        ident = db.execute(insert(ATTEMPT).values(**values)).inserted_primary_key
        assert ident is not None
        _log(
            db,
            upload.person.name,
            f"handed in {upload.assignment}, attempt {len(before) + 1}, SHA-256 {digest}",
        )
        return int(ident[0])

    def balance(
        self, person: int, assignment: str, now: float, burst: int, refill: float
    ) -> Balance:
        """Return what feedback a student has left for the next attempt, which takes the place of
        one that waits; `refill` in seconds.
        """
        taken = ATTEMPT.c.state.not_in((State.WAITING, State.SLOW))
        mine = and_(
            ATTEMPT.c.person == person,
            ATTEMPT.c.assignment == assignment,
            ATTEMPT.c.free.is_(False),
            taken,
        )
        with self.engine.connect() as db:
            return balance(
                db.execute(select(ATTEMPT.c.not_before).where(mine)).scalars(), now, burst, refill
            )

    def recent(self, person: int, since: float) -> int:
        """Return how many attempts a student has handed in since a time."""
        with self.engine.connect() as db:
            mine = and_(ATTEMPT.c.person == person, ATTEMPT.c.received >= since)
            return int(
                db.execute(select(func.count()).select_from(ATTEMPT).where(mine)).scalar() or 0
            )

    # -- looking -----------------------------------------------------------------------------------

    def attempt(self, ident: int) -> Attempt | None:
        """Return an attempt by id."""
        return next(iter(self._attempts(_ATTEMPTS.where(ATTEMPT.c.id == ident))), None)

    def attempts(self, person: int | None = None, assignment: str | None = None) -> list[Attempt]:
        """Return attempts by student and number: all, or those of a student or of an assignment."""
        query = _ATTEMPTS
        if person is not None:
            query = query.where(ATTEMPT.c.person == person)
        if assignment is not None:
            query = query.where(ATTEMPT.c.assignment == assignment)
        return self._attempts(query.order_by(PERSON.c.name, ATTEMPT.c.assignment, ATTEMPT.c.number))

    def _attempts(self, query: Select[Any]) -> list[Attempt]:
        with self.engine.connect() as db:
            return [
                Attempt(**dict(row._mapping) | {"state": State(row.state)})
                for row in db.execute(query)
            ]

    def content(self, digest: str) -> bytes:
        """Return the bytes that were handed in."""
        with self.engine.connect() as db:
            return zlib.decompress(
                db.execute(select(CONTENT.c.bytes).where(CONTENT.c.digest == digest)).scalar_one()
            )

    def result(self, attempt: Attempt) -> AttemptResult | None:
        """Return the result of an attempt that is shown."""
        query = select(RESULT).where(
            RESULT.c.attempt == (attempt.same_as or attempt.id),
            RESULT.c.standing == ResultStanding.SHOWN,
        )
        with self.engine.connect() as db:
            row = db.execute(query).first()
        return (
            AttemptResult(
                row.fingerprint, row.score, row.most, row.seconds, row.marks, row.notebook
            )
            if row
            else None
        )

    def finished_since(self, since: float) -> int:
        """Return how many results have come since a time."""
        with self.engine.connect() as db:
            return int(
                db.execute(
                    select(func.count()).select_from(RESULT).where(RESULT.c.finished >= since)
                ).scalar()
                or 0
            )

    def position(self, attempt: Attempt) -> int:
        """Return how many attempts are before this one in its lane."""
        mine = select(ATTEMPT.c.queued).where(ATTEMPT.c.id == attempt.id).scalar_subquery()
        ahead = and_(
            ATTEMPT.c.state == attempt.state,
            ATTEMPT.c.queued < mine,
            ATTEMPT.c.not_before <= time.time(),
        )
        with self.engine.connect() as db:
            return int(
                db.execute(select(func.count()).select_from(ATTEMPT).where(ahead)).scalar() or 0
            )

    # -- the queue ---------------------------------------------------------------------------------

    def recover(self) -> int:
        """Have what an ended server was grading wait again, and return how many that were."""
        lane = case((ATTEMPT.c.slow.is_(True), State.SLOW), else_=State.WAITING)
        with self.engine.begin() as db:
            again = update(ATTEMPT).where(ATTEMPT.c.state == State.GRADING)
            regrades = again.where(_HAS_RESULT).values(state=State.GRADED)
            return int(
                db.execute(regrades).rowcount + db.execute(again.values(state=lane)).rowcount
            )

    def claim(self, lane: State, now: float) -> Attempt | None:
        """Take the next attempt of a lane; the one server that owns the store calls this."""
        ready = and_(ATTEMPT.c.state == lane, ATTEMPT.c.not_before <= now)
        return self._claim(
            select(ATTEMPT.c.id).where(ready).order_by(ATTEMPT.c.queued, ATTEMPT.c.id).limit(1)
        )

    def is_idle(self, now: float) -> bool:
        """Return whether nothing waits or is graded but regrades."""
        busy = and_(
            ATTEMPT.c.state.in_((State.WAITING, State.SLOW, State.GRADING)),
            ATTEMPT.c.not_before <= now,
        )
        with self.engine.connect() as db:
            return (
                db.execute(
                    select(ATTEMPT.c.id).where(busy, ATTEMPT.c.regrade.is_(False)).limit(1)
                ).first()
                is None
            )

    def claim_regrade(self) -> Attempt | None:
        """Take the next attempt that staff want graded again."""
        wanted = and_(ATTEMPT.c.state == State.GRADED, ATTEMPT.c.regrade.is_(True))
        return self._claim(select(ATTEMPT.c.id).where(wanted).order_by(ATTEMPT.c.id).limit(1))

    def _claim(self, query: Select[Any]) -> Attempt | None:
        with self.engine.begin() as db:
            ident = db.execute(query).scalar()
            if ident is None:
                return None
            db.execute(update(ATTEMPT).where(ATTEMPT.c.id == ident).values(state=State.GRADING))
        return self.attempt(ident)

    def give_back(self, attempt: Attempt) -> None:
        """Have an attempt wait again, for a reason that has nothing to do with it."""
        self._set(attempt, state=_lane(attempt))

    def slow_down(self, attempt: Attempt) -> None:
        """Move an attempt to the slow lane."""
        self._set(attempt, state=State.SLOW, slow=True, deaths=0)

    def note_death(self, attempt: Attempt) -> None:
        """Note that the worker which had an attempt ended.

        After two of them it changes the lane, or is unjudged.
        """
        if attempt.regrade:
            self._set(attempt, state=State.GRADED, regrade=False)
        elif attempt.deaths + 1 < MOST_DEATHS:
            self._set(attempt, state=_lane(attempt), deaths=attempt.deaths + 1)
        elif not attempt.slow:
            self.slow_down(attempt)
        else:
            self._set(attempt, state=State.UNJUDGED, free=True)

    def finish(self, attempt: Attempt, judged: AttemptResult, now: float) -> None:
        """Keep a result; the first is shown at once, a regrade's waits for staff."""
        values = {
            "attempt": attempt.id, "finished": now, "fingerprint": judged.fingerprint,
            "standing": ResultStanding.PROPOSED if attempt.regrade else ResultStanding.SHOWN,
            "score": judged.score, "most": judged.most, "seconds": judged.seconds, "marks": judged.marks, "notebook": judged.notebook,
        }  # fmt: skip
        with self.engine.begin() as db:
            earlier = RESULT.c.attempt == attempt.id, RESULT.c.standing == values["standing"]
            db.execute(update(RESULT).where(*earlier).values(standing=ResultStanding.PAST))
            db.execute(insert(RESULT).values(**values))
            free = attempt.free or judged.free
            db.execute(
                update(ATTEMPT)
                .where(ATTEMPT.c.id == attempt.id)
                .values(state=State.GRADED, free=free, regrade=False)
            )

    def unjudge(self, attempt: Attempt) -> None:
        """Note that the grader failed for an attempt; it costs nothing."""
        self._set(
            attempt,
            state=State.GRADED if attempt.regrade else State.UNJUDGED,
            free=True,
            regrade=False,
        )

    def _set(self, attempt: Attempt, **values: Any) -> None:
        with self.engine.begin() as db:
            db.execute(update(ATTEMPT).where(ATTEMPT.c.id == attempt.id).values(**values))

    # -- what students and staff decide ------------------------------------------------------------

    def choose(self, attempt: Attempt) -> None:
        """Have this attempt count, of all of its student's."""
        mine = and_(ATTEMPT.c.person == attempt.person, ATTEMPT.c.assignment == attempt.assignment)
        with self.engine.begin() as db:
            db.execute(update(ATTEMPT).where(mine).values(chosen=False))
            db.execute(
                update(ATTEMPT)
                .where(ATTEMPT.c.id == attempt.id)
                .values(chosen=True, confirmed=attempt.confirmed or attempt.late)
            )
            _log(db, attempt.name, f"chose attempt {attempt.number} of {attempt.assignment}")

    def closed(self) -> frozenset[str]:
        """Return the assignments that staff have closed."""
        with self.engine.connect() as db:
            return frozenset(db.execute(select(CLOSED.c.assignment)).scalars())

    def set_closed(self, assignment: str, actor: str, *, closed: bool) -> None:
        """Close an assignment, or open it again."""
        with self.engine.begin() as db:
            db.execute(CLOSED.delete().where(CLOSED.c.assignment == assignment))
            if closed:
                db.execute(insert(CLOSED).values(assignment=assignment))
            _log(db, actor, f"{'closed' if closed else 'opened'} {assignment}")

    def extension(self, person: int, assignment: str) -> float | None:
        """Return a student's own deadline, if there is one."""
        mine = and_(EXTENSION.c.person == person, EXTENSION.c.assignment == assignment)
        with self.engine.connect() as db:
            return db.execute(select(EXTENSION.c.due).where(mine)).scalar()

    def extend(self, person: Account, assignment: str, due: float, actor: str) -> None:
        """Give a student a deadline of their own.

        What they handed in between the two is in time from now on.
        """
        mine = and_(EXTENSION.c.person == person.id, EXTENSION.c.assignment == assignment)
        theirs = and_(ATTEMPT.c.person == person.id, ATTEMPT.c.assignment == assignment)
        with self.engine.begin() as db:
            db.execute(EXTENSION.delete().where(mine))
            db.execute(insert(EXTENSION).values(person=person.id, assignment=assignment, due=due))
            db.execute(update(ATTEMPT).where(theirs).values(late=ATTEMPT.c.received > due))
            _log(db, actor, f"extended {assignment} for {person.name}")

    def ask_again(self, attempts: Sequence[Attempt], actor: str) -> None:
        """Have attempts graded again; those without a result wait as if they had just come."""
        with self.engine.begin() as db:
            for one in attempts:
                if one.state is State.GRADED:
                    db.execute(
                        update(ATTEMPT)
                        .where(ATTEMPT.c.id == (one.same_as or one.id))
                        .values(regrade=True)
                    )
                elif one.state in (State.SUPERSEDED, State.UNJUDGED):
                    values = {
                        "state": State.SLOW,
                        "slow": True,
                        "deaths": 0,
                        "not_before": one.received,
                    }
                    db.execute(update(ATTEMPT).where(ATTEMPT.c.id == one.id).values(**values))
            _log(db, actor, f"asked for {len(attempts)} attempts to be graded again")

    def regraded(self, assignment: str) -> list[tuple[Attempt, float, float]]:
        """Return the attempts that have a result which is not shown, with the points that are shown
        and the new ones.
        """
        query = (
            select(RESULT.c.attempt, RESULT.c.score)
            .join(ATTEMPT)
            .where(RESULT.c.standing == ResultStanding.PROPOSED, ATTEMPT.c.assignment == assignment)
        )
        with self.engine.connect() as db:
            found = db.execute(query.order_by(RESULT.c.id)).all()
        made = [(one, row.score) for row in found if (one := self.attempt(row.attempt))]
        return [(one, one.score if one.score is not None else 0.0, score) for one, score in made]

    def accept(self, assignment: str, actor: str) -> int:
        """Show the new results of an assignment in the place of the old ones, which are kept.

        Return how many.
        """
        changed = self.regraded(assignment)
        with self.engine.begin() as db:
            for one, _, _ in changed:
                for before, after in (
                    (ResultStanding.SHOWN, ResultStanding.PAST),
                    (ResultStanding.PROPOSED, ResultStanding.SHOWN),
                ):
                    mine = RESULT.c.attempt == one.id, RESULT.c.standing == before
                    db.execute(update(RESULT).where(*mine).values(standing=after))
            _log(db, actor, f"accepted {len(changed)} new results of {assignment}")
        return len(changed)

    def log(self, most: int = 200) -> list[tuple[float, str, str]]:
        """Return the newest rows of the log: time, who, what."""
        with self.engine.connect() as db:
            rows = db.execute(select(LOG).order_by(LOG.c.id.desc()).limit(most)).all()
        return [(row.time, row.actor, row.what) for row in rows]


_HAS_RESULT = exists().where(
    RESULT.c.attempt == ATTEMPT.c.id, RESULT.c.standing == ResultStanding.SHOWN
)
_SHOWN = and_(
    RESULT.c.attempt == func.coalesce(ATTEMPT.c.same_as, ATTEMPT.c.id),
    RESULT.c.standing == ResultStanding.SHOWN,
)
_ATTEMPTS = (
    select(
        *(column for column in ATTEMPT.c if column.name != "queued"), PERSON.c.name, RESULT.c.score, RESULT.c.most
    )
    .join(PERSON, PERSON.c.id == ATTEMPT.c.person)
    .join(RESULT, _SHOWN, isouter=True)
)  # fmt: skip


def _lane(attempt: Attempt) -> State:
    return State.GRADED if attempt.regrade else State.SLOW if attempt.slow else State.WAITING


def _person(row: Any) -> Account:
    return Account(row.id, row.name, row.staff, row.token)


def _log(db: Connection, actor: str, what: str) -> None:
    db.execute(insert(LOG).values(time=time.time(), actor=actor, what=what))


def open_store(engine: Engine) -> Store:
    """Return the store of an open database, whole.

    Raises:
        UserError: its file is damaged.
    """
    if not database.is_whole(engine):
        from ..core.errors import UserError

        raise UserError(f"the store {engine.url} is damaged; restore it from a copy")
    return Store(engine)
