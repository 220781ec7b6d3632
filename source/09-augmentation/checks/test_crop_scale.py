"""Question `crop_scale`: patches, all their places, the border; and where the centres of pixels are."""

from functools import partial

import numpy as np

from autograder.checking import check, compare, rules

near_mean = partial(
    compare.near_mean, errors=6.5
)  # standard errors that a right answer exceeds once in 12 billion


def fresh(rng):
    return np.random.default_rng(int(rng.integers(2**32)))


def numbered(n, height, width):
    """Pictures in which every pixel has a number of its own, from 1 on; the second channel has the negative."""
    values = 1.0 + np.arange(n * height * width).reshape(n, height, width, 1)
    return values * np.array([1.0, -1.0])


def places(out, x, size, pad):
    """(n, 2) rows and columns at which patches begin, in the picture with its border; every patch must be a whole one."""
    n, height, width, channels = x.shape
    compare.shape(out, (n, size, size, channels), "random_crop")
    wide = np.zeros((n, height + 2 * pad, width + 2 * pad, channels))
    wide[:, pad : pad + height, pad : pad + width] = x
    found = np.zeros((n, 2), int)
    for k, patch in enumerate(out):
        seen = np.argwhere(patch[..., 0] != 0)
        compare.require(
            len(seen),
            "A patch shows nothing of its picture.",
            "Is the border as wide as it should be?",
        )
        row, column = seen[0]
        number = round(float(patch[row, column, 0])) - 1 - k * height * width
        compare.require(
            0 <= number < height * width,
            "A patch shows another picture than that of its place in the batch.",
        )
        top, left = number // width + pad - row, number % width + pad - column
        inside = 0 <= top <= height + 2 * pad - size and 0 <= left <= width + 2 * pad - size
        compare.require(
            inside and np.array_equal(patch, wide[k, top : top + size, left : left + size]),
            "A patch is not a piece of its picture with its border of zeros.",
            "Rows and columns one after the other, all channels, zeros beyond the picture.",
        )
        found[k] = top, left
    return found


def follows(line, other):
    """Whether each number of one line stands with one number of the other alone, and both vary."""
    pairs = {(int(one), int(two)) for one, two in zip(line, other, strict=True)}
    return np.ptp(line) > 0 and np.ptp(other) > 0 and len(pairs) == len(np.unique(line))


@check("crop_scale", points=4)
def test_patches(student, rng):
    """Without a border, `random_crop` cuts a whole square patch out of each picture, also of wide and of high ones."""
    for height, width, size in ((4, 7, 3), (9, 3, 2), (5, 6, 4), (3, 4, 1)):
        x = numbered(5, height, width)
        places(student.random_crop(x, size, 0, fresh(rng)), x, size, 0)


@check("crop_scale", points=2)
def test_border(student, rng):
    """With a border, patches may reach `pad` pixels beyond the picture, and see zeros there; a patch may be larger than the picture."""
    cases = [
        (numbered(40, height, width), size, pad)
        for height, width, size, pad in ((5, 4, 4, 2), (3, 8, 4, 2), (5, 5, 4, 2)) * 2
    ]
    outs = student.batch(
        "random_crop", [(*case, fresh(rng)) for case in cases]
    )  # several, or one place may be the middle by chance
    for out, (x, size, pad) in zip(outs, cases, strict=True):
        for name, line in zip(("row", "column"), places(out, x, size, pad).T, strict=True):
            compare.require(
                np.ptp(line) > 0, f"All patches of a batch begin at the same {name}, with a border."
            )


@check("crop_scale", points=5, needs="test_patches")
def test_all_places(student, rng):
    """Every picture has a place of its own; all places are equally likely, the first and the last one too; rows and columns are independent."""
    n = 900
    for height, width, size, pad in ((5, 6, 3, 0), (3, 3, 2, 1)):
        x = numbered(n, height, width)[..., :1]
        found = places(student.random_crop(x, size, pad, fresh(rng)), x, size, pad)
        compare.require(
            not (follows(*found.T) or follows(*found.T[::-1])),
            "The row and the column at which a patch begins follow from one another.",
            "Rows and columns are drawn independently.",
        )
        spread = []
        for axis, side, name in ((0, height, "row"), (1, width, "column")):
            count = side + 2 * pad - size + 1
            for place in range(count):
                error = np.sqrt((count - 1) / count**2 / n)
                at = f"the share of patches that begin at {'the first' if not place else 'the last' if place == count - 1 else 'a middle'} {name}"
                near_mean(
                    found[:, axis] == place,
                    1 / count,
                    error,
                    at,
                    hint="From 0 to the last place where a patch fits.",
                )
            spread.append(found[:, axis] - (count - 1) / 2)
        together = spread[0] * spread[1]
        error = np.sqrt(
            np.prod([((side + 2 * pad - size + 1) ** 2 - 1) / 12 for side in (height, width)]) / n
        )
        near_mean(
            together,
            0.0,
            error,
            "the product of row and column",
            hint="Rows and columns are drawn independently.",
        )
    x = numbered(8, 3, 5)[..., :1]
    outs = student.batch("random_crop", [(x, 2, 0, fresh(rng)) for _ in range(12)])
    meet = any(len(np.unique(places(out, x, 2, 0), axis=0)) < 8 for out in outs)
    compare.require(
        meet,
        "No two pictures of a batch ever begin at the same place.",
        "Each draws for itself, whatever the others have.",
    )
    x = numbered(3, 5, 7)
    places(
        student.random_crop(x, 5, 0, fresh(rng)), x, 5, 0
    )  # where the patch is as high as the picture, there is one place


def resized(img, short_side):
    """Along one axis after the other, by NumPy's own interpolation, which goes on with the outermost values."""
    sides = [int(np.floor(side * short_side / min(img.shape[:2]) + 0.5)) for side in img.shape[:2]]
    for axis, new in enumerate(sides):
        old = img.shape[axis]
        u = (np.arange(new) + 0.5) * old / new - 0.5
        img = np.apply_along_axis(
            lambda line, u=u: np.interp(u, np.arange(len(line)), line), axis, img
        )
    return img


@check("crop_scale", points=2)
def test_sides(student, rng):
    """`scale_jitter` gives the shorter side `short_side` pixels, and the longer one in proportion, rounded to the nearest."""
    cases = [
        ((4, 9, 2), 3),
        ((9, 4, 1), 7),
        ((13, 8, 3), 5),
        ((5, 5, 1), 9),
        ((6, 17, 1), 2),
        ((5, 8, 2), 1),
    ]
    sides = [(3, 7, 2), (16, 7, 1), (8, 5, 3), (9, 9, 1), (2, 6, 1), (1, 2, 2)]
    outs = student.batch(
        "scale_jitter", [(rng.uniform(size=shape), short) for shape, short in cases]
    )
    for out, shape in zip(outs, sides, strict=True):
        compare.shape(
            out,
            shape,
            "scale_jitter",
            hint="The shorter side gets `short_side`; the other follows, rounded.",
        )


@check("crop_scale", points=4, needs="test_sides")
def test_larger(student, rng):
    """`scale_jitter` enlarges bilinearly, pixels having their centres at half numbers, and the border goes on at the edge."""
    for shape, short in (((3, 5, 2), 7), ((7, 5, 4), 6), ((1, 4, 1), 3), ((2, 700, 1), 3)):
        img = rng.uniform(size=shape)
        compare.close(
            student.scale_jitter(img, short),
            resized(img, short),
            "scale_jitter",
            hint="u = (i + 1/2) old / new - 1/2, within the picture.",
        )


@check("crop_scale", points=3, needs="test_sides")
def test_smaller(student, rng):
    """`scale_jitter` shrinks by reading between the two nearest pixels, each axis with its own ratio."""
    for shape, short in (
        ((8, 13, 2), 5),
        ((20, 9, 1), 2),
        ((12, 8, 1), 2),
        ((5, 8, 2), 1),
        ((3, 3, 1), 1),
    ):
        img = rng.uniform(size=shape)
        compare.close(
            student.scale_jitter(img, short),
            resized(img, short),
            "scale_jitter",
            hint="Each side has the ratio of its own old and new length.",
        )


@check("crop_scale", points=1)
def test_bad_arguments(student, rng):
    """A patch that does not fit, a negative border, a short side below 1 and a wrong number of axes raise a ValueError which names them."""
    x = rng.uniform(size=(3, 4, 6, 1))
    for size, pad in ((5, 0), (0, 1), (9, 2)):
        rules.rejects(student, "random_crop", x, size, pad, fresh(rng), mentions=(str(size),))
        rules.rejects(
            student, "random_crop", x.swapaxes(1, 2), size, pad, fresh(rng), mentions=(str(size),)
        )
    rules.rejects(student, "random_crop", x, 3, -1, fresh(rng), mentions=("-1",))
    for wrong in (x[0], x[None]):
        rules.rejects(student, "random_crop", wrong, 3, 0, fresh(rng), mentions=("4", "6"))
    for short in (0, -2):
        rules.rejects(student, "scale_jitter", x[0], short, mentions=(str(short),))
    for wrong in (x[0, :, :, 0], x):
        rules.rejects(student, "scale_jitter", wrong, 3, mentions=("4", "6"))


@check("crop_scale", points=3)
def test_random_crop_in_general(student, rng):
    """`random_crop` leaves x alone, keeps every dtype, draws from `rng` alone, takes any memory layout and one picture, and has no loop over pictures."""
    x = numbered(4, 4, 5)
    seed = int(rng.integers(2**32))
    first = rules.pure(student, "random_crop", x, 3, 1, np.random.default_rng(seed), writes=(3,))
    small = np.abs(x[:1]).astype(np.uint8)
    calls = [
        (x, 3, 1, np.random.default_rng(seed)),
        (small, 2, 1, fresh(rng)),
        (x.astype(np.float32), 2, 0, fresh(rng)),
    ]
    again, byte, single = student.batch("random_crop", calls)
    compare.equal(
        again,
        first,
        "random_crop, a second time with the same state of `rng`,",
        hint="Draw from `rng`, and from nothing else.",
    )
    compare.equal(
        (str(byte.dtype), str(single.dtype)),
        ("uint8", "float32"),
        "the dtypes of random_crop for bytes and for float32",
    )
    many = numbered(6, 4, 5)[..., :1]
    for kind in ("uint8", "int64"):
        out = student.random_crop(many.astype(kind), 3, 2, fresh(rng))
        compare.equal(
            str(getattr(out, "dtype", None)), kind, f"the dtype of random_crop for {kind}"
        )
        places(out.astype(float), many, 3, 2)
    asked = student.batch("two_steps", [("random_crop", many, 2, 0, fresh(rng)) for _ in range(8)])
    pairs = [compare.unpack(steps, 2, "out of two calls in a row") for steps in asked]
    compare.require(
        not all(np.array_equal(*steps) for steps in pairs),
        "Two calls in a row cut out the same patches.",
        "Draw from the caller's `rng` itself, not from a copy of it: it is meant to move on.",
    )
    rules.layouts(student, "random_crop", x, 3, 1, fresh(rng))
    rules.vectorised(
        student, "random_crop", lambda n: (numbered(n, 3, 4), 2, 1, np.random.default_rng(1))
    )


@check("crop_scale", points=1)
def test_scale_jitter_in_general(student, rng):
    """`scale_jitter` leaves the picture alone, keeps float32, makes float64 of whole numbers, and has no loop over pixels."""
    img = rng.uniform(size=(3, 5, 2))
    rules.pure(student, "scale_jitter", img, 4)
    rules.floats(student, "scale_jitter", img, 4)
    rules.layouts(student, "scale_jitter", img, 4)
    for short in (3, 4):
        out = student.scale_jitter(np.round(200 * img).astype(np.uint8), short)
        compare.equal(
            str(getattr(out, "dtype", None)), "float64", "the dtype of scale_jitter for bytes"
        )
    rules.vectorised(student, "scale_jitter", lambda n: (rng.uniform(size=(n, n + 2, 1)), n + 3))
