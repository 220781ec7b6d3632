"""Lays an upload out as `submitted/STUDENT/NN-name/NN-name.ipynb`; whatever was there before is
kept.

nbgrader's own `zip_collect` is not used: it extracts the whole archive, whatever its size, its
paths and its links, before it looks at names.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..class_file.model import CountedAttempt
from ..class_file.reader import read_class
from ..class_file.roster import Roster, read_roster
from ..class_file.worksheet import Worksheet, read_worksheet
from ..classroom.submissions import BESIDE, MOST_BESIDE, TIMESTAMP, read_regular, read_timestamp
from ..core.course import Course
from ..core.errors import UserError
from ..core.files import write_whole
from ..core.student_ids import is_notebook, same
from ..grading.repair.other_assignment import other_assignment
from ..grading.repair.reading import read_cells
from .archive import Archive
from .find_worksheet import find_worksheet
from .identify import Identify
from .manifest import Manifest, Source, read_manifest, write_manifest
from .platforms import Pattern, Platform, recognised
from .select import CLUTTER, Chosen, PassedOver, choose
from .zipped import ZipEntry

TIME = "%Y-%m-%d %H:%M:%S UTC"


class FileFate(StrEnum):
    """What became of a file."""

    TAKEN = "taken"
    REPLACED = "taken; what was there is kept aside"
    SAME = "was there already"
    OLDER = "not needed"
    LEFT = "LEFT OUT"


@dataclass(frozen=True)
class Placement:
    """One file of the upload, and what became of it.

    Attributes:
        untimed: why its time of submission does not count, or nothing.
    """

    student: str
    name: str
    fate: FileFate
    note: str = ""
    untimed: str = ""


@dataclass(frozen=True)
class CollectResult:
    """What became of an upload.

    Attributes:
        platform: that it was read as from.
        files: all of them.
        nothing_from: the students, groups or folders from which nothing was taken.
        worksheet: Moodle's grading worksheet that was read, if one was.
        times: why no time of submission is known, and what to do, or nothing.
    """

    platform: str
    files: tuple[Placement, ...]
    nothing_from: tuple[str, ...] = ()
    worksheet: Path | None = None
    times: str = ""

    @property
    def whole(self) -> bool:
        """Whether nothing of a student's was left out."""
        return not any(one.fate is FileFate.LEFT for one in self.files)


def collect(  # noqa: PLR0913  the options of the command
    course: Course,
    path: Path,
    name: str,
    pattern: str | None = None,
    *,
    worksheet: Path | None = None,
    replace: bool = False,
    dry: bool = False,
) -> CollectResult:
    """Take the notebooks of an assignment out of an upload.

    Args:
        course: whose `submitted/` they go to.
        path: the zip that the learning platform gave.
        name: of the assignment.
        pattern: how paths name students, where the platform is none that is known.
        worksheet: Moodle's grading worksheet of the assignment, which says who each participant is
            and when they submitted; without it, one beside the archive or in the class folder is
            taken.
        replace: whether the upload's notebook counts where another one is there and no time says
            which is later.
        dry: whether only to tell what would be done.

    Raises:
        UserError: the archive or the worksheet cannot be read, the pattern cannot be used, or a
            folder cannot be written.
    """
    settings, roster = read_class(course), read_roster(course)
    manifest, sources = read_manifest(course, name), dict[str, Source]()
    with Archive(path) as archive:
        entries = archive.entries()
        platform = (
            Pattern.given(pattern)
            if pattern
            else _recognised([one.path for one in entries], name, roster)
        )
        sheet = _worksheet(course, path, platform, entries, roster, worksheet)
        filed = _filed(archive, platform, entries)
        identify = Identify(name, settings, roster, sheet, filed)
        chosen, passed = choose(entries, platform, identify)
        files = [_left(one) for one in passed]
        there, by_path = _there(course), {one.path: one for one in entries}
        for one in chosen:
            try:
                content = archive.read(one.entry)
                if other := other_assignment(content, course, name):
                    raise UserError(f"it is the notebook of {other}, not of {name}")
                secrets = _secrets(archive, by_path, one.entry) if platform.secret else {}
            except UserError as error:
                files.append(Placement(one.student, one.entry.name, FileFate.LEFT, str(error)))
                continue
            source = Source.of(one.entry, one.owner, platform.name, content, one.time)
            noted = _noted(one, content)
            for student in one.students:
                place = _Place(course, name, student, identify, manifest, replace, dry)
                try:
                    files.append(place.put(noted, content, there, secrets))
                except UserError as error:
                    files.append(Placement(student, one.entry.name, FileFate.LEFT, str(error)))
                files[-1] = dataclasses.replace(files[-1], untimed=one.untimed)
                if files[-1].fate in (FileFate.TAKEN, FileFate.REPLACED, FileFate.SAME):
                    sources[student] = source
    if sources and not dry:
        write_manifest(course, name, manifest.with_sources(sources))
    have = {one.student for one in chosen}
    empty = sorted(
        {
            one.student or one.entry.path.partition("/")[0]
            for one in passed
            if one.lost and one.student not in have
        }
    )
    return CollectResult(
        platform.name,
        tuple(sorted(files, key=lambda file: (file.student, file.name))),
        tuple(empty),
        sheet.path if sheet is not None else None,
        "" if any(one.time or one.untimed for one in chosen) else platform.times,
    )


def _worksheet(  # noqa: PLR0913  what finds a file
    course: Course,
    archive: Path,
    platform: Platform,
    entries: Sequence[ZipEntry],
    roster: Roster | None,
    given: Path | None,
) -> Worksheet | None:
    """Return the grading worksheet that belongs to an upload, if there is one.

    Raises:
        UserError: it is none, the upload is not Moodle's, or several belong to it.
    """
    if given is None:
        owners = [platform.owner(one.path) for one in entries] if platform.worksheet else []
        return find_worksheet((archive.parent, course.work), owners, roster)
    if not platform.worksheet:
        raise UserError(
            f"--worksheet: expected an upload of Moodle, got one that was read as from "
            f"{platform.name}; leave it out"
        )
    return read_worksheet(given, roster)


def _filed(archive: Archive, platform: Platform, entries: Sequence[ZipEntry]) -> dict[str, str]:
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


def _secrets(
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


def _noted(one: Chosen, content: bytes) -> Chosen:
    """Return what was chosen, with a note if it cannot be read as a notebook: it is taken, so that
    nothing is lost.
    """
    trouble = read_cells(content)[1]
    return (
        dataclasses.replace(
            one, note="; ".join(filter(None, (one.note, f"NO NOTEBOOK: {trouble}")))
        )
        if trouble
        else one
    )


def _recognised(paths: Sequence[str], name: str, roster: Roster | None) -> Platform:
    work = [
        path
        for path in paths
        if (is_notebook(path) or path.lower().endswith(".zip")) and not CLUTTER.search(path)
    ]
    return recognised(work, name, roster)


def _left(one: PassedOver) -> Placement:
    return Placement(
        one.student, one.entry.name, FileFate.LEFT if one.lost else FileFate.OLDER, one.reason
    )


def _there(course: Course) -> dict[str, str]:
    """Return the folders that are there, by what a file system may take for the same name."""
    return (
        {same(folder.name): folder.name for folder in course.submitted.iterdir()}
        if course.submitted.is_dir()
        else {}
    )


@dataclass(frozen=True)
class _Place:
    """Where a student's notebook goes, and what decides whether it does."""

    course: Course
    name: str
    student: str
    identify: Identify
    manifest: Manifest
    replace: bool
    dry: bool

    def put(
        self, one: Chosen, content: bytes, there: Mapping[str, str], secrets: Mapping[str, bytes]
    ) -> Placement:
        """Write a notebook, and return what became of it.

        Raises:
            UserError: it cannot be put there; the message says why.
        """
        other = there.get(same(self.student), self.student)
        if other != self.student:
            raise UserError(
                f"there is a folder {other!r} already, which only differs in how it is "
                "written; rename one"
            )
        folder = self.course.submitted / self.student / self.name
        if any(part.is_symlink() for part in (self.course.submitted / self.student, folder)):
            raise UserError(f"{folder} is a link")
        target, fate = folder / f"{self.name}.ipynb", FileFate.TAKEN
        if os.path.lexists(target):
            if _bytes(target) == content:
                fate = FileFate.SAME
            elif reason := self._stays(one, folder):
                return Placement(self.student, one.entry.name, FileFate.OLDER, reason)
            else:
                fate = FileFate.REPLACED
        timed = os.path.lexists(folder / TIMESTAMP)
        if not self.dry:
            try:
                if fate is FileFate.REPLACED:
                    set_aside(self.course, folder)
                if fate is not FileFate.SAME:
                    write_whole(target, content)
                if one.time and not (fate is FileFate.SAME and timed):
                    write_whole(folder / TIMESTAMP, one.time.strftime(TIME).encode())
                for file, secret in secrets.items():
                    write_whole(folder / file, secret, 0o600)
            except OSError as error:
                raise UserError(f"{folder} cannot be written: {error.strerror}") from error
        return Placement(self.student, one.entry.name, fate, one.note)

    def _stays(self, one: Chosen, folder: Path) -> str:
        """Return why what is there counts, or nothing if the upload's notebook takes its place."""
        if self.replace:
            return ""
        before = read_timestamp(folder / TIMESTAMP)[0]
        held = self.manifest.attempt(self.student)
        later = (
            one.time > before
            if one.time and before and one.time != before
            else one.owner.attempt > held
            if one.owner.attempt and held and one.owner.attempt != held
            else None
        )
        if later is None:
            raise UserError(
                "another notebook is there, and no time says which is later; --replace "
                "takes this one, and keeps that one aside"
            )
        if not later:
            return "what is there was handed in later"
        if self.identify.attempt is CountedAttempt.FIRST:
            return "what is there was handed in first, and the first counts"
        due = self.identify.due(self.student)
        if (
            self.identify.attempt is CountedAttempt.LAST_IN_TIME
            and due
            and one.time
            and before
            and before <= due < one.time
        ):
            return "what is there was handed in in time, and the last in time counts"
        return ""


def _bytes(path: Path) -> bytes | None:
    try:
        return read_regular(path)
    except OSError:
        return None


def set_aside(course: Course, folder: Path) -> None:
    """Move a student's folder of this assignment out of the way, whole."""
    aside = course.replaced / folder.parent.name / folder.name
    aside.mkdir(parents=True, exist_ok=True)
    number = 1 + max((int(one.name) for one in aside.iterdir() if one.name.isdecimal()), default=0)
    folder.rename(aside / str(number))
