"""Markdown with formulas to safe HTML that needs no network and no script: formulas become MathML."""

from __future__ import annotations

import html
from functools import lru_cache
from xml.etree import ElementTree

import mistune
from latex2mathml.converter import convert


class _Renderer(mistune.HTMLRenderer):
    def inline_math(self, text: str) -> str:
        return mathml(text, "inline")

    def block_math(self, text: str) -> str:
        return f"<p>{mathml(text, 'block')}</p>\n"


# The converter passes text through unescaped, and knows links and styles; only what draws a formula is let by.
_TAGS = frozenset(
    "math mrow mi mo mn ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd mstyle mpadded mphantom".split()  # noqa: SIM905  reads better
)
_ATTRIBUTES = frozenset(
    "display mathvariant stretchy fence form accent accentunder lspace rspace width height depth columnalign rowspacing columnspacing columnlines rowlines "  # noqa: SIM905
    "displaystyle scriptlevel linethickness minsize maxsize separator movablelimits symmetric largeop".split()
)


@lru_cache(maxsize=4096)
def mathml(latex: str, display: str) -> str:
    """A formula as MathML, or as its escaped source where it is not understood or would hold anything else."""
    try:
        made = str(convert(latex, display=display))
        if _is_formula(ElementTree.fromstring(made)):
            return made
    except Exception:  # the converter raises many kinds for what it does not know; the source still reads
        pass
    return f"<code>{html.escape(latex)}</code>"


def _is_formula(root: ElementTree.Element) -> bool:
    return all(
        part.tag.removeprefix("{http://www.w3.org/1998/Math/MathML}") in _TAGS and part.attrib.keys() <= _ATTRIBUTES for part in root.iter()
    )


@lru_cache(maxsize=4096)
def to_html(markdown: str) -> str:
    """Markdown as HTML; HTML within it is shown as text."""
    made = mistune.create_markdown(renderer=_Renderer(escape=True), plugins=["math", "table", "strikethrough"])(markdown)
    return str(made).strip()


@lru_cache(maxsize=4096)
def inline(markdown: str) -> str:
    """One sentence of Markdown as HTML without the paragraph around it."""
    made = to_html(" ".join(markdown.split()))
    return made.removeprefix("<p>").removesuffix("</p>") if made.count("<p>") == 1 else made
