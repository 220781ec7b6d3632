"""Question `check_layer`: the student's judge, judged with layers that are right and layers that are not."""

import numpy as np

from autograder.checking import check, compare, fail, rules


def verdict(value):
    if not isinstance(value, (bool, np.bool_)):
        fail("the verdict is neither True nor False")
    return bool(value)


def by_position(function):  # by the name of a parameter, one layer could be told from another
    return lambda *args: function(*args)


def accepts(student, rng, x, forward, backward, which, hint=""):
    good = verdict(student.check_layer(by_position(forward), by_position(backward), x, rng))
    compare.require(good, f"a right layer was rejected: {which}", hint=hint)


def rejects(student, rng, x, forward, backward, which, hint=""):
    bad = not verdict(student.check_layer(by_position(forward), by_position(backward), x, rng))
    compare.require(bad, f"a wrong layer was accepted: {which}", hint=hint)


def away_from_kinks(
    rng, shape=(2, 2)
):  # small: every entry costs the student two calls back into this process
    return rng.uniform(0.3, 1.5, shape) * rng.choice([-1, 1], shape)


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def sigmoid(x):
    out = 1 / (1 + np.exp(-x))
    return out, out


def accepts_a_right_layer(student, rng):
    accepts(
        student,
        rng,
        away_from_kinks(rng, (1, 2)),
        sigmoid,
        sigmoid_back,
        "a smooth function of each entry",
    )


def sigmoid_back(dout, out):
    return dout * out * (1 - out)


@check("check_layer", points=4)
def test_tells_right_from_crudely_wrong(student, rng):
    """`check_layer` accepts right layers of every sort, and rejects one whose `dx` is zero."""
    x = away_from_kinks(rng)
    w, mask = rng.normal(size=(2, 3)), np.array([[False, True], [True, True]])
    sort = "what is measured as a zero is not exactly zero"
    rejects(
        student,
        rng,
        x,
        sigmoid,
        lambda dout, out: np.zeros_like(out),
        "its dx is zero everywhere, though out depends on x",
    )
    accepts(student, rng, x, sigmoid, sigmoid_back, "a smooth function of each entry")
    accepts(
        student,
        rng,
        x,
        lambda v: (v @ w, v.shape),
        lambda dout, _: dout @ w.T,
        "out has another shape than x",
    )
    accepts(
        student,
        rng,
        x,
        lambda v: (float(np.sum(v**2)), v),
        lambda dout, v: 2 * dout * v,
        "out is a single number",
    )
    accepts(
        student,
        rng,
        x,
        lambda v: (np.where(v > 0, v, 0.1 * v), v),
        lambda dout, v: np.where(v > 0, dout, 0.1 * dout),
        "it has a kink",
    )
    accepts(
        student,
        rng,
        x,
        lambda v: (v * mask, None),
        lambda dout, _: dout * mask,
        "some of its gradients are zero",
    )
    accepts(
        student,
        rng,
        x,
        lambda v: (2e-4 * np.sin(v), v),
        lambda dout, v: 2e-4 * dout * np.cos(v),
        "its gradients are small",
    )
    accepts(
        student,
        rng,
        x,
        lambda v: (8e3 * np.sin(v), v),
        lambda dout, v: 8e3 * dout * np.cos(v),
        "its gradients are large",
    )

    def softmax_forward(v):
        return softmax(v), softmax(v)

    def softmax_back(dout, p):
        return p * (dout - np.sum(dout * p, axis=1, keepdims=True))

    accepts(
        student, rng, x, softmax_forward, softmax_back, "each output depends on a whole row of x"
    )
    # enough of them that rounding is sure to show, and odd: no sum over a dout of signs is zero
    turns = np.arange(7.0)[:, None, None]
    accepts(
        student,
        rng,
        x,
        lambda v: (np.sin(v + turns) ** 2 + np.cos(v + turns) ** 2, v),
        lambda dout, v: np.zeros_like(v),
        "its gradient is zero",
        hint=sort,
    )
    accepts(
        student,
        rng,
        x,
        lambda v: (8e3 * (np.sin(v + turns) ** 2 + np.cos(v + turns) ** 2), v),
        lambda dout, v: np.zeros_like(v),
        "its gradient is zero, its out is large",
        hint=sort,
    )
    rejects(
        student,
        rng,
        x,
        lambda v: (np.sin(v + turns) ** 2 + np.cos(v + turns) ** 2, v),
        lambda dout, v: 2e-4 * np.cos(v) * dout.sum(axis=0),
        "its gradient is zero, its dx is not",
    )
    for shape in ((3,), (2, 1, 2)):
        accepts(
            student,
            rng,
            away_from_kinks(rng, shape),
            sigmoid,
            sigmoid_back,
            f"a smooth function of each entry, for an x of shape {shape}",
        )
    rules.pure(student, "check_layer", sigmoid, sigmoid_back, x, rng)


@check("check_layer", points=2)
def test_factor_or_sign(student, rng):
    """`check_layer` rejects a layer whose `dx` is wrong by a factor or in its sign, also if all gradients are small or large."""
    x = away_from_kinks(rng, (2, 1))
    accepts_a_right_layer(student, rng)
    for scale, which in ((1.0, "of ordinary size"), (2e-4, "small"), (8e3, "large")):
        forward = lambda v, s=scale: (s * v**2, s * v)
        rejects(
            student,
            rng,
            x,
            forward,
            lambda dout, sv: dout * sv,
            f"a factor 2 is lost, its gradients are {which}",
        )
        rejects(
            student,
            rng,
            x,
            forward,
            lambda dout, sv: -2 * dout * sv,
            f"its sign is flipped, its gradients are {which}",
        )
        rejects(
            student,
            rng,
            x,
            forward,
            lambda dout, sv: 2.04 * dout * sv,
            f"two per cent too large, its gradients are {which}",
        )


@check("check_layer", points=3)
def test_special_dout(student, rng):
    """`check_layer` rejects a layer that is right only for a `dout` whose entries are all equal, or none negative."""
    x, w = away_from_kinks(rng, (5, 1)), away_from_kinks(rng, (1, 5))
    accepts_a_right_layer(student, rng)
    hint = "A layer has to be right for every dout."

    def forward(v):  # 25 outputs: no right checker draws none negative by chance
        return sigmoid(v @ w)

    for change, which in (
        (lambda dout: np.full_like(dout, dout.mean()), "it puts the mean of dout everywhere"),
        (
            lambda dout: np.broadcast_to(dout.mean(axis=0), dout.shape).copy(),
            "it averages dout over the batch",
        ),
        (lambda dout: dout[::-1], "it takes the examples of dout in the wrong order"),
        (lambda dout: dout.T, "it transposes dout"),
        (np.abs, "it drops the sign of dout"),
        (np.sign, "it keeps nothing of dout but its sign"),
    ):
        rejects(
            student,
            rng,
            x,
            forward,
            lambda dout, out, change=change: sigmoid_back(change(dout), out) @ w.T,
            which,
            hint=hint,
        )


@check("check_layer", points=3)
def test_single_entry(student, rng):
    """`check_layer` rejects a layer whose `dx` is wrong in a single entry, wherever it is."""
    x = away_from_kinks(rng, (4, 6))  # enough of them that a look at some is none at all
    accepts_a_right_layer(student, rng)
    for index, part in (
        ((0, 0), 0.05),
        ((3, 5), -0.012),
        (tuple(int(i) for i in rng.integers((0, 1), (3, 5))), 0.012),
    ):

        def backward(dout, out, index=index, part=part):
            dx = sigmoid_back(dout, out)
            dx[index] += part * np.abs(dx).max()
            return dx

        rejects(
            student,
            rng,
            x,
            sigmoid,
            backward,
            f"a single entry of dx is off by {100 * abs(part):.2g} per cent of the largest",
        )


@check("check_layer", points=3)
def test_every_entry_at_this_x(student, rng):
    """`check_layer` rejects a layer whose `dx` has the right entries in wrong places, or is right at another `x` only."""
    x = away_from_kinks(rng, (2, 3))
    accepts_a_right_layer(student, rng)
    moved = "each entry of dx is right, but in the place of another"
    for change in (np.flip, lambda dx: dx[:, [1, 0, 2]], lambda dx: dx[[1, 0]]):
        rejects(
            student,
            rng,
            x,
            sigmoid,
            lambda dout, out, change=change: change(sigmoid_back(dout, out)),
            moved,
            "Compare entry by entry.",
        )
    for far, shape in (
        (away_from_kinks(rng, (2, 2)), "of two axes"),
        (away_from_kinks(rng, (2, 1, 2)), "of three axes"),
    ):
        hint = "It is asked about the x that is given."
        rejects(
            student,
            rng,
            far,
            lambda v: (v**2, v),
            lambda dout, v: 2 * dout,
            f"right where x is 1, for an x {shape}",
            hint,
        )
        inside = lambda dout, v: np.where(np.abs(v) < 8, 2 * dout * v, dout * v)
        rejects(
            student,
            rng,
            far + 10 * np.sign(far),
            lambda v: (v**2, v),
            inside,
            f"wrong where x is large, for an x {shape}, all of it large",
            hint,
        )
    for given in (
        x,
        -np.abs(x),
    ):  # the second is far from its own absolute values, so no look at those tells

        def only_here(dout, v, given=given):
            return 2 * dout * v * np.where(np.abs(v - given) < 1e-3, -1, 1)

        rejects(
            student,
            rng,
            given,
            lambda v: (v**2, v),
            only_here,
            "wrong at the x that is given, right at any other",
            hint,
        )


@check("check_layer", points=2)
def test_shape_and_nan(student, rng):
    """`check_layer` rejects a `dx` that has not the shape of `x`, even if it would broadcast, or that holds `nan`."""
    x = away_from_kinks(rng)
    accepts_a_right_layer(student, rng)
    rows = lambda v: (v.sum(axis=1), v.shape)
    rejects(
        student,
        rng,
        x,
        rows,
        lambda dout, _: dout[:, None],
        "dx has one column, where x has several",
    )
    rejects(
        student,
        rng,
        x,
        lambda v: (float(v.sum()), None),
        lambda dout, _: float(dout),
        "dx is a single number, where x is an array",
    )

    def nan_back(dout, out):
        dx = sigmoid_back(dout, out)
        dx[1, 1] = np.nan
        return dx

    rejects(
        student, rng, x, sigmoid, nan_back, "dx holds a nan", hint="No comparison with nan holds."
    )


@check("check_layer", points=3)
def test_remembers_last_forward(student, rng):
    """`check_layer` rejects a layer whose `backward` follows what `forward` saw last, and not the cache that it is given."""
    x = away_from_kinks(rng, (2, 1))
    seen = {}

    def forward(v):
        seen["x"] = np.array(v)
        return v**3, np.array(v)

    accepts(
        student, rng, x, forward, lambda dout, v: 3 * dout * v**2, "it looks at its cache alone"
    )
    reason = "it looks at what forward saw last"
    rejects(
        student,
        rng,
        x,
        forward,
        lambda dout, v: 3 * dout * seen["x"] ** 2,
        reason,
        hint="What would a network do that uses a layer twice?",
    )
