"""The lanes on a Dask cluster: which workers there are, which of them may grade, and what happens
when one of them, or the scheduler, is away.

Each worker grades one attempt of the fast lane at a time. The slow lane has at most half of the
workers, and at least one; its processes run at low priority beside the fast lane's.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ..core.course import Course
from ..core.errors import UserError
from ..core.results import DEMANDED
from ..workers.cluster import connect, fresh_fingerprints, require_found, threads_of, verify
from .cluster_client import ClusterWorker, Expected, OwnKeys
from .cluster_worker import MODULE, ProcessKind
from .lanes import Lanes
from .records import State
from .worker_client import WorkerUnfit

if TYPE_CHECKING:
    from distributed import Client

LOG = logging.getLogger("autograder.service")
LOOK = 0.5  # s between two looks at which workers there are
ANSWER = 10.0  # s for the scheduler to say that
RECHECK = 15.0  # s until a worker that may not grade is tried again
AGAIN = 5.0  # s until a scheduler that does not answer is asked again
SLOW_NICE = 10


class _SchedulerLost(Exception):
    """The scheduler does not answer; what was under way waits again."""


@dataclass
class _Place:
    """A worker of the cluster, with what each lane makes of it."""

    address: str
    fast: ClusterWorker
    slow: ClusterWorker
    fit: bool = False


@dataclass
class Cluster:
    """A scheduler, as the server uses it.

    Attributes:
        address: of the scheduler.
        most: workers that it may use; all, if none.
        module: that grading processes run.
        expected: the fingerprint that an answer must have.
    """

    address: str
    most: int | None
    expected: Expected
    module: str = MODULE
    places: dict[str, _Place] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)  # by worker, the last fault
    client: Client | None = None

    async def run(self, lanes: Lanes, names: Sequence[str]) -> None:
        """Grade what waits, until cancelled; wait for the scheduler where it is away.

        Args:
            names: the assignments that each worker warms up for.
        """
        while True:
            client = self.client or await self._connected(lanes)
            try:
                await self._grade(client, lanes, names)
            except* _SchedulerLost:
                lanes.note_fault(f"the scheduler {self.address} does not answer; attempts wait")
            finally:
                self.client = None
                self.places.clear()
                with suppress(Exception):  # of a connection that is broken, of any kind
                    await asyncio.shield(asyncio.to_thread(client.close, timeout=2))

    async def _connected(self, lanes: Lanes) -> Client:
        while True:
            try:
                client = await asyncio.to_thread(connect, self.address)
            except UserError:
                await asyncio.sleep(AGAIN)
            else:
                LOG.info("the scheduler %s answers again", self.address)
                lanes.ring()
                return client

    async def _grade(self, client: Client, lanes: Lanes, names: Sequence[str]) -> None:
        alone = False
        async with asyncio.TaskGroup() as group:
            while True:
                threads = await self._threads(client)
                if not threads and not alone:
                    lanes.note_fault(f"the scheduler {self.address} has no worker; attempts wait")
                alone = not threads
                for address in self.places.keys() - threads.keys():
                    place = self.places.pop(address)
                    self.said.pop(address, None)
                    lanes.note_fault(f"the worker {address} has left the cluster")
                    await place.fast.end()
                    await place.slow.end()
                for address in threads.keys() - self.places.keys():
                    place = self.places[address] = self._place(client, address)
                    group.create_task(self._keep(place, threads[address], lanes, names))
                    may, may_slow = partial(self._may, place), partial(self._may_slow, place)
                    group.create_task(lanes.work(place.fast, State.WAITING, may))
                    group.create_task(lanes.work(place.slow, State.SLOW, may_slow))
                await asyncio.sleep(LOOK)

    async def _threads(self, client: Client) -> dict[str, int]:
        """Return the workers, with their numbers of threads."""
        if client.status != "running":
            raise _SchedulerLost
        try:
            async with asyncio.timeout(ANSWER):
                found = await asyncio.to_thread(client.nthreads, callback_timeout=ANSWER / 2)
        except Exception as error:  # of the connection, of any kind
            raise _SchedulerLost from error
        return dict(found)

    def _place(self, client: Client, address: str) -> _Place:
        walls = os.environ.get(DEMANDED)
        fast, slow = (
            ClusterWorker(client, address, ProcessKind(nice, walls, self.module), self.expected)
            for nice in (0, SLOW_NICE)
        )
        return _Place(address, fast, slow)

    async def _keep(self, place: _Place, threads: int, lanes: Lanes, names: Sequence[str]) -> None:
        """Warm a worker up, and have it grade as long as it is fit."""
        while not place.fast.ended:
            try:
                if threads != 1:
                    raise WorkerUnfit(threads_of(place.address, threads, self.address))
                able = [await lanes.warm(place.fast, name) for name in names]
                if names and not any(able):
                    raise WorkerUnfit(f"the worker {place.address} can grade no assignment")
            except WorkerUnfit as error:
                if self.said.get(place.address) != str(error) and not place.fast.ended:
                    lanes.note_fault(f"{error}; it gets no attempts until that has changed")
                self.said[place.address] = str(error)
                await asyncio.sleep(RECHECK)
                continue
            self.said.pop(place.address, None)
            place.fit = True
            LOG.info("the worker %s grades", place.address)
            lanes.ring()
            while place.fit and not place.fast.ended:
                await asyncio.sleep(LOOK)
            await asyncio.sleep(RECHECK)

    def _fit(self) -> list[str]:
        found = sorted(address for address, one in self.places.items() if one.fit)
        return found[: self.most]

    def _may(self, place: _Place) -> bool:
        """Return whether a worker may take an attempt of the fast lane."""
        self._put_aside(place)
        return place.address in self._fit()

    def _may_slow(self, place: _Place) -> bool:
        self._put_aside(place)
        fit = self._fit()
        return place.address in fit[: max(1, len(fit) // 2)]

    def _put_aside(self, place: _Place) -> None:
        """Note that a worker has given an answer that does not count."""
        if place.fast.unfit or place.slow.unfit:
            place.fast.unfit = place.slow.unfit = place.fit = False


def open_cluster(course: Course, address: str, most: int | None, names: Sequence[str]) -> Cluster:
    """Connect to a cluster whose workers have what this machine has.

    Raises:
        UserError: there is no scheduler or no worker, or a worker differs; the message says which,
            and in what. Or only an option names the course, so that no worker finds it.
    """
    require_found(course)
    client = connect(address)
    try:
        wanted = fresh_fingerprints(names)
        verify(client, address, wanted, fresh_fingerprints)
    except BaseException:
        client.close(timeout=2)
        raise
    return Cluster(address, most, OwnKeys(course).expected, client=client)
