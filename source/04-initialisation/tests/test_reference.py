"""04-initialisation's own functions against PyTorch, complex steps, closed forms and measurement."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

NAME = "04-initialisation"
ACTS = ("linear", "relu", "tanh", "sigmoid")
Measure = Callable[..., np.ndarray]


def net(
    rng: np.random.Generator, sizes: tuple[int, ...]
) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    weights = [rng.normal(size=(a, b)) / np.sqrt(a) for a, b in pairwise(sizes)]
    return rng.normal(size=(6, sizes[0])), weights, rng.normal(size=(6, sizes[-1]))


@pytest.mark.parametrize("scheme", ["lecun", "xavier", "he"])
def test_weights_have_the_moments_of_their_distribution(
    reference: SimpleNamespace, rng: np.random.Generator, scheme: str
) -> None:
    want = {"lecun": 1 / 300, "xavier": 1 / 400, "he": 1 / 150}[scheme]
    for distribution, kurtosis in (("normal", 3.0), ("uniform", 1.8)):
        w = reference.init_weights(300, 500, scheme, rng, distribution)
        assert abs(w.mean()) < 5 * np.sqrt(want / w.size)
        assert w.var() == pytest.approx(want, rel=5 * np.sqrt((kurtosis - 1) / w.size))
        assert np.mean(w**4) / want**2 == pytest.approx(kurtosis, rel=0.03)


def test_weights_agree_with_pytorch(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator
) -> None:
    init = torch.nn.init
    pairs = {
        ("xavier", "normal"): init.xavier_normal_,
        ("xavier", "uniform"): init.xavier_uniform_,
        ("he", "normal"): lambda t: init.kaiming_normal_(t, nonlinearity="relu"),
        ("he", "uniform"): lambda t: init.kaiming_uniform_(t, nonlinearity="relu"),
        ("lecun", "normal"): lambda t: init.kaiming_normal_(t, nonlinearity="linear"),
        ("lecun", "uniform"): lambda t: init.kaiming_uniform_(t, nonlinearity="linear"),
    }
    torch.manual_seed(0)
    for (scheme, distribution), draw in pairs.items():
        theirs = draw(torch.empty(500, 300)).numpy()  # (out, in)
        ours = reference.init_weights(300, 500, scheme, rng, distribution)
        assert ours.std() == pytest.approx(theirs.std(), rel=0.015)
        if distribution == "uniform":
            assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=1e-3)


@pytest.mark.parametrize("act", ACTS)
def test_forward_and_backward_agree_with_pytorch(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator, act: str
) -> None:
    f = {"linear": lambda z: z, "relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}[
        act
    ]
    for skip in (False, True):
        x, weights, dout = net(rng, (5, 5, 5, 5) if skip else (4, 7, 3, 5))
        leaves = [torch.tensor(w, requires_grad=True) for w in weights]
        acts = [torch.tensor(x, requires_grad=True)]
        for leaf in leaves:
            acts.append(f(acts[-1] @ leaf) + (acts[-1] if skip else 0))
            acts[-1].retain_grad()
        acts[-1].backward(torch.tensor(dout))
        got, stats = reference.forward_stats(x, weights, act, skip)
        norms, dweights = reference.grad_norms(x, weights, act, dout, skip)
        for a, (mean, std), theirs in zip(got, stats, acts[1:], strict=True):
            assert np.allclose(a, theirs.detach().numpy(), rtol=1e-12)
            assert mean == pytest.approx(theirs.mean().item(), rel=1e-12)
            assert std == pytest.approx(theirs.std(correction=0).item(), rel=1e-12)
        assert norms == pytest.approx([theirs.grad.norm().item() for theirs in acts], rel=1e-12)
        for dw, leaf in zip(dweights, leaves, strict=True):
            assert np.allclose(dw, leaf.grad.numpy(), rtol=1e-11, atol=1e-13)


def test_weight_gradients_agree_with_complex_steps(
    reference: SimpleNamespace, rng: np.random.Generator, slope: Measure
) -> None:
    for skip, sizes in ((False, (3, 4, 2)), (True, (3, 3, 3))):
        x, weights, dout = net(rng, sizes)

        def loss(
            w: Any,
            layer: int,
            skip: bool = skip,
            x: Any = x,
            weights: Any = weights,
            dout: Any = dout,
        ) -> Any:
            a = x
            for number, given in enumerate(weights):
                a = np.tanh(a @ (w if number == layer else given)) + (a if skip else 0)
            return np.sum(a * dout)

        _, dweights = reference.grad_norms(x, weights, "tanh", dout, skip)
        for layer, w in enumerate(weights):
            assert np.allclose(
                dweights[layer], slope(lambda v, n=layer, f=loss: f(v, n), w), rtol=1e-11
            )


def test_relu_nets_share_one_product_of_weights_and_gradients(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    """Euler: a bias-free ReLU net is homogeneous of degree one in each matrix. So gradients vanish in all layers or in none."""
    x, weights, dout = net(rng, (6, 9, 4, 8, 3))
    _, dweights = reference.grad_norms(x, weights, "relu", dout)
    total = np.sum(reference.forward_stats(x, weights, "relu")[0][-1] * dout)
    assert [np.sum(w * dw) for w, dw in zip(weights, dweights, strict=True)] == pytest.approx(
        [total] * 4
    )


def test_clipping_agrees_with_pytorch(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator
) -> None:
    for max_norm in (0.5, 1e3):
        grads = {"a": rng.normal(size=(4, 3)), "b": rng.normal(size=7), "c": rng.normal(size=())}
        leaves = []
        for g in grads.values():
            leaf = torch.nn.Parameter(torch.zeros(g.shape))
            leaf.grad = torch.tensor(g)
            leaves.append(leaf)
        theirs = torch.nn.utils.clip_grad_norm_(leaves, max_norm).item()
        clipped, total = reference.clip_grad_norm(grads, max_norm)
        assert total == pytest.approx(theirs, rel=1e-13)
        for name, leaf in zip(grads, leaves, strict=True):
            assert np.allclose(
                clipped[name], leaf.grad.numpy(), rtol=1e-5
            )  # PyTorch adds 1e-6 below the line


def test_clipping_is_the_projection_on_a_ball(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    grads = [rng.normal(size=(3, 2)), rng.normal(size=4)]
    flat = np.concatenate([g.ravel() for g in grads])
    clipped = np.concatenate([g.ravel() for g in reference.clip_grad_norm(grads, 1.25)[0]])
    assert np.linalg.norm(clipped) == pytest.approx(1.25, rel=1e-14)
    for _ in range(200):  # no other point of the ball is nearer
        other = rng.normal(size=flat.size)
        other *= 1.25 * rng.random() / np.linalg.norm(other)
        assert np.linalg.norm(flat - clipped) <= np.linalg.norm(flat - other)


def test_the_small_net_of_symmetry_agrees_with_complex_steps(
    reference: SimpleNamespace, rng: np.random.Generator, slope: Measure
) -> None:
    x, y, w1, w2 = (rng.normal(size=shape) for shape in ((5, 2), (5, 3), (2, 4), (4, 3)))

    def loss(w1: Any, w2: Any) -> Any:
        return np.sum((np.tanh(x @ w1) @ w2 - y) ** 2) / 5

    got1, got2, _ = reference.symmetry_demo(x, y, w1, w2, 0.1, 3)
    for _ in range(3):
        steps = slope(lambda v, w=w2: loss(v, w), w1), slope(lambda v, w=w1: loss(w, v), w2)
        w1, w2 = w1 - 0.1 * steps[0], w2 - 0.1 * steps[1]
    assert np.allclose(got1, w1, rtol=1e-11)
    assert np.allclose(got2, w2, rtol=1e-11)


def test_equal_units_stay_one_for_long(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    x, y = rng.normal(size=(20, 3)), rng.normal(size=(20, 2))
    _, _, distinct = reference.symmetry_demo(
        x, y, np.full((3, 8), 0.3), np.full((8, 2), 0.2), 0.05, 400
    )
    assert set(distinct) == {1}
    _, _, distinct = reference.symmetry_demo(
        x, y, rng.normal(size=(3, 8)), rng.normal(size=(8, 2)), 0.05, 5
    )
    assert set(distinct) == {8}


def test_predictions_have_closed_forms(reference: SimpleNamespace) -> None:
    share = np.sqrt(0.5 - 0.5 / np.pi)
    for L in (1, 2, 7, 40):
        assert reference.predict_std("xavier", "linear", L, 33) == pytest.approx(1)
        assert reference.predict_std("he", "relu", L, 33) == pytest.approx(
            np.sqrt(2) * share, rel=1e-4
        )
        assert reference.predict_std("lecun", "relu", L, 33) == pytest.approx(
            0.5 ** ((L - 1) / 2) * share, rel=1e-4
        )
        assert reference.predict_std(0.1, "linear", L, 50) == pytest.approx(0.5 ** (L / 2))
        assert reference.predict_std("he", "linear", L, 33, skip=True) == pytest.approx(
            3 ** (L / 2)
        )


@pytest.mark.parametrize(
    ("scheme", "act"),
    [("he", "relu"), ("lecun", "relu"), ("xavier", "tanh"), (0.1, "tanh"), ("lecun", "sigmoid")],
)
def test_predictions_are_what_nets_do(
    reference: SimpleNamespace, rng: np.random.Generator, scheme: str | float, act: str
) -> None:
    n, L = 400, 5
    x = rng.normal(size=(50, n))
    for skip in (False, True):
        measured = []
        for _ in range(2):
            weights = [
                reference.init_weights(n, n, scheme, rng)
                if isinstance(scheme, str)
                else scheme * rng.normal(size=(n, n))
                for _ in range(L)
            ]
            measured.append(reference.forward_stats(x, weights, act, skip)[1][-1][1])
        assert np.mean(measured) == pytest.approx(
            reference.predict_std(scheme, act, L, n, skip), rel=0.12
        )


def test_the_repaired_net_agrees_with_pytorch(
    reference: SimpleNamespace, torch: Any, rng: np.random.Generator
) -> None:
    x, y, w1, w2 = (rng.normal(size=shape) for shape in ((6, 4), (6, 3), (4, 5), (5, 3)))
    leaves = [torch.tensor(w, requires_grad=True) for w in (w1, w2)]
    sgd, want = torch.optim.SGD(leaves, lr=1e-3), []
    for _ in range(6):
        loss = ((torch.relu(torch.tensor(x) @ leaves[0]) @ leaves[1] - torch.tensor(y)) ** 2).sum()
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        want.append(loss.item())
    losses, got1, got2 = reference.two_layer_net(x, y, w1, w2, 1e-3, 6)
    assert losses == pytest.approx(want, rel=1e-11)
    for got, leaf in zip((got1, got2), leaves, strict=True):
        assert np.allclose(got, leaf.detach().numpy(), rtol=1e-10)


def test_what_the_slides_print_goes_wrong_as_said(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    """Errata 4, 5 and 26."""
    x = rng.normal(size=(100, 512))
    slide = [np.sqrt(2 / 512) * rng.random((512, 512)) for _ in range(10)]
    rms = [np.sqrt(np.mean(a**2)) for a in reference.forward_stats(x, slide, "relu")[0]]
    assert 0.3 < rms[0] < 0.8
    assert 1e10 < rms[-1] < 1e11
    assert np.allclose(
        np.divide(rms[2:], rms[1:-1]), 16, rtol=0.05
    )  # 512 times the mean, half of sqrt(2 / 512)
    assert slide[0].var() == pytest.approx(2 / 512 / 12, rel=0.02)
    printed = [np.sqrt(1 / 1024) * rng.normal(size=(512, 512)) for _ in range(10)]
    linear = [std for _, std in reference.forward_stats(x, printed, "linear")[1]]
    assert np.allclose(np.divide(linear[1:], linear[:-1]), np.sqrt(0.5), rtol=0.06)
    z = rng.normal(size=(64, 1000)) @ rng.normal(size=(1000, 100))
    assert z.std() == pytest.approx(np.sqrt(1000), rel=0.05)
    assert np.mean(np.abs(z) > np.log(1e4)) == pytest.approx(0.77, abs=0.02)
