"""Reads an uploaded zip without trusting any of it: nothing is unpacked, every size is bounded, and
what is odd is left out with a reason.

Its list is read first; an entry only once somebody asks for it. A zip within the zip is looked
into; one within that is not.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import TracebackType

from ..core.errors import UserError
from ..core.sanitize import visible
from ..grading.repair import MAX_FILE
from .zipped import BROKEN, INNER_BYTES, ZipEntry, content, entries, is_zip, opened

ENTRIES = 50_000
INNER_ENTRIES, INNER_ALL = 1000, 4 << 30  # entries of a zip within the zip; bytes of all of these
OTHERS = {
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf": "7-Zip",
    b"Rar!": "RAR",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
}


class Archive:
    """An uploaded zip; a context manager.

    Raises:
        UserError: it is no zip that can be read.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror}") from error
        try:
            self._zip = opened(self._file)
            if len(self._zip.filelist) > ENTRIES:
                raise UserError(
                    f"it holds {len(self._zip.filelist)} entries, where at most {ENTRIES} "
                    "were expected"
                )
        except BROKEN as error:
            kind = self._kind()
            self._file.close()
            raise UserError(
                f"{path} cannot be read as a zip: "
                f"{visible(str(error)) or type(error).__name__}{kind}"
            ) from error
        except UserError as error:
            self._file.close()
            raise UserError(f"{path}: {error}") from error
        self._inner = lru_cache(maxsize=1)(self._open_inner)

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()
        self._file.close()

    def entries(self) -> list[ZipEntry]:
        """All files, those in zips within the zip as well; folders are none."""
        found, spent = list[ZipEntry](), 0
        for entry in entries(self._zip):
            if entry.problem or not is_zip(entry.path):
                found.append(entry)
                continue
            spent += entry.size
            try:
                if spent > INNER_ALL:
                    raise ValueError(
                        f"the zips within the upload have more than {INNER_ALL >> 30} GB"
                    )
                inner = self._inner(entry.number)
                if len(inner.filelist) > INNER_ENTRIES:
                    raise ValueError(
                        f"it holds {len(inner.filelist)} entries, where at most "
                        f"{INNER_ENTRIES} were expected"
                    )
                found += [self._within(entry, one) for one in entries(inner)]
            except BROKEN as error:
                found.append(
                    replace(entry, problem=f"it cannot be read as a zip: {visible(str(error))}")
                )
        return found

    def read(self, entry: ZipEntry) -> bytes:
        """Return an entry's content.

        Raises:
            UserError: it cannot be read, or is not what the archive's list says.
        """
        try:
            if not entry.within:
                return content(self._zip, entry.number, MAX_FILE)
            outer, inner = divmod(entry.number, INNER_ENTRIES)
            return content(self._inner(outer), inner, MAX_FILE)
        except BROKEN as error:
            raise UserError(visible(str(error)) or type(error).__name__) from error

    def _within(self, outer: ZipEntry, inner: ZipEntry) -> ZipEntry:
        problem = inner.problem or (
            "it is a zip within a zip within the upload" if is_zip(inner.path) else ""
        )
        number = outer.number * INNER_ENTRIES + inner.number
        return replace(inner, path=outer.path, within=inner.path, number=number, problem=problem)

    def _open_inner(self, number: int) -> zipfile.ZipFile:
        return opened(io.BytesIO(content(self._zip, number, INNER_BYTES)))

    def _kind(self) -> str:
        self._file.seek(0)
        start = self._file.read(265)
        kinds = [kind for magic, kind in OTHERS.items() if start.startswith(magic)] or ["tar"] * (
            start[257:262] == b"ustar"
        )
        return (
            f"; it is a {kinds[0]} file: unpack it by itself, and pack the folder as a zip"
            if kinds
            else ""
        )
