"""The reference of 07-regularisation against PyTorch, finite differences, closed forms, and the errata that it rests on."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

NAME = "07-regularisation"


def params(keep_prob: float, mode: str = "train", seed: int = 3) -> dict[str, Any]:
    return {"keep_prob": keep_prob, "mode": mode, "rng": np.random.default_rng(seed)}


def test_penalties_agree_with_pytorch(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator
) -> None:
    w = rng.normal(size=(4, 3, 2))
    w.flat[5] = 0.0
    for penalty, plain in (
        (reference.l2_loss, lambda v: 0.5 * 0.7 * (v**2).sum()),
        (reference.l1_loss, lambda v: 0.7 * v.abs().sum()),
    ):
        tensor = torch.tensor(w, requires_grad=True)
        want = plain(tensor)
        want.backward()
        loss, dw = penalty(w, 0.7)
        assert np.isclose(loss, want.item(), rtol=1e-14)
        assert np.allclose(dw, tensor.grad.numpy(), rtol=1e-14, atol=0)


def test_penalties_are_the_slopes_of_their_losses(
    reference: SimpleNamespace, rng: np.random.Generator, slope: Any, central: Any
) -> None:
    w = rng.normal(size=(4, 3)) + np.sign(rng.normal(size=(4, 3)))
    assert np.allclose(
        reference.l2_loss(w, 0.3)[1], slope(lambda v: 0.3 / 2 * np.sum(v * v), w), rtol=1e-14
    )
    assert np.allclose(
        reference.l1_loss(w, 0.3)[1], central(lambda v: reference.l1_loss(v, 0.3)[0], w), rtol=1e-8
    )


@pytest.mark.parametrize(("kind", "optimizer"), [("l2", "Adam"), ("decoupled", "AdamW")])
def test_step_with_decay_is_pytorchs(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator, kind: str, optimizer: str
) -> None:
    """Erratum 14: PyTorch's Adam(weight_decay) is coupled L2; AdamW decouples."""
    w = rng.normal(size=(3, 4))
    tensor = torch.nn.Parameter(torch.tensor(w.copy()))
    steps = getattr(torch.optim, optimizer)([tensor], lr=0.05, weight_decay=0.3)
    config: dict[str, Any] = {"learning_rate": 0.05}
    for _ in range(6):
        dw = rng.normal(size=w.shape)
        tensor.grad = torch.tensor(dw)
        steps.step()
        w, config = reference.step_with_decay(reference.adam, w, dw, config, 0.3, kind)
        assert np.allclose(w, tensor.detach().numpy(), rtol=1e-8)


def test_both_decays_are_one_for_gradient_descent_only(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    w, dw = rng.normal(size=(2, 3, 4))
    for rule, same in (
        (lambda w, dw, config: (w - config["learning_rate"] * dw, config), True),
        (reference.adam, False),
    ):
        two = [
            reference.step_with_decay(rule, w, dw, {"learning_rate": 0.1}, 0.4, kind)[0]
            for kind in ("l2", "decoupled")
        ]
        assert np.allclose(*two, rtol=1e-13) is same


def test_l1_settles_on_the_soft_threshold(reference: SimpleNamespace) -> None:
    wanted = np.linspace(-3, 3, 25)
    w = wanted.copy()
    for t in range(4000):
        w = w - 0.3 / (1 + t / 10) * (w - wanted + reference.l1_loss(w, 1.0)[1])
    assert np.allclose(w, np.sign(wanted) * np.maximum(np.abs(wanted) - 1, 0), atol=2e-3)


@pytest.mark.parametrize("keep_prob", [0.3, 0.6, 1.0])
def test_dropout_is_pytorchs_given_its_mask(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator, keep_prob: float
) -> None:
    """PyTorch's own mask cannot be forced, so both are held to: values in {0, x / keep}, gradient by autograd through that mask."""
    x, dout = rng.normal(size=(2, 60, 40))
    theirs = torch.nn.functional.dropout(torch.tensor(x), p=1 - keep_prob, training=True).numpy()
    out, cache = reference.dropout_forward(x, params(keep_prob))
    for one in (out, theirs):
        assert np.allclose(one[one != 0], x[one != 0] / keep_prob, rtol=1e-12)
        assert (
            abs(np.mean(one != 0) - keep_prob)
            < 5 * np.sqrt(keep_prob * (1 - keep_prob) / x.size) + 1e-12
        )
    tensor = torch.tensor(x, requires_grad=True)
    (tensor * torch.tensor(out != 0) / keep_prob).backward(torch.tensor(dout))
    assert np.allclose(reference.dropout_backward(dout, cache), tensor.grad.numpy(), rtol=1e-13)


def test_dropout_agrees_with_differences(
    reference: SimpleNamespace, rng: np.random.Generator, central: Any
) -> None:
    x, dout = rng.normal(size=(2, 4, 5))
    for mode in ("train", "test"):
        settings = params(0.6, mode)
        _, cache = reference.dropout_forward(x, copy.deepcopy(settings))
        measured = central(
            lambda v, s=settings: np.sum(reference.dropout_forward(v, copy.deepcopy(s))[0] * dout),
            x,
        )
        assert np.allclose(reference.dropout_backward(dout, cache), measured, rtol=1e-7, atol=1e-9)


def test_dropout_keeps_the_mean_and_the_slides_do_not(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    """Erratum 28: never rescaled, the mean in training is keep_prob times that at test time."""
    hidden, w, keep_prob = rng.random(50), rng.normal(size=50), 0.7
    passes = reference.dropout_forward(np.tile(hidden, (20_000, 1)), params(keep_prob))[0] @ w
    error = np.std(passes) / np.sqrt(passes.size)
    assert abs(passes.mean() - hidden @ w) < 5 * error
    printed = ((rng.random((20_000, 50)) < keep_prob) * hidden) @ w
    assert abs(printed.mean() - keep_prob * (hidden @ w)) < 5 * error
    assert np.isclose(
        np.var(passes), np.sum((hidden * w) ** 2) * (1 - keep_prob) / keep_prob, rtol=0.05
    )


def test_one_pass_without_dropout_is_the_mean_of_all_thinned_networks(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    hidden, w, keep_prob = rng.random(8), rng.normal(size=8), 0.6
    masks = (np.arange(256)[:, None] >> np.arange(8)) & 1
    odds = np.prod(np.where(masks == 1, keep_prob, 1 - keep_prob), axis=1)
    whole = reference.dropout_forward(hidden, {"keep_prob": keep_prob, "mode": "test"})[0] @ w
    assert np.isclose(odds @ (masks * hidden / keep_prob @ w), whole, rtol=1e-13)


def test_dropconnect_is_pytorchs_given_its_mask(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator
) -> None:
    x, w, b, dout = (
        rng.normal(size=(6, 6)),
        rng.normal(size=(6, 4)),
        rng.normal(size=4),
        rng.normal(size=(6, 4)),
    )
    out, cache = reference.dropconnect_forward(x, w, b, params(0.6))
    used = np.linalg.solve(x, out - b)
    kept = np.abs(used) > 1e-9
    assert np.allclose(used, kept * w / 0.6)
    tensors = [torch.tensor(v, requires_grad=True) for v in (x, w, b)]
    want = tensors[0] @ (tensors[1] * torch.tensor(kept) / 0.6) + tensors[2]
    want.backward(torch.tensor(dout))
    assert np.allclose(out, want.detach().numpy(), rtol=1e-10)
    for got, tensor in zip(reference.dropconnect_backward(dout, cache), tensors, strict=True):
        assert np.allclose(got, tensor.grad.numpy(), rtol=1e-12)


def test_dropconnect_agrees_with_differences(
    reference: SimpleNamespace, rng: np.random.Generator, central: Any
) -> None:
    args, dout = (
        [rng.normal(size=(3, 4)), rng.normal(size=(4, 5)), rng.normal(size=5)],
        rng.normal(size=(3, 5)),
    )
    for mode in ("train", "test"):
        settings = params(0.6, mode)
        _, cache = reference.dropconnect_forward(*args, copy.deepcopy(settings))
        for number, got in enumerate(reference.dropconnect_backward(dout, cache)):

            def loss(
                v: np.ndarray, number: int = number, settings: dict[str, Any] = settings
            ) -> float:
                moved = [*args[:number], v, *args[number + 1 :]]
                return float(
                    np.sum(reference.dropconnect_forward(*moved, copy.deepcopy(settings))[0] * dout)
                )

            assert np.allclose(got, central(loss, args[number]), rtol=1e-7, atol=1e-9)


def test_dropconnect_is_right_on_average(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    x, w, b, settings = (
        rng.normal(size=(2, 8)),
        rng.normal(size=(8, 3)),
        rng.normal(size=3),
        params(0.5),
    )
    outs = np.array([reference.dropconnect_forward(x, w, b, settings)[0] for _ in range(4000)])
    assert (np.abs(outs.mean(axis=0) - (x @ w + b)) < 5 * outs.std(axis=0) / np.sqrt(4000)).all()
    assert np.allclose(outs.var(axis=0), x**2 @ w**2, rtol=0.2)  # (1 - keep) / keep is 1


def test_bias_and_variance_of_a_mean_have_closed_forms(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    """Who always answers with the mean of y: the bias is E f - f(x), the variance (Var f + sigma²) / N."""
    grid, sigma, size, sets = np.linspace(0, 1, 5), 0.5, 10, 20_000

    def mean(x: np.ndarray, y: np.ndarray, at: np.ndarray) -> np.ndarray:
        return np.full(at.shape, y.mean())

    bias2, var, noise = reference.bias_variance(mean, grid, sets, rng, lambda x: 2 * x, sigma, size)
    want = (4 / 12 + sigma**2) / size
    assert np.isclose(noise, sigma**2)
    assert np.allclose(var, want, rtol=5 * np.sqrt(2 / sets))
    assert np.allclose(bias2, (1 - 2 * grid) ** 2, atol=2 * 5 * np.sqrt(want / sets))


def test_parts_are_the_error_of_new_data(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    grid, kept = np.linspace(-1, 1, 7), []

    def fit(x: np.ndarray, y: np.ndarray, at: np.ndarray) -> np.ndarray:
        kept.append(reference.polynomial(reference.learn_polynomial(x, y, 0.01), at))
        return kept[-1]

    bias2, var, noise = reference.bias_variance(fit, grid, 500, rng, reference.wave, 0.3)
    assert np.allclose(
        bias2 + var, np.mean((np.array(kept) - reference.wave(grid)) ** 2, axis=0), rtol=1e-12
    )
    new = reference.wave(grid) + 0.3 * rng.normal(size=(500, 7))
    assert np.isclose(np.mean((np.array(kept) - new) ** 2), np.mean(bias2 + var + noise), rtol=0.1)


def test_the_polynomial_minimises_its_penalised_loss(
    reference: SimpleNamespace, rng: np.random.Generator, slope: Any
) -> None:
    x, y = rng.uniform(-1, 1, (2, 20))
    features = np.polynomial.legendre.legvander(x, 11)
    model = reference.learn_polynomial(x, y, 0.02)
    flat = slope(lambda v: np.sum((features @ v - y) ** 2) / 40 + 0.01 * np.sum(v[1:] ** 2), model)
    assert np.abs(flat).max() < 1e-12


def test_choose_penalty_takes_the_dev_sets_first_minimum(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    train, dev, test = (
        (np.array([number]), rng.permutation(9.0 + np.arange(4))) for number in range(3)
    )
    dev[1][:] = [3, 1, 2, 1]
    train[1][2] = test[1][3] = 0.0
    looks = []

    def learn(x: np.ndarray, y: np.ndarray, reg: float) -> np.ndarray:
        assert np.array_equal(x, [0])
        return np.array([round(10 * reg) - 1])

    def error(model: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
        looks.append(int(x[0]))
        return float(y[model[0]])

    best, errors, report = reference.choose_penalty(
        [0.1, 0.2, 0.3, 0.4], learn, error, train, dev, test
    )
    assert best == 0.2
    assert np.array_equal(errors, dev[1])
    assert report == test[1][1]
    assert looks == [1, 1, 1, 1, 2]


def test_erratum_2_variance_without_the_square_is_zero(rng: np.random.Generator) -> None:
    predictions = rng.normal(size=1000)
    assert abs(np.mean(predictions - predictions.mean())) < 1e-15
    assert np.var(predictions) > 0.5


def test_erratum_3_gradient_and_update_of_the_penalised_cost(
    rng: np.random.Generator, slope: Any
) -> None:
    m, lam, alpha = 5, 1.7, 0.1
    x, y, w = rng.normal(size=(m, 3)), rng.normal(size=m), rng.normal(size=3)
    dL = x.T @ (x @ w - y)
    right = slope(lambda v: np.sum((x @ v - y) ** 2) / 2 / m + lam / 2 / m * np.sum(v * v), w)
    assert np.allclose(dL / m + lam / m * w, right, rtol=1e-12)
    assert not np.allclose(dL + lam / m * w, right, rtol=0.1)
    assert np.allclose((1 - alpha * lam / m) * w - alpha / m * dL, w - alpha * right, rtol=1e-12)
    assert not np.allclose(w - alpha * lam / m - alpha * dL, w - alpha * right, rtol=0.1)


def test_erratum_10_the_norm_without_its_square(rng: np.random.Generator, slope: Any) -> None:
    w = rng.normal(size=(3, 4))
    printed = slope(lambda v: 0.3 * np.sqrt(np.sum(v * v)), w)
    assert np.allclose(printed, 0.3 * w / np.linalg.norm(w), rtol=1e-12)
    assert np.isclose(np.linalg.norm(printed), 0.3)  # whatever the size of w


def test_erratum_14_the_decay_takes_the_learning_rate(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    x, gradient, rate, beta = rng.normal(size=4), rng.normal(size=4), 0.01, 0.5
    right = x - rate * (gradient + beta * x)
    assert np.allclose(
        reference.decoupled_decay(x, rate, beta) - rate * gradient, right, rtol=1e-13
    )
    assert not np.allclose(x - rate * gradient - beta * x, right, rtol=0.1)


def test_erratum_31_the_two_polynomials_are_one() -> None:
    large, small = np.array([-1, 7, -5, -31, 30.0]), np.array([1 / 5, -7 / 5, 1, 31 / 5, -6])
    assert np.allclose(small, -large / 5, rtol=1e-14)
    assert np.allclose(sorted(np.roots(large).real), [-2, 1, 3, 5], atol=1e-10)
