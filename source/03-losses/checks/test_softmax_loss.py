"""Question `softmax_loss`: values, the gradient, soft labels, and logits that are far apart."""

from itertools import product

import numpy as np

from autograder.checking import check, compare, numeric_gradient, rules

FORBIDDEN = ("utils.gradients.numeric_gradient",)


def value(answer):
    loss, dx = compare.unpack(answer, 2, "loss and dx")
    compare.require(
        np.ndim(loss) == 0 and isinstance(loss, (float, int, np.generic, np.ndarray)),
        "`loss` is not a single number.",
    )
    return loss, dx


def draw(rng, N, C):
    """Logits, and labels of which no two are the same while there are enough."""
    return 2 * rng.normal(size=(N, C)), np.concatenate(
        [rng.permutation(C) for _ in range(N // C + 1)]
    )[:N]


def soft_labels(rng, N, C):
    return rng.dirichlet(np.full(C, 0.8), size=N)


def judge(x, target):
    """Loss and gradient, example by example."""
    loss, dx = 0.0, np.zeros(x.shape)
    for i, (row, weights) in enumerate(zip(x, target, strict=True)):
        top = max(row)
        log_sum = top + np.log(sum(np.exp(v - top) for v in row))
        loss += sum(w * (log_sum - v) for w, v in zip(weights, row, strict=True) if w) / len(x)
        dx[i] = (np.exp(row - log_sum) - weights) / len(x)
    return loss, dx


def ratio(student, rng, N, C):
    """By which factors the student's loss and `dx` are off for batches of this size: these cost their marks once."""
    asked = [(rng.normal(size=(N, C)), draw(rng, N, C)[1]) for _ in range(2)]
    answers = map(value, student.batch("softmax_loss", asked))
    pairs = [(got, judge(x, np.eye(C)[y])) for (x, y), got in zip(asked, answers, strict=True)]
    return [compare.factor((got[part], want[part]) for got, want in pairs) for part in (0, 1)]


@check("softmax_loss", points=4)
def test_loss(student, rng):
    """For integer labels, the loss is the mean over the examples of minus the log-probability of the right class."""
    batches = [
        (rng.normal(size=(N, C)), draw(rng, N, C)[1])
        for N, C in ((5, 3), (3, 7), (3, 3), (1, 4), (4, 2))
    ]
    for (x, y), answer in zip(batches, student.batch("softmax_loss", batches), strict=True):
        want, hint = (
            judge(x, np.eye(x.shape[1])[y])[0],
            "Each example has a softmax of its own; the mean is over the examples.",
        )
        compare.close(
            value(answer)[0], want, "loss", rtol=1e-4, hint=hint
        )  # what cuts probabilities off shows at large logits


@check("softmax_loss", points=4)
def test_gradient(student, rng):
    """For integer labels, `dx` is the gradient of the mean loss with respect to the logits; of your own loss, where that is another one."""
    batches = [
        (rng.normal(size=(N, C)), draw(rng, N, C)[1]) for N, C in ((5, 3), (3, 5), (1, 4), (3, 3))
    ]
    for (x, y), answer in zip(batches, student.batch("softmax_loss", batches), strict=True):
        loss, dx = value(answer)
        want, gradient = judge(x, np.eye(x.shape[1])[y])
        compare.shape(dx, x.shape, "dx")
        if not np.allclose(loss, want, rtol=1e-4):
            measured = numeric_gradient(
                student,
                "softmax_loss",
                (x, y),
                0,
                1.0,
                out=lambda v: value(v)[0],
                keep_last=False,
                flat=True,
            )
            if measured.any() and np.allclose(dx, measured, rtol=1e-5, atol=1e-7):
                continue
        compare.close(
            dx,
            gradient,
            "dx",
            rtol=1e-5,
            hint="Do the derivation for one example; then think of the mean.",
        )


@check("softmax_loss", points=4)
def test_soft_labels(student, rng):
    """For soft labels of shape (N, C), every class counts by its share: loss and `dx` follow from your own for integer labels."""
    somewhere = False
    for N, C in ((2, 3), (1, 5), (3, 3)):
        x, target = rng.normal(size=(N, C)), soft_labels(rng, N, C)
        target[0, :2] = 0, 1 - target[0, 2:].sum()  # a class that is impossible
        rows = list(product(range(C), repeat=N))
        shares = [np.prod(target[np.arange(N), row]) for row in rows]
        hard = [
            value(v) for v in student.batch("softmax_loss", [(x, np.array(row)) for row in rows])
        ]
        loss, dx = value(student.softmax_loss(x, target))
        for what, got, part in (("loss", loss, 0), ("dx", dx, 1)):
            want = sum(
                share * np.asarray(answer[part], dtype=float)
                for share, answer in zip(shares, hard, strict=True)
            )
            somewhere = somewhere or bool(np.any(want))
            compare.close(
                got,
                want,
                f"{what} of soft labels",
                rtol=1e-5,
                atol=1e-8,
                hint="Every class counts by its share.",
            )
    compare.require(somewhere, "`loss` and `dx` are zero for all integer labels.")
    x, y = draw(rng, 4, 3)
    want = value(student.softmax_loss(x, y))
    for answer in student.batch(
        "softmax_loss", [(x, np.eye(3, dtype=dtype)[y]) for dtype in (np.int64, np.float64)]
    ):
        for got, right, what in zip(value(answer), want, ("loss", "dx"), strict=True):
            compare.close(
                got,
                right,
                f"{what} of one-hot rows",
                hint="It is held against your own for the same integer labels.",
            )


@check("softmax_loss", points=4)
def test_large_logits(student, rng):
    """Logits of up to ±10,000, alike or unlike from row to row, give the right loss and `dx` without a warning."""
    y = np.array([0, 1, 2, 1])
    of_loss, of_dx = ratio(student, rng, 4, 3)
    for offsets in (
        np.full(4, 9990.0),
        np.full(4, -9990.0),
        np.array([9990.0, -9990.0, 0.0, 800.0]),
    ):
        x = (
            rng.normal(size=(4, 3)) + offsets[:, None]
        )  # rows that a common shift would push out of reach
        loss, dx = value(rules.pure(student, "softmax_loss", x, y))
        want = judge(x, np.eye(3)[y])
        hint = "Which m keeps every exponential finite, and each row's sum away from 0?"
        compare.close(loss, of_loss * want[0], "the loss at large logits", hint=hint)
        compare.close(dx, of_dx * want[1], "dx at large logits")
    x = rng.uniform(-1, 1, (4, 3)) * 10.0 ** np.array(
        [[4], [1.7], [3], [2]]
    )  # confident answers, right and wrong ones
    for target in (np.argmin(x, axis=1), np.argmax(x, axis=1)):
        loss, dx = value(rules.pure(student, "softmax_loss", x, target))
        want = judge(x, np.eye(3)[target])
        hint = "Nothing should be cut off, and no logarithm taken of 0."
        compare.close(loss, of_loss * want[0], "the loss of confident answers", hint=hint)
        compare.close(dx, of_dx * want[1], "dx of confident answers")
    x = np.array([[0.0, 2000.0], [-30.0, 30.0]])
    one, other = (
        value(rules.pure(student, "softmax_loss", x, np.full(2, label)))[0] for label in (0, 1)
    )
    loss, _ = value(rules.pure(student, "softmax_loss", x, np.full((2, 2), 0.5)))
    hint = "No logarithm of a probability that is 0, here either."
    compare.close(loss, (one + other) / 2, "the loss of soft labels at logits far apart", hint=hint)


@check("softmax_loss", points=2)
def test_bad_labels(student, rng):
    """Labels outside 0 … C-1, labels that are no integers, and a y of another shape raise a ValueError that names what was given."""
    x, y = draw(rng, 5, 3)
    for wrong in (3, -1):
        bad = y.copy()
        bad[int(rng.integers(5))] = wrong
        rules.rejects(student, "softmax_loss", x, bad, mentions=(str(wrong),))
    rules.rejects(student, "softmax_loss", x, y.astype(np.float64))
    rules.rejects(student, "softmax_loss", x, y[:4], mentions=("(4,)",))
    rules.rejects(student, "softmax_loss", x, y[:, None], mentions=("(5, 1)",))
    rules.rejects(student, "softmax_loss", x, np.full((5, 2), 0.5), mentions=("(5, 2)",))
    rules.rejects(student, "softmax_loss", x, np.full((1, 3), 1 / 3), mentions=("(1, 3)",))


@check("softmax_loss", points=2)
def test_arguments_and_dtypes(student, rng):
    """Arguments stay as they are; float32 stays float32, integers become float64; any layout will do; no loop over the examples."""
    x, y = draw(rng, 5, 3)
    for target in (y, soft_labels(rng, 5, 3)):
        rules.pure(student, "softmax_loss", x, target)
    rules.layouts(student, "softmax_loss", x, soft_labels(rng, 5, 3))
    rules.floats(student, "softmax_loss", x, y)
    rules.vectorised(student, "softmax_loss", lambda n: draw(rng, n, 3))
    whole, target = np.array([[3, -1, 0], [2, 2, 5]]), soft_labels(rng, 2, 3)
    loss, dx = value(student.softmax_loss(whole, target))
    want = value(student.softmax_loss(whole.astype(float), target))
    compare.close(
        loss,
        want[0],
        "the loss of whole-number logits and soft labels",
        hint="What happens to a fraction that is stored in an array of integers?",
    )
    compare.close(dx, want[1], "dx of whole-number logits and soft labels")
    for kind in (np.int32, np.uint8):
        for got, right, what in zip(
            value(student.softmax_loss(x, y.astype(kind))),
            value(student.softmax_loss(x, y)),
            ("loss", "dx"),
            strict=True,
        ):
            compare.close(
                got,
                right,
                f"{what} for labels of dtype {kind.__name__}",
                hint="Integers of any kind are labels.",
            )
    single = student.softmax_loss(x.astype(np.float32), soft_labels(rng, 5, 3))[1]
    compare.require(
        single.dtype == np.float32,
        "`dx` of float32 logits is not float32 for float64 soft labels.",
        "It takes the logits' dtype.",
    )
