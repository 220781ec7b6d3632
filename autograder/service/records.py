"""What the store gives out: frozen records of people, attempts and results."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where an attempt stands; the README's table says what leads from one to the next."""

    WAITING = "waiting"
    SLOW = "slow"
    GRADING = "grading"
    GRADED = "graded"
    SUPERSEDED = "superseded"
    UNJUDGED = "unjudged"


class ResultStanding(StrEnum):
    """What a result is worth."""

    SHOWN = "shown"
    PROPOSED = "proposed"  # of a regrade that staff have not accepted yet
    PAST = "past"


OPEN = (State.WAITING, State.SLOW, State.GRADING)  # states in which a result is still to come


@dataclass(frozen=True)
class Account:
    """Somebody with a token."""

    id: int
    name: str
    staff: bool
    token: str  # its digest


@dataclass(frozen=True)
class Upload:
    """What came in over HTTP, before it is an attempt.

    Attributes:
        received: seconds since 1970.
        late: whether it came after the student's deadline.
        confirmed: whether the student said that it counts all the same.
        burst, refill: the budget; refill in seconds.
    """

    person: Account
    assignment: str
    content: bytes
    received: float
    late: bool
    confirmed: bool
    burst: int
    refill: float


@dataclass(frozen=True)
class Attempt:
    """One notebook that was handed in; times in seconds since 1970."""

    id: int
    person: int
    name: str
    assignment: str
    number: int
    digest: str
    received: float
    not_before: float
    late: bool
    confirmed: bool
    chosen: bool
    seed: int
    state: State
    slow: bool
    regrade: bool
    deaths: int
    free: bool
    same_as: int | None
    score: float | None = None  # of the result that is shown
    most: float | None = None

    @property
    def counts(self) -> bool:
        """Whether it may count."""
        return self.confirmed or not self.late


@dataclass(frozen=True)
class AttemptResult:
    """What a worker found: packed as `cache.serialize` packs it.

    Attributes:
        fingerprint: of all that it depends on besides bytes and seed.
        score, most: points, written answers left out.
        seconds: that it took.
        free: whether it costs no feedback: our fault, or a file that could not be graded.
        limited: whether a limit on time was reached.
    """

    fingerprint: str
    score: float
    most: float
    seconds: float
    marks: bytes
    notebook: bytes
    free: bool = False
    limited: bool = False


def counting(attempts: list[Attempt]) -> Attempt | None:
    """Return the attempt of one student that counts: the one that was chosen, else the last that is
    in time or confirmed.
    """
    able = [one for one in attempts if one.counts]
    chosen = [one for one in able if one.chosen]
    return max(chosen or able, key=lambda one: one.number, default=None)
