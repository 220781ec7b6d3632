"""Grades the mutants of an assignment, and says of each what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from ...code_changes.mutate import Mutant, mutants
from ...core.assignment import load_assignment
from ...core.course import Course
from ...core.errors import GraderFault
from ...core.results import Outcome
from ...workers.pool import local_executor
from ..checks_alone import Answer, try_answers
from .equivalents import Equivalent, load_equivalents

CHUNK = 24


class MutantFate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    EQUIVALENT = "equivalent"
    SURVIVED = "survived"
    REFUTED = "refuted"  # said to be equivalent, but a check tells it apart


@dataclass(frozen=True)
class JudgedMutant:
    """A mutant and its fate; for a killed one the check that noticed it first, for an equivalent
    one the reason.
    """

    mutant: Mutant
    fate: MutantFate
    by: str

    @property
    def refuted(self) -> bool:
        """Whether it is recorded as equivalent, and a check noticed it all the same."""
        return self.fate is MutantFate.REFUTED

    @property
    def fails(self) -> bool:
        """Whether the audit fails by it."""
        return self.fate not in (MutantFate.KILLED, MutantFate.EQUIVALENT)


@dataclass(frozen=True)
class _Trial:
    """Where answers are tried.

    Attributes:
        course: where the assignment lies.
        name: the assignment.
        inside: whether they run in the sandbox, or in the worker itself.
    """

    course: Course
    name: str
    inside: bool

    def wrong(
        self, seed: int, answers: Sequence[Answer], questions: frozenset[str] | None
    ) -> list[str]:
        """Return for each answer the first check that it fails, or the empty string."""
        results = try_answers(self.course, self.name, answers, seed, questions, inside=self.inside)
        return [
            next((result.spec.id for result in found if result.outcome is Outcome.WRONG), "")
            for found in results
        ]

    def noticed(
        self, seed: int, chunk: Sequence[Mutant], questions: frozenset[str] | None
    ) -> list[str]:
        """Return for each mutant the first check that notices it, or the empty string."""
        return self.wrong(seed, [{mutant.cell: mutant.source} for mutant in chunk], questions)


@dataclass(frozen=True)
class Findings:
    """All mutants of an assignment that were tried, and the recorded equivalents that fit none
    there is.
    """

    judged: tuple[JudgedMutant, ...]
    stale: tuple[str, ...]

    @property
    def clean(self) -> bool:
        return not self.stale and not any(one.fails for one in self.judged)


def examine(  # noqa: PLR0913  `inside` and `every` are named options
    course: Course, name: str, seed: int, workers: int, *, inside: bool = True, every: int = 1
) -> Findings:
    """Grades every mutant of an assignment with the hidden inputs of two seeds.

    Args:
        course: where the assignment lies.
        name: the assignment.
        seed: of the hidden inputs; those whom the checks of their own question pass are tried with
            the next one, and then with the checks of all questions, for the function may serve a
            later one.
        workers: processes.
        inside: whether the mutants run in the sandbox, as submissions do, or in the workers
            themselves.
        every: try one mutant of so many.

    Raises:
        UserError: the assignment is not there or not built, or this machine has no sandbox.
        GraderFault: the checks could not be loaded, or find the reference wrong.
    """
    made = mutants(load_assignment(course, name))
    equivalents = load_equivalents(course.mistakes(name))
    tried = made[seed % every :: every]
    noticed: dict[Mutant, str] = {}
    trial = _Trial(course, name, inside)
    with local_executor(workers) as executor:
        # or everything would look killed
        if wrong := executor.submit(trial.wrong, seed, [{}], None).result()[0]:
            raise GraderFault(
                f"{name}: the reference itself fails {wrong}, so that nothing can be said "
                "of its mutants"
            )
        for number, own in ((seed, True), (seed + 1, True), (seed, False)):
            left = [mutant for mutant in tried if not noticed.get(mutant)]
            if not own:
                left = [mutant for mutant in left if mutant.key not in equivalents]
            noticed |= _round(executor, partial(trial.noticed, number), left, own)
    judged = tuple(_judge(mutant, noticed[mutant], equivalents.get(mutant.key)) for mutant in tried)
    known = {mutant.key for mutant in made}
    stale = tuple(
        f"{function}: {was!r} to {now!r}"
        for function, was, now, _ in (key for key in equivalents if key not in known)
    )
    return Findings(judged, stale)


def _judge(mutant: Mutant, check: str, equivalent: Equivalent | None) -> JudgedMutant:
    if equivalent is None:
        return JudgedMutant(mutant, MutantFate.KILLED if check else MutantFate.SURVIVED, check)
    if check and not equivalent.chance:
        return JudgedMutant(mutant, MutantFate.REFUTED, check)
    return JudgedMutant(mutant, MutantFate.EQUIVALENT, equivalent.reason)


def _round(
    executor: Executor,
    work: Callable[[Sequence[Mutant], frozenset[str] | None], list[str]],
    left: Sequence[Mutant],
    own: bool,
) -> dict[Mutant, str]:
    """Return the check that noticed each mutant, or the empty string; a chunk holds mutants of one
    question.
    """
    futures = []
    for question in dict.fromkeys(mutant.question for mutant in left):
        of_question = [mutant for mutant in left if mutant.question == question]
        for start in range(0, len(of_question), CHUNK):
            chunk = of_question[start : start + CHUNK]
            futures.append(
                (chunk, executor.submit(work, chunk, frozenset([question]) if own else None))
            )
    return {
        mutant: check
        for chunk, future in futures
        for mutant, check in zip(chunk, future.result(), strict=True)
    }
