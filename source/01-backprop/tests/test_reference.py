"""The answers of 01-backprop against judges of another kind: PyTorch where it is installed, finite differences and second derivations always."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

NAME = "01-backprop"
Measure = Callable[[Callable[[Any], Any], np.ndarray], np.ndarray]


def fresh() -> np.random.Generator:
    return np.random.default_rng(20_261_120)


SHAPES = [
    ((), (), ()),
    ((3,), (3,), (3,)),
    ((4, 1), (3,), ()),
    ((2, 1, 3), (4, 1), (1, 1, 1)),
    ((1,), (2, 3), (3,)),
]


@pytest.mark.parametrize("shapes", SHAPES)
def test_circuits_agree_with_differences(
    reference: SimpleNamespace, shapes: tuple[tuple[int, ...], ...], central: Measure
) -> None:
    draw = fresh()
    values = [
        draw.normal(size=shape) + shift
        for shape, shift in zip(shapes, (0.0, 0.3, 1.0), strict=True)
    ]
    for circuit, plain in (
        (reference.circuit, lambda x, y, z: (x + y) * z),
        (reference.circuit_branch, lambda x, y, z: np.maximum(x, y) * (x + z)),
    ):
        f, grads = circuit(*values)
        assert np.allclose(f, plain(*values), rtol=1e-14)
        for number, name in enumerate("xyz"):
            measured = central(
                lambda v, n=number, p=plain: np.sum(p(*values[:n], v, *values[n + 1 :])),
                values[number],
            )
            assert np.shape(grads[name]) == shapes[number]
            assert np.allclose(grads[name], measured, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("shapes", SHAPES)
def test_circuits_agree_with_pytorch(
    reference: SimpleNamespace, torch: Any, shapes: tuple[tuple[int, ...], ...]
) -> None:
    draw = fresh()
    values = [draw.normal(size=shape) for shape in shapes]
    for circuit, plain in (
        (reference.circuit, lambda x, y, z: (x + y) * z),
        (reference.circuit_branch, lambda x, y, z: torch.maximum(x, y) * (x + z)),
    ):
        leaves = [torch.tensor(value, requires_grad=True) for value in values]
        out = plain(*leaves)
        out.sum().backward()
        f, grads = circuit(*values)
        assert np.allclose(f, out.detach().numpy(), rtol=1e-13)
        for name, leaf in zip("xyz", leaves, strict=True):
            assert np.allclose(grads[name], leaf.grad.numpy(), rtol=1e-12, atol=1e-14)


def network() -> tuple[list[Any], np.ndarray, np.ndarray]:
    draw = fresh()
    params = [(draw.normal(size=(a, b)), draw.normal(size=b)) for a, b in ((3, 4), (4, 5), (5, 2))]
    return params, draw.normal(size=(6, 3)), draw.normal(size=(6, 2))


def dtanh(z: Any) -> Any:
    return 1 - np.tanh(z) ** 2


def cost(params: list[Any], X: Any, Y: Any) -> Any:
    a = X
    for w, b in params:
        a = np.tanh(a @ w + b)
    return np.sum((a - Y) ** 2) / len(X)


@pytest.mark.parametrize("name", ["mlp_backprop", "mlp_backprop_loops"])
def test_networks_agree_with_complex_steps(
    reference: SimpleNamespace, name: str, slope: Measure
) -> None:
    params, X, Y = network()
    C, grads = getattr(reference, name)(params, X, Y, np.tanh, dtanh)
    assert pytest.approx(cost(params, X, Y), rel=1e-13) == C
    for layer, (w, b) in enumerate(params):
        for which, value in enumerate((w, b)):

            def moved(v: Any, layer: int = layer, which: int = which) -> Any:
                changed = [list(pair) for pair in params]
                changed[layer][which] = v
                return cost(changed, X, Y)

            assert np.allclose(grads[layer][which], slope(moved, value), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", ["mlp_backprop", "mlp_backprop_loops"])
def test_networks_agree_with_pytorch(reference: SimpleNamespace, torch: Any, name: str) -> None:
    params, X, Y = network()
    leaves = [[torch.tensor(part, requires_grad=True) for part in pair] for pair in params]
    a = torch.tensor(X)
    for w, b in leaves:
        a = torch.tanh(a @ w + b)
    loss = ((a - torch.tensor(Y)) ** 2).sum(dim=1).mean()
    loss.backward()
    C, grads = getattr(reference, name)(params, X, Y, np.tanh, dtanh)
    assert pytest.approx(loss.item(), rel=1e-13) == C
    for ours, theirs in zip(grads, leaves, strict=True):
        for mine, leaf in zip(ours, theirs, strict=True):
            assert np.allclose(mine, leaf.grad.numpy(), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 1, 4)])
def test_affine_agrees_with_complex_steps_and_is_bilinear(
    reference: SimpleNamespace, shape: tuple[int, ...], slope: Measure
) -> None:
    draw = fresh()
    x, w, b, dout = (
        draw.normal(size=(3, *shape)),
        draw.normal(size=(int(np.prod(shape)), 4)),
        draw.normal(size=4),
        draw.normal(size=(3, 4)),
    )
    out, cache = reference.affine_forward(x, w, b)
    assert np.allclose(
        out,
        [
            [
                sum(v * c for v, c in zip(row.flat, col, strict=True)) + s
                for col, s in zip(w.T, b, strict=True)
            ]
            for row in x
        ],
    )
    dx, dw, db = reference.affine_backward(dout, cache)

    def loss(x: Any, w: Any, b: Any) -> Any:
        return np.sum((x.reshape(3, -1) @ w + b) * dout)

    values = [x, w, b]
    for got, number in ((dx, 0), (dw, 1), (db, 2)):
        assert np.allclose(
            got,
            slope(lambda v, n=number: loss(*values[:n], v, *values[n + 1 :]), values[number]),
            rtol=1e-12,
        )
    assert np.sum(dx * x) == pytest.approx(np.sum(dw * w))  # Euler: out is linear in x and in w


def test_affine_agrees_with_pytorch(reference: SimpleNamespace, torch: Any) -> None:
    draw = fresh()
    values = draw.normal(size=(3, 2, 4)), draw.normal(size=(8, 5)), draw.normal(size=5)
    dout = draw.normal(size=(3, 5))
    leaves = [torch.tensor(value, requires_grad=True) for value in values]
    out = torch.nn.functional.linear(leaves[0].flatten(1), leaves[1].T, leaves[2])
    out.backward(torch.tensor(dout))
    mine, cache = reference.affine_forward(*values)
    assert np.allclose(mine, out.detach().numpy(), rtol=1e-13)
    for got, leaf in zip(reference.affine_backward(dout, cache), leaves, strict=True):
        assert np.allclose(got, leaf.grad.numpy(), rtol=1e-12)


def test_the_measured_gradient_is_that_of_known_functions(reference: SimpleNamespace) -> None:
    x, df = fresh().normal(size=(3, 4)), fresh().normal(size=(3, 4))
    for f, exact in ((np.sin, np.cos(x)), (np.exp, np.exp(x)), (lambda v: v**3, 3 * x**2)):
        assert np.allclose(reference.numeric_gradient(f, x, df), exact * df, rtol=1e-8, atol=1e-9)
    matrix = fresh().normal(size=(4, 2))
    assert np.allclose(
        reference.numeric_gradient(lambda v: v @ matrix, x, np.ones((3, 2))),
        np.ones((3, 2)) @ matrix.T,
        rtol=1e-8,
    )
    assert np.allclose(reference.numeric_gradient(lambda v: v**3, x, h=0.25), 3 * x**2 + 0.0625)


def test_the_judge_of_layers_judges_as_pytorchs_own(reference: SimpleNamespace, torch: Any) -> None:
    """Layers made of PyTorch's operations, right, and right but for something."""
    x = fresh().uniform(0.3, 1.5, (3, 4)) * fresh().choice([-1, 1], (3, 4))
    for operation in (
        torch.tanh,
        torch.nn.functional.gelu,
        lambda v: torch.softmax(v, dim=1),
        lambda v: v.cumsum(0) * v,
        lambda v: (v**2).sum(),
    ):

        def forward(v: np.ndarray, operation: Any = operation) -> tuple[Any, Any]:
            leaf = torch.tensor(v, requires_grad=True)
            out = operation(leaf)
            return out.detach().numpy(), (leaf, out)

        def backward(dout: Any, cache: Any, factor: float = 1.0) -> np.ndarray:
            (grad,) = torch.autograd.grad(
                cache[1], cache[0], torch.as_tensor(dout), retain_graph=True
            )
            return factor * grad.numpy()

        assert reference.check_layer(forward, backward, x, fresh())
        assert not reference.check_layer(
            forward, lambda dout, cache: backward(dout, cache, 1.02), x, fresh()
        )
        assert not reference.check_layer(
            forward, lambda dout, cache: backward(np.ones_like(dout), cache), x, fresh()
        )
