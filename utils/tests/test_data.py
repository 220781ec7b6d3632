"""The data are what their docstrings say, the same for the same seed, and need no network."""

from __future__ import annotations

import numpy as np
import pytest

from utils import data


@pytest.mark.parametrize(
    ("load", "count", "width", "labels"),
    [(data.digits, 1797, 64, 10), (data.breast_cancer, 569, 30, 2), (data.diabetes, 442, 10, 0)],
)
def test_a_bundled_set_is_split_in_three_parts_that_share_no_example(
    load, count: int, width: int, labels: int
) -> None:  # type: ignore[no-untyped-def]
    split = load(seed=3)
    parts = [
        (split.x_train, split.y_train),
        (split.x_dev, split.y_dev),
        (split.x_test, split.y_test),
    ]
    assert [len(x) for x, _ in parts] == [
        int(0.6 * count),
        int(0.8 * count) - int(0.6 * count),
        count - int(0.8 * count),
    ]
    for x, y in parts:
        assert x.shape == (len(y), width)
        assert x.dtype == np.float64
        assert y.dtype == (np.int64 if labels else np.float64)
        assert not labels or set(y) == set(range(labels))
    whole = np.concatenate([x for x, _ in parts])
    assert len(np.unique(whole, axis=0)) == count  # none twice, and none lost
    again, other = load(seed=3), load(seed=4)
    assert np.array_equal(split.x_train, again.x_train)
    assert not np.array_equal(split.x_train, other.x_train)


def test_pixels_run_from_0_to_1_and_examples_keep_their_labels() -> None:
    split = data.digits()
    assert (split.x_train.min(), split.x_train.max()) == (0, 1)
    centres = np.array([split.x_train[split.y_train == digit].mean(axis=0) for digit in range(10)])
    nearest = np.argmin(((split.x_test[:, None] - centres) ** 2).sum(axis=2), axis=1)
    assert np.mean(nearest == split.y_test) > 0.85  # a mixed-up label would give a tenth


@pytest.mark.parametrize("load", [data.breast_cancer, data.diabetes])
def test_columns_are_standardised_by_the_training_part_alone(load) -> None:  # type: ignore[no-untyped-def]
    split = load()
    assert np.allclose(split.x_train.mean(axis=0), 0, atol=1e-12)
    assert np.allclose(split.x_train.std(axis=0), 1)
    assert not np.allclose(split.x_test.mean(axis=0), 0, atol=1e-3)


def test_height_and_weight_follow_the_stated_model() -> None:
    x, y = data.height_weight(40_000, np.random.default_rng(5))
    height, weight, gender = x.T
    assert set(np.unique(gender)) == {0, 1}
    for one, mean, std in ((0, 164, 6.5), (1, 177, 7)):
        of = height[gender == one]
        assert abs(of.mean() - mean) < 5 * std / np.sqrt(len(of))
        assert abs(of.std() - std) < 5 * std / np.sqrt(2 * len(of))
    index = weight / (height / 100) ** 2
    assert index.min() >= 16
    assert abs(index.mean() - 25) < 0.2
    assert np.all(y[index > 30] == 1)  # a judgement of five standard deviations
    assert np.all(y[index < 20] == 0)
    assert 0 < np.mean(y[index < 25]) < 0.2  # no line parts them wholly


def test_moons_and_spirals_have_the_shape_that_their_names_say() -> None:
    rng = np.random.default_rng(6)
    x, y = data.moons(301, 0.0, rng)
    assert np.bincount(y).tolist() == [151, 150]
    assert np.allclose(np.hypot(*x[y == 0].T), 1)
    assert np.allclose(np.hypot(x[y == 1, 0] - 1, x[y == 1, 1] - 0.5), 1)
    x, y = data.spirals(300, 3, 0.0, rng)
    radius, angle = np.hypot(*x.T), np.arctan2(x[:, 1], x[:, 0])
    assert np.bincount(y).tolist() == [100] * 3
    assert radius.max() <= 1
    turn = (angle - 2 * np.pi * y / 3 - 1.5 * np.pi * radius) / (2 * np.pi)
    assert np.allclose(turn, np.round(turn))
    assert np.std(data.moons(2000, 0.3, rng)[0][:, 1]) > np.std(data.moons(2000, 0.0, rng)[0][:, 1])
