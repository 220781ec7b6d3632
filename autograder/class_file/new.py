"""Make a class's `class.toml` and `roster.csv`, to be filled in."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from ..core.course import TEMPLATES, Course
from ..core.errors import UserError
from ..core.files import write_whole
from .exports import as_table, roster_of_export

PRIVATE = 0o600


def new_class_file(course: Course) -> Path:
    """Write a `class.toml` in which every key is explained, and return its path.

    Raises:
        UserError: there is one already.
    """
    if course.class_file.exists():
        raise UserError(f"{course.class_file} exists; it stays as it is")
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    names = course.assignments() or ["01-first"]
    write_whole(
        course.class_file, environment.get_template("class.toml.j2").render(name=names), PRIVATE
    )
    return course.class_file


def new_roster(course: Course, export: Path) -> tuple[Path, int]:
    """Write `roster.csv` from what a platform exports, and return its path and the number of
    students.

    Raises:
        UserError: there is a roster already, or the export cannot be read.
    """
    if course.roster.exists():
        raise UserError(f"{course.roster} exists; move it away to make it anew")
    roster = roster_of_export(export)
    write_whole(course.roster, as_table(roster), PRIVATE)
    return course.roster, len(roster.people)
