"""The reference of 06-adaptive against PyTorch, against sums written out, and against what the errata say."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

NAME = "06-adaptive"
RATES = (0.1, 0.02, 0.3, 0.05, 0.05, 0.2)
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "adagrad": [{}, {"eps": 0.3}],
    "rmsprop": [{}, {"decay_rate": 0.7, "eps": 0.3}],
    "adadelta": [{}, {"decay_rate": 0.7, "eps": 0.3}],
    "adam": [{}, {"beta1": 0.0, "beta2": 0.7, "eps": 0.3}],
}


def draw_gradients(rng: np.random.Generator) -> tuple[np.ndarray, list[np.ndarray]]:
    """A start, and gradients of very different sizes, one entry always zero."""
    size = 10.0 ** rng.uniform(-2, 2, size=(3, 4))
    size[1, 2] = 0.0
    return rng.normal(size=(3, 4)), [rng.normal(size=(3, 4)) * size for _ in RATES]


def torch_rule(torch: Any, name: str, leaf: Any, settings: dict[str, Any]) -> Any:
    """PyTorch's optimizer with the course's defaults."""
    if name == "adagrad":
        return torch.optim.Adagrad([leaf], lr=1.0, eps=settings.get("eps", 1e-8))
    if name == "rmsprop":
        return torch.optim.RMSprop(
            [leaf], lr=1.0, alpha=settings.get("decay_rate", 0.99), eps=settings.get("eps", 1e-8)
        )
    if name == "adadelta":
        return torch.optim.Adadelta(
            [leaf], lr=1.0, rho=settings.get("decay_rate", 0.95), eps=settings.get("eps", 1e-6)
        )
    betas = settings.get("beta1", 0.9), settings.get("beta2", 0.999)
    return torch.optim.Adam([leaf], lr=1.0, betas=betas, eps=settings.get("eps", 1e-8))


@pytest.mark.parametrize(
    ("name", "which"), [(name, which) for name in SETTINGS for which in (0, 1)]
)
def test_rules_agree_with_pytorch(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator, name: str, which: int
) -> None:
    settings = SETTINGS[name][which]
    w, gradients = draw_gradients(rng)
    leaf = torch.tensor(w.copy(), requires_grad=True)
    rule, config = torch_rule(torch, name, leaf, settings), dict(settings)
    for dw, rate in zip(gradients, RATES, strict=True):
        for group in rule.param_groups:
            group["lr"] = rate
        leaf.grad = torch.tensor(dw)
        rule.step()
        config["learning_rate"] = rate
        w, config = getattr(reference, name)(w, dw, config)
        assert np.allclose(w, leaf.detach().numpy(), rtol=1e-12, atol=1e-14)
    assert np.all(np.isfinite(w))


def test_schedules_agree_with_pytorch(reference: SimpleNamespace, torch: Any) -> None:
    schedulers = torch.optim.lr_scheduler
    pairs = (
        (schedulers.StepLR, {"step_size": 4, "gamma": 0.3}, "step", {"every": 4, "factor": 0.3}),
        (
            schedulers.MultiStepLR,
            {"milestones": [3, 4, 9], "gamma": 0.3},
            "multistep",
            {"milestones": [3, 4, 9], "factor": 0.3},
        ),
        (schedulers.ExponentialLR, {"gamma": math.exp(-0.2)}, "exponential", {"k": 0.2}),
        (schedulers.LambdaLR, {"lr_lambda": lambda t: 1 / (1 + 0.2 * t)}, "inverse", {"k": 0.2}),
    )
    for make, theirs, kind, ours in pairs:
        rule = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.7)
        scheduler = make(rule, **theirs)
        for t in range(14):
            assert reference.lr_schedule(kind, 0.7, t, **ours) == pytest.approx(
                rule.param_groups[0]["lr"], rel=1e-12
            )
            rule.step()
            scheduler.step()


@pytest.mark.parametrize("beta", [0.0, 0.3, 0.9, 0.999])
def test_ema_is_a_sum_of_weights(
    reference: SimpleNamespace, rng: np.random.Generator, beta: float
) -> None:
    y = rng.normal(size=(30, 2))
    plain, corrected = reference.ema(y, beta), reference.ema(y, beta, True)
    for t in range(30):
        weights = np.array([(1 - beta) * beta ** (t - k) for k in range(t + 1)])
        assert np.allclose(plain[t], weights @ y[: t + 1], rtol=1e-12, atol=1e-14)
        assert np.allclose(
            corrected[t], np.average(y[: t + 1], axis=0, weights=weights), rtol=1e-10, atol=1e-13
        )
    assert np.allclose(reference.ema(np.full(9, 3.0), beta, True), 3.0, rtol=1e-12)


def test_adam_is_made_of_corrected_averages(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    gradients = rng.normal(size=(12, 5))
    first = reference.ema(gradients, 0.9, True)
    second = reference.ema(gradients**2, 0.999, True)
    w, config = np.zeros(5), {"learning_rate": 0.1}
    for t, dw in enumerate(gradients):
        next_w, config = reference.adam(w, dw, config)
        assert np.allclose(next_w - w, -0.1 * first[t] / (np.sqrt(second[t]) + 1e-8), rtol=1e-11)
        w = next_w
    assert config["t"] == 12
    assert np.allclose(config["first_moment"], reference.ema(gradients, 0.9)[-1], rtol=1e-12)


@pytest.mark.parametrize("name", ["adagrad", "rmsprop", "adam"])
def test_the_loss_may_be_scaled(
    reference: SimpleNamespace, rng: np.random.Generator, name: str
) -> None:
    walks = []
    for scale in (1.0, 64.0):
        w, config = np.array([1.0, -2.0, 0.5]), {"learning_rate": 0.1, "eps": 0.0}
        for _ in range(10):
            w, config = getattr(reference, name)(w, scale * np.array([1.0, 10.0, 50.0]) * w, config)
        walks.append(w)
    assert np.allclose(*walks, rtol=1e-12)


def test_adadelta_keeps_the_units_of_w(reference: SimpleNamespace) -> None:
    """With x in other units, c x, and eps scaled alike above the line, its steps scale with them: no rate to be found anew."""
    c, steps = 10.0, []
    for unit in (1.0, c):
        w, config = (
            np.array([unit]),
            {"eps": 0.0, "delta_squared": np.array([0.01 * unit**2]), "decay_rate": 0.8},
        )
        for _ in range(6):
            w, config = reference.adadelta(
                w, w / unit**2, config
            )  # the gradient of x^2 / 2 after x has become x / unit
        steps.append(w / unit)
    assert np.allclose(*steps, rtol=1e-12)


def test_erratum_12_the_sum_of_squares_is_not_its_root(reference: SimpleNamespace) -> None:
    dw = np.array([0.1, 1.0, 100.0])
    w, config = reference.adagrad(np.zeros(3), dw, {"learning_rate": 1.0})
    assert np.allclose(w, -1.0, rtol=1e-6)  # with the root: the same length, however steep
    assert np.allclose(
        -dw / config["grad_squared"], -1 / dw
    )  # as printed: the steeper, the shorter


def test_erratum_15_without_eps_zero_is_divided_by_zero(reference: SimpleNamespace) -> None:
    with np.errstate(invalid="ignore"):
        w, _ = reference.rmsprop(np.ones(2), np.array([1.0, 0.0]), {"eps": 0.0})
    assert np.isnan(w[1])
    w, _ = reference.rmsprop(np.ones(2), np.array([1.0, 0.0]), {})
    assert w[1] == 1.0


def test_erratum_18_uncorrected_steps_are_long_for_a_high_beta2(reference: SimpleNamespace) -> None:
    ones = np.ones(3000)
    lengths = {
        beta2: reference.ema(ones, 0.9) / np.sqrt(reference.ema(ones, beta2))
        for beta2 in (0.9, 0.999)
    }
    assert round(lengths[0.999][0], 2) == 3.16
    assert round(lengths[0.999].max(), 2) == 6.57
    assert lengths[0.999].argmax() + 1 == 12
    assert lengths[0.9].max() <= 1 + 1e-12
    w, config = np.zeros(1), {"learning_rate": 1.0}
    for _ in range(50):
        next_w, config = reference.adam(w, np.ones(1), config)
        assert next_w - w == pytest.approx(-1.0, abs=1e-7)
        w = next_w


def test_erratum_23_adadelta_needs_eps_above_the_line(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    w, config = np.ones(4), {"eps": 0.0}
    for _ in range(5):
        w, config = reference.adadelta(w, rng.normal(size=4), config)
    assert np.array_equal(w, np.ones(4))
    lengths = []
    w, config = np.zeros(1), {}
    for _ in range(200):
        next_w, config = reference.adadelta(w, np.ones(1), config)
        lengths.append(abs(next_w - w)[0])
        w = next_w
    assert lengths[-1] > lengths[20]  # "monotonically decrease" is what it does not


def test_erratum_29_velocity_is_a_sum(reference: SimpleNamespace, rng: np.random.Generator) -> None:
    gradients, rho, velocity = rng.normal(size=40), 0.9, 0.0
    for g, mean in zip(gradients, reference.ema(gradients, rho), strict=True):
        velocity = rho * velocity + g
        assert velocity * (1 - rho) == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize(("beta2", "end"), [(0.1, 1.0), (0.999, -1.0)])
def test_adam_goes_the_wrong_way(reference: SimpleNamespace, beta2: float, end: float) -> None:
    """Reddi, Kale and Kumar (2018), theorem 1: with a short memory it ends at the worst point of [-1, 1]."""
    x, config = np.zeros(1), {"beta1": 0.0, "beta2": beta2}
    for t in range(3000):
        config["learning_rate"] = 0.1 / math.sqrt(t + 1)
        x, config = reference.adam(x, np.array([-1.0 if t % 3 else 3.0]), config)
        x = np.clip(x, -1, 1)
    assert x[0] == pytest.approx(end, abs=0.01)


def test_bad_arguments(reference: SimpleNamespace) -> None:
    for name in SETTINGS:
        with pytest.raises(ValueError, match=r"\(3,\).*\(2, 3\)"):
            getattr(reference, name)(np.ones((2, 3)), np.ones(3), {})
    for beta in (1.0, -0.1):
        with pytest.raises(ValueError, match=str(beta)):
            reference.ema(np.ones(3), beta)
    with pytest.raises(ValueError, match=r"'cosine'.*step, multistep, exponential, inverse"):
        reference.lr_schedule("cosine", 0.1, 3)
    with pytest.raises(ValueError, match="factor"):
        reference.lr_schedule("step", 0.1, 3, every=2)
    with pytest.raises(ValueError, match="-1"):
        reference.lr_schedule("inverse", 0.1, -1, k=0.1)
