"""Question `random_hflip`: what a flip is, whose coin it is, and how often."""

from functools import partial

import numpy as np

from autograder.checking import check, compare, rules

near_mean = partial(
    compare.near_mean, errors=6.5
)  # standard errors that a right answer exceeds once in 12 billion


def fresh(rng):
    return np.random.default_rng(int(rng.integers(2**32)))


def draw(rng, n, *shape):
    return rng.uniform(size=(n, *shape))


def mirror_of(student, x):
    """The student's own mirror images, with p = 1, since what a flip is has a check of its own; the right ones if it flips not all."""
    own = student.random_hflip(x, 1.0, np.random.default_rng(0))
    compare.shape(own, x.shape, "out for p = 1")
    return own if (own != x).any(axis=(1, 2, 3)).all() else np.flip(x, axis=2)


def flips(out, x, mirrored):
    """Which pictures are flipped; each must be itself or its mirror image."""
    compare.shape(out, x.shape, "out")
    flipped = (out == mirrored).all(axis=(1, 2, 3))
    known = flipped | (out == x).all(axis=(1, 2, 3))
    compare.require(
        known.all(),
        f"{np.sum(~known)} of {len(x)} pictures are neither what they were nor their mirror image.",
        "From left to right, the whole picture, at its own place in the batch.",
    )
    return flipped


@check("random_hflip", points=3)
def test_mirror_image(student, rng):
    """With p = 1 every picture is flipped from left to right; rows, channels and the order of the pictures stay."""
    for n, *shape in ((4, 3, 5, 2), (4, 4, 2, 3), (4, 3, 3, 5), (4, 1, 6, 1), (1, 3, 4, 2)):
        x = draw(rng, n, *shape)
        instead = {
            "if nothing were flipped": x,  # first: one row, channel or picture is its own
            "if rows changed places: upside down": x[:, ::-1],
            "if channels changed places": x[..., ::-1],
            "if the pictures of the batch changed places": x[::-1],
            "if rows and columns changed places: turned by 180 degrees": x[:, ::-1, ::-1],
        }
        want = x[:, :, np.arange(shape[1])[::-1]]
        hint = "The columns change places, nothing else."
        compare.close(
            student.random_hflip(x, 1.0, fresh(rng)),
            want,
            f"out for p = 1 and a batch of {n}",
            hint=hint,
            instead=instead,
        )


@check("random_hflip", points=2)
def test_never(student, rng):
    """With p = 0 no picture is flipped."""
    x = draw(rng, 60, 3, 4, 2)
    compare.equal(student.random_hflip(x, 0.0, fresh(rng)), x, "out")


@check("random_hflip", points=3)
def test_a_coin_for_each_picture(student, rng):
    """In one batch some pictures are flipped and others are not, and each is flipped as a whole or not at all."""
    x = draw(rng, 60, 2, 4, 3)
    flipped = flips(student.random_hflip(x, 0.5, fresh(rng)), x, mirror_of(student, x))
    compare.require(
        0 < flipped.sum() < 60,
        "All pictures of a batch share one fate.",
        "Each picture has a coin of its own.",
    )


@check("random_hflip", points=3)
def test_how_often(student, rng):
    """A picture is flipped with probability p, whatever becomes of the one before."""
    n = 2000
    for p in (0.2, 0.65):
        x = draw(rng, n, 2, 2, 2)
        flipped = flips(student.random_hflip(x, p, fresh(rng)), x, mirror_of(student, x))
        near_mean(
            flipped,
            p,
            np.sqrt(p * (1 - p) / n),
            "the share of flipped pictures",
            hint="p is the probability of a flip.",
        )
        both = flipped[1:] & flipped[:-1]
        error = np.sqrt(p**2 * (1 + 2 * p - 3 * p**2) / n)
        near_mean(
            both,
            p**2,
            error,
            "the share of neighbours that are both flipped",
            hint="The decisions for two pictures are independent.",
        )
    x = draw(rng, 9000, 2, 2, 2)
    flipped = flips(student.random_hflip(x, 0.995, fresh(rng)), x, mirror_of(student, x))
    near_mean(
        flipped,
        0.995,
        np.sqrt(0.995 * 0.005 / 9000),
        "the share of flipped pictures for a large p",
        hint="Any number from 0 to 1.",
    )
    x = draw(rng, 10, 2, 2, 2)
    mirrored = mirror_of(student, x)
    counts = [
        flips(out, x, mirrored).sum()
        for out in student.batch("random_hflip", [(x, 0.5, fresh(rng)) for _ in range(30)])
    ]
    compare.require(
        np.ptp(counts) > 0,
        "In every batch the same number of pictures is flipped.",
        "Each picture has a coin of its own; a share p is the mean only.",
    )


@check("random_hflip", points=1)
def test_from_rng_alone(student, rng):
    """The coins come from `rng` and from nothing else."""
    x, seed = draw(rng, 80, 2, 2, 2), int(rng.integers(2**32))
    generators = [
        np.random.default_rng(seed),
        np.random.default_rng(seed),
        *(fresh(rng) for _ in range(30)),
    ]
    mirrored = mirror_of(student, x)
    first, again, *others = (
        flips(out, x, mirrored)
        for out in student.batch("random_hflip", [(x, 0.5, generator) for generator in generators])
    )
    compare.require(
        np.array_equal(first, again),
        "The same state of `rng` gives two different results.",
        "Draw from `rng`, and from nothing else.",
    )
    compare.require(
        not all(np.array_equal(first, other) for other in others),
        "All states of `rng` give the same flips.",
        "Draw from the `rng` that is passed in.",
    )
    asked = student.batch(
        "two_steps", [("random_hflip", x[:20], 0.5, fresh(rng)) for _ in range(20)]
    )
    pairs = [compare.unpack(steps, 2, "out of two calls in a row") for steps in asked]
    compare.require(
        not all(np.array_equal(*steps) for steps in pairs),
        "Two calls in a row flip the same pictures.",
        "Draw from the caller's `rng` itself, not from a copy of it: it is meant to move on.",
    )


@check("random_hflip", points=1)
def test_bad_arguments(student, rng):
    """A p outside [0, 1] and an x without four axes raise a ValueError which names them."""
    x = draw(rng, 3, 2, 5, 1)
    for p in (-3, 7):
        rules.rejects(student, "random_hflip", x, p, fresh(rng), mentions=(str(p),))
    for p in (-0.1, 1.1):
        rules.rejects(student, "random_hflip", x, p, fresh(rng))
    for wrong in (x[0], x[None]):
        rules.rejects(student, "random_hflip", wrong, 0.5, fresh(rng), mentions=("2", "5"))


@check("random_hflip", points=2)
def test_arguments_and_dtypes(student, rng):
    """x stays unchanged; every dtype is kept, bytes too; a batch of one and any memory layout will do; no loop over pictures."""
    x = draw(rng, 5, 3, 4, 2)
    rules.pure(student, "random_hflip", x, 0.5, fresh(rng), writes=(2,))
    rules.layouts(student, "random_hflip", x, 0.5, fresh(rng))
    rules.vectorised(
        student, "random_hflip", lambda n: (draw(rng, n, 2, 3, 1), 0.5, np.random.default_rng(1))
    )
    small = (x[:1] * 200).astype(np.uint8)
    for p in (1.0, 0.0):
        kinds = [small, x.astype(np.float32), (100 * x).astype(np.int64)]
        outs = student.batch("random_hflip", [(kind, p, fresh(rng)) for kind in kinds])
        ways = (small, np.round(200 * mirror_of(student, x[:1])), np.flip(small, axis=2))
        compare.shape(outs[0], small.shape, "out for one picture of bytes")
        near = [np.abs(outs[0].astype(float) - way).max() <= 1 for way in ways]
        compare.require(
            any(near), "out for one picture of bytes is neither what it was nor its mirror image."
        )
        for out, name in zip(outs, ("uint8", "float32", "int64"), strict=True):
            compare.equal(str(getattr(out, "dtype", None)), name, f"the dtype of `out` for {name}")
