"""Question `bilinear`: one sum over two indices."""

import numpy as np

from autograder.checking import check, compare, rules


def draw(rng, n=5, d=3, e=4):
    """Return n pairs of rows with a matrix between them."""
    return rng.normal(size=(n, d)), rng.normal(size=(d, e)), rng.normal(size=(n, e))


def by_hand(x, w, y):
    """Return the scores, one after the other."""
    return np.array([row @ w @ other for row, other in zip(x, y, strict=True)])


@check("bilinear", points=6)
def test_scores(student, rng):
    """`bilinear` gives one score for each pair of rows."""
    for n, d, e in ((5, 3, 4), (6, 2, 1), (3, 4, 4)):
        x, w, y = draw(rng, n, d, e)
        compare.close(student.bilinear(x, w, y), by_hand(x, w, y), "the array of scores")


@check("bilinear", points=3)
def test_one_pair(student, rng):
    """`bilinear` gives an array of one score for one pair."""
    for d, e in ((3, 2), (1, 1)):
        x, w, y = draw(rng, 1, d, e)
        compare.close(student.bilinear(x, w, y), by_hand(x, w, y), "the score of one pair")


@check("bilinear", points=3)
def test_no_loop(student, rng):
    """More pairs run no more lines of Python."""
    one, other = student.bilinear(*draw(rng, 6)), student.bilinear(*draw(rng, 6))
    compare.require(not np.array_equal(one, other), "Other pairs give the same scores.")
    rules.vectorised(student, "bilinear", lambda n: draw(rng, n), of="pairs")


@check("bilinear", points=3)
def test_house_rules(student, rng):
    """Arguments stay unchanged, and float32 and any memory layout give the right array back."""
    x, w, y = draw(rng)
    rules.pure(student, "bilinear", x, w, y)
    rules.floats(student, "bilinear", x, w, y, integers=False)
    rules.layouts(student, "bilinear", x, w, y)
