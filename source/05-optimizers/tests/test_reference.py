"""The answers of 05-optimizers against judges of another kind: PyTorch where it is installed, finite differences and second derivations always."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

NAME = "05-optimizers"


def fresh() -> np.random.Generator:
    return np.random.default_rng(20_261_120)


def walk(rule: Any, steps: int = 12, **config: float) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """A rule's path down a quartic bowl, and the gradients on it."""
    w, state, path, gradients = np.array([1.0, -0.7, 0.4]), dict(config), [], []
    for _ in range(steps):
        gradient = 2 * w + w**3
        path.append(w)
        gradients.append(gradient)
        w, state = rule(w, gradient, state)
    return [*path, w], gradients


def test_momentum_is_a_sum_over_the_past(reference: SimpleNamespace) -> None:
    for rho in (0.0, 0.5, 0.9):
        path, gradients = walk(reference.sgd_momentum, learning_rate=0.05, momentum=rho)
        for t in range(12):
            step = 0.05 * sum(rho ** (t - s) * gradients[s] for s in range(t + 1))
            assert np.allclose(path[t + 1], path[t] - step, rtol=1e-12)
    path, gradients = walk(reference.sgd, learning_rate=0.05)
    assert np.allclose(path[-1], path[0] - 0.05 * sum(gradients), rtol=1e-12)


def test_both_nesterovs_walk_the_same_path(reference: SimpleNamespace) -> None:
    """In changed variables, w stands where the look-ahead looks."""

    def gradient(w: np.ndarray) -> np.ndarray:
        return 2 * w + w**3

    alpha, rho = 0.04, 0.8
    theta, ahead, v = np.array([1.0, -0.7]), {"learning_rate": alpha, "momentum": rho}, np.zeros(2)
    w, changed = theta.copy(), {"learning_rate": alpha, "momentum": rho}
    for _ in range(15):
        theta, ahead = reference.nesterov_lookahead(theta, gradient, ahead)
        w, changed = reference.nesterov(w, gradient(w), changed)
        v = ahead["velocity"]
        assert np.allclose(w, theta - alpha * rho * v, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("sgd", {}),
        ("sgd_momentum", {"momentum": 0.7}),
        ("nesterov", {"momentum": 0.7, "nesterov": True}),
    ],
)
def test_rules_agree_with_pytorchs(
    reference: SimpleNamespace, torch: Any, name: str, options: dict[str, Any]
) -> None:
    leaf = torch.tensor([1.0, -0.7, 0.4], requires_grad=True)
    optimizer = torch.optim.SGD([leaf], lr=0.05, **options)
    theirs = [leaf.detach().numpy().copy()]
    for _ in range(12):
        optimizer.zero_grad()
        (leaf**2 + leaf**4 / 4).sum().backward()
        optimizer.step()
        theirs.append(leaf.detach().numpy().copy())
    ours, _ = walk(
        getattr(reference, name),
        learning_rate=0.05,
        **{key: value for key, value in options.items() if key == "momentum"},
    )
    assert np.allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("kind", ["ema", "inside", "heavy_ball"])
def test_converted_momentum_walks_the_courses_path(reference: SimpleNamespace, kind: str) -> None:
    draw = fresh()
    rates, gradients, rho = draw.uniform(0.01, 1, 20), draw.normal(size=(20, 3)), 0.85
    mu, eta = reference.convert_momentum(rates, rho, kind)
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


def test_steps_on_a_bowl_are_those_of_the_closed_form(reference: SimpleNamespace) -> None:
    """On f = c/2 x^2 plain descent shrinks x by 1 - alpha c a step."""
    c, alpha, start, tol = 3.0, 0.1, 5.0, 1e-3
    wanted = int(np.ceil(np.log(tol / (c * start)) / np.log(1 - alpha * c)))
    steps, path = reference.steps_to_tol(
        reference.sgd, lambda w: c * w, np.array([start]), {"learning_rate": alpha}, tol, 1000
    )
    assert steps == wanted
    assert np.allclose(path[:, 0], start * (1 - alpha * c) ** np.arange(wanted + 1), rtol=1e-12)
    assert (
        reference.steps_to_tol(
            reference.sgd,
            lambda w: c * w,
            np.array([start]),
            {"learning_rate": alpha},
            tol,
            wanted - 1,
        )[0]
        is None
    )


@pytest.mark.parametrize(
    ("curvatures", "rate", "momentum"),
    [
        ([1.0, 50.0], 0.03, 0.0),
        ([1.0, 50.0], 0.03, 0.8),
        ([1.0], 0.1, 0.3),
        ([1.0], 2.5, 0.3),
        ([1.0, -0.5], 0.2, 0.6),
    ],
)
def test_long_run_factor_is_what_a_walk_does(
    reference: SimpleNamespace, curvatures: list[float], rate: float, momentum: float
) -> None:
    """The distance itself, over many steps of sgd_momentum: its size near the end, in units of that before."""
    w, config = np.ones(len(curvatures)), {"learning_rate": rate, "momentum": momentum}
    sizes = []
    for _ in range(900):
        w, config = reference.sgd_momentum(w, curvatures * w, config)
        sizes.append(np.abs(w).max())
    early, late = max(sizes[280:300]), max(sizes[880:900])  # swings have peaks
    measured = (late / early) ** (1 / 600)
    factor = reference.long_run_factor(np.array(curvatures), rate, momentum)
    assert factor == pytest.approx(measured, rel=2e-3)


def test_points_are_described_as_descent_finds_them(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    """The condition number is NumPy's; just below the limit plain descent arrives, just above it does not."""
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    hessian = turn @ np.diag([0.5, 2.0, 9.0]) @ turn.T
    kind, condition, limit = reference.describe_point(hessian)
    assert kind == "minimum"
    assert condition == pytest.approx(np.linalg.cond(hessian), rel=1e-9)
    assert reference.describe_point(-hessian)[::2] == ("maximum", np.inf)
    for share, arrives in ((0.99, True), (1.01, False)):
        w = np.ones(3)
        for _ in range(1500):
            w, _ = reference.sgd(w, hessian @ w, {"learning_rate": share * limit})
        assert (np.abs(w).max() < 1e-6) == arrives


def test_minibatches_are_a_partition_drawn_evenly(reference: SimpleNamespace) -> None:
    draw = fresh()
    for N, B in ((1, 1), (7, 3), (8, 4), (3, 5), (100, 7)):
        for drop in (False, True):
            batches = [list(batch) for batch in reference.minibatches(N, B, draw, drop_last=drop)]
            assert len(batches) == (N // B if drop else -(-N // B))
            flat = [int(index) for batch in batches for index in batch]
            assert len(set(flat)) == len(flat)
            assert set(flat) <= set(range(N))
            if not drop:
                assert set(flat) == set(range(N))
    counts = np.zeros((6, 6))  # which index stands where: each as often as any other
    for _ in range(6000):
        for place, index in enumerate(np.concatenate(list(reference.minibatches(6, 2, draw)))):
            counts[place, index] += 1
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(1000 * 5 / 6)
