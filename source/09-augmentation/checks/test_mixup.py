"""Question `mixup`: partners, shares, and that labels follow the pictures."""

from functools import partial

import numpy as np

from autograder.checking import check, compare, rules

near_mean = partial(
    compare.near_mean, errors=6.5
)  # standard errors that a right answer exceeds once in 12 billion


def fresh(rng):
    return np.random.default_rng(int(rng.integers(2**32)))


def task(rng, n, *shape):
    """Pictures that are a linear function of labels which tell all of them apart: of a blend, the label must say how it was made."""
    y, make = np.eye(n), rng.normal(size=(n, *shape))
    return make.copy(), y, make


def read(value, x, y):
    x_mixed, y_mixed = compare.unpack(value, 2, "x_mixed and y_mixed")
    compare.shape(x_mixed, x.shape, "x_mixed")
    compare.shape(y_mixed, y.shape, "y_mixed")
    return x_mixed, y_mixed


def weights(x_mixed, make):
    """(n, n): of which pictures each blend is made, and how much of each."""
    n = len(make)
    solved = np.linalg.lstsq(make.reshape(n, -1).T, x_mixed.reshape(n, -1).T, rcond=None)[0].T
    return np.where(np.abs(solved) < 1e-9, 0, solved)


@check("mixup", points=4)
def test_blend(student, rng):
    """With `lam` given, each picture is blended with a partner's, `lam` being its own share."""
    for shape, lam in (((3, 4, 2), 0.7), ((3, 5, 1), 0.2), ((4, 4, 3), 1.0)):
        x, y, make = task(rng, 9, *shape)
        x_mixed, _ = read(student.mixup(x, y, 0.5, fresh(rng), lam), x, y)
        parts = weights(x_mixed, make)
        compare.close(
            np.einsum("nm,m...->n...", parts, make),
            x_mixed,
            "x_mixed, as a blend of the pictures",
            atol=1e-8,
        )
        compare.require(
            (np.sum(parts != 0, axis=1) <= 2).all(), "A blend is made of more than two pictures."
        )
        compare.close(
            parts.sum(axis=1),
            np.ones(9),
            "the sum of both shares in a picture",
            hint="lam and 1 - lam.",
        )
        alone = np.isclose(np.diag(parts), 1)
        if lam != 1:
            compare.require(not alone.all(), "No picture is blended with another one.")
        compare.close(
            np.diag(parts)[~alone],
            np.full((~alone).sum(), lam),
            "a picture's share of its own blend",
            hint="lam for itself, 1 - lam for its partner.",
        )


@check("mixup", points=1, needs="test_blend")
def test_any_examples(student, rng):
    """Examples may be plain rows as well, or have more axes than pictures have."""
    for shape in ((30,), (2, 3, 2, 2)):
        x, y, make = task(rng, 7, *shape)
        x_mixed, y_mixed = read(student.mixup(x, y, 1.0, fresh(rng), 0.6), x, y)
        want = np.einsum("nm,m...->n...", y_mixed, make)
        compare.close(
            x_mixed,
            want,
            "x_mixed, as made from y_mixed",
            atol=1e-8,
            hint="One number for each example, whatever its shape.",
        )


@check("mixup", points=4)
def test_labels_follow(student, rng):
    """The labels are blended as their pictures are: with the same partner and the same share, given or drawn."""
    stay = []
    for alpha, lam in ((0.5, 0.35), (1.0, None), (0.3, None)):
        x, y, make = task(rng, 10, 3, 3, 2)
        x_mixed, y_mixed = read(student.mixup(x, y, alpha, fresh(rng), lam), x, y)
        compare.close(y_mixed.sum(axis=1), np.ones(10), "the sum of a label")
        compare.close(
            x_mixed,
            np.einsum("nm,m...->n...", y_mixed, make),
            "x_mixed, as made from y_mixed",
            atol=1e-8,
            hint="One lam and one partner for both.",
        )
        compare.require(
            ((y_mixed > 1e-9) & (y == 0)).sum(axis=0).max() <= 1,
            "Someone is the partner of two others.",
            "A permutation of the batch.",
        )
        stay.append(np.allclose(y_mixed, y))  # one of them may by chance
    compare.require(
        not all(stay), "The labels stay as they were.", "A blend is not the one or the other."
    )
    x, soft = np.arange(10.0).reshape(10, 1), rng.dirichlet(np.ones(4), 10)
    x_mixed, y_mixed = read(student.mixup(x, soft, 1.0, fresh(rng), 0.0), x, soft)
    partner = np.clip(np.rint(x_mixed[:, 0]), 0, 9).astype(int)
    compare.close(
        y_mixed,
        soft[partner],
        "y_mixed of soft labels for lam = 0",
        hint="Rows of probabilities, whatever they are.",
    )


@check("mixup", points=3, needs="test_blend")
def test_partners(student, rng):
    """The partners are a random permutation: everyone is one's partner exactly once, and anyone's."""
    n, draws = 8, 480
    x, y = np.arange(1.0, n + 1).reshape(n, 1, 1, 1) * np.ones((1, 1, 2, 1)), np.eye(n)
    values = student.batch("mixup", [(x, y, 1.0, fresh(rng), 0.0) for _ in range(draws)])
    partners = np.array([read(value, x, y)[0][:, 0, 0, 0] for value in values])
    compare.require(
        np.isin(np.round(partners), np.arange(1, n + 1)).all(),
        "With lam = 0 a picture is not its partner's.",
    )
    compare.require(
        (np.sort(np.round(partners), axis=1) == np.arange(1, n + 1)).all(),
        "Someone is a partner twice or never.",
        "A permutation of the batch.",
    )
    at = np.round(partners).astype(int) - 1
    hint = "All permutations are equally likely."
    compare.require(
        not (np.take_along_axis(at, at, axis=1) == np.arange(n)).all(),
        f"Everyone is the partner of their partner, in each of {draws} batches.",
        hint,
    )
    compare.require(
        (at == np.arange(n)).any(), f"Nobody is their own partner in {draws} batches.", hint
    )
    for index in (0, n - 1):
        error = np.sqrt((n**2 - 1) / 12 / draws)
        near_mean(
            partners[:, index],
            (n + 1) / 2,
            error,
            "the number of a partner",
            hint="Anyone may be anyone's partner.",
        )
        own = partners[:, index] == index + 1
        near_mean(
            own,
            1 / n,
            np.sqrt((n - 1) / n**2 / draws),
            "the share of pictures that are their own partner",
        )
    mutual = (np.take_along_axis(at, at[:, :1], axis=1) == 0) & (
        at[:, :1] != 0
    )  # the first one's partner has the first one for partner
    near_mean(
        mutual,
        1 / n,
        np.sqrt((n - 1) / n**2 / draws),
        "the share of pictures that are the partner of their partner",
        hint=hint,
    )
    steps = np.round(partners[:, 1] - partners[:, 0])
    compare.require(
        len(set(steps.tolist())) > 4,
        "Neighbours always have neighbours for partners.",
        "A random permutation, not a shift.",
    )


@check("mixup", points=4)
def test_shares(student, rng):
    """Without `lam`, the shares are drawn from Beta(alpha, alpha): their mean is 1/2, and alpha decides on their spread."""
    n = 2000
    classes = rng.permutation(n) % 2
    y = np.eye(2)[classes]
    for alpha in (0.3, 4.0):
        x = np.zeros((n, 1, 1, 1))
        _, y_mixed = read(student.mixup(x, y, alpha, fresh(rng)), x, y)
        own = y_mixed[np.arange(n), classes]
        lam = own[
            y_mixed[np.arange(n), 1 - classes] > 0
        ]  # a partner of the other class: that has nothing to do with lam
        compare.require(len(lam) > n / 3, "Too few labels are blended with one of another class.")
        compare.require(lam.min() >= 0, "A share is negative.")
        variance = 1 / (4 * (2 * alpha + 1))
        fourth = 3 / (16 * (2 * alpha + 1) * (2 * alpha + 3))  # of Beta(alpha, alpha) about 1/2
        near_mean(
            lam,
            0.5,
            np.sqrt(variance / len(lam)),
            "the share of a picture",
            hint="Beta(alpha, alpha) is symmetric.",
        )
        error = np.sqrt((fourth - variance**2) / len(lam))
        near_mean(
            (lam - 0.5) ** 2,
            variance,
            error,
            "the squared distance of a share from 1/2",
            hint="Both parameters are alpha.",
        )


@check("mixup", points=2)
def test_a_share_for_each(student, rng):
    """Without `lam`, each example draws a share of its own."""
    x, y, _ = task(rng, 12, 2, 1, 1)
    _, y_mixed = read(student.mixup(x, y, 1.0, fresh(rng)), x, y)
    own = np.diag(y_mixed)[np.diag(y_mixed) < 1 - 1e-9]  # those that have another one for a partner
    compare.require(
        len(np.unique(own.round(12))) == len(own),
        "Several examples have the same share.",
        "One random lam for each example.",
    )


@check("mixup", points=1)
def test_bad_arguments(student, rng):
    """Labels that do not fit, an alpha that is not positive and a `lam` outside [0, 1] raise a ValueError which names them."""
    x, y, _ = task(rng, 5, 3)
    rules.rejects(student, "mixup", x, y[:4], 1.0, fresh(rng), mentions=("4",))
    rules.rejects(student, "mixup", x[:1], y[:4], 1.0, fresh(rng), mentions=("4",))
    rules.rejects(student, "mixup", x, np.arange(5), 1.0, fresh(rng), mentions=("5",))
    rules.rejects(student, "mixup", x, y, -3, fresh(rng), mentions=("-3",))
    for alpha in (0.0, -0.5):
        rules.rejects(student, "mixup", x, y, alpha, fresh(rng))
        rules.rejects(
            student, "mixup", x, y, alpha, fresh(rng), 0.5
        )  # also where no share is drawn
    for lam in (7, -2):
        rules.rejects(student, "mixup", x, y, 1.0, fresh(rng), lam, mentions=(str(lam),))
    for lam in (1.1, -0.1):
        rules.rejects(student, "mixup", x, y, 1.0, fresh(rng), lam)


@check("mixup", points=1, needs="test_blend")
def test_in_general(student, rng):
    """x and y stay unchanged; float32 stays float32, whole numbers become float64; `rng` alone decides; no loop over examples."""
    x, y, _ = task(rng, 5, 3, 4, 2)
    seed = int(rng.integers(2**32))
    first = rules.pure(student, "mixup", x, y, 0.7, np.random.default_rng(seed), writes=(3,))
    again = student.mixup(x, y, 0.7, np.random.default_rng(seed))
    same = all(
        np.array_equal(a, b)
        for a, b in zip(
            compare.unpack(first, 2, "x, y"), compare.unpack(again, 2, "x, y"), strict=True
        )
    )
    compare.require(
        same,
        "The same state of `rng` gives two different results.",
        "Draw from `rng`, and from nothing else.",
    )
    rules.floats(student, "mixup", x, y, 0.7, fresh(rng))
    rules.layouts(student, "mixup", x, y, 0.7, fresh(rng))
    values = compare.unpack(student.mixup(x.astype(np.float32), y, 0.7, fresh(rng)), 2, "x, y")
    found = tuple(str(value.dtype) for value in values)
    compare.equal(
        found,
        ("float32", "float64"),
        "the dtypes of x_mixed and y_mixed for float32 pictures and float64 labels",
    )
    rules.vectorised(
        student,
        "mixup",
        lambda n: (rng.normal(size=(n, 2, 2, 1)), np.eye(n), 0.7, np.random.default_rng(1)),
    )
    calls = ("mixup", *task(rng, 12, 2, 1, 1)[:2], 0.7, fresh(rng))
    steps = compare.unpack(student.two_steps(*calls), 2, "the results of two calls in a row")
    compare.require(
        not np.array_equal(*(compare.unpack(value, 2, "x, y")[0] for value in steps)),
        "Two calls in a row make the same blends.",
        "Draw from the caller's `rng` itself, not from a copy of it: it is meant to move on.",
    )
    many = np.ones((60, 1))
    sharp, _ = read(
        rules.pure(student, "mixup", many, many, 1e-3, fresh(rng), writes=(3,)), many, many
    )
    compare.close(
        sharp,
        many,
        "x_mixed for a tiny alpha",
        hint="All x are 1 here, and both shares add up to 1.",
    )
    alone = read(student.mixup(x[:1], y[:1], 0.7, fresh(rng)), x[:1], y[:1])
    compare.close(alone[0], x[:1], "x_mixed of a single example", hint="It is its own partner.")
