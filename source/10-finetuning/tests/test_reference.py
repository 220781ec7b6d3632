"""Transfer and fine-tuning against PyTorch, differences, closed forms, and the table that was measured."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograder.core.roots import PROJECT

NAME = "10-finetuning"
SIZES = (5, 7, 6, 3)
SHIPPED = PROJECT / "source" / NAME


def draw(
    reference: SimpleNamespace, rng: np.random.Generator, sizes: tuple[int, ...] = SIZES
) -> dict[str, np.ndarray]:
    params = reference.new_network(sizes, rng, norm=True, dtype=np.float64)
    params = {name: value + 0.3 * rng.normal(size=value.shape) for name, value in params.items()}
    return params | {
        name: np.abs(value) + 0.5 for name, value in params.items() if name.startswith("var")
    }


def batches_of(
    rng: np.random.Generator, steps: int, N: int = 8
) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(rng.normal(size=(N, SIZES[0])), rng.integers(0, SIZES[-1], N)) for _ in range(steps)]


# The given network


@pytest.mark.parametrize("still", [(), (1,), (1, 2)])
def test_given_network_agrees_with_differences(
    reference: SimpleNamespace, rng: np.random.Generator, central: Any, still: tuple[int, ...]
) -> None:
    params, [(x, y)] = draw(reference, rng), batches_of(rng, 1)
    _, grads, memory = reference.loss_and_grads(params, x, y, still)
    for name in grads:
        measured = central(
            lambda v, name=name: reference.loss_and_grads({**params, name: v}, x, y, still)[0],
            params[name],
        )
        assert np.allclose(grads[name], measured, rtol=1e-5, atol=1e-8), name
    for name, value in memory.items():
        assert np.array_equal(value, params[name]) is (int(name[-1]) in still), name


# replace_head


def test_new_head_shares_nothing_and_has_the_right_moments(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    params = {
        "w1": rng.normal(size=(3, 200)),
        "b1": rng.normal(size=200),
        "w2": rng.normal(size=(200, 4)),
        "b2": rng.normal(size=4),
    }
    new = reference.replace_head(params, 500, rng)
    assert not any(np.shares_memory(a, b) for a in params.values() for b in new.values())
    z = new["w2"].ravel() * np.sqrt(200)
    for power, moment, spread in (
        (1, 0, 1),
        (2, 1, 2),
        (3, 0, 15),
        (4, 3, 96),
    ):  # of a standard normal, and the variances of these powers
        assert abs(np.mean(z**power) - moment) < 5 * np.sqrt(spread / z.size)
    assert np.array_equal(new["b2"], np.zeros(500))


# train, against PyTorch: requires_grad, eval() and parameter groups


def torch_network(torch: Any, params: dict[str, np.ndarray]) -> list[Any]:
    layers: list[Any] = []
    for k in (1, 2, 3):
        linear = torch.nn.Linear(*SIZES[k - 1 : k + 1])
        norm = torch.nn.BatchNorm1d(SIZES[k], momentum=0.1) if k < 3 else None
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(params[f"w{k}"].T))
            linear.bias.copy_(torch.tensor(params[f"b{k}"]))
            if norm is not None:
                norm.weight.copy_(torch.tensor(params[f"gamma{k}"]))
                norm.bias.copy_(torch.tensor(params[f"beta{k}"]))
                norm.running_mean.copy_(torch.tensor(params[f"mean{k}"]))
                norm.running_var.copy_(torch.tensor(params[f"var{k}"]))
        layers.append(
            torch.nn.Sequential(linear, *([norm, torch.nn.ReLU()] if norm is not None else []))
        )
    return layers


def torch_train(
    torch: Any,
    params: Any,
    data: Any,
    frozen: Any,
    lr_mult: Any,
    make: Any,
    rate: float,
    reg: float,
) -> list[Any]:
    layers = torch_network(torch, params)
    groups = []
    for k, layer in enumerate(layers, start=1):
        for number, part in enumerate(layer.parameters()):
            groups.append(
                {
                    "params": [part],
                    "lr": rate * lr_mult.get(k, 1.0),
                    "weight_decay": reg if number == 0 else 0.0,
                }
            )
    optimizer = make(groups)
    for (x, y), still in zip(data, frozen, strict=True):
        for k, layer in enumerate(layers, start=1):
            layer.train(k not in still)
            layer.requires_grad_(k not in still)
        optimizer.zero_grad()
        h = torch.tensor(x)
        for layer in layers:
            h = layer(h)
        torch.nn.functional.cross_entropy(h, torch.tensor(y)).backward()
        optimizer.step()
    return layers


@pytest.mark.parametrize("rule", ["sgd_momentum", "adam"])
@pytest.mark.parametrize(
    ("frozen", "lr_mult", "reg"),
    [
        ([(1, 2)] * 6, {}, 0.1),
        ([()] * 6, {1: 0.1, 2: 0.5}, 0.0),
        ([(1, 2), (1, 2), (1,), (1,), (), ()], {2: 0.3}, 0.05),
        (
            [(), (), (3,), (3,), (), ()],
            {1: 2.0},
            0.02,
        ),  # the head alone: PyTorch's running variance is another one once it has moved
    ],
)
def test_training_agrees_with_pytorch(
    reference: SimpleNamespace,
    torch: Any,
    rng: np.random.Generator,
    rule: str,
    frozen: Any,
    lr_mult: Any,
    reg: float,
) -> None:
    params, data = draw(reference, rng), batches_of(rng, 6)
    make = {
        "sgd_momentum": lambda groups: torch.optim.SGD(groups, lr=0.1, momentum=0.9),
        "adam": lambda groups: torch.optim.Adam(groups, lr=0.1),
    }[rule]
    layers = torch_train(torch, params, data, frozen, lr_mult, make, 0.02, reg)
    ours, losses = reference.train(
        params,
        data,
        frozen,
        lr_mult,
        reference.loss_and_grads,
        getattr(reference, rule),
        {"learning_rate": 0.02},
        reg,
    )
    assert len(losses) == 6
    for k, layer in enumerate(layers, start=1):
        assert np.allclose(ours[f"w{k}"], layer[0].weight.detach().numpy().T, rtol=1e-7, atol=1e-9)
        if k < 3:  # a bias before batch norm has no gradient but rounding, which Adam blows up
            assert np.allclose(
                ours[f"gamma{k}"], layer[1].weight.detach().numpy(), rtol=1e-7, atol=1e-9
            )
            assert np.allclose(
                ours[f"beta{k}"], layer[1].bias.detach().numpy(), rtol=1e-7, atol=1e-9
            )
        else:
            assert np.allclose(ours[f"b{k}"], layer[0].bias.detach().numpy(), rtol=1e-7, atol=1e-9)
    always = set(frozen[0]).intersection(*frozen)
    for name in params:
        if int(name[-1]) in always:
            assert ours[name].tobytes() == params[name].tobytes(), name


def test_pytorch_moves_what_is_said_to_move(torch: Any, rng: np.random.Generator) -> None:
    start = rng.choice([-1, 1], 50) * rng.uniform(0.5, 1, 50)
    for decay in (
        1e-2,
        1e-4,
    ):  # coupled decay under Adam with zero gradients: the full rate, whatever the decay
        weight = torch.tensor(start.copy(), requires_grad=True)
        optimizer = torch.optim.Adam([weight], lr=0.001, weight_decay=decay)
        for _ in range(100):
            weight.grad = torch.zeros(50)
            optimizer.step()
        assert np.allclose(np.abs(start) - np.abs(weight.detach().numpy()), 0.1, rtol=0.05)
    norm = torch.nn.BatchNorm1d(4)
    norm.requires_grad_(False)
    norm(torch.tensor(rng.normal(3, 1, (8, 4))))
    assert bool((norm.running_mean > 0.1).all())


def test_what_was_printed_melts_what_is_frozen(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    start = rng.normal(size=9)
    printed = mended = start
    for _ in range(60):
        gradient, rate, beta = rng.normal(size=9), 0.0, 0.01
        printed = printed - rate * gradient - beta * printed
        mended = mended - rate * (gradient + beta * mended)
    assert np.allclose(printed, 0.99**60 * start)
    assert np.array_equal(mended, start)

    def network(params, x, y, still):
        return (0.0, {"w1": 0.0 * params["w1"] + x}, {})

    still, _ = reference.train(
        {"w1": start},
        [(1.0, None)] * 60,
        [()] * 60,
        {1: 0.0},
        network,
        reference.adam,
        {"learning_rate": 1.0},
        0.01,
    )
    assert np.array_equal(
        still["w1"], start
    )  # a rate of 0 freezes weights, if the decay goes through the rate


def test_rate_and_gradient_differ_under_adam_alone(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    start = {"w1": rng.normal(size=4), "w2": rng.normal(size=4)}

    def network(params, x, y, still):
        return (0.0, {name: params[name] - x for name in params}, {})

    def tenth(params, x, y, still):
        return (
            0.0,
            {name: (0.1 if name == "w1" else 1.0) * (params[name] - x) for name in params},
            {},
        )

    data, never = [(np.ones(4), None)] * 20, [()] * 20

    def plain(w, dw, config):
        return (w - config["learning_rate"] * dw, config)

    for rule, alike in ((plain, True), (reference.adam, False)):
        by_rate, _ = reference.train(
            start, data, never, {1: 0.1}, network, rule, {"learning_rate": 0.01}
        )
        by_gradient, _ = reference.train(
            start, data, never, {}, tenth, rule, {"learning_rate": 0.01}
        )
        assert np.allclose(by_rate["w1"], by_gradient["w1"]) is alike
        assert np.allclose(by_rate["w2"], by_gradient["w2"])


@pytest.mark.parametrize(("depth", "steps", "every"), [(3, 9, 2), (6, 31, 5), (1, 3, 1), (4, 2, 9)])
def test_schedule_frees_a_layer_at_its_time(
    reference: SimpleNamespace, depth: int, steps: int, every: int
) -> None:
    schedule = reference.unfreeze_schedule(depth, steps, every)
    for k in range(1, depth + 1):
        assert [k in still for still in schedule] == [
            step < every * (depth - k) for step in range(steps)
        ]


# extract_features and linear_probe


def test_features_agree_with_pytorch(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator
) -> None:
    params, x = draw(reference, rng), rng.normal(size=(6, 5))
    h = torch.tensor(x)
    for stage, layer in enumerate(torch_network(torch, params)[:2], start=1):
        h = layer.eval()(h)
        assert np.allclose(
            reference.extract_features(params, x, stage), h.detach().numpy(), rtol=1e-12
        )
    assert np.array_equal(
        reference.extract_features(params, x), reference.extract_features(params, x, 2)
    )


@pytest.mark.parametrize("rule", ["sgd_momentum", "adam"])
def test_probe_is_training_with_a_frozen_body(
    reference: SimpleNamespace, rng: np.random.Generator, rule: str
) -> None:
    params, x, y = draw(reference, rng), rng.normal(size=(20, 5)), rng.integers(0, 3, 20)
    rows, config = [rng.choice(20, 8, replace=False) for _ in range(30)], {"learning_rate": 0.05}
    features = reference.extract_features(params, x)
    w, b = reference.linear_probe(
        features, y, params["w3"], params["b3"], rows, getattr(reference, rule), config
    )
    data = [(x[chosen], y[chosen]) for chosen in rows]
    slow, _ = reference.train(
        params, data, [(1, 2)] * 30, {}, reference.loss_and_grads, getattr(reference, rule), config
    )
    assert np.allclose(w, slow["w3"], rtol=1e-10)
    assert np.allclose(b, slow["b3"], rtol=1e-10)


# transfer_table


def test_standard_error_is_right_on_average_and_drops_shared_luck(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    luck = rng.normal(size=(4000, 1, 1, 5))
    scores = 10 * luck + rng.normal(size=(4000, 1, 2, 5))
    mean, error = reference.gain(scores, 0, 1)
    assert np.mean(error**2) == pytest.approx(
        2 / 5, rel=0.05
    )  # the variance of a mean of five differences of two unit normals
    assert np.var(mean) == pytest.approx(2 / 5, rel=0.1)


def test_table_is_the_mean_over_examples_of_what_is_right(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    targets = [
        (
            rng.normal(size=(40, 3)) + shift,
            np.arange(40) % 2,
            rng.normal(size=(25, 3)) + shift,
            rng.integers(0, 2, 25),
        )
        for shift in (0, 9)
    ]

    def nearest(method, x, y, x_test, seed):
        return y[((x_test[:, None] - x) ** 2).sum(axis=2).argmin(axis=1)]

    scores = reference.transfer_table(targets, [3, 20], ["a", "b"], [1, 2], nearest)
    moved = reference.transfer_table(targets, [3, 20], ["a", "b"], [1, 2], nearest, True)
    assert np.array_equal(
        scores, moved
    )  # the nearest neighbour cares neither for a common shift nor for a common scale
    for t, (x, y, x_test, y_test) in enumerate(targets):  # 20 a class is all there is
        assert np.allclose(scores[t, 1], np.mean(nearest("", x, y, x_test, 0) == y_test))


def test_draws_are_balanced_and_all_pairs_are_as_likely(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    y = np.array([0, 1, 0, 1, 0, 0])
    counts: dict[tuple[int, ...], int] = {}
    for _ in range(3000):
        rows, labels = reference.draw_per_class(np.arange(6), y, 2, rng)
        assert sorted(labels.tolist()) == [0, 0, 1, 1]
        assert np.array_equal(y[rows], labels)
        pair = tuple(sorted(rows[labels == 0].tolist()))
        counts[pair] = counts.get(pair, 0) + 1
    assert len(counts) == 6
    assert all(abs(count - 500) < 5 * np.sqrt(3000 * 5 / 36) for count in counts.values())


# What was measured


@pytest.fixture(scope="module")
def table(reference: SimpleNamespace) -> Any:
    """gain(method, control) of the stored table: for the similar and the different target, by labels a class."""
    stored = json.loads((SHIPPED / "transfer.json").read_text(encoding="utf-8"))
    assert tuple(stored["methods"]) == reference.METHODS
    assert np.shape(stored["scores"]) == (2, 4, 6, 8)

    def look(method: str, control: str) -> tuple[np.ndarray, np.ndarray]:
        places = [stored["methods"].index(name) for name in (method, control)]
        found: tuple[np.ndarray, np.ndarray] = reference.gain(np.array(stored["scores"]), *places)
        return found

    look.scores = np.array(stored["scores"])  # type: ignore[attr-defined]
    return look


def test_a_cell_of_the_stored_table_is_measured_again(
    reference: SimpleNamespace, table: Any
) -> None:
    run = reference.runner(reference.load_pretrained(), steps=600)
    targets = reference.draw_targets(np.random.default_rng([200, 0]))
    scores = reference.transfer_table(targets, [5], ["random features", "linear probe"], [0], run)
    assert np.allclose(
        scores[:, 0, :, 0], table.scores[:, 0, 1:3, 0], atol=0.02
    )  # sums in another order move a few of 2000


def test_the_syllabus_of_the_table_is_reproduced(table: Any) -> None:
    claimed = [
        [0.303, 0.276, 0.421, 0.344, 0.394],
        [0.419, 0.321, 0.541, 0.491, 0.530],
        [0.588, 0.376, 0.599, 0.639, 0.612],
    ]
    scores = table.scores[0, :3][:, [0, 1, 2, 4, 5]]
    assert (np.abs(scores.mean(axis=2) - claimed) < 2 * scores.std(axis=2, ddof=1)).all()


def test_what_the_pages_say_of_the_table_holds(table: Any) -> None:
    similar, different, little, twenty, fifty, much = 0, 1, 0, 1, 2, 3
    means = dict(
        zip(
            ("scratch", "random features", "linear probe", "top two", "fine-tune", "slow body"),
            np.moveaxis(table.scores.mean(axis=3), 2, 0),
            strict=True,
        )
    )

    def best(cell):
        return max(means, key=lambda name: means[name][cell])

    assert best((similar, little)) == "linear probe"
    assert best((similar, twenty)) == best((similar, fifty)) == "top two"
    assert best((similar, much)) == "fine-tune"
    assert best((different, much)) == "scratch"
    assert max(mean[different, little] for mean in means.values()) < 0.27
    gain, error = table("linear probe", "scratch")
    assert gain[similar, little] == pytest.approx(0.10, abs=0.005)
    assert gain[different, little] > 4 * error[different, little]
    gain, error = table("linear probe", "random features")
    assert (gain[similar] > 8 * error[similar]).all()
    assert (gain[different] < error[different]).all()
    gain, error = table("fine-tune", "scratch")
    assert gain[similar, much] < 2 * error[similar, much]
    assert (gain[different, twenty:] < 0).all()
