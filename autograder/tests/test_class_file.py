"""A class's settings: what is right is read, what is wrong is named with its line, and gradings follow them."""

from __future__ import annotations

import itertools
import math
import re
import tomllib
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.class_file.exports import as_table, roster_of_export
from autograder.class_file.model import Amount, CountedAttempt, LatePolicy
from autograder.class_file.reader import KEYS, read_class
from autograder.class_file.roster import read_roster
from autograder.classroom.class_marks import class_marks
from autograder.classroom.class_summary import class_lines, repaired_for_most
from autograder.classroom.graded_rows import Summary
from autograder.classroom.late_days import days_spent
from autograder.classroom.run import grade_assignment
from autograder.cli.parser import main
from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.messages import shown_on_stderr
from autograder.core.results import Finding, FindingKind
from autograder.core.roots import PROJECT
from autograder.tests.fake_grading import NAME, Here, Pretended, hand_in, held
from autograder.workers import pool

ROSTER = "id,name,email,section,canvas\nann-lee,Ann Lee,ann@x.org,A,11\nbo-chen,Bo Chen,bo@x.org,B,12\ncy,Cy Lund,,B,\n"
WHOLE = f"""
time_zone = "Europe/Berlin"
attempt = "last in time"
left = ["cy"]

[due]
"{NAME}" = "2026-10-05 18:00"
05-optimizers = 2026-11-02T18:00:00+01:00

[late]
per_day = "10 %"
grace = "15 minutes"
free_days = 3
most = "50 %"
closed_after = "7 days"

[extensions.ann-lee]
"{NAME}" = "2 days"
05-optimizers = "2026-11-03 18:00"

[groups."{NAME}"]
"Team 1" = ["ann-lee", "bo-chen"]

[drop]
lowest = 1
assignments = ["00-warm-up"]
[drop.excused]
bo-chen = ["05-optimizers"]
"""


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    monkeypatch.setattr(pool, "grade_chunk", Pretended(tmp_path / "journal"))
    (tmp_path / "class").mkdir()
    return Course(PROJECT, tmp_path / "class")


def told(course: Course, text: str, roster: str = ROSTER) -> str:
    course.class_file.write_text(text)
    course.roster.write_text(roster)
    with pytest.raises(UserError) as error:
        read_class(course)
    return str(error.value).replace(f"{course.work}/", "")


def test_all_keys(course: Course) -> None:
    course.class_file.write_text(WHOLE)
    course.roster.write_text(ROSTER)
    found = read_class(course)
    assert found is not None
    assert found.due == {
        NAME: datetime(2026, 10, 5, 16),
        "05-optimizers": datetime(2026, 11, 2, 17),
    }  # summer and winter
    assert found.extension("ann-lee", NAME) == timedelta(days=2)
    assert found.extension("ann-lee", "05-optimizers") == timedelta(days=1)
    assert found.due_for("bo-chen", NAME) == datetime(2026, 10, 5, 16)
    assert found.late == LatePolicy(
        Amount(10, True), timedelta(minutes=15), 3, Amount(50, True), timedelta(days=7)
    )
    assert (found.attempt, found.gone, found.lowest_dropped) == (
        CountedAttempt.LAST_IN_TIME,
        {"cy"},
        1,
    )
    assert found.groups == {NAME: {"Team 1": ("ann-lee", "bo-chen")}}
    assert found.excused == {"bo-chen": ("05-optimizers",)}
    assert found.uncounted == {"00-warm-up"}


def test_without_the_file_nothing_is_said(course: Course) -> None:
    assert read_class(course) is None
    assert read_roster(course) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('\n\ntimezone = "UTC"', "class.toml:3: timezone: unknown key (did you mean time_zone?); expected one of time_zone, due,"),
        ('time_zone = "Europe/Berln"', "class.toml:1: time_zone: expected the name of a time zone such as Europe/Berlin, got 'Europe/Berln'"),
        (f'[due]\n{NAME} = "2026-10-05 18:00"', "class.toml:2: due.01-backprop: expected a time such as"),
        (f'[due]\n# a word\n{NAME} = "2026-10-05 18:00"', "names no time zone, and the class has none (time_zone ="),
        ('[due]\n01-backprp = "2026-10-05 18:00 UTC"', "class.toml:2: due.01-backprp: there is no assignment '01-backprp' (did you mean 01-backprop?)"),
        (f"[due]\n{NAME} = 2026-10-05", "class.toml:2: due.01-backprop: expected a date with a time of day"),
        (f'time_zone = "Europe/Berlin"\n[due]\n{NAME} = "05.10.2026 18:00"', "class.toml:3: due.01-backprop: expected a time such as"),
        (f'time_zone = "Europe/Berlin"\n[due]\n{NAME} = "2026-10-25 02:30"', "clocks in Europe/Berlin show it twice"),
        ('[late]\nper_day = 5', "class.toml:2: late.per_day: expected points such as \"5 points\", or a share"),
        ('[late]\nper_day = "110 %"', "class.toml:2: late.per_day: expected at most 100 %, got '110 %'"),
        ('[late]\nper_dya = "5 points"', "class.toml:2: late.per_dya: unknown key (did you mean per_day?)"),
        ('[late]\nper_day = "5 points"\ngrace = "15"', "class.toml:3: late.grace: expected a length of time such as"),
        ('[late]\nper_day = "5 points"\nfree_days = -1', "class.toml:3: late.free_days: expected a whole number of at least 0, got -1"),
        ('[late]\nper_day = "5 points"\nfree_days = true', "expected a whole number of at least 0, got True"),
        ('[late]\ngrace = "1 day"', "class.toml:1: late: expected per_day"),
        ('[late]\nper_day = "5 points"\ngrace = "2 days"\nclosed_after = "1 day"', "class.toml:4: late.closed_after: expected a length of at least"),
        ('late = "nothing"', "class.toml:1: late: expected a table with per_day"),
        ('left = ["cy",\n  "ann-le"]', "class.toml:2: left: no student has the id 'ann-le' (did you mean ann-lee?); expected an id of roster.csv"),
        ('left = ["cy", "cy"]', "class.toml:1: left: 'cy' is named twice"),
        ('left = "cy"', "class.toml:1: left: expected a list of student ids, got 'cy'"),
        (f'[extensions.bo]\n{NAME} = "2 days"', "class.toml:1: extensions.bo: no student has the id 'bo' (did you mean bo-chen?)"),
        (f'[extensions.cy]\n{NAME} = "2 days"', "class.toml:2: extensions.cy.01-backprop: expected a due date of 01-backprop under [due]"),
        (f'[due]\n{NAME} = "2026-10-05 18:00 UTC"\n[extensions.cy]\n{NAME} = "2026-10-04 18:00 UTC"', "class.toml:4: extensions.cy.01-backprop: expected a time after"),
        (f'[due]\n{NAME} = "2026-10-05 18:00 UTC"\n[extensions.cy]\n{NAME} = "2 dasy"', "class.toml:4: extensions.cy.01-backprop: expected a length of time"),
        (f'[groups.{NAME}]\nA = ["cy"]\nB = ["bo-chen",\n"cy"]', "class.toml:4: groups.01-backprop.B: 'cy' is in 'A' as well; one group each"),
        ('attempt = "best"', "class.toml:1: attempt: expected one of last, first, last in time, got 'best'"),
        ('[drop]\nlowst = 1', "class.toml:2: drop.lowst: unknown key (did you mean lowest?)"),
        ('[drop]\nassignments = ["00"]', "class.toml:2: drop.assignments: there is no assignment '00' (did you mean 00-warm-up?)"),
        ('[drop.excused]\ncy = ["05"]', "class.toml:2: drop.excused.cy: there is no assignment '05' (did you mean 05-optimizers?)"),
        ("due = 3", "class.toml:1: due: expected a table, got 3"),
        ("due = ", "class.toml: this is not TOML: "),
        ("[extensions.Mia_Müller]\n", '); a name with other letters than A to Z, digits, _ and - stands in quotes: [extensions."Mia_Müller"]'),
        ("[due]\n[extensions.o'neil,_jr.]\n", "class.toml: this is not TOML: "),
        ("[drop.excused]\nzoë = []", '_ and - stands in quotes: "zoë" = …'),
        ('[groups."01-backprop"]\nTeam 1 = []', '_ and - stands in quotes: "Team 1" = …'),
        ("[Müller]\n", '_ and - stands in quotes: ["Müller"]'),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(course: Course, text: str, says: str) -> None:
    assert says in told(course, text)


def test_all_mistakes_are_named_at_once(course: Course) -> None:
    lines = told(course, 'attempt = "best"\nleft = ["x1"]\n[drop]\nlowest = "1"').splitlines()
    assert [line.split(": ")[0] for line in sorted(lines)] == [
        "class.toml:1",
        "class.toml:2",
        "class.toml:4",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id,nme\na,b\n", "roster.csv:1: unknown column 'nme' (did you mean name?)"),
        ("name\nb\n", "roster.csv:1: expected a column 'id'"),
        ("id,name\nann,A\nAnn,B\n", "roster.csv:3: the id 'ann' is in line 2 as well"),
        (
            "id,name,email\na,A,x@y.z\nb,B,X@y.z\n",
            "roster.csv:3: the email 'x@y.z' is in line 2 as well",
        ),
        ("id,name,canvas\na,A,1\n\nb,B,1\n", "roster.csv:4: the canvas '1' is in line 2 as well"),
        ("id,name\n../x,A\n", "roster.csv:2: '../x' cannot be a student's id"),
        ("id,name\na,A,B\n", "roster.csv:2: expected 2 columns, got 3"),
        ("", "roster.csv is empty"),
    ],
)
def test_a_mistake_in_the_roster(course: Course, text: str, says: str) -> None:
    assert says in told(course, "", text)


def test_the_new_file_says_nothing_and_all_of_its_lines_can_be_used(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--course", str(course.work), "--root", str(PROJECT), "class", "new"]) == 0
    found = read_class(course)
    assert found is not None
    assert (found.due, found.late, found.zone) == ({}, None, None)
    text = course.class_file.read_text()
    used = re.sub(r'^# (?=(\[|"[^"]+" = |[\w-]+ = ))', "", text, flags=re.M).replace(
        'late = "none"', "# late"
    )
    assert set(tomllib.loads(used)) == set(KEYS)
    course.class_file.write_text(used)
    course.roster.write_text(ROSTER.replace("cy,", "cy-lund,"))
    assert read_class(course) is not None
    capsys.readouterr()
    assert main(["--course", str(course.work), "--root", str(PROJECT), "class", "show"]) == 0
    shown = capsys.readouterr().out
    assert f"{NAME}: due Monday, 2026-10-05 18:00 CEST" in shown
    assert "  ann-lee: Wednesday, 2026-10-07 18:00 CEST (2 days later)" in shown
    assert (
        "late work: 10 % for each day that has begun; in time up to 15 minutes late; 3 free days"
        in shown
    )
    assert (
        main(["--course", str(course.work), "--root", str(PROJECT), "class", "new"]) == 2
    )  # it stays as it is


# -- what late work costs, by another derivation -------------------------------------------------------------------


def by_hand(hours: float, score: float, free: int) -> float:
    """Walk through the days one by one."""
    if hours * 60 <= 15:
        return 0.0
    if hours > 7 * 24:
        return score
    taken, day = 0.0, 0
    while day * 24 < hours:
        day += 1
        taken += 10.0 if day > free else 0.0
    return min(taken, 50.0, score)


def test_penalties() -> None:
    policy = LatePolicy(
        Amount(10, True), timedelta(minutes=15), 3, Amount(50, True), timedelta(days=7)
    )
    hours = (0.1, 0.25, 0.26, 1, 24, 24.1, 48, 71.9, 72.1, 100, 144, 167.9, 168, 168.1)
    for late, score, spent in itertools.product(hours, (0.0, 33.0, 100.0), (0, 1, 3)):
        got = policy.penalty(timedelta(hours=late), score, 100.0, spent)
        assert math.isclose(got, by_hand(late, score, 3 - spent)), (late, score, spent)


def test_free_days_are_spent_in_the_order_of_due_dates(course: Course) -> None:
    course.class_file.write_text(
        'time_zone = "UTC"\n[late]\nper_day = "10 %"\nfree_days = 3\n[due]\n'
        '"03-losses" = "2026-10-19 18:00"\n"01-backprop" = "2026-10-05 18:00"\n"02-activations" = "2026-10-12 18:00"\n'
    )
    settings = read_class(course)
    for name, time in (
        ("01-backprop", "2026-10-06 19:00 UTC"),
        ("02-activations", "2026-10-17 12:00 UTC"),
    ):  # 2 days, 5 days
        path = course.submitted / "ann" / name / "timestamp.txt"
        path.parent.mkdir(parents=True)
        path.write_text(time)
    spent = {
        name: days_spent(course, settings, name, "ann", None)
        for name in ("01-backprop", "02-activations", "03-losses")
    }
    assert spent == {"01-backprop": 0, "02-activations": 2, "03-losses": 3}
    assert days_spent(course, settings, "03-losses", "bo", None) == 0


# -- gradings follow it ---------------------------------------------------------------------------------------------


def grade(course: Course) -> dict[str, float]:
    """Grade, and return what being late costs in the gradebook."""
    grade_assignment(course, NAME, 1, 1, set(), True, Here)
    with Gradebook(course.db_url) as book:
        return {
            one.student.id: one.notebooks[0].late_submission_penalty or 0.0
            for one in book.assignment_submissions(NAME)
        }


def test_a_class_is_graded_by_it_and_again_when_it_changes(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    for student, time in (
        ("ann-lee", "2026-10-06 20:00"),
        ("bo-chen", "2026-10-06 20:00"),
        ("cy", "2026-10-05 10:00"),
    ):
        hand_in(course, student).with_name("timestamp.txt").write_text(time)
    hand_in(course, "dd")
    assert grade(course) == {"ann-lee": 0, "bo-chen": 0, "cy": 0, "dd": 0}  # no due date, no zone
    course.roster.write_text(ROSTER + "ee,Ann Lee,,A,\n")
    text = f'time_zone = "Europe/Berlin"\nleft = ["cy"]\n[due]\n{NAME} = "2026-10-05 18:00"\n[late]\nper_day = "10 %"\n'
    course.class_file.write_text(text)
    assert grade(course) == {
        "ann-lee": 22,
        "bo-chen": 22,
        "cy": 0,
        "dd": 0,
    }  # 26 hours: two days have begun, of 110 points
    course.class_file.write_text(f'{text}[extensions.ann-lee]\n{NAME} = "2 days"\n')
    assert grade(course) == {"ann-lee": 0, "bo-chen": 22, "cy": 0, "dd": 0}
    page = course.feedback_page(NAME, "ann-lee").read_text()
    assert "Ann Lee (ann-lee) · submitted 2026-10-06 20:00 CEST" in page
    lines = class_lines(course, NAME, course.db_url)
    assert lines[0].startswith(f"{NAME}: 2 of 3 submitted, median ")
    assert "; 1 lost 22 points for being late" in lines[0]
    assert "  not submitted (1): ee" in lines
    assert "  have left, and are not counted: cy" in lines
    assert "  not in roster.csv: dd" in lines
    assert "  one name, Ann Lee, is that of ann-lee, ee: look twice at whose work is whose" in lines
    assert any(
        re.fullmatch(r"  section B: 1 of 1 submitted, median [\d.]+ of 110 points", line)
        for line in lines
    )
    assert any(
        line.startswith("  waits for a person: ")
        and line.endswith(f" of 2 students; run: autograder grade-by-hand {NAME}")
        for line in lines
    )
    capsys.readouterr()
    with Gradebook(
        course.db_url
    ) as book:  # somebody sets another date in the gradebook: the file's counts, and it is said
        book.find_assignment(NAME).duedate = datetime(2030, 1, 1)
        book.db.commit()
    hand_in(course, "bo-chen", wrong=["affine"])
    with shown_on_stderr():
        assert grade(course)["bo-chen"] == 22
    assert (
        "class.toml sets the due date 2026-10-05 16:00 UTC, and replaces the gradebook's 2030-01-01 00:00 UTC"
        in capsys.readouterr().err
    )


def test_the_notebook_of_a_group_is_graded_once(course: Course, tmp_path: Path) -> None:
    pretended = pool.grade_chunk
    assert isinstance(pretended, Pretended)
    content = hand_in(course, "ann", wrong=["affine"]).read_bytes()
    for student in ("bo", "cy"):
        hand_in(course, student).write_bytes(content)
    hand_in(course, "dd")
    grade(course)
    assert sorted(pretended.asked()) == ["ann", "dd"]
    scores = held(course)
    assert scores["ann"] == scores["bo"] == scores["cy"] != scores["dd"]


def test_marks_that_wait_have_no_total(course: Course) -> None:
    hand_in(course, "ann")
    grade(course)
    graded, (ann,) = class_marks(course, course.db_url)
    assert (graded, ann.marks, ann.per_cent) == ([NAME], {}, None)
    with Gradebook(course.db_url) as book:
        for one in book.find_submission(NAME, "ann").notebooks[0].grades:
            if one.needs_manual_grade:
                one.manual_score, one.needs_manual_grade = 4.0, False
        book.db.commit()
    _, (ann,) = class_marks(course, course.db_url)
    assert (ann.marks[NAME], ann.per_cent) == (104.0, pytest.approx(100 * 104 / 110))


def test_what_counts_for_nobody_is_not_in_the_total(course: Course) -> None:
    hand_in(course, "ann")
    grade(course)
    with Gradebook(course.db_url) as book:
        for one in book.find_submission(NAME, "ann").notebooks[0].grades:
            if one.needs_manual_grade:
                one.manual_score, one.needs_manual_grade = 4.0, False
        book.db.commit()
    course.class_file.write_text(f'[drop]\nassignments = ["{NAME}"]\n')
    _, (ann,) = class_marks(course, course.db_url)
    assert (ann.marks, ann.dropped, ann.per_cent) == ({NAME: 104.0}, (NAME,), None)


# -- rosters out of exports -------------------------------------------------------------------------------------------


def test_a_canvas_gradebook(course: Course) -> None:
    path = course.work / "export.csv"
    path.write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,Lab 1 (70011),Current Score\n,,,,,Manual Posting,\n"
        '    Points Possible,,,,,10.00,(read only)\n"Okafor, Ada",4001,S-0001,aokafor,Nets A,9.50,91.67\n'
        '"Smith Jones, Bo",4003,S-0003,bsmithjones,"Nets A and Nets B",EX,\n"Student, Test",4999,,b1a2,Nets A,,\n'
    )
    roster = roster_of_export(path)
    assert [(one.id, one.name, one.section, one.ids) for one in roster.people] == [
        ("aokafor", "Ada Okafor", "Nets A", {"canvas": "4001"}),
        ("bsmithjones", "Bo Smith Jones", "Nets A and Nets B", {"canvas": "4003"}),
    ]
    course.roster.write_text(as_table(roster))
    assert read_roster(course) == roster


def test_moodle_participants_with_two_of_one_name(course: Course) -> None:
    path = course.work / "export.csv"
    path.write_text(
        '\ufeff"First name","Last name","Email address"\nAda,Okafor,ada@x.org\nAda,Okafor,ada.b@x.org\nBo,Ng,bo@x.org\n'
    )
    assert [one.id for one in roster_of_export(path).people] == [
        "Ada_Okafor_ada",
        "Ada_Okafor_ada.b",
        "Bo_Ng",
    ]


def test_another_table_is_refused(course: Course) -> None:
    path = course.work / "export.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="expected the heading of an export"):
        roster_of_export(path)


def test_what_is_repaired_for_most_of_a_class_is_said() -> None:
    """A notebook that was changed after the hand-out, and not a student who edited a cell."""

    def graded(number: int, *cells: str) -> Summary:
        notes = tuple(Finding(FindingKind.REPAIRED, cell, "It was.") for cell in cells)
        return Summary(f"s{number}", NAME, 1, (), notes, {}, 0.0, 1.0, False)

    most = [graded(number, "written", "written", "notebook") for number in range(6)]
    (line,) = repaired_for_most([*most, *(graded(number, "setup") for number in range(6, 11))])
    assert line.startswith("  repaired in more than half of 11 submissions: written. Has the")
    assert not [*repaired_for_most([*most, *(graded(number) for number in range(6, 12))])]
    assert not [*repaired_for_most(most)]  # too few
