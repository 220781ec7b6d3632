"""The references against judges of another kind: differences, loops, and PyTorch where it is installed."""

import numpy as np
import pytest

NAME = "11-pooling"
SIZES = [(2, 4, 6), (3, 6, 3), (1, 2, 3)]  # side of a window, height, width


def draw(rng, height, width):
    return rng.permutation(6 * height * width).reshape(2, 3, height, width) / 10


@pytest.mark.parametrize(("size", "height", "width"), SIZES)
@pytest.mark.parametrize("kind", ["max", "avg"])
def test_backward_agrees_with_differences(reference, central, rng, kind, size, height, width):
    forward, backward = (getattr(reference, f"{kind}pool_{way}") for way in ("forward", "backward"))
    x, dout = draw(rng, height, width), rng.normal(size=(2, 3, height // size, width // size))
    measured = central(lambda v: np.sum(forward(v, size)[0] * dout), x)
    assert np.allclose(backward(dout, forward(x, size)[1]), measured, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(("size", "height", "width"), SIZES)
@pytest.mark.parametrize(("kind", "keep"), [("max", max), ("avg", lambda all: sum(all) / len(all))])
def test_forward_agrees_with_loops(reference, rng, kind, keep, size, height, width):
    x = draw(rng, height, width)
    out = getattr(reference, f"{kind}pool_forward")(x, size)[0]
    for n, c, i, j in np.ndindex(out.shape):
        entries = [x[n, c, size * i + a, size * j + b] for a, b in np.ndindex(size, size)]
        assert np.isclose(out[n, c, i, j], keep(entries), rtol=1e-14)


@pytest.mark.parametrize("kind", ["max", "avg"])
def test_both_ways_agree_with_pytorch(reference, torch, rng, kind):
    x, dout = draw(rng, 4, 6), rng.normal(size=(2, 3, 2, 3))
    theirs = torch.tensor(x, requires_grad=True)
    pooled = getattr(torch.nn.functional, f"{kind}_pool2d")(theirs, 2)
    pooled.backward(torch.tensor(dout))
    out, cache = getattr(reference, f"{kind}pool_forward")(x, 2)
    assert np.allclose(out, pooled.detach().numpy(), rtol=1e-12)
    dx = getattr(reference, f"{kind}pool_backward")(dout, cache)
    assert np.allclose(dx, theirs.grad.numpy(), rtol=1e-12)
