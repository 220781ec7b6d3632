"""Which answer a mark was given for, so that a mark given by hand is looked at again only where
that answer has changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from ..core.assignment import question_of, text_of
from ..core.results import Notebook

TABLE = "autograder_answer"
_MAKE = (
    f"CREATE TABLE IF NOT EXISTS {TABLE} (notebook_id VARCHAR(32) PRIMARY KEY, digests TEXT "
    "NOT NULL)"
)
_READ = f"SELECT digests FROM {TABLE} WHERE notebook_id = :notebook"
_WRITE = (
    f"INSERT INTO {TABLE} VALUES (:notebook, :digests) ON CONFLICT (notebook_id) DO UPDATE "
    "SET digests = excluded.digests"
)


def make_table(connection: Any) -> None:
    """Make the table of answers in a gradebook that lacks it."""
    connection.execute(text(_MAKE))


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


def _content(cell: dict[str, Any]) -> list[Any]:
    return [text_of(cell).strip(), cell.get("attachments") or {}]
