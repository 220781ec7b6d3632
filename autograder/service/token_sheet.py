"""Draws tokens, and writes the sheet by which staff give them out.

The store keeps digests alone.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from ..core.errors import UserError
from ..core.files import write_whole
from ..core.student_ids import invalid_reason
from .login_tokens import new_token, token_digest
from .store import Store


def read_names(path: Path) -> list[str]:
    """Return the students that a file names: one a line, or the first column of a CSV file.

    A heading `student` or `id` is left out.

    Raises:
        UserError: the file cannot be read.
    """
    try:
        rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig")))
        names = [row[0].strip() for row in rows if row and row[0].strip()]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: expected one student a line, in UTF-8 ({error})") from error
    return names[1:] if names and names[0].casefold() in ("student", "id") else names


def write_tokens(
    store: Store, names: Sequence[str], path: Path, *, staff: bool, renew: bool
) -> int:
    """Give tokens to those who have none, or to all of these, and write them to a sheet.

    Return how many.

    Args:
        names: of students or staff; nobody gets a token twice unless it is renewed.
        path: of the sheet, which must not be there: the tokens in it could not be read again
            from anywhere.
        renew: whether earlier tokens of these names are to be void.

    Raises:
        UserError: a name cannot be a student's, or the sheet is there already.
    """
    if bad := next((name for name in names if invalid_reason(name)), None):
        raise UserError(f"{bad!r} cannot be a student's name: {invalid_reason(bad)}")
    if path.exists():
        raise UserError(
            f"{path} is there already; give it out and remove it, or name another by --to"
        )
    known = {one.name for one in store.people()}
    chosen = [name for name in dict.fromkeys(names) if renew or name not in known]
    if not chosen:
        return 0
    drawn = {name: new_token() for name in chosen}
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(["student", "token"])
    writer.writerows(drawn.items())
    # before the store: a token that nobody can read is of no use
    write_whole(path, sheet.getvalue(), 0o600)
    for name, token in drawn.items():
        store.set_token(name, token_digest(token), staff=staff)
    return len(drawn)
