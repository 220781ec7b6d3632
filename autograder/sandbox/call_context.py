"""What stands around each call of a student's function: nothing is printed, warnings are noted,
some helpers refuse. Runs inside the sandbox.
"""

from __future__ import annotations

import importlib
import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np


class HelperNotAllowed(Exception):
    """A helper of the course was called where the question asks for the student's own."""


class _Nowhere:
    """Swallows what functions print while they are being checked."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None: ...


@contextmanager
def quietly() -> Iterator[None]:
    before = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = _Nowhere()
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


@contextmanager
def watched() -> Iterator[list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("always")
        yield caught


@contextmanager
def refusing(helpers: list[str]) -> Iterator[None]:
    """Make the named helpers refuse; their code is swapped, so that names bound earlier refuse as
    well.
    """
    swapped = []
    for path in helpers:
        module, _, name = path.rpartition(".")
        function = getattr(importlib.import_module(module), name)
        swapped.append((function, function.__code__))
        function.__code__ = _refusal(path)
    try:
        yield
    finally:
        for function, code in swapped:
            function.__code__ = code


@cache
def _refusal(path: str) -> types.CodeType:
    scope: dict[str, Any] = {}
    exec(
        f"def refuse(*args, **kwargs):\n    from {__package__}.call_context import "
        f"HelperNotAllowed\n    raise HelperNotAllowed({path!r})",
        scope,
    )
    code: types.CodeType = scope["refuse"].__code__
    return code
