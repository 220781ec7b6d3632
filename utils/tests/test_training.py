"""The training loop moves what it is told to by the caller's rule, keeps everything else, and remembers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from utils.training import fit

Array = np.ndarray


def half_square(params: dict[str, Array], x: Array, y: Array) -> tuple[float, dict[str, Array]]:
    error = x @ params["w"] + params["b"] - y
    return float(np.mean(error**2) / 2), {"w": x.T @ error / len(x), "b": np.array(error.mean())}


def descend(w: Array, dw: Array, config: dict[str, Any]) -> tuple[Array, dict[str, Any]]:
    config["steps"] = config.get("steps", 0) + 1
    return w - config["learning_rate"] * dw, config


def line() -> tuple[Array, Array]:
    x = np.random.default_rng(0).normal(size=(40, 2))
    return x, x @ np.array([2.0, -1.0]) + 0.5


def start() -> dict[str, Array]:
    return {"w": np.zeros(2), "b": np.array(0.0)}


def test_full_batches_give_the_steps_of_plain_descent_and_leave_the_callers_own_alone() -> None:
    x, y = line()
    params, config = start(), {"learning_rate": 0.3}
    found, history = fit(params, half_square, descend, config, x, y, steps=4)
    w, b, losses = np.zeros(2), 0.0, []
    for _ in range(4):
        error = x @ w + b - y
        losses.append(np.mean(error**2) / 2)
        w, b = w - 0.3 * x.T @ error / 40, b - 0.3 * error.mean()
    assert np.allclose(found["w"], w)
    assert np.isclose(found["b"], b)
    assert np.allclose(history.losses, losses)
    assert not params["w"].any()
    assert config == {"learning_rate": 0.3}  # each parameter had a copy of its own


def test_a_rule_that_steps_in_place_does_not_reach_the_callers_parameters() -> None:
    x, y = line()
    params = start()

    def in_place(w: Array, dw: Array, config: dict[str, Any]) -> tuple[Array, dict[str, Any]]:
        w -= config["learning_rate"] * dw
        return w, config

    found, _ = fit(params, half_square, in_place, {"learning_rate": 0.3}, x, y, steps=2)
    assert found["w"].any()
    assert not params["w"].any()


def test_batches_are_of_the_size_asked_for_without_repetition_and_differ() -> None:
    x, y = np.arange(12.0)[:, None] * [[1.0, 0.0]], np.zeros(12)
    seen: list[tuple[float, ...]] = []

    def watch(params: dict[str, Array], xs: Array, ys: Array) -> tuple[float, dict[str, Array]]:
        seen.append(tuple(sorted(xs[:, 0])))
        return half_square(params, xs, ys)

    fit(
        start(),
        watch,
        descend,
        {"learning_rate": 0.0},
        x,
        y,
        steps=30,
        batch=5,
        rng=np.random.default_rng(1),
    )
    assert all(len(set(batch)) == 5 for batch in seen)
    assert len(set(seen)) > 20
    assert set(sum(seen, ())) == set(range(12))


def test_evaluations_come_before_the_first_step_every_so_often_and_at_the_end() -> None:
    x, y = line()
    _, history = fit(
        start(),
        half_square,
        descend,
        {"learning_rate": 0.3},
        x,
        y,
        steps=25,
        evaluate=lambda params: {"b": float(params["b"])},
        every=10,
    )
    assert history.at == [0, 10, 20, 25]
    assert history.metrics["b"][0] == 0
    assert abs(history.metrics["b"][-1] - 0.5) < 0.01
    assert len(history.losses) == 25


def test_progress_is_said_in_a_few_lines_and_only_if_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    x, y = line()
    fit(start(), half_square, descend, {"learning_rate": 0.3}, x, y, steps=200)
    assert capsys.readouterr().out == ""
    fit(start(), half_square, descend, {"learning_rate": 0.3}, x, y, steps=200, say="line")
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 5
    assert said[0].startswith("line: step  40 of 200, loss 0.")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"batch": 5}, "needs an rng"),
        ({"batch": 41, "rng": np.random.default_rng(0)}, "41 of 40"),
        ({"batch": 0, "rng": np.random.default_rng(0)}, "0 of 40"),
    ],
)
def test_batches_that_make_no_sense_are_refused(settings: dict[str, Any], says: str) -> None:
    x, y = line()
    with pytest.raises(ValueError, match=says):
        fit(start(), half_square, descend, {"learning_rate": 0.3}, x, y, steps=1, **settings)


def test_a_gradient_that_is_missing_is_named() -> None:
    x, y = line()
    with pytest.raises(ValueError, match="lack b; they have w"):
        fit(
            start(),
            lambda p, x, y: (0.0, {"w": p["w"]}),
            descend,
            {"learning_rate": 0.3},
            x,
            y,
            steps=1,
        )
