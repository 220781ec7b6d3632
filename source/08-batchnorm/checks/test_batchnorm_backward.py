"""Question `batchnorm_backward`: three paths in training, one at test time."""

import numpy as np

from autograder.checking import OwnForward, check, close_to_own, compare, rules
from utils.difference import difference

FORBIDDEN = ("utils.gradients.numeric_gradient",)
PARTS = ("dx", "dgamma", "dbeta")
FORWARD, NAME = "batchnorm_forward", "batchnorm_backward"
WIDE = 3000.0  # a spread of the columns beside which eps does not count: eps has a check of its own
H = (
    3e-5 * WIDE
)  # step of the differences: a part of the spread that suits curvature and rounding alike
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


def frozen_param(rng, D):
    return {
        "mode": "test",
        "running_mean": WIDE * rng.normal(size=D),
        "running_var": WIDE**2 * rng.uniform(0.5, 2, D),
    }


def right_out(x, gamma, beta, eps):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) + beta


def gradients(x, gamma, dout, eps):
    """The right values, by each column's full matrix of derivatives."""
    N = len(x)
    s = np.sqrt(x.var(axis=0) + eps)
    x_hat = (x - x.mean(axis=0)) / s
    slopes = (
        (np.eye(N)[:, :, None] - 1 / N - x_hat[:, None] * x_hat[None] / N) * gamma / s
    )  # (of out, by x, column)
    return {
        "dx": np.einsum("md,mnd->nd", dout, slopes),
        "dgamma": np.einsum("nd,nd->d", dout, x_hat),
        "dbeta": np.einsum("nd->d", dout),
    }


def backward(student, x, gamma, beta, dout, bn_param):
    """The student's three gradients, by name."""
    _, cache = student.forward(FORWARD, x, gamma, beta, bn_param)
    return dict(
        zip(
            PARTS,
            compare.unpack(student.batchnorm_backward(dout, cache), 3, "dx, dgamma, dbeta"),
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
    zeros = np.zeros_like(gamma)
    points = (x, x + 0.37 * WIDE, 2 * x)
    values = student.batch(
        FORWARD, [(point, gamma, zeros, {"mode": "train"}) for point in points], keep_last=True
    )
    if any(difference(value, np.zeros_like(x)) is None for value in values):
        return False
    plain, moved, doubled = (
        value if isinstance(value, np.ndarray) and value.shape == x.shape else np.zeros_like(x)
        for value in values
    )
    size = np.abs(plain).max()
    return (
        difference(moved, plain, rtol=1e-4, atol=1e-4 * size) is None
        and difference(doubled, 2 * plain, rtol=1e-3) is not None
    )


def hold(student, part, args, dout, bn_param, want, name, hint="", instead=None):
    """One gradient against the right one, or where the forward is wrong, against that of the student's own forward."""
    x, gamma, beta = args
    got = backward(student, x, gamma, beta, dout, bn_param)[part]
    got = shaped(got, want)
    if bn_param["mode"] == "test":
        mean, var = bn_param["running_mean"], bn_param["running_var"]
        expected, own = gamma * (x - mean) / np.sqrt(var + 1e-5) + beta, True
    else:
        expected, own = right_out(x, gamma, beta, bn_param.get("eps", 1e-5)), None
    atol = 1e-6 if part == "dgamma" else 1e-9  # where eps stands in the forward is not judged here
    if difference(got, want, atol=atol) is None:
        return
    out, _ = student.forward(FORWARD, x, gamma, beta, bn_param)
    if difference(out, expected, rtol=1e-5) is None or not (own or normalises(student, x, gamma)):
        compare.close(got, want, name, atol=atol, hint=hint, instead=instead)
    if (
        part == "dx"
        and not own
        and difference(got, by_own_values(out, x, gamma, beta, dout)) is None
    ):
        return
    h = H if part == "dx" else 1e-4
    forward = OwnForward(student, FORWARD, (*args, bn_param), PARTS.index(part), dout, h)
    close_to_own(got, want, name, forward, atol=atol, hint=OWN, instead=instead)


def wrong_dx(x, gamma, dout):
    """What dx would be by known mistakes, by words."""
    c, s = x - x.mean(axis=0), x.std(axis=0)
    x_hat, straight = c / s, gamma * dout / s
    mean, along = straight.mean(axis=0), (straight * x_hat).mean(axis=0)
    return {
        "with the straight path alone": straight,
        "without the path through the variance": straight - mean,
        "without the path through the mean": straight - x_hat * along,
        "if the path through the variance counted half: the derivative of a square has a factor 2": straight
        - mean
        - x_hat * along / 2,
        "if the path through the variance counted twice": straight - mean - 2 * x_hat * along,
        "if the path through the mean counted twice": straight - 2 * mean - x_hat * along,
        "if the path through the variance had the other sign": straight - mean + x_hat * along,
        "if the path through the mean had the other sign": straight + mean - x_hat * along,
        "if the path through the mean were not divided by N": straight
        - len(x) * mean
        - x_hat * along,
        "if the path through the variance were not divided by N": straight
        - mean
        - len(x) * x_hat * along,
        "without gamma": (dout - dout.mean(axis=0) - x_hat * (dout * x_hat).mean(axis=0)) / s,
    }


@check("batchnorm_backward", points=3)
def test_dbeta(student, rng):
    """`dbeta` gathers what every example of the batch says, in either mode."""
    for N, D in ((6, 4), (3, 1)):
        x, gamma, beta, dout = draw(rng, N, D)
        for bn_param in ({"mode": "train"}, frozen_param(rng, D)):
            train = bn_param["mode"] == "train"
            name = "dbeta" if train else "dbeta after a forward pass in test mode"
            want = np.einsum("nd->d", dout)
            mean, var = (
                (x.mean(axis=0), x.var(axis=0))
                if train
                else (bn_param["running_mean"], bn_param["running_var"])
            )
            instead = {
                "if it were a mean over the batch": want / N,
                "if it were a sum of dout times gamma": gamma * want,
                "if dgamma and dbeta had changed places": (dout * (x - mean) / np.sqrt(var)).sum(
                    axis=0
                ),
            }
            hint = "How often is each entry of beta used?"
            hold(student, "dbeta", (x, gamma, beta), dout, bn_param, want, name, hint, instead)


@check("batchnorm_backward", points=3)
def test_dgamma(student, rng):
    """`dgamma` gathers what every example of the batch says about the factor on its normalised value, in either mode."""
    for N, D in ((4, 5), (7, 2), (3, 1)):
        x, gamma, beta, dout = draw(rng, N, D)
        for bn_param in ({"mode": "train"}, frozen_param(rng, D)):
            train = bn_param["mode"] == "train"
            mean, var = (
                (x.mean(axis=0), x.var(axis=0))
                if train
                else (bn_param["running_mean"], bn_param["running_var"])
            )
            x_hat = (x - mean) / np.sqrt(var + 1e-5)
            want = np.einsum("nd,nd->d", dout, x_hat)
            instead = {
                "if it were a mean over the batch": want / N,
                "with x where the normalised x belongs": (dout * x).sum(axis=0),
                "with the centred x where the normalised x belongs": (dout * (x - mean)).sum(
                    axis=0
                ),
                "with out where the normalised x belongs": (dout * (gamma * x_hat + beta)).sum(
                    axis=0
                ),
                "if gamma took part in its own gradient": gamma * want,
                "if dgamma and dbeta had changed places": dout.sum(axis=0),
            }
            name = "dgamma" if train else "dgamma after a forward pass in test mode"
            hold(
                student,
                "dgamma",
                (x, gamma, beta),
                dout,
                bn_param,
                want,
                name,
                "By what is gamma multiplied?",
                instead,
            )


@check("batchnorm_backward", points=6)
def test_dx(student, rng):
    """In training, `dx` has all three paths: the straight one, the one through the variance and the one through the mean."""
    for N, D in ((5, 3), (3, 4), (8, 2), (4, 1), (4, 4)):
        x, _, beta, dout = draw(rng, N, D)
        gamma = np.ones(D)
        want, instead = gradients(x, gamma, dout, 1e-5)["dx"], wrong_dx(x, gamma, dout)
        hint = "Which values of the graph are used twice?"
        hold(
            student,
            "dx",
            (x, gamma, beta),
            dout,
            {"mode": "train"},
            want,
            "dx for a gamma of ones",
            hint,
            instead,
        )


@check("batchnorm_backward", points=2)
def test_gamma_in_dx(student, rng):
    """`dx` grows with `gamma`, column by column: in training and in test mode, it is gamma times that for a gamma of ones."""
    for bn_param in ({"mode": "train"}, frozen_param(rng, 3)):
        x, gamma, beta, dout = draw(rng)
        plain = backward(student, x, np.ones(3), beta, dout, bn_param)["dx"]
        compare.shape(plain, (5, 3), "dx for a gamma of ones")
        compare.require(np.any(plain), "`dx` is zero everywhere.")
        got = backward(student, x, gamma, beta, dout, bn_param)["dx"]
        instead = {
            "without gamma": plain,
            "with the square of gamma": gamma**2 * plain,
            "divided by gamma": plain / gamma,
        }
        name = (
            f"dx after a forward in {bn_param['mode']}, compared with your own for a gamma of ones,"
        )
        args = (x, gamma, beta, bn_param)
        hint = "gamma multiplies the normalised x: which of the paths pass through it?"
        want = gamma * plain
        if difference(got, want) is not None and np.ndim(got) == 2:
            forward = OwnForward(student, FORWARD, args, 0, dout, H)
            close_to_own(got, want, name, forward, hint=hint, instead=instead)
        compare.shape(got, (5, 3), "dx")


@check("batchnorm_backward", points=2)
def test_little_variance(student, rng):
    """`dx` is right where `eps` counts: for a large eps, for a column that does not vary, and for a batch of one."""
    x, _, beta, dout = draw(rng, 5, 3, spread=1.0)
    gamma = np.ones(3)
    out, _ = student.forward(FORWARD, x, gamma, beta, {"mode": "train", "eps": 0.6})
    compare.shape(
        out, x.shape, "out"
    )  # one constant is no forward whose mistake is paid for elsewhere
    if difference(out, right_out(x, gamma, beta, 0.6)) is not None:
        return  # the forward's own mistake, paid for in its own question
    for one in (x[:1], x[:1, :1]):
        grads = backward(
            student,
            one,
            gamma[: one.shape[1]],
            beta[: one.shape[1]],
            dout[:1, : one.shape[1]],
            {"mode": "train"},
        )
        hint = "Whatever it is, it is its own mean."
        zeros = np.zeros(one.shape)
        compare.close(
            shaped(grads["dx"], zeros), zeros, f"dx of a batch of shape {one.shape}", hint=hint
        )
    flat = np.where(np.arange(3) == 1, 0.75, x)
    grads = backward(student, flat, gamma, beta, dout, {"mode": "train", "eps": 1e-5})
    compare.close(
        grads["dx"][:, 1],
        gradients(flat, gamma, dout, 1e-5)["dx"][:, 1],
        "dx of a column that does not vary",
    )
    grads = backward(student, x, gamma, beta, dout, {"mode": "train", "eps": 0.6})
    want = gradients(x, gamma, dout, 0.6)
    hint = "The root that out was divided by has eps in it: keep that very root in the cache."
    bare = gradients(x, gamma, dout, 0)["dx"]
    compare.close(
        grads["dx"],
        want["dx"],
        "dx for a large eps",
        hint=hint,
        instead={"if the root had no eps in it": bare},
    )
    without = np.einsum("nd,nd->d", dout, (x - x.mean(axis=0)) / x.std(axis=0))
    bare = difference(shaped(grads["dgamma"], without), without) is None
    compare.require(
        not bare, "`dgamma for a large eps` is what it would be if the root had no eps in it.", hint
    )


def divides_by_own(student, args, dout, bn_param, out):
    """Whether dx, for a gamma of ones, is dout over what the student's own forward divided by, running or not."""
    if np.shape(out) != np.shape(dout):
        return False
    c, moved = args[0] - args[0].mean(axis=0), out - np.mean(out, axis=0)
    with np.errstate(all="ignore"):
        want = dout * (c * moved).sum(axis=0) / (c * c).sum(axis=0)
    got = backward(student, *args, dout, bn_param)["dx"]
    return difference(shaped(got, want), want) is None


@check("batchnorm_backward", points=5)
def test_frozen(student, rng):
    """After a forward in test mode, mean and variance are constants: of the three paths to x, one is left."""
    for N, D in ((3, 2), (1, 3), (4, 1), (3, 3)):
        x, _, beta, dout = draw(rng, max(N, 2), D)
        x, dout, gamma = x[:N], dout[:N], np.ones(D)
        bn_param = frozen_param(rng, D)
        root = np.sqrt(bn_param["running_var"] + 1e-5)
        c = (x - bn_param["running_mean"]) / root
        past_variance = dout - c * (dout * c).mean(axis=0)
        instead = {
            "with all three paths, which are training's": (
                past_variance - past_variance.mean(axis=0)
            )
            / root,
            "with the path through the mean, which is training's": (dout - dout.mean(axis=0))
            / root,
            "without the division by the root": dout,
            "if nothing were passed on": np.zeros_like(dout),
        }
        want = dout / root
        out, _ = student.forward(FORWARD, x, gamma, beta, bn_param)
        if N == 1 and difference(out, c + beta) is not None:
            continue  # the forward's own mistake, by which the gradient of a batch of one may vanish
        if N > 1 and divides_by_own(student, (x, gamma, beta), dout, bn_param, out):
            continue
        hint = "Do running statistics depend on this batch?"
        hold(
            student,
            "dx",
            (x, gamma, beta),
            dout,
            bn_param,
            want,
            "dx after a forward pass in test mode",
            hint,
            instead,
        )


@check("batchnorm_backward", points=2)
def test_shapes(student, rng):
    """`dx` has the shape of `x`, `dgamma` and `dbeta` that of `gamma`, for a batch of one and for one feature too."""
    for N, D in ((5, 3), (1, 3), (5, 1), (1, 1)):
        x, gamma, beta, dout = draw(rng, 5, 3)
        bn_params = {"mode": "train"}, frozen_param(rng, D)
        for bn_param in bn_params:
            grads = backward(student, x[:N, :D], gamma[:D], beta[:D], dout[:N, :D], bn_param)
            for part, shape in (("dx", (N, D)), ("dgamma", (D,)), ("dbeta", (D,))):
                compare.shape(grads[part], shape, f"{part} for a batch of shape {(N, D)}")


@check("batchnorm_backward", points=2)
def test_manners(student, rng):
    """In either mode, `dout` and the cache stay as they are, float32 stays float32, any layout will do, and nothing loops over examples."""
    for mode in ("train", "test"):
        manners(
            student,
            rng,
            {
                "mode": mode,
                "running_mean": rng.normal(size=3),
                "running_var": rng.uniform(0.5, 2, 3),
            },
        )


def manners(student, rng, bn_param):
    x, gamma, beta, dout = draw(rng)
    _, cache = student.forward(FORWARD, x, gamma, beta, bn_param)
    first = compare.unpack(rules.pure(student, NAME, dout, cache), 3, "dx, dgamma, dbeta")
    student.forward(FORWARD, *(part[::-1] for part in (x, gamma, beta)), bn_param)
    for part, grad, before in zip(
        PARTS,
        compare.unpack(student.batchnorm_backward(dout, cache), 3, "dx, dgamma, dbeta"),
        first,
        strict=True,
    ):
        hint = "Whatever the backward pass needs belongs into this pass's cache, and stays there as it is."
        compare.close(
            grad, before, f"{part} of the same pass, asked for again after another one,", hint=hint
        )
    rules.layouts(student, NAME, dout, cache)
    single = [v.astype(np.float32) for v in (x, gamma, beta, dout)]
    memory = {
        key: value if key == "mode" else value.astype(np.float32) for key, value in bn_param.items()
    }
    out, _ = student.forward(FORWARD, *single[:3], memory)
    for part, grad in backward(student, *single, memory).items():
        dtype = getattr(grad, "dtype", None)
        compare.require(
            dtype == np.float32 or getattr(out, "dtype", None) != np.float32,  # its own mistake
            f"`{part}` is {dtype}, where float32 was expected: all you were given is.",
        )

    def make_args(n):
        x, gamma, beta, dout = draw(rng, n)
        return dout, student.forward(FORWARD, x, gamma, beta, bn_param)[1]

    rules.vectorised(student, NAME, make_args)
