"""The arrays within arguments and results: changed alike, gathered, or compared to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..sandbox.wire import Handle

Change = Callable[[np.ndarray], np.ndarray]


def same(before: Any, after: Any) -> bool:
    if isinstance(before, np.ndarray):
        return (
            isinstance(after, np.ndarray)
            and before.dtype == after.dtype
            and before.shape == after.shape
            and before.tobytes() == after.tobytes()
        )
    if isinstance(before, (list, tuple)):
        return (
            isinstance(after, (list, tuple))
            and len(before) == len(after)
            and all(map(same, before, after))
        )
    if isinstance(before, dict):
        return (
            isinstance(after, dict)
            and before.keys() == after.keys()
            and all(same(value, after[key]) for key, value in before.items())
        )
    if isinstance(before, (Handle, np.random.Generator)) or callable(before):
        return True
    return bool(before == after) or before != before


def mapped(value: Any, change: Change) -> Any:
    """Return the same structure, with every array of floats changed."""
    if isinstance(value, np.ndarray):
        return change(value) if value.dtype.kind == "f" else value
    if isinstance(value, (list, tuple)):
        return type(value)(mapped(item, change) for item in value)
    if isinstance(value, dict):
        return {key: mapped(item, change) for key, item in value.items()}
    return value


def to(dtype: Any) -> Change:
    return lambda array: array.astype(dtype)


def whole(array: np.ndarray) -> np.ndarray:
    return np.round(3 * array)


def fortran(array: np.ndarray) -> np.ndarray:
    return np.asfortranarray(array)


def read_only(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.setflags(write=False)
    return array


def spread(array: np.ndarray) -> np.ndarray:
    if array.ndim == 0:
        return array
    wide = np.full((*array.shape[:-1], 2 * array.shape[-1]), 7.5, dtype=array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


def arrays(value: Any) -> list[Any]:
    if isinstance(value, (np.ndarray, np.generic)):
        return [value]
    if isinstance(value, (list, tuple)):
        return [array for item in value for array in arrays(item)]
    if isinstance(value, dict):
        return [array for item in value.values() for array in arrays(item)]
    return []


def has_numbers(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(has_numbers, value))
    if isinstance(value, dict):
        return any(map(has_numbers, value.values()))
    return isinstance(value, (np.ndarray, np.generic, int, float)) and not isinstance(value, bool)


def outside_dicts(value: Any) -> list[Any]:
    """Return a result's arrays, without those that lie in a dict beside them: what a
    function remembers.
    """
    parts = value if isinstance(value, (list, tuple)) else ()
    return arrays([part for part in parts if not isinstance(part, dict)])


def dtypes(value: Any) -> set[str]:
    return {str(array.dtype) for array in arrays(value) if array.dtype.kind not in "b"}
