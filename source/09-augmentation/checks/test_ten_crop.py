"""Question `ten_crop`: which ten, in which order; and what is averaged."""

import numpy as np

from autograder.checking import check, compare, rules
from utils.difference import difference


def five(x, size):
    """The corners and the centre."""
    bottom, right = x.shape[1] - size, x.shape[2] - size
    places = [(0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2)]
    return [x[:, top : top + size, left : left + size] for top, left in places]


@check("ten_crop", points=2)
def test_corners_and_centre(student, rng):
    """The first five crops are the four corners and the centre, in the order of the text, for wide, high and odd pictures."""
    for shape, size in (((2, 5, 8, 2), 4), ((3, 9, 4, 1), 2), ((1, 4, 7, 1), 3), ((2, 3, 4, 1), 1)):
        x = rng.uniform(size=shape)
        out = student.ten_crop(x, size)
        compare.shape(
            out,
            (10, len(x), size, size, shape[3]),
            "ten_crop",
            hint="The ten come first, then the pictures.",
        )
        names = ("upper left", "upper right", "lower left", "lower right", "centre")
        crops = np.array(five(x, size))
        for crop, want, name in zip(out, crops, names, strict=False):
            right = np.array_equal(crop, want)
            for kind, others in (("five", crops), ("mirror images", np.flip(crops, axis=3))):
                another = any(np.array_equal(crop, other) for other in others)
                compare.require(
                    right or not another,
                    f"The {name} crop of `ten_crop` is another one of the {kind}.",
                    "Mind their order.",
                )
            compare.close(
                crop,
                want,
                f"the {name} crop of ten_crop",
                hint="Where does the last patch begin? And (H - size) // 2 in the middle.",
            )


@check("ten_crop", points=2)
def test_mirror_images(student, rng):
    """The last five are the mirror images of the first five, in the same order."""
    for shape, size in (((2, 5, 6, 2), 3), ((3, 7, 4, 1), 4)):
        x = rng.uniform(size=shape)
        out = student.ten_crop(x, size)
        if np.shape(out)[:2] == (
            len(x),
            10,
        ):  # which of the two axes comes first is another check's business
            out = np.swapaxes(out, 0, 1)
        compare.shape(out, (10, len(x), size, size, shape[3]), "ten_crop")
        mirrored = np.flip(out[:5], axis=3)
        moved = [any(np.array_equal(one, other) for other in mirrored) for one in out[5:]]
        compare.require(
            np.array_equal(out[5:], mirrored) or not all(moved),
            "The last five of `ten_crop` are mirror images of the first five in another order.",
            "Mind their order.",
        )
        compare.close(
            out[5:],
            mirrored,
            "the last five of ten_crop",
            hint="Mirrored from left to right, each of the five.",
        )


def judge(rng, size, classes, channels):
    """A little net of given weights: patches to probabilities."""
    w = rng.normal(size=(size * size * channels, classes)) * 2

    def predict(patches):
        if (
            not isinstance(patches, np.ndarray)
            or patches.ndim != 4
            or patches.shape[1:] != (size, size, channels)
        ):
            raise ValueError("predict takes patches (n, size, size, C)")
        scores = np.exp(patches.reshape(len(patches), -1) @ w)
        return scores / scores.sum(axis=1, keepdims=True)

    return predict


def averaged(predict, batches, size):
    patches = [crop for x in batches for crop in five(x, size)]
    patches += [crop[:, :, ::-1] for crop in patches]
    return sum(predict(np.ascontiguousarray(patch)) for patch in patches) / len(patches)


def close_to_an_average(student, got, predict, batches, size, hint):
    """The average over the right crops, or over the student's own ten, where these are other ones."""
    want = averaged(predict, batches, size)
    if difference(got, want) is None:
        return
    own = [student.ten_crop(x, size) for x in batches]
    if all(
        np.shape(crops) == (10, len(x), size, size, x.shape[3])
        for crops, x in zip(own, batches, strict=True)
    ):
        mean = sum(predict(np.ascontiguousarray(crop)) for crops in own for crop in crops) / (
            10 * len(own)
        )
        if difference(got, mean) is None:
            return
    instead = {
        "of the first scale alone": averaged(predict, batches[:1], size),
        "if sums were not divided": want * 10 * len(batches),
    }
    compare.close(got, want, "p", hint=hint, instead=instead)


@check("ten_crop", points=2)
def test_average(student, rng):
    """`tta_predict` is the mean of the probabilities over the ten crops of each picture."""
    x = rng.normal(size=(3, 5, 6, 2))
    predict = judge(rng, 4, 3, 2)
    hint = "Probabilities, all ten, each with the same weight."
    for pictures in (x, x[:1]):
        got = student.tta_predict(predict, [pictures], 4)
        close_to_an_average(student, got, predict, [pictures], 4, hint)


@check("ten_crop", points=2)
def test_scales(student, rng):
    """With several scales, all crops of all scales have the same weight, and each row belongs to its picture."""
    batches = [rng.normal(size=(4, side, side + 2, 1)) for side in (3, 5, 8)]
    predict = judge(rng, 3, 4, 1)
    hint = "Every scale counts, and each picture's own crops."
    close_to_an_average(
        student, student.tta_predict(predict, batches, 3), predict, batches, 3, hint
    )


@check("ten_crop", points=1)
def test_bad_arguments(student, rng):
    """A size that does not fit and an x without four axes raise a ValueError which names them."""
    x = rng.uniform(size=(2, 4, 6, 1))
    for size in (5, 0):
        rules.rejects(student, "ten_crop", x, size, mentions=(str(size),))
        rules.rejects(student, "ten_crop", x.swapaxes(1, 2), size, mentions=(str(size),))
    for wrong in (x[0], x[None]):
        rules.rejects(student, "ten_crop", wrong, 3, mentions=("4", "6"))


@check("ten_crop", points=1)
def test_in_general(student, rng):
    """x stays unchanged; every dtype is kept; one picture and any memory layout will do; no loop over pictures."""
    x = rng.uniform(size=(3, 4, 5, 2))
    rules.pure(student, "ten_crop", x, 3)
    rules.layouts(student, "ten_crop", x, 3)
    for kind, part in (("float32", x[:1]), ("uint8", 200 * x), ("int64", 200 * x)):
        out = student.ten_crop(part.astype(kind), 2)
        compare.equal(str(getattr(out, "dtype", None)), kind, f"the dtype of ten_crop for {kind}")
    rules.vectorised(student, "ten_crop", lambda n: (rng.uniform(size=(n, 3, 4, 1)), 2))
    predict = judge(rng, 2, 3, 2)
    rules.pure(student, "tta_predict", predict, [x], 2)
    if np.shape(student.tta_predict(predict, [x], 2)) == (3, 3):  # or it is wrong in another way
        rules.vectorised(
            student, "tta_predict", lambda n: (predict, [rng.uniform(size=(n, 3, 4, 2))], 2)
        )
