"""A server in a thread of this process, for tests, and lanes that grade at once."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from autograder.cache.serialize import packed, plain
from autograder.core.results import Certainty, Hint, Submission
from autograder.grading.question_report import write_report
from autograder.service.records import AttemptResult, State
from autograder.service.store import Store

from .fake_grading import graded


@dataclass
class AtOnce:
    """In the place of the lanes: grades what waits as soon as something comes, by what stands in it."""

    store: Store
    reference: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def ring(self) -> None:
        while attempt := self.store.claim(State.WAITING, time.time()):
            content = self.store.content(attempt.digest)
            made = graded(Submission(attempt.name, content), attempt.seed)
            hinted = tuple(
                replace(one, hints=(Hint("known", "A hint.", (f"{one.id}.all",), Certainty.FACT),))
                if one.score == 0
                else one
                for one in made.questions
            )
            made = replace(made, questions=hinted)
            write_report(made)
            marks, notebook = packed(plain(made, {})), packed(made.notebook)
            self.store.finish(
                attempt,
                AttemptResult("print", made.score, made.max_score, 0.1, marks, notebook),
                time.time(),
            )


@contextmanager
def listening(*applications: Application) -> Iterator[tuple[int, ...]]:
    """Serves applications on loopback, each on a free port, and gives the ports."""
    loop = asyncio.new_event_loop()
    sockets = [bind_sockets(0, "127.0.0.1") for _ in applications]

    async def start() -> list[HTTPServer]:
        servers = []
        for one, where in zip(applications, sockets, strict=True):
            servers.append(HTTPServer(one))
            servers[-1].add_sockets(where)
        return servers

    async def stop(servers: list[HTTPServer]) -> None:
        for server in servers:
            server.stop()
            await server.close_all_connections()
        left = asyncio.all_tasks() - {asyncio.current_task()}  # connections just being taken
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    servers = asyncio.run_coroutine_threadsafe(start(), loop).result()
    try:
        yield tuple(one[0].getsockname()[1] for one in sockets)
    finally:
        asyncio.run_coroutine_threadsafe(stop(servers), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
