"""Sum up what a notebook's own checks say, in points."""

from __future__ import annotations

from collections.abc import Mapping

from utils.translation import say
from utils.verdicts import check


class Checks:
    """Check a notebook's questions and remember the verdicts: `check = Checks()`, then `with check("affine") as c:`."""

    def __init__(self) -> None:
        self._latest: dict[str, check] = {}

    def __call__(self, name: str) -> check:
        """Begin the check of a question; what an earlier run of it said is forgotten."""
        self._latest[name] = check(name)
        return self._latest[name]

    def summary(self, points: Mapping[str, int], written: int = 0) -> None:
        """Print the points of each question whose own checks are right, and their sum.

        A question with some checks right counts in proportion, rounded down to whole points.

        Args:
            points: the points of each question that code checks.
            written: the points of the written question, which a person reads.
        """
        rows = [(name, worth, *self._row(name, worth)) for name, worth in points.items()]
        width = max(map(len, points), default=0)
        print(
            say(f"Your own checks: {sum(row[2] for row in rows)} of {sum(points.values())} points")
        )
        for name, worth, got, words, begun in rows:
            mark = (
                "\N{CHECK MARK}"
                if got == worth
                else "\N{BALLOT X}"
                if got or begun
                else "\N{EN DASH}"
            )
            print(f"  {mark} {name:{width}}  {say(f'{got:2} of {worth:2} points: {words}')}")
        if written:
            print(say(f"A person reads your written answer ({written} points)."))
        print(say("Grading uses other checks on other numbers, so your mark may differ."))

    def _row(self, name: str, worth: int) -> tuple[int, str, bool]:
        """Return the points of a question, words about it, and whether it was begun."""
        latest = self._latest.get(name)
        if latest is None:
            return 0, say("its check has not run yet"), False
        if not latest.written:
            return 0, say("not written yet"), False
        reached = len(latest.verdicts)
        words = say(
            f"{latest.right} of {reached} checks right"
            + (f", {latest.left} not reached" if latest.left else "")
        )
        return worth * latest.right // max(reached + latest.left, 1), words, True
