"""Question `minibatches`: sizes, coverage, and where the order comes from."""

import numpy as np

from autograder.checking import check, compare, rules

EPOCHS = 40  # 9 of 19 are left out of each: that one always is by chance has odds of 1 to 10^12
IN_A_ROW = 8  # epochs; of few possible orders, two are often the same by chance


def fresh(rng):
    return np.random.default_rng(int(rng.integers(2**32)))


def read(value):
    """The batches as arrays; that they come as arrays has a check of its own."""
    compare.require(
        isinstance(value, (list, tuple)),
        "`minibatches` does not give one batch after the other.",
        "Return a list, or yield.",
    )
    batches = []
    for batch in value:
        good = isinstance(batch, (np.ndarray, list, tuple))
        array = np.asarray(batch) if good else np.empty(())
        good = good and array.ndim == 1 and (array.dtype.kind in "iu" or not array.size)
        compare.require(
            good, "A batch is not a one-dimensional NumPy array of whole numbers (dtype int)."
        )
        batches.append(array)
    return batches


def distinct(epoch):
    return len({int(index) for batch in epoch for index in batch}) == sum(map(len, epoch))


def sizes(value):
    return [len(batch) for batch in read(value)]


@check("minibatches", points=2)
def test_last_batch_is_shorter(student, rng):
    """When B does not divide N, all batches hold B indices but the last, which holds the rest."""
    for B in (5, 7):
        whole, rest = int(rng.integers(2, 6)), int(rng.integers(1, B))
        got = sizes(student.minibatches(whole * B + rest, B, fresh(rng)))
        compare.require(
            len(got) == whole + 1,
            "The number of batches is not right when B does not divide N.",
            "What is left over is a batch too.",
        )
        compare.equal(
            got,
            [B] * whole + [rest],
            "the list of batch sizes",
            hint="Only the last batch may be shorter.",
        )


@check("minibatches", points=2)
def test_no_batch_is_empty(student, rng):
    """When B divides N, there are N/B batches of B, and none is empty."""
    for B in (1, 4, 6):
        whole = int(rng.integers(2, 7))
        got = sizes(student.minibatches(whole * B, B, fresh(rng)))
        compare.require(
            0 not in got,
            "A batch is empty when B divides N.",
            "Count the batches of 9 examples for B = 3 on your fingers.",
        )
        compare.equal(got, [B] * whole, "the list of batch sizes")


@check("minibatches", points=2)
def test_every_index_once(student, rng):
    """Together the batches, which are index arrays, hold each of 0, 1, ..., N-1 exactly once."""
    for N, B in ((24, 8), (17, 1), (13, 4)):
        value = student.minibatches(N, B, fresh(rng))
        batches = read(value)
        compare.require(batches, "There is no batch.")
        compare.require(
            all(isinstance(batch, np.ndarray) for batch in value),
            "A batch is not a NumPy array, so that it cannot index the data.",
        )
        seen = np.concatenate(batches)
        compare.require(
            len(np.unique(seen)) == len(seen),
            "An index comes twice in an epoch.",
            "Draw without replacement.",
        )
        compare.require(
            ((seen >= 0) & (seen < N)).all(),
            "An index is not one of 0, ..., N-1.",
            "NumPy counts from 0.",
        )
        if N % B == 0:  # what is left over has a check of its own
            compare.require(
                len(seen) == N, "Some index never comes in an epoch, though B divides N."
            )


@check("minibatches", points=1)
def test_fewer_examples_than_a_batch(student, rng):
    """When B is N or more, one batch holds everything."""
    for N, B in ((5, 5), (3, 8), (1, 1), (1, 3)):
        compare.equal(sizes(student.minibatches(N, B, fresh(rng))), [N], "the list of batch sizes")


@check("minibatches", points=1)
def test_drop_last(student, rng):
    """With `drop_last`, a last batch of fewer than B is left out, and a full one stays."""
    for N, B, want in ((14, 4, [4] * 3), (15, 5, [5] * 3), (6, 6, [6]), (3, 7, [])):
        got = sizes(student.minibatches(N, B, fresh(rng), drop_last=True))
        hint = (
            "A last batch of exactly B is no shorter one."
            if N % B == 0
            else "A last batch of fewer than B should be gone."
        )
        compare.equal(got, want, "the list of batch sizes with drop_last", hint=hint)
    whole, cut = (
        student.batch("minibatches", [(19, 10, fresh(rng), drop) for _ in range(EPOCHS)])
        for drop in (False, True)
    )
    all_of_them, those_left = (
        {int(index) for epoch in epochs for batch in read(epoch) for index in batch}
        for epochs in (whole, cut)
    )
    hint = "Which examples are left out? Shuffle all of them, then cut."
    compare.require(
        those_left == all_of_them,
        f"With drop_last, some examples never come, in none of {EPOCHS} epochs.",
        hint,
    )
    if all(distinct(epoch) for epoch in whole):
        compare.require(
            all(distinct(epoch) for epoch in cut),
            "With drop_last, an index comes twice in an epoch.",
        )


@check("minibatches", points=1)
def test_order_is_random_and_from_rng(student, rng):
    """The order is a fresh, uniform one for each call, drawn from `rng` alone."""
    N, B, draws = 12, 4, 160
    seed = int(rng.integers(2**32))
    first = rules.pure(student, "minibatches", N, B, np.random.default_rng(seed), writes=(2,))
    again = student.minibatches(N, B, np.random.default_rng(seed))
    same = np.array_equal(np.concatenate(read(first)), np.concatenate(read(again)))
    compare.require(
        same,
        "The same state of `rng` gives two different orders.",
        "Draw from `rng`, and from nothing else.",
    )
    first, *others = (
        np.concatenate(read(value)) for value in student.epochs(N, B, fresh(rng), IN_A_ROW)
    )
    compare.require(
        not all(np.array_equal(first, other) for other in others),
        "All epochs in a row, from one `rng`, have the same order.",
        "Draw from `rng` itself, so that it moves on.",
    )
    epochs = [
        read(value)
        for value in student.batch("minibatches", [(N, B, fresh(rng)) for _ in range(draws)])
    ]
    compare.require(
        all(sum(map(len, epoch)) == N for epoch in epochs),
        "An epoch has not N indices, though B divides N.",
    )
    orders = np.array([np.concatenate(epoch) for epoch in epochs])
    compare.require(
        (orders != orders[0]).any(),
        "Every call gives the same order.",
        "Does the order come from the `rng` that is passed in?",
    )
    compare.require((np.diff(orders, axis=1) != 1).any(), "The indices are not shuffled.")
    if not all(map(distinct, epochs)):  # which has a check of its own
        return
    orders = np.argsort(
        np.argsort(orders, axis=1), axis=1
    )  # 0, 1, ..., N-1, whatever the first index is
    batches = N // B
    up = (np.diff(orders.reshape(draws, batches, B), axis=2) > 0).sum(axis=(1, 2))
    compare.near_mean(
        up,
        batches * (B - 1) / 2,
        np.sqrt(batches * (B + 1) / 12 / draws),
        "the number of steps to a larger index within the batches of an epoch",
        hint="The order within a batch is random, too.",
    )
    up = (np.diff(np.sort(orders.reshape(draws, batches, B), axis=2)[:, :, 0], axis=1) > 0).sum(
        axis=1
    )
    compare.near_mean(
        up,
        (batches - 1) / 2,
        np.sqrt((batches + 1) / 12 / draws),
        "the number of batches of an epoch that follow one with a smaller first index",
        hint="The order of the batches is random, too.",
    )
    places = np.argsort(orders, axis=1)  # where each index stands
    std_error = np.sqrt((N**2 - 1) / 12 / draws)
    for index in (0, 1, N - 1):
        compare.near_mean(
            places[:, index],
            (N - 1) / 2,
            std_error,
            "the place of an index in the epoch",
            hint="Each should be equally likely anywhere.",
        )
    stayed = np.sum(orders == np.arange(N), axis=1)
    hint = "On average, one index of an epoch stands in its own place."
    compare.near_mean(
        stayed, 1.0, np.sqrt(1 / draws), "the number of indices that stay in their place", hint=hint
    )
    together = (B - 1) / (N - 1)
    std_error = np.sqrt(together * (1 - together) / draws)
    met = places[:, 0] // B == places[:, 1] // B
    compare.near_mean(
        met,
        together,
        std_error,
        "the share of epochs in which two neighbours share a batch",
        hint="Shuffle examples, not batches.",
    )


@check("minibatches", points=1)
def test_bad_batch_sizes(student, rng):
    """A B that is no whole number of at least 1 raises a ValueError naming it."""
    for B in (0, -2, 2.5):
        rules.rejects(
            student,
            "minibatches",
            9,
            B,
            fresh(rng),
            mentions=(str(B),) if isinstance(B, int) else (),
        )
