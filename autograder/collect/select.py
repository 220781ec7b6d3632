"""Which notebook of an upload is whose, and which of several counts."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from ..classroom.submissions import TIMESTAMP, parse_time
from ..core.student_ids import is_notebook, notebook_stem, same
from .platforms import Owner, Platform
from .zipped import Entry

MOST_ENTRIES = 500  # files of one student
CLUTTER = re.compile(
    r"(^|/)(__MACOSX|\.ipynb_checkpoints)/|(^|/)(\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)$"
)  # what systems leave behind


NO_NOTEBOOK = "it is no notebook"


@dataclass(frozen=True)
class Chosen:
    """A student's notebook that counts."""

    student: str
    entry: Entry
    time: datetime.datetime | None
    note: str


@dataclass(frozen=True)
class Passed:
    """A file that is not taken, and why.

    Attributes:
        lost: whether something of a student's may be missing for it.
    """

    student: str
    entry: Entry
    reason: str
    lost: bool = True


def choose(entries: Sequence[Entry], platform: Platform, assignment: str) -> tuple[list[Chosen], list[Passed]]:
    """One notebook for each student, and all else that there is.

    Args:
        entries: of the archive.
        platform: how their paths are read.
        assignment: whose name the notebooks should have.
    """
    passed: list[Passed] = []
    candidates: dict[str, list[tuple[Owner, Entry]]] = {}
    held: Counter[str] = Counter()
    crowded: dict[str, tuple[str, Entry]] = {}
    for entry in entries:
        if CLUTTER.search(entry.path) or CLUTTER.search(entry.within):
            passed.append(Passed("", entry, "a system left it behind", lost=False))
            continue
        owner = platform.owner(entry.path)
        held[same(owner.student)] += bool(owner.student)
        if held[same(owner.student)] > MOST_ENTRIES:
            crowded.setdefault(same(owner.student), (owner.student, entry))
            continue
        if _file(entry) == TIMESTAMP:
            passed.append(Passed(owner.student, entry, "a time that lies in the upload itself is not believed", lost=False))
            continue
        reason = entry.problem or owner.problem or ("" if is_notebook(_file(entry)) else NO_NOTEBOOK)
        if reason:
            passed.append(Passed(owner.student, entry, reason))
        else:
            candidates.setdefault(same(owner.student), []).append((owner, entry))
    chosen: list[Chosen] = []
    passed = [one for one in passed if same(one.student) not in crowded]
    for key, (student, entry) in crowded.items():
        reason = f"expected at most {MOST_ENTRIES} files of one student, got {held[key]}; none is taken"
        passed.append(Passed(student, entry, reason))
    for key, group in candidates.items():
        if key in crowded:
            continue
        one, others = _best(group, assignment)
        chosen += one
        passed += others
    have = {same(one.student): one.entry.name for one in chosen}
    return chosen, [_beside(one, have) for one in passed]


def _beside(one: Passed, have: Mapping[str, str]) -> Passed:
    """A file that is no notebook is not missed where its student's notebook was taken."""
    taken = have.get(same(one.student), "") if one.student and one.reason == NO_NOTEBOOK else ""
    return replace(one, reason=f"{NO_NOTEBOOK}; {taken} was taken", lost=False) if taken else one


def _best(group: Sequence[tuple[Owner, Entry]], assignment: str) -> tuple[list[Chosen], list[Passed]]:
    people = sorted({owner.person for owner, _ in group})
    if len(people) > 1 or len({owner.student for owner, _ in group}) > 1:
        reason = f"{len(people)} people cannot be told apart by name ({', '.join(people[:4])}); give a --pattern that does"
        return [], [Passed(owner.student, entry, reason) for owner, entry in group]
    named = [one for one in group if notebook_stem(_file(one[1])) == assignment.casefold()]
    if not named and len(group) > 1 and not all(owner.attempt or parse_time(owner.time) for owner, _ in group):
        return [], [
            Passed(owner.student, entry, f"of {len(group)} notebooks of this student none is called {assignment}.ipynb")
            for owner, entry in group
        ]
    ordered = sorted(named or group, key=_later)
    owner, entry = ordered[-1]
    time = parse_time(owner.time)
    notes = [
        owner.note,
        f"handed in {time:%Y-%m-%d %H:%M:%S} UTC" if time else "",
        "" if named else f"called {_file(entry)}",
        f"the last of {len(ordered)}" if len(ordered) > 1 else "",
    ]
    passed = [Passed(owner.student, one, f"{entry.name} is the later one", lost=False) for owner, one in ordered[:-1]]
    passed += [Passed(owner.student, one, "another notebook", lost=False) for owner, one in group if named and (owner, one) not in named]
    return [Chosen(owner.student, entry, time, "; ".join(note for note in notes if note))], passed


def _later(one: tuple[Owner, Entry]) -> tuple[str, int, tuple[int, ...], int]:
    owner, entry = one
    time = parse_time(owner.time)
    return time.isoformat() if time else "", owner.attempt, entry.when, entry.number


def _file(entry: Entry) -> str:
    return PurePosixPath(entry.within or entry.path).name
