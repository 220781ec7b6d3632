"""The command line keeps its word: one JSON form, the same for the same seed, three exit codes, and never a traceback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.checking.plugin import collect
from autograder.cli import commands, tables
from autograder.cli import parser as cli
from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.limits import Limits, load_limits
from autograder.core.mistakes import load_bank
from autograder.core.results import DEMANDED, Finding, FindingKind, Graded, QuestionResult, Walls
from autograder.core.roots import PROJECT, ROOT
from autograder.gradebook.reader import place
from autograder.grading import pipeline as grade
from autograder.sandbox.walls import refusal

SYLLABUS = {
    "01-backprop": ["circuit", "mlp_backprop", "affine", "numeric_gradient", "check_layer"],
    "05-optimizers": [
        "minibatches",
        "sgd_momentum",
        "nesterov",
        "convert_momentum",
        "curvature",
        "steps_to_tol",
    ],
}
NAME = "05-optimizers"
OUTCOMES = {"right", "partial", "wrong", "unjudged"}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process, and gives its exit code and what it printed."""

    def command(*arguments: object) -> tuple[int, str, str]:
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as ended:  # argparse's own way
            code = ended.code  # type: ignore[assignment]
        said = capsys.readouterr()
        assert (
            "Traceback (most recent call last):" not in said.out + said.err
        )  # Python's own; a cell's, for its author, has no colon
        assert "INTERNALERROR" not in said.out + said.err
        return code, said.out, said.err

    return command


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Notebooks to check: solved, untouched and mistaken, of one assignment; solved and damaged besides."""
    folder = tmp_path_factory.mktemp("notebooks")
    assignment = load_assignment(Course(), NAME)
    solved = {cell.id: cell.source for cell in assignment.cells if cell.kind == "solution"}
    entry = load_bank(Course().mistakes(NAME)).mistakes("sgd_momentum")[0]
    mistaken = solved | assignment.reference_source(entry.question, entry.source)
    notebooks = {
        "solved": assignment.solved(),
        "untouched": assignment.notebook(),
        "mistaken": assignment.notebook(mistaken),
        "other": load_assignment(Course(), "01-backprop").solved(),
    }
    made = {}
    for name, notebook in notebooks.items():
        made[name] = folder / f"{name}.ipynb"
        made[name].write_text(json.dumps(notebook))
    made["damaged"] = folder / "damaged.ipynb"
    made["damaged"].write_bytes(b"{ no notebook")
    return made


def check_form(told: Any, name: str) -> None:
    """Holds a result against the contract, key by key and type by type."""
    assert list(told) == [
        "assignment",
        "seed",
        "score",
        "max_score",
        "outcome",
        "questions",
        "findings",
        "walls",
    ]
    assert told["assignment"] == name
    assert told["walls"] in list(Walls)
    assert type(told["seed"]) is int
    assert told["max_score"] == 100
    assert told["outcome"] in OUTCOMES
    assert [question["id"] for question in told["questions"]] == SYLLABUS[name]
    for question in told["questions"]:
        assert list(question) == [
            "id",
            "score",
            "max_score",
            "outcome",
            "checks",
            "mistake",
            "hint",
            "hints",
        ]
        assert question["outcome"] in OUTCOMES
        assert (
            question["mistake"] is None or question["hint"] is not None
        )  # a hint may name a place alone
        assert bool(question["hints"]) == (question["hint"] is not None)
        assert question["checks"]
        for check in question["checks"]:
            assert list(check) == ["id", "outcome", "score", "max_score", "message", "sentence"]
            assert check["id"].startswith(f"{question['id']}.")
            assert check["outcome"] in OUTCOMES - {"partial"}
            assert isinstance(check["message"], str)
            assert (check["message"] == "") == (check["outcome"] == "right")
            assert check["score"] == (check["max_score"] if check["outcome"] == "right" else 0)
        assert question["score"] == pytest.approx(
            sum(check["score"] for check in question["checks"])
        )
        assert question["max_score"] == pytest.approx(
            sum(check["max_score"] for check in question["checks"])
        )
    assert told["score"] == pytest.approx(sum(question["score"] for question in told["questions"]))
    for finding in told["findings"]:
        assert list(finding) == ["kind", "where", "message"]
        assert all(isinstance(value, str) and value for value in finding.values())


@pytest.mark.parametrize(
    ("which", "name", "score", "outcome"),
    [
        ("solved", NAME, 100, "right"),
        ("untouched", NAME, 0, "wrong"),
        pytest.param("damaged", NAME, 0, "wrong", marks=pytest.mark.slow),
        pytest.param("other", "01-backprop", 100, "right", marks=pytest.mark.slow),
    ],
)
def test_the_json_form(
    run: Run, files: dict[str, Path], which: str, name: str, score: float, outcome: str
) -> None:
    code, out, err = run("check", files[which], "--assignment", name, "--json", "--seed", 7)
    told = json.loads(out)
    check_form(told, name)
    assert (code, err) == (0, "")
    assert (told["score"], told["outcome"], told["seed"]) == (score, outcome, 7)
    assert bool(told["findings"]) is (which == "damaged")
    wanted = {
        question: [spec.id for spec in collect(Course().checks(name)) if spec.question == question]
        for question in SYLLABUS[name]
    }
    assert {
        question["id"]: [check["id"] for check in question["checks"]]
        for question in told["questions"]
    } == wanted


@pytest.mark.slow
def test_the_same_seed_gives_the_same_json_and_a_mistake_its_hint(
    run: Run, files: dict[str, Path]
) -> None:
    first, second, third = (
        run("check", files["mistaken"], "--assignment", NAME, "--json", "--seed", seed)[1]
        for seed in (11, 11, 12)
    )
    assert first == second
    told, other = json.loads(first), json.loads(third)
    check_form(told, NAME)
    assert told["outcome"] == "partial"
    question = next(question for question in told["questions"] if question["id"] == "sgd_momentum")
    assert question["mistake"] == load_bank(Course().mistakes(NAME)).mistakes("sgd_momentum")[0].id
    assert question["score"] < question["max_score"]
    assert [q["score"] for q in told["questions"]] == [
        q["score"] for q in other["questions"]
    ]  # other inputs, same marks
    assert other["seed"] == 12


@pytest.mark.slow
def test_a_reader_who_goes_away_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "autograder", "--course", str(tmp_path), "doctor"]
    with os.fdopen(writing, "wb") as gone:
        done = subprocess.run(
            command, cwd=PROJECT, stdout=gone, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == commands.FAULT
    assert done.stderr.splitlines()[-1].startswith(
        "autograder: the program that read this output has ended"
    )
    assert "Traceback" not in done.stderr


def test_a_gradebook_on_a_server_is_named_without_its_password() -> None:
    assert place("sqlite:////somewhere/gradebook.db?timeout=9") == "/somewhere/gradebook.db"
    shown = place("postgresql+psycopg://staff:secret@db.example/course?sslmode=require")
    assert "db.example/course" in shown
    assert "secret" not in shown


def test_a_seed_is_drawn_where_none_is_given() -> None:
    assert len({commands._drawn(None) for _ in range(20)}) > 18
    assert commands._drawn(0) == 0


@pytest.mark.slow
def test_the_text_form_says_the_same(run: Run, files: dict[str, Path]) -> None:
    code, out, _ = run("check", files["untouched"], "--assignment", NAME, "--seed", 7)
    assert code == 0
    assert f"{NAME}: 0 of 100 points (seed 7)" in out
    assert all(f"{question}: 0 of" in out for question in SYLLABUS[NAME])
    assert "is not written yet" in out


def test_the_assignment_is_the_notebooks_own_name_unless_given(
    run: Run, files: dict[str, Path], tmp_path: Path
) -> None:
    shutil.copy(files["solved"], tmp_path / f"{NAME}.ipynb")
    assert json.loads(run("check", tmp_path / f"{NAME}.ipynb", "--json")[1])["score"] == 100
    assert run("check", files["solved"])[0] == 2


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A class's folder with nothing in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check", "{solved}", "--assignment", "99-nothing"], "05-optimizers"),
        (["check", "{solved}", "--assignment", "../05-optimizrs"], "did you mean 05-optimizers"),
        (["check", "missing.ipynb", "--assignment", NAME], "missing.ipynb"),
        (["check", "/", "--assignment", NAME], "cannot be read"),
        (["check", "{solved}", "--assignment", NAME, "--seed", "-1"], "whole number"),
        (["check", "{solved}", "--assignment", NAME, "--seed", "1.5"], "whole number"),
        (["check", "{solved}", "--assignment", NAME, "--seed", str(2**32)], "whole number"),
        (["check", "{solved}", "--assignment", NAME, "--seed", "9" * 5000], "seed"),
        (["check"], "notebook"),
        (["grade", "99-nothing"], "99-nothing"),
        (["grade", NAME], "submitted"),
        (["grade", NAME, "--student", "nobody"], "submitted"),
        (["grade", NAME, "--workers", "0"], "at least 1"),
        (["grade", NAME, "--workers", "two"], "at least 1"),
        (["grade"], "NN-name"),
        (["--course", "/nowhere", "grade", NAME], "/nowhere"),
        (["audit", "99-nothing"], "99-nothing"),
        (["build", "99-nothing"], "99-nothing"),
        (["feedback", "99-nothing"], "99-nothing"),
        (["nonsense"], "nonsense"),
        ([], "COMMAND"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else "",
)
def test_bad_arguments_are_two_and_one_line_that_helps(
    run: Run, files: dict[str, Path], elsewhere: Path, arguments: list[str], says: str
) -> None:
    code, out, err = run(*(argument.format(**files) for argument in arguments))
    assert code == 2
    assert says in err
    assert out == ""
    assert len(err.splitlines()) <= 12


def test_an_empty_folder_of_submissions_is_two(run: Run, elsewhere: Path) -> None:
    (elsewhere / "submitted" / "ada" / "another").mkdir(parents=True)
    code, _, err = run("grade", NAME)
    assert code == 2
    assert "nothing to grade" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["feedback", NAME],
        ["grade", NAME],
        ["grade", NAME, "--diff"],
        ["grade", NAME, "--seed", "3"],
        ["report", NAME],
        ["leaderboard", "capstone"],
        ["collect", "nothing.zip", NAME],
    ],
    ids=" ".join,
)
def test_outside_of_a_class_folder_a_command_is_refused_and_leaves_nothing(
    run: Run, elsewhere: Path, arguments: list[str]
) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert list(elsewhere.iterdir()) == []


def test_a_class_that_was_not_graded_has_no_pages_to_write(run: Run, elsewhere: Path) -> None:
    (elsewhere / "submitted" / "ann" / NAME).mkdir(parents=True)
    code, _, err = run("feedback", NAME)
    assert code == 2
    assert f"run: autograder grade {NAME}" in err
    assert [path.name for path in elsewhere.iterdir()] == ["submitted"]


def test_a_relative_command_grades_from_any_folder(files: dict[str, Path], tmp_path: Path) -> None:
    """As `../.venv/bin/python -m autograder check ../x.ipynb`, also by way of a link."""
    if all(map(refusal, Walls)):
        pytest.skip("no walls can stand on this machine")
    (tmp_path / "link").symlink_to(files["solved"].parent)
    notebook = os.path.relpath(tmp_path / "link" / "solved.ipynb", tmp_path)
    command = [
        os.path.relpath(sys.executable, tmp_path),
        "-m",
        "autograder",
        "check",
        notebook,
        "--assignment",
        NAME,
        "--json",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["score"] == 100


def test_names_in_other_letters_are_read_in_any_locale(tmp_path: Path) -> None:
    for student in ("José", "Ιφιγένεια"):
        (tmp_path / "submitted" / student / NAME).mkdir(parents=True)
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [
        sys.executable,
        "-m",
        "autograder",
        "--course",
        str(tmp_path),
        "grade",
        NAME,
        "--student",
        "Zoë",
    ]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    said = done.stderr.decode("utf-8")
    assert done.returncode == 2
    assert "NOT GRADED" not in said
    assert "Ιφιγένεια" in said
    assert "Zoë" in said


@pytest.fixture
def own_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Course]:
    """A course of the author's own, whose first assignment is written but not built."""
    course = Course(root=tmp_path, work=tmp_path)
    text = course.text_form("00-new")
    text.parent.mkdir(parents=True)
    text.write_text('# %% [markdown] id="title"\n# # New\n')
    monkeypatch.setattr(commands, "_course", lambda arguments: course)
    return course


def test_an_assignment_that_was_not_built_is_two(
    run: Run, own_course: Course, files: dict[str, Path]
) -> None:
    (own_course.submitted / "ada" / "00-new").mkdir(parents=True)
    for command in (
        ["check", files["solved"], "--assignment", "00-new"],
        ["grade", "00-new"],
        ["audit", "00-new"],
    ):
        code, _, err = run(*command)
        assert code == 2
        assert "autograder build 00-new" in err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# %% [markdown]\n# # No id\n", "id"),
        ('# %% id="a"\n1\n\n# %% id="a"\n2\n', "twice"),
        ('# %% id="a b"\n1\n', "letters"),
        ('# %% nbgrader={"grade_id": "q-check", "grade": true}\n1\n', "points"),
        ('# %% id="a"\n1 / 0\n', "ZeroDivisionError"),
    ],
)
def test_a_text_form_that_cannot_be_built_is_two(
    run: Run, own_course: Course, text: str, says: str
) -> None:
    own_course.text_form("00-new").write_text(text)
    code, _, err = run("build", "00-new")
    assert code == 2
    assert says in err
    assert not own_course.release_notebook("00-new").exists()


def test_a_notebook_of_the_course_that_is_no_json_is_two(
    run: Run, own_course: Course, files: dict[str, Path]
) -> None:
    """As a merge conflict leaves it."""
    own_course.release_notebook("00-new").parent.mkdir(parents=True)
    for path in (own_course.source_notebook("00-new"), own_course.release_notebook("00-new")):
        path.write_text("<<<<<<< HEAD\n{}\n=======\n")
    code, _, err = run("check", files["solved"], "--assignment", "00-new")
    assert code == 2
    assert "00-new" in err


@pytest.mark.parametrize(
    "limits",
    [
        "calls = 5",
        "cell_wall = -1",
        "cell_wall = 'long'",
        "memory = true",
        "cell_wall =",
        f"[tool.autograder.limits.{NAME}]\ncall_wall = -1",
    ],
)
def test_limits_that_make_no_sense_are_two(
    run: Run, own_course: Course, files: dict[str, Path], limits: str
) -> None:
    shutil.copytree(Course().source / NAME, own_course.source / NAME)
    shutil.copytree(Course().release / NAME, own_course.release / NAME)
    own_course.pyproject.write_text(f"[tool.autograder.limits]\n{limits}\n")
    code, _, err = run("check", files["solved"], "--assignment", NAME)
    assert code == 2
    assert "pyproject.toml" in err


@pytest.mark.parametrize("limits", ["calls = 5", "call_wall = -1", "call_wall ="])
def test_limits_of_an_assignment_that_make_no_sense_are_two(
    run: Run, own_course: Course, files: dict[str, Path], limits: str
) -> None:
    shutil.copytree(Course().source / NAME, own_course.source / NAME)
    shutil.copytree(Course().release / NAME, own_course.release / NAME)
    own_course.limits(NAME).write_text(f"{limits}\n")
    code, _, err = run("check", files["solved"], "--assignment", NAME)
    assert code == 2
    assert f"{NAME}/checks/limits.toml" in err


def test_an_assignment_may_have_limits_of_its_own(tmp_path: Path) -> None:
    course = Course(tmp_path, tmp_path)
    course.pyproject.write_text("[tool.autograder.limits]\ncell_wall = 7\n")
    course.limits("capstone").parent.mkdir(parents=True)
    course.limits("capstone").write_text("call_wall = 90\n")
    others, capstone = load_limits(course, NAME), load_limits(course, "capstone")
    assert (others.cell_wall, others.call_wall) == (7, Limits().call_wall)
    assert (capstone.cell_wall, capstone.call_wall) == (7, 90)


BROKEN = '''
from autograder.checking import check

@check("sgd_momentum", points=0)
def test_breaks(student):
    """This check breaks by itself."""
    len(5)
'''


def named_course(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """A course of this assignment alone, which the environment names, to be changed."""
    course = Course(folder / "own course", folder)
    shutil.copytree(Course().folder(NAME), course.folder(NAME))
    for name in ("release", "utils"):
        (course.root / name).symlink_to(PROJECT / name)
    monkeypatch.setenv(ROOT, str(course.root))
    return course


@pytest.fixture
def broken_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One more check of this assignment, which breaks whatever it is given."""
    (named_course(tmp_path, monkeypatch).checks(NAME) / "test_breaks_by_itself.py").write_text(
        BROKEN
    )
    yield
    sys.modules.pop("test_breaks_by_itself", None)


def test_a_check_that_breaks_is_three_and_no_ones_zero(
    run: Run, files: dict[str, Path], broken_check: None
) -> None:
    code, out, _ = run("check", files["solved"], "--assignment", NAME, "--json", "--seed", 1)
    assert code == 3
    told = json.loads(out)
    assert told["outcome"] == "unjudged"
    by_id = {question["id"]: question for question in told["questions"]}
    assert by_id["sgd_momentum"]["outcome"] == "unjudged"
    assert by_id["sgd_momentum"]["score"] == 20
    assert all(
        by_id[ident]["outcome"] == "right" for ident in SYLLABUS[NAME] if ident != "sgd_momentum"
    )
    (finding,) = told["findings"]
    assert finding["kind"] == "fault"
    assert finding["where"] == "sgd_momentum"
    (broken,) = [
        check for check in by_id["sgd_momentum"]["checks"] if check["outcome"] == "unjudged"
    ]
    assert "not your fault" in broken["message"]
    assert "TypeError" not in broken["message"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import nothing_of_this_name\n", "No module named 'nothing_of_this_name'"),
        ("x = 1\ndef broken(:\n", "line 2"),
        ("1 / 0\n", "ZeroDivisionError"),
    ],
)
def test_checks_that_do_not_load_are_refused_by_name(
    run: Run,
    files: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    says: str,
) -> None:
    (named_course(tmp_path, monkeypatch).checks(NAME) / "test_does_not_load.py").write_text(text)
    code, out, err = run("check", files["solved"], "--assignment", NAME, "--json")
    assert code == 2
    assert out == ""
    assert f"could not be loaded (in {NAME}/checks/test_does_not_load.py)" in err
    assert says in err


def test_without_bubblewrap_the_next_walls_are_taken_and_named(
    run: Run, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    code, out, err = run("check", files["solved"], "--assignment", NAME)
    assert (code, err) == (0, "")
    assert (
        "student code was kept apart by: room" in out
        or "student code was kept apart by: bare" in out
    )
    monkeypatch.setenv(DEMANDED, "")  # as it was, once the command has set it
    code, out, err = run("--walls", "namespaces", "check", files["solved"], "--assignment", NAME)
    assert (code, out) == (2, "")
    assert "apt-get install bubblewrap" in err


def test_an_interruption_is_no_traceback(
    run: Run, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(grade.Grader, "grade", interrupted)
    code, _, err = run("check", files["solved"], "--assignment", NAME)
    assert code == 130
    assert "interrupted" in err


def test_the_installed_command_and_the_module_are_the_same(tmp_path: Path) -> None:
    installed = Path(sys.executable).parent / "autograder"
    for command in ([str(installed)], [sys.executable, "-m", "autograder"]):
        done = subprocess.run(
            [*command, "check", "99-nothing.ipynb"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert done.stderr.startswith("autograder: there is no assignment '99-nothing'")
        assert done.stdout == ""


def test_help_names_every_command_of_the_readme(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    for command in ("build", "grade", "check", "audit", "feedback", "sample", "doctor"):
        assert command in out
    assert str(PROJECT) not in out


def test_what_may_be_no_accident_is_told_to_staff_below_the_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    question = QuestionResult("affine", 20, ())
    findings = (
        Finding(FindingKind.FORGED, "affine", "It sent what is no answer.", staff=True),
        Finding(FindingKind.REPAIRED, "affine", "It was mended."),
    )
    tables.show_class(
        [
            Graded("mallory", "01-backprop", 1, (question,), findings, {}),
            Graded("alice", "01-backprop", 1, (question,), (), {}),
        ]
    )
    below = capsys.readouterr().out.partition("For you to look at")[2]
    assert "mallory: It sent what is no answer." in below
    assert "It was mended." not in below
    assert "alice" not in below
    tables.show_class([Graded("alice", "01-backprop", 1, (question,), (findings[1],), {})])
    assert "For you to look at" not in capsys.readouterr().out


@pytest.mark.slow
def test_what_was_never_tried_is_not_said_to_have_ended_the_process(
    run: Run, tmp_path: Path
) -> None:
    assignment = load_assignment(Course(), NAME)
    sources = {cell.id: cell.source for cell in assignment.cells if cell.kind == "solution"}
    for cell in (
        "convert_momentum",
        "minibatches",
        "nesterov",
    ):  # the checks call them in this order, and there are two restarts
        sources[cell] = sources[cell].replace("### BEGIN SOLUTION", "import os; os._exit(0)")
    path = tmp_path / f"{NAME}.ipynb"
    path.write_text(json.dumps(assignment.notebook(sources)))
    _, out, _ = run("check", path, "--json", "--seed", 1)
    said = {
        question["id"]: " ".join(check["message"] for check in question["checks"])
        for question in json.loads(out)["questions"]
    }
    assert "ended its own process" not in said["sgd_momentum"]
    assert "was not tried" in said["sgd_momentum"]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("05-optimizers/", marks=pytest.mark.slow),
        "submitted/ann/05-optimizers",
    ],
)
def test_grade_takes_a_path_for_the_assignment(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "submitted" / "ann" / "05-optimizers").mkdir(parents=True)
    cli.main(["--course", str(tmp_path), "grade", "--diff", name])
    shown = "".join(capsys.readouterr())
    assert "has not been built" not in shown
    assert "ann" in shown
