"""Runs a repaired notebook in the sandbox, cell by cell, and keeps its process for the checks that
follow.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from ..core.assignment import EARLIER, Assignment, CellKind
from ..core.cell_source import defined, divided, without_unwritten
from ..core.errors import FailureKind, StudentError
from ..core.known_paths import known_paths
from ..core.results import Finding, FindingKind, Notebook
from ..core.sentences import ended, unended
from ..sandbox.client import Sandbox, Session

# ends the id of a locked cell whose functions a question's hidden checks take
GIVEN_SUFFIX = "-given"
_ODD = re.compile(r"[^\n\t -~]")  # what may be no printable character: little of most texts
_WORDS = {
    "time": "took longer than {cell_wall:g} s, the limit for one cell, and was stopped",
    "cpu": "used more than {cell_cpu:g} s of processor time, the limit for one cell, and "
    "was stopped",
    "output": "showed more than {output} characters, the limit for one cell, and was stopped",
}


class Execution:
    """A notebook in a process of its own; a context manager.

    A process that dies takes only the cell or call that killed it: the notebook is run again
    without that cell, in a fresh process, at most `Limits.restarts` times.

    Attributes:
        findings: what happened on the way, grown as it happens.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        notebook: Notebook,
        assignment: Assignment,
        hurried: bool = False,
        unrun: frozenset[str] = frozenset(),
    ) -> None:
        self.findings: list[Finding] = []
        self._sandbox, self._limits = sandbox, sandbox.limits
        code = [
            cell
            for cell in notebook["cells"]
            if cell["cell_type"] == "code" and cell["id"] not in unrun
        ]
        self._cells = [cell for cell in code if _is_run(cell, assignment)]
        self._given = {cell.id: cell.source for cell in assignment.cells if cell.id == EARLIER}
        self._locked = {cell.id for cell in assignment.cells if cell.kind != CellKind.SOLUTION}
        self._lent = [
            cell
            for cell in assignment.cells
            if cell.kind == CellKind.CODE and cell.id.endswith(GIVEN_SUFFIX)
        ]
        self._deadly: set[str] = set()
        self._restarts = self._limits.restarts
        self._session = sandbox.open()
        self._hurried, self._cell_wall = hurried, sandbox.limits.cell_wall
        if hurried:
            self._cell_wall = min(self._cell_wall, self._limits.first_cell)
            self._session.ends += min(self._limits.first_try - self._limits.total_wall, 0.0)
            self._session.hurried = True
        self._ends = self._session.ends

    def __enter__(self) -> Execution:
        return self

    def __exit__(self, *exc: object) -> None:
        self._session.close()
        if self.given_up():  # also where no check was told of it
            self.findings.append(
                Finding(
                    FindingKind.LIMIT, "notebook", "The first, short try ended at a limit on time."
                )
            )

    def given_up(self) -> bool:
        """Whether this was a first try and a limit has ended it: what comes now is left to the
        second.
        """
        ended = self._session.ended
        return self._hurried and ended is not None and ended.kind == FindingKind.LIMIT

    def run(self) -> None:
        """Run the cells and write their outputs into the notebook."""
        while not self._run_cells() and self._restarts > 0 and not self.given_up():
            self._restart()

    def session(self) -> Session:
        """Return the process with the notebook's functions in it, revived if a check's call has
        ended it.
        """
        ended = self._session.ended
        if ended is not None and self._restarts > 0 and not self.given_up():
            self._restart()
            self.run()
        elif ended is not None:  # what comes now had no part in it
            self._session.ended = StudentError(
                "was not tried: what ran before it had ended the notebook's process for good",
                ended.kind,
            )
        return self._session

    def _restart(self) -> None:
        self._restarts -= 1
        self._session.close()
        self._session = self._sandbox.open()
        self._session.ends, self._session.hurried = self._ends, self._hurried

    def _run_cells(self) -> bool:
        left, written = self._limits.outputs, frozenset[str]()
        for count, cell in enumerate(
            cell for cell in self._cells if cell["id"] not in self._deadly
        ):
            cell["execution_count"], cell["outputs"] = count + 1, []
            for source in self._sources(cell):
                # what is as handed out takes the place of nothing that is written
                if cell["id"] not in self._locked:
                    source, written = without_unwritten(source, written), written | defined(source)
                if not self._run_source(cell, source):
                    return False
            left = self._within(left, cell)
        for lent in self._lent:  # or a cell below could have put something easier in its place
            with suppress(StudentError):
                self._session.request(
                    {"op": "cell", "cell": lent.id, "source": lent.source}, self._cell_wall
                )
        return True

    def _sources(self, cell: dict[str, Any]) -> tuple[str, ...]:
        """Return what is run of a cell: the parts that it was found in, one by one, so that an
        error costs its own part.
        """
        if cell["id"] in self._locked:
            return (self._given.get(cell["id"], cell["source"]),)
        return divided(cell["source"])

    def _run_source(self, cell: dict[str, Any], source: str) -> bool:
        """Run a cell, or a part of it, and write what it showed into it; False where that ended the
        process.
        """
        try:
            reply = self._session.request(
                {"op": "cell", "cell": cell["id"], "source": source}, self._cell_wall
            )
        except StudentError as error:
            self._deadly.add(cell["id"])
            said = unended(error.reason)
            self._find(error.kind, cell, ended(f"The cell {cell['id']} {said}."))
            cell["outputs"] = [_error_output("Stopped", said, [])]
            return False
        shown = _outputs(reply, cell["execution_count"])
        cell["outputs"] = _bounded([*cell["outputs"], *shown], self._limits.output)
        self._note(cell, reply)
        return True

    def _within(self, left: int, cell: dict[str, Any]) -> int:
        """How much the cells below may still show; what is too much is left out."""
        size = len(repr(cell["outputs"]))
        if size <= left:
            return left - size
        said = (
            f"was left out: a notebook's cells may show {self._limits.outputs} characters together"
        )
        cell["outputs"] = [_error_output("LeftOut", f"what this cell shows {said}", [])]
        if FindingKind.OUTPUT not in (finding.kind for finding in self.findings):
            self._find("output", cell, f"What the cell {cell['id']} shows {said}.")
        return left

    def _note(self, cell: dict[str, Any], reply: dict[str, Any]) -> None:
        limit, error = reply.get("limit"), reply.get("error")
        if isinstance(limit, str) and limit in _WORDS:
            said = _WORDS[limit].format(**self._limits.as_dict())
            cell["outputs"] = [
                output for output in cell["outputs"] if output["output_type"] != "error"
            ]
            cell["outputs"].append(_error_output("Stopped", f"this cell {said}", []))
            self._find("limit", cell, f"The cell {cell['id']} {said}.")
        elif isinstance(error, dict) and not _is_check(cell):
            self._find(
                "raised",
                cell,
                f"The cell {cell['id']} raised {_text(error.get('name'), 60)}: "
                f"{_text(error.get('value'), 200)}",
            )

        missed = reply.get("missed")
        if (
            names := [_text(name, 40) for name in missed[:10] if name]
            if isinstance(missed, list)
            else []
        ):
            listed = ", ".join(f"`{name}`" for name in names)
            self._find(
                "missing",
                cell,
                f"The cell {cell['id']} imports {listed}, which is missing where "
                "notebooks are graded; what needs it fails.",
            )

    def _find(self, kind: str, cell: dict[str, Any], message: str) -> None:
        finding = Finding(
            FindingKind(kind),
            cell["id"],
            message,
            staff=kind in (FailureKind.DIED, FailureKind.FORGED),
        )
        if finding not in self.findings:
            self.findings.append(finding)


def _is_run(cell: dict[str, Any], assignment: Assignment) -> bool:
    master = assignment.by_id.get(cell["id"])
    return master is None or master.kind in (CellKind.CODE, CellKind.SOLUTION, CellKind.CHECK)


def _is_check(cell: dict[str, Any]) -> bool:
    return bool(cell["metadata"].get("nbgrader", {}).get("grade"))


def _outputs(reply: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Return a cell's outputs in notebook form, made anew from what is text or is given for a PNG;
    anything else that came is left out.
    """
    made: list[dict[str, Any]] = []
    items = reply.get("outputs")
    for item in items if isinstance(items, list) else ():
        if not isinstance(item, dict):
            continue
        if item.get("kind") == "stream":
            name = "stderr" if item.get("name") == "stderr" else "stdout"
            made.append(
                {"output_type": "stream", "name": name, "text": _text(item.get("text"), 400_000)}
            )
        elif item.get("kind") in ("display_data", "execute_result") and (
            data := _shown(item.get("data"))
        ):
            output = {"output_type": item["kind"], "data": data, "metadata": {}}
            made.append(
                output | ({"execution_count": count} if item["kind"] == "execute_result" else {})
            )
    error = reply.get("error")
    if isinstance(error, dict):
        lines = error.get("traceback")
        shown = [_text(line, 5000) for line in lines[:30]] if isinstance(lines, list) else []
        made.append(
            _error_output(_text(error.get("name"), 200), _text(error.get("value"), 2000), shown)
        )
    return made


def _bounded(outputs: list[dict[str, Any]], budget: int) -> list[dict[str, Any]]:
    """As many of the outputs as the limit allows: the sandbox keeps to it by itself, but code that
    took its place may not.
    """
    kept, left = [], budget + 20_000  # an error's traceback comes on top
    for output in outputs:
        left -= len(repr(output))
        if left < 0:
            break
        kept.append(output)
    return kept


def _error_output(name: str, value: str, lines: list[str]) -> dict[str, Any]:
    return {
        "output_type": "error",
        "ename": name,
        "evalue": value,
        "traceback": lines or [f"{name}: {value}"],
    }


def _shown(data: Any) -> dict[str, str]:
    kept: dict[str, str] = {}
    for mime in ("text/plain", "image/png"):
        value = data.get(mime) if isinstance(data, dict) else None
        if isinstance(value, str):
            kept[mime] = value if mime == "image/png" else known_paths(value)
    return kept


def _text(value: Any, most: int) -> str:
    """At most `most` characters of a string, without control characters that a terminal or a page
    might act on, and with no path but such as a student knows.
    """
    text = known_paths(value[:most]) if isinstance(value, str) else ""
    return _ODD.sub(lambda found: found[0] if found[0].isprintable() else "", text)
