"""The check of a random order refuses what is in order within each batch, whatever the seed draws."""

from __future__ import annotations

import pytest

from autograder.audit.checks_alone import try_answers
from autograder.core.assignment import load_assignment
from autograder.core.course import Course

NAME = "05-optimizers"
BATCH = "order[start : start + B]"
SEEDS = (1_559_602_266, 1, 2)  # of the first two, some passed by chance before


@pytest.mark.parametrize("seed", SEEDS)
def test_an_order_within_the_batches_never_passes(seed: int) -> None:
    reference = load_assignment(Course(), NAME).reference_source("minibatches")["minibatches"]
    assert reference.count(BATCH) == 1
    in_order = (
        f"np.sort({BATCH})",
        f"np.sort({BATCH})[::-1]",
        f"np.roll({BATCH}, -np.argmin({BATCH}))",
    )
    answers = [{}, *({"minibatches": reference.replace(BATCH, one)} for one in in_order)]
    right, *wrong = try_answers(
        Course(), NAME, answers, seed, frozenset(["minibatches"]), inside=False
    )
    assert {result.outcome for result in right} == {"right"}
    for results in wrong:
        assert [result.spec.id for result in results if result.outcome != "right"] == [
            "minibatches.order_is_random_and_from_rng"
        ]
