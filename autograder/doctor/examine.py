"""Says whether this machine can grade, and for each thing that it cannot or should not do, why and
what to do.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.markup import escape
from rich.table import Table

from ..core.console import console
from ..core.course import Course
from ..workers.pool import processors
from .class_folder import (
    look_at_course,
    look_at_disk,
    look_at_gradebook,
    look_at_hand_outs,
    look_at_packages,
)
from .machine import (
    look_at_filter,
    look_at_memory_limit,
    look_at_processors,
    look_at_python,
    look_at_sandbox,
    look_at_system,
    look_at_user_namespaces,
    look_at_walls,
)
from .result import BAD, FINE, WARNING, DoctorCheck

COLOURS = {FINE: "green", WARNING: "yellow", BAD: "red"}


def examine(course: Course) -> list[DoctorCheck]:
    """Look at everything that grading rests on."""
    looks = [
        look_at_system(),
        look_at_python(),
        look_at_packages(course.root / "requirements-staff.txt"),
    ]
    if looks[0].state != BAD:
        looks += look_at_walls(course)
    looks += [look_at_user_namespaces(), look_at_filter(), look_at_memory_limit()]
    if not any(look.state == BAD for look in looks):
        looks.append(look_at_sandbox(course))
    url, ignored = _settings(course)
    looks += [look_at_course(course), look_at_gradebook(course, url), look_at_hand_outs(ignored)]
    return [*looks, look_at_disk(course), look_at_processors(processors())]


def _settings(course: Course) -> tuple[str, Sequence[str] | None]:
    """Return the class's gradebook, and what nbgrader is not to copy there if that is set."""
    try:
        from ..gradebook.writer import gradebook_url, load_config
    except ImportError:  # a package is missing, which is said elsewhere
        return course.db_url, None
    config = load_config(course)
    ignored = config.get("CourseDirectory", {}).get("ignore")
    return gradebook_url(course, config), ignored if isinstance(ignored, list) else None


def can_grade(looks: Sequence[DoctorCheck]) -> bool:
    """Whether nothing was found that forbids grading."""
    return not any(look.state == BAD for look in looks)


def show(looks: Sequence[DoctorCheck]) -> None:
    """Print the table of what was looked at, and the verdict."""
    shown = console()
    table = Table(box=box.SIMPLE)
    for heading in ("looked at", "found", "what it means, what to do"):
        table.add_column(heading, overflow="fold")
    for look in looks:
        told = "\n".join(part for part in (look.means, look.do) if part)
        table.add_row(
            escape(look.what), f"[{COLOURS[look.state]}]{escape(look.found)}[/]", escape(told)
        )
    shown.print(table)
    warned = sum(look.state == WARNING for look in looks)
    if not can_grade(looks):
        gone = ", ".join(look.what for look in looks if look.state == BAD)
        shown.print(
            f"This machine cannot grade: {gone}. Nothing of a submission is ever run "
            "without its sandbox.",
            soft_wrap=True,
        )
    elif warned:
        shown.print(f"This machine can grade, with {warned} warning{'s' if warned > 1 else ''}.")
    else:
        shown.print(
            "This machine can grade: a sandbox was started, and a process for a submission in it."
        )
