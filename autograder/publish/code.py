"""Find the Python code in what is handed out: modules, notebooks' cells, fenced blocks of pages."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..core.assignment import text_of

_FENCE = re.compile(
    r"^(?P<fence>```+|~~~+)[ \t]*(?P<language>[\w-]*)[^\n]*\n(?P<code>.*?)^(?P=fence)",
    re.DOTALL | re.MULTILINE,
)
_LANGUAGES = frozenset({"", "python", "py", "python3", "ipython3"})


@dataclass(frozen=True)
class Code:
    """A piece of Python that students are given.

    Attributes:
        where: the file, and the cell if it is a notebook's.
        source: the whole piece, as a student could copy it.
    """

    where: str
    source: str

    def functions(self) -> Iterator[ast.FunctionDef]:
        """Yield the functions that the piece defines, on whatever level, without those that are
        still to be written.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(self.source)
        except (SyntaxError, ValueError):
            return
        yield from (
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and not is_stub(node)
        )


def is_stub(function: ast.FunctionDef) -> bool:
    """Whether a function's body does nothing but raise NotImplementedError, after a docstring
    perhaps.
    """
    last = function.body[-1]
    raises = (
        isinstance(last, ast.Raise)
        and last.exc is not None
        and "NotImplementedError" in ast.unparse(last.exc)
    )
    rest = (
        function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    )
    return raises and len(rest) == 1


def code_in(files: Mapping[str, bytes]) -> Iterator[Code]:
    """All Python code in the files, by their paths."""
    for path, content in files.items():
        text = content.decode("utf-8", "replace")
        if path.endswith(".py"):
            yield Code(path, text)
        elif path.endswith(".ipynb"):
            yield from _of_notebook(path, json.loads(text))
        elif path.endswith(".md"):
            yield from _of_page(path, text)


def _of_notebook(path: str, notebook: dict[str, Any]) -> Iterator[Code]:
    for number, cell in enumerate(notebook["cells"]):
        where = f"{path}, cell {cell.get('id', number + 1)}"
        if cell["cell_type"] == "code":
            yield Code(where, text_of(cell))
        else:
            yield from _of_page(where, text_of(cell))


def _of_page(where: str, text: str) -> Iterator[Code]:
    for block in _FENCE.finditer(text):
        if block["language"].lower() in _LANGUAGES:
            yield Code(where, block["code"])
