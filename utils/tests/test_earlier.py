"""A later notebook takes the student's own earlier functions where they are written, else the given ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from utils.earlier import earlier

SETUP = {"nbgrader": {"grade_id": "setup", "locked": True}}
ANSWER = {"nbgrader": {"grade_id": "q", "solution": True}}
CHECK = {"nbgrader": {"grade_id": "q-check", "grade": True, "locked": True}}
GIVEN = 'def double(x):\n    return 2 * x, "given"\n\n\ndef triple(x):\n    return 3 * x, "given"\n'


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A student's folder, with the later assignment open."""
    (tmp_path / "07-later").mkdir()
    (tmp_path / "07-later" / "given.py").write_text(GIVEN)
    monkeypatch.chdir(tmp_path / "07-later")
    return tmp_path


def hand(folder: Path, *cells: tuple[dict[str, Any], str]) -> None:
    (folder / "01-first").mkdir()
    made = [
        {"cell_type": "code", "metadata": metadata, "source": source.splitlines(keepends=True)}
        for metadata, source in cells
    ]
    (folder / "01-first" / "01-first.ipynb").write_text(
        json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )


def test_what_is_written_is_the_students_own_and_the_rest_is_given(
    mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = 'def double(x):\n    return x + np.zeros(1) + x, "own"\n\n\ndef triple(x):\n    """Three times x."""\n    # YOUR CODE HERE\n    raise NotImplementedError()\n'
    hand(
        mine,
        (SETUP, "import numpy as np\nprint('set up')"),
        (ANSWER, own),
        (CHECK, "def double(x):\n    return x, 'of a check'"),
        ({}, "double = None"),
    )
    double, triple = earlier("01-first", "double", "triple")
    assert double(2)[1] == "own"
    assert triple(2) == (6, "given")
    assert (
        capsys.readouterr().out
        == "double: yours, from 01-first.ipynb\ntriple: given, from given.py\n"
    )


def test_a_cell_that_does_not_run_leaves_its_functions_to_be_given(mine: Path) -> None:
    hand(
        mine,
        (ANSWER, "def double(x):\n    return 2 * x, 'own'\n1 / 0"),
        (ANSWER, "def triple(x) return x"),
    )
    assert earlier("01-first", "double")(1) == (2, "given")
    assert earlier("01-first", "triple")(1) == (3, "given")


@pytest.mark.parametrize("content", [None, "", "no json", "[]", '{"cells": []}'])
def test_without_a_readable_notebook_all_is_given(mine: Path, content: str | None) -> None:
    if content is not None:
        hand(mine)
        (mine / "01-first" / "01-first.ipynb").write_text(content)
    assert earlier("01-first", "triple")(1) == (3, "given")


def test_what_is_nowhere_counts_as_not_written_yet(
    mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    double, quadruple = earlier("01-first", "double", "quadruple")
    assert double(1) == (2, "given")
    assert (
        "quadruple: not there yet: write it in 01-first/01-first.ipynb" in capsys.readouterr().out
    )
    with pytest.raises(NotImplementedError, match="quadruple of 01-first is not written yet"):
        quadruple(1, key=2)
    (mine / "07-later" / "given.py").unlink()
    with pytest.raises(NotImplementedError, match="double of 01-first"):
        earlier("01-first", "double")(1)
