"""Answers of every odd kind earn nothing by their oddness, and neither break the checks nor cost them more than is bounded."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from autograder.core.course import Course
from autograder.core.results import CheckResult, Outcome

from .odd_answers import FORMED, ODD, RIGHT, bound, examine

TRIED = (
    "01-backprop",
    "03-losses",
    "05-optimizers",
    "09-augmentation",
)  # the others in the long run: make fuzz
REFUSAL = "a ValueError for everything"
FEW = ["nan", "zeros", REFUSAL]
QUICKLY = {"01-backprop": FEW, "03-losses": FEW}
THOROUGHLY = {
    name: [*FORMED, *ODD] if name in TRIED else [REFUSAL] for name in Course().assignments()
}
Found = dict[str, dict[str, list[CheckResult]]]


@pytest.fixture(
    scope="module",
    params=[
        QUICKLY,
        pytest.param(THOROUGHLY, marks=pytest.mark.slow),
    ],
    ids=["some", "all"],
)
def found(request: pytest.FixtureRequest) -> Found:
    """What was found in each assignment, by kind of answer; in a process of its own, whose end would be seen."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=bound) as executor:
        futures = {
            name: executor.submit(examine, name, kinds) for name, kinds in request.param.items()
        }
        return {name: future.result() for name, future in futures.items()}


def earned(results: list[CheckResult]) -> set[str]:
    return {result.spec.id for result in results if result.score}


def test_right_answers_pass_the_same_way(found: Found) -> None:
    for name, kinds in found.items():
        assert {result.outcome for result in kinds[RIGHT]} == {Outcome.RIGHT}, name


def test_no_check_fails_by_itself(found: Found) -> None:
    for name, kinds in found.items():
        for kind, results in kinds.items():
            assert not [
                result.spec.id for result in results if result.outcome is Outcome.UNJUDGED
            ], f"{name}: {kind}"


def test_refusing_everything_is_no_check_of_arguments(found: Found) -> None:
    assert {
        name: earned(kinds[REFUSAL]) for name, kinds in found.items() if earned(kinds[REFUSAL])
    } == {}


@pytest.mark.parametrize("kind", ["nan", "zeros"])
def test_a_gradient_of_nothing_agrees_with_nothing(found: Found, kind: str) -> None:
    own = {
        "mlp_backprop.gradients_belong_to_own_cost",
        "bce_with_logits.gradient",
        "softmax_loss.gradient",
        "logreg.default_loss",
    }
    assert own <= earned(found["01-backprop"][RIGHT]) | earned(found["03-losses"][RIGHT])
    for name in ("01-backprop", "03-losses"):
        assert not own & earned(found[name][kind])
