"""Change single cells of a CSV file, and leave every other byte of it as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..class_file.roster import LARGEST, delimiter_of
from ..core.errors import UserError

BOM = "\ufeff"


@dataclass
class RawTable:
    """A table, its cells as they stand in the file.

    Attributes:
        path: the file.
        delimiter: between cells.
        rows: the cells of each row, quotes included.
        ends: how each row ends.
        bom: whether the file begins with the mark of UTF-8.
    """

    path: Path
    delimiter: str
    rows: list[list[str]]
    ends: list[str]
    bom: bool

    @classmethod
    def read(cls, path: Path) -> RawTable:
        """Return the table in a file.

        Raises:
            UserError: it cannot be read, is no UTF-8, or its quotes do not close.
        """
        try:
            content = path.read_bytes()
            text = content.decode("utf-8")
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise UserError(
                f"{path} is no text in UTF-8 ({error}); download it as CSV again"
            ) from error
        if len(content) > LARGEST:
            raise UserError(f"{path}: expected at most {LARGEST >> 20} MB")
        bom = text.startswith(BOM)
        text = text.removeprefix(BOM)
        delimiter = delimiter_of(text)
        token = re.compile(
            rf'("(?:[^"]|"")*"|[^"{re.escape(delimiter)}\r\n]*)({re.escape(delimiter)}|\r\n|\n|\r|\Z)'
        )
        rows, ends, row, place = list[list[str]](), list[str](), list[str](), 0
        while place < len(text) or row:
            found = token.match(text, place)
            if found is None:
                line = text.count("\n", 0, place) + 1
                raise UserError(f"{path}:{line}: expected a cell, got {text[place : place + 30]!r}")
            row.append(found[1])
            place = found.end()
            if found[2] != delimiter:
                rows.append(row)
                ends.append(found[2])
                row = []
        return cls(path, delimiter, rows, ends, bom)

    def cell(self, row: int, column: int) -> str:
        """Return a cell's text, or nothing where the row is shorter."""
        raw = self.rows[row][column] if column < len(self.rows[row]) else ""
        return raw[1:-1].replace('""', '"') if raw.startswith('"') else raw

    def texts(self, row: int) -> list[str]:
        """Return the text of all cells of a row."""
        return [self.cell(row, column) for column in range(len(self.rows[row]))]

    def put(self, row: int, column: int, text: str) -> None:
        """Write a cell, in quotes where it needs them; a row that is too short is filled up."""
        self.rows[row] += [""] * (column + 1 - len(self.rows[row]))
        quoted = '"' + text.replace('"', '""') + '"'
        self.rows[row][column] = (
            quoted if re.search(rf'["\r\n{re.escape(self.delimiter)}]', text) else text
        )

    def columns(self, kept: list[int]) -> RawTable:
        """Return a table of some columns, the cells as they stand."""
        rows = [[row[column] if column < len(row) else "" for column in kept] for row in self.rows]
        return RawTable(self.path, self.delimiter, rows, list(self.ends), self.bom)

    def text(self) -> str:
        """Return the whole file."""
        lines = (
            self.delimiter.join(row) + end for row, end in zip(self.rows, self.ends, strict=True)
        )
        return (BOM if self.bom else "") + "".join(lines)


def number_of(text: str) -> float | None:
    """Return a cell as a number, with a decimal point or comma; None where it is none."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None
