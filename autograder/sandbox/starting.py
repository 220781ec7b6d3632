"""Starts the process of a sandbox, and does not wait until it is warm.

This module imports little: who has the process started first loads the rest meanwhile.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..core.errors import NoSandbox
from ..core.limits import Limits
from ..core.results import Walls
from . import bare, bwrap, room
from .folder_permissions import expect_closed
from .launch import Launch
from .stage import Stage
from .walls import chosen, user_for

INSIDE = Path(__file__).resolve().parent
STARTERS = {
    Walls.NAMESPACES: "bubblewrap",
    Walls.ROOM: "Python in a root folder of its own",
    Walls.BARE: "Python under Landlock",
}
PATIENCE = 10.0  # s for a process that was killed to be gone


@dataclass(frozen=True)
class Place:
    """What a sandbox is started with.

    Attributes:
        limits: of a submission.
        utils: the course's package for notebooks.
        slot: of the worker, by which user ids are taken.
        file_overrides: files that have other content inside.
        asked: the walls that are demanded; without it, the first that can stand are put up.
        people: the class's folder, if there is one.
    """

    limits: Limits
    utils: Path
    slot: int = 0
    file_overrides: Mapping[Path, bytes] = field(default_factory=dict)
    asked: Walls | None = None
    people: Path | None = None


@dataclass(frozen=True)
class Started:
    """A sandbox's process, which may still be loading.

    Attributes:
        walls: those that it is started behind.
        process: bubblewrap's or Python's own.
        sock: the trusted side's end of the control socket.
        stage: the folder that it needs, if any.
    """

    walls: Walls
    process: subprocess.Popen[bytes]
    sock: socket.socket
    stage: Stage | None

    def end(self) -> str:
        """End the process, take away its folder, and return what it wrote to standard error."""
        self.sock.close()
        # bubblewrap's child, too, which waits for its parent at first: it would stay, and hold the
        # pipe open. Later it is in a group of its own, and ends as its socket is closed.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        try:
            told = self.process.communicate(timeout=PATIENCE)[1]
        except subprocess.TimeoutExpired:
            told = b""
        said = told.decode(errors="replace").strip()[-2000:]
        if self.stage is not None:
            self.stage.remove()
        return said


def start(place: Place) -> Started:
    """Start a process, which says on its control socket when it is ready.

    Raises:
        NoSandbox: this machine cannot confine student code, or the process does not start.
    """
    walls = chosen(place.asked)
    if walls == Walls.BARE and place.people is not None:
        expect_closed(place.people)
    stage = None if walls == Walls.NAMESPACES else Stage()
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            launch = _launch(place, walls, stage, theirs.fileno())
        except OSError as error:  # a full disk, say
            ours.close()
            if stage is not None:
                stage.remove()
            raise NoSandbox(f"{STARTERS[walls]} could not start the sandbox: {error}") from error
        process = subprocess.Popen(
            [*launch.command, json.dumps(launch.settings)],
            pass_fds=[theirs.fileno(), *launch.lent],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=launch.environment,
            cwd="/",
            process_group=0,
        )
    for descriptor in launch.lent:
        os.close(descriptor)
    return Started(walls, process, ours, stage)


def _launch(place: Place, walls: Walls, stage: Stage | None, control_fd: int) -> Launch:
    if stage is None:
        cache = bwrap.font_cache()
        lent = [os.open(cache, os.O_RDONLY)] if cache else []
        others = {path: _in_memory(content) for path, content in place.file_overrides.items()}
        command = bwrap.command(control_fd, INSIDE, place.utils, lent[0] if cache else None, others)
        settings = {
            "walls": walls,
            "uid": bwrap.sandbox_uid(place.slot),
            "max_frame": place.limits.frame,
            "path": ["/grader", "/course"],
        }
        return Launch(command, settings, dict(os.environ), [*lent, *others.values()])
    uid, frame = user_for(place.slot), place.limits.frame
    if walls == Walls.ROOM and uid is not None:
        return room.launch(
            stage.folder, control_fd, uid, frame, INSIDE, place.utils, place.file_overrides
        )
    return bare.launch(
        stage.folder, control_fd, uid, frame, INSIDE, place.utils, place.file_overrides
    )


def _in_memory(content: bytes) -> int:
    """Return a descriptor of a file that lies nowhere but in memory, open at its beginning."""
    descriptor = os.memfd_create("file_overrides")
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
