"""Sorts what a submitted notebook holds: which piece of text belongs to which cell of the
assignment, and which is the student's own.

Editors split cells and copy the metadata to both halves, merge cells under one half's metadata, and
drop ids. So a piece is known by its id, else by its text as handed out, else by the functions that
it defines; what stands in a merged cell as it was handed out is cut out of it first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from ...core.assignment import Assignment, CellKind, text_of
from ...core.cell_source import MOST_PARSED, defined, tree

MAX_SOURCE = 200_000
OWN = ("solution", "written", "demo")  # kinds of cell whose text is the student's
MOST_TRIED = 6  # pieces that are tried as one text
MOST_TRIED_OF_ALL = 1_000_000  # characters that are looked at for it, some of them several times
MOST_AGAIN = 10_000  # characters of a text that is kept: most cells are the same in a whole class
_FENCE = re.compile(r"\s*```(?:python|py)?[ \t]*\n(.*?)\n[ \t]*```\s*", re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """A cell of the submission, or a part of one.

    Attributes:
        text: its source.
        code: whether it is of the type that runs.
        claim: the id of the assignment's cell that it belongs to, or nothing.
        cell: where it comes from; empty for what was cut out of it.
        extended: whether a half of a function was put below what is Python without it.
    """

    text: str
    code: bool
    claim: str
    cell: dict[str, Any] = field(default_factory=dict)
    extended: bool = False


def plain(text: str) -> str:
    """Return a text without what editors change by themselves: blanks at the ends of lines, and
    empty lines around it.
    """
    return (_plain_again if len(text) <= MOST_AGAIN else _plain)(text)


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


_plain_again = lru_cache(maxsize=1024)(_plain)


def pieces(cells: Sequence[dict[str, Any]], assignment: Assignment) -> list[Piece]:
    """All pieces of a notebook, in its order; divided statements are joined."""
    stubs = {cell.id: plain(cell.stub) for cell in assignment.cells}
    by_text = {stub.strip(): ident for ident, stub in reversed(stubs.items())}
    long = sorted(
        (ident for ident in stubs if len(stubs[ident]) > 40 or "\n" in stubs[ident]),
        key=lambda ident: -len(stubs[ident]),
    )
    found: list[Piece] = []
    for cell in cells:
        text, claim = text_of(cell), claimed_id(cell)
        known = by_text.get(plain(text).strip(), "") if len(text) <= MAX_SOURCE else ""
        if known and (claim not in stubs or stubs[claim].strip() != plain(text).strip()):
            claim = known  # some tools strip all metadata, and copies keep another cell's
        claim = claim if claim in stubs else ""
        code = cell.get("cell_type") == "code"
        if not code and not cell.get("attachments") and len(text) <= MAX_SOURCE:
            former, text, claim = _as_released_now(text, claim, assignment)
            if former:
                continue
        whole = Piece(text, code, claim, cell)
        if claim and plain(text) == stubs[claim]:
            found.append(whole)
        else:
            found += _unmerged(whole, stubs, long, assignment)
    return _rejoined(found, assignment)


def _as_released_now(text: str, claim: str, assignment: Assignment) -> tuple[bool, str, str]:
    """Return whether a cell's text is the course's, of a cell that there is no more; its text, and
    the cell that it belongs to: the present ones where the text is as in a former release.
    """
    known = assignment.released
    owner = claim if known.has(claim, text) else "" if claim else known.owner(text)
    if not owner:
        return False, text, claim
    cell = assignment.by_id.get(owner)
    if cell is None or cell.release["cell_type"] == "code":
        return True, text, claim
    return False, cell.stub, owner


def claimed_id(cell: dict[str, Any]) -> str:
    """Return the id that a cell gives itself: nbgrader's, else its own."""
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    claimed = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    claimed = claimed or cell.get("id")
    return claimed if isinstance(claimed, str) else ""


def _unmerged(
    piece: Piece, stubs: dict[str, str], long: Sequence[str], assignment: Assignment
) -> Iterator[Piece]:
    """Yield the piece, or what is left of it above, between and below whole cells of the assignment
    that were merged into it.
    """
    text, spans = f"\n{plain(piece.text)}\n", list[tuple[int, int, str]]()
    for ident in long if len(text) <= MAX_SOURCE else ():
        start = text.find(f"\n{stubs[ident]}\n")
        if start >= 0 and not any(
            start < end and begin < start + len(stubs[ident]) + 1 for begin, end, _ in spans
        ):
            spans.append((start, start + len(stubs[ident]) + 1, ident))
    own = bool(piece.claim) and assignment.by_id[piece.claim].kind in OWN
    # the student's own text below what was handed out
    if not spans or (own and {ident for _, _, ident in spans} == {piece.claim}):
        yield piece
        return
    before, cell = 0, piece.cell
    for start, end, ident in [*sorted(spans), (len(text), len(text), "")]:
        if (rest := text[before:start].strip("\n")).strip():
            yield Piece(rest, _runs(rest, piece.code), piece.claim if own else "", cell)
            cell = {}
        if ident and not (own and ident == piece.claim):
            yield Piece(stubs[ident], assignment.by_id[ident].release["cell_type"] == "code", ident)
        before = end


def _runs(text: str, code: bool) -> bool:
    """Whether what was cut out of a merged cell is code: a cell of code may have been merged into
    one of text, and the other way round.

    A half of a function is code as well: it begins in its middle, or ends there.
    """
    if tree(text) is None:
        return code and (text[:1].isspace() or bool(defined(text)))
    return code or bool(defined(text))


def _rejoined(found: Sequence[Piece], assignment: Assignment) -> list[Piece]:
    """Return the pieces, where neighbours that only together are Python are one."""
    made: list[Piece] = []
    broken: dict[int, bool] = {}  # by a piece's place in `made`
    left = MOST_TRIED_OF_ALL
    for piece in found:
        made.append(piece)
        broken.pop(len(made) - 1, None)
        for count in range(2, MOST_TRIED + 1):
            last = made[-count:]
            if len(last) < count or not _may_be_one(last, assignment):
                break
            for at in (len(made) - 2, len(made) - 1):
                if at not in broken:
                    left -= len(made[at].text)
                    broken[at] = left > 0 and made[at].code and is_broken(made[at].text)
            if not (broken[len(made) - 2] or broken[len(made) - 1]):
                break
            text = "\n".join(one.text for one in last)
            left -= len(text)
            if left > 0 and not is_broken(text):
                claim = next((one.claim for one in last if one.claim), "")
                extended = (
                    not broken[len(made) - 2]
                    and last[-1].text[:1].isspace()
                    and last[-1].claim != last[-2].claim
                )
                made[-count:] = [
                    Piece(
                        text,
                        True,
                        claim,
                        last[0].cell,
                        extended or any(one.extended for one in last),
                    )
                ]
                broken[len(made) - 1] = False
                break
    return made


def _may_be_one(pieces: Sequence[Piece], assignment: Assignment) -> bool:
    """Whether pieces may be halves of one cell: at most one cell of the assignment's, one that the
    student writes, is named.
    """
    claims = {piece.claim for piece in pieces} - {""}
    return len(claims) <= 1 and all(
        assignment.by_id[claim].kind in (CellKind.SOLUTION, CellKind.DEMO) for claim in claims
    )


def is_broken(text: str) -> bool:
    """Whether a text is no Python, as far as that is looked at."""
    return len(text) > MOST_PARSED or tree(text) is None


def joined_parts(parts: Sequence[Piece]) -> list[Piece]:
    """Return the changed copies of one answer cell, in order: each text once, at its last place,
    halves of one statement joined.
    """
    if len(parts) < 2:
        return list(parts)
    place = {plain(part.text): at for at, part in enumerate(parts)}
    made: list[Piece] = []
    left = MOST_TRIED_OF_ALL
    for part in (part for at, part in enumerate(parts) if place[plain(part.text)] == at):
        made.append(part)
        for count in (
            range(2, min(MOST_TRIED, len(made)) + 1)
            if any(is_broken(one.text) for one in made[-2:])
            else ()
        ):
            text = "\n".join(one.text for one in made[-count:])
            left -= len(text)
            if left > 0 and not is_broken(text):
                made[-count:] = [replace(made[-1], text=text, code=True)]
                break
    code = [part for part in made if part.code]
    # an attempt that was put aside as text must not replace one that runs
    others = [part for part in made if not part.code]
    return [*others, *code]


def unfenced(text: str) -> str:
    """Return the code that stands in a Markdown cell as a block of code, or the text as it is."""
    found = _FENCE.fullmatch(text)
    return found[1] if found else text
