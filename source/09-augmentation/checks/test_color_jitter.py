"""Question `color_jitter`: one stretch about the mean for each picture, by factors of the right kind, and no byte that runs over."""

from functools import partial

import numpy as np

from autograder.checking import check, compare, rules

near_mean = partial(
    compare.near_mean, errors=6.5
)  # standard errors that a right answer exceeds once in 12 billion


def fresh(rng):
    return np.random.default_rng(int(rng.integers(2**32)))


def line(out, x):
    """Slope and value at the picture's mean, of each picture for which out is a straight function of x; and how far from it it is."""
    n = len(x)
    x, out = x.reshape(n, -1).astype(float), out.reshape(n, -1).astype(float)
    mean = x.mean(axis=1, keepdims=True)
    slope = ((x - mean) * out).sum(axis=1) / ((x - mean) ** 2).sum(axis=1)
    middle = out.mean(axis=1)
    return slope, middle, np.abs(middle[:, None] + slope[:, None] * (x - mean) - out).max(axis=1)


@check("color_jitter", points=3)
def test_brightness(student, rng):
    """Brightness alone scales each picture as a whole; without either change, all stays as it is."""
    x = rng.uniform(0.4, 0.6, (30, 3, 4, 3)) * rng.uniform(0.6, 1.1, (30, 1, 1, 1))
    neither, out = student.batch("color_jitter", [(x, b, 0, fresh(rng)) for b in (0, 0.4)])
    compare.close(neither, x, "out for brightness = contrast = 0")
    compare.shape(out, x.shape, "out")
    ratio = (out / x).reshape(30, -1)
    if np.abs(out - x - (out - x).reshape(30, -1).mean(axis=1).reshape(30, 1, 1, 1)).max() < 1e-9:
        compare.fail("Brightness is added to a picture, where it multiplies every value.")
    hint = "All pixels and channels of a picture share one factor."
    compare.close(
        ratio,
        np.repeat(ratio[:, :1], 36, axis=1),
        "out / x within a picture, for brightness alone,",
        hint=hint,
    )
    compare.require(
        (ratio > 0).all(),
        "A picture turns all black.",
        "Brightness multiplies, by a factor that is not so far from 1.",
    )


@check("color_jitter", points=3)
def test_contrast(student, rng):
    """Contrast alone stretches each picture about its own mean, one number for all its pixels and channels."""
    for n in (30, 1):
        check_contrast(student, rng, n)


def check_contrast(student, rng, n):
    x = (
        rng.uniform(0.4, 0.6, (n, 3, 4, 3))
        * rng.uniform(0.6, 1.1, (n, 1, 1, 1))
        * np.array([0.9, 1.0, 1.1])
    )
    out = student.color_jitter(x, 0, 0.4, fresh(rng))
    compare.shape(out, x.shape, "out")
    _, middle, away = line(out, x)
    if away.max() > 1e-6:
        own = [np.abs(out.mean(axis=(1, 2)) - x.mean(axis=(1, 2))).max() < 1e-9]
        reason = "Within a picture, `out` is no straight function of x."
        reason += " Each channel keeps its own mean, where a picture has one." if own[0] else ""
        compare.fail(
            reason, "All pixels and channels of a picture share one contrast and one mean."
        )
    mean = x.mean(axis=(1, 2, 3))
    compare.close(
        middle,
        mean,
        "the mean of a picture, for contrast alone,",
        hint="It is stretched about its own mean, one number.",
    )


@check("color_jitter", points=4)
def test_the_factors(student, rng):
    """Each picture has factors of its own; both are uniform around 1, to either side, and independent of each other."""
    n = 1500
    for by, grey in ((0.5, 0.5), (1.0, 0.3)):  # so grey that nothing is clipped
        for name, sizes in (("brightness", (by, 0)), ("contrast", (0, by))):
            x = rng.uniform(grey - 0.05, grey + 0.05, (n, 1, 3, 1))
            out = student.color_jitter(x, *sizes, fresh(rng))
            compare.shape(out, x.shape, "out")
            slope, middle, _ = line(out, x)
            u = (slope - 1 if name == "contrast" else middle / x.mean(axis=(1, 2, 3)) - 1) / by
            compare.require(
                np.ptp(u) > 0.05,
                f"All pictures get the same {name}.",
                "Each picture has factors of its own.",
            )
            compare.require(
                np.abs(u).max() < 1 + 1e-6, f"A factor of {name} is further from 1 than it may be."
            )
            near_mean(
                u,
                0.0,
                np.sqrt(1 / 3 / n),
                f"the factor of {name} minus 1",
                hint="Lighter and darker, more and less, equally often.",
            )
            near_mean(
                u**2,
                1 / 3,
                np.sqrt(4 / 45 / n),
                f"the square of {name} minus 1",
                hint="Uniform from 1 - a to 1 + a.",
            )
    x = rng.uniform(0.25, 0.35, (n, 1, 3, 1))
    slope, _, _ = line(
        student.color_jitter(x, 1.0, 1.0, fresh(rng)), x
    )  # the product of both factors: 1 on average if independent
    near_mean(
        slope,
        1.0,
        np.sqrt(7 / 9 / n),
        "the product of both factors",
        hint="Two random numbers for each picture.",
    )


@check("color_jitter", points=2)
def test_clipped_at_the_end(student, rng):
    """Floats that would leave [0, 1] are clipped, after both changes were made, and no others are."""
    x = np.concatenate(
        [rng.uniform(0.48, 0.52, (60, 4, 4)), rng.uniform(0, 1, (60, 3, 4))], axis=1
    )[..., None]
    out = student.color_jitter(x, 0.45, 0.45, fresh(rng))
    compare.shape(out, x.shape, "out")
    calm, own = (
        out[:, :4].reshape(60, -1),
        x[:, :4].reshape(60, -1),
    )  # between 0.2 and 0.8: never clipped
    slope, middle, away = line(calm, own)
    compare.require(
        away.max() < 1e-6,
        "Values that stay within the range are changed as well.",
        "Clip, once, at the end.",
    )
    straight = middle[:, None] + slope[:, None] * (
        x.reshape(60, -1) - own.mean(axis=1, keepdims=True)
    )
    compare.require(
        out.min() >= 0 and out.max() <= 1,
        "A float leaves the range from 0 to 1.",
        "Clip at the end.",
    )
    compare.close(
        out.reshape(60, -1),
        np.clip(straight, 0, 1),
        "out",
        rtol=1e-5,
        atol=1e-6,
        hint="What stays within the range is not to be changed.",
    )


@check("color_jitter", points=2)
def test_bytes(student, rng):
    """Bytes stay bytes: they are rounded to the nearest whole number, and stop at 0 and 255 instead of running over."""
    x = np.concatenate(
        [rng.integers(110, 141, (150, 5, 8)), rng.integers(0, 256, (150, 2, 8))], axis=1
    )[..., None].astype(np.uint8)
    out = student.color_jitter(x, 0.4, 0.4, fresh(rng))
    compare.shape(out, x.shape, "out for bytes")
    compare.equal(str(out.dtype), "uint8", "the dtype of `out` for bytes")
    order = np.argsort(x.reshape(150, -1), axis=1)
    values = np.take_along_axis(out.reshape(150, -1).astype(int), order, axis=1)
    compare.require(
        (np.diff(values, axis=1) >= 0).all(),
        "Of two bytes, the brighter one is darker afterwards.",
        "Has a byte run over?",
    )
    calm, own = out[:, :5].reshape(150, -1), x[:, :5].reshape(150, -1)
    seed = int(rng.integers(2**32))
    dim = (rng.integers(-30, 31, (60, 5, 8, 3)) + np.array([70, 90, 110])).astype(
        np.uint8
    )  # channels unlike each other
    for bytes_ in (dim, x):
        calls = [
            (values, 0.4, 0.4, np.random.default_rng(seed)) for values in (bytes_, bytes_ / 255)
        ]
        byte, single = student.batch("color_jitter", calls)
        compare.shape(single, bytes_.shape, "out for floats")
        if bytes_ is dim:  # of which nothing is clipped
            byte_cause(byte, single, bytes_)
        if (
            np.abs(byte - 255 * single).max() > 0.5 + 1e-6
        ):  # else bytes are treated as floats are, whose checks are others
            byte_factors(out, x, calm, own)
    zero = student.color_jitter(x, 0, 0, fresh(rng))
    compare.equal(
        zero,
        x,
        "out for bytes and brightness = contrast = 0",
        hint="Compute in floats, then round to the nearest.",
    )
    level = np.full((400, 1, 2, 1), 100, np.uint8)
    dark = student.color_jitter(
        level, 0.004, 0.0, fresh(rng)
    )  # between 99.6 and 100.4: all of them are nearest to 100
    hint = "To the nearest: what is cut off instead?"
    compare.require(
        np.abs(dark.astype(int) - 100).max() == 0,
        "Bytes are not rounded to the nearest whole number.",
        hint,
    )


def byte_cause(byte, single, x):
    """Name a mistake in what happens to bytes, by what the answer makes of the same pictures as floats with the same random numbers."""
    compare.shape(byte, x.shape, "out for bytes")
    if (
        np.mean(byte == np.floor(255 * single + 1e-9)) > 0.99
        and np.mean(byte == np.rint(255 * single)) < 0.9
    ):
        compare.cause(
            "Bytes are cut off, where they should be rounded to the nearest whole number.",
            "To the nearest: `np.rint`.",
        )
    (slope, middle, _), (right, level, _) = line(byte, x), line(single, x / 255)
    mean = x.reshape(len(x), -1).mean(axis=1)
    b = 255 * level / mean
    if np.ptp(right / b) < 0.1:
        return
    if np.abs(slope - middle / mean).max() < 0.03:
        compare.cause(
            "The contrast of bytes stays as it is.", "Compute bytes as floats, then round."
        )
    if np.abs((middle - slope * (mean - 127.5)) / 127.5 - b).max() < 0.03:
        compare.cause(
            "Bytes are stretched about the middle of their range, where the picture's own mean was expected."
        )


def byte_factors(out, x, calm, own):
    """Bytes that are not treated as floats are: how not."""
    slope, middle, away = line(calm, own)
    compare.require(np.median(np.abs(slope)) > 0.3, "Bytes lose their contrast altogether.")
    compare.require(
        away.max() < 1.2,
        "Bytes are not rounded to the nearest whole number.",
        "Compute in floats, round, then make bytes again.",
    )
    mean = x.reshape(150, -1).mean(axis=1)
    b = (middle - slope * (own.mean(axis=1) - mean)) / mean
    compare.require(
        np.ptp(b) > 0.1,
        "All pictures of bytes get the same brightness.",
        "Each picture has factors of its own.",
    )
    near_mean(
        b,
        1.0,
        0.4 / np.sqrt(3 * 150),
        "brightness of bytes",
        hint="Lighter and darker equally often.",
    )
    compare.fail(
        "Bytes are not what the same picture is as floats, times 255 and rounded.",
        "Compute bytes as floats, then round.",
    )


@check("color_jitter", points=1)
def test_in_general(student, rng):
    """x stays unchanged; float32 stays float32; `rng` alone decides; bad arguments raise a ValueError; no loop over pictures."""
    x = rng.uniform(0.3, 0.6, (4, 3, 2, 3))
    seed = int(rng.integers(2**32))
    first = rules.pure(
        student, "color_jitter", x, 0.3, 0.2, np.random.default_rng(seed), writes=(3,)
    )
    again, single, one = student.batch(
        "color_jitter",
        [
            (values, 0.3, 0.2, np.random.default_rng(seed))
            for values in (x, x.astype(np.float32), x[:1])
        ],
    )
    compare.equal(
        again,
        first,
        "out, a second time with the same state of `rng`,",
        hint="Draw from `rng`, and from nothing else.",
    )
    compare.equal(
        str(single.dtype),
        "float32",
        "the dtype of `out` for float32",
        hint="Of which dtype are the factors?",
    )
    compare.shape(one, (1, 3, 2, 3), "out for one picture")
    steps = compare.unpack(
        student.two_steps("color_jitter", x, 0.3, 0.2, fresh(rng)), 2, "out of two calls in a row"
    )
    compare.require(
        not np.array_equal(*steps),
        "Two calls in a row draw the same factors.",
        "Draw from the caller's `rng` itself, not from a copy of it: it is meant to move on.",
    )
    rules.layouts(student, "color_jitter", x, 0.3, 0.2, fresh(rng))
    rules.vectorised(
        student,
        "color_jitter",
        lambda n: (rng.uniform(size=(n, 2, 3, 1)), 0.3, 0.2, np.random.default_rng(1)),
    )
    rules.rejects(student, "color_jitter", x, -3, 0.2, fresh(rng), mentions=("-3",))
    rules.rejects(student, "color_jitter", x, 0.3, 7, fresh(rng), mentions=("7",))
    for by, mentions in (
        (1.1, ()),
        (-1, ("-1",)),
    ):  # NumPy refuses a negative width, too, but does not say which
        rules.rejects(student, "color_jitter", x, by, 0.2, fresh(rng), mentions=mentions)
        rules.rejects(student, "color_jitter", x, 0.3, by, fresh(rng), mentions=mentions)
    for wrong in (x[0], x[None]):
        rules.rejects(student, "color_jitter", wrong, 0.3, 0.2, fresh(rng))
    for kind in ("int64", "int8"):
        rules.rejects(
            student,
            "color_jitter",
            np.round(100 * x).astype(kind),
            0.3,
            0.2,
            fresh(rng),
            mentions=(kind,),
        )
