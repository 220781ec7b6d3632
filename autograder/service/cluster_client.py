"""The server's side of one worker of a Dask cluster: sends it frames as tasks, and takes no answer
that was found with other files than this machine's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..cache.fingerprint import fingerprint
from ..cache.keys import Keys, keys
from ..core.course import Course
from ..workers.cluster import difference_of, fresh_fingerprints
from .cluster_worker import ProcessKind, answer
from .worker_client import WorkerClient, WorkerDied, WorkerUnfit

if TYPE_CHECKING:
    from distributed import Client, Future

ANSWER = 10.0  # s for a worker to say what its files are
Expected = Callable[[str], str]  # by assignment, the fingerprint that an answer must have


@dataclass
class OwnKeys:
    """What results on this machine would depend on, read again where a file has changed."""

    course: Course
    held: dict[str, Keys] = field(default_factory=dict)

    def expected(self, name: str) -> str:
        """Return the fingerprint of an assignment's results."""
        if name not in self.held or not self.held[name].still_hold():
            self.held[name] = keys(self.course, name, 0)
        return self.held[name].of(b"").whole


@dataclass
class ClusterWorker(WorkerClient):
    """One lane's use of a worker.

    Attributes:
        address: the worker's.
        kind: the process that it grades with.
        gone: is set when the worker has left the cluster.
        unfit: whether it has given an answer that does not count.
    """

    client: Client
    address: str
    kind: ProcessKind
    expected: Expected
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    unfit: bool = False

    async def _ask(self, assignment: str, asked: dict[str, Any], most: float) -> dict[str, Any]:
        try:
            told = await self._sent(asked | {"assignment": assignment}, most)
            if "died" in told:
                raise WorkerDied(f"{told['died']} from {self.address}")
            if "fingerprint" in told and told["fingerprint"] != await asyncio.to_thread(
                self.expected, assignment
            ):
                raise WorkerUnfit(await self._difference(assignment))
        except WorkerUnfit:
            self.unfit = True
            raise
        return told

    async def _sent(self, asked: dict[str, Any], most: float) -> dict[str, Any]:
        task = self.client.submit(
            answer, asked, most, self.kind,
            workers=[self.address], allow_other_workers=False, pure=False, retries=0,
        )  # fmt: skip
        try:
            done, gone = _done(task), asyncio.ensure_future(self.gone.wait())
            await asyncio.wait((done, gone), return_when=asyncio.FIRST_COMPLETED)
            gone.cancel()
            if not done.done():
                raise WorkerDied(f"{self.address} has left the cluster")
            return await self._answer(task)
        finally:
            task.release()

    async def _answer(self, task: Future[dict[str, Any]]) -> dict[str, Any]:
        if task.status == "finished":
            return await asyncio.to_thread(task.result)
        if task.status != "error":  # the scheduler was lost
            raise WorkerUnfit(f"the task of the worker {self.address} was {task.status}")
        error = await asyncio.to_thread(task.exception)
        if type(error).__name__ == "KilledWorker":
            raise WorkerDied(f"{self.address} has left the cluster")
        raise WorkerUnfit(f"the worker {self.address} cannot grade: {error!r:.200}")

    async def _difference(self, assignment: str) -> str:
        """Return in what the worker differs now; what it graded with may be older."""

        def found() -> str:
            theirs = self.client.run(fresh_fingerprints, [assignment], workers=[self.address])
            ours = {assignment: fingerprint(Course(), assignment)}
            return difference_of(self.address, ours, theirs[self.address])

        differs = ""
        with suppress(Exception):  # of the connection, of any kind
            async with asyncio.timeout(ANSWER):
                differs = await asyncio.to_thread(found)
        return differs or f"the worker {self.address} graded with other files than this machine's"

    async def end(self) -> None:
        """Send it nothing more."""
        self.ended = True
        self.gone.set()


def _done(task: Future[Any]) -> asyncio.Future[None]:
    """Return what is done when a task is, however it ended."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def resolve() -> None:
        if not done.done():
            done.set_result(None)

    def announce(_: object) -> None:
        with suppress(RuntimeError):  # the server has ended
            loop.call_soon_threadsafe(resolve)

    task.add_done_callback(announce)
    return done
