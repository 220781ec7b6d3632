"""What a feedback page depends on, as a digest: the graded notebook, what the gradebook holds of
it, the student's name, requests to grade again, the class's time zone, the course's language, and
the code and packages that make pages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ..cache.keys import digest, pages_made_by
from ..class_file.roster import Roster, read_roster
from ..core.course import Course
from ..core.regrade_notes import Regrade, read_regrades
from ..core.translation import Translation
from ..gradebook.reader import Gradebook, Standing


@dataclass(frozen=True)
class PageKeys:
    """What the pages of an assignment depend on.

    Attributes:
        shared: a digest of what counts for all of them.
        roster: who is called what, if the class has a roster.
        regrades: by student, the requests to grade again.
    """

    shared: str
    roster: Roster | None
    regrades: Mapping[str, tuple[Regrade, ...]]

    @classmethod
    def read(
        cls, course: Course, name: str, there: Gradebook, zone: object, say: Translation
    ) -> PageKeys:
        """Return what the pages of an assignment depend on now.

        Args:
            course: whose class it is.
            name: the assignment.
            there: its gradebook.
            zone: in which the class reads times.
            say: the language of the pages.
        """
        cells = sorted(map(str, there.structure(name)))
        spoken = [say.language, sorted(say.messages.items())]
        shared = digest([pages_made_by(), name, str(zone), spoken, cells])
        return cls(shared, read_roster(course), read_regrades(course, name))

    def of(self, student: str, held: Standing, notebook: bytes) -> str:
        """Return a digest of all that a student's page depends on."""
        person = self.roster.get(student) if self.roster is not None else None
        known = [student, person.name if person is not None else ""]
        regrades = [asdict(one) for one in self.regrades.get(student, ())]
        return digest(
            [self.shared, known, regrades, held.automatic, held.by_hand, digest_of(notebook)]
        )

    def of_group(self, held: Standing, notebook: bytes) -> str:
        """Return a digest of all that the page of a student's whole group depends on."""
        return digest([self.shared, held.marks, digest_of(notebook)])


def digest_of(content: bytes) -> str:
    """Return a digest of a file's content."""
    return hashlib.blake2b(content, digest_size=20).hexdigest()
