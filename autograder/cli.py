"""The command line: `autograder build | collect | grade | check | audit | feedback | report | leaderboard | sample | doctor`.

Exit codes: 0 done, 2 bad arguments, 3 the grader itself failed for someone (the rest is graded all the same), and 1 where a
command whose business is to find faults found some.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from . import tables
from .errors import GraderFault, UserError
from .paths import Course
from .visible import visible

if TYPE_CHECKING:
    from .comparison import Change
    from .pool import Executors
    from .survey import Plan

DONE, FOUND, BAD_ARGUMENTS, FAULT = 0, 1, 2, 3


def main(argv: list[str] | None = None) -> int:
    """Runs one command and gives its exit code; a user's mistake is one line, never a traceback."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except UserError as error:
        print(f"autograder: {visible(str(error), lines=True)}", file=sys.stderr)
        return BAD_ARGUMENTS
    except GraderFault as error:
        print(f"autograder: the grader failed: {visible(str(error), lines=True)}", file=sys.stderr)
        return FAULT
    except KeyboardInterrupt:
        print("autograder: interrupted; what was graded is recorded", file=sys.stderr)
        return FAULT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autograder", description="Builds, grades and examines the course's assignments.")
    parser.add_argument(
        "--course",
        type=Path,
        default=None,
        metavar="DIR",
        help="where submitted/, autograded/, feedback/ and gradebook.db lie (default: here)",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    build = commands.add_parser("build", help="make source notebooks and release from the text form")
    build.add_argument("names", nargs="*", metavar="NN-name", help="assignments (default: all)")
    build.set_defaults(run=_build)

    grade = commands.add_parser("grade", help="grade every submission of an assignment")
    grade.add_argument("names", nargs="+", metavar="NN-name")
    seeds = grade.add_mutually_exclusive_group()
    seeds.add_argument("--seed", type=_seed, help="of the hidden inputs, from now on (default: drawn once for a class, and kept with it)")
    seeds.add_argument("--fresh", action="store_true", help="draw another seed")
    grade.add_argument("--workers", type=_positive, help="processes (default: one a processor, or all of the scheduler's)")
    grade.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="grade on the workers of this Dask scheduler")
    grade.add_argument("--student", action="append", default=[], help="only this student; may be repeated")
    grade.add_argument("--diff", action="store_true", help="show whose marks would change, and write nothing; 0: nobody's, 1: somebody's")
    grade.add_argument("--no-feedback", action="store_true", help="leave the feedback pages for later")
    grade.set_defaults(run=_grade)

    collect = commands.add_parser(
        "collect", help="lay an upload out as submitted/STUDENT/NN-name/, from the zip that the learning platform gives"
    )
    collect.add_argument("archive", type=Path, metavar="ARCHIVE")
    collect.add_argument("name", metavar="NN-name")
    collect.add_argument("--pattern", metavar="REGEX", help="how paths name students, with (?P<student>…) (default: recognised)")
    collect.add_argument("--replace", action="store_true", help="keep aside what is there already, and take the upload's")
    collect.add_argument("--dry-run", action="store_true", help="only show what would be done")
    collect.set_defaults(run=_collect)

    check = commands.add_parser("check", help="grade one notebook, without a gradebook")
    check.add_argument("notebook", type=Path)
    check.add_argument("--assignment", metavar="NN-name", help="default: the notebook's own name")
    check.add_argument("--seed", type=_seed, default=None)
    check.add_argument("--json", action="store_true", help="print the result as JSON")
    check.set_defaults(run=_check)

    audit = commands.add_parser("audit", help="examine the checks with all known mistakes and right variants")
    audit.add_argument("names", nargs="*", metavar="NN-name", help="assignments (default: all)")
    audit.add_argument("--seed", type=_seed, default=None)
    audit.add_argument("--workers", type=_positive)
    audit.add_argument(
        "--mutants", action="store_true", help="grade every small change of the reference solutions, and list what no check noticed"
    )
    audit.add_argument("--every", type=_positive, default=1, metavar="K", help="of the mutants, try one of K")
    audit.add_argument("--in-process", action="store_true", help="with --mutants or --seeds: no sandbox, which is faster")
    audit.add_argument(
        "--seeds", type=_positive, metavar="N", help="grade all that is known with N seeds, and name the checks whose verdict differs"
    )
    audit.set_defaults(run=_audit)

    feedback = commands.add_parser("feedback", help="write the feedback pages again, after grading by hand")
    feedback.add_argument("names", nargs="+", metavar="NN-name")
    feedback.set_defaults(run=_feedback)

    report = commands.add_parser("report", help="write a page on the whole class, for staff: difficulty, mistakes, what is alike")
    report.add_argument("names", nargs="+", metavar="NN-name")
    report.set_defaults(run=_report)

    leaderboard = commands.add_parser("leaderboard", help="write a page of pseudonyms, points and ranks out of the gradebook")
    leaderboard.add_argument("name", metavar="NN-name", help="an assignment with a question `result`, such as capstone")
    leaderboard.set_defaults(run=_leaderboard)

    sample = commands.add_parser("sample", help="make a sample class to try the grading on")
    sample.add_argument("folder", type=Path)
    sample.add_argument("names", nargs="*", metavar="NN-name", help="what is handed in (default: all assignments)")
    sample.set_defaults(run=_sample)

    doctor = commands.add_parser("doctor", help="say whether this machine can grade")
    doctor.set_defaults(run=_doctor)
    return parser


def _seed(text: str) -> int:
    value = int(text) if text.isdecimal() else -1
    if not 0 <= value < 2**32:
        raise argparse.ArgumentTypeError(f"{text!r}, where a whole number from 0 to {2**32 - 1} was expected")
    return value


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}, where a whole number of at least 1 was expected")
    return int(text)


def _course(arguments: argparse.Namespace) -> Course:
    work = (arguments.course or Path.cwd()).resolve()
    if not work.is_dir():
        raise UserError(f"--course {arguments.course}: there is no such folder")
    return Course(work=work)


def _drawn(seed: int | None) -> int:
    return secrets.randbelow(2**32) if seed is None else seed


def _build(arguments: argparse.Namespace) -> int:
    from .build import build

    course = _course(arguments)
    build(course, arguments.names or course.assignments())
    return DONE


def _grade(arguments: argparse.Namespace) -> int:
    from .survey import survey
    from .workfolder import class_seed, held

    course = _course(arguments)
    names = [course.require(name) for name in arguments.names]
    students, keep = set(arguments.student), not (arguments.student or arguments.diff)
    with held(course):
        plans = []
        for name in names:
            seed = class_seed(course, name, arguments.seed, fresh=arguments.fresh, keep=keep)
            plans.append(survey(course, name, seed, students, not arguments.no_feedback))
        return _compare(course, arguments, plans) if arguments.diff else _grade_left(course, arguments, plans)


def _grade_left(course: Course, arguments: argparse.Namespace, plans: list[Plan]) -> int:
    faulty, left = False, [plan for plan in plans if plan.left]
    if left:
        from .classroom import grade_left  # with nbgrader, which takes seconds to load

        with _executors(arguments, [plan.name for plan in left]) as (executors, workers):
            for plan in left:
                graded = grade_left(course, plan, workers, executors)
                tables.show_class(graded)
                faulty = faulty or any(one.faulty for one in graded)
    for plan in plans:
        tables.show_settled(plan.name, plan.seed, plan.settled, len(plan.left))
    tables.show_places(course)
    return FAULT if faulty else DONE


def _compare(course: Course, arguments: argparse.Namespace, plans: list[Plan]) -> int:
    changes: dict[str, list[Change]] = {}
    left = [plan for plan in plans if plan.left]
    if left:
        from .comparison import compare

        with _executors(arguments, [plan.name for plan in left]) as (executors, workers):
            changes = {plan.name: compare(course, plan, workers, executors) for plan in left}
    for plan in plans:
        tables.show_changes(plan.name, plan.seed, changes.get(plan.name, []), plan.settled)
    found = [change for some in changes.values() for change in some]
    if any(change.faulty for change in found):
        return FAULT
    return FOUND if any(change.differs for change in found) else DONE


@contextmanager
def _executors(arguments: argparse.Namespace, names: list[str]) -> Iterator[tuple[Executors, int | None]]:
    """Where the grading is done: here, or on a cluster; and by how many."""
    from .pool import local_executor

    if arguments.scheduler is None:
        yield local_executor, arguments.workers
        return
    from .cluster import cluster

    with cluster(arguments.scheduler, names) as (executors, workers):
        yield executors, arguments.workers or workers


def _collect(arguments: argparse.Namespace) -> int:
    from .collect.place import collect
    from .collect.table import show_collected

    course, dry = _course(arguments), arguments.dry_run
    collected = collect(course, arguments.archive, course.require(arguments.name), arguments.pattern, replace=arguments.replace, dry=dry)
    show_collected(collected, str(arguments.archive), dry)
    return DONE if collected.whole else FOUND


def _check(arguments: argparse.Namespace) -> int:
    from .grade import Grader
    from .records import Submission

    course = _course(arguments)
    name = course.require(arguments.assignment or arguments.notebook.stem)
    try:
        content = arguments.notebook.read_bytes()
    except OSError as error:
        raise UserError(f"{arguments.notebook} cannot be read: {error.strerror}") from error
    with Grader(course, name) as grader:
        (graded,) = grader.grade([Submission(arguments.notebook.stem, content)], _drawn(arguments.seed))
    if arguments.json:
        print(json.dumps(graded.as_dict(), indent=2))
    else:
        tables.show_one(graded)
    return FAULT if graded.faulty else DONE


def _audit(arguments: argparse.Namespace) -> int:
    from .audit import audit
    from .pool import processors

    course, found = _course(arguments), False
    if arguments.mutants or arguments.seeds:
        return _mutants(course, arguments) if arguments.mutants else _steadiness(course, arguments)
    for name in arguments.names or course.assignments():
        seed = _drawn(arguments.seed)
        lines = audit(course, course.require(name), seed, arguments.workers or processors())
        tables.show_audit(name, seed, lines)
        found = found or any(line.problem for line in lines)
    return FOUND if found else DONE


def _mutants(course: Course, arguments: argparse.Namespace) -> int:
    from .mutants.examine import examine
    from .pool import processors

    seed, clean = _drawn(arguments.seed), True
    for name in arguments.names or course.assignments():
        workers = arguments.workers or processors()
        found = examine(course, course.require(name), seed, workers, inside=not arguments.in_process, every=arguments.every)
        tables.show_mutants(name, seed, found)
        clean = clean and found.clean
    return DONE if clean else FOUND


def _steadiness(course: Course, arguments: argparse.Namespace) -> int:
    from .pool import processors
    from .stability import sweep

    first, steady = arguments.seed or 0, True
    for name in arguments.names or course.assignments():
        seeds, workers = range(first, first + arguments.seeds), arguments.workers or processors()
        found = sweep(course, course.require(name), seeds, workers, inside=not arguments.in_process)
        tables.show_unsteady(name, seeds, found)
        steady = steady and not found
    return DONE if steady else FOUND


def _feedback(arguments: argparse.Namespace) -> int:
    from .classroom import write_feedback
    from .workfolder import held

    course = _course(arguments)
    with held(course):
        for name in arguments.names:
            print(f"{write_feedback(course, course.require(name))} pages in {course.feedback}")
    return DONE


def _report(arguments: argparse.Namespace) -> int:
    from .overview.page import write_overview

    course = _course(arguments)
    for name in arguments.names:
        print(f"for staff only:       {write_overview(course, course.require(name))}")
    return DONE


def _leaderboard(arguments: argparse.Namespace) -> int:
    from .leaderboard import write_leaderboard

    course = _course(arguments)
    print(f"leaderboard:        {write_leaderboard(course, course.require(arguments.name))}")
    print(f"key of its names:   {course.pseudonym_key} (keep it, and keep it to yourself)")
    return DONE


def _sample(arguments: argparse.Namespace) -> int:
    from .sample import make_class

    course = Course(work=arguments.folder.resolve())
    print(f"{make_class(course, arguments.names)} submissions in {arguments.folder}/submitted")
    return DONE


def _doctor(arguments: argparse.Namespace) -> int:
    from .doctor import can_grade, examine, show

    course = _course(arguments)
    looks = examine(course)
    show(looks)
    return DONE if can_grade(looks) else BAD_ARGUMENTS


if __name__ == "__main__":
    sys.exit(main())
