"""Paths in what a cell showed, as names that a student knows.

A warning or a traceback names files of the Python that graded, and folders of the sandbox. Of a
library its own part is left, `numpy/linalg/_linalg.py`; of the course `utils/data.py`; of what lies
where the notebook ran, the file's name. The rest is of no use to a student, and tells where the
grader is.
"""

from __future__ import annotations

import os
import re
import sys
from functools import cache

from .course import PACKAGE

HIDDEN = "…"
_END = r"\s'\"<>:;,|()\[\]{}="  # what a path ends at: in a run of other characters it begins once
_BEGIN = rf"(?<![^{_END}])"
_FOLDERS = rf"~?(?:/[^{_END}/]+)*?"
_LIBRARY = re.compile(
    rf"{_BEGIN}{_FOLDERS}/(?:lib(?:64)?/python3\.\d+/(?:(?:site|dist)-packages/)?|"
    r"(?:site|dist)-packages/)"
)
_WALLS = rf"{_FOLDERS}/autograder-walls-[^{_END}/]+"
_COURSE = re.compile(rf"{_BEGIN}(?:{_WALLS}/shown)?/course/(?=utils/)")
_WORK = re.compile(
    rf"{_BEGIN}(?:{_WALLS}/box|/tmp|/submission)/work(?![^{_END}/])(?:/(?=[^{_END}]))?"
)
_GRADER = re.compile(rf"{_BEGIN}(?:{_WALLS}/shown)?/grader(?=/)|{_BEGIN}{_WALLS}(?=/)")


def known_paths(text: str) -> str:
    """Return the text of a cell's output with each path as a student knows it."""
    if "/" not in text:
        return text
    text = _prefixes().sub(rf"\g<1>/{HIDDEN}", text)
    text = _COURSE.sub("", _LIBRARY.sub("", text))
    text = _WORK.sub(lambda found: "" if found[0].endswith("/") else ".", text)
    return _GRADER.sub(HIDDEN, text).replace(f"/{HIDDEN}", HIDDEN)


@cache
def _prefixes() -> re.Pattern[str]:
    """Return what finds the folders of this machine that Python, the grader and its user's files
    lie in; their names may hold blanks.
    """
    folders = {sys.prefix, sys.base_prefix, str(PACKAGE), os.path.expanduser("~"), "/venv"}
    folders |= {os.path.realpath(folder) for folder in folders}
    whole = sorted(folders - {"/", "/usr", "/usr/local", "~"}, key=len, reverse=True)
    return re.compile(rf"({_BEGIN})(?:{'|'.join(map(re.escape, whole))})(?![\w.-])")
