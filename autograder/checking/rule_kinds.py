"""The rules that hold in every question, as kinds of a failed check."""

from __future__ import annotations

from enum import StrEnum
from typing import NoReturn

from ..core.errors import CheckFailed


class HouseRule(StrEnum):
    """What every function of the course promises besides its values."""

    PURITY = "purity"
    WARNINGS = "warnings"
    PRECISION = "precision"
    LAYOUT = "layout"
    CACHE = "cache"
    VECTORISATION = "vectorisation"
    ERRORS = "errors"


def broken(rule: HouseRule, reason: str, hint: str = "") -> NoReturn:
    """End the check as wrong, because the answer breaks a house rule.

    Raises:
        CheckFailed: always.
    """
    raise CheckFailed(reason, hint, rule.value)
