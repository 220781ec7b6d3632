"""Uploaded archives that nobody wrote: zips, with a zip in them, torn."""

from __future__ import annotations

import io
import random
import zipfile
from functools import cache

from .inputs import torn


def _zipped(entries: dict[str, bytes], method: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return file.getvalue()


@cache
def _archives() -> tuple[bytes, ...]:
    inner = _zipped(
        {"01-backprop.ipynb": b'{"cells": []}', "../up.ipynb": b"x" * 300}, zipfile.ZIP_DEFLATED
    )
    entries = {
        "ada/01-backprop.ipynb": b'{"cells": []}' * 9,
        "b\u00f6b/": b"",
        "bob/work.zip": inner,
        "/etc/x": b"x",
        "a\\b": b"\x00" * 999,
    }
    return tuple(
        _zipped(entries, method)
        for method in (
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
            zipfile.ZIP_BZIP2,
            zipfile.ZIP_LZMA,
        )
    )


def archive(dice: random.Random) -> bytes:
    """An archive, torn in a few places."""
    return torn(dice.choice(_archives()), dice)
