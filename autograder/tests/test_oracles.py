"""The reference solutions against judges of another kind: PyTorch where it is installed, finite differences and second derivations always."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograder.assignment import load_assignment
from autograder.paths import Course


@pytest.fixture(scope="module")
def one() -> SimpleNamespace:
    return load_assignment(Course(), "01-backprop").namespace()


@pytest.fixture(scope="module")
def five() -> SimpleNamespace:
    return load_assignment(Course(), "05-optimizers").namespace()


@pytest.fixture(scope="module")
def torch() -> Any:
    found = pytest.importorskip("torch", reason="PyTorch is not installed; it is an oracle only: pip install torch")
    found.set_default_dtype(found.float64)
    yield found
    found.set_default_dtype(found.float32)


def rng() -> np.random.Generator:
    return np.random.default_rng(20_261_120)


def slope(f: Any, x: np.ndarray) -> np.ndarray:
    """The gradient of a number-valued f by complex steps: exact to rounding, unlike any difference."""
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[index] += 1e-30j
        gradient[index] = np.imag(f(moved)) / 1e-30
    return gradient


def central(f: Any, x: np.ndarray, h: float = 1e-5) -> np.ndarray:
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        up, down = np.array(x), np.array(x)
        up[index] += h
        down[index] -= h
        gradient[index] = (f(up) - f(down)) / (2 * h)
    return gradient


SHAPES = [((), (), ()), ((3,), (3,), (3,)), ((4, 1), (3,), ()), ((2, 1, 3), (4, 1), (1, 1, 1)), ((1,), (2, 3), (3,))]


@pytest.mark.parametrize("shapes", SHAPES)
def test_circuits_agree_with_differences(one: SimpleNamespace, shapes: tuple[tuple[int, ...], ...]) -> None:
    draw = rng()
    values = [draw.normal(size=shape) + shift for shape, shift in zip(shapes, (0.0, 0.3, 1.0), strict=True)]
    for circuit, plain in (
        (one.circuit, lambda x, y, z: (x + y) * z),
        (one.circuit_branch, lambda x, y, z: np.maximum(x, y) * (x + z)),
    ):
        f, grads = circuit(*values)
        assert np.allclose(f, plain(*values), rtol=1e-14)
        for number, name in enumerate("xyz"):
            measured = central(lambda v, n=number, p=plain: np.sum(p(*values[:n], v, *values[n + 1 :])), values[number])
            assert np.shape(grads[name]) == shapes[number]
            assert np.allclose(grads[name], measured, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("shapes", SHAPES)
def test_circuits_agree_with_pytorch(one: SimpleNamespace, torch: Any, shapes: tuple[tuple[int, ...], ...]) -> None:
    draw = rng()
    values = [draw.normal(size=shape) for shape in shapes]
    for circuit, plain in ((one.circuit, lambda x, y, z: (x + y) * z), (one.circuit_branch, lambda x, y, z: torch.maximum(x, y) * (x + z))):
        leaves = [torch.tensor(value, requires_grad=True) for value in values]
        out = plain(*leaves)
        out.sum().backward()
        f, grads = circuit(*values)
        assert np.allclose(f, out.detach().numpy(), rtol=1e-13)
        for name, leaf in zip("xyz", leaves, strict=True):
            assert np.allclose(grads[name], leaf.grad.numpy(), rtol=1e-12, atol=1e-14)


def network() -> tuple[list[Any], np.ndarray, np.ndarray]:
    draw = rng()
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
def test_networks_agree_with_complex_steps(one: SimpleNamespace, name: str) -> None:
    params, X, Y = network()
    C, grads = getattr(one, name)(params, X, Y, np.tanh, dtanh)
    assert pytest.approx(cost(params, X, Y), rel=1e-13) == C
    for layer, (w, b) in enumerate(params):
        for which, value in enumerate((w, b)):

            def moved(v: Any, layer: int = layer, which: int = which) -> Any:
                changed = [list(pair) for pair in params]
                changed[layer][which] = v
                return cost(changed, X, Y)

            assert np.allclose(grads[layer][which], slope(moved, value), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", ["mlp_backprop", "mlp_backprop_loops"])
def test_networks_agree_with_pytorch(one: SimpleNamespace, torch: Any, name: str) -> None:
    params, X, Y = network()
    leaves = [[torch.tensor(part, requires_grad=True) for part in pair] for pair in params]
    a = torch.tensor(X)
    for w, b in leaves:
        a = torch.tanh(a @ w + b)
    loss = ((a - torch.tensor(Y)) ** 2).sum(dim=1).mean()
    loss.backward()
    C, grads = getattr(one, name)(params, X, Y, np.tanh, dtanh)
    assert pytest.approx(loss.item(), rel=1e-13) == C
    for ours, theirs in zip(grads, leaves, strict=True):
        for mine, leaf in zip(ours, theirs, strict=True):
            assert np.allclose(mine, leaf.grad.numpy(), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 1, 4)])
def test_affine_agrees_with_complex_steps_and_is_bilinear(one: SimpleNamespace, shape: tuple[int, ...]) -> None:
    draw = rng()
    x, w, b, dout = draw.normal(size=(3, *shape)), draw.normal(size=(int(np.prod(shape)), 4)), draw.normal(size=4), draw.normal(size=(3, 4))
    out, cache = one.affine_forward(x, w, b)
    assert np.allclose(
        out, [[sum(v * c for v, c in zip(row.flat, col, strict=True)) + s for col, s in zip(w.T, b, strict=True)] for row in x]
    )
    dx, dw, db = one.affine_backward(dout, cache)

    def loss(x: Any, w: Any, b: Any) -> Any:
        return np.sum((x.reshape(3, -1) @ w + b) * dout)

    values = [x, w, b]
    for got, number in ((dx, 0), (dw, 1), (db, 2)):
        assert np.allclose(got, slope(lambda v, n=number: loss(*values[:n], v, *values[n + 1 :]), values[number]), rtol=1e-12)
    assert np.sum(dx * x) == pytest.approx(np.sum(dw * w))  # Euler: out is linear in x and in w


def test_affine_agrees_with_pytorch(one: SimpleNamespace, torch: Any) -> None:
    draw = rng()
    values = draw.normal(size=(3, 2, 4)), draw.normal(size=(8, 5)), draw.normal(size=5)
    dout = draw.normal(size=(3, 5))
    leaves = [torch.tensor(value, requires_grad=True) for value in values]
    out = torch.nn.functional.linear(leaves[0].flatten(1), leaves[1].T, leaves[2])
    out.backward(torch.tensor(dout))
    mine, cache = one.affine_forward(*values)
    assert np.allclose(mine, out.detach().numpy(), rtol=1e-13)
    for got, leaf in zip(one.affine_backward(dout, cache), leaves, strict=True):
        assert np.allclose(got, leaf.grad.numpy(), rtol=1e-12)


def test_the_measured_gradient_is_that_of_known_functions(one: SimpleNamespace) -> None:
    x, df = rng().normal(size=(3, 4)), rng().normal(size=(3, 4))
    for f, exact in ((np.sin, np.cos(x)), (np.exp, np.exp(x)), (lambda v: v**3, 3 * x**2)):
        assert np.allclose(one.numeric_gradient(f, x, df), exact * df, rtol=1e-8, atol=1e-9)
    matrix = rng().normal(size=(4, 2))
    assert np.allclose(one.numeric_gradient(lambda v: v @ matrix, x, np.ones((3, 2))), np.ones((3, 2)) @ matrix.T, rtol=1e-8)
    assert np.allclose(one.numeric_gradient(lambda v: v**3, x, h=0.25), 3 * x**2 + 0.0625)


def test_the_judge_of_layers_judges_as_pytorchs_own(one: SimpleNamespace, torch: Any) -> None:
    """Layers made of PyTorch's operations, right, and right but for something."""
    x = rng().uniform(0.3, 1.5, (3, 4)) * rng().choice([-1, 1], (3, 4))
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
            (grad,) = torch.autograd.grad(cache[1], cache[0], torch.as_tensor(dout), retain_graph=True)
            return factor * grad.numpy()

        assert one.check_layer(forward, backward, x, rng())
        assert not one.check_layer(forward, lambda dout, cache: backward(dout, cache, 1.02), x, rng())
        assert not one.check_layer(forward, lambda dout, cache: backward(np.ones_like(dout), cache), x, rng())


def walk(rule: Any, steps: int = 12, **config: float) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """A rule's path down a quartic bowl, and the gradients on it."""
    w, state, path, gradients = np.array([1.0, -0.7, 0.4]), dict(config), [], []
    for _ in range(steps):
        gradient = 2 * w + w**3
        path.append(w)
        gradients.append(gradient)
        w, state = rule(w, gradient, state)
    return [*path, w], gradients


def test_momentum_is_a_sum_over_the_past(five: SimpleNamespace) -> None:
    for rho in (0.0, 0.5, 0.9):
        path, gradients = walk(five.sgd_momentum, learning_rate=0.05, momentum=rho)
        for t in range(12):
            step = 0.05 * sum(rho ** (t - s) * gradients[s] for s in range(t + 1))
            assert np.allclose(path[t + 1], path[t] - step, rtol=1e-12)
    path, gradients = walk(five.sgd, learning_rate=0.05)
    assert np.allclose(path[-1], path[0] - 0.05 * sum(gradients), rtol=1e-12)


def test_both_nesterovs_walk_the_same_path(five: SimpleNamespace) -> None:
    """In changed variables, w stands where the look-ahead looks."""

    def gradient(w: np.ndarray) -> np.ndarray:
        return 2 * w + w**3

    alpha, rho = 0.04, 0.8
    theta, ahead, v = np.array([1.0, -0.7]), {"learning_rate": alpha, "momentum": rho}, np.zeros(2)
    w, changed = theta.copy(), {"learning_rate": alpha, "momentum": rho}
    for _ in range(15):
        theta, ahead = five.nesterov_lookahead(theta, gradient, ahead)
        w, changed = five.nesterov(w, gradient(w), changed)
        v = ahead["velocity"]
        assert np.allclose(w, theta - alpha * rho * v, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "options"), [("sgd", {}), ("sgd_momentum", {"momentum": 0.7}), ("nesterov", {"momentum": 0.7, "nesterov": True})]
)
def test_rules_agree_with_pytorchs(five: SimpleNamespace, torch: Any, name: str, options: dict[str, Any]) -> None:
    leaf = torch.tensor([1.0, -0.7, 0.4], requires_grad=True)
    optimizer = torch.optim.SGD([leaf], lr=0.05, **options)
    theirs = [leaf.detach().numpy().copy()]
    for _ in range(12):
        optimizer.zero_grad()
        (leaf**2 + leaf**4 / 4).sum().backward()
        optimizer.step()
        theirs.append(leaf.detach().numpy().copy())
    ours, _ = walk(getattr(five, name), learning_rate=0.05, **{key: value for key, value in options.items() if key == "momentum"})
    assert np.allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("kind", ["ema", "inside", "heavy_ball"])
def test_converted_momentum_walks_the_courses_path(five: SimpleNamespace, kind: str) -> None:
    draw = rng()
    rates, gradients, rho = draw.uniform(0.01, 1, 20), draw.normal(size=(20, 3)), 0.85
    mu, eta = five.convert_momentum(rates, rho, kind)
    x, v = np.zeros(3), np.zeros(3)
    y, before, h = np.zeros(3), np.zeros(3), np.zeros(3)
    for t in range(20):
        v = rho * v + gradients[t]
        x = x - rates[t] * v
        if kind == "ema":
            h = mu[t] * h + (1 - mu[t]) * gradients[t]
            y = y - eta[t] * h
        elif kind == "inside":
            h = mu[t] * h + eta[t] * gradients[t]
            y = y - h
        else:
            y, before = y - eta[t] * gradients[t] + mu[t] * (y - before), y
        assert np.allclose(x, y, rtol=1e-11, atol=1e-13)


def test_steps_on_a_bowl_are_those_of_the_closed_form(five: SimpleNamespace) -> None:
    """On f = c/2 x^2 plain descent shrinks x by 1 - alpha c a step."""
    c, alpha, start, tol = 3.0, 0.1, 5.0, 1e-3
    wanted = int(np.ceil(np.log(tol / (c * start)) / np.log(1 - alpha * c)))
    steps, path = five.steps_to_tol(five.sgd, lambda w: c * w, np.array([start]), {"learning_rate": alpha}, tol, 1000)
    assert steps == wanted
    assert np.allclose(path[:, 0], start * (1 - alpha * c) ** np.arange(wanted + 1), rtol=1e-12)
    assert five.steps_to_tol(five.sgd, lambda w: c * w, np.array([start]), {"learning_rate": alpha}, tol, wanted - 1)[0] is None


def test_minibatches_are_a_partition_drawn_evenly(five: SimpleNamespace) -> None:
    draw = rng()
    for N, B in ((1, 1), (7, 3), (8, 4), (3, 5), (100, 7)):
        for drop in (False, True):
            batches = [list(batch) for batch in five.minibatches(N, B, draw, drop_last=drop)]
            assert len(batches) == (N // B if drop else -(-N // B))
            flat = [int(index) for batch in batches for index in batch]
            assert len(set(flat)) == len(flat)
            assert set(flat) <= set(range(N))
            if not drop:
                assert set(flat) == set(range(N))
    counts = np.zeros((6, 6))  # which index stands where: each as often as any other
    for _ in range(6000):
        for place, index in enumerate(np.concatenate(list(five.minibatches(6, 2, draw)))):
            counts[place, index] += 1
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(1000 * 5 / 6)
