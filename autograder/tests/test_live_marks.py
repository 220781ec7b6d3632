"""A live mark that is not the final mark is counted, and its checks are named."""

from __future__ import annotations

from autograder.audit.line_kinds import LineKind
from autograder.audit.seed_stability import Unsteady
from autograder.bench.live_marks import compare


def unsteady(case: str, check: str, *failed: int) -> Unsteady:
    return Unsteady(case, LineKind.MISTAKE, check, failed, "", 4)


def test_each_answer_counts_once_a_seed_whichever_way_it_differs() -> None:
    found = compare(
        [
            unsteady("q.a", "q.one", 0, 1),  # fails in the final grading, and live with seed 1
            unsteady("q.a", "q.two", 3),
            unsteady("q.b", "q.one", 2),
            unsteady("q.c", "q.one", 0, 1, 2, 3),  # a right answer that always fails: no difference
        ],
        answers=10,
        class_seed=0,
        seeds=[1, 2, 3],
    )
    assert (found.compared, found.other) == (30, 3)
    assert found.checks == {("q.one", "q.a"): 2, ("q.two", "q.a"): 1, ("q.one", "q.b"): 1}
    assert found.share == 0.9
