"""The sandbox's command line shows it what it needs, and nothing else."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import pytest

from autograder.core.course import Course
from autograder.core.roots import PROJECT
from autograder.sandbox import bwrap


@pytest.fixture(autouse=True)
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bubblewrap, which no test here runs: it need not be installed."""
    monkeypatch.setattr(bwrap, "find_bwrap", lambda: "/usr/bin/bwrap")


def targets(command: list[str]) -> list[str]:
    """Where in the sandbox something of this machine is to be seen."""
    return [
        command[at + 2]
        for at, (word, _) in enumerate(pairwise(command))
        if word in ("--ro-bind", "--ro-bind-try", "--bind")
    ]


def made(monkeypatch: pytest.MonkeyPatch, prefix: str) -> list[str]:
    monkeypatch.setattr(sys, "prefix", prefix)
    monkeypatch.setattr(sys, "executable", f"{prefix}/bin/python3")
    return bwrap.command(5, Path(bwrap.__file__).parent, Course().utils, None)


def test_an_environment_below_tmp_is_not_hidden_by_the_sandboxs_own_tmp(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = made(monkeypatch, "/tmp/course/.venv")
    assert not [target for target in targets(command) if target.startswith("/tmp")]
    assert "/venv" in targets(command)
    assert "/venv/bin/python3" in command


def test_of_the_course_only_utils_and_what_runs_inside_are_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = made(monkeypatch, str(PROJECT / ".venv"))
    shown = {
        source: target
        for word, source, target in zip(command, command[1:], command[2:], strict=False)
        if word.startswith("--ro-bind")
    }
    ours = {source for source in shown if Path(source).is_relative_to(PROJECT)}
    assert ours == {
        str(PROJECT / ".venv"),
        str(Course().utils),
        str(PROJECT / "autograder" / "sandbox"),
    }


def test_numpy_computes_inside_with_the_code_it_was_told_to_outside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    monkeypatch.delenv("NPY_DISABLE_CPU_FEATURES", raising=False)
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    command = made(monkeypatch, str(PROJECT / ".venv"))
    told = {
        name: value
        for word, name, value in zip(command, command[1:], command[2:], strict=False)
        if word == "--setenv"
    }
    assert told["OPENBLAS_CORETYPE"] == "Prescott"
    assert told.keys().isdisjoint({"NPY_DISABLE_CPU_FEATURES", "PYTHONPATH"})


def test_a_grader_that_is_installed_is_hidden(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "lib" / "site-packages" / "autograder"
    monkeypatch.setattr(bwrap, "PACKAGE", package)
    command = made(monkeypatch, str(tmp_path))
    hidden = "/venv/lib/site-packages/autograder"
    assert command[command.index(hidden) - 1 : command.index(hidden) + 3] == [
        "--tmpfs",
        hidden,
        "--remount-ro",
        hidden,
    ]
    assert command.index(hidden) > command.index("/venv")
    monkeypatch.setattr(bwrap, "PACKAGE", PROJECT / "autograder")
    assert hidden not in made(monkeypatch, str(tmp_path))


def test_a_course_may_share_nothing_with_its_notebooks(tmp_path: Path) -> None:
    command = bwrap.command(5, Path(bwrap.__file__).parent, tmp_path / "utils", None)
    assert "/course/utils" not in command
