"""Question `batchnorm_forward`: batch statistics in training, running ones in test, and the memory between them."""

import math

import numpy as np

from autograder.checking import check, compare, rules


def draw(rng, N=6, D=4):
    """x of different means and spreads, gamma, beta."""
    x = rng.normal(size=(N, D)) * rng.uniform(0.5, 4, D) + rng.uniform(-5, 5, D)
    return x, rng.choice([-1, 1], D) * rng.uniform(0.3, 2, D), rng.normal(size=D)


def statistics(x):
    """Mean and biased variance of each column, by exact sums."""
    means = [math.fsum(column) / len(column) for column in x.T]
    return np.array(means), np.array([math.fsum((v - m) ** 2 for v in column) / len(column) for column, m in zip(x.T, means, strict=True)])


def normalised(x, gamma, beta, mean, var, eps):
    return np.array(
        [[g * (v - m) / math.sqrt(s + eps) + b for v, g, b, m, s in zip(row, gamma, beta, mean, var, strict=True)] for row in x]
    )


def call(student, x, gamma, beta, bn_param):
    """out, and the bn_param as it was left."""
    report = student.report("batchnorm_forward", x, gamma, beta, bn_param, keep_last=True)
    return report.value[0], report.args[3]


def running(left, name):
    compare.that(name in left, f"`bn_param` holds no `{name}` after a batch in training.", "What the next call needs is kept there.")
    return left[name]


@check("batchnorm_forward", points=8)
def test_training(student, rng):
    """In training, each column of `x` is standardised by its own mean and biased variance over the batch, then scaled by $γ$ and shifted by $β$."""
    for N, D in ((5, 3), (8, 2), (3, 6)):
        x, gamma, beta = draw(rng, N, D)
        out, _ = call(student, x, gamma, beta, {"mode": "train", "eps": 1e-5})
        want = normalised(x, gamma, beta, *statistics(x), 1e-5)
        compare.close(
            out, want, "out", hint="Over which axis are mean and variance taken, by what are they divided, and where do gamma and beta go?"
        )


@check("batchnorm_forward", points=3)
def test_eps(student, rng):
    """`eps` is added to the variance before the root is taken, in either mode, and is 1e-5 if it is not given."""
    x, gamma, beta = draw(rng)
    mean, var = rng.normal(size=4), rng.uniform(0.5, 2, 4)
    for eps, scale in ((0.8, 1.0), (None, 2e-3)):
        settings = {} if eps is None else {"eps": eps}
        name = " without an eps in bn_param" if eps is None else " for a large eps"
        out, _ = call(student, scale * x, gamma, beta, {"mode": "train", **settings})
        compare.close(out, normalised(scale * x, gamma, beta, *statistics(scale * x), eps or 1e-5), "out in training" + name)
        memory = {"running_mean": mean, "running_var": scale**2 * var}
        out, _ = call(student, x, gamma, beta, {"mode": "test", **settings, **memory})
        compare.close(out, normalised(x, gamma, beta, mean, scale**2 * var, eps or 1e-5), "out in test" + name)


@check("batchnorm_forward", points=3)
def test_nothing_varies(student, rng):
    """A batch of one in training gives $β$, and so does a column that does not vary; no warning is raised."""
    x, gamma, beta = draw(rng)
    (out, _) = rules.pure(student, "batchnorm_forward", x[:1], gamma, beta, {"mode": "train"}, writes=(3,), keep_last=True)
    compare.close(out, beta[None], "out of a batch of one")
    x[:, 1] = 0.75
    (out, _) = rules.pure(student, "batchnorm_forward", x, gamma, beta, {"mode": "train"}, writes=(3,), keep_last=True)
    compare.close(out, normalised(x, gamma, beta, *statistics(x), 1e-5), "out with a column that does not vary")


@check("batchnorm_forward", points=4)
def test_running_statistics(student, rng):
    """Each batch in training moves the running mean and the running (biased) variance: `momentum` is the weight of the old value."""
    mean, var, momentum = rng.normal(size=4), rng.uniform(0.5, 2, 4), float(rng.uniform(0.6, 0.85))
    bn_param = {"mode": "train", "momentum": momentum, "running_mean": mean, "running_var": var}
    for number, size in enumerate((5, 1, 4)):
        x, gamma, beta = draw(rng, size)
        _, bn_param = call(student, x, gamma, beta, bn_param)
        batch_mean, batch_var = statistics(x)
        mean, var = momentum * mean + (1 - momentum) * batch_mean, momentum * var + (1 - momentum) * batch_var
        compare.close(running(bn_param, "running_mean"), mean, f"running_mean after batch {number + 1}")
        compare.close(
            running(bn_param, "running_var"),
            var,
            f"running_var after batch {number + 1}",
            hint="Which variance is averaged, and is it one?",
        )
    _, left = call(student, x, gamma, beta, {**bn_param, "momentum": 0.0})
    for name, want in (("running_mean", batch_mean), ("running_var", batch_var)):
        compare.close(running(left, name), want, f"{name} for a momentum of 0", hint="0 is a number like any other: nothing old is left.")


@check("batchnorm_forward", points=2)
def test_running_statistics_from_nothing(student, rng):
    """Where `bn_param` holds nothing but a mode, the running mean begins with zeros, the running variance with ones, and momentum is 0.9."""
    x, gamma, beta = draw(rng, 5)
    mean, var = statistics(x)
    _, left = call(student, x, gamma, beta, {"mode": "train"})
    compare.close(running(left, "running_mean"), 0.1 * mean, "running_mean after the first batch")
    compare.close(running(left, "running_var"), 0.9 + 0.1 * var, "running_var after the first batch")
    out, _ = call(student, x, gamma, beta, {"mode": "test"})
    compare.close(out, normalised(x, gamma, beta, np.zeros(4), np.ones(4), 1e-5), "out in test before any training")


@check("batchnorm_forward", points=5)
def test_test_mode(student, rng):
    """In test, `out` follows from the running statistics alone, whoever else is in the batch; nothing is written."""
    x, gamma, beta = draw(rng, 5)
    bn_param = {"mode": "test", "momentum": 0.7, "running_mean": rng.normal(size=4), "running_var": rng.uniform(0.5, 3, 4)}
    want = normalised(x, gamma, beta, bn_param["running_mean"], bn_param["running_var"], 1e-5)
    for rows, name in ((slice(None), "out in test"), (slice(2, 3), "out in test for a batch of one")):
        out, left = call(student, x[rows], gamma, beta, bn_param)
        compare.close(out, want[rows], name)
        for key in ("running_mean", "running_var"):
            compare.that(np.array_equal(left.get(key), bn_param[key]), f"`{key}` is changed in test mode.", "Test reads, training writes.")


@check("batchnorm_forward", points=1)
def test_far_from_zero(student, rng):
    """The variance is right also for a column whose mean is huge compared with its spread."""
    x, gamma, beta = draw(rng)
    x[:, 2] += 3e8
    out, _ = call(student, x, gamma, beta, {"mode": "train"})
    compare.close(out, normalised(x, gamma, beta, *statistics(x), 1e-5), "out", rtol=1e-3, atol=1e-3)


@check("batchnorm_forward", points=2)
def test_rejects(student, rng):
    """An unknown mode, or a `gamma` or `beta` of another shape than (D,), raises a ValueError that names what was given."""
    x, gamma, beta = draw(rng)
    rules.rejects(student, "batchnorm_forward", x, gamma, beta, {"mode": "eval"}, mentions=("eval",))
    rules.rejects(student, "batchnorm_forward", x, gamma, beta, {"mode": "Train"})
    train = {"mode": "train"}
    rules.rejects(student, "batchnorm_forward", x, gamma[:1], beta, train, mentions=("(1,)", "4"))
    rules.rejects(student, "batchnorm_forward", x, gamma, rng.normal(size=(6, 1)), train, mentions=("(6, 1)", "4"))
    rules.rejects(student, "batchnorm_forward", x, gamma[None], beta, train, mentions=("(1, 4)",))
    rules.rejects(student, "batchnorm_forward", x[0], gamma, beta, train, mentions=("(4,)",))
    rules.rejects(student, "batchnorm_forward", x[None], gamma, beta, train, mentions=("(1, 6, 4)",))


@check("batchnorm_forward", points=2, needs=("test_training", "test_running_statistics"))
def test_manners(student, rng):
    """Only `bn_param` is written to, in training alone, and its arrays are replaced, not changed; float32 stays float32; any layout will do; no loops."""
    x, gamma, beta = draw(rng)
    bn_param = {"mode": "train", "running_mean": rng.normal(size=4), "running_var": rng.uniform(1, 2, 4)}
    rules.pure(student, "batchnorm_forward", x, gamma, beta, bn_param, writes=(3,), keep_last=True)
    rules.layouts(student, "batchnorm_forward", x, gamma, beta, bn_param, keep_last=True)
    for mode in ("train", "test"):
        rules.floats(student, "batchnorm_forward", x, gamma, beta, {**bn_param, "mode": mode}, keep_last=True)
    single = {key: value if key == "mode" else value.astype(np.float32) for key, value in bn_param.items()}
    _, left = call(student, *(v.astype(np.float32) for v in (x, gamma, beta)), single)
    for name in ("running_mean", "running_var"):
        dtype = getattr(running(left, name), "dtype", None)
        compare.that(dtype == np.float32, f"`{name}` is {dtype}, though all that was given is float32.")
    arguments = [v.astype(np.float32) for v in (x, gamma, beta)]
    out, left = call(student, *arguments, {"mode": "test"})
    compare.that(
        set(left) == {"mode"},
        "In test, something is written into `bn_param`.",
        "What is not there may be supposed without putting it there.",
    )
    compare.that(
        getattr(out, "dtype", None) == np.float32, "`out` in test is not float32, though all that was given is, and nothing runs yet."
    )
    _, left = call(student, *arguments, {"mode": "train"})
    for name in ("running_mean", "running_var"):
        dtype = getattr(running(left, name), "dtype", None)
        compare.that(dtype == np.float32, f"`{name}` begins as {dtype}, though all that was given is float32.")
    whole = rng.integers(-9, 10, (3, 2))
    out, _ = call(student, whole, np.array([2, -1]), np.array([0, 3]), {"mode": "test"})
    want = normalised(whole, np.array([2, -1]), np.array([0, 3]), np.zeros(2), np.ones(2), 1e-5)
    compare.close(out, want, "out in test for whole numbers", rtol=1e-10)
    rules.vectorised(student, "batchnorm_forward", lambda n: (*draw(rng, n), {"mode": "train"}), keep_last=True)
