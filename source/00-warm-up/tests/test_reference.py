"""The reference against judges of another kind: sums written out, and counts of many splits."""

from __future__ import annotations

from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest

NAME = "00-warm-up"


@pytest.mark.parametrize(("shape", "axis"), [((5, 3), 0), ((5, 3), -1), ((2, 3, 4), 1)])
def test_every_mean_is_zero_and_differences_stay(
    reference: SimpleNamespace, rng: np.random.Generator, shape: tuple[int, ...], axis: int
) -> None:
    x = rng.normal(3, 2, size=shape)
    out = reference.centre(x, axis)
    assert np.allclose(out.sum(axis=axis), 0, atol=1e-12)
    assert np.allclose(np.diff(out, axis=axis), np.diff(x, axis=axis), atol=1e-12)


def test_distances_are_sums_written_out(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    a, b = rng.normal(size=(4, 3)), rng.normal(size=(5, 3))
    want = [[np.linalg.norm(p - q) ** 2 for q in b] for p in a]
    assert np.allclose(reference.squared_distances(a, b), want, rtol=1e-12)


def test_scores_are_sums_written_out(reference: SimpleNamespace, rng: np.random.Generator) -> None:
    x, w, y = rng.normal(size=(4, 2)), rng.normal(size=(2, 3)), rng.normal(size=(4, 3))
    want = [sum(x[n, d] * w[d, e] * y[n, e] for d in range(2) for e in range(3)) for n in range(4)]
    assert np.allclose(reference.bilinear(x, w, y), want, rtol=1e-12)


@pytest.mark.parametrize("amount", [-255, -60, -1, 0, 1, 60, 255])
def test_every_pixel_is_what_python_computes(reference: SimpleNamespace, amount: int) -> None:
    pixels = np.arange(256, dtype=np.uint8)
    want = [sorted((0, pixel + amount, 255))[1] for pixel in range(256)]
    assert reference.brighten(pixels, amount).tolist() == want


def test_rows_are_scaled_by_a_diagonal_matrix(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    x = rng.normal(size=(4, 3))
    assert np.allclose(
        reference.scale_rows(x, np.array([2, 0]), 5.0), np.diag([5.0, 1.0, 5.0, 1.0]) @ x
    )


def test_every_dev_set_comes_equally_often(
    reference: SimpleNamespace, rng: np.random.Generator
) -> None:
    sets = dict.fromkeys(combinations(range(5), 2), 0)
    for _ in range(4000):
        train, dev = reference.train_dev_split(5, 2, rng)
        assert sorted([*train, *dev]) == list(range(5))
        sets[tuple(sorted(dev))] += 1
    squares = sum((count - 400) ** 2 / 400 for count in sets.values())
    assert squares < 35  # chi square with 9 degrees of freedom: above 35 once in 16,000
