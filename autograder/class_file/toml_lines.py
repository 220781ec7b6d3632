"""Find the line of a TOML file that a key stands in: `tomllib` gives values without their
places.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any

_TABLE = re.compile(r"\s*\[([^\[\]]+)\]\s*(#.*)?$")
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=""")


_PLACE = re.compile(r"\(at line (\d+), column")
_LOOSE = re.compile(r"""\s*(?:\[(?P<table>[^\[\]"'=]+)\]|(?P<key>[^\[\]"'=#]+?)\s*=)""")
_BARE = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


def in_quotes(text: str, error: str) -> str:
    """Return how to write the line that TOML refuses, where only quotes are missing, else nothing.

    Args:
        text: the whole file.
        error: what `tomllib` says, with the number of the line.
    """
    place, lines = _PLACE.search(error), text.splitlines()
    found = (
        _LOOSE.match(lines[int(place[1]) - 1]) if place and int(place[1]) <= len(lines) else None
    )
    name = (found["table"] or found["key"]).strip() if found else ""
    if not found or _BARE.fullmatch(name):
        return ""
    head, dot, tail = name.partition(".")
    if not found["table"]:
        shown = f'"{name}" = …'
    else:
        shown = f'[{head}."{tail}"]' if dot else f'["{name}"]'
    return f"; a name with other letters than A to Z, digits, _ and - stands in quotes: {shown}"


def line_of(text: str, keys: Sequence[str], value: str = "") -> int:
    """Return the number of the line, from 1, in which a key stands, or else the nearest table or
    key around it.

    Args:
        text: the whole file.
        keys: the names from the outermost table to the key.
        value: text within the key's value to look for, below its first line.
    """
    best, depth, table = 1, 0, list[str]()
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if found := _TABLE.match(line):
            table = _names(found[1])
            here = table
        elif found := _KEY.match(line):
            here = [*table, *_names(found[1])]
        else:
            continue
        if len(here) > depth and list(keys[: len(here)]) == here:
            best, depth = number, len(here)
    for number in range(best, len(lines) + 1) if value else ():
        if value in lines[number - 1]:
            return number
    return best


def _names(dotted: str) -> list[str]:
    try:
        inner: Any = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:
        return []
    names = list[str]()
    while isinstance(inner, dict):
        ((name, inner),) = inner.items()
        names.append(name)
    return names
