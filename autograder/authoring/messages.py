"""Collect all sentences that code shows students, for those who translate a course.

Those of the engine are read from its source: whole texts, and f-strings as templates with {0}, {1},
… Of the service, they are what its students' pages give to `say`, `language` and `fill`. Those of a
course are the docstrings of its checks and known mistakes, and the lines that its visible checks
print.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import islice, product
from pathlib import Path
from string import Formatter

from ..core.course import TEMPLATES, Course
from ..core.errors import UserError
from ..core.files import write_whole
from ..core.plurals import plural
from ..core.translation import ABOUT, AROUND, Translation, file_of, flat

PACKAGE = Path(__file__).resolve().parents[1]
FOLDERS = ("checking", "grading")  # of the engine, whose words students read
OF_OTHERS = ("message_filter.py", "message_templates.py")  # words of Python's and NumPy's errors
OF_VALUES = ("compare.py", "difference.py")  # what is said of one value, and of several
SILENT = {"plurals"}  # module of `utils` whose texts are words that it looks for
PAGE = TEMPLATES / "feedback.html.j2"
SERVICE, OF_STAFF = "service", ("staff",)  # its modules and templates, and those of staff's pages
SAYING = ("say", "language")  # what the service's modules call with a sentence
OF_HTTP = ("submit",)  # modules of `utils` whose other texts are no sentences
MOST = 8  # sentences that one sum of texts can give
LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
SAYS = "import say\n"  # is in each module of `utils` that speaks by the catalogue
NOTEBOOKS = "messages.json"  # in `utils`: the translations that `utils.translation` reads
_IMPORTED = re.compile(r"^from utils\.(\w+) import ", re.MULTILINE)
_SAID = re.compile(r'\b(?:say|fill)\("([^"]+)"')
_LETTERS = re.compile(r"^(?!/).*[A-Za-z]{2}")  # also of one word; no address
_WORDS = re.compile(r"[A-Za-z]{2,} .*|.* [A-Za-z]{2,}.*")
_STAFF = ("UserError", "GraderFault", "TypeError", "AssertionError", "getLogger")


@dataclass(frozen=True)
class Source:
    """A message, and where it comes from.

    Attributes:
        text: a sentence in one line, or a template.
        file: relative to the engine or the course.
        line: of the file.
    """

    text: str
    file: str
    line: int


def engine_messages() -> Iterator[Source]:
    """Yield the sentences of the engine."""
    yield from (Source(text, "core/translation.py", 1) for text in (AROUND, ABOUT))
    for folder in FOLDERS:
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            if path.name in OF_OTHERS:
                continue
            name = path.relative_to(PACKAGE).as_posix()
            for node, texts in _texts(ast.parse(path.read_text(encoding="utf-8"))):
                for text in texts:
                    yield Source(text, name, node.lineno)
                    if path.name in OF_VALUES and plural(text) != text:
                        yield Source(plural(text), name, node.lineno)
    yield from _service_messages()
    templates = [PAGE, *sorted((TEMPLATES / SERVICE).glob("*.html.j2"))]
    for path in templates:
        if path.name.startswith(OF_STAFF):
            continue
        name = path.relative_to(PACKAGE).as_posix()
        for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for said in _SAID.findall(text):
                yield Source(_template(said), name, line)


def _service_messages() -> Iterator[Source]:
    """Yield the sentences that the service's handlers say on students' pages."""
    for path in sorted((PACKAGE / SERVICE).glob("*.py")):
        if path.name.startswith(OF_STAFF):
            continue
        name = path.relative_to(PACKAGE).as_posix()
        for node, texts in _said(ast.parse(path.read_text(encoding="utf-8"))):
            yield from (Source(text, name, node.lineno) for text in texts)


def course_messages(course: Course, names: Iterable[str]) -> Iterator[Source]:
    """Yield the sentences of a course: those of its checks, the words of their reasons, and its
    hints.
    """
    for name in names:
        for folder in (course.checks(name), course.mistakes(name)):
            for path in sorted(folder.glob("*.py")):
                file = path.relative_to(course.root).as_posix()
                tree = ast.parse(path.read_text(encoding="utf-8"))
                for node in ast.walk(tree):
                    if isinstance(node, ast.FunctionDef) and _is_read(node):
                        text = flat(ast.get_docstring(node) or "")
                        yield Source(_escaped(text), file, node.lineno)
                for node, texts in _texts(tree) if folder == course.checks(name) else ():
                    yield from (Source(text, file, node.lineno) for text in texts)


def visible_messages(course: Course) -> Iterator[Source]:
    """Yield the sentences that visible checks print: those in the modules of the course's `utils`
    that import `say`, and in those that they import; and what `submit()` prints.
    """
    texts = {path.stem: path.read_text(encoding="utf-8") for path in course.utils.glob("*.py")}
    speaking = {name for name, text in texts.items() if SAYS in text}
    speaking |= {one for name in speaking for one in _IMPORTED.findall(texts[name])}
    for name in sorted((speaking & texts.keys()) - SILENT):
        file = (course.utils / f"{name}.py").relative_to(course.root).as_posix()
        tree = ast.parse(texts[name])
        for node, found in _said(tree) if name in OF_HTTP else _texts(tree):
            for one in found:
                yield from (
                    Source(said, file, node.lineno) for said in dict.fromkeys((one, plural(one)))
                )


def translate_visible_checks(course: Course, say: Translation) -> None:
    """Write what visible checks say in the course's language into `utils`, where notebooks read it
    on a student's machine and in the sandbox; nothing else of the catalogue, since that has hints.

    Args:
        course: its `utils` gets the file, or loses it if the course is English.
        say: the course's language.
    """
    file = course.utils / NOTEBOOKS
    found = {one.text for one in visible_messages(course)}
    said = {text: say.messages[text] for text in sorted(found & say.messages.keys())}
    if said:
        made = json.dumps(said, ensure_ascii=False, indent=1) + "\n"
        write_whole(file, made.encode())
    else:
        file.unlink(missing_ok=True)


def write_messages(course: Course, language: str) -> tuple[Path, int, int]:
    """Write the file with a course's messages in a language; translations that are there stay.

    Args:
        course: whose sentences to collect beside the engine's.
        language: a code such as "de" or "pt_BR".

    Returns:
        The file, the number of its messages, and how many of them are translated.

    Raises:
        UserError: this is no code of a language, or the file that is there cannot be read.
    """
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import PoFileError, read_po, write_po

    if not LANGUAGE.fullmatch(language):
        raise UserError(
            f'expected the code of a language such as "de" or "pt_BR", got {language!r}'
        )
    found = Catalog(project="autograder")
    sources = (
        *engine_messages(),
        *visible_messages(course),
        *course_messages(course, course.assignments()),
    )
    for one in sources:
        found.add(one.text, locations=[(one.file, one.line)])
    path = file_of(course, language)
    held = Catalog(locale=language, revision_date=datetime(2026, 1, 1, tzinfo=UTC))
    if path.is_file():
        try:
            with path.open("rb") as file:
                held = read_po(file, locale=language, abort_invalid=True)
        except (PoFileError, UnicodeError) as error:
            raise UserError(f"{path} is not a file of gettext's messages: {error}") from error
    held.update(found, no_fuzzy_matching=True)
    path.parent.mkdir(exist_ok=True)
    made = BytesIO()
    write_po(made, held, width=100, sort_by_file=True, omit_header=False)
    write_whole(path, made.getvalue())
    messages = [message for message in held if message.id]
    return path, len(messages), sum(bool(message.string) for message in messages)


def _is_read(node: ast.FunctionDef) -> bool:
    """Whether students read a function's docstring: it is a check or a known mistake."""
    return any(ast.unparse(one).startswith(("check(", "mistake(")) for one in node.decorator_list)


def _said(tree: ast.AST) -> Iterator[tuple[ast.expr, list[str]]]:
    """Yield each text that a module gives to a function that says it, also of one word."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] in SAYING:
            yield from _texts(ast.Tuple(call.args, ast.Load()), _LETTERS)


def _texts(tree: ast.AST, words: re.Pattern[str] = _WORDS) -> Iterator[tuple[ast.expr, list[str]]]:
    """Yield each text of a tree that has words in it, as the templates that it can give."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        inner: Iterable[ast.AST] = ()
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inner = (node.value,)  # a docstring
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(_STAFF):
            inner = ast.walk(node)
        elif isinstance(node, ast.expr) and id(node) not in skipped and (made := _made(node)):
            texts = [text for text in made if words.search(text)]
            if texts:
                yield node, texts
            inner = _parts(node)
        skipped |= {id(one) for one in inner}


def _parts(node: ast.expr) -> Iterator[ast.AST]:
    """Yield the literal parts of a text, which are no texts of their own."""
    if isinstance(node, ast.JoinedStr):
        yield from (one for one in node.values if isinstance(one, ast.Constant))
    elif isinstance(node, ast.BinOp):
        for side in (node.left, node.right):
            yield side
            yield from _parts(side)
    elif isinstance(node, ast.IfExp):
        for side in (node.body, node.orelse):
            yield side
            yield from _parts(side)


def _made(node: ast.expr) -> list[str]:
    """Return the templates that an expression gives, with {} for each field; none if it is no
    text.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [_numbered(node.value)]
    if isinstance(node, ast.JoinedStr):
        parts = [
            _escaped(str(one.value)) if isinstance(one, ast.Constant) else "{}"
            for one in node.values
        ]
        return [_numbered("".join(parts))]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = [_made(node.left), _alternatives(node.right)]
        if all(sides):
            return [_numbered("".join(pair)) for pair in islice(product(*sides), MOST)]
    return []


def _alternatives(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return [*_made(node.body), *_made(node.orelse)]
    return _made(node)


def _template(said: str) -> str:
    """Return the message that a page's template says; its fields are those of `%` or numbered."""
    return _numbered(said.replace("%g", "{}"))


def _numbered(text: str) -> str:
    """Return a template with its fields numbered, in one line; a text that is none, escaped."""
    try:
        pieces = list(Formatter().parse(text))
    except ValueError:
        return flat(_escaped(text))
    made, number = "", 0
    for literal, name, _, _ in pieces:
        made += _escaped(literal)
        if name is not None:
            made += f"{{{number}}}"
            number += 1
    return " ".join(made.split()) if made.strip() == made else made


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
