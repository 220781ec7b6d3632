"""What a picture in a notebook may ask of the browser that shows it, told from the picture's first
bytes.

A few kilobytes can claim a thousand million pixels, or thousands of frames, and a reader's browser
would try to hold them. Nothing is
decompressed here, nor by a library: Pillow, which would tell the size as well, unpacks two
megabytes of colour profiles to two gigabytes on the way.
"""

from __future__ import annotations

import binascii
import struct
from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any

from ...core.results import Finding, FindingKind, Notebook

PIXELS = 30_000_000  # of one picture: a photograph's; a browser takes four bytes for each
PIXELS_IN_ALL = 120_000_000  # of a notebook's pictures
CHARACTERS_IN_ALL = 16_000_000  # of a notebook's pictures, as base64
SCANS = 100  # of a JPEG, each of which goes over all of the pixels again
PARTS = 1_000  # that are looked at before a picture's size must have come
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# the markers of a JPEG after which its size stands
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


def screen(notebook: Notebook) -> list[Finding]:
    """Put a note in the place of each picture that no reader's browser should be asked to show.

    Args:
        notebook: repaired and run; its outputs and attachments are changed.
    """
    findings, pixels, characters = [], 0, 0
    for cell, bundle, mime in _pictures(notebook):
        text = bundle[mime]
        size, trouble, claims = _looked_at(text, mime)
        if not trouble and (
            pixels + size > PIXELS_IN_ALL or characters + len(text) > CHARACTERS_IN_ALL
        ):
            trouble = (
                f"the notebook's pictures together have more than {PIXELS_IN_ALL:,} pixels or "
                f"{CHARACTERS_IN_ALL // 1_000_000} MB"
            )
        if not trouble:
            pixels, characters = pixels + size, characters + len(text)
            continue
        bundle.clear()
        bundle["text/plain"] = f"A picture was left out: {trouble}."
        findings.append(
            Finding(
                FindingKind.PICTURE,
                cell["id"],
                f"A picture of the cell {cell['id']} is not shown: {trouble}.",
                staff=claims,
            )
        )
    return list(dict.fromkeys(findings))


def _pictures(notebook: Notebook) -> Iterator[tuple[dict[str, Any], dict[str, str], str]]:
    """Each picture's cell, the bundle of data that holds it, and its kind there."""
    for cell in notebook["cells"]:
        held = [output["data"] for output in cell.get("outputs", []) if "data" in output]
        for bundle in (*held, *cell.get("attachments", {}).values()):
            for mime in _KINDS:
                if mime in bundle:
                    yield cell, bundle, mime


def _looked_at(text: str, mime: str) -> tuple[int, str, bool]:
    """How many pixels a picture has, what speaks against showing it, and whether that is more than
    an accident.
    """
    name, read = _KINDS[mime]
    try:
        data = b64decode(text.replace("\n", ""), validate=True)
        width, height, frames, scans = read(data)
    except (binascii.Error, ValueError, struct.error, IndexError):
        return 0, f"its data are no {name}, or only the beginning of one", False
    if not 0 < width * height <= PIXELS:
        return 0, f"it has {width} × {height} pixels, where 1 to {PIXELS:,} were expected", True
    if frames > 1:
        return 0, f"it has {frames} frames, where one was expected", True
    if scans > SCANS:
        return 0, f"it is drawn {scans} times over, where at most {SCANS} were expected", True
    return width * height, "", False


def _png(data: bytes) -> tuple[int, int, int, int]:
    if not data.startswith(_SIGNATURE) or data[12:16] != b"IHDR":
        raise ValueError
    width, height = struct.unpack_from(">II", data, 16)
    at, frames = len(_SIGNATURE), 1
    for _ in range(PARTS):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IDAT":
            return width, height, frames, 1
        if kind == b"acTL":
            frames = max(frames, *struct.unpack_from(">I", data, at + 8))
        at += 12 + length
    raise ValueError


def _jpeg(data: bytes) -> tuple[int, int, int, int]:
    if not data.startswith(b"\xff\xd8\xff"):
        raise ValueError
    at = 2
    for _ in range(PARTS):
        mark, kind, length = struct.unpack_from(">BBH", data, at)
        if mark == kind == 0xFF:  # padding
            at += 1
            continue
        if mark != 0xFF or kind in (0xD8, 0xD9, 0xDA) or length < 2:
            raise ValueError
        if kind in _FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height, 1, data.count(b"\xff\xda")
        at += 2 + length
    raise ValueError


_KINDS: dict[str, tuple[str, Callable[[bytes], tuple[int, int, int, int]]]] = {
    "image/png": ("PNG", _png),
    "image/jpeg": ("JPEG", _jpeg),
}
