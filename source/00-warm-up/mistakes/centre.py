"""What goes wrong, and what else goes right, in `centre`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("centre", replaces="centre", change={"keepdims=True": "keepdims=False"})
def axis_is_lost():
    """The mean loses the axis along which it is taken, so it does not fit the rows of `x`. Keep the axis, with length 1."""


@mistake(
    "centre",
    replaces="centre",
    change={"axis=axis, keepdims=True": ""},
    leaves_nothing="no mean along an axis is right",
)
def mean_of_everything():
    """You subtract one mean of all numbers. Each column (or row) needs its own mean."""


@mistake("centre", replaces="centre", change={"axis=axis": "axis=0"})
def always_the_columns():
    """You always take the mean along axis 0. Use the argument `axis`."""


@mistake(
    "centre",
    replaces="centre",
    change={
        "x - x.mean(axis=axis, keepdims=True)": "(x - x.mean(axis=axis, keepdims=True)) / x.std(axis=axis, keepdims=True)"
    },
    leaves_nothing="every number is divided by another one",
)
def divides_by_the_deviation():
    """You also divide by the standard deviation. Only subtract the mean."""


@mistake("centre", replaces="centre")
def writes_into_x(x, axis):
    """You subtract the mean inside `x`, which belongs to the caller. Make a new array."""
    x -= x.mean(axis=axis, keepdims=True)
    return x


@mistake("centre", replaces="centre", change={"x.mean(": "x.astype(float).mean("})
def in_double_precision():
    """You compute the mean in float64, so float32 becomes float64. Keep the precision of `x`."""


@variant("centre", replaces="centre")
def by_a_sum(x, axis):
    """Divides a sum by the length of the axis."""
    return x - x.sum(axis, keepdims=True) / x.dtype.type(x.shape[axis])


@variant("centre", replaces="centre")
def by_expand_dims(x, axis):
    """Puts the lost axis back."""
    return np.subtract(x, np.expand_dims(np.mean(x, axis), axis))


@variant("centre", replaces="centre")
def by_moving_the_axis(x, axis):
    """Moves the axis to the front, where broadcasting needs no help."""
    moved = np.moveaxis(x, axis, 0)
    return np.moveaxis(moved - moved.mean(axis=0), 0, axis)


@variant("centre", replaces="centre")
def in_a_copy(x, axis):
    """Subtracts in place, in a copy."""
    out = x.copy()
    out -= np.average(x, axis=axis, keepdims=True)
    return out
