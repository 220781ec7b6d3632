"""Names of students, as folders, in the gradebook, in addresses and in tables: which can be used,
and how others are made usable.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from .sanitize import hides, visible

# what systems and people add to a name
_COPY = re.compile(r"(\s*\(\d+\)|[-_ ]+(\d+|copy|v\d+|final)|-checkpoint)+$")
LONGEST = 100  # characters
LARGEST = 200  # bytes, as a file's name
# beside letters, marks and digits; an address, a shell or a page takes none of them for anything
# else
ALLOWED = " ._-@+,()'"
RESERVED = frozenset(
    {
        "con",
        "prn",
        "aux",
        "nul",
        *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)),
    }
)


def invalid_reason(student: str) -> str:
    """Why a name cannot be a student's, or nothing where it can."""
    if not student:
        return "it is empty"
    if len(student) > LONGEST or len(student.encode(errors="surrogateescape")) > LARGEST:
        return (
            f"it has {len(student)} characters, where at most {LONGEST} (of {LARGEST} bytes) "
            "were expected"
        )
    if strange := sorted({one for one in student if not _allowed(one)}):
        return (
            f"it holds {' '.join(map(visible, strange[:5]))}, where letters, digits and "
            f"{ALLOWED.strip()} were expected"
        )
    if crowded := [one for at, one in enumerate(student) if hides(student, at)]:
        return f"it holds {visible(crowded[0])}, one mark of many on one letter"
    if not _begins(student[0]):
        return f"it begins with {student[0]!r}, where a letter or digit was expected"
    if student[-1] in " .":
        return f"it ends with {student[-1]!r}"
    if student != unicodedata.normalize("NFC", student):
        return "its accents are characters of their own (Unicode's form NFC was expected)"
    return ""


def student_id(name: str) -> str:
    """Return the name as a folder's: always the same for the same name, without what a name may not
    hold; perhaps nothing is left.
    """
    composed = unicodedata.normalize("NFC", name)
    composed = "".join(
        one
        for at, one in enumerate(composed)
        if unicodedata.category(one)[0] != "M" or not hides(composed, at)
    )
    kept = "".join(one if _allowed(one) else " " if one.isspace() else "" for one in composed)
    joined = "_".join(kept.split())
    while joined and not _begins(joined[0]):
        joined = joined[1:]
    joined = unicodedata.normalize("NFC", joined.rstrip(" ."))
    if len(joined) > LONGEST or len(joined.encode()) > LARGEST:
        short = joined.encode()[: LARGEST // 2].decode(errors="ignore")[: LONGEST // 2]
        joined = f"{short}-{hashlib.sha256(joined.encode()).hexdigest()[:8]}"
    return f"_{joined}" if joined.partition(".")[0].casefold() in RESERVED else joined


def same(student: str) -> str:
    """Return what names have in common that a file system, or a reader, may take for one
    another.
    """
    return unicodedata.normalize("NFKC", student).casefold()


def notebook_stem(file: str) -> str:
    """Return a notebook's name in small letters, without what platforms put before it, and systems
    and people behind.
    """
    name = re.sub(r"\.ipynb(\.(txt|json))?$", "", file.casefold())
    return _COPY.sub("", re.sub(r"^.*?(_assignsubmission_file_|_\d+_\d+_)", "", name))


def is_notebook(file: str) -> bool:
    """Whether a file is a notebook by its name, also where a browser has added `.txt` or
    `.json`.
    """
    return bool(re.search(r"\.ipynb(\.(txt|json))?$", file.casefold()))


def _allowed(one: str) -> bool:
    return one in ALLOWED or (unicodedata.category(one)[0] in "LMN" and visible(one) == one)


def _begins(one: str) -> bool:
    return unicodedata.category(one)[0] in "LN" or one == "_"
