"""Copies of arguments and results, as they would be after crossing to another process."""

from __future__ import annotations

from types import NoneType
from typing import Any

import numpy as np

from ..sandbox.wire import laid_out, layout_of, unseeded

_PLAIN = frozenset({NoneType, bool, int, float, str})


def own(value: Any) -> Any:
    """Return a copy that shares no array with the original; functions, and what is not data,
    stay themselves.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, np.ndarray):
        plain = np.asarray(value)  # a subclass, such as a matrix, does not cross
        return laid_out(plain.copy(), layout_of(plain))
    if isinstance(value, np.random.Generator):
        state = value.bit_generator.state
        bits = unseeded(type(value.bit_generator), state)
        bits.state = state
        return np.random.Generator(bits)
    if kind is list:
        return [own(item) for item in value]
    if kind is tuple:
        return tuple([own(item) for item in value])
    if kind is dict:
        return {key: own(item) for key, item in value.items()}
    return value
