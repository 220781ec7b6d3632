"""Batch normalisation against PyTorch, complex steps, and what must hold of it whatever the numbers are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograder.checking.local import LocalTransport
from autograder.checking.plugin import CheckFolder, Turns, run_checks
from autograder.checking.student import Student
from autograder.core.course import Course

NAME = "08-batchnorm"
BACKWARDS = ("batchnorm_backward", "batchnorm_backward_alt")


def draw(rng: np.random.Generator, N: int = 6, D: int = 4) -> tuple[np.ndarray, ...]:
    x = rng.normal(size=(N, D)) * rng.uniform(0.5, 3, D) + rng.uniform(-4, 4, D)
    return (
        x,
        rng.choice([-1, 1], D) * rng.uniform(0.4, 2, D),
        rng.normal(size=D),
        rng.normal(size=(N, D)),
    )


def plain(x: Any, gamma: Any, beta: Any, eps: float, mean: Any = None, var: Any = None) -> Any:
    """The layer in one line, for real and for complex x."""
    mean = x.mean(axis=0) if mean is None else mean
    var = ((x - mean) ** 2).mean(axis=0) if var is None else var
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


@pytest.mark.parametrize("eps", [1e-5, 0.7])
@pytest.mark.parametrize("name", BACKWARDS)
def test_training_agrees_with_complex_steps(
    reference: SimpleNamespace, rng: np.random.Generator, slope: Any, name: str, eps: float
) -> None:
    x, gamma, beta, dout = draw(rng)
    out, cache = reference.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": eps})
    assert np.allclose(out, plain(x, gamma, beta, eps), rtol=1e-13)
    values = [x, gamma, beta]
    for number, got in enumerate(getattr(reference, name)(dout, cache)):
        measured = slope(
            lambda v, n=number: np.sum(plain(*values[:n], v, *values[n + 1 :], eps) * dout),
            values[number],
        )
        assert np.allclose(got, measured, rtol=1e-11, atol=1e-13)


def test_frozen_gradients_agree_with_complex_steps(
    reference: SimpleNamespace, rng: np.random.Generator, slope: Any
) -> None:
    x, gamma, beta, dout = draw(rng)
    mean, var = rng.normal(size=4), rng.uniform(0.3, 2, 4)
    bn_param = {"mode": "test", "eps": 0.2, "running_mean": mean, "running_var": var}
    out, cache = reference.batchnorm_forward(x, gamma, beta, bn_param)
    assert np.allclose(out, plain(x, gamma, beta, 0.2, mean, var), rtol=1e-13)
    values = [x, gamma, beta]
    for number, got in enumerate(reference.batchnorm_backward(dout, cache)):
        measured = slope(
            lambda v, n=number: np.sum(
                plain(*values[:n], v, *values[n + 1 :], 0.2, mean, var) * dout
            ),
            values[number],
        )
        assert np.allclose(got, measured, rtol=1e-12)


@pytest.mark.parametrize("name", BACKWARDS)
def test_gradient_is_what_a_straight_line_leaves_over(
    reference: SimpleNamespace, rng: np.random.Generator, name: str
) -> None:
    x, _, _, dout = draw(rng, 9, 3)
    x_hat, cache = reference.batchnorm_forward(
        x, np.ones(3), np.zeros(3), {"mode": "train", "eps": 1e-14}
    )
    dx, _, _ = getattr(reference, name)(dout, cache)
    for d in range(3):
        line = np.polyval(np.polyfit(x_hat[:, d], dout[:, d], 1), x_hat[:, d])
        assert np.allclose(dx[:, d], (dout[:, d] - line) / x[:, d].std(), rtol=1e-8, atol=1e-10)
    assert np.allclose(dx.sum(axis=0), 0, atol=1e-12)
    assert np.allclose((dx * x_hat).sum(axis=0), 0, atol=1e-12)


def test_output_ignores_shift_and_scale_of_each_column(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    x, gamma, beta, _ = draw(rng)
    out = reference.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 1e-15})[0]
    moved = reference.batchnorm_forward(7 * x - 40, gamma, beta, {"mode": "train", "eps": 1e-15})[0]
    assert np.allclose(out, moved, rtol=1e-9, atol=1e-9)
    assert np.allclose(out.mean(axis=0), beta)
    assert np.allclose(out.std(axis=0), np.abs(gamma))


def test_batch_of_one_and_columns_that_do_not_vary(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    x, gamma, beta, dout = draw(rng)
    x[:, 2] = 0.1
    out, cache = reference.batchnorm_forward(x, gamma, beta, {"mode": "train"})
    assert np.allclose(out[:, 2], beta[2])
    for name in BACKWARDS:
        assert np.allclose(
            getattr(reference, name)(dout, cache)[0][:, 2],
            gamma[2] / np.sqrt(1e-5) * (dout[:, 2] - dout[:, 2].mean()),
        )
    out, cache = reference.batchnorm_forward(x[:1], gamma, beta, {"mode": "train"})
    assert np.array_equal(out, beta[None])
    for name in BACKWARDS:
        dx, dgamma, dbeta = getattr(reference, name)(dout[:1], cache)
        assert np.array_equal([*dx[0], *dgamma, *dbeta], [0] * 8 + [*dout[0]])


def test_running_statistics_are_weighted_sums_over_the_past(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    momentum, steps, bn_param = 0.8, 7, {"mode": "train", "momentum": 0.8}
    batches = [draw(rng, 5)[0] for _ in range(steps)]
    for x in batches:
        reference.batchnorm_forward(x, np.ones(4), np.zeros(4), bn_param)
    weights = [(1 - momentum) * momentum ** (steps - 1 - t) for t in range(steps)]
    assert np.allclose(
        bn_param["running_mean"],
        sum(w * x.mean(axis=0) for w, x in zip(weights, batches, strict=True)),
    )
    variances = sum(
        w * ((x - x.mean(axis=0)) ** 2).sum(axis=0) / 5
        for w, x in zip(weights, batches, strict=True)
    )
    assert np.allclose(bn_param["running_var"], momentum**steps + variances)


def torch_layer(torch: Any, D: int, momentum: float, gamma: Any, beta: Any) -> Any:
    layer = torch.nn.BatchNorm1d(D, eps=1e-4, momentum=1 - momentum)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(gamma))
        layer.bias.copy_(torch.tensor(beta))
    return layer


@pytest.mark.parametrize("frozen", [False, True])
def test_values_and_gradients_agree_with_pytorch(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator, frozen: bool
) -> None:
    x, gamma, beta, dout = draw(rng)
    mean, var = rng.normal(size=4), rng.uniform(0.3, 2, 4)
    layer = torch_layer(torch, 4, 0.9, gamma, beta)
    layer.running_mean.copy_(torch.tensor(mean))
    layer.running_var.copy_(torch.tensor(var))
    layer.train(not frozen)
    leaf = torch.tensor(x, requires_grad=True)
    theirs = layer(leaf)
    theirs.backward(torch.tensor(dout))
    bn_param = {
        "mode": "test" if frozen else "train",
        "eps": 1e-4,
        "running_mean": mean,
        "running_var": var,
    }
    out, cache = reference.batchnorm_forward(x, gamma, beta, bn_param)
    assert np.allclose(out, theirs.detach().numpy(), rtol=1e-12)
    for name in BACKWARDS[: 1 if frozen else 2]:
        for got, want in zip(
            getattr(reference, name)(dout, cache),
            (leaf.grad, layer.weight.grad, layer.bias.grad),
            strict=True,
        ):
            assert np.allclose(got, want.numpy(), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("n", "steps"), [(2, 1), (4, 6), (5, 40), (3, 0)])
def test_history_converts_to_and_from_pytorchs_layer(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator, n: int, steps: int
) -> None:
    gamma, beta, bn_param = np.ones(4), np.zeros(4), {"mode": "train", "eps": 1e-4, "momentum": 0.7}
    bn_param |= {"running_mean": np.zeros(4), "running_var": np.ones(4)}
    layer = torch_layer(torch, 4, 0.7, gamma, beta)
    for _ in range(steps):
        x = draw(rng, n)[0]
        layer(torch.tensor(x))
        reference.batchnorm_forward(x, gamma, beta, bn_param)
    state = reference.to_torch(bn_param, n, steps)
    assert state["momentum"] == pytest.approx(layer.momentum)
    assert state["eps"] == layer.eps
    assert state["num_batches_tracked"] == int(layer.num_batches_tracked)
    assert np.allclose(state["running_mean"], layer.running_mean.numpy(), rtol=1e-12)
    assert np.allclose(state["running_var"], layer.running_var.numpy(), rtol=1e-12)
    back = reference.from_torch(state, n)
    for name, value in back.items():
        assert np.allclose(value, bn_param[name], rtol=1e-12), name


def test_network_agrees_with_pytorch_and_its_biases_are_useless(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator
) -> None:
    sizes = (5, 7, 6, 3)
    params = {
        name: value + 0.4 * rng.normal(size=value.shape)
        for name, value in reference.new_params(sizes, 1.0, rng).items()
    }
    x, y, bn_params = rng.normal(size=(8, 5)), rng.integers(0, 3, 8), [{"eps": 1e-4}, {"eps": 1e-4}]
    layers: list[Any] = []
    for k in (1, 2, 3):
        linear = torch.nn.Linear(*sizes[k - 1 : k + 1])
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(params[f"w{k}"].T))
            linear.bias.copy_(torch.tensor(params[f"b{k}"]))
        layers += [linear]
        if k < 3:
            layers += [
                torch_layer(torch, sizes[k], 0.9, params[f"gamma{k}"], params[f"beta{k}"]),
                torch.nn.ReLU(),
            ]
    network = torch.nn.Sequential(*layers)
    theirs = torch.nn.functional.cross_entropy(network(torch.tensor(x)), torch.tensor(y))
    theirs.backward()
    loss, grads = reference.bn_net_loss(
        params, bn_params, x, y, "train", reference.batchnorm_forward, reference.batchnorm_backward
    )
    assert loss == pytest.approx(theirs.item(), rel=1e-12)
    for k in (1, 2, 3):
        linear, norm = layers[3 * k - 3], layers[3 * k - 2] if k < 3 else None
        assert np.allclose(grads[f"w{k}"], linear.weight.grad.numpy().T, rtol=1e-9, atol=1e-13)
        assert np.allclose(grads[f"b{k}"], linear.bias.grad.numpy(), atol=1e-13)
        if norm is not None:
            assert np.allclose(grads[f"b{k}"], 0, atol=1e-14)
            assert np.allclose(grads[f"gamma{k}"], norm.weight.grad.numpy(), rtol=1e-9)
            assert np.allclose(grads[f"beta{k}"], norm.bias.grad.numpy(), rtol=1e-9)
            assert np.allclose(
                bn_params[k - 1]["running_mean"], norm.running_mean.numpy(), rtol=1e-10
            )


@pytest.mark.parametrize("mode", ["train", "test"])
def test_network_agrees_with_differences(
    reference: SimpleNamespace, rng: np.random.Generator, central: Any, mode: str
) -> None:
    params = {
        name: value + 0.4 * rng.normal(size=value.shape)
        for name, value in reference.new_params((3, 4, 2), 1.0, rng).items()
    }
    x, y, norm = (
        rng.normal(size=(5, 3)),
        rng.integers(0, 2, 5),
        (reference.batchnorm_forward, reference.batchnorm_backward),
    )
    memory = {"running_mean": rng.normal(size=4), "running_var": rng.uniform(0.5, 2, 4)}
    _, grads = reference.bn_net_loss(params, [dict(memory)], x, y, mode, *norm)
    for name, value in params.items():
        measured = central(
            lambda v, name=name: reference.bn_net_loss(
                {**params, name: v}, [dict(memory)], x, y, mode, *norm
            )[0],
            value,
        )
        assert np.allclose(grads[name], measured, rtol=1e-6, atol=1e-8), name


def test_folded_network_is_the_network_in_test(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    params = {
        name: value + 0.4 * rng.normal(size=value.shape)
        for name, value in reference.new_params((4, 6, 3), 1.0, rng).items()
    }
    bn_param = {
        "eps": 1e-3,
        "running_mean": rng.normal(size=6),
        "running_var": rng.uniform(0.5, 2, 6),
    }
    x = rng.normal(size=(9, 4))
    w, b = reference.fold_batchnorm(
        *(params[f"{name}1"] for name in ("w", "b", "gamma", "beta")), bn_param
    )
    folded = np.maximum(x @ w + b, 0) @ params["w2"] + params["b2"]
    norm = reference.batchnorm_forward, reference.batchnorm_backward
    assert np.allclose(
        folded, reference.bn_net_loss(params, [bn_param], x, None, "test", *norm), rtol=1e-12
    )


def test_noise_is_that_of_drawing_without_repetition(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    x, N, trials = rng.normal(size=40), 40, 4000
    sizes = [1, 2, 5, 20, 40]
    mean_noise, var_ratio = reference.batch_noise(x, sizes, trials, rng)
    for number, B in enumerate(sizes):
        assert (
            abs(mean_noise[number] - np.sqrt((N - B) / ((N - 1) * B)))
            < 5 * 0.8 * mean_noise[number] / np.sqrt(trials) + 1e-12
        )
        assert (
            abs(var_ratio[number] - (B - 1) / B * N / (N - 1))
            < 5 * 1.5 / np.sqrt(B * trials) * (B not in (1, N)) + 1e-12
        )


def test_checks_notice_a_closed_form_that_is_only_a_call(reference: SimpleNamespace) -> None:
    """No entry of the bank can show this: such an answer has the right values."""
    called = SimpleNamespace(
        **vars(reference) | {"batchnorm_backward_alt": reference.batchnorm_backward}
    )
    scores = []

    def turns() -> Turns[None]:
        for answers in (reference, called):
            results = yield Student(LocalTransport(answers))
            scores.append(
                sum(
                    result.score
                    for result in results
                    if result.spec.question == "batchnorm_backward_alt"
                )
            )

    for seed in range(2):
        run_checks(CheckFolder(Course().checks(NAME)), reference, seed, turns())
    assert scores == [15, 0] * 2
