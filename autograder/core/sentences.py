"""Sentences that are put together from parts: what a value is called, and what is said of it."""

from __future__ import annotations

import re

from .plurals import ARTICLES, agreeing, first_noun, is_code, without_place

ENDS = (".", "?", "!", "…")
_JOINTS = re.compile(r"(, and | and |, )")
# What no word is: "grad_fn", "np.float32", "w1", "config['eps']", "'ema'"
_CODE = re.compile(
    r"`[^`]*`|\{[^}]*\}|(?<!\w)'[^']+'(?!\w)|"
    r"\b(?!(?:u?int|float)\d)(?:[A-Za-z]\w*_\w*|[A-Za-z]+\d+|[a-z]\w*(?=\[)|[A-Za-z]\w*\.[A-Za-z]\w*)"
    r"(?:\[[^\]]*\]|\.[A-Za-z]\w*)*"
)


def about(name: str, predicate: str) -> str:
    """Return a sentence about a value: "the costs" and "has shape (3,)" give "The costs have shape
    (3,)."

    Args:
        name: of the value, as `plurals` describes it.
        predicate: what is said of it, as of one thing, without a full stop.
    """
    return ended(f"{subject(name)} {agreeing(name, predicate)}.")


def subject(name: str) -> str:
    """Return a name as it begins a sentence: code in backquotes, an article with a capital."""
    if is_code(name):
        return f"`{name}`"
    rest = without_place(name)
    place = name[: -len(rest)].removesuffix(": ") if rest else ""
    if is_code(place):
        return f"`{place}`: {_marked(rest)}"
    said = _marked(name)
    return said[:1].upper() + said[1:] if name.split(" ")[0] in ARTICLES else said


def _marked(name: str) -> str:
    """Return a name with its code in backquotes."""
    parts = _JOINTS.split(name)
    if all(map(is_code, parts[::2])):
        return "".join(part if i % 2 else f"`{part}`" for i, part in enumerate(parts))
    noun = first_noun(name)
    if noun in ARTICLES or not is_code(noun):
        noun = ""
    rest = _CODE.sub(lambda found: f"`{found[0].strip('`')}`", name[len(noun) :])
    return f"`{noun}`{rest}" if noun else rest


def ended(sentence: str) -> str:
    """Return a sentence without its full stop where its last part ends like a sentence already."""
    before = sentence.removesuffix(".").rstrip()
    return before if sentence.endswith(".") and before.endswith(ENDS) else sentence


def unended(part: str) -> str:
    """Return a part without its full stop, for a sentence that goes on."""
    return part.rstrip().removesuffix(".")
