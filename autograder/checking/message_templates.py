"""What an exception's message may tell where feedback is given again and again: which of a few
known sentences it is, and nothing else.

Before a deadline a student may ask many times, and code of theirs may choose what it raises. So
what a check's line can carry is bounded: one of at most 256 sentences, 8 bits, and one of at most
255 lines or none, 8 bits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

MOST_SAID = 256  # sentences, and names of exceptions alone
MOST_LINES = 255  # that a place may name, over all cells

# Python's and NumPy's own messages by exception, and the sandbox's; … stands for what varies.
SENTENCES: dict[str, tuple[str, ...]] = {
    "AttributeError": (
        "… object has no attribute …",
        "module … has no attribute …",
    ),
    "AxisError": ("axis … is out of bounds for array of dimension …",),
    "IndexError": (
        "index … is out of bounds for axis … with size …",
        "too many indices for array: …",
        "boolean index did not match indexed array along axis …",
        "only integers, slices (`:`), ellipsis (`...`), …",
        "arrays used as indices must be of integer …",
        "list index out of range",
        "tuple index out of range",
        "string index out of range",
        "pop from empty list",
    ),
    "LinAlgError": (
        "Singular matrix",
        "Last 2 dimensions of the array must be square",
    ),
    "NameError": (
        "name … is not defined",
        "cannot access free variable … where it is not associated with a value in enclosing scope",
    ),
    "OverflowError": (
        "cannot convert float infinity to integer",
        "math range error",
        "int too large to convert to float",
    ),
    "RecursionError": ("maximum recursion depth exceeded…",),
    "RuntimeError": (
        "dictionary changed size during iteration",
        "generator raised StopIteration",
        "No active exception to reraise",
    ),
    "TypeError": (
        "only length-1 arrays can be converted to Python scalars",
        "only 0-dimensional arrays can be converted to Python scalars",
        "only size-1 arrays can be converted to Python scalars",
        "ufunc … not supported for the input types, …",
        "object of type … has no len()",
        "len() of unsized object",
        "iteration over a 0-d array",
        "cannot unpack non-iterable … object",
        "… object is not callable",
        "… object is not iterable",
        "… object is not subscriptable",
        "… object is not an iterator",
        "… object does not support item assignment",
        "… object cannot be interpreted as an integer",
        "… got an unexpected keyword argument …",
        "… got multiple values for argument …",
        "… missing … required positional argument…",
        "… missing … required keyword-only argument…",
        "… takes … positional argument… given",
        "… takes no arguments",
        "… takes no keyword arguments",
        "unsupported operand type(s) for …",
        "bad operand type for …",
        "can't multiply sequence by non-int of type …",
        "can only concatenate …",
        "must be real number, not …",
        "must be str, not …",
        "unhashable type: …",
        "slice indices must be integers or None or have an __index__ method",
        "list indices must be integers or slices, not …",
        "tuple indices must be integers or slices, not …",
        "string indices must be integers…",
        "expected str, bytes or os.PathLike object, not …",
        "catching classes that do not inherit from BaseException is not allowed",
        "exceptions must derive from BaseException",
    ),
    "UFuncTypeError": (
        "Cannot cast ufunc … from … to … with casting rule …",
        "ufunc … did not contain a loop with signature matching types …",
    ),
    "UnboundLocalError": (
        "cannot access local variable … where it is not associated with a value",
        "local variable … referenced before assignment",
    ),
    "ValueError": (
        "operands could not be broadcast together with shapes …",
        "non-broadcastable output operand with shape … doesn't match the broadcast shape …",
        "shapes … not aligned: …",
        "matmul: Input operand … has a mismatch in its core dimension …",
        "matmul: Input operand … does not have enough dimensions …",
        "could not broadcast input array from shape … into shape …",
        "shape mismatch: …",
        "cannot reshape array of size … into shape …",
        "axes don't match array",
        "all the input arrays must have same number of dimensions, …",
        "all the input array dimensions except for the concatenation axis must match exactly, …",
        "all input arrays must have the same shape",
        "zero-dimensional arrays cannot be concatenated",
        "need at least one array to concatenate",
        "need at least one array to stack",
        "zero-size array to reduction operation … which has no identity",
        "attempt to get … of an empty sequence",
        "setting an array element with a sequence. …",
        "assignment destination is read-only",
        "output array is read-only",
        "The truth value of an array with more than one element is ambiguous. …",
        "The truth value of an empty array is ambiguous. …",
        "can only convert an array of size 1 to a Python scalar",
        "einstein sum subscripts string …",
        "operand has more dimensions than subscripts …",
        "a must be greater than 0 …",
        "a and p must have same size",
        "probabilities do not sum to 1",
        "probabilities are not non-negative",
        "Cannot take a larger sample than population when replace is False",
        "high <= 0",
        "low >= high",
        "scale < 0",
        "Integers to negative integer powers are not allowed.",
        "Maximum allowed dimension exceeded",
        "negative dimensions are not allowed",
        "not enough values to unpack (expected …",
        "too many values to unpack (expected …",
        "… is not in list",
        "list.remove(x): x not in list",
        "could not convert string to float: …",
        "invalid literal for int() with base …",
        "cannot convert float NaN to integer",
        "math domain error",
    ),
    "ZeroDivisionError": (
        "division by zero",
        "float division by zero",
        "integer division or modulo by zero",
        "integer modulo by zero",
    ),
    "": (
        "returns …, where a tuple that ends with the cache was expected",
        "returns …, where arrays, numbers, strings, tuples, lists or dicts were expected",
    ),
}
# names that are shown without a sentence
ALONE = frozenset(filter(None, SENTENCES)) | frozenset(
    "ArithmeticError AssertionError EOFError Exception FloatingPointError ImportError KeyError "
    "LookupError ModuleNotFoundError OSError StopIteration SystemExit UnicodeDecodeError "
    "Warning".split()
)


class MessageTemplates:
    """The messages of one submission's exceptions, each as the sentence that it is one of."""

    def shown(self, message: str, kind: str = "") -> str:
        """Return the sentence that a message is an example of; nothing if it is of none.

        Args:
            message: what the exception says, any text.
            kind: the exception's name, whose own sentences alone are looked at.
        """
        plain = " ".join(message[:1000].split())
        return next((text for text, form in _forms(kind) if form.fullmatch(plain)), "")

    def is_named(self, kind: str) -> bool:
        """Return whether an exception's name is shown."""
        return kind in ALONE


@cache
def _forms(kind: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (text, re.compile(".{0,400}?".join(map(re.escape, text.split("…"))), re.DOTALL))
        for text in SENTENCES.get(kind, ())
    )


def few_lines(lines: Mapping[str, int]) -> dict[str, int]:
    """Return how many lines of each cell a place may name: the first of them all."""
    left, kept = MOST_LINES, dict[str, int]()
    for cell, count in lines.items():
        kept[cell] = min(count, left)
        left -= kept[cell]
    return kept
