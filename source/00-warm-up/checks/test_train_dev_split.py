"""Question `train_dev_split`: a random split that can be repeated."""

from itertools import combinations

import numpy as np

from autograder.checking import check, compare, rules

COUNT, DEV, DRAWS = 10, 4, 200


def fresh(rng):
    """Return a generator with a seed of its own."""
    return np.random.default_rng(int(rng.integers(2**32)))


def split(value):
    """Return both sets, once they are arrays of whole numbers."""
    sets = compare.unpack(value, 2, "train, dev")
    for name, one in zip(("train", "dev"), sets, strict=True):
        good = isinstance(one, np.ndarray) and one.ndim == 1 and one.dtype.kind in "iu"
        compare.require(good, f"`{name}` is not a one-dimensional array of whole numbers.")
    return sets


def neighbours(chosen):
    """Return how many pairs of neighbours a set holds, where the last index is beside the first."""
    return sum((index + 1) % COUNT in chosen for index in chosen)


@check("train_dev_split", points=5)
def test_sizes(student, rng):
    """The dev set has `dev` indices and the training set has all the others."""
    for count, dev in ((9, 3), (4, 4), (6, 0), (1, 1), (1, 0)):
        got = [len(one) for one in split(student.train_dev_split(count, dev, fresh(rng)))]
        compare.equal(got, [count - dev, dev], "the list of the two sizes")


@check("train_dev_split", points=5)
def test_every_index_once(student, rng):
    """Together the two sets hold each index exactly once."""
    for count, dev in ((9, 3), (12, 5), (7, 1)):
        together = np.concatenate(split(student.train_dev_split(count, dev, fresh(rng))))
        compare.require(len(together) > 0, "Both sets are empty.")
        compare.require(
            len(set(together.tolist())) == len(together),
            "An index comes more than once.",
            "Each example belongs to one of the two sets.",
        )
        compare.require(
            set(together.tolist()) == set(range(count)), "The indices are not 0, 1, ..., count - 1."
        )


@check("train_dev_split", points=5)
def test_chance(student, rng):
    """Every set of indices is equally likely to be the dev set."""
    own = fresh(rng)
    calls = [(COUNT, DEV, np.random.default_rng(own.integers(2**32))) for _ in range(DRAWS)]
    sets = [set(split(value)[1].tolist()) for value in student.batch("train_dev_split", calls)]
    size = np.mean([len(one) for one in sets])
    compare.require(
        0 < size < COUNT and max(map(len, sets)) <= COUNT,
        "The dev set is empty, or holds everything.",
    )
    share = size / COUNT
    error = np.sqrt(share * (1 - share) / DRAWS)
    for index in range(COUNT):
        inside = [float(index in one) for one in sets]
        compare.near_mean(
            inside,
            share,
            error,
            f"the share of dev sets with index {index}",
            hint="Shuffle all indices.",
        )
    # by its own size, so that a set which lacks an index is not blamed for its neighbours as well
    every = {
        number: [neighbours(set(one)) for one in combinations(range(COUNT), number)]
        for number in {len(one) for one in sets}
    }
    compare.near_mean(
        [neighbours(one) for one in sets],
        np.mean([np.mean(every[len(one)]) for one in sets]),
        np.sqrt(np.mean([np.var(every[len(one)]) for one in sets]) / DRAWS),
        "the number of neighbours in a dev set",
        hint="Shuffle all indices.",
    )


@check("train_dev_split", points=3)
def test_rng(student, rng):
    """Randomness comes from `rng` alone, whose state changes with each draw."""
    seed = int(rng.integers(2**32))
    first, again = (
        split(student.train_dev_split(30, 15, np.random.default_rng(seed))) for _ in range(2)
    )
    if not all(np.array_equal(u, v) for u, v in zip(first, again, strict=True)):
        compare.cause(
            "The same state of `rng` gives two different splits.", "Draw from `rng` alone."
        )
    other = split(student.train_dev_split(30, 15, np.random.default_rng(seed + 1)))
    if np.array_equal(np.sort(first[1]), np.sort(other[1])):
        compare.cause(
            "Two states of `rng` give the same split.",
            "Shuffle, and draw from `rng`, not from a generator of your own.",
        )
    rules.pure(student, "train_dev_split", 9, 3, fresh(rng), writes=(2,))


@check("train_dev_split", points=2)
def test_refuses(student, rng):
    """A `dev` below 0 or above `count` raises a `ValueError` that names both numbers."""
    student.train_dev_split(5, 2, fresh(rng))  # a function that always raises refuses nothing
    for dev in (6, -1, -4):
        rules.rejects(student, "train_dev_split", 5, dev, fresh(rng), mentions=("5", str(dev)))
