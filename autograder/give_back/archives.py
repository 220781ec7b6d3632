"""Name feedback pages as each platform takes them back, and put them into one archive."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence

from ..collect.platforms.brightspace import Brightspace
from ..collect.platforms.canvas import Canvas
from ..collect.platforms.ilias import Ilias
from ..collect.platforms.moodle import Moodle
from ..collect.platforms.sakai import Sakai
from .exchange import exchange_place
from .lines import Line
from .targets import Target

EPOCH = (1980, 1, 1, 0, 0, 0)  # of every entry, so that the same pages make the same archive


def file_name(line: Line, name: str) -> str:
    """Return a page's name: without `_`, by which platforms split names, and for one's own page
    unique.
    """
    return f"{name}-{'group' if line.group_key else line.student}.html".replace("_", "-")


def place_of(line: Line, name: str, to: Target, participant: str = "") -> str:
    """Return where a page lies in a platform's archive, or nothing if that is not known.

    Args:
        line: whose page it is.
        name: the assignment.
        to: the platform.
        participant: the student's number on Moodle, as the grade file has it.
    """
    if line.page is None or line.group_key is None:
        return ""
    file, source = file_name(line, name), line.source
    if to == Target.FOLDER:
        return file
    if to == Target.EXCHANGE:
        return exchange_place(line, name)
    if to == Target.MOODLE:
        number = participant or (
            source.number
            if source is not None and source.platform == Moodle.name and not source.group
            else ""
        )
        who = re.sub(r"[_/\\]+", " ", line.name).strip(" .~") or "Participant"
        return f"{who}_{number}_assignsubmission_file/{file}" if number else ""
    if source is None or not source.attachment:
        return ""
    if to == Target.CANVAS and source.platform == Canvas.name:
        who = re.sub(r"\W|_", "", source.name.lower()) or "student"
        middle = source.number if source.number.startswith("anon_") else f"{who}_{source.number}"
        return f"{middle}_{source.attachment}_{file}"
    if to == Target.SAKAI and source.platform == Sakai.name:
        return f"{source.attachment}/Feedback Attachment(s)/{file}"
    if to == Target.ILIAS and source.platform == Ilias.name:
        return f"multi_feedback_{name}/{source.attachment}/{file}"
    if to == Target.BRIGHTSPACE and source.platform == Brightspace.name:
        return f"{source.attachment}/{file}"
    return ""


def archive_of(pages: Mapping[str, bytes], more: Sequence[tuple[str, str]] = ()) -> bytes:
    """Return a zip with a page at each place, and other texts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for place, page in sorted(pages.items()):
            made.writestr(zipfile.ZipInfo(place, EPOCH), page, zipfile.ZIP_DEFLATED)
        for place, text in more:
            made.writestr(zipfile.ZipInfo(place, EPOCH), text)
    return file.getvalue()
