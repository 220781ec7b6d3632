"""The capstone's net, solver, table and directions against PyTorch, central differences, and runs written out by hand."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

NAME = "capstone"
SIZES = (5, 7, 6, 4)


def net(
    reference: SimpleNamespace, rng: np.random.Generator, batchnorm: bool
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    params = reference.init_net(SIZES, rng, batchnorm)
    params = {
        name: value + (0.3 * rng.random(value.shape) if value.ndim == 1 else 0)
        for name, value in params.items()
    }
    return params, rng.normal(size=(9, 5)), rng.integers(0, 4, 9)


def torch_net(torch: Any, params: dict[str, np.ndarray]) -> Any:
    """The same net out of PyTorch's own layers; its momentum counts the other way round."""
    layers = []
    for k, (fan_in, fan_out) in enumerate(pairwise(SIZES), start=1):
        linear = torch.nn.Linear(fan_in, fan_out)
        linear.weight.data, linear.bias.data = (
            torch.tensor(params[f"w{k}"].T.copy()),
            torch.tensor(params[f"b{k}"]),
        )
        layers.append(linear)
        if f"gamma{k}" in params:
            norm = torch.nn.BatchNorm1d(fan_out, eps=1e-5, momentum=0.1)
            norm.weight.data, norm.bias.data = (
                torch.tensor(params[f"gamma{k}"]),
                torch.tensor(params[f"beta{k}"]),
            )
            norm.running_mean, norm.running_var = (
                torch.tensor(params[f"running_mean{k}"]),
                torch.tensor(params[f"running_var{k}"]),
            )
            layers.append(norm)
        if k < len(SIZES) - 1:
            layers.append(torch.nn.ReLU())
    return torch.nn.Sequential(*layers)


@pytest.mark.parametrize("batchnorm", [False, True])
def test_loss_gradients_and_scores_agree_with_pytorch(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator, batchnorm: bool
) -> None:
    params, x, y = net(reference, rng, batchnorm)
    model, reg = torch_net(torch, params), 0.2
    assert np.allclose(
        reference.net_scores(params, x), model.eval()(torch.tensor(x)).detach().numpy(), rtol=1e-12
    )
    loss = torch.nn.functional.cross_entropy(model.train()(torch.tensor(x)), torch.tensor(y))
    loss = loss + 0.5 * reg * sum(
        (layer.weight**2).sum() for layer in model if isinstance(layer, torch.nn.Linear)
    )
    loss.backward()
    ours, grads, statistics = reference.net_loss(params, x, y, {"reg": reg})
    assert np.isclose(ours, loss.item(), rtol=1e-12)
    k = 0
    for layer in model:
        if isinstance(layer, torch.nn.Linear):
            k += 1
            assert np.allclose(grads[f"w{k}"], layer.weight.grad.numpy().T, rtol=1e-9, atol=1e-13)
            assert np.allclose(grads[f"b{k}"], layer.bias.grad.numpy(), rtol=1e-9, atol=1e-13)
        elif isinstance(layer, torch.nn.BatchNorm1d):
            assert np.allclose(grads[f"gamma{k}"], layer.weight.grad.numpy(), rtol=1e-9, atol=1e-13)
            assert np.allclose(grads[f"beta{k}"], layer.bias.grad.numpy(), rtol=1e-9, atol=1e-13)
            assert np.allclose(
                statistics[f"running_mean{k}"], layer.running_mean.numpy(), rtol=1e-12
            )
            biased = (
                0.9 * params[f"running_var{k}"]
                + (layer.running_var.numpy() - 0.9 * params[f"running_var{k}"]) * 8 / 9
            )
            assert np.allclose(
                statistics[f"running_var{k}"], biased, rtol=1e-10
            )  # PyTorch averages the unbiased one


@pytest.mark.parametrize(
    "options", [{"reg": 0.1}, {"keep_prob": 0.6}, {"reg": 0.1, "keep_prob": 0.8}]
)
@pytest.mark.parametrize("batchnorm", [False, True])
def test_gradients_agree_with_central_differences(
    reference: SimpleNamespace,
    rng: np.random.Generator,
    central: Any,
    batchnorm: bool,
    options: dict[str, float],
) -> None:
    params, x, y = net(reference, rng, batchnorm)
    grads = reference.net_loss(params, x, y, options, np.random.default_rng(1))[1]
    assert grads.keys() == {name for name in params if not name.startswith("running")}
    for name, grad in grads.items():
        measured = central(
            lambda v, name=name: reference.net_loss(
                {**params, name: v}, x, y, options, np.random.default_rng(1)
            )[0],
            params[name],
        )
        assert np.allclose(grad, measured, rtol=1e-5, atol=1e-8), name


def test_training_agrees_with_pytorch_step_by_step(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator
) -> None:
    params, x, y = net(reference, rng, False)
    model = torch_net(torch, params)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    order = np.random.default_rng(7)
    batches = [rows for _ in range(4) for rows in reference.minibatches(9, 4, order)][:10]
    losses = []
    for rows in batches:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(
            model(torch.tensor(x[rows])), torch.tensor(y[rows])
        )
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    best, history = reference.train(
        params,
        lambda params, x, y, rng: reference.net_loss(params, x, y, {}, rng),
        reference.adam,
        {"learning_rate": 0.02},
        x,
        y,
        batch=4,
        budget=10,
        rng=np.random.default_rng(7),
    )
    assert np.allclose(history["loss"], losses, rtol=1e-6)
    assert np.allclose(best["w1"], model[0].weight.detach().numpy().T, rtol=1e-5, atol=1e-8)


def test_the_best_net_is_the_one_that_was_evaluated(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    params, x, y = net(reference, rng, True)
    seen = []

    def evaluate(params: dict[str, np.ndarray]) -> float:
        seen.append({name: value.copy() for name, value in params.items()})
        return abs(len(seen) - 3)

    best, history = reference.train(
        params,
        lambda params, x, y, rng: reference.net_loss(params, x, y, {"keep_prob": 0.8}, rng),
        reference.sgd_momentum,
        {"learning_rate": 0.1},
        x,
        y,
        batch=3,
        budget=14,
        rng=rng,
        evaluate=evaluate,
        every=2,
    )
    assert history["best"] == 6
    assert all(np.array_equal(best[name], seen[2][name]) for name in params)
    assert not np.array_equal(best["running_mean1"], seen[-1]["running_mean1"])


def test_paired_standard_errors_against_simulation(reference: SimpleNamespace) -> None:
    """Over many tables, the cost's standard error squared is on average the variance of the cost."""
    costs, errors = [], []
    for trial in range(2000):
        luck = np.random.default_rng(trial)
        shared = luck.normal(size=4)
        own = {names: luck.normal(size=4) for names in ((), ("a",))}

        def run(on: list[str], seed: int, shared: Any = shared, own: Any = own) -> float:
            return 5 * shared[seed] + 0.3 * own[tuple(on)][seed]

        row = reference.ablate(run, ["a"], [0, 1, 2, 3])["a"]
        costs.append(row["cost"])
        errors.append(row["cost_error"])
    assert np.isclose(np.mean(np.square(errors)), 0.3**2 * 2 / 4, rtol=0.08)
    assert np.isclose(np.var(costs), np.mean(np.square(errors)), rtol=0.12)


def test_a_rescaled_relu_net_has_the_same_surface(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    params, x, y = net(reference, rng, False)
    factors = rng.uniform(0.1, 10, SIZES[1])
    twin = {**params, "w1": params["w1"] * factors, "b1": params["b1"] * factors}
    twin["w2"] = params["w2"] / factors[:, None]
    assert np.allclose(reference.net_scores(params, x), reference.net_scores(twin, x), rtol=1e-10)

    def line(params: dict[str, np.ndarray]) -> np.ndarray:
        d = {
            name: value if name == "w1" else np.zeros_like(value)
            for name, value in reference.filter_normalised(params, np.random.default_rng(2)).items()
        }
        nothing = {name: np.zeros_like(value) for name, value in params.items()}
        loss = lambda p: reference.net_loss(p, x, y, {})[0]  # noqa: E731
        return reference.loss_grid(loss, params, d, nothing, np.linspace(-1, 1, 7), np.zeros(1))

    assert np.allclose(line(params), line(twin), rtol=1e-10)


def test_columns_of_a_direction_are_uniform_on_their_spheres(reference: SimpleNamespace) -> None:
    d = reference.filter_normalised({"w1": np.full((3, 40_000), 2.0)}, np.random.default_rng(3))[
        "w1"
    ]
    assert np.allclose(np.linalg.norm(d, axis=0), 2 * np.sqrt(3))
    cosine = np.sort(
        d[1] / np.linalg.norm(d, axis=0)
    )  # uniform on (-1, 1) for a sphere in three dimensions
    assert np.abs(cosine - np.linspace(-1, 1, 40_000)).max() < 0.02


def test_the_grid_is_the_loss_on_the_plane(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    p, d, e = ({"w": rng.normal(size=(2, 2))} for _ in range(3))
    a, b = rng.normal(size=3), rng.normal(size=5)
    grid = reference.loss_grid(lambda q: float(np.sum(np.sin(q["w"]))), p, d, e, a, b)
    want = np.sin(p["w"] + a[:, None, None, None] * d["w"] + b[None, :, None, None] * e["w"]).sum(
        axis=(2, 3)
    )
    assert np.allclose(grid, want, rtol=1e-12)


def test_moved_canvases_hold_the_same_pixels(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    x = np.zeros((300, 36))
    x[:, 14] = np.arange(1, 301)  # row 2, column 2
    moved = reference.shifted(x, rng)
    assert np.array_equal(moved.max(axis=1), x.max(axis=1))
    assert set(moved.argmax(axis=1).tolist()) == {
        6 * row + column for row in (1, 2, 3) for column in (1, 2, 3)
    }
