"""Question `transfer_table`: a fair draw, six recipes with their controls, a table without leaks, and a gain with its error."""

from functools import partial

import numpy as np

from autograder.checking import check, compare, rules

near_mean = partial(
    compare.near_mean, errors=6.5
)  # standard errors that a right answer exceeds once in 12 billion

RECIPES = {
    "scratch": ("random", "none", 1.0),
    "random features": ("random", "body", 1.0),
    "linear probe": ("pretrained", "body", 1.0),
    "top two": ("pretrained", "all but two", 1.0),
    "fine-tune": ("pretrained", "none", 1.0),
    "slow body": ("pretrained", "none", 0.1),
}


def pool_of(rng, counts, labels):
    """Examples of which the first column is a number of their own and the last tells the label."""
    y = rng.permutation(np.repeat(labels, counts))
    x = np.column_stack([np.arange(len(y)), rng.normal(size=len(y)), 10.0 * y])
    return x, y


def drawn(student, x, y, k, rng):
    got_x, got_y = compare.unpack(student.draw_per_class(x, y, k, rng), 2, "x, y")
    classes = len(np.unique(y))
    compare.shape(got_x, (k * classes, *x.shape[1:]), "x")
    compare.shape(got_y, (k * classes,), "y")
    return got_x, got_y


@check("transfer_table", points=4)
def test_draw(student, rng):
    """`draw_per_class` gives k different examples of each class that occurs, each with its own label."""
    cases = (
        ((5, 3, 4), (0, 1, 2), 2),
        ((3, 3), (7, 4), 3),
        ((2, 6, 2, 9), (1, 3, 5, 8), 1),
        ((20, 4, 9), (0, 5, 2), 4),
        ((8, 8), (2, 6), 8),
    )
    for counts, labels, k in cases:
        x, y = pool_of(rng, counts, labels)
        got_x, got_y = drawn(student, x, y, k, rng)
        compare.equal(np.sort(got_y), np.sort(np.repeat(labels, k)), "y, sorted,")
        compare.require(
            np.array_equal(got_x[:, 2], 10.0 * got_y),
            "some x comes with another one's y.",
            "Index both by the same rows.",
        )
        compare.require(
            len(set(got_x[:, 0].tolist())) == len(got_x),
            "an example is drawn twice.",
            "Without repetition.",
        )
        compare.require(np.isin(got_x[:, 1], x[:, 1]).all(), "an x is none of the pool's.")


@check("transfer_table", points=3, needs="test_draw")
def test_draw_is_fair(student, rng):
    """Every example of a class is as likely as any other of that class, and so is every choice of k (within 6.5 standard errors)."""
    x, y = pool_of(rng, (6, 3, 4), (0, 1, 2))
    draws = 90
    got = student.batch(
        "draw_per_class",
        [(x, y, 2, np.random.default_rng(int(seed))) for seed in rng.integers(1 << 40, size=draws)],
    )
    rows = [np.sort(compare.unpack(value, 2, "x, y")[0][:, 0]).astype(int) for value in got]
    seen = np.concatenate(rows)
    shares = np.bincount(seen, minlength=len(y)) / draws
    for label, count in enumerate((6, 3, 4)):
        p = 2 / count
        for share in shares[y == label]:
            near_mean(
                share,
                p,
                np.sqrt(p * (1 - p) / draws),
                "how often an example of a class is drawn",
                hint="Not the first ones; all alike.",
            )
    six = list(np.flatnonzero(y == 0))
    pairs = [[six.index(row) for row in drawn_rows if y[row] == 0] for drawn_rows in rows]
    apart = np.array([b - a in (1, 5) for a, b in pairs])
    near_mean(
        apart,
        0.4,
        np.sqrt(0.24 / draws),
        "how often two neighbours of a class are drawn",
        hint="Any two of them are as likely.",
    )


@check("transfer_table", points=3, needs="test_draw")
def test_draw_manners(student, rng):
    """`draw_per_class` draws from the generator alone, keeps dtypes and shapes, and refuses where a class has too few."""
    x, y = pool_of(rng, (4, 3), (0, 1))
    rules.pure(student, "draw_per_class", x, y, 2, rng)
    x.setflags(write=False)
    y.setflags(write=False)
    for other, kind in (
        (x.reshape(7, 3, 1).astype(np.float32), np.float32),
        (np.round(x).astype(np.int64), np.int64),
    ):
        got_x, got_y = drawn(student, other, y, 2, rng)
        compare.require(
            got_x.dtype == kind and got_y.dtype == y.dtype,
            "x or y has another dtype than the pool's.",
        )
    again = [student.draw_per_class(x, y, 2, np.random.default_rng(5)) for _ in range(2)]
    compare.equal(again[0][0], again[1][0], "x, from a generator in the same state,")
    rules.rejects(student, "draw_per_class", x, y, 4, rng, mentions=("1", "3"))


@check("transfer_table", points=7)
def test_recipe(student, rng):
    """Each recipe says where the body comes from, what stands still and what goes slowly, for networks of any depth."""
    for depth in (3, 5, 2, 12):
        for method, (start, frozen, body_rate) in RECIPES.items():
            parts = compare.unpack(student.recipe(method, depth), 3, "start, frozen, lr_mult")
            last = {"none": 0, "body": depth - 1, "all but two": depth - 2}[frozen]
            compare.equal(parts[0], start, f"start of {method!r}")
            compare.require(
                isinstance(parts[1], (tuple, list)), f"`frozen` of {method!r} is no tuple."
            )
            compare.equal(
                list(parts[1]),
                list(range(1, last + 1)),
                f"frozen of {method!r}",
                hint="The head is the layer with the number depth.",
            )
            compare.require(isinstance(parts[2], dict), f"`lr_mult` of {method!r} is no dict.")
            rates = {k: parts[2].get(k, 1.0) for k in range(1, depth + 1)}
            extra = sorted(set(parts[2]) - set(rates))
            compare.require(
                not extra,
                f"lr_mult of {method!r} names layers that a network of {depth} layers does not have.",
            )
            moving = [k for k in rates if k > last]
            want = [body_rate if k < depth else 1.0 for k in moving]
            compare.close(
                np.array([float(rates[k]) for k in moving]),
                np.array(want),
                f"the rates of the layers that learn by {method!r}",
            )


@check("transfer_table", points=1, needs="test_recipe")
def test_recipe_rejects(student, rng):
    """`recipe` refuses a method that it does not know."""
    rules.rejects(student, "recipe", "fine tune", 3)
    rules.rejects(student, "recipe", "Scratch", 3)


TESTS = 97  # test examples: scores are told apart by how many of them are right


class Run:
    """Labels so many test examples right as a code says, which is made of all that a method is given, or of the examples alone."""

    def __init__(self, names=True):
        self.names, self.asked = names, []

    def __call__(self, method, x, y, x_test, seed):
        self.asked.append((method, x, y, x_test, seed))
        truth = np.round(np.sin(np.arange(len(x_test))) * 2).astype(int)
        x, x_test = (
            np.array(part, float, order="C") for part in (x, x_test)
        )  # or the order of the sums would be that of the memory
        parts = [
            x.mean(),
            x.std(),
            x_test.mean(),
            x_test.std(),
            (x.mean(axis=1) * (y + 1)).sum(),
            x[:, 0].max(),
        ]
        code = sum(
            (2 * n + 1) * round(1e5 * abs(float(part))) for n, part in enumerate(parts)
        ) + 7 * len(x)
        if self.names:
            code += sum(map(ord, method)) + 13 * int(seed)
        labels = truth.copy()
        labels[code % (TESTS + 1) :] += 9
        return labels


def exact_target(rng, k, shift=0.0):
    """A pool of which every draw of k a class is the same, even one with repetition: the examples of a class are all equal; and a test set."""
    x = np.concatenate(
        [
            np.repeat(rng.normal(size=(1, 3)) * 2 + shift, k + 2, axis=0),
            np.repeat(rng.normal(size=(1, 3)) + 4, k + 5, axis=0),
        ]
    )
    y = np.repeat([0, 1], [k + 2, k + 5])
    order = rng.permutation(len(y))
    return (
        x[order],
        y[order],
        rng.normal(size=(TESTS, 3)) * 3 - 1 + shift,
        np.round(np.sin(np.arange(TESTS)) * 2).astype(int),
    )


def expected(targets, sizes, methods, seeds, standardise=False):
    """The table for targets whose draws are all the same."""
    want = np.zeros((len(targets), len(sizes), len(methods), len(seeds)))
    for index in np.ndindex(want.shape):
        (x, y, x_test, y_test), k = targets[index[0]], sizes[index[1]]
        rows = np.concatenate([np.flatnonzero(y == label)[:k] for label in (0, 1)])
        mean, std = (x[rows].mean(), x[rows].std()) if standardise else (0.0, 1.0)
        labels = Run()(
            methods[index[2]],
            (x[rows] - mean) / std,
            y[rows],
            (x_test - mean) / std,
            seeds[index[3]],
        )
        want[index] = np.mean(labels == y_test)
    return want


@check("transfer_table", points=4)
def test_scores(student, rng):
    """`transfer_table` hands every method, for every target, size and seed, its examples and the test set, and tells the share it labels right."""
    k = int(rng.integers(3, 5))
    for sizes, seeds, methods in (([k], [5, 2, 30, 7, 19], ["b", "aa", "c"]), ([k], [11], ["one"])):
        targets = [exact_target(rng, k), exact_target(rng, k, 6.0)]
        run = Run()
        got = student.transfer_table(targets, sizes, methods, seeds, run)
        compare.shape(
            got, (2, 1, len(methods), len(seeds)), "scores", hint="(targets, sizes, methods, seeds)"
        )
        for _method, x, y, x_test, _ in run.asked:
            compare.require(
                x.shape == (2 * k, 3) and y.shape == (2 * k,),
                "a method is not given k examples of each class.",
            )
            compare.require(
                any(np.array_equal(x_test, target[2]) for target in targets),
                "a method is given another test set than the target's.",
            )
        compare.equal(len(run.asked), got.size, "the number of calls of run")
        compare.close(
            got,
            expected(targets, sizes, methods, seeds),
            "scores",
            hint="Each score is of its own target, method and seed; on the test set.",
        )


@check("transfer_table", points=4)
def test_same_examples(student, rng):
    """Within a target, size and seed all methods learn from the same examples; other seeds draw others; the same seed draws the same again."""
    targets = [
        (
            rng.normal(size=(30, 3)),
            rng.permutation(np.arange(30) % 2),
            rng.normal(size=(TESTS, 3)),
            np.zeros(TESTS, int),
        )
        for _ in range(2)
    ]
    run, sizes, seeds = Run(names=False), [2, 4], [int(seed) for seed in rng.permutation(20)[:3]]
    got = student.transfer_table(targets, sizes, ["first", "second", "third"], seeds, run)
    compare.shape(got, (2, 2, 3, 3), "scores")
    given = {}
    for method, x, _y, x_test, seed in run.asked:
        which = next(
            (n for n, target in enumerate(targets) if np.array_equal(x_test, target[2])), None
        )
        compare.require(which is not None, "a method is given another test set than the target's.")
        given.setdefault((which, len(x), int(seed)), {})[method] = np.sort(x[:, 0])
    compare.require(
        len(given) == 12 and all(len(found) == 3 for found in given.values()),
        "not every method is run for every target, size and seed.",
    )
    for found in given.values():
        same = all(np.array_equal(found["first"], other) for other in found.values())
        compare.require(
            same,
            "two methods learn from different examples, with the same seed.",
            "Draw once for all of them: only the method may differ.",
        )
    for (which, size, seed), found in given.items():
        x, y, *_ = targets[which]
        alone, _ = drawn(student, x, y, size // 2, np.random.default_rng(seed))
        hint = "By draw_per_class, from default_rng(seed)."
        compare.require(
            np.array_equal(np.sort(alone[:, 0]), found["first"]),
            "the examples are not those of your `draw_per_class` for that seed.",
            hint,
        )
    for which in (0, 1):
        for size in (4, 8):
            distinct = {given[which, size, seed]["first"].tobytes() for seed in seeds}
            compare.require(len(distinct) == 3, "two seeds learn from the same examples.")
    again = student.transfer_table(
        targets[1:], sizes[1:], ["second"], seeds[::-1], Run(names=False)
    )
    hint = "Each draw has a fresh default_rng(seed): what was drawn before it has no say."
    compare.close(
        again[0, 0, 0, ::-1],
        got[1, 1, 1],
        "scores of a part of the table, measured alone,",
        hint=hint,
    )


@check("transfer_table", points=4)
def test_standardise(student, rng):
    """Where asked, training and test inputs are standardised by one mean and one deviation, of the drawn examples alone: nothing leaks from the test set or the rest of the pool."""
    k = int(rng.integers(3, 6))
    targets, run = [exact_target(rng, k), exact_target(rng, k, 8.0)], Run()
    methods, seeds = ["one", "two"], [3, 4, 16, 9, 21, 8]
    got = student.transfer_table(targets, [k], methods, seeds, run, True)
    compare.shape(got, (2, 1, 2, 6), "scores")
    for _, x, _y, x_test, _seed in run.asked:
        compare.close(float(x.mean()), 0.0, "the mean of the x that a method is given", atol=1e-9)
        compare.close(float(x.std()), 1.0, "the deviation of the x that a method is given")
        fits = False
        for target in targets:
            rows = np.concatenate([np.flatnonzero(target[1] == label)[:k] for label in (0, 1)])
            mean, std = target[0][rows].mean(), target[0][rows].std()
            fits = fits or (
                x_test.shape == target[2].shape
                and np.allclose(x_test, (target[2] - mean) / std, rtol=1e-9, atol=1e-9)
            )
        compare.require(
            fits,
            "x_test is not standardised by the statistics of the drawn examples.",
            "Whose mean and deviation were used?",
        )
    compare.close(got, expected(targets, [k], methods, seeds, True), "scores")


@check("transfer_table", points=2, needs=("test_scores", "test_same_examples"))
def test_table_manners(student, rng):
    """No argument is changed, the global random state is left alone, and float32 inputs reach the methods as float32."""
    targets = [
        tuple(
            part.astype(np.float32) if part.dtype == float else part
            for part in exact_target(rng, 3)
        )
    ]
    for standardise in (False, True):
        run = Run()
        scores = rules.pure(
            student, "transfer_table", targets, [3], ["one", "two"], [1, 2], run, standardise
        )
        compare.require(scores.dtype == np.float64, "scores are not float64.")
        compare.require(
            all(x.dtype == x_test.dtype == np.float32 for _, x, _, x_test, _ in run.asked),
            "float32 inputs reach a method as another dtype.",
        )
    rules.layouts(student, "transfer_table", targets, [3], ["one"], [1], Run())


def table(rng, shape):
    """Scores in which the luck of the draw is far larger than what methods differ by."""
    return 0.5 + 0.2 * rng.normal(size=(*shape[:2], 1, shape[3])) + 0.03 * rng.normal(size=shape)


@check("transfer_table", points=3)
def test_gain(student, rng):
    """`gain` is by how much a method is ahead of its control, averaged over the seeds, for each target and size."""
    for shape in ((2, 4, 3, 5), (3, 1, 2, 2)):
        scores = table(rng, shape)
        method, control = (int(n) for n in rng.permutation(shape[2])[:2])
        mean, _ = compare.unpack(student.gain(scores, method, control), 2, "mean, error")
        compare.shape(mean, shape[:2], "mean")
        compare.close(
            mean,
            (scores[:, :, method] - scores[:, :, control]).sum(axis=2) / shape[3],
            "mean",
            hint="The method less the control.",
        )


@check("transfer_table", points=4)
def test_gain_error(student, rng):
    """Its standard error is that of the differences, seed by seed: luck that both share drops out."""
    for shape in ((2, 4, 3, 5), (3, 2, 4, 2)):
        scores = table(rng, shape)
        method, control = (int(n) for n in rng.permutation(shape[2])[:2])
        _, error = compare.unpack(student.gain(scores, method, control), 2, "mean, error")
        d = scores[:, :, method] - scores[:, :, control]
        R = shape[3]
        want = np.sqrt(((d - d.mean(axis=2, keepdims=True)) ** 2).sum(axis=2) / (R * (R - 1)))
        compare.shape(error, shape[:2], "error")
        compare.close(
            error,
            want,
            "error",
            hint="Of the mean, not of one difference; R - 1 under the squares; and seeds in pairs.",
        )


@check("transfer_table", points=1, needs=("test_gain", "test_gain_error"))
def test_gain_manners(student, rng):
    """`gain` changes nothing, takes any layout, and refuses a single seed, of which there is no error."""
    scores = table(rng, (2, 3, 4, 3))
    rules.pure(student, "gain", scores, 2, 0)
    rules.layouts(student, "gain", scores, 2, 0)
    rules.rejects(student, "gain", scores[..., :1], 2, 0, mentions=("1",))
