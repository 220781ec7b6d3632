"""Whether an exception's message names something: by whole words and whole numbers, however they
are written.
"""

from __future__ import annotations

import math
import re

Token = str | float

_NUMPY_SCALAR = re.compile(r"\b(?:np|numpy)\.\w+\(([^()]*)\)")  # np.float64(0.5)
# 2 x 3
_BY = re.compile(r"(?<![\w.])\d+(?:\s*[x\N{MULTIPLICATION SIGN}]\s*\d+|\s+by\s+\d+)+(?!\w)")
_DIMENSIONS = re.compile(r"(?<![\w.])(\d+)(?=[dD]\b)")  # 3d
_TOKEN = re.compile(
    r"(?P<number>(?:(?<![\w.)])[-+])?(?<![\w.])(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?!\w))|(?P<word>\w+)|(?P<sign>[^\w\s])"
)
_SAME_SIGN = str.maketrans(
    {"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "[": "(", "]": ")", **dict.fromkeys("'\"`", " ")}
)


def mentions(message: str, what: str) -> bool:
    """Return whether a message holds `what`, apart from quotes, spaces, kinds of brackets and ways
    to write a number.

    Args:
        message: an exception's own message.
        what: a word, a number or a shape: "4" is in "got 4.0" and in "np.int64(4)", but not in
            "45", "-4", "w4" or "4.5".
    """
    wanted = _tokens(what)
    texts = (
        message,
        _BY.sub(lambda match: f"({', '.join(re.findall(r'[0-9]+', match[0]))})", message),
    )
    return bool(wanted) and any(_holds(_tokens(text), wanted) for text in texts)


def _tokens(text: str) -> list[Token]:
    text = _DIMENSIONS.sub(r"\1 ", _NUMPY_SCALAR.sub(r"\1", text.translate(_SAME_SIGN)))
    return [
        float(match["number"].replace("_", "")) if match["number"] else match[0]
        for match in _TOKEN.finditer(text)
    ]


def _holds(tokens: list[Token], wanted: list[Token]) -> bool:
    places = range(len(tokens) - len(wanted) + 1)
    return any(all(map(_same, tokens[place : place + len(wanted)], wanted)) for place in places)


def _same(token: Token, wanted: Token) -> bool:
    if isinstance(token, float) and isinstance(wanted, float):
        return token == wanted or math.isclose(token, wanted, rel_tol=1e-9)  # 0.1 + 0.2
    return token == wanted
