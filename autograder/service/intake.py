"""Uploads that arrive together share one transaction.

Each is acknowledged once it is on the disk.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from .records import Attempt, Upload
from .store import Store

MOST_TOGETHER = 64


@dataclass
class Intake:
    """Hands uploads to the store, from one thread of its own."""

    store: Store
    _waiting: list[tuple[Upload, asyncio.Future[Attempt]]] = field(default_factory=list)
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "intake"))
    _task: asyncio.Task[None] | None = None

    async def hand_in(self, upload: Upload) -> Attempt:
        """Return the attempt that an upload is, once it is on the disk."""
        done: asyncio.Future[Attempt] = asyncio.get_running_loop().create_future()
        self._waiting.append((upload, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write())
        return await done

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            await self._together(batch)

    async def _together(self, batch: list[tuple[Upload, asyncio.Future[Attempt]]]) -> None:
        loop = asyncio.get_running_loop()
        try:
            attempts = await loop.run_in_executor(
                self._thread, self.store.hand_in, [upload for upload, _ in batch]
            )
        except Exception as error:  # of one of them, perhaps: then the others are kept all the same
            if len(batch) == 1:
                if not batch[0][1].done():
                    batch[0][1].set_exception(error)
                return
            for one in batch:
                await self._together([one])
            return
        for (_, done), attempt in zip(batch, attempts, strict=True):
            if not done.done():
                done.set_result(attempt)
