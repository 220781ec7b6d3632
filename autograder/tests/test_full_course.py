"""A term played through: a student who has answered everything builds each later assignment on their own earlier functions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from autograder.core.assignment import EARLIER, text_of
from autograder.core.assignment import load_assignment as load
from autograder.core.course import Course

NAMES = Course().assignments()
LATER = [name for name in NAMES if EARLIER in load(Course(), name).by_id]


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The student's folder, with every notebook solved."""
    folder = tmp_path_factory.mktemp("mine")
    for name in NAMES:
        shutil.copytree(Course().release / name, folder / name)
        (folder / name / f"{name}.ipynb").write_text(
            json.dumps(load(Course(), name).solved()), encoding="utf-8"
        )
    return folder


def test_there_are_assignments_that_build_on_earlier_ones() -> None:
    assert {"07-regularisation", "08-batchnorm"} <= set(LATER)


@pytest.mark.parametrize("name", LATER)
def test_every_earlier_function_is_the_students_own(
    mine: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(mine / name)
    cell = load(Course(), name).by_id[EARLIER]
    exec(text_of(cell.release), {})
    said = capsys.readouterr().out
    assert "yours" in said
    assert "given" not in said


@pytest.mark.parametrize("name", LATER)
def test_who_has_answered_nothing_is_given_every_function(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for other in NAMES:
        shutil.copytree(Course().release / other, tmp_path / other)
    monkeypatch.chdir(tmp_path / name)
    exec(text_of(load(Course(), name).by_id[EARLIER].release), {})
    said = capsys.readouterr().out
    assert "given" in said
    assert "yours" not in said
