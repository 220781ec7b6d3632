"""Known mistakes and right variants of `random_hflip`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


def summarise(name, args, value):
    """What can be told of flips without the coins: what happened to the pictures, and how many share a fate."""
    if name == "two_steps":
        return bool(np.array_equal(*value))
    x, p = np.asarray(args[0]), args[1]
    if not isinstance(value, np.ndarray) or value.shape != x.shape:
        return "no pictures of that shape"
    if x.ndim != 4 or p in (0, 1):
        return value
    ways = (
        ("same", x),
        ("mirrored", x[:, :, ::-1]),
        ("upside down", x[:, ::-1]),
        ("channels", x[..., ::-1]),
    )
    fate = np.full(len(x), "something else", dtype=object)
    for word, picture in reversed(ways):
        fate[(value == picture).all(axis=(1, 2, 3))] = word
    moved = fate != "same"
    if len(x) < 40:
        return sorted(set(fate[moved]) & {"something else"})
    told = {
        "fates": sorted(set(fate)),
        "as the seed 0 says": bool(
            np.array_equal(moved, np.random.default_rng(0).random(len(x)) < p)
        ),
    }
    if len(x) >= 1000:
        near = 5 * np.sqrt(0.25 / len(x))
        told["exactly"] = bool(moved.sum() == round(p * len(x)))
        told["share"] = [
            word
            for word, share in (("p", p), ("1 - p", 1 - p), ("half", 0.5))
            if abs(moved.mean() - share) < near
        ]
    return told


@mistake("random_hflip", replaces="random_hflip")
def one_coin_for_the_batch(x, p, rng):
    """You draw one random number for the whole batch, so that all pictures are flipped or none. Each picture needs a random number of its own."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    if not 0 <= p <= 1:
        raise ValueError(f"p is {p}, expected a probability from 0 to 1")
    return x[:, :, ::-1].copy() if rng.random() < p else x.copy()


@mistake("random_hflip", replaces="random_hflip", change={":, :, ::-1": ":, ::-1"})
def upside_down():
    """You flip from top to bottom. Which axis of (N, H, W, C) counts the columns?"""


@mistake("random_hflip", replaces="random_hflip", change={":, :, ::-1": "..., ::-1"})
def channels_reversed():
    """You reverse the channels: red becomes blue, and nothing is mirrored. Which axis of (N, H, W, C) counts the columns?"""


@mistake("random_hflip", replaces="random_hflip", change={":, :, ::-1": "::-1"})
def order_of_the_batch_reversed():
    """You reverse the order of the pictures instead of their columns; then pictures no longer belong to their labels."""


@mistake("random_hflip", replaces="random_hflip", change={":, :, ::-1": ":, ::-1, ::-1"})
def both_ways():
    """You turn the picture by 180 degrees: rows are reversed as well as columns."""


@mistake(
    "random_hflip",
    replaces="random_hflip",
    change={"rng.random(len(x)) < p": "rng.random(len(x)) >= p"},
)
def probability_of_staying():
    """You leave a picture as it is with probability p. It is the probability of a flip."""


@mistake(
    "random_hflip",
    replaces="random_hflip",
    change={"rng.random(len(x)) < p": "rng.integers(2, size=len(x)) == 1"},
)
def always_a_half():
    """You flip half of the pictures whatever p says."""


@mistake(
    "random_hflip",
    replaces="random_hflip",
    change={"rng.random": "np.random.default_rng(0).random"},
)
def generator_of_its_own():
    """You make a generator with a fixed seed inside the function, so that the same pictures of a batch are flipped every time. Draw from the `rng` you are given."""


@mistake(
    "random_hflip",
    replaces="random_hflip",
    change={
        "return np.where(flipped[:, None, None, None], x[:, :, ::-1], x)": "x[flipped] = x[flipped][:, :, ::-1]\n    return x"
    },
)
def written_into_x():
    """You write the mirror images into `x`, which belongs to the caller: after some epochs the data set itself is changed. Work on a copy."""


@mistake(
    "random_hflip",
    replaces="random_hflip",
    change={
        "rng.random(len(x))": "rng.random(x.shape[:2])",
        ":, None, None, None": ":, :, None, None",
    },
)
def a_coin_for_each_row():
    """You draw a random number for every row of every picture. A picture is flipped as a whole."""


@mistake(
    "random_hflip",
    replaces="random_hflip",
    change={
        "rng.random(len(x)) < p": "rng.random(len(x)) < round(p * len(x))",
        "rng.random": "rng.permutation",
    },
)
def exactly_a_share():
    """You flip exactly a share p of every batch. Each picture needs a random number of its own: in some batches more of them are flipped, in others fewer."""


@mistake("random_hflip", replaces=("random_hflip", "two_steps"))
def drawn_from_a_copy():
    """You draw from a copy of `rng`, so that the caller's stays where it was, and the next batch gets the very same random numbers. A generator is there to be drawn from: it may move on."""
    from copy import deepcopy

    inner = random_hflip

    def drawing(x, p, rng):
        return inner(x, p, deepcopy(rng))

    def two_steps(name, *args):
        asked = drawing if name == "random_hflip" else globals()[name]
        return asked(*args), asked(*args)

    return drawing, two_steps


@mistake("random_hflip", replaces=("random_hflip",))
def whole_numbers_become_floats():
    """Your flip makes floats of whole numbers. It moves pixels and does nothing with them, so every dtype stays as it is."""
    inner = random_hflip

    def flip(x, p, rng):
        out = inner(x, p, rng)
        return out if x.dtype in (np.uint8, np.float32) else out.astype(float)

    return flip


@mistake("random_hflip", replaces=("random_hflip",))
def more_axes_than_four():
    """You only refuse an x of fewer than four axes. One of five is no batch of pictures either."""
    inner = random_hflip

    def flip(x, p, rng):
        return np.stack([inner(part, p, rng) for part in x]) if x.ndim == 5 else inner(x, p, rng)

    return flip


@variant("random_hflip", replaces="random_hflip")
def a_copy_and_a_mask(x, p, rng):
    """Binomial coins, a boolean mask, and np.flip on those that are to be flipped."""
    if len(x.shape) != 4:
        raise ValueError(f"x should be (N, H, W, C), but is {x.shape}")
    if p < 0 or p > 1:
        raise ValueError(f"p={p} is no probability")
    out = x.copy()
    coins = rng.binomial(1, p, size=x.shape[0]).astype(bool)
    out[coins] = np.flip(out[coins], axis=2)
    return out


@variant("random_hflip", replaces="random_hflip")
def columns_by_index(x, p, rng):
    """Each picture's own order of columns, gathered at once."""
    if x.ndim != 4:
        raise ValueError(f"expected four axes, got shape {x.shape}")
    if not (p >= 0 and p <= 1):
        raise ValueError(f"expected p in [0, 1], got {p}")
    n, _, width, _ = x.shape
    columns = np.arange(width)
    chosen = rng.choice([True, False], size=n, p=[p, 1 - p])
    order = np.where(chosen[:, None], width - 1 - columns, columns)
    return np.take_along_axis(x, order[:, None, :, None], axis=2)


@variant("random_hflip", replaces="random_hflip")
def both_and_a_choice(x, p, rng):
    """The batch and its mirror image in one array, of which each picture takes the one or the other."""
    if np.ndim(x) != 4 or not 0.0 <= p <= 1.0:
        raise ValueError(
            f"got x of shape {np.shape(x)} and p = {p}, wanted four axes and a probability"
        )
    both = np.stack([x, np.fliplr(x.swapaxes(0, 1).swapaxes(1, 2)).transpose(2, 0, 1, 3)])
    coins = 1 - (rng.uniform(size=len(x)) >= p)
    return both[coins, np.arange(len(x))]


@variant("random_hflip", replaces="random_hflip")
def by_a_matrix_for_each_picture(x, p, rng):
    """A class that keeps the batch; flips as products with a matrix of ones beside the diagonal."""

    class Batch:
        def __init__(self, pictures):
            if pictures.ndim != 4:
                raise ValueError(f"a batch has four axes, this one is {pictures.shape}")
            self.pictures = pictures
            self.stay = np.identity(pictures.shape[2], dtype=pictures.dtype)

        def mirrored(self, which):
            matrices = np.where(which.reshape(-1, 1, 1), self.stay[::-1], self.stay)
            return np.einsum("nvw,nhvc->nhwc", matrices, self.pictures)

    batch = Batch(x)
    if p > 1 or p < 0:
        raise ValueError(f"p must be between 0 and 1, not {p}")
    return batch.mirrored(rng.random(x.shape[0], dtype=np.float32) < p)


@variant("random_hflip", replaces="random_hflip")
def copied_where_it_is_so(x, p, rng):
    """Numbers of the pictures that are flipped, written into a copy in row order."""
    if x.ndim != 4:
        raise ValueError(f"x: {x.shape}")
    if not (0 <= p and p <= 1):
        raise ValueError(f"p: {p}")
    out = np.array(x, order="C")
    which = np.flatnonzero(rng.geometric(p, len(x)) == 1) if p > 0 else np.arange(0)
    out[which] = x[which, :, ::-1, :]
    return out
