"""The notebook and the lecture note tell the limit that grading has."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

CAPSTONE = Path(__file__).parents[1]
NOTE = CAPSTONE.parents[1] / "course" / "capstone.md"


@pytest.mark.parametrize("text", [CAPSTONE / "capstone.py", NOTE], ids=["notebook", "note"])
def test_text_tells_the_limit_of_a_call(text: Path) -> None:
    limits = tomllib.loads((CAPSTONE / "checks" / "limits.toml").read_text("utf-8"))
    told = re.findall(
        r"(\d+) seconds(?: of processor time)? we stop (?:your|the) call", text.read_text("utf-8")
    )
    assert told == [str(limits["call_cpu"])]
