"""The budget of feedback: a token bucket, computed from the times at which tokens were spent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Balance:
    """What a student can still ask for.

    Attributes:
        tokens: whole tokens that are left now.
        ready: when the next attempt can have feedback, in seconds since 1970; not later than now if
            a token is left.
        next: when one more token comes; None if the bucket is full.
    """

    tokens: int
    ready: float
    next: float | None


def balance(spent: Iterable[float], now: float, burst: int, refill: float) -> Balance:
    """Return what is left of a bucket that was full at first.

    Args:
        spent: the times at which a token was spent, in any order; a time after now is a token that
            is promised.
        now: seconds since 1970.
        burst: the most tokens.
        refill: seconds until one more is given.
    """
    level, last = float(burst), None
    for time in sorted(spent):
        if last is not None:
            level = min(float(burst), level + max(0.0, time - last) / refill)
        level, last = level - 1.0, time
    if last is not None and now > last:
        level, last = min(float(burst), level + (now - last) / refill), now
    since = now if last is None else max(now, last)  # the moment at which `level` holds
    whole = int(level + 1e-9) if since == now else 0
    ready = since if level >= 1 - 1e-9 else since + (1.0 - level) * refill
    missing = 1.0 - (level - int(level + 1e-9))
    return Balance(
        max(whole, 0), ready, None if level >= burst - 1e-9 else since + missing * refill
    )
