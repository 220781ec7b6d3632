"""Question `batchnorm_forward`: batch statistics in training, running ones at test time, and the memory between them."""

import math

import numpy as np

from autograder.checking import check, compare, rules
from utils.difference import difference

NAME = "batchnorm_forward"
WIDE = 3000.0  # a spread of the columns beside which eps does not count: eps has a check of its own
OTHER_EPS = (1e-3, 1e-4, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12)


def draw(rng, N=6, D=4, spread=1.0):
    """x of different means and spreads, gamma, beta."""
    x = rng.normal(size=(N, D)) * rng.uniform(0.5, 4, D) + rng.uniform(-5, 5, D)
    return spread * x, rng.choice([-1, 1], D) * rng.uniform(0.3, 2, D), rng.normal(size=D)


def statistics(x):
    """Mean and biased variance of each column, by exact sums."""
    means = [math.fsum(column) / len(column) for column in x.T]
    return np.array(means), np.array(
        [
            math.fsum((v - m) ** 2 for v in column) / len(column)
            for column, m in zip(x.T, means, strict=True)
        ]
    )


def normalised(x, gamma, beta, mean, var, eps):
    return np.array(
        [
            [
                g * (v - m) / math.sqrt(s + eps) + b
                for v, g, b, m, s in zip(row, gamma, beta, mean, var, strict=True)
            ]
            for row in x
        ]
    )


def divided(x, gamma, beta, mean, root):
    return gamma * (x - mean) / root + beta


def call(student, x, gamma, beta, bn_param):
    """out, and the bn_param as it was left."""
    report = student.report(NAME, x, gamma, beta, bn_param, keep_last=True)
    return report.value[0], report.args[3]


def running(left, name):
    compare.require(
        name in left,
        f"`bn_param` holds no `{name}` after a batch in training.",
        "What the next call needs is kept there.",
    )
    return left[name]


def closer(got, values):
    """The one of the values that `got` is, or the first: which of them is right is another check's business."""
    return next((value for value in values if difference(got, value) is None), values[0])


def wrong_averages(old, new, momentum):
    """What averages of known mistakes would be, by words."""
    return {
        "if `momentum` were the weight of the new value": (1 - momentum) * old + momentum * new,
        "with the default momentum of 0.9, whatever `bn_param` says": 0.9 * old + 0.1 * new,
        "if nothing old were kept": new,
        "if nothing had been moved": old,
        "if the new value were added in full": momentum * old + new,
    }


def wrong_variances(old, var, momentum, eps=1e-5):
    """The same of the running variance."""
    kept, share = momentum * old, 1 - momentum
    return {
        "if standard deviations were averaged in it": kept + share * np.sqrt(var),
        "if `eps` were added to the variance in it": kept + share * (var + eps),
        "if the root with `eps` were averaged in it": kept + share * np.sqrt(var + eps),
        **wrong_averages(old, var, momentum),
    }


@check("batchnorm_forward", points=6)
def test_training(student, rng):
    """In training, each column of `x` is standardised by its own mean and variance over the batch, then scaled by $γ$ and shifted by $β$."""
    for N, D in ((5, 3), (8, 2), (3, 6), (4, 4)):
        x, gamma, beta = draw(rng, N, D, WIDE)
        out, _ = call(student, x, gamma, beta, {"mode": "train"})
        compare.shape(out, (N, D), "out")
        mean, var = statistics(x)
        root = np.sqrt(var)
        instead = {
            "without gamma": divided(x, 1, beta, mean, root),
            "without beta": divided(x, gamma, 0, mean, root),
            "with gamma and beta exchanged": divided(x, beta, gamma, mean, root),
            "without the division by the root": divided(x, gamma, beta, mean, 1),
            "divided by the variance, without a root": divided(x, gamma, beta, mean, var),
            "with running statistics where the batch's belong": gamma * x / np.sqrt(1 + 1e-5)
            + beta,
        }
        if N != D:
            instead |= {
                "if each example were standardised by its own mean and variance": gamma
                * (x - x.mean(axis=1, keepdims=True))
                / x.std(axis=1, keepdims=True)
                + beta,
            }
        either = [
            divided(x, gamma, beta, mean, scale * root) for scale in (1, math.sqrt(N / (N - 1)))
        ]
        hint = "Over which axis are mean and variance taken, and where do gamma and beta go?"
        compare.close(out, closer(out, either), "out", instead=instead, hint=hint)


@check("batchnorm_forward", points=2)
def test_biased_variance(student, rng):
    """The variance is the biased one, divided by $N$, in `out` and in the running variance."""
    for N in (2, 5):
        x, gamma, beta = draw(rng, N, 3, WIDE)
        mean, var = statistics(x)
        old = WIDE**2 * rng.uniform(0.5, 2, 3)
        bn_param = {
            "mode": "train",
            "momentum": 0.5,
            "running_mean": np.zeros(3),
            "running_var": old,
        }
        out, left = call(student, x, gamma, beta, bn_param)
        hint = "By N, not by N - 1: `var` of NumPy does that by itself."
        with_n_minus_1 = "with a variance divided by N - 1"
        unbiased = divided(x, gamma, beta, mean, np.sqrt(var * N / (N - 1)))
        compare.require(
            difference(out, unbiased) is not None,
            f"`out` is what it would be {with_n_minus_1}.",
            hint,
        )
        unbiased = 0.5 * old + 0.5 * var * N / (N - 1)
        got = running(left, "running_var")
        compare.require(
            difference(got, unbiased) is not None,
            f"`running_var` is what it would be {with_n_minus_1}.",
            hint,
        )
        # what else may be wrong with either is another check's business, but one of them must be right for this one
        right = difference(out, divided(x, gamma, beta, mean, np.sqrt(var))) is None
        compare.require(
            right or difference(got, 0.5 * old + 0.5 * var) is None,
            "Neither `out` nor `running_var` shows a variance by N.",
        )


@check("batchnorm_forward", points=3)
def test_eps(student, rng):
    """`eps` is added to the variance before the root is taken, in either mode, and is 1e-5 if it is not given."""
    x, gamma, beta = draw(rng)
    mean, var = rng.normal(size=4), rng.uniform(0.5, 2, 4)
    for given, scale in ((0.8, 1.0), (None, 2e-3)):
        settings, eps = ({}, 1e-5) if given is None else ({"eps": given}, given)
        name = " without an eps in bn_param" if given is None else " for a large eps"
        small = scale * x
        memory = {"running_mean": mean, "running_var": scale**2 * var}
        for mode, batch, by, s2 in (
            ("train", small, *statistics(small)),
            ("test", x, mean, scale**2 * var),
        ):
            instead = {
                "if `eps` were added to the root": divided(
                    batch, gamma, beta, by, np.sqrt(s2) + eps
                ),
                "if the square of `eps` were added to the variance": divided(
                    batch, gamma, beta, by, np.sqrt(s2 + eps**2)
                ),
                "without any `eps`": divided(batch, gamma, beta, by, np.sqrt(s2)),
            }
            if given is not None:
                instead["with the default eps, whatever `bn_param` says"] = normalised(
                    batch, gamma, beta, by, s2, 1e-5
                )
            else:
                instead |= {
                    f"with a default eps of {other:g}": normalised(
                        batch, gamma, beta, by, s2, other
                    )
                    for other in OTHER_EPS
                }
            N = len(batch)
            out, _ = call(
                student,
                batch,
                gamma,
                beta,
                {"mode": mode, **settings, **(memory if mode == "test" else {})},
            )
            either = [
                normalised(batch, gamma, beta, by, variance, eps)
                for variance in (s2, s2 * N / (N - 1))
            ]
            compare.close(
                out,
                either[0] if mode == "test" else closer(out, either),
                f"out in {mode}{name}",
                instead=instead,
            )


@check("batchnorm_forward", points=2)
def test_nothing_varies(student, rng):
    """A batch of one in training gives $β$, and so does a column that does not vary; no warning is raised; the batch of one is averaged like any other."""
    x, gamma, beta = draw(rng, spread=WIDE)
    for columns in (slice(None), slice(1)):
        args = x[:1, columns], gamma[columns], beta[columns]
        (out, _) = rules.pure(student, NAME, *args, {"mode": "train"}, writes=(3,), keep_last=True)
        compare.close(out, beta[None, columns], "out of a batch of one")
    x = np.where(np.arange(4) == 1, 0.75, x)
    (out, _) = rules.pure(
        student, NAME, x, gamma, beta, {"mode": "train"}, writes=(3,), keep_last=True
    )
    compare.close(out[:, 1], np.full(6, beta[1]), "out of a column that does not vary")
    old = {"running_mean": rng.normal(size=4), "running_var": rng.uniform(0.5, 2, 4)}
    _, left = call(student, x[:1], gamma, beta, {"mode": "train", "momentum": 0.7, **old})
    for name in old:
        compare.require(
            not np.array_equal(running(left, name), old[name]),
            f"`{name}` is not moved by a batch of one in training.",
            "A batch of one has a mean, and a variance of 0: they count like any other batch's.",
        )


@check("batchnorm_forward", points=4)
def test_running_statistics(student, rng):
    """Each batch in training moves the running mean and the running variance: `momentum` is the weight of the old value."""
    mean, var, momentum = rng.normal(size=4), rng.uniform(0.5, 2, 4), float(rng.uniform(0.6, 0.8))
    bn_param = {"mode": "train", "momentum": momentum, "running_mean": mean, "running_var": var}
    for number, size in enumerate((5, 3, 4)):
        x, gamma, beta = draw(rng, size)
        _, bn_param = call(student, x, gamma, beta, bn_param)
        batch_mean, batch_var = statistics(x)
        want = momentum * mean + (1 - momentum) * batch_mean
        instead = wrong_averages(mean, batch_mean, momentum)
        compare.close(
            running(bn_param, "running_mean"),
            want,
            f"running_mean after batch {number + 1}",
            instead=instead,
        )
        mean = want
        got, instead = running(bn_param, "running_var"), wrong_variances(var, batch_var, momentum)
        either = [
            momentum * var + (1 - momentum) * by
            for by in (batch_var, batch_var * size / (size - 1))
        ]
        hint = "Which variance is averaged, and is it one?"
        compare.close(
            got,
            closer(got, either),
            f"running_var after batch {number + 1}",
            instead=instead,
            hint=hint,
        )
        var = np.array(got)


@check("batchnorm_forward", points=2)
def test_running_statistics_from_nothing(student, rng):
    """Where `bn_param` holds no such thing, the running mean begins with zeros, the running variance with ones, and momentum is 0.9; a momentum of 0 is one."""
    x, gamma, beta = draw(rng, 5)
    mean, var = statistics(x)
    _, left = call(student, x, gamma, beta, {"mode": "train"})
    zeros, ones = np.zeros(4), np.ones(4)
    instead = {
        "with a default momentum of 0.99": 0.01 * mean,
        "with a default momentum of 0.1": 0.9 * mean,
        "of a first batch": mean,
    }
    compare.close(
        running(left, "running_mean"),
        0.1 * mean,
        "running_mean after the first batch",
        instead=instead,
    )
    got = running(left, "running_var")
    either = [0.9 + 0.1 * by for by in (var, var * 5 / 4)]
    instead = {
        "if it began with zeros": 0.1 * var,
        "with a default momentum of 0.99": 0.99 + 0.01 * var,
        "of a first batch": var,
    }
    compare.close(got, closer(got, either), "running_var after the first batch", instead=instead)
    out, _ = call(student, x, gamma, beta, {"mode": "test", "eps": 1e-5})
    want = normalised(x, gamma, beta, zeros, ones, 1e-5)
    compare.close(out, want, "out in test mode before any training", rtol=1e-4, atol=1e-4)
    _, left = call(
        student,
        x,
        gamma,
        beta,
        {"mode": "train", "momentum": 0.0, "running_mean": ones, "running_var": ones},
    )
    hint = "0 is a number like any other: nothing old is left."
    compare.close(
        running(left, "running_mean"), mean, "running_mean for a momentum of 0", hint=hint
    )
    got = running(left, "running_var")
    compare.close(
        got, closer(got, [var, var * 5 / 4]), "running_var for a momentum of 0", hint=hint
    )


@check("batchnorm_forward", points=2)
def test_test_mode(student, rng):
    """In test mode, `out` follows from the running statistics alone, whatever else is in the batch; nothing is written."""
    x, gamma, beta = draw(rng, 5, spread=WIDE)
    memory = {
        "running_mean": WIDE * rng.normal(size=4),
        "running_var": WIDE**2 * rng.uniform(0.5, 3, 4),
    }
    bn_param = {"mode": "test", "momentum": 0.7, **memory}
    root = np.sqrt(memory["running_var"])
    want = divided(x, gamma, beta, memory["running_mean"], root)
    own = divided(x, gamma, beta, x.mean(axis=0), x.std(axis=0))
    instead = {
        "with the batch's own mean and variance": own,
        "divided by the running variance, without a root": divided(
            x, gamma, beta, memory["running_mean"], root**2
        ),
        "with the batch's own mean": divided(x, gamma, beta, x.mean(axis=0), root),
        "with the batch's own variance": divided(
            x, gamma, beta, memory["running_mean"], x.std(axis=0)
        ),
        "without gamma": divided(x, 1, beta, memory["running_mean"], root),
        "without beta": divided(x, gamma, 0, memory["running_mean"], root),
    }
    for rows, name in (
        (slice(None), "out in test mode"),
        (slice(2, 3), "out in test mode for a batch of one"),
    ):
        out, left = call(student, x[rows], gamma, beta, bn_param)
        compare.close(
            out, want[rows], name, instead={words: value[rows] for words, value in instead.items()}
        )
        for key in memory:
            compare.require(
                np.array_equal(left.get(key), bn_param[key]),
                f"`{key}` is changed in test mode.",
                "Test reads, training writes.",
            )
    _, left = call(student, x, gamma, beta, {**bn_param, "mode": "train"})
    mean, var = (np.asarray(running(left, name), dtype=float) for name in memory)
    out, _ = call(student, x[:2], gamma, beta, {**left, "mode": "test"})
    want = divided(x[:2], gamma, beta, mean, np.sqrt(var))
    compare.close(out, want, "out in test mode after a batch in training with the same `bn_param`")


@check("batchnorm_forward", points=1)
def test_far_from_zero(student, rng):
    """The variance is right also for a column whose mean is huge compared with its spread."""
    x, gamma, beta = draw(rng)
    x += 3e8 * (np.arange(4) == 2)
    out, _ = call(student, x, gamma, beta, {"mode": "train"})
    mean, var = statistics(x)
    either = [normalised(x, gamma, beta, mean, by, 1e-5) for by in (var, var * 6 / 5)]
    fits = [difference(out, want, rtol=1e-3, atol=1e-3) for want in either]
    compare.close(
        out,
        either[fits.index(None) if None in fits else 0],
        "out",
        rtol=1e-3,
        atol=1e-3,
        hint="Subtract the mean, then square.",
    )


@check("batchnorm_forward", points=1)
def test_rejects(student, rng):
    """An unknown mode, an `x` without two axes, or a `gamma` or `beta` of another shape than (D,), raises a ValueError that names what was given."""
    x, gamma, beta = draw(rng)
    rules.rejects(student, NAME, x, gamma, beta, {"mode": "eval"}, mentions=("eval",))
    rules.rejects(student, NAME, x, gamma, beta, {"mode": "Train"})
    train = {"mode": "train"}
    rules.rejects(student, NAME, x, gamma[:1], beta, train, mentions=("(1,)", "4"))
    rules.rejects(student, NAME, x, gamma, rng.normal(size=(6, 1)), train, mentions=("(6, 1)", "4"))
    rules.rejects(student, NAME, x, gamma[None], beta, train, mentions=("(1, 4)",))
    rules.rejects(student, NAME, x, gamma, beta[None], {"mode": "test"}, mentions=("(1, 4)",))
    rules.rejects(student, NAME, x[0], gamma, beta, train, mentions=("(4,)",))
    rules.rejects(student, NAME, x[None], gamma, beta, train, mentions=("(1, 6, 4)",))


@check("batchnorm_forward", points=1)
def test_precision(student, rng):
    """float32 stays float32, in `out` and in the running statistics; whole numbers give float64."""
    x, gamma, beta = draw(rng)
    memory = {"running_mean": rng.normal(size=4), "running_var": rng.uniform(1, 2, 4)}
    for mode in ("train", "test"):
        rules.floats(student, NAME, x, gamma, beta, {**memory, "mode": mode}, keep_last=True)
    single = [v.astype(np.float32) for v in (x, gamma, beta)]
    given = {name: value.astype(np.float32) for name, value in memory.items()}
    for more, verb in ((given, "is"), ({}, "begins as")):
        out, left = call(student, *single, {"mode": "train", **more})
        for name in ("running_mean", "running_var"):
            dtype = getattr(running(left, name), "dtype", None)
            compare.require(
                dtype == np.float32,
                f"`{name}` {verb} {dtype}, where float32 was expected: all that was given is.",
            )
    out, _ = call(student, *single, {"mode": "test"})
    dtype = getattr(out, "dtype", None)
    compare.require(
        dtype == np.float32,
        f"`out` in test mode, before any training, is {dtype}, where float32 was expected: all that was given is.",
    )
    whole = rng.integers(-9, 10, (3, 2))
    # the defaults have checks of their own
    bn_param = {"mode": "test", "eps": 1e-5, "running_mean": np.zeros(2), "running_var": np.ones(2)}
    out, _ = call(student, whole, np.array([2, -1]), np.array([0, 3]), bn_param)
    want = normalised(whole, np.array([2, -1]), np.array([0, 3]), np.zeros(2), np.ones(2), 1e-5)
    compare.close(out, want, "out in test mode for whole numbers", rtol=1e-4, atol=1e-4)
    bn_param |= {"mode": "train", "momentum": 0.9}
    _, left = call(student, whole, np.array([2, -1]), np.array([0, 3]), bn_param)
    compare.close(
        np.reshape(running(left, "running_mean"), -1),
        0.1 * whole.mean(axis=0),
        "running_mean after a batch of whole numbers",
    )


@check("batchnorm_forward", points=1)
def test_manners(student, rng):
    """Only `bn_param` is written to, in training alone, and its arrays are replaced, not changed; any layout will do; no loops."""
    x, gamma, beta = draw(rng)
    bn_param = {
        "mode": "train",
        "running_mean": rng.normal(size=4),
        "running_var": rng.uniform(1, 2, 4),
    }
    rules.pure(student, NAME, x, gamma, beta, bn_param, writes=(3,), keep_last=True)
    rules.pure(student, NAME, x, gamma, beta, {**bn_param, "mode": "test"}, keep_last=True)
    rules.layouts(student, NAME, x, gamma, beta, bn_param, keep_last=True)
    out, left = call(student, x, gamma, beta, {"mode": "test"})
    compare.shape(out, x.shape, "out")  # one constant has manners too
    compare.require(
        set(left) == {"mode"},
        "In test mode, something is written into `bn_param`.",
        "What is not there may be supposed without putting it there.",
    )
    rules.vectorised(student, NAME, lambda n: (*draw(rng, n), {"mode": "train"}), keep_last=True)
