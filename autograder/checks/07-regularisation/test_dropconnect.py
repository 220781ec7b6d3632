"""Question `dropconnect`: which weights are there in a pass, read off from the outputs for as many examples as inputs."""

import numpy as np

from autograder.checking import check, compare, numeric_gradient, rules


def fresh(rng):
    return np.random.default_rng(int(rng.integers(2**32)))


def param(rng, keep_prob, mode="train"):
    return {"keep_prob": keep_prob, "mode": mode, "rng": fresh(rng)}


def layer(rng, inputs, outputs):
    """As many examples as inputs, so that the weights of a pass can be solved for; no weight near zero."""
    x = 2 * np.linalg.qr(rng.normal(size=(inputs, inputs)))[0]
    w = rng.uniform(0.5, 2, (inputs, outputs)) * rng.choice([-1.0, 1.0], (inputs, outputs))
    return x, w, rng.normal(size=outputs)


def weights(x, b, out, shape):
    """The weights that were used in a pass, those not used being exactly 0."""
    compare.shape(out, (len(x), len(b)), "out")
    used = np.linalg.solve(x, out - b)
    return np.where(np.abs(used) < 1e-9, 0.0, used).reshape(shape)


@check("dropconnect", points=5)
def test_weights_of_a_pass(student, rng):
    """In training every weight is either dropped or scaled up, for all examples of the batch alike, and the bias is added as it is."""
    for keep_prob in (0.7, 0.4):
        x, w, b = layer(rng, 24, 24)
        out, _ = student.forward("dropconnect_forward", x, w, b, param(rng, keep_prob))
        compare.shape(out, (24, 24), "out")
        used = weights(x, b, out, w.shape)
        right = (used == 0) | np.isclose(used, w / keep_prob, rtol=1e-7, atol=0)
        compare.that(
            right.any() and (used != 0).any(), "No weight is what it should be.", "Kept weights are scaled up; the bias is not dropped."
        )
        compare.that(
            right.all(),
            "There is no one set of weights, dropped or scaled up, which gives `out` for the whole batch.",
            "One mask of the shape of w for the whole batch, kept weights scaled up, and nothing done to x or b.",
        )
        compare.that(not (used != 0).all(), "In training nothing is dropped.")
    twin = np.repeat(rng.normal(size=(1, 24)), 3, axis=0)
    out, _ = student.forward("dropconnect_forward", twin, w, b, param(rng, 0.5))
    compare.close(out[1:], out[:2], "out of equal examples in one batch", hint="One mask holds for the whole batch.")


@check("dropconnect", points=4)
def test_a_coin_for_every_connection(student, rng):
    """Each weight is kept with probability `keep_prob`, on its own; each pass has a new mask, drawn from `rng` alone."""
    keep_prob = 0.65
    x, w, b = layer(rng, 60, 60)
    settings = param(rng, keep_prob)
    kept, again, other = (
        weights(x, b, student.forward("dropconnect_forward", x, w, b, one)[0], w.shape) != 0
        for one in (settings, settings, param(rng, keep_prob))
    )
    spread = keep_prob * (1 - keep_prob)
    for axis, words in ((1, "leave an input"), (0, "enter an output")):
        ratio = kept.sum(axis=axis).var(ddof=1) / (60 * spread)
        compare.that(
            0.1 < ratio < 1 + 5 * np.sqrt(2 / 59), f"Connections that {words} are not dropped independently.", "Connections, not units."
        )
    compare.near_mean(kept, keep_prob, np.sqrt(spread / kept.size), "share of weights that are kept", hint="`keep_prob` says what to keep.")
    compare.that(
        np.array_equal(kept, again), "The same state of `rng` gives two different masks.", "Draw from `rng`, and from nothing else."
    )
    compare.that(not np.array_equal(kept, other), "Two states of `rng` give the same mask.", "Draw from the `rng` that is passed in.")
    compare.close(student.forward("dropconnect_forward", x, w, b, param(rng, 1.0))[0], x @ w + b, "out for keep_prob = 1")
    wide = np.ones((120, 120))
    used = student.forward("dropconnect_forward", np.eye(120), wide, np.zeros(120), param(rng, 0.995))[0]
    compare.shape(used, wide.shape, "out")
    few = np.sqrt(0.995 * 0.005 / wide.size)
    compare.near_mean(used != 0, 0.995, few, "share of weights that are kept where few are dropped", hint="Any number from 0 to 1 will do.")
    small = (np.eye(4), np.ones((4, 5)), np.zeros(5))
    passes = student.batch("dropconnect_forward", [(*small, param(rng, 0.5)) for _ in range(30)], keep_last=True)
    counts = [(out != 0).sum() for out in passes]
    compare.that(np.ptp(counts) > 0, "In every pass the same number of weights is kept.", "keep_prob is the share on average only.")
    first, second = compare.pair(student.two_passes_of_connections(x, w, b, settings), 2, "the outputs of two passes")
    compare.that(
        not np.array_equal(first, second),
        "Of two passes in a row, the second has the mask of the first.",
        "Draw from the caller's `rng` itself, not from a copy of it: it is meant to move on.",
    )


@check("dropconnect", points=3)
def test_test_mode(student, rng):
    """At test time all connections are used as they are, without an `rng`, forwards and backwards."""
    _, w, b = layer(rng, 5, 3)
    x, dout = rng.normal(size=(4, 5)), rng.normal(size=(4, 3))
    out, cache = student.forward("dropconnect_forward", x, w, b, {"keep_prob": 0.4, "mode": "test"})
    compare.close(out, x @ w + b, "out at test time", hint="All that had to be scaled was scaled in training.")
    dx, dw, db = compare.pair(student.dropconnect_backward(dout, cache), 3, "dx, dw, db")
    compare.close(dx, dout @ w.T, "dx at test time")
    compare.close(dw, x.T @ dout, "dw at test time")
    compare.close(db, dout.sum(axis=0), "db at test time")


@check("dropconnect", points=5)
def test_the_way_back(student, rng):
    """In training `dx` flows back through the weights of that pass, `dw` is 0 for those that were dropped, and `db` misses nothing."""
    for keep_prob in (0.7, 0.45):
        x, w, b = layer(rng, 7, 5)
        dout = rng.normal(size=(7, 5))
        out, cache = student.forward("dropconnect_forward", x, w, b, param(rng, keep_prob))
        used = weights(x, b, out, w.shape)
        dx, dw, db = compare.pair(student.dropconnect_backward(dout, cache), 3, "dx, dw, db")
        compare.close(dx, dout @ used.T, "dx", hint="Through which weights did x act?")
        compare.shape(dw, w.shape, "dw")
        compare.close(dw[used == 0], np.zeros((used == 0).sum()), "dw where the weight was dropped", hint="It had no part in the loss.")
        compare.close(dw, x.T @ dout * (used / w), "dw", atol=1e-8, hint="One step more, from the weights of the pass to w.")
        compare.close(db, dout.sum(axis=0), "db")
        student.forward("dropconnect_forward", x, w, b, param(rng, keep_prob))
        later = compare.pair(student.dropconnect_backward(dout, cache), 3, "dx, dw, db")
        hint = "Whatever the way back needs belongs into this pass's cache, and stays there as it is."
        for again, before, name in zip(later, (dx, dw, db), ("dx", "dw", "db"), strict=True):
            compare.close(again, before, f"{name} of the same pass, asked for again after another one,", hint=hint)


@check("dropconnect", points=1)
def test_the_way_back_is_the_measured_slope(student, rng):
    """`dropconnect_backward` agrees with differences of your own forward pass, its mask held fixed, also for a batch of one and for weights of 0."""
    settings = param(rng, 0.7)
    for examples in (1, 3):
        args = (rng.normal(size=(examples, 6)), rng.normal(size=(6, 6)), rng.normal(size=6), settings)
        args[1][2:4] = 0.0  # twelve of them: some are kept
        dout = rng.normal(size=(examples, 6))
        _, cache = student.forward("dropconnect_forward", *args)
        grads = compare.pair(student.dropconnect_backward(dout, cache), 3, "dx, dw, db")
        for number, name in enumerate(("dx", "dw", "db")):
            slope = numeric_gradient(student, "dropconnect_forward", args, number, dout)
            compare.close(grads[number], slope, name, atol=1e-8, hint="A weight of 0 need not have been dropped." if name == "dw" else "")


@check("dropconnect", points=1)
def test_bad_arguments(student, rng):
    """A `keep_prob` outside (0, 1] and an unknown mode raise a ValueError which names it, in training and at test time."""
    _, w, b = layer(rng, 4, 3)
    x = rng.normal(size=(2, 4))
    for keep_prob, mode in ((0.0, "train"), (-3, "train"), (7, "test")):
        mentions = (str(keep_prob),) if keep_prob else ()
        rules.rejects(student, "dropconnect_forward", x, w, b, param(rng, keep_prob, mode), mentions=mentions)
    rules.rejects(student, "dropconnect_forward", x, w, b, param(rng, 1.5))
    rules.rejects(student, "dropconnect_forward", x, w, b, param(rng, 0.5, "eval"), mentions=("eval",))
    rules.rejects(student, "dropconnect_forward", x, w, b, param(rng, 0.5, "Train"))


@check("dropconnect", points=1, needs=("test_weights_of_a_pass", "test_test_mode", "test_the_way_back"))
def test_arguments_and_dtypes(student, rng):
    """Arguments stay as they are; float32 stays float32, whole numbers become float64; any memory layout will do; nothing loops over examples."""
    _, w, b = layer(rng, 4, 3)
    x, dout, settings = rng.normal(size=(5, 4)), rng.normal(size=(5, 3)), param(rng, 0.5)
    _, cache = rules.pure(student, "dropconnect_forward", x, w, b, settings, keep_last=True)
    rules.pure(student, "dropconnect_backward", dout, cache)
    rules.floats(student, "dropconnect_forward", x, w, b, settings, keep_last=True)
    rules.layouts(student, "dropconnect_forward", x, w, b, settings, keep_last=True)
    whole = rng.integers(1, 9, (4, 3))
    used = student.forward("dropconnect_forward", np.eye(4, dtype=np.int64), whole, np.zeros(3, np.int64), param(rng, 0.7))[0]
    compare.shape(used, (4, 3), "out")
    compare.close(used, np.where(used == 0, 0.0, whole / 0.7), "the scaled whole-number weights", rtol=1e-10)
    for mode in ("train", "test"):
        single = [part.astype(np.float32) for part in (x, w, b, dout)]
        _, cache = student.forward("dropconnect_forward", *single[:3], param(rng, 0.5, mode))
        for grad, name in zip(
            compare.pair(student.dropconnect_backward(single[3], cache), 3, "dx, dw, db"), ("dx", "dw", "db"), strict=True
        ):
            compare.that(
                getattr(grad, "dtype", None) == np.float32, f"`{name}` is not float32 in {mode} mode, though all that was given is."
            )

    def make_args(n):
        return rng.normal(size=(n, 3)), student.forward("dropconnect_forward", rng.normal(size=(n, 4)), w, b, settings)[1]

    rules.vectorised(student, "dropconnect_backward", make_args)
    few, many = (
        student.report("dropconnect_forward", rng.normal(size=(size, 4)), w, b, settings, keep_last=True).lines for size in (6, 12)
    )
    compare.that(
        few == many < 10**8,
        "More lines run for more examples.",
        "Something loops over the examples in Python; let one array operation do it.",
    )
