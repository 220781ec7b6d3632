"""Make a course, or an assignment that builds, passes its audit and is graded at once.

What is made is an example: authors change it, question by question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from ..core.course import CHECKS, MISTAKES, TEMPLATES, TESTS, Course
from ..core.errors import UserError

FIRST = "01-first"  # the assignment of a new course, where none is named
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")
_QUESTION = "squared_error"  # of the example
_ASSIGNMENT = {  # places in its folder, and the templates; the text form has the assignment's name
    f"{CHECKS}/test_{_QUESTION}.py": "checks.py",
    f"{CHECKS}/limits.toml": "limits.toml",
    f"{MISTAKES}/{_QUESTION}.py": "mistakes.py",
    f"{TESTS}/test_reference.py": "oracle.py",
}
_COURSE = {
    "README.md": "README.md",
    "Makefile": "Makefile",
    ".gitignore": "gitignore",
    "nbgrader_config.py": "nbgrader_config.py",
    "pyproject.toml": "pyproject.toml",
    "requirements.txt": "requirements.txt",
    "course/start.md": "start.md",
}
# modules of `utils`, for visible checks and plots
_HELPERS = TEMPLATES / "new" / "course" / "helpers"
_ORACLES = TEMPLATES / "new" / "course" / "conftest.py.txt"


def new_course(folder: Path, name: str = FIRST) -> Course:
    """Make a course with one assignment.

    Args:
        folder: new or empty.
        name: of the assignment.

    Raises:
        UserError: something lies in the folder, or the assignment's name is none for a folder.
    """
    _refuse_name(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"expected a new or empty folder for a course, got {folder}")
    (folder / "source").mkdir(parents=True)
    folder = folder.resolve()
    _write("course", _COURSE, folder, {"course": folder.name, "first": name})
    course = Course(folder, folder)
    new_assignment(course, name)
    return course


def new_assignment(course: Course, name: str) -> Path:
    """Make an assignment with one question, and return its folder.

    Where the course has no `utils` or no `source/conftest.py`, those that the example needs are
    made as well.

    Raises:
        UserError: the name is none for a folder, or is taken.
    """
    _refuse_name(name)
    folder = course.folder(name)
    if folder.exists():
        raise UserError(f"expected the name of a new assignment, got {name}: {folder} exists")
    topic = re.sub(r"^\d+-", "", name)
    places = {f"{name}.py": "text_form.py", **_ASSIGNMENT}
    _write("assignment", places, folder, {"name": name, "topic": topic})
    if not course.utils.exists():
        course.utils.mkdir()
        for helper in _HELPERS.glob("*.py.txt"):
            _copy(helper, course.utils / helper.stem)
    if not (course.source / "conftest.py").exists():
        _copy(_ORACLES, course.source / "conftest.py")
    return folder


def _refuse_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UserError(
            "expected the name of an assignment of at most 40 letters, digits and - (for "
            f"example, 02-softmax), got {name!r}"
        )


def _write(kind: str, places: Mapping[str, str], folder: Path, words: Mapping[str, str]) -> None:
    loader = FileSystemLoader(TEMPLATES / "new" / kind)
    environment = Environment(loader=loader, keep_trailing_newline=True, autoescape=False)
    for place, template in places.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        text = environment.get_template(f"{template}.j2").render(words)
        path.write_text(text, encoding="utf-8")


def _copy(template: Path, path: Path) -> None:
    path.write_bytes(template.read_bytes())
