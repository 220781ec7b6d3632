"""Lays an upload out as `submitted/STUDENT/NN-name/NN-name.ipynb`; whatever was there before is
kept.

nbgrader's own `zip_collect` is not used: it extracts the whole archive, whatever its size, its
paths and its links, before it looks at names.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..class_file.reader import read_class
from ..class_file.roster import Roster, read_roster
from ..core.course import Course
from ..core.errors import UserError
from ..core.student_ids import is_notebook, same
from ..grading.repair.other_assignment import other_assignment
from ..grading.repair.reading import read_cells
from .archive import Archive
from .attendance import Attendance, attendance
from .find_worksheet import find_worksheet, given_worksheet
from .identify import Identify
from .manifest import Source, read_manifest, write_manifest
from .placing import FileFate, Place, Placement
from .platforms import Pattern, Platform, recognised
from .select import CLUTTER, Chosen, PassedOver, choose
from .written_beside import filed_times, secrets_beside


@dataclass(frozen=True)
class CollectResult:
    """What became of an upload.

    Attributes:
        platform: that it was read as from.
        files: all of them.
        nothing_from: the students, groups or folders from which nothing was taken.
        worksheet: Moodle's grading worksheet that was read, if one was.
        times: why no time of submission is known, and what to do, or nothing.
        attendance: who of the class has a notebook now.
    """

    platform: str
    files: tuple[Placement, ...]
    nothing_from: tuple[str, ...] = ()
    worksheet: Path | None = None
    times: str = ""
    attendance: Attendance = field(default_factory=Attendance)

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
        sheet = (
            given_worksheet(worksheet, platform, roster)
            if worksheet is not None
            else find_worksheet((path.parent, course.work), platform, entries, roster)
        )
        filed = filed_times(archive, platform, entries)
        identify = Identify(name, settings, roster, sheet, filed)
        chosen, passed = choose(entries, platform, identify)
        files = [_left(one) for one in passed]
        there, by_path = _there(course), {one.path: one for one in entries}
        for one in chosen:
            try:
                content = archive.read(one.entry)
                if other := other_assignment(content, course, name):
                    raise UserError(f"it is the notebook of {other}, not of {name}")
                secrets = secrets_beside(archive, by_path, one.entry) if platform.secret else {}
            except UserError as error:
                files.append(Placement(one.student, one.entry.name, FileFate.LEFT, str(error)))
                continue
            source = Source.of(one.entry, one.owner, platform.name, content, one.time)
            noted = _noted(one, content)
            for student in one.students:
                place = Place(course, name, student, identify, manifest, replace, dry)
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
    taken = {one.student for one in files if one.fate not in (FileFate.LEFT, FileFate.OLDER)}
    held = {path.parts[-3] for path in course.submitted.glob(f"*/{name}/*.ipynb")}
    left = {one.student for one in files if one.fate is FileFate.LEFT}
    return CollectResult(
        platform.name,
        tuple(sorted(files, key=lambda file: (file.student, file.name))),
        tuple(empty),
        sheet.path if sheet is not None else None,
        "" if any(one.time or one.untimed for one in chosen) else platform.times,
        attendance(name, settings, roster, taken | held, left),
    )


def _noted(one: Chosen, content: bytes) -> Chosen:
    """Return what was chosen, with a note if it cannot be read as a notebook: it is taken, so that
    nothing is lost.
    """
    trouble = read_cells(content)[1]
    return (
        dataclasses.replace(
            one,
            note="; ".join(filter(None, (one.note, f"NO NOTEBOOK: {trouble}"))),
            look=(*one.look, f"NO NOTEBOOK: {trouble}"),
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
