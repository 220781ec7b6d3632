"""Question `scale_rows`: a changed copy."""

import numpy as np

from autograder.checking import check, compare, rules


def scaled(x, rows, factor):
    """Return x with some rows multiplied, as a product with one factor for each row."""
    factors = [factor if row in rows else 1.0 for row in range(len(x))]
    return np.diag(factors) @ x


@check("scale_rows", points=5)
def test_chosen(student, rng):
    """`scale_rows` multiplies the chosen rows by the factor."""
    for n, d, rows, factor in ((5, 3, [4, 1], 2.5), (3, 3, [0], -1.5), (4, 2, [2, 3, 0, 1], 0.5)):
        x, rows = rng.normal(size=(n, d)), np.array(rows)
        got = student.scale_rows(x, rows, factor)
        compare.shape(got, x.shape, "the result")
        compare.close(got[rows], scaled(x, rows, factor)[rows], "the chosen rows of the result")


@check("scale_rows", points=4)
def test_others(student, rng):
    """`scale_rows` keeps all other rows."""
    for n, d, rows in ((5, 3, [4, 1]), (3, 3, [0]), (4, 2, [])):
        x, rows = rng.normal(size=(n, d)), np.array(rows, dtype=int)
        got = student.scale_rows(x, rows, 3.0)
        compare.shape(got, x.shape, "the result")
        others = [row for row in range(n) if row not in rows]
        compare.close(got[others], x[others], "the other rows of the result")


@check("scale_rows", points=6)
def test_house_rules(student, rng):
    """The result is a new array, arguments stay unchanged, and float32 and any memory layout work."""
    x, rows = rng.normal(size=(5, 3)), np.array([4, 1])
    rules.pure(student, "scale_rows", x, rows, 2.5, new=(0,))
    rules.pure(student, "scale_rows", x, rows[:0], 2.5, new=(0,))
    rules.floats(student, "scale_rows", x, rows, 2.5, integers=False)
    rules.layouts(student, "scale_rows", x, rows, 2.5)
