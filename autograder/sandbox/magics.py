"""IPython's commands (`%name`, `%%name`, `!name`) as grading takes them: what sets up does nothing,
and the code around it runs.

Runs inside the sandbox, where there are no programs, no network and nobody to show anything to.
"""

from __future__ import annotations

import ast
import re
import sys
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.text import SList

# What only sets something up, shows help, or waits for a person.
SETTING_UP = frozenset(
    "matplotlib gui pip conda mamba micromamba uv load_ext reload_ext unload_ext "
    "autoreload aimport config colors autosave autocall automagic "
    "pinfo pinfo2 pdoc psource pfile psearch pdef page less more man debug pdb xmode "
    "doctest_mode connect_info qtconsole notebook "
    "reset reset_selective xdel cd logstart logon logoff logstop rerun recall edit ed "
    "history hist".split()
)
# the code below or beside is Python and runs once
TIMING = frozenset(
    "time timeit capture prun memit mprun lprun heat snakeviz scalene pyinstrument wandb "
    "line_profile memory_profiler".split()
)
NOT_PYTHON = frozenset(
    "html HTML javascript js latex markdown svg SVG bash sh zsh cmd powershell shell "
    "script perl ruby pypy python python2 python3 system sx ! "
    "cython R sql bigquery mermaid writefile file".split()
)
_WITH_VALUE = frozenset("-n -r -p -s -l -T -D -f -m -u".split())
_CELL, _LINE = re.compile(r"%%(\S+)[ \t]*(.*)"), re.compile(r"([ \t]*)%(\w+)[ \t]*(.*)")


def as_code(shell: InteractiveShell, source: str) -> str:
    """Return the cell with its timing commands taken off, each on its line; what is left is for
    IPython to read.
    """
    lines = source.split("\n")
    for at, line in enumerate(lines):
        if found := _CELL.match(line):
            if found[1] not in TIMING and not _is_python_below(shell, found[1], lines[at + 1 :]):
                break
            lines[at] = _statement(found[2]) if found[1] == "timeit" else ""
        elif line.strip() and not line.lstrip().startswith("#"):
            break
    for at, line in enumerate(lines):
        if (found := _LINE.fullmatch(line)) and found[2] in TIMING - {"capture"}:
            lines[at] = found[1] + (_statement(found[3]) or "pass")
    return "\n".join(lines)


def _is_python_below(shell: InteractiveShell, name: str, lines: list[str]) -> bool:
    """Whether below a command that nobody knows stands Python."""
    if name in NOT_PYTHON or shell.find_cell_magic(name) is not None:
        return False
    try:
        ast.parse(InteractiveShell.transform_cell(shell, "\n".join(lines)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _statement(line: str) -> str:
    """Return what is to be timed, without the command's options."""
    words = line.split(" ")
    while words and (words[0].startswith("-") or not words[0]):
        option = words.pop(0)
        if option in _WITH_VALUE and words:
            words.pop(0)
    return " ".join(words)


class ForgivingShell(InteractiveShell):
    """A shell in which no command costs the cell that it stands in."""

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        if magic_name in SETTING_UP:
            return None
        if magic_name == "pylab":
            return self._pylab("--no-import-all" not in line)
        if magic_name in TIMING:  # the code's own error is the cell's
            return super().run_line_magic(magic_name, line, _stack_depth + 1)
        try:
            return super().run_line_magic(magic_name, line, _stack_depth + 1)
        except Exception as error:
            self._say(f"%{magic_name}", error)
        return None

    def run_cell_magic(self, magic_name: str, line: str, cell: str) -> Any:
        if magic_name in TIMING:
            exec(
                self.compile(
                    InteractiveShell.transform_cell(self, cell),
                    self.compile.get_code_name(cell, cell, 0),
                    "exec",
                ),
                self.user_ns,
            )
            return None
        try:
            return super().run_cell_magic(magic_name, line, cell)  # type: ignore[no-untyped-call]  # of IPython
        except Exception as error:
            self._say(f"%%{magic_name}", error)
        return None

    def magic(self, arg_s: str) -> Any:
        """Return the old way to run a line's command."""
        name, _, line = arg_s.lstrip("%").partition(" ")
        return self.run_line_magic(name, line.strip(), 2)

    def system(self, cmd: str) -> None:
        self._say(f"!{cmd}")

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        self._say(f"!{cmd}")
        return SList() if split else ""

    def enable_gui(self, gui: Any = None) -> None:
        """Nothing: there is no window to open."""

    def _pylab(self, everything: bool) -> None:
        """Give what `%pylab` gives, but for names that are taken."""
        from IPython.core.pylabtools import import_pylab

        names: dict[str, Any] = {}
        import_pylab(names, everything)
        for name, value in names.items():
            self.user_ns.setdefault(name, value)

    def _say(self, command: str, error: Exception | None = None) -> None:
        reason = f" ({type(error).__name__})" if error else ""
        print(f"{command[:80]}: not run when a notebook is graded{reason}", file=sys.stderr)
