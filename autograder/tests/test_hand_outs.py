"""Nothing that staff keep of an assignment reaches a student, by any of nbgrader's ways and under any settings of ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring.build import data_beside, release
from autograder.core.course import STAFF, Course, not_left_out
from autograder.core.errors import UserError
from autograder.core.roots import PROJECT
from autograder.nbgrader_plugin.files import refuse_leaks

from .sooner import sooner

NAME = "05-optimizers"
OURS = (PROJECT / "nbgrader_config.py").read_text(encoding="utf-8")
SETTINGS = {  # of a class, and whether its commands may run
    "ours": ("", True),
    "ours and more": (
        "c.CourseDirectory.ignore += ['*.tmp']\nc.CourseDirectory.include = ['*']\n",
        True,
    ),
    "of stock nbgrader": (
        "c.CourseDirectory.ignore = ['.ipynb_checkpoints', '*.pyc*', '__pycache__', 'feedback', '.*']\n",
        False,
    ),
    "one is missing": ("c.CourseDirectory.ignore.remove('mistakes')\n", False),
}
PLANTED = (
    "numbers.npz",
    "answer.json",
    "deep/down/answer.txt",
)  # of kinds that nbgrader would take along
WAYS = """
import json, sys
from pathlib import Path
from traitlets.config import PyFileConfigLoader
config = PyFileConfigLoader("nbgrader_config.py", path=".").load_config()
from nbgrader.apps.api import NbGraderAPI
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory

api = NbGraderAPI(CourseDirectory(config=config), Authenticator(config=config), config=config)
said = {"generate_assignment": api.generate_assignment(sys.argv[1], force=True)}
if said["generate_assignment"]["success"]:
    handed = Path("submitted/ada") / sys.argv[1]
    handed.mkdir(parents=True)
    (handed / f"{sys.argv[1]}.ipynb").write_bytes(Path(f"release/{sys.argv[1]}/{sys.argv[1]}.ipynb").read_bytes())
    said["autograde"] = api.autograde(sys.argv[1], "ada")
    said["generate_feedback"] = api.generate_feedback(sys.argv[1], "ada")
print("\\n" + json.dumps(said))
"""


def course(folder: Path, more: str = "") -> Course:
    """A course of one assignment, with more in the folders for staff than there is now."""
    made = Course(folder, folder)
    shutil.copytree(Course().folder(NAME), made.folder(NAME))
    (folder / "utils").symlink_to(PROJECT / "utils")
    (folder / "nbgrader_config.py").write_text(OURS + more, encoding="utf-8")
    for kind in STAFF:
        for name in PLANTED:
            path = made.folder(NAME) / kind / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("secret")
    return made


def handed_out(course: Course) -> list[str]:
    folders = (course.release, course.autograded, course.feedback)
    return sorted(
        str(path.relative_to(course.root))
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    )


def run(course: Course) -> dict[str, Any]:
    """What formgrader's buttons say, which are nbgrader's commands."""
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    done = subprocess.run(
        [sys.executable, "-c", WAYS, NAME],
        cwd=course.root,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "settings",
    sooner(SETTINGS, ["ours"]),
)
def test_whatever_nbgrader_copies_is_for_students(tmp_path: Path, settings: str) -> None:
    more, runs = SETTINGS[settings]
    made = course(tmp_path / "a class", more)
    said = run(made)
    if not runs:
        assert not said["generate_assignment"]["success"]
        assert "c.CourseDirectory.ignore" in said["generate_assignment"]["log"]
        assert handed_out(made) == []
        return
    assert all(one["success"] for one in said.values()), said
    assert handed_out(made) == [
        f"autograded/ada/{NAME}/{NAME}.ipynb",
        f"feedback/ada/{NAME}/{NAME}.html",
        f"release/{NAME}/{NAME}.ipynb",
    ]


def test_a_build_takes_notebook_and_data_alone(tmp_path: Path) -> None:
    made = course(tmp_path)
    for name in ("data.json", "notes.md", "helper.py", ".hidden.json"):
        (made.folder(NAME) / name).write_text("{}")
    assert [path.name for path in data_beside(made, NAME)] == ["data.json"]
    release(made, NAME)
    assert handed_out(made) == [f"release/{NAME}/{NAME}.ipynb", f"release/{NAME}/data.json"]


@pytest.mark.parametrize("lacking", STAFF)
def test_each_folder_for_staff_must_be_left_out(lacking: str) -> None:
    ignored = [folder for folder in STAFF if folder != lacking]
    assert not_left_out(ignored) == [lacking]
    assert not_left_out([*ignored, f"{lacking[:3]}*"]) == []
    with pytest.raises(UserError, match=f"source/NN-name/{lacking} to students"):
        refuse_leaks(ignored)
