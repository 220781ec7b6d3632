"""The first code cell of each notebook, where a notebook was opened alone, as on Colab."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.core.assignment import load_assignment, text_of
from autograder.core.course import Course
from autograder.core.roots import PROJECT

NAMES = Course().assignments()
RUNNING = """
import json, sys
root, *more = sys.argv[1:]
sys.meta_path = [one for one in sys.meta_path if "editable" not in repr(one)]
found, path = {}, sys.path
for name, source in json.load(sys.stdin).items():
    sys.path = [*more, *(one for one in path if one not in ("", root))]
    for module in [one for one in sys.modules if one.split(".")[0] == "utils"]:
        del sys.modules[module]
    try:
        exec(source, {})
        found[name] = "it runs"
    except Exception as error:
        found[name] = f"{type(error).__name__}: {error}"
print(json.dumps(found))
"""


def setup_cells() -> dict[str, str]:
    """The setup cell of each released notebook."""
    found = {}
    for name in NAMES:
        cells = json.loads(Course().release_notebook(name).read_text(encoding="utf-8"))["cells"]
        (found[name],) = [text_of(cell) for cell in cells if cell["id"] == "setup"]
    return found


def run(folder: Path, *path: str) -> dict[str, str]:
    """What each setup cell says in a folder, the course not on the path, other folders on it."""
    done = subprocess.run(
        [sys.executable, "-c", RUNNING, str(PROJECT), *path],
        cwd=folder,
        input=json.dumps(setup_cells()),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return run(tmp_path_factory.mktemp("alone"))


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_utils_is_explained(name: str, alone: dict[str, str]) -> None:
    said = alone[name]
    assert said.startswith(f"ImportError: This notebook needs the folder utils of {name}.zip: ")
    assert f"!unzip -q {name}.zip" in said
    assert f"%cd training-neural-networks/release/{name}," in said


def test_another_module_called_utils_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "utils.py").write_text("")
    found = run(tmp_path, str(tmp_path))
    assert all("needs the folder utils of" in said for said in found.values()), found


def test_where_utils_is_it_runs(tmp_path: Path) -> None:
    (tmp_path / "utils").symlink_to(PROJECT / "utils")
    (tmp_path / "release").mkdir()
    assert set(run(tmp_path / "release").values()) == {"it runs"}


def test_the_path_of_imports_does_not_grow_with_each_reference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A grader runs the setup cell again and again, and each entry costs every later import."""
    monkeypatch.setattr(sys, "path", list(dict.fromkeys(sys.path)))
    assignment = load_assignment(Course(), NAMES[0])
    assignment.namespace()
    before = list(sys.path)
    assignment.namespace()
    assert sys.path == before
    assert str(PROJECT) in before
