"""What a machine lacks for grading is named, with what it means and what to do, and grading is refused where student code would not be confined."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from autograder.cli import parser as cli
from autograder.core import console
from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.results import DEMANDED, Walls
from autograder.core.roots import PROJECT
from autograder.doctor import class_folder, machine
from autograder.doctor import examine as doctor
from autograder.doctor.result import BAD, FINE, WARNING, DoctorCheck
from autograder.sandbox import system_calls
from autograder.sandbox.walls import demanded, refusal

LOCK = PROJECT / "requirements-staff.txt"
DENIED = "bwrap: setting up uid map: Permission denied"


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    monkeypatch.setenv(DEMANDED, "")  # as it was, whatever a command here demands
    monkeypatch.setattr(console, "PIPE_WIDTH", 4000)  # or the table would break its lines
    (tmp_path / "work").mkdir()
    return Course(PROJECT, tmp_path / "work")


@pytest.fixture
def fake_bwrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bubblewrap to which the kernel denies user namespaces."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "bwrap").write_text(f"#!/bin/sh\necho '{DENIED}' >&2\nexit 1\n")
    (folder / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def named(looks: list[DoctorCheck], what: str) -> DoctorCheck:
    (found,) = [look for look in looks if look.what == what]
    return found


def ran(course: Course, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = cli.main(["--course", str(course.work), "doctor"])
    return code, " ".join(capsys.readouterr().out.split())


# -- degraded modes ----------------------------------------------------------------------------------------------------


def test_a_machine_that_can_grade_is_told_so(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    if all(map(refusal, Walls)):
        pytest.skip("no walls can stand on this machine")
    code, told = ran(course, capsys)
    assert code == 0
    assert "This machine can grade" in told
    assert "no other processes, no network" in told


def test_without_bubblewrap(
    course: Course,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """The next walls are taken, and that is said, with what would bring the first."""
    monkeypatch.setenv("PATH", str(tmp_path))
    able = [walls for walls in (Walls.ROOM, Walls.BARE) if not refusal(walls)]
    code, told = ran(course, capsys)
    assert code == (0 if able else 2)
    assert "apt-get install bubblewrap" in told
    assert (
        f"Grading goes on with the next walls, {able[0]}." in told
        if able
        else "This machine cannot grade: walls" in told
    )
    assert (
        f"started behind the walls of {able[0]}; it holds: {machine.HELD}" in told if able else True
    )


def test_walls_that_are_asked_for_are_taken_or_refused(
    course: Course,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv(DEMANDED, "namespaces")
    code, told = ran(course, capsys)
    assert code == 2
    assert "This machine cannot grade: walls: namespaces." in told
    monkeypatch.setenv(DEMANDED, "none")
    code, told = ran(course, capsys)
    assert code == 2
    assert "expected walls to be one of namespaces, room, bare, got 'none' (in --walls)" in told


@pytest.mark.parametrize("asked", [None, Walls.NAMESPACES])
def test_walls_that_nobody_asked_for_forbid_nothing(
    asked: Walls | None, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where none of the three can stand, all are named unless one was asked for."""
    monkeypatch.setenv(DEMANDED, asked or "")
    monkeypatch.setattr(machine, "refusal", lambda walls: f"there is no {walls}")
    bad = [look.what for look in machine.look_at_walls(course) if look.state == BAD]
    assert bad == [f"walls: {walls}" for walls in ([asked] if asked else Walls)]


def test_a_course_asks_for_walls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DEMANDED, raising=False)
    settings = tmp_path / "pyproject.toml"
    assert demanded(settings) is None
    settings.write_text('[tool.autograder]\nwalls = "room"\n')
    assert demanded(settings) == Walls.ROOM
    monkeypatch.setenv(DEMANDED, "bare")
    assert demanded(settings) == Walls.BARE, "the command is nearer than the course"
    monkeypatch.delenv(DEMANDED)
    settings.write_text("[tool.autograder]\nwalls = false\n")
    with pytest.raises(UserError, match=r"got False \(in .*pyproject.toml"):
        demanded(settings)


def test_without_user_namespaces(
    course: Course,
    fake_bwrap: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(DEMANDED, "namespaces")
    code, told = ran(course, capsys)
    assert code == 2
    assert f"bubblewrap cannot make namespaces: {DENIED}" in told
    assert "--cap-add SYS_ADMIN" in told


def test_a_python_that_this_user_may_not_read_is_no_matter_of_namespaces(
    course: Course, fake_bwrap: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor a reason to take weaker walls."""
    script = """case "$*" in *" true") exit 0;; esac\necho "bwrap: Can't find source path /opt/python: Permission denied" >&2\nexit 1\n"""
    (fake_bwrap / "bwrap").write_text(f"#!/bin/sh\n{script}")
    code, told = ran(course, capsys)
    assert code == 2
    assert "This user may not read what a sandbox is made of." in told
    assert "next walls" not in told


def test_grading_itself_refuses_as_well(
    course: Course, fake_bwrap: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = course.work / "submitted" / "ada" / "01-backprop"
    folder.mkdir(parents=True)
    shutil.copy(course.release_notebook("01-backprop"), folder)
    command = [
        "--course",
        str(course.work),
        "--walls",
        "namespaces",
        "check",
        str(folder / "01-backprop.ipynb"),
    ]
    assert cli.main(command) == 2
    assert DENIED in capsys.readouterr().err


@pytest.mark.parametrize(("name", "value"), machine.USER_NAMESPACES)
def test_settings_that_deny_user_namespaces_are_named(
    name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = tmp_path / "setting"
    setting.write_text(f"{value}\n")
    monkeypatch.setattr(machine, "USER_NAMESPACES", ((str(setting), value),))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    look = machine.look_at_user_namespaces()
    assert (look.state, look.found.startswith("denied by")) == (WARNING, True)
    assert look.do.startswith("sudo sysctl ")
    setting.write_text("0\n" if value == "1" else "1\n")
    assert machine.look_at_user_namespaces().state == FINE


@pytest.mark.parametrize(
    ("capabilities", "state"),
    [("000001ffffffffff", FINE), ("00000000a80425fb", WARNING), ("", FINE)],
)
def test_root_in_a_container_hears_which_flags_help(
    capabilities: str, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = tmp_path / "status"
    status.write_text(
        f"Name:\tpython\nCapEff:\t{capabilities}\n" if capabilities else "Name:\tpython\n"
    )
    monkeypatch.setattr(machine, "STATUS", status)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    look = machine.look_at_user_namespaces()
    assert look.state == state
    assert ("--cap-add SYS_ADMIN" in look.do) == (state == WARNING)


def test_on_a_mac(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    code, told = ran(course, capsys)
    assert code == 2
    assert "This machine cannot grade: system." in told
    assert "virtual machine" in told


def test_without_a_filter_for_the_processor(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(OSError, match="no system-call filter for riscv64"):
        system_calls.filter_program(
            platform.machine(), os.getpid(), alone=True
        )  # which each submission's process calls before it reads a line
    code, told = ran(course, capsys)
    assert code == 2
    assert "system-call filter" in told
    assert "no system-call filter for riscv64" in told


@pytest.mark.parametrize(
    ("user", "reads", "helps"),
    [
        (60_001, True, "Keep the class in a folder that is closed to others"),
        (60_001, False, "Make the environment with a Python, and in a folder, that other users"),
        (None, False, "Allow user namespaces, or "),
    ],
)
def test_bare_walls_are_told_what_a_closed_folder_hides(
    user: int | None, reads: bool, helps: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing, where submissions run as the grader's own user."""
    monkeypatch.setattr(machine, "user_for", lambda slot: user)
    monkeypatch.setattr(machine, "user_that_reads", lambda folder, uid: uid if reads else None)
    means, do = machine._of_bare(Walls.BARE, Walls.BARE)
    assert "its size, owner and time" in means
    assert ("from whom a closed folder hides nothing" in means) == (not reads)
    assert do.startswith(helps)


def test_what_is_not_installed_is_to_be_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nobody is sent to their namespaces for a program that is missing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine._helps(Walls.NAMESPACES) == "Install bubblewrap."


def test_a_wall_that_does_not_hold_is_named(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    if all(map(refusal, Walls)):
        pytest.skip("no walls can stand on this machine")
    monkeypatch.setattr(
        machine, "WALLS", "print('no network, system read-only, no /proc, no way up, limits')"
    )
    look = machine.look_at_sandbox(course)
    assert (look.state, look.found) == (BAD, "does not hold: no other processes")


@pytest.mark.parametrize(("folders", "kind"), [(["memory"], "v1"), ([], "none")])
def test_the_lack_of_a_cgroup_is_named(
    folders: list[str], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = {Path("/sys/fs/cgroup") / name for name in folders}
    monkeypatch.setattr(Path, "is_dir", lambda path: path in there)
    monkeypatch.setattr(Path, "is_file", lambda path: False)
    assert f"cgroup {kind}: not used" in machine.look_at_memory_limit().found


# -- what else one trips over ------------------------------------------------------------------------------------------


class Version(NamedTuple):
    major: int
    minor: int


@pytest.mark.parametrize(
    ("version", "state"), [((3, 10), BAD), ((3, 11), FINE), ((3, 13), FINE), ((3, 14), BAD)]
)
def test_the_version_of_python(
    version: tuple[int, int], state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", Version(*version))
    assert machine.look_at_python().state == state


def test_packages_are_held_against_the_lock_file(tmp_path: Path) -> None:
    lock = tmp_path / LOCK.name
    lock.write_text(
        "numpy==0.1 \\\n    --hash=sha256:00\nno-such-package==1.0\nother==1 ; sys_platform == 'win32'\n# nbgrader==0.0\n"
    )
    look = class_folder.look_at_packages(lock)
    assert look.state == WARNING
    assert "numpy" in look.found
    assert "instead of 0.1" in look.found
    assert "missing: no-such-package" in look.found
    assert "other" not in look.found
    assert class_folder.look_at_packages(LOCK).state != BAD
    assert class_folder.look_at_packages(tmp_path / "none").state == WARNING


def test_a_package_that_grading_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise class_folder.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(class_folder.metadata, "version", version)
    assert class_folder.look_at_packages(LOCK).state == BAD


@pytest.fixture
def gradebook(course: Course) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(course.gradebook, isolation_level=None)
    connection.execute("CREATE TABLE grade (score)")
    yield connection
    connection.close()


def test_a_gradebook_that_is_locked(course: Course, gradebook: sqlite3.Connection) -> None:
    assert class_folder.look_at_gradebook(course, course.db_url).state == FINE
    gradebook.execute("BEGIN EXCLUSIVE")
    look = class_folder.look_at_gradebook(course, course.db_url)
    assert (look.state, "locked" in look.found) == (WARNING, True)
    gradebook.execute("ROLLBACK")
    assert class_folder.look_at_gradebook(course, course.db_url).state == FINE


def test_other_gradebooks(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    assert class_folder.look_at_gradebook(course, course.db_url).found.startswith("none yet")
    assert not course.gradebook.exists()
    assert class_folder.look_at_gradebook(course, "postgresql://host/grades").state == FINE
    course.gradebook.write_text(
        "this is no database, and longer than the hundred bytes of its header " * 3
    )
    assert class_folder.look_at_gradebook(course, course.db_url).state == BAD
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert "cannot be written" in class_folder.look_at_gradebook(course, course.db_url).found


@pytest.mark.parametrize(
    ("free", "state"), [(50 << 20, BAD), (500 << 20, WARNING), (5 << 30, FINE)]
)
def test_disk(course: Course, monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10 << 30, 0, free)
    )  # type: ignore[attr-defined]
    assert class_folder.look_at_disk(course).state == state


@pytest.mark.parametrize(("load", "state"), [(0.5, FINE), (9.0, WARNING)])
def test_a_busy_machine(monkeypatch: pytest.MonkeyPatch, load: float, state: str) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load, load, load))
    assert machine.look_at_processors(2).state == state


Change = Callable[[Path], object]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda project: (project / "pyproject.toml").write_text(
                "[tool.autograder.limits.01-own]\ncell_wall = 3\n"
            ),
            "source/01-own/checks/limits.toml",
        ),
        (
            lambda project: (project / "source" / "01-own" / "checks" / "limits.toml").write_text(
                "cel_wall = 3\n"
            ),
            "cel_wall",
        ),
        (
            lambda project: (project / "pyproject.toml").write_text(
                "[tool.autograder.limits]\ncell_wall = 'x'\n"
            ),
            "cell_wall",
        ),
        (lambda project: (project / "pyproject.toml").write_text("[tool"), "TOML"),
    ],
    ids=[
        "of an assignment, in the place of before",
        "unknown limit of an assignment",
        "no number",
        "no TOML",
    ],
)
def test_limits_that_cannot_be_read(tmp_path: Path, change: Change, words: str) -> None:
    own = tmp_path / "source" / "01-own"
    own.mkdir(parents=True)
    (own / "01-own.py").touch()
    (own / "checks").mkdir()
    change(tmp_path)
    look = class_folder.look_at_course(Course(tmp_path, tmp_path))
    assert (look.state, words in look.found) == (BAD, True)


def test_an_assignment_that_is_not_built(tmp_path: Path) -> None:
    own = tmp_path / "source" / "01-own"
    own.mkdir(parents=True)
    (own / "01-own.py").touch()
    look = class_folder.look_at_course(Course(tmp_path, tmp_path))
    assert (look.state, look.do) == (WARNING, "autograder build 01-own")


def test_every_look_says_what_it_means_and_what_to_do(course: Course) -> None:
    for look in doctor.examine(course):
        assert look.found
        assert (look.state == FINE) or (look.means and look.do), look


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("", FINE),
        pytest.param("c.CourseDirectory.ignore += ['*.tmp']", FINE, marks=pytest.mark.slow),
        ("c.CourseDirectory.ignore = ['.ipynb_checkpoints']", WARNING),
    ],
)
def test_settings_by_which_nbgrader_would_hand_out_the_checks(
    tmp_path: Path, line: str, state: str
) -> None:
    course = Course(work=tmp_path)
    (tmp_path / "nbgrader_config.py").write_text(
        f"{(PROJECT / 'nbgrader_config.py').read_text()}{line}\n"
    )
    look = named(doctor.examine(course), "hand-outs")
    assert look.state == state
    assert ("checks, mistakes, tests" in look.found) == (state == WARNING)
