"""Forks processes of which each is the first in a PID namespace of its own. Runs inside the
sandbox.

`unshare` puts the caller's next children into a new namespace, and not the caller. So after each
fork the zygote goes back: `setns` on a descriptor of itself (Linux 5.8) has its next children begin
where it is. Where it has no rights in its own namespace, it moves into another one when it starts.
Where the kernel is older, a process between unshares, forks and ends.

No submission can begin in another one's namespace: each fork follows an `unshare`, which the kernel
denies (EINVAL) to a process that has not gone back. A zygote that cannot go back ends.
"""

from __future__ import annotations

import errno
import os

from . import confine


class Astray(Exception):
    """The zygote cannot go back to its own PID namespace."""


class PidNamespaces:
    """The namespaces of one zygote's submissions; it must have one thread only."""

    def __init__(self) -> None:
        self._zygote = _way_back()
        if self._zygote is None:
            confine.adopt_orphans()

    def fork(self) -> int:
        """Fork as `os.fork` does; the child is the first process in a new namespace.

        Raises:
            OSError: there is no child.
            Astray: this process must fork no more.
        """
        if self._zygote is None:
            return _fork_twice()
        confine.unshare_pids()
        child = -1
        try:
            child = os.fork()
        finally:
            if child != 0:
                _go_back(self._zygote)
        return child


def move_where_needed(control: int) -> None:
    """Go on in a PID namespace of this process's own, as its first process, where it could not go
    back to the present one; what stays here waits for its end.

    Bubblewrap that an ordinary user starts makes the PID namespace before the user namespace in
    which the zygote has its capabilities. Call this before much is loaded: it stays in memory
    twice.

    Args:
        control: the control socket's descriptor, which only the process that goes on keeps.
    """
    process = _descriptor_of_itself()
    if process is None:
        return
    try:
        needed = _denied(process)
    finally:
        os.close(process)
    if not needed:
        return
    try:
        confine.unshare_pids()
    except OSError:
        return  # the first submission's error says why
    child = os.fork()
    if child == 0:
        return
    os.close(control)
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _denied(process: int) -> bool:
    """Return whether this process lacks the right to go back; it has not left."""
    try:
        confine.go_back(process)
    except OSError as error:
        return error.errno == errno.EPERM
    return False


def _descriptor_of_itself() -> int | None:
    try:
        return os.pidfd_open(os.getpid())
    except (AttributeError, OSError):  # of Python or the kernel, it is too old
        return None


def _way_back() -> int | None:
    """Return a descriptor of this process by which it can go back, or None if it cannot."""
    zygote = _descriptor_of_itself()
    if zygote is None:
        return None
    try:
        confine.go_back(zygote)  # from where it has not left: is this allowed?
        confine.unshare_pids()
    except OSError:
        os.close(zygote)
        return None
    _go_back(zygote)
    return zygote


def _go_back(zygote: int) -> None:
    try:
        confine.go_back(zygote)
    except OSError as error:
        raise Astray(str(error)) from error


def _fork_twice() -> int:
    """Fork a process that unshares, forks and ends; its child becomes this process's, which adopts
    orphans.
    """
    read, write = os.pipe()
    between = os.fork()
    if between == 0:
        try:
            confine.unshare_pids()
            child = os.fork()
            answer = str(child)
        except BaseException as error:
            child, answer = -1, f"!{type(error).__name__}: {error}"
        if child == 0:
            os.close(read)
            os.close(write)
            return 0
        try:
            os.write(write, answer.encode()[:2000])
        finally:
            os._exit(0)
    os.close(write)
    answer = os.read(read, 2000).decode()
    os.close(read)
    os.waitpid(between, 0)
    if answer[:1] in ("", "!"):
        raise OSError(answer[1:] or "the fork failed")
    return int(answer)
