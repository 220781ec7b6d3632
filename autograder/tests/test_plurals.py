"""Sentences about a value agree with its name, for all names that the hidden checks give."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from autograder.checking import compare
from autograder.core import plurals
from autograder.core.errors import CheckFailed
from autograder.core.plurals import ARTICLES, first_noun, is_code, is_plural
from autograder.core.roots import PROJECT
from autograder.core.sentences import about, subject
from autograder.core.translation import Translation

# The nouns that names in checks are about, sorted by hand.
ONE = frozenset(
    """
    array average beginning bias brightness cause change choice contrast correlation crop deviation
    direction distance dpred dtype entry factor gradient label line list loss mean momentum network norm
    number order path picture place point prediction product rate result row run score series share
    slope spread square std step sum table total variance velocity x y h first_moment
    second_moment grad_squared delta_squared length power way
    """.split()
)
MANY = frozenset(
    """
    betas costs dtypes errors five labels layers lengths losses means names numbers outputs points
    rates residuals results rows sizes weights zeros
    """.split()
)
POSITIONS = {f"compare.{one}": 2 for one in ("close", "shape", "equal", "keys")} | {
    "compare.near_mean": 3,
    "near_mean": 3,
    "close_to_own": 2,
}
AT_ITS_END = re.compile(r" X$|(?<=[a-z]{2})X$|(?<=\])X$")  # a field with the rest of a name
CHECKS = sorted(
    path
    for folder in ("source", "course/examples/pooling/source", "autograder/templates/new")
    for path in (PROJECT / folder).rglob("checks/test_*.py*")
    if "{" not in path.name
)


def texts(node: ast.AST) -> list[str]:
    """Each text that an expression can be, with X for a field that is known when it runs."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return texts(node.body) + texts(node.orelse)
    made = [""]
    for part in node.values if isinstance(node, ast.JoinedStr) else ():
        inner = texts(part.value if isinstance(part, ast.FormattedValue) else part) or ["X"]
        made = [before + text for before in made for text in inner]
    return made if made != [""] else []


def names() -> Iterator[tuple[Path, str]]:
    """Each name in a call of `compare`, also where a variable of the same function holds it."""
    for path in CHECKS:
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            held: dict[str, list[str]] = {}
            for node in ast.walk(function):
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                    held.setdefault(node.targets[0].id, []).extend(texts(node.value))
            for node in ast.walk(function):
                called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
                if called not in POSITIONS:
                    continue
                assert isinstance(node, ast.Call)
                given = [one.value for one in node.keywords if one.arg == "name"]
                for one in given or node.args[POSITIONS[called] :][:1]:
                    found = held.get(one.id, []) if isinstance(one, ast.Name) else texts(one)
                    yield from (
                        (path, AT_ITS_END.sub("", text)) for text in found if text[-1:] != "."
                    )


LISTS = ("best and stopped", "loss and dx", "loss and dh", "loss and dpred")


@pytest.fixture(scope="module")
def found() -> list[tuple[Path, str]]:
    """The names in all checks, each with its file."""
    return list(names())


@pytest.fixture(scope="module")
def descriptions(found: list[tuple[Path, str]]) -> list[str]:
    """Those that are not code alone."""
    return sorted({text for _, text in found if not is_code(text)})


def noun(name: str) -> str:
    """The first of the nouns above in a name."""
    words = re.split(r"[ ,]+", name.replace("`", ""))
    return next((word for word in words if word in ONE | MANY), "")


def test_the_names_are_found(descriptions: list[str]) -> None:
    assert len(descriptions) > 250
    assert {"the other rows of the result", "adam: next_w", "w1 after one step"} <= {*descriptions}


def test_a_name_is_plural_where_its_noun_is(descriptions: list[str]) -> None:
    described = [
        (name, name.rpartition(": ")[2])
        for name in descriptions
        if name.rpartition(": ")[2].split(" ")[0] in ARTICLES and " and " not in first_noun(name)
    ]
    described = [one for one in described if one[1].split(" ")[0] not in ("how", "what")]
    unknown = [name for name, said in described if not noun(said)]
    assert unknown == [], "sort their nouns into ONE or MANY"
    wrong = [name for name, said in described if is_plural(name) is not (noun(said) in MANY)]
    assert wrong == []
    assert sum(is_plural(name) for name, _ in described) >= 15


def test_a_name_without_an_article_begins_with_code_of_its_assignment(
    found: list[tuple[Path, str]],
) -> None:
    """Or "share of the weights" would be taken for a variable named `share`."""
    unknown, known = [], dict[Path, set[str]]()
    for path, name in found:
        said = name.rpartition(": ")[2]
        folder = path.parents[1]
        begins = first_noun(said)
        if said.split(" ")[0] in ARTICLES or said.startswith("`") or said in LISTS:
            continue
        if folder not in known:
            code = "".join(one.read_text(encoding="utf-8") for one in folder.glob("*.py*"))
            known[folder] = set(re.findall(r"[A-Za-z_]+", code))
        words = {word for word in re.findall(r"[A-Za-z_]+", begins) if "X" not in word}
        if not is_code(begins) or not words <= known[folder]:
            unknown.append(name)
    assert sorted(set(unknown)) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dx", "`dx` has"),
        ("losses", "`losses` has"),
        ("grads['w']", "`grads['w']` has"),
        ("w[0, 1]", "`w[0, 1]` has"),
        ("out / x", "`out / x` has"),
        ("loss and dx", "`loss` and `dx` have"),
        ("losses, w1 and w2", "`losses`, `w1` and `w2` have"),
        ("dx of a batch of one", "`dx` of a batch of one has"),
        ("losses of these batches", "`losses` of these batches has"),
        ("mu[0] for 'ema'", "`mu[0]` for `'ema'` has"),
        ("x, after the call,", "`x`, after the call, has"),
        ("adam: next_w", "`adam`: `next_w` has"),
        ("adam: the weights without a gradient", "`adam`: the weights without a gradient have"),
        ("the shapes of the batches", "The shapes of the batches have"),
        ("the shape of the batches", "The shape of the batches has"),
        ("the loss", "The loss has"),
        ("the losses", "The losses have"),
        ("the bias", "The bias has"),
        ("the biases of all layers", "The biases of all layers have"),
        ("the axis", "The axis has"),
        ("the axes", "The axes have"),
        ("the basis of the columns", "The basis of the columns has"),
        ("the radius", "The radius has"),
        ("the canvas", "The canvas has"),
        ("a series of values", "A series of values has"),
        ("the costs' standard errors", "The costs' standard errors have"),
        ("the network's loss", "The network's loss has"),
        ("the weights that are kept", "The weights that are kept have"),
        ("the weights needed", "The weights needed have"),
        ("the random seed", "The random seed has"),
        ("the two largest", "The two largest have"),
        ("both halves", "Both halves have"),
        ("each of the rows", "Each of the rows has"),
        ("how often two rows are drawn", "How often two rows are drawn has"),
        ("what the layers return", "What the layers return has"),
        ("its `dpred`", "Its `dpred` has"),
        ("the new grad_squared", "The new `grad_squared` has"),
        ("the slope and the intercept", "The slope and the intercept have"),
        ("the product of row and column", "The product of row and column has"),
        ("`best`, `stopped` and the number", "`best`, `stopped` and the number have"),
        ("the dtype of np.float32 pictures", "The dtype of `np.float32` pictures has"),
        ("the dtype of float32 pictures", "The dtype of float32 pictures has"),
        ("the people", "The people have"),
        ("the dtypes of grads, for {'reg': 0.5}", "The dtypes of grads, for `{'reg': 0.5}` have"),
        ("the dtype of grads for {'reg': 0.5, 'all': 2}", "The dtype of grads for `{'reg': 0.5, 'all': 2}` has"),
        ("recipe('scratch: 2', 4): the rates", "`recipe('scratch: 2', 4)`: the rates have"),
    ],
)  # fmt: skip
def test_the_verb_agrees_and_code_stands_in_backquotes(name: str, said: str) -> None:
    assert about(name, "has shape (3,)") == f"{said} shape (3,)."


@pytest.mark.parametrize(
    "name", ["", " ", ",", ": ", "`", "a", "the", "and", "the and", "\0", "(", "of"]
)
def test_an_odd_name_is_no_error(name: str) -> None:
    assert about(name, "is None: is a `return` missing?").endswith("missing?")
    assert subject(name).lower().replace("`", "") == name.lower().replace("`", "")


@pytest.mark.parametrize(
    "text",
    """x|x and y|not x|lambda x: x|f 'a'|x if y else z|the costs|r 'x'|f "a"|b"" x|x not in y|None|
    None x|dx [0]|match x|yield x|await x|x  in y|in x|for|_a b1|1 x|x 1|dx of a batch|é ü""".split(
        "|"
    ),
)
def test_what_is_not_parsed_is_no_expression(text: str) -> None:
    """Two names side by side are never one, and a name alone always is: neither needs a parser."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        words = any(isinstance(node, plurals._WORDY) for node in ast.walk(tree))
    except SyntaxError:
        words = True
    assert (plurals._expression(text.strip()) is None) is words


def test_visible_checks_decide_by_the_same_words() -> None:
    ours, theirs = PROJECT / "autograder" / "core", PROJECT / "utils"
    assert (ours / "plurals.py").read_bytes() == (theirs / "plurals.py").read_bytes()


def reason(got: object, want: object, name: str, **options: object) -> str:
    with pytest.raises(CheckFailed) as caught:
        compare.close(got, want, name, **options)  # type: ignore[arg-type]
    return caught.value.reason


def test_sentences_word_for_word() -> None:
    one, many, ones = "the loss", "the losses of each epoch", np.ones(2)
    assert reason(None, ones, one) == "The loss is None: is a `return` missing?"
    assert reason(None, ones, many) == "The losses of each epoch are None: is a `return` missing?"
    assert reason(-ones, ones, one) == "The loss has its sign flipped."
    assert reason(-ones, ones, many) == "The losses of each epoch have their signs flipped."
    assert reason(np.ones(3), ones, many) == (
        "The losses of each epoch have shape (3,), expected (2,)."
    )
    three = np.arange(1.0, 4.0)
    assert reason(2 * three, three, many) == (
        "The losses of each epoch are in every entry 2 times what they should be."
    )
    assert reason(three + 1, three, many, instead={"one too many": three + 1}) == (
        "The losses of each epoch are what they would be one too many."
    )
    assert reason(three + 1, three, "out", instead={"one too many": three + 1}) == (
        "`out` is what it would be one too many."
    )
    assert reason(np.full(3, np.inf), three, many) == "The losses of each epoch hold inf."
    with pytest.raises(CheckFailed, match=r"^The two shares are 30 standard errors away from where "
                       r"they should be on average\.$"):  # fmt: skip
        compare.near_mean(np.full(4, 3.0), 0.0, 0.1, "the two shares")
    with pytest.raises(CheckFailed, match=r"^`a` lacks y and has 1 more than expected \(keys"):
        compare.keys({"x": 1, "z": 2}, ("x", "y"), "a")
    with pytest.raises(CheckFailed, match=r"^The tables lack y and have 1 more than expected \("):
        compare.keys({"x": 1, "z": 2}, ("x", "y"), "the tables")
    with pytest.raises(CheckFailed, match=r"^The sizes are a whole number, expected an array\.$"):
        compare.shape(3, (2,), "the sizes")
    with pytest.raises(
        CheckFailed, match=r"^The sizes are not exactly what they should be: 1 of 2"
    ):
        compare.equal(np.array([1, 2]), np.array([1, 3]), "the sizes")


def test_sentences_about_descriptions_are_translated() -> None:
    say = Translation(
        "de",
        {
            "have shape {0}, expected {1}": "haben die Form {0}, erwartet {1}",
            "has shape {0}, expected {1}": "hat die Form {0}, erwartet {1}",
            "is None: is a `return` missing?": "ist None: fehlt ein `return`?",
            "the losses": "die Verluste",
        },
    )
    ones = np.ones(2)
    assert say(reason(np.ones(3), ones, "the losses")) == (
        "Die Verluste haben die Form (3,), erwartet (2,)."
    )
    assert say(reason(np.ones(3), ones, "dx of a batch of one")) == (
        "`dx` of a batch of one hat die Form (3,), erwartet (2,)."
    )
    assert say(reason(None, ones, "dx")) == "`dx` ist None: fehlt ein `return`?"
    assert say("The rest is not written yet.") == "The rest is not written yet."
