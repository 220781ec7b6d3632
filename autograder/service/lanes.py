"""Which attempt is graded next, and by which worker: the fast lane, the slow lane, and regrades
where nothing else waits.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from ..core.course import Course
from ..core.limits import load_limits
from .records import Attempt, State
from .store import Store
from .terms import ClassTerms
from .worker_client import (
    PROGRAM,
    Worker,
    WorkerClient,
    WorkerDied,
    WorkerFailed,
    WorkerStale,
    WorkerUnfit,
)

LOG = logging.getLogger("autograder.service")
# s between two looks at the queue where nothing was announced: an attempt's feedback may have
# become due
LOOK = 0.5
# times the reference's time that an answer may take in the fast lane, where that is more than its
# limit
REFERENCES = 3.0
PATIENCE = 3  # stale answers for one attempt, in a row


@dataclass
class Lanes:
    """Grades what waits in the store, as long as it runs.

    Attributes:
        count: fast workers; half as many, and at least one, are slow.
        on_done: is called with the id of each attempt whose state has changed for good.
    """

    course: Course
    store: Store
    terms: ClassTerms
    count: int
    on_done: Callable[[int], None]
    program: tuple[str, ...] = PROGRAM  # that a worker runs
    # seconds that the reference's grading takes
    reference: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    _bell: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, warm: tuple[str, ...] = ()) -> None:
        """Grade until cancelled."""
        fast = [Worker(self.course, program=self.program) for _ in range(self.count)]
        slow = [Worker(self.course, 10, self.program) for _ in range(max(1, self.count // 2))]
        try:
            async with asyncio.TaskGroup() as group:
                for worker in fast:
                    group.create_task(self._serve(worker, warm))
                for worker in slow:
                    group.create_task(self.work(worker, State.SLOW))
        finally:
            for worker in (*fast, *slow):
                await worker.end()

    def ring(self) -> None:
        """Say that something has come."""
        bell, self._bell = self._bell, asyncio.Event()
        bell.set()

    def first_try(self, name: str) -> float:
        """Return the limit of the fast lane, in seconds: longer for an assignment whose
        reference takes long.
        """
        return max(self.terms.of(name).seconds, REFERENCES * round(self.reference.get(name, 0.0)))

    async def _serve(self, worker: Worker, warm: tuple[str, ...]) -> None:
        for name in warm:
            await self.warm(worker, name)
        await self.work(worker, State.WAITING)

    async def work(
        self, worker: WorkerClient, lane: State, may_claim: Callable[[], bool] = lambda: True
    ) -> None:
        """Have a worker grade what waits in a lane, until the worker has ended.

        Args:
            may_claim: whether it may take the next one.
        """
        while not worker.ended:
            attempt = self._next(lane) if may_claim() else None
            if attempt is not None:
                await self._grade(worker, attempt, lane)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._bell.wait()

    def _next(self, lane: State) -> Attempt | None:
        attempt = self.store.claim(lane, time.time())
        if attempt is None and lane is State.SLOW and self.store.is_idle(time.time()):
            attempt = self.store.claim_regrade()
        return attempt

    async def warm(self, worker: WorkerClient, name: str) -> bool:
        """Warm a worker up for an assignment, and return whether it can grade that.

        Raises:
            WorkerUnfit: it must not grade.
        """
        try:
            self.reference[name] = await worker.warm(name, self.first_try(name))
        except (WorkerDied, WorkerStale, WorkerFailed) as error:
            self.note_fault(f"{name} could not be warmed up: {error}")
            return False
        return True

    async def _grade(self, worker: WorkerClient, attempt: Attempt, lane: State) -> None:
        hurried = lane is State.WAITING
        most = (
            self.first_try(attempt.assignment)
            if hurried
            else load_limits(self.course, attempt.assignment).total_wall
        )
        content = self.store.content(attempt.digest)
        try:
            for left in reversed(range(PATIENCE)):
                try:
                    judged = await worker.grade(attempt, content, hurried=hurried, most=most)
                    break
                except WorkerStale:
                    if not left:
                        raise WorkerFailed("the course's files kept changing") from None
        except WorkerDied as error:
            self.note_fault(f"attempt {attempt.id}: its worker ended ({error})")
            self.store.note_death(attempt)
        except WorkerFailed as error:
            self.note_fault(f"attempt {attempt.id}: {error}")
            if hurried:  # once more, where nobody waits behind it
                self.store.slow_down(attempt)
            else:
                self.store.unjudge(attempt)
        except WorkerUnfit as error:
            self.note_fault(str(error))
            self.store.give_back(attempt)
            self.ring()
            return
        except asyncio.CancelledError:
            self.store.give_back(attempt)
            raise
        else:
            if hurried and judged.limited:
                self.store.slow_down(attempt)
                self.ring()
                return
            self.store.finish(attempt, judged, time.time())
        self.on_done(attempt.id)
        self.ring()

    def note_fault(self, said: str) -> None:
        """Note what went wrong, for staff."""
        LOG.warning(said)
        self.faults[:] = [
            *self.faults[-99:],
            f"{time.strftime('%Y-%m-%d %H:%M:%S UTC', time.gmtime())}  {said}",
        ]
