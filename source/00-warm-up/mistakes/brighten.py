"""What goes wrong, and what else goes right, in `brighten`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake(
    "brighten",
    replaces="brighten",
    change={"np.clip(picture.astype(int) + amount, 0, 255)": "(picture.astype(int) + amount)"},
)
def wraps_around():
    """Sums below 0 or above 255 wrap around when you convert back to `uint8`. Cut them off first."""


@mistake(
    "brighten", replaces="brighten", change={"picture.astype(int) + amount": "picture + amount"}
)
def adds_in_bytes():
    """You add in `uint8`, where 255 + 1 is 0 and a negative amount does not fit. Convert to a larger dtype first."""


@mistake("brighten", replaces="brighten", change={".astype(np.uint8)": ""})
def never_converts_back():
    """Your result has the larger dtype in which you computed. Convert it back to `uint8`."""


@mistake("brighten", replaces="brighten", change={"0, 255": "0, 256"})
def one_too_many():
    """You cut off at 256, which wraps around to 0. The largest pixel is 255."""


@mistake("brighten", replaces="brighten", change={"0, 255": "None, 255"})
def only_from_above():
    """You cut off above 255 only. Sums below 0 wrap around."""


@mistake("brighten", replaces="brighten", change={"0, 255": "0, None"})
def only_from_below():
    """You cut off below 0 only. Sums above 255 wrap around."""


@mistake("brighten", replaces="brighten")
def writes_into_the_picture(picture, amount):
    """You write the result into `picture`, which belongs to the caller. Make a new array."""
    picture[...] = np.clip(picture.astype(int) + amount, 0, 255)
    return picture


@variant("brighten", replaces="brighten")
def by_minimum_and_maximum(picture, amount):
    """Computes in int16, the smallest dtype that holds all sums."""
    total = picture.astype(np.int16) + np.int16(amount)
    return np.maximum(np.minimum(total, 255), 0).astype("uint8")


@variant("brighten", replaces="brighten")
def by_where(picture, amount):
    """Chooses by conditions."""
    total = np.add(picture, amount, dtype=np.int64)
    total[total > 255] = 255
    return np.where(total < 0, 0, total).astype(picture.dtype)


@variant("brighten", replaces="brighten")
def in_floats(picture, amount):
    """Computes in floats, which hold these whole numbers exactly."""
    return (picture.astype(float) + amount).clip(0, 255).astype(np.uint8)


@variant("brighten", replaces="brighten")
def by_a_table(picture, amount):
    """Looks each pixel up in a table of 256."""
    table = np.clip(np.arange(256) + amount, 0, 255).astype(np.uint8)
    return table[picture]
