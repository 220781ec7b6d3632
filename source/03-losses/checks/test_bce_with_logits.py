"""Question `bce_with_logits`: values, the gradient, logits far out, and shapes that do not belong together."""

import math
from itertools import product

import numpy as np

from autograder.checking import check, compare, numeric_gradient, rules

SHAPES = ((5,), (3, 2), (1,), (4, 1))
FORBIDDEN = ("utils.gradients.numeric_gradient",)


def value(answer):
    loss, dh = compare.unpack(answer, 2, "loss and dh")
    compare.require(
        np.ndim(loss) == 0 and isinstance(loss, (float, int, np.generic, np.ndarray)),
        "`loss` is not a single number.",
    )
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
    """Zeros and ones, at least one of each where there is room; else a one, so that a loss of one class has a slope."""
    y = rng.integers(0, 2, shape)
    y.flat[:2] = (0, 1) if y.size > 1 else 1
    return y


def draw(rng):
    """Logits of several shapes, none of them far out, with hard labels."""
    return [(rng.normal(size=shape), labels(rng, shape)) for shape in SHAPES]


def ratio(student, rng, n):
    """By which factors the student's loss and `dh` are off for so many entries: these cost their marks once."""
    asked = [(rng.normal(size=n), labels(rng, n)) for _ in range(2)]
    answers = map(value, student.batch("bce_with_logits", asked))
    pairs = [(got, judge(h, y)) for (h, y), got in zip(asked, answers, strict=True)]
    return [compare.factor((got[part], want[part]) for got, want in pairs) for part in (0, 1)]


@check("bce_with_logits", points=4)
def test_loss(student, rng):
    """The loss is the mean binary cross-entropy over all entries, for labels of 0 and of 1."""
    pairs = draw(rng)
    for (h, y), answer in zip(pairs, student.batch("bce_with_logits", pairs), strict=True):
        hint = "Look at an example of each class: which term is it, with which sign?"
        compare.close(
            value(answer)[0], judge(h, y)[0], "loss", rtol=1e-4, hint=hint
        )  # what is cut off shows at large logits


@check("bce_with_logits", points=4)
def test_gradient(student, rng):
    """`dh` is the gradient of the mean loss with respect to the logits; of your own loss, where that is another one."""
    pairs = draw(rng)
    for (h, y), answer in zip(pairs, student.batch("bce_with_logits", pairs), strict=True):
        loss, dh = value(answer)
        want, gradient = judge(h, y)
        compare.shape(dh, h.shape, "dh")
        if not np.allclose(loss, want, rtol=1e-4):
            measured = numeric_gradient(
                student,
                "bce_with_logits",
                (h, y),
                0,
                1.0,
                out=lambda v: value(v)[0],
                keep_last=False,
            )
            if np.allclose(dh, measured, rtol=1e-5, atol=1e-7):
                continue
        compare.close(
            dh,
            gradient,
            "dh",
            rtol=1e-5,
            hint="Differentiate the loss of one entry; then think of the mean.",
        )


@check("bce_with_logits", points=2)
def test_soft_labels(student, rng):
    """For labels between 0 and 1, both classes count by their shares: loss and `dh` follow from your own for 0 and 1."""
    for shape in ((3,), (2, 2)):
        h, y = rng.normal(size=shape), rng.uniform(0.1, 0.9, shape)
        rows = [np.array(row).reshape(shape) for row in product((0, 1), repeat=h.size)]
        shares = [np.prod(np.where(row, y, 1 - y)) for row in rows]
        hard = [value(v) for v in student.batch("bce_with_logits", [(h, row) for row in rows])]
        loss, dh = value(student.bce_with_logits(h, y))
        for what, got, part in (("loss", loss, 0), ("dh", dh, 1)):
            want = sum(
                share * np.asarray(answer[part], dtype=float)
                for share, answer in zip(shares, hard, strict=True)
            )
            compare.require(np.any(want), f"`{what}` is zero for all labels of 0 and 1.")
            compare.close(
                got,
                want,
                f"{what} of soft labels",
                rtol=1e-5,
                atol=1e-8,
                hint="A label of 0.3 is no label of 0.",
            )


@check("bce_with_logits", points=4)
def test_large_logits(student, rng):
    """Logits of up to ±10,000 give the right loss and `dh`, for both classes, without a warning."""
    sign = np.array([1.0, -1.0, 1.0, -1.0])
    of_loss, of_dh = ratio(student, rng, 4)
    for size, dtype in (
        (1e4, np.float64),
        (800.0, np.float64),
        (40.0, np.float64),
        (12.0, np.float64),
        (1e4, np.float32),
        (150.0, np.float32),
    ):
        h = (sign * size * rng.uniform(0.9, 1, 4)).astype(dtype)
        for y in (np.array([0, 1, 1, 0]), np.array([1, 0, 1, 0])):
            loss, dh = value(rules.pure(student, "bce_with_logits", h, y))
            want, where = judge(h, y), f"at large logits, for {dtype.__name__}"
            rtol = 1e-6 if dtype == np.float64 else 1e-5
            compare.close(
                loss,
                of_loss * want[0],
                f"loss {where}",
                rtol=rtol,
                hint="Nothing should be cut off, and no logarithm taken of 0.",
            )
            compare.close(
                dh,
                of_dh * want[1],
                f"dh {where}",
                rtol=rtol,
                atol=1e-9 if dtype == np.float64 else 1e-7,
            )


@check("bce_with_logits", points=2)
def test_shapes_differ(student, rng):
    """Logits and labels of different shapes raise a ValueError naming both, even where NumPy would broadcast."""
    for h, y in (((5, 1), (5,)), ((5,), (5, 1)), ((6,), (1,))):
        rules.rejects(
            student,
            "bce_with_logits",
            rng.normal(size=h),
            labels(rng, y),
            mentions=(str(h), str(y)),
        )


@check("bce_with_logits", points=1)
def test_bad_labels(student, rng):
    """An entry of y that is not in [0, 1] raises a ValueError naming it."""
    for wrong in (-1, 2):
        y = labels(rng, 5)
        y[int(rng.integers(5))] = wrong
        rules.rejects(student, "bce_with_logits", rng.normal(size=5), y, mentions=(str(wrong),))
    rules.rejects(student, "bce_with_logits", rng.normal(size=3), np.array([0.5, 1.25, 0.0]))
    rules.rejects(
        student,
        "bce_with_logits",
        rng.normal(size=3),
        np.array([0.5, np.nan, 0.0]),
        mentions=("nan",),
    )


@check("bce_with_logits", points=3)
def test_arguments_and_dtypes(student, rng):
    """Arguments stay as they are; float32 stays float32, integers become float64; any layout will do; no loop over the entries."""
    h, y = 2 * rng.normal(size=(4, 3)), labels(rng, (4, 3))
    rules.pure(student, "bce_with_logits", h, y)
    rules.layouts(student, "bce_with_logits", h, rng.random((4, 3)))
    rules.floats(student, "bce_with_logits", h, y)
    rules.vectorised(student, "bce_with_logits", lambda n: (rng.normal(size=n), labels(rng, n)))
    whole, shares = np.array([3, -1, 0, 2]), rng.uniform(0.1, 0.9, 4)
    loss, dh = value(student.bce_with_logits(whole, shares))
    want = value(student.bce_with_logits(whole.astype(float), shares))
    compare.close(
        loss,
        want[0],
        "the loss of whole-number logits and soft labels",
        hint="What happens to a fraction that is stored in an array of integers?",
    )
    compare.close(dh, want[1], "dh of whole-number logits and soft labels")
    single = student.bce_with_logits(h.astype(np.float32), rng.random((4, 3)))[1]
    compare.require(
        single.dtype == np.float32,
        "`dh` of float32 logits is not float32 for float64 labels.",
        "It takes the logits' dtype.",
    )
