"""Question `centre`: a mean along an axis, subtracted."""

import numpy as np

from autograder.checking import check, compare, rules


def centred(x, axis):
    """Return x minus its mean along an axis, with the axis moved to the front."""
    moved = np.moveaxis(x, axis, 0)
    return np.moveaxis(moved - sum(moved) / len(moved), 0, axis)


@check("centre", points=6)
def test_first_axis(student, rng):
    """`centre` along axis 0 makes the mean of every column zero."""
    for shape in ((5, 3), (4,), (3, 2, 4), (3, 1)):
        x = rng.normal(2, 1, size=shape)
        compare.close(student.centre(x, 0), centred(x, 0), "the result along axis 0")


@check("centre", points=6)
def test_other_axes(student, rng):
    """`centre` works along every other axis, too, and counts negative ones from the end."""
    for shape, axis in (((5, 3), 1), ((4, 4), 1), ((2, 3, 4), 1), ((2, 3, 4), -1), ((3, 5), -1)):
        x = rng.normal(2, 1, size=shape)
        compare.close(
            student.centre(x, axis),
            centred(x, axis),
            f"the result along axis {axis} of {x.ndim}",
            hint="Which shape does the mean need, so that each row loses its own mean?",
        )


@check("centre", points=3)
def test_house_rules(student, rng):
    """The argument stays unchanged, and float32 and any memory layout give the right array back."""
    x = rng.normal(2, 1, size=(5, 3))
    rules.pure(student, "centre", x, 0, new=(0,))
    rules.floats(student, "centre", x, 0, integers=False)
    rules.layouts(student, "centre", x, 0)
