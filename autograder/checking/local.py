"""Calls trusted functions in this process: the reference, or a known mistake."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.errors import StudentError
from ..sandbox.observe import LineCount, handed_back, random_state
from ..sandbox.wire import Handle, iterate
from .copies import own
from .numerical_warnings import numerical
from .transport import Answer, Call, Detail, Report


class LocalTransport:
    """Calls trusted functions in this process: the reference, or a known mistake."""

    def __init__(self, namespace: Any) -> None:
        self._namespace = namespace
        self._kept: dict[int, Any] = {}

    def calls(
        self,
        calls: Sequence[Call],
        *,
        keep_last: bool,
        last_only: bool,
        detail: Detail,
        forbidden: Sequence[str],
    ) -> list[Answer]:
        return [self._one(call, keep_last, last_only, detail) for call in calls]

    def drop(self) -> None:
        self._kept.clear()

    def _one(self, call: Call, keep_last: bool, last_only: bool, detail: Detail) -> Answer:
        full, lines = detail is Detail.EFFECTS, detail is Detail.LINES
        args = tuple(
            self._kept[arg.ident] if isinstance(arg, Handle) else own(arg) for arg in call.args
        )
        kwargs = {key: own(value) for key, value in call.kwargs.items()}
        function = getattr(self._namespace, call.name, None)
        if function is None:
            return StudentError(f"`{call.name}` is not there", "missing")
        before = random_state() if full else None
        try:
            with (
                warnings.catch_warnings(record=True) as caught,
                np.errstate(all="warn", under="ignore"),
                LineCount(lines) as count,
            ):
                warnings.simplefilter("always")
                value = function(*args, **kwargs)
                if hasattr(value, "__next__") and not isinstance(value, np.random.Generator):
                    value = iterate(value)
        except Exception as error:
            return StudentError(
                f"`{call.name}` raised {type(error).__name__}: {error}",
                f"raised {type(error).__name__}",
                str(error),
            )
        back = tuple(handed_back(value, [args, kwargs])) if full else ()
        if keep_last:
            if not isinstance(value, (tuple, list)) or len(value) < 2:
                return StudentError(
                    f"`{call.name}` gives no tuple that ends with the cache", "unsendable"
                )
            ident = len(self._kept) + 1
            self._kept[ident] = value[-1]
            value = (
                (*own(tuple(value[:-1])), Handle(ident))
                if not last_only
                else (value[0] if len(value) == 2 else value[:-1])
            )
        said = numerical(f"{entry.category.__name__}: {entry.message}" for entry in caught)
        return Report(
            own(value),
            own(args),
            own(kwargs),
            said,
            full and before != random_state(),
            count.lines if lines else None,
            back,
        )
