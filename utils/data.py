"""Data for the notebooks: scikit-learn's bundled sets, small sets drawn from models that are stated here, and what other modules bring.

All of it is offline but for `mnist` and `cifar10`, which are fetched once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from utils.fetched import cifar10, mnist
from utils.pictures import digit_canvas, pictures, textures
from utils.split import Split

__all__ = [
    "Split",
    "breast_cancer",
    "cifar10",
    "diabetes",
    "digit_canvas",
    "digits",
    "height_weight",
    "mnist",
    "moons",
    "pictures",
    "spirals",
    "textures",
]

Array = NDArray[Any]


def digits(seed: int = 0) -> Split:
    """Return scikit-learn's 1797 handwritten digits, 8 by 8 pixels in a row of 64, each from 0 to 1.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998.
    """
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return _split(x / 16, y.astype(np.int64), seed)


def breast_cancer(seed: int = 0) -> Split:
    """Return scikit-learn's 569 tumours of 30 features, standardised, with labels 0 (malignant) and 1 (benign).

    Source: W. Wolberg, O. Mangasarian, N. Street and W. Street, Breast Cancer Wisconsin (Diagnostic), UCI, 1995.
    """
    from sklearn.datasets import load_breast_cancer

    x, y = load_breast_cancer(return_X_y=True)
    return _standardised(_split(x, y.astype(np.int64), seed))


def diabetes(seed: int = 0) -> Split:
    """Return scikit-learn's 442 patients of 10 features, standardised, with the disease's progress in a year as target.

    Source: B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, Least Angle Regression, Annals of Statistics, 2004.
    """
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True, scaled=False)
    return _standardised(_split(x, y.astype(np.float64), seed))


def height_weight(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return D2's example: people by height (cm), weight (kg) and gender (0 or 1), and whether each is called overweight.

    The model: gender is a fair coin; height is N(164, 6.5) for 0 and N(177, 7) for 1; weight is height² times a body-mass index
    of N(25, 4) kg/m², at least 16; and the label is 1 where the index and a judgement of N(0, 1) come to more than 25, so that no line parts
    the two groups wholly.

    Returns:
        X: (n, 3) float64.
        y: (n,) int64.
    """
    gender = rng.integers(0, 2, n)
    height = np.where(gender == 1, rng.normal(177, 7, n), rng.normal(164, 6.5, n))
    index = np.maximum(rng.normal(25, 4, n), 16)
    y = (index + rng.normal(size=n) > 25).astype(np.int64)
    return np.column_stack([height, index * (height / 100) ** 2, gender.astype(np.float64)]), y


def moons(n: int, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return two interleaved half moons of radius 1, with Gaussian noise.

    Returns:
        X: (n, 2) float64.
        y: (n,) int64, 0 for the upper moon, 1 for the lower.
    """
    y = np.arange(n) % 2
    angle = np.pi * rng.random(n)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)])
    x = np.where(y[:, None] == 0, upper, lower)
    return x + rng.normal(scale=noise, size=x.shape), y.astype(np.int64)


def spirals(n: int, classes: int, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return arms of a spiral, one a class, that wind three quarters around the origin, with Gaussian noise on the angle.

    Returns:
        X: (n, 2) float64, within the unit circle.
        y: (n,) int64.
    """
    y = np.arange(n) % classes
    radius = np.sqrt(rng.uniform(0.02, 1, n))
    angle = 2 * np.pi * y / classes + 1.5 * np.pi * radius + rng.normal(scale=noise, size=n)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]), y.astype(np.int64)


def _split(x: Array, y: Array, seed: int) -> Split:
    order = np.random.default_rng(seed).permutation(len(x))
    train, dev, test = np.split(order, [int(0.6 * len(x)), int(0.8 * len(x))])
    return Split(x[train], y[train], x[dev], y[dev], x[test], y[test])


def _standardised(split: Split) -> Split:
    mean, std = (
        split.x_train.mean(axis=0),
        split.x_train.std(axis=0),
    )  # of the training part alone: the others are not to be looked at
    parts = ((x - mean) / std for x in (split.x_train, split.x_dev, split.x_test))
    train, dev, test = parts
    return Split(train, split.y_train, dev, split.y_dev, test, split.y_test)
