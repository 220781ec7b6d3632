"""Question `batchnorm_backward`: three paths in training, one in test."""

import numpy as np

from autograder.checking import check, compare, numeric_gradient, rules
from utils.difference import difference

FORBIDDEN = ("utils.gradients.numeric_gradient",)
PARTS = ("dx", "dgamma", "dbeta")
NAME = "batchnorm_backward"


def draw(rng, N=5, D=3, spread=3000.0):
    """x, gamma, beta, dout; each column of x has a deviation near `spread`, by default so large that eps hardly matters."""
    x = rng.normal(size=(N, D))
    x = spread * (rng.uniform(0.7, 1.4, D) * x / x.std(axis=0) + rng.normal(size=D))
    return x, rng.choice([-1, 1], D) * rng.uniform(0.3, 2, D), rng.normal(size=D), rng.normal(size=(N, D))


def gradients(x, gamma, dout, eps):
    """The right values, by each column's full matrix of derivatives."""
    N = len(x)
    s = np.sqrt(x.var(axis=0) + eps)
    x_hat = (x - x.mean(axis=0)) / s
    slopes = (np.eye(N)[:, :, None] - 1 / N - x_hat[:, None] * x_hat[None] / N) * gamma / s  # (of out, by x, column)
    return {"dx": np.einsum("md,mnd->nd", dout, slopes), "dgamma": np.einsum("nd,nd->d", dout, x_hat), "dbeta": np.einsum("nd->d", dout)}


def backward(student, x, gamma, beta, dout, bn_param):
    """The student's three gradients, by name."""
    _, cache = student.forward("batchnorm_forward", x, gamma, beta, bn_param)
    return dict(zip(PARTS, compare.pair(student.batchnorm_backward(dout, cache), 3, "dx, dgamma, dbeta"), strict=True))


def right_out(x, gamma, beta, eps):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) + beta


def compare_in_training(student, part, x, gamma, beta, dout, hint):
    """One gradient against the right one; where it is wrong, a wrong forward is named first."""
    out, cache = student.forward("batchnorm_forward", x, gamma, beta, {"mode": "train"})
    if difference(out, right_out(x, gamma, beta, 1e-5), rtol=1e-5) is not None:
        hint = "`batchnorm_forward` is not right here, and its cache is what this is computed from: mend that first."
    grads = dict(zip(PARTS, compare.pair(student.batchnorm_backward(dout, cache), 3, "dx, dgamma, dbeta"), strict=True))
    atol = 1e-6 if part == "dgamma" else 1e-9  # where eps stands in the forward is not judged here
    compare.close(grads[part], gradients(x, gamma, dout, 1e-5)[part], part, atol=atol, hint=hint)


def forward_minds_eps(student, rng):
    """Whether the student's own forward has eps at its place: if not, that is paid for in its own question."""
    x, gamma, beta, _ = draw(rng, spread=1.0)
    out, _ = student.forward("batchnorm_forward", x, gamma, beta, {"mode": "train", "eps": 0.6})
    return difference(out, right_out(x, gamma, beta, 0.6)) is None


def against_own_forward(student, args, bn_param, dout, grads):
    for wrt, part in enumerate(PARTS):
        want = numeric_gradient(student, "batchnorm_forward", (*args, bn_param), wrt, dout)
        compare.close(grads[part], want, part, rtol=1e-6, atol=1e-8)


@check("batchnorm_backward", points=3)
def test_dbeta(student, rng):
    """In training, `dbeta` gathers what every example of the batch says."""
    x, gamma, beta, dout = draw(rng, 6, 4)
    compare_in_training(student, "dbeta", x, gamma, beta, dout, "How often is each entry of beta used?")


@check("batchnorm_backward", points=4)
def test_dgamma(student, rng):
    """In training, `dgamma` gathers what every example of the batch says about the factor on its normalised value."""
    for N, D in ((4, 5), (7, 2)):
        x, gamma, beta, dout = draw(rng, N, D)
        compare_in_training(student, "dgamma", x, gamma, beta, dout, "By what is gamma multiplied?")


@check("batchnorm_backward", points=7)
def test_dx(student, rng):
    """In training, `dx` has all three paths: the straight one, the one through the variance and the one through the mean."""
    for N, D in ((5, 3), (3, 4), (8, 2)):
        x, gamma, beta, dout = draw(rng, N, D)
        compare_in_training(student, "dx", x, gamma, beta, dout, "Which values of the graph are used twice?")


@check("batchnorm_backward", points=3)
def test_against_own_forward(student, rng):
    """In training, all three gradients agree with the numeric gradients of your own `batchnorm_forward`."""
    x, gamma, beta, dout = draw(rng, 4, 2, spread=300.0)
    bn_param = {"mode": "train"}
    against_own_forward(student, (x, gamma, beta), bn_param, dout, backward(student, x, gamma, beta, dout, bn_param))


@check("batchnorm_backward", points=3, needs="test_dx")
def test_little_variance(student, rng):
    """`dx` is right where `eps` counts: for a large eps, for a column that does not vary, and for a batch of one."""
    if not forward_minds_eps(student, rng):
        return
    x, gamma, beta, dout = draw(rng, 5, 3, spread=1.0)
    grads = backward(student, x, gamma, beta, dout, {"mode": "train", "eps": 0.6})
    compare.close(
        grads["dx"], gradients(x, gamma, dout, 0.6)["dx"], "dx for a large eps", hint="The root that out was divided by has eps in it."
    )
    x[:, 1] = 0.75
    grads = backward(student, x, gamma, beta, dout, {"mode": "train"})
    compare.close(grads["dx"], gradients(x, gamma, dout, 1e-5)["dx"], "dx with a column that does not vary")
    grads = backward(student, x[:1], gamma, beta, dout[:1], {"mode": "train"})
    compare.close(grads["dx"], np.zeros((1, 3)), "dx of a batch of one", hint="Whatever it is, it is its own mean.")
    compare.close(grads["dbeta"], dout[0], "dbeta of a batch of one")


@check("batchnorm_backward", points=3)
def test_frozen(student, rng):
    """After a forward in test mode, statistics are constants: the gradients agree with the numeric ones of your own forward in that mode."""
    x, gamma, beta, dout = draw(rng, 3, 2, spread=300.0)
    bn_param = {"mode": "test", "running_mean": rng.normal(size=2), "running_var": rng.uniform(4e4, 9e4, 2)}
    against_own_forward(student, (x, gamma, beta), bn_param, dout, backward(student, x, gamma, beta, dout, bn_param))


@check("batchnorm_backward", points=2, needs="test_dx")
def test_manners(student, rng):
    """In either mode, `dout` and the cache stay as they are, float32 stays float32, any layout will do, and nothing loops over examples."""

    for mode in ("train", "test"):
        manners(student, rng, {"mode": mode, "running_mean": rng.normal(size=3), "running_var": rng.uniform(0.5, 2, 3)})


def manners(student, rng, bn_param):
    x, gamma, beta, dout = draw(rng)
    _, cache = student.forward("batchnorm_forward", x, gamma, beta, bn_param)
    first = compare.pair(rules.pure(student, NAME, dout, cache), 3, "dx, dgamma, dbeta")
    student.forward("batchnorm_forward", *(part[::-1] for part in (x, gamma, beta)), bn_param)
    for part, grad, before in zip(PARTS, compare.pair(student.batchnorm_backward(dout, cache), 3, "dx, dgamma, dbeta"), first, strict=True):
        hint = "Whatever the way back needs belongs into this pass's cache, and stays there as it is."
        compare.close(grad, before, f"{part} of the same pass, asked for again after another one,", hint=hint)
    rules.layouts(student, NAME, dout, cache)
    single = [v.astype(np.float32) for v in (x, gamma, beta, dout)]
    memory = {key: value if key == "mode" else value.astype(np.float32) for key, value in bn_param.items()}
    for part, grad in backward(student, *single, memory).items():
        compare.that(getattr(grad, "dtype", None) == np.float32, f"`{part}` is not float32, though all you were given is.")

    def make_args(n):
        x, gamma, beta, dout = draw(rng, n)
        return dout, student.forward("batchnorm_forward", x, gamma, beta, bn_param)[1]

    rules.vectorised(student, NAME, make_args)
