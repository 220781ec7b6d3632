"""Reads the terms again when their files change, while the server runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..cache.keys import stamp
from ..core.assignment import load_assignment
from ..core.course import Course
from ..core.errors import AutograderError
from .terms import FILE, ClassTerms, load_terms


@dataclass
class TermsWatch:
    """The files that hold a class's terms, and how they were when they were last read.

    Attributes:
        names: the assignments that the command line named; none stand for those of the terms.
        terms, served: as last read without a mistake.
        fault: why the files as they are now are not used; empty if they are.
    """

    course: Course
    names: tuple[str, ...]
    terms: ClassTerms
    served: tuple[str, ...]
    fault: str = ""
    stamps: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.stamps = self._look()

    def look(self) -> bool:
        """Read the files again if they have changed; what holds a mistake changes nothing.

        Returns:
            Whether there is anything new: other terms, or a fault.
        """
        now = self._look()
        if now == self.stamps:
            return False
        self.stamps = now
        try:
            terms = load_terms(self.course)
            served = served_by(self.course, self.names, terms)
        except AutograderError as error:
            self.fault = f"{error} (until this is fixed, the terms stay as they were)"
            return True
        if self.terms.hub and not terms.hub:
            self.fault = f"{FILE}: without [hub] nobody could log in; the terms stay as they were"
            return True
        self.fault = ""
        if terms.store != self.terms.store:
            self.fault = f"{FILE}: another store counts from the next start of the server on"
        self.terms, self.served = terms, served
        return True

    def _look(self) -> tuple[str, ...]:
        return tuple(
            stamp(path.resolve())
            for path in (self.course.work / FILE, self.course.class_file, self.course.roster)
        )


def served_by(course: Course, names: tuple[str, ...], terms: ClassTerms) -> tuple[str, ...]:
    """Return the assignments that are served: those named, else those of the terms, else all.

    Raises:
        UserError: one of them is not built.
    """
    served = tuple(names or terms.named or course.assignments())
    for name in served:
        load_assignment(course, name)
    return served
