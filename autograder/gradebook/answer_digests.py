"""Which answer a mark was given for, so that a mark given by hand is looked at again only where
that answer has changed.

While a mark waits since the answer has changed, the answer that it was given for is kept: once the
answer is that one again, nobody has to judge it. A mark that waits for another reason is kept with
no answer, and waits for a person in any case.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from ..core.assignment import question_of, text_of
from ..core.results import Notebook

TABLE = "autograder_answer"
JUDGED = "autograder_judged"  # by cell, the answer that a waiting mark was given for
_MAKE = (
    f"CREATE TABLE IF NOT EXISTS {TABLE} (notebook_id VARCHAR(32) PRIMARY KEY, digests TEXT "
    "NOT NULL)"
)
_READ = f"SELECT digests FROM {TABLE} WHERE notebook_id = :notebook"
_WRITE = (
    f"INSERT INTO {TABLE} VALUES (:notebook, :digests) ON CONFLICT (notebook_id) DO UPDATE "
    "SET digests = excluded.digests"
)
_MAKE_JUDGED = (
    f"CREATE TABLE IF NOT EXISTS {JUDGED} (notebook_id VARCHAR(32), cell VARCHAR(128), answer "
    "VARCHAR(64) NOT NULL, PRIMARY KEY (notebook_id, cell))"
)
_READ_JUDGED = f"SELECT cell, answer FROM {JUDGED} WHERE notebook_id = :notebook"
_FORGET_JUDGED = f"DELETE FROM {JUDGED} WHERE notebook_id = :notebook"
_WRITE_JUDGED = f"INSERT INTO {JUDGED} VALUES (:notebook, :cell, :answer)"


@dataclass(frozen=True)
class EarlierWork:
    """What is known of the notebook that was graded before this one; nothing by default.

    Attributes:
        alike: the digests of its written answers, by cell, that are the same as now but for text of
            the course.
        only: whether the student has submitted one notebook alone.
    """

    alike: Mapping[str, str] = field(default_factory=dict)
    only: bool = False


def make_table(connection: Any) -> None:
    """Make the tables of answers in a gradebook that lacks them."""
    connection.execute(text(_MAKE))
    connection.execute(text(_MAKE_JUDGED))


def answers(notebook: Notebook) -> dict[str, str]:
    """Return a digest of the answer behind each graded cell: the cell itself if it is written, else
    its question's solution cells.
    """
    metas = [(cell, cell["metadata"].get("nbgrader", {})) for cell in notebook["cells"]]
    solutions: dict[str, list[Any]] = {}
    for cell, meta in metas:
        if meta.get("solution") and not meta.get("grade"):
            solutions.setdefault(question_of(meta["grade_id"]), []).append(
                [meta["grade_id"], *_content(cell)]
            )
    found = {}
    for cell, meta in metas:
        if meta.get("grade"):
            content = (
                _content(cell)
                if meta.get("solution")
                else solutions.get(question_of(meta["grade_id"]), [])
            )
            found[meta["grade_id"]] = hashlib.blake2b(
                json.dumps(content, sort_keys=True).encode(), digest_size=12
            ).hexdigest()
    return found


def recorded_answers(db: Any, notebook: str) -> Mapping[str, str]:
    """Return what `record_answers` wrote of a submitted notebook, by its id in the gradebook; empty
    where nothing was written.
    """
    row = db.execute(text(_READ), {"notebook": notebook}).first()
    return dict(json.loads(row[0])) if row else {}


def record_answers(db: Any, notebook: str, digests: Mapping[str, str]) -> None:
    """Write which answers were graded; the caller commits."""
    db.execute(
        text(_WRITE), {"notebook": notebook, "digests": json.dumps(dict(digests), sort_keys=True)}
    )


def judged_answers(db: Any, notebook: str) -> dict[str, str]:
    """Return the answers that waiting marks of a submitted notebook were given for, by cell; empty
    texts where they wait for another reason.
    """
    return dict(db.execute(text(_READ_JUDGED), {"notebook": notebook}).all())


def record_judged(db: Any, notebook: str, judged: Mapping[str, str]) -> None:
    """Write which answers waiting marks were given for; the caller commits."""
    db.execute(text(_FORGET_JUDGED), {"notebook": notebook})
    for cell, answer in judged.items():
        row = {"notebook": notebook, "cell": cell, "answer": answer}
        db.execute(text(_WRITE_JUDGED), row)


def _content(cell: dict[str, Any]) -> list[Any]:
    return [text_of(cell).strip(), cell.get("attachments") or {}]
