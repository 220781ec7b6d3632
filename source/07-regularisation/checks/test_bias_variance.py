"""Question `bias_variance`: what is averaged over what, and which set is looked at when.

The training sets are random, and any right way of drawing them will do. So the hidden `fit` answers from a table whose rows come in
turn: the estimates, which do not depend on the rows' order, are then known exactly.
"""

import numpy as np

from autograder.checking import check, compare, rules

SETS = 4  # training sets where the data is looked at


class Table:
    """A `fit` whose predictions do not depend on the data; it keeps the data it was handed."""

    def __init__(self, rows):
        self.rows, self.seen, self.grids = rows, [], []

    def __call__(self, x, y, x_grid):
        self.seen.append((np.array(x), np.array(y)))
        self.grids.append(np.array(x_grid))
        return self.rows[(len(self.seen) - 1) % len(self.rows)].astype(np.asarray(x_grid).dtype)


class Told:
    """A `fit` whose predictions tell of the data: is it new, is there noise, where does it lie. So what is wrong with it shows in the estimates."""

    def __init__(self, truth, grid, sigma):
        self.truth, self.sigma, self.seen = truth, sigma, []
        self.low, self.high = grid.min(), grid.max()

    def __call__(self, x, y, x_grid):
        x, y = np.array(x), np.array(y)
        before = self.seen[-1] if len(self.seen) % SETS else (np.empty(0), np.empty(0))
        same_x, same_y = (
            np.array_equal(part, old) for part, old in zip((x, y), before, strict=True)
        )
        spread = float(np.std(y - self.truth(x))) if x.shape == y.shape else -1.0
        inside = bool(x.size and x.min() >= self.low and x.max() <= self.high)
        middle = bool(
            x.size and abs(x.mean() - (self.low + self.high) / 2) < 0.1 * (self.high - self.low)
        )
        rest, old = (
            (part[1] - self.truth(part[0])) if part[0].shape == part[1].shape else 0
            for part in ((x, y), before)
        )
        same_rest = (
            spread > 1e-9
            and np.shape(rest) == np.shape(old)
            and bool(np.allclose(rest, old, atol=1e-9))
        )
        self.seen.append((x, y))
        wide = bool(x.size and np.ptp(x) > 0.9 * (self.high - self.low))
        no_tails = spread > 1e-9 and bool(
            np.max(np.abs(rest)) < 1.95 * spread
        )  # of 250 normal numbers some are beyond
        where = inside + 2 * middle + 4 * (len(np.unique(x)) == x.size) + 8 * wide
        return np.array(
            [
                3.0 * same_x,
                5.0 * same_y + 11.0 * same_rest,
                7.0 * (spread < 1e-9) + 13.0 * no_tails,
                2.0 * (abs(spread - self.sigma) > 0.1),
                x.size + 8000.0 * where,
            ]
        )


def fresh(rng):
    return np.random.default_rng(int(rng.integers(2**32)))


def bend(x):
    return 0.5 * x**2 - x


def setting(rng, sets=6, points=5):
    grid = np.sort(rng.uniform(-3, 3, points))
    return Table(
        bend(grid)
        + rng.normal(size=points)
        + rng.normal(size=(sets, points)) * rng.uniform(0.5, 2, points)
    ), grid


def estimates(value, points):
    bias2, var, noise = compare.unpack(value, 3, "bias2, var, noise")
    compare.shape(bias2, (points,), "bias2")
    compare.shape(var, (points,), "var")
    return bias2, var, noise


@check("bias_variance", points=4)
def test_bias(student, rng):
    """`bias2` is, at each point of the grid, the squared distance from the truth of the average prediction."""
    for sets in (6, 3):
        fit, grid = setting(rng, sets)
        bias2, _, _ = estimates(student.bias_variance(fit, grid, sets, fresh(rng), bend, 0.4), 5)
        compare.close(
            bias2,
            (fit.rows.mean(axis=0) - bend(grid)) ** 2,
            "bias2",
            hint="Average the predictions first.",
        )
        compare.require(
            all(np.array_equal(given, grid) for given in fit.grids),
            "`fit` does not receive the grid.",
        )


@check("bias_variance", points=4)
def test_variance(student, rng):
    """`var` is, at each point of the grid, the mean over training sets of the squared distance from the average prediction at this point."""
    for sets in (6, 3, 1):
        fit, grid = setting(rng, sets)
        _, var, _ = estimates(student.bias_variance(fit, grid, sets, fresh(rng), bend, 0.4), 5)
        want = sum((row - fit.rows.mean(axis=0)) ** 2 for row in fit.rows) / sets
        compare.close(
            var,
            want,
            "var",
            hint="Square the distance from the average prediction at the same point. Take the mean over sets, divided by n_sets.",
        )


@check("bias_variance", points=2)
def test_parts_add_up(student, rng):
    """`noise` is the variance of the noise, and `bias2 + var` is the mean squared distance of the predictions from the truth."""
    fit, grid = setting(rng, 7)
    for sigma in (0.3, 1.6, 0.0):
        bias2, var, noise = estimates(
            student.bias_variance(fit, grid, 7, fresh(rng), bend, sigma), 5
        )
        compare.close(noise, sigma**2, "noise", hint="Return a variance, like the other two.")
        compare.close(
            bias2 + var,
            np.mean((fit.rows - bend(grid)) ** 2, axis=0),
            "bias2 + var",
            hint="The two must add up to the mean squared distance.",
        )


@check("bias_variance", points=3)
def test_training_sets(student, rng):
    """`fit` is called once for each of `n_sets` new training sets of `n_train` examples: x is uniform over the range of the grid, and y is the truth plus normal noise."""
    grid, sigma, size = (
        np.array([0.5, -1.0, 2.5, 4.0, 2.0]),
        0.6,
        250,
    )  # neither end of the range comes first or last
    fit = Told(bend, grid, sigma)
    student.bias_variance(fit, grid, SETS, fresh(rng), bend, sigma, size)
    compare.require(len(fit.seen) == SETS, "`fit` is not called once for each training set.")
    compare.require(
        all(x.shape == y.shape == (size,) for x, y in fit.seen),
        "A training set does not have `n_train` examples.",
    )
    for k, (x, y) in enumerate(fit.seen):
        old = fit.seen[:k]
        compare.require(
            not any(np.array_equal(y, other) for _, other in old),
            "Two training sets are equal.",
            "Draw a new one for each.",
        )
        compare.require(
            not any(np.array_equal(x, other) for other, _ in old),
            "Two training sets have the same x.",
            "x is drawn anew as well.",
        )
    x, y = (np.concatenate(part) for part in zip(*fit.seen, strict=True))
    compare.require(((x >= -1) & (x <= 4)).all(), "A training x lies outside the grid's range.")
    compare.require(
        len(np.unique(x)) == x.size,
        "Some training x are equal.",
        "Draw x uniformly: any point of the range may come, not only points of the grid.",
    )
    place = (x + 1) / 5
    compare.near_mean(
        place,
        1 / 2,
        np.sqrt(1 / 12 / x.size),
        "the mean of the training x",
        hint="Uniform over the grid's range.",
    )
    compare.near_mean(
        place**2,
        1 / 3,
        np.sqrt(4 / 45 / x.size),
        "the mean square of the training x",
        hint="Uniform over the grid's range.",
    )
    rest = (y - bend(x)) / sigma
    compare.near_mean(rest, 0, np.sqrt(1 / x.size), "the mean of the noise")
    compare.near_mean(
        rest**2,
        1,
        np.sqrt(2 / x.size),
        "the variance of the noise",
        hint="sigma is its standard deviation.",
    )
    beyond = 0.080118  # of normal noise lies more than 1.75 sigma away; of uniform noise of this variance nothing does
    compare.near_mean(
        np.abs(rest) > 1.75,
        beyond,
        np.sqrt(beyond * (1 - beyond) / x.size),
        "the share of large noise",
        hint="The noise is normal.",
    )
    rests = [part - bend(x) for x, part in fit.seen]
    same = any(np.allclose(rests[k], rests[j], atol=1e-9) for k in range(SETS) for j in range(k))
    compare.require(
        not same,
        "Two training sets have the same noise.",
        "Draw new noise for each training set.",
    )
    state, other = fresh(rng), fresh(rng)
    runs = []
    for generator in (state, state, other):
        fit = Table(np.ones((2, 5)))
        student.bias_variance(fit, grid, 30, generator, bend, sigma, 10)
        runs.append([x for x, _ in fit.seen])
    compare.require(
        all(map(np.array_equal, runs[0], runs[1])),
        "The same state of `rng` gives other training sets.",
        "Draw from the `rng` that you receive, and not from `np.random`.",
    )
    compare.require(
        not np.array_equal(runs[0][0], runs[2][0]),
        "Two states of `rng` give the same training sets.",
        "Draw from the `rng` that is passed in.",
    )
    lower = [int(np.sum(x < 1.5)) for x in runs[0]]
    compare.require(
        np.ptp(lower) > 0,
        "In each training set as many x lie in the lower half of the range.",
        "Each x is drawn on its own.",
    )
    fit = Table(np.ones((2, 5)))
    student.bias_variance(fit, grid, 2, fresh(rng), bend, sigma)
    compare.require(
        [x.size for x, _ in fit.seen] == [20, 20],
        "Without `n_train` a training set has not 20 examples.",
    )


class Exam:
    """`learn` and `error` on a table of errors, and a record of who saw what.

    The test set becomes easier each time it is looked at: so an answer that looks too often shows it in its result.
    """

    def __init__(self, rng, best):
        self.penalties = [
            float(v) for v in np.round(np.sort(rng.uniform(0, 1, 5)), 6)[[2, 3, 0, 4, 1]]
        ]  # in no order
        self.train, self.dev, self.test = (
            (rng.normal(size=n), rng.normal(size=n)) for n in (4, 3, 2)
        )
        self.errors = {
            name: rng.permutation(np.linspace(1, 2, 5)) for name in ("train", "dev", "test")
        }
        for name, lowest in zip(
            ("train", "dev", "test"), ((best + 2) % 5, best, (best + 3) % 5), strict=True
        ):
            table = self.errors[name]
            at = int(table.argmin())
            table[[at, lowest]] = table[[lowest, at]]
        self.learned, self.looks, self.peeks = [], [], 0

    def name(self, x, y):
        found = [
            name
            for name in ("train", "dev", "test")
            if np.array_equal(x, getattr(self, name)[0])
            and np.array_equal(y, getattr(self, name)[1])
        ]
        return found[0] if found else "another"

    def learn(self, x, y, penalty):
        number = self.penalties.index(float(penalty))
        if number == 0:
            self.peeks = 0
        self.learned.append((self.name(x, y), number))
        return np.array([number, 1.0 if self.name(x, y) == "train" else -1.0])

    def error(self, model, x, y):
        name, number = self.name(x, y), int(model[0])
        self.looks.append((name, number))
        if name == "another":
            return 9.0
        self.peeks += name == "test"
        return float(
            self.errors[name][number] - 0.01 * self.peeks * (name == "test") + 0.3 * (model[1] < 0)
        )

    def sit(self, student, penalties=None):
        given = self.penalties if penalties is None else penalties
        value = student.choose_penalty(
            given, self.learn, self.error, self.train, self.dev, self.test
        )
        return compare.unpack(value, 3, "best, dev_errors, test_error")


@check("bias_variance", points=3)
def test_choice(student, rng):
    """`choose_penalty` learns from the training set alone, chooses by the dev set, and gives the dev errors of all candidates."""
    for place in (3, 1):
        exam = Exam(rng, place)
        best, dev_errors, _ = exam.sit(student)
        compare.require(
            all(name == "train" for name, _ in exam.learned),
            "`learn` is called with data that is not the training set.",
        )
        compare.require(
            {number for _, number in exam.learned} == set(range(5)),
            "`learn` is not called for every candidate.",
        )
        compare.close(dev_errors, exam.errors["dev"], "dev_errors")
        compare.close(
            best,
            exam.penalties[place],
            "best",
            hint="Which of the three sets is for choosing?",
        )
    exam = Exam(rng, 1)  # the earlier ones are asked again for the hints, and must not change
    exam.errors["dev"][4] = exam.errors["dev"][1]
    compare.close(
        exam.sit(student)[0], exam.penalties[1], "best of two equals", hint="The first of them."
    )


@check("bias_variance", points=3)
def test_report(student, rng):
    """`test_error` is the error of the chosen model on the test set, which you use once, after the choice."""
    exam = Exam(rng, int(rng.integers(1, 4)))  # neither the first nor the last
    _, _, test_error = exam.sit(student)
    compare.require("test" in {name for name, _ in exam.looks}, "The test set is never used.")
    compare.require(
        [name for name, _ in exam.looks].count("test") == 1,
        "The test set is used more than once.",
        "Use the test set for the chosen model only.",
    )
    compare.require(
        "test" not in [name for name, _ in exam.looks[:5]],
        "The test set is used before the choice.",
    )
    compare.close(
        test_error,
        exam.errors["test"][exam.errors["dev"].argmin()] - 0.01,
        "test_error",
        hint="Return the error of the chosen model.",
    )


@check("bias_variance", points=1)
def test_dtypes_and_bad_arguments(student, rng):
    """Arguments stay unchanged, and float32 stays float32. n_sets < 1, sigma < 0 and an empty list of penalties raise a ValueError, which names n_sets or sigma."""
    fit, grid = setting(rng, 3)
    rules.pure(student, "bias_variance", fit, grid, 3, fresh(rng), bend, 0.5, writes=(3,))
    single = student.bias_variance(fit, grid.astype(np.float32), 3, fresh(rng), bend, 0.5)
    for part, name in zip(single[:2], ("bias2", "var"), strict=True):
        compare.require(
            part.dtype == "float32",
            f"`{name}` is {part.dtype} where the predictions and the truth are float32.",
        )
    rules.rejects(student, "bias_variance", fit, grid, -3, fresh(rng), bend, 0.5, mentions=("-3",))
    rules.rejects(student, "bias_variance", fit, grid, 0, fresh(rng), bend, 0.5)
    rules.rejects(student, "bias_variance", fit, grid, 3, fresh(rng), bend, -7, mentions=("-7",))
    rules.rejects(student, "bias_variance", fit, grid, 3, fresh(rng), bend, -0.5)
    exam = Exam(rng, 2)
    best, dev_errors, _ = exam.sit(student, exam.penalties[:1])
    compare.close(best, exam.penalties[0], "best of a single candidate")
    compare.shape(dev_errors, (1,), "dev_errors of a single candidate")
    rules.rejects(
        student, "choose_penalty", [], exam.learn, exam.error, exam.train, exam.dev, exam.test
    )
