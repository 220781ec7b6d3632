"""The sample class is made as a whole, made again, and never over other people's work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.mistakes import load_bank
from autograder.sample import MARKER, make_class, students

SMALL = ("00-warm-up",)  # an assignment's size makes no difference to where its files lie


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    made = Course(work=tmp_path_factory.mktemp("class"))
    made.work.joinpath("count").write_text(str(make_class(made)))
    return made


def _files(course: Course) -> dict[str, bytes]:
    return {
        str(path.relative_to(course.submitted)): path.read_bytes()
        for path in course.submitted.rglob("*")
        if path.is_file()
    }


@pytest.mark.slow
def test_every_assignment_has_every_student_under_a_name_of_their_own(course: Course) -> None:
    count = 0
    for name in course.assignments():
        samples = list(students(load_assignment(course, name)))
        expected = {sample.id for sample in samples}
        assert len(samples) == len(expected)
        assert all(sample.tries for sample in samples)
        assert {path.parent.name for path in course.submitted.glob(f"*/{name}")} == expected
        count += len(expected)
    assert course.work.joinpath("count").read_text() == str(count)


@pytest.mark.slow
def test_every_known_mistake_and_style_is_there(course: Course) -> None:
    for name in course.assignments():
        for entry in load_bank(Course().mistakes(name)).entries:
            kind = "style" if entry.right else "mistake"
            notebook = json.loads(
                (
                    course.submitted
                    / f"{kind}-{entry.question}-{entry.id}"
                    / name
                    / f"{name}.ipynb"
                ).read_text()
            )
            assert any(entry.source.strip() in cell["source"] for cell in notebook["cells"])


def test_files_lie_where_nbgrader_looks(tmp_path: Path) -> None:
    course = Course(work=tmp_path)
    make_class(course, ["01-backprop"])
    assert (course.submitted / "perfect/01-backprop/01-backprop.ipynb").is_file()
    assert (course.submitted / "perfect/01-backprop/timestamp.txt").read_text().endswith("UTC\n")
    assert [path.name for path in (course.submitted / "other-filename/01-backprop").iterdir()] == [
        "my solution (final).ipynb"
    ]
    config = (course.work / "nbgrader_config.py").read_text()
    assert "autograder.nbgrader_plugin.preprocessors" in config
    compile(config, "nbgrader_config.py", "exec")


def test_it_can_be_made_again(tmp_path: Path) -> None:
    course = Course(work=tmp_path)
    make_class(course, SMALL)
    before = _files(course)
    (tmp_path / "nbgrader_config.py").write_text("# mine")
    (course.submitted / "perfect/00-warm-up/00-warm-up.ipynb").write_text("changed")
    (course.submitted / "perfect/00-warm-up/left.txt").write_text("left")
    make_class(course, SMALL)
    assert _files(course) == before
    assert (tmp_path / "nbgrader_config.py").read_text() == "# mine"


@pytest.mark.parametrize("marker", [False, True])
def test_it_refuses_to_touch_other_submissions(tmp_path: Path, marker: bool) -> None:
    course = Course(work=tmp_path)
    if marker:
        make_class(course, SMALL)
    theirs = course.submitted / "ada" / "01-backprop" / "01-backprop.ipynb"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("her work")
    before = _files(course)
    with pytest.raises(UserError, match="ada"):
        make_class(course, SMALL)
    assert _files(course) == before


@pytest.mark.parametrize("line", ["../outside", "..", "."])
def test_a_marker_cannot_lead_out_of_the_folder(tmp_path: Path, line: str) -> None:
    course = Course(work=tmp_path)
    make_class(course, SMALL)
    outside = tmp_path / "outside"
    outside.mkdir()
    marker = course.submitted / MARKER
    marker.write_text(f"{marker.read_text()}{line}\n")
    make_class(course, SMALL)
    assert outside.is_dir()
    assert (course.work / "nbgrader_config.py").is_file()
