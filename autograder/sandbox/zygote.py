"""The warm process of one worker: loads everything once, then forks each submission into namespaces
of its own.

It never runs a line of a student's code. It answers three orders on its control socket: `spawn`
(with the submission's channel as a passed descriptor), `kill`, and, by the socket's closing, the
end. Runs inside the sandbox::

    python -I -B /grader/bootstrap.py CONTROL_FD '{"uid": …, "max_frame": …, "walls": …, …}'
"""

from __future__ import annotations

import gc
import os
import random
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.random

from . import confine
from .channel import Channel, ChannelClosed
from .loops import Loops
from .pid_namespaces import PidNamespaces
from .server import Server
from .shell import CellShell, Outputs, make_shell
from .wall_probe import probe_walls
from .without_namespaces import WallsWithoutNamespaces

Work = Callable[[dict[str, Any]], None]


def main(control_fd: int, settings: dict[str, Any]) -> None:
    """Load everything, and serve the control socket until it is closed."""
    control = socket.socket(fileno=control_fd)
    outputs = Outputs()
    shell = make_shell(outputs)
    _warm(shell)
    loops = Loops()
    loops.watch()
    confine.prepare_filter(alone=settings["walls"] == "namespaces")
    gc.collect()
    gc.freeze()  # so that the children's collections do not copy the shared pages
    walls = None
    spawn: Callable[..., dict[str, Any]]
    if settings["walls"] == "namespaces":
        confine.unshare_mounts()
        confine.close_devices()
        spawn = partial(_spawn, PidNamespaces())
    else:
        if settings["parent"]:
            confine.end_with(settings["parent"])
        walls = WallsWithoutNamespaces(settings)
        spawn = partial(_spawn_without_namespaces, walls)
    channel = Channel(control, 1 << 20)
    channel.send({"ready": True, "landlock": walls.version if walls else 0})
    while True:
        if walls:
            walls.wait(control)
        try:
            request = channel.receive()
        except ChannelClosed:
            return
        if request["op"] == "spawn":
            control.sendall(b"+")
            _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            begin = probe_walls if request["probe_walls"] else partial(_serve, loops)
            work = partial(begin, shell, outputs, descriptors[0], settings)
            channel.send(spawn(work, control, descriptors[0], settings, request["limits"]))
        else:
            channel.send(_reap(request["pid"]))
            if walls:
                walls.end(request["pid"])


def _warm(shell: CellShell) -> None:
    import matplotlib.pyplot as plt
    from matplotlib import font_manager
    from matplotlib_inline import backend_inline, config

    inline = config.InlineBackend.instance(parent=shell)
    inline.shell = shell
    shell.configurables.append(inline)  # type: ignore[arg-type]  # its list is declared too narrowly: IPython itself puts this there
    plt.switch_backend("module://matplotlib_inline.backend_inline")
    backend_inline.configure_inline_support(shell, "module://matplotlib_inline.backend_inline")
    figure, axes = plt.subplots()
    axes.plot([0, 1])
    axes.set_title("$x$")
    figure.canvas.draw()
    plt.close(figure)
    # else Matplotlib frees these fonts after each fork, at the cost of copied pages
    with suppress(AttributeError):  # another version may keep none
        getattr(font_manager, "_get_font").cache_clear()  # noqa: B009  no stub has it
    shell.run_cell("1 + 1;", store_history=False)
    with suppress(ModuleNotFoundError):  # a course may have none
        import utils  # noqa: F401  what every notebook imports


def _spawn(  # noqa: PLR0913  the namespaces, and what every set of walls takes
    namespaces: PidNamespaces,
    work: Work,
    control: socket.socket,
    descriptor: int,
    settings: dict[str, Any],
    limits: dict[str, Any],
) -> dict[str, Any]:
    """Fork the first process of a PID namespace, and wait until it has all of its walls but the
    filter of system calls, which would not let it say so.
    """
    ours, theirs = socket.socketpair()
    with ours:
        try:
            child = namespaces.fork()
        except OSError as error:
            theirs.close()
            os.close(descriptor)
            return {"error": f"{type(error).__name__}: {error}"}
        if child == 0:
            _submission(work, descriptor, settings, limits, theirs, (ours, control))
        theirs.close()
        os.close(descriptor)
        said = ours.recv(2000)
    if said == b"+":
        return {"pid": child}
    _reap(child)
    return {"error": said.decode(errors="replace") or "it ended before it had its walls"}


def _spawn_without_namespaces(  # noqa: PLR0913  the same, with walls
    walls: WallsWithoutNamespaces,
    work: Work,
    control: socket.socket,
    descriptor: int,
    settings: dict[str, Any],
    limits: dict[str, Any],
) -> dict[str, Any]:
    """Forks once, and waits until the child has all of its walls but the filter of system calls,
    which would not let it say so.
    """
    limits = walls.adapted(limits)
    try:
        walls.begin()
    except (OSError, ValueError) as error:
        os.close(descriptor)
        return {"error": f"{type(error).__name__}: {error}"}
    ours, theirs = socket.socketpair()
    zygote, child = os.getpid(), os.fork()
    if child == 0:
        _submission(work, descriptor, settings, limits, theirs, (ours, control), (walls, zygote))
    theirs.close()
    os.close(descriptor)
    with ours:
        said = walls.began(child, ours, limits)
    if said:
        _reap(child)
        walls.end(child)
    return {"error": said} if said else {"pid": child}


def _submission(  # noqa: PLR0913  what the process is to keep, and what it is to close
    work: Work,
    descriptor: int,
    settings: dict[str, Any],
    limits: dict[str, Any],
    birth: socket.socket,
    others: tuple[socket.socket, ...],
    apart: tuple[WallsWithoutNamespaces, int] | None = None,
) -> None:
    """Live the life of one submission's process; never return."""
    try:
        for other in others:
            other.close()
        if apart is None:
            confine.enter_namespaces()
            confine.mount_private(limits, settings["uid"])
        # or a signal to its own group would reach this zygote and bubblewrap, where they have the
        # same user id
        os.setsid()
        # a room may have no devices; a zygote's input is /dev/null
        null = 0 if apart else os.open("/dev/null", os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        kept = {descriptor, birth.fileno(), *(apart[0].needed if apart else ())}
        for before, after in pairwise([2, *sorted(kept), 4096]):
            os.closerange(before + 1, after)
        confine.set_limits(limits)
        confine.drop_privileges(settings["uid"])
        if apart:
            walls, zygote = apart
            walls.enter(zygote)
            walls.count_files(birth)
        else:
            os.mkdir("/tmp/work", 0o700)
            os.chdir("/tmp/work")
            birth.send(b"+")
            birth.close()
        confine.filter_system_calls(alone=apart is None)
        work(limits)
    except BaseException as error:
        if birth.fileno() >= 0:  # it is still there to say so
            birth.send(f"{type(error).__name__}: {error}".encode()[:2000])
        os._exit(70)  # whatever it was, the trusted side sees the channel close
    finally:
        os._exit(0)


def _serve(  # noqa: PLR0913  what was made before the fork, and what is the submission's own
    loops: Loops,
    shell: CellShell,
    outputs: Outputs,
    descriptor: int,
    settings: dict[str, Any],
    limits: dict[str, Any],
) -> None:
    # or all submissions would draw the same numbers
    np.random.seed(int.from_bytes(os.urandom(4), "little"))
    random.seed(os.urandom(16))
    loops.begin()
    Server(
        shell,
        outputs,
        Channel(socket.socket(fileno=descriptor), settings["max_frame"]),
        limits,
        loops,
    ).run()


def _reap(pid: int) -> dict[str, Any]:
    """Kills a submission's first process, and with it all of its namespace, and tells what it
    used.
    """
    os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    return {
        "status": status,
        "cpu": usage.ru_utime + usage.ru_stime,
        "max_rss": usage.ru_maxrss * 1024,
    }
