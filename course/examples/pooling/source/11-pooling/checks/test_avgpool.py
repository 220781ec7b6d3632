"""The hidden checks of `avgpool`."""

import numpy as np

from autograder.checking import OwnForward, check, close_to_own, compare, rules


def draw(rng, N=2, C=3, H=4, W=6):
    """Return pictures of distinct entries: a small step changes no window's maximum."""
    return rng.permutation(N * C * H * W).reshape(N, C, H, W) * 0.1 - 3.0


def pooled(x, size):
    """Return what is right, window by window."""
    N, C, H, W = x.shape
    out = np.empty((N, C, H // size, W // size))
    for i, j in np.ndindex(out.shape[2:]):
        rows, columns = slice(i * size, (i + 1) * size), slice(j * size, (j + 1) * size)
        out[:, :, i, j] = x[:, :, rows, columns].mean(axis=(2, 3))
    return out


@check("avgpool", points=20)
def test_forward(student, rng):
    """`avgpool_forward` keeps the mean of every window."""
    for size, H, W in ((2, 4, 6), (3, 6, 3), (1, 2, 3)):
        x = draw(rng, 2, 3, H, W)
        out = compare.unpack(student.forward("avgpool_forward", x, size), 2, "out, cache")[0]
        compare.close(out, pooled(x, size), "out")


@check("avgpool", points=20)
def test_backward(student, reference, rng):
    """`avgpool_backward` gives the gradient of `avgpool_forward`."""
    for size, H, W in ((2, 4, 6), (3, 6, 3)):
        x, dout = draw(rng, 2, 3, H, W), rng.normal(size=(2, 3, H // size, W // size))
        *_, cache = student.forward("avgpool_forward", x, size)
        dx = student.avgpool_backward(dout, cache)
        want = reference.avgpool_backward(dout, reference.avgpool_forward(x, size)[1])
        own = OwnForward(student, "avgpool_forward", (x, size), 0, dout)
        close_to_own(dx, want, "dx", own)


@check("avgpool", points=5)
def test_refuses(student, rng):
    """`avgpool_forward` refuses a size that does not divide height and width, and names all three."""
    student.forward(
        "avgpool_forward", draw(rng), 2
    )  # a function that always raises refuses nothing
    rules.rejects(student, "avgpool_forward", draw(rng, H=4, W=6), 4, mentions=("4", "6"))
    rules.rejects(student, "avgpool_forward", draw(rng, H=4, W=6), 3, mentions=("3", "4", "6"))
    rules.rejects(student, "avgpool_forward", draw(rng, H=5, W=7), 4, mentions=("4", "5", "7"))


@check("avgpool", points=5)
def test_house_rules(student, rng):
    """Both functions leave arguments unchanged, take any layout, and keep float32 and float64."""
    x, dout = draw(rng), rng.normal(size=(2, 3, 2, 3))
    *_, cache = rules.pure(student, "avgpool_forward", x, 2, keep_last=True)
    rules.pure(student, "avgpool_backward", dout, cache)
    rules.floats(student, "avgpool_forward", x, 2, keep_last=True)
    rules.layouts(student, "avgpool_forward", x, 2, keep_last=True)
    *_, single = student.forward("avgpool_forward", x.astype(np.float32), 2)
    dx = student.avgpool_backward(dout.astype(np.float32), single)
    compare.equal(str(dx.dtype), "float32", "the dtype of `dx` in float32")
    rules.own_cache(student, "avgpool_forward", "avgpool_backward", (x, 2), (draw(rng), 2), dout)
    rules.layouts(student, "avgpool_backward", dout, cache)
