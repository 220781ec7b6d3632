"""Question `dropconnect`: which weights are there in a pass, read off from the outputs.

Where x is the identity and b is zero, the output shows the weights of the pass. Each check looks at one thing and takes the
others as the answer has them, so that one mistake costs one check; the backward pass is held against the answer's own forward pass.
"""

import numpy as np

from autograder.checking import check, compare, numeric_gradient, rules
from utils.difference import difference


def fresh(rng):
    return np.random.default_rng(int(rng.integers(2**32)))


def param(rng, keep_prob, mode="train"):
    return {"keep_prob": keep_prob, "mode": mode, "rng": fresh(rng)}


def layer(rng, examples, inputs, outputs):
    """x, w and b, no weight near zero."""
    w = rng.uniform(0.5, 2, (inputs, outputs)) * rng.choice([-1.0, 1.0], (inputs, outputs))
    return rng.normal(size=(examples, inputs)), w, rng.normal(size=outputs)


def forward(student, x, w, b, settings):
    out, cache = student.forward("dropconnect_forward", x, w, b, settings)
    compare.shape(out, (len(x), w.shape[1]), "out")
    return out, cache


def shown(student, w, settings):
    """The weights that a pass uses, those not used being exactly 0."""
    return forward(student, np.eye(len(w)), w, np.zeros(w.shape[1]), settings)[0]


def gradients(student, dout, cache):
    return compare.unpack(student.dropconnect_backward(dout, cache), 3, "dx, dw, db")


@check("dropconnect", points=3)
def test_weights_of_a_pass(student, rng):
    """In training every weight is either dropped or scaled, and both occur."""
    for keep_prob in (0.6, 0.4):
        # Of one input, so that it makes no difference which example or unit a mask belongs to; and
        # so many that also masks of whole inputs keep some and drop some.
        weights = [layer(rng, 1, 1, 12)[1] for _ in range(40)]
        calls = [(np.eye(1), w, np.zeros(12), param(rng, keep_prob)) for w in weights]
        passes = student.batch("dropconnect_forward", calls, keep_last=True)
        for out in passes:
            compare.shape(out, (1, 12), "out")
        used, wanted = np.array(passes), np.array(weights) / keep_prob
        compare.require((used != 0).any(), "In training nothing is kept.")
        compare.require(not (used != 0).all(), "In training nothing is dropped.")
        hint = "Scale the kept weights so that the mean of each weight does not change."
        compare.close(used[used != 0], wanted[used != 0], "the weights that are kept", hint=hint)


@check("dropconnect", points=1)
def test_bias(student, rng):
    """The bias is added to each example unchanged: it is neither dropped nor scaled."""
    x, w, b = layer(rng, 5, 6, 8)
    settings = param(rng, 0.5)
    with_b, without = (forward(student, x, w, one, settings)[0] for one in (b, np.zeros(8)))
    added, hint = with_b - without, "Connections are dropped, not biases."
    missing = np.isclose(added, 0, atol=1e-9)
    if missing.any() and np.allclose(added, np.where(missing, 0, 2 * b)):
        compare.cause("entries of `b` are dropped as well.", hint)
    if np.allclose(added, 2 * b):
        compare.cause("`b` is divided by `keep_prob` as well.", hint)
    compare.close(added, np.tile(b, (5, 1)), "what `b` adds to `out`", hint=hint)


@check("dropconnect", points=2)
def test_one_mask_for_the_batch(student, rng):
    """One mask is used for all examples of a batch."""
    x, w, b = layer(rng, 1, 24, 24)
    out, _ = forward(student, np.repeat(x, 3, axis=0), w, b, param(rng, 0.5))
    compare.close(
        out[1:], out[:2], "out of equal examples in one batch", hint="A mask has the shape of w."
    )


@check("dropconnect", points=2)
def test_a_coin_for_every_connection(student, rng):
    """Each weight is kept with probability `keep_prob`, independently of the others."""
    keep_prob = 0.65
    w = layer(rng, 1, 60, 60)[1]
    kept = shown(student, w, param(rng, keep_prob)) != 0
    spread = keep_prob * (1 - keep_prob)
    for axis, words in ((1, "leave an input"), (0, "enter an output")):
        ratio = kept.sum(axis=axis).var(ddof=1) / (60 * spread)
        compare.require(
            0.1 < ratio < 1 + 5 * np.sqrt(2 / 59),
            f"Connections that {words} are not dropped independently.",
            "Connections, not units.",
        )
    compare.near_mean(
        kept,
        keep_prob,
        np.sqrt(spread / kept.size),
        "the share of weights that are kept",
        hint="`keep_prob` says what to keep.",
    )
    x, small, b = layer(rng, 6, 4, 5)
    compare.close(
        forward(student, x, small, b, param(rng, 1.0))[0], x @ small + b, "out for keep_prob = 1"
    )
    used = shown(student, np.ones((120, 120)), param(rng, 0.995))
    few = np.sqrt(0.995 * 0.005 / used.size)
    compare.near_mean(
        used != 0,
        0.995,
        few,
        "the share of weights that are kept where few are dropped",
        hint="Any number from 0 to 1 will do.",
    )
    tiny = (np.eye(4), np.ones((4, 5)), np.zeros(5))
    passes = student.batch(
        "dropconnect_forward", [(*tiny, param(rng, 0.5)) for _ in range(30)], keep_last=True
    )
    counts = [(out != 0).sum() for out in passes]
    compare.require(
        np.ptp(counts) > 0,
        "In every pass the same number of weights is kept.",
        "keep_prob is the share on average only.",
    )


@check("dropconnect", points=1)
def test_where_the_mask_comes_from(student, rng):
    """Each pass has a new mask, drawn from `rng` alone."""
    x, w, b = layer(rng, 40, 30, 20)
    settings = param(rng, 0.6)
    kept, again, other = (
        shown(student, w, one) != 0 for one in (settings, settings, param(rng, 0.6))
    )
    compare.require(
        np.array_equal(kept, again),
        "The same state of `rng` gives two different masks.",
        "Draw from the `rng` that you receive, and not from `np.random`.",
    )
    compare.require(
        not np.array_equal(kept, other),
        "Two states of `rng` give the same mask.",
        "Draw from the `rng` that is passed in.",
    )
    first, second = compare.unpack(
        student.two_passes_of_connections(x, w, b, settings), 2, "the outputs of two passes"
    )
    compare.require(
        not np.array_equal(first, second),
        "Of two passes in a row, the second has the mask of the first.",
        "Draw from the caller's `rng` itself, not from a copy of it: it is meant to move on.",
    )


@check("dropconnect", points=3)
def test_test_mode(student, rng):
    """At test time all connections are used without scaling, with or without an `rng`."""
    for examples, given in ((4, {}), (4, {"rng": fresh(rng)}), (1, {"rng": fresh(rng)})):
        x, w, b = layer(rng, examples, 9, 7)
        out, _ = forward(student, x, w, b, {"keep_prob": 0.4, "mode": "test", **given})
        words = "where param holds an rng" if given else "without an rng"
        compare.close(
            out,
            x @ w + b,
            f"out at test time {words}",
            hint="At test time nothing is dropped and nothing is scaled: look at `mode`.",
        )


def check_gradient(student, rng, number, name, hint):
    """One of the three gradients, in both modes, beside differences of the answer's own forward pass."""
    for examples, mode in ((1, "train"), (3, "train"), (3, "test")):
        args = (*layer(rng, examples, 6, 6), param(rng, 0.7, mode))
        args[1][2:4] = 0.0  # twelve of them: some are kept
        dout = rng.normal(size=(examples, 6))
        _, cache = forward(student, *args)
        grad = gradients(student, dout, cache)[number]
        if name == "db" and difference(grad, dout.sum(axis=0)) is None:
            continue  # where the forward does something else with b, that is paid for in its own check
        slope = numeric_gradient(student, "dropconnect_forward", args, number, dout)
        words = f" of one example, {mode} mode," if examples == 1 else f", {mode} mode,"
        compare.close(
            grad,
            slope,
            f"{name}{words} beside differences of your forward pass",
            atol=1e-8,
            hint=hint,
        )


@check("dropconnect", points=2)
def test_dx(student, rng):
    """`dx` uses the masked and scaled weights of the forward pass."""
    check_gradient(student, rng, 0, "dx", "Which weights did the forward pass multiply x by?")


@check("dropconnect", points=2)
def test_dw(student, rng):
    """`dw` is 0 for dropped weights, and scaled for kept weights, even for a kept weight of 0."""
    check_gradient(
        student,
        rng,
        1,
        "dw",
        "The forward pass multiplied w by the mask and divided it by `keep_prob`: what is the derivative? A weight of 0 was not always dropped.",
    )


@check("dropconnect", points=1)
def test_db(student, rng):
    """`db` is the sum over all examples."""
    check_gradient(
        student, rng, 2, "db", "Every example uses the same bias, so add up their gradients."
    )


@check("dropconnect", points=1)
def test_one_cache_a_pass(student, rng):
    """The backward pass gives the same result after other forward passes, and when you call it again."""
    x, w, b = layer(rng, 5, 7, 6)
    dout = rng.normal(size=(5, 6))
    _, cache = forward(student, x, w, b, param(rng, 0.6))
    first = gradients(student, dout, cache)
    forward(student, x, w, b, param(rng, 0.6))
    forward(student, x, w, b, {"keep_prob": 0.6, "mode": "test"})
    hint = "Keep all that the backward pass needs in the cache of its forward pass, and do not change it."
    for again, before, name in zip(
        gradients(student, dout, cache), first, ("dx", "dw", "db"), strict=True
    ):
        compare.close(
            again, before, f"{name} of the same pass, computed again after another pass,", hint=hint
        )


@check("dropconnect", points=1)
def test_bad_arguments(student, rng):
    """A `keep_prob` outside (0, 1] and an unknown mode raise a ValueError that names it, in training and at test time."""
    x, w, b = layer(rng, 2, 4, 3)
    for keep_prob, mode in ((0.0, "train"), (-3, "train"), (7, "test"), (0.0, "test")):
        mentions = (str(keep_prob),) if keep_prob else ()
        rules.rejects(
            student, "dropconnect_forward", x, w, b, param(rng, keep_prob, mode), mentions=mentions
        )
    rules.rejects(student, "dropconnect_forward", x, w, b, param(rng, 1.5))
    rules.rejects(
        student, "dropconnect_forward", x, w, b, param(rng, 0.5, "eval"), mentions=("eval",)
    )
    rules.rejects(student, "dropconnect_forward", x, w, b, param(rng, 0.5, "Train"))


@check("dropconnect", points=1)
def test_arguments_and_dtypes(student, rng):
    """Arguments stay unchanged. float32 stays float32, and whole numbers become float64. Any memory layout works, and nothing loops over examples."""
    x, w, b = layer(rng, 5, 4, 3)
    dout, settings = rng.normal(size=(5, 3)), param(rng, 0.5)
    _, cache = rules.pure(student, "dropconnect_forward", x, w, b, settings, keep_last=True)
    rules.pure(student, "dropconnect_backward", dout, cache)
    for mode in ("train", "test"):
        rules.floats(
            student, "dropconnect_forward", x, w, b, {**settings, "mode": mode}, keep_last=True
        )
    rules.layouts(student, "dropconnect_forward", x, w, b, settings, keep_last=True)
    for mode in ("train", "test"):
        single = [part.astype(np.float32) for part in (x, w, b, dout)]
        _, cache = student.forward("dropconnect_forward", *single[:3], param(rng, 0.5, mode))
        for grad, name in zip(
            gradients(student, single[3], cache), ("dx", "dw", "db"), strict=True
        ):
            compare.require(
                getattr(grad, "dtype", None) == np.float32,
                f"`{name}` is not float32 in {mode} mode, though all that was given is.",
            )

    def make_args(n):
        return rng.normal(size=(n, 3)), student.forward(
            "dropconnect_forward", rng.normal(size=(n, 4)), w, b, settings
        )[1]

    rules.vectorised(student, "dropconnect_backward", make_args)
    rules.vectorised(
        student,
        "dropconnect_forward",
        lambda n: (rng.normal(size=(n, 4)), w, b, settings),
        keep_last=True,
    )
