"""What each command does: it takes the arguments apart, calls what does the work, and shows
what came of it.

What a command needs is imported where it runs, so that the others start at once.
"""

from __future__ import annotations

import argparse
import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.course import Course
from ..core.errors import UserError
from ..core.sanitize import visible
from . import tables

if TYPE_CHECKING:
    from ..class_report.attempts import GradedAttempt
    from ..classroom.comparison import Comparison
    from ..classroom.plan import Plan
    from ..service.store import Store
    from ..workers.pool import Executors

DONE, FOUND, BAD_ARGUMENTS, FAULT = 0, 1, 2, 3
INTERRUPTED = 130  # 128 and SIGINT's number, as shells have it


def _course(arguments: argparse.Namespace) -> Course:
    work = (arguments.course or Path.cwd()).resolve()
    if not work.is_dir():
        raise UserError(f"--course {arguments.course}: there is no such folder")
    return Course.of_class(work, arguments.root)


def _class(arguments: argparse.Namespace, folder: str, names: Sequence[str]) -> Course:
    """Return the course whose class folder this is.

    A command that only goes on with a class makes none, and leaves nothing behind.

    Args:
        arguments: of the command line.
        folder: what the command reads, such as `submitted`.
        names: the assignments.

    Raises:
        UserError: there is no such folder here, or nothing of an assignment in it.
    """
    course = _course(arguments)
    for name in map(course.require, names):
        if next((course.work / folder).glob(f"*/{name}"), None) is None:
            there = f"there is no {course.work / folder}/STUDENT/{name}/{name}.ipynb"
            do = (
                f"; run: autograder grade {name}"
                if folder == course.autograded.name and course.submitted.is_dir()
                else ""
            )
            where = (
                ""
                if course.submitted.is_dir()
                else "; is this the class folder? --course DIR names another"
            )
            raise UserError(f"nothing to {arguments.purpose}: {there}{do}{where}")
    return course


def _drawn(seed: int | None) -> int:
    return secrets.randbelow(2**32) if seed is None else seed


def run_new(arguments: argparse.Namespace) -> int:
    from ..authoring.new import FIRST, new_assignment, new_course

    if arguments.folder is None and arguments.name is None:
        raise UserError("expected the name of an assignment, or --course DIR")
    if arguments.folder:
        course = new_course(arguments.folder, arguments.name or FIRST)
        print(f"a course:             {course.root}")
        print(f"an assignment:        {course.folder(arguments.name or FIRST)}")
    else:
        print(f"an assignment:        {new_assignment(_course(arguments), arguments.name)}")
    return DONE


def run_messages(arguments: argparse.Namespace) -> int:
    from ..authoring.messages import write_messages

    path, count, translated = write_messages(_course(arguments), arguments.language)
    print(f"{visible(str(path))}: {translated} of {count} messages are translated")
    return DONE


def run_build(arguments: argparse.Namespace) -> int:
    from ..authoring.build import build

    course = _course(arguments)
    names = arguments.names or course.assignments()
    build(course, names)
    for name in names:
        print(f"built: {course.source_notebook(name)} and {course.release / name}")
    return DONE


def run_publish(arguments: argparse.Namespace) -> int:
    from ..publish.deadlines import past_deadlines
    from ..publish.publish import publish
    from ..publish.term import publish_term

    course = _course(arguments)
    past = past_deadlines(course, arguments.past)
    _refuse_stale(course, [arguments.name] if arguments.name else course.assignments())
    if arguments.site:
        print(f"page:     {publish_term(course, past, arguments.site.resolve())}")
        return DONE
    target = (arguments.to or course.work / "published").resolve()
    done = publish(course, arguments.name, past, target)
    tables.show_published(done)
    return DONE


def _refuse_stale(course: Course, names: Sequence[str]) -> None:
    """Refuse assignments whose text form was edited after its notebook was built."""
    from ..authoring.stale_builds import refuse_stale

    for name in names:
        refuse_stale(course, course.require(name))


def run_grade(arguments: argparse.Namespace) -> int:
    from ..classroom.plan import survey
    from ..classroom.workdir import class_lock, class_seed

    course = (
        _course(arguments)
        if _is_served(_course(arguments))
        else _class(arguments, "submitted", arguments.names)
    )
    names = [course.require(name) for name in arguments.names]
    _refuse_stale(course, names)
    students, keep = set(arguments.student), not (arguments.student or arguments.diff)
    with class_lock(course):
        plans = []
        _take_attempts(course, names, students, dry=arguments.diff)
        for name in names:
            seed = class_seed(course, name, arguments.seed, fresh=arguments.fresh, keep=keep)
            plans.append(survey(course, name, seed, students, not arguments.no_feedback))
        return (
            _compare(course, arguments, plans)
            if arguments.diff
            else _grade_left(course, arguments, plans)
        )


def _is_served(course: Course) -> bool:
    """Return whether students hand in to the server: the class has its store, or names another."""
    return (course.work / "service.toml").is_file() or (
        course.cache.parent / "service.db"
    ).is_file()


def _store(course: Course, url: str | None) -> Store:
    from ..service.database import open_database
    from ..service.store import Store
    from ..service.terms import load_terms

    return Store(open_database(course, url or load_terms(course).store))


def _take_attempts(course: Course, names: Sequence[str], students: set[str], *, dry: bool) -> None:
    """Lay out what students have handed in to the server, if the class has one; --diff
    writes nothing.
    """
    if dry or not _is_served(course):
        return
    from ..service.export import take_attempts

    store = _store(course, None)
    for name in names:
        taken = take_attempts(course, store, name, students)
        print(f"taken from the server: {len(taken)} notebooks of {name}")


def _tried(course: Course, name: str) -> list[GradedAttempt]:
    """Return the attempts that the server's store holds, if the class has one."""
    if not _is_served(course):
        return []
    from ..service.report_attempts import graded_attempts

    return graded_attempts(_store(course, None), name)


def run_serve(arguments: argparse.Namespace) -> int:
    import logging
    import os

    from ..core.messages import WITH_TIME
    from ..service.hub_place import hub_place
    from ..service.serve import Address, Service, serve
    from ..workers.pool import processors

    course = _course(arguments)
    logging.basicConfig(level=logging.INFO, format=WITH_TIME)  # for those of libraries
    names = tuple(course.require(name) for name in arguments.names)
    hub = hub_place(os.environ) if arguments.hub else None
    workers = arguments.workers or (0 if arguments.scheduler else processors())
    service = Service(names, arguments.store, workers, hub=hub, scheduler=arguments.scheduler)
    address = Address(
        hub.host if hub else arguments.host, hub.port if hub else arguments.port, arguments.proxy
    )

    def ready(port: int) -> None:
        print(
            f"serving on http://{address.host}:{port} (Ctrl-C ends it; nothing is lost)", flush=True
        )

    serve(course, service, address, ready)
    return DONE


def run_tokens(arguments: argparse.Namespace) -> int:
    from ..service.token_sheet import read_names, write_tokens

    course = _course(arguments)
    names = [*arguments.names, *(read_names(arguments.file) if arguments.file else [])]
    if not names:
        raise UserError("expected names, or --from FILE with one student a line")
    path = (arguments.to or course.work / "tokens.csv").resolve()
    count = write_tokens(
        _store(course, arguments.store), names, path, staff=arguments.staff, renew=arguments.renew
    )
    print(
        f"{count} tokens in {path}: give each to its owner, then remove the file"
        if count
        else "everybody has a token already"
    )
    return DONE


def _grade_left(course: Course, arguments: argparse.Namespace, plans: list[Plan]) -> int:
    from ..classroom.class_summary import class_lines, repaired_for_most
    from ..classroom.plan import gradebook_address, gradebook_place
    from ..gradebook.nbgrader_alone import import_nbgrader

    faulty, left = False, [plan for plan in plans if plan.left]
    repaired: dict[str, list[str]] = {}
    if left:
        with _executors(course, arguments, left) as (executors, workers):
            import_nbgrader()
            from ..classroom.run import grade_left

            for plan in left:
                graded = grade_left(course, plan, workers, executors)
                tables.show_class(graded)
                repaired[plan.name] = list(repaired_for_most(graded))
                faulty = faulty or any(one.faulty for one in graded)
    for plan in plans:
        tables.show_settled(plan.name, plan.seed, plan.settled, len(plan.left))
    tables.show_places(course, gradebook_place(course))
    for plan in plans:
        lines = class_lines(course, plan.name, gradebook_address(course))
        for line in [*lines, *repaired.get(plan.name, ())]:
            print(visible(line))
    return FAULT if faulty else BAD_ARGUMENTS if any(plan.ungraded for plan in plans) else DONE


def _compare(course: Course, arguments: argparse.Namespace, plans: list[Plan]) -> int:
    from ..gradebook.nbgrader_alone import import_nbgrader

    found: dict[str, Comparison] = {}
    left = [plan for plan in plans if plan.left]
    if left:
        with _executors(course, arguments, left) as (executors, workers):
            import_nbgrader()
            from ..classroom.comparison import compare

            found = {plan.name: compare(course, plan, workers, executors) for plan in left}
    for plan in plans:
        compared = found.get(plan.name)
        for line in compared.structure if compared else ():
            print(f"{plan.name} has changed, and the gradebook will follow: {visible(line)}")
        tables.show_changes(
            plan.name, plan.seed, compared.changes if compared else (), plan.settled
        )
    if any(change.faulty for one in found.values() for change in one.changes):
        return FAULT
    return (
        FOUND
        if any(
            one.structure or any(change.differs for change in one.changes) for one in found.values()
        )
        else DONE
    )


@contextmanager
def _executors(
    course: Course, arguments: argparse.Namespace, plans: Sequence[Plan]
) -> Iterator[tuple[Executors, int | None]]:
    """Choose where the grading is done: here, or on a cluster; and by how many."""
    from ..workers.pool import begun_executor, processors

    if arguments.scheduler is None:
        workers = min(arguments.workers or processors(), len(plans[0].left))
        with begun_executor(course, plans[0].name, workers) as executors:
            yield executors, arguments.workers
        return
    from ..workers.cluster import cluster, require_found

    require_found(course)
    with cluster(arguments.scheduler, [plan.name for plan in plans]) as (executors, workers):
        yield executors, arguments.workers or workers


def run_collect(arguments: argparse.Namespace) -> int:
    from ..collect.layout import collect
    from .collect_table import show_collected

    course, dry = _course(arguments), arguments.dry_run
    collected = collect(
        course,
        arguments.archive,
        course.require(arguments.name),
        arguments.pattern,
        worksheet=arguments.worksheet,
        replace=arguments.replace,
        dry=dry,
    )
    show_collected(collected, str(arguments.archive), dry, verbose=arguments.verbose)
    return DONE if collected.whole else FOUND


def run_check(arguments: argparse.Namespace) -> int:
    from ..core.files import write_whole
    from ..core.results import Submission
    from ..grading.course_sandbox import begin

    course = _course(arguments)
    name = course.require(arguments.assignment or arguments.notebook.stem)
    try:
        content = arguments.notebook.read_bytes()
    except OSError as error:
        raise UserError(f"{arguments.notebook} cannot be read: {error.strerror}") from error
    begun = begin(course, name)  # it gets warm while the grader is loaded
    from ..grading.pipeline import Grader
    from ..grading.result_json import as_json, gradescope

    with Grader(course, name, begun=begun) as grader:
        (graded,) = grader.grade(
            [Submission(arguments.notebook.stem, content)], _drawn(arguments.seed)
        )
    if arguments.results:
        try:
            write_whole(
                arguments.results,
                json.dumps(gradescope(graded), indent=1, ensure_ascii=False) + "\n",
            )
        except OSError as error:
            raise UserError(f"{arguments.results} cannot be written: {error.strerror}") from error
    if arguments.json:
        print(json.dumps(as_json(graded), indent=2))
    else:
        tables.show_one(graded)
    return FAULT if graded.faulty else DONE


def run_audit(arguments: argparse.Namespace) -> int:
    course = _course(arguments)
    _refuse_stale(course, arguments.names or course.assignments())
    examine = _mutants if arguments.mutants else _steadiness if arguments.seeds else _known
    failures = examine(course, arguments)
    tables.show_failures(failures)
    return FOUND if failures else DONE


def _known(course: Course, arguments: argparse.Namespace) -> list[str]:
    from ..audit.audit_run import AuditRun
    from ..audit.failures import hint_failures, known_failures
    from ..audit.known_answers import audit
    from ..audit.unseen_answers import measure
    from ..workers.pool import kept_executor, processors

    failures: list[str] = []
    for name in arguments.names or course.assignments():
        seed, workers = _drawn(arguments.seed), arguments.workers or processors()
        with kept_executor(workers) as executors:
            run = AuditRun(course, course.require(name), seed, workers, executors, arguments.every)
            lines = audit(run)
            tables.show_audit(name, seed, lines)
            judged = measure(run)
        tables.show_hints(judged)
        failures += [*known_failures(name, lines), *hint_failures(name, judged)]
    return failures


def _mutants(course: Course, arguments: argparse.Namespace) -> list[str]:
    from ..audit.failures import mutant_failures
    from ..audit.mutants.fates import examine
    from ..workers.pool import processors

    seed, failures = _drawn(arguments.seed), list[str]()
    for name in arguments.names or course.assignments():
        workers = arguments.workers or processors()
        found = examine(
            course,
            course.require(name),
            seed,
            workers,
            inside=not arguments.in_process,
            every=arguments.every,
        )
        tables.show_mutants(name, seed, found)
        failures += mutant_failures(name, found)
    return failures


def _steadiness(course: Course, arguments: argparse.Namespace) -> list[str]:
    from ..audit.failures import seed_failures
    from ..audit.seed_stability import sweep
    from ..workers.pool import processors

    first, failures = arguments.seed or 0, list[str]()
    for name in arguments.names or course.assignments():
        seeds, workers = range(first, first + arguments.seeds), arguments.workers or processors()
        found = sweep(course, course.require(name), seeds, workers, inside=not arguments.in_process)
        tables.show_unsteady(name, seeds, found)
        failures += seed_failures(name, found)
    return failures


def run_feedback(arguments: argparse.Namespace) -> int:
    from ..gradebook.nbgrader_alone import import_nbgrader

    import_nbgrader()
    from ..classroom.pages import write_feedback
    from ..classroom.workdir import class_lock

    course = _class(arguments, "autograded", arguments.names)
    with class_lock(course):
        for name in arguments.names:
            pages = write_feedback(course, course.require(name))
            print(f"{pages.written} pages in {course.feedback}")
    return DONE


def run_report(arguments: argparse.Namespace) -> int:
    from ..gradebook.nbgrader_alone import import_nbgrader

    import_nbgrader()
    from ..class_report.page import write_overview

    course = _course(arguments)
    for name in map(course.require, arguments.names):
        print(f"for staff only:       {write_overview(course, name, _tried(course, name))}")
    return DONE


def run_leaderboard(arguments: argparse.Namespace) -> int:
    from ..gradebook.nbgrader_alone import import_nbgrader

    import_nbgrader()
    from ..class_report.leaderboard import write_leaderboard

    course = _course(arguments)
    print(f"leaderboard:        {write_leaderboard(course, course.require(arguments.name))}")
    print(f"key of its names:   {course.pseudonym_key} (keep it, and keep it to yourself)")
    return DONE


def run_sample(arguments: argparse.Namespace) -> int:
    from ..sample import make_class

    course = Course.of_class(arguments.folder.resolve(), arguments.root)
    print(f"{make_class(course, arguments.names)} submissions in {arguments.folder}/submitted")
    return DONE


def run_doctor(arguments: argparse.Namespace) -> int:
    from ..doctor.examine import can_grade, examine, show

    course = _course(arguments)
    looks = examine(course)
    show(looks)
    return DONE if can_grade(looks) else BAD_ARGUMENTS
