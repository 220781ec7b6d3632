"""What goes wrong, and what else goes right, in `squared_distances`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake(
    "squared_distances",
    replaces="squared_distances",
    change={
        "((a[:, None, :] - b) ** 2).sum(axis=2)": "np.sqrt(((a[:, None, :] - b) ** 2).sum(axis=2))"
    },
)
def takes_the_root():
    """You return the distances. The question asks for the squared distances, without the root."""


@mistake(
    "squared_distances", replaces="squared_distances", change={".sum(axis=2)": ".mean(axis=2)"}
)
def mean_over_the_numbers():
    """You take the mean over the numbers of a row. The squared distance is their sum."""


@mistake(
    "squared_distances",
    replaces="squared_distances",
    change={"a[:, None, :] - b": "b[:, None, :] - a"},
)
def the_other_way_round():
    """Your result has a row for each row of `b`. The rows of the result belong to `a`, and its columns to `b`."""


@mistake(
    "squared_distances",
    replaces="squared_distances",
    change={"((a[:, None, :] - b) ** 2).sum(axis=2)": "((a - b) ** 2).sum(axis=1)"},
    leaves_nothing="it compares no row with every other one",
)
def row_by_row():
    """You compare the first row of `a` with the first row of `b`, the second with the second, and so on. Give `a` one more axis, so that every row meets every other row."""


@mistake(
    "squared_distances", replaces="squared_distances", change={"a.shape[1] != b.shape[1]": "False"}
)
def accepts_any_lengths():
    """You do not compare the lengths of the rows. Broadcasting stretches rows of one number without an error."""


@mistake("squared_distances", replaces="squared_distances")
def in_a_loop(a, b):
    """You loop over the rows in Python. Give `a` one more axis and subtract all rows at once."""
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"expected rows of {a.shape[1]} numbers in b, got {b.shape[1]}")
    out = []
    for row in a:
        out.append(((row - b) ** 2).sum(axis=1))
    return np.array(out)


@mistake(
    "squared_distances",
    replaces="squared_distances",
    change={"(a[:, None, :] - b) ** 2": "np.abs(a[:, None, :] - b)"},
)
def sums_the_absolute_values():
    """You add up the absolute differences. Square them."""


@variant("squared_distances", replaces="squared_distances")
def by_both_axes(a, b):
    """Gives each array an axis, and sums over the last one."""
    if a.shape[-1] != b.shape[-1]:
        raise ValueError(f"a has {a.shape[-1]} columns and b has {b.shape[-1]}")
    return np.sum(np.square(np.expand_dims(a, 1) - np.expand_dims(b, 0)), axis=-1)


@variant("squared_distances", replaces="squared_distances")
def by_products(a, b):
    """Multiplies the square out."""
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"rows of {a.shape[1]} and of {b.shape[1]}")
    return (a**2).sum(1)[:, None] - 2 * (a @ b.T) + (b**2).sum(1)


@variant("squared_distances", replaces="squared_distances")
def by_columns(a, b):
    """Loops over the few numbers of a row, not over the rows."""
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"got {b.shape[1]}, expected {a.shape[1]}")
    out = np.zeros((len(a), len(b)), np.result_type(a, b))
    for k in range(a.shape[1]):
        out += np.subtract.outer(a[:, k], b[:, k]) ** 2
    return out


@variant("squared_distances", replaces="squared_distances")
def by_einsum(a, b):
    """Squares and sums by the names of the indices."""
    n, d = a.shape
    m, e = b.shape
    if d != e:
        raise ValueError(f"{n} rows of {d} numbers, and {m} rows of {e}")
    difference = a.reshape(n, 1, d) - b.reshape(1, m, d)
    return np.einsum("nmd,nmd->nm", difference, difference)
