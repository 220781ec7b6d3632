"""Copies of arguments and results, as they would be after crossing to another process."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..sandbox.wire import laid_out, layout_of, unseeded


def own(value: Any) -> Any:
    """Return a copy that shares no array with the original; functions, and what is not data,
    stay themselves.
    """
    if isinstance(value, np.ndarray):
        plain = np.asarray(value)  # a subclass, such as a matrix, does not cross
        return laid_out(plain.copy(), layout_of(plain))
    if isinstance(value, np.random.Generator):
        state = value.bit_generator.state
        bits = unseeded(type(value.bit_generator), state)
        bits.state = state
        return np.random.Generator(bits)
    if type(value) in (list, tuple):
        return type(value)(own(item) for item in value)
    if type(value) is dict:
        return {key: own(item) for key, item in value.items()}
    return value
