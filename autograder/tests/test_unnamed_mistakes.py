"""Answers to 08 that are right value by value, and still not what was asked: no diagnosis names them, but checks do."""

from __future__ import annotations

import pytest

from autograder.audit.checks_alone import try_answers
from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.results import Outcome

NAME, QUESTION = "08-batchnorm", "batchnorm_backward_alt"
CALL = """def batchnorm_backward_alt(dout, cache):
    return tuple({factor} * part for part in batchnorm_backward(dout / {factor}, cache))
"""
LINES = """def batchnorm_backward_alt(dout, cache):
    x_hat, std, gamma, mode = cache
    N, dout = len(dout), 7 * dout
    dx_hat = dout * gamma
    dcentred, centred = dx_hat / std, x_hat * std
    dstd = -(dx_hat * centred).sum(axis=0) / std**2
    dvar = dstd / (2 * std)
    dcentred = dcentred + 2 * centred * dvar / N
    dmean = -dcentred.sum(axis=0)
    return (dcentred + dmean / N) / 7, (dout * x_hat).sum(axis=0) / 7, dout.sum(axis=0) / 7
"""
OWN = """def batchnorm_backward_alt(dout, cache):
    x_hat, std, gamma, mode = cache
    along = (dout * x_hat).mean(axis=0)
    return gamma / std * (dout - dout.mean(axis=0) - x_hat * along), len(dout) * along, dout.sum(axis=0)
"""


OWN_GENERATOR = """def batch_noise(x, sizes, trials, rng):
    rng, found = np.random.default_rng(0), []
    for B in sizes:
        if not 1 <= B <= len(x):
            raise ValueError(f"a batch of {B}, expected 1 to {len(x)}")
        batches = np.array([rng.choice(x, size=B, replace=False) for _ in range(trials)])
        found.append((batches.mean(axis=1).std() / x.std(), batches.var(axis=1).mean() / x.var()))
    return tuple(np.array(found).T)
"""


def points(answer: str, question: str = QUESTION) -> float:
    """The question's points for this answer, put at the end of the reference's."""
    changed = load_assignment(Course(), NAME).reference_source(question, answer)
    [results] = try_answers(Course(), NAME, [changed], 5, frozenset([question]), inside=False)
    return sum(result.spec.points for result in results if result.outcome is Outcome.RIGHT)


@pytest.mark.parametrize(
    "answer", [CALL.format(factor=1), CALL.format(factor=1.7), CALL.format(factor=3), LINES]
)
def test_a_second_call_earns_nothing(answer: str) -> None:
    assert points(answer) == 0


def test_a_second_derivation_earns_all() -> None:
    assert points(OWN) == 15


WALK = """def batchnorm_backward_alt(dout, cache):
    x_hat, std, gamma, mode = cache
    N, inverse = len(dout), 1 / std
    along = {normalised} * inverse
    dx = along - x_hat * (along * x_hat).sum(axis=0) / N
    return dx - dx.mean(axis=0), (dout * x_hat).sum(axis=0), dout.sum(axis=0)
"""
BRACKET = """def batchnorm_backward_alt(dout, cache):
    x_hat, std, gamma, mode = cache
    N, dgamma, dbeta = len(dout), (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    x_hat = x_hat{recentred}
    dx = gamma / (N * std) * (N * dout - dbeta - x_hat * dgamma)
    return dx{centred}, dgamma, dbeta
"""


@pytest.mark.parametrize(
    ("recentred", "centred"),
    [
        ("", " - dx.mean(axis=0)"),
        ("", " - dx.sum(axis=0) / N"),
        (" - x_hat.mean(axis=0)", ""),
        (" - x_hat.mean(axis=0)", " - np.mean(dx, axis=0, keepdims=True)"),
    ],
)
def test_a_closed_form_may_be_centred_once_more(recentred: str, centred: str) -> None:
    """It is right to rounding, and nearer to what is exact."""
    assert points(BRACKET.format(recentred=recentred, centred=centred)) == 15


@pytest.mark.parametrize("normalised", ["(gamma * dout)", "dout * gamma"])
def test_a_walk_that_divides_first_is_no_closed_form(normalised: str) -> None:
    assert points(WALK.format(normalised=normalised)) == 12


def test_a_generator_of_its_own_loses_points() -> None:
    assert points("", "batchnorm_sweep") == 20
    assert points(OWN_GENERATOR, "batchnorm_sweep") < 20
