"""Mutants that no check can tell from the reference, each with the reason why: `bank/NN-name/equivalents.toml`.

An entry names the function, and of each change what stood there and what stands there now, as the audit prints it::

    [[equivalent]]
    function = "affine_forward"
    reason = "A copy more is no other answer."
    changes = [["…, copy=False)", "…)"]]

A change that reads alike twice in a function has its number as a third item.
"""

from __future__ import annotations

import tomllib
from typing import Any

from ...errors import UserError
from ...paths import BANK

Key = tuple[str, str, str, int]  # function, was, now, nth
_FORM = "function, reason and changes = [[was, now], …]"


def load_equivalents(assignment: str) -> dict[Key, str]:
    """The reasons by mutant.

    Raises:
        UserError: the file is not TOML or an entry is of another form.
    """
    path = BANK / assignment / "equivalents.toml"
    if not path.is_file():
        return {}
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", [])
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path} is not TOML: {error}") from error
    found: dict[Key, str] = {}
    for number, entry in enumerate(entries, start=1):
        if not _is_entry(entry):
            raise UserError(f"{path}: entry {number} has {', '.join(map(str, entry)) or 'nothing'}, where {_FORM} was expected")
        for was, now, *nth in entry["changes"]:
            found[entry["function"], was, now, nth[0] if nth else 1] = entry["reason"]
    return found


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and set(entry) == {"function", "reason", "changes"}
        and all(isinstance(entry[key], str) and entry[key] for key in ("function", "reason"))
        and isinstance(entry["changes"], list)
        and all(isinstance(change, list) and list(map(type, change)) in ([str, str], [str, str, int]) for change in entry["changes"])
    )
