"""What the command line prints of an upload: a summary, and all files if they are asked for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from rich.table import Table
from rich.text import Text

from ..collect.layout import CollectResult
from ..collect.placing import FileFate, Placement
from ..core.console import console
from ..core.sanitize import visible

STYLES = {FileFate.LEFT: "bold", FileFate.OLDER: "dim", FileFate.SAME: "dim"}


def show_collected(
    collected: CollectResult, archive: str, dry: bool, *, verbose: bool = False
) -> None:
    """Print what became of an upload.

    Args:
        collected: what became of it.
        archive: its file, as the command line has it.
        dry: whether nothing was written.
        verbose: whether to list all files; else those that were left out.
    """
    left = [one for one in collected.files if one.fate is FileFate.LEFT]
    print(f"{visible(archive)}, read as from {collected.platform}")
    if verbose:
        _show_table([one for one in collected.files if one.fate is not FileFate.LEFT] + left)
    elif left:
        _show_table(left)
    for line in _summary(collected):
        print(line)
    counts = Counter(one.fate for one in collected.files)
    told = (
        ", ".join(f"{counts[fate]} {fate}" for fate in FileFate if counts[fate])
        or "it holds no files"
    )
    more = "" if verbose or len(left) == len(collected.files) else "; --verbose lists all files"
    print(f"{told}{'; nothing was written' if dry else ''}{more}")


def _show_table(files: Iterable[Placement]) -> None:
    table = Table()
    for column in ("student", "file", "", "note"):
        table.add_column(column, overflow="fold")
    for one in files:
        cells = (one.student, one.name, one.fate, one.note)
        table.add_row(*(Text(visible(cell), style=STYLES.get(one.fate, "")) for cell in cells))
    console().print(table)


def _summary(collected: CollectResult) -> Iterator[str]:
    """Return by line what a person has to know; names are never cut off."""
    if collected.worksheet is not None:
        yield f"grading worksheet: {visible(str(collected.worksheet))}"
    if collected.times:
        yield (
            "this upload has no times of submission, and work without a timestamp.txt counts as in "
            f"time: {collected.times}"
        )
    for section, (held, enrolled) in collected.attendance.sections.items():
        yield f"section {visible(section)}: {held} of {enrolled} have a notebook"
    yield from _by_reason(
        (reason, one.student or one.name)
        for one in collected.files
        if one.fate is not FileFate.LEFT
        for reason in _reasons(one)
    )
    if collected.nothing_from:
        yield _named("nothing was taken from", collected.nothing_from)
    if collected.attendance.groups:
        yield _named("nothing came from the groups", collected.attendance.groups)
    if collected.attendance.missing:
        yield _named("nothing came from", collected.attendance.missing)


def _reasons(one: Placement) -> Iterator[str]:
    """Return why a person should look at a file that was not left out."""
    if one.fate is FileFate.REPLACED:
        yield str(one.fate)
    yield from one.look
    if one.untimed:
        yield f"no time counts: {one.untimed}"


def _by_reason(found: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Return a line for each reason with the names of all; reasons that differ in what they quote
    and in numbers alone are one, told as the first is.
    """
    kinds: dict[str, dict[str, str]] = {}
    for reason, name in found:
        kinds.setdefault(re.sub(r"'[^']*'|\d+", "…", reason), {}).setdefault(name, reason)
    for _, names in sorted(kinds.items()):
        reason = next(iter(names.values()))
        alike = len(set(names.values())) > 1
        yield _named(f"{reason}{'; others likewise' if alike else ''}", names)


def _named(what: str, names: Iterable[str]) -> str:
    shown = [visible(name) for name in names]
    return f"{visible(what)} ({len(shown)}): {', '.join(shown)}"
