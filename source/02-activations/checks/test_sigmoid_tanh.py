"""Question `sigmoid_tanh`: values, slopes, and numbers far from 0."""

import numpy as np

from autograder.checking import check, compare, numeric_gradient, rules

FAR = np.array([-1e4, -750.0, -95.0, 0.0, 95.0, 750.0, 1e4])


def sigmoid(x):
    return np.array([1 / (1 + np.exp(-v)) for v in x.flat]).reshape(x.shape)


def tanh(x):
    return np.array([np.sinh(v) / np.cosh(v) for v in x.flat]).reshape(x.shape)


def forward(student, name, *args):
    """out and cache of the student's forward."""
    return compare.unpack(student.forward(name, *args), 2, "out, cache")


def backward(student, name, x, dout):
    _, cache = forward(student, f"{name}_forward", x)
    return getattr(student, f"{name}_backward")(dout, cache)


@check("sigmoid_tanh", points=4)
def test_sigmoid_values(student, rng):
    """`sigmoid_forward` gives $1 / (1 + e^{-x})$, in any shape."""
    for shape in ((4, 3), (2, 1, 5), (1, 1)):
        x = 2 * rng.normal(size=shape)
        compare.close(
            forward(student, "sigmoid_forward", x)[0],
            sigmoid(x),
            "out",
            hint="At 0 it is one half; it rises.",
        )


@check("sigmoid_tanh", points=2)
def test_tanh_values(student, rng):
    """`tanh_forward` gives the hyperbolic tangent, in any shape."""
    for shape in ((3, 4), (2, 1, 3)):
        x = rng.normal(size=shape)
        compare.close(
            forward(student, "tanh_forward", x)[0],
            tanh(x),
            "out",
            hint="Which sign has it for positive numbers?",
        )


def or_own(student, name, x, dout, out, want):
    """What a backward should give; where the student's forward is wrong, its gradient serves as well."""
    own, _ = forward(student, f"{name}_forward", x)
    if np.shape(own) != out.shape or np.allclose(own, out, rtol=1e-6, atol=1e-9):
        return want
    measured = numeric_gradient(student, f"{name}_forward", (x,), 0, dout)
    got = backward(student, name, x, dout)
    return (
        measured
        if np.shape(got) == measured.shape and np.allclose(got, measured, rtol=1e-6, atol=1e-8)
        else want
    )


def slope_far(student, name, at_zero):
    """Far out nothing passes, and nothing is said about it."""
    hint = "The output is in your cache, and all that the slope needs."
    for dtype in (np.float64, np.float32):
        _, cache = forward(student, f"{name}_forward", FAR.astype(dtype))
        report = student.report(f"{name}_backward", np.ones(FAR.shape, dtype), cache)
        where = f"far from 0, for {dtype.__name__}"
        compare.close(
            report.value,
            np.where(FAR == 0, at_zero, 0),
            f"dx of {name}_backward {where}",
            hint=hint,
        )
        compare.require(
            not report.warnings,
            f"`{name}_backward` is right {where}, but warns of an overflow on the way.",
            hint,
        )


def far(student, name, want):
    """Far out, in both precisions: the values first, then the silence."""
    for dtype, tolerance in ((np.float64, 1e-9), (np.float32, 1e-6)):
        hint = f"Your e is taken to a power that {dtype.__name__} cannot hold."
        report = student.report(f"{name}_forward", FAR.astype(dtype), keep_last=True)
        out, _ = compare.unpack(report.value, 2, "out, cache")
        compare.close(
            out, want, f"out of {name}_forward for {dtype.__name__}", atol=tolerance, hint=hint
        )
        compare.require(
            not report.warnings,
            f"`{name}_forward` is right for {dtype.__name__}, but warns of an overflow on the way.",
            hint,
        )


@check("sigmoid_tanh", points=3)
def test_sigmoid_far_out(student):
    """`sigmoid_forward` is right, and silent, up to $\\pm 10^4$, in float64 and in float32."""
    far(student, "sigmoid", np.array([0, 0, 0, 0.5, 1, 1, 1]))


@check("sigmoid_tanh", points=2)
def test_tanh_far_out(student):
    """`tanh_forward` is right, and silent, up to $\\pm 10^4$, in float64 and in float32."""
    far(student, "tanh", np.array([-1.0, -1, -1, 0, 1, 1, 1]))


@check("sigmoid_tanh", points=3)
def test_sigmoid_slope(student, rng):
    """`sigmoid_backward` multiplies `dout` by the slope at the `x` of its forward."""
    for shape in ((4, 3), (2, 3, 2), (3, 3)):
        x, dout = 2 * rng.normal(size=shape), rng.normal(size=shape)
        want = or_own(student, "sigmoid", x, dout, sigmoid(x), dout * sigmoid(x) * sigmoid(-x))
        compare.close(
            backward(student, "sigmoid", x, dout),
            want,
            "dx",
            atol=1e-8,
            hint="What is its largest value, and where?",
        )
    slope_far(student, "sigmoid", 0.25)


@check("sigmoid_tanh", points=3)
def test_tanh_slope(student, rng):
    """`tanh_backward` multiplies `dout` by the slope at the `x` of its forward."""
    for shape in ((4, 3), (2, 3, 2), (3, 3)):
        x, dout = rng.normal(size=shape), rng.normal(size=shape)
        want = or_own(student, "tanh", x, dout, tanh(x), dout / np.cosh(x) ** 2)
        compare.close(
            backward(student, "tanh", x, dout),
            want,
            "dx",
            atol=1e-8,
            hint="At 0 the slope is 1. And elsewhere?",
        )
    slope_far(student, "tanh", 1.0)


@check("sigmoid_tanh", points=3)
def test_manners(student, rng):
    """All four functions leave their arguments alone, take any layout, keep float32 and float64, and share nothing but the cache."""
    x, dout = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    for name in ("sigmoid", "tanh"):
        _, cache = rules.pure(student, f"{name}_forward", x, keep_last=True)
        rules.pure(student, f"{name}_backward", dout, cache)
        rules.floats(student, f"{name}_forward", x, keep_last=True)
        dx = backward(student, name, x.astype(np.float32), dout.astype(np.float32))
        got = getattr(dx, "dtype", type(dx).__name__)
        compare.require(
            got == np.float32,
            f"`{name}_backward` gives {got} for float32 arguments, where float32 was expected.",
        )
        rules.layouts(student, f"{name}_forward", x, keep_last=True)
        rules.own_cache(student, f"{name}_forward", f"{name}_backward", (x,), (1 - x,), dout)
        rules.layouts(student, f"{name}_backward", dout, cache)
