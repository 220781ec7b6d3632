"""Mutants that no check can tell from the reference, each with the reason why:
`source/NN-name/mistakes/equivalents.toml`.

An entry names the function, and of each change what stood there and what stands there now, as the
audit prints it::

    [[equivalent]]
    function = "affine_forward"
    reason = "A copy more is no other answer."
    changes = [["…, copy=False)", "…)"]]

A change that reads alike twice in a function has its number as a third item. `chance = true` says
that the change is allowed, but what becomes of it is measured (the error of a net that was trained
by it, say), so that a check notices it with some hidden inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core.errors import UserError
from ...core.settings import read_toml

Key = tuple[str, str, str, int]  # function, was, now, nth
_FORM = "function, reason and changes = [[was, now], …], and chance = true or nothing more,"


@dataclass(frozen=True)
class Equivalent:
    """Why a mutant is no other answer.

    Attributes:
        reason: in a sentence.
        chance: whether a check may notice it all the same.
    """

    reason: str
    chance: bool = False


def load_equivalents(mistakes: Path) -> dict[Key, Equivalent]:
    """Return the equivalents by mutant, given the folder of known mistakes.

    Raises:
        UserError: the file is not TOML or an entry is of another form.
    """
    path = mistakes / "equivalents.toml"
    found: dict[Key, Equivalent] = {}
    for number, entry in enumerate(read_toml(path).get("equivalent", []), start=1):
        if not _is_entry(entry):
            raise UserError(
                f"{path}: entry {number} has {', '.join(map(str, entry)) or 'nothing'}, "
                f"where {_FORM} was expected"
            )
        for was, now, *nth in entry["changes"]:
            found[entry["function"], was, now, nth[0] if nth else 1] = Equivalent(
                entry["reason"], entry.get("chance", False)
            )
    return found


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and set(entry) - {"chance"} == {"function", "reason", "changes"}
        and entry.get("chance", True) is True
        and all(isinstance(entry[key], str) and entry[key] for key in ("function", "reason"))
        and isinstance(entry["changes"], list)
        and all(
            isinstance(change, list) and list(map(type, change)) in ([str, str], [str, str, int])
            for change in entry["changes"]
        )
    )
