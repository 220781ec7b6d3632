"""Question `brighten`: arithmetic in bytes."""

import numpy as np

from autograder.checking import check, compare, rules


def numbers(value):
    """Return a result as whole numbers of any dtype, which a check of its own judges."""
    return np.asarray(value, dtype=int) if isinstance(value, np.ndarray) else value


def draw(rng, low, high, shape=(4, 5)):
    """Return a picture with pixels from low to high, both of which are in it."""
    picture = rng.integers(low, high + 1, size=shape).astype(np.uint8)
    picture.flat[:2] = low, high
    return picture


@check("brighten", points=5)
def test_within(student, rng):
    """`brighten` adds the amount where the sum is from 0 to 255."""
    for low, high, amount in ((0, 155, 100), (30, 200, 37), (0, 255, 0)):
        picture = draw(rng, low, high)
        want = picture.astype(float) + amount
        compare.close(numbers(student.brighten(picture, amount)), want, "the picture")


@check("brighten", points=3)
def test_above(student, rng):
    """`brighten` gives 255 where the sum is above 255."""
    for amount, shape in ((60, (4, 5)), (255, (3, 2, 3)), (1, (7,))):
        picture = draw(rng, 0, 255, shape)
        want = np.array([min(int(pixel) + amount, 255) for pixel in picture.flat]).reshape(shape)
        compare.close(
            numbers(student.brighten(picture, amount)),
            want,
            "the brighter picture",
            hint="In which dtype do you add?",
        )


@check("brighten", points=4)
def test_below(student, rng):
    """`brighten` takes a negative amount, and gives 0 where the sum is below 0."""
    for amount, shape in ((-60, (4, 5)), (-255, (3, 2, 3)), (-1, (7,))):
        picture = draw(rng, 0, 255, shape)
        want = np.array([max(int(pixel) + amount, 0) for pixel in picture.flat]).reshape(shape)
        compare.close(
            numbers(student.brighten(picture, amount)),
            want,
            "the darker picture",
            hint="In which dtype do you add?",
        )


@check("brighten", points=3)
def test_house_rules(student, rng):
    """The result is a new array of `uint8`, the argument stays unchanged, and any memory layout works."""
    picture = draw(rng, 0, 200)
    result = rules.pure(student, "brighten", picture, 20, new=(0,))
    kind = getattr(result, "dtype", type(result).__name__)
    compare.require(
        kind == np.uint8, f"`brighten` returns {kind}, expected uint8.", "Convert back at the end."
    )
    rules.layouts(student, "brighten", picture, 20)
