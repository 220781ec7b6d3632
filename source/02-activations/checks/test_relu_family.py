"""Question `relu_family`: three activations, their slopes, and whose the corner is."""

import numpy as np

from autograder.checking import check, compare, rules

EXACT = 1e-10  # so near that a slope of 0.1 which has been a float32 on the way shows


def draw(rng, *shape):
    """Numbers of both signs, none of them near the corner; `wide` has some that are far from it."""
    x = rng.uniform(0.2, 2.5, size=shape) * rng.choice([-1.0, 1.0], size=shape)
    x.flat[:2] = (-1.0 - rng.random(), 1.0 + rng.random())
    return x


def wide(rng, *shape):
    x = draw(rng, *shape)
    x[..., 0] *= 20
    return x


def entrywise(f, x):
    return np.array([f(float(v)) for v in x.flat]).reshape(x.shape)


def forward(student, name, *args):
    """out and cache of the student's forward."""
    return compare.unpack(student.forward(name, *args), 2, "out, cache")


def backward(student, name, dout, x, *settings):
    _, cache = forward(student, f"{name}_forward", x, *settings)
    return getattr(student, f"{name}_backward")(dout, cache)


@check("relu_family", points=3)
def test_relu_values(student, rng):
    """`relu_forward` keeps what is positive, and gives 0 for the rest."""
    for shape in ((4, 3), (2, 3, 2, 2), (1,)):
        x = wide(rng, *shape) if shape != (1,) else np.array([-1.0 - rng.random()])
        compare.close(
            forward(student, "relu_forward", x)[0],
            entrywise(lambda v: v if v > 0 else 0.0, x),
            "out",
        )


@check("relu_family", points=4)
def test_relu_slope(student, rng):
    """`relu_backward` lets `dout` pass where `x` was positive, and nothing elsewhere."""
    for shape in ((5, 3), (2, 3, 4), (3, 3)):
        x, dout = wide(rng, *shape), draw(rng, *shape)
        want = np.array(
            [d if v > 0 else 0.0 for d, v in zip(dout.flat, x.flat, strict=True)]
        ).reshape(shape)
        compare.close(
            backward(student, "relu", dout, x),
            want,
            "dx",
            hint="The gate is opened by x. dout may have any sign.",
        )


@check("relu_family", points=2)
def test_relu_at_zero(student, rng):
    """At $x = 0$ the slope of ReLU is 0."""
    x, dout = np.array([[0.0, 1.5, -0.0], [-2.0, 0.0, 0.0]]), draw(rng, 2, 3)
    dout[1, 1:] = 1.0 + rng.random(), -1.0 - rng.random()  # a corner with each sign
    compare.close(forward(student, "relu_forward", x)[0], np.array([[0, 1.5, 0], [0, 0, 0]]), "out")
    want = dout * np.array([[0, 1, 0], [0, 0, 0]])
    compare.close(
        backward(student, "relu", dout, x), want, "dx", hint="Some of these x are exactly 0."
    )


@check("relu_family", points=4)
def test_leaky_values(student, rng):
    """`leaky_relu_forward` scales what is not positive by `slope`, whatever that is, and by 0.01 if it is not given."""
    x = wide(rng, 4, 5)
    for slope in (None, float(rng.uniform(0.1, 0.5)), 0.0, float(rng.uniform(1.2, 2.0)), -0.5):
        s = 0.01 if slope is None else slope
        out, _ = forward(student, "leaky_relu_forward", x, *(() if slope is None else (slope,)))
        hint = (
            "Is it 0.01 by default?"
            if slope is None
            else ("Slopes above 1 are slopes too." if s > 1 else "Is `slope` used?")
        )
        compare.close(
            out, entrywise(lambda v, s=s: v if v > 0 else s * v, x), "out", rtol=EXACT, hint=hint
        )


@check("relu_family", points=4)
def test_leaky_slope(student, rng):
    """`leaky_relu_backward` multiplies `dout` by 1 or by `slope`; at $x = 0$ by `slope`."""
    x, dout = draw(rng, 4, 4), draw(rng, 4, 4)
    for slope in (float(rng.uniform(0.1, 0.5)), float(rng.uniform(1.2, 2.0)), -0.5):
        want = dout * entrywise(lambda v, s=slope: 1.0 if v > 0 else s, x)
        compare.close(backward(student, "leaky_relu", dout, x, slope), want, "dx", rtol=EXACT)
    corner = np.array([0.0, 2.0, -1.0])
    got = backward(student, "leaky_relu", dout[0, :3], corner, 0.3)
    compare.close(got, dout[0, :3] * [0.3, 1.0, 0.3], "dx", hint="One of these x is exactly 0.")


@check("relu_family", points=4)
def test_elu_values(student, rng):
    """`elu_forward` gives $\\alpha(e^x - 1)$ for what is not positive; $\\alpha$ is 1 if it is not given."""
    x = draw(rng, 4, 3)
    x[0, 2] = 0.0
    for alpha in (None, float(rng.uniform(0.3, 0.8)), float(rng.uniform(1.5, 3.0)), 2):
        a = 1.0 if alpha is None else alpha
        out, _ = forward(student, "elu_forward", x, *(() if alpha is None else (alpha,)))
        compare.close(
            out, entrywise(lambda v, a=a: v if v > 0 else a * (np.exp(v) - 1), x), "out", rtol=EXACT
        )


@check("relu_family", points=3)
def test_elu_far_out(student):
    """`elu_forward` is right, and silent, up to $\\pm 10^4$, in float64 and in float32."""
    x = np.array([-1e4, -800.0, -100.0, 100.0, 800.0, 1e4])
    for dtype in (np.float64, np.float32):
        report = student.report("elu_forward", x.astype(dtype), 1.0, keep_last=True)
        out, _ = compare.unpack(report.value, 2, "out, cache")
        compare.close(out, np.where(x > 0, x, -1.0), "out", rtol=1e-6, atol=1e-6)
        hint = "Both branches of `np.where` are evaluated for every entry."
        compare.require(
            not report.warnings,
            "`elu_forward` is right, but warns of an overflow on the way.",
            hint,
        )


@check("relu_family", points=4)
def test_elu_slope(student, rng):
    """`elu_backward` multiplies `dout` by 1 or by $\\alpha e^x$; at $x = 0$ by $\\alpha$."""
    x, dout = draw(rng, 4, 4), draw(rng, 4, 4)
    for alpha in (1.0, float(rng.uniform(0.3, 0.8)), float(rng.uniform(1.5, 3.0))):
        want = dout * entrywise(lambda v, a=alpha: 1.0 if v > 0 else a * np.exp(v), x)
        hint = "" if alpha == 1 else "Is it right for alpha = 1 only?"
        compare.close(backward(student, "elu", dout, x, alpha), want, "dx", rtol=EXACT, hint=hint)
    corner = np.array([0.0, 2.0])
    compare.close(
        backward(student, "elu", dout[0, :2], corner, 2.0),
        dout[0, :2] * [2.0, 1.0],
        "dx",
        hint="One of these x is exactly 0.",
    )
    for dtype in (np.float64, np.float32):
        _, cache = forward(student, "elu_forward", np.array([-1e4, 200, 1e4], dtype), 2.0)
        report = student.report("elu_backward", np.ones(3, dtype), cache)
        compare.close(
            report.value, np.array([0.0, 1.0, 1.0]), f"dx far from 0, for {dtype.__name__},"
        )
        words = f"`elu_backward` is right far from 0, for {dtype.__name__}, but warns of an overflow on the way."
        compare.require(
            not report.warnings, words, "Both branches of `np.where` are evaluated for every entry."
        )


@check("relu_family", points=2)
def test_manners(student, rng):
    """All six functions leave their arguments alone, take any layout, keep float32 and float64, and share nothing but the cache."""
    x, dout = draw(rng, 4, 3), draw(rng, 4, 3)
    for name, settings in (("relu", ()), ("leaky_relu", (0.2,)), ("elu", (1.3,))):
        _, cache = rules.pure(student, f"{name}_forward", x, *settings, keep_last=True)
        rules.pure(student, f"{name}_backward", dout, cache)
        rules.floats(student, f"{name}_forward", x, *settings, keep_last=True)
        dx = backward(student, name, dout.astype(np.float32), x.astype(np.float32), *settings)
        got = getattr(dx, "dtype", type(dx).__name__)
        compare.require(
            got == np.float32,
            f"`{name}_backward` gives {got} for float32 arguments, where float32 was expected.",
        )
        rules.layouts(student, f"{name}_forward", x, *settings, keep_last=True)
        others = (1 - x, *(2 * v for v in settings))
        rules.own_cache(
            student, f"{name}_forward", f"{name}_backward", (x, *settings), others, dout
        )
        rules.layouts(student, f"{name}_backward", dout, cache)
