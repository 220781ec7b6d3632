"""Python code as HTML with the classes of Pygments, told apart by Python's own tokenizer.

Only what has a colour becomes an element, which makes pages smaller and takes a third of the time.
What Python cannot tell apart, since an answer is broken, Pygments reads.
"""

from __future__ import annotations

import builtins
import html
import io
import keyword
import tokenize
from collections.abc import Iterator
from itertools import pairwise

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

_OPERATORS = frozenset({"and", "in", "is", "not", "or"})
_CONSTANTS = frozenset({"False", "None", "True"})
_PSEUDO = frozenset({"Ellipsis", "NotImplemented", "cls", "self"})
_BUILTINS = frozenset(
    name
    for name, value in vars(builtins).items()
    if not name.startswith("_")
    and not (isinstance(value, type) and issubclass(value, BaseException))
)
_KINDS: dict[int, str] = {tokenize.COMMENT: "c1", tokenize.NUMBER: "m", tokenize.STRING: "s"} | {
    kind: "s"
    for name in ("FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END")
    if (kind := getattr(tokenize, name, None)) is not None  # from Python 3.12 on
}


def coloured(source: str) -> str:
    """Return code as HTML in a box, without blank lines before and after it.

    Args:
        source: the code, in which nothing is hidden any more.
    """
    source = source.strip("\n")
    try:
        made = "".join(_elements(source))
    except (SyntaxError, ValueError, tokenize.TokenError):
        return str(
            highlight(
                source,
                PythonLexer(),
                HtmlFormatter(nobackground=True, cssclass="codebox", wrapcode=False),
            )
        ).replace("<pre>", '<pre class="code">')
    return f'<div class="codebox"><pre class="code">{made}\n</pre></div>\n'


def _elements(source: str) -> Iterator[str]:
    """Yield all of the source, and elements around what has a colour.

    Raises:
        SyntaxError, TokenError, ValueError: Python cannot tell apart what it is.
    """
    begins = [0]
    for line in io.StringIO(source, newline="\n"):
        begins.append(begins[-1] + len(line))
    shown = 0
    tokens = list(tokenize.generate_tokens(io.StringIO(source, newline="\n").readline))
    for before, token in pairwise([tokens[0], *tokens]):
        kind = _kind(token, before.string)
        if not kind:
            continue
        begin, end = (begins[line - 1] + column for line, column in (token.start, token.end))
        if begin < shown:
            raise ValueError("expected tokens one after another, got some of the text twice")
        if begin > shown:
            yield html.escape(source[shown:begin])
        yield f'<span class="{kind}">{html.escape(source[begin:end])}</span>'
        shown = end
    yield html.escape(source[shown:])


def _kind(token: tokenize.TokenInfo, before: str) -> str:
    """Return Pygments' class of a token, or nothing where it would have the text's own colour."""
    if token.type != tokenize.NAME:
        return _KINDS.get(token.type, "")
    name = token.string
    if keyword.iskeyword(name):
        return "" if name in _OPERATORS else "kc" if name in _CONSTANTS else "k"
    if before == "class":
        return "nc"
    if before in (".", "def"):
        return ""
    return "bp" if name in _PSEUDO else "nb" if name in _BUILTINS else ""
