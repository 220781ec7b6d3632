"""Say the English sentences of the engine and of a course in another language.

The words are in a file of gettext, `translations/LANGUAGE.po` beside `pyproject.toml`, which
`autograder messages LANGUAGE` writes and keeps up to date. A message there is a whole sentence, or
a template with {0}, {1}, … in the place of names, numbers and shapes. A sentence without a
translation stays English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from string import Formatter

from .course import Course
from .errors import UserError
from .plurals import VERBS
from .sentences import ENDS, ended, unended
from .settings import settings

DEPTH = 4  # templates within one another
LEAST = 4  # letters of a template: fewer would be found in any sentence
AROUND = "`{0}` {1}."  # a name, and what is said of it, which is a message itself
ABOUT = "{0} {1}."  # a description, and what is said of it
MOST_VERBS = 8  # of a sentence where what is said of a description may begin
_VERB = re.compile(rf" (?=(?:{'|'.join((*VERBS, *VERBS.values()))}) )")


def flat(text: str) -> str:
    """Return a sentence in one line, as messages are compared."""
    return " ".join(text.split())


def literals(template: str) -> tuple[str, ...]:
    """Return what stands before, between and after the fields of a template.

    Raises:
        ValueError: a brace is left open, or not doubled.
    """
    found = [""]
    for text, name, _, _ in Formatter().parse(template):
        found[-1] += text
        if name is not None:
            found.append("")
    return tuple(found)


def fields(parts: tuple[str, ...], text: str) -> tuple[str, ...] | None:
    """Return what stands in a text in the place of each field, or None if it is of another form.

    Each field is as short as it can be, and holds something.

    Args:
        parts: the literals of a template.
        text: in one line.
    """
    if not text.startswith(parts[0]):
        return None
    found, start = [], len(parts[0])
    for part in parts[1:-1]:
        end = text.find(part, start + 1)
        if end < 0:
            return None
        found.append(text[start:end])
        start = end + len(part)
    end = len(text) - len(parts[-1])
    if start >= end or not text.endswith(parts[-1]):
        return None
    return (*found, text[start:end])


@dataclass(frozen=True, eq=False)
class Translation:
    """A language, and what it says instead of English sentences; call it with one.

    Two of them are equal if they are the same object, so that one can be the key of a cache.

    Attributes:
        language: its code, such as "de".
        messages: what to say instead, by message.
    """

    language: str = "en"
    messages: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, text: str) -> str:
        """Return a sentence in this language; the same sentence where no message fits."""
        return self._say(text, DEPTH) if self.messages else text

    def fill(self, template: str, *values: object) -> str:
        """Return a message, with its fields filled in; for one of too few letters to be found."""
        return self.messages.get(template, template).format(*values)

    @cached_property
    def _templates(self) -> list[tuple[tuple[str, ...], str]]:
        """The messages with fields, those first that say the most themselves."""
        return sorted(
            (
                (parts, said)
                for message, said in self.messages.items()
                if message not in (AROUND, ABOUT)
                and len(parts := literals(message)) > 1
                and sum(map(str.isalpha, "".join(parts))) >= LEAST
            ),
            key=lambda one: -sum(map(len, one[0])),
        )

    @cached_property
    def _whole(self) -> dict[str, str]:
        """The messages without fields."""
        return {
            parts[0]: said.format()
            for message, said in self.messages.items()
            if len(parts := literals(message)) == 1
        }

    def _say(self, text: str, depth: int) -> str:
        line = flat(text)
        if line in self._whole:
            return self._whole[line]
        for parts, said in self._templates if depth else ():
            if (found := fields(parts, line)) is not None:
                return said.format(*(self._say(one, depth - 1) for one in found))
        if depth and (found := fields(literals(AROUND), line)) is not None:
            inner = [self._say(one, depth - 1) for one in found]
            if inner != [*found]:
                return self.messages.get(AROUND, AROUND).format(*inner)
        return (self._say_about(line, depth) if depth else None) or text

    def _say_about(self, line: str, depth: int) -> str | None:
        """Return a sentence about a description, or None if what is said of it is no message."""
        for verb in islice(_VERB.finditer(line), MOST_VERBS) if line.endswith(ENDS) else ():
            name, predicate = line[: verb.start()], unended(line[verb.end() :])
            said = self._say(predicate, depth - 1)
            if said != predicate:
                small = name[:1].lower() + name[1:]
                named = self._say(small, depth - 1)
                named = name if named == small else named[:1].upper() + named[1:]
                return ended(self.messages.get(ABOUT, ABOUT).format(named, said))
        return None


ENGLISH = Translation()


def file_of(course: Course, language: str) -> Path:
    """Return the file with a course's messages in a language."""
    return course.root / "translations" / f"{language}.po"


def translation_of(course: Course) -> Translation:
    """Return the language that a course's `pyproject.toml` names: `language = "de"` under
    `[tool.autograder]`; English if none.

    Raises:
        UserError: the file of its messages is missing, or a message has other fields than its
            translation.
    """
    language = settings(course.pyproject).get("language", ENGLISH.language)
    if language == ENGLISH.language:
        return ENGLISH
    path = file_of(course, language)
    if not path.is_file():
        raise UserError(
            f'{course.pyproject}: language = "{language}" needs {path}; '
            f"run: autograder messages {language}"
        )
    messages = dict(_read(path))
    wrong = [message for message, said in messages.items() if not _fits(message, said)]
    if wrong:
        raise UserError(
            f"{path}: expected the fields of the message in its translation as well: {wrong[0]!r}"
        )
    return Translation(language, messages)


def _read(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each message that is translated, and its translation."""
    from babel.messages.pofile import PoFileError, read_po

    try:
        with path.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
    except (PoFileError, UnicodeError) as error:
        raise UserError(f"{path} is not a file of gettext's messages: {error}") from error
    for message in catalogue:
        if message.id and message.string and not message.fuzzy:
            yield str(message.id), str(message.string)


def _fits(message: str, said: str) -> bool:
    try:
        wanted, got = (
            {name for _, name, _, _ in Formatter().parse(one) if name is not None}
            for one in (message, said)
        )
    except ValueError:
        return False
    return got <= wanted
