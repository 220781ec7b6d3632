"""A course that changes its text between the hand-out and the grading: former sentences are the course's, and what students wrote is theirs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from autograder.authoring.build import release
from autograder.cache.fingerprint import differences, fingerprint
from autograder.cache.keys import keys
from autograder.classroom.run import grade_assignment
from autograder.cli.parser import main
from autograder.collect.manifest import Manifest, Source, write_manifest
from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.released_texts import HEAD, remember, version_of
from autograder.core.results import Graded, Submission
from autograder.core.roots import PROJECT
from autograder.grading.question_report import write_report
from autograder.grading.repair import repair
from autograder.publish.exchange_files import exchange_files
from autograder.publish.publish import publish
from autograder.sample.sample import as_bytes
from autograder.tests.fake_grading import Here
from autograder.tests.written_answers import all_right
from autograder.workers import pool

NAME, WRITTEN = "01-backprop", "gradients-written"
QUESTION = "gradients-question"  # the text cell above the written answer
OLD = "Explain in two sentences why the gradient is summed over the batch."
NEW = "Explain in two sentences why the gradient is averaged over the batch."
OWN = "It is summed, because the loss is a sum."
CONFIG = f"""
import sys
sys.path.insert(0, {str(PROJECT)!r})
from pathlib import Path
from autograder.nbgrader_plugin.preprocessors import configure
c = get_config()
configure(c, Path(__file__).resolve().parent, Path(__file__).resolve().parent)
"""
Cells = list[dict[str, Any]]
Change = Callable[[Cells], None]


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course of one assignment, released with the old sentence."""
    folder: Path = tmp_path_factory.mktemp("released") / "course"
    course = Course(folder, folder)
    shutil.copytree(PROJECT / "source" / NAME, course.folder(NAME))
    course.released_texts(NAME).unlink(missing_ok=True)
    shutil.copytree(PROJECT / "utils", course.utils)
    build(course, lambda cells: add(cells, QUESTION, f"\n\n{OLD}"))
    return course


@pytest.fixture
def course(released: Course, tmp_path: Path) -> Course:
    shutil.copytree(released.root, tmp_path / "course")
    return Course(tmp_path / "course", tmp_path / "course")


def by_id(cells: Cells, ident: str) -> dict[str, Any]:
    return next(cell for cell in cells if cell["id"] == ident)


def text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def add(cells: Cells, ident: str, more: str) -> None:
    by_id(cells, ident)["source"] = text(by_id(cells, ident)) + more


def change_notebook(path: Path, change: Change) -> None:
    notebook = json.loads(path.read_text())
    change(notebook["cells"])
    path.write_text(json.dumps(notebook))


def build(course: Course, change: Change) -> None:
    """Changes the source notebook, and releases it as `autograder build` does."""
    change_notebook(course.source_notebook(NAME), change)
    release(course, NAME)


def edit(course: Course, change: Change) -> None:
    """Does the same to both notebooks, without nbgrader, which takes a second."""
    remember(course, NAME)
    for path in (course.source_notebook(NAME), course.release_notebook(NAME)):
        change_notebook(path, change)
    remember(course, NAME)


def correct(cells: Cells) -> None:
    """What the course changes after the hand-out."""
    cell = by_id(cells, QUESTION)
    cell["source"] = text(cell).replace(OLD, NEW)


def by_git(course: Course) -> dict[str, Any]:
    return json.loads(course.release_notebook(NAME).read_text())  # type: ignore[no-any-return]


def by_publish(course: Course) -> dict[str, Any]:
    folder = publish(course, NAME, (), course.work / "published").folder
    return json.loads((folder / "release" / NAME / f"{NAME}.ipynb").read_text())  # type: ignore[no-any-return]


def by_exchange(course: Course) -> dict[str, Any]:
    return json.loads(exchange_files(course, NAME, ())[f"{NAME}.ipynb"])  # type: ignore[no-any-return]


def repaired(course: Course, notebook: dict[str, Any]) -> dict[str, str]:
    """The text of each cell of a repaired notebook."""
    made = repair(as_bytes(notebook), load_assignment(course, NAME)).notebook
    return {cell["id"]: cell["source"] for cell in made["cells"]}


def answer(course: Course, notebook: dict[str, Any], *changes: Change) -> str:
    """What is in the written answer's cell after a repair of the notebook, with a student's changes."""
    mine = json.loads(json.dumps(notebook))
    for change in changes:
        change(mine["cells"])
    return repaired(course, mine)[WRITTEN]


def grade_chunk(
    course: Course, name: str, submissions: Sequence[Submission], seed: int
) -> list[Graded]:
    """Repairs as grading does, and pretends that all code is right."""
    assignment = load_assignment(course, name)
    made = []
    for submission in submissions:
        found = repair(submission.content, assignment)
        graded = Graded(
            submission.student,
            name,
            seed,
            all_right(assignment),
            found.findings,
            found.notebook,
            {},
        )
        write_report(graded)
        made.append(graded)
    return made


def hand_in(course: Course, student: str, notebook: dict[str, Any], *changes: Change) -> None:
    mine = json.loads(json.dumps(notebook))
    for change in changes:
        change(mine["cells"])
    path = course.submitted / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(mine))


def hand_in_class(course: Course, notebook: dict[str, Any]) -> None:
    hand_in(course, "empty", notebook)
    hand_in(course, "answered", notebook, lambda cells: add(cells, WRITTEN, OWN))
    hand_in(course, "beside", notebook, lambda cells: add(cells, QUESTION, f"\n\n{OWN}"))
    hand_in(course, "pasted", notebook, lambda cells: add(cells, "title", f"\n\n{OLD}"))


def grade(course: Course) -> dict[str, tuple[float | None, bool]]:
    """The mark by hand of each student's written answer, and whether it waits for a person."""
    grade_assignment(course, NAME, 1, 1, set(), True, Here)
    with Gradebook(course.db_url) as book:
        return {
            one.student.id: (grade.manual_score, bool(grade.needs_manual_grade))
            for one in book.assignment_submissions(NAME)
            for grade in one.notebooks[0].grades
            if grade.name == WRITTEN
        }


def give_by_hand(course: Course, points: float, *students: str) -> None:
    with Gradebook(course.db_url) as book:
        for student in students:
            for one in book.find_submission(NAME, student).notebooks[0].grades:
                if one.name == WRITTEN:
                    one.manual_score, one.needs_manual_grade = points, False
        book.db.commit()


@pytest.mark.parametrize("given", [by_git, by_publish, by_exchange])
def test_only_those_who_wrote_something_wait_for_a_person(
    given: Callable[[Course], dict[str, Any]], course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "grade_chunk", grade_chunk)
    notebook = given(course)
    build(course, correct)
    hand_in_class(course, notebook)
    assert grade(course) == {
        "answered": (None, True),
        "beside": (None, True),
        "empty": (None, False),
        "pasted": (None, False),
    }
    shown = json.loads(course.autograded_notebook(NAME, "beside").read_text())["cells"]
    assert by_id(shown, WRITTEN)["source"] == OWN
    assert NEW in by_id(shown, QUESTION)["source"]


@pytest.mark.parametrize("given", [by_publish, by_exchange])
def test_what_a_hand_out_makes_of_links_is_no_answer(
    given: Callable[[Course], dict[str, Any]], course: Course
) -> None:
    """`publish` takes out links to what students do not have, and the exchange lays files elsewhere."""
    edit(course, lambda cells: add(cells, QUESTION, "\n\nSee [the next](../../course/99-no.md)."))
    notebook = given(course)
    assert notebook["cells"] != by_git(course)["cells"]
    assert answer(course, notebook) == "YOUR ANSWER HERE"
    with_picture = "![](attachment:a.png)"
    assert answer(course, notebook, lambda cells: add(cells, QUESTION, f"\n\n{with_picture}")) == (
        with_picture
    )


def test_marks_given_by_hand_stay_where_only_the_courses_text_changed(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "grade_chunk", grade_chunk)
    hand_in_class(course, by_git(course))
    waiting = {student for student, (_, waits) in grade(course).items() if waits}
    assert waiting == {"answered", "beside", "pasted"}
    give_by_hand(course, 4.0, "answered", "beside")
    give_by_hand(course, 0.0, "pasted", "empty")  # that nothing was written is 0 points as well
    edit(course, correct)
    marks = {
        "answered": (4.0, False),
        "beside": (4.0, False),
        "empty": (0.0, False),
        "pasted": (0.0, False),
    }
    assert grade(course) == marks
    edit(course, lambda cells: add(cells, QUESTION, "\n\nNow think of a batch of one picture."))
    assert grade(course) == marks


def test_marks_given_while_nothing_was_remembered_stay(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where an older version graded, former sentences waited as answers, and a person gave 0 points."""
    monkeypatch.setattr(pool, "grade_chunk", grade_chunk)
    hand_in(course, "empty", by_git(course))
    edit(course, correct)
    kept = course.released_texts(NAME).read_text()
    course.released_texts(NAME).unlink()
    assert grade(course) == {"empty": (None, True)}
    give_by_hand(course, 0.0, "empty")
    course.released_texts(NAME).write_text(kept)
    assert grade(course) == {"empty": (0.0, False)}


def test_points_given_for_another_answer_wait_where_it_is_empty_now(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "grade_chunk", grade_chunk)
    hand_in(course, "ada", by_git(course), lambda cells: add(cells, WRITTEN, OWN))
    grade(course)
    give_by_hand(course, 4.0, "ada")
    shutil.rmtree(course.submitted / "ada")
    hand_in(course, "ada", by_git(course))
    assert grade(course) == {"ada": (4.0, True)}


# -- marks above 0 that an older version let wait ----------------------------------------------------------------------


def forgotten(course: Course) -> str:
    """Take away what is remembered of releases, as for an older version; returns it."""
    kept = course.released_texts(NAME).read_text()
    course.released_texts(NAME).unlink()
    return kept


def collected(course: Course, *students: str) -> None:
    """Write where their notebooks came from, as `collect` does."""
    sources = {}
    for student in students:
        content = (course.submitted / student / NAME / f"{NAME}.ipynb").read_bytes()
        sources[student] = Source("Moodle", "x", sha256=hashlib.sha256(content).hexdigest())
    write_manifest(course, NAME, Manifest(sources))


def judged_by_an_older_version(course: Course) -> None:
    with sqlite3.connect(course.gradebook) as db:
        db.execute("DELETE FROM autograder_judged")


def submit_again(course: Course, student: str, *changes: Change) -> None:
    shutil.rmtree(course.submitted / student)
    hand_in(course, student, by_git(course), *changes)


def answer_with(text: str) -> Change:
    return lambda cells: add(cells, WRITTEN, text)


def test_a_mark_for_an_answer_with_the_courses_text_in_it_holds_without_that(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "grade_chunk", grade_chunk)
    hand_in(course, "ada", by_git(course), answer_with(OWN))
    hand_in(course, "bo", by_git(course), answer_with(OWN))
    edit(course, correct)
    kept = forgotten(course)
    assert grade(course) == {"ada": (None, True), "bo": (None, True)}
    assert OLD in course.autograded_notebook(NAME, "ada").read_text()
    give_by_hand(course, 4.0, "ada", "bo")
    course.released_texts(NAME).write_text(kept)
    submit_again(course, "bo", answer_with(f"{OWN} And it is a mean."))
    assert grade(course) == {"ada": (4.0, False), "bo": (4.0, True)}
    submit_again(course, "bo", answer_with(OWN))
    assert grade(course) == {"ada": (4.0, False), "bo": (4.0, True)}  # with the text, it was judged


def faulty_class(course: Course) -> str:
    """A class whose marks were given, then wait since the course's text counts as an answer."""
    for student in ("ada", "bo", "cy"):
        hand_in(course, student, by_git(course), answer_with(OWN))
    grade(course)
    give_by_hand(course, 4.0, "ada", "bo", "cy")
    assert grade(course) == dict.fromkeys(("ada", "bo", "cy"), (4.0, False))
    edit(course, correct)
    kept = forgotten(course)
    assert grade(course) == dict.fromkeys(("ada", "bo", "cy"), (4.0, True))
    return kept


def test_a_mark_that_waited_holds_once_the_answer_is_the_one_that_was_judged(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "grade_chunk", grade_chunk)
    kept = faulty_class(course)
    submit_again(course, "bo", answer_with(f"{OWN} And it is a mean."))
    course.released_texts(NAME).write_text(kept)
    after = {"ada": (4.0, False), "bo": (4.0, True), "cy": (4.0, False)}
    assert grade(course) == after
    assert grade(course) == after
    submit_again(course, "bo", answer_with(OWN))  # the same as at first
    submit_again(course, "cy", answer_with("Another."))
    assert grade(course) == {"ada": (4.0, False), "bo": (4.0, False), "cy": (4.0, True)}


def test_a_mark_that_an_older_version_let_wait_holds_for_the_only_notebook(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "grade_chunk", grade_chunk)
    kept = faulty_class(course)
    judged_by_an_older_version(course)
    collected(course, "ada", "bo", "cy")
    (course.replaced / "bo" / NAME / "1").mkdir(parents=True)  # bo may have had another answer
    submit_again(course, "cy", answer_with("Another."))
    course.released_texts(NAME).write_text(kept)
    assert grade(course) == {"ada": (4.0, False), "bo": (4.0, True), "cy": (4.0, True)}


def test_a_mark_of_an_older_version_waits_where_nothing_says_that_it_is_the_only_notebook(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "grade_chunk", grade_chunk)
    kept = faulty_class(course)
    judged_by_an_older_version(course)
    course.released_texts(NAME).write_text(kept)
    assert grade(course) == dict.fromkeys(("ada", "bo", "cy"), (4.0, True))


def test_a_mark_of_an_older_version_waits_where_its_answer_was_the_students_alone(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for another reason than text of the course, such as other points."""
    monkeypatch.setattr(pool, "grade_chunk", grade_chunk)
    hand_in(course, "ada", by_git(course), answer_with(OWN))
    collected(course, "ada")
    grade(course)
    give_by_hand(course, 4.0, "ada")
    with Gradebook(course.db_url) as book:
        for one in book.find_submission(NAME, "ada").notebooks[0].grades:
            one.needs_manual_grade = one.name == WRITTEN
        book.db.commit()
    edit(course, correct)
    assert grade(course) == {"ada": (4.0, True)}


def test_a_mark_of_changed_points_waits_though_the_answer_is_the_one_that_was_judged(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "grade_chunk", grade_chunk)
    kept = faulty_class(course)
    collected(course, "ada", "bo", "cy")
    course.released_texts(NAME).write_text(kept)

    def more_points(cells: Cells) -> None:
        by_id(cells, WRITTEN)["metadata"]["nbgrader"]["points"] += 1

    edit(course, more_points)
    assert grade(course) == dict.fromkeys(("ada", "bo", "cy"), (4.0, True))
    assert grade(course) == dict.fromkeys(("ada", "bo", "cy"), (4.0, True))
    give_by_hand(course, 5.0, "ada", "bo", "cy")
    assert grade(course) == dict.fromkeys(("ada", "bo", "cy"), (5.0, False))


# -- what the course may change ----------------------------------------------------------------------------------------


def move(cells: Cells) -> None:
    cell = by_id(cells, QUESTION)
    cell["source"] = text(cell).replace(OLD, "")
    add(cells, "end", f"\n\n{OLD}")


def remove(cells: Cells) -> None:
    del cells[[cell["id"] for cell in cells].index("affine-see")]


def rename(cells: Cells) -> None:
    correct(cells)
    by_id(cells, QUESTION)["id"] = "gradients-task"


CHANGES = [correct, move, remove, rename]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("lost_ids", [False, True], ids=["", "without ids"])
def test_a_former_text_is_nothing_that_a_student_wrote(
    change: Change, lost_ids: bool, course: Course
) -> None:
    notebook = by_git(course)
    edit(course, change)
    if lost_ids:  # some editors strip them
        for cell in notebook["cells"]:
            del cell["id"]
    cells = repaired(course, notebook)
    assert cells[WRITTEN] == "YOUR ANSWER HERE"
    assert not [ident for ident in cells if ident.startswith("extra-")]


@pytest.mark.parametrize("where", [QUESTION, "affine-see", "end"])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_stands_beside_a_former_text_is_seen(
    change: Change, where: str, course: Course
) -> None:
    notebook = by_git(course)
    edit(course, change)
    assert answer(course, notebook, lambda cells: add(cells, where, f"\n{OWN}")) == OWN


def test_a_former_sentence_in_the_answers_own_cell_is_an_answer(course: Course) -> None:
    notebook = by_git(course)
    edit(course, correct)
    assert OLD in answer(course, notebook, lambda cells: add(cells, WRITTEN, f"\n{OLD}"))


def test_a_short_line_is_a_students_though_it_stood_in_a_former_release(course: Course) -> None:
    edit(course, lambda cells: add(cells, QUESTION, "\n\n- the sum"))
    notebook = by_git(course)

    def shorten(cells: Cells) -> None:
        cell = by_id(cells, QUESTION)
        cell["source"] = text(cell).replace("- the sum", "").replace(OLD, NEW)

    edit(course, shorten)
    assert answer(course, notebook) == "YOUR ANSWER HERE"
    assert answer(course, notebook, lambda cells: add(cells, QUESTION, f"\n{OWN}")) == OWN
    assert answer(course, notebook, lambda cells: add(cells, "title", "\n- the sum")) == "- the sum"


def test_a_stub_that_the_course_has_changed_is_no_answer(course: Course) -> None:
    """nbgrader keeps what stands around a solution in a written answer's cell."""
    stub = "Fill in:\n\n### BEGIN SOLUTION\nmore\n### END SOLUTION"
    build(course, lambda cells: by_id(cells, WRITTEN).update(source=stub))
    notebook = by_git(course)
    assert "Fill in:" in text(by_id(notebook["cells"], WRITTEN))
    build(course, lambda cells: by_id(cells, WRITTEN).update(source=stub.replace("in:", "out:")))
    assert answer(course, notebook).startswith("Fill out:")
    assert OWN in answer(course, notebook, lambda cells: add(cells, WRITTEN, OWN))


# -- what is kept ------------------------------------------------------------------------------------------------------


def test_the_file_is_sorted_has_a_line_for_each_text_and_no_text(course: Course) -> None:
    build(course, correct)
    path = course.released_texts(NAME)
    head, *entries = path.read_text().splitlines(keepends=True)
    assert head == HEAD
    assert entries == sorted(set(entries))
    assert sum(entry.startswith(f"{QUESTION} ") for entry in entries) == 2
    assert all(re.fullmatch(r"[\w-]+( (-|[0-9a-f]{12}))+\n", entry) for entry in entries)
    before = path.stat()
    release(course, NAME)
    assert path.stat() == before  # nothing is written where nothing is new


def test_both_sides_of_a_conflict_in_git_count(course: Course) -> None:
    notebook = by_git(course)
    edit(course, correct)
    path = course.released_texts(NAME)
    head, *entries = path.read_text().splitlines(keepends=True)
    half = len(entries) // 2
    conflict = ["<<<<<<< HEAD\n", *entries[half:], "=======\n", *entries[:half], ">>>>>>> other\n"]
    path.write_text(head + "".join(conflict))
    assert answer(course, notebook) == "YOUR ANSWER HERE"
    edit(course, lambda cells: add(cells, "end", " More."))
    assert set(entries) < set(path.read_text().splitlines(keepends=True))
    assert "HEAD" not in path.read_text()


def test_a_release_of_an_older_version_is_remembered_before_it_is_replaced(course: Course) -> None:
    notebook = by_git(course)
    course.released_texts(NAME).unlink()
    build(course, correct)
    assert answer(course, notebook) == "YOUR ANSWER HERE"


@pytest.mark.parametrize("given", [by_publish, by_exchange])
def test_a_hand_out_is_remembered(
    given: Callable[[Course], dict[str, Any]], course: Course
) -> None:
    course.released_texts(NAME).unlink()
    notebook = given(course)
    shutil.rmtree(course.release)  # as where release/ is not in git
    build(course, correct)
    assert answer(course, notebook) == "YOUR ANSWER HERE"


def test_a_course_that_cannot_be_written_is_handed_out_with_a_warning(
    course: Course, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("autograder.core.released_texts.write_whole", refuse)
    by_publish(course)
    assert not caplog.records
    course.released_texts(NAME).unlink()
    by_publish(course)
    assert "released-texts.txt cannot be written (Permission denied)" in caplog.text


def test_a_result_depends_on_former_texts_and_not_on_present_ones(course: Course) -> None:
    path = course.released_texts(NAME)
    full = fingerprint(course, NAME)
    path.unlink()
    assert fingerprint(course, NAME) == full
    remember(course, NAME)
    edit(course, correct)
    with_former, held = fingerprint(course, NAME), keys(course, NAME, 1)
    kept = path.read_text()
    path.unlink()
    assert differences(with_former, fingerprint(course, NAME)) == [
        f"source/{NAME}/checks/released-texts.txt is missing"
    ]  # as another worker of a cluster is told
    assert not held.still_hold()
    assert keys(course, NAME, 1).common != held.common
    path.write_text("".join(reversed(kept.splitlines(keepends=True))))
    assert fingerprint(course, NAME) == with_former


def test_brackets_without_end_take_no_time() -> None:
    """Each of these took minutes where a link was searched for from each bracket to the end."""
    for hostile in ("[" * 200_000, "[](" * 60_000, "![a](b" * 30_000, "[\n" * 100_000):
        assert version_of(hostile)


# -- every way in ------------------------------------------------------------------------------------------------------


def test_every_way_of_grading_knows_former_texts(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    """`check` of one notebook, formgrader's button to generate, and its button to grade, which are nbgrader's commands."""
    (course.work / "nbgrader_config.py").write_text(CONFIG)
    notebook = by_git(course)
    course.released_texts(NAME).unlink()
    source = json.loads(course.source_notebook(NAME).read_text())
    correct(source["cells"])
    course.source_notebook(NAME).write_text(json.dumps(source))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    hand_in(course, "ada", notebook)

    def nbgrader(*words: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "nbgrader", *words],
            cwd=course.work,
            env={**os.environ, "PATH": path},
            capture_output=True,
            check=True,
        )

    nbgrader("generate_assignment", NAME, "--force")
    assert NEW in text(by_id(by_git(course)["cells"], QUESTION))
    nbgrader("autograde", NAME)
    with Gradebook(course.db_url) as book:
        grades = book.find_submission(NAME, "ada").notebooks[0].grades
        assert [one.needs_manual_grade for one in grades if one.name == WRITTEN] == [False]
    file = course.submitted / "ada" / NAME / f"{NAME}.ipynb"
    main(["--root", str(course.root), "check", str(file), "--assignment", NAME, "--json"])
    assert "gradients-written, or a part" not in capsys.readouterr().out
