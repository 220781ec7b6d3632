"""Find the sentences that code shows students, and where each comes from.

Those of the engine are read from its source. Of the service, they are what its students' pages give
to `say`, `language` and `fill`. Those of a course are the docstrings of its checks and known
mistakes, and the lines that its visible checks print.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..core.course import TEMPLATES, Course
from ..core.plurals import plural
from ..core.translation import ABOUT, AROUND, flat
from .source_texts import escaped, said_texts, template_of, texts_of

PACKAGE = Path(__file__).resolve().parents[1]
FOLDERS = ("checking", "grading")  # of the engine, whose words students read
OF_OTHERS = ("message_filter.py", "message_templates.py")  # words of Python's and NumPy's errors
OF_VALUES = ("compare.py", "difference.py")  # what is said of one value, and of several
SILENT = {"plurals"}  # module of `utils` whose texts are words that it looks for
PAGE = TEMPLATES / "feedback.html.j2"
SERVICE, OF_STAFF = "service", ("staff",)  # its modules and templates, and those of staff's pages
OF_HTTP = ("submit",)  # modules of `utils` whose other texts are no sentences
SAYS = "import say\n"  # is in each module of `utils` that speaks by the catalogue
_IMPORTED = re.compile(r"^from utils\.(\w+) import ", re.MULTILINE)
_SAID = re.compile(r'\b(?:say|fill)\("([^"]+)"')


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
            for node, texts in texts_of(ast.parse(path.read_text(encoding="utf-8"))):
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
                yield Source(template_of(said), name, line)


def _service_messages() -> Iterator[Source]:
    """Yield the sentences that the service's handlers say on students' pages."""
    for path in sorted((PACKAGE / SERVICE).glob("*.py")):
        if path.name.startswith(OF_STAFF):
            continue
        name = path.relative_to(PACKAGE).as_posix()
        for node, texts in said_texts(ast.parse(path.read_text(encoding="utf-8"))):
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
                        yield Source(escaped(text), file, node.lineno)
                for node, texts in texts_of(tree) if folder == course.checks(name) else ():
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
        for node, found in said_texts(tree) if name in OF_HTTP else texts_of(tree):
            for one in found:
                yield from (
                    Source(said, file, node.lineno) for said in dict.fromkeys((one, plural(one)))
                )


def _is_read(node: ast.FunctionDef) -> bool:
    """Whether students read a function's docstring: it is a check or a known mistake."""
    return any(ast.unparse(one).startswith(("check(", "mistake(")) for one in node.decorator_list)
