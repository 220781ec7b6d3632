"""Count the free late days that a student has spent on earlier assignments."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from ..class_file.model import ClassFile
from ..core.course import Course
from .submissions import TIMESTAMP, read_timestamp


def days_spent(
    course: Course, settings: ClassFile | None, name: str, student: str, zone: ZoneInfo | None
) -> int:
    """Return how many free days a student has used up on assignments that are due earlier than this
    one.

    Args:
        course: whose `submitted/` tells the times.
        settings: the class's; None and those without free days give 0.
        name: the assignment.
        student: the student's id.
        zone: of times that name none.
    """
    policy = settings.late if settings is not None else None
    if settings is None or policy is None or not policy.free_days or name not in settings.due:
        return 0
    spent = 0
    for other in sorted(settings.due, key=lambda one: (settings.due[one], one)):
        if other == name:
            break
        time, _ = read_timestamp(course.submitted / student / other / TIMESTAMP, zone)
        due = settings.due_for(student, other)
        late = time - due if time is not None and due is not None else timedelta()
        if policy.closed_after is None or late <= policy.closed_after:
            spent += min(policy.free_days - spent, policy.days(late))
    return spent
