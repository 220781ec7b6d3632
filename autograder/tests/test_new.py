"""What `autograder new` makes builds, passes its audit, mutants included, and is graded at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autograder.audit.audit_run import AuditRun
from autograder.audit.known_answers import audit
from autograder.audit.mutants.fates import examine
from autograder.authoring.build import build
from autograder.authoring.new import FIRST, new_assignment, new_course
from autograder.cli import main
from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.mistakes import load_bank
from autograder.core.roots import PROJECT

SEED = 20_261_130


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A new course with two assignments, built."""
    made = new_course(tmp_path_factory.mktemp("somewhere") / "mini")
    new_assignment(made, "02-second")
    build(made, made.assignments())
    return made


def test_a_new_course_holds_an_assignment_to_change(course: Course) -> None:
    assert course.assignments() == [FIRST, "02-second"]
    for name in (
        "README.md",
        "Makefile",
        ".gitignore",
        "pyproject.toml",
        "nbgrader_config.py",
        "requirements.txt",
    ):
        assert "{{" not in (course.root / name).read_text(encoding="utf-8")
    assert FIRST in (course.root / "README.md").read_text(encoding="utf-8")
    assert 'course = "mini"' in course.pyproject.read_text(encoding="utf-8")


def test_its_helpers_are_those_of_this_course(course: Course) -> None:
    helpers = sorted(course.utils.glob("*.py"))
    assert len(helpers) == 10
    for helper in helpers:
        assert helper.read_bytes() == (PROJECT / "utils" / helper.name).read_bytes()
    assert (course.source / "conftest.py").read_bytes() == (
        PROJECT / "source" / "conftest.py"
    ).read_bytes()


def test_all_that_is_known_of_a_new_assignment_is_as_it_must_be(course: Course) -> None:
    lines = audit(AuditRun(course, "02-second", SEED, 1))
    assert [
        (line.id, line.problem, line.warnings) for line in lines if line.fails or line.warnings
    ] == []
    entries = load_bank(course.mistakes("02-second")).entries
    assert len(lines) == 2 + len(entries)
    assert sum(bool(entry.change) for entry in entries) >= 2


def test_its_checks_notice_every_small_change(course: Course) -> None:
    findings = examine(course, "02-second", SEED, 1, inside=False)
    assert findings.clean, [one for one in findings.judged if one.fate != "killed"]
    assert len(findings.judged) > 30


def test_its_oracles_hold_the_reference(course: Course) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"], cwd=course.root, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout
    assert "8 passed" in run.stdout


def test_what_lies_there_already_is_left_alone(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "--course", str(course.root)]) == 2
    assert "expected a new or empty folder" in capsys.readouterr().err
    with pytest.raises(UserError, match="exists"):
        new_assignment(course, "02-second")
    own = course.utils / "verdicts.py"
    before = own.read_bytes()
    own.write_text("# ours", encoding="utf-8")
    new_assignment(course, "03-third")
    assert own.read_text(encoding="utf-8") == "# ours"
    own.write_bytes(before)


@pytest.mark.parametrize("name", ["", "../x", "a b", "x_y", "-x", "é", "x" * 41])
def test_a_name_that_is_no_folders_is_refused_and_nothing_is_made(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(UserError, match="expected the name of an assignment"):
        new_course(tmp_path / "mini", name)
    assert not (tmp_path / "mini").exists()
