"""Grades on a Dask cluster: the same pure function as on one machine, run by workers elsewhere.

Dask passes Python objects by pickle, so scheduler and workers must be trusted, and nobody else may
reach them: who can send to the scheduler can run anything on its workers. Student code is confined
on a worker as it is here.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, InvalidStateError
from contextlib import contextmanager, suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from ..cache.fingerprint import differences, fingerprint
from ..core.course import Course
from ..core.errors import UserError
from ..core.results import DEMANDED
from ..core.roots import ROOT, find_root
from .pool import Executors

if TYPE_CHECKING:
    from distributed import Client

CONNECT = 10.0  # s, for a scheduler to answer
PATIENCE = 60.0  # s, without a worker or without the scheduler, before the command gives up
MOST_NAMED = 3  # differences, in a message
AGAIN = "what was graded is kept: run the command again"
Fingerprints = Mapping[str, dict[str, str]]  # by assignment


@contextmanager
def cluster(
    address: str, names: Sequence[str], patience: float = PATIENCE
) -> Iterator[tuple[Executors, int]]:
    """Connect to a cluster whose workers have what this machine has, and give executors on it and
    the number of its workers.

    Args:
        address: the scheduler's, `tcp://HOST:PORT` or `tls://HOST:PORT`.
        names: the assignments that are going to be graded.
        patience: seconds to wait for a worker, or for the scheduler to answer again.

    Raises:
        UserError: there is no scheduler or no worker, or a worker differs; the message says which,
            and in what.
    """
    wanted = {name: fingerprint(Course(), name) for name in names}
    client = connect(address)
    try:
        workers = verify(client, address, wanted)

        @contextmanager
        def executor(number: int) -> Iterator[Executor]:
            with _ClusterExecutor(client, address, wanted, patience) as made:
                yield made

        yield executor, workers
    finally:
        client.close(timeout=2)


def require_found(course: Course) -> None:
    """Require a course that workers find by themselves.

    Raises:
        UserError: only an option names it.
    """
    if course.root != find_root():
        raise UserError(
            f"--scheduler: workers grade the course that they find; name {course.root} by "
            f"${ROOT}, here and there"
        )


def connect(address: str) -> Client:
    """Return a client of a scheduler.

    Raises:
        UserError: there is none at the address; the message says what is.
    """
    try:
        from distributed import Client, Security
    except ImportError as error:
        raise UserError(
            f"--scheduler needs the package distributed ({error}); install it with: pip "
            "install '.[grade,scale]'"
        ) from error
    if not address.startswith(("tcp://", "tls://")) or not address.rpartition(":")[2].isdecimal():
        raise UserError(f"--scheduler {address}: tcp://HOST:PORT or tls://HOST:PORT was expected")
    if (
        address.startswith("tls://")
        and Security().get_connection_args("client")["ssl_context"] is None
    ):
        raise UserError(
            f"--scheduler {address}: Dask knows no certificate for this machine; see "
            "course/scale.md"
        )
    try:
        return Client(address, timeout=CONNECT, set_as_default=False)
    except Exception as error:  # each kind of connection has its own
        raise UserError(
            f"--scheduler {address}: no Dask scheduler answers there ({_first_line(error)})"
        ) from error


def fresh_fingerprints(names: Sequence[str]) -> Fingerprints:
    """Return what this process's files are now: for those who grade in processes of their own."""
    return {name: fingerprint(Course(), name) for name in names}


def verify(
    client: Client,
    address: str,
    wanted: Fingerprints,
    ask: Callable[[Sequence[str]], Fingerprints] | None = None,
) -> int:
    """Compare all workers with this machine, and return how many there are.

    Args:
        ask: what a worker answers with; its fingerprints as it was when first asked, if none.

    Raises:
        UserError: there is no worker, or one differs.
    """
    try:
        # one that was lost a moment ago may be starting anew
        client.wait_for_workers(1, timeout=CONNECT)
    except TimeoutError as error:
        raise UserError(
            f"--scheduler {address}: it has no workers; start some with: dask worker "
            f"{address} --nthreads 1"
        ) from error
    threads: dict[str, int] = client.nthreads()
    for worker, number in sorted(threads.items()):
        if number != 1:  # a grader is one thread's own
            raise UserError(threads_of(worker, number, address))
    answers = client.run(ask or _fingerprints, list(wanted), on_error="return")
    alive: dict[str, int] = client.nthreads()
    for worker, found in sorted(answers.items()):
        # it died as it was asked; what comes in its place is looked at before its first task
        if worker not in alive:
            continue
        if not isinstance(found, dict):
            raise UserError(
                f"the worker {worker} cannot load the autograder ({_first_line(found)}); "
                "install this project there"
            )
        _compare(worker, wanted, found)
    return max(1, len(alive))


def threads_of(worker: str, number: int, address: str) -> str:
    """Return what is said of a worker with too many threads."""
    return (
        f"the worker {worker} has {number} threads, where 1 was expected: dask "
        f"worker {address} --nthreads 1"
    )


def difference_of(worker: str, ours: Fingerprints, theirs: Fingerprints) -> str:
    """Return in what a worker differs from this machine, as a sentence; empty if in nothing."""
    found = list(
        dict.fromkeys(
            difference for name in ours for difference in differences(ours[name], theirs[name])
        )
    )
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    named = f"{'; '.join(found[:MOST_NAMED])}{more}"
    return f"the worker {worker} differs from this machine: {named}" if found else ""


def _compare(worker: str, ours: Fingerprints, theirs: Fingerprints) -> None:
    if found := difference_of(worker, ours, theirs):
        raise UserError(f"{found}. Update it and start it anew")


def _fingerprints(names: Sequence[str]) -> Fingerprints:
    """Of this process, as it was when first asked: what it has loaded stays loaded, whatever
    becomes of the files.
    """
    return {name: _fingerprint(name) for name in names}


@cache
def _fingerprint(name: str) -> dict[str, str]:
    return fingerprint(Course(), name)


def _run(
    wanted: Fingerprints, walls: str | None, function: Callable[..., Any], /, *args: Any
) -> Any:
    """Return what a worker runs: it may have joined after the others were looked at; `walls` are
    those that the command demands.
    """
    from distributed import get_worker

    _compare(get_worker().address, wanted, _fingerprints(list(wanted)))
    with _demanding(walls):
        return function(*args)


@contextmanager
def _demanding(walls: str | None) -> Iterator[None]:
    """Demands walls for one task of this process, which has one thread; the next may come from
    another command.
    """
    own = os.environ.get(DEMANDED)
    if walls:
        os.environ[DEMANDED] = walls
    try:
        yield
    finally:
        os.environ.pop(DEMANDED, None)
        if own is not None:
            os.environ[DEMANDED] = own


class _ClusterExecutor(Executor):
    """Dask's own executor, with fingerprints compared before each task, and an end to waiting for
    nobody.
    """

    def __init__(self, client: Client, address: str, wanted: Fingerprints, patience: float) -> None:
        self._client, self._address, self._wanted, self._patience = (
            client,
            address,
            wanted,
            patience,
        )
        self._executor: Executor = client.get_executor(pure=False)
        self._under_way: set[Future[Any]] = set()
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        from distributed.client import ClosedClientError

        ours: Future[Any] = Future()
        self._under_way.add(ours)
        ours.add_done_callback(self._under_way.discard)
        try:
            theirs = self._executor.submit(
                _run, self._wanted, os.environ.get(DEMANDED), partial(fn, **kwargs), *args
            )
        except ClosedClientError as error:  # Dask has given the scheduler up
            raise UserError(self._lost()) from error
        theirs.add_done_callback(partial(self._hand_over, ours))
        return ours

    def _lost(self) -> str:
        return f"the connection to {self._address} was lost; {AGAIN}"

    def _hand_over(self, ours: Future[Any], theirs: Future[Any]) -> None:
        fault = UserError(self._lost()) if theirs.cancelled() else theirs.exception()
        if isinstance(fault, ImportError):
            fault = UserError(
                f"a worker cannot load the autograder ({_first_line(fault)}); install "
                "this project there"
            )
        with suppress(InvalidStateError):  # it was given up
            ours.set_result(theirs.result()) if fault is None else ours.set_exception(fault)

    def _watch(self) -> None:
        seen, trouble = time.monotonic(), ""
        while not self._over.wait(min(2.0, self._patience / 4)):
            try:
                trouble = (
                    ""
                    if self._client.nthreads(callback_timeout=self._patience)
                    else "has had no worker"
                )
            except Exception:  # of the connection, of any kind
                trouble = "has not answered"
            seen = seen if trouble else time.monotonic()
            if time.monotonic() - seen > self._patience:
                for future in list(self._under_way):
                    with suppress(InvalidStateError):
                        future.set_exception(
                            UserError(
                                f"the scheduler {self._address} {trouble} for "
                                f"{self._patience:g} s; {AGAIN}"
                            )
                        )

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._over.set()
        self._watcher.join()


def _first_line(error: object) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
