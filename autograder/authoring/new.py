"""Make a course, or an assignment that builds, is graded and passes its audit at once: something to change, question by question."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from ..core.course import CHECKS, MISTAKES, TEMPLATES, Course
from ..core.errors import UserError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_COURSE = {"nbgrader_config.py": "nbgrader_config.py"}  # templates, and where they go
_FILES = {"test_centre.py": f"{CHECKS}/test_centre.py", "mistakes.py": f"{MISTAKES}/centre.py"}


def new_course(folder: Path) -> Path:
    """Make an empty course, and return its root.

    Raises:
        UserError: something lies there already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"expected a new or empty folder for a course, got {folder}")
    (folder / "source").mkdir(parents=True)
    for template, place in _COURSE.items():
        _write(template, folder / place, name="")
    return folder.resolve()


def new_assignment(course: Course, name: str) -> Path:
    """Make an assignment with one question, and return its folder.

    Raises:
        UserError: the name is none for a folder, or is taken.
    """
    if not _NAME.fullmatch(name):
        raise UserError(f"expected the name of an assignment of letters, digits and - (for example, 02-softmax), got {name!r}")
    folder = course.folder(name)
    if folder.exists():
        raise UserError(f"expected the name of a new assignment, got {name}: {folder} exists")
    for template, place in {"assignment.py": f"{name}.py", **_FILES}.items():
        _write(template, folder / place, name=name)
    return folder


def _write(template: str, path: Path, name: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    environment = Environment(loader=FileSystemLoader(TEMPLATES / "new"), keep_trailing_newline=True, autoescape=False)
    path.write_text(environment.get_template(f"{template}.j2").render(name=name), encoding="utf-8")
