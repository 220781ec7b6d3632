"""Attacks on the browser of who looks at the results: pictures of few bytes that want much memory,
or are none.
"""

from __future__ import annotations

import base64
import struct
import zlib
from inspect import getsource
from typing import Any

from ...core.assignment import Assignment
from ..sample import Sample, as_bytes, parse
from .attack import own_cell

LARGE, LARGEST = 5_000, 65_500
WRITTEN = "gradients-written"


def part(kind: bytes, body: bytes) -> bytes:
    """Return a part of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def drawn(width: int, height: int) -> bytes:
    """Return the packed rows of a black PNG of two colours."""
    rows, row = zlib.compressobj(), bytes((width + 7) // 8 + 1)
    return b"".join(rows.compress(row) for _ in range(height)) + rows.flush()


def png(width: int, height: int, before: bytes = b"", after: bytes = b"") -> bytes:
    """Return a black PNG of two colours, with other parts before and after its rows."""
    head = part(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + before
        + part(b"IDAT", drawn(width, height))
        + after
        + part(b"IEND", b"")
    )


def moving(width: int, height: int, frames: int) -> bytes:
    """Return a black PNG of several frames."""
    timing = struct.pack(">IIIIHHBB", width, height, 0, 0, 1, 100, 0, 0)
    rows = drawn(width, height)
    first = part(b"acTL", struct.pack(">II", frames, 0)) + part(
        b"fcTL", struct.pack(">I", 0) + timing
    )
    more = [
        part(b"fcTL", struct.pack(">I", 2 * number - 1) + timing)
        + part(b"fdAT", struct.pack(">I", 2 * number) + rows)
        for number in range(1, frames)
    ]
    return png(width, height, first, b"".join(more))


DRAWN = f"""
import base64, struct, zlib
from IPython.display import display

{getsource(part)}
{getsource(drawn)}
{getsource(png)}
def show(data, kind="image/png"):
    display({{kind: base64.b64encode(data).decode(), "text/plain": "a picture"}}, raw=True)
"""


def jpeg(width: int, height: int, scans: int = 1) -> bytes:
    """Return a grey progressive JPEG, which goes over all of its blocks so many times more without
    changing any.
    """
    blocks = -(-width // 8) * -(-height // 8)
    head = b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    head += b"\xff\xdb" + struct.pack(">HB", 67, 0) + bytes([1] * 64)
    head += b"\xff\xc2" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\0"
    # in each table one code, a single 0: the same again; 16,384 blocks without anything
    for kind, symbol in (
        (0x00, 0),
        (0x10, 0xE0),
    ):
        head += b"\xff\xc4" + struct.pack(">HB", 20, kind) + b"\x01" + bytes(15) + bytes([symbol])
    scan = b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\x01\0"
    first = scan + b"\0\0\0" + bytes(blocks // 8 + 1)
    return (
        head
        + first
        + (scan + b"\x01\x3f\0" + bytes(15 * (blocks // 16_384 + 1) // 8 + 1)) * scans
        + b"\xff\xd9"
    )


def _pasted(assignment: Assignment) -> bytes:
    pictures = {
        "bomb.png": ("image/png", png(LARGEST, LARGEST // 10)),
        "bomb.jpg": ("image/jpeg", jpeg(LARGEST, LARGEST)[:1000]),
        "again.jpg": ("image/jpeg", jpeg(LARGE, LARGE, 5_000)),
        "moving.png": ("image/png", moving(300, 300, 2_000)),
        "moving.gif": ("image/png", b"GIF89a" + bytes(20)),
        "cut.png": ("image/png", png(9, 9)[:30]),
        "drawn.svg": (
            "image/png",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'></svg>",
        ),
        **{f"large{number}.png": ("image/png", png(LARGE, LARGE)) for number in range(40)},
    }
    notebook = assignment.solved(
        {WRITTEN: "\n".join(f"![{name}](attachment:{name})" for name in pictures)}
    )
    cell: dict[str, Any] = next(cell for cell in notebook["cells"] if cell["id"] == WRITTEN)
    cell["attachments"] = {
        name: {mime: base64.b64encode(data).decode()} for name, (mime, data) in pictures.items()
    }
    return as_bytes(notebook)


PICTURES = [
    Sample(
        "pasted-bombs",
        "Pastes pictures into an answer that a browser would need gigabytes for, or draw "
        "thousands of times, and some that are none.",
        _pasted,
        findings=parse(f"picture {WRITTEN}"),
    ),
    own_cell(
        "shown-bombs",
        "Shows pictures that a browser would need gigabytes for, and what is no picture "
        "under a picture's name.",
        DRAWN
        + """
show(png(65_500, 655))
show(png(8, 8, part(b"acTL", struct.pack(">II", 100_000, 0))))
show(png(8, 8)[:30])
show(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'></svg>")
show(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'></svg>", "image/svg+xml")
show(b"GIF89a" + bytes(20))
large = png(5_000, 5_000)
for number in range(40): show(large)
""",
        "picture OWN",
    ),
]
