"""ARCHITECTURE.md names files and folders that are there, and every folder of the engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from autograder.core.roots import PROJECT

PACKAGE = PROJECT / "autograder"
ASSIGNMENT = PROJECT / "source" / "01-backprop"
PAGE = (PROJECT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def named_files() -> Iterator[tuple[str, tuple[Path, ...]]]:
    """Each file that the page names, and where it may lie: after `folder/x.py`, a line's `y.py` is
    in that folder; what every assignment has is looked for in one.
    """
    for line in PAGE.splitlines():
        folder = ""
        for name in re.findall(r"`([\w./-]+(?:/|\.py|\.j2))`", line):
            if "QUESTION" in name:  # of any assignment
                continue
            if "/" in name:
                folder = name.rpartition("/")[0]
            if not name.endswith("/"):
                yield (
                    name,
                    (PACKAGE / name, PROJECT / name, PACKAGE / folder / name, ASSIGNMENT / name),
                )


def test_every_file_that_is_named_is_there() -> None:
    found = list(named_files())
    assert len(found) > 100
    assert [name for name, places in found if not any(place.exists() for place in places)] == []


def test_every_folder_of_the_engine_has_its_line() -> None:
    folders = {
        path.name
        for path in PACKAGE.iterdir()
        if path.is_dir() and not path.name.startswith((".", "__")) and any(path.iterdir())
    }
    table = PAGE.partition("## Where things are")[2].partition("\n## ")[0]
    assert {name for name in folders if f"`{name}/`" not in table} == set()
