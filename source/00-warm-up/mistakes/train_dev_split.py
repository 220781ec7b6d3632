"""What goes wrong, and what else goes right, in `train_dev_split`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


def summarise(name, args, value):
    """What can be told of a split without its order: sizes, coverage, and the ways of not shuffling."""
    if not (isinstance(value, (list, tuple)) and len(value) == 2):
        return "no pair"
    if not all(isinstance(one, np.ndarray) and one.ndim == 1 for one in value):
        return "no arrays"
    count, size = args[:2]
    sets = [set(one.tolist()) for one in value]
    chosen = sorted(sets[1])
    steps = [(second - first) % count for first, second in zip(chosen, chosen[1:] + chosen[:1])]
    return (
        [len(one) for one in value],
        len(sets[0]) < len(value[0]) or len(sets[1]) < len(value[1]),
        len(sets[0] & sets[1]) > 0,
        len(sets[0] | sets[1]) == count,
        chosen == list(range(size)),
        chosen == list(range(count - size, count)),
        sum(step != 1 for step in steps) <= 1,
        np.array_equal(value[1], np.random.default_rng(0).permutation(count)[:size]),
    )


@mistake(
    "train_dev_split",
    replaces="train_dev_split",
    change={"rng.permutation(count)": "np.arange(count)"},
)
def never_shuffles():
    """Your dev set always holds the first indices. Real data is often sorted: shuffle the indices first."""


@mistake(
    "train_dev_split",
    replaces="train_dev_split",
    change={"order[dev:], order[:dev]": "order[:dev], order[dev:]"},
)
def exchanges_the_sets():
    """You return the two sets in the other order, so the training set has the size of the dev set."""


@mistake(
    "train_dev_split",
    replaces="train_dev_split",
    change={"order[dev:], order[:dev]": "order, order[:dev]"},
)
def trains_on_the_dev_set():
    """Your training set holds all examples, also those of the dev set. Then the dev set says nothing about new examples."""


@mistake(
    "train_dev_split",
    replaces="train_dev_split",
    change={"rng.permutation(count)": "rng.integers(0, count, size=count)"},
)
def draws_with_replacement():
    """You draw each index on its own, so some come twice and others never. Shuffle the indices instead."""


@mistake(
    "train_dev_split",
    replaces="train_dev_split",
    change={"rng.permutation(count)": "np.random.permutation(count)"},
)
def draws_from_the_global_state():
    """You draw from the global state of `np.random`. Draw from `rng`, so that the caller can repeat the split."""


@mistake(
    "train_dev_split",
    replaces="train_dev_split",
    change={"rng.permutation(count)": "np.random.default_rng(0).permutation(count)"},
)
def draws_from_its_own_seed():
    """You make a generator of your own, so every call gives the same split. Draw from the `rng` that you receive."""


@mistake(
    "train_dev_split", replaces="train_dev_split", change={"not 0 <= dev <= count": "dev > count"}
)
def accepts_a_negative_number():
    """You accept a `dev` below 0, and slicing then counts from the end."""


@mistake("train_dev_split", replaces="train_dev_split", change={"not 0 <= dev <= count": "dev < 0"})
def accepts_too_many():
    """You accept a `dev` above `count`: the dev set then gets fewer examples than the caller asked for."""


@variant("train_dev_split", replaces="train_dev_split")
def by_choice(count, dev, rng):
    """Draws the dev set, and keeps the rest."""
    if dev < 0 or dev > count:
        raise ValueError(f"got {dev} of {count}")
    chosen = rng.choice(count, size=dev, replace=False)
    return np.setdiff1d(np.arange(count), chosen), chosen


@variant("train_dev_split", replaces="train_dev_split")
def by_shuffling(count, dev, rng):
    """Shuffles in place, and takes the dev set from the end."""
    if not (dev >= 0 and count >= dev):
        raise ValueError(f"{dev} examples of {count} cannot be chosen")
    order = np.arange(count)
    rng.shuffle(order)
    return order[: count - dev], order[count - dev :]


@variant("train_dev_split", replaces="train_dev_split")
def by_sorting_random_numbers(count, dev, rng):
    """Sorts random numbers, and takes the order."""
    if dev not in range(count + 1):
        raise ValueError(f"dev is {dev}, count is {count}")
    order = rng.random(count).argsort()
    return order[dev:], order[:dev]


@variant("train_dev_split", replaces="train_dev_split")
def by_a_mask(count, dev, rng):
    """Marks the dev set in a mask."""
    if dev < 0 or dev > count:
        raise ValueError(f"dev = {dev}, expected 0 to {count}")
    inside = rng.permuted(np.arange(count) < dev)
    return np.flatnonzero(~inside), np.flatnonzero(inside)
