"""Release feedback pages by nbgrader's exchange, in a process of its own: nbgrader's applications
change the logging and the import path of the process that they run in.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from nbgrader.utils import notebook_hash

from ..core.course import Course
from ..core.errors import UserError
from ..core.sanitize import visible
from ..core.student_ids import student_id
from .lines import Line

SECRET = "submission_secret.txt"  # what the exchange names a page after, so that nobody guesses it


def exchange_place(line: Line, name: str) -> str:
    """Return where a page lies in the exchange, or nothing if its work did not come from there.

    A group's upload has one place, which the member sees who made it: that member's page goes
    there, and nobody else's.
    """
    source = line.source
    if source is not None and source.group and line.student != student_id(source.number):
        return ""
    secret = line.page.with_name(SECRET) if line.page is not None else None
    if secret is None or not secret.is_file():
        return ""
    told = secret.read_text(encoding="utf-8", errors="replace")
    return f"feedback/{notebook_hash(secret=told, notebook_id=name)}.html"


def release_pages(course: Course, name: str, students: Iterable[str]) -> None:
    """Release the pages of some students, as `nbgrader release_feedback` does for all.

    Args:
        course: whose nbgrader_config.py, beside the machine's, names the exchange and the course.
        name: the assignment.
        students: whose pages are released; each has a secret beside the page.

    Raises:
        UserError: nbgrader refused; the message has its reason.
    """
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(course.work), name],
        input=json.dumps(sorted(students)),
        cwd=course.work,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it did not say why"]
        raise UserError(visible(f"nbgrader's exchange takes no feedback: {said[-1]}"))


def _release(work: Path, name: str, students: list[str]) -> None:
    from nbgrader.apps import ReleaseFeedbackApp
    from nbgrader.auth import Authenticator
    from nbgrader.exchange import ExchangeError, ExchangeFactory

    app = ReleaseFeedbackApp()
    app.initialize([], root=str(work))
    app.coursedir.assignment_id = name
    exchange, access = ExchangeFactory(parent=app), Authenticator(parent=app)
    releasing = exchange.ReleaseFeedback(coursedir=app.coursedir, authenticator=access, parent=app)
    try:
        for student in students:
            app.coursedir.student_id = student
            releasing.start()
    except ExchangeError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    _release(Path(sys.argv[1]), sys.argv[2], json.load(sys.stdin))
