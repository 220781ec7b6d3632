"""Take an assignment's groups over from a table into `class.toml`.

Canvas: the export of a group set (name, canvas_user_id, login_id, group_name). Any other: a table
with the columns `id`, as in `roster.csv`, and `group`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

from ..core.course import Course
from ..core.errors import UserError
from ..core.files import write_whole
from .new import PRIVATE
from .reader import read_class
from .roster import Person, Roster, read_roster, read_table

SHOWN = 10  # mistakes that one message names


def add_groups(course: Course, name: str, table: Path) -> tuple[Path, int, int]:
    """Write the groups of an assignment at the end of `class.toml`, and return its path, the number
    of groups and that of their members.

    Raises:
        UserError: `class.toml` has groups of it already, or either file has mistakes; nothing is
            written then.
    """
    settings, roster = read_class(course), read_roster(course)
    if roster is None:
        raise UserError("groups need roster.csv; first: autograder class new --roster FILE")
    if settings is not None and settings.groups.get(name):
        raise UserError(
            f'{course.class_file} has groups of {name} already; take the table [groups."{name}"] '
            "out to make it anew"
        )
    groups = _read(table, roster)
    lines = [f"{_text(group)} = [{', '.join(map(_text, ids))}]" for group, ids in groups.items()]
    before = course.class_file.read_text(encoding="utf-8-sig") if settings is not None else ""
    made = "\n".join([before.rstrip("\n"), "", f"[groups.{_text(name)}]", *lines, ""]).lstrip("\n")
    try:
        tomllib.loads(made)
    except tomllib.TOMLDecodeError as error:
        raise UserError(
            f"{course.class_file}: the groups cannot stand at its end ({error})"
        ) from error
    write_whole(course.class_file, made, PRIVATE)
    return course.class_file, len(groups), sum(map(len, groups.values()))


def _text(text: str) -> str:
    """Return a text as TOML writes it; JSON writes texts alike."""
    return json.dumps(text, ensure_ascii=False)


def _read(path: Path, roster: Roster) -> dict[str, list[str]]:
    """Return the ids of each group's members; who is in no group is left out."""
    heading, rows = read_table(path)
    names = [name.strip().lower() for name in heading]
    canvas = {"group_name", "canvas_user_id"} <= set(names)
    if not canvas and not {"id", "group"} <= set(names):
        raise UserError(
            f"{path}:1: expected the export of Canvas's group set (name, canvas_user_id, login_id, "
            f"group_name) or the columns id and group, got {', '.join(heading)[:200]}"
        )
    groups, of, problems = dict[str, list[str]](), dict[str, str](), list[str]()
    for line, row in rows:
        cells = dict(zip(names, (cell.strip() for cell in row), strict=False))
        group = cells.get("group_name" if canvas else "group", "")
        person = _canvas(cells, roster) if canvas else roster.get(cells.get("id", ""))
        if not group:
            continue
        if person is None:
            shown = cells.get("name") or cells.get("id", "")
            problems.append(f"{path}:{line}: {shown!r} of {group!r} is not in roster.csv")
        elif of.setdefault(person.id, group) != group:
            problems.append(f"{path}:{line}: {person.id} is in {of[person.id]!r} and in {group!r}")
        elif person.id not in groups.setdefault(group, []):
            groups[group].append(person.id)
    if problems:
        more = len(problems) - SHOWN
        raise UserError("\n".join([*problems[:SHOWN], *([f"and {more} more"] if more > 0 else [])]))
    if not groups:
        raise UserError(f"{path}: nobody is in a group there")
    return groups


def _canvas(cells: Mapping[str, str], roster: Roster) -> Person | None:
    named = roster.named(cells.get("name", ""))
    return (
        roster.on("canvas", cells.get("canvas_user_id", ""))
        or roster.get(cells.get("login_id", ""))
        or (named[0] if len(named) == 1 else None)
    )
