"""A Dask scheduler and its workers as processes of this machine, for tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from autograder.core.roots import PROJECT, ROOT


def environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",  # KilledWorker at once; the pool tries again by itself
        "DASK_TEMPORARY_DIRECTORY": str(folder),
        ROOT: str(PROJECT),
        "OPENBLAS_NUM_THREADS": "1",
    }


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    with (folder / "log.txt").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments, "--no-dashboard"],
            cwd=folder,
            env=environment(folder),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def start_scheduler(folder: Path, address: str) -> subprocess.Popen[bytes]:
    port = address.rpartition(":")[2]
    return start(folder, "scheduler", "--host", "127.0.0.1", "--port", port)


def start_workers(folder: Path, address: str, number: int) -> subprocess.Popen[bytes]:
    """Workers whose nannies start them anew, each a process of its own."""
    return start(folder, "worker", address, "--nworkers", str(number), "--nthreads", "1")


def end(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)  # nannies and their workers as well
    process.wait()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_for_workers(address: str, folder: Path, number: int) -> None:
    from distributed import Client

    for _ in range(60):
        try:
            with Client(address, timeout=5, set_as_default=False) as client:
                if number:
                    client.wait_for_workers(number, timeout=60)
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError((folder / "log.txt").read_text()[-3000:])


def worker_pids(address: str) -> list[int]:
    from distributed import Client

    with Client(address, timeout=10, set_as_default=False) as client:
        alive = client.run(
            os.getpid, on_error="ignore"
        )  # one that was killed a moment ago may still be listed
        return sorted(alive.values())


def kill_a_worker(address: str) -> None:
    os.kill(worker_pids(address)[0], signal.SIGKILL)
