"""The visible checks of the bonuses, which no hidden ones stand behind: each accepts right answers and refuses wrong ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from autograder.core.assignment import Assignment, load_assignment
from autograder.core.changed_reference import changed_source, reference_texts
from autograder.core.course import Course
from utils.verdicts import check

NAME = "lab-pytorch"
DTYPE = 'weight.dtype if weight.dtype.kind == "f" else np.float64'
MISTAKES = {  # by what is wrong: the function, what the reference has, and what stands there instead
    "places halved": (
        "numpy_layout",
        "enumerate(sorted(places, key=int), start=1)",
        "((int(place) // 2 + 1, place) for place in sorted(places, key=int))",
    ),
    "places sorted as words": ("numpy_layout", "sorted(places, key=int)", "sorted(places)"),
    "not turned": ("numpy_layout", "weight.T", "weight"),
    "reshaped": ("numpy_layout", "weight.T", "weight.reshape(weight.shape[::-1])"),
    "turned unless square": (
        "numpy_layout",
        "weight.T",
        "weight if len(weight) == weight.shape[1] else weight.T",
    ),
    "a view": (
        "numpy_layout",
        'np.array(weight.T, dtype=dtype, order="C")',
        "np.asarray(weight.T, dtype=dtype)",
    ),
    "the same bias": (
        "numpy_layout",
        'np.array(state.get(f"{place}.bias"',
        'np.asarray(state.get(f"{place}.bias"',
    ),
    "no bias, no entry": (
        "numpy_layout",
        'params[f"b{k}"] =',
        'params[f"b{k}" if f"{place}.bias" in state else f"w{k}"] =',
    ),
    "always double": ("numpy_layout", DTYPE, "np.float64"),
    "whole numbers stay": ("numpy_layout", DTYPE, "weight.dtype"),
    "biases in double": (
        "numpy_layout",
        "np.zeros(len(weight), dtype)), dtype=dtype)",
        "np.zeros(len(weight), dtype)), dtype=np.float64)",
    ),
    "a bias alone": ("numpy_layout", 'f"{place}.weight" not in state', "False"),
    "any kind": ("numpy_layout", ' or kind not in ("weight", "bias")', ""),
    "another polynomial": ("crc32c", "0x82F63B78", "0xEDB88320"),
    "register of zeros": ("crc32c", "register = 0xFFFFFFFF", "register = 0"),
    "not inverted": ("crc32c", "return register ^ 0xFFFFFFFF", "return register"),
    "eight bits a group": ("varint", "number >>= 7", "number >>= 8"),
    "127 in two bytes": ("varint", "number > 127", "number >= 127"),
    "128 in one byte": ("varint", "number > 127", "number > 128"),
    "big-endian length": ("record", '"<Q"', '">Q"'),
    "not rotated": ("record", "(crc >> 15 | crc << 17)", "crc"),
    "rotated left": ("record", "(crc >> 15 | crc << 17)", "(crc << 15 | crc >> 17)"),
    "checksum of the length twice": ("record", "crc = crc32c(part)", "crc = crc32c(length)"),
    "letters counted": ("scalar_event", "varint(len(text))", "varint(len(tag))"),
    "one byte for a length": ("scalar_event", "varint(len(text))", "bytes([len(text) & 127])"),
    "infinity without a sign": ("scalar_event", "np.copysign(np.inf, value)", "np.inf"),
    "double values": (
        "scalar_event",
        'packed = struct.pack("<f", value)\n    except',
        'packed = struct.pack("<d", value)\n    except',
    ),
    "another version": ("event_file", 'b"brain.Event:2"', 'b"brain.Event:1"'),
    "sorted points": (
        "event_file",
        "for step, value in points]",
        "for step, value in sorted(points)]",
    ),
}


def in_one_pass(state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Groups the names first."""
    layers: dict[int, dict[str, np.ndarray]] = {}
    for name, value in state.items():
        head, _, kind = name.partition(".")
        try:
            place = int(head)
        except ValueError:
            raise ValueError(f"{name}: expected a place and weight or bias") from None
        if kind not in ("weight", "bias"):
            raise ValueError(f"{name}: expected a place and weight or bias")
        layers.setdefault(place, {})[kind] = (
            value if value.dtype.kind == "f" else value.astype(float)
        )
    params = {}
    for number, place in enumerate(sorted(layers)):
        if "weight" not in layers[place]:
            raise ValueError(f"{place}.bias has no weight, expected {place}.weight")
        weight = layers[place]["weight"]
        params[f"w{number + 1}"] = np.einsum("oi->io", weight).copy()
        params[f"b{number + 1}"] = np.zeros(weight.shape[0], weight.dtype) + layers[place].get(
            "bias", 0
        )
    return params


def by_a_pattern(state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A regular expression, a list of places sorted as numbers, and an array filled in place."""
    places = []
    for name in state:
        found = re.fullmatch(r"(\d+)\.(weight|bias)", name)
        if found is None:
            raise ValueError(f"{name}: what is that?")
        if found.group(2) == "weight":
            places.append(int(found.group(1)))
        elif f"{found.group(1)}.weight" not in state:
            raise ValueError(f"{name} without a weight")
    params = {}
    for k, place in enumerate(sorted(places), 1):
        weight = state[f"{place}.weight"]
        kind = np.promote_types(weight.dtype, "f4" if weight.dtype.kind == "f" else "f8")
        params[f"w{k}"] = np.empty(weight.shape[::-1], kind)
        params[f"w{k}"][...] = weight.transpose()
        params[f"b{k}"] = np.zeros(weight.shape[0], kind)
        if f"{place}.bias" in state:
            params[f"b{k}"] += state[f"{place}.bias"]
    return params


@cache
def assignment() -> Assignment:
    return load_assignment(Course(), NAME)


def bonus_of(function: str) -> str:
    return "numpy_layout" if function == "numpy_layout" else "event_file"


def verdict(bonus: str, source: str = "", **replaced: Callable[..., Any]) -> check:
    """Return what a bonus's visible check says of the reference with some functions replaced."""
    names = vars(assignment().namespace(bonus, source)) | replaced
    exec(assignment().by_id[f"{bonus}-check"].source, names)
    said: check = names["c"]
    return said


def passed(said: check) -> bool:
    return said.right == len(said.verdicts) and not said.left


@pytest.mark.parametrize("bonus", ["numpy_layout", "event_file"])
def test_a_bonus_has_a_check_that_the_reference_passes(bonus: str) -> None:
    assert passed(verdict(bonus))
    assert not any(bonus == question.id for question in assignment().questions)


@pytest.mark.parametrize("variant", [in_one_pass, by_a_pattern])
def test_another_right_answer_passes(variant: Callable[..., Any]) -> None:
    assert passed(verdict("numpy_layout", numpy_layout=variant))


@pytest.mark.parametrize(("function", "old", "new"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_wrong_answer_is_refused(function: str, old: str, new: str) -> None:
    texts = reference_texts(Course().source_notebook(NAME))
    source = changed_source(texts, (function,), {old: new}, together=False)
    assert not passed(verdict(bonus_of(function), source))
