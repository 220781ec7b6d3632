"""What the command line prints of an upload."""

from __future__ import annotations

from collections import Counter

from rich.table import Table
from rich.text import Text

from ..collect.layout import CollectResult, FileFate
from ..core.console import console
from ..core.sanitize import visible

STYLES = {FileFate.LEFT: "bold", FileFate.OLDER: "dim", FileFate.SAME: "dim"}


def show_collected(collected: CollectResult, archive: str, dry: bool) -> None:
    """Print a table of all files, those left out last, and a line that counts them."""
    table = Table(
        title=Text(f"{visible(archive)}, read as from {collected.platform}"), title_justify="left"
    )
    for column in ("student", "file", "", "note"):
        table.add_column(column, overflow="fold")
    for one in sorted(collected.files, key=lambda file: file.fate is FileFate.LEFT):
        cells = (one.student, one.name, one.fate, one.note)
        table.add_row(*(Text(visible(cell), style=STYLES.get(one.fate, "")) for cell in cells))
    console().print(table)
    counts = Counter(one.fate for one in collected.files)
    told = (
        ", ".join(f"{counts[fate]} {fate}" for fate in FileFate if counts[fate])
        or "it holds no files"
    )
    if collected.worksheet is not None:
        print(f"grading worksheet: {visible(str(collected.worksheet))}")
    if collected.times:
        print(f"no time of submission is known, so nothing counts as late: {collected.times}")
    if collected.nothing_from:
        print(f"nothing was taken from: {', '.join(map(visible, collected.nothing_from))}")
    print(f"{told}{'; nothing was written' if dry else ''}")
