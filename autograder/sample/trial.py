"""Grades samples one by one in a process of its own, and tells what came out and what it cost the grader."""

from __future__ import annotations

import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

from ..grade import Grader
from ..paths import Course
from ..records import Graded, Submission
from ..sandbox import client
from .answers import perfect
from .entry import Sample
from .hostile import HOSTILE
from .damaged import DAMAGED

SEED = 20261120


@dataclass(frozen=True)
class Trial:
    """What came of one sample.

    Attributes:
        id: the sample's.
        graded: the result, or None where the grader itself failed.
        error: what escaped from the grader, or the empty string.
        seconds: how long it took.
        peak: the most memory that the grader's process ever held, bytes.
    """

    id: str
    graded: Graded | None
    error: str
    seconds: float
    peak: int


def try_out(course: Course, name: str, samples: Sequence[str], slots: Sequence[int], grace: float) -> list[Trial]:
    """Grades the samples of these ids; each worker takes every so-many-th, with a perfect student before, between and after."""
    shares = [list(samples[start :: len(slots)]) for start in range(len(slots))]
    with ProcessPoolExecutor(len(slots), mp_context=get_context("spawn")) as executor:
        work = partial(_share, course, name, grace=grace)
        return [trial for share in executor.map(work, shares, slots) for trial in share]


def _share(course: Course, name: str, ids: Sequence[str], slot: int, grace: float) -> list[Trial]:
    client.GRACE = grace
    known = {sample.id: sample for sample in (*HOSTILE, *DAMAGED)}
    trials = []
    with Grader(course, name, slot) as grader:
        trials.append(_one(grader, perfect(), "perfect-first"))
        for number, ident in enumerate(ids):
            trials.append(_one(grader, known[ident], ident))
            if number % 4 == 3:
                trials.append(_one(grader, perfect(), f"perfect-after-{ident}"))
        trials.append(_one(grader, perfect(), "perfect-last"))
    return trials


def _one(grader: Grader, sample: Sample, ident: str) -> Trial:
    content = sample.make(grader.assignment)
    start, graded, error = time.perf_counter(), None, ""
    try:
        (graded,) = grader.grade([Submission(ident, content)], SEED)
    except Exception as caught:  # the trial is there to find these
        error = f"{type(caught).__name__}: {caught}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Trial(ident, graded, error, time.perf_counter() - start, peak)
