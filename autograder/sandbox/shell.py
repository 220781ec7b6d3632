"""An IPython shell that runs one cell at a time and keeps what it showed, within bounds. Runs
inside the sandbox.
"""

from __future__ import annotations

import ast
import base64
import io
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from traitlets.config import Config

from .magics import ForgivingShell, as_code
from .missing_modules import Absence, without_missing

SHOWN = ("text/plain", "image/png")
# characters of a cell that is looked at here; what is larger takes too long to be read twice
PARSED = 50_000


class LimitReached(BaseException):
    """A limit of the sandbox; not an Exception, so that `except Exception` does not swallow it."""

    def __init__(self, limit: str) -> None:
        super().__init__(f"limit reached: {limit}")
        self.limit = limit


class Outputs:
    """What a cell showed: streams, displays and results, up to `budget` bytes in all."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.left = 0
        self.silent = False

    def start(self, budget: int) -> None:
        self.items, self.left, self.silent = [], budget, False

    def _spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            self.silent = True
            raise LimitReached("output")

    def text(self, name: str, text: str) -> None:
        if self.silent:
            return
        text = encodable(text)
        room = max(self.left, 0)
        last = self.items[-1] if self.items else {}
        if last.get("name") == name:
            last["parts"].append(text[:room])
        else:
            self.items.append({"kind": "stream", "name": name, "parts": [text[:room]]})
        self._spend(len(text) + 8)

    def data(self, kind: str, data: dict[str, Any]) -> None:
        kept = {}
        for mime in SHOWN:
            value = data.get(mime)
            if isinstance(value, bytes):
                value = base64.b64encode(value).decode()
            if isinstance(value, str):
                kept[mime] = encodable(value)
        if kept and not self.silent:
            self._spend(sum(map(len, kept.values())))
            self.items.append({"kind": kind, "data": kept})


class _Stream(io.TextIOBase):
    def __init__(self, outputs: Outputs, name: str) -> None:
        self.outputs, self.stream = outputs, name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.outputs.text(self.stream, str(text))
        return len(text)


def _catching_publisher(outputs: Outputs) -> type[DisplayPublisher]:
    class Publisher(DisplayPublisher):
        def publish(self, data: dict[str, Any], *args: Any, **kwargs: Any) -> None:
            outputs.data("display_data", data)

        def clear_output(self, wait: bool = False) -> None:
            outputs.items.clear()

    return Publisher


def _catching_hook(outputs: Outputs) -> type[DisplayHook]:
    class Hook(DisplayHook):
        def __call__(self, result: Any = None) -> None:
            if result is not None and not self.quiet():
                data, _ = self.compute_format_data(result)
                outputs.data("execute_result", data)

    return Hook


class _CellNames(CachingCompiler):
    """Names a cell's code after the cell, so that tracebacks and line counts can tell whose it
    is.
    """

    cell = "cell"
    parsed: tuple[str, ast.AST] | None = None

    def ast_parse(self, source: str, filename: str = "<unknown>", symbol: str = "exec") -> ast.AST:
        """Return the cell as it was parsed a moment ago, if it is that; parsing it again takes
        longer than most cells run.
        """
        (known, tree), self.parsed = self.parsed or ("", None), None
        found = (
            tree
            if tree is not None and known == source and symbol == "exec"
            else super().ast_parse(source, filename, symbol)
        )
        return without_missing(found) if "import" in source else found

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        return f"<cell {self.cell}>"


class CellShell(ForgivingShell):
    """An InteractiveShell without history on disk, whose cells carry their own names in
    tracebacks.
    """

    compiler_class = _CellNames
    raised: list[dict[str, Any]]
    absence: Absence

    def begin(self, cell: str) -> None:
        """Give the next cell its name, and forget what the last one raised."""
        assert isinstance(self.compile, _CellNames)
        self.compile.cell, self.raised = cell, []

    def transform_cell(self, raw_cell: str) -> str:
        """Return the cell as Python; what is Python already needs no rewriting, which takes longer
        than most cells run.
        """
        assert isinstance(self.compile, _CellNames)
        source = raw_cell if raw_cell.endswith("\n") else raw_cell + "\n"
        try:
            self.compile.parsed = (source, ast.parse(source)) if len(source) <= PARSED else None
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self.compile.parsed = None
        rewritten: str = (
            source if self.compile.parsed else super().transform_cell(as_code(self, raw_cell))
        )
        return rewritten

    def should_run_async(self, raw_cell: str, **others: Any) -> bool:
        """Whether the cell awaits something at its top; IPython would compile the whole of it to
        see.
        """
        return ("await" in raw_cell or "async" in raw_cell) and bool(
            super().should_run_async(raw_cell, **others)
        )

    @contextmanager
    def _tee(self, channel: Any) -> Iterator[None]:
        yield  # IPython would keep all of a cell's output in memory

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        self.raised.append(_describe(etype, evalue, stb))


def make_shell(outputs: Outputs) -> CellShell:
    """Return the shell that every submission starts from."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.cache_size = 0
    # no matter of config
    catching = {
        "display_pub_class": _catching_publisher(outputs),
        "displayhook_class": _catching_hook(outputs),
    }
    shell: CellShell = CellShell.instance(config=config, **catching)
    shell.absence = Absence(shell.user_ns)
    return shell


@contextmanager
def _redirected(outputs: Outputs) -> Iterator[None]:
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Stream(outputs, "stdout"), _Stream(outputs, "stderr")
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def run_cell(
    shell: CellShell, outputs: Outputs, cell: str, source: str, budget: int
) -> dict[str, Any]:
    """Run one cell and tell what it showed and how it ended."""
    outputs.start(budget)
    shell.begin(cell)
    shell.absence.take()
    shell.absence.lenient = True
    limit = None
    with _redirected(outputs):
        try:
            error = _run(shell, source)
            missing = error
            while isinstance(missing, ModuleNotFoundError) and (
                source := _below(shell, source, missing)
            ):
                missing = _run(shell, source)
        except LimitReached as reached:
            error = reached
        finally:
            shell.absence.lenient = False
    if isinstance(error, LimitReached):
        limit = error.limit
    for item in outputs.items:
        if "parts" in item:
            item["text"] = "".join(item.pop("parts"))
    raised, missed = shell.raised[-1] if shell.raised else None, shell.absence.take()
    return {
        "outputs": outputs.items,
        "error": raised,
        "failed": error is not None,
        "limit": limit,
        "missed": missed,
    }


def _run(shell: CellShell, source: str) -> BaseException | None:
    result = shell.run_cell(source, store_history=False)
    error: BaseException | None = result.error_before_exec or result.error_in_exec
    return error


def _below(shell: CellShell, source: str, error: BaseException) -> str:
    """Return what stands below the statement that needed a missing module, on its own lines;
    nothing if that cannot be told.
    """
    reached = [
        line
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename.startswith("<cell ")
    ]
    try:
        code = shell.transform_cell(source)
        below = [
            node
            for node in ast.parse(code).body
            if reached and (node.end_lineno or 0) >= reached[0]
        ]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    if not below:
        return ""
    for node in ast.walk(below[0]):  # what it would have made is missing as well
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            shell.user_ns.setdefault(
                node.id, shell.absence.in_place_of(node.id, getattr(error, "name", None))
            )
    end = below[0].end_lineno or 0
    rest = code.split("\n")[end:]
    return "\n" * end + "\n".join(rest) if any(line.strip() for line in rest) else ""


def _describe(kind: type[BaseException], value: BaseException, lines: list[str]) -> dict[str, Any]:
    return {
        "name": str(kind.__name__)[:200],
        "value": _text(value),
        "traceback": [encodable(str(line)[:5000]) for line in lines][:30],
    }


def encodable(text: str) -> str:
    """Return the text with a ? for each half of a character, which could not cross."""
    return text.encode("utf-8", "replace").decode()


def _text(value: BaseException) -> str:
    try:
        return encodable(str(value)[:2000])
    except Exception:
        return ""


def where(error: BaseException) -> tuple[str | None, int | None]:
    """Return the student's cell and line that an exception last passed through."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.startswith("<cell "):
            return frame.filename[len("<cell ") : -1], frame.lineno
    return None, None
