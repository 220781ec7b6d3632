"""What is left to do for a class: whose results are not, or not any more, what gradebook, notebooks
and pages say.

Nothing is believed because it was done once. A student is settled if the submission is the one that
was graded, if all that its result depends on is as it was, if the gradebook still holds what was
recorded, and if the files are those that were written.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..cache.keys import Keys, digest, keys, stamp, written_by
from ..cache.store import Cache, Note
from ..core.assignment import Assignment, load_assignment
from ..core.course import Course, did_you_mean
from ..core.errors import UserError
from ..core.sanitize import visible
from ..gradebook.reader import Standing, gradebook, place
from ..gradebook.structure import structure_of
from .submissions import SubmittedNotebook, find_submissions, timestamp_text

LOG = logging.getLogger(__name__)

CONFIG = "nbgrader_config.py"


@dataclass(frozen=True)
class Plan:
    """What is left to do for an assignment.

    Attributes:
        name: of the assignment.
        seed: of the hidden inputs.
        keys: of the results.
        left: who is to be graded or written down.
        settled: how many others there are.
        everybody: whether nobody was left out.
        feedback: whether pages are to be written.
        ungraded: a sentence on each submission that cannot be graded.
    """

    name: str
    seed: int
    keys: Keys
    left: tuple[SubmittedNotebook, ...]
    settled: int
    everybody: bool
    feedback: bool
    ungraded: tuple[str, ...] = ()


def survey(course: Course, name: str, seed: int, students: set[str], feedback: bool) -> Plan:
    """Find out what is left to do for an assignment's class, or for some students.

    Raises:
        UserError: nothing was submitted, a student is unknown, or the assignment has not been
            built.
    """
    assignment = load_assignment(course, name)
    submitted, ungraded = find_submissions(course, name)
    found = {one.student: one for one in submitted}
    if not students:
        for said in ungraded:
            LOG.warning("%s", visible(said))
    if unknown := students - set(found):
        raise UserError(
            "; ".join(_unknown(student, found, name, ungraded) for student in sorted(unknown))
        )
    if not found:
        raise UserError(
            f"nothing to grade: there is no {course.submitted}/STUDENT/{name}/{name}.ipynb"
        )
    chosen = [one for student, one in found.items() if not students or student in students]
    for one in chosen:
        if one.warning:
            LOG.warning("%s", visible(f"{one.student}: {one.warning}"))
    made = keys(course, name, seed)
    with Cache(course) as cache:
        notes = cache.notes(name)
        standing = _standing(course, cache, assignment) if notes else {}
    known = _Known(made, written_by(course), notes, standing)
    left = tuple(one for one in chosen if not _settled(course, name, one, feedback, known))
    return Plan(
        name,
        seed,
        made,
        left,
        len(chosen) - len(left),
        not students,
        feedback,
        () if students else tuple(ungraded),
    )


def _unknown(
    student: str, found: Mapping[str, SubmittedNotebook], name: str, ungraded: Sequence[str]
) -> str:
    """Return what to say of a student who is asked for and not there."""
    if own := [said for said in ungraded if f"/{student}/" in said or f"/{student}:" in said]:
        return own[0]
    there = ", ".join(sorted(found)) if len(found) <= 10 else f"{len(found)} students"
    return (
        f"{student!r} submitted no {name}{did_you_mean(student, found)}; those who did: "
        f"{there or 'nobody'}"
    )


def config_digest(course: Course) -> str | None:
    """Return a digest of the class's settings, or None where they depend on more than what stands
    in them.
    """
    path = course.work / CONFIG
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    return None if "environ" in text or "getenv" in text else digest([text, course.db_url])


def gradebook_place(course: Course) -> str:
    """Where the class's gradebook lies, as people are told."""
    with Cache(course) as cache:
        url = _known_gradebook(course, cache)
    return place(url) if url else f"where {course.work / CONFIG} puts it"


def gradebook_address(course: Course) -> str:
    """Return where the class's gradebook lies, as SQLAlchemy names it."""
    with Cache(course) as cache:
        url = _known_gradebook(course, cache)
    if url is None:
        # with nbgrader, which takes seconds to load
        from ..gradebook.writer import gradebook_url, load_config

        url = gradebook_url(course, load_config(course))
    return url


def _known_gradebook(course: Course, cache: Cache) -> str | None:
    """Where the gradebook lies, if that is known without running the class's settings."""
    config = config_digest(course)
    return cache.gradebook(config) if config else None


def _standing(course: Course, cache: Cache, assignment: Assignment) -> Mapping[str, Standing]:
    url = _known_gradebook(course, cache)
    if url is None:  # to run the settings takes seconds; then all are looked at one by one
        return {}
    with gradebook(url) as there:
        # what it counts is not what there is now
        if there is None or there.structure(assignment.name) != structure_of(assignment):
            return {}
        return there.read(assignment.name)


@dataclass(frozen=True)
class _Known:
    """What is known of earlier gradings.

    Attributes:
        made: the keys under which results are kept.
        by: who writes them, as a digest.
        notes: what was written of each student.
        standing: what the gradebook holds of each student.
    """

    made: Keys
    by: str
    notes: Mapping[str, Note]
    standing: Mapping[str, Standing]


def _settled(
    course: Course, name: str, one: SubmittedNotebook, feedback: bool, known: _Known
) -> bool:
    note, held = known.notes.get(one.student), known.standing.get(one.student)
    if (
        note is None
        or held is None
        or not recorded(note, held, known.by, timestamp_text(one.timestamp))
    ):
        return False
    if note.notebook != stamp(course.autograded_notebook(name, one.student)):
        return False
    if feedback and (
        note.by_hand != held.by_hand
        or not note.page
        or note.page != stamp(course.feedback_page(name, one.student))
    ):
        return False
    return known.made.of(one.read()[0]).whole == note.key


def recorded(note: Note, held: Standing, by: str, handed_in: str) -> bool:
    """Whether the gradebook holds what was noted, and would hold the same if it were written
    again.
    """
    return (note.by, note.automatic, note.handed_in) == (by, held.automatic, digest(handed_in))
