"""What a hidden test set is drawn from cannot be read where student code runs."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import pytest
from sklearn.datasets import load_digits

from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.errors import NoSandbox
from autograder.core.limits import load_limits
from autograder.core.results import Walls
from autograder.grading.execute import Execution
from autograder.grading.hidden_data import file_overrides
from autograder.sandbox import bare
from autograder.sandbox.client import Sandbox
from autograder.sandbox.starting import INSIDE
from autograder.sandbox.walls import chosen
from utils.pictures import digit_parts

from .sooner import sooner

PRINT = """
import gzip, hashlib, importlib.util, json
from pathlib import Path
from sklearn.datasets import load_digits

x, y = load_digits(return_X_y=True)
raw = Path(importlib.util.find_spec("sklearn").origin).parent / "datasets" / "data" / "digits.csv.gz"
lines = gzip.decompress(raw.read_bytes()).decode().split()
found = [hashlib.sha256(row.astype("u1").tobytes()).hexdigest()[:16] for row in x]
in_file = [hashlib.sha256(bytes(int(float(v)) for v in line.split(",")[:64])).hexdigest()[:16] for line in lines]
FILES = []
sizes = []
for name in FILES:
    try:
        sizes.append(len(open(name, "rb").read()))
    except OSError:
        pass
print(json.dumps({"found": found, "in_file": in_file, "labels": y.tolist(), "sizes": sizes}))
"""


def seen_in_the_sandbox(
    name: str, walls: Walls | None = None, source: str = PRINT
) -> dict[str, list[object]]:
    course = Course()
    assignment = load_assignment(course, name)
    notebook = assignment.notebook({assignment.questions[0].id: source})
    cell = next(cell for cell in notebook["cells"] if cell["source"] == source)
    with (
        Sandbox(
            load_limits(course, name),
            course.utils,
            file_overrides=file_overrides(course.checks(name)),
            asked=walls,
        ) as sandbox,
        Execution(sandbox, notebook | {"cells": [cell]}, assignment) as execution,
    ):
        execution.run()
    assert cell["outputs"], execution.findings
    return dict(
        json.loads(
            "".join(
                output["text"] for output in cell["outputs"] if output["output_type"] == "stream"
            )
        )
    )


@pytest.mark.parametrize("asked", sooner([None, Walls.ROOM, Walls.BARE], [None]))
def test_the_capstones_test_digits_are_nowhere_in_its_sandbox(asked: Walls | None) -> None:
    """Neither by their package, nor by the name that their file has on this machine."""
    try:
        walls = chosen(asked)
    except NoSandbox as refused:
        pytest.skip(str(refused))
    x, y = load_digits(return_X_y=True)
    codes = [hashlib.sha256(row.astype("u1").tobytes()).hexdigest()[:16] for row in x]
    train, test = digit_parts(len(x))
    hidden, known = {codes[n] for n in test}, {codes[n] for n in train}
    (path,) = file_overrides(Course().checks("capstone"))
    files = [str(path), str(path.resolve()), str(path.with_name("iris.csv"))]
    seen = seen_in_the_sandbox("capstone", walls, PRINT.replace("FILES = []", f"FILES = {files!r}"))
    assert len(hidden) > 500
    assert set(seen["found"]) == set(seen["in_file"]) == known
    assert not hidden & set(seen["found"])
    assert seen["labels"] == y.tolist()
    assert [seen["found"][n] for n in train] == [codes[n] for n in train]
    assert path.stat().st_size not in seen["sizes"]
    assert bool(seen["sizes"]) == (walls == Walls.BARE)  # whose iris lies where it does here


def test_the_others_sandboxes_show_what_is_there() -> None:
    x, _ = load_digits(return_X_y=True)
    assert file_overrides(Course().checks("01-backprop")) == {}
    assert seen_in_the_sandbox("01-backprop")["found"] == [
        hashlib.sha256(row.astype("u1").tobytes()).hexdigest()[:16] for row in x
    ]


def test_bare_walls_show_a_folder_of_the_path_once_however_often_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "packages"
    folder.mkdir()
    (folder / "hidden.csv").write_text("all")
    (folder / "known.csv").write_text("known")
    monkeypatch.setattr(sys, "path", [*sys.path, *[str(folder)] * 3])
    stage = tmp_path / "stage"
    stage.mkdir()
    changed = {folder / "hidden.csv": b"some"}
    settings = bare.launch(stage, 3, None, 1, INSIDE, Course().utils, changed).settings
    (shown,) = (stage / "shown").glob("moved-*")
    assert settings["moved"] == {str(folder): str(shown)}
    assert (shown / "hidden.csv").read_text() == "some"
    assert (shown / "known.csv").read_text() == "known"
