"""A page on which a class sees how its nets did, out of the gradebook: pseudonyms, points of one
question, and ranks.

A pseudonym follows from the student's id by a keyed hash. The key is drawn once for a course and
lies beside the gradebook: with it a name stays the same from one page to the next, and without it
nobody can go from the page back to a student, not even by trying all ids.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from nbgrader.api import Gradebook, MissingEntry

from ..core.assignment import load_assignment
from ..core.course import TEMPLATES, Course
from ..core.errors import UserError
from ..core.files import write_whole
from ..gradebook.setup import prepare
from ..gradebook.writer import gradebook_url, load_config

QUESTION = "result"  # whose points are shown
KEY_BYTES = 32
SHORT, LONG = 2, 8  # syllables of a pseudonym; longer where two students would share one
_FIRST, _SECOND = "bdfgklmnprstvz", "aeiou"
SYLLABLES = tuple(a + b for a in _FIRST for b in _SECOND)


@dataclass(frozen=True)
class Row:
    """One student on the page.

    Attributes:
        rank: 1 for the highest points; students of equal points share a rank.
        name: the pseudonym.
        points: of the question.
    """

    rank: int
    name: str
    points: float


def write_leaderboard(course: Course, name: str) -> Path:
    """Write the page of an assignment to `leaderboard.html`, and give its place.

    Raises:
        UserError: the assignment has no question `result`, or the gradebook holds no points of it.
    """
    assignment = load_assignment(course, name)
    question = next((one for one in assignment.questions if one.id == QUESTION), None)
    if question is None:
        raise UserError(f"{name} has no question {QUESTION!r}, whose points a leaderboard shows")
    points = _points(course, name)
    if not points:
        raise UserError(
            f"the gradebook holds no points of {name} yet; run: autograder grade {name}"
        )
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    rows = ranked(points, load_key(course.pseudonym_key))
    page = environment.get_template("leaderboard.html.j2").render(
        title=name, rows=rows, most=question.points
    )
    write_whole(course.leaderboard, page)
    return course.leaderboard


def load_key(path: Path) -> bytes:
    """Return the key in a file that only its owner may read; drawn and written if there is none.

    Raises:
        UserError: the file holds no key.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        text = path.read_text(encoding="ascii", errors="replace").strip()
        try:
            key = bytes.fromhex(text)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise UserError(
                f"{path} holds no key of {2 * KEY_BYTES} hexadecimal digits; with another "
                "key, all pseudonyms change"
            ) from None
        return key
    key = secrets.token_bytes(KEY_BYTES)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")
    return key


def pseudonym(student: str, key: bytes, syllables: int = SHORT) -> str:
    """Return a student's name on the page: two groups of syllables and a number, such as Kuba-Rilo
    17.
    """
    digest = hmac.digest(key, student.encode("utf-8", "surrogatepass"), hashlib.sha256)
    sounds = [SYLLABLES[byte % len(SYLLABLES)] for byte in digest[: 2 * syllables]]
    groups = ["".join(sounds[:syllables]), "".join(sounds[syllables:])]
    return f"{'-'.join(group.capitalize() for group in groups)} {digest[-1] % 90 + 10}"


def ranked(points: Mapping[str, float], key: bytes) -> list[Row]:
    """Return the rows of the page: by points, and those of equal points by pseudonym, which says
    nothing of who handed in first.
    """
    names = _names(list(points), key)
    ordered = sorted(points, key=lambda student: (-points[student], names[student]))
    return [
        Row(
            1 + sum(other > points[student] for other in points.values()),
            names[student],
            points[student],
        )
        for student in ordered
    ]


def _names(students: Collection[str], key: bytes) -> dict[str, str]:
    names: dict[str, str] = {}
    for syllables in range(SHORT, LONG):
        names = {student: pseudonym(student, key, syllables) for student in students}
        if len(set(names.values())) == len(names):
            break
    return names


def _points(course: Course, name: str) -> dict[str, float]:
    """Points of the question by student, of those who handed in."""
    url = gradebook_url(course, load_config(course))
    if url == course.db_url and not course.gradebook.is_file():  # opening it would make one
        return {}
    prepare()
    with Gradebook(url) as gradebook:
        try:
            submissions = gradebook.assignment_submissions(name)
        except MissingEntry:
            return {}
        return {
            submission.student.id: float(grade.score)
            for submission in submissions
            for notebook in submission.notebooks
            for grade in notebook.grades
            if grade.name == f"{QUESTION}-check"
        }
