"""Question `bce_with_logits`: values, the gradient, logits far out, and shapes that do not belong together."""

import math

import numpy as np

from autograder.checking import check, compare, numeric_gradient, rules

SHAPES = ((5,), (3, 2), (1,), (4, 1))
FORBIDDEN = ("utils.gradients.numeric_gradient",)


def value(answer):
    loss, dh = compare.pair(answer, 2, "loss and dh")
    compare.that(np.ndim(loss) == 0 and isinstance(loss, (float, int, np.generic, np.ndarray)), "`loss` is not a single number.")
    return loss, dh


def judge(h, y):
    """Loss and gradient entry by entry, with Python's own numbers."""

    def term(v):  # log(1 + e^v)
        return v + math.log1p(math.exp(-v)) if v > 0 else math.log1p(math.exp(v))

    pairs = [(float(a), float(b)) for a, b in zip(h.ravel(), y.ravel(), strict=True)]
    loss = sum(b * term(-a) + (1 - b) * term(a) for a, b in pairs) / h.size
    dh = [((1 - b) * math.exp(-term(-a)) - b * math.exp(-term(a))) / h.size for a, b in pairs]
    return loss, np.array(dh).reshape(h.shape)


def labels(rng, shape):
    """Zeros and ones, at least one of each where there is room."""
    y = rng.integers(0, 2, shape)
    if y.size > 1:
        y.flat[:2] = 0, 1
    return y


def draw(rng):
    """Logits of several shapes, with hard and soft labels."""
    return [(2 * rng.normal(size=shape), y) for shape in SHAPES for y in (labels(rng, shape), rng.random(shape))]


@check("bce_with_logits", points=4)
def test_loss(student, rng):
    """The loss is the mean binary cross-entropy over all entries, for labels of 0, of 1, and between."""
    pairs = draw(rng)
    for (h, y), answer in zip(pairs, student.batch("bce_with_logits", pairs), strict=True):
        compare.close(value(answer)[0], judge(h, y)[0], "loss", hint="Look at an example of each class: which term is it, with which sign?")


@check("bce_with_logits", points=2)
def test_gradient(student, rng):
    """`dh` is the gradient of the mean loss with respect to the logits."""
    pairs = draw(rng)
    for (h, y), answer in zip(pairs, student.batch("bce_with_logits", pairs), strict=True):
        compare.close(value(answer)[1], judge(h, y)[1], "dh", hint="Differentiate the loss of one entry; then think of the mean.")


@check("bce_with_logits", points=3)
def test_gradient_of_your_own_loss(student, rng):
    """`dh` agrees with the numeric gradient of your own loss."""
    for shape in ((3,), (2, 2)):
        h, y = 1.5 * rng.normal(size=shape), rng.uniform(0.1, 0.9, shape)
        _, dh = value(student.bce_with_logits(h, y))
        measured = numeric_gradient(student, "bce_with_logits", (h, y), 0, 1.0, out=lambda answer: value(answer)[0], keep_last=False)
        compare.close(dh, measured, "dh", atol=1e-8)


@check("bce_with_logits", points=5)
def test_large_logits(student, rng):
    """Logits of up to ±10,000 give the right loss and `dh`, for both classes, without a warning."""
    sign = np.array([1.0, -1.0, 1.0, -1.0])
    for size, dtype in (
        (1e4, np.float64),
        (800.0, np.float64),
        (40.0, np.float64),
        (12.0, np.float64),
        (1e4, np.float32),
        (150.0, np.float32),
    ):
        h = (sign * size * rng.uniform(0.9, 1, 4)).astype(dtype)
        for y in (np.array([0, 1, 1, 0]), np.array([1, 0, 1, 0]), rng.random(4)):
            loss, dh = value(rules.pure(student, "bce_with_logits", h, y.astype(dtype) if y.dtype.kind == "f" else y))
            want, where = judge(h, y), f"at large logits, for {dtype.__name__}"
            rtol = 1e-6 if dtype == np.float64 else 1e-5
            compare.close(loss, want[0], f"loss {where}", rtol=rtol, hint="Nothing should be cut off, and no logarithm taken of 0.")
            compare.close(dh, want[1], f"dh {where}", rtol=rtol, atol=1e-9 if dtype == np.float64 else 1e-7)


@check("bce_with_logits", points=2)
def test_shapes_differ(student, rng):
    """Logits and labels of different shapes raise a ValueError naming both, even where NumPy would broadcast."""
    for h, y in (((5, 1), (5,)), ((5,), (5, 1)), ((6,), (1,))):
        rules.rejects(student, "bce_with_logits", rng.normal(size=h), labels(rng, y), mentions=(str(h), str(y)))


@check("bce_with_logits", points=1)
def test_bad_labels(student, rng):
    """An entry of y that is not in [0, 1] raises a ValueError naming it."""
    for wrong in (-1, 2):
        y = labels(rng, 5)
        y[int(rng.integers(5))] = wrong
        rules.rejects(student, "bce_with_logits", rng.normal(size=5), y, mentions=(str(wrong),))
    rules.rejects(student, "bce_with_logits", rng.normal(size=3), np.array([0.5, 1.25, 0.0]))
    rules.rejects(student, "bce_with_logits", rng.normal(size=3), np.array([0.5, np.nan, 0.0]), mentions=("nan",))


@check("bce_with_logits", points=3, needs=("test_loss", "test_gradient"))
def test_arguments_and_dtypes(student, rng):
    """Arguments stay as they are; float32 stays float32, integers become float64; any layout will do; no loop over the entries."""
    h, y = 2 * rng.normal(size=(4, 3)), labels(rng, (4, 3))
    rules.pure(student, "bce_with_logits", h, y)
    rules.layouts(student, "bce_with_logits", h, rng.random((4, 3)))
    rules.floats(student, "bce_with_logits", h, y)
    rules.vectorised(student, "bce_with_logits", lambda n: (rng.normal(size=n), labels(rng, n)))
    whole, shares = np.array([3, -1, 0, 2]), rng.uniform(0.1, 0.9, 4)
    loss, dh = value(student.bce_with_logits(whole, shares))
    want = judge(whole, shares)
    compare.close(loss, want[0], "loss of whole-number logits and soft labels", hint="What becomes of a share that is put among integers?")
    compare.close(dh, want[1], "dh of whole-number logits and soft labels")
    single = student.bce_with_logits(h.astype(np.float32), rng.random((4, 3)))[1]
    compare.that(single.dtype == np.float32, "`dh` of float32 logits is not float32 for float64 labels.", "It takes the logits' dtype.")
