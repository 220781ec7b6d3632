"""Results are kept by what they depend on: nothing else is graded again, and nothing that changed is taken for what it was."""

from __future__ import annotations

import gc
import json
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from autograder.cache import fingerprint, keys
from autograder.cache.fingerprint import GRADING
from autograder.cache.store import Cache, Note
from autograder.checking.plugin import ChecksPlugin
from autograder.classroom.cached_or_graded import results
from autograder.classroom.comparison import MarkChange, compare
from autograder.classroom.graded_rows import Summary
from autograder.classroom.plan import survey
from autograder.classroom.run import grade_assignment
from autograder.classroom.workdir import class_lock, class_seed
from autograder.cli import parser as cli
from autograder.cli import tables
from autograder.core.assignment import load_assignment
from autograder.core.course import PACKAGE, Course
from autograder.core.errors import UserError
from autograder.core.mistakes import load_bank
from autograder.core.results import Graded, Submission
from autograder.core.roots import PROJECT
from autograder.gradebook.writer import Recorder
from autograder.tests.fake_grading import (
    NAME,
    QUESTIONS,
    Here,
    Pretended,
    graded,
    hand_in,
    held,
    written,
)
from autograder.tests.test_layers import parts
from autograder.workers import pool

SEED = 7


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gradebook with nothing in it, which nbgrader takes a second to make."""
    made = Course(work=tmp_path_factory.mktemp("empty"))
    Recorder(made).__exit__()
    return made.gradebook


@pytest.fixture
def course(tmp_path: Path, empty: Path) -> Course:
    """A class of four, one of whom got a question wrong."""
    made = Course(work=tmp_path)
    shutil.copy(empty, made.gradebook)
    for student in ("ada", "bob", "cy"):
        hand_in(made, student)
    hand_in(made, "dot", wrong=[QUESTIONS[1]])
    return made


@pytest.fixture
def pretended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pretended:
    made = Pretended(tmp_path / "journal")
    monkeypatch.setattr(pool, "grade_chunk", made)
    return made


def run(
    course: Course, seed: int = SEED, students: set[str] | None = None, feedback: bool = True
) -> list[Summary]:
    return grade_assignment(course, NAME, seed, 1, students or set(), feedback, Here)


def test_a_result_comes_back_as_it_was(course: Course) -> None:
    one = graded(Submission("ada", b'{"wrong": ["affine"], "found": "limit"}'), SEED)
    key = keys.keys(course, NAME, SEED).of(b"")
    with Cache(course) as cache:
        assert cache.find(key, "ada", NAME, SEED) is None
        cache.add(key, one, False)
        assert cache.find(key, "ada", NAME, SEED) == one
        assert cache.find(key, "bob", NAME, SEED) == replace(one, student="bob")
        assert cache.find(keys.keys(course, NAME, SEED).of(b" "), "ada", NAME, SEED) is None


@pytest.mark.parametrize("column", ["marks", "notebook"])
@pytest.mark.parametrize("harm", [b"", b"x\x9c nothing", b"\x00" * 40, None])
def test_a_damaged_entry_is_none(course: Course, column: str, harm: bytes | None) -> None:
    key = keys.keys(course, NAME, SEED).of(b"")
    with Cache(course) as cache:
        cache.add(key, graded(Submission("ada", b"{}"), SEED), False)
    with sqlite3.connect(course.cache) as db:
        (whole,) = db.execute(f"SELECT {column} FROM result").fetchone()
        db.execute(
            f"UPDATE result SET {column} = ?",
            [harm if harm is not None else whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:]],
        )
    db.close()
    with Cache(course) as cache:
        assert cache.find(key, "ada", NAME, SEED) is None


@pytest.mark.parametrize("harm", [b"", b"no database at all", "tables", "version", "middle"])
def test_a_damaged_file_is_begun_anew(
    course: Course, pretended: Pretended, harm: bytes | str
) -> None:
    run(course)
    before, scores = written(course), held(course)
    if isinstance(harm, bytes):
        course.cache.write_bytes(harm)
    elif harm == "middle":
        whole = bytearray(course.cache.read_bytes())
        whole[4096:-4096] = b"\xff" * (len(whole) - 8192)
        course.cache.write_bytes(whole)
    else:
        with sqlite3.connect(course.cache) as db:
            db.execute("DROP TABLE note" if harm == "tables" else "PRAGMA user_version = 99")
        db.close()
    pretended.asked()
    assert len(run(course)) == 4
    assert sorted(pretended.asked()) == ["ada", "bob", "cy", "dot"]
    assert run(course) == []
    assert (written(course), held(course)) == (before, scores)


def test_what_is_as_it_was_is_left_alone(course: Course, pretended: Pretended) -> None:
    assert len(run(course)) == 4
    assert sorted(pretended.asked()) == ["ada", "bob", "cy", "dot"]
    before = {
        path: path.stat().st_mtime_ns
        for path in course.work.rglob("*")
        if path.is_file() and path.suffix in (".html", ".ipynb", ".db")
    }
    assert run(course) == []
    assert run(course, feedback=False) == []
    assert pretended.asked() == []
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_one_who_hands_in_again_or_late_is_graded_alone(
    course: Course, pretended: Pretended
) -> None:
    run(course)
    pretended.asked()
    hand_in(course, "bob", wrong=["affine"])
    hand_in(course, "eve")
    assert sorted(one.student for one in run(course)) == ["bob", "eve"]
    assert sorted(pretended.asked()) == ["bob", "eve"]
    assert held(course)["bob"]["affine-check"][0] == 0
    hand_in(course, "bob")
    run(course, students={"bob"})
    assert held(course)["bob"]["affine-check"][0] == 20


@pytest.mark.slow
def test_what_was_deleted_is_written_again(course: Course, pretended: Pretended) -> None:
    run(course)
    before, scores = written(course), held(course)
    pretended.asked()
    for harm in (
        "gradebook.db",
        f"feedback/ada/{NAME}/{NAME}.html",
        f"autograded/bob/{NAME}/{NAME}.ipynb",
    ):
        (course.work / harm).unlink()
        assert run(course)
        assert (written(course), held(course)) == (before, scores)
        assert run(course) == []
    (course.work / "autograded" / "ada" / NAME / f"{NAME}.ipynb").write_text("{}")
    assert [one.student for one in run(course)] == ["ada"]
    (course.work / "feedback" / "bob" / NAME / f"{NAME}.html").write_text("changed")
    assert [one.student for one in run(course)] == ["bob"]
    assert written(course) == before
    with sqlite3.connect(course.gradebook) as db:
        db.execute("UPDATE grade SET auto_score = 1 WHERE auto_score = 0")
    db.close()
    assert [one.student for one in run(course)] == ["dot"]
    assert held(course) == scores
    assert pretended.asked() == []


def test_marks_given_by_hand_stay_and_nobody_is_asked_to_look_again(
    course: Course, pretended: Pretended
) -> None:
    run(course)
    with sqlite3.connect(course.gradebook) as db:
        db.execute(
            "UPDATE grade SET manual_score = 3.5, needs_manual_grade = 0 WHERE auto_score IS NULL"
        )
    db.close()
    assert len(run(course)) == 4  # the pages show the marks
    assert "3.5 of 10" in (course.feedback / "ada" / NAME / f"{NAME}.html").read_text()
    assert run(course) == []
    with sqlite3.connect(course.gradebook) as db:
        assert db.execute(
            "SELECT DISTINCT manual_score, needs_manual_grade FROM grade WHERE auto_score IS NULL"
        ).fetchall() == [(3.5, 0)]
    db.close()


def test_a_new_due_date_or_time_of_handing_in_is_seen(course: Course, pretended: Pretended) -> None:
    (course.submitted / "ada" / NAME / "timestamp.txt").write_text("2026-10-10 00:00:00 UTC")
    (course.work / "nbgrader_config.py").write_text(
        "from nbgrader.plugins import LateSubmissionPlugin\nc = get_config()\nclass Two(LateSubmissionPlugin):\n"
        "    def late_submission_penalty(self, *args): return 2\nc.AssignLatePenalties.plugin_class = Two\n"
    )
    run(course)
    assert run(course) == []
    with sqlite3.connect(course.gradebook) as db:
        db.execute("UPDATE assignment SET duedate = '2026-10-09 00:00:00.000000'")
    db.close()
    run(course)
    assert "2" in _penalty(course, "ada")
    assert run(course) == []
    (course.submitted / "ada" / NAME / "timestamp.txt").write_text("2026-10-08 00:00:00 UTC")
    assert [one.student for one in run(course)] == ["ada"]
    assert _penalty(course, "ada") == "None"


def _penalty(course: Course, student: str) -> str:
    with sqlite3.connect(course.gradebook) as db:
        (found,) = db.execute(
            "SELECT late_submission_penalty FROM submitted_notebook n JOIN submitted_assignment a ON n.assignment_id = a.id WHERE student_id = ?",
            [student],
        ).fetchone()
    db.close()
    return str(found)


def test_a_fault_is_never_kept_and_a_limit_is_believed_the_second_time(
    course: Course, pretended: Pretended
) -> None:
    hand_in(course, "bob", found="fault")
    hand_in(course, "cy", found="limit")
    hand_in(course, "dot", found="died")
    run(course)
    assert sorted(pretended.asked()) == [
        "ada",
        "bob",
        "bob",
        "cy",
        "cy",
        "dot",
        "dot",
    ]  # each is tried again at once
    assert sorted(one.student for one in run(course)) == ["bob", "cy"]
    assert sorted(pretended.asked()) == ["bob", "bob", "cy", "cy"]
    assert [one.student for one in run(course)] == ["bob"]
    assert sorted(pretended.asked()) == ["bob", "bob"]


def test_a_second_try_that_ends_otherwise_counts(
    course: Course, pretended: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(course: Course, name: str, submissions: list[Submission], seed: int) -> list[Graded]:
        slow = json.dumps({"wrong": ["affine"], "found": "limit"}).encode()
        return [graded(replace(one, content=slow), seed) for one in submissions]

    with monkeypatch.context() as patch:
        patch.setattr(pool, "grade_chunk", busy)
        run(course, students={"ada"})
    assert held(course)["ada"]["affine-check"][0] == 0
    assert [one.student for one in run(course, students={"ada"})] == ["ada"]
    assert held(course)["ada"]["affine-check"][0] == 20
    assert run(course, students={"ada"}) == []


def _own(tmp_path: Path) -> Course:
    """A course with checks and known mistakes of its own, to be changed."""
    project = tmp_path / "project"
    for name in ("source", "release"):
        shutil.copytree(PROJECT / name / NAME, project / name / NAME)
    shutil.copytree(
        PROJECT / "utils", project / "utils", ignore=shutil.ignore_patterns("tests", "__pycache__")
    )
    return Course(project, tmp_path / "work")


CHANGES: dict[
    str, tuple[str, set[str] | None]
] = {  # what is changed, and the questions that depend on it; None for all
    f"source/{NAME}/checks/test_affine.py": ("# changed", {"affine"}),
    f"source/{NAME}/mistakes/circuit.py": ("# changed", {"circuit"}),
    f"source/{NAME}/checks/conftest.py": ("# shared", None),
    f"source/{NAME}/checks/test_odd.py": (
        "NAMED = 'affine'\n@check(NAMED, points=1)\ndef test_a(): ...",
        None,
    ),
    f"source/{NAME}/checks/test_two.py": (
        '@check("affine", points=1)\ndef test_a(): ...\n@check("circuit", points=1)\ndef test_b(): ...',
        {"affine", "circuit"},
    ),
    f"source/{NAME}/{NAME}.ipynb": (" ", None),
    f"release/{NAME}/{NAME}.ipynb": (" ", None),
    "utils/data.py": ("# changed", None),
    "utils/new.npz": ("data", None),
    f"source/{NAME}/mistakes/places.toml": ("# changed", None),
    f"source/{NAME}/checks/limits.toml": ("call_wall = 4.5", None),
    "pyproject.toml": ("[tool.autograder.limits]\ncall_wall = 5", None),
}


@pytest.mark.parametrize("path", CHANGES)
def test_what_a_result_depends_on_is_in_its_key(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = _own(tmp_path)
    before = keys.keys(course, NAME, SEED).of(b"work")
    assert keys.keys(course, NAME, SEED).of(b"work") == before
    text, questions = CHANGES[path]
    with (course.root / path).open("a") as file:
        file.write(f"\n{text}\n")
    after = keys.keys(course, NAME, SEED).of(b"work")
    assert after.whole != before.whole
    if questions is None:
        assert after.common != before.common
    else:
        assert after.common == before.common
        assert after.alike(before.questions) == set(QUESTIONS) - questions


def test_seed_work_packages_and_grading_code_are_in_the_key(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = keys.keys(course, NAME, SEED)
    found = {
        made.of(b"work").common,
        made.of(b"other").common,
        keys.keys(course, NAME, SEED + 1).of(b"work").common,
    }
    full = fingerprint.fingerprint(course, NAME)
    for changed in (
        "numpy",
        "pytest",
        "Python",
        "autograder/grading/pipeline.py",
        "autograder/sandbox/server.py",
        "autograder/checking/compare.py",
    ):
        assert changed in full
        monkeypatch.setattr(
            keys, "fingerprint", lambda *_, changed=changed: full | {changed: "another"}
        )
        found.add(keys.keys(course, NAME, SEED).of(b"work").common)
    assert len(found) == 9
    for changed in (
        "autograder/cli/parser.py",
        "autograder/feedback/page.py",
        "pyproject.toml",
    ):  # the limits count by themselves
        assert changed == "pyproject.toml" or changed not in full
        monkeypatch.setattr(
            keys, "fingerprint", lambda *_, changed=changed: full | {"pyproject.toml": "another"}
        )
        assert keys.keys(course, NAME, SEED) == made


def test_the_grading_code_is_all_that_the_grader_imports() -> None:
    known, left = set(), {"grading"}
    while left:
        part = left.pop()
        known.add(part)
        left |= {other for file in (PACKAGE / part).rglob("*.py") for other in parts(file)} - known
    assert known | {"workers"} == set(GRADING)


def _wrong_in(question: str, course: Course) -> bytes:
    """A notebook with a mistake in one question."""
    assignment = load_assignment(course, NAME)
    entry = load_bank(Course().mistakes(NAME)).mistakes(question)[0]
    return json.dumps(
        assignment.solved(assignment.reference_source(question, entry.source))
    ).encode()


def test_a_changed_check_runs_for_its_question_alone_and_the_marks_are_those_of_a_full_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the real sandbox, with the real checks; what runs is what the plugin runs."""
    course = _own(tmp_path)
    for student, question in {"ada": "affine", "bob": "circuit"}.items():
        hand_in(course, student).write_bytes(_wrong_in(question, course))
    hand_in(course, "cy").write_bytes(b"no notebook")
    run(course)
    ran: list[str] = []
    one_item = ChecksPlugin._run_item
    monkeypatch.setattr(
        ChecksPlugin,
        "_run_item",
        lambda self, item, spec: (
            ran.append(item.fspath.purebasename),
            one_item(self, item, spec),
        )[1],
    )
    path = course.checks(NAME) / "test_affine.py"
    text = path.read_text()
    assert text.count("points=4") >= 2
    path.write_text(
        text.replace("points=4", "points=3.5", 1).replace("points=4)", "points=4.5)", 1)
    )  # together as before
    before = held(course)
    changes = compare(course, survey(course, NAME, SEED, set(), True), 1, Here).changes
    assert set(ran) == {"test_affine"}
    assert held(course) == before
    assert not any(one.differs for one in changes)  # the question's points are as before
    ran.clear()
    run(course)
    assert ran == []
    parted, pages = held(course), written(course)
    course.cache.unlink()
    shutil.rmtree(course.autograded)
    run(course)
    assert set(ran) > {"test_affine", "test_circuit"}
    assert held(course) == parted
    for name, page in written(course).items():
        if name.endswith(".html"):
            assert page == pages[name]


@pytest.mark.parametrize("kind", ["limit", "died", "forged"])
def test_what_upset_the_process_is_no_ground_for_half_a_run(
    kind: str, course: Course, pretended: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(course, "ada", found=kind)
    run(course)
    run(course)
    full = fingerprint.fingerprint(course, NAME)
    monkeypatch.setattr(
        keys, "fingerprint", lambda *_: full | {f"source/{NAME}/checks/test_affine.py": "another"}
    )
    run(course)
    assert pretended.known["ada"] == []
    assert pretended.known["bob"] == [question for question in QUESTIONS if question != "affine"]


def test_what_was_graded_while_the_checks_changed_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pretended: Pretended
) -> None:
    course = _own(tmp_path)
    for student in ("ada", "bob"):
        hand_in(course, student)
    plan = survey(course, NAME, SEED, set(), True)
    with Cache(course) as cache:
        coming = results(course, cache, plan, 1, lambda workers: Here())
        assert next(coming).kept
        (course.checks(NAME) / "test_affine.py").touch()
        assert not next(coming).kept


def test_what_nobody_has_any_more_is_dropped(course: Course, pretended: Pretended) -> None:
    for number in range(5):
        hand_in(course, "ada", number=number)
        run(course)
    with sqlite3.connect(course.cache) as db:
        assert db.execute("SELECT count(*) FROM result").fetchone() == (4,)
    db.close()


@pytest.mark.slow
def test_results_are_let_go_of_one_by_one(
    course: Course, pretended: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "autograder.classroom.cached_or_graded.grade_class", partial(pool.grade_class, chunk=4)
    )
    for number in range(96):
        hand_in(course, f"student{number:02}")
    at_once = []
    gc.collect()
    before = _alive()  # what other tests left behind
    with Cache(course) as cache:
        for number, _ in enumerate(
            results(course, cache, survey(course, NAME, SEED, set(), True), 1, Here)
        ):
            if number % 9 == 8:
                at_once.append(_alive() - before)
    assert len(at_once) == 11
    assert 0 < max(at_once) < 30  # what is under way, however large the class is


def _alive() -> int:
    return sum(type(one) in (Graded, Submission) for one in gc.get_objects())


# -- the command ---------------------------------------------------------------------------------------------------------


def command(course: Course, *options: str) -> int:
    return cli.main(["--course", str(course.work), "grade", NAME, *options])


@pytest.fixture
def here(pretended: Pretended, monkeypatch: pytest.MonkeyPatch) -> Pretended:
    monkeypatch.setattr(pool, "local_executor", Here)
    return pretended


def test_diff_shows_and_writes_nothing(
    course: Course, here: Pretended, capsys: pytest.CaptureFixture[str]
) -> None:
    course.gradebook.unlink()
    assert command(course, "--diff") == 1  # all are new
    assert not course.gradebook.exists()
    assert not course.autograded.exists()
    assert not course.feedback.exists()
    assert "4 are new" in capsys.readouterr().out
    assert command(course) == 0
    assert sorted(here.asked()) == ["ada", "bob", "cy", "dot"]  # once: what --diff found is kept
    assert command(course, "--diff") == 0
    assert "of 4, 0 would change" in capsys.readouterr().out
    before = written(course) | {"": course.gradebook.read_bytes()}
    hand_in(course, "bob", wrong=["affine"])
    assert command(course, "--diff") == 1
    shown = capsys.readouterr().out
    assert "20 → 0" in shown
    assert "100 → 80" in shown.replace("90 → 70", "100 → 80")
    assert "ada" not in shown
    assert written(course) | {"": course.gradebook.read_bytes()} == before
    here.asked()
    assert command(course) == 0
    assert here.asked() == []
    assert held(course)["bob"]["affine-check"][0] == 0


def test_what_the_exchange_needs_goes_along_and_nothing_else(
    course: Course, here: Pretended
) -> None:
    submitted = course.submitted / "ada" / NAME
    texts = {"timestamp.txt": "2026-10-05 17:00:00.000000 UTC", "submission_secret.txt": "ab" * 64}
    for name, text in {**texts, "data.csv": "1", "page.html": "<b>"}.items():
        (submitted / name).write_text(text)
    (course.submitted / "bob" / NAME / "submission_secret.txt").symlink_to(course.gradebook)
    assert command(course) == 0
    for folder in (course.autograded, course.feedback):
        made = folder / "ada" / NAME
        assert {
            path.name: path.read_text()
            for path in made.iterdir()
            if path.suffix not in (".ipynb", ".html")
        } == texts
        assert [path.suffix for path in (folder / "bob" / NAME).iterdir()] in (
            [".ipynb"],
            [".html"],
        )
    (course.feedback / "ada" / NAME / "submission_secret.txt").unlink()
    assert cli.main(["--course", str(course.work), "feedback", NAME]) == 0
    assert (course.feedback / "ada" / NAME / "submission_secret.txt").read_text() == texts[
        "submission_secret.txt"
    ]
    for name in texts:
        (submitted / name).unlink()
    assert command(course, "--seed", "8") == 0
    assert [path.name for path in (course.feedback / "ada" / NAME).iterdir()] == [f"{NAME}.html"]


@pytest.mark.slow
def test_diff_shows_what_being_late_will_cost_and_what_comes_back(
    course: Course, here: Pretended, capsys: pytest.CaptureFixture[str]
) -> None:
    (course.work / "nbgrader_config.py").write_text(
        "c = get_config()\nc.LateSubmissionPlugin.penalty_method = 'zero'\n"
    )
    time = course.submitted / "ada" / NAME / "timestamp.txt"
    time.write_text("2026-10-07 12:00 UTC")
    assert command(course) == 0
    with sqlite3.connect(course.gradebook) as db:
        db.execute("UPDATE assignment SET duedate = '2026-10-05 18:00:00.000000'")
    db.close()
    capsys.readouterr()
    assert command(course, "--diff") == 1
    shown = capsys.readouterr().out
    assert "0 → -100" in shown
    assert "100 → 0" in shown
    assert "1 would change" in shown
    assert command(course) == 0
    assert "−100" in capsys.readouterr().out
    assert "0 of 110 points" in course.feedback_page(NAME, "ada").read_text()
    assert command(course, "--diff") == 0
    for told in ("2026-10-07 12:00", "07.10.2026 12:00 UTC"):  # not certain
        time.write_text(told)
        capsys.readouterr()
        assert command(course, "--diff") == 1
        said = capsys.readouterr()
        assert "-100 → 0" in said.out
        assert told in said.err
    time.unlink()
    assert command(course, "--diff") == 1
    assert command(course) == 0
    assert command(course, "--diff") == 0
    assert "100 of 110 points" in course.feedback_page(NAME, "ada").read_text()


def test_diff_leaves_marks_given_by_hand(
    course: Course, here: Pretended, capsys: pytest.CaptureFixture[str]
) -> None:
    command(course)
    with sqlite3.connect(course.gradebook) as db:
        db.execute(
            "UPDATE grade SET manual_score = 11 WHERE cell_id IN (SELECT id FROM base_cell WHERE name = 'affine-check')"
        )
    db.close()
    hand_in(course, "bob", wrong=["affine"])
    assert command(course, "--diff") == 0
    hand_in(course, "bob", found="fault")
    assert command(course, "--diff") == 3


def test_names_act_on_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    tables.show_changes(NAME, SEED, [MarkChange("[bold]eve\x1b[2J", {}, {"affine": 1.0}, False)], 0)
    shown = capsys.readouterr().out
    assert "[bold]eve⟨U+001B⟩[2J" in shown
    assert "\x1b" not in shown


def test_the_seed_is_the_classs(
    course: Course, here: Pretended, capsys: pytest.CaptureFixture[str]
) -> None:
    command(course)
    (seed,) = json.loads(course.seeds.read_text()).values()
    assert course.seeds.stat().st_mode & 0o077 == 0
    assert course.seeds.parent == course.gradebook.parent
    here.asked()
    command(course)
    assert here.asked() == []
    command(course, "--seed", "5", "--student", "ada")
    command(course, "--seed", "5", "--diff")
    assert json.loads(course.seeds.read_text()) == {NAME: seed}
    command(course, "--seed", "5")
    assert json.loads(course.seeds.read_text()) == {NAME: 5}
    command(course, "--fresh")
    assert json.loads(course.seeds.read_text()) != {NAME: 5}
    course.seeds.write_text("{")
    capsys.readouterr()
    assert command(course) == 2
    assert "gradebook.db.seeds" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        command(course, "--fresh", "--seed", "5")


def test_a_seed_is_drawn_once(course: Course) -> None:
    first = class_seed(course, NAME, None, fresh=False, keep=False)
    assert class_seed(course, NAME, None, fresh=False, keep=False) == first
    assert class_seed(course, "05-optimizers", None, fresh=False, keep=True) != first
    assert class_seed(course, NAME, None, fresh=False, keep=True) == first


def test_two_at_once_are_told_apart(
    course: Course, here: Pretended, capsys: pytest.CaptureFixture[str]
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", "import sys, time\nfrom pathlib import Path\nfrom autograder.core.course import Course\nfrom autograder.classroom.workdir import class_lock\n"
         "with class_lock(Course(work=Path(sys.argv[1]))):\n    print('in', flush=True)\n    time.sleep(600)", str(course.work)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "in\n"
        assert command(course) == 2
        said = capsys.readouterr().err
        assert f"process {holder.pid} on " in said
        assert len(said.splitlines()) == 1
        assert here.asked() == []
    finally:
        holder.kill()
        holder.communicate()
    assert command(course) == 0  # the kernel has let go
    with class_lock(course), pytest.raises(UserError, match="in use"), class_lock(course):
        pass


def test_a_class_that_is_as_it_was_needs_nothing_loaded(course: Course, here: Pretended) -> None:
    (course.work / "nbgrader_config.py").write_text((PROJECT / "nbgrader_config.py").read_text())
    command(course)
    code = (
        "import sys\nfrom autograder.cli import parser as cli\ncode = cli.main(sys.argv[1:])\n"
        "print(sorted({'numpy', 'pytest', 'nbgrader', 'nbformat', 'sqlalchemy', 'IPython', 'rich'} & set(sys.modules)), code)"
    )
    for options in ([], ["--diff"]):
        arguments = ["--course", str(course.work), "grade", NAME, *options]
        told = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
        ).stdout
        assert told.splitlines()[-1] == "[] 0"


def test_a_note_that_is_no_note_counts_for_nothing(course: Course, pretended: Pretended) -> None:
    run(course)
    with sqlite3.connect(course.cache) as db:
        db.execute("UPDATE note SET note = '{\"key\": 1}' WHERE student = 'ada'")
        db.execute("UPDATE note SET note = 'x' WHERE student = 'bob'")
    db.close()
    assert sorted(one.student for one in run(course)) == ["ada", "bob"]
    with Cache(course) as cache:
        assert type(cache.note(NAME, "ada")) is Note
