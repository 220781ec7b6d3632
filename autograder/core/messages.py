"""Warnings and progress of the engine, which the command line shows on the standard error.

A module says them to a logger of its own, `logging.getLogger(__name__)`. Who uses the engine
without the command line, such as nbgrader, sees warnings by Python's own rule.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

ENGINE = "autograder"  # the logger above those of all modules
PLAIN = "%(message)s"
WITH_TIME = "%(asctime)s %(levelname)s %(message)s"


class _StandardError(logging.Handler):
    """Writes to what `sys.stderr` is at that moment: a progress bar stands in its place for a
    while.
    """

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr)


@contextmanager
def shown_on_stderr(form: str = PLAIN) -> Iterator[None]:
    """Show what the engine's loggers are told, from level INFO on, one line each.

    Args:
        form: of a line, as `logging.Formatter` takes it.
    """
    engine, handler = logging.getLogger(ENGINE), _StandardError()
    level, propagate, handlers = engine.level, engine.propagate, engine.handlers[:]
    handler.setFormatter(logging.Formatter(form))
    engine.handlers[:] = [handler]
    engine.setLevel(logging.INFO)
    engine.propagate = False  # or a handler of the root would show it once more
    try:
        yield
    finally:
        engine.setLevel(level)
        engine.propagate, engine.handlers[:] = propagate, handlers


@contextmanager
def loggers_kept() -> Iterator[None]:
    """Leave all loggers as they were: a library may configure them for a program of its own."""
    root = logging.getLogger()
    loggers = [one for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    before = [(one, one.disabled) for one in loggers]
    level, handlers = root.level, root.handlers[:]
    try:
        yield
    finally:
        for one, disabled in before:
            one.disabled = disabled
        root.setLevel(level)
        root.handlers[:] = handlers
