"""Messages over a socket, one at a time: length-prefixed msgpack frames, bounded before anything is
built of them.

This module is loaded on both sides of the pipe; it imports nothing of the project but `wire`.
"""

from __future__ import annotations

import itertools
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import msgpack

from .wire import MAX_ITEMS, MAX_NODES, WireError

_HEADER = struct.Struct("!I")


class ChannelClosed(Exception):
    """The other side has gone."""


class ChannelTimeout(Exception):
    """The other side did not answer in time."""


class Channel:
    """Length-prefixed msgpack frames over a stream socket.

    Attributes:
        received: the size of the last frame that came, in bytes.
    """

    def __init__(self, sock: socket.socket, max_frame: int) -> None:
        self.sock, self.max_frame, self.received = sock, max_frame, 0
        self._buffer = b""
        self._timeout = 0.0
        sock.setblocking(True)

    def send(self, message: dict[str, Any]) -> None:
        """Raise WireError if the frame is too large, ChannelTimeout or ChannelClosed if nobody
        takes it.
        """
        body = msgpack.packb(message, use_bin_type=True)
        if len(body) > self.max_frame:
            raise WireError(
                f"{len(body) / 1e6:.1f} MB, where at most {self.max_frame / 1e6:.0f} MB may cross"
            )
        try:
            self.sock.sendall(_HEADER.pack(len(body)) + body)
        except BlockingIOError as error:
            raise ChannelTimeout from error
        except OSError as error:
            raise ChannelClosed from error

    def set_timeout(self, seconds: float) -> None:
        """Lets the kernel end any single wait after so long: one system call a message, where
        select would take two.
        """
        seconds = max(seconds, 0.001)
        if 0.98 * self._timeout <= seconds <= self._timeout:
            return  # about as long as before, so no system call
        self._timeout = 1.01 * seconds
        whole, part = divmod(self._timeout, 1)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self.sock.setsockopt(
                socket.SOL_SOCKET, option, struct.pack("@ll", int(whole), int(part * 1e6))
            )

    def receive(self, deadline: float | None = None) -> dict[str, Any]:
        """Return the next message.

        Args:
            deadline: until when to wait (time.monotonic, s); a single wait may also end by
                `set_timeout`.

        Raises:
            WireError: it is no message.
            ChannelClosed: the other side has gone.
            ChannelTimeout: it did not come in time.
        """
        self._wait_for(_HEADER.size, deadline)
        (size,) = _HEADER.unpack_from(self._buffer)
        if size > self.max_frame:
            raise WireError(f"a frame of {size} bytes, where at most {self.max_frame} may cross")
        end = _HEADER.size + size
        self._wait_for(end, deadline)
        body = memoryview(self._buffer)[_HEADER.size : end]
        self._buffer = self._buffer[end:]
        self.received = size
        # a smaller frame has no room for so many: each takes a byte
        hook = _counted() if size > MAX_NODES else None
        try:
            message = msgpack.unpackb(
                body,
                raw=False,
                strict_map_key=True,
                max_array_len=MAX_ITEMS,
                max_map_len=64,
                max_ext_len=0,
                list_hook=hook,
                object_hook=hook,
            )
        except Exception as error:  # msgpack raises many kinds; each means the same here
            raise WireError("a frame that is not msgpack") from error
        if type(message) is not dict:
            raise WireError("a frame that is no message")
        return message

    def exactly(self, count: int, deadline: float | None = None) -> bytes:
        """Return the next `count` bytes; raises as `receive` does."""
        self._wait_for(count, deadline)
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def _wait_for(self, count: int, deadline: float | None) -> None:
        """Receive until so many bytes are here; raises as `receive` does."""
        parts, here = [self._buffer], len(self._buffer)
        try:
            while here < count:
                try:
                    part = self.sock.recv(max(count - here, 1 << 16))
                except BlockingIOError as error:
                    raise ChannelTimeout from error
                except (OSError, ValueError) as error:
                    raise ChannelClosed from error
                if not part:
                    raise ChannelClosed
                parts.append(part)
                here += len(part)
                # it may come in drips, each in time
                if deadline is not None and time.monotonic() > deadline:
                    raise ChannelTimeout
        finally:
            self._buffer = b"".join(parts)


def _counted() -> Callable[[Any], Any]:
    """Return a hook that lets pass so many containers and no more."""
    count = itertools.count()

    def counted(container: Any) -> Any:
        if next(count) > MAX_NODES:
            raise WireError("too many values")
        return container

    return counted
