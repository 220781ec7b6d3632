"""Which warnings count: those of a calculation that went wrong, and not those about Python or about
a package's future.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_NUMERICAL = {  # how NumPy words them, and what is told of them
    r"divide by zero encountered\b": (
        "divide by zero",
        "Something is divided by zero, or its logarithm is taken at zero.",
    ),
    r"overflow encountered\b": ("overflow", "A number gets too large, as exp of a large one does."),
    r"invalid value encountered\b": (
        "invalid value",
        "The result is nan: 0/0, inf - inf, or the root or logarithm of a negative number.",
    ),
    r"[Mm]ean of empty slice|All-NaN (slice|axis) encountered": (
        "mean of nothing",
        "An average is taken over no entry at all.",
    ),
    r"Degrees of freedom <= 0": (
        "degrees of freedom",
        "A variance is taken over too few entries for its ddof.",
    ),
    r"Casting complex values to real": (
        "complex to real",
        "Complex numbers lose their imaginary part on the way.",
    ),
}
_HINTS = dict(_NUMERICAL.values())


def numerical(warnings: Iterable[str]) -> tuple[str, ...]:
    """Return what is told of the warnings that count, each once, in order.

    Args:
        warnings: "Category: message" of each. Student code can word a message as it likes, so none
            of it is passed on.
    """
    found = []
    for warning in warnings:
        category, _, message = warning.partition(": ")
        if category in ("RuntimeWarning", "ComplexWarning"):
            found += [
                name for pattern, (name, _) in _NUMERICAL.items() if re.match(pattern, message)
            ]
    return tuple(dict.fromkeys(found))


def where_from(name: str) -> str:
    """Return a sentence on where a warning of this name comes from."""
    return _HINTS[name]
