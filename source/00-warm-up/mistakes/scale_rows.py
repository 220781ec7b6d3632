"""What goes wrong, and what else goes right, in `scale_rows`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("scale_rows", replaces="scale_rows", change={"x.copy()": "x"})
def no_copy():
    """`scaled` is another name for `x`, so you change the array of the caller. Make a copy first."""


@mistake(
    "scale_rows",
    replaces="scale_rows",
    change={"scaled[rows] *= factor": "chosen = scaled[rows]; chosen *= factor"},
)
def changes_a_copy_of_the_rows():
    """Indexing with an array of whole numbers gives a copy, and you change this copy only. Assign to the rows themselves."""


@mistake("scale_rows", replaces="scale_rows", change={"*= factor": "+= factor"})
def adds_the_factor():
    """You add the factor to the rows. Multiply by it."""


@mistake("scale_rows", replaces="scale_rows", change={"*= factor": "= factor"})
def sets_the_factor():
    """You set every number of the rows to the factor. Multiply the numbers by it."""


@mistake("scale_rows", replaces="scale_rows", change={"scaled[rows] *= factor": "scaled *= factor"})
def scales_all_rows():
    """You multiply every row. Only the rows in `rows` change."""


@mistake("scale_rows", replaces="scale_rows", change={"return scaled": "return scaled[rows]"})
def returns_the_rows_alone():
    """You return the chosen rows alone. Return all rows, with the chosen ones multiplied."""


@mistake("scale_rows", replaces="scale_rows", change={"x.copy()": "x.astype(float)"})
def in_double_precision():
    """Your copy is float64, whatever `x` is. Keep the precision of `x`."""


@variant("scale_rows", replaces="scale_rows")
def by_one_factor_for_each_row(x, rows, factor):
    """Multiplies each row by a factor, most of which are 1."""
    factors = np.ones((len(x), 1), x.dtype)
    factors[rows] = factor
    return x * factors


@variant("scale_rows", replaces="scale_rows")
def by_assigning(x, rows, factor):
    """Assigns the multiplied rows."""
    out = np.array(x)
    out[rows, :] = x[rows, :] * factor
    return out


@variant("scale_rows", replaces="scale_rows")
def in_a_loop(x, rows, factor):
    """Goes through the rows one by one."""
    out = np.empty_like(x)
    out[...] = x
    for row in rows:
        out[row] = out[row] * factor
    return out


@variant("scale_rows", replaces="scale_rows")
def by_where(x, rows, factor):
    """Chooses between two arrays by a mask."""
    return np.where(np.isin(np.arange(len(x)), rows)[:, None], x * x.dtype.type(factor), x)
