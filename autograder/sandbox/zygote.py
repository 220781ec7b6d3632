"""The warm process of one worker: loads everything once, then forks each submission into namespaces of its own.

It never runs a line of a student's code. It answers three orders on its control socket: `spawn` (with the submission's
channel as a passed descriptor), `kill`, and, by the socket's closing, the end. Runs inside the sandbox::

    python -I -B /grader/start.py CONTROL_FD '{"uid": …, "max_frame": …}'
"""

from __future__ import annotations

import gc
import json
import os
import random
import signal
import socket
import sys
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.random

from . import confine
from .channel import Channel, ChannelClosed
from .loops import Loops
from .serve import Server
from .shell import CellShell, Outputs, make_shell


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    settings = json.loads(sys.argv[2])
    outputs = Outputs()
    shell = make_shell(outputs)
    _warm(shell)
    gc.collect()
    gc.freeze()  # so that the children's collections do not copy the shared pages
    confine.adopt_orphans()
    channel = Channel(control, 1 << 20)
    channel.send({"ready": True})
    while True:
        try:
            request = channel.receive()
        except ChannelClosed:
            return
        if request["op"] == "spawn":
            control.sendall(b"+")
            _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            channel.send(_spawn(shell, outputs, control, descriptors[0], settings, request["limits"]))
        else:
            channel.send(_reap(request["pid"]))


def _warm(shell: CellShell) -> None:
    import matplotlib.pyplot as plt
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
    shell.run_cell("1 + 1;", store_history=False)
    with suppress(ModuleNotFoundError):  # a course may have none
        import utils  # noqa: F401  what every notebook imports


def _spawn(
    shell: CellShell, outputs: Outputs, control: socket.socket, descriptor: int, settings: dict[str, Any], limits: dict[str, Any]
) -> dict[str, Any]:
    """Forks twice: a middle process makes the namespaces, and its child becomes the first process in them."""
    read, write = os.pipe()
    middle = os.fork()
    if middle == 0:
        try:
            os.close(read)
            control.close()
            confine.enter_namespaces()
            confine.mount_private(limits, settings["uid"])
            confine.close_devices()
            child = os.fork()
            if child == 0:
                os.close(write)
                _submission(shell, outputs, descriptor, settings, limits)
            os.write(write, str(child).encode())
        except BaseException as error:
            os.write(write, f"!{type(error).__name__}: {error}".encode()[:2000])
        finally:
            os._exit(0)
    os.close(write)
    os.close(descriptor)
    answer = os.read(read, 2000).decode()
    os.close(read)
    os.waitpid(middle, 0)
    return {"error": answer[1:] or "the fork failed"} if answer[:1] in ("", "!") else {"pid": int(answer)}


def _submission(shell: CellShell, outputs: Outputs, descriptor: int, settings: dict[str, Any], limits: dict[str, Any]) -> None:
    """The life of one submission's process; never returns."""
    try:
        os.setsid()  # or a signal to its own group would reach this zygote and bubblewrap, where they have the same user id
        null = os.open("/dev/null", os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        os.closerange(3, descriptor)
        os.closerange(descriptor + 1, 4096)
        confine.set_limits(limits)
        confine.drop_privileges(settings["uid"])
        os.mkdir("/tmp/work", 0o700)
        os.chdir("/tmp/work")
        confine.filter_system_calls()
        np.random.seed(int.from_bytes(os.urandom(4), "little"))  # or all submissions would draw the same numbers
        random.seed(os.urandom(16))
        loops = Loops()
        loops.watch()
        Server(shell, outputs, Channel(socket.socket(fileno=descriptor), settings["max_frame"]), limits, loops).run()
    except BaseException:
        os._exit(70)  # whatever it was, the trusted side sees the channel close
    finally:
        os._exit(0)


def _reap(pid: int) -> dict[str, Any]:
    """Kills a submission's first process, and with it all of its namespace, and tells what it used."""
    os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    return {"status": status, "cpu": usage.ru_utime + usage.ru_stime, "max_rss": usage.ru_maxrss * 1024}
