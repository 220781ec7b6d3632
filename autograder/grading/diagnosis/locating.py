"""Finds the place of a mistake that is not known: small changes of the reference that answer every
call as the student did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from types import CodeType, SimpleNamespace
from typing import Any

from ...checking.local import LocalTransport
from ...core.assignment import Assignment
from .answer_memo import AnswerMemo, size_of
from .equal_answers import tells
from .evidence import Bench
from .places import MOST_CHANGES, Change, Places, changes
from .replaying import Replay, Witness
from .work_limit import Allowance


@dataclass(frozen=True)
class Locator:
    """The small changes of one question, made once, ready to be asked."""

    assignment: Assignment
    question: str
    places: Places
    memory: AnswerMemo

    @cached_property
    def _changes(self) -> Sequence[Change]:
        return tuple(islice(changes(self.assignment, self.question, self.places), MOST_CHANGES))

    @cached_property
    def _names(self) -> dict[str, Any]:
        return dict(vars(self.assignment.namespace()))

    @cached_property
    def _cells(self) -> tuple[CodeType, ...]:
        sources = self.assignment.reference_source(self.question)
        return tuple(
            compile(source, f"<cell {ident}>", "exec", dont_inherit=True)
            for ident, source in sources.items()
        )

    def find(
        self, bench: Bench, failed: set[str], allowance: Allowance
    ) -> tuple[str, str, tuple[str, ...]] | None:
        """Return function, phrase and failed checks of the one place whose changes explain all that
        is wrong with a function.

        Args:
            bench: the student's calls.
            failed: checks that nothing has explained yet.
            allowance: the work that may be done.
        """
        found: set[tuple[str, str, tuple[str, ...]]] = set()
        order: dict[str, list[int]] = {}
        for number, change in enumerate(self._changes):
            if change.function not in order:
                order[change.function] = _order(bench, change.function, failed)
            if allowance.left <= 0:
                return None  # what was not tried may stand for another place
            witness = Witness((self.question, number), partial(self._changed, change), self.memory)
            checks = self._explained(witness, bench, order[change.function], allowance)
            if checks and failed.intersection(checks):
                found.add((change.function, change.phrase, checks))
                if (
                    len({(function, phrase) for function, phrase, _ in found}) > 1
                    or not change.phrase
                ):
                    return None
        return min(found, default=None)

    def _explained(
        self, witness: Witness, bench: Bench, order: Sequence[int], allowance: Allowance
    ) -> tuple[str, ...]:
        if not order:
            return ()
        replay = Replay(bench.transcript, witness, allowance)
        checks: dict[str, None] = {}
        for n in order:
            answer = replay[n]
            if answer is None or not bench.alike(n, answer, strict=False):
                return ()
            if bench.wrong(n, strict=False) and tells(answer):
                checks[bench.transcript.records[n].check] = None
        return tuple(check for check in bench.transcript.failed if check in checks)

    def _changed(self, change: Change) -> LocalTransport:
        names = dict(self._names)
        for code in (*self._cells, change.code):
            exec(code, names)
        return LocalTransport(SimpleNamespace(**names))


def _order(bench: Bench, function: str, failed: set[str]) -> list[int]:
    """Return the calls by which a function shows, wrong ones first and of these the small ones;
    none where nothing that failed can be told by them.
    """
    reach = sorted(bench.transcript.reach([function]))
    wrong = [n for n in reach if bench.wrong(n, strict=False)]
    if not any(bench.transcript.records[n].check in failed for n in wrong):
        return []
    return [
        *sorted(wrong, key=lambda n: size_of(bench.transcript.records[n].call.args)),
        *(n for n in reach if n not in wrong),
    ]
