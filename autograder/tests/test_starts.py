"""What a command loads before it comes to its work, and a sandbox that is started before it is needed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.core.assignment import CellKind, load_assignment
from autograder.core.course import Course
from autograder.core.results import Outcome, Submission, Walls
from autograder.core.roots import PROJECT
from autograder.grading.course_sandbox import begin, place_of
from autograder.grading.pipeline import Grader
from autograder.sandbox import starting
from autograder.sandbox.launch import Launch
from autograder.sandbox.starting import start
from autograder.sandbox.walls import refusal

from .test_walls import SLOT

NAME = "02-activations"
HEAVY = (
    "numpy",
    "pytest",
    "rich.table",
    "sqlalchemy",
    "nbgrader",
    "nbformat",
    "jinja2",
    "multiprocessing",
)
LOADED = "\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh process has loaded after the code."""
    done = subprocess.run(
        [sys.executable, "-c", code + LOADED],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["grade", "nonsense"], ["check", "nowhere.ipynb", "--assignment", NAME]],
)
def test_help_and_errors_load_nothing_heavy(arguments: list[str]) -> None:
    code = f"from autograder.cli import main\ntry: main({arguments!r})\nexcept SystemExit: pass"
    assert loaded_by(code).isdisjoint(HEAVY)


def test_a_sandbox_is_started_before_anything_heavy_is_loaded() -> None:
    assert loaded_by("import autograder.grading.course_sandbox").isdisjoint(HEAVY)


def test_what_writes_a_class_down_loads_no_grader_and_no_server() -> None:
    loaded = loaded_by(
        "from autograder.gradebook.nbgrader_alone import import_nbgrader\n"
        "import_nbgrader()\n"
        "import autograder.classroom.run"
    )
    assert "nbgrader.api" in loaded
    assert loaded.isdisjoint({"pytest", "numpy", "autograder.grading.pipeline", "nbgrader.apps"})
    assert not [name for name in loaded if name.startswith("nbgrader.server_extensions.")]


def test_a_jupyter_server_still_gets_all_of_nbgrader() -> None:
    """What was left out is imported when it is called."""
    loaded = loaded_by(
        "from autograder.gradebook.nbgrader_alone import import_nbgrader\n"
        "import_nbgrader()\n"
        "import importlib, nbgrader\n"
        "called = []\n"
        "for name in ('assignment_list', 'course_list', 'formgrader', 'validate_assignment'):\n"
        "    module = importlib.import_module('nbgrader.server_extensions.' + name)\n"
        "    assert module.__file__, name\n"
        "    module.load_jupyter_server_extension = lambda app, name=name: called.append((name, app))\n"
        "nbgrader._load_jupyter_server_extension('server')\n"
        "assert len(called) == 4 and {app for _, app in called} == {'server'}, called\n"
    )
    assert "nbgrader.server_extensions.formgrader.handlers" in loaded


def test_a_sandbox_that_nobody_came_to_use_is_ended() -> None:
    begun = begin(Course(), NAME)
    assert begun is not None
    Grader(Course(), NAME, begun=begun).close()
    assert begun.process.returncode is not None


@pytest.mark.parametrize("dies", [False, True])
def test_a_submission_is_graded_in_a_sandbox_that_was_begun(dies: bool) -> None:
    """If it has died meanwhile, another takes its place."""
    begun = begin(Course(), NAME)
    assert begun is not None
    if dies:  # with its child, which in its first millisecond does not die with its parent
        os.killpg(begun.process.pid, signal.SIGKILL)
        begun.process.wait()
    assignment = load_assignment(Course(), NAME)
    answers = {cell.id: cell.source for cell in assignment.cells if cell.kind is CellKind.SOLUTION}
    content = json.dumps(assignment.notebook(answers)).encode()
    with Grader(Course(), NAME, begun=begun) as grader:
        (graded,) = grader.grade([Submission("a", content)], 1)
        assert (grader._sandbox._process is begun.process) is not dies
    assert not graded.faulty
    assert all(question.outcome is Outcome.RIGHT for question in graded.questions)
    assert begun.process.returncode is not None


def test_limits_that_cannot_be_read_are_told_by_the_grading(tmp_path: Path) -> None:
    """Nothing is started for them, and the command's one line comes from where it always did."""
    (tmp_path / "pyproject.toml").write_text("[tool.autograder.limits]\ncell_wall = 'long'\n")
    assert begin(Course(tmp_path), NAME) is None


@pytest.mark.parametrize("walls", [one for one in Walls if not refusal(one)])
def test_a_sandbox_that_is_only_just_starting_ends(walls: Walls) -> None:
    place = replace(place_of(Course(), NAME, SLOT), asked=walls)
    for wait in (0.0, 0.001, 0.003, 0.01) if walls is Walls.NAMESPACES else (0.0, 0.05):
        started = start(place)
        time.sleep(wait)
        started.end()
        assert started.process.stderr is not None
        assert started.process.stderr.closed, "its end was not seen"


def test_a_child_that_does_not_die_with_its_parent_is_ended_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As bubblewrap's does in its first millisecond; it would hold the pipe open that is read to its end."""
    launch = Launch(["/bin/sh", "-c", "sleep 300 & wait"], {}, dict(os.environ))
    monkeypatch.setattr(starting, "_launch", lambda *arguments: launch)
    started = start(place_of(Course(), NAME, SLOT))
    time.sleep(0.3)
    started.end()
    assert started.process.stderr is not None
    assert started.process.stderr.closed, "its end was not seen"
