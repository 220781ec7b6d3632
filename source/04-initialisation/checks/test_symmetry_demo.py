"""Question `symmetry_demo`: the steps of a small net, and how many of its units differ."""

import numpy as np

from autograder.checking import check, compare, rules


def read(value, steps, strict=False):
    """w1, w2 and the counts; how many there are costs its marks where `strict` says so."""
    w1, w2, distinct = compare.unpack(value, 3, "w1, w2 and distinct")
    good = isinstance(distinct, (list, tuple)) or (
        isinstance(distinct, np.ndarray) and distinct.ndim == 1
    )
    compare.require(good, "`distinct` is not a list of whole numbers.")
    counts = [count.item() if isinstance(count, np.generic) else count for count in distinct]
    compare.require(
        all(type(count) is int for count in counts),
        "`distinct` holds something else than whole numbers.",
    )
    compare.require(
        not strict or len(counts) == steps + 1,
        f"`distinct` has {len(counts)} numbers for {steps} steps.",
        "The start counts, and every step after it.",
    )
    return w1, w2, counts


def data(rng):
    return rng.normal(size=(5, 2)), rng.normal(size=(5, 3)) + 0.5


def loss(x, y, w1, w2):
    return np.sum((np.tanh(x @ w1) @ w2 - y) ** 2) / len(x)


def descend(x, y, w1, w2, rate, steps):
    """The same walk, with gradients by complex steps."""
    for _ in range(steps):
        slopes = []
        for which, w in enumerate((w1, w2)):
            slope = np.zeros(w.shape)
            for index in np.ndindex(w.shape):
                moved = [w1.astype(complex), w2.astype(complex)]
                moved[which][index] += 1e-30j
                slope[index] = np.imag(loss(x, y, *moved)) / 1e-30
            slopes.append(slope)
        w1, w2 = w1 - rate * slopes[0], w2 - rate * slopes[1]
    return w1, w2


@check("symmetry_demo", points=3)
def test_walk(student, rng):
    """The weights follow gradient descent on the loss given, for as many steps as asked for."""
    for steps, units in ((1, 4), (3, 4), (1, 3), (2, 2)):  # as many units as outputs, or as inputs
        x, y = data(rng)
        w1, w2 = rng.normal(size=(2, units)), rng.normal(size=(units, 3))
        got1, got2, _ = read(student.symmetry_demo(x, y, w1, w2, 0.07, steps), steps)
        want1, want2 = descend(x, y, w1, w2, 0.07, steps)
        hint = "One step first: the square's 2, the mean over N alone, tanh's slope; and both gradients before either moves."
        compare.close(
            got1, want1, f"w1 after {steps} steps" if steps > 1 else "w1 after one step", hint=hint
        )
        compare.close(
            got2, want2, f"w2 after {steps} steps" if steps > 1 else "w2 after one step", hint=hint
        )


@check("symmetry_demo", points=3)
def test_equal_units_stay_equal(student, rng):
    """From equal weights there is one distinct unit, at the start and after every step; from all zeros nothing moves."""
    x, y = data(rng)
    w1 = np.repeat(rng.normal(size=(2, 1)), 6, axis=1)
    w2 = np.repeat(rng.normal(size=(1, 3)), 6, axis=0)
    got1, _, distinct = read(student.symmetry_demo(x, y, w1, w2, 0.05, 4), 4, strict=True)
    compare.equal(distinct, [1] * 5, "the list of distinct units from equal weights")
    compare.shape(got1, (2, 6), "w1")
    compare.require(
        np.abs(got1 - w1).max() > 1e-4,
        "Equal weights do not move at all.",
        "They move, all in the same way.",
    )
    got1, got2, distinct = read(
        student.symmetry_demo(x, y, np.zeros((2, 4)), np.zeros((4, 3)), 0.1, 2), 2
    )
    compare.close(got1, np.zeros((2, 4)), "w1 from zeros")
    compare.close(got2, np.zeros((4, 3)), "w2 from zeros")
    compare.equal(distinct, [1, 1, 1], "the list of distinct units from zeros")


@check("symmetry_demo", points=2)
def test_counting(student, rng):
    """Two units are the same only if all their incoming weights agree within 1e-6, wherever they stand."""
    x, y = data(rng)
    a, b, c = rng.normal(size=(3, 2)) + np.array([[0.0], [5.0], [10.0]])
    d = a.copy()
    d[1] += 0.5  # like a in all but one entry
    apart = [b + 3 * number for number in range(4)]
    near = [
        unit + 9e-7 for unit in apart
    ]  # nearer than 1e-6 in every entry, wherever one would round
    cases = (
        ([a, b, a, c, b], 3),
        ([a, a + 1e-9, b, b], 2),
        ([c, a, d], 3),
        ([a], 1),
        ([b, b + 1e-4], 2),
        ([*apart, *near], 4),
        (
            [np.round(b, 6) - 4.5e-7, np.round(b, 6) + 4.5e-7],
            1,
        ),  # as near, where rounding takes them together
        ([*apart, *(unit - 6e-7 for unit in apart)], 4),
        ([b, b + 1.5e-6], 2),
        ([b, b + np.array([0, 1.5e-6])], 2),
        ([a, d, a], 2),
    )
    starts = [
        (x, y, np.stack(columns, axis=1), rng.normal(size=(len(columns), 3)), 1e-300, 1)
        for columns, _ in cases
    ]
    values = [
        value
        for number in range(0, len(starts), 3)
        for value in student.batch("symmetry_demo", starts[number : number + 3])
    ]
    for value, (_, want) in zip(values, cases, strict=True):
        _, _, distinct = read(value, 1)
        compare.require(len(distinct) > 0, "`distinct` holds no number after a step.")
        compare.equal(
            distinct[-1],
            want,
            "the number of distinct units",
            hint="Compare whole columns of w1, and any two of them.",
        )


@check("symmetry_demo", points=1)
def test_what_breaks_the_symmetry(student, rng):
    """Units that are equal in w1 but not in w2 part at the first step."""
    x, y = data(rng)
    w1 = np.repeat(rng.normal(size=(2, 1)) * 0.5, 4, axis=1)
    p, q = rng.normal(size=(2, 3)) + np.array([[2.0], [-2.0]])
    _, _, distinct = read(student.symmetry_demo(x, y, w1, np.stack([p, q, p, p]), 0.1, 2), 2)
    compare.equal(
        distinct[-2:],
        [2, 2],
        "the list of distinct units after each of two steps, where w2 treats one unit differently",
    )


@check("symmetry_demo", points=1)
def test_what_holds_everywhere(student, rng):
    """Arguments stay as they are, float32 stays float32, whole numbers become float64, and a negative `steps` raises a ValueError."""
    x, y = data(rng)
    w1, w2 = rng.normal(size=(2, 4)), rng.normal(size=(4, 3))
    for steps in (2, 0):
        rules.pure(student, "symmetry_demo", x, y, w1, w2, 0.1, steps, new=(0, 1))
    for kind, want in ((np.float32, "float32"), (np.int64, "float64")):
        arrays = [(3 * v).astype(kind) for v in (x, y, w1, w2)]
        got = read(student.symmetry_demo(*arrays, 0.125, 1), 1)
        unmoved = read(student.symmetry_demo(*arrays, 0.125, 0), 0)
        for w in (*got[:2], *unmoved[:2]):
            compare.equal(
                str(getattr(w, "dtype", "")),
                want,
                f"the dtype of the weights for {np.dtype(kind).name}",
            )
    for steps in (-3, -1):
        rules.rejects(student, "symmetry_demo", x, y, w1, w2, 0.1, steps, mentions=(str(steps),))
