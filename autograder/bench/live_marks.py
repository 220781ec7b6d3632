"""Counts how often a live mark would be the final mark: grades what is known of some assignments
with the seeds of several attempts and with a class's seed: `python -m autograder.bench.live_marks`.

Where no verdict of a check differs, neither does the mark. So the counts are, if anything, too low.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ..audit.seed_stability import Unsteady, cases, sweep
from ..core.assignment import load_assignment
from ..core.course import Course
from ..workers.pool import processors

AIM = 0.999


@dataclass(frozen=True)
class LiveMarks:
    """How the live marks of known answers compare with their final marks.

    Attributes:
        compared: answers times seeds of attempts.
        other: of these, how many have another verdict of a check than with the class's seed.
        checks: by check that differs and by answer, for how many seeds.
    """

    compared: int
    other: int
    checks: dict[tuple[str, str], int]

    @property
    def share(self) -> float:
        """The share of live marks that are the final mark, from 0 to 1."""
        return 1.0 - self.other / self.compared


def compare(
    unsteady: Sequence[Unsteady], answers: int, class_seed: int, seeds: Sequence[int]
) -> LiveMarks:
    """Compare each answer's verdicts with the seeds of attempts to those with the class's seed.

    Args:
        unsteady: checks whose verdict on an answer depends on the seed.
        answers: how many were graded.
        seeds: of attempts.
    """
    other, checks = set[tuple[str, int]](), defaultdict[tuple[str, str], int](int)
    for one in unsteady:
        final = class_seed in one.failed
        for seed in seeds:
            if (seed in one.failed) is not final:
                other.add((one.case, seed))
                checks[one.check, one.case] += 1
    return LiveMarks(answers * len(seeds), len(other), dict(checks))


def main() -> None:
    """Print a line for each assignment and one for all; exit with 1 if the aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NN-name", help="(default: all)")
    parser.add_argument("--attempts", type=int, default=5, help="seeds of attempts (default: 5)")
    parser.add_argument("--seed", type=int, default=0, help="from which all others are drawn")
    parser.add_argument(
        "--sandbox", action="store_true", help="run the answers in the sandbox, as grading does"
    )
    arguments = parser.parse_args()
    course, draw = Course(), random.Random(arguments.seed)
    class_seed, *seeds = draw.sample(range(1 << 32), arguments.attempts + 1)
    print(f"{arguments.attempts} seeds of attempts, against the class's seed {class_seed}")
    found = []
    for name in arguments.names or course.assignments():
        course.require(name)
        answers = len(list(cases(load_assignment(course, name))))
        unsteady = sweep(course, name, [class_seed, *seeds], processors(), inside=arguments.sandbox)
        found.append(compare(unsteady, answers, class_seed, seeds))
        print(_line(name, found[-1]), flush=True)
    every = LiveMarks(sum(one.compared for one in found), sum(one.other for one in found), {})
    print(_line("all", every))
    sys.exit(every.share < AIM)


def _line(what: str, marks: LiveMarks) -> str:
    differing = [
        f"\n  {check}, of {case}: {count} seeds" for (check, case), count in marks.checks.items()
    ]
    counts = f"{marks.compared - marks.other:>6} of {marks.compared:>6} ({marks.share:.3%})"
    return f"{what:<20} {counts}{''.join(sorted(differing))}"


if __name__ == "__main__":
    main()
