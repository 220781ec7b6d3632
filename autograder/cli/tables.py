"""What the command line prints, by rich: a class, what would change, one submission, an audit.

What only some of it needs is imported there: a class that is as it was is looked through in less
time than all of it takes to load.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.assignment import question_of
from ..core.console import console
from ..core.course import Course
from ..core.sanitize import shortened, visible

if TYPE_CHECKING:
    from ..audit.known_answers import AuditLine
    from ..audit.mutants.fates import Findings
    from ..audit.seed_stability import Unsteady
    from ..audit.unseen_answers import JudgedAnswer
    from ..classroom.comparison import MarkChange
    from ..classroom.graded_rows import Mark, Summary
    from ..core.results import Graded, QuestionResult
    from ..publish.publish import PublishedPackage

BLOCK = 500  # rows in one table; rich keeps all of a table in memory, several times


def _cell(question: QuestionResult | Mark) -> str:
    from ..grading.question_report import MARKS

    return f"{MARKS[question.outcome]} {question.score:g}"


def show_class(graded: Sequence[Graded | Summary]) -> None:
    """Print a table of a class: student × question, points, and what was found."""
    ordered = sorted(graded, key=lambda one: one.student)
    for start in range(0, len(ordered), BLOCK):
        _show_block(ordered[start : start + BLOCK])
    for walls in sorted({one.walls for one in ordered if one.walls}):
        print(walls_held(walls))
    alerts = {
        one.student: [finding.message for finding in one.findings if finding.staff]
        for one in ordered
    }
    if any(alerts.values()):
        print("For you to look at:")
    for student, messages in alerts.items():
        for message in shortened(messages):
            print(f"  {visible(student)}: {visible(message)}")


def walls_held(name: str) -> str:
    """Return what kept the notebooks apart, in one line."""
    from ..core.results import Walls

    return f"student code was kept apart by: {Walls(name)} ({Walls(name).words})"


def _show_block(graded: Sequence[Graded | Summary]) -> None:
    from rich.markup import escape
    from rich.table import Table

    first = graded[0]
    table = Table(title=f"{first.assignment} (seed {first.seed})", title_justify="left")
    table.add_column("student", no_wrap=True)
    for question in first.questions:
        name = question.id.replace("_", "_\n")
        table.add_column(f"{name}\n/{question.max_score:g}", justify="right", no_wrap=True)
    table.add_column(f"total\n/{first.max_score:g}", justify="right")
    late = any(_penalty(one) for one in graded)
    if late:
        table.add_column("late", justify="right", no_wrap=True)
    table.add_column("found", overflow="fold", min_width=30)
    for one in graded:
        penalty = [f"−{_penalty(one):g}" if _penalty(one) else ""] if late else []
        table.add_row(
            escape(visible(one.student)),
            *map(_cell, one.questions),
            f"{one.score:g}",
            *penalty,
            escape(visible(_found(one))),
        )
    console().print(table)


def _penalty(one: Graded | Summary) -> float:
    """Return the points taken off for being late, where that is known."""
    return getattr(one, "late_penalty", 0.0)


def show_settled(name: str, seed: int, settled: int, left: int) -> None:
    """Print how many of a class are as they were, and so do not stand in the table."""
    if settled:
        print(
            f"{name} (seed {seed}): {settled} {'more ' if left else ''}as they were, in "
            "gradebook, notebooks and feedback"
        )


def show_changes(name: str, seed: int, changes: Sequence[MarkChange], settled: int) -> None:
    """Whose marks would change, question by question, and who would come in."""
    shown = sorted((one for one in changes if one.differs), key=lambda one: one.student)
    for start in range(0, len(shown), BLOCK):
        from rich.markup import escape
        from rich.table import Table

        table = Table(
            title=f"{name} (seed {seed}): what grading would change", title_justify="left"
        )
        table.add_column("student", no_wrap=True)
        columns = list(
            dict.fromkeys(question for one in shown for question in (*one.new, *one.old))
        )
        for question in columns:
            table.add_column(question.replace("_", "_\n"), justify="right", no_wrap=True)
        late = any(one.old_penalty or one.new_penalty for one in shown)
        if late:
            table.add_column("late", justify="right", no_wrap=True)
        table.add_column("total", justify="right", no_wrap=True)
        for one in shown[start : start + BLOCK]:
            cells = [_step(one.old.get(question), one.new.get(question)) for question in columns]
            if late:
                cells.append(
                    _step(-one.old_penalty or 0.0 if one.old else None, -one.new_penalty or 0.0)
                )
            totals = _step(
                _total(one.old, one.old_penalty) if one.old else None,
                _total(one.new, one.new_penalty),
                always=True,
            )
            table.add_row(escape(visible(one.student)), *cells, totals)
        console().print(table)
    come, others = sum(not one.old for one in shown), len(changes) + settled
    print(
        f"{name}: of {others}, {len(shown) - come} would change, {come} are new; nothing "
        f"was written (seed {seed})"
    )


def _total(scores: Mapping[str, float | None], penalty: float) -> float:
    return max(0.0, sum(score or 0.0 for score in scores.values()) - penalty)


def _step(old: float | None, new: float | None, *, always: bool = False) -> str:
    if old == new:
        return f"{new:g}" if always and new is not None else ""
    return " → ".join("–" if points is None else f"{points:g}" for points in (old, new))


def _found(graded: Graded | Summary) -> str:
    mistakes = [
        f"{question.id}: {question.mistake}" for question in graded.questions if question.mistake
    ]
    kinds: dict[str, list[str]] = {}
    for finding in graded.findings:
        kinds.setdefault(finding.kind, []).append(finding.where)
    return "; ".join(
        [
            *mistakes,
            *(
                f"{kind} ({', '.join(shortened(list(dict.fromkeys(where))))})"
                for kind, where in kinds.items()
            ),
        ]
    )


def show_places(course: Course, gradebook: str) -> None:
    """Print where the results lie."""
    print(f"gradebook:            {visible(gradebook)}")
    print(f"feedback pages:       {course.feedback}")
    print(f"autograded notebooks: {course.autograded}")
    print(
        f"to read answers:      cd {course.work} && "
        f"{Path(sys.executable).parent / 'jupyter'} lab   (menu Nbgrader, Formgrader)"
    )


def show_one(graded: Graded) -> None:
    """One submission, question by question, as the student reads it."""
    from ..grading.question_report import as_text

    for question in graded.questions:
        found = [
            finding for finding in graded.findings if question_of(finding.where) == question.id
        ]
        print(visible(as_text(question, found), lines=True))
    for finding in graded.findings:
        if question_of(finding.where) not in {question.id for question in graded.questions}:
            print(visible(f"{finding.where}: {finding.message}"))
    print(
        f"\n{graded.assignment}: {graded.score:g} of {graded.max_score:g} points (seed "
        f"{graded.seed})"
    )
    if graded.walls:
        print(walls_held(graded.walls))


def show_audit(name: str, seed: int, lines: Sequence[AuditLine]) -> None:
    """Print what an audit found: a table, then the problems in their own words, costs and what
    visible checks miss.
    """
    from rich.table import Table

    from ..audit.line_kinds import PROBLEMS_ALONE, LineKind
    from ..audit.mistake_costs import summary
    from ..audit.visible_checks import MOST_UNSEEN

    table = Table(title=f"audit of {name} (seed {seed})", title_justify="left")
    for column in ("graded", "kind", "points", "cost", "lost on", "named as"):
        table.add_column(column, overflow="fold")
    mistakes = [line for line in lines if line.kind == LineKind.MISTAKE]
    for line in lines:
        if line.kind not in PROBLEMS_ALONE:
            price = f"{line.cost:.0%}" if line.kind == LineKind.MISTAKE else ""
            points, style = f"{line.score:g}/{line.max_score:g}", "bold" if line.problem else ""
            table.add_row(
                line.id,
                line.kind,
                points,
                price,
                ", ".join(line.lost_on),
                line.named or "",
                style=style,
            )
    console().print(table)
    problems = [line for line in lines if line.problem]
    for line in problems:
        print(f"✗ {line.id} ({line.kind}): {line.problem}")
    for line in lines:
        for warning in line.warnings:
            print(f"! {line.id} ({line.kind}): {warning}")
    missed = [line for line in mistakes if line.unseen]
    for line in missed:
        print(f"- {line.id} passes all visible checks of its question")
    print(f"{name}: {summary([line.cost for line in mistakes])}")
    share = len(missed) / max(len(mistakes), 1)
    print(
        f"{name}: {len(missed)} of {len(mistakes)} mistakes ({share:.1%}, aim "
        f"{MOST_UNSEEN:.0%}) pass all visible checks and lose points"
    )
    failing = sum(line.fails for line in lines)
    print(f"{name}: {len(lines) - failing} as they must be, {failing} not")


def show_failures(failures: Sequence[str]) -> None:
    """Print why an audit fails; these are its last lines, whatever came before."""
    if failures:
        reasons = "1 reason" if len(failures) == 1 else f"{len(failures)} reasons"
        print(f"\nthe audit fails, for {reasons}:")
    for words in failures:
        print(f"✗ {visible(words)}")


def show_hints(judged: Sequence[JudgedAnswer]) -> None:
    """Print how true the hints are on wrong answers that nobody has tuned to, those that are false
    in full.
    """
    lost = [one for one in judged if one.lost]
    if not lost:
        return
    false, given = [one for one in lost if one.false], [one for one in lost if one.given]
    named = sum(one.named for one in lost)
    print(
        f"hints on {len(lost)} unseen wrong answers: {len(given) - len(false)} true, "
        f"{len(false)} false, {len(lost) - len(given)} none; "
        f"the cause is named for {named} ({named / len(lost):.0%})"
    )
    for one in false:
        print(f"  false: {one.id} ({one.cause}) was told {', '.join(one.false)}")
    for one in lost:
        if one.given and not one.known:
            print(f"  to be judged: {one.id} ({one.cause}) was told {', '.join(one.given)}")
        elif not one.named:
            print(f"  not named: {one.id} ({one.cause})")


def show_mutants(name: str, seed: int, found: Findings) -> None:
    """Print what became of the mutants of each question; each survivor as a difference, and as it
    would be recorded were it equivalent.
    """
    from rich.table import Table

    from ..audit.mutants.fates import MutantFate

    table = Table(title=f"mutants of {name} (seed {seed})", title_justify="left")
    for column in ("question", "mutants", *MutantFate):
        table.add_column(column, justify="left" if column == "question" else "right")
    for question in dict.fromkeys(one.mutant.question for one in found.judged):
        fates = [one.fate for one in found.judged if one.mutant.question == question]
        table.add_row(question, str(len(fates)), *(str(fates.count(fate)) for fate in MutantFate))
    console().print(table)
    for one in found.judged:
        if one.fate is MutantFate.SURVIVED:
            function, *change = one.mutant.key[: 4 if one.mutant.nth > 1 else 3]
            print(
                f"✗ {one.mutant.question}: {function}, {one.mutant.operator}: no check noticed it"
            )
            print(f"{one.mutant.diff}\n    {json.dumps(change, ensure_ascii=False)},\n")
        elif one.fate is MutantFate.REFUTED:
            print(
                f"✗ {one.mutant.question}: {one.mutant.function}: recorded as equivalent, "
                f"but {one.by} noticed it\n{one.mutant.diff}\n"
            )
    for entry in found.stale:
        print(f"✗ {name}/equivalents.toml: there is no such mutant: {entry}")
    fates = [one.fate for one in found.judged]
    told = ", ".join(f"{fates.count(fate)} {fate}" for fate in MutantFate)
    print(f"{name}: {len(fates)} mutants, {told}, {len(found.stale)} stale entries")


def show_unsteady(name: str, seeds: range, found: Sequence[Unsteady]) -> None:
    """Print the checks whose verdict on a known answer depends on the seed."""
    for one in found:
        print(
            f"✗ {one.case} ({one.kind}): {one.check} fails with {len(one.failed)} of "
            f"{one.of} seeds, such as {one.failed[0]}: {one.reason}"
        )
    print(
        f"{name}: seeds {seeds.start} to {seeds.stop - 1}, {len(found)} verdicts that are "
        "not steady"
    )


def show_published(done: PublishedPackage) -> None:
    """Print where a hand-out lies, and which functions of earlier assignments are in it or are not
    yet.
    """
    print(f"folder:   {done.folder}\narchive:  {done.archive}")
    for words, functions in (
        ("given:   ", done.contents.given),
        ("withheld:", done.contents.withheld),
    ):
        for assignment, names in functions.items():
            print(f"{words} {', '.join(names)} of {assignment}")
    if done.contents.withheld:
        print(
            "Those deadlines have not passed, or are not known. Publish again when they "
            "have: --past NN-name says so."
        )
