"""Staff's pages: how the service does, how the class does, and what staff decide."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import UTC
from enum import StrEnum

from ..core.errors import UncertainTime
from ..core.times import EXAMPLE, read_time
from .overview import by_check, by_student
from .records import State
from .site import Page

PACE = 600.0  # s


class Overview(Page):
    """The live page: what waits, pace, faults, the log."""

    staff_only = True

    def get(self) -> None:
        store, now = self.site.store, time.time()
        states = Counter(one.state for one in store.attempts())
        lanes = self.site.lanes
        self.show(
            "staff",
            "Staff",
            states=[(state, states[state]) for state in State],
            served=self.site.served,
            closed=store.closed(),
            pace=store.finished_since(now - PACE),
            minutes=PACE / 60,
            faults=(lanes.faults if lanes else [])[::-1],
            unread=self.site.watch.fault if self.site.watch else "",
            log=[(self.when(at), actor, what) for at, actor, what in store.log()],
            now=self.when(now),
        )


class AssignmentStaff(Page):
    """One assignment: checks, students, what staff can do."""

    staff_only = True

    async def get(self, name: str) -> None:
        self.assignment(name)
        lines = by_student(self.site.store.attempts(assignment=name))
        checks = await asyncio.to_thread(by_check, self.site.store, lines)
        changed = self.site.store.regraded(name)
        waiting = sum(one.regrade for line in lines for one in line.attempts)
        self.show(
            "staff_assignment",
            name,
            name=name,
            checks=checks,
            lines=lines,
            closed=name in self.site.store.closed(),
            example=EXAMPLE,
            people=[one.name for one in self.site.store.people() if not one.staff],
            regrading=waiting,
            changed=[one for one in changed if one[1] != one[2]],
            proposed=len(changed),
        )


class Decision(StrEnum):
    """What staff can decide on an assignment; each is the end of an address."""

    OPEN = "open"
    CLOSE = "close"
    REGRADE = "regrade"  # every attempt that counts
    AGAIN = "again"  # one attempt
    ACCEPT = "accept"  # the new results
    EXTEND = "extend"


class Act(Page):
    """One decision of staff on an assignment."""

    staff_only = True

    def post(self, name: str, action: str) -> None:
        self.assignment(name)
        store, actor, back = self.site.store, self.who.name, f"/staff/a/{name}"
        if action in (Decision.OPEN, Decision.CLOSE):
            store.set_closed(name, actor, closed=action == Decision.CLOSE)
        elif action == Decision.REGRADE:
            lines = by_student(store.attempts(assignment=name))
            store.ask_again([line.counts for line in lines if line.counts], actor)
        elif action == Decision.AGAIN:
            store.ask_again([self.attempt(self.get_body_argument("attempt"))], actor)
        elif action == Decision.ACCEPT:
            store.accept(name, actor)
        else:
            self._extend(name, back)
        self.lead_to(back)

    def _extend(self, name: str, back: str) -> None:
        student = self.get_body_argument("student", "")
        person = next((one for one in self.site.store.people() if one.name == student), None)
        if person is None:
            self.say(
                400, f"Expected the name of a student with a token, got {student[:100]!r}.", back
            )
        try:
            due = (
                read_time(self.get_body_argument("due", ""), self.site.terms.zone)
                .replace(tzinfo=UTC)
                .timestamp()
            )
        except UncertainTime as error:
            self.say(400, str(error), back)
        self.site.store.extend(person, name, due, self.who.name)
