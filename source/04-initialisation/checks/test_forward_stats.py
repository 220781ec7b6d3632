"""Question `forward_stats`: activations forward, gradients back, with and without skip connections."""

from itertools import pairwise

import numpy as np

from autograder.checking import check, compare, rules

FORBIDDEN = ("utils.gradients.numeric_gradient",)
ACTS = {
    "linear": (lambda z: z, lambda z: np.ones_like(z)),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: 1 / (2 + np.exp(z) + np.exp(-z))),
}


def net(rng, sizes=(4, 6, 3, 5), examples=3):
    """A batch and matrices, with no pre-activation of a ReLU net near its kink."""
    while True:
        x = rng.normal(size=(examples, sizes[0]))
        weights = [rng.normal(size=pair) * 1.2 / np.sqrt(pair[0]) for pair in pairwise(sizes)]
        good = []
        for skip in (False, True) if len(set(sizes)) == 1 else (False,):
            a = x
            for w in weights:
                z = a @ w
                good.append(np.abs(z[np.abs(z) > 0]).min(initial=1) > 1e-3)
                a = np.maximum(z, 0) + (a if skip else 0)
            good.append((a > 0).any(axis=1).all())
        if all(good):
            return x, weights


def through(x, weights, act, skip=False):
    """All activations, the input first."""
    f, _ = ACTS[act]
    acts = [x]
    for w in weights:
        acts.append(f(acts[-1] @ w) + (acts[-1] if skip else 0))
    return acts


def back(x, weights, act, dout, skip=False):
    """The gradients with respect to all activations, the input first."""
    _, slope = ACTS[act]
    acts, grads = through(x, weights, act, skip), [dout]
    for a, w in zip(acts[-2::-1], weights[::-1], strict=True):
        grads.append((grads[-1] * slope(a @ w)) @ w.T + (grads[-1] if skip else 0))
    return grads[::-1]


def forward(value, count):
    """acts and stats, the latter as an array (L, 2)."""
    acts, stats = compare.unpack(value, 2, "acts and stats")
    compare.require(isinstance(acts, (list, tuple)), "`acts` is not a list of arrays.")
    compare.require(
        len(acts) == count,
        f"`acts` has {len(acts)} entries for {count} layers.",
        "The input is not a layer.",
    )
    numbers = listed(stats, (count, 2), "stats", "A pair (mean, std) for each layer.")
    return acts, numbers


def listed(value, shape, name, hint):
    """Numbers in lists, tuples or an array, as an array."""
    try:
        numbers = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        numbers = None
    compare.require(numbers is not None, f"`{name}` does not hold plain numbers only.", hint)
    compare.shape(numbers, shape, name, hint)
    return numbers


def plain(value):
    """Whether numbers that stand in lists are plain floats; in an array they may be what it holds."""
    return isinstance(value, (float, np.ndarray)) or (
        isinstance(value, (list, tuple)) and all(map(plain, value))
    )


def backward(value, count, exact=False):
    """norms and dweights; how many norms there are is judged where that is asked for, and else they are None if it is wrong."""
    norms, dweights = compare.unpack(value, 2, "norms and dweights")
    many = len(norms) if isinstance(norms, (list, tuple)) else np.size(norms)
    if exact or many == count + 1:
        norms = listed(norms, (count + 1,), "norms", "L + 1 numbers: from dL/da_0 to dL/da_L.")
    else:
        norms = None
    compare.require(
        isinstance(dweights, (list, tuple)) and len(dweights) == count,
        "`dweights` is not a list of one gradient for each matrix.",
    )
    return norms, dweights


@check("forward_stats", points=5)
def test_activations(student, rng):
    """`forward_stats` computes the activations of every layer, for each of the four activation functions."""
    nets = [(*net(rng), act) for act in ("tanh", "relu", "sigmoid", "linear")]
    nets += [(*net(rng, (4, 4, 4, 2)), "tanh"), (*net(rng, (3, 3, 1, 1), 1), "linear")]
    for value, (x, weights, act) in zip(student.batch("forward_stats", nets), nets, strict=True):
        acts, _ = forward(value, 3)
        for number, (got, want) in enumerate(
            zip(acts, through(x, weights, act)[1:], strict=True), 1
        ):
            compare.close(got, want, f"a_{number} of the {act} net")


@check("forward_stats", points=4)
def test_stats(student, rng):
    """`stats` holds the mean and the plain standard deviation of each layer, over all examples and units together."""
    nets = [(*net(rng), act) for act in ("tanh", "relu")]
    for value, (x, weights, act) in zip(student.batch("forward_stats", nets), nets, strict=True):
        acts, stats = forward(value, 3)
        for number, (got, a) in enumerate(zip(acts, through(x, weights, act)[1:], strict=True)):
            compare.shape(got, a.shape, f"a_{number + 1}")
            compare.require(np.std(got) > 0, f"`a_{number + 1}` is the same everywhere.")
            a = got  # what is wrong with the activations costs its marks in their own check
            compare.close(
                stats[number, 0],
                a.mean(),
                f"the mean of a_{number + 1}",
                hint="Of the activations, after f.",
            )
            compare.close(
                stats[number, 1],
                a.std(),
                f"the std of a_{number + 1}",
                hint="Over all entries at once, without Bessel's correction.",
            )


@check("forward_stats", points=3)
def test_skip_forward(student, rng):
    """With `skip`, what goes into a layer is added to what comes out of it."""
    nets = [(*net(rng, (4, 4, 4, 4)), act, True) for act in ("tanh", "relu")]
    for value, (x, weights, act, _) in zip(student.batch("forward_stats", nets), nets, strict=True):
        acts, stats = forward(value, 3)
        for number, (got, want) in enumerate(
            zip(acts, through(x, weights, act, True)[1:], strict=True), 1
        ):
            compare.close(
                got,
                want,
                f"a_{number} with skip",
                hint="Each layer, the first one included, has a skip connection of its own, around f.",
            )
            compare.close(stats[number - 1, 1], np.std(got), f"the std of a_{number} with skip")


@check("forward_stats", points=4)
def test_weight_gradients_are_those_of_your_forward(student, rng):
    """The `dweights` of `grad_norms` agree with numeric gradients through your own `forward_stats`."""
    cases = [
        (*net(rng, (3, 4, 2, 3)), act, rng.normal(size=(3, 3)))
        for act in ("tanh", "sigmoid", "relu", "linear")
    ]
    h, arguments = 1e-5, []
    for (x, weights, act, _), layer in zip(cases, (0, 1, 2, 0), strict=True):
        for index in np.ndindex(weights[layer].shape):
            for step in (h, -h):
                moved = [w.copy() for w in weights]
                moved[layer][index] += step
                arguments.append((x, moved, act))
    ends = iter(forward(value, 3)[0][-1] for value in student.batch("forward_stats", arguments))
    gradients = student.batch("grad_norms", cases)
    for (_, weights, act, dout), layer, value in zip(cases, (0, 1, 2, 0), gradients, strict=True):
        _, dweights = backward(value, 3)
        want = np.zeros(weights[layer].shape)
        for index in np.ndindex(want.shape):
            above, below = next(ends), next(ends)
            for end in (above, below):
                compare.shape(end, dout.shape, "a_3")
            want[index] = np.sum((above - below) * dout) / (2 * h)
        compare.require(
            np.isfinite(want).all() and want.any(),
            f"The last activations of the {act} net do not depend on W_{layer + 1}, or are no numbers.",
        )
        compare.close(
            dweights[layer], want, f"dL/dW_{layer + 1} of the {act} net", rtol=1e-5, atol=1e-7
        )


@check("forward_stats", points=4)
def test_norms(student, rng):
    """`norms` holds the norm of the gradient with respect to each layer's activations, from the input to the output."""
    cases = [
        (*net(rng), act, rng.normal(size=(3, 5))) for act in ("tanh", "relu", "sigmoid", "linear")
    ]
    cases += [
        (*net(rng, (5, 5, 5, 5)), "tanh", rng.normal(size=(3, 5))),
        (*net(rng, (3, 3, 2, 1), 1), "tanh", rng.normal(size=(1, 1))),
    ]
    for value, (x, weights, act, dout) in zip(
        student.batch("grad_norms", cases), cases, strict=True
    ):
        norms, dweights = backward(value, 3, exact=True)
        want = [np.sqrt((g**2).sum()) for g in back(x, weights, act, dout)]
        compare.close(norms[-1], want[-1], "the last norm", hint="It is that of dout.")
        compare.close(
            norms,
            np.array(want),
            f"norms of the {act} net",
            hint="With respect to the activations a_l, from l = 0.",
        )
        if act in (
            "relu",
            "linear",
        ):  # such nets are linear in each matrix, so W · dL/dW is the same for all of them
            want_product = np.sum(through(x, weights, act)[-1] * dout)
            for number, (w, dw) in enumerate(zip(weights, dweights, strict=True), 1):
                compare.shape(dw, w.shape, f"dL/dW_{number}")
                compare.close(
                    np.sum(w * dw),
                    want_product,
                    f"the sum of W_{number} times its gradient",
                    rtol=1e-5,
                    atol=1e-8,
                )


@check("forward_stats", points=3)
def test_skip_backward(student, rng):
    """With `skip`, the gradient that goes around a layer is added to the one that goes through it."""
    cases = [(*net(rng, (3, 3, 3)), act, rng.normal(size=(3, 3)), True) for act in ("tanh", "relu")]
    for value, (x, weights, act, dout, _) in zip(
        student.batch("grad_norms", cases), cases, strict=True
    ):
        norms, dweights = backward(value, 2)
        grads = back(x, weights, act, dout, True)
        if norms is not None:
            compare.close(
                norms,
                np.array([np.sqrt((g**2).sum()) for g in grads]),
                "norms with skip",
                hint="Gradients add up where a value branches; and f' belongs to z, not to what leaves the layer.",
            )
        acts = through(x, weights, act, True)
        for number in (1, 2):
            a = acts[number - 1]
            want = a.T @ (grads[number] * ACTS[act][1](a @ weights[number - 1]))
            compare.close(dweights[number - 1], want, f"dL/dW_{number} with skip")


@check("forward_stats", points=1)
def test_what_holds_everywhere(student, rng):
    """Arguments stay as they are, float32 stays float32, reports are plain floats, one layer is a net, and any memory layout will do."""
    x, weights = net(rng, (3, 4, 2))
    dout = rng.normal(size=(3, 2))
    rules.pure(student, "forward_stats", x, weights, "relu")
    rules.pure(student, "grad_norms", x, weights, "sigmoid", dout)
    around, squares = net(rng, (3, 3, 3))
    rules.pure(student, "forward_stats", around, squares, "tanh", True)
    rules.pure(student, "grad_norms", around, squares, "tanh", rng.normal(size=(3, 3)), True)
    rules.layouts(student, "forward_stats", x, weights, "tanh")
    rules.layouts(student, "grad_norms", x, weights, "tanh", dout)
    single = [w.astype(np.float32) for w in weights]
    for act in ("sigmoid", "relu"):
        acts, _ = forward(value := student.forward_stats(x.astype(np.float32), single, act), 2)
        compare.require(plain(value[1]), "`stats` are no plain floats for float32.")
        _, dweights = backward(
            value := student.grad_norms(x.astype(np.float32), single, act, dout.astype(np.float32)),
            2,
        )
        compare.require(plain(value[0]), "`norms` are no plain floats for float32.")
        for array in (*acts, *dweights):
            compare.equal(
                str(getattr(array, "dtype", "")), "float32", "the dtype of what comes from float32"
            )
    acts, _ = forward(
        student.forward_stats(
            np.array([[1, -2, 3]]), [np.array([[1, 2], [0, -1], [2, 1]])], "relu"
        ),
        1,
    )
    compare.equal(
        str(getattr(acts[0], "dtype", "")), "float64", "the dtype of what comes from whole numbers"
    )
    compare.close(acts[0], np.array([[7.0, 7.0]]), "a_1 of a single example of whole numbers")
    whole = (
        np.array([[1, -2, 3]]),
        [np.array([[1, 2], [0, -1], [2, 1]])],
        "linear",
        np.array([[2, -1]]),
    )
    norms, (dw,) = backward(student.grad_norms(*whole), 1)
    compare.equal(
        str(getattr(dw, "dtype", "")),
        "float64",
        "the dtype of the gradients that come from whole numbers",
    )
    compare.close(
        dw,
        np.array([[2.0, -1.0], [-4.0, 2.0], [6.0, -3.0]]),
        "dL/dW_1 of a single example of whole numbers",
    )
    if norms is None:
        return  # which has a check of its own
    compare.close(norms, np.sqrt([10.0, 5.0]), "norms of a single example of whole numbers")
    norms, _ = backward(
        student.grad_norms(x, weights[:1], "linear", np.ones((3, 4))), 1, exact=True
    )
    compare.close(
        norms[0],
        np.sqrt(3) * np.linalg.norm(weights[0].sum(axis=1)),
        "the norm at the input of a net of one layer",
    )


@check("forward_stats", points=1)
def test_bad_arguments(student, rng):
    """An unknown activation, any matrix that does not fit, and a `dout` of another shape raise a ValueError naming them, in both functions."""
    x, weights = net(rng, (4, 6, 3))
    dout = rng.normal(size=(3, 3))
    square, narrow = (
        rng.normal(size=(4, 4)),
        rng.normal(size=(4, 1)),
    )  # the narrow one NumPy would broadcast
    for name, more in (("forward_stats", ()), ("grad_norms", (dout,))):
        rules.rejects(student, name, x, weights, "softplus", *more, mentions=("softplus",))
        rules.rejects(
            student, name, x, [square, narrow], "relu", *more, skip=True, mentions=("(4, 1)",)
        )
        rules.rejects(student, name, x, weights[::-1], "relu", *more, mentions=("(6, 3)", "(3, 4)"))
        rules.rejects(
            student, name, x, [square, weights[1]], "relu", *more, mentions=("(6, 3)", "(3, 4)")
        )
        rules.rejects(student, name, x, weights, "relu", *more, skip=True, mentions=("(4, 6)",))
    rules.rejects(
        student, "grad_norms", x, weights, "relu", dout[:, :1], mentions=("(3, 1)", "(3, 3)")
    )
