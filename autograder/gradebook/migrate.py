"""Brings the gradebook in line with an assignment that was changed after it was graded, in one
transaction.

nbgrader refuses to add or remove cells once there are submissions. Here all that a person gave
stays: a cell that was only renamed keeps its rows, and what was given for a removed cell is set
aside in a table of its own, from where it returns if the cell does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from ..core.assignment import Assignment
from .answer_digests import JUDGED
from .structure import (
    ASIDE,
    QUERY,
    Kind,
    Part,
    Structure,
    from_rows,
    renamed,
    sources_of,
    structure_of,
)

_TABLE = f"""
CREATE TABLE IF NOT EXISTS {ASIDE} (
    notebook_id VARCHAR(32) NOT NULL, name VARCHAR(128) NOT NULL, manual_score FLOAT, extra_credit FLOAT, manual_comment TEXT,
    PRIMARY KEY (notebook_id, name)
)
"""
_KEEP_GRADES = f"""
INSERT INTO {ASIDE} (notebook_id, name, manual_score, extra_credit)
SELECT notebook_id, CAST(:name AS VARCHAR), manual_score, extra_credit FROM grade
WHERE cell_id = :cell AND (manual_score IS NOT NULL OR extra_credit IS NOT NULL)
ON CONFLICT (notebook_id, name) DO UPDATE SET manual_score = excluded.manual_score, extra_credit = excluded.extra_credit
"""
_KEEP_COMMENTS = f"""
INSERT INTO {ASIDE} (notebook_id, name, manual_comment)
SELECT notebook_id, CAST(:name AS VARCHAR), manual_comment FROM comment WHERE cell_id = :cell AND manual_comment IS NOT NULL
ON CONFLICT (notebook_id, name) DO UPDATE SET manual_comment = excluded.manual_comment
"""
_BRING_GRADES = f"""
UPDATE grade SET needs_manual_grade = TRUE,
manual_score = (SELECT s.manual_score FROM {ASIDE} s WHERE s.name = :name AND s.notebook_id = grade.notebook_id),
extra_credit = (SELECT s.extra_credit FROM {ASIDE} s WHERE s.name = :name AND s.notebook_id = grade.notebook_id)
WHERE cell_id = :cell AND notebook_id IN (
    SELECT s.notebook_id FROM {ASIDE} s WHERE s.name = :name AND (s.manual_score IS NOT NULL OR s.extra_credit IS NOT NULL))
"""
_BRING_COMMENTS = f"""
UPDATE comment SET manual_comment = (SELECT s.manual_comment FROM {ASIDE} s WHERE s.name = :name AND s.notebook_id = comment.notebook_id)
WHERE cell_id = :cell AND notebook_id IN (SELECT s.notebook_id FROM {ASIDE} s WHERE s.name = :name AND s.manual_comment IS NOT NULL)
"""
_LOOK_AGAIN = """
UPDATE grade SET needs_manual_grade = TRUE WHERE cell_id = :cell AND manual_score IS NOT NULL
AND EXISTS (SELECT 1 FROM grade_cells g WHERE g.id = :cell AND g.max_score <> :points)
"""
_OF_NOTEBOOK = "notebook_id IN (SELECT id FROM submitted_notebook WHERE notebook_id = :notebook)"
# a mark that waits for another reason than its answer waits whatever the answer becomes
_WAIT_ANYWAY = f"""
INSERT INTO {JUDGED} SELECT grade.notebook_id, CAST(:name AS VARCHAR), '' FROM grade
WHERE cell_id = :cell AND manual_score IS NOT NULL AND needs_manual_grade
ON CONFLICT (notebook_id, cell) DO UPDATE SET answer = ''
"""
_RENAME_JUDGED = f"UPDATE {JUDGED} SET cell = :new WHERE cell = :old AND {_OF_NOTEBOOK}"
_FORGET_JUDGED = f"DELETE FROM {JUDGED} WHERE cell = :name AND {_OF_NOTEBOOK}"
_FORGET = (
    f"DELETE FROM {ASIDE} WHERE name = :name AND notebook_id IN (SELECT id FROM "
    "submitted_notebook WHERE notebook_id = :notebook)"
)


def make_table(connection: Any) -> None:
    """Make the table of what is set aside in a gradebook that lacks it."""
    connection.execute(text(_TABLE))


def held_structure(db: Any, name: str) -> Structure:
    """Return the structure that the gradebook holds of an assignment; empty if it knows none."""
    return from_rows(db.execute(text(QUERY.format(":name")), {"name": name}).all())


def migrate(db: Any, notebook: str, assignment: Assignment) -> None:
    """Bring the gradebook in line with an assignment.

    Args:
        db: nbgrader's session; everything is committed at the end, or nothing.
        notebook: the id of the assignment's notebook in the gradebook.
        assignment: as it is now.
    """
    try:
        _follow(db, notebook, assignment)
        db.commit()
    except BaseException:
        db.rollback()
        raise
    db.expire_all()


def _follow(db: Any, notebook: str, assignment: Assignment) -> None:
    here = {"notebook": notebook}
    held, wanted = held_structure(db, assignment.name), structure_of(assignment)
    texts = dict(
        db.execute(
            text("SELECT name, source FROM source_cell WHERE notebook_id = :notebook"), here
        ).all()
    )
    for one in renamed(held, wanted, texts, sources_of(assignment)):
        for table in ("base_cell", "source_cell"):
            names = {**here, "old": one.old, "new": one.new}
            db.execute(
                text(
                    f"UPDATE {table} SET name = :new WHERE notebook_id = :notebook AND name = :old"
                ),
                names,
            )
        db.execute(text(_RENAME_JUDGED), {**here, "old": one.old, "new": one.new})
    rows = db.execute(
        text("SELECT type, name, id FROM base_cell WHERE notebook_id = :notebook"), here
    ).all()
    cells = {(kind, name): ident for kind, name, ident in rows}
    parts = {(str(part.kind), part.name): part for part in wanted if part.kind is not Kind.SOURCE}
    for key, ident in cells.items():
        if key not in parts:
            db.execute(text(_FORGET_JUDGED), {**here, "name": key[1]})
            _remove(db, key[1], ident)
    submissions = [
        ident
        for (ident,) in db.execute(
            text("SELECT id FROM submitted_notebook WHERE notebook_id = :notebook"), here
        )
    ]
    for key, part in parts.items():
        if key not in cells:
            _add(db, notebook, part, submissions)
        elif part.kind is Kind.GRADE:
            values: dict[str, Any] = {
                "cell": cells[key],
                "points": part.points,
                "type": part.cell_type,
            }
            if db.execute(text(_LOOK_AGAIN), values).rowcount:
                db.execute(text(_WAIT_ANYWAY), {"cell": cells[key], "name": part.name})
            db.execute(
                text(
                    "UPDATE grade_cells SET max_score = :points, cell_type = :type WHERE id = :cell"
                ),
                values,
            )
    for name in {name for kind, name in parts if (kind, name) not in cells}:
        db.execute(text(_FORGET), {"name": name, **here})
    _replace_sources(db, notebook, assignment)


def _remove(db: Any, name: str, ident: str) -> None:
    for statement in (_KEEP_GRADES, _KEEP_COMMENTS):
        db.execute(text(statement), {"name": name, "cell": ident})
    for table, column in (
        ("grade", "cell_id"),
        ("comment", "cell_id"),
        ("grade_cells", "id"),
        ("solution_cells", "id"),
        ("task_cells", "id"),
    ):
        db.execute(text(f"DELETE FROM {table} WHERE {column} = :cell"), {"cell": ident})
    db.execute(text("DELETE FROM base_cell WHERE id = :cell"), {"cell": ident})


def _add(db: Any, notebook: str, part: Part, submissions: Iterable[str]) -> None:
    ident = uuid4().hex
    values: dict[str, Any] = {
        "cell": ident,
        "name": part.name,
        "notebook": notebook,
        "kind": str(part.kind),
    }
    db.execute(
        text(
            "INSERT INTO base_cell (id, name, notebook_id, type) VALUES (:cell, :name, "
            ":notebook, :kind)"
        ),
        values,
    )
    rows = [{"id": uuid4().hex, "cell": ident, "notebook": one} for one in submissions]
    if part.kind is Kind.GRADE:
        values |= {"points": part.points, "type": part.cell_type}
        db.execute(
            text(
                "INSERT INTO grade_cells (id, max_score, cell_type) VALUES (:cell, :points, :type)"
            ),
            values,
        )
        # nobody is asked to grade by hand what the next grading judges; a written answer waits for
        # a person
        waits = "TRUE" if part.cell_type == "markdown" else "FALSE"
        insert = (
            "INSERT INTO grade (id, cell_id, notebook_id, needs_manual_grade) VALUES (:id, "
            f":cell, :notebook, {waits})"
        )
        bring = _BRING_GRADES
    else:
        db.execute(text("INSERT INTO solution_cells (id) VALUES (:cell)"), values)
        insert, bring = (
            "INSERT INTO comment (id, cell_id, notebook_id) VALUES (:id, :cell, :notebook)",
            _BRING_COMMENTS,
        )
    if rows:
        db.execute(text(insert), rows)
        db.execute(text(bring), {"name": part.name, "cell": ident})
        if part.kind is Kind.GRADE:
            db.execute(text(_WAIT_ANYWAY), {"cell": ident, "name": part.name})


def _replace_sources(db: Any, notebook: str, assignment: Assignment) -> None:
    """Nothing refers to source cells: all of them are written anew."""
    db.execute(
        text("DELETE FROM source_cell WHERE notebook_id = :notebook"), {"notebook": notebook}
    )
    texts = sources_of(assignment)
    rows = [
        {
            "id": uuid4().hex,
            "name": part.name,
            "type": part.cell_type,
            "locked": part.locked,
            "source": texts[part.name],
            "checksum": part.checksum,
            "notebook": notebook,
        }
        for part in structure_of(assignment)
        if part.kind is Kind.SOURCE
    ]
    insert = "INSERT INTO source_cell (id, name, cell_type, locked, source, checksum, notebook_id)"
    if rows:
        db.execute(
            text(f"{insert} VALUES (:id, :name, :type, :locked, :source, :checksum, :notebook)"),
            rows,
        )
