"""The tables of the store, and how a database is opened."""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Engine,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError, DBAPIError

from ..core.course import Course, without_password
from ..core.errors import UserError

METADATA = MetaData()

PERSON = Table(
    "person",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), unique=True, nullable=False),
    Column("token", String(64), unique=True, nullable=False),  # its SHA-256
    Column("staff", Boolean, nullable=False),
)
CONTENT = Table(
    "content",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("bytes", LargeBinary, nullable=False),  # by zlib
)
ATTEMPT = Table(
    "attempt",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("assignment", String(200), nullable=False),
    Column("number", Integer, nullable=False),  # of this student's attempts, from 1
    Column("digest", ForeignKey("content.digest"), nullable=False),
    Column("received", Float, nullable=False),  # seconds since 1970, by the server's clock
    Column("queued", Float, nullable=False),  # its place in the queue
    Column("not_before", Float, nullable=False),  # when its feedback may come, by the budget
    Column("late", Boolean, nullable=False),
    Column("confirmed", Boolean, nullable=False),  # that it counts although it is late
    Column("chosen", Boolean, nullable=False),  # by the student, as the one that counts
    Column("seed", BigInteger, nullable=False),
    Column("state", String(20), nullable=False),
    Column("slow", Boolean, nullable=False),  # whether it belongs to the slow lane
    Column("regrade", Boolean, nullable=False),  # whether staff want another result
    Column("deaths", Integer, nullable=False),  # of workers that had it
    Column("free", Boolean, nullable=False),  # whether it costs no feedback
    Column("same_as", ForeignKey("attempt.id")),  # the earlier attempt whose result it has
)
Index("attempt_of_person", ATTEMPT.c.person, ATTEMPT.c.assignment, ATTEMPT.c.number, unique=True)
Index("attempt_by_state", ATTEMPT.c.state, ATTEMPT.c.queued)
RESULT = Table(
    "result",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("attempt", ForeignKey("attempt.id"), nullable=False, index=True),
    Column("finished", Float, nullable=False),
    # of all that it depends on besides seed and bytes
    Column("fingerprint", String(64), nullable=False),
    # shown, proposed (a regrade that staff have not accepted) or past
    Column("standing", String(10), nullable=False),
    Column("score", Float, nullable=False),
    Column("most", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("marks", LargeBinary, nullable=False),
    Column("notebook", LargeBinary, nullable=False),
)
EXTENSION = Table(
    "extension",
    METADATA,
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("assignment", String(200), primary_key=True),
    Column("due", Float, nullable=False),
)
CLOSED = Table("closed", METADATA, Column("assignment", String(200), primary_key=True))
LOG = Table(
    "log",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("time", Float, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("what", Text, nullable=False),
)
SECRET = Table(
    "secret",
    METADATA,
    Column("name", String(20), primary_key=True),
    Column("value", String(64), nullable=False),
)


def default_url(course: Course) -> str:
    """Return where a class's store lies unless an address is given."""
    return f"sqlite:///{course.cache.with_name('service.db')}"


def open_database(course: Course, url: str | None = None) -> Engine:
    """Open the store's database, and make its tables if they are not there.

    Args:
        course: whose class folder holds the store, if it is SQLite's.
        url: of another database, as SQLAlchemy names it.

    Raises:
        UserError: the address is none, or there is no such database.
    """
    address = url or default_url(course)
    try:
        parsed = make_url(address)
        if parsed.get_backend_name() == "sqlite":
            _make_private(course, parsed.database)
        engine = create_engine(parsed, pool_pre_ping=parsed.get_backend_name() != "sqlite")
        if parsed.get_backend_name() == "sqlite":
            event.listen(engine, "connect", _set_up)
        METADATA.create_all(engine)
    except (ArgumentError, ImportError) as error:
        raise UserError(
            "--store: expected a database as SQLAlchemy names it, got "
            f"{without_password(address)} ({error})"
        ) from error
    except DBAPIError as error:
        reason = str(error.orig).splitlines()[0]
        raise UserError(
            f"the store {without_password(address)} cannot be opened: {reason}"
        ) from error
    return engine


def _make_private(course: Course, database: str | None) -> None:
    """Make SQLite's file before SQLite does, readable for its owner alone."""
    path = course.work / (database or "")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _set_up(connection: Any, record: object) -> None:
    """Have SQLite write to the disk before it says so, and take part in whole transactions."""
    for setting in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "busy_timeout = 30000",
    ):
        connection.execute(f"PRAGMA {setting}")


def is_whole(engine: Engine) -> bool:
    """Return whether SQLite finds its file undamaged; other databases look after themselves."""
    if engine.dialect.name != "sqlite":
        return True
    with engine.connect() as connection:
        return bool(connection.execute(text("PRAGMA integrity_check")).scalar() == "ok")
