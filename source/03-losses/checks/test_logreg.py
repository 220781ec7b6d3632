"""Question `logreg`: descent with all, some or one of the examples, and a line that is fitted again and again.

The loss is an argument, so that a mistake in question 3 is not paid for twice.
"""

import numpy as np

from autograder.checking import check, compare, rules


def draw(rng, N, D):
    """Examples and labels, of which both kinds occur."""
    y = rng.integers(0, 2, N)
    y[:2] = 0, 1
    return rng.normal(size=(N, D)) + 0.3, y


def fresh(rng):
    return np.random.default_rng(int(rng.integers(2**32)))


def parts(answer, D, steps):
    w, b, losses = compare.unpack(answer, 3, "w, b and losses")
    compare.shape(w, (D,), "w")
    compare.require(np.ndim(b) == 0, "`b` is not a single number.")
    compare.shape(losses, (steps,), "losses", hint="One for each step.")
    return w, b, losses


class Spy:
    """A loss that remembers what it was asked: half the mean of squares, or whatever `slope` makes of it."""

    def __init__(self, slope=lambda h, y: h - y):
        self.slope, self.asked, self.said = slope, [], []

    def __call__(self, h, y):
        self.asked.append((h, y))
        if not self.fits(
            h, y
        ):  # said later, by `batches`: what is raised here ends in the student's code
            return 0.0, np.zeros_like(h)
        self.said.append(float(np.mean((h - y) ** 2) / 2))
        return self.said[-1], (self.slope(h, y) / len(h)).astype(h.dtype)

    @staticmethod
    def fits(h, y):
        return (
            isinstance(h, np.ndarray)
            and isinstance(y, np.ndarray)
            and h.ndim == 1
            and h.shape == y.shape
        )

    def batches(self, steps):
        """The labels of each step, where the calls are what they should be."""
        compare.require(
            len(self.asked) == steps,
            f"`loss_fn` is called {len(self.asked)} times in {steps} steps.",
            "Once a step is enough.",
        )
        for h, y in self.asked:
            shapes = f"h of shape {np.shape(h)} and y of shape {np.shape(y)}"
            compare.require(
                self.fits(h, y),
                f"`loss_fn` is handed {shapes}, where two arrays of shape (batch,) were expected.",
            )
        return [y for _, y in self.asked]


def descend(X, y, lr, picks, slope=lambda h, y: h - y):
    """w, b and losses of the same descent, on the examples that were picked for each step."""
    w, b, losses = np.zeros(X.shape[1]), 0.0, []
    for pick in picks:
        h = np.array([sum(X[i] * w) + b for i in pick])
        losses.append(np.mean((h - y[pick]) ** 2) / 2)
        dh = slope(h, y[pick]) / len(pick)
        w = w - lr * sum(d * X[i] for d, i in zip(dh, pick, strict=True))
        b = b - lr * sum(dh)
    return w, b, np.array(losses)


@check("logreg", points=4)
def test_full_batch(student, reference, rng):
    """With all examples at each step, w and b follow their gradients under the loss that is passed, from zero."""
    X, y = draw(rng, 6, 3)
    lr, steps = float(rng.uniform(0.2, 0.6)), 5
    w, b, _ = parts(
        student.logreg_fit(X, y, lr, steps, None, None, reference.bce_with_logits), 3, steps
    )
    want = descend(X, y, lr, [np.arange(6)] * steps, lambda h, y: 1 / (1 + np.exp(-h)) - y)
    compare.close(
        w,
        want[0],
        "w",
        hint="The mean is in dh already; w starts at 0 and moves against its gradient.",
    )
    compare.close(
        b, want[1], "b", hint="It starts at 0, moves at every step, and every example pushes on it."
    )
    targets = rng.normal(size=6)
    spy = Spy()
    w, b, _ = parts(student.logreg_fit(X, targets, lr, 3, None, None, spy), 3, 3)
    spy.batches(3)
    want = descend(X, targets, lr, [np.arange(6)] * 3)
    compare.close(w, want[0], "w under another loss", hint="Does the gradient come from loss_fn?")
    compare.close(b, want[1], "b under another loss")


@check("logreg", points=2)
def test_losses(student, rng):
    """`loss_fn` is called once a step, on the step's h and labels, and `losses` holds what it said, in order."""
    X, targets = rng.normal(size=(5, 2)), rng.normal(size=5)
    for steps in (4, 0):
        spy = Spy()
        _, _, losses = parts(student.logreg_fit(X, targets, 0.3, steps, None, None, spy), 2, steps)
        spy.batches(steps)
        compare.close(
            losses, np.array(spy.said), "losses", hint="What loss_fn said at each step, in order."
        )
        for step, (h, y) in enumerate(spy.asked):
            w, b, _ = parts(student.logreg_fit(X, targets, 0.3, step, None, None, Spy()), 2, step)
            words = f"the `h` that loss_fn is asked about in step {step + 1}"
            compare.close(
                h,
                X @ w + b,
                words,
                rtol=1e-6,
                atol=1e-8,
                hint="It is that of your own w and b before the update.",
            )
            compare.close(y, targets, f"the labels of step {step + 1}")
    spy = Spy(lambda h, y: np.zeros_like(h))
    _, _, losses = parts(student.logreg_fit(X, targets, 0.3, 3, None, None, spy), 2, 3)
    spy.batches(3)


def follows(student, X, ids, lr, batch, seed):
    """The first step on a batch is your own with all of the batch's examples, and the second one begins where it ends."""
    spy, again = Spy(), Spy()
    w, b, _ = parts(
        student.logreg_fit(X, ids, lr, 1, batch, np.random.default_rng(seed), spy), 2, 1
    )
    first = spy.batches(1)[0].astype(int)
    want = parts(student.logreg_fit(X[first], ids[first], lr, 1, None, None, Spy()), 2, 1)
    hint = "Do examples and labels of a batch belong together?"
    compare.close(
        w,
        want[0],
        "w after a step on a batch, against your own with these examples alone,",
        hint=hint,
    )
    compare.close(
        b,
        want[1],
        "b after a step on a batch, against your own with these examples alone,",
        hint=hint,
    )
    student.logreg_fit(X, ids, lr, 2, batch, np.random.default_rng(seed), again)
    pick = again.batches(2)[1].astype(int)
    if np.array_equal(
        again.batches(2)[0].astype(int), first
    ):  # the same draw, so that the second step can be followed
        compare.close(
            again.asked[1][0],
            X[pick] @ w + b,
            "the `h` that loss_fn is asked about in the second step",
            rtol=1e-6,
            atol=1e-8,
        )


@check("logreg", points=4)
def test_batches(student, rng):
    """Each step draws `batch` different examples from `rng`, each equally likely, and moves by their gradient alone; 1 and N will do."""
    N, lr = 8, 0.05
    X, ids = (
        rng.normal(size=(N, 2)),
        np.arange(N) + 0.5,
    )  # labels that tell the examples apart, and none fits the start
    for batch, steps, fewest in (
        (3, 80, 16),
        (1, 250, 4),
        (N, 3, 1),
    ):  # 80 draws meet about 43 of the 56 sets of three
        spy, seed = Spy(), int(rng.integers(2**32))
        answer = student.logreg_fit(X, ids, lr, steps, batch, np.random.default_rng(seed), spy)
        drawn = [labels.astype(int) for labels in spy.batches(steps)]
        sizes = {len(pick) for pick in drawn}
        compare.require(
            sizes == {batch}, "A step has another number of examples than `batch` says."
        )
        compare.require(
            all(len(set(pick)) == batch for pick in drawn),
            "An example comes twice in a batch.",
            "Draw without replacement.",
        )
        follows(student, X, ids, lr, batch, seed)
        _, _, losses = parts(answer, 2, steps)
        compare.close(
            losses,
            np.array(spy.said),
            "losses of these batches",
            hint="Each step's own, on its own batch.",
        )
        if batch == N:
            break
        hint = "Each step draws anew, and any examples may meet in a batch."
        compare.require(
            len({frozenset(pick) for pick in drawn}) >= fewest,
            "The same few batches come again and again.",
            hint,
        )
        share = batch / N
        counts = np.array([[index in pick for index in range(N)] for pick in drawn])
        for index in range(N):
            std_error = np.sqrt(share * (1 - share) / steps)
            compare.near_mean(
                counts[:, index],
                share,
                std_error,
                "the share of the batches in which an example stands",
            )
        if batch == 1:
            continue
        for rng_again, alike in ((np.random.default_rng(seed), True), (fresh(rng), False)):
            again = Spy()
            student.logreg_fit(X, ids, lr, 12, batch, rng_again, again)
            same = all(
                set(labels.astype(int)) == set(pick)
                for labels, pick in zip(again.batches(12), drawn, strict=False)
            )
            what = (
                "The same state of `rng` gives other batches."
                if alike
                else "Another state of `rng` gives the same batches."
            )
            compare.require(same is alike, what, "Draw from `rng`, and from nothing else.")


@check("logreg", points=2)
def test_default_loss(student, rng):
    """Without a `loss_fn`, `logreg_fit` trains under your own `bce_with_logits`."""
    X, y = draw(rng, 5, 2)
    loss, dh = compare.unpack(student.bce_with_logits(np.zeros(5), y), 2, "loss and dh")
    compare.shape(dh, (5,), "dh")
    compare.require(
        np.isfinite(dh).all() and np.any(dh),
        "`bce_with_logits` gives no gradient that could train anything.",
    )
    want = parts(student.logreg_fit(X, y, 0.4, 1, None, None, lambda h, labels: (loss, dh)), 2, 1)
    got = parts(student.logreg_fit(X, y, 0.4, 1), 2, 1)
    for part, right, name in zip(got, want, ("w", "b", "losses"), strict=True):
        compare.close(
            part, right, f"{name} without a loss_fn, against `{name}` under your bce_with_logits,"
        )


class Weights:
    """Weights that depend on the residuals, and remember them."""

    def __init__(self, of):
        self.of, self.asked = of, []

    def __call__(self, r):
        self.asked.append(r)
        return self.of(r)


def lopsided(r):
    """Weights that treat the two sides of a line differently."""
    return np.where(r > 0, 0.5, 2.0) / (1 + np.abs(r))


def line(value):
    slope, intercept = compare.unpack(value, 2, "slope and intercept")
    compare.require(
        np.ndim(slope) == 0 and np.ndim(intercept) == 0,
        "`slope` and `intercept` are not two numbers.",
    )
    return np.array([slope, intercept], dtype=np.float64)


def weighted(x, y, omega):
    """The line by another way: least squares on rows that are scaled by the roots of the weights."""
    root = np.sqrt(omega)
    return np.linalg.lstsq(np.stack([root * x, root], axis=1), root * y, rcond=None)[0]


@check("logreg", points=3)
def test_reweighted_line(student, rng):
    """`irls_line` begins with ordinary least squares; each step then computes the weights from the residuals of the last line, and fits again."""
    x = rng.permutation(np.linspace(-2, 3, 7)) + rng.uniform(-0.2, 0.2, 7)
    y = 0.7 * x - 1 + 0.2 * rng.normal(size=7)
    y[:2] += 4
    omega, want = np.ones(7), []
    for _ in range(5):
        want.append(weighted(x, y, omega))
        omega = lopsided(y - want[-1][0] * x - want[-1][1])
    for steps in (0, 1, 4):
        weight = Weights(lopsided)
        got = line(student.irls_line(x, y, weight, steps))
        compare.require(
            len(weight.asked) == steps,
            f"`weight` is called {len(weight.asked)} times in {steps} steps.",
        )
        for r, (slope, intercept) in zip(weight.asked, want, strict=False):
            compare.close(
                r,
                y - slope * x - intercept,
                "the residuals which `weight` is asked for",
                hint="y minus the line just fitted.",
            )
        words = (
            "the ordinary least-squares line"
            if steps == 0
            else f"the line after {steps} {'step' if steps == 1 else 'steps'}"
        )
        compare.close(
            got,
            want[steps],
            words,
            hint="The weights weigh the squares; the intercept is part of the fit.",
        )


@check("logreg", points=3)
def test_infinite_and_missing_weights(student, rng):
    """Weights above a million count as a million; points of weight 0 do not count; if the points do not determine a line, a ValueError is raised."""
    x, y = np.arange(5) + rng.uniform(-0.2, 0.2, 5), rng.normal(size=5)
    for given in (
        [np.inf, 1.0, 2.0, np.inf, 1.0],
        [3e7, 1.0, 1.0, 4e6, np.inf],
        [0.0, 2.0, 1.0, 0.0, 5.0],
    ):
        omega = np.array(given)
        got = line(rules.pure(student, "irls_line", x, y, lambda r, omega=omega: omega, 1))
        compare.close(
            got,
            weighted(x, y, np.minimum(omega, 1e6)),
            "the line with such weights",
            rtol=1e-5,
            atol=1e-7,
        )
    large = rng.uniform(2e5, 7e5, 5)  # beside which it shows how much a million is
    large[int(rng.integers(5))] = np.inf
    got = line(student.irls_line(x, y, lambda r: large, 1))
    compare.close(
        got,
        weighted(x, y, np.minimum(large, 1e6)),
        "the line where all weights are large",
        rtol=1e-8,
    )
    two = np.array([0.5, 2.0, 0.5, 2.0, 2.0])
    compare.close(
        line(student.irls_line(two, y, np.ones_like, 1)),
        weighted(two, y, np.ones(5)),
        "the line over two different x",
    )
    for omega in (np.zeros(5), np.array([0, 0, 1.0, 0, 0])):
        rules.rejects(student, "irls_line", x, y, lambda r, omega=omega: omega, 1)
    for same in (0.5, 0.1, float(rng.uniform(1, 9))):  # whose sums are exact, and whose are not
        rules.rejects(student, "irls_line", np.full(7, same), rng.normal(size=7), np.ones_like, 0)
    twice = x[[0, 0, 1, 2, 3]]
    rules.rejects(student, "irls_line", twice, y, lambda r: np.array([1.0, 2.0, 0, 0, 0]), 1)


@check("logreg", points=1)
def test_bad_arguments(student, rng):
    """Shapes that do not fit and a batch that is not in 1 … N raise a ValueError that names what was given."""
    X, y = draw(rng, 6, 2)
    rules.rejects(
        student, "logreg_fit", X, y[:, None], 0.1, 2, None, None, Spy(), mentions=("(6, 1)",)
    )
    rules.rejects(student, "logreg_fit", X, y[:5], 0.1, 2, None, None, Spy(), mentions=("(5,)",))
    rules.rejects(student, "logreg_fit", X[:, 0], y, 0.1, 2, None, None, Spy(), mentions=("(6,)",))
    for batch in (0, 7):
        rules.rejects(
            student, "logreg_fit", X, y, 0.1, 2, batch, fresh(rng), Spy(), mentions=(str(batch),)
        )
    rules.rejects(
        student, "irls_line", X[:, :1], y.astype(float), np.ones_like, 1, mentions=("(6, 1)",)
    )
    rules.rejects(
        student, "irls_line", X[:, 0], rng.normal(size=5), np.ones_like, 1, mentions=("(5,)",)
    )
    rules.rejects(
        student,
        "irls_line",
        X[:, 0],
        rng.normal(size=1),
        np.ones_like,
        1,
        mentions=("(6,)", "(1,)"),
    )
    rules.rejects(
        student, "irls_line", X, rng.normal(size=(6, 2)), np.ones_like, 1, mentions=("(6, 2)",)
    )


@check("logreg", points=1)
def test_arguments_and_dtypes(student, reference, rng):
    """Arguments stay as they are; float32 stays float32, integers become float64; any layout and one example will do; no loop over examples, no step left out."""
    X, y = draw(rng, 6, 2)
    loss_fn = reference.bce_with_logits
    rules.pure(student, "logreg_fit", X, y, 0.2, 2, 3, fresh(rng), loss_fn, writes=(5,))
    rules.floats(student, "logreg_fit", X, y, 0.5, 1, None, None, loss_fn)
    rules.layouts(student, "logreg_fit", X, y, 0.2, 2, None, None, loss_fn)
    w, b, _ = parts(student.logreg_fit(X[:1], y[:1], 0.5, 2, None, None, Spy()), 2, 2)
    twice = parts(student.logreg_fit(X[[0, 0]], y[[0, 0]], 0.5, 2, None, None, Spy()), 2, 2)
    compare.require(
        np.isfinite(w).all() and np.isfinite(b) and np.isfinite(twice[0]).all(),
        "`w` or `b` of a single example is no number.",
    )
    rules.vectorised(
        student, "logreg_fit", lambda n: (*draw(rng, n, 2), 0.2, 2, None, None, loss_fn)
    )
    x, y = rng.normal(size=6), rng.normal(size=6)

    def weight(r):
        return 1 / (1 + r * r)

    rules.pure(student, "irls_line", x, y, weight, 2)
    even = Weights(np.ones_like)
    student.irls_line(x, y, even, 3)
    said = f"`weight` is called {len(even.asked)} times in 3 steps, where the line stays as it is."
    compare.require(
        len(even.asked) == 3,
        said,
        "It is called once a step, however little there is left to change.",
    )
    rules.layouts(student, "irls_line", x, y, weight, 2)
    whole = np.array([3, 0, 1, 5]), np.array([2, -1, 4, 4])
    from_floats = student.irls_line(*(v.astype(np.float64) for v in whole), weight, 2)
    compare.close(
        line(student.irls_line(*whole, weight, 2)),
        line(from_floats),
        "the line through whole numbers",
        rtol=1e-9,
    )
    rules.vectorised(
        student, "irls_line", lambda n: (rng.normal(size=n), rng.normal(size=n), weight, 1)
    )
