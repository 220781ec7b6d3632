"""Question `saturation`: which units are dead, and how many entries are saturated."""

import numpy as np

from autograder.checking import check, compare, rules

MARGIN = 1.5  # a slope that many times above or below the threshold is beyond doubt


def with_dead(rng, N, M, dead):
    """Outputs of a ReLU layer with so many dead units, all others at work for some of the examples."""
    acts = np.maximum(rng.normal(size=(N, M)), 0)
    if N > 1:
        acts[rng.integers(N, size=M), np.arange(M)] = 0.0
    order = rng.permutation(M)
    acts[(rng.integers(N, size=M)), np.arange(M)] += 0.5
    acts[:, order[:dead]] = 0.0
    return acts


@check("saturation", points=3)
def test_dead_units(student, rng):
    """`dead_fraction` is the share of units whose output is 0 for every example."""
    for N, M, dead in ((4, 6, 6), (6, 8, 3), (7, 5, 0), (1, 5, 2)):
        got = student.dead_fraction(with_dead(rng, N, M, dead))
        compare.close(
            got, dead / M, "dead_fraction", hint="All examples count, and each unit counts once."
        )


@check("saturation", points=1)
def test_zero_and_not_summing_to_zero(student, rng):
    """A unit whose outputs cancel out, or are merely negative or small, is not dead."""
    acts = rng.normal(size=(4, 10))
    acts[:, 1] = (1.5, -1.5, 0.5, -0.5)
    acts[:, [2, 5]] = -np.abs(acts[:, [2, 5]])
    acts[:, [3, 8, 9]] = 1e-12 * rng.random((4, 3))
    acts[:, 4] = 0
    acts[:, 6], acts[:, 7] = (0, -1.5, 0, -0.5), (-0.25, 0, 0, -1)
    compare.close(
        student.dead_fraction(acts),
        1 / 10,
        "dead_fraction",
        hint="Is every single entry of the unit 0?",
    )


@check("saturation", points=2)
def test_saturated_sigmoid(student, rng):
    """`saturated_fraction` is the share of a sigmoid's entries with a slope below $10^{-4}$, at either end."""
    middle = np.concatenate([rng.uniform(0.002, 0.998, 6), [1e-4 * MARGIN, 1 - 1e-4 * MARGIN]])
    for low, high in ((3, 1), (0, 2), (2, 0)):
        ends = np.concatenate(
            [rng.uniform(0, 1e-4 / MARGIN, low), 1 - rng.uniform(0, 1e-4 / MARGIN, high)]
        )
        out = rng.permutation(np.concatenate([middle, ends])).reshape(2, -1)
        compare.close(
            student.saturated_fraction(out, "sigmoid"),
            (low + high) / out.size,
            "saturated_fraction",
            hint="There are two ends.",
        )


@check("saturation", points=2)
def test_saturated_tanh(student, rng):
    """`saturated_fraction` is the share of a tanh's entries with a slope below $10^{-4}$, at either end."""
    edge = 1 - 0.5e-4 * MARGIN
    middle = np.concatenate([rng.uniform(-0.99, 0.99, 5), [edge, -edge, 0.0, 2e-5, -2e-5]])
    for low, high in ((1, 3), (0, 2), (2, 0)):
        ends = np.concatenate(
            [rng.uniform(0, 0.5e-4 / MARGIN, low) - 1, 1 - rng.uniform(0, 0.5e-4 / MARGIN, high)]
        )
        out = rng.permutation(np.concatenate([middle, ends])).reshape(2, -1)
        compare.close(
            student.saturated_fraction(out, "tanh"),
            (low + high) / out.size,
            "saturated_fraction",
            hint="Where is tanh steepest?",
        )


@check("saturation", points=1)
def test_rejects(student, rng):
    """An unknown kind, and `acts` that is not (N, M) or is empty, raise a ValueError that names what was given."""
    rules.rejects(student, "saturated_fraction", rng.random((2, 3)), "relu", mentions=("relu",))
    for kind in ("Tanh", "softsign"):
        rules.rejects(student, "saturated_fraction", rng.random((2, 3)), kind)
    rules.rejects(student, "dead_fraction", rng.random(7), mentions=("7",))
    rules.rejects(student, "dead_fraction", np.zeros((0, 4)), mentions=("4",))
    rules.rejects(student, "dead_fraction", np.zeros((4, 0)), mentions=("4",))
    rules.rejects(student, "dead_fraction", np.zeros((5, 2, 2)), mentions=("5",))


@check("saturation", points=1)
def test_manners(student, rng):
    """Both functions leave their arguments alone, and take any layout, any precision, and outputs of any shape."""
    acts = with_dead(rng, 4, 6, 2)
    rules.pure(student, "dead_fraction", acts)
    rules.layouts(student, "dead_fraction", acts)
    out = np.repeat([0.3, 0.6, 1e-6, 1 - 1e-6], [9, 8, 3, 4])  # not as many of one kind as of both
    out = rng.permutation(out).reshape(2, 3, 4)
    want = np.mean((out < 0.1) | (out > 0.9))
    for kind, values in (("sigmoid", out), ("tanh", 2 * out - 1)):
        got = rules.pure(student, "saturated_fraction", values.astype(np.float32), kind)
        compare.close(got, want, "saturated_fraction of float32 outputs of three axes")
