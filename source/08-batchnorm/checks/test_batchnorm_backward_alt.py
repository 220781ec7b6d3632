"""Question `batchnorm_backward_alt`: the closed form, and that it is a second derivation."""

import numpy as np

from autograder.checking import OwnForward, StudentError, check, close_to_own, compare, rules
from utils.difference import difference

FORBIDDEN = ("utils.gradients.numeric_gradient",)
PARTS = ("dx", "dgamma", "dbeta")
FORWARD, NAME, STEPS = "batchnorm_forward", "batchnorm_backward_alt", "batchnorm_backward"
WIDE = 3000.0  # a spread of the columns beside which eps does not count: eps has a check of its own
H = (
    3e-5 * WIDE
)  # step of the differences: a part of the spread that suits curvature and rounding alike
FACTORS = (3.0, 5.0, 7.0, 10.0, 100.0, 1000.0, 0.1, 0.3, 1 / 3)
FAR = 1e16  # from zero: doubles are 2 apart there, so that a mean is rounded
OWN = "Your `batchnorm_forward` is not right either for this input, and what is kept in its cache is what this is computed from."


def draw(rng, N=5, D=3, spread=WIDE):
    """x, gamma, beta, dout; each column of x has a deviation near `spread`."""
    x = rng.normal(size=(N, D))
    x = spread * (rng.uniform(0.7, 1.4, D) * x / x.std(axis=0) + rng.normal(size=D))
    return (
        x,
        rng.choice([-1, 1], D) * rng.uniform(0.3, 2, D),
        rng.normal(size=D),
        rng.normal(size=(N, D)),
    )


def right_dx(x, gamma, dout, eps):
    """What is left of dout after fitting it, column by column, by 1 and x; for eps > 0, with the part of the slope that eps gives back."""
    c, s2 = x - x.mean(axis=0), x.var(axis=0) + eps
    slope = (dout * c).mean(axis=0) / s2
    return gamma * (dout - dout.mean(axis=0) - slope * c) / np.sqrt(s2)


def right_out(x, gamma, beta, eps):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) + beta


def backward(student, x, gamma, beta, dout, bn_param):
    """The student's three gradients, by name."""
    _, cache = student.forward(FORWARD, x, gamma, beta, bn_param)
    return dict(
        zip(
            PARTS,
            compare.unpack(student.batchnorm_backward_alt(dout, cache), 3, "dx, dgamma, dbeta"),
            strict=True,
        )
    )


def shaped(value, want):
    """An array in the shape of `want` where it differs in axes of length 1 alone: shapes have a check of their own."""
    same = (
        isinstance(value, (np.ndarray, np.generic))
        and np.squeeze(value).shape == np.squeeze(want).shape
    )
    return np.reshape(value, np.shape(want)) if same else value


def by_own_values(out, x, gamma, beta, dout):
    """dx by the right formula from what the student's own forward normalised to, whatever it divided the centred x by."""
    x_hat, c = (out - beta) / gamma, x - x.mean(axis=0)
    s = (c * c).sum(axis=0) / (c * x_hat).sum(axis=0)
    return gamma / s * (dout - dout.mean(axis=0) - x_hat * (dout * x_hat).mean(axis=0))


def normalises(student, x, gamma):
    """Whether the student's own forward has the three paths: it takes the mean away, and divides by something that grows with x."""
    points = (x, x + 0.37 * WIDE, 2 * x)
    values = student.batch(
        FORWARD,
        [(point, gamma, np.zeros_like(gamma), {"mode": "train"}) for point in points],
        keep_last=True,
    )
    plain, moved, doubled = (
        value if isinstance(value, np.ndarray) and value.shape == x.shape else np.zeros_like(x)
        for value in values
    )
    size = np.abs(plain).max()
    return (
        difference(moved, plain, rtol=1e-4, atol=1e-4 * size) is None
        and difference(doubled, 2 * plain, rtol=1e-3) is not None
    )


def hold(student, part, args, dout, want, name, hint="", instead=None):
    """One gradient against the right one, or where the forward is wrong, against that of the student's own forward."""
    x, gamma, beta = args
    got = backward(student, x, gamma, beta, dout, {"mode": "train"})[part]
    got = shaped(got, want)
    atol = 1e-6 if part == "dgamma" else 1e-9  # where eps stands in the forward is not judged here
    if difference(got, want, atol=atol) is None:
        return
    out, _ = student.forward(FORWARD, x, gamma, beta, {"mode": "train"})
    if difference(out, right_out(x, gamma, beta, 1e-5), rtol=1e-5) is None or not normalises(
        student, x, gamma
    ):
        compare.close(got, want, name, atol=atol, hint=hint, instead=instead)
    if part == "dx" and difference(got, by_own_values(out, x, gamma, beta, dout)) is None:
        return
    h = H if part == "dx" else 1e-4
    forward = OwnForward(student, FORWARD, (*args, {"mode": "train"}), PARTS.index(part), dout, h)
    close_to_own(got, want, name, forward, atol=atol, hint=OWN, instead=instead)


def wrong_dx(x, gamma, dout):
    """What dx would be by known mistakes, by words."""
    N, c, s = len(x), x - x.mean(axis=0), x.std(axis=0)
    h = c / s
    A, B, front = dout.sum(axis=0), (dout * h).sum(axis=0), gamma / (N * s)
    return {
        "without the term with the normalised x": front * (N * dout - A),
        "without the term A": front * (N * dout - h * B),
        "with the first of the three terms alone": front * N * dout,
        "if the two sums were taken from dout, not from N times dout, and nothing divided by N": N
        * front
        * (dout - A - h * B),
        "if the two sums were taken from dout, not from N times dout": front * (dout - A - h * B),
        "if nothing were divided by N": N * front * (N * dout - A - h * B),
        "if A and B were means in a bracket of sums": front * (N * dout - A / N - h * B / N),
        "divided by the variance, where the root belongs": front / s * (N * dout - A - h * B),
        "with the centred x where the normalised one belongs": front * (N * dout - A - c * B),
        "if the last term were added": front * (N * dout - A + h * B),
        "if A were added": front * (N * dout + A - h * B),
        "without the root": gamma / N * (N * dout - A - h * B),
    }


def bracket_first(student, rng):
    """Whether a large number that all of `dout` shares goes before anything is divided. Here the normalised x is 1 and -1, and the bracket is exact, even if one centres it once more; a quotient is not."""
    w = rng.choice([3.0, 5.0, 7.0], 5) * 2.0**30  # eps is lost beside its square
    signs = rng.permuted(np.repeat([[1.0], [1.0], [-1.0], [-1.0]], 5, axis=1), axis=0)
    noise = np.array([[3.0], [-2.0], [5.0], [1.0]]) + rng.integers(-1, 2, (4, 5)) / 4.0
    out, cache = student.forward(FORWARD, w * signs, np.ones(5), np.zeros(5), {"mode": "train"})
    if difference(out, signs, rtol=0, atol=1e-15) is not None:
        return True  # the forward rounds in a way of its own: nothing can be told
    dx = first_of(student.batchnorm_backward_alt(2.0**46 + noise, cache))
    compare.shape(dx, (4, 5), "dx")
    want = (noise - noise.mean(axis=0) - signs * (noise * signs).mean(axis=0)) / w
    factor = (dx * want).sum(axis=0) / (want * want).sum(axis=0)  # its own mistake, if not 1
    return bool((np.abs(dx - factor * want) <= 1e-9 * np.abs(dx).max(axis=0)).all())


def first_of(value):
    return value[0] if isinstance(value, (tuple, list)) and value else value


def alone(student, name, other, dout, cache):
    """A call of one backward while the other cannot be called."""
    try:
        student.called_alone(name, other, dout, cache)
    except StudentError as error:
        if error.kind == "raised NameError":
            compare.fail(
                f"`{name}` calls `{other}`: both are one computation.",
                "Derive the closed form on paper, and write each of the two without a call of, or lines from, the other.",
            )
        raise


@check(
    "batchnorm_backward_alt", points=0
)  # that two answers differ is no merit: it opens the way to what is one
def test_second_derivation(student, rng):
    """`batchnorm_backward_alt` and `batchnorm_backward` are two computations, neither a call of the other: their `dx` differ in the last bits."""
    for N, D in ((7, 5), (6, 7), (8, 3)):
        x, gamma, beta, dout = draw(rng, N, D)
        _, cache = student.forward(FORWARD, x, gamma, beta, {"mode": "train"})
        mine = first_of(student.batchnorm_backward_alt(dout, cache))
        compare.shape(mine, (N, D), "dx")
        factors = np.array([1.0, *FACTORS, N, 1 / N])
        try:
            steps = [
                first_of(value)
                for value in student.batch(STEPS, [(factor * dout, cache) for factor in factors])
            ]
        except StudentError:  # it is missing or fails, so nothing can be a call of it
            return
        alone(student, NAME, STEPS, dout, cache)
        alone(student, STEPS, NAME, dout, cache)
        same = [
            isinstance(step, np.ndarray) and np.array_equal(mine, step / factor)
            for step, factor in zip(steps, factors, strict=True)
        ]
        if not any(same):
            return
    compare.fail(
        "`dx` equals that of your `batchnorm_backward`, of `dout` or of a multiple of it, to the last bit: both are one computation.",
        "Derive the closed form on paper, and write it without a call of, or lines from, the step-by-step one; and the other way round.",
    )


@check("batchnorm_backward_alt", points=4, needs="test_second_derivation")
def test_dx(student, rng):
    """`dx` is right in training mode."""
    for N, D in ((5, 3), (3, 4), (8, 2), (4, 1), (4, 4)):
        x, _, beta, dout = draw(rng, N, D)
        gamma = np.ones(D)
        hint = "Check each of the three terms for N and for the root."
        want = right_dx(x, gamma, dout, 1e-5)
        hold(
            student,
            "dx",
            (x, gamma, beta),
            dout,
            want,
            "dx for a gamma of ones",
            hint,
            wrong_dx(x, gamma, dout),
        )


@check("batchnorm_backward_alt", points=1, needs="test_second_derivation")
def test_gamma_in_dx(student, rng):
    """`dx` grows with `gamma`, column by column: it is gamma times that for a gamma of ones."""
    x, gamma, beta, dout = draw(rng)
    plain = backward(student, x, np.ones(3), beta, dout, {"mode": "train"})["dx"]
    compare.shape(plain, (5, 3), "dx for a gamma of ones")
    compare.require(np.any(plain), "`dx` is zero everywhere.")
    got = backward(student, x, gamma, beta, dout, {"mode": "train"})["dx"]
    compare.shape(got, (5, 3), "dx")
    instead = {
        "without gamma": plain,
        "with the square of gamma": gamma**2 * plain,
        "divided by gamma": plain / gamma,
    }
    name, args = (
        "dx, compared with your own for a gamma of ones,",
        (x, gamma, beta, {"mode": "train"}),
    )
    hint = "gamma belongs to all three terms."
    forward = OwnForward(student, FORWARD, args, 0, dout, H)
    close_to_own(got, gamma * plain, name, forward, hint=hint, instead=instead)


@check("batchnorm_backward_alt", points=2, needs="test_second_derivation")
def test_dgamma_and_dbeta(student, rng):
    """`dgamma` and `dbeta` are right in training mode."""
    for N, D in ((6, 4), (3, 1)):
        x, gamma, beta, dout = draw(rng, N, D)
        x_hat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5)
        dgamma, dbeta = np.einsum("nd,nd->d", dout, x_hat), np.einsum("nd->d", dout)
        for part, want, other in (("dgamma", dgamma, dbeta), ("dbeta", dbeta, dgamma)):
            instead = {
                "if it were a mean over the batch": want / N,
                "with dout times gamma where dout belongs": gamma * want,
                "if dgamma and dbeta had changed places": other,
            }
            hold(student, part, (x, gamma, beta), dout, want, part, instead=instead)


@check("batchnorm_backward_alt", points=2, needs="test_second_derivation")
def test_little_variance(student, rng):
    """`dx` is right where `eps` counts: for a large eps, for a column that does not vary, and for a batch of one."""
    x, _, beta, dout = draw(rng, 5, 3, spread=1.0)
    gamma = np.ones(3)
    out, _ = student.forward(FORWARD, x, gamma, beta, {"mode": "train", "eps": 0.6})
    if difference(out, right_out(x, gamma, beta, 0.6)) is not None:
        return  # the forward's own mistake, paid for in its own question
    for one in (x[:1], x[:1, :1]):
        D = one.shape[1]
        grads = backward(student, one, gamma[:D], beta[:D], dout[:1, :D], {"mode": "train"})
        zeros = np.zeros((1, D))
        compare.close(
            shaped(grads["dx"], zeros),
            zeros,
            f"dx of a batch of shape {(1, D)}",
            hint="Whatever it is, it is its own mean.",
        )
    flat = np.where(np.arange(3) == 1, 0.75, x)
    grads = backward(student, flat, gamma, beta, dout, {"mode": "train", "eps": 1e-5})
    compare.close(
        grads["dx"][:, 1],
        right_dx(flat, gamma, dout, 1e-5)[:, 1],
        "dx of a column that does not vary",
    )
    grads = backward(student, x, gamma, beta, dout, {"mode": "train", "eps": 0.6})
    instead = {"if the root had no eps in it": right_dx(x, gamma, dout, 0)}
    hint = "The root that out was divided by has eps in it."
    compare.close(
        grads["dx"], right_dx(x, gamma, dout, 0.6), "dx for a large eps", hint=hint, instead=instead
    )


@check("batchnorm_backward_alt", points=3, needs="test_second_derivation")
def test_closed_form(student, rng):
    """`dx` comes from the closed form: it keeps a part of the mean that rounding leaves in the normalised x, or takes a large number that all of `dout` shares away before it divides."""
    for N, D in ((7, 5), (6, 7)):
        x = FAR + 2.0 * rng.integers(-2, 3, (N, D))
        noise, ones = rng.normal(size=(N, D)), np.ones(D)
        out, cache = student.forward(FORWARD, x, ones, 0 * ones, {"mode": "train"})
        if not isinstance(out, np.ndarray) or out.shape != x.shape or not np.isfinite(out).all():
            return  # the forward's own mistake, paid for in its own question
        dx = first_of(student.batchnorm_backward_alt(out + noise, cache))
        compare.shape(dx, (N, D), "dx")
        uneven = np.abs(out.mean(axis=0)) > 0.05
        compare.require(np.isfinite(dx).all(), "`dx` holds nan or inf.")
        size, dout = np.abs(dx).max(axis=0), out + noise
        centred, along = dx - dx.mean(axis=0), dout - dout.mean(axis=0)
        rest = centred - along * (centred * along).sum(axis=0) / (along * along).sum(axis=0)
        compare.require(
            (np.abs(rest).max(axis=0) > 1e-6 * size)[uneven].all(),
            "`dx` is a multiple of `dout` and a constant: the normalised x has no part in it.",
            "Three terms are left of the steps, and two sums over the batch.",
        )
        taken_away = np.abs(dx.mean(axis=0)) < 1e-6 * size
        compare.require(
            not (uneven & taken_away).any() or bracket_first(student, rng),
            "`dx` is divided first, and a step of its own takes the mean away, as the steps of `batchnorm_backward` do: a large number that all of `dout` shares leaves its rounding errors.",
            "Insert the steps into one another on paper: three terms are left, and two sums over the batch.",
        )


@check("batchnorm_backward_alt", points=1, needs="test_second_derivation")
def test_shapes(student, rng):
    """`dx` has the shape of `x`, `dgamma` and `dbeta` that of `gamma`, for a batch of one and for one feature too."""
    x, gamma, beta, dout = draw(rng, 5, 3)
    for N, D in ((5, 3), (1, 3), (5, 1), (1, 1)):
        grads = backward(student, x[:N, :D], gamma[:D], beta[:D], dout[:N, :D], {"mode": "train"})
        for part, shape in (("dx", (N, D)), ("dgamma", (D,)), ("dbeta", (D,))):
            compare.shape(grads[part], shape, f"{part} for a batch of shape {(N, D)}")


@check("batchnorm_backward_alt", points=2, needs="test_second_derivation")
def test_manners(student, rng):
    """`dout` and the cache stay as they are, float32 stays float32, any layout will do, and nothing loops over examples."""
    x, gamma, beta, dout = draw(rng)
    _, cache = student.forward(FORWARD, x, gamma, beta, {"mode": "train"})
    first = compare.unpack(rules.pure(student, NAME, dout, cache), 3, "dx, dgamma, dbeta")
    student.forward(FORWARD, *(part[::-1] for part in (x, gamma, beta)), {"mode": "train"})
    again = compare.unpack(student.batchnorm_backward_alt(dout, cache), 3, "dx, dgamma, dbeta")
    for part, grad, before in zip(PARTS, again, first, strict=True):
        hint = "Whatever the backward pass needs belongs into this pass's cache, and stays there as it is."
        compare.close(
            grad, before, f"{part} of the same pass, asked for again after another one,", hint=hint
        )
    rules.layouts(student, NAME, dout, cache)
    single = [v.astype(np.float32) for v in (x, gamma, beta, dout)]
    out, _ = student.forward(FORWARD, *single[:3], {"mode": "train"})
    for part, grad in backward(student, *single, {"mode": "train"}).items():
        dtype = getattr(grad, "dtype", None)
        compare.require(
            dtype == np.float32 or getattr(out, "dtype", None) != np.float32,  # its own mistake
            f"`{part}` is {dtype}, where float32 was expected: all you were given is.",
        )

    def make_args(n):
        x, gamma, beta, dout = draw(rng, n)
        return dout, student.forward(FORWARD, x, gamma, beta, {"mode": "train"})[1]

    rules.vectorised(student, NAME, make_args)
