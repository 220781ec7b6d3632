"""Question `dropout`: what is kept, how it is scaled, and that the backward pass knows the mask.

Masks are read off from the outputs. Each check looks at one thing and takes the others as the answer has them, so that one
mistake costs one check; all but one use arrays of two axes.
"""

import numpy as np

from autograder.checking import check, compare, numeric_gradient, rules

SCALED = "Scale the kept entries so that the mean of each entry does not change."


def fresh(rng):
    return np.random.default_rng(int(rng.integers(2**32)))


def param(rng, keep_prob, mode="train"):
    return {"keep_prob": keep_prob, "mode": mode, "rng": fresh(rng)}


def draw(rng, *shape):
    return rng.uniform(0.5, 2, shape) * rng.choice(
        [-1.0, 1.0], shape
    )  # no zeros: a zero was dropped


def train(student, x, settings):
    """out, cache and the mask of one pass in training."""
    out, cache = student.forward("dropout_forward", x, settings)
    compare.shape(out, x.shape, "out")
    return out, cache, out != 0


def back(student, dout, cache):
    dx = student.dropout_backward(dout, cache)
    compare.shape(dx, dout.shape, "dx")
    return dx


def check_scale(student, rng, shape, keep_prob):
    x = draw(rng, *shape)
    out, _, kept = train(student, x, param(rng, keep_prob))
    words = (
        f" for x with {len(shape)} {'axis' if len(shape) == 1 else 'axes'}"
        if len(shape) != 2
        else ""
    )
    compare.require(kept.any(), f"In training nothing is kept{words}.")
    compare.require(not kept.all(), f"In training nothing is dropped{words}.")
    return x, out, kept, words


@check("dropout", points=6)
def test_dropped_or_scaled(student, rng):
    """In training every entry of `out` is either 0 or the scaled entry of x, and both occur."""
    for keep_prob in (0.8, 0.35):
        x, out, kept, _ = check_scale(student, rng, (40, 30), keep_prob)
        compare.close(out[kept], x[kept] / keep_prob, "out where it is kept", hint=SCALED)


@check("dropout", points=3)
def test_any_shape(student, rng):
    """x may have any shape: every entry is kept or dropped independently, and `dx` has the same shape."""
    for shape, keep_prob in (((300,), 0.5), ((40, 3, 2, 3), 0.35), ((30, 5, 4), 0.6)):
        x, out, kept, words = check_scale(student, rng, shape, keep_prob)
        ratio = (out / x)[kept]
        compare.close(
            ratio, np.full(ratio.shape, ratio[0]), f"out / x where it is kept{words}", hint=SCALED
        )
        dout = draw(rng, *shape)
        _, cache, _ = train(student, x, param(rng, keep_prob))
        compare.require(back(student, dout, cache).any(), f"dx is zero everywhere{words}.")
        out, cache = student.forward("dropout_forward", x, {"keep_prob": keep_prob, "mode": "test"})
        compare.shape(out, shape, f"out at test time{words}")
        back(student, dout, cache)
    # One example a pass: whether examples share a mask is for another check.
    keep_prob = 0.6
    calls = [(draw(rng, 1, 5, 6, 4), param(rng, keep_prob)) for _ in range(40)]
    passes = student.batch("dropout_forward", calls, keep_last=True)
    for out in passes:
        compare.shape(out, (1, 5, 6, 4), "out")
    kept = np.concatenate(passes) != 0
    for axes, number in (((2, 3), 24), ((1, 2), 30)):
        counts = kept.sum(axis=axes)
        ratio = counts.var(ddof=1) / (number * keep_prob * (1 - keep_prob))
        compare.require(
            ratio < 1 + 5 * np.sqrt(2 / (counts.size - 1)),
            "In an array of four axes, entries that share an example and another index are dropped together.",
            "A mask has the shape of x.",
        )


@check("dropout", points=5)
def test_share_that_is_kept(student, rng):
    """Entries are kept with probability `keep_prob`; with 1, everything is kept."""
    for rows, keep_prob in ((6000, 0.85), (6000, 0.3), (15000, 0.995)):
        _, _, kept = train(student, draw(rng, rows, 1), param(rng, keep_prob))
        std_error = np.sqrt(keep_prob * (1 - keep_prob) / kept.size)
        near_drop = abs(kept.mean() - (1 - keep_prob)) < 5 * std_error
        hint = (
            "It is the share that should be dropped: `keep_prob` says what to keep."
            if near_drop
            else "`keep_prob` says what to keep."
        )
        compare.near_mean(
            kept, keep_prob, std_error, "the share of entries that are kept", hint=hint
        )
    x = draw(rng, 7, 5)
    compare.require(
        train(student, x, param(rng, 1.0))[2].all(), "For keep_prob = 1 something is dropped."
    )


@check("dropout", points=4)
def test_a_coin_for_every_entry(student, rng):
    """Every entry of every example is kept or dropped independently of all others."""
    keep_prob, rows, columns = 0.6, 120, 80
    kept = train(student, draw(rng, rows, columns), param(rng, keep_prob))[2]
    share = kept.mean()
    for axis, number, other, words in ((1, columns, rows, "row"), (0, rows, columns, "column")):
        counts = kept.sum(axis=axis)
        wanted = max(number * share * (1 - share), 1e-9)
        ratio = (
            counts.var(ddof=1) / wanted
        )  # 1 for independent coins, give or take sqrt(2 / (other - 1))
        compare.require(
            ratio < 1 + 5 * np.sqrt(2 / (other - 1)),
            f"Entries of a {words} are dropped together: what is kept varies too much from {words} to {words}.",
            "A mask has the shape of x.",
        )
        compare.require(
            ratio > max(1 - 5 * np.sqrt(2 / (other - 1)), 0.1),
            f"What is kept varies too little from {words} to {words}.",
            "Keep or drop each entry independently of the others.",
        )
    few = draw(rng, 4, 5)
    counts = [
        (out != 0).sum()
        for out in student.batch(
            "dropout_forward", [(few, param(rng, 0.5)) for _ in range(30)], keep_last=True
        )
    ]
    if np.ptp(counts) == 0:
        compare.cause(
            "In every pass the same number of entries is kept.",
            "keep_prob is the kept fraction on average only.",
        )


@check("dropout", points=3)
def test_where_the_mask_comes_from(student, rng):
    """Each pass has a new mask, drawn from `rng` alone."""
    rows, columns = 60, 40
    settings = param(rng, 0.6)
    kept, again = (train(student, draw(rng, rows, columns), settings)[2] for _ in range(2))
    compare.require(
        np.array_equal(kept, again),
        "The same state of `rng` gives two different masks.",
        "Draw from the `rng` that you receive, and not from `np.random`.",
    )
    other = train(student, draw(rng, rows, columns), param(rng, 0.6))[2]
    compare.require(
        not np.array_equal(kept, other),
        "Two states of `rng` give the same mask.",
        "Draw from the `rng` that is passed in.",
    )
    first, second = compare.unpack(
        student.two_passes(np.ones((rows, columns)), settings), 2, "the outputs of two passes"
    )
    compare.require(
        not np.array_equal(first, second),
        "Of two passes in a row, the second has the mask of the first.",
        "Draw from the caller's `rng` itself, not from a copy of it: it is meant to move on.",
    )


@check("dropout", points=4)
def test_test_mode(student, rng):
    """At test time `out` is x, whatever `keep_prob` is, with or without an `rng`, and `dx` is `dout`."""
    for shape, keep_prob, given in (
        ((6, 5), 0.4, {"rng": fresh(rng)}),
        ((1, 4), 0.9, {}),
        ((30, 20), 0.5, {"rng": fresh(rng)}),
    ):
        x, dout = draw(rng, *shape), draw(rng, *shape)
        settings = {"keep_prob": keep_prob, "mode": "test", **given}
        out, cache = student.forward("dropout_forward", x, settings)
        words = "at test time" + (
            " where dropout_param holds an rng" if given else " without an rng"
        )
        compare.close(
            out,
            x,
            f"out {words}",
            hint="At test time nothing is dropped and nothing is scaled: look at `mode`.",
        )
        compare.close(student.dropout_backward(dout, cache), dout, f"dx {words}")


@check("dropout", points=5)
def test_the_way_back(student, rng):
    """In training the gradient flows only through the entries that this forward pass kept, with the same scale."""
    for shape, keep_prob in (((40, 6), 0.7), ((1, 60), 0.4)):
        x, dout = draw(rng, *shape), draw(rng, *shape)
        out, cache, kept = train(student, x, param(rng, keep_prob))
        compare.require(
            np.isfinite(out).all(),
            "`out` holds nan or inf, so the backward pass cannot be checked.",
        )
        dx = back(student, dout, cache)
        compare.close(
            dx[~kept],
            np.zeros((~kept).sum()),
            "dx where it was dropped",
            hint="Do you use the mask of this forward pass?",
        )
        hint = "What did the forward pass multiply this entry of x by?"
        compare.close(dx[kept], (dout * out / x)[kept], "dx where it was kept", hint=hint)


@check("dropout", points=2)
def test_inputs_of_zero(student, rng):
    """A kept entry of x can be 0 itself, for example after a ReLU. Its gradient is not 0."""
    for shape in ((6, 6), (1, 12)):
        x, dout, settings = draw(rng, *shape), draw(rng, *shape), param(rng, 0.75)
        x[:, 1:] = 0.0
        _, cache, _ = train(student, x, settings)
        slope = numeric_gradient(
            student, "dropout_forward", (x, settings), 0, dout, flat=len(x) == 1
        )
        there = np.abs(slope) > 1e-6
        missing = there & (back(student, dout, cache) == 0)
        compare.require(
            not missing.any(),
            "`dx` is 0 at an entry that was kept.",
            "An output of 0 was not always dropped: keep the mask in the cache.",
        )


@check("dropout", points=1)
def test_one_cache_a_pass(student, rng):
    """The backward pass gives the same result after other forward passes, and when you call it again."""
    x, dout = draw(rng, 12, 6), draw(rng, 12, 6)
    _, cache, _ = train(student, x, param(rng, 0.7))
    first = back(student, dout, cache)
    train(student, draw(rng, 12, 6), param(rng, 0.7))
    student.forward("dropout_forward", x, {"keep_prob": 0.7, "mode": "test"})
    hint = "Keep all that the backward pass needs in the cache of its forward pass, and do not change it."
    compare.close(
        back(student, dout, cache),
        first,
        "dx of the same pass, computed again after another pass,",
        hint=hint,
    )


@check("dropout", points=1)
def test_bad_arguments(student, rng):
    """A `keep_prob` outside (0, 1] and an unknown mode raise a ValueError that names it, in training and at test time."""
    x = draw(rng, 3, 4)
    for keep_prob, mode in (
        (0.0, "train"),
        (-3, "train"),
        (7, "train"),
        (7, "test"),
        (1.5, "train"),
        (0.0, "test"),
    ):
        mentions = (str(keep_prob),) if isinstance(keep_prob, int) else ()
        rules.rejects(student, "dropout_forward", x, param(rng, keep_prob, mode), mentions=mentions)
    rules.rejects(student, "dropout_forward", x, param(rng, 0.5, "eval"), mentions=("eval",))
    rules.rejects(student, "dropout_forward", x, param(rng, 0.5, "Train"))


@check("dropout", points=1)
def test_arguments_and_dtypes(student, rng):
    """x, dout and the settings stay unchanged. float32 stays float32, and whole numbers become float64. Any memory layout works, and nothing loops over examples."""
    x, dout = draw(rng, 3, 4), draw(rng, 3, 4)
    for mode in ("train", "test"):
        settings = param(rng, 0.5, mode)
        rules.pure(student, "dropout_forward", x, settings, keep_last=True)
        rules.floats(student, "dropout_forward", x, settings, keep_last=True)
    rules.layouts(student, "dropout_forward", x, settings | {"mode": "train"}, keep_last=True)
    _, cache, _ = train(student, x, param(rng, 0.5))
    rules.pure(student, "dropout_backward", dout, cache)
    for mode in ("train", "test"):
        _, cache = student.forward("dropout_forward", x.astype(np.float32), param(rng, 0.5, mode))
        dx = student.dropout_backward(dout.astype(np.float32), cache)
        compare.require(
            getattr(dx, "dtype", None) == np.float32,
            f"`dx` is not float32 in {mode} mode, though x and dout are.",
        )

    def make_args(n):
        return draw(rng, n, 3), student.forward(
            "dropout_forward", draw(rng, n, 3), param(rng, 0.5)
        )[1]

    rules.vectorised(student, "dropout_backward", make_args)
    rules.vectorised(
        student,
        "dropout_forward",
        lambda n: (draw(rng, n, 3), param(rng, 0.5)),
        keep_last=True,
    )
