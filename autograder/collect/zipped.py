"""One zip, none of which is trusted: its list of entries, with what speaks against each, and their
contents, read in pieces up to a limit.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from ..core.sanitize import visible
from ..grading.repair import MAX_FILE

DIRECTORY = 8 << 20  # bytes of a zip's list of entries
PIECE = 1 << 20  # bytes that are read at once
LONGEST = 500  # characters of an entry's path
INNER_BYTES = 50 << 20  # of a zip within the zip
PACKED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
STRANGE = "it is packed in another way than a zip's usual one"
HEADER = 30  # bytes before an entry's name and data, at least
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
)


@dataclass(frozen=True)
class ZipEntry:
    """A file in an archive.

    Attributes:
        path: where it lies in the upload.
        within: where it lies in the zip of that path, or nothing if it is that file itself.
        number: its place in the archive's list.
        size: in bytes, as declared.
        when: its own time as year, month, day, hour, minute, second of no known time zone; good for
            nothing but an order.
        problem: why it cannot be taken, or nothing.
    """

    path: str
    within: str
    number: int
    size: int
    when: tuple[int, ...]
    problem: str = ""

    @property
    def name(self) -> str:
        return self.path + (f" › {self.within}" if self.within else "")


class _Bounded:
    """A file of which nobody reads very much at once, whatever it says of itself."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(
            DIRECTORY + 1 if size is None or size < 0 else min(size, DIRECTORY + 1)
        )
        if len(data) > DIRECTORY:
            raise zipfile.BadZipFile(f"its list of entries has more than {DIRECTORY >> 20} MB")
        return data


def opened(file: IO[bytes]) -> zipfile.ZipFile:
    """Return a zip, as far as its list of entries can be read; raises one of `BROKEN`."""
    return zipfile.ZipFile(_Bounded(file))  # all of a file that it uses


def entries(archive: zipfile.ZipFile) -> Iterator[ZipEntry]:
    """All files in a zip; folders are none."""
    overlapping = _overlapping(archive)
    for number, info in enumerate(archive.filelist):
        path = _path(info)
        if path.endswith("/") and not info.file_size:
            continue
        problem = _problem(info, path) or (
            "it shares its bytes with another entry" if number in overlapping else ""
        )
        yield ZipEntry(path, "", number, info.file_size, info.date_time, problem)


def _problem(info: zipfile.ZipInfo, path: str) -> str:
    kind, most = stat.S_IFMT(info.external_attr >> 16), INNER_BYTES if is_zip(path) else MAX_FILE
    if info.flag_bits & 1:
        return "it is encrypted"
    if kind not in (0, stat.S_IFREG):
        return "it is a link or another special file"
    if info.compress_type not in PACKED:
        return STRANGE
    if info.file_size > most:
        return (
            f"it has {info.file_size / 2**20:.0f} MB, where at most {most >> 20} MB were expected"
        )
    if len(path) > LONGEST:
        return f"its path has {len(path)} characters, where at most {LONGEST} were expected"
    if info.filename != info.orig_filename or visible(path) != path:
        return "its name holds characters that are not seen"
    if (
        path.startswith("/")
        or re.match(r"[A-Za-z]:", path)
        or {"", ".", ".."} & set(path.split("/"))
    ):
        return "its path leads elsewhere"
    return ""


def _path(info: zipfile.ZipInfo) -> str:
    """Return an entry's path; many tools write UTF-8 and do not say so, which is then read as code
    page 437.
    """
    name = info.orig_filename
    if not info.flag_bits & 0x800 and not name.isascii():
        with suppress(UnicodeError):
            name = name.encode("cp437").decode()
    return name.replace("\\", "/")


def _overlapping(archive: zipfile.ZipFile) -> frozenset[int]:
    """Return the entries whose bytes also are another's: a bomb is made so."""
    ordered = sorted(
        range(len(archive.filelist)), key=lambda number: archive.filelist[number].header_offset
    )
    found, end, last = set(), 0, -1
    for number in ordered:
        info = archive.filelist[number]
        if info.header_offset < end:
            found |= {number, last}
        if (reach := info.header_offset + HEADER + info.compress_size) > end:
            end, last = reach, number
    return frozenset(found)


def content(archive: zipfile.ZipFile, number: int, most: int) -> bytes:
    """Return an entry's content, of at most so many bytes; raises one of `BROKEN`."""
    info, pieces, length = archive.filelist[number], [], 0
    if info.compress_type not in PACKED:  # LZMA would take as much memory as the entry asks for
        raise NotImplementedError(STRANGE)
    with archive.open(info) as file:
        while piece := file.read(PIECE):
            pieces.append(piece)
            length += len(piece)
            if length > most:
                raise ValueError(f"it has more than {most >> 20} MB")
    if length != info.file_size:
        raise ValueError(f"it has {length} bytes, where the archive's list says {info.file_size}")
    return b"".join(pieces)


def is_zip(path: str) -> bool:
    """Whether a file is a zip, by its name."""
    return path.lower().endswith(".zip")
