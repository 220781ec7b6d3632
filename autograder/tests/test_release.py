"""What is committed is what the text forms build, and what students get gives nothing away and runs."""

from __future__ import annotations

import ast
import json
import re
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.authoring import build as building
from autograder.authoring.build import build, data_beside, execute
from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.roots import PROJECT
from autograder.tests.test_course_pages import anchors

NAMES = Course().assignments()
QUICKLY = ("01-backprop", "05-optimizers")  # `make examine` runs the others
INDEX = PROJECT / "course" / "README.md"
UNWRITTEN = ("00-warm-up",)  # assignments without a written question
ANSWER_WIDTH = 88  # columns
EXECUTED = "01-backprop"  # nbval runs them all and compares their outputs: `make notebooks`
VARIES = "nbval-ignore-output"
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The course, built from nothing but its text forms, in a folder of another name."""
    project = tmp_path_factory.mktemp("elsewhere")
    for name in NAMES:
        (project / "source" / name).mkdir(parents=True)
        for path in (Course().text_form(name), *data_beside(Course(), name)):
            (project / "source" / name / path.name).write_bytes(path.read_bytes())
        for path in (
            Course().checks(name),
            Course().mistakes(name),
        ):  # without which nothing is built
            shutil.copytree(path, project / "source" / name / path.name)
    (project / "utils").symlink_to(PROJECT / "utils")
    course = Course(root=project, work=project)
    for name in NAMES:
        with pytest.MonkeyPatch.context() as patch:
            if name != EXECUTED:
                patch.setattr(building, "execute", partial(with_committed_outputs, name))
            build(course, [name])
    return course


def with_committed_outputs(name: str, notebook: NotebookNode, **_: Any) -> NotebookNode:
    """The notebook with the outputs that are committed, cell by cell."""
    committed = {
        cell.id: cell for cell in nbformat.read(Course().source_notebook(name), as_version=4).cells
    }
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = (
                committed[cell.id].outputs,
                committed[cell.id].execution_count,
            )
    return notebook


def questions(name: str) -> tuple[str, ...]:
    """The ids of an assignment's questions, in order."""
    return tuple(question.id for question in load_assignment(Course(), name).questions)


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_bytes())  # type: ignore[no-any-return]


def without_pictures(notebook: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The notebook without what may vary, and how many pictures it had.

    Another machine's fonts may draw pictures otherwise, and outputs that vary are marked for nbval.
    """
    count = 0
    for cell in notebook["cells"]:
        if VARIES in cell["metadata"].get("tags", []):
            cell["outputs"] = []
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output["data"]["image/png"], count = "", count + 1
    return notebook, count


def text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_source_notebook_is_what_its_text_form_builds(
    rebuilt: Course, name: str
) -> None:
    committed, made = Course().source_notebook(name), rebuilt.source_notebook(name)
    (ours, pictures), (theirs, again) = (
        without_pictures(read(committed)),
        without_pictures(read(made)),
    )
    assert ours == theirs, f"run: autograder build {name}"
    assert pictures == again >= min(3, len(questions(name)))
    assert list(map(json.dumps, ours["cells"])) == list(
        map(json.dumps, theirs["cells"])
    )  # in the same order, too


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_release_is_what_the_source_builds_to_the_byte(
    rebuilt: Course, name: str
) -> None:
    assert (
        Course().release_notebook(name).read_bytes() == rebuilt.release_notebook(name).read_bytes()
    ), f"run: autograder build {name}"


def test_only_notebooks_and_what_they_read_are_released(rebuilt: Course) -> None:
    for course in (Course(), rebuilt):
        found = {
            str(path.relative_to(course.release))
            for path in course.release.rglob("*")
            if path.is_file() and ".ipynb_checkpoints" not in path.parts
        }
        given = {
            f"{name}/given.py"
            for name in NAMES
            if load_assignment(course, name).by_id.get("earlier")
        }
        beside = {f"{name}/{path.name}" for name in NAMES for path in data_beside(course, name)}
        assert found == {f"{name}/{name}.ipynb" for name in NAMES} | given | beside
        assert {Path(file).suffix for file in beside} <= {
            ".json",
            ".npz",
        }  # data, and nothing that could be read as an answer


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_this_machine_stays_in_a_notebook(name: str) -> None:
    for path in (Course().source_notebook(name), Course().release_notebook(name)):
        content = without_pictures(read(path))[0]
        said = json.dumps(content)
        assert not re.search(
            r"/(home|root|work|tmp|usr|Users)/|0x[0-9a-f]{6,}|\d{4}-\d\d-\d\dT|\.venv", said
        )
        assert set(content["metadata"]) == {"kernelspec", "language_info"}
        assert content["metadata"]["language_info"] == {"name": "python"}
        assert not any("execution" in cell["metadata"] for cell in content["cells"])
        nbformat.validate(nbformat.read(path, as_version=4))


@pytest.mark.parametrize("name", NAMES)
def test_questions_and_their_order_are_those_of_the_index(name: str) -> None:
    rows = [
        line
        for line in INDEX.read_text(encoding="utf-8").splitlines()
        if line.startswith(f"| [{name}]")
    ]
    assert rows, (
        f"course/README.md has no row for {name}, expected one with its note, lectures and questions"
    )
    assert tuple(re.findall(r"`(\w+)`", rows[0].strip("| ").split("|")[-1])) == questions(name)


@pytest.mark.parametrize("name", NAMES)
def test_points_add_up_and_ids_are_those_of_nbgrader(name: str) -> None:
    cells = read(Course().release_notebook(name))["cells"]
    graded = [cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade")]
    checks = [cell["metadata"]["nbgrader"] for cell in graded if cell["cell_type"] == "code"]
    assert tuple(meta["grade_id"].removesuffix("-check") for meta in checks) == questions(name)
    assert sum(meta["points"] for meta in checks) == 100
    written = [
        cell["metadata"]["nbgrader"]["points"] for cell in graded if cell["cell_type"] == "markdown"
    ]
    assert written == ([] if name in UNWRITTEN else [10])
    for cell in cells:
        meta = cell["metadata"].get("nbgrader")
        assert meta is None or meta["grade_id"] == cell["id"]
    assert len({cell["id"] for cell in cells}) == len(cells)


@pytest.mark.parametrize("name", NAMES)
def test_check_cells_open_folded_and_no_others(name: str) -> None:
    for cell in read(Course().release_notebook(name))["cells"]:
        graded_code = cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get(
            "grade", False
        )
        assert cell["metadata"].get("jupyter") == (
            {"source_hidden": True} if graded_code else None
        ), cell["id"]


@pytest.mark.parametrize("name", NAMES)
def test_answer_cells_have_short_lines(name: str) -> None:
    for cell in read(Course().release_notebook(name))["cells"]:
        if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("solution"):
            wide = [line for line in text(cell).splitlines() if len(line) > ANSWER_WIDTH]
            assert not wide, f"{cell['id']}: wider than {ANSWER_WIDTH} columns"


@pytest.mark.parametrize("name", NAMES)
def test_every_link_of_a_notebook_reaches_a_page_and_a_heading(name: str) -> None:
    notebook = Course().release_notebook(name)
    targets = [
        target
        for cell in read(notebook)["cells"]
        if cell["cell_type"] == "markdown"
        for target in re.findall(r"\]\(([^)\s]+)\)", text(cell))
        if not re.match(r"[a-z]+:", target)
    ]
    assert f"../../course/{name}.md" in targets, "expected a link to the lecture note"
    for target in targets:
        page, _, heading = target.partition("#")
        path = (notebook.parent / page).resolve()
        assert path.is_file(), target
        assert not heading or heading in anchors(path), target


def solution_lines(name: str) -> set[str]:
    """The telling lines of all solution regions of a text form, read here by hand: long, and nowhere outside of one."""
    inside: set[str] = set()
    outside: set[str] = set()
    within = False
    for line in Course().text_form(name).read_text(encoding="utf-8").splitlines():
        stripped = line.strip()
        if stripped in (BEGIN, END):
            assert within is (stripped == END), f"{name}: regions are nested or not closed: {line}"
            within = stripped == BEGIN
        else:
            (inside if within else outside).add(stripped)
    assert not within
    given = "\n".join(outside)
    return {line for line in inside if len(line) > 12 and line not in given}


def model_answer(name: str) -> set[str]:
    """The sentences of the written question's model answer and rubric."""
    source = read(Course().source_notebook(name))
    (cell,) = [
        cell
        for cell in source["cells"]
        if "points" in cell["metadata"].get("nbgrader", {}) and cell["cell_type"] == "markdown"
    ]
    return {line.strip() for line in text(cell).splitlines() if len(line.strip()) > 12}


@pytest.mark.parametrize("name", NAMES)
def test_no_solution_is_released(name: str) -> None:
    released = Course().release_notebook(name).read_text(encoding="utf-8")
    whole = "\n".join(text(cell) for cell in json.loads(released)["cells"]) + json.dumps(
        json.loads(released), ensure_ascii=False
    )
    secrets = solution_lines(name)
    assert len(secrets) >= min(20, 2 * len(questions(name)))
    for line in secrets:
        assert line not in whole
        assert json.dumps(line, ensure_ascii=False)[1:-1] not in whole
    answer = model_answer(name) if name not in UNWRITTEN else set()
    assert len(answer) > 5 or name in UNWRITTEN
    for line in answer:
        assert line not in whole
    for word in (
        "BEGIN SOLUTION",
        "END SOLUTION",
        "Model answer",
        "Rubric",
        "Weak answer",
        "Average answer",
        "BEGIN HIDDEN",
    ):
        assert word.lower() not in whole.lower()


@pytest.mark.parametrize("name", NAMES)
def test_no_output_is_released(name: str) -> None:
    for cell in read(Course().release_notebook(name))["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("name", NAMES)
def test_every_function_to_write_raises_not_implemented(name: str) -> None:
    source = {cell["id"]: text(cell) for cell in read(Course().source_notebook(name))["cells"]}
    stubs = 0
    for cell in read(Course().release_notebook(name))["cells"]:
        if cell["cell_type"] != "code" or not cell["metadata"].get("nbgrader", {}).get("solution"):
            continue
        to_write = source[cell["id"]].count(BEGIN)
        raising = [
            node
            for node in ast.parse(text(cell)).body
            if isinstance(node, ast.FunctionDef)
            and isinstance(node.body[-1], ast.Raise)
            and isinstance(node.body[-1].exc, ast.Call)
            and ast.unparse(node.body[-1].exc.func) == "NotImplementedError"
        ]
        assert len(raising) == to_write > 0
        for node in raising:  # nothing before it but the docstring
            assert len(node.body) == 2
            assert ast.get_docstring(node)
        stubs += len(raising)
    assert stubs >= len(questions(name))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name not in QUICKLY)) for name in NAMES]
)
def test_an_untouched_release_runs_from_end_to_end(name: str, tmp_path: Path) -> None:
    (tmp_path / "utils").symlink_to(PROJECT / "utils")
    folder = tmp_path / "mine" / name
    shutil.copytree(Course().release / name, folder)
    notebook = execute(
        nbformat.read(Course().release_notebook(name), as_version=4), cwd=folder
    )  # raises if a cell does
    said: dict[str, str] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.text
            said[cell.id] = said.get(cell.id, "") + output.get("text", "")
    for question in questions(name):
        assert "not written yet" in said[f"{question}-check"]
        assert "Traceback" not in said[f"{question}-check"]
    assert said["summary"].startswith("Your own checks: 0 of 100 points\n")
    assert said["summary"].count("0 of ") == 1 + len(questions(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_solved_source_says_that_all_is_right(name: str) -> None:
    for cell in read(Course().source_notebook(name))["cells"]:
        if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("grade"):
            said = "".join("".join(output["text"]) for output in cell["outputs"])
            right, count = re.search(r": (\d+) of (\d+) right", said).groups()  # type: ignore[union-attr]
            assert right == count, said
            assert "✗" not in said


@pytest.mark.parametrize("name", NAMES)
def test_the_last_cell_sums_up_the_points_of_every_question(name: str) -> None:
    cells = read(Course().source_notebook(name))["cells"]
    points = {
        meta["grade_id"].removesuffix("-check"): meta["points"]
        for cell in cells
        if (meta := cell["metadata"].get("nbgrader", {})).get("grade")
    }
    said = "".join("".join(output["text"]) for output in cells[-1]["outputs"])
    assert said.startswith("Your own checks: 100 of 100 points\n")
    for question in questions(name):
        worth = points.pop(question)
        assert re.search(
            rf"✓ {question} +{worth} of +{worth} points: (\d+) of \1 checks right", said
        )
    assert len(points) == (name not in UNWRITTEN)
    for worth in points.values():
        assert f"your written answer ({worth} points)" in said
