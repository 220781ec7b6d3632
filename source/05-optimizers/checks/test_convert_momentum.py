"""Question `convert_momentum`: the same path in every form, while the learning rate changes."""

import numpy as np

from autograder.checking import check, compare, rules

KINDS = ("ema", "inside", "heavy_ball")


def course(x, gradients, rates, rho):
    """The path of the course's own form."""
    v, path = np.zeros_like(x), []
    for g, rate in zip(gradients, rates, strict=True):
        v = rho * v + g
        x = x - rate * v
        path.append(x)
    return np.array(path)


def other(kind, x, gradients, mu, eta):
    """The path of another form with these coefficients."""
    before, history, path = x, np.zeros_like(x), []
    for g, m, e in zip(gradients, mu, eta, strict=True):
        if kind == "heavy_ball":
            x, before = x - e * g + m * (x - before), x
        elif kind == "inside":
            history = m * history + e * g
            x = x - history
        else:
            history = m * history + (1 - m) * g
            x = x - e * history
        path.append(x)
    return np.array(path)


def coefficients(value, steps):
    mu, eta = compare.unpack(value, 2, "mu, eta")
    compare.shape(mu, (steps,), "mu")
    compare.shape(eta, (steps,), "eta")
    return mu, eta


def same_path(student, rng, kind):
    for steps in (7, 4):
        rho, rates = float(rng.uniform(0.3, 0.85)), rng.uniform(0.02, 0.5, steps)
        x, gradients = rng.normal(size=2), rng.normal(size=(steps, 2)) + 0.5
        mu, eta = coefficients(student.convert_momentum(rates, rho, kind), steps)
        path = other(kind, x, gradients, mu, eta)
        compare.close(
            path,
            course(x, gradients, rates, rho),
            f"the path with your coefficients for {kind!r}",
            hint="Do the two paths part at once, or where the learning rate changes?",
        )


@check("convert_momentum", points=3)
def test_ema(student, rng):
    """With your coefficients, D1's moving average walks the course's path."""
    same_path(student, rng, "ema")


@check("convert_momentum", points=3)
def test_inside(student, rng):
    """With your coefficients, D2's momentum with the learning rate inside walks the course's path."""
    same_path(student, rng, "inside")


@check("convert_momentum", points=2)
def test_heavy_ball(student, rng):
    """With your coefficients, D3's heavy ball walks the course's path."""
    same_path(student, rng, "heavy_ball")


@check("convert_momentum", points=3)
def test_constant_rate_and_first_step(student, rng):
    """`mu[0]` is always rho, and so is all of `mu` while the learning rate is constant; a single step and a rho of 0 work."""
    rho = float(rng.uniform(0.3, 0.9))
    for kind in KINDS:
        mu, _ = coefficients(student.convert_momentum(rng.uniform(0.1, 0.5, 5), rho, kind), 5)
        compare.close(
            mu[0],
            rho,
            f"mu[0] for {kind!r}",
            hint="At the first step there is no earlier learning rate.",
        )
        mu, _ = coefficients(student.convert_momentum(np.full(4, 0.3), rho, kind), 4)
        compare.close(mu, np.full(4, rho), f"mu for {kind!r} at a constant learning rate")
        mu, _ = coefficients(student.convert_momentum(np.array([0.2]), rho, kind), 1)
        compare.close(mu, np.array([rho]), f"mu for {kind!r} of a single step")
        mu, eta = coefficients(student.convert_momentum(np.array([0.2, 0.1]), 0.0, kind), 2)
        compare.close(mu, np.zeros(2), f"mu for {kind!r} and rho = 0")
        compare.close(
            eta,
            np.array([0.2, 0.1]),
            f"eta for {kind!r} and rho = 0",
            hint="Without momentum all four are plain gradient descent.",
        )


@check("convert_momentum", points=2)
def test_bad_arguments(student, rng):
    """An unknown form, a rho outside [0, 1) and a learning rate that is not > 0 raise a ValueError; an unknown form is named."""
    rates = rng.uniform(0.1, 0.5, 3)
    rules.rejects(student, "convert_momentum", rates, 0.5, "nesterov", mentions=("nesterov",))
    rules.rejects(student, "convert_momentum", rates, 0.5, "EMA")
    for kind in KINDS:
        for rho in (1.0, 1.5, -0.1):
            rules.rejects(student, "convert_momentum", rates, rho, kind)
        for bad in (0.0, -0.2):
            rules.rejects(student, "convert_momentum", np.array([0.1, bad, 0.3]), 0.5, kind)


@check("convert_momentum", points=2)
def test_arguments_and_dtypes(student, rng):
    """`learning_rates` stay as they are and may be a list; float32 stays float32, whole numbers become float64."""
    rates = rng.uniform(0.5, 2, 5)
    for kind in KINDS:
        rules.pure(student, "convert_momentum", rates, 0.6, kind, new=(0, 1))
        rules.floats(student, "convert_momentum", rates, 0.6, kind)
        rules.layouts(student, "convert_momentum", rates, 0.6, kind)
        listed = coefficients(student.convert_momentum(rates.tolist(), 0.6, kind), 5)
        compare.close(
            listed[1],
            student.convert_momentum(rates, 0.6, kind)[1],
            "eta for a list of learning rates",
        )
        whole = [
            coefficients(student.convert_momentum(np.array([1, 2, 4], dtype), 0.5, kind), 3)
            for dtype in (np.int64, np.float64)
        ]
        for name, got, want in zip(("mu", "eta"), *whole, strict=True):
            compare.close(got, want, f"{name} for whole-number learning rates")
