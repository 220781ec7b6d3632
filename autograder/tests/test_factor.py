"""By which factor answers are off: a constant one is paid for once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.checking import compare

A, B = np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([4.0, 0.0, -1.0])


@pytest.mark.parametrize("by", [2.0, 0.25, -1.0, 1.01, 7])
def test_the_same_factor_in_all_answers_is_found(by: float) -> None:
    assert compare.factor([(by * A, A), (by * B, B)]) == pytest.approx(by)
    assert compare.factor([(by * 3.0, 3.0), (np.float64(by * 5), 5.0)]) == pytest.approx(by)
    single = [((by * part).astype(np.float32), part) for part in (A, B)]
    assert compare.factor(single) == pytest.approx(by, rel=1e-5)


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [(A, A), (B, B)],
        [(1.0001 * A, A), (1.0001 * B, B)],  # that is rounding, or a tolerance
        [(2 * A, A), (3 * B, B)],
        [(2 * A, A), (2 * B + 0.1, B)],
        [(2 * A, A), (B, B)],
        [(0 * A, A), (0 * B, B)],
        [(2 * A, A), (2 * B[:2], B)],
        [(np.nan * A, A), (np.nan * B, B)],
        [(np.inf * A, A), (2 * B, B)],
        [(None, A), ("two", B)],
        [([[2.0], [1.0, 3.0]], A)],
        [(2j * A, A), (2j * B, B)],
        [({}, 1.0), (True, 2.0)],
    ],
)
def test_what_is_no_constant_factor_is_one(pairs: list[tuple[Any, Any]]) -> None:
    assert compare.factor(pairs) == 1.0
