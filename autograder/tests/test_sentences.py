"""A sentence that is put together from parts ends once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograder.checking import compare
from autograder.checking.error_messages import error_sentence
from autograder.core.errors import CheckFailed
from autograder.core.limits import Limits
from autograder.core.sentences import ended, unended


@pytest.mark.parametrize(
    ("joined", "said"),
    [
        ("`f` is 2.", "`f` is 2."),
        ("`f` is None: is a `return` missing?.", "`f` is None: is a `return` missing?"),
        ("it stopped..", "it stopped."),
        ("no!.", "no!"),
        ("and so on….", "and so on…"),
        ("more to come....", "more to come..."),
        ("is that so?", "is that so?"),
        ("", ""),
        (".", "."),
    ],
)
def test_a_sentence_has_one_end(joined: str, said: str) -> None:
    assert ended(joined) == said


def test_a_part_goes_on_without_its_full_stop() -> None:
    assert [unended(part) for part in ("x.", "x?", "x", "1.5. ")] == ["x", "x?", "x", "1.5"]


def test_a_value_that_is_missing_is_asked_for_with_one_mark() -> None:
    for got in (None, [1.0], "x", np.zeros(3), np.nan):
        with pytest.raises(CheckFailed) as caught:
            compare.close(got, np.ones(2), "out")
        assert caught.value.reason[-1] in ".?"
        assert caught.value.reason[-2] not in ".?!…"


@pytest.mark.parametrize("message", ["x must be positive.", "is x positive?", "x", "no…", ""])
@pytest.mark.parametrize("placed", [True, False])
def test_what_an_exception_says_ends_once(message: str, placed: bool) -> None:
    messages: Any = SimpleNamespace(shown=lambda *_: message, is_named=lambda _: True)
    session: Any = SimpleNamespace(limits=Limits())
    error = {"kind": "raised", "type": "ValueError", "message": message, "cell": "a", "line": 1}
    said = error_sentence("f", error, session, messages, {"a": 3} if placed else {})
    assert said.startswith("`f` raised ValueError")
    assert said[-1] in ".?…"
    assert said[-2] not in ".?!…"
    assert ". (" not in said
    unsendable = error | {"kind": "unsendable"}
    assert not error_sentence("f", unsendable, session, messages, {}).endswith(("?.", "..", "…."))
