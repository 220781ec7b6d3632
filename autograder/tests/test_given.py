"""A later assignment ships with the earlier functions it builds on, and is graded with those alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from nbgrader.converters.base import BaseConverter

from autograder.authoring.build import build
from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.results import Submission
from autograder.core.roots import PROJECT
from autograder.grading.pipeline import Grader
from autograder.nbgrader_plugin import files

HEAD = """# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% nbgrader={"grade_id": "setup", "locked": true}
import numpy as np

"""
FIRST = """# %% nbgrader={"grade_id": "helper", "locked": true}
SCALE = 2.0

# %% nbgrader={"grade_id": "stray", "solution": true}
def stray():
    ### BEGIN SOLUTION
    return "not asked for"
    ### END SOLUTION

# %% nbgrader={"grade_id": "scaled", "solution": true}
def scaled(x):
    ### BEGIN SOLUTION
    return SCALE * np.asarray(x)
    ### END SOLUTION

# %% nbgrader={"grade_id": "scaled-check", "grade": true, "points": 100}
print(scaled(1.0))
"""
EARLIER = """# %% nbgrader={"grade_id": "earlier", "locked": true} tags=["nbval-ignore-output"]
from utils.earlier import earlier

CALL

"""
LATER = """# %% nbgrader={"grade_id": "twice", "solution": true}
def twice(x):
    ### BEGIN SOLUTION
    return scaled(scaled(x))
    ### END SOLUTION

# %% nbgrader={"grade_id": "twice-check", "grade": true, "points": 100}
print(twice(1.0))
"""
CHECKS = '''from autograder.checking import check, compare


@check("twice", points=100)
def test_twice(student, rng):
    """`twice` scales two times."""
    x = rng.normal(size=3)
    compare.close(student.twice(x), 4 * x, "out")
'''


def course(folder: Path, call: str) -> Course:
    made = Course(root=folder, work=folder)
    for name, text in (
        ("01-first", HEAD + FIRST),
        ("02-later", HEAD + EARLIER.replace("CALL", call) + LATER),
    ):
        made.text_form(name).parent.mkdir(parents=True, exist_ok=True)
        made.text_form(name).write_text(text)
    for name, question in (("01-first", "scaled"), ("02-later", "twice")):
        made.checks(name).mkdir(parents=True, exist_ok=True)
        check = made.checks(name) / f"test_{question}.py"
        check.write_text(CHECKS.replace("twice", question))
    (folder / "utils").symlink_to(PROJECT / "utils")
    (folder / "pyproject.toml").write_text("")
    return made


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both assignments, built."""
    made = course(tmp_path_factory.mktemp("whole"), 'scaled = earlier("01-first", "scaled")')
    build(made, ["01-first", "02-later"])
    return made.root


@pytest.fixture
def built(whole: Path, tmp_path: Path) -> Course:
    """A copy of them, for one test."""
    folder = shutil.copytree(whole, tmp_path / "built", symlinks=True)
    return Course(root=folder, work=folder)


def test_given_holds_what_is_asked_for_and_what_that_needs(built: Course) -> None:
    text = built.given("02-later").read_text()
    names: dict[str, object] = {}
    exec(text, names)
    assert names["scaled"](3) == 6  # type: ignore[operator]
    assert "stray" not in text
    assert "SOLUTION" not in text
    assert not built.given("01-first").exists()


def test_grading_takes_the_given_ones_whatever_the_student_has(built: Course) -> None:
    assignment = load_assignment(built, "02-later")
    edited = assignment.solved()
    for cell in edited["cells"]:
        if cell["id"] == "earlier":
            cell["source"] = "def scaled(x):\n    return 0"  # the cell is locked: it is put back
    with Grader(built, "02-later") as grader:
        right, mended = grader.grade(
            [
                Submission("a", json.dumps(assignment.solved()).encode()),
                Submission("b", json.dumps(edited).encode()),
            ],
            1,
        )
    assert (right.score, mended.score) == (100, 100)
    shown = next(cell for cell in right.notebook["cells"] if cell["id"] == "earlier")
    assert "SCALE" not in json.dumps(shown)  # the notebook keeps the cell as students know it


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ('earlier("03-none", "scaled")', "'03-none', which is no earlier assignment"),
        ('earlier("02-later", "twice")', "'02-later', which is no earlier assignment"),
        ('earlier("01-first", "scaled", "other")', "other, which 01-first does not have"),
        ('earlier("01-first", *["scaled"])', "was expected"),
    ],
)
def test_what_cannot_be_given_is_told_at_building(built: Course, call: str, says: str) -> None:
    text = HEAD + EARLIER.replace("CALL", call) + LATER
    built.text_form("02-later").write_text(text)
    with pytest.raises(UserError, match=says):
        build(built, ["02-later"])


def test_an_assignment_whose_given_functions_are_missing_says_how_to_make_them(
    built: Course,
) -> None:
    built.given("02-later").unlink()
    with pytest.raises(UserError, match="autograder build 02-later"):
        load_assignment(built, "02-later")


def test_a_process_that_grades_by_nbgraders_way_builds_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BaseConverter, "init_assignment", files._init_assignment)
    made = course(tmp_path, 'scaled = earlier("01-first", "scaled")')
    build(made, ["01-first"])
    assert made.release_notebook("01-first").is_file()
