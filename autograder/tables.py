"""What the command line prints, by rich: a class, one submission, an audit."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .audit import Examined
from .mutants.examine import Fate, Findings
from .paths import Course
from .records import Graded, QuestionResult
from .report import MARKS, as_text
from .stability import Unsteady

PIPE_WIDTH = 150  # columns, where no terminal says how wide it is


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=PIPE_WIDTH)


def _cell(question: QuestionResult) -> str:
    return f"{MARKS[question.outcome]} {question.score:g}"


def show_class(graded: Sequence[Graded]) -> None:
    """A table of a class: student × question, points, and what was found."""
    if not graded:
        return
    first = graded[0]
    table = Table(title=f"{first.assignment} (seed {first.seed})", title_justify="left")
    table.add_column("student", no_wrap=True)
    for question in first.questions:
        name = question.id.replace("_", "_\n")
        table.add_column(f"{name}\n/{question.max_score:g}", justify="right", no_wrap=True)
    table.add_column(f"total\n/{first.max_score:g}", justify="right")
    table.add_column("found", overflow="fold", min_width=30)
    for one in sorted(graded, key=lambda one: one.student):
        table.add_row(escape(one.student), *map(_cell, one.questions), f"{one.score:g}", escape(_found(one)))
    _console().print(table)
    alerts = [(one.student, finding) for one in graded for finding in one.findings if finding.staff]
    if alerts:
        print("For you to look at:")
    for student, finding in sorted(alerts, key=lambda alert: alert[0]):
        print(f"  {student}: {finding.message}")


def _found(graded: Graded) -> str:
    mistakes = [f"{question.id}: {question.mistake}" for question in graded.questions if question.mistake]
    kinds: dict[str, list[str]] = {}
    for finding in graded.findings:
        kinds.setdefault(finding.kind, []).append(finding.where)
    return "; ".join([*mistakes, *(f"{kind} ({', '.join(dict.fromkeys(where))})" for kind, where in kinds.items())])


def show_places(course: Course) -> None:
    """Where the results lie."""
    print(f"gradebook:            {course.gradebook}")
    print(f"feedback pages:       {course.feedback}")
    print(f"autograded notebooks: {course.autograded}")
    print(f"to read answers:      cd {course.work} && {Path(sys.executable).parent / 'jupyter'} lab   (menu Nbgrader, Formgrader)")


def show_one(graded: Graded) -> None:
    """One submission, question by question, as the student reads it."""
    for question in graded.questions:
        print(as_text(question, [finding for finding in graded.findings if finding.where.partition("-")[0] == question.id]))
    for finding in graded.findings:
        if finding.where.partition("-")[0] not in {question.id for question in graded.questions}:
            print(f"{finding.where}: {finding.message}")
    print(f"\n{graded.assignment}: {graded.score:g} of {graded.max_score:g} points (seed {graded.seed})")


def show_audit(name: str, seed: int, lines: Sequence[Examined]) -> None:
    """What an audit found, the problems last in their own words."""
    table = Table(title=f"audit of {name} (seed {seed})", title_justify="left")
    for column in ("graded", "kind", "points", "lost on", "named as"):
        table.add_column(column, overflow="fold")
    for line in lines:
        if line.kind != "question":
            style = "bold" if line.problem else ""
            table.add_row(line.id, line.kind, f"{line.score:g}/{line.max_score:g}", ", ".join(line.lost_on), line.named or "", style=style)
    _console().print(table)
    problems = [line for line in lines if line.problem]
    for line in problems:
        print(f"✗ {line.id} ({line.kind}): {line.problem}")
    print(f"{name}: {len(lines) - len(problems)} as they must be, {len(problems)} not")


def show_mutants(name: str, seed: int, found: Findings) -> None:
    """What became of the mutants of each question; each survivor as a difference, and as it would be recorded were it equivalent."""
    table = Table(title=f"mutants of {name} (seed {seed})", title_justify="left")
    for column in ("question", "mutants", *Fate):
        table.add_column(column, justify="left" if column == "question" else "right")
    for question in dict.fromkeys(one.mutant.question for one in found.judged):
        fates = [one.fate for one in found.judged if one.mutant.question == question]
        table.add_row(question, str(len(fates)), *(str(fates.count(fate)) for fate in Fate))
    _console().print(table)
    for one in found.judged:
        if one.fate is Fate.SURVIVED:
            function, *change = one.mutant.key[: 4 if one.mutant.nth > 1 else 3]
            print(f"✗ {one.mutant.question}: {function}, {one.mutant.operator}: no check noticed it")
            print(f"{one.mutant.diff}\n    {json.dumps(change, ensure_ascii=False)},\n")
        elif one.fate is Fate.REFUTED:
            print(f"✗ {one.mutant.question}: {one.mutant.function}: recorded as equivalent, but {one.by} noticed it\n{one.mutant.diff}\n")
    for entry in found.stale:
        print(f"✗ {name}/equivalents.toml: there is no such mutant: {entry}")
    fates = [one.fate for one in found.judged]
    told = ", ".join(f"{fates.count(fate)} {fate}" for fate in Fate)
    print(f"{name}: {len(fates)} mutants, {told}, {len(found.stale)} stale entries")


def show_unsteady(name: str, seeds: range, found: Sequence[Unsteady]) -> None:
    """The checks whose verdict on a known answer depends on the seed."""
    for one in found:
        print(
            f"✗ {one.case} ({one.kind}): {one.check} fails with {len(one.failed)} of {one.of} seeds, such as {one.failed[0]}: {one.reason}"
        )
    print(f"{name}: seeds {seeds.start} to {seeds.stop - 1}, {len(found)} verdicts that are not steady")
