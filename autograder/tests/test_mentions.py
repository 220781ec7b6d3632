"""What an exception's message names, as whole words and whole numbers."""

from __future__ import annotations

import pytest

from autograder.checking.mentions import mentions
from autograder.checking.message_filter import MessageFilter


@pytest.mark.parametrize(
    ("message", "what"),
    [
        ("expected 3 columns, got 4", "4"),
        ("expected 3 columns, got 4.", "4"),
        ("got n=4, expected 6", "4"),
        ("got [4]", "4"),
        ("got 4.0", "4"),
        ("got 4.", "4"),
        ("got np.int64(4)", "4"),
        ("got np.float64(0.5)", "0.5"),
        ("got numpy.float32(-0.5)", "-0.5"),
        ("keep_prob must be in (0, 1], got 0.50", "0.5"),
        ("got .5", "0.5"),
        ("got 0.30000000000000004", "0.3"),
        ("got 1e-3", "0.001"),
        ("got 0.001", "1e-3"),
        ("got 1E-03", "1e-3"),
        ("got 1_000", "1000"),
        ("got -1", "-1"),
        ("got axis=-1", "-1"),
        ("got (-1)", "-1"),
        ("got \N{MINUS SIGN}1", "-1"),
        ("x has shape (2,3)", "(2, 3)"),
        ("x has shape (2, 3)", "(2,3)"),
        ("x has shape [2, 3]", "(2, 3)"),
        ("x has shape torch.Size([2, 3])", "(2, 3)"),
        ("x is 2 x 3", "(2, 3)"),
        ("x is 2\N{MULTIPLICATION SIGN}3", "(2, 3)"),
        ("x is 2 by 3", "(2, 3)"),
        ("x is 2x3", "2"),
        ("x has shape (np.int64(2), np.int64(3))", "(2, 3)"),
        ("x has shape (6,)", "(6,)"),
        ("a 3d array", "3"),
        ("a 4-dimensional array", "4"),
        ("sizes 4-6", "6"),
        ("unknown kind: 'valid'", "valid"),
        ("unknown kind: valid.", "valid"),
        ('unknown kind "valid"', "'valid'"),
        ("learning_rate is missing", "learning_rate"),
        ("w2 has another shape", "w2"),
        ("there is no I.weight", "I.weight"),
        ("got nan", "nan"),
        ("got np.float64(nan)", "nan"),
    ],
)
def test_a_message_names_what_was_given(message: str, what: str) -> None:
    assert mentions(message, what)


@pytest.mark.parametrize(
    ("message", "what"),
    [
        ("", "4"),
        ("got 45", "4"),
        ("got 14", "4"),
        ("got 4.5", "4"),
        ("got 0.4", "4"),
        ("got -4", "4"),
        ("got 4", "-4"),
        ("sizes 6-4", "-4"),
        ("w4 has another shape", "4"),
        ("float64", "64"),
        ("got 1e-4", "4"),
        ("got np.float64(0.5)", "64"),
        ("got 0.5", "5"),
        ("got 2, expected 3", "(2, 3)"),
        ("x has shape (2, 3, 4)", "(2, 3)"),
        ("x has shape (1, 2, 3)", "(2, 3)"),
        ("x has shape (2, 34)", "(2, 3)"),
        ("x is 2 x 3 x 4", "(2, 3)"),
        ("evaluate it first", "eval"),
        ("invalid", "valid"),
        ("learning_rate is missing", "learning"),
        ("got ...", "4"),
        ("anything", ""),
    ],
)
def test_a_message_that_only_holds_the_letters_names_nothing(message: str, what: str) -> None:
    assert not mentions(message, what)


@pytest.mark.parametrize("below", [0, 300_000, 2_000_000])
def test_a_word_of_the_notebook_is_shown_however_far_down_it_stands(below: int) -> None:
    source = (
        "# "
        + "filler " * (below // 7)
        + "\ndef affine_forward(peculiar):\n    raise ValueError('peculiar has a shape')\n"
    )
    assert MessageFilter(source).shown("peculiar has a shape") == "peculiar has a shape"
    assert MessageFilter(source).shown("unheard of") == "… of"
