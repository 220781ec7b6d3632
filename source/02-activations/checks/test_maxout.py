"""Question `maxout`: the largest of several pieces, and the router in the backward pass."""

import numpy as np

from autograder.checking import check, compare, numeric_gradient, rules

PARTS = ("dx", "dw", "db")
ROUTER = (
    "Everything goes to the piece that won, which may be another one for each example and unit."
)


def draw(rng, N=5, D=3, K=3, M=4):
    """Arguments whose pieces are well apart, so that a small nudge changes no winner, and of which each wins somewhere; and a dout."""
    while True:
        x, w, b = rng.normal(size=(N, D)), rng.normal(size=(K, D, M)), rng.normal(size=(K, M))
        z = x @ w + b[:, None, :]
        top = np.sort(z, axis=0)
        if K == 1 or (
            (top[-1] - top[-2]).min() > 1e-3 and len(np.unique(z.argmax(axis=0))) == min(K, N * M)
        ):
            return x, w, b, rng.normal(size=(N, M))


def by_hand(x, w, b, dout):
    """Values and gradients, entry by entry."""
    out = np.zeros(dout.shape)
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(b.shape)
    for n, m in np.ndindex(out.shape):
        z = [sum(x[n, d] * w[k, d, m] for d in range(x.shape[1])) + b[k, m] for k in range(len(w))]
        k = z.index(max(z))  # the first of them
        out[n, m] = z[k]
        dx[n] += dout[n, m] * w[k, :, m]
        dw[k, :, m] += dout[n, m] * x[n]
        db[k, m] += dout[n, m]
    return out, {"dx": dx, "dw": dw, "db": db}


def forward(student, name, *args):
    """out and cache of the student's forward."""
    return compare.unpack(student.forward(name, *args), 2, "out, cache")


def backward(student, x, w, b, dout):
    """The student's three gradients, by name."""
    _, cache = forward(student, "maxout_forward", x, w, b)
    return dict(
        zip(
            PARTS,
            compare.unpack(student.maxout_backward(dout, cache), 3, ", ".join(PARTS)),
            strict=True,
        )
    )


SIZES = (
    (5, 3, 3, 4),
    (4, 3, 2, 5),
    (3, 2, 1, 4),
    (3, 3, 3, 3),
    (1, 3, 4, 2),
    (4, 3, 3, 1),
    (1, 2, 2, 1),
)


def judge(student, rng, name):
    """One of the gradients, in several sizes; where the student's forward is wrong, it need only agree with that."""
    for sizes in SIZES:
        arguments = draw(rng, *sizes)
        out, want = by_hand(*arguments)
        got = backward(student, *arguments)[name]
        own, _ = forward(student, "maxout_forward", *arguments[:3])
        which = f"{name} for (N, D, K, M) = {sizes}"
        compare.shape(got, want[name].shape, which)
        if np.shape(own) == out.shape and not np.allclose(own, out, rtol=1e-6):
            measured = numeric_gradient(
                student, "maxout_forward", arguments[:3], PARTS.index(name), arguments[3], flat=True
            )
            if np.allclose(got, measured, rtol=1e-5, atol=1e-7):
                continue
        compare.close(got, want[name], which, hint=ROUTER)


@check("maxout", points=5)
def test_forward(student, rng):
    """`maxout_forward` returns the largest of the $K$ affine pieces, for each example and unit."""
    for sizes in ((5, 3, 2, 4), *SIZES):
        x, w, b, dout = draw(rng, *sizes)
        out, _ = forward(student, "maxout_forward", x, w, b)
        hint = "The biases take part in the competition."
        compare.close(out, by_hand(x, w, b, dout)[0], f"out for (N, D, K, M) = {sizes}", hint=hint)


@check("maxout", points=3)
def test_dx(student, rng):
    """`maxout_backward` gives `dx`, to which every unit contributes through the piece that won."""
    judge(student, rng, "dx")


@check("maxout", points=3)
def test_dw(student, rng):
    """`maxout_backward` gives `dw`."""
    judge(student, rng, "dw")


@check("maxout", points=2)
def test_db(student, rng):
    """`maxout_backward` gives `db`."""
    judge(student, rng, "db")


def draw_ties(rng):
    """Arguments of which three pieces tie everywhere, with other winners by size, by the sum over units and among the first two.

    The biases change no winner: that they take part is for other checks.
    """
    while True:
        # whole numbers, so that a tie is exact however it is added up
        x = rng.integers(-3, 4, size=(5, 3)).astype(float)
        w = rng.integers(-3, 4, size=(4, 3, 2)).astype(float)
        b = rng.integers(-2, 3, size=(4, 2)).astype(float)
        # pieces 0, 1 and 3 are one and the same
        w[1], b[1] = w[3], b[3] = w[0], b[0] = w[2] * [1, -1], b[2] + 2
        z = x @ w + b[:, None, :]
        won = z.argmax(axis=0)
        others = np.abs(z).argmax(axis=0), z.sum(axis=2).argmax(axis=0)[:, None]
        same = (won == (x @ w).argmax(axis=0)).all()
        if same and set(won.flat) == {0, 2} and all((won != other).any() for other in others):
            return x, w, b


@check("maxout", points=2)
def test_ties(student, rng):
    """Where pieces tie, the first of them has won, and it alone gets the gradient."""
    x, w, b = draw_ties(rng)
    dout = rng.normal(size=(5, 2)) + 3
    got, (_, want) = backward(student, x, w, b, dout), by_hand(x, w, b, dout)
    for name in PARTS:
        compare.close(
            got[name],
            want[name],
            f"{name}, where pieces tie,",
            hint="Here some pieces are one and the same: the first wins.",
        )


@check("maxout", points=1)
def test_no_loop_over_examples(student, rng):
    """Neither function loops over examples."""
    rules.vectorised(student, "maxout_forward", lambda N: draw(rng, N)[:3], keep_last=True)

    def arguments(N):
        x, w, b, dout = draw(rng, N)
        out, cache = forward(student, "maxout_forward", x, w, b)
        compare.shape(out, dout.shape, "out")  # one constant has no loop either
        return dout, cache

    rules.vectorised(student, "maxout_backward", arguments)


@check("maxout", points=1)
def test_rejects(student, rng):
    """`maxout_forward` refuses a `w` or a `b` that does not fit, and names the shape given."""
    x, w, b, _ = draw(rng, 4, 3, 2, 5)
    rules.rejects(student, "maxout_forward", x, w, b[:1], mentions=("(1, 5)", "(2, 5)"))
    rules.rejects(student, "maxout_forward", x, w, b[:, :1], mentions=("(2, 1)", "(2, 5)"))
    rules.rejects(student, "maxout_forward", x, w, b.T, mentions=("(5, 2)", "(2, 5)"))
    rules.rejects(student, "maxout_forward", x, w, b.ravel(), mentions=("(10,)", "(2, 5)"))
    rules.rejects(
        student, "maxout_forward", x, rng.normal(size=(2, 4, 5)), b, mentions=("(2, 4, 5)", "3")
    )
    rules.rejects(student, "maxout_forward", x, w[:, :, 0], b, mentions=("(2, 3)",))
    rules.rejects(
        student, "maxout_forward", x, rng.normal(size=(2, 1, 5)), b, mentions=("(2, 1, 5)", "3")
    )


@check("maxout", points=3)
def test_manners(student, rng):
    """Both functions leave their arguments alone, take any layout, keep float32 and float64, and share nothing but the cache."""
    x, w, b, dout = draw(rng)
    _, cache = rules.pure(student, "maxout_forward", x, w, b, keep_last=True)
    rules.pure(student, "maxout_backward", dout, cache)
    rules.floats(student, "maxout_forward", x, w, b, keep_last=True)
    rules.layouts(student, "maxout_forward", x, w, b, keep_last=True)
    rules.own_cache(student, "maxout_forward", "maxout_backward", (x, w, b), draw(rng)[:3], dout)
    rules.layouts(student, "maxout_backward", dout, cache)
    for name, grad in backward(student, *(v.astype(np.float32) for v in (x, w, b, dout))).items():
        got = getattr(grad, "dtype", type(grad).__name__)
        compare.require(
            got == np.float32,
            f"`{name}` is {got} for float32 arguments, where float32 was expected.",
        )
