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


def rising(beta, steps):
    """What the weights add up to at each step."""
    return 1 - beta ** np.arange(1, steps + 1)


def near(got, want):
    return np.shape(got) == np.shape(want) and bool(np.allclose(got, want, rtol=1e-6, atol=1e-9))


@check("ema", points=4)
def test_weights_of_past_and_present(student, rng):
    """Without correction, `ema` follows $v_t = \\beta v_{t-1} + (1-\\beta) y_t$ from zero."""
    for beta in (float(rng.uniform(0.6, 0.9)), float(rng.uniform(0.1, 0.4))):
        y = rng.normal(size=9) + 2
        hint = "How much does the newest value weigh? And the average begins at zero."
        compare.close(student.ema(y, beta), weighted(y, beta, False), "the average", hint=hint)


@check("ema", points=3)
def test_correction(student, rng):
    """With `bias_correction` each average is divided by what its weights add up to, so a constant series stays as it is."""
    y, beta = rng.normal(size=8) + 2, float(rng.uniform(0.7, 0.95))
    got = student.ema(y, beta, bias_correction=True)
    if not near(got, weighted(y, beta, True)):
        plain = student.ema(y, beta)  # the answer's own
        compare.shape(plain, y.shape, "the average")
        hint = "After t + 1 values the exponent is t + 1; and correct what is returned, not what is carried on."
        compare.close(
            got,
            plain / rising(beta, 8),
            "the corrected average, beside your average corrected,",
            hint=hint,
        )


@check("ema", points=1)
def test_many_series(student, rng):
    """Only the first axis is time: every other entry is a series of its own. A series of one value is a series too, and so is a long one."""
    y, beta = rng.normal(size=(5, 3, 2)) + 1, float(rng.uniform(0.3, 0.9))
    for corrected in (False, True):
        together = student.ema(y, beta, corrected)
        compare.shape(together, y.shape, "the average of an array of three axes")
        for j, k in ((0, 0), (2, 1)):
            alone = student.ema(y[:, j, k].copy(), beta, corrected)
            compare.close(
                together[:, j, k], alone, "a series among others, beside the same series alone,"
            )
    compare.shape(student.ema(y[:1, 0], beta, True), (1, 2), "the average of series of one value")
    for beta in (0.3, 0.9):
        y = rng.normal(size=800) + 2
        long = student.ema(y, beta)
        compare.shape(long, (800,), "the average of a long series")
        compare.require(
            np.isfinite(long).all(),
            "The average of a long series has nan or inf in it.",
            "What is beta to a high power?",
        )
        compare.close(
            long[:40],
            student.ema(y[:40], beta),
            "the beginning of a long average, beside that of the first values alone,",
        )


@check("ema", points=1)
def test_caller_and_dtypes(student, rng):
    """y stays unchanged; float32 stays float32, whole numbers become float64, and any memory layout will do."""
    y = rng.normal(size=(6, 2)) + 1
    rules.pure(student, "ema", y, 0.8, True)
    rules.floats(student, "ema", y, 0.8, True)
    rules.layouts(student, "ema", y, 0.8)


@check("ema", points=1)
def test_beta_out_of_range(student, rng):
    """A beta outside [0, 1) raises a ValueError that names it; with 0 the series comes out as it is."""
    y = rng.normal(size=4)
    compare.close(
        student.ema(y, 0.0), y, "the average for beta = 0", hint="Nothing of the past is kept."
    )
    rules.pure(student, "ema", y, 0.0)
    rules.floats(student, "ema", y, 0.0)
    rules.rejects(student, "ema", y, 1.0)
    rules.rejects(student, "ema", y, -0.25)
    for beta in (2, -3):  # whole numbers: others are taken out of a message
        rules.rejects(student, "ema", y, beta, mentions=(str(beta),))
