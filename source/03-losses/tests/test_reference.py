"""The losses of 03-losses against PyTorch, against differences, and against other ways to the same numbers."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

NAME = "03-losses"
KINDS = ("least_squares", "l1", "lp", "fair", "cauchy", "huber", "tukey")
SHAPES = ((5,), (4, 3), (1,), (2, 1, 3))


def leaf(torch: Any, x: np.ndarray) -> Any:
    return torch.tensor(x, requires_grad=True)


def agree(loss: Any, gradient: np.ndarray, want: Any, leaf: Any, rtol: float = 1e-12) -> None:
    """Holds a loss and its gradient to a tensor and what autograd makes of it."""
    want.backward()
    assert np.allclose(loss, want.item(), rtol=rtol, atol=0)
    assert gradient.shape == tuple(leaf.shape)
    assert np.allclose(gradient, leaf.grad.numpy(), rtol=rtol, atol=1e-15)


@pytest.mark.parametrize("shape", SHAPES)
def test_regression_losses_agree_with_pytorch(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator, shape: tuple[int, ...]
) -> None:
    pred, target = rng.normal(size=shape), rng.normal(size=shape)
    pred.flat[0] = (
        target.flat[0] if pred.size > 1 else pred.flat[0]
    )  # a corner of the absolute error
    for name, other in (
        ("mse_loss", torch.nn.functional.mse_loss),
        ("mae_loss", torch.nn.functional.l1_loss),
        ("l2_distance", lambda a, b: torch.linalg.vector_norm(a - b)),
    ):
        x = leaf(torch, pred)
        agree(*getattr(reference, name)(pred, target), other(x, torch.tensor(target)), x)


def test_regression_gradients_agree_with_differences(
    reference: SimpleNamespace, central: Any, rng: np.random.Generator
) -> None:
    pred, target = rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
    for name in ("mse_loss", "mae_loss", "l2_distance"):
        function = getattr(reference, name)
        assert np.allclose(
            function(pred, target)[1],
            central(lambda p, f=function: f(p, target)[0], pred),
            rtol=1e-7,
            atol=1e-9,
        )


def test_duplicated_data_leaves_means_as_they_are(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    """Erratum 8: D3's formula for the mean squared error has not this property."""
    pred, target = rng.normal(size=7), rng.normal(size=7)
    many = np.tile(pred, 9), np.tile(target, 9)
    for name in ("mse_loss", "mae_loss"):
        function = getattr(reference, name)
        assert math.isclose(function(*many)[0], function(pred, target)[0], rel_tol=1e-14)
    assert math.isclose(
        reference.l2_distance(*many)[0], 3 * reference.l2_distance(pred, target)[0], rel_tol=1e-14
    )

    def printed(p: np.ndarray, t: np.ndarray) -> float:
        return float(np.sqrt(np.sum((p - t) ** 2)) / len(p))

    assert math.isclose(printed(*many), printed(pred, target) / 3, rel_tol=1e-14)


def test_subgradient_of_the_distance_supports_it(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    """At distance 0 the chosen gradient, 0, is the slope of a plane that touches the distance from below."""
    point = rng.normal(size=(2, 3))
    loss, dpred = reference.l2_distance(point, point.copy())
    assert loss == 0
    for _ in range(20):
        moved = point + rng.normal(size=(2, 3))
        assert reference.l2_distance(moved, point)[0] >= np.sum(dpred * (moved - point))


@pytest.mark.parametrize("scale", [1.0, 30.0, 1e4])
def test_softmax_loss_agrees_with_pytorch(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator, scale: float
) -> None:
    x = scale * rng.uniform(-1, 1, (6, 4))
    hard, soft = rng.integers(0, 4, 6), rng.dirichlet(np.ones(4), size=6)
    for y in (hard, soft, np.eye(4)[hard], np.eye(4, dtype=np.int64)[hard]):
        logits = leaf(torch, x)
        target = torch.tensor(y.astype(np.float64) if y.ndim == 2 else y)
        agree(
            *reference.softmax_loss(x, y), torch.nn.functional.cross_entropy(logits, target), logits
        )


def test_softmax_loss_agrees_with_differences_and_complex_steps(
    reference: SimpleNamespace, central: Any, slope: Any, rng: np.random.Generator
) -> None:
    x, y = rng.normal(size=(3, 5)), rng.dirichlet(np.ones(5), size=3)
    dx = reference.softmax_loss(x, y)[1]
    assert np.allclose(
        dx, central(lambda v: reference.softmax_loss(v, y)[0], x), rtol=1e-7, atol=1e-9
    )
    assert np.allclose(
        dx,
        slope(
            lambda v: -np.sum(y * np.log(np.exp(v) / np.exp(v).sum(axis=1, keepdims=True))) / 3, x
        ),
        rtol=1e-13,
    )


def test_softmax_loss_does_not_mind_a_shift(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    x, y = rng.normal(size=(4, 3)), np.array([0, 2, 1, 1])
    loss, dx = reference.softmax_loss(x, y)
    moved = reference.softmax_loss(x + np.array([[9000.0], [-9000.0], [12.0], [0.0]]), y)
    assert math.isclose(moved[0], loss, rel_tol=1e-11)
    assert np.allclose(moved[1], dx, rtol=1e-10)
    assert np.allclose(dx.sum(axis=1), 0, atol=1e-16)


def test_softmax_twice_has_a_floor(reference: SimpleNamespace) -> None:
    """Erratum 25: with a softmax too many, ten classes cannot get below log(1 + 9/e), about 1.46."""
    onehot = np.eye(10)[[3, 1]]
    assert reference.softmax_loss(50 * onehot, np.array([3, 1]))[0] < 1e-20 + 1e-15
    assert math.isclose(
        reference.softmax_loss(onehot, np.array([3, 1]))[0], math.log(1 + 9 / math.e), rel_tol=1e-14
    )


@pytest.mark.parametrize("scale", [1.0, 30.0, 1e4])
def test_bce_agrees_with_pytorch(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator, scale: float
) -> None:
    for shape in SHAPES:
        h = scale * rng.uniform(-1, 1, shape)
        for y in (rng.integers(0, 2, shape), rng.random(shape)):
            logits = leaf(torch, h)
            want = torch.nn.functional.binary_cross_entropy_with_logits(
                logits, torch.tensor(y.astype(np.float64))
            )
            agree(*reference.bce_with_logits(h, y), want, logits, rtol=1e-11)


def test_bce_agrees_with_differences_and_its_definition(
    reference: SimpleNamespace, central: Any, slope: Any, rng: np.random.Generator
) -> None:
    h, y = rng.normal(size=(3, 2)), rng.random((3, 2))

    def defined(v: Any) -> Any:
        s = 1 / (1 + np.exp(-v))
        return -np.mean(y * np.log(s) + (1 - y) * np.log(1 - s))

    loss, dh = reference.bce_with_logits(h, y)
    assert math.isclose(loss, defined(h), rel_tol=1e-13)
    assert np.allclose(dh, slope(defined, h), rtol=1e-12)
    assert np.allclose(
        dh, central(lambda v: reference.bce_with_logits(v, y)[0], h), rtol=1e-7, atol=1e-9
    )


def test_bce_is_softmax_of_two_classes(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    h, y = 3 * rng.normal(size=6), rng.integers(0, 2, 6)
    loss, dh = reference.bce_with_logits(h, y)
    both = reference.softmax_loss(np.stack([np.zeros(6), h], axis=1), y)
    assert math.isclose(loss, both[0], rel_tol=1e-13)
    assert np.allclose(dh, both[1][:, 1], rtol=1e-12)


def test_bce_is_convex_and_its_printed_sign_is_not_a_loss(reference: SimpleNamespace) -> None:
    """D2: convex in h. Erratum 9: as D3 prints it, the loss of an example of class 0 has no lower bound."""
    h = np.linspace(-30, 30, 601)
    for label in (0.0, 1.0):
        values = np.array(
            [reference.bce_with_logits(np.array([v]), np.array([label]))[0] for v in h]
        )
        assert np.all(np.diff(values, 2) > -1e-13)
        assert np.all(values > 0)
    y_hat = np.array([0.5, 0.9, 0.99, 0.999])
    printed = -0 * np.log(y_hat) + (1 - 0) * np.log(1 - y_hat)
    assert np.all(np.diff(printed) < 0)
    assert np.all(printed < 0)


def test_robust_losses_agree_with_pytorch(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator
) -> None:
    x, xi = 3 * rng.normal(size=(4, 5)), 1.7
    functional = torch.nn.functional
    for kind, other in (
        (
            "huber",
            lambda v: functional.huber_loss(v, torch.zeros_like(v), reduction="none", delta=xi),
        ),
        ("l1", lambda v: functional.l1_loss(v, torch.zeros_like(v), reduction="none")),
        (
            "least_squares",
            lambda v: functional.mse_loss(v, torch.zeros_like(v), reduction="none") / 2,
        ),
        ("lp", lambda v: torch.abs(v) ** 1.3 / 1.3),
        ("fair", lambda v: xi**2 * (torch.abs(v) / xi - torch.log1p(torch.abs(v) / xi))),
        ("cauchy", lambda v: xi**2 / 2 * torch.log1p((v / xi) ** 2)),
        (
            "tukey",
            lambda v: torch.where(
                torch.abs(v) <= xi, xi**2 / 6 * (1 - (1 - (v / xi) ** 2) ** 3), xi**2 / 6
            ),
        ),
    ):
        residual = leaf(torch, x)
        want = other(residual)
        rho, psi, omega = reference.robust_loss(x, kind, xi, 1.3)
        assert np.allclose(rho, want.detach().numpy(), rtol=1e-12), kind
        want.sum().backward()
        assert np.allclose(psi, residual.grad.numpy(), rtol=1e-12, atol=1e-15), kind
        assert np.allclose(omega, residual.grad.numpy() / x, rtol=1e-12, atol=1e-15), kind


def test_robust_columns_belong_together(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    x, h = rng.choice([-1.0, 1.0], 40) * rng.uniform(0.05, 5, 40), 1e-6
    for kind, xi, p in ((kind, xi, p) for kind in KINDS for xi, p in ((0.8, 1.4), (2.5, 3.0))):
        _, psi, omega = reference.robust_loss(x, kind, xi, p)
        slopes = (
            reference.robust_loss(x + h, kind, xi, p)[0]
            - reference.robust_loss(x - h, kind, xi, p)[0]
        ) / (2 * h)
        assert np.allclose(psi, slopes, rtol=1e-6, atol=1e-8), kind
        assert np.allclose(omega, psi / x, rtol=1e-14), kind
        near = reference.robust_loss(np.array([0.0, 1e-9]), kind, xi, p)
        assert near[0][0] == near[1][0] == 0, kind
        want = {"l1": np.inf, "lp": np.inf if p < 2 else 0.0}.get(kind, 1.0)
        assert near[2][0] == want, kind
        assert near[2][1] > 1e4 if want == np.inf else abs(near[2][1] - want) < 1e-8, kind


def test_tukey_is_the_printed_one_divided_by_xi_to_the_fourth(reference: SimpleNamespace) -> None:
    """Erratum 24: D2's row gives the weight xi^4 at 0; the normalised one tends to least squares as xi grows."""
    x, xi = np.linspace(-1.9, 1.9, 39), 2.0
    rho, psi, omega = reference.robust_loss(x, "tukey", xi)
    assert np.allclose(
        rho, (x**6 / 6 - xi**2 * x**4 / 2 + xi**4 * x**2 / 2) / xi**4, rtol=1e-12, atol=1e-15
    )
    assert np.allclose(psi, x * (xi**2 - x**2) ** 2 / xi**4, rtol=1e-12, atol=1e-15)
    assert np.allclose(omega, (xi**2 - x**2) ** 2 / xi**4, rtol=1e-12)
    assert np.allclose(reference.robust_loss(x, "tukey", 1e3)[0], x**2 / 2, rtol=1e-5)


def test_logistic_regression_agrees_with_pytorch(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator
) -> None:
    X, y = rng.normal(size=(12, 3)), rng.integers(0, 2, 12)
    for batch in (None, 5, 1):
        chosen: list[np.ndarray] = []

        def asked(h: np.ndarray, ids: np.ndarray, chosen: list[np.ndarray] = chosen) -> Any:
            chosen.append(ids)
            return reference.bce_with_logits(h, y[ids])

        w, b, losses = reference.logreg_fit(
            X, np.arange(12), 0.3, 20, batch, np.random.default_rng(1), asked
        )
        unit = torch.nn.Linear(3, 1)
        torch.nn.init.zeros_(unit.weight)
        torch.nn.init.zeros_(unit.bias)
        rule = torch.optim.SGD(unit.parameters(), lr=0.3)
        for ids, said in zip(chosen, losses, strict=True):
            rule.zero_grad()
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                unit(torch.tensor(X[ids]))[:, 0], torch.tensor(y[ids] * 1.0)
            )
            assert math.isclose(said, loss.item(), rel_tol=1e-11)
            loss.backward()
            rule.step()
        assert np.allclose(w, unit.weight.detach().numpy()[0], rtol=1e-11)
        assert math.isclose(b, unit.bias.item(), rel_tol=1e-11)


def test_reweighted_line_solves_the_robust_problem(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    """Where the loss is convex and smooth, the line that stays is the least one: its gradient is 0, and no other line is lower."""
    x = np.linspace(0, 5, 20)
    y = 0.8 * x - 1 + 0.2 * rng.normal(size=20)
    y[15:] -= 4
    for kind in ("huber", "fair"):
        slope, intercept = reference.irls_line(
            x, y, lambda r, k=kind: reference.robust_loss(r, k, 0.7)[2], 500
        )
        psi = reference.robust_loss(y - slope * x - intercept, kind, 0.7)[1]
        assert abs(psi.sum()) < 1e-9
        assert abs(np.sum(psi * x)) < 1e-9
        least = reference.robust_loss(y - slope * x - intercept, kind, 0.7)[0].sum()
        for _ in range(20):
            a, c = np.array([slope, intercept]) + 0.1 * rng.normal(size=2)
            assert reference.robust_loss(y - a * x - c, kind, 0.7)[0].sum() > least
    assert np.allclose(reference.irls_line(x, y, np.ones_like, 0), np.polyfit(x, y, 1), rtol=1e-12)
    omega = rng.random(20)
    assert np.allclose(
        reference.irls_line(x, y, lambda r: omega, 1),
        np.polyfit(x, y, 1, w=np.sqrt(omega)),
        rtol=1e-11,
    )
