"""The gradebook follows an assignment that was changed after it was graded, and keeps what people gave."""

from __future__ import annotations

import datetime
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from nbformat import from_dict
from nbgrader.api import Gradebook
from nbgrader.utils import compute_checksum
from traitlets.config import Config

from autograder.classroom.migration_preview import preview_migration
from autograder.core.assignment import Assignment, Cell
from autograder.core.course import Course
from autograder.core.results import Graded, QuestionResult
from autograder.gradebook import migrate as migration
from autograder.gradebook.reader import gradebook
from autograder.gradebook.structure import differences, structure_of
from autograder.gradebook.writer import Recorder

NAME = "20-pooling"
CLASS = ("ann", "bob", "cyd")
POINTS = {"pool": 50.0, "mean": 40.0, "essay": 10.0}
WRITTEN = frozenset({"essay"})


def _cell(name: str, kind: str, source: str, **meta: Any) -> dict[str, Any]:
    made = {
        "cell_type": kind,
        "id": name,
        "source": source,
        "metadata": {"nbgrader": {"grade_id": name, "schema_version": 3, **meta}},
    }
    if kind == "code":
        made |= {"outputs": [], "execution_count": None}
    made["metadata"]["nbgrader"]["checksum"] = compute_checksum(from_dict(made))  # type: ignore[index]
    return made


def assignment(
    points: Mapping[str, float] = POINTS, written: frozenset[str] = WRITTEN
) -> Assignment:
    """An assignment of some questions, each with a solution and a check, or written."""
    cells = []
    for question, worth in points.items():
        if question in written:
            release = _cell(
                f"{question}-written",
                "markdown",
                "YOUR ANSWER HERE",
                grade=True,
                solution=True,
                points=worth,
            )
            cells.append(Cell(release["id"], "written", "", worth, release, "Because."))
            continue
        release = _cell(
            question, "code", f"def {question}(x):\n    ...", grade=False, solution=True
        )
        cells.append(
            Cell(question, "solution", question, 0.0, release, f"def {question}(x):\n    return x")
        )
        release = _cell(
            f"{question}-check",
            "code",
            f"{question}(1)",
            grade=True,
            solution=False,
            locked=True,
            points=worth,
        )
        cells.append(Cell(release["id"], "check", question, worth, release, release["source"]))
    return Assignment(NAME, tuple(cells), {})


def graded(
    student: str, made: Assignment, share: float = 1.0, answers: Mapping[str, str] | None = None
) -> Graded:
    """A submission with the reference's answers, or those given, and a share of each question's points."""
    notebook = made.solved(dict(answers or {}))
    for cell in notebook["cells"]:
        if cell["id"].endswith("-check"):
            score = share * cell["metadata"]["nbgrader"]["points"]
            cell["outputs"] = [
                {
                    "output_type": "execute_result",
                    "data": {"text/plain": repr(score)},
                    "metadata": {},
                    "execution_count": None,
                }
            ]
    questions = tuple(
        QuestionResult(one.id, one.points, (), None, f"Look at {one.id}.") for one in made.questions
    )
    return Graded(student, NAME, 1, questions, (), notebook)


class Class:
    """A class of three, graded by hand-made results."""

    def __init__(self, work: Path) -> None:
        self.course, self.made = Course(work=work), assignment()
        self.grade(self.made)

    def grade(self, made: Assignment, students: tuple[str, ...] = CLASS, **others: Any) -> None:
        self.made = made
        with Recorder(self.course) as recorder:
            recorder.register(made)
            for student in students:
                recorder.record(graded(student, made, **others), None)

    def by_hand(
        self, student: str, cell: str, score: float, comment: str = "", extra: float | None = None
    ) -> None:
        with Gradebook(self.course.db_url) as book:
            found = book.find_submission_notebook(NAME, NAME, student)
            grade = next(one for one in found.grades if one.name == cell)
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = score, extra, False
            if comment:
                name = cell.removesuffix("-check")
                next(one for one in found.comments if one.name == name).manual_comment = comment
            book.db.commit()

    def totals(self) -> dict[str, tuple[float, float]]:
        """(points, most points) by student, as nbgrader itself adds them up."""
        with Gradebook(self.course.db_url) as book:
            return {
                one.student.id: (one.score, one.max_score)
                for one in book.assignment_submissions(NAME)
            }

    def held(self, student: str) -> dict[str, tuple[float | None, float | None, bool]]:
        with Gradebook(self.course.db_url) as book:
            grades = book.find_submission_notebook(NAME, NAME, student).grades
            return {
                one.name: (one.auto_score, one.manual_score, bool(one.needs_manual_grade))
                for one in grades
            }

    def comments(self, student: str) -> dict[str, str | None]:
        with Gradebook(self.course.db_url) as book:
            return {
                one.name: one.manual_comment
                for one in book.find_submission_notebook(NAME, NAME, student).comments
            }

    def lines(self, made: Assignment) -> tuple[str, ...]:
        with gradebook(self.course.db_url) as there:
            return preview_migration(there, made).lines


@pytest.fixture
def group(tmp_path: Path) -> Class:
    made = Class(tmp_path)
    made.by_hand("ann", "essay-written", 7.0, "Say *which* mean.")
    made.by_hand("bob", "mean-check", 33.0, "Nearly.", 2.0)
    return made


def test_points_that_changed(group: Class) -> None:
    changed = assignment(POINTS | {"pool": 30.0, "essay": 20.0})
    assert group.lines(changed) == (
        "essay-written: 10 → 20 points; 1 mark given by hand stays, to be looked at again",
        "pool-check: 50 → 30 points",
    )
    group.grade(changed)
    assert group.totals() == {
        "ann": (30 + 40 + 7, 90),
        "bob": (30 + 33 + 2, 90),
        "cyd": (30 + 40, 90),
    }
    assert group.comments("ann")["essay-written"] == "Say *which* mean."
    assert group.lines(changed) == ()


def test_a_mark_given_by_hand_is_to_be_looked_at_again_where_the_points_changed(
    group: Class,
) -> None:
    group.grade(assignment(POINTS | {"essay": 5.0}))  # ann has 7 of what are 5 points now
    assert group.held("ann")["essay-written"] == (None, 7, True)
    assert group.held("bob")["mean-check"] == (40, 33, False)  # its points are as they were


def test_a_question_that_was_added_is_there_for_all_also_for_those_not_graded_yet(
    group: Class,
) -> None:
    more = assignment(POINTS | {"blur": 25.0, "why": 5.0}, WRITTEN | {"why"})
    assert group.lines(more) == ("blur-check: added, 25 points", "why-written: added, 5 points")
    group.grade(more, ("ann",))
    assert group.totals() == {
        "ann": (50 + 40 + 25 + 7, 130),
        "bob": (50 + 33 + 2, 130),
        "cyd": (90, 130),
    }
    assert group.held("cyd")["blur-check"] == (
        None,
        None,
        False,
    )  # nobody is asked to judge by hand what the next grading judges
    assert group.held("cyd")["why-written"] == (None, None, True)
    group.grade(more)
    assert group.totals()["cyd"] == (115, 130)


def test_a_question_that_was_removed_sets_aside_what_people_gave_until_it_returns(
    group: Class,
) -> None:
    less = assignment({"pool": 50.0, "essay": 10.0})
    assert group.lines(less) == ("mean-check: removed, 40 points; 1 mark given by hand set aside",)
    group.grade(less)
    assert group.totals() == {"ann": (57, 60), "bob": (50, 60), "cyd": (50, 60)}
    assert set(group.comments("bob")) == {"pool", "essay-written"}
    assert group.lines(assignment()) == (
        "mean-check: added, 40 points; of marks given by hand, 1 that were set aside return",
    )
    group.grade(assignment())
    assert group.held("bob")["mean-check"] == (40, 33, True)  # a person gave it long ago
    assert group.comments("bob")["mean"] == "Nearly."
    assert group.totals() == {"ann": (97, 100), "bob": (85, 100), "cyd": (90, 100)}
    group.by_hand("bob", "mean-check", 20.0)
    for points in (
        {"pool": 50.0},
        POINTS,
    ):  # what was set aside once does not return a second time over what came later
        group.grade(assignment(points))
    assert group.held("bob")["mean-check"][1] == 20.0


def test_a_written_question_that_was_removed_returns_with_mark_and_comment(group: Class) -> None:
    for points in ({"pool": 50.0, "mean": 40.0}, POINTS):
        group.grade(assignment(points))
    assert group.held("ann")["essay-written"] == (None, 7, True)
    assert group.comments("ann")["essay-written"] == "Say *which* mean."


def test_a_question_that_was_only_renamed_keeps_its_marks_and_comments(group: Class) -> None:
    other = assignment({"pool": 50.0, "average": 40.0, "essay": 10.0})
    assert group.lines(other) == ("mean-check: is called average-check now",)
    group.grade(other)
    assert group.totals() == {"ann": (97, 100), "bob": (85, 100), "cyd": (90, 100)}
    assert group.held("bob")["average-check"][1] == 33
    assert group.comments("bob")["average"] == "Nearly."


def test_a_written_question_of_another_worth_is_another_question(group: Class) -> None:
    group.grade(assignment({"pool": 50.0, "mean": 40.0, "essay2": 15.0}, frozenset({"essay2"})))
    assert group.held("ann")["essay2-written"] == (None, None, True)


def test_two_that_look_alike_are_not_guessed(group: Class) -> None:
    written = frozenset({"why", "how"})
    group.grade(assignment({"pool": 50.0, "mean": 40.0, "why": 10.0, "how": 10.0}, written))
    assert {cell: held[1] for cell, held in group.held("ann").items() if cell.endswith("written")} == {
        "why-written": None, "how-written": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "written", [frozenset(), frozenset({"essay", "mean"})], ids=["code", "written"]
)
def test_a_question_of_another_kind(group: Class, written: frozenset[str]) -> None:
    group.grade(assignment(POINTS, written))
    with Recorder(group.course) as recorder:
        assert recorder.follows(assignment(POINTS, written))
    assert all(most == 100 for _, most in group.totals().values())
    assert set(group.held("cyd")) == {
        f"{question}-{'written' if question in written else 'check'}" for question in POINTS
    }


def test_an_order_that_changed_changes_nothing(group: Class) -> None:
    assert group.lines(assignment(dict(reversed(POINTS.items())))) == ()


def test_nothing_is_lost_when_it_is_interrupted(
    group: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    before, less = group.totals(), assignment({"pool": 50.0, "essay": 10.0})
    with monkeypatch.context() as patch:
        patch.setattr(migration, "_replace_sources", interrupted)
        with pytest.raises(KeyboardInterrupt):
            group.grade(less)
    assert group.totals() == before
    group.grade(less)
    assert group.totals()["ann"] == (57, 60)


def test_what_is_as_it_was_costs_one_query(group: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration, "migrate", lambda *_: pytest.fail("nothing has changed"))
    monkeypatch.setattr(
        "autograder.gradebook.writer.migrate", lambda *_: pytest.fail("nothing has changed")
    )
    group.grade(assignment())
    with gradebook(group.course.db_url) as there:
        assert there is not None
        asked: list[str] = []
        there._connection.set_trace_callback(asked.append)
        assert preview_migration(there, assignment()).lines == ()
    assert len([statement for statement in asked if "SELECT" in statement]) == 1


def test_the_words_of_a_change_name_each_cell_once() -> None:
    old, new = structure_of(assignment()), structure_of(assignment({"pool": 40.0, "blur": 1.0}))
    assert differences(old, new) == (
        "blur-check: added, 1 points",
        "essay-written: removed, 10 points",
        "mean-check: removed, 40 points",
        "pool-check: 50 → 40 points",
    )
    assert differences(frozenset(), new) == ()


# -- what a person gave ------------------------------------------------------------------------------------------------


def test_only_an_answer_that_changed_returns_to_those_who_grade_by_hand(group: Class) -> None:
    group.by_hand("cyd", "essay-written", 9.0)
    group.grade(assignment())
    assert [group.held(student)["essay-written"][2] for student in CLASS] == [
        False,
        True,
        False,
    ]  # bob's was never graded
    assert not group.held("bob")["mean-check"][2]
    with Recorder(group.course) as recorder:
        recorder.register(group.made)
        recorder.record(
            graded("ann", group.made, answers={"essay-written": "Because of the sum."}), None
        )
        recorder.record(
            graded("bob", group.made, answers={"mean": "def mean(x):\n    return 0"}), None
        )
        recorder.record(graded("cyd", group.made, share=0.5), None)  # other marks, the same answers
    assert group.held("ann")["essay-written"] == (None, 7, True)
    assert group.held("bob")["mean-check"] == (40, 33, True)
    assert group.held("cyd")["essay-written"] == (None, 9, False)
    assert group.comments("ann")["essay-written"] == "Say *which* mean."


def test_what_a_person_has_not_looked_at_again_stays_to_be_looked_at(group: Class) -> None:
    for answer in ("Another.", "Another."):
        with Recorder(group.course) as recorder:
            recorder.register(group.made)
            recorder.record(graded("ann", group.made, answers={"essay-written": answer}), None)
    assert group.held("ann")["essay-written"][2]


# -- late --------------------------------------------------------------------------------------------------------------


def test_what_is_taken_from_the_inputs_is_taken_back_from_the_marks(tmp_path: Path) -> None:
    course, made = Course(work=tmp_path), assignment()
    due, late = datetime.datetime(2026, 10, 5, 18), datetime.datetime(2026, 10, 7, 12)
    with Recorder(course, Config({"LateSubmissionPlugin": {"penalty_method": "zero"}})) as recorder:
        recorder.register(made)
        assert recorder.record(graded("ann", made), late).late_penalty == 0
        recorder._gradebook.update_or_create_assignment(NAME, duedate=due)
        assert recorder.record(graded("ann", made), late).late_penalty == 90
        assert recorder.record(graded("ann", made), None).late_penalty == 0
        assert recorder.record(graded("ann", made), late).late_penalty == 90
        recorder._gradebook.grant_extension(NAME, "ann", days=2)
        assert recorder.record(graded("ann", made), late).late_penalty == 0


# -- the file ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o644, 0o664, 0o666, None])
def test_only_its_owner_reads_the_gradebook(tmp_path: Path, mode: int | None) -> None:
    course = Course(work=tmp_path)
    if mode is not None:
        Recorder(course).__exit__()
        course.gradebook.chmod(mode)
    Recorder(course).__exit__()
    assert stat.S_IMODE(course.gradebook.stat().st_mode) == 0o600


def test_a_folder_that_a_group_shares_stays_shared(tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    (tmp_path / "class").chmod(0o2770)
    course = Course(work=tmp_path / "class")
    Recorder(course).__exit__()
    assert stat.S_IMODE(course.gradebook.stat().st_mode) == 0o660
