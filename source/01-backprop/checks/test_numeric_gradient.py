"""Question `numeric_gradient`: central differences that are right to the last bit they can be."""

import numpy as np

from autograder.checking import check, compare, fail, rules

FORBIDDEN = ("utils.gradients.numeric_gradient",)


def factor(student, h=None):
    """What a slope of one is measured as: a factor that is wrong everywhere costs its marks once, in the first check."""
    got = student.numeric_gradient(np.positive, np.array([0.5]), *(() if h is None else (None, h)))
    got = np.asarray(got, dtype=float).ravel()
    if got.size != 1 or not np.isfinite(got[0]) or abs(got[0]) < 1e-3:
        fail("`numeric_gradient` of f(x) = x at a single number is no number, or next to zero.")
    return 1.0 if abs(got[0] - 1) < 1e-4 else float(got[0])


@check("numeric_gradient", points=4)
def test_number_valued(student, rng):
    """`numeric_gradient` measures the gradient of a function that returns a number to eight digits."""
    for shape in ((), (3,), (2, 1, 2)):  # small: every entry is two calls back into this process
        x = rng.uniform(0.3, 2, shape)
        got = student.numeric_gradient(lambda v: float(np.sum(np.exp(v) * v)), x)
        compare.close(
            got, np.exp(x) * (x + 1), "dx", rtol=2e-8, hint="How does the error fall with h?"
        )


@check("numeric_gradient", points=3)
def test_array_valued(student, rng):
    """`df` weighs the entries of what `f` returns, a single number too; without `df`, each counts as one."""
    x, A, df = rng.uniform(0.5, 2, (2, 2)), rng.normal(size=(3, 2)), rng.normal(size=(3, 2))

    def f(v):
        return A @ np.sin(v)

    c = factor(student)
    compare.close(
        student.numeric_gradient(f, x, df),
        c * (A.T @ df) * np.cos(x),
        "dx with `df`",
        rtol=1e-3,
        atol=1e-4,
    )
    got = student.numeric_gradient(lambda v: float(np.sum(np.sin(v))), x, np.array(df[0, 0]))
    compare.close(
        got,
        c * df[0, 0] * np.cos(x),
        "dx with `df`, for an `f` that returns a number,",
        rtol=1e-3,
        atol=1e-4,
    )
    compare.close(
        student.numeric_gradient(f, x),
        c * A.sum(axis=0)[:, None] * np.cos(x),
        "dx without `df`",
        rtol=1e-3,
        atol=1e-4,
    )
    compare.close(
        student.numeric_gradient(f, x, 0 * df),
        0 * x,
        "dx with a `df` of zeros",
        hint="A df of zeros is a df.",
    )


@check("numeric_gradient", points=2)
def test_large_nudge(student, rng):
    """`h` is used as the formula says: for a large `h` the answer is the same central difference, errors and all."""
    x, h = rng.uniform(1, 2, (1, 2)), float(rng.uniform(0.2, 0.6))
    want = factor(student, h) * np.full(x.shape, 3 * x.sum() ** 2 + h**2)
    compare.close(
        student.numeric_gradient(lambda v: float(v.sum() ** 3), x, h=h), want, "dx of a cubic"
    )


class MovedBy:
    """A function that notes where it is asked for: one entry of x moved by t gives t."""

    def __init__(self, x):
        self.x, self.seen = x, []

    def __call__(self, v):
        self.seen.append(np.array(v))
        return float((v != self.x).sum() * (v - self.x).sum())


@check("numeric_gradient", points=2)
def test_one_entry_at_a_time(student, rng):
    """`x` is unchanged to the bit, and `f` never sees more than one changed entry, by 1e-5 if no `h` is given."""
    x = rng.normal(size=(3, 4)) * 10.0 ** rng.permutation(np.repeat([0, -3, -7], 4)).reshape(
        3, 4
    )  # a small one loses what it is added to
    f = MovedBy(x)
    hint = "Put back the very number that was there, not one computed from it."
    report = student.report("numeric_gradient", f, x)
    compare.equal(report.args[1], x, "x, after the call,", hint=hint)
    seen = f.seen
    compare.require(
        bool(seen) and all(v.shape == x.shape for v in seen),
        "`f` was not called with arrays of x's shape.",
    )
    compare.require(
        max(np.count_nonzero(v != x) for v in seen) == 1,
        "`f` saw more than one entry of x moved, if only in the last bit.",
        hint=hint,
    )
    compare.close(report.value, factor(student) * np.ones(x.shape), "dx", rtol=1e-3)
    nudges = [np.abs(v - x).max() for v in seen if (v != x).any()]
    compare.require(
        np.allclose(nudges, 1e-5, rtol=1e-6),
        "`f` saw an entry moved by something else than 1e-5, though no `h` was given.",
    )


@check("numeric_gradient", points=3)
def test_view(student, rng):
    """An `f` that returns a view of what it was given is measured rightly."""
    _, f = student.forward("flipped_view")
    x, df = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    compare.close(
        student.numeric_gradient(f, x, df),
        factor(student) * df[:, ::-1],
        "dx",
        hint="What has become of f's first result by the time you subtract?",
    )


@check("numeric_gradient", points=2)
def test_precision(student, rng):
    """A float32 `x` is measured in float64 and answered in float32; whole numbers are answered in float64."""
    x = rng.uniform(1, 2, (2, 3)).astype(np.float32)
    got = student.numeric_gradient(np.square, x)
    c = factor(student)
    compare.close(
        got,
        c * 2 * x,
        "dx for a float32 `x`",
        rtol=1e-4,
        hint="How much of a nudge of 1e-5 does float32 keep?",
    )
    compare.require(
        got.dtype == np.float32, f"dx for a float32 x is {got.dtype}, where float32 was expected."
    )
    whole = rng.integers(2, 9, (2, 1))
    got = student.numeric_gradient(lambda v: v**2, whole)
    compare.close(
        got,
        c * 2.0 * whole,
        "dx for whole numbers",
        rtol=1e-4,
        hint="Where do nudges and answers go if an array holds integers?",
    )
    compare.require(
        got.dtype == np.float64, f"dx for whole numbers is {got.dtype}, where float64 was expected."
    )


@check("numeric_gradient", points=2)
def test_layouts(student, rng):
    """Slices, transposes and read-only arrays are measured like any other `x`."""
    x = rng.normal(size=(2, 2))
    compare.close(
        student.numeric_gradient(np.sin, x), factor(student) * np.cos(x), "dx", rtol=1e-3, atol=1e-4
    )
    rules.layouts(student, "numeric_gradient", np.sin, x)


@check("numeric_gradient", points=2)
def test_rel_error(student, rng):
    r"""`rel_error` gives the largest $|a - b| / \max(|a|, |b|, 10^{-8})$, is 0 for equal zeros, and refuses differing shapes."""
    a = rng.normal(size=(3, 4)) * 10.0 ** rng.integers(-3, 3, (3, 4))
    change = rng.uniform(-0.3, 0.3, a.shape)
    change.flat[np.argmax(np.abs(a))] *= 0.1  # the largest entry has not the largest error
    b = a * (1 + change)
    want = max(abs(p - q) / max(abs(p), abs(q), 1e-8) for p, q in zip(a.flat, b.flat, strict=True))
    got = rules.pure(student, "rel_error", a, b)
    swapped = student.rel_error(b, a)  # asked before either is judged: signs tell mistakes apart
    compare.close(got, want, "rel_error(a, b)")
    compare.close(swapped, want, "rel_error(b, a)")
    zeros = np.zeros(3)
    compare.close(
        rules.pure(student, "rel_error", zeros, zeros.copy()), 0.0, "rel_error of equal zeros"
    )
    compare.close(
        student.rel_error(zeros, np.array([0.0, 2e-9, 0.0])), 0.2, "rel_error of numbers below 1e-8"
    )
    rules.rejects(student, "rel_error", a, a[:, :1], mentions=("(3, 4)", "(3, 1)"))
    rules.rejects(student, "rel_error", a[0], a[0][:, None], mentions=("(4,)", "(4, 1)"))
