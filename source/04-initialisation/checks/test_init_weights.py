"""Question `init_weights`: the distribution of the weights, never the weights themselves."""

import numpy as np

from autograder.checking import check, compare, rules

SCHEMES = ("lecun", "xavier", "he")
FANS = (48, 170)


def fresh(rng):
    return np.random.default_rng(int(rng.integers(2**32)))


def variance(scheme, fan_in, fan_out):
    return {"lecun": 1 / fan_in, "xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in}[scheme]


def draw(student, rng, *wanted):
    """A large matrix for each scheme, distribution and pair of fans, in one round trip."""
    drawn = student.batch(
        "init_weights",
        [(*fans, scheme, fresh(rng), distribution) for scheme, distribution, fans in wanted],
    )
    drawn = [upright(w, fans) for w, (_, _, fans) in zip(drawn, wanted, strict=True)]
    for w, (_, _, fans) in zip(drawn, wanted, strict=True):
        compare.shape(w, fans, "w", hint="A row for each input, a column for each unit.")
        compare.require(np.isfinite(w).all(), "`w` holds nan or inf.")
    return drawn


def upright(w, fans):
    """The matrix; one that is transposed costs its marks in one check, and is transposed back in the others."""
    return w.T if isinstance(w, np.ndarray) and w.shape == tuple(fans)[::-1] else w


def ratios(student, rng, scheme):
    """The mean square of normal weights over what it should be, for wide and for narrow layers."""
    drawn = draw(student, rng, (scheme, "normal", FANS), (scheme, "normal", FANS[::-1]))
    return [float(np.mean(np.square(w)) / variance(scheme, *w.shape)) for w in drawn]


def right_variance(student, rng, scheme):
    found = ratios(student, rng, scheme)
    error = 5 * np.sqrt(2 / np.prod(FANS))
    if scheme != "lecun":
        plain = ratios(student, rng, "lecun")
        wrong = all(abs(ratio - 1) > error for ratio in plain)
        if wrong and np.ptp([*plain, *found]) < 2 * error * np.mean(plain):
            return  # one factor for all schemes, paid for by lecun
    for ratio in found:
        compare.require(
            abs(ratio - 1) < error,
            f"For {scheme}, normal, the mean square of the weights is about {ratio:.2g} times what it should be.",
            "Which fan does the table name? And does your generator ask for a variance or for a standard deviation?",
        )


@check("init_weights", points=2)
def test_shape_and_dtype(student, rng):
    """The weights have shape (fan_in, fan_out) and the dtype that is asked for."""
    wanted = [
        (*fans, "xavier", distribution)
        for distribution in ("normal", "uniform")
        for fans in ((3, 5), (7, 2), (1, 1))
    ]
    drawn = student.batch(
        "init_weights",
        [(*fans, scheme, fresh(rng), distribution) for *fans, scheme, distribution in wanted],
    )
    for w, (*fans, _, _) in zip(drawn, wanted, strict=True):
        compare.shape(w, tuple(fans), "w", hint="A row for each input, a column for each unit.")
        compare.equal(str(w.dtype), "float64", "the dtype of `w`")
    named = student.batch(
        "init_weights",
        [
            (4, 3, "he", fresh(rng), distribution, "float32")
            for distribution in ("normal", "uniform")
        ],
    )
    for w in (*named, *student.draw_layers(3, 1, "he", fresh(rng), True)):
        compare.equal(
            str(getattr(w, "dtype", "")),
            "float32",
            "the dtype of `w` where float32 is asked for, by name or as np.float32,",
        )


@check("init_weights", points=2)
def test_mean_is_zero(student, rng):
    """The weights have mean 0, whatever their distribution."""
    drawn = draw(student, rng, ("he", "normal", FANS), ("he", "uniform", FANS))
    for w, distribution in zip(drawn, ("normal", "uniform"), strict=True):
        compare.require(np.ptp(w) > 0, "All weights are equal.")
        hint = "How many weights are negative?"
        compare.near_mean(
            w,
            0.0,
            np.sqrt(variance("he", *FANS) / w.size),
            f"the mean of the weights, {distribution},",
            hint=hint,
        )


@check("init_weights", points=4)
def test_lecun(student, rng):
    """`lecun` has the variance of the table."""
    right_variance(student, rng, "lecun")


@check("init_weights", points=4)
def test_xavier(student, rng):
    """`xavier` has the variance of the table."""
    right_variance(student, rng, "xavier")


@check("init_weights", points=4)
def test_he(student, rng):
    """`he` has the variance of the table."""
    right_variance(student, rng, "he")


@check("init_weights", points=3)
def test_uniform(student, rng):
    """A uniform draw fills (-r, r) evenly, with the r that gives it the variance of the scheme."""
    wanted = [(scheme, "uniform", fans) for scheme in SCHEMES for fans in (FANS, FANS[::-1])]
    for w, (scheme, _, fans) in zip(draw(student, rng, *wanted), wanted, strict=True):
        bound = np.sqrt(3 * variance(scheme, *fans))
        reach = float(np.abs(w).max() / bound)
        compare.require(
            0.98 < reach <= 1 + 1e-9,
            f"For {scheme}, uniform, the largest weight is {reach:.2f} times as large as it may be.",
            "A uniform distribution on (-r, r) has the variance r²/3.",
        )
        for part in (0.25, 0.5, 0.75):
            share = (np.abs(w) < part * bound).astype(float)
            compare.near_mean(
                share,
                part,
                np.sqrt(part * (1 - part) / w.size),
                f"the share of the weights in the middle of (-r, r) for {scheme}",
            )


@check("init_weights", points=2)
def test_normal(student, rng):
    """A normal draw has the shape of the normal distribution, far out as well."""
    drawn = draw(student, rng, *((scheme, "normal", FANS) for scheme in SCHEMES))
    compare.require(all(np.std(w) > 0 for w in drawn), "All weights are equal.")
    given = student.init_weights(*FANS, "he", fresh(rng))
    compare.shape(upright(given, FANS), FANS, "w where no distribution is given")
    beyond = np.abs(given) > 2 * np.std(given)  # of uniform weights there is none
    compare.require(beyond.any(), "Where no distribution is given, the weights are not normal.")
    units = np.concatenate([w.ravel() / np.std(w) for w in drawn])
    for limit, beyond in ((0.5, 0.617075), (1.0, 0.317311), (2.0, 0.045500), (3.0, 0.002700)):
        share = (np.abs(units) > limit).astype(float)
        std_error = np.sqrt(beyond * (1 - beyond) / units.size)
        hint = "Is it a normal distribution, with nothing clipped or drawn again?"
        compare.near_mean(
            share,
            beyond,
            std_error,
            f"the share of the weights beyond {limit} standard deviations",
            hint=hint,
        )


@check("init_weights", points=2)
def test_randomness(student, rng):
    """Each weight is a draw of its own, from `rng` alone, and new at each call."""
    seed = int(rng.integers(2**32))
    for distribution in ("normal", "uniform"):
        first = rules.pure(
            student,
            "init_weights",
            20,
            30,
            "he",
            np.random.default_rng(seed),
            distribution,
            writes=(3,),
        )
        again = student.init_weights(20, 30, "he", np.random.default_rng(seed), distribution)
        other = student.init_weights(20, 30, "he", np.random.default_rng(seed + 1), distribution)
        for w in (first, again, other):
            compare.shape(upright(w, (20, 30)), (20, 30), "w")
        compare.require(
            np.array_equal(first, again),
            "The same state of `rng` gives two different matrices.",
            "Draw from `rng` alone.",
        )
        compare.require(
            not np.array_equal(first, other),
            "Every call gives the same weights.",
            "Does everything come from the `rng` passed in?",
        )
        compare.require(
            np.unique(first).size == first.size,
            "Some weights are equal.",
            "Draw one number for each entry of the matrix.",
        )
    layers = student.draw_layers(5, 2, "he", fresh(rng))
    compare.require(
        not np.array_equal(*layers),
        "Two layers drawn one after the other from one `rng` are equal.",
        "Draw from `rng` itself, so that it moves on.",
    )


@check("init_weights", points=1)
def test_independence(student, rng):
    """No weight depends on another: in small matrices too, nothing is balanced or scaled afterwards."""
    count = 300
    for distribution, spread, below in (("normal", 6.0, 0.427593), ("uniform", 2.4, 0.285010)):
        drawn = student.batch(
            "init_weights", [(1, 3, "lecun", fresh(rng), distribution) for _ in range(count)]
        )
        drawn = [upright(w, (1, 3)) for w in drawn]
        for w in drawn:
            compare.shape(w, (1, 3), "w")
        squares = student.batch(
            "init_weights", [(2, 2, "lecun", fresh(rng), distribution) for _ in range(count)]
        )
        corners = np.array([2 * w[0, 1] * w[1, 0] for w in squares])
        hint = "Also where there are as many inputs as units."
        compare.near_mean(
            corners,
            0.0,
            np.sqrt(1 / count),
            f"the product of two weights across the diagonal, {distribution},",
            hint=hint,
        )
        rows = np.concatenate(drawn)  # each of three independent numbers with a mean square of 1
        squares, sums = np.sum(rows**2, axis=1), np.sum(rows, axis=1)
        hint = "The scheme's mean and variance are those of the distribution; those of one matrix vary."
        name = f"of three weights, {distribution},"
        compare.near_mean(
            squares, 3.0, np.sqrt(spread / count), f"the sum of the squares {name}", hint=hint
        )
        compare.near_mean(
            sums**2, 3.0, np.sqrt(18 / count), f"the square of the sum {name}", hint=hint
        )
        compare.near_mean(
            squares < 2,
            below,
            np.sqrt(below * (1 - below) / count),
            f"the spread of the sum of squares {name}",
            hint=hint,
        )


@check("init_weights", points=1)
def test_bad_arguments(student, rng):
    """An unknown scheme or distribution, and a fan that is no whole number of at least 1, raise a ValueError naming them."""
    rules.rejects(student, "init_weights", 4, 3, "zeros", fresh(rng), mentions=("zeros",))
    rules.rejects(student, "init_weights", 4, 3, "he", fresh(rng), "cauchy", mentions=("cauchy",))
    for fans in ((0, 3), (3, 0), (-7, 3)):
        rules.rejects(
            student, "init_weights", *fans, "xavier", fresh(rng), mentions=(str(min(fans)),)
        )
    rules.rejects(student, "init_weights", 2.5, 3, "he", fresh(rng))
