"""No input brings the trusted process down or costs it more than its bounds: a fixed number of seeded ones; the long run is `make fuzz`."""

from __future__ import annotations

import faulthandler
import os
import random
import time
from typing import Any

import pytest

from .fuzz import run as running
from .fuzz import targets
from .fuzz.inputs import dice_for
from .fuzz.run import run
from .fuzz.targets import TARGETS, Target

SEED = 20_261_120
COUNTS = {"frame": 10_000, "reply": 8_000, "upload": 2_000, "notebook": 500}
SOONER = {"frame": 2_000, "reply": 1_600, "upload": 400, "notebook": 60}


@pytest.mark.parametrize("counts", [SOONER, pytest.param(COUNTS, marks=pytest.mark.slow)])
@pytest.mark.parametrize("target", TARGETS)
def test_nothing_brings_it_down(target: str, counts: dict[str, int]) -> None:
    got = run(target, SEED, 0, counts[target])
    assert got.problem == ""
    assert got.read == counts[target]
    assert 0.02 < got.taken / got.read < 0.98, (
        "the changes reach neither the checks nor what lies behind them"
    )


@pytest.mark.parametrize("target", TARGETS)
def test_the_same_number_makes_the_same_input(target: str) -> None:
    number = len(TARGETS[target].extremes) + 7
    assert repr(TARGETS[target].given(SEED, target, number)) == repr(
        TARGETS[target].given(SEED, target, number)
    )
    assert repr(TARGETS[target].given(SEED, target, number)) != repr(
        TARGETS[target].given(SEED, target, number + 1)
    )


def _crash(given: Any) -> bool:
    os.abort()


def _loop(given: Any) -> bool:
    while True:
        time.perf_counter()


def _hoard(given: Any) -> bool:
    return bool(bytearray(8 << 30))


def _raise(given: Any) -> bool:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (_crash, "SIGABRT"),
        (_loop, "SIGPROF"),
        (_hoard, "MemoryError"),
        (_raise, "ZeroDivisionError"),
    ],
)
def test_whatever_goes_wrong_is_seen(
    read: Any, told: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The run itself is tried on readers that fail in each way, in a forked child."""
    monkeypatch.setattr(targets, "TARGETS", {"bad": Target(random.Random.random, read)})
    monkeypatch.setattr(running, "TARGETS", targets.TARGETS)
    monkeypatch.setattr(running, "SECONDS", 0.2)
    child = os.fork()
    if child == 0:
        faulthandler.disable()
        os._exit(running._child("bad", SEED, 0, 5))
    _, status = os.waitpid(child, 0)
    assert status != 0
    assert told in capfd.readouterr().err or (
        told in ("SIGABRT", "SIGPROF") and os.WIFSIGNALED(status)
    )


def test_dice_differ_by_target() -> None:
    assert dice_for(1, "frame", 1).random() != dice_for(1, "reply", 1).random()
