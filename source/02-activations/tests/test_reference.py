"""The activations against PyTorch, against differences and complex steps, and against what calculus says of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

NAME = "02-activations"

# Name, settings by our name and by PyTorch's, and the function in torch.nn.functional.
ENTRYWISE: list[tuple[str, dict[str, float], str, dict[str, float]]] = [
    ("sigmoid", {}, "sigmoid", {}),
    ("tanh", {}, "tanh", {}),
    ("relu", {}, "relu", {}),
    ("leaky_relu", {"slope": 0.3}, "leaky_relu", {"negative_slope": 0.3}),
    ("leaky_relu", {"slope": 1.7}, "leaky_relu", {"negative_slope": 1.7}),
    ("elu", {"alpha": 0.6}, "elu", {"alpha": 0.6}),
    ("elu", {"alpha": 2.5}, "elu", {"alpha": 2.5}),
]


def both(reference: SimpleNamespace, name: str) -> tuple[Any, Any]:
    return getattr(reference, f"{name}_forward"), getattr(reference, f"{name}_backward")


@pytest.mark.parametrize(("name", "ours", "torchs", "theirs"), ENTRYWISE)
def test_entrywise_agrees_with_pytorch_also_in_the_corner(
    reference: SimpleNamespace,
    torch: Any,
    rng: np.random.Generator,
    name: str,
    ours: Any,
    torchs: str,
    theirs: Any,
) -> None:
    forward, backward = both(reference, name)
    x = np.concatenate([3 * rng.normal(size=40), [0.0, -0.0, 30.0, -30.0, 1e4, -1e4, 1e-9, -1e-9]])
    dout = rng.normal(size=x.shape)
    leaf = torch.tensor(x, requires_grad=True)
    expected = getattr(torch.nn.functional, torchs)(leaf, **theirs)
    expected.backward(torch.tensor(dout))
    out, cache = forward(x, **ours)
    assert np.allclose(out, expected.detach().numpy(), rtol=1e-13, atol=1e-16)
    assert np.allclose(backward(dout, cache), leaf.grad.numpy(), rtol=1e-12, atol=1e-15)


def test_entrywise_agrees_with_differences(
    reference: SimpleNamespace, central: Any, rng: np.random.Generator
) -> None:
    for name, ours, *_ in ENTRYWISE:
        forward, backward = both(reference, name)
        x = rng.uniform(0.1, 2, size=(3, 4)) * rng.choice([-1, 1], size=(3, 4))
        dout = rng.normal(size=x.shape)
        measured = central(lambda v, f=forward, s=ours, d=dout: np.sum(f(v, **s)[0] * d), x)
        assert np.allclose(backward(dout, forward(x, **ours)[1]), measured, rtol=1e-7, atol=1e-9)


def test_sigmoid_and_tanh_are_what_calculus_says(
    reference: SimpleNamespace, slope: Any, rng: np.random.Generator
) -> None:
    x, dout = 2 * rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    sigmoid, tanh = reference.sigmoid_forward(x), reference.tanh_forward(x)
    assert np.allclose(tanh[0], 2 * reference.sigmoid_forward(2 * x)[0] - 1, rtol=1e-12, atol=1e-15)
    assert np.allclose(sigmoid[0] + reference.sigmoid_forward(-x)[0], 1, rtol=1e-14)
    assert np.allclose(np.log(sigmoid[0] / (1 - sigmoid[0])), x, rtol=1e-10)
    exact = slope(lambda v: np.sum(dout / (1 + np.exp(-v))), x)
    assert np.allclose(reference.sigmoid_backward(dout, sigmoid[1]), exact, rtol=1e-12)
    exact = slope(lambda v: np.sum(dout * np.sinh(v) / np.cosh(v)), x)
    assert np.allclose(reference.tanh_backward(dout, tanh[1]), exact, rtol=1e-12)


def test_the_slides_tanh_is_its_negative(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    z = rng.normal(size=20)
    printed = (1 - np.exp(2 * z)) / (1 + np.exp(2 * z))
    assert np.allclose(reference.tanh_forward(z)[0], -printed, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_overflows(reference: SimpleNamespace, dtype: Any) -> None:
    x = np.array([-1e4, -710, -89, -1, 0, 1, 89, 710, 1e4], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for name in ("sigmoid", "tanh", "relu", "leaky_relu", "elu"):
            forward, backward = both(reference, name)
            out, cache = forward(x)
            dx = backward(np.ones_like(x), cache)
            assert out.dtype == dx.dtype == dtype
            assert np.isfinite(out).all()
            assert np.isfinite(dx).all()


def test_slopes_at_zero(reference: SimpleNamespace) -> None:
    zero, one = np.zeros(1), np.ones(1)
    assert reference.leaky_relu_forward(-one)[0][0] == -0.01
    for name, settings, slope in (
        ("relu", {}, 0.0),
        ("leaky_relu", {"slope": 0.2}, 0.2),
        ("elu", {"alpha": 3.0}, 3.0),
    ):
        forward, backward = both(reference, name)
        out, cache = forward(zero, **settings)
        assert out[0] == 0
        assert backward(one, cache)[0] == slope


@pytest.mark.parametrize("a", [0.25, 1.8, -0.7])
def test_prelu_with_one_slope_agrees_with_pytorch(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator, a: float
) -> None:
    x, dout = rng.normal(size=(3, 4, 2)), rng.normal(size=(3, 4, 2))
    x[0, 0, 0] = 0.0
    leaves = torch.tensor(x, requires_grad=True), torch.tensor([a], requires_grad=True)
    expected = torch.nn.functional.prelu(*leaves)
    expected.backward(torch.tensor(dout))
    out, cache = reference.prelu_forward(x, a)
    dx, da = reference.prelu_backward(dout, cache)
    assert np.allclose(out, expected.detach().numpy(), rtol=1e-14)
    assert np.allclose(dx, leaves[0].grad.numpy(), rtol=1e-13)
    assert np.shape(da) == ()
    assert np.allclose(da, leaves[1].grad.numpy()[0], rtol=1e-12)


def test_prelu_with_a_slope_a_channel_agrees_with_pytorch(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator
) -> None:
    """PyTorch's channels are axis 1, ours the last."""
    x, dout, a = rng.normal(size=(3, 4, 5, 2)), rng.normal(size=(3, 4, 5, 2)), np.array([0.4, 1.9])
    leaves = torch.tensor(x, requires_grad=True), torch.tensor(a, requires_grad=True)
    expected = torch.nn.functional.prelu(leaves[0].movedim(-1, 1), leaves[1]).movedim(1, -1)
    expected.backward(torch.tensor(dout))
    out, cache = reference.prelu_forward(x, a)
    dx, da = reference.prelu_backward(dout, cache)
    assert np.allclose(out, expected.detach().numpy(), rtol=1e-14)
    assert np.allclose(dx, leaves[0].grad.numpy(), rtol=1e-13)
    assert np.allclose(da, leaves[1].grad.numpy(), rtol=1e-12)


def test_prelu_is_linear_in_its_slope_and_no_maximum(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    x, dout, a = rng.normal(size=(6, 3)), rng.normal(size=(6, 3)), np.array([0.2, 1.5, -0.4])
    out, cache = reference.prelu_forward(x, a)
    _, da = reference.prelu_backward(dout, cache)
    moved = reference.prelu_forward(x, a + np.array([0.0, 2.0, 0.0]))[0]
    assert np.sum((moved - out) * dout) == pytest.approx(2 * da[1], rel=1e-12)
    printed = np.maximum(a * x, x)
    assert np.allclose(printed[:, [0, 2]], out[:, [0, 2]])
    assert not np.isclose(printed[:, 1], out[:, 1]).any()


@pytest.mark.parametrize("sizes", [(5, 3, 4, 2), (4, 2, 1, 3), (1, 3, 2, 1)])
def test_maxout_agrees_with_pytorch(
    reference: SimpleNamespace,
    torch: Any,
    rng: np.random.Generator,
    sizes: tuple[int, int, int, int],
) -> None:
    N, D, K, M = sizes
    values = rng.normal(size=(N, D)), rng.normal(size=(K, D, M)), rng.normal(size=(K, M))
    dout = rng.normal(size=(N, M))
    leaves = [torch.tensor(value, requires_grad=True) for value in values]
    expected = (
        (torch.einsum("nd,kdm->knm", leaves[0], leaves[1]) + leaves[2][:, None, :])
        .max(dim=0)
        .values
    )
    expected.backward(torch.tensor(dout))
    out, cache = reference.maxout_forward(*values)
    assert np.allclose(out, expected.detach().numpy(), rtol=1e-12, atol=1e-14)
    for got, leaf in zip(reference.maxout_backward(dout, cache), leaves, strict=True):
        assert np.allclose(got, leaf.grad.numpy(), rtol=1e-11, atol=1e-14)


def test_maxout_agrees_with_differences_and_is_homogeneous(
    reference: SimpleNamespace, central: Any, rng: np.random.Generator
) -> None:
    values = [rng.normal(size=(4, 3)), rng.normal(size=(3, 3, 2)), rng.normal(size=(3, 2))]
    dout = rng.normal(size=(4, 2))
    out, cache = reference.maxout_forward(*values)
    grads = reference.maxout_backward(dout, cache)
    for number, got in enumerate(grads):
        measured = central(
            lambda v, n=number: np.sum(
                reference.maxout_forward(*values[:n], v, *values[n + 1 :])[0] * dout
            ),
            values[number],
        )
        assert np.allclose(got, measured, rtol=1e-6, atol=1e-8)
    assert np.sum(grads[1] * values[1]) + np.sum(grads[2] * values[2]) == pytest.approx(
        np.sum(out * dout)
    )  # Euler: linear in (w, b)


def test_maxout_holds_relu_and_its_first_piece_wins_a_tie(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    x, dout = rng.integers(-3, 4, size=(30, 1)).astype(float), rng.normal(size=(30, 1))
    assert (x == 0).any()
    for pieces, slope_at_zero in (
        ((0.0, 1.0), 0.0),
        ((1.0, 0.0), 1.0),
    ):  # at x = 0 both pieces give 0
        w = np.array(pieces)[:, None, None]
        out, cache = reference.maxout_forward(x, w, np.zeros((2, 1)))
        dx, _, db = reference.maxout_backward(dout, cache)
        assert np.array_equal(out, reference.relu_forward(x)[0])
        assert np.allclose(dx, dout * np.where(x == 0, slope_at_zero, x > 0))
        assert db.sum() == pytest.approx(dout.sum())


def test_fractions_are_those_of_known_distributions(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    """Of N(0, s) inputs, a sigmoid is saturated beyond |z| = log(1e4) or so: 77 % for D4's unscaled net with its 1000 inputs."""
    from math import erfc, log, sqrt

    n, std = 200_000, sqrt(1000)
    edge = log((1 + sqrt(1 - 4e-4)) / (1 - sqrt(1 - 4e-4)))  # where s (1 - s) = 1e-4
    share = erfc(edge / std / sqrt(2))
    assert share == pytest.approx(0.77, abs=0.005)
    out, _ = reference.sigmoid_forward(std * rng.normal(size=n))
    assert abs(reference.saturated_fraction(out, "sigmoid") - share) < 5 * sqrt(
        share * (1 - share) / n
    )
    edge = np.arctanh(sqrt(1 - 1e-4))
    share = erfc(edge / 4 / sqrt(2))
    out, _ = reference.tanh_forward(4 * rng.normal(size=n))
    assert abs(reference.saturated_fraction(out, "tanh") - share) < 5 * sqrt(
        share * (1 - share) / n
    )
    acts = reference.relu_forward(rng.normal(size=(3, 40_000)))[
        0
    ]  # a unit is 0 for three examples in one of eight cases
    assert abs(reference.dead_fraction(acts) - 1 / 8) < 5 * sqrt(7 / 64 / 40_000)
    assert (
        reference.dead_fraction(np.array([[1.0, -1.0, 0.0, 0.0], [-1.0, -2.0, 0.0, 3.0]])) == 0.25
    )
