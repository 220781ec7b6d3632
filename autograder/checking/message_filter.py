"""What an exception's message may tell a student: enough for an honest error, and little for one
that spells hidden inputs.

A message is made of words, numbers and what stands between them. A word is shown if it is the
notebook's or the language's own; a number if it has at most three digits; between them, what
punctuation is for. How many of each there are is bounded for one message and for all of a
submission's together, since any choice of words can be made to carry numbers.
"""

from __future__ import annotations

import builtins
import re

import numpy as np

HIDDEN = "…"
MOST_READ = 600  # characters of a message that are looked at
MOST_CHARACTERS, MOST_WORDS, MOST_NUMBERS = 160, 28, 8  # of one message
MOST_WORDS_IN_ALL, MOST_NUMBERS_IN_ALL = 50, 30  # of all different messages of a submission

_LONG_NUMBER = re.compile(
    r"-?\d*\.\d+(e[+-]?\d+)?|\d{1,3}([_,]\d{3})+|\d{4,}|-?\d+e[+-]?\d+", re.IGNORECASE
)
_TOKEN = re.compile(r"(?P<word>[^\W\d]\w*)|(?P<number>\d\w*)|(?P<hidden>…)|(?P<between>[^\w…]+)")
_BETWEEN = re.compile(
    r"""\s?\??,?[)\]}'"`]{0,2}[,.:;?!]{0,2}\s?(->|\*\*|==|!=|<=|>=|[-+*/@<>=%&|^~])?:?\s?[(\[{'"`]{0,2}-?|"""
    r"""\(\)[ ,.;:]{0,2}| \(`:`\), | \(`\.\.\.`\), |'[<>=!]{1,2}' """
)
_LANGUAGE = (
    frozenset(dir(builtins))
    | frozenset(dir(np))
    | frozenset(
        """
            a access above absolute after all allclose allocate allowed already ambiguous an and any
            arange arg argmax args argument arguments array arrays as assignment at attribute aware
            axes axis bad base be been before below between big bool boolean both bounds broadcast
            broadcastable buffer but by bytes call callable called can cannot cast casting class
            clip close column columns compare concatenate concatenation context contiguous
            conversion convert converted copy core could data deep defined delete depth destination
            did different dimension dimensional dimensions division domain does don dot dtype dtypes
            during each element elements ellipsis empty enough error even exactly exceeded except
            exp expected exponent fancy field file float32 float64 for found from full function
            generator get getitem given got greater gufunc has hashable have homogeneous ideal
            identity if immutable implicit implemented in incompatible index indexing indices
            infinite inhomogeneous input instance int16 int32 int64 int8 integer integers into
            invalid invert is it item items iterable its kernel key keys keyword kind known last
            least length less limit linalg list literal local log long loop lower many mapping match
            matching math matmul matrix maximum mean memory minimum mismatch missing module more
            multiple multiply must name ndarray ndim need needed needs negative new newaxis no non
            nonzero norm not null number numbers numeric numpy object objects of on one ones only op
            operand operands operation operations operator or order other out output outside
            overflow parameter part point pop positional positive power provided python random range
            rank read real recursion reduction referenced remap required requested reshape result
            return returns row rows rule safe same same_kind scalar scalars seed self sequence
            sequences set setting shape shapes should shuffle sign signature singular size sizes
            slice slices so some source sqrt stack start step stop str string strings subscript
            subscriptable sum support supported supports take takes tensordot than that the their
            there they this times to together too total transpose true truth tuples two type types
            ufunc unable underflow understood unequal unexpected unhashable unknown unpack
            unsupported unsized use used valid value values variable vector view was were when where
            which whole with within without writeable writable written zero zeros according aligned
            along are associated coerced comparison contains corresponding detected differ dim
            einstein indexed inputs instances os PathLike safely samples specified subscripts taken
            unary unless weights cache dicts ends lists nothing numbers strings t tuple utils
            NoneType Generator len
            """.split()
    )
)


EXCEPTIONS = frozenset(dir(builtins)) | {
    "LinAlgError",
    "AxisError",
    "UFuncTypeError",
    "ComplexWarning",
}


class MessageFilter:
    """The messages of one submission's exceptions, as they are shown."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._words: frozenset[str] | None = None
        self._shown: dict[str, str] = {}
        self._words_left, self._numbers_left = MOST_WORDS_IN_ALL, MOST_NUMBERS_IN_ALL

    def shown(self, message: str, kind: str = "") -> str:
        """Return what is shown of a message, whatever the exception.

        Nothing once the submission's messages have told as much as they may.

        Args:
            message: what the exception says, any text.
            kind: the exception's name.
        """
        if self._words is None:
            self._words = words_of(self._source)
        text = masked(message, self._words)
        if text not in self._shown:
            words, numbers = (len(re.findall(kind, text)) for kind in (r"[^\W\d]\w*", r"\d+"))
            fits = words <= self._words_left and numbers <= self._numbers_left
            if fits:
                self._words_left, self._numbers_left = (
                    self._words_left - words,
                    self._numbers_left - numbers,
                )
            self._shown[text] = text if fits else ""
        return self._shown[text]

    def is_named(self, kind: str) -> bool:
        """Return whether an exception's name is shown: one's own may spell anything."""
        return kind in EXCEPTIONS


def words_of(source: str) -> frozenset[str]:
    """Return the words that a notebook's text is made of."""
    return frozenset(re.findall(r"[^\W\d]\w*", source))


def masked(message: str, words: frozenset[str]) -> str:
    """Return one message without anything that could carry much of hidden inputs.

    Args:
        message: what the exception says, any text.
        words: those of the notebook.
    """
    plain = "".join(
        character if character.isprintable() else " " for character in message[:MOST_READ]
    )
    plain = _LONG_NUMBER.sub(HIDDEN, " ".join(plain.split()))
    left = {"word": MOST_WORDS, "number": MOST_NUMBERS}
    made: list[str] = []
    for token in _TOKEN.finditer(plain):
        kind, text = str(token.lastgroup), token[0]
        if kind == "between":
            text = text if _BETWEEN.fullmatch(text) else " "
        elif kind != "hidden":
            known = (
                len(text) <= 3 and text.isdecimal()
                if kind == "number"
                else text in words or _is_common(text)
            )
            left[kind] -= known
            text = text if known and left[kind] >= 0 else HIDDEN
        made.append(text)
    return re.sub(r"…(\s*…)+", HIDDEN, "".join(made))[:MOST_CHARACTERS].strip()


def _is_common(word: str) -> bool:
    """Return whether a word is of the language; a single letter stands for any array."""
    return word in _LANGUAGE or word.lower() in _LANGUAGE or (len(word) == 1 and word.isascii())
