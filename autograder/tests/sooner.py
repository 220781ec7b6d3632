"""Which of a test's parameters `make test` tries; `make examine` tries the others too."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

import pytest


def sooner(values: Iterable[Any], quick: Container[Any]) -> list[Any]:
    """Return parameters for `parametrize`, of which only the quick ones are not slow.

    Args:
        values: of one parameter, or tuples whose first value decides.
        quick: the values that `make test` tries.
    """
    made = []
    for value in values:
        several = value if isinstance(value, tuple) else (value,)
        made.append(pytest.param(*several, marks=[pytest.mark.slow] * (several[0] not in quick)))
    return made
