"""Question `squared_distances`: all pairs of rows."""

import numpy as np

from autograder.checking import check, compare, rules


def by_hand(a, b):
    """Return all squared distances, one after the other."""
    return np.array([[sum((u - v) ** 2 for u, v in zip(p, q, strict=True)) for q in b] for p in a])


@check("squared_distances", points=8)
def test_distances(student, rng):
    """`squared_distances` gives one row for each row of `a` and one column for each row of `b`."""
    for n, m, d in ((5, 4, 3), (2, 6, 1), (1, 3, 2), (4, 1, 5)):
        a, b = rng.normal(size=(n, d)), rng.normal(size=(m, d))
        wrong = {"if it were the distance, not squared": np.sqrt(by_hand(a, b))}
        compare.close(
            student.squared_distances(a, b), by_hand(a, b), "the array of distances", instead=wrong
        )


@check("squared_distances", points=4)
def test_equal_sizes(student, rng):
    """`squared_distances` is right where all sizes are equal and nothing can be told by its shape."""
    a, b = rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    compare.close(
        student.squared_distances(a, b), by_hand(a, b), "the array of distances of equal sizes"
    )


@check("squared_distances", points=3)
def test_refuses(student, rng):
    """Rows of different lengths raise a `ValueError` that names both lengths."""
    a, b = rng.normal(size=(4, 3)), rng.normal(size=(5, 3))
    student.squared_distances(a, b)  # a function that always raises refuses nothing
    rules.rejects(student, "squared_distances", a, b[:, :1], mentions=("3", "1"))
    rules.rejects(student, "squared_distances", a[:, :2], b, mentions=("2", "3"))


@check("squared_distances", points=3)
def test_no_loop(student, rng):
    """More rows run no more lines of Python."""
    one, other = (
        student.squared_distances(rng.normal(size=(6, 3)), rng.normal(size=(4, 3)))
        for _ in range(2)
    )
    compare.require(not np.array_equal(one, other), "Other rows give the same distances.")
    rules.vectorised(
        student,
        "squared_distances",
        lambda n: (rng.normal(size=(n, 3)), rng.normal(size=(4, 3))),
        of="rows of `a`",
    )
    rules.vectorised(
        student,
        "squared_distances",
        lambda n: (rng.normal(size=(4, 3)), rng.normal(size=(n, 3))),
        of="rows of `b`",
    )


@check("squared_distances", points=2)
def test_house_rules(student, rng):
    """Arguments stay unchanged, and float32 and any memory layout give the right array back."""
    a, b = rng.normal(size=(5, 3)), rng.normal(size=(4, 3))
    rules.pure(student, "squared_distances", a, b)
    rules.floats(student, "squared_distances", a, b, integers=False)
    rules.layouts(student, "squared_distances", a, b)
