"""Which notebook of an upload is whose, and which of several counts."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from ..class_file.model import CountedAttempt
from ..classroom.submissions import TIMESTAMP
from ..core.student_ids import is_notebook, notebook_stem, same
from .identify import Identify
from .platforms import Owner, Platform
from .zipped import ZipEntry, is_zip

MOST_ENTRIES = 500  # files of one student
# what systems leave behind
CLUTTER = re.compile(
    r"(^|/)(__MACOSX|\.ipynb_checkpoints)/|(^|/)(\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)$"
)


NO_NOTEBOOK = "it is no notebook"


@dataclass(frozen=True)
class Chosen:
    """A student's notebook that counts.

    Attributes:
        untimed: why its time of submission does not count, or nothing.
        look: those parts of the note that a person should see.
    """

    student: str
    entry: ZipEntry
    time: datetime.datetime | None
    note: str
    owner: Owner
    untimed: str = ""
    look: tuple[str, ...] = ()

    @property
    def students(self) -> tuple[str, ...]:
        """Return the ids of all whose work it is."""
        return self.owner.members or (self.student,)


@dataclass(frozen=True)
class PassedOver:
    """A file that is not taken, and why.

    Attributes:
        lost: whether something of a student's may be missing for it.
    """

    student: str
    entry: ZipEntry
    reason: str
    lost: bool = True


def choose(
    entries: Sequence[ZipEntry], platform: Platform, identify: Identify
) -> tuple[list[Chosen], list[PassedOver]]:
    """One notebook for each student, and all else that there is.

    Args:
        entries: of the archive.
        platform: how their paths are read.
        identify: says who of the class an owner is, and which of several uploads counts.
    """
    passed: list[PassedOver] = []
    candidates: dict[str, list[tuple[Owner, ZipEntry]]] = {}
    held: Counter[str] = Counter()
    crowded: dict[str, tuple[str, ZipEntry]] = {}
    for entry in entries:
        if CLUTTER.search(entry.path) or CLUTTER.search(entry.within):
            passed.append(PassedOver("", entry, "a system left it behind", lost=False))
            continue
        owner = identify.owner(platform, platform.owner(entry.path))
        held[same(owner.student)] += bool(owner.student)
        if held[same(owner.student)] > MOST_ENTRIES:
            crowded.setdefault(same(owner.student), (owner.student, entry))
            continue
        if platform.time_of(entry.path):
            passed.append(PassedOver(owner.student, entry, f"{platform.name} wrote it", lost=False))
            continue
        if _file(entry, owner) == TIMESTAMP:
            passed.append(
                PassedOver(
                    owner.student,
                    entry,
                    "a time that lies in the upload itself is not believed",
                    lost=False,
                )
            )
            continue
        notebook = is_notebook(_file(entry, owner))
        reason = entry.problem or owner.problem or ("" if notebook else NO_NOTEBOOK)
        if reason:
            may_be_work = (
                notebook or bool(owner.student) or bool(entry.problem) or is_zip(entry.path)
            )
            passed.append(PassedOver(owner.student, entry, reason, lost=may_be_work))
        else:
            candidates.setdefault(same(owner.student), []).append((owner, entry))
    chosen: list[Chosen] = []
    passed = [one for one in passed if same(one.student) not in crowded]
    for key, (student, entry) in crowded.items():
        reason = (
            f"expected at most {MOST_ENTRIES} files of one student, got {held[key]}; none is taken"
        )
        passed.append(PassedOver(student, entry, reason))
    for key, group in candidates.items():
        if key in crowded:
            continue
        one, others = _best(group, identify)
        chosen += one
        passed += others
    have = {same(one.student): one.entry.name for one in chosen}
    return chosen, [_beside(one, have) for one in passed]


def _beside(one: PassedOver, have: Mapping[str, str]) -> PassedOver:
    """Return a file that is no notebook is not missed where its student's notebook was taken."""
    taken = have.get(same(one.student), "") if one.student and one.reason == NO_NOTEBOOK else ""
    return replace(one, reason=f"{NO_NOTEBOOK}; {taken} was taken", lost=False) if taken else one


def _best(
    group: Sequence[tuple[Owner, ZipEntry]], identify: Identify
) -> tuple[list[Chosen], list[PassedOver]]:
    people = sorted({owner.person for owner, _ in group})
    if len(people) > 1 or len({owner.student for owner, _ in group}) > 1:
        reason = (
            f"{len(people)} people cannot be told apart by name ({', '.join(people[:4])}); "
            "give a --pattern that does, or a roster.csv"
        )
        return [], [PassedOver(owner.student, entry, reason) for owner, entry in group]
    named = [
        one
        for one in group
        if notebook_stem(_file(one[1], one[0])) == identify.assignment.casefold()
    ]
    ordered_by_platform = all(owner.attempt or identify.time(owner) for owner, _ in group)
    if (
        len(group) > 1
        and not ordered_by_platform
        and (not named or len({owner.number for owner, _ in group}) > 1)
    ):
        of = (
            "this group, and no time or number says which is later"
            if group[0][0].members
            else "this student"
        )
        reason = f"of {len(group)} notebooks of {of} none is called {identify.assignment}.ipynb"
        if named:
            reason = (
                f"{len(group)} members of {people[0]} uploaded a notebook, and no time says "
                "which is later"
            )
        return [], [PassedOver(owner.student, entry, reason) for owner, entry in group]
    ordered = sorted(named or group, key=lambda one: _later(one, identify))
    at = _counting(ordered, identify)
    owner, entry = ordered[at]
    together = [one for one, _ in ordered if _uploaded(one, identify) == _uploaded(owner, identify)]
    if len(together) > 1 and (not named or len({one.number for one in together}) > 1):
        reason = (
            f"{len(together)} notebooks of {people[0]} came at one time, and none is called "
            f"{identify.assignment}.ipynb"
            if not named
            else f"{len(together)} members of {people[0]} uploaded a notebook at one time"
        )
        return [], [PassedOver(owner.student, entry, reason) for owner, entry in group]
    time, untimed = identify.time(owner), identify.unread_time(owner)
    counts = {
        CountedAttempt.LAST: "the last",
        CountedAttempt.FIRST: "the first",
        CountedAttempt.LAST_IN_TIME: "the last in time",
    }[identify.attempt]
    notes = [
        owner.note,
        f"handed in {time:%Y-%m-%d %H:%M:%S} UTC" if time else "",
        untimed,
        "" if named else f"called {_file(entry, owner)}",
        f"{counts} of {len(ordered)}" if len(ordered) > 1 else "",
    ]
    beside = "the later one" if at == len(ordered) - 1 else "the one that counts"
    passed = [
        PassedOver(owner.student, one, f"{entry.name} is {beside}", lost=False)
        for owner, one in ordered
        if one is not entry
    ]
    passed += [
        PassedOver(owner.student, one, "another notebook", lost=False)
        for owner, one in group
        if named and (owner, one) not in named
    ]
    return [
        Chosen(
            owner.student,
            entry,
            time,
            "; ".join(note for note in notes if note),
            owner,
            untimed,
            tuple(filter(None, owner.note.split("; "))),
        )
    ], passed


def _counting(ordered: Sequence[tuple[Owner, ZipEntry]], identify: Identify) -> int:
    """Return which of several uploads counts, the earliest standing first."""
    if identify.attempt is CountedAttempt.FIRST:
        return 0
    in_time = [at for at, (owner, _) in enumerate(ordered) if identify.in_time(owner)]
    return (
        in_time[-1]
        if identify.attempt is CountedAttempt.LAST_IN_TIME and in_time
        else len(ordered) - 1
    )


def _uploaded(owner: Owner, identify: Identify) -> tuple[datetime.datetime | None, int]:
    """Return what one upload of a student has in common."""
    return identify.time(owner), owner.attempt


def _later(
    one: tuple[Owner, ZipEntry], identify: Identify
) -> tuple[str, int, tuple[int, ...], int]:
    owner, entry = one
    time = identify.time(owner)
    return time.isoformat() if time else "", owner.attempt, entry.when, entry.number


def _file(entry: ZipEntry, owner: Owner) -> str:
    return (
        PurePosixPath(entry.within).name
        if entry.within
        else owner.file or PurePosixPath(entry.path).name
    )
