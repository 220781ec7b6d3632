"""Known mistakes and right variants: how they are written, and how they are read.

An entry is a small function in `source/NN-name/mistakes/QUESTION.py`. For a mistake, its docstring is the hint that a student reads::

    @mistake("affine", replaces="affine_backward")
    def bias_gradient_is_a_mean(dout, cache):
        \"\"\"Your `db` is an average over the batch …\"\"\"

What stands in for `replaces` in the notebook is the function's own text, without decorator and docstring. Where several
functions change together, the entry is a factory that returns them in the order of `replaces`.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])
Summarise = Callable[[str, tuple[Any, ...], Any], Any]


@dataclass(frozen=True)
class Entry:
    """A known mistake or a right variant of one question.

    Attributes:
        id: the function's name.
        question: the question it answers.
        right: whether it is a right variant.
        replaces: the notebook's functions that it stands in for.
        hint: what the student reads (of a mistake), or what is unusual about it (of a variant).
        source: the text that is put at the end of the reference's cell.
        leaves_nothing: why the mistake may cost more than the most that one mistake should, or the empty string.
    """

    id: str
    question: str
    right: bool
    replaces: tuple[str, ...]
    hint: str
    source: str
    leaves_nothing: str = ""


@dataclass(frozen=True)
class Bank:
    """All entries of one assignment.

    Attributes:
        entries: the known mistakes and right variants.
        summaries: how outputs are reduced before they are compared, per question.
        unloaded: why a file could not be read, by its stem: it costs its hints, and never a mark.
    """

    entries: tuple[Entry, ...]
    summaries: dict[str, Summarise]
    unloaded: Mapping[str, str] = field(default_factory=dict)

    def mistakes(self, question: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.question == question and not entry.right]

    def variants(self, question: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.question == question and entry.right]


def mistake(question: str, *, replaces: str | tuple[str, ...], leaves_nothing: str = "") -> Callable[[Function], Function]:
    """Mark a function as a known mistake of a question; its docstring is the hint.

    Args:
        question: the question's id.
        replaces: the notebook's function or functions that it stands in for.
        leaves_nothing: the reason why it may cost more than 60 % of its question: what it leaves right is no answer.
    """
    return _marker(question, replaces, right=False, leaves_nothing=leaves_nothing)


def variant(question: str, *, replaces: str | tuple[str, ...]) -> Callable[[Function], Function]:
    """Marks a function as a right answer in another style; its docstring says what is unusual."""
    return _marker(question, replaces, right=True)


def _marker(question: str, replaces: str | tuple[str, ...], *, right: bool, leaves_nothing: str = "") -> Callable[[Function], Function]:
    def mark(function: Function) -> Function:
        hint = inspect.getdoc(function)
        if not hint:
            raise ValueError(f"{function.__module__}.{function.__name__} needs a docstring: it is what the student reads")
        source = _source(function, replaces)
        names = (replaces,) if isinstance(replaces, str) else replaces
        function.__dict__["entry"] = Entry(function.__name__, question, right, names, hint, source, leaves_nothing)
        return function

    return mark


def _source(function: Callable[..., Any], replaces: str | tuple[str, ...]) -> str:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    node = tree.body[0]
    assert isinstance(node, ast.FunctionDef)
    node.decorator_list = []
    node.body = node.body[1:] or [ast.Pass()]
    if isinstance(replaces, str):
        node.name = replaces
        return ast.unparse(node)
    node.name = "_replacements"
    return f"{ast.unparse(node)}\n\n\n{', '.join(replaces)} = _replacements()"


def load_bank(folder: Path) -> Bank:
    """Read all entries in a folder `mistakes` of an assignment, in the order of the files and of the functions in them."""
    entries: list[Entry] = []
    summaries: dict[str, Summarise] = {}
    unloaded: dict[str, str] = {}
    for path in sorted(folder.glob("*.py")):
        try:
            module = _load(path)
        except Exception as error:  # whatever an author's file raises
            unloaded[path.stem] = f"{type(error).__name__}: {error}"
            continue
        entries += [value.entry for value in vars(module).values() if hasattr(value, "entry")]
        if hasattr(module, "summarise"):
            summaries[path.stem] = module.summarise
    return Bank(tuple(entries), summaries, unloaded)


def load_marked(path: Path) -> list[Any]:
    """Read the functions of a file that were marked as entries, in their order."""
    return [value for value in vars(_load(path)).values() if hasattr(value, "entry")]


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"mistakes_of_{path.parent.parent.name.replace('-', '_')}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
