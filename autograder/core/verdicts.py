"""Read what a notebook's visible checks printed: the one place that knows the format of
`utils.verdicts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

RIGHT, WRONG = "  \N{CHECK MARK} ", "  \N{BALLOT X} "
_COUNT = re.compile(r".*: (\d+) of (\d+) right(, \d+ not reached)?")
_UNWRITTEN = re.compile(r".*: not written yet\b.*")


@dataclass(frozen=True)
class Verdicts:
    """What the visible checks of one cell say of an answer.

    Attributes:
        right: how many of them are passed.
        wrong: a line for each that is not, or for what stopped them.
    """

    right: int = 0
    wrong: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether there are visible checks, and all of them are passed."""
        return self.right > 0 and not self.wrong

    @property
    def words(self) -> str:
        """The first line that is not right, or that nothing was printed."""
        return self.wrong[0] if self.wrong else "no visible check printed a verdict"


def read_verdicts(cell: Mapping[str, Any]) -> Verdicts:
    """Return the verdicts in the outputs of a check cell.

    Args:
        cell: a cell of an executed notebook (nbformat 4).
    """
    outputs = cell.get("outputs", ())
    lines = [
        line
        for output in outputs
        if output["output_type"] == "stream"
        for line in _text(output["text"]).splitlines()
    ]
    wrong = [line.removeprefix(WRONG) for line in lines if line.startswith(WRONG)]
    return Verdicts(
        sum(line.startswith(RIGHT) for line in lines), (*wrong, *_stops(lines, outputs, len(wrong)))
    )


def _stops(lines: list[str], outputs: Any, wrong: int) -> Iterator[str]:
    """Yield what is not right though no line with a cross says so."""
    yield from (line for line in lines if _UNWRITTEN.fullmatch(line))
    counts = [match for match in map(_COUNT.fullmatch, lines) if match]
    yield from (match[0] for match in counts if match[3])
    if sum(int(match[2]) - int(match[1]) for match in counts) > wrong:
        yield from (match[0] for match in counts if match[1] != match[2])
    yield from (
        f"stopped by {output['ename']}: {output['evalue']}"
        for output in outputs
        if output["output_type"] == "error"
    )


def _text(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
