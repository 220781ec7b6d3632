"""Known mistakes and right variants of `minibatches`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


def summarise(name, args, value):
    """What can be told of batches without their order: sizes, coverage, and the ways of not shuffling."""
    if name == "epochs":
        return all(
            np.array_equal(np.concatenate(value[0]), np.concatenate(epoch)) for epoch in value
        )
    if not isinstance(value, (list, tuple)) or not all(
        isinstance(batch, np.ndarray) and batch.ndim == 1 for batch in value
    ):
        return "no index arrays"
    flat = np.concatenate([np.empty(0, int), *value])
    N, B = args[:2]
    whole = N > 1 and len(flat) == N
    seeded = N > 6 and any(
        np.array_equal(flat, np.random.default_rng(seed).permutation(N)) for seed in (0, 1, 42, 123)
    )
    blocks = whole and 1 < B < N and all((np.diff(batch) == 1).all() for batch in value)
    rows = whole and B > 3 and all((np.diff(batch) > 0).all() for batch in value)
    return {
        "sizes": [len(batch) for batch in value],
        "distinct": len(np.unique(flat)) == len(flat),
        "range": bool(len(flat) == 0 or (flat.min() >= 0 and flat.max() < N)),
        "sorted": bool(N > 6 and (np.diff(flat) > 0).all()),
        "blocks": bool(N > 6 and blocks),
        "sorted batches": bool(N > 2 * B and N > 11 and rows),
        "fixed seed": seeded,
        "one batch again": bool(B > 3 and len(value) > 1 and np.array_equal(value[0], value[1])),
        "first ones only": bool(
            N > 6 and 0 < len(flat) == N - N % B < N and flat.max() < len(flat)
        ),
    }


@mistake("minibatches", replaces="minibatches")
def one_batch_too_many(N, B, rng, drop_last=False):
    """You count ⌊N/B⌋ + 1 batches, as D1's slide does. When B divides N, look at what the last of them holds."""
    if not isinstance(B, (int, np.integer)) or B < 1:
        raise ValueError(f"B is {B}, expected a whole number of at least 1")
    order = rng.permutation(N)
    count = N // B if drop_last else N // B + 1
    return [order[B * b : B * (b + 1)] for b in range(count)]


@mistake("minibatches", replaces="minibatches")
def rest_is_lost(N, B, rng, drop_last=False):
    """You only make full batches. What is left over when B does not divide N is a batch too, unless `drop_last` says otherwise."""
    if not isinstance(B, (int, np.integer)) or B < 1:
        raise ValueError(f"B is {B}, expected a whole number of at least 1")
    order = rng.permutation(N)
    return [order[B * b : B * (b + 1)] for b in range(N // B)]


@mistake("minibatches", replaces="minibatches")
def last_batch_always_dropped(N, B, rng, drop_last=False):
    """With `drop_last` you leave out the last batch even when it is full. Only a shorter one should go."""
    if not isinstance(B, (int, np.integer)) or B < 1:
        raise ValueError(f"B is {B}, expected a whole number of at least 1")
    order = rng.permutation(N)
    batches = [order[start : start + B] for start in range(0, N, B)]
    return batches[:-1] if drop_last else batches


@mistake("minibatches", replaces="minibatches")
def drop_last_ignored(N, B, rng, drop_last=False):
    """You never look at `drop_last`: the shorter batch stays in either way."""
    if not isinstance(B, (int, np.integer)) or B < 1:
        raise ValueError(f"B is {B}, expected a whole number of at least 1")
    order = rng.permutation(N)
    return [order[start : start + B] for start in range(0, N, B)]


@mistake(
    "minibatches",
    replaces="minibatches",
    change={
        "    order = rng.permutation(N)\n": "",
        "order[start : start + B]": "rng.integers(0, N, size=min(B, stop - start))",
    },
)
def drawn_with_replacement():
    """You draw each batch independently, so that some examples come twice in an epoch and others never. One order for the whole epoch."""


@mistake("minibatches", replaces="minibatches", change={"rng.permutation": "np.arange"})
def never_shuffled():
    """Your batches walk through the examples in their given order. If the data is sorted by class, each batch then sees one class only."""


@mistake("minibatches", replaces="minibatches")
def batches_shuffled_not_examples(N, B, rng, drop_last=False):
    """You shuffle the order of the batches, but each still holds neighbours. Which examples share a batch should change from epoch to epoch."""
    if not isinstance(B, (int, np.integer)) or B < 1:
        raise ValueError(f"B is {B}, expected a whole number of at least 1")
    stop = N - N % B if drop_last else N
    full = [np.arange(start, start + B) for start in range(0, stop - B + 1, B)]
    rest = [np.arange(len(full) * B, stop)] if len(full) * B < stop else []
    return [full[i] for i in rng.permutation(len(full))] + rest


@mistake(
    "minibatches",
    replaces="minibatches",
    change={"rng.permutation": "np.random.default_rng(0).permutation"},
)
def generator_of_its_own():
    """You make a generator with a fixed seed inside the function, so every epoch has the same order. Draw from the `rng` you are given."""


@mistake(
    "minibatches",
    replaces="minibatches",
    change={"rng.permutation(N)": "rng.permutation(np.arange(1, N + 1))"},
)
def indices_from_one():
    """Your indices run from 1 to N, as on the slide. NumPy counts from 0: the first example is never used, and index N does not exist."""


@mistake("minibatches", replaces=("minibatches", "epochs"))
def copy_of_the_generator():
    """You draw from a copy of `rng`, so the one you were given never moves on, and every epoch has the same order. A generator is there to be drawn from."""

    def minibatches(N, B, rng, drop_last=False):
        import copy

        if not isinstance(B, (int, np.integer)) or B < 1:
            raise ValueError(f"B is {B}")
        order = copy.deepcopy(rng).permutation(N)
        stop = N - N % B if drop_last else N
        return [order[start : start + B] for start in range(0, stop, B)]

    def epochs(N, B, rng, count):
        return [list(minibatches(N, B, rng)) for _ in range(count)]

    return minibatches, epochs


@mistake("minibatches", replaces="minibatches")
def the_last_examples_never_come(N, B, rng, drop_last=False):
    """With `drop_last` you leave out the last examples of the data before you shuffle, so they never come, in no epoch. Shuffle all of them, then cut."""
    if not isinstance(B, (int, np.integer)) or B < 1:
        raise ValueError(f"B is {B}")
    if drop_last:
        N -= N % B
    order = rng.permutation(N)
    return [order[start : start + B] for start in range(0, N, B)]


@mistake("minibatches", replaces="minibatches")
def pieces_of_equal_size(N, B, rng, drop_last=False):
    """You cut the order into pieces that are as equal as can be, with `np.array_split`. All batches but the last hold exactly B."""
    if not isinstance(B, (int, np.integer)) or B < 1:
        raise ValueError(f"B is {B}, expected a whole number of at least 1")
    batches = np.array_split(rng.permutation(N), -(-N // B))
    return [batch for batch in batches if len(batch) == B] if drop_last else batches


@mistake(
    "minibatches",
    replaces="minibatches",
    change={"order[start : start + B]": "order[start : start + B].tolist()"},
)
def lists_for_arrays():
    """Your batches are lists. They should be arrays of whole numbers, which can index the data."""


@mistake("minibatches", replaces="minibatches", change={"rng.permutation": "np.random.permutation"})
def the_global_generator():
    """You draw from `np.random` itself. Draw from the `rng` you are given, so that a seed repeats the run."""


@mistake("minibatches", replaces="minibatches")
def rest_dropped_by_default(N, B, rng, drop_last=False):
    """You have `drop_last` the wrong way round: the shorter last batch stays with it, and goes without it."""
    if not isinstance(B, (int, np.integer)) or B < 1:
        raise ValueError(f"B is {B}, expected a whole number of at least 1")
    order = rng.permutation(N)
    stop = N if drop_last else N - N % B
    return [order[start : start + B] for start in range(0, stop, B)]


@mistake("minibatches", replaces="minibatches")
def batch_size_is_cut_off(N, B, rng, drop_last=False):
    """You take a batch size that is not a whole number, and cut its fraction off. It should raise a ValueError."""
    if B < 1:
        raise ValueError(f"B is {B}, expected a whole number of at least 1")
    B, order = int(B), rng.permutation(N)
    stop = N - N % B if drop_last else N
    return [order[start : start + B] for start in range(0, stop, B)]


@mistake(
    "minibatches",
    replaces="minibatches",
    change={
        "not isinstance(B, (int, np.integer)) or B < 1": "not isinstance(B, (int, np.integer)) or B < 1 or B > N"
    },
)
def a_batch_larger_than_the_data_is_refused():
    """You refuse a batch size larger than N. Then one batch holds everything."""


@mistake(
    "minibatches",
    replaces="minibatches",
    change={"order[start : start + B]": 'np.take(order, range(start, start + B), mode="wrap")'},
)
def the_last_batch_is_filled_up():
    """You fill the last batch up with examples from the beginning, which then come twice. It is shorter."""


@mistake("minibatches", replaces="minibatches")
def the_first_batch_is_shorter(N, B, rng, drop_last=False):
    """Your first batch is the shorter one. What is left over comes last."""
    if not isinstance(B, (int, np.integer)) or B < 1:
        raise ValueError(f"B is {B}, expected a whole number of at least 1")
    order, rest = rng.permutation(N), N % B
    full = [order[start : start + B] for start in range(rest, N, B)]
    return full if drop_last or rest == 0 else [order[:rest], *full]


@mistake(
    "minibatches",
    replaces="minibatches",
    change={"order[start : start + B]": "np.sort(order[start : start + B])"},
)
def sorted_within_a_batch():
    """You put each batch into order. The order of the whole epoch is random, within a batch too."""


@mistake(
    "minibatches",
    replaces="minibatches",
    change={"rng.permutation(N)": "np.roll(np.arange(N), int(rng.integers(N)))"},
)
def rolled():
    """You only turn the given order to another beginning, so neighbours stay neighbours. Each order should be as likely as any other."""


@variant("minibatches", replaces="minibatches")
def a_generator(N, B, rng, drop_last=False):
    """Yields batch after batch, and shuffles in place."""
    if B != int(B) or B <= 0:
        raise ValueError(f"B={B} is no batch size, expected 1, 2, 3 ...")
    order = np.arange(N)
    rng.shuffle(order)
    while len(order) >= B:
        yield order[:B]
        order = order[B:]
    if len(order) and not drop_last:
        yield order


@variant("minibatches", replaces="minibatches")
def split_at_multiples(N, B, rng, drop_last=False):
    """np.split, and an order by sorting random numbers."""
    if not (B >= 1 and B == B // 1):
        raise ValueError(f"expected a whole number B >= 1, got {B}")
    batches = np.split(np.argsort(rng.random(N)), np.arange(B, N, B))
    return [batch for batch in batches if len(batch) == B or not drop_last]


@variant("minibatches", replaces="minibatches")
def a_class_that_iterates(N, B, rng, drop_last=False):
    """An object with `__iter__` and `__next__`, over an order by `rng.choice`."""
    if isinstance(B, (float, np.floating)) or B < 1:
        raise ValueError(f"a batch of {B}, expected 1, 2, ...")

    class Batches:
        def __init__(self):
            self.left = rng.choice(N, size=N, replace=False)

        def __iter__(self):
            return self

        def __next__(self):
            if len(self.left) < (B if drop_last else 1):
                raise StopIteration
            batch, self.left = self.left[:B], self.left[B:]
            return batch

    return iter(Batches())


@variant("minibatches", replaces="minibatches")
def tuples_of_copies(N, B, rng, drop_last=False):
    """A shuffled copy, cut by a ceiling, in a tuple; the short batch is looked for at the end."""
    if B != int(B) or B <= 0:
        raise ValueError(f"B = {B!r}")
    order = np.arange(N)
    rng.shuffle(order)
    batches = tuple(order[k * B : min(N, (k + 1) * B)].copy() for k in range(-(-N // B)))
    return batches[:-1] if drop_last and len(batches[-1]) != B else batches
