"""Grades what is known of an assignment with many seeds: marks that depend on the hidden inputs
drawn are chance, not judgement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from ..core.assignment import Assignment, CellKind, load_assignment
from ..core.course import Course
from ..core.mistakes import load_bank
from ..core.results import Outcome
from ..workers.pool import local_executor
from .checks_alone import Answer, try_answers
from .line_kinds import RIGHT, LineKind, kind_of


@dataclass(frozen=True)
class Case:
    """An answer whose marks are known: the reference, the untouched stub, a known mistake or a
    right variant of one question.
    """

    id: str
    kind: LineKind
    question: str
    answer: Answer


@dataclass(frozen=True)
class Unsteady:
    """A check that some seeds pass and others fail, or that fails a right answer whatever the seed.

    Attributes:
        case: what was graded.
        kind: of the case.
        check: the check.
        failed: the seeds with which it failed.
        reason: what it said then.
        of: how many seeds there were.
    """

    case: str
    kind: LineKind
    check: str
    failed: tuple[int, ...]
    reason: str
    of: int

    @property
    def right(self) -> bool:
        """Whether the answer is right, so that no seed may fail it."""
        return self.kind in RIGHT


def sweep(
    course: Course, name: str, seeds: Sequence[int], workers: int, *, inside: bool
) -> list[Unsteady]:
    """Grades every case on its own question with every seed, and names the checks whose verdict
    differs.

    Raises:
        UserError: the assignment is not there or not built, or this machine has no sandbox.
        GraderFault: the checks could not be loaded.
    """
    known = list(cases(load_assignment(course, name)))
    failed: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    with local_executor(workers) as executor:
        for seed, found in zip(
            seeds,
            executor.map(partial(_with_seed, course, name, known, inside), seeds),
            strict=True,
        ):
            for case, check, reason in found:
                failed[case, check][seed] = reason
    kinds = {case.id: case.kind for case in known}
    return [
        Unsteady(case, kinds[case], check, tuple(which), next(iter(which.values())), len(seeds))
        for (case, check), which in failed.items()
        if len(which) < len(seeds) or kinds[case] in RIGHT
    ]


def cases(assignment: Assignment) -> Iterator[Case]:
    """Yield what is known of each question."""
    stub = {cell.id: cell.stub for cell in assignment.cells if cell.kind == CellKind.SOLUTION}
    bank = load_bank(assignment.mistakes)
    for question in assignment.questions:
        yield Case(f"{question.id}: reference", LineKind.REFERENCE, question.id, {})
        yield Case(f"{question.id}: stub", LineKind.STUB, question.id, stub)
        for entry in (*bank.mistakes(question.id), *bank.variants(question.id)):
            yield Case(
                f"{question.id}.{entry.id}",
                kind_of(entry),
                question.id,
                assignment.reference_source(question.id, entry.source),
            )


def _with_seed(
    course: Course, name: str, known: Sequence[Case], inside: bool, seed: int
) -> list[tuple[str, str, str]]:
    failures = []
    for question in dict.fromkeys(case.question for case in known):
        mine = [case for case in known if case.question == question]
        results = try_answers(
            course, name, [case.answer for case in mine], seed, frozenset([question]), inside=inside
        )
        for case, found in zip(mine, results, strict=True):
            failures += [
                (case.id, result.spec.id, result.reason)
                for result in found
                if result.outcome is not Outcome.RIGHT
            ]
    return failures
