"""Warnings go to loggers, the command line shows them, and no library takes them away."""

from __future__ import annotations

import ast
import logging
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.core.messages import ENGINE, WITH_TIME, loggers_kept, shown_on_stderr
from autograder.core.roots import PROJECT
from autograder.gradebook.setup import prepare, upgrade

PACKAGE = PROJECT / "autograder"
OWN_OUTPUT = (  # what is printed there is the command's own result, or a notebook's
    "cli/",
    "bench/",
    "tests/",
    "doctor/examine.py",
    "sample/full_course.py",
    "sandbox/magics.py",
    "sandbox/missing_modules.py",
)


def test_only_commands_print() -> None:
    printing = [
        f"{name}:{node.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if not (name := path.relative_to(PACKAGE).as_posix()).startswith(
            (*OWN_OUTPUT, "core/messages.py")
        )
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert printing == []


def test_the_command_line_shows_warnings_and_progress_on_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = logging.getLogger(f"{ENGINE}.classroom.run")
    with shown_on_stderr():
        log.warning("%s: %s", "ada", "no time")
        log.info("one more")
        log.debug("for nobody")
    assert capsys.readouterr() == ("", "ada: no time\none more\n")


def test_a_line_is_shown_once_where_the_root_has_a_handler_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    root, handler = logging.getLogger(), logging.StreamHandler()
    root.addHandler(handler)
    try:
        with shown_on_stderr(WITH_TIME):
            logging.getLogger(f"{ENGINE}.service").warning("it waits")
    finally:
        root.removeHandler(handler)
    said = capsys.readouterr().err
    assert said.endswith(" WARNING it waits\n")
    assert said.count("it waits") == 1


def test_afterwards_loggers_are_as_before() -> None:
    engine = logging.getLogger(ENGINE)
    before = engine.level, engine.propagate, engine.handlers[:]
    with pytest.raises(KeyError), shown_on_stderr():
        raise KeyError
    assert (engine.level, engine.propagate, engine.handlers) == before


def test_a_new_gradebook_takes_no_warning_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """nbgrader's migrations disable every logger that is there, and give the root a handler."""
    log, root = logging.getLogger(f"{ENGINE}.gradebook.writer"), logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    prepare()
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with shown_on_stderr():
        Gradebook(url).close()
        upgrade(url)
        log.warning("class.toml sets the due date")
    assert capsys.readouterr().err.count("class.toml sets the due date") == 1
    assert (root.level, root.handlers) == (level, handlers)


def test_what_a_library_does_to_loggers_is_undone() -> None:
    log = logging.getLogger(f"{ENGINE}.somewhere")
    with loggers_kept():
        log.disabled = True
    assert not log.disabled
