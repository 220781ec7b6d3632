"""Read what a platform itself wrote into an upload, beside the students' files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..classroom.submissions import BESIDE, MOST_BESIDE, TIMESTAMP
from ..core.errors import UserError
from .archive import Archive
from .platforms import Platform
from .zipped import ZipEntry


def filed_times(
    archive: Archive, platform: Platform, entries: Sequence[ZipEntry]
) -> dict[str, str]:
    """Return the times that the platform itself wrote into the upload, by owners' `attachment`; of
    two for one owner, none.
    """
    held: dict[str, list[str]] = {}
    for entry in entries:
        owner = platform.time_of(entry.path) if not entry.within and not entry.problem else ""
        if owner and entry.size <= MOST_BESIDE:
            try:
                text = archive.read(entry).decode(errors="replace")
            except UserError as error:
                text = str(error)
            held.setdefault(owner, []).append(platform.read_clock(text))
    return {owner: " and ".join(texts) for owner, texts in held.items()}


def secrets_beside(
    archive: Archive, by_path: Mapping[str, ZipEntry], entry: ZipEntry
) -> dict[str, bytes]:
    """Return what nbgrader's exchange put beside a notebook and needs to give feedback out."""
    folder, found = entry.path.rpartition("/")[0], dict[str, bytes]()
    for file in BESIDE:
        if (
            (one := by_path.get(f"{folder}/{file}")) is not None
            and one.size <= MOST_BESIDE
            and file != TIMESTAMP
        ):
            found[file] = archive.read(one)
    return found
