"""Let what is said of a value agree with its name: "the costs" have a shape, "the loss" has one.

A name is a description that begins with an article, and often names code ("the costs of each
`epoch`"), or it begins with code ("dx", "dx of a batch of one", "adam: next_w").
"""

from __future__ import annotations

import ast
import keyword
import re

VERBS = {
    "is": "are",
    "has": "have",
    "holds": "hold",
    "lacks": "lack",
    "differs": "differ",
    "agrees": "agree",
}
_OTHER_WORDS = {  # within what is said, of the value itself
    "it is": "they are",
    "it should": "they should",
    "it would": "they would",
    "its sign": "their signs",
    "and has": "and have",
}
_REPLACED = re.compile(rf"\b({'|'.join(_OTHER_WORDS)})\b")

# A description that begins with one of these is a clause, and so one thing: "how often it is drawn"
_CLAUSES = frozenset("how what whether which who why".split())
_ONE = frozenset("a an another each either every neither one that this".split())
_MANY = frozenset(
    "both these those two three four five six seven eight nine ten few many several".split()
)
ARTICLES = _CLAUSES | _ONE | _MANY | {"all", "its", "the", "their", "your"}
# What ends the noun that a description is about: "the weights | of the head"
_ENDS = frozenset(
    "about across after against along among around as at before beside between beyond by during "
    "far for from how if in inside into near next of on out outside over past per than that "
    "through to towards under until when where whether which while who whose with within "
    "without".split()
)
_END = re.compile(rf",? (?:{'|'.join(_ENDS)})\b")
# What ends no noun, whatever stands in it: "recipe('scratch', 4)", "{'reg': 0.5}"
_APART = re.compile(r"`[^`]*`|\[[^\]]*\]|\([^)]*\)|\{[^}]*\}")
# What may follow the noun: "the weights left over"
_FOLLOWING = re.compile(
    r"\w{2,}ed|\w+ly|afterwards|again|alone|apart|asked|drawn|given|held|kept|left|lost|made|taken|"
    r"together"
)
_SINGULAR_ENDS = ("ss", "us", "is", "'s")
_SINGULAR = frozenset(
    "alias always atlas bias canvas chaos cos eps gas lens mathematics news physics series "
    "species".split()
)
_PLURAL = frozenset("children cpus criteria gpus maxima men minima people women".split())
_TWO_WORDS = re.compile(r"([^\W\d]\w*) +([^\W\d]\w*)(?![\w'\"])")
# An expression with one of these reads like words: "dx in float32", "w and b"
_WORDY = (ast.BoolOp, ast.Compare, ast.IfExp, ast.Lambda, ast.NamedExpr, ast.Not)


def agreeing(name: str, predicate: str) -> str:
    """Return what is said of one thing, in the plural where a name is of several.

    Args:
        name: of the value.
        predicate: what is said of it, as of one thing.
    """
    return plural(predicate) if is_plural(name) else predicate


def plural(predicate: str) -> str:
    """Return what is said of one thing as it is said of several: "has shape (3,)" gives "have shape
    (3,)"; unchanged if it begins with none of `VERBS`.
    """
    verb, space, rest = predicate.partition(" ")
    if verb not in VERBS:
        return predicate
    return VERBS[verb] + space + _REPLACED.sub(lambda found: _OTHER_WORDS[found[1]], rest)


def is_plural(name: str) -> bool:
    """Return whether a name is of several things, by its noun: "the shapes of the batch" is, "the
    basis", "losses of one run" (code) and "how often they are drawn" are not.
    """
    if _expression(name) is not None:
        return False
    name = without_place(name)
    words = phrase(_APART.sub("X", name)).lower().split()
    if not words or words[0] in _CLAUSES | _ENDS:
        return False
    if "and" in words:
        return True
    if words[0] in _ONE or is_code(first_noun(name)):
        return False
    words = " ".join(words).partition(",")[0].split()
    if _MANY & set(words):
        return True
    words = [word for word in words if word not in ARTICLES]
    while len(words) > 1 and _FOLLOWING.fullmatch(words[-1]):
        words.pop()
    noun = words[-1].removesuffix("'") if words else ""
    return noun in _PLURAL or (
        noun.replace("-", "").isalpha()
        and noun.endswith("s")
        and not noun.endswith(_SINGULAR_ENDS)
        and noun not in _SINGULAR
    )


def without_place(name: str) -> str:
    """Return a name without the function or case that stands before it: "adam: next_w"."""
    return name[len(name) - len(_masked(name).rpartition(": ")[2]) :]


def phrase(name: str) -> str:
    """Return a name up to the end of its nouns: "best, stopped and the number" of steps."""
    end = _END.search(_masked(name))
    return name[: end.start()] if end else name


def first_noun(name: str) -> str:
    """Return a name up to the end of its first noun: "the weights" of the head."""
    nouns = phrase(name)
    return nouns[: len(_masked(nouns).partition(",")[0])]


def is_code(text: str) -> bool:
    """Return whether a text is one expression of Python that does not read like words."""
    tree = _expression(text)
    return tree is not None and not isinstance(tree, ast.Tuple)


def _masked(name: str) -> str:
    """Return a name of the same length, with letters for what ends no noun."""
    return _APART.sub(lambda found: "X" * len(found[0]), name)


def _expression(text: str) -> ast.expr | None:
    """Return the expression of Python that a text is, or None if it reads like words."""
    if text.isidentifier() and not keyword.iskeyword(text):
        return ast.Name(text)
    words = _TWO_WORDS.match(text)
    if words and not any(map(keyword.iskeyword, words.groups())):
        return None  # no need to parse it: no expression has two names side by side
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None
    return None if any(isinstance(node, _WORDY) for node in ast.walk(tree)) else tree
