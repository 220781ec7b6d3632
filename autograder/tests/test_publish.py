"""What students are given runs, is whole, and holds no right answer to anything that is not due yet."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pytest

from autograder.authoring.build import execute
from autograder.cli.parser import main
from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.roots import PROJECT
from autograder.publish.code import Code, code_in
from autograder.publish.contents import contents
from autograder.publish.deadlines import past_deadlines
from autograder.publish.leaks import find_leaks
from autograder.publish.publish import publish
from autograder.publish.term import DOWNLOADS, publish_term

LATER = "08-batchnorm"  # takes answers of these:
EARLIER = ("01-backprop", "02-activations", "03-losses", "05-optimizers")
SECRET = ("checks", "bank", "mistakes", "tests", "autograder", "source", "gradebook", ".git")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The course's own files in a folder where they can be changed."""
    project = tmp_path_factory.mktemp("copy")
    for folder in ("source", "release", "utils", "course"):
        shutil.copytree(
            PROJECT / folder,
            project / folder,
            ignore=shutil.ignore_patterns("__pycache__", "bench", "experiments"),
        )
    for name in ("pyproject.toml", "requirements.txt", "environment.yml"):
        shutil.copy(PROJECT / name, project / name)
    return Course(root=project, work=project)


def answer_to(name: str, function: str) -> str:
    """The reference's own text of one function, without the marks of its solution."""
    for cell in load_assignment(Course(), name).cells:
        if cell.kind == "solution" and f"def {function}(" in cell.source:
            return "\n".join(line for line in cell.source.splitlines() if "SOLUTION" not in line)
    raise AssertionError(function)


@pytest.mark.slow
def test_no_assignment_gives_an_answer_away_before_anything_is_due(tmp_path: Path) -> None:
    course = Course(work=tmp_path)
    every = course.assignments()
    files = {
        path: content
        for name in every
        for path, content in contents(course, name, ()).files.items()
    }
    assert not [path for path in files if path.endswith("given.py")]
    assert find_leaks(course, every, code_in(files)) == []


def test_the_folder_and_the_zip_hold_the_same_and_nothing_of_the_staffs(
    copy: Course, tmp_path: Path
) -> None:
    done = publish(copy, LATER, copy.assignments(), tmp_path)
    there = {
        path.relative_to(done.folder).as_posix(): path.read_bytes()
        for path in done.folder.rglob("*")
        if path.is_file()
    }
    with zipfile.ZipFile(done.archive) as zipped:
        packed = {name.partition("/")[2]: zipped.read(name) for name in zipped.namelist()}
        assert {name.partition("/")[0] for name in zipped.namelist()} == {
            "training-neural-networks"
        }
    assert there == packed
    assert {
        f"release/{LATER}/{LATER}.ipynb",
        f"release/{LATER}/given.py",
        f"course/{LATER}.md",
        "START.md",
        "requirements.txt",
    } <= set(there)
    assert "utils/earlier.py" in there
    assert not [path for path in there if set(path.split("/")) & set(SECRET)]
    before = done.archive.read_bytes()
    assert publish(copy, LATER, copy.assignments(), tmp_path).archive.read_bytes() == before


def test_only_answers_past_their_deadline_are_given(tmp_path: Path) -> None:
    found = contents(Course(work=tmp_path), LATER, {"01-backprop"})
    given = found.files[f"release/{LATER}/given.py"].decode()
    assert "def affine_forward" in given
    assert "def softmax_loss" not in given
    assert set(found.given) == {"01-backprop"}
    assert set(found.withheld) == set(EARLIER) - {"01-backprop"}


@pytest.mark.parametrize(
    ("path", "wrap"),
    [
        ("utils/helpers.py", "{}"),
        ("utils/deep.py", "class Layers:\n{}"),
        ("course/05-optimizers.md", "For example\n\n```python\n{}\n```\n"),
    ],
)
def test_a_right_answer_is_refused_wherever_it_is(copy: Course, path: str, wrap: str) -> None:
    text = (
        answer_to("03-losses", "softmax_loss")
        .replace("softmax_loss", "classify")
        .replace("logits", "values")
    )
    body = "\n".join(f"    {line}" for line in text.splitlines()) if "class" in wrap else text
    leaks = find_leaks(copy, ["03-losses"], code_in({path: wrap.format(body).encode()}))
    assert [(leak.where, leak.function, leak.question) for leak in leaks] == [
        (path, "classify", "softmax_loss")
    ]


def test_an_answer_of_another_make_is_found_by_its_marks(copy: Course) -> None:
    other = """
import numpy as np

def sgd_step(w, dw, rate):
    return w - rate * dw

def ema(y, beta, bias_correction=False):
    if beta < 0 or beta >= 1:
        raise ValueError(f"beta is {beta}, expected a number in [0, 1)")
    kind = y.dtype if y.dtype.kind == "f" else np.dtype(float)
    powers = beta ** np.arange(len(y))
    rows = [np.tensordot(powers[: t + 1][::-1], y[: t + 1], axes=1) * (1 - beta) for t in range(len(y))]
    if bias_correction:
        rows = [row / (1 - beta ** (t + 1)) for t, row in enumerate(rows)]
    return np.array(rows).astype(kind)
"""
    leaks = find_leaks(copy, ["06-adaptive"], [Code("utils/series.py", other)])
    assert [(leak.function, leak.question) for leak in leaks] == [("ema", "ema")]
    wrong = other.replace("(1 - beta)\n", "1\n").replace("* (1 - beta)", "* beta")
    assert find_leaks(copy, ["06-adaptive"], [Code("utils/series.py", wrong)]) == []


def test_what_a_tried_cell_prints_is_not_shown(
    copy: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = (
        "print('printed by the cell')\n\n\ndef ema(y, beta, bias_correction=False):\n    return y\n"
    )
    assert find_leaks(copy, ["06-adaptive"], [Code("a notebook", cell)]) == []
    assert "printed by the cell" not in capsys.readouterr().out


def test_what_is_refused_is_named_and_nothing_is_written(copy: Course, tmp_path: Path) -> None:
    extra = copy.utils / "shortcut.py"
    extra.write_text("import numpy as np\n\n\n" + answer_to("05-optimizers", "sgd_momentum"))
    try:
        with pytest.raises(
            UserError,
            match=r"utils/shortcut.py: sgd_momentum answers sgd_momentum of 05-optimizers",
        ):
            publish(
                copy,
                "05-optimizers",
                [name for name in copy.assignments() if name != "05-optimizers"],
                tmp_path / "out",
            )
        assert not (tmp_path / "out").exists()
    finally:
        extra.unlink()


def test_a_file_beside_the_notebook_is_refused_unless_it_is_data(copy: Course) -> None:
    stray = copy.release / "05-optimizers" / "solutions.py"
    stray.write_text("")
    try:
        with pytest.raises(
            UserError, match=r"solutions.py: expected the notebook, given.py and data"
        ):
            contents(copy, "05-optimizers", ())
    finally:
        stray.unlink()


def test_links_to_what_nobody_has_yet_become_text(tmp_path: Path) -> None:
    course = Course(work=tmp_path)
    page = contents(course, "05-optimizers", ()).files["course/05-optimizers.md"].decode()
    assert "](../release/05-optimizers/05-optimizers.ipynb" in page
    for later in ("06-adaptive", "capstone", "conventions.md", "authoring"):
        assert f"]({later}" not in page
        assert f"/{later}" not in page


def test_a_deadline_counts_with_its_longest_extension(tmp_path: Path) -> None:
    now = datetime(2026, 11, 1, 12, tzinfo=UTC)
    course = Course(work=tmp_path)
    assert past_deadlines(course, ["01-backprop"], now) == {"01-backprop"}
    with sqlite3.connect(course.gradebook) as made:
        made.execute("CREATE TABLE assignment (id TEXT, name TEXT, duedate TEXT)")
        made.execute(
            "CREATE TABLE submitted_assignment (id TEXT, assignment_id TEXT, extension TEXT)"
        )
        for number, (name, due) in enumerate(
            (
                ("02-activations", 2),
                ("03-losses", 2),
                ("04-initialisation", -2),
                ("05-optimizers", None),
            )
        ):
            at = (
                None
                if due is None
                else (now - timedelta(days=due)).replace(tzinfo=None).isoformat(" ")
            )
            made.execute("INSERT INTO assignment VALUES (?, ?, ?)", (str(number), name, at))
        made.execute(
            "INSERT INTO submitted_assignment VALUES ('a', '1', '1970-01-04 00:00:00.000000')"
        )
        made.execute(
            "INSERT INTO submitted_assignment VALUES ('b', '0', '1970-01-02 00:00:00.000000')"
        )
    made.close()
    assert past_deadlines(course, [], now) == {"02-activations"}
    assert past_deadlines(course, [], now + timedelta(days=1, seconds=1)) == {
        "02-activations",
        "03-losses",
    }
    with pytest.raises(UserError, match="no assignment '1-backprop'"):
        past_deadlines(course, ["1-backprop"], now)


def test_run_all_reaches_the_end_without_any_earlier_answer(copy: Course, tmp_path: Path) -> None:
    found = contents(copy, LATER, ())
    for path, content in found.files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    path = tmp_path / "release" / LATER / f"{LATER}.ipynb"
    notebook = execute(nbformat.read(path, as_version=4), cwd=path.parent)
    said = {
        cell.id: "".join(output.get("text", "") for output in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code"
    }
    assert "softmax_loss: not there yet" in said["earlier"]
    assert said["summary"].startswith("Your own checks: 0 of 100")


def test_the_command_says_what_it_gave_and_what_it_withheld(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], copy: Course
) -> None:
    past = [
        word
        for name in Course().assignments()
        if name not in ("03-losses", "09-augmentation")
        for word in ("--past", name)
    ]
    code = main(["--course", str(tmp_path), "publish", "09-augmentation", *past])
    out = capsys.readouterr().out
    assert code == 0
    assert "given:    adam of 06-adaptive" in out
    assert "withheld: softmax_loss of 03-losses" in out
    assert json.loads(
        (
            tmp_path / "published/09-augmentation/release/09-augmentation/09-augmentation.ipynb"
        ).read_bytes()
    )["cells"]


def test_a_terms_packages_lie_on_one_page(copy: Course, tmp_path: Path) -> None:
    every = copy.assignments()
    downloads = tmp_path / "site" / DOWNLOADS
    downloads.parent.mkdir(parents=True)
    downloads.write_text('<p>Before.</p><div id="packages"></div><p>After.</p>', encoding="utf-8")
    page = publish_term(copy, every, tmp_path / "site")
    (link,) = re.findall(
        r'^<p>Before.</p><div id="packages"><p><a href="([^"]+)">[^<]+</a></p></div><p>After.</p>$',
        downloads.read_text(encoding="utf-8"),
    )
    assert (downloads.parent / link).resolve() == page
    assert {path.name for path in page.parent.iterdir()} == {
        "index.html",
        *(f"{name}.zip" for name in every),
    }
    assert {path.name for path in page.parent.parent.iterdir()} == {"course", "packages"}
    text = page.read_text(encoding="utf-8")
    for name in every:
        assert f'href="{name}.zip"' in text
        with zipfile.ZipFile(page.parent / f"{name}.zip") as zipped:
            files = {path.partition("/")[2] for path in zipped.namelist()}
        asked = {f"release/{name}/{name}.ipynb", f"course/{name}.md", "course/lectures.md"}
        assert asked | {"START.md", "requirements.txt", "environment.yml"} <= files


@pytest.mark.slow
def test_a_term_with_an_answer_in_it_is_refused_as_a_whole(copy: Course, tmp_path: Path) -> None:
    extra = copy.utils / "shortcut.py"
    extra.write_text("import numpy as np\n\n\n" + answer_to("05-optimizers", "sgd_momentum"))
    past = [name for name in copy.assignments() if name != "05-optimizers"]
    try:
        with pytest.raises(UserError, match=r"sgd_momentum answers sgd_momentum of 05-optimizers"):
            publish_term(copy, past, tmp_path / "site")
        assert not (tmp_path / "site").exists()
    finally:
        extra.unlink()


@pytest.mark.parametrize("arguments", [[], ["05-optimizers", "--site", "x"]])
def test_publish_takes_an_assignment_or_a_site(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(["publish", *arguments])
