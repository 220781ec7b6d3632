"""Results, kept by what they depend on, and notes of what was written down of them; one SQLite file
in the work folder.

SQLite, since an entry must be there as a whole or not at all, whenever the power to write ends; and
plain data in it, since a pickle runs what it holds. A damaged entry, or a damaged file, counts as
not there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from ..core.course import Course
from ..core.errors import UserError
from ..core.files import KEPT
from ..core.results import Graded, QuestionResult
from .keys import Key
from .serialize import DAMAGED, findings, packed, plain, questions, unpacked

VERSION = 1  # of the tables
_PASSING = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
}
_TABLES = f"""
CREATE TABLE result (key TEXT PRIMARY KEY, common TEXT, assignment TEXT, marks BLOB, notebook BLOB, unsure INTEGER);
CREATE INDEX by_common ON result (common);
CREATE TABLE note (assignment TEXT, student TEXT, note TEXT, PRIMARY KEY (assignment, student));
CREATE TABLE place (config TEXT, url TEXT);
PRAGMA user_version = {VERSION};
"""
# made where it is lacking, so that results of before stay
_PAGES = """
CREATE TABLE IF NOT EXISTS page (
    assignment TEXT, student TEXT, key TEXT, content TEXT, PRIMARY KEY (assignment, student)
)
"""


@dataclass(frozen=True)
class CachedResult:
    """A result as it is kept, without its notebook.

    Attributes:
        key: of all that it depends on.
        questions: what each question came to.
        digests: of what each question depends on alone.
        kinds: the kinds of its findings.
        unsure: whether a busy machine may have had a part in it, and it has not been graded again
            since.
    """

    key: str
    questions: tuple[QuestionResult, ...]
    digests: dict[str, str]
    kinds: frozenset[str]
    unsure: bool


@dataclass(frozen=True)
class Note:
    """What was written down of a student's result, as it was found when all of it was written.

    Attributes:
        key: of the result; a question mark behind it says that the next run is to grade it once
            more.
        by: a digest of what wrote it down.
        handed_in: the time of handing in, as it was given.
        automatic: a digest of what the gradebook holds that did not come from a person.
        by_hand: a digest of what a person added to it.
        notebook: size and time of the autograded notebook.
        page: the same of the feedback page; empty if none was written.
    """

    key: str
    by: str
    handed_in: str
    automatic: str
    by_hand: str
    notebook: str
    page: str


class Cache:
    """The results of a class; a context manager, to be used by one process at a time."""

    def __init__(self, course: Course) -> None:
        self._path = course.cache
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._db = self._opened()
        except sqlite3.Error as error:
            self._db = self._begun_anew(error)

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *exc: object) -> None:
        self._db.close()

    def holds(self, assignment: str) -> bool:
        """Whether there are any results of an assignment."""
        return bool(self._do("SELECT 1 FROM result WHERE assignment = ? LIMIT 1", assignment))

    def find(self, key: Key, student: str, assignment: str, seed: int) -> Graded | None:
        """Return a result with all that belongs to it, or None."""
        for marks, notebook in self._do(
            "SELECT marks, notebook FROM result WHERE key = ?", key.whole
        ):
            with suppress(*DAMAGED):
                told = unpacked(marks)
                return Graded(
                    student,
                    assignment,
                    seed,
                    questions(told),
                    findings(told),
                    unpacked(notebook),
                    told["seconds"],
                    told["walls"],
                )
        return None

    def nearest(self, key: Key) -> CachedResult | None:
        """Return the result of the same submission that holds still for the most questions, or
        None.
        """
        found = []
        for whole, marks, unsure in self._do(
            "SELECT key, marks, unsure FROM result WHERE common = ?", key.common
        ):
            with suppress(*DAMAGED):
                told = unpacked(marks)
                kinds = frozenset(finding.kind for finding in findings(told))
                found.append(
                    CachedResult(whole, questions(told), told["digests"], kinds, bool(unsure))
                )
        return max(
            found,
            key=lambda kept: (kept.key == key.whole, len(key.alike(kept.digests))),
            default=None,
        )

    def add(self, key: Key, graded: Graded, unsure: bool) -> None:
        """Keep a result."""
        row = (
            key.whole,
            key.common,
            graded.assignment,
            packed(plain(graded, key.questions)),
            packed(graded.notebook),
            unsure,
        )
        self._do("INSERT OR REPLACE INTO result VALUES (?, ?, ?, ?, ?, ?)", *row)

    def drop(self, key: Key) -> None:
        """Forget all that is known of a submission."""
        self._do("DELETE FROM result WHERE common = ?", key.common)

    def notes(self, assignment: str) -> dict[str, Note]:
        """Return what was written down, by student."""
        rows = self._do("SELECT student, note FROM note WHERE assignment = ?", assignment)
        return {student: note for student, text in rows if (note := _note(text))}

    def note(self, assignment: str, student: str) -> Note | None:
        """Return what was written down of one student."""
        rows = self._do(
            "SELECT note FROM note WHERE assignment = ? AND student = ?", assignment, student
        )
        return _note(rows[0][0]) if rows else None

    def write_note(self, assignment: str, student: str, note: Note) -> None:
        """Note that all of a student's result has been written down."""
        self._do(
            "INSERT OR REPLACE INTO note VALUES (?, ?, ?)",
            assignment,
            student,
            json.dumps(asdict(note)),
        )

    def pages(self, assignment: str) -> dict[str, tuple[str, str]]:
        """Return by student what the page that was written depends on, and what it was, both as
        digests.
        """
        rows = self._do("SELECT student, key, content FROM page WHERE assignment = ?", assignment)
        return {student: (key, content) for student, key, content in rows}

    def write_page(self, assignment: str, student: str, key: str, content: str) -> None:
        """Note that a student's page was written."""
        self._do(
            "INSERT OR REPLACE INTO page VALUES (?, ?, ?, ?)", assignment, student, key, content
        )

    def gradebook(self, config: str) -> str | None:
        """Where the gradebook lay when the class's settings had this digest, if that is known."""
        return next(
            (url for (url,) in self._do("SELECT url FROM place WHERE config = ?", config)), None
        )

    def write_gradebook(self, config: str, url: str) -> None:
        """Note where the gradebook lies."""
        if self.gradebook(config) != url:
            self._do("DELETE FROM place")
            self._do("INSERT INTO place VALUES (?, ?)", config, url)

    def forget(self, assignment: str, but: Collection[str]) -> None:
        """Drop the results of an assignment that are not written down for anybody, but for some
        keys.
        """
        used = {note.key.rstrip("?") for note in self.notes(assignment).values()} | set(but)
        for (key,) in self._do("SELECT key FROM result WHERE assignment = ?", assignment):
            if key not in used:
                self._do("DELETE FROM result WHERE key = ?", key)
        self._do("PRAGMA incremental_vacuum")

    def _do(self, statement: str, *values: Any) -> list[Any]:
        try:
            return self._db.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            self._db.close()
            self._db = self._begun_anew(error)
        return self._db.execute(statement, values).fetchall()

    def _opened(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level=None)
        try:
            # a killed process loses nothing by it; after a power cut, what is damaged shows
            db.execute("PRAGMA synchronous = OFF")
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version == 0 and not db.execute("SELECT 1 FROM sqlite_master").fetchall():
                db.execute("PRAGMA auto_vacuum = INCREMENTAL")
                db.executescript(f"BEGIN; {_TABLES} COMMIT;")
            elif version != VERSION:
                raise sqlite3.DatabaseError(f"tables of version {version}")
            db.execute(_PAGES)
        except BaseException:
            db.close()
            raise
        return db

    def _begun_anew(self, error: sqlite3.Error) -> sqlite3.Connection:
        """Put an empty file in a damaged one's place: nothing is lost by it that cannot be graded
        again.
        """
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _PASSING:
            raise UserError(f"{self._path}: {error}; {KEPT}") from error
        self._path.unlink(missing_ok=True)
        return self._opened()


def _note(text: str) -> Note | None:
    with suppress(*DAMAGED):
        return Note(**json.loads(text))
    return None
