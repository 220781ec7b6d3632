"""The results of a class: those that are kept as they are, and the others graded, as far as nothing
is known of them.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace

from ..cache.keys import Key
from ..cache.store import Cache, CachedResult
from ..core.course import Course
from ..core.results import CONTAGIOUS, FindingKind, Graded, QuestionResult, Submission
from ..core.sanitize import visible
from ..workers.pool import Executors, grade_class
from .plan import Plan
from .submissions import SubmittedNotebook

LOG = logging.getLogger(__name__)

# What a busy machine, or one that lacks memory, may have had a part in: it is kept, and graded once
# more by the next run. If that comes to the same marks, it is believed. A fault of the grader is
# never kept.
UNSURE = frozenset({FindingKind.LIMIT, FindingKind.DIED})


@dataclass(frozen=True)
class Result:
    """One student's result.

    Attributes:
        handed_in: whose it is.
        key: what it depends on.
        graded: the result.
        kept: whether it is in the cache.
        unsure: whether the next run is to grade it once more all the same.
    """

    handed_in: SubmittedNotebook
    key: Key
    graded: Graded
    kept: bool = True
    unsure: bool = False


def results(
    course: Course, cache: Cache, plan: Plan, workers: int, executors: Executors
) -> Generator[Result]:
    """Yield the results of all that are left, each as it is there; what had to be graded is kept
    from then on.

    Args:
        course: whose class it is.
        cache: of this class.
        plan: who is left.
        workers: how many chunks are worked on at once.
        executors: see `grade_class`.

    Raises:
        UserError: a machine has no sandbox, there is nobody left to work, or the cache cannot be
            written.
        GraderFault: the checks could not be loaded.
    """
    missing: dict[str, SubmittedNotebook] = {}
    doubles: list[SubmittedNotebook] = []
    for one in plan.left:
        found = _found(cache, plan, one) if cache.holds(plan.name) else None
        if found is not None:
            yield found
        elif missing.setdefault(plan.keys.of(one.read()[0]).whole, one) is not one:
            doubles.append(one)  # a group's: graded once, recorded for each
    first = replace(plan, left=tuple(missing.values()))
    yield from _graded(course, cache, first, workers, executors)
    unknown = list[SubmittedNotebook]()
    for one in doubles:
        found = _found(cache, plan, one)
        if found is not None:
            yield found
        else:
            unknown.append(one)
    last = replace(plan, left=tuple(unknown))
    yield from _graded(course, cache, last, workers, executors)


def _graded(
    course: Course,
    cache: Cache,
    plan: Plan,
    workers: int,
    executors: Executors,
) -> Generator[Result]:
    """Grade all that a plan has left, and keep what came of it."""
    missing = list(plan.left)
    first: dict[str, Mapping[str, float]] = {}
    while missing:
        asked: dict[str, tuple[SubmittedNotebook, Key, CachedResult | None]] = {}
        again: list[SubmittedNotebook] = []
        coming = grade_class(
            course,
            plan.name,
            _submissions(cache, plan, missing, asked),
            plan.seed,
            workers,
            executors,
        )
        with closing(coming):
            for graded in coming:
                one, key, before = asked.pop(graded.student)
                scores = _scores(graded.questions)
                if _was_ended(graded) and one.student not in first:
                    first[one.student] = scores
                    again.append(one)
                    continue
                earlier = first.get(one.student) or (
                    _scores(before.questions) if before and before.key == key.whole else None
                )
                unsure = bool(graded.kinds & UNSURE) and scores != earlier
                kept = not graded.faulty and plan.keys.still_hold()
                if kept:
                    cache.add(key, graded, unsure)
                yield Result(one, key, graded, kept, unsure)
        missing = again


def _found(cache: Cache, plan: Plan, one: SubmittedNotebook) -> Result | None:
    key = plan.keys.of(one.read()[0])
    kept = cache.nearest(key)
    if kept is None or kept.unsure or kept.key != key.whole:
        return None
    graded = cache.find(key, one.student, plan.name, plan.seed)
    return Result(one, key, graded) if graded else None


def _submissions(
    cache: Cache,
    plan: Plan,
    missing: list[SubmittedNotebook],
    asked: dict[str, tuple[SubmittedNotebook, Key, CachedResult | None]],
) -> Iterator[Submission]:
    """Read what is to be graded, one at a time, and note what it was."""
    for one in missing:
        content, trouble = one.read()
        if trouble:
            LOG.warning("%s", visible(f"{one.student}: {trouble}"))
        key = plan.keys.of(content)
        before = cache.nearest(key)
        asked[one.student] = one, key, before
        yield Submission(one.student, content, _known(key, before))


def _known(key: Key, before: CachedResult | None) -> tuple[QuestionResult, ...]:
    if before is None or before.kinds & CONTAGIOUS:
        return ()
    still = key.alike(before.digests)
    return tuple(question for question in before.questions if question.id in still)


def _was_ended(graded: Graded) -> bool:
    """Whether its process may have been ended by somebody else, such as a machine without
    memory.
    """
    return any(
        finding.kind is FindingKind.DIED
        or (finding.kind, finding.where) == (FindingKind.FAULT, "grader")
        for finding in graded.findings
    )


def _scores(questions: tuple[QuestionResult, ...]) -> Mapping[str, float]:
    return {question.id: question.score for question in questions}
