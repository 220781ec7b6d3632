"""Question `prelu`: two branches whatever the slope, and a gradient that is summed over the right axes."""

import numpy as np

from autograder.checking import check, compare, rules

PARTS = ("dx", "da")


def draw(rng, *shape):
    """Numbers of both signs in every channel, none of them near the corner."""
    x = rng.uniform(0.2, 2.5, size=shape) * rng.choice([-1.0, 1.0], size=shape)
    flat = x.reshape(-1, shape[-1])
    flat[0], flat[-1] = np.abs(flat[0]), -np.abs(flat[-1])  # of a single one, what is negative
    return x


def piecewise(x, a):
    slopes = np.broadcast_to(a, x.shape)
    return np.array(
        [v if v > 0 else s * v for v, s in zip(x.flat, slopes.flat, strict=True)]
    ).reshape(x.shape)


def forward(student, name, *args):
    """out and cache of the student's forward."""
    return compare.unpack(student.forward(name, *args), 2, "out, cache")


def backward(student, x, a, dout):
    """The student's two gradients."""
    _, cache = forward(student, "prelu_forward", x, a)
    return compare.unpack(student.prelu_backward(dout, cache), 2, ", ".join(PARTS))


@check("prelu", points=3)
def test_one_slope(student, rng):
    """`prelu_forward` scales what is not positive by a single `a`, be it a number or an array of shape ()."""
    for shape, given in (((4, 3), float), ((2, 3, 2), np.array), ((5,), float), ((2, 2), int)):
        x, a = (
            draw(rng, *shape, 3)[..., 0],
            given(float(rng.uniform(2.1, 2.7) if given is int else rng.uniform(0.1, 0.7))),
        )
        hint = {
            int: "Whole numbers are numbers, too.",
            np.array: "This `a` is an array of shape ().",
        }.get(given, "")
        compare.close(forward(student, "prelu_forward", x, a)[0], piecewise(x, a), "out", hint=hint)


@check("prelu", points=3)
def test_a_slope_for_each_channel(student, rng):
    """`prelu_forward` takes an `a` for each channel, the last axis of `x`."""
    for shape in ((4, 3), (3, 3), (2, 4, 5)):
        x, a = draw(rng, *shape), rng.uniform(0.1, 0.7, size=shape[-1])
        compare.close(
            forward(student, "prelu_forward", x, a)[0],
            piecewise(x, a),
            "out",
            hint="Channels are the last axis.",
        )


@check("prelu", points=3)
def test_any_slope(student, rng):
    """Slopes above 1 and below 0 are slopes like any other, in both directions."""
    a = np.array([rng.uniform(1.3, 2.5), rng.uniform(-2, -0.3), 1.0, 0.0])
    x, dout = draw(rng, 5, 4), draw(rng, 5, 4)
    compare.close(
        forward(student, "prelu_forward", x, a)[0],
        piecewise(x, a),
        "out",
        hint="Is the larger of the two always the right one?",
    )
    dx, da = backward(student, x, a, dout)
    compare.close(dx, np.where(x > 0, dout, a * dout), "dx")
    compare.close(da, np.where(x > 0, 0, x * dout).sum(axis=0), "da")


@check("prelu", points=3)
def test_dx(student, rng):
    """`prelu_backward` gives `dx`; at $x = 0$ the slope is `a`."""
    for a in (0.35, rng.uniform(0.1, 0.7, size=4)):
        x, dout = draw(rng, 3, 4), draw(rng, 3, 4)
        x[2, 1] = 0.0
        dx, _ = backward(student, x, a, dout)
        compare.close(dx, dout * np.where(x > 0, 1.0, a), "dx", hint="One of these x is exactly 0.")


@check("prelu", points=3)
def test_da_of_one_slope(student, rng):
    """For a single `a`, `da` is a single number, to which every entry contributes."""
    for shape in ((4, 3), (2, 3, 2), (1, 2)):
        x, dout = (
            draw(rng, *shape) if shape[0] > 1 else -np.ones(shape) - rng.random(shape),
            draw(rng, 2, *shape)[0],
        )
        _, da = backward(student, x, np.array(0.3) if len(shape) > 2 else 0.3, dout)
        compare.close(
            da,
            sum(v * d for v, d in zip(x.flat, dout.flat, strict=True) if v <= 0),
            "da",
            hint="How often is a used?",
        )


@check("prelu", points=3)
def test_da_of_each_channel(student, rng):
    """For an `a` of shape (C,), `da` has shape (C,): each entry contributes to its own channel's."""
    for shape in ((4, 1), (4, 3), (5, 2, 3), (2, 3, 2, 4), (3, 3), (1, 3)):
        x, dout, a = draw(rng, *shape), draw(rng, *shape), rng.uniform(0.1, 0.7, size=shape[-1])
        _, da = backward(student, x, a, dout)
        want = [
            sum(v * d for v, d in zip(x[..., c].flat, dout[..., c].flat, strict=True) if v <= 0)
            for c in range(shape[-1])
        ]
        compare.close(
            da,
            np.array(want),
            "da",
            hint="Summed over all axes but the last, even if that has length 1.",
        )
    x, dout, a = (
        np.concatenate([draw(rng, 3, 1)[:, 0], [-0.5]]),
        rng.normal(size=4),
        rng.uniform(0.1, 0.7, size=4),
    )
    _, da = backward(student, x, a, dout)
    compare.close(
        da,
        np.where(x > 0, 0, x * dout),
        "da for an `x` of a single axis",
        hint="Each entry is a channel of its own.",
    )


@check("prelu", points=1)
def test_rejects(student, rng):
    """`prelu_forward` refuses an `a` of another shape, and names it and the one expected."""
    x = draw(rng, 4, 3)
    rules.rejects(student, "prelu_forward", x, rng.random(5), mentions=("5", "3"))
    rules.rejects(student, "prelu_forward", x, rng.random(1), mentions=("1", "3"))
    for shape in ((4, 1), (1, 3), (4, 3)):
        rules.rejects(student, "prelu_forward", x, rng.random(shape), mentions=(str(shape[0]), "3"))


@check("prelu", points=1)
def test_manners(student, rng):
    """Both functions leave their arguments alone, take any layout, keep float32 and float64, and share nothing but the cache."""
    x, dout, a = draw(rng, 4, 3), draw(rng, 4, 3), rng.uniform(0.4, 0.9, size=3)
    _, cache = rules.pure(student, "prelu_forward", x, a, keep_last=True)
    rules.pure(student, "prelu_backward", dout, cache)
    rules.layouts(student, "prelu_forward", x, a, keep_last=True)
    rules.own_cache(student, "prelu_forward", "prelu_backward", (x, a), (1 - x, 1 - a), dout)
    rules.layouts(student, "prelu_backward", dout, cache)
    rules.floats(student, "prelu_forward", x, a, keep_last=True)
    rules.floats(student, "prelu_forward", x, 0.3, integers=False, keep_last=True)
    for slope in (a.astype(np.float32), 0.3):
        for name, grad in zip(
            PARTS,
            backward(student, x.astype(np.float32), slope, dout.astype(np.float32)),
            strict=True,
        ):
            good = (
                type(grad) is float or getattr(grad, "dtype", None) == np.float32
            )  # a plain number has no precision of its own
            compare.require(
                good,
                f"`{name}` is {getattr(grad, 'dtype', type(grad).__name__)} for float32 arguments, where float32 was expected.",
            )
