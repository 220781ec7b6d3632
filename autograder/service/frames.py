"""Messages between the server and a worker: a length, then plain data as JSON."""

from __future__ import annotations

import json
import struct
from typing import IO, Any

HEAD = struct.Struct("!I")


def read_frame(file: IO[bytes]) -> dict[str, Any] | None:
    """Return the next frame; None at the end, also where the sender ended within a frame."""
    head = file.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    (size,) = HEAD.unpack(head)
    body = file.read(size)
    return dict(json.loads(body)) if body and len(body) == size else None


def as_frame(message: dict[str, Any]) -> bytes:
    """Return a message as it crosses the pipe."""
    body = json.dumps(message).encode()
    return HEAD.pack(len(body)) + body
