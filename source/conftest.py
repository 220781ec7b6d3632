"""What the oracles share: the reference to be judged, PyTorch where it is installed, and two ways to measure a gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograder.core.assignment import load_assignment
from autograder.core.course import Course

Measure = Callable[[Callable[[Any], Any], np.ndarray], np.ndarray]


@pytest.fixture(scope="module")
def reference(request: pytest.FixtureRequest) -> SimpleNamespace:
    """The source notebook's own functions, of the assignment that the module's NAME says."""
    return load_assignment(Course(), request.module.NAME).namespace()


@pytest.fixture(scope="module")
def torch() -> Iterator[Any]:
    found = pytest.importorskip(
        "torch", reason="PyTorch is not installed; it is an oracle only: pip install torch==2.13.0"
    )
    found.set_default_dtype(found.float64)
    yield found
    found.set_default_dtype(found.float32)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20_261_120)


@pytest.fixture(scope="session")
def central() -> Measure:
    """The gradient of a number-valued function by central differences."""

    def measure(f: Callable[[Any], Any], x: np.ndarray, h: float = 1e-5) -> np.ndarray:
        gradient = np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            up, down = np.array(x), np.array(x)
            up[index] += h
            down[index] -= h
            gradient[index] = (f(up) - f(down)) / (2 * h)
        return gradient

    return measure


@pytest.fixture(scope="session")
def slope() -> Measure:
    """The gradient of a number-valued function by complex steps: exact to rounding, unlike any difference."""

    def measure(f: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
        gradient = np.zeros(x.shape)
        for index in np.ndindex(x.shape):
            moved = x.astype(complex)
            moved[index] += 1e-30j
            gradient[index] = np.imag(f(moved)) / 1e-30
        return gradient

    return measure
