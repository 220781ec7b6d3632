"""Question `softmax_loss`: values, the gradient, soft labels, and logits that are far apart."""

import numpy as np

from autograder.checking import check, compare, numeric_gradient, rules

FORBIDDEN = ("utils.gradients.numeric_gradient",)


def value(answer):
    loss, dx = compare.pair(answer, 2, "loss and dx")
    compare.that(np.ndim(loss) == 0 and isinstance(loss, (float, int, np.generic, np.ndarray)), "`loss` is not a single number.")
    return loss, dx


def draw(rng, N, C):
    """Logits, and labels of which no two are the same while there are enough."""
    return 2 * rng.normal(size=(N, C)), np.concatenate([rng.permutation(C) for _ in range(N // C + 1)])[:N]


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


@check("softmax_loss", points=4)
def test_loss(student, rng):
    """For integer labels, the loss is the mean over the examples of minus the log-probability of the right class."""
    batches = [draw(rng, N, C) for N, C in ((5, 3), (3, 7), (6, 3), (1, 4), (4, 2))]
    for place, kind in ((1, np.int32), (2, np.uint8)):
        batches[place] = batches[place][0], batches[place][1].astype(kind)
    for (x, y), answer in zip(batches, student.batch("softmax_loss", batches), strict=True):
        loss, C = value(answer)[0], x.shape[1]
        compare.close(loss, judge(x, np.eye(C)[y])[0], "loss", hint="Each example has a softmax of its own; the mean is over the examples.")


@check("softmax_loss", points=3)
def test_gradient(student, rng):
    """For integer labels, `dx` is the gradient of the mean loss with respect to the logits."""
    batches = [draw(rng, N, C) for N, C in ((5, 3), (3, 7), (1, 4))]
    for (x, y), answer in zip(batches, student.batch("softmax_loss", batches), strict=True):
        _, dx = value(answer)
        compare.close(dx, judge(x, np.eye(x.shape[1])[y])[1], "dx", hint="Do the derivation for one example; then think of the mean.")


@check("softmax_loss", points=3)
def test_gradient_of_your_own_loss(student, rng):
    """`dx` agrees with the numeric gradient of your own loss, for integer and for soft labels."""
    x, y = draw(rng, 2, 3)
    for target in (y, soft_labels(rng, 2, 3)):
        _, dx = value(student.softmax_loss(x, target))
        measured = numeric_gradient(student, "softmax_loss", (x, target), 0, 1.0, out=lambda answer: value(answer)[0], keep_last=False)
        compare.close(dx, measured, "dx", atol=1e-8)


@check("softmax_loss", points=5)
def test_soft_labels(student, rng):
    """For soft labels of shape (N, C), loss and `dx` are those of the equation; a one-hot row means the same as its label."""
    batches = [(2 * rng.normal(size=shape), soft_labels(rng, *shape)) for shape in ((4, 3), (1, 5), (3, 3))]
    for _, target in batches:
        target[0, :2] = 0, 1 - target[0, 2:].sum()  # a class that is impossible
    for (x, target), answer in zip(batches, student.batch("softmax_loss", batches), strict=True):
        loss, dx = value(answer)
        want = judge(x, target)
        compare.close(loss, want[0], "loss of soft labels", hint="Every class counts by its share.")
        compare.close(dx, want[1], "dx of soft labels")
    x, y = draw(rng, 4, 3)
    want = judge(x, np.eye(3)[y])
    for answer in student.batch("softmax_loss", [(x, np.eye(3, dtype=dtype)[y]) for dtype in (np.int64, np.float64)]):
        loss, dx = value(answer)
        compare.close(loss, want[0], "loss of one-hot rows")
        compare.close(dx, want[1], "dx of one-hot rows")


@check("softmax_loss", points=5)
def test_large_logits(student, rng):
    """Logits of up to ±10,000, alike or unlike from row to row, give the right loss and `dx` without a warning."""
    y = np.array([0, 1, 2, 1])
    for offsets in (np.full(4, 9990.0), np.full(4, -9990.0), np.array([9990.0, -9990.0, 0.0, 800.0])):
        x = rng.normal(size=(4, 3)) + offsets[:, None]  # rows that a common shift would push out of reach
        loss, dx = value(rules.pure(student, "softmax_loss", x, y))
        want = judge(x, np.eye(3)[y])
        compare.close(loss, want[0], "loss at large logits", hint="Which m keeps every exponential finite, and each row's sum away from 0?")
        compare.close(dx, want[1], "dx at large logits")
    x = rng.uniform(-1, 1, (4, 3)) * 10.0 ** np.array([[4], [1.7], [3], [2]])  # confident answers, right and wrong ones
    for target in (np.argmin(x, axis=1), np.argmax(x, axis=1), soft_labels(rng, 4, 3)):
        loss, dx = value(rules.pure(student, "softmax_loss", x, target))
        want = judge(x, np.eye(3)[target] if target.ndim == 1 else target)
        compare.close(loss, want[0], "loss of confident answers", hint="Nothing should be cut off, and no logarithm taken of 0.")
        compare.close(dx, want[1], "dx of confident answers")


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


@check("softmax_loss", points=3, needs=("test_loss", "test_gradient"))
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
    want = judge(whole, target)
    compare.close(loss, want[0], "loss of whole-number logits and soft labels", hint="What becomes of a share that is put among integers?")
    compare.close(dx, want[1], "dx of whole-number logits and soft labels")
    single = student.softmax_loss(x.astype(np.float32), soft_labels(rng, 5, 3))[1]
    compare.that(
        single.dtype == np.float32, "`dx` of float32 logits is not float32 for float64 soft labels.", "It takes the logits' dtype."
    )
