"""What the commands on a class and on its way back to the platform do."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

from ..core.course import Course
from ..core.errors import UserError
from ..core.sanitize import shortened, visible
from ..core.times import worded

DONE = 0
PRIVATE = 0o600
MOST_NAMES = 30  # in one line


def _course(arguments: argparse.Namespace) -> Course:
    work = (arguments.course or Path.cwd()).resolve()
    if not work.is_dir():
        raise UserError(f"--course {arguments.course}: there is no such folder")
    return Course.of_class(work, arguments.root)


def _names(students: Sequence[str]) -> str:
    return ", ".join(map(visible, shortened(students, MOST_NAMES)))


def run_class_new(arguments: argparse.Namespace) -> int:
    from ..class_file.new import new_class_file, new_roster

    course = _course(arguments)
    if arguments.roster is not None:
        path, count = new_roster(course, arguments.roster)
        print(
            f"roster:   {path} ({count} students); change ids, names and sections there as "
            "you like before the first collect"
        )
    if not course.class_file.exists() or arguments.roster is None:
        print(
            f"settings: {new_class_file(course)}; take the # away from what you need, then "
            "run: autograder class show"
        )
    return DONE


def run_class_show(arguments: argparse.Namespace) -> int:
    from ..class_file.reader import read_class
    from ..class_file.roster import read_roster

    course = _course(arguments)
    settings, roster = read_class(course), read_roster(course)
    if settings is None and roster is None:
        raise UserError(
            f"there is no {course.class_file} and no {course.roster}; run: autograder class new"
        )
    if roster is not None:
        sections = sorted({person.section for person in roster.people if person.section})
        print(
            f"roster.csv: {len(roster.people)} students"
            + (f" in {', '.join(map(visible, sections))}" if sections else "")
        )
        for name, ids in roster.namesakes().items():
            print(visible(f"  one name, {name}, is that of {', '.join(ids)}"))
    if settings is None:
        return DONE
    zone = settings.zone or UTC
    print(
        f"time zone: {settings.zone.key if settings.zone else 'none'}; of several uploads the "
        f"{settings.attempt} counts"
    )
    for name, due in sorted(settings.due.items(), key=lambda item: item[1]):
        later = {
            student: extra[name] for student, extra in settings.extensions.items() if name in extra
        }
        print(f"{name}: due {due.replace(tzinfo=UTC).astimezone(zone):%A, %Y-%m-%d %H:%M %Z}")
        for student, length in later.items():
            print(
                visible(
                    f"  {student}: "
                    f"{(due + length).replace(tzinfo=UTC).astimezone(zone):%A, %Y-%m-%d %H:%M %Z} "
                    f"({worded(length)} later)"
                )
            )
    for name, groups in settings.groups.items():
        members = [member for one in groups.values() for member in one]
        alone = [] if roster is None else [p.id for p in roster.people if p.id not in members]
        print(
            f"{name}: {len(groups)} groups with {len(members)} members"
            + (f"; in no group: {_names(alone)}" if alone else "")
        )
        for group, ids in groups.items():
            print(visible(f"  group {group}: {', '.join(ids)}"))
    if (late := settings.late) is None:
        print("late work: as nbgrader_config.py says")
    else:
        said = (
            [f"{late.per_day} for each day that has begun"]
            if late.per_day.value
            else ["nothing by the day"]
        )
        said += [f"in time up to {worded(late.grace)} late"] if late.grace else []
        said += [f"{late.free_days} free days for each student"] if late.free_days else []
        said += [f"at most {late.most}"] if late.most is not None else []
        said += (
            [f"nothing is earned later than {worded(late.closed_after)}"]
            if late.closed_after is not None
            else []
        )
        print(f"late work: {'; '.join(said)}")
    if settings.gone:
        print(f"have left: {_names(sorted(settings.gone))}")
    return DONE


def run_class_groups(arguments: argparse.Namespace) -> int:
    from ..class_file.groups import add_groups

    course = _course(arguments)
    path, groups, members = add_groups(course, course.require(arguments.name), arguments.table)
    print(f"{path}: {groups} groups with {members} members; look at them: autograder class show")
    return DONE


def run_class_marks(arguments: argparse.Namespace) -> int:
    from ..gradebook.nbgrader_alone import import_nbgrader

    import_nbgrader()
    from ..classroom.class_marks import class_marks
    from ..classroom.plan import gradebook_address
    from ..core.files import write_whole
    from ..core.spreadsheet import cell

    course = _course(arguments)
    graded, totals = class_marks(course, gradebook_address(course))
    file = io.StringIO(newline="")
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["id", "name", "section", *graded, "dropped", "per_cent"])
    for one in totals:
        marks = [f"{one.marks[name]:g}" if name in one.marks else "" for name in graded]
        total = "" if one.per_cent is None else f"{one.per_cent:.2f}"
        table.writerow(
            [
                cell(one.student),
                cell(one.name),
                cell(one.section),
                *marks,
                cell(" ".join(one.dropped)),
                total,
            ]
        )
    path = course.work / "marks.csv"
    write_whole(path, file.getvalue(), PRIVATE)
    print(
        f"{path}: {len(totals)} students, {len(graded)} assignments; an empty mark waits for "
        "a person"
    )
    return DONE


def run_grade_by_hand(arguments: argparse.Namespace) -> int:
    from ..gradebook.nbgrader_alone import import_nbgrader

    import_nbgrader()
    from ..classroom.plan import gradebook_address
    from ..core.assignment import load_assignment
    from ..gradebook.by_hand import HandMarks
    from ..gradebook.reader import place
    from ..hand_grading.desk import Desk
    from ..hand_grading.site import serve

    course = _course(arguments)
    name = course.require(arguments.name)
    if not course.autograded.is_dir():
        raise UserError(
            f"there is nothing to grade by hand in {course.work}; first: autograder grade {name}"
        )

    url = gradebook_address(course)

    def ready(address: str) -> None:
        print(f"open in a browser:  {address}", flush=True)
        print(f"marks go to:        {visible(place(url))}", flush=True)
        print("Ctrl-C ends it; then: autograder feedback " + name, flush=True)

    with HandMarks(url, name) as marks:
        serve(Desk(course, load_assignment(course, name), marks), arguments.port, ready)
    return DONE


def run_regrade(arguments: argparse.Namespace) -> int:
    from ..classroom.regrade import Request, regrade
    from ..classroom.workdir import class_lock, class_seed

    course = _course(arguments)
    name, note = course.require(arguments.name), " ".join(arguments.note.split())
    if not note:
        raise UserError("--note: expected what the student reads about it, got nothing")
    with class_lock(course):
        seed = class_seed(course, name, None, fresh=False, keep=True)
        made = regrade(course, Request(name, arguments.student, note), seed)
    for question, points in made.after.items():
        before = made.before.get(question)
        print(visible(f"{question}: {_step(before, points)}"))
    print(f"total after penalties: {_step(made.total_before, made.total_after)}")
    print(visible(f"page: {course.feedback_page(name, arguments.student)}"))
    return DONE


def _step(before: float | None, after: float | None) -> str:
    said = ["waits for a person" if one is None else f"{one:g}" for one in (before, after)]
    return said[1] if before == after else " → ".join(said)


def run_return(arguments: argparse.Namespace) -> int:
    from ..gradebook.nbgrader_alone import import_nbgrader

    import_nbgrader()
    from ..classroom.pages import Pages, stale_pages, write_feedback
    from ..classroom.plan import gradebook_address
    from ..classroom.workdir import class_lock
    from ..give_back.order import Order
    from ..give_back.returning import give_back
    from ..give_back.targets import Target

    course = _course(arguments)
    name = course.require(arguments.name)
    with class_lock(course):
        written, stale = None, frozenset[str]()
        if arguments.dry_run:
            stale = stale_pages(course, name)
        else:  # with the marks that were given by hand since
            written = write_feedback(course, name, again=arguments.all)
        order = Order(
            name,
            Target(arguments.to),
            arguments.grades,
            arguments.column,
            arguments.scale,
            arguments.all,
            arguments.dry_run,
            stale,
        )
        with Pages(course, name) as pages:
            returned = give_back(course, gradebook_address(course), order, pages)
    for line in returned.lines if arguments.dry_run else ():
        mark = "waits for a person" if line.mark is None else f"{line.mark:g} of {line.most:g}"
        place = (
            returned.places.get(line.student)
            or "no page, or it is not known where its work came from"
        )
        print(
            visible(
                f"{line.student}: {mark}; "
                f"{'' if line.student in returned.changed else 'as it was sent; '}{place}"
            )
        )
    waiting = sum(line.mark is None for line in returned.lines)
    lost = [
        line.student
        for line in returned.lines
        if not returned.places.get(line.student) and line.student not in returned.strangers
    ]
    print(
        f"{name}: {len(returned.changed)} of {len(returned.lines)} changed since the last "
        f"return; {waiting} {'mark waits' if waiting == 1 else 'marks wait'} for a person and "
        f"{'is' if waiting == 1 else 'are'} empty"
    )
    if written is not None:
        print(f"pages: {written.written} written, {written.unchanged} unchanged")
    for said, students in (
        ("not known there", returned.strangers),
        ("without a page there", lost),
    ):
        if students:
            print(f"{said}: {_names(students)}")
    for note in returned.notes if returned.changed else ():
        print(visible(f"note: {note}"))
    for path in returned.files:
        print(f"to upload: {path}")
    if not returned.changed:
        print("nothing to upload; --all writes everything again")
    return 1 if returned.strangers else DONE
