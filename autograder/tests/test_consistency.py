"""What does not fit together is refused by name: points, checks, known mistakes, a reference and its own visible checks."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.authoring import refusals, stale_builds
from autograder.authoring.build import execute
from autograder.checking.plugin import collect
from autograder.cli import parser as cli
from autograder.core.assignment import Assignment, Cell, load_assignment
from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.mistakes import Bank, Entry, load_bank
from autograder.core.results import Outcome, Submission
from autograder.core.unusable_mistakes import bank_problems
from autograder.doctor.class_folder import look_at_course
from autograder.grading import pipeline as grade
from autograder.grading.pipeline import Grader

CHECKS = '''
from autograder.checking import check

@check("q", points=2)
def test_one(student):
    """One."""

@check("q", points=3)
def test_two(student):
    """Two."""
'''
HINTLESS = "05-optimizers"


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    made = tmp_path / "00-new" / "checks"
    made.mkdir(parents=True)
    stem = "".join(letter for letter in request.node.name if letter.isalnum())[:60]
    (made / f"test_{stem}.py").write_text(CHECKS)
    return made


def test_points_that_add_up_are_taken(folder: Path) -> None:
    assert len(collect(folder, {"q": 5})) == 2


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ({"q": 6}, "the checks of q are worth 5 points, expected 6"),
        ({"q": 5, "r": 4}, "r has no checks, expected some worth 4 points"),
        ({"r": 5}, "there are checks of q, and 00-new has no such question"),
    ],
)
def test_points_that_do_not_add_up_are_refused(
    folder: Path, points: dict[str, float], says: str
) -> None:
    with pytest.raises(UserError, match=says):
        collect(folder, points)


@pytest.mark.parametrize(
    ("first", "second"), [("float('nan')", "3"), ("-1", "6"), ("float('inf')", "3")]
)
def test_points_that_no_check_can_be_worth_are_refused(
    folder: Path, first: str, second: str
) -> None:
    (path,) = folder.glob("test_*.py")
    path.write_text(
        CHECKS.replace("points=2", f"points={first}").replace("points=3", f"points={second}")
    )
    with pytest.raises(
        UserError, match=r"the check q\.one is worth \S+ points, expected 0 or more"
    ):
        collect(folder, {"q": 5})


def test_a_folder_of_checks_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no hidden checks"):
        collect(tmp_path / "00-new", {"q": 5})


def test_grading_refuses_before_anyone_is_graded(monkeypatch: pytest.MonkeyPatch) -> None:
    with Grader(Course(), HINTLESS) as grader:
        question = replace(grader.assignment.questions[0], points=3.5)
        monkeypatch.setitem(
            grader.assignment.__dict__, "questions", (question, *grader.assignment.questions[1:])
        )
        with pytest.raises(UserError, match=r"expected 3\.5"):
            grader.grade([Submission("ada", b"{}")], 1)


def test_a_conftest_above_the_checks_is_not_loaded(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder.parent / "conftest.py").write_text('print("LOADED")\ncollect_ignore_glob = ["*"]\n')
    assert len(collect(folder)) == 2
    assert "LOADED" not in capsys.readouterr().out


def test_a_check_that_something_drops_is_missed(folder: Path) -> None:
    (folder / "conftest.py").write_text(
        "def pytest_collection_modifyitems(items):\n    items.pop()\n"
    )
    with pytest.raises(
        UserError, match=r"expected 2 checks in 00-new/checks, got 1 \(missing: .*: test_two\)"
    ):
        collect(folder)


def test_a_check_below_one_of_the_same_name_is_missed(folder: Path) -> None:
    (path,) = folder.glob("test_*.py")
    path.write_text(CHECKS.replace("test_two", "test_one"))
    with pytest.raises(UserError, match="test_one is defined twice"):
        collect(folder)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PYTEST_ADDOPTS", "-k nothing"),
        ("PYTEST_ADDOPTS", "--no-such-option"),
        ("PYTEST_PLUGINS", "no_such_plugin"),
        ("PYTEST_DEBUG", "1"),
    ],
)
def test_the_environment_does_not_reach_the_hidden_pytest(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(name, value)
    assert len(collect(folder)) == 2
    assert os.environ[name] == value
    assert capsys.readouterr().err == ""


def test_what_a_reference_raises_is_told_without_colours() -> None:
    source = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0", id="one")])
    source.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    with pytest.raises(UserError, match="ZeroDivisionError: division by zero") as told:
        execute(source)
    assert "\x1b" not in str(told.value)


def notebook(text: str) -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell(
        "1", id="q-check", metadata={"nbgrader": {"grade": True, "points": 5}}
    )
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
    return nbformat.v4.new_notebook(cells=[cell])


def test_a_reference_that_fails_its_own_visible_check_is_refused() -> None:
    refusals.refuse_failed_checks("00-new", notebook("q: 1 of 1 right\n  ✓ fine\n"))
    for text in (
        "q: 0 of 1 right\n  ✗ out is None\n",
        "q: not written yet - fill in its cell above, then run this one again.\n",
    ):
        with pytest.raises(UserError, match=r"fails its own visible check: .*q-check"):
            refusals.refuse_failed_checks("00-new", notebook(text))


def assignment() -> Assignment:
    source = "def affine(x):\n    return x\n"
    cells = (
        Cell("affine", "solution", "affine", 0, {"source": ""}, source),
        Cell("affine-check", "check", "affine", 5, {"source": ""}, ""),
    )
    return Assignment("00-new", cells, {})


@pytest.mark.parametrize(
    ("question", "replaces", "says"),
    [
        ("affine", ("affine",), None),
        ("affine", ("affine", "my_helper"), None),
        ("affine", ("afine",), "it replaces afine, expected functions of affine: affine"),
        ("affine", ("my_helper", "afine"), "afine"),
        ("gone", ("affine",), "it is of the question 'gone', expected one of affine"),
    ],
)
def test_an_entry_that_fits_nothing_is_said_plainly(
    question: str, replaces: tuple[str, ...], says: str | None
) -> None:
    entry = Entry(
        "adds", question, False, replaces, "It adds.", "def affine(x):\n    return x + 1\n"
    )
    found = bank_problems(assignment(), Bank((entry,), {}))
    assert (says is None) == (found == {})
    if says is not None:
        assert says in found[f"{question}.adds"]


def test_a_file_that_does_not_load_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = 'from autograder.core.mistakes import mistake\n\n@mistake("good", replaces="f")\ndef adds(x):\n    """It adds."""\n    return x + 1\n'
    (tmp_path / "good.py").write_text(entry)
    (tmp_path / "broken.py").write_text("def broken(:\n")
    (tmp_path / "raising.py").write_text("1 / 0\n")
    (tmp_path / "leaving.py").write_text("raise SystemExit(3)\n")
    (tmp_path / "wordless.py").write_text(entry.replace('    """It adds."""\n', ""))
    bank = load_bank(tmp_path)
    assert [one.id for one in bank.entries] == ["adds"]
    assert set(bank.unloaded) == {"broken", "raising", "leaving", "wordless"}
    monkeypatch.setattr(refusals, "load_bank", lambda name: bank)
    with pytest.raises(
        UserError, match=r"broken\.py: the file of known mistakes does not load \(SyntaxError"
    ):
        refusals.refuse_unusable(assignment())


@pytest.mark.parametrize(
    ("broken", "says"),
    [("file", "SyntaxError"), ("entry", "ZeroDivisionError"), ("change", "got it 0 times")],
)
def test_known_mistakes_that_cannot_be_used_cost_the_hint_only(
    monkeypatch: pytest.MonkeyPatch, broken: str, says: str
) -> None:
    bank, course = load_bank(Course().mistakes(HINTLESS)), Course()
    if broken == "file":
        bank = replace(bank, entries=(), unloaded={"nesterov": "SyntaxError: invalid syntax"})
    elif broken == "change":
        bank = replace(
            bank,
            entries=(),
            unfit={"nesterov.adds": "got it 0 times", "minibatches.adds": "of another question"},
        )
    else:
        bank = replace(
            bank, entries=tuple(replace(entry, source="1 / 0\n") for entry in bank.entries)
        )
    monkeypatch.setattr(grade, "load_bank", lambda name: bank)
    one = load_assignment(course, HINTLESS)
    solved = {cell.id: cell.source for cell in one.cells if cell.kind == "solution"}
    solved["nesterov"] = solved["nesterov"].replace(
        "+ momentum * velocity), config", "- momentum * velocity), config"
    )
    assert solved["nesterov"] != one.by_id["nesterov"].source
    with Grader(course, HINTLESS) as grader:
        (marks,) = grader.grade([Submission("ada", json.dumps(one.notebook(solved)).encode())], 3)
    assert marks.outcome is Outcome.PARTIAL
    assert not marks.faulty
    (finding,) = [finding for finding in marks.findings if finding.kind == "hints"]
    assert finding.staff
    assert finding.where == "nesterov"
    assert says in finding.message


def test_doctor_says_that_a_text_form_was_edited_after_it_was_built(tmp_path: Path) -> None:
    course = Course(root=tmp_path, work=tmp_path)
    text, built = course.text_form("00-new"), course.source_notebook("00-new")
    text.parent.mkdir(parents=True)
    text.write_text('# %% id="a"\n1 + 1\n')
    (tmp_path / "pyproject.toml").write_text("")
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1", id="a")])
    for path in (built, course.release_notebook("00-new")):
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(made, path)
    os.utime(text, (2e9, 2e9))  # as after a checkout, when times mean nothing
    assert "all built" in look_at_course(course).found
    stale_builds.refuse_stale(course, "00-new")
    text.write_text('# %% id="a"\n1 + 2\n')
    os.utime(text, (1e9, 1e9))
    assert "newer than the notebook: 00-new" in look_at_course(course).found
    assert stale_builds.is_stale(course, "00-new")
    with pytest.raises(UserError, match="run: autograder build 00-new"):
        stale_builds.refuse_stale(course, "00-new")


@pytest.mark.parametrize("command", [["audit"], ["audit", "--mutants"], ["publish"]])
def test_no_command_takes_an_older_notebook(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    monkeypatch.setattr(stale_builds, "_has_same_code", lambda course, name: False)
    monkeypatch.setattr(stale_builds, "is_stale", lambda course, name: True)
    assert cli.main([*command, HINTLESS]) == 2
    assert f"run: autograder build {HINTLESS}" in capsys.readouterr().err


def test_an_assignment_that_is_built_is_seen_so_without_jupytext(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        stale_builds, "is_stale", lambda course, name: pytest.fail("it was read with jupytext")
    )
    stale_builds.refuse_stale(Course(), HINTLESS)


CHANGED = '''from autograder.core.mistakes import mistake

@mistake("good", replaces={replaces}, change={change})
def adds_twice():
    """It adds."""
'''


def changed_bank(
    folder: Path, change: str, replaces: str = '"f"', source: str = "def f(x):\n    return x + 1\n"
) -> Bank:
    """Known mistakes beside a source notebook whose answer is `source`."""
    (folder / "one" / "mistakes").mkdir(parents=True)
    (folder / "one" / "mistakes" / "good.py").write_text(
        CHANGED.format(change=change, replaces=replaces)
    )
    cell = {
        "cell_type": "code",
        "metadata": {"nbgrader": {"solution": True, "grade": False}},
        "source": source,
    }
    (folder / "one" / "one.ipynb").write_text(json.dumps({"cells": [cell]}))
    return load_bank(folder / "one" / "mistakes")


def test_a_mistake_may_be_a_change_of_the_reference(tmp_path: Path) -> None:
    source = 'def f(x: int) -> int:\n    """Return x + 1."""\n    return x + 1\n'
    bank = changed_bank(tmp_path, '{"x + 1": "x + 2"}', source=source)
    (entry,) = bank.entries
    assert (entry.id, entry.hint, entry.replaces, bank.unfit) == (
        "adds_twice",
        "It adds.",
        ("f",),
        {},
    )
    names: dict[str, Any] = {}
    exec(entry.source, names)
    assert names["f"](3) == 5


def test_a_change_may_be_of_one_of_several_functions(tmp_path: Path) -> None:
    source = "def f(x):\n    return x + 1\n\n\ndef g(x):\n    return x * 3\n"
    (entry,) = changed_bank(tmp_path, '{"x * 3": "x * 4"}', '("f", "g")', source).entries
    names: dict[str, Any] = {}
    exec(entry.source, names)
    assert (names["f"](3), names["g"](3)) == (4, 12)


@pytest.mark.parametrize(
    ("change", "source", "says"),
    [
        (
            '{"x + 2": "x"}',
            "def f(x):\n    return x + 1\n",
            "'x + 2' exactly once in f, got it 0 times",
        ),
        ('{"x": "y"}', "def f(x):\n    return x + 1\n", "'x' exactly once in f, got it 2 times"),
        ('{"x + 1": "x +"}', "def f(x):\n    return x + 1\n", "invalid syntax"),
        (
            '{"x + 1": "x"}',
            "def g(x):\n    return x + 1\n",
            "it changes f, expected functions of the reference",
        ),
    ],
)
def test_a_change_that_does_not_fit_is_refused_by_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, source: str, says: str
) -> None:
    bank = changed_bank(tmp_path, change, source=source)
    assert bank.entries == ()
    monkeypatch.setattr(refusals, "load_bank", lambda name: bank)
    with pytest.raises(UserError, match=re.escape(says)) as caught:
        refusals.refuse_unusable(assignment())
    assert "good.adds_twice" in str(caught.value)


def test_a_change_with_a_body_is_refused(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(
        CHANGED.format(change={"a": "b"}, replaces='"f"') + "    return 1\n"
    )
    assert "has a body" in load_bank(tmp_path).unloaded["good"]
