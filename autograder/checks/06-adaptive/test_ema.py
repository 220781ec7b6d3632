"""Question `ema`: the weights of past and present, and the correction."""

import numpy as np

from autograder.checking import check, compare, rules


def weighted(y, beta, corrected):
    """Every average written out as a sum over the series: no recurrence."""
    steps = np.arange(len(y))
    weights = np.tril((1 - beta) * beta ** np.abs(steps[:, None] - steps))
    if corrected:
        weights = weights / weights.sum(axis=1, keepdims=True)
    return np.tensordot(weights, y, axes=1)


@check("ema", points=3)
def test_weights_of_past_and_present(student, rng):
    """Without correction, `ema` follows $v_t = \\beta v_{t-1} + (1-\\beta) y_t$ from zero, for any $\\beta$, 0 included."""
    for beta in (float(rng.uniform(0.6, 0.9)), float(rng.uniform(0.1, 0.4)), 0.0):
        y = rng.normal(size=9) + 2
        compare.close(student.ema(y, beta), weighted(y, beta, False), "the average", hint="How much does the newest value weigh?")


@check("ema", points=3)
def test_correction(student, rng):
    """With `bias_correction` the weights add up to 1 at every step, so a constant series stays as it is and the first value comes out whole."""
    level, beta = float(rng.uniform(2, 5)), float(rng.uniform(0.7, 0.95))
    compare.close(
        student.ema(np.full(6, level), beta, True),
        np.full(6, level),
        "the corrected average of a constant series",
        hint="Count the steps that each value has been through; and correct what is returned, not what is carried on.",
    )
    y = rng.normal(size=8) + 2
    compare.close(student.ema(y, beta, bias_correction=True), weighted(y, beta, True), "the corrected average")


@check("ema", points=2)
def test_many_series(student, rng):
    """Only the first axis is time: every other entry is a series of its own. A series of one value is a series too, and so is a long one."""
    y, beta = rng.normal(size=(5, 3, 2)) + 1, float(rng.uniform(0.3, 0.9))
    compare.close(student.ema(y, beta), weighted(y, beta, False), "the averages of an array of three axes")
    compare.close(student.ema(y[:1, 0], beta, True), y[:1, 0], "the corrected averages at the first and only step")
    for beta in (0.3, 0.9):
        y = rng.normal(size=800) + 2
        compare.close(
            student.ema(y, beta), weighted(y, beta, False), "the average of a long series", hint="What becomes of beta to a high power?"
        )


@check("ema", points=1, needs="test_weights_of_past_and_present")
def test_caller_and_dtypes(student, rng):
    """y stays as it is; float32 stays float32, whole numbers become float64, and any memory layout will do."""
    y = rng.normal(size=(6, 2)) + 1
    rules.pure(student, "ema", y, 0.8, True)
    rules.floats(student, "ema", y, 0.8, True)
    rules.floats(student, "ema", y, 0.0)
    rules.layouts(student, "ema", y, 0.8)


@check("ema", points=1)
def test_beta_out_of_range(student, rng):
    """A beta outside [0, 1) raises a ValueError that names it."""
    y = rng.normal(size=4)
    rules.rejects(student, "ema", y, 1.0)
    rules.rejects(student, "ema", y, -0.25)
    for beta in (2, -3):  # whole numbers: of others, nothing is told of a message
        rules.rejects(student, "ema", y, beta, mentions=(str(beta),))
