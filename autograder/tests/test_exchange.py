"""nbgrader's exchange as a whole: release, fetch, submit, collect, grade, release and fetch feedback,
the student with a home folder of their own, and, as root, a user of their own."""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from autograder.classroom.run import grade_assignment
from autograder.cli.parser import main
from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.roots import PROJECT
from autograder.publish import exchange_files
from autograder.tests.fake_grading import Here, Pretended, hand_in
from autograder.workers import pool

NAME, LATER, COURSE = "01-backprop", "02-activations", "nets"
OTHER = 65534  # nobody, who owns nothing here
CONFIG = f"""
import sys
sys.path.insert(0, {str(PROJECT)!r})
from pathlib import Path
from autograder.nbgrader_hooks import configure
c = get_config()
configure(c, Path(__file__).resolve().parent)
"""
IMPORTING = """
import json, sys
cells = json.load(open(sys.argv[1]))["cells"]
exec("".join(next(cell["source"] for cell in cells if cell["id"] == "setup")))
import utils
print(utils.__file__)
"""


@dataclass(frozen=True)
class Places:
    """A class and a student beside it, who shares nothing but the exchange.

    Attributes:
        course: the class.
        home: the student's.
        student: as whom nbgrader knows them.
    """

    course: Course
    home: Path
    student: str

    def run_as_student(self, *arguments: str, folder: str = ".") -> str:
        """Run a Python as the student, in their home folder, and return all that it prints."""
        kept = {name: os.environ[name] for name in ("LANG", "LC_ALL") if name in os.environ}
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.home / folder,
            env={**kept, "PATH": _path(), "HOME": str(self.home), "MPLBACKEND": "agg"},
            user=_other_user(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout + done.stderr

    def run_as_staff(self, *arguments: str) -> str:
        """Run a command of nbgrader in the class folder, and return what it logs."""
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=self.course.work,
            env={**os.environ, "PATH": _path()},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stderr

    def autograder(self, *arguments: str) -> int:
        return main(["--course", str(self.course.work), "--root", str(PROJECT), *arguments])


def _path() -> str:
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


@cache
def _other_user() -> int | None:
    """A user who owns nothing here; None unless we are root, and others can run this Python."""
    command = [sys.executable, "-c", "import nbgrader"]
    try:
        done = subprocess.run(command, user=OTHER, capture_output=True, check=False)
    except PermissionError:
        return None
    return OTHER if done.returncode == 0 else None


@pytest.fixture
def places() -> Iterator[Places]:
    top = Path(tempfile.mkdtemp(prefix="exchange-"))  # pytest's own folders are closed to others
    top.chmod(0o755)
    for folder, mode in (("class", 0o700), ("exchange", 0o777), ("home", 0o700)):
        (top / folder).mkdir()
        (top / folder).chmod(mode)
    shared = f'c.Exchange.root = "{top / "exchange"}"\nc.CourseDirectory.course_id = "{COURSE}"\n'
    (top / "class" / "nbgrader_config.py").write_text(CONFIG + shared)
    (top / "home" / "nbgrader_config.py").write_text(f"c = get_config()\n{shared}")
    if (other := _other_user()) is not None:
        for path in (top / "home", top / "home" / "nbgrader_config.py"):
            os.chown(path, other, other)
    name = pwd.getpwuid(os.geteuid() if other is None else other).pw_name
    yield Places(Course(PROJECT, top / "class"), top / "home", name)
    shutil.rmtree(top)


def solve(notebook: Path) -> None:
    """Answer all questions in a student's own copy; its file keeps its owner."""
    told = json.loads(notebook.read_text())
    answers = {cell["id"]: cell for cell in load_assignment(Course(), NAME).solved()["cells"]}
    for cell in told["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            cell["source"] = answers[cell["id"]]["source"]
    notebook.write_text(json.dumps(told))


def pages_of(places: Places) -> list[str]:
    found = sorted((places.home / NAME / "feedback").glob(f"*/{NAME}.html"))
    return [path.read_text() for path in found]


@pytest.mark.slow
def test_there_and_back(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    places.run_as_staff("release_assignment", NAME)
    places.run_as_student("-m", "nbgrader", "fetch_assignment", NAME)
    fetched = places.home / NAME
    printed = places.run_as_student("-c", IMPORTING, f"{NAME}.ipynb", folder=NAME)
    assert Path(printed.split()[-1]) == fetched / "utils" / "__init__.py"
    solve(fetched / f"{NAME}.ipynb")
    places.run_as_student("-m", "nbgrader", "submit", NAME)
    places.run_as_staff("collect", NAME)
    assert places.autograder("grade", NAME) == 0
    assert f"{places.student}" in capsys.readouterr().out
    assert places.autograder("return", NAME, "--to", "exchange") == 0
    assert "1 of 1 changed" in capsys.readouterr().out
    shared = places.course.work.parent / "exchange" / COURSE / "feedback"
    assert shared.stat().st_mode & 0o077 == 0o011  # nobody can list the names, which are secrets
    assert [path.stat().st_mode & 0o044 for path in shared.iterdir()] == [0o044]
    places.run_as_student("-m", "nbgrader", "fetch_feedback", NAME)
    own = places.course.feedback_page(NAME, places.student).read_text()
    assert pages_of(places) == [own]
    assert "100 of 110" in re.sub(r"<[^>]*>", "", own)
    assert places.autograder("return", NAME, "--to", "exchange") == 0
    assert "0 of 1 changed" in capsys.readouterr().out


def test_work_that_came_from_elsewhere_is_named(
    places: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        pool, "grade_chunk", Pretended(places.course.work.parent / "exchange" / "journal")
    )
    course, shared = places.course, places.course.work.parent / "exchange" / COURSE / "feedback"
    for student in ("ada", "bo"):
        hand_in(course, student)
    secret = course.submitted / "ada" / NAME / "submission_secret.txt"
    secret.write_text("not to be guessed")
    (secret.parent / "timestamp.txt").write_text("2026-07-02 10:37:00.123456 UTC")
    grade_assignment(course, NAME, 1, 1, set(), True, Here)
    assert places.autograder("return", NAME, "--to", "exchange", "--dry-run") == 0
    assert not shared.exists()
    assert places.autograder("return", NAME, "--to", "exchange") == 0
    assert "without a page there: bo" in capsys.readouterr().out
    named = hashlib.md5(b"not to be guessed" + NAME.encode()).hexdigest()  # as nbgrader's tree is
    assert [path.name for path in shared.iterdir()] == [f"{named}.html"]
    assert places.autograder("return", NAME, "--to", "exchange", "--dry-run") == 0
    out = capsys.readouterr().out
    assert f"ada: waits for a person; as it was sent; feedback/{named}.html" in out
    assert "1 of 2 changed" in out  # what was not sent is not counted as sent


@pytest.mark.slow
def test_what_nbgrader_refuses_is_said_and_not_counted_as_sent(
    places: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        pool, "grade_chunk", Pretended(places.course.work.parent / "exchange" / "journal")
    )
    course = places.course
    config = course.work / "nbgrader_config.py"
    config.write_text(config.read_text().replace("c.CourseDirectory.course_id", "# "))
    hand_in(course, "ada")
    (course.submitted / "ada" / NAME / "submission_secret.txt").write_text("secret")
    grade_assignment(course, NAME, 1, 1, set(), True, Here)
    assert places.autograder("return", NAME, "--to", "exchange") == 2
    assert "exchange takes no feedback: No course id specified" in capsys.readouterr().err
    assert not (course.work / "returned" / NAME / "sent.json").exists()


@pytest.mark.parametrize("name", [NAME, LATER])
def test_links_lead_to_what_students_fetched(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among the folders that a student has of this assignment and of earlier ones."""
    monkeypatch.setattr(exchange_files, "refuse_leaks", lambda *_: None)  # which takes seconds
    fetched: dict[str, bytes] = {}
    for one in (NAME, LATER):
        laid_out = exchange_files.exchange_files(Course(), one, {NAME})
        fetched |= {f"{one}/{path}": content for path, content in laid_out.items()}
    links = 0
    for path, content in fetched.items():
        if path.startswith(f"{name}/") and path.endswith((".md", ".ipynb")):
            for found in re.finditer(rb"\]\(([^)\s#:]+)(#[^)\s]*)?\)", content):
                links += 1
                target = posixpath.join(posixpath.dirname(path), found[1].decode())
                assert posixpath.normpath(target) in fetched, path
    assert links > 5
    assert f"{name}/utils/__init__.py" in fetched
    assert not [path for path in fetched if "checks" in path or "mistakes" in path]
