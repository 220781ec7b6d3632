"""What the tests of the grader share."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.assignment import Assignment, load_assignment
from autograder.paths import PROJECT, Course

SHORT = "cell_wall = 1.5\ncell_cpu = 1.5\ncall_wall = 1\ncall_cpu = 1\ntotal_wall = 30\ntotal_cpu = 25\n"


@pytest.fixture(scope="session")
def short_course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The course under limits so short that what never ends is soon over, and a work folder of its own."""
    project: Path = tmp_path_factory.mktemp("short_course")
    for name in ("source", "release", "utils"):
        (project / name).symlink_to(PROJECT / name)
    (project / "pyproject.toml").write_text(f"[tool.autograder.limits]\n{SHORT}")
    return Course(project, project / "work")


@pytest.fixture(scope="session")
def backprop() -> Assignment:
    """The assignment whose damaged and hostile notebooks there are."""
    return load_assignment(Course(), "01-backprop")
