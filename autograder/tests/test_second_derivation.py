"""In 08, the closed form must not be the other backward under another name; the graders see through these."""

from __future__ import annotations

import pytest

from autograder.examine.tryout import try_answers
from autograder.paths import Course
from autograder.records import Outcome

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


def points(answer: str) -> float:
    """The question's points for this answer."""
    [results] = try_answers(Course(), NAME, [{QUESTION: answer}], 5, frozenset([QUESTION]), inside=False)
    return sum(result.spec.points for result in results if result.outcome is Outcome.RIGHT)


@pytest.mark.parametrize("answer", [CALL.format(factor=1), CALL.format(factor=1.7), CALL.format(factor=3), LINES])
def test_a_second_call_earns_nothing(answer: str) -> None:
    assert points(answer) == 0


def test_a_second_derivation_earns_all() -> None:
    assert points(OWN) == 20
