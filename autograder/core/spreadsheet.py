"""Write text into tables that people open in a spreadsheet, where what begins as a formula would be
run.
"""

from __future__ import annotations

from numbers import Number
from typing import Any

from .sanitize import visible

# the wide ones count in some spreadsheets as well
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def cell(value: Any) -> str:
    """Return a value as a table's cell: text that a spreadsheet would run begins with an
    apostrophe.
    """
    if value is None or isinstance(value, Number):
        return "" if value is None else str(value)
    text = visible(str(value).strip(" "))
    return f"'{text}" if str(value).lstrip(" ").startswith(FORMULA) else text
