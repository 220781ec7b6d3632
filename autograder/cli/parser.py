"""The command line: what `autograder COMMAND` takes, and what the exit codes say.

Exit codes: 0 done, 2 bad arguments, 3 the grader itself failed for someone (the rest is graded all
the same), 130 interrupted by Ctrl-C, and 1 where a command whose business is to find faults found
some.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ..core.errors import GraderFault, UserError
from ..core.messages import PLAIN, WITH_TIME, shown_on_stderr
from ..core.results import DEMANDED, Walls
from ..core.roots import ROOT
from ..core.sanitize import visible
from ..core.threads import prefer_one_thread
from ..give_back.targets import Target
from . import class_commands, commands
from .commands import BAD_ARGUMENTS, FAULT, INTERRUPTED


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code; a user's mistake is one line, no traceback."""
    if argv is None:
        _read_names_as_utf8()
    arguments = _parser().parse_args(argv)
    prefer_one_thread()
    if arguments.walls:
        # where the processes that are started from here find it, too
        os.environ[DEMANDED] = arguments.walls
    try:
        with shown_on_stderr(arguments.messages):
            code = int(arguments.run(arguments))
        sys.stdout.flush()
        return code
    except UserError as error:
        print(f"autograder: {visible(str(error), lines=True)}", file=sys.stderr)
        return BAD_ARGUMENTS
    except GraderFault as error:
        print(f"autograder: the grader failed: {visible(str(error), lines=True)}", file=sys.stderr)
        return FAULT
    except BrokenPipeError:
        # or Python complains once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(
            "autograder: the program that read this output has ended; what was graded is "
            "recorded, and the same command does the rest",
            file=sys.stderr,
        )
        return FAULT
    except KeyboardInterrupt:
        print("autograder: interrupted; what was graded is recorded", file=sys.stderr)
        return INTERRUPTED


def _read_names_as_utf8() -> None:
    """Start this command again in Python's UTF-8 mode where the locale has other letters only:
    names of students would not be read.

    The environment says so to the processes that are started from here, too.
    """
    if sys.getfilesystemencoding() == "utf-8" or sys.flags.utf8_mode or not sys.executable:
        return
    os.environ["PYTHONUTF8"] = "1"
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograder", description="Builds, grades and examines the course's assignments."
    )
    parser.set_defaults(messages=PLAIN)
    parser.add_argument(
        "--course",
        type=Path,
        default=None,
        metavar="DIR",
        help="class folder, with submitted/, autograded/, feedback/ and gradebook.db (default: "
        "the working folder)",
    )
    parser.add_argument(
        "--root",
        type=Path,
        default=None,
        metavar="DIR",
        help=f"course folder, with source/ and release/ (default: ${ROOT}, or the course that "
        "contains the working folder or the class folder)",
    )
    parser.add_argument(
        "--walls",
        choices=[str(walls) for walls in Walls],
        help="isolation of student code (default: the first of these that this machine supports)",
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    new = subparsers.add_parser(
        "new",
        help="make a course or an assignment, ready to build and grade, as a start for your own",
    )
    new.add_argument("name", nargs="?", metavar="NN-name", help="name of the assignment")
    new.add_argument(
        "--course",
        type=Path,
        metavar="DIR",
        dest="folder",
        help="make a course in DIR, with this assignment (default: 01-first)",
    )
    new.set_defaults(run=commands.run_new)

    _add_class(subparsers)
    build = subparsers.add_parser(
        "build", help="make source notebooks and release from the text form"
    )
    build.add_argument("names", nargs="*", metavar="NN-name", help="assignments (default: all)")
    build.set_defaults(run=commands.run_build)

    messages = subparsers.add_parser(
        "messages", help="write translations/LANGUAGE.po: all sentences that students read"
    )
    messages.add_argument("language", help='the code of a language, such as "de" or "pt_BR"')
    messages.set_defaults(run=commands.run_messages)
    publish = subparsers.add_parser(
        "publish",
        help="make the folder and the zip for students, without any answer before its deadline",
    )
    which = publish.add_mutually_exclusive_group(required=True)
    which.add_argument("name", nargs="?", metavar="NN-name")
    which.add_argument(
        "--site",
        type=Path,
        metavar="DIR",
        help="a zip of every assignment into DIR/packages, with a page that lists them",
    )
    publish.add_argument(
        "--to",
        type=Path,
        metavar="DIR",
        help="target folder (default: published/ in the class folder)",
    )
    publish.add_argument(
        "--past",
        action="append",
        default=[],
        metavar="NN-name",
        help="treat the deadline of this assignment as passed, whatever the gradebook says; may "
        "be repeated",
    )
    publish.set_defaults(run=commands.run_publish)

    grade = subparsers.add_parser("grade", help="grade every submission of an assignment")
    grade.add_argument("names", nargs="+", metavar="NN-name")
    seeds = grade.add_mutually_exclusive_group()
    seeds.add_argument(
        "--seed",
        type=_seed,
        help="seed of the hidden inputs, from now on (default: drawn once per class, and stored "
        "with it)",
    )
    seeds.add_argument("--fresh", action="store_true", help="draw another seed")
    grade.add_argument(
        "--workers",
        type=_positive,
        help="number of processes (default: one per processor, or all of the scheduler's)",
    )
    grade.add_argument(
        "--scheduler", metavar="tcp://HOST:PORT", help="grade on the workers of this Dask scheduler"
    )
    grade.add_argument(
        "--student", action="append", default=[], help="only this student; may be repeated"
    )
    grade.add_argument(
        "--diff",
        action="store_true",
        help="show whose marks would change, and write nothing; exit code 1 if any mark would "
        "change",
    )
    grade.add_argument("--no-feedback", action="store_true", help="do not write the feedback pages")
    grade.set_defaults(run=commands.run_grade, purpose="grade")

    collect = subparsers.add_parser(
        "collect", help="sort the zip of a learning platform into submitted/STUDENT/NN-name/"
    )
    collect.add_argument("archive", type=Path, metavar="ARCHIVE")
    collect.add_argument("name", metavar="NN-name")
    collect.add_argument(
        "--pattern",
        metavar="REGEX",
        help="how paths name students, with (?P<student>…) (default: recognised)",
    )
    collect.add_argument(
        "--worksheet",
        type=Path,
        metavar="FILE",
        help="Moodle's grading worksheet, with names and times of submission (default: one beside "
        "the archive or in the class folder)",
    )
    collect.add_argument(
        "--replace",
        action="store_true",
        help="replace existing notebooks, and keep them in replaced/",
    )
    collect.add_argument(
        "--dry-run", action="store_true", help="show the result, and write nothing"
    )
    collect.add_argument(
        "--verbose",
        action="store_true",
        help="list all files (default: a summary, and the files that were left out)",
    )
    collect.set_defaults(run=commands.run_collect)

    check = subparsers.add_parser("check", help="grade one notebook, without a gradebook")
    check.add_argument("notebook", type=Path)
    check.add_argument("--assignment", metavar="NN-name", help="default: the notebook's own name")
    check.add_argument("--seed", type=_seed, default=None)
    check.add_argument(
        "--json",
        action="store_true",
        help="print the result as JSON (autograder/schemas/check.schema.json)",
    )
    check.add_argument(
        "--results", type=Path, metavar="FILE", help="write the result as Gradescope's results.json"
    )
    check.set_defaults(run=commands.run_check)

    audit = subparsers.add_parser(
        "audit", help="test the checks with all known mistakes and correct variants"
    )
    audit.add_argument("names", nargs="*", metavar="NN-name", help="assignments (default: all)")
    audit.add_argument("--seed", type=_seed, default=None)
    audit.add_argument("--workers", type=_positive)
    audit.add_argument(
        "--mutants",
        action="store_true",
        help="grade every small change of the reference solutions, and list those that no check "
        "found",
    )
    audit.add_argument(
        "--every",
        type=_positive,
        default=1,
        metavar="K",
        help="try only one in K mutants, known mistakes and correct variants",
    )
    audit.add_argument(
        "--in-process",
        action="store_true",
        help="with --mutants or --seeds: no sandbox, which is faster",
    )
    audit.add_argument(
        "--seeds",
        type=_positive,
        metavar="N",
        help="grade all known mistakes and variants with N seeds, and name the checks whose "
        "verdict differs",
    )
    audit.set_defaults(run=commands.run_audit)

    feedback = subparsers.add_parser(
        "feedback", help="write the feedback pages again, after grading by hand"
    )
    feedback.add_argument("names", nargs="+", metavar="NN-name")
    feedback.set_defaults(run=commands.run_feedback, purpose="show")

    by_hand = subparsers.add_parser(
        "grade-by-hand",
        help="open a page that shows one written answer at a time, with its rubric",
    )
    by_hand.add_argument("name", metavar="NN-name")
    by_hand.add_argument(
        "--port", type=int, default=0, help="of this machine (default: one that is free)"
    )
    by_hand.set_defaults(run=class_commands.run_grade_by_hand)

    report = subparsers.add_parser(
        "report",
        help="write a page about the whole class, for staff: difficulty, mistakes, similar "
        "submissions",
    )
    report.add_argument("names", nargs="+", metavar="NN-name")
    report.set_defaults(run=commands.run_report)

    leaderboard = subparsers.add_parser(
        "leaderboard", help="write a page of pseudonyms, points and ranks from the gradebook"
    )
    leaderboard.add_argument(
        "name", metavar="NN-name", help="an assignment with a question `result`, such as capstone"
    )
    leaderboard.set_defaults(run=commands.run_leaderboard)

    serve = subparsers.add_parser(
        "serve", help="take notebooks over HTTP and show feedback at once"
    )
    serve.add_argument(
        "names",
        nargs="*",
        metavar="NN-name",
        help="what is served (default: what service.toml names, or all)",
    )
    serve.add_argument(
        "--host", default="127.0.0.1", help="the address to listen on (default: this machine alone)"
    )
    serve.add_argument("--port", type=int, default=8000, help="0 takes a free one (default: 8000)")
    serve.add_argument(
        "--proxy",
        action="store_true",
        help="a reverse proxy with TLS stands before it: cookies are for HTTPS alone",
    )
    serve.add_argument(
        "--hub",
        action="store_true",
        help="a JupyterHub has started this as one of its services: its users log in there "
        "(host and port are the Hub's to say)",
    )
    serve.add_argument(
        "--store",
        metavar="URL",
        help="a PostgreSQL database, as SQLAlchemy names it (default: a file of the class)",
    )
    serve.add_argument(
        "--workers",
        type=_positive,
        help="processes of the fast lane (default: one for each processor, or for each of the "
        "scheduler's workers)",
    )
    serve.add_argument(
        "--scheduler", metavar="tcp://HOST:PORT", help="grade on the workers of this Dask scheduler"
    )
    serve.set_defaults(run=commands.run_serve, messages=WITH_TIME)

    tokens = subparsers.add_parser(
        "tokens", help="give students tokens for the server, and write the sheet"
    )
    tokens.add_argument("names", nargs="*", metavar="STUDENT")
    tokens.add_argument(
        "--from",
        dest="file",
        type=Path,
        metavar="FILE",
        help="one student a line, or the first column of a CSV file",
    )
    tokens.add_argument(
        "--to",
        type=Path,
        metavar="FILE",
        help="the sheet (default: tokens.csv in the class folder)",
    )
    tokens.add_argument("--staff", action="store_true", help="these are staff")
    tokens.add_argument(
        "--renew", action="store_true", help="also for those who have one, which is void then"
    )
    tokens.add_argument("--store", metavar="URL", help="as for serve")
    tokens.set_defaults(run=commands.run_tokens)

    sample = subparsers.add_parser("sample", help="make a sample class to try the grading on")
    sample.add_argument("folder", type=Path)
    sample.add_argument(
        "names", nargs="*", metavar="NN-name", help="assignments to submit (default: all)"
    )
    sample.set_defaults(run=commands.run_sample)

    doctor = subparsers.add_parser("doctor", help="say whether this machine can grade")
    doctor.set_defaults(run=commands.run_doctor)
    return parser


def _add_class(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    about = subparsers.add_parser(
        "class", help="class.toml and roster.csv: make them, check them, and write all marks"
    )
    kinds = about.add_subparsers(required=True, metavar="new | show | groups | marks")
    new = kinds.add_parser(
        "new", help="make a class.toml to fill in; with --roster, roster.csv from an export"
    )
    new.add_argument(
        "--roster",
        type=Path,
        metavar="EXPORT",
        help="of Canvas (gradebook) or Moodle (participants, grades, grading worksheet)",
    )
    new.set_defaults(run=class_commands.run_class_new)
    show = kinds.add_parser("show", help="check class.toml and roster.csv, and say what they mean")
    show.set_defaults(run=class_commands.run_class_show)
    groups = kinds.add_parser("groups", help="take an assignment's groups over into class.toml")
    groups.add_argument("name", metavar="NN-name")
    groups.add_argument(
        "table",
        type=Path,
        metavar="TABLE",
        help="the export of a group set of Canvas, or a table with the columns id and group",
    )
    groups.set_defaults(run=class_commands.run_class_groups)
    marks = kinds.add_parser(
        "marks",
        help="write marks.csv: each student's marks after penalties, and what counts in total",
    )
    marks.set_defaults(run=class_commands.run_class_marks)
    again = subparsers.add_parser(
        "regrade",
        help="grade one submission again on request, show what changed, and keep a note",
    )
    again.add_argument("student", metavar="STUDENT")
    again.add_argument("name", metavar="NN-name")
    again.add_argument(
        "--note",
        required=True,
        metavar="TEXT",
        help="what the student reads about it, and the staff's report shows",
    )
    again.set_defaults(run=class_commands.run_regrade)
    back = subparsers.add_parser(
        "return",
        help="write the grade file and the feedback archive that the learning platform takes",
    )
    back.add_argument("name", metavar="NN-name")
    back.add_argument(
        "--to",
        required=True,
        choices=[one.value for one in Target],
        help="the platform; folder: pages alone, under names of their own",
    )
    back.add_argument(
        "--grades",
        type=Path,
        metavar="FILE",
        help="the grade file that the platform gave, which is filled in",
    )
    back.add_argument(
        "--column", default="", metavar="HEADING", help="of the marks in it, where it is not found"
    )
    back.add_argument(
        "--scale", action="store_true", help="convert marks where the most points differ there"
    )
    back.add_argument("--all", action="store_true", help="what was sent before as well")
    back.add_argument(
        "--dry-run", action="store_true", help="show each student's line, and write nothing"
    )
    back.set_defaults(run=class_commands.run_return)


def _seed(text: str) -> int:
    value = int(text) if text.isdecimal() else -1
    if not 0 <= value < 2**32:
        raise argparse.ArgumentTypeError(
            f"{text!r}, where a whole number from 0 to {2**32 - 1} was expected"
        )
    return value


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r}, where a whole number of at least 1 was expected"
        )
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
