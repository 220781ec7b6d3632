"""Write the sentences that code shows students, for those who translate a course: all of them as a
file of gettext's, and the translated ones of visible checks for notebooks.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from ..core.course import Course
from ..core.errors import UserError
from ..core.files import write_whole
from ..core.translation import Translation, file_of
from .message_sources import course_messages, engine_messages, visible_messages

LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
NOTEBOOKS = "messages.json"  # in `utils`: the translations that `utils.translation` reads


def translate_visible_checks(course: Course, say: Translation) -> None:
    """Write what visible checks say in the course's language into `utils`, where notebooks read it
    on a student's machine and in the sandbox; nothing else of the catalogue, since that has hints.

    Args:
        course: its `utils` gets the file, or loses it if the course is English.
        say: the course's language.
    """
    file = course.utils / NOTEBOOKS
    found = {one.text for one in visible_messages(course)}
    said = {text: say.messages[text] for text in sorted(found & say.messages.keys())}
    if said:
        made = json.dumps(said, ensure_ascii=False, indent=1) + "\n"
        write_whole(file, made.encode())
    else:
        file.unlink(missing_ok=True)


def write_messages(course: Course, language: str) -> tuple[Path, int, int]:
    """Write the file with a course's messages in a language; translations that are there stay.

    Args:
        course: whose sentences to collect beside the engine's.
        language: a code such as "de" or "pt_BR".

    Returns:
        The file, the number of its messages, and how many of them are translated.

    Raises:
        UserError: this is no code of a language, or the file that is there cannot be read.
    """
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import PoFileError, read_po, write_po

    if not LANGUAGE.fullmatch(language):
        raise UserError(
            f'expected the code of a language such as "de" or "pt_BR", got {language!r}'
        )
    found = Catalog(project="autograder")
    sources = (
        *engine_messages(),
        *visible_messages(course),
        *course_messages(course, course.assignments()),
    )
    for one in sources:
        found.add(one.text, locations=[(one.file, one.line)])
    path = file_of(course, language)
    held = Catalog(locale=language, revision_date=datetime(2026, 1, 1, tzinfo=UTC))
    if path.is_file():
        try:
            with path.open("rb") as file:
                held = read_po(file, locale=language, abort_invalid=True)
        except (PoFileError, UnicodeError) as error:
            raise UserError(f"{path} is not a file of gettext's messages: {error}") from error
    held.update(found, no_fuzzy_matching=True)
    path.parent.mkdir(exist_ok=True)
    made = BytesIO()
    write_po(made, held, width=100, sort_by_file=True, omit_header=False)
    write_whole(path, made.getvalue())
    messages = [message for message in held if message.id]
    return path, len(messages), sum(bool(message.string) for message in messages)
