"""Known mistakes and right variants: how they are written, and how they are read.

An entry is a small function in `source/NN-name/mistakes/QUESTION.py`. For a mistake, its docstring
is the hint that a student reads::

    @mistake("affine", replaces="affine_backward")
    def bias_gradient_is_a_mean(dout, cache):
        \"\"\"Your `db` is an average over the batch …\"\"\"

What stands in for `replaces` in the notebook is the function's own text, without decorator and
docstring. Where several functions change together, the entry is a factory that returns them in the
order of `replaces`. Where a few words of the reference make the mistake, the entry says these
alone, and has no body::

    @mistake("affine", replaces="affine_backward", change={"dout.sum(axis=0)": "dout.mean(axis=0)"})
    def bias_gradient_is_a_mean():
        \"\"\"Your `db` is an average over the batch …\"\"\"
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from .changed_reference import changed_source, reference_texts

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
        leaves_nothing: why the mistake may cost more than the most that one mistake should, or the
            empty string.
        unnamed: why no hint can be true of it alone, so that it is never named, or the empty
            string.
        change: new text for old in the reference, where the mistake is written so; its source
            follows from it.
        together: whether it replaces several functions by one that makes them.
    """

    id: str
    question: str
    right: bool
    replaces: tuple[str, ...]
    hint: str
    source: str
    leaves_nothing: str = ""
    unnamed: str = ""
    change: Mapping[str, str] = field(default_factory=dict)
    together: bool = False


@dataclass(frozen=True)
class Bank:
    """All entries of one assignment.

    Attributes:
        entries: the known mistakes and right variants.
        summaries: how outputs are reduced before they are compared, per question.
        unloaded: why a file could not be read, by its stem: it costs its hints, and never a mark.
        unfit: why a change does not fit the reference, by question and entry
            ("nesterov.adds_twice"); it costs that hint.
    """

    entries: tuple[Entry, ...]
    summaries: dict[str, Summarise]
    unloaded: Mapping[str, str] = field(default_factory=dict)
    unfit: Mapping[str, str] = field(default_factory=dict)

    def mistakes(self, question: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.question == question and not entry.right]

    def variants(self, question: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.question == question and entry.right]


def mistake(
    question: str,
    *,
    replaces: str | tuple[str, ...],
    leaves_nothing: str = "",
    unnamed: str = "",
    change: Mapping[str, str] | None = None,
) -> Callable[[Function], Function]:
    """Mark a function as a known mistake of a question, with the hint as its docstring.

    Args:
        question: the question's id.
        replaces: the notebook's function that it replaces; a tuple of several where the marked
            function returns them in this order.
        leaves_nothing: the reason why it may cost more than 60 % of its question: nothing that it
            leaves right is an answer.
        unnamed: the reason why it is never named: answers with other causes give the same values.
        change: new text for old in the reference's own functions, each old one exactly once; the
            function then has no body.

    Raises:
        ValueError: the function has no docstring, or has a body beside `change`.
    """
    entry = Entry("", question, False, (), "", "", leaves_nothing, unnamed, change or {})
    return _marker(entry, replaces)


def variant(question: str, *, replaces: str | tuple[str, ...]) -> Callable[[Function], Function]:
    """Mark a function as a right answer in another style; its docstring says what is unusual.

    Args:
        question: the question's id.
        replaces: the notebook's function that it replaces; a tuple of several where the marked
            function returns them in this order.

    Raises:
        ValueError: the function has no docstring.
    """
    return _marker(Entry("", question, True, (), "", ""), replaces)


def _marker(entry: Entry, replaces: str | tuple[str, ...]) -> Callable[[Function], Function]:
    def mark(function: Function) -> Function:
        hint = inspect.getdoc(function)
        if not hint:
            raise ValueError(
                f"{function.__module__}.{function.__name__} needs a docstring: it is what "
                "the student reads"
            )
        source = _source(function, replaces)
        if entry.change and not _is_empty(function):
            raise ValueError(
                f"{function.__module__}.{function.__name__} is written as a change and "
                "has a body: expected one of them"
            )
        names = (replaces,) if isinstance(replaces, str) else replaces
        together = not isinstance(replaces, str)
        function.__dict__["entry"] = replace(
            entry,
            id=function.__name__,
            replaces=names,
            hint=hint,
            source="" if entry.change else source,
            together=together,
        )
        return function

    return mark


def _is_empty(function: Callable[..., Any]) -> bool:
    """Whether a function is its docstring alone."""
    node = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    return isinstance(node, ast.FunctionDef) and len(node.body) == 1


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
    """Read all entries in a folder `mistakes` of an assignment, in the order of the files and of
    the functions in them.

    What is written as a change is one of the built source notebook's text.
    """
    entries: list[Entry] = []
    summaries: dict[str, Summarise] = {}
    unloaded: dict[str, str] = {}
    for path in sorted(folder.glob("*.py")):
        try:
            module = _load(path)
        except (Exception, SystemExit) as error:  # whatever an author's file raises
            unloaded[path.stem] = f"{type(error).__name__}: {error}"
            continue
        entries += [value.entry for value in vars(module).values() if hasattr(value, "entry")]
        if hasattr(module, "summarise"):
            summaries[path.stem] = module.summarise
    unfit: dict[str, str] = {}
    made = tuple(_made(entries, folder.parent / f"{folder.parent.name}.ipynb", unfit))
    return Bank(made, summaries, unloaded, unfit)


def _made(entries: list[Entry], notebook: Path, unfit: dict[str, str]) -> Iterator[Entry]:
    texts: Mapping[str, str] | None = None
    for entry in entries:
        if not entry.change:
            yield entry
            continue
        try:
            texts = reference_texts(notebook) if texts is None else texts
            yield replace(
                entry, source=changed_source(texts, entry.replaces, entry.change, entry.together)
            )
        except (OSError, ValueError, SyntaxError) as error:
            unfit[f"{entry.question}.{entry.id}"] = str(error)


def load_marked(path: Path) -> list[Any]:
    """Read the functions of a file that were marked as entries, in their order."""
    return [value for value in vars(_load(path)).values() if hasattr(value, "entry")]


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        f"mistakes_of_{path.parent.parent.name.replace('-', '_')}_{path.stem}", path
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
