"""How many log-ins may fail, by address."""

from __future__ import annotations

from dataclasses import dataclass, field

from .budget import Balance, balance

BURST, REFILL = 10, 30.0  # failures at once; seconds until one more may fail
MOST_KEPT = 10_000  # addresses


@dataclass
class FailedLogins:
    """Times at which log-ins failed.

    Kept in memory, since a new start costs an attacker more than it gives.
    """

    _times: dict[str, list[float]] = field(default_factory=dict)

    def balance(self, address: str, now: float) -> Balance:
        """Return what an address has left."""
        return balance(self._times.get(address, ()), now, BURST, REFILL)

    def note(self, address: str, now: float) -> None:
        """Note a failure."""
        times = self._times.pop(address, [])
        self._times[address] = [time for time in times if time > now - BURST * REFILL] + [now]
        while len(self._times) > MOST_KEPT:
            del self._times[next(iter(self._times))]
