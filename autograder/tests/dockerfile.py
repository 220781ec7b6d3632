"""Reads a Dockerfile and what its `.dockerignore` leaves out, by Docker's documented rules, as far as ours need them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

KNOWN = ("FROM", "RUN", "WORKDIR", "COPY", "ENTRYPOINT", "CMD")


@dataclass(frozen=True)
class Step:
    """One instruction.

    Attributes:
        kind: its word, in capitals.
        words: what a JSON list holds, or the whole rest as one text.
    """

    kind: str
    words: tuple[str, ...]


def steps(text: str) -> list[Step]:
    """Return the instructions of a Dockerfile in their order.

    Raises:
        ValueError: it has an instruction that we do not follow.
    """
    lines = [line for line in text.splitlines() if not re.match(r"\s*(#|$)", line)]
    found = []
    for line in re.sub(r"\\\n", "", "\n".join(lines)).splitlines():
        kind, _, rest = line.strip().partition(" ")
        if kind.upper() not in KNOWN:
            raise ValueError(f"expected one of {', '.join(KNOWN)}, got {line.strip()[:80]}")
        listed = rest.strip().startswith("[")
        words = tuple(json.loads(rest)) if listed else (" ".join(rest.split()),)
        found.append(Step(kind.upper(), words))
    return found


def context(folder: Path, ignored: Sequence[str]) -> Iterator[str]:
    """Yield the path of each file that `COPY . .` copies.

    Args:
        folder: of the Dockerfile.
        ignored: the lines of `.dockerignore`.
    """
    rules = [_rule(line.strip()) for line in ignored if re.match(r"\s*[^#\s]", line)]
    for place, folders, files in os.walk(folder):
        here = Path(place).relative_to(folder)
        links = {name for name in folders if (Path(place) / name).is_symlink()}
        kept = [name for name in folders if not _left_out((here / name).as_posix(), rules)]
        folders[:] = [name for name in kept if name not in links]
        for name in [*files, *links.intersection(kept)]:
            if not _left_out((here / name).as_posix(), rules):
                yield (here / name).as_posix()


def _rule(line: str) -> tuple[re.Pattern[str], bool]:
    """Return the expression of a line, and whether it leaves out: `**` is any folders, `*` part of one name."""
    out, line = not line.startswith("!"), line.removeprefix("!").strip("/")
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", line)
    meant = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(meant.get(part, re.escape(part)) for part in parts)), out


def _left_out(path: str, rules: Sequence[tuple[re.Pattern[str], bool]]) -> bool:
    """Return what the last line says that meets a path; unlike git's, a line begins at the top."""
    return next((out for rule, out in reversed(rules) if rule.fullmatch(path)), False)
