"""Question `batchnorm_backward_alt`: the closed form, and that it is a second derivation."""

import numpy as np

from autograder.checking import StudentError, check, compare, numeric_gradient, rules
from utils.difference import difference

FORBIDDEN = ("utils.gradients.numeric_gradient",)
PARTS = ("dx", "dgamma", "dbeta")
NAME = "batchnorm_backward_alt"


def draw(rng, N=5, D=3, spread=3000.0):
    """x, gamma, beta, dout; each column of x has a deviation near `spread`, by default so large that eps hardly matters."""
    x = rng.normal(size=(N, D))
    x = spread * (rng.uniform(0.7, 1.4, D) * x / x.std(axis=0) + rng.normal(size=D))
    return x, rng.choice([-1, 1], D) * rng.uniform(0.3, 2, D), rng.normal(size=D), rng.normal(size=(N, D))


def right_dx(x, gamma, dout, eps):
    """What is left of dout after fitting it, column by column, by 1 and x; for eps > 0, with the part of the slope that eps gives back."""
    c, s2 = x - x.mean(axis=0), x.var(axis=0) + eps
    slope = (dout * c).mean(axis=0) / s2
    return gamma * (dout - dout.mean(axis=0) - slope * c) / np.sqrt(s2)


def right_out(x, gamma, beta, eps):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) + beta


def backward(student, x, gamma, beta, dout, bn_param):
    """The student's three gradients, by name, and a hint for where the forward is what is wrong."""
    out, cache = student.forward("batchnorm_forward", x, gamma, beta, bn_param)
    grads = dict(zip(PARTS, compare.pair(student.batchnorm_backward_alt(dout, cache), 3, "dx, dgamma, dbeta"), strict=True))
    right = difference(out, right_out(x, gamma, beta, bn_param.get("eps", 1e-5)), rtol=1e-4) is None
    return grads, "" if right else "`batchnorm_forward` is not right here, and its cache is what this is computed from: mend that first."


def first_of(value):
    return value[0] if isinstance(value, (tuple, list)) and value else value


@check("batchnorm_backward_alt", points=0)  # that two answers differ is no merit: it opens the way to what is one
def test_second_derivation(student, rng):
    """`batchnorm_backward_alt` and `batchnorm_backward` are two computations, neither a call of the other: their `dx` differ in the last bits."""
    for N, D in ((7, 5), (6, 7), (8, 3)):
        x, gamma, beta, dout = draw(rng, N, D)
        _, cache = student.forward("batchnorm_forward", x, gamma, beta, {"mode": "train"})
        mine = first_of(student.batchnorm_backward_alt(dout, cache))
        compare.shape(mine, (N, D), "dx")
        try:
            steps = first_of(student.batchnorm_backward(dout, cache))
        except StudentError:  # it is missing or fails, so nothing can be a call of it
            return
        if not isinstance(steps, np.ndarray) or not np.array_equal(mine, steps):
            return
    compare.that(
        False,
        "`dx` equals that of your `batchnorm_backward` to the last bit, in every entry: both are one computation.",
        "Derive the closed form on paper, and write it without a call of, or lines from, the step-by-step one; and the other way round.",
    )


@check("batchnorm_backward_alt", points=9, needs="test_second_derivation")
def test_dx(student, rng):
    """`dx` is right in training mode."""
    for N, D in ((5, 3), (3, 4), (8, 2)):
        x, gamma, beta, dout = draw(rng, N, D)
        grads, hint = backward(student, x, gamma, beta, dout, {"mode": "train"})
        hint = hint or "Check each of the three terms for N, for gamma and for the root."
        compare.close(grads["dx"], right_dx(x, gamma, dout, 1e-5), "dx", hint=hint)


@check("batchnorm_backward_alt", points=3, needs="test_second_derivation")
def test_dgamma_and_dbeta(student, rng):
    """`dgamma` and `dbeta` are right in training mode."""
    x, gamma, beta, dout = draw(rng, 6, 4)
    grads, hint = backward(student, x, gamma, beta, dout, {"mode": "train"})
    x_hat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5)
    compare.close(grads["dgamma"], np.einsum("nd,nd->d", dout, x_hat), "dgamma", atol=1e-6, hint=hint)
    compare.close(grads["dbeta"], np.einsum("nd->d", dout), "dbeta", hint=hint)


@check("batchnorm_backward_alt", points=3, needs="test_second_derivation")
def test_against_own_forward(student, rng):
    """All three gradients agree with the numeric gradients of your own `batchnorm_forward`."""
    x, gamma, beta, dout = draw(rng, 4, 2, spread=300.0)
    grads, _ = backward(student, x, gamma, beta, dout, {"mode": "train"})
    for wrt, part in enumerate(PARTS):
        want = numeric_gradient(student, "batchnorm_forward", (x, gamma, beta, {"mode": "train"}), wrt, dout)
        compare.close(grads[part], want, part, rtol=1e-6, atol=1e-8)


@check("batchnorm_backward_alt", points=3, needs=("test_second_derivation", "test_dx"))
def test_little_variance(student, rng):
    """`dx` is right where `eps` counts: for a large eps, for a column that does not vary, and for a batch of one."""
    x, gamma, beta, dout = draw(rng, 5, 3, spread=1.0)
    out, _ = student.forward("batchnorm_forward", x, gamma, beta, {"mode": "train", "eps": 0.6})
    if difference(out, right_out(x, gamma, beta, 0.6)) is not None:
        return  # the forward's own slip, paid for in its own question
    grads, _ = backward(student, x, gamma, beta, dout, {"mode": "train", "eps": 0.6})
    compare.close(grads["dx"], right_dx(x, gamma, dout, 0.6), "dx for a large eps", hint="The root that out was divided by has eps in it.")
    x[:, 1] = 0.75
    grads, _ = backward(student, x, gamma, beta, dout, {"mode": "train"})
    compare.close(grads["dx"], right_dx(x, gamma, dout, 1e-5), "dx with a column that does not vary")
    grads, _ = backward(student, x[:1], gamma, beta, dout[:1], {"mode": "train"})
    compare.close(grads["dx"], np.zeros((1, 3)), "dx of a batch of one")


@check("batchnorm_backward_alt", points=2, needs=("test_second_derivation", "test_dx"))
def test_manners(student, rng):
    """`dout` and the cache stay as they are, float32 stays float32, any layout will do, and nothing loops over examples."""
    x, gamma, beta, dout = draw(rng)
    _, cache = student.forward("batchnorm_forward", x, gamma, beta, {"mode": "train"})
    first = rules.pure(student, NAME, dout, cache)
    again = student.batchnorm_backward_alt(dout, cache)
    compare.close(again[0], first[0], "dx when asked a second time with the same cache", hint="Something writes into the cache.")
    rules.layouts(student, NAME, dout, cache)
    single = (v.astype(np.float32) for v in (x, gamma, beta, dout))
    for part, grad in backward(student, *single, {"mode": "train"})[0].items():
        compare.that(getattr(grad, "dtype", None) == np.float32, f"`{part}` is not float32, though all you were given is.")

    def make_args(n):
        x, gamma, beta, dout = draw(rng, n)
        return dout, student.forward("batchnorm_forward", x, gamma, beta, {"mode": "train"})[1]

    rules.vectorised(student, NAME, make_args)
