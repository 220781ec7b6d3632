"""Read how a written question is graded: its model answer, the rubric's items, two sample answers
and the limit on words.

All written questions have one form, which `build` demands:

    **Model answer.**

    …

    **Rubric.**

    - 2 points: one sentence on what earns them.
    - 1 point: …

    **Weak answer (3 points: items 1, 2).**

    …

    **Average answer (6 points: items 1, 3, 4).**

    …

The cell before it, which asks the question, ends with "Write at most 300 words."
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .assignment import Assignment, CellKind
from .errors import UserError

MOST_ITEMS = 9  # a key of its own for each, 1 to 9
WEAK, AVERAGE = "Weak answer", "Average answer"
_ORDER = ("Model answer", "Rubric", WEAK, AVERAGE)
_FORM = "**Model answer.**, **Rubric.**, **Weak answer (…).**, **Average answer (…).**"
_HEADING = re.compile(
    rf"^\*\*(?P<name>{'|'.join(_ORDER)})(?: \((?P<earned>[^)\n]*)\))?\.\*\*[ \t]*$", re.MULTILINE
)
_ITEM = re.compile(r"(?P<points>\d+(?:\.5)?) points?: (?P<text>\S.*)", re.DOTALL)
_EARNED = re.compile(r"(?P<points>\d+(?:\.5)?) points?: items? (?P<items>\d+(?:, \d+)*)")
_LIMIT = re.compile(r"\bWrite\s+at\s+most\s+(\d+)\s+words\.")
_FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$]+\$", re.DOTALL)
_WORD = re.compile(r"\w")


@dataclass(frozen=True)
class Item:
    """One thing that an answer can earn points for."""

    points: float
    text: str


@dataclass(frozen=True)
class SampleAnswer:
    """An answer as a student could have written it.

    Attributes:
        name: "Weak answer" or "Average answer".
        points: what it earns.
        items: the numbers of the items that it earns, from 1.
        text: Markdown.
    """

    name: str
    points: float
    items: tuple[int, ...]
    text: str


@dataclass(frozen=True)
class Rubric:
    """How one written question is graded.

    Attributes:
        model: the model answer, Markdown.
        items: what earns points, in order.
        samples: the weak and the average answer.
        most_words: the limit that the question names.
    """

    model: str
    items: tuple[Item, ...]
    samples: tuple[SampleAnswer, ...]
    most_words: int


def written_rubrics(assignment: Assignment) -> dict[str, Rubric]:
    """Return the rubric of each written question, by the id of its cell.

    Raises:
        UserError: one has another form.
    """
    cells = assignment.cells
    return {
        cell.id: read_rubric(
            cell.source,
            cells[at - 1].source if at else "",
            cell.points,
            f"{assignment.name}, {cell.id}",
        )
        for at, cell in enumerate(cells)
        if cell.kind == CellKind.WRITTEN
    }


def read_rubric(source: str, question: str, points: float, where: str) -> Rubric:
    """Return the rubric in a written question's cell.

    Args:
        source: of the cell.
        question: of the cell before it, which asks the question.
        points: what the question is worth.
        where: names the cell in messages.

    Raises:
        UserError: it has another form; the message says what was expected and what came.
    """
    parts = _parts(source, where)
    items = tuple(_items(parts["Rubric"][1], where))
    total = sum(item.points for item in items)
    if total != points:
        raise UserError(
            f"{where}: expected items that add up to {points:g} points, got {total:g} "
            f"({' + '.join(f'{item.points:g}' for item in items)})"
        )
    samples = tuple(_sample(name, *parts[name], items, where) for name in (WEAK, AVERAGE))
    earned = [sample.points for sample in samples]
    if not earned[0] < earned[1] < points:
        raise UserError(
            f"{where}: expected a weak answer that earns less than the average one, and an "
            f"average one that earns less than {points:g} points, got {earned[0]:g} and "
            f"{earned[1]:g}"
        )
    limits = _LIMIT.findall(question)
    if len(limits) != 1:
        raise UserError(
            f"{where}: expected one sentence like 'Write at most 300 words.' in the cell before "
            f"it, which asks the question, got {len(limits)}"
        )
    most, model = int(limits[0]), parts["Model answer"][1]
    for name in ("Model answer", WEAK, AVERAGE):
        if (length := words(parts[name][1])) > most:
            raise UserError(
                f"{where}: the question allows {most} words, and the {name.lower()} has {length}"
            )
    return Rubric(model, items, samples, most)


def words(text: str) -> int:
    """Return how many words an answer has; a formula counts as one, and a sign alone as none."""
    return sum(bool(_WORD.search(word)) for word in _FORMULA.sub(" x ", text).split())


def _parts(source: str, where: str) -> dict[str, tuple[str | None, str]]:
    """Return what stands in each heading's brackets and below it, by the heading's name."""
    found = list(_HEADING.finditer(source))
    if [one["name"] for one in found] != list(_ORDER) or source[: found[0].start()].strip():
        got = ", ".join(one["name"] for one in found) or "none of them"
        raise UserError(
            f"{where}: expected the headings {_FORM} in this order, each alone in its line and the "
            f"first at the top, got {got}"
        )
    ends = [one.start() for one in found[1:]] + [len(source)]
    parts = {
        one["name"]: (one["earned"], source[one.end() : end].strip())
        for one, end in zip(found, ends, strict=True)
    }
    if empty := [name for name, (_, text) in parts.items() if not text]:
        raise UserError(f"{where}: nothing stands below {empty[0]!r}")
    for name in ("Model answer", "Rubric"):
        if parts[name][0] is not None:
            raise UserError(f"{where}: expected **{name}.**, got **{name} ({parts[name][0]}).**")
    return parts


def _items(text: str, where: str) -> Iterator[Item]:
    if not text.startswith("- "):
        raise UserError(
            f"{where}: expected a rubric of lines like '- 2 points: …', got {text[:40]!r}"
        )
    lines = re.split(r"^- ", text, flags=re.MULTILINE)[1:]
    if len(lines) > MOST_ITEMS:
        raise UserError(f"{where}: expected at most {MOST_ITEMS} items, got {len(lines)}")
    for line in lines:
        found = _ITEM.fullmatch(line.strip())
        if not found or not float(found["points"]):
            raise UserError(
                f"{where}: expected an item like '- 2 points: …', got '- {line.strip()[:40]}'"
            )
        yield Item(float(found["points"]), " ".join(found["text"].split()))


def _sample(
    name: str, earned: str | None, text: str, items: tuple[Item, ...], where: str
) -> SampleAnswer:
    found = _EARNED.fullmatch(earned or "")
    if not found:
        raise UserError(
            f"{where}: expected a heading like **{name} (3 points: items 1, 2).**, got "
            f"**{name}{f' ({earned})' if earned is not None else ''}.**"
        )
    numbers = tuple(map(int, found["items"].split(", ")))
    if sorted(set(numbers)) != list(numbers) or not 1 <= numbers[0] <= numbers[-1] <= len(items):
        raise UserError(
            f"{where}: {name.lower()}: expected numbers of items from 1 to {len(items)}, in order, "
            f"got {found['items']}"
        )
    total, points = sum(items[at - 1].points for at in numbers), float(found["points"])
    if total != points:
        raise UserError(
            f"{where}: {name.lower()}: its items are worth {total:g} points, and its heading says "
            f"{points:g}"
        )
    return SampleAnswer(name, points, numbers, text)
