"""A live mark that is not the final mark is counted, and its checks are named."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from autograder.audit import seed_stability as stability
from autograder.audit.line_kinds import LineKind
from autograder.audit.seed_stability import Unsteady
from autograder.bench.live_marks import compare
from autograder.core.assignment import load_assignment
from autograder.core.course import Course


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


QUICK = "05-optimizers"
OTHERS = (2337446730, 2593816829, 3596902313, 1006443827, 2045921456)
# Seeds with which a check of before gave another verdict than with most: a dout of signs whose sum was zero, complex roots where
# real ones were meant, networks in which a layer or all scores were dead, a share of one half, and the edge of a tolerance.
ODD = [
    ("01-backprop", ("check_layer.dout_of_signs",), (1243862422,)),
    ("05-optimizers", ("curvature.one_of_the_two_roots",), (2301595691, 1823296038)),
    (
        "08-batchnorm",
        ("batchnorm_net.relu_on_the_scores", "batchnorm_net.relu_before_batch_norm"),
        (2986270863, 1349251823, 1243862422),
    ),
    ("06-adaptive", ("adaptive.eps_added_to_rmsprops_quotient",), OTHERS),
    (
        "02-activations",
        ("maxout.largest_by_size", "saturation.slopes_above_the_threshold"),
        OTHERS[:2],
    ),
    ("03-losses", ("bce_with_logits.one_term_missing",), OTHERS[:2]),
]


@pytest.mark.parametrize(
    ("name", "idents", "odd"),
    [
        pytest.param(*one, id=one[0], marks=[] if one[0] == QUICK else pytest.mark.slow)
        for one in ODD
    ],
)
def test_no_verdict_on_these_mistakes_is_chance(
    monkeypatch: pytest.MonkeyPatch, name: str, idents: tuple[str, ...], odd: tuple[int, ...]
) -> None:
    known = list(stability.cases(load_assignment(Course(), name)))
    few = [one for one in known if one.id in idents]
    assert len(few) == len(idents)
    here = nullcontext(SimpleNamespace(map=map))
    monkeypatch.setattr(stability, "cases", lambda assignment: few)
    monkeypatch.setattr(stability, "local_executor", lambda workers: here)
    assert stability.sweep(Course(), name, [1, 2, *odd], 1, inside=False) == []
