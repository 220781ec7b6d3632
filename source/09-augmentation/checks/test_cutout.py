"""Question `cutout`: what the square is, where its centre may be, and that it hangs over the edge."""

from functools import partial

import numpy as np

from autograder.checking import CheckFailed, check, compare, rules

near_mean = partial(
    compare.near_mean, errors=6.5
)  # standard errors that a right answer exceeds once in 12 billion


def fresh(rng):
    return np.random.default_rng(int(rng.integers(2**32)))


def draw(rng, n, *shape):
    return rng.uniform(0.1, 1, (n, *shape))


def covered(out, x, fill):
    """What is covered by `fill`; in an answer that never has it there, which another check judges, by one value in each picture."""
    holes, changed = out == fill, out != x
    if holes.any():
        return holes
    alike = all(len(np.unique(one[there])) < 2 for one, there in zip(out, changed, strict=True))
    compare.require(
        alike or not changed.any(),
        "No pixel has the value `fill`, and what is not as in x has many values in one picture.",
    )
    return changed


def centres(out, x, size, fill):
    """(n, 2): the pixel that was drawn for each picture; what is covered must be the square around it, as far as it exists."""
    compare.shape(out, x.shape, "out")
    holes = covered(out, x, fill)
    compare.require(
        (holes == holes[..., :1]).all(),
        "Not all channels are covered alike.",
        "The square goes through all channels.",
    )
    compare.require((out == x)[~holes].all(), "Outside the square, `out` is not x.")
    holes = holes[..., 0]
    found = np.zeros((len(x), 2), int)
    for k, hole in enumerate(holes):
        compare.require(
            hole.any(),
            "In a picture nothing is covered.",
            "Mind what a negative index means; and the centre lies in the picture.",
        )
        for axis in (0, 1):
            line = np.flatnonzero(hole.any(axis=1 - axis))
            side = hole.shape[axis]
            last, first = int(line[-1]), int(line[0])
            if (
                len(line) != last - first + 1
                or len(line) > size
                or (len(line) < size and first > 0 and last < side - 1)
            ):
                if len(line) == size - 1 and size % 2 and first > 0 and last < side - 1:
                    compare.cause(
                        "A square of odd `size` is one pixel too small.",
                        "From i - size // 2, for `size` rows.",
                    )
                compare.fail(
                    "What is covered is no square of `size` pixels a side, cut off at the edge.",
                    "From i - size // 2, for `size` rows.",
                )
            begin = first if last == side - 1 and first > 0 else last - size + 1
            found[k, axis] = begin + size // 2
        full = np.outer(hole.any(axis=1), hole.any(axis=0))
        compare.require(np.array_equal(full, hole), "What is covered is not one full rectangle.")
    sides = np.array(x.shape[1:3])
    hint = "Rows i - size // 2 to i - size // 2 + size - 1."
    if (found >= sides).any() and (found >= size // 2).all():
        compare.cause(
            "Every square begins in its picture, and the centres of some lie outside: the pixel that is drawn is the centre.",
            hint,
        )
    if ((found < 0) | (found >= sides)).any():
        compare.cause("The centre of a square lies outside its picture.", hint)
    return found


@check("cutout", points=3)
def test_odd_squares(student, rng):
    """In each picture a square of `size` by `size` is covered, in all channels, cut off at the edge; all else stays. Here `size` is odd."""
    for shape, size in (((7, 9, 2), 3), ((5, 6, 3), 5), ((4, 5, 1), 1), ((5, 5, 1), 3)):
        x = draw(rng, 30, *shape)
        out = student.cutout(x, size, fresh(rng))
        centres(out, x, size, 0.0)


@check("cutout", points=3)
def test_even_squares(student, rng):
    """The same for even sizes, where the square has one more row above its centre than below."""
    for shape, size in (((8, 6, 1), 4), ((5, 9, 2), 2), ((6, 6, 1), 4)):
        x = draw(rng, 30, *shape)
        centres(student.cutout(x, size, fresh(rng)), x, size, 0.0)


@check("cutout", points=1)
def test_fill(student, rng):
    """The square is covered with `fill`, which is 0 if it is not given."""
    for fill in (-1.0, 2.5, 0.5):
        x = draw(rng, 30, 6, 7, 2)
        out = student.cutout(x, 3, fresh(rng), fill)
        compare.shape(out, x.shape, "out")
        changed = out != x
        compare.require(changed.any(), "Nothing is covered.")
        compare.require(
            (out[changed] == fill).all(), "What is covered has another value than `fill`."
        )
    seed = int(rng.integers(2**32))
    given, default = student.batch(
        "cutout", [(x, 3, np.random.default_rng(seed), *more) for more in ((0.0,), ())]
    )
    compare.equal(default, given, "out without a `fill`")


@check("cutout", points=2)
def test_hangs_over(student, rng):
    """The square may hang over each of the four edges, and then less is covered; often it does not."""
    x = draw(rng, 400, 8, 10, 1)
    out = student.cutout(x, 5, fresh(rng))
    compare.shape(out, x.shape, "out")
    area = (out != x).sum(axis=(1, 2, 3))
    compare.require(
        area.min() >= 1, "In a picture nothing is covered.", "Mind what a negative index means."
    )
    compare.require(
        area.min() < area.max(),
        "Every square is wholly inside.",
        "Its centre lies in the picture; the square may hang over.",
    )


def placed(student, rng, n, height, width):
    """(n, 2): centres of squares, of a size of which the student's are right: what the square is has checks of its own."""
    for size in (1, 3, 2):
        x = draw(rng, n, height, width, 1)
        try:
            return centres(student.cutout(x, size, fresh(rng)), x, size, 0.0)
        except CheckFailed as failed:
            reason = failed
    raise reason


def right_squares(student, rng, size):
    """Whether the student's squares of this size are right ones: if not, that is paid for in a check of its own."""
    x = draw(rng, 30, 3, 4, 1)
    try:
        centres(student.cutout(x, size, fresh(rng)), x, size, 0.0)
    except CheckFailed:
        return False
    return True


@check("cutout", points=3)
def test_places(student, rng):
    """Every pixel is equally likely to be the centre, the first and the last of each axis too; rows and columns are independent."""
    n = 900
    for height, width in ((5, 7), (5, 5)):
        found = placed(student, rng, n, height, width)
        for axis, side, name in ((0, height, "row"), (1, width, "column")):
            for place in range(side):
                error = np.sqrt((side - 1) / side**2 / n)
                at = f"the share of centres in {'the first' if not place else 'the last' if place == side - 1 else 'a middle'} {name}"
                near_mean(
                    found[:, axis] == place,
                    1 / side,
                    error,
                    at,
                    hint="All rows and all columns of the picture.",
                )
        together = (found[:, 0] - (height - 1) / 2) * (found[:, 1] - (width - 1) / 2)
        error = np.sqrt((height**2 - 1) * (width**2 - 1) / 144 / n)
        near_mean(
            together, 0.0, error, "the product of row and column", hint="Drawn independently."
        )
    x = draw(rng, 60, 3, 4, 1)
    if right_squares(student, rng, 3):
        found = centres(student.cutout(x, 3, fresh(rng)), x, 3, 0.0)
        words = "Some centres never come for a square as high as the picture."
        compare.require(
            len(np.unique(found[:, 0])) == 3 and len(np.unique(found[:, 1])) == 4,
            words,
            "All rows and all columns.",
        )
    alone = [(x[:1], 1, fresh(rng)) for _ in range(40)]
    places = (
        {tuple(centres(out, x[:1], 1, 0.0)[0]) for out in student.batch("cutout", alone)}
        if right_squares(student, rng, 1)
        else {0, 1}
    )
    compare.require(
        len(places) > 1, "A picture that is alone in its batch always loses the same square."
    )
    meet = any(len(np.unique(placed(student, rng, 9, 3, 3), axis=0)) < 9 for _ in range(12))
    compare.require(
        meet,
        "No two pictures of a batch ever lose the same square.",
        "Each draws for itself, whatever the others have.",
    )


@check("cutout", points=1)
def test_its_own_place(student, rng):
    """Each picture has a place of its own, and `rng` alone decides on it."""
    x, seed = draw(rng, 40, 6, 7, 1), int(rng.integers(2**32))
    generators = [
        np.random.default_rng(seed),
        np.random.default_rng(seed),
        *(fresh(rng) for _ in range(8)),
    ]
    first, again, *others = (
        (out != x)
        for out in student.batch("cutout", [(x, 2, generator) for generator in generators])
    )
    compare.require(
        (first != first[:1]).any(),
        "All pictures of a batch lose the same pixels.",
        "A place for each picture.",
    )
    compare.require(
        np.array_equal(first, again),
        "The same state of `rng` gives two different results.",
        "Draw from `rng`, and from nothing else.",
    )
    compare.require(
        not all(np.array_equal(first, other) for other in others),
        "All states of `rng` give the same places.",
        "Draw from the `rng` that is passed in.",
    )
    asked = student.batch("two_steps", [("cutout", x[:9], 2, fresh(rng)) for _ in range(6)])
    pairs = [compare.unpack(steps, 2, "out of two calls in a row") for steps in asked]
    compare.require(
        not all(np.array_equal(*steps) for steps in pairs),
        "Two calls in a row cover the same squares.",
        "Draw from the caller's `rng` itself, not from a copy of it: it is meant to move on.",
    )


@check("cutout", points=1)
def test_bad_arguments(student, rng):
    """A size that is not from 1 to the shorter side, and an x without four axes, raise a ValueError which names them."""
    x = draw(rng, 3, 4, 6, 1)
    for size in (0, 5):
        rules.rejects(student, "cutout", x, size, fresh(rng), 0.0, mentions=(str(size),))
        rules.rejects(
            student, "cutout", x.swapaxes(1, 2), size, fresh(rng), 0.0, mentions=(str(size),)
        )
    for wrong in (x[0], x[None]):
        rules.rejects(student, "cutout", wrong, 2, fresh(rng), 0.0, mentions=("4", "6"))


@check("cutout", points=1)
def test_in_general(student, rng):
    """x stays unchanged; every dtype is kept, bytes too; `fill` is 0 if it is not given; any memory layout will do; no loop over pictures."""
    x = draw(rng, 4, 5, 6, 2)
    rules.pure(student, "cutout", x, 3, fresh(rng), 0.5, writes=(2,))
    rules.layouts(student, "cutout", x, 3, fresh(rng), 0.5)
    small = np.full((1, 5, 6, 2), 200, np.uint8)
    calls = [
        (small, 3, fresh(rng), 7.0),
        (x.astype(np.float32), 3, fresh(rng)),
        (small.astype(np.int64), 3, fresh(rng), 7),
    ]
    byte, _, whole = outs = student.batch("cutout", calls)
    for out, kind in zip(outs, ("uint8", "float32", "int64"), strict=True):
        compare.equal(str(getattr(out, "dtype", None)), kind, f"the dtype of `out` for {kind}")
    for out in (byte, whole):
        compare.require(
            out.dtype.kind != "f" and 200 in out and (out != 200).any(),
            "Of whole numbers, no square is covered.",
        )
    rules.vectorised(
        student, "cutout", lambda n: (draw(rng, n, 4, 5, 1), 2, np.random.default_rng(1), 0.0)
    )
