"""The walls of a submission whose zygote may make no namespaces: Landlock, a count of files, and an
end with the zygote. Runs inside the sandbox.

One box of files serves one submission after another; it is emptied before and after each. Limits,
user id and filter are put up by `confine.py` as under all walls.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import shutil
import socket
import stat
import tempfile
from typing import Any

from . import confine, file_limit, landlock

FILES = 32  # that a submission may make; a notebook makes a few pictures


class WallsWithoutNamespaces:
    """The walls of one zygote's submissions.

    Attributes:
        version: Landlock's, 0 without it.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self.uid, self.box = settings["uid"], settings["box"]
        self._living: set[int] = set()
        self._left: dict[int, int] = {}  # files that may still be made, by listener
        self._listeners: dict[int, int] = {}  # by the process's number
        # of /dev/null, which this process and its submissions have open together
        self._flags = fcntl.fcntl(0, fcntl.F_GETFL)
        self.version, self._rules = 0, -1
        try:
            self.version = landlock.version()
        except OSError:
            if settings["landlock_needed"]:
                raise
        self._empty()
        file_limit.prepare()
        if self.version:
            self._rules = landlock.rules(
                settings["readable"],
                settings["listed"],
                settings["passable"],
                self.box,
                self.version,
            )

    # -- in the zygote

    def wait(self, control: socket.socket) -> None:
        """Answer submissions' questions until an order has come."""
        while True:
            asking = select.poll()
            for descriptor in (control.fileno(), *self._left):
                asking.register(descriptor, select.POLLIN)
            for descriptor, happened in asking.poll():
                if descriptor == control.fileno():
                    return
                if happened & select.POLLIN:
                    self._left[descriptor] = file_limit.answer_one(
                        descriptor, self._left[descriptor]
                    )
                else:  # nobody is left who could ask
                    self._forget(descriptor)

    def adapted(self, limits: dict[str, Any]) -> dict[str, Any]:
        """Return the limits as they are to be set here: a user's tasks are counted together, and
        files have no disk of their own.
        """
        tasks = limits["tasks"] + _tasks_of(os.getuid()) if self.uid is None else limits["tasks"]
        files = max(1, min(FILES, limits["files"]))
        return limits | {
            "tasks": tasks,
            "files": files,
            "file_size": min(limits["file_size"], limits["disk"] // files),
        }

    def begin(self) -> None:
        """Make the box ready for the next submission.

        Raises:
            ValueError: the last one still lives in it.
        """
        if self._living:
            raise ValueError("one submission at a time: the last one still lives")
        self._empty()
        for folder in (self.box, self.work):
            os.makedirs(folder, 0o700, exist_ok=True)
            if self.uid is not None:
                os.chown(folder, self.uid, self.uid)
        fcntl.fcntl(0, fcntl.F_SETFL, self._flags)

    def began(self, pid: int, birth: socket.socket, limits: dict[str, Any]) -> str:
        """Take over the listener of a submission that has its walls; return what it says if it has
        none.
        """
        self._living.add(pid)
        said, descriptors, _, _ = socket.recv_fds(birth, 2000, 1)
        for descriptor in descriptors:
            self._left[descriptor], self._listeners[pid] = limits["files"], descriptor
        return (
            ""
            if said == b"+"
            else said.decode(errors="replace") or "it ended before it had its walls"
        )

    def end(self, pid: int) -> None:
        """Remove what a submission that has ended left."""
        self._living.discard(pid)
        if pid in self._listeners:
            self._forget(self._listeners.pop(pid))
        self._empty()

    def _forget(self, listener: int) -> None:
        if listener in self._left:
            del self._left[listener]
            os.close(listener)

    def _empty(self) -> None:
        """Empty the box by descriptors, since a path may be longer than the kernel takes; none of
        its owner's processes runs.
        """
        if not os.path.isdir(self.box):
            return
        box = os.open(self.box, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for _, folders, _, here in os.fwalk(".", dir_fd=box):
                for name in folders:
                    if stat.S_ISDIR(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode):
                        os.chmod(name, 0o700, dir_fd=here)
            for name in os.listdir(box):
                if stat.S_ISDIR(os.stat(name, dir_fd=box, follow_symlinks=False).st_mode):
                    shutil.rmtree(name, dir_fd=box)
                else:
                    os.unlink(name, dir_fd=box)
        finally:
            os.close(box)

    # -- in the submission's process

    @property
    def work(self) -> str:
        """The folder in which a submission's code begins."""
        return os.path.join(self.box, "work")

    @property
    def needed(self) -> set[int]:
        """The descriptors that a process needs until it has its walls."""
        return {self._rules} - {-1}

    def enter(self, zygote: int) -> None:
        """Bind this process's life to the zygote's and its reach to the box; it has given up its
        privileges before.
        """
        confine.end_with(zygote)
        os.chdir(self.work)
        tempfile.tempdir = self.box
        os.environ["HOME"] = self.work
        if self._rules >= 0:
            landlock.restrict(self._rules)
            os.close(self._rules)

    def count_files(self, birth: socket.socket) -> None:
        """Have new files counted by the zygote, and tell it that these walls stand."""
        listener = file_limit.ask_for_new_files()
        socket.send_fds(birth, [b"+"], [listener] if listener is not None else [])
        birth.close()
        if listener is not None:
            os.close(listener)


def _tasks_of(uid: int) -> int:
    """Return how many tasks a user has; where /proc does not tell, so many that the limit on memory
    is met before.
    """
    found = 0
    with contextlib.suppress(OSError):
        for name in filter(str.isdecimal, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                listed = os.stat(f"/proc/{name}/task")
                # a folder with one for each task, beside itself and its parent
                found += listed.st_nlink - 2 if listed.st_uid == uid else 0
    return found or 4096
