"""Whatever ends a grading, and whenever, the next one resumes: nothing is lost, doubled, half-written or left running.

Most kills here meet a process that was forked off this one and grades a class whose grading is pretended (`fake_grading.py`), so that
two hundred of them take a minute: gradebook, cache, files, lock and pool are real, and so is SIGKILL. Others meet the command
itself, its workers and their sandboxes. KILLS in the environment asks for more of both: KILLS=10 for ten times as many.
"""

from __future__ import annotations

import errno
import itertools
import json
import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager, redirect_stdout, suppress
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from autograder.cache.keys import keys
from autograder.cache.store import Cache
from autograder.classroom import run as marking
from autograder.classroom import workdir
from autograder.classroom.plan import survey
from autograder.classroom.run import grade_assignment
from autograder.classroom.submissions import read_submissions
from autograder.cli import parser as cli
from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.roots import PROJECT
from autograder.gradebook.writer import Recorder
from autograder.tests.fake_grading import (
    NAME,
    QUESTIONS,
    Here,
    Pretended,
    alive,
    hand_in,
    held,
    written,
)
from autograder.workers import pool

TIMES = float(os.environ.get("KILLS", "1"))
SEED = 7
SIZE = 6
PATIENCE = 20.0  # s, for what must end by itself on a busy machine
FORK = multiprocessing.get_context("fork")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gradebook with nothing in it, which nbgrader takes a second to make."""
    made = Course(work=tmp_path_factory.mktemp("begun"))
    with Recorder(made):
        pass
    return made.gradebook


def a_class(work: Path) -> Course:
    """A class in which half of the students got something wrong."""
    course = Course(work=work)
    for number in range(SIZE):
        hand_in(course, f"student{number}", wrong=QUESTIONS[: number % 3])
    return course


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The same class, graded without being disturbed."""
    course = a_class(tmp_path_factory.mktemp("undisturbed"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "grade_chunk", Pretended(course.work / "journal"))
        grade_assignment(course, NAME, SEED, 2, set(), True, Here)
    return course


@pytest.fixture
def course(tmp_path: Path, begun: Path) -> Course:
    made = a_class(tmp_path)
    shutil.copy(begun, made.gradebook)
    return made


@contextmanager
def _forked(workers: int) -> Iterator[Executor]:
    """The pool as it is, but for its processes, which are forked: fresh interpreters take a second each."""
    with ProcessPoolExecutor(
        workers, mp_context=FORK, initializer=pool._end_with_parent
    ) as executor:
        yield executor


def _grade(
    course: Course, executors: pool.Executors, slowly: float, prepare: Callable[[], object] = int
) -> None:
    """Grades in a process of its own; never returns."""
    os.setsid()
    warnings.simplefilter("ignore")
    pretended = Pretended(course.work / "journal")

    def chunk(*args: Any) -> Any:
        time.sleep(slowly)
        return pretended(*args)

    pool.grade_chunk = chunk  # type: ignore[assignment]
    prepare()
    code = 70
    with suppress(Exception), open(os.devnull, "w") as null, redirect_stdout(null):
        with workdir.class_lock(course):
            grade_assignment(course, NAME, SEED, 2, set(), True, executors)
        code = 0
    os._exit(code)


def _whole(path: Path) -> bool:
    with sqlite3.connect(path) as db:
        found = db.execute("PRAGMA integrity_check").fetchall()
    db.close()
    return found == [("ok",)]


def check_between(course: Course, undisturbed: Course) -> set[str]:
    """What must hold at any instant; gives those whose results are kept."""
    right, pages = held(undisturbed), written(undisturbed)
    if course.gradebook.exists():
        assert _whole(course.gradebook)
        with sqlite3.connect(course.gradebook) as db:
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
            if "submitted_assignment" in tables:
                rows = db.execute(
                    "SELECT student_id, count(*) FROM submitted_assignment GROUP BY student_id"
                ).fetchall()
                assert all(count == 1 for _, count in rows)
        db.close()
    for student, scores in held(course).items():
        assert scores.keys() == right[student].keys()
        for cell, (automatic, by_hand) in scores.items():
            assert automatic in (None, right[student][cell][0])
            assert by_hand is None
    for name, page in written(course).items():
        if not Path(name).name.startswith(
            "."
        ):  # what is being written, and takes the place of the file when it is whole
            assert page == pages[name], name
    kept = set()
    if course.cache.exists() and course.cache.stat().st_size:
        assert _whole(course.cache)
        with Cache(course) as cache:
            kept = set(cache.notes(NAME))
    return kept


def check_after(course: Course, undisturbed: Course) -> None:
    """What must hold when the class is done."""
    check_between(course, undisturbed)
    assert survey(course, NAME, SEED, set(), True).left == ()
    assert held(course) == held(undisturbed)
    assert written(course) == written(undisturbed)
    with sqlite3.connect(course.gradebook) as db:
        counts = [
            db.execute(f"SELECT count(*) FROM {table}").fetchone()
            for table in ("student", "submitted_assignment", "grade", "comment")
        ]
    db.close()
    with sqlite3.connect(undisturbed.gradebook) as db:
        assert counts == [
            db.execute(f"SELECT count(*) FROM {table}").fetchone()
            for table in ("student", "submitted_assignment", "grade", "comment")
        ]
    db.close()


def _wait(condition: Callable[[], bool]) -> bool:
    ends = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > ends:
            return False
        time.sleep(0.005)
    return True


def _start(
    course: Course, executors: pool.Executors, slowly: float, prepare: Callable[[], object] = int
) -> Any:
    process = FORK.Process(target=_grade, args=(course, executors, slowly, prepare), daemon=False)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # of forking beside threads: this child takes nothing from them
        process.start()
    return process


def _forget(course: Course, begun: Path) -> None:
    for folder in (course.autograded, course.feedback, course.cache.parent):
        shutil.rmtree(folder, ignore_errors=True)
    (course.work / "journal").unlink(missing_ok=True)
    course.gradebook.with_name("gradebook.db-journal").unlink(missing_ok=True)
    shutil.copy(begun, course.gradebook)


@pytest.mark.parametrize(
    ("share", "wanted"), [(0, 25), pytest.param(1, 115, marks=pytest.mark.slow)]
)
def test_the_coordinator_killed_at_random_points(
    share: int, wanted: int, course: Course, undisturbed: Course, begun: Path
) -> None:
    """It is killed again and again until the class is done in spite of it; then the class is forgotten, and all of it repeated."""
    rng, kills, rounds = random.Random(share), 0, 0
    while kills < wanted * TIMES or rounds < 2:
        rounds += 1
        lasts = rng.choice([0.05, 0.1, 0.2])
        graded_before: set[str] = set()
        while True:
            process = _start(course, Here, 0.0)
            process.join(rng.uniform(0, lasts))
            if process.is_alive():
                os.kill(process.pid, signal.SIGKILL)
                process.join()
            if process.exitcode != -signal.SIGKILL:
                assert process.exitcode == 0
                break
            kills += 1
            kept = check_between(course, undisturbed)
            assert graded_before <= kept
            graded_before = kept
            lasts *= 1.1  # or it might never be done on a slow machine
        check_after(course, undisturbed)
        _forget(course, begun)


@pytest.mark.slow
def test_workers_and_coordinators_of_a_pool_killed_at_random_points(
    course: Course, undisturbed: Course, begun: Path
) -> None:
    """Pretended grading in a real pool: a worker that is killed costs nothing, and no worker outlives its coordinator."""
    rng, kills, rounds = random.Random(3), 0, 0
    while kills < 36 * TIMES or rounds < 2:
        rounds += 1
        lasts = 0.4
        while True:
            process = _start(course, _forked, 0.02)
            session, mine = process.pid, 0
            ends = time.monotonic() + rng.uniform(0.1, lasts)
            while process.is_alive() and time.monotonic() < ends:
                workers = [pid for pid in alive(session) if pid != session]
                if workers and mine < 2 and rng.random() < 0.3:
                    with suppress(ProcessLookupError):
                        os.kill(rng.choice(workers), signal.SIGKILL)
                        mine += 1
                time.sleep(0.02)
            kills += mine
            if process.is_alive():
                os.kill(process.pid, signal.SIGKILL)
            process.join()
            assert _wait(lambda session=session: not alive(session)), "its workers outlived it"
            if process.exitcode != -signal.SIGKILL:
                assert process.exitcode == 0
                break
            kills += 1
            check_between(course, undisturbed)
            lasts *= 1.2
        check_after(course, undisturbed)
        _forget(course, begun)


STEPS = [
    (Cache, "add"),
    (Recorder, "record"),
    (marking, "write_whole"),
    (marking, "write_page"),
    (Path, "replace"),
    (Cache, "write_note"),
]


KEPT_BY: dict[
    str, Callable[[int, bool], int]
] = {  # results in the cache when the n-th step of a kind is, or is not, taken
    "add": lambda nth, after: nth - (not after),
    "record": lambda nth, after: nth,
    "write_whole": lambda nth, after: nth,  # the notebook
    "write_page": lambda nth, after: nth,
    "replace": lambda nth, after: (nth + 1) // 2,
    "write_note": lambda nth, after: nth,
}


def _kill_at(owner: Any, step: str, nth: int, after: bool) -> None:
    """Has this process killed at the n-th time that it takes a step: before it, or after."""
    real, count = getattr(owner, step), itertools.count(1)

    def deadly(*args: Any, **kwargs: Any) -> Any:
        last = next(count) == nth
        if last and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        made = real(*args, **kwargs)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return made

    setattr(owner, step, deadly)


@pytest.mark.parametrize("nth", [1, pytest.param(4, marks=pytest.mark.slow)])
@pytest.mark.parametrize("after", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("owner", "step"), STEPS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_killed_before_and_after_each_step_of_writing(
    owner: Any, step: str, after: bool, nth: int, course: Course, undisturbed: Course
) -> None:
    """What random points hit seldom. The class has been graded before, with other results: what stood there stays whole.

    What is in the cache by then is not graded again, and nothing else is missing.
    """
    for number in range(SIZE):
        hand_in(course, f"student{number}", wrong=QUESTIONS)
    first = _start(course, Here, 0.0)
    first.join()
    assert first.exitcode == 0
    before, scores = written(course), held(course)
    a_class(course.work)
    (course.work / "journal").unlink()
    process = _start(course, Here, 0.0, partial(_kill_at, owner, step, nth, after))
    process.join()
    assert process.exitcode == -signal.SIGKILL
    right, pages = held(undisturbed), written(undisturbed)
    now = held(course)
    assert all(now[student] in (scores[student], right[student]) for student in right)
    whole = {
        name: page for name, page in written(course).items() if not Path(name).name.startswith(".")
    }
    assert whole.keys() == pages.keys()
    assert all(page in (before[name], pages[name]) for name, page in whole.items())
    made = keys(course, NAME, SEED)
    with Cache(course) as cache:
        missing = [
            one.student
            for one in read_submissions(course, NAME)
            if not cache.find(made.of(one.read()[0]), one.student, NAME, SEED)
        ]
    (course.work / "journal").unlink()
    again = _start(course, Here, 0.0)
    again.join()
    assert again.exitcode == 0
    check_after(course, undisturbed)
    assert sorted((course.work / "journal").read_text().split() if missing else []) == missing
    assert len(missing) == SIZE - KEPT_BY[step](nth, after)


@pytest.mark.parametrize("nth", [1, 2])
def test_killed_in_the_midst_of_a_file(nth: int, course: Course, undisturbed: Course) -> None:
    """Of a notebook or a page that takes another's place."""
    for number in range(SIZE):
        hand_in(course, f"student{number}", wrong=QUESTIONS)
    _start(course, Here, 0.0).join()
    before = written(course)
    a_class(course.work)
    process = _start(course, Here, 0.0, partial(_kill_in_the_midst, nth))
    process.join()
    assert process.exitcode == -signal.SIGKILL
    pages = written(undisturbed)
    whole = {
        name: page for name, page in written(course).items() if not Path(name).name.startswith(".")
    }
    assert whole.keys() == pages.keys()
    assert all(page in (before[name], pages[name]) for name, page in whole.items())
    _start(course, Here, 0.0).join()
    check_after(course, undisturbed)


def _kill_in_the_midst(nth: int) -> None:
    real, count = os.fdopen, itertools.count(1)

    def opened(descriptor: int, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        file = real(descriptor, mode, *args, **kwargs)
        if mode == "wb" and next(count) == nth:
            os.write(descriptor, b"half of it")
            os.kill(os.getpid(), signal.SIGKILL)
        return file

    os.fdopen = opened


def test_a_gradebook_that_was_half_made(
    tmp_path: Path, undisturbed: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nbgrader saves an assignment's cells one at a time: those that are missing are saved by the next run."""
    course = a_class(tmp_path)
    monkeypatch.setattr(pool, "grade_chunk", Pretended(tmp_path / "journal"))
    with Recorder(course) as recorder:
        recorder.register(load_assignment(course, NAME))
    with sqlite3.connect(course.gradebook) as db:
        whole = db.execute("SELECT count(*) FROM source_cell").fetchone()
        db.execute("DELETE FROM source_cell WHERE rowid > 2")
        db.execute("DELETE FROM solution_cells")
        db.execute("DELETE FROM base_cell WHERE type = 'SolutionCell'")
    db.close()
    grade_assignment(course, NAME, SEED, 1, set(), True, Here)
    with sqlite3.connect(course.gradebook) as db:
        assert db.execute("SELECT count(*) FROM source_cell").fetchone() == whole
    db.close()
    check_after(course, undisturbed)


def test_a_gradebook_made_anew_is_there_as_a_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = Course(work=tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("autograder.gradebook.setup.newest_version", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            Recorder(course)
    assert not course.gradebook.exists()
    with Recorder(course):
        pass
    with sqlite3.connect(course.gradebook) as db:
        assert db.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    db.close()


def _interrupt() -> None:
    raise KeyboardInterrupt


# -- disks and locks --------------------------------------------------------------------------------------------------------


@contextmanager
def _small_disk(folder: Path, kilobytes: int) -> Iterator[Callable[[int], None]]:
    """A disk of that size at a folder, and a way to give it another."""
    folder.mkdir()
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", folder],
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no disk can be mounted here")
    try:
        yield (
            lambda more: (
                subprocess.run(
                    ["mount", "-o", f"remount,size={more}k", folder],
                    check=True,
                    capture_output=True,
                )
                and None
            )
        )
    finally:
        subprocess.run(["umount", folder], check=True, capture_output=True)


@pytest.mark.slow
def test_a_full_disk(
    tmp_path: Path,
    undisturbed: Course,
    begun: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The disk is full at another point each time, until there is room for all."""
    monkeypatch.setattr(pool, "local_executor", Here)
    with _small_disk(tmp_path / "disk", 400) as resize:
        course = a_class(tmp_path / "disk")
        monkeypatch.setattr(pool, "grade_chunk", Pretended(tmp_path / "journal"))
        shutil.copy(begun, course.gradebook)
        full = 0
        for kilobytes in range(440, 4000, 60):
            resize(kilobytes)
            code = cli.main(
                ["--course", str(course.work), "grade", NAME, "--seed", str(SEED), "--workers", "1"]
            )
            said = capsys.readouterr().err
            check_between(course, undisturbed)
            if code == 0:
                break
            full += 1
            assert code == 2
            assert len(said.splitlines()) == 1
            assert "run the command again" in said
            assert caplog.records == []  # nbgrader's would be shown as well
        assert code == 0
        assert full >= 5
        check_after(course, undisturbed)


def test_a_file_that_may_not_grow(
    course: Course, undisturbed: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a full disk, where none can be mounted: a page cannot be written, and what stood there stays."""
    monkeypatch.setattr(pool, "grade_chunk", Pretended(course.work / "journal"))
    grade_assignment(course, NAME, SEED, 1, set(), True, Here)
    hand_in(course, "student1", wrong=[])
    page = course.feedback / "student1" / NAME / f"{NAME}.html"
    before, replace = page.read_bytes(), Path.replace

    def full(self: Path, target: Path) -> Path:
        if self.suffix == ".new" and "feedback" in self.parts:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(UserError, match="No space left on device; what was graded is kept"):
            grade_assignment(course, NAME, SEED, 1, set(), True, Here)
    assert page.read_bytes() == before
    assert [path.name for path in page.parent.iterdir()] == [page.name]
    assert [one.student for one in grade_assignment(course, NAME, SEED, 1, set(), True, Here)] == [
        "student1"
    ]
    assert page.read_bytes() != before


def test_a_gradebook_that_somebody_else_has_locked(
    course: Course,
    undisturbed: Course,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(pool, "local_executor", Here)
    monkeypatch.setattr(pool, "grade_chunk", Pretended(course.work / "journal"))
    url = f"sqlite:///{course.gradebook}?timeout=0.2"
    (course.work / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.db_url = {url!r}\n"
    )
    arguments = ["--course", str(course.work), "grade", NAME, "--seed", str(SEED)]
    assert cli.main([*arguments, "--student", "student3"]) == 0
    before = held(course)
    other = sqlite3.connect(course.gradebook, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    capsys.readouterr()
    assert cli.main(arguments) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "locked by another program" in said
    assert held(course) == before
    other.execute("ROLLBACK")
    other.close()
    asked = (course.work / "journal").read_text().split()
    assert cli.main(arguments) == 0
    assert (course.work / "journal").read_text().split()[len(asked) :].count("student3") == 0
    check_after(course, undisturbed)


# -- the real thing ---------------------------------------------------------------------------------------------------------


def _descendants(pid: int, name: str) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return [one for one in psutil.Process(pid).children(recursive=True) if _is(one, name)]
    return []


def _is(process: psutil.Process, name: str) -> bool:
    with suppress(psutil.Error):
        line = " ".join(process.cmdline())
        return {"bwrap": process.name() == "bwrap", "zygote": "bootstrap.py" in line and process.name() != "bwrap",
                "worker": "spawn_main" in line}[name]  # fmt: skip
    return False


BROKEN = """
import os
from concurrent.futures.process import BrokenProcessPool
from autograder.workers.pool import local_executor

if __name__ == "__main__":
    with local_executor(1) as executor:  # more is sent than the pipe holds, and nobody is left to take it
        tasks = [executor.submit(os._exit, 1)] + [executor.submit(len, b"x" * 1_000_000) for _ in range(8)]
        assert all(isinstance(task.exception(), BrokenProcessPool) for task in tasks)
    print("over")
"""


def test_a_pool_whose_worker_died_while_it_was_sent_its_work_ends(tmp_path: Path) -> None:
    """Before Python 3.11.5 the library itself would wait forever."""
    script = tmp_path / "broken.py"
    script.write_text(BROKEN)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, str(script)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout == "over\n", done.stderr


@pytest.mark.slow
def test_the_command_its_workers_and_sandboxes_killed(tmp_path: Path) -> None:
    """The real command on a small class, in the real sandbox; nothing is left running, and the marks are the right ones."""
    course, rng, kills = (
        Course(work=tmp_path),
        random.Random(5),
        {"coordinator": 0, "worker": 0, "bwrap": 0, "zygote": 0},
    )
    assignment = load_assignment(course, NAME)
    for number in range(24):
        notebook = assignment.solved() if number % 2 else assignment.notebook()
        hand_in(course, f"student{number}").write_text(
            json.dumps(notebook | {"metadata": {"number": number}})
        )
    command = [
        sys.executable,
        "-X",
        "faulthandler",
        "-m",
        "autograder",
        "--course",
        str(tmp_path),
        "grade",
        NAME,
        "--seed",
        "7",
        "--workers",
        "2",
    ]
    wanted = dict.fromkeys(kills, round(TIMES))
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    while True:
        with (tmp_path / "said").open(
            "w"
        ) as said_to:  # a pipe would be held open by what outlived the command
            process = subprocess.Popen(
                command,
                stdout=subprocess.DEVNULL,
                stderr=said_to,
                start_new_session=True,
                env=environment,
            )
        until = (
            time.monotonic() + 400
        )  # alone it takes about 20, beside other tests many times that
        while process.poll() is None:
            if time.monotonic() > until:
                process.send_signal(signal.SIGABRT)  # it says where each of its threads is
                process.wait(30)
                raise AssertionError(
                    f"the command hangs: {(tmp_path / 'said').read_text()[-3000:]}"
                )
            time.sleep(rng.uniform(0.05, 0.4))
            left = [
                kind
                for kind, number in wanted.items()
                if kills[kind] < number
                and (kind == "coordinator" or _descendants(process.pid, kind))
            ]
            if not left or not _descendants(process.pid, "zygote"):
                continue
            kind = rng.choice(left)
            victims = (
                [process.pid]
                if kind == "coordinator"
                else [one.pid for one in _descendants(process.pid, kind)]
            )
            with suppress(ProcessLookupError, IndexError):
                os.kill(rng.choice(victims), signal.SIGKILL)
                kills[kind] += 1
        said = (tmp_path / "said").read_text()
        assert _wait(lambda session=process.pid: not alive(session)), (
            "something outlived the command"
        )
        for student, scores in held(course).items():
            number = int(student.removeprefix("student"))
            for question in assignment.questions:
                assert scores[f"{question.id}-check"][0] in (
                    None,
                    question.points if number % 2 else 0,
                ), (student, question.id)
        # A sandbox that is killed twice while it starts ends the command; the next one resumes, as after any other end.
        assert (
            process.returncode in (0, -signal.SIGKILL) or "could not start the sandbox" in said
        ), said
        if process.returncode == 0:
            if all(kills[kind] >= number for kind, number in wanted.items()):
                break
            shutil.rmtree(course.cache.parent)  # or there would be nothing left to kill it in
            course.gradebook.unlink()
    assert len(held(course)) == 24
    assert all(
        scores[f"{question.id}-check"][0] is not None
        for scores in held(course).values()
        for question in assignment.questions
    )
    assert subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment
    ).stdout.startswith(f"{NAME} (seed 7): 24 as they were")


def test_a_submission_killed_from_outside_is_graded_again(tmp_path: Path) -> None:
    """Its own process is killed, once, while it runs in the real sandbox; it has its marks all the same."""
    course = Course(work=tmp_path)
    assignment = load_assignment(course, NAME)
    hand_in(course, "bob").write_text(json.dumps(assignment.notebook({})))
    grade_assignment(course, NAME, SEED, 1, set(), False, Here)  # puts up the walls and tries them
    hand_in(course, "ada").write_text(json.dumps(assignment.solved()))
    victims: list[int] = []
    graded = threading.Event()

    def kill() -> None:
        while not victims and not graded.is_set():
            for one in _descendants(os.getpid(), "zygote"):
                with suppress(psutil.Error):
                    if _is(one.parent(), "zygote"):
                        time.sleep(0.01)
                        one.kill()
                        victims.append(one.pid)
                        return

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        (told,) = grade_assignment(course, NAME, SEED, 1, set(), False, Here)
    finally:
        graded.set()
        killer.join()
    assert victims, "its process was never seen"
    assert told.score == sum(question.points for question in assignment.questions)
    assert told.findings == ()
