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
    drawn = student.batch("init_weights", [(*fans, scheme, fresh(rng), distribution) for scheme, distribution, fans in wanted])
    for w, (_, _, fans) in zip(drawn, wanted, strict=True):
        compare.shape(w, fans, "w", hint="A row for each input, a column for each unit.")
        compare.that(np.isfinite(w).all(), "`w` holds nan or inf.")
    return drawn


def right_variance(student, rng, scheme):
    for w in draw(student, rng, (scheme, "normal", FANS), (scheme, "normal", FANS[::-1])):
        want = variance(scheme, *w.shape)
        ratio = float(np.mean(np.square(w)) / want)
        compare.that(
            abs(ratio - 1) < 5 * np.sqrt(2 / w.size),
            f"For {scheme}, normal, the mean square of the weights is about {ratio:.2g} times what it should be.",
            "Which fan does the table name? And does your generator ask for a variance or for a standard deviation?",
        )


@check("init_weights", points=3)
def test_shape_and_dtype(student, rng):
    """The weights have shape (fan_in, fan_out) and the dtype that is asked for."""
    wanted = [(*fans, "xavier", distribution) for distribution in ("normal", "uniform") for fans in ((3, 5), (7, 2), (1, 1))]
    drawn = student.batch("init_weights", [(*fans, scheme, fresh(rng), distribution) for *fans, scheme, distribution in wanted])
    for w, (*fans, _, _) in zip(drawn, wanted, strict=True):
        compare.shape(w, tuple(fans), "w", hint="A row for each input, a column for each unit.")
        compare.equal(str(w.dtype), "float64", "dtype of w")
    for w in student.batch("init_weights", [(4, 3, "he", fresh(rng), distribution, "float32") for distribution in ("normal", "uniform")]):
        compare.equal(str(getattr(w, "dtype", "")), "float32", "dtype of w with dtype float32")


@check("init_weights", points=4)
def test_mean_is_zero(student, rng):
    """The weights have mean 0, whatever their distribution."""
    drawn = draw(student, rng, ("he", "normal", FANS), ("he", "uniform", FANS))
    for w, distribution in zip(drawn, ("normal", "uniform"), strict=True):
        compare.that(np.ptp(w) > 0, "All weights are equal.")
        hint = "How many weights are negative?"
        compare.near_mean(w, 0.0, np.sqrt(variance("he", *FANS) / w.size), f"mean of the weights, {distribution},", hint=hint)


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
    for w, scheme in zip(draw(student, rng, *((scheme, "uniform", FANS) for scheme in SCHEMES)), SCHEMES, strict=True):
        bound = np.sqrt(3 * variance(scheme, *FANS))
        reach = float(np.abs(w).max() / bound)
        compare.that(
            0.98 < reach <= 1 + 1e-9,
            f"For {scheme}, uniform, the largest weight is {reach:.2f} times as large as it may be.",
            "A uniform distribution on (-r, r) has the variance r²/3.",
        )
        for part in (0.25, 0.5, 0.75):
            share = (np.abs(w) < part * bound).astype(float)
            compare.near_mean(
                share, part, np.sqrt(part * (1 - part) / w.size), f"share of the weights in the middle of (-r, r) for {scheme}"
            )


@check("init_weights", points=3)
def test_normal(student, rng):
    """A normal draw has the shape of the normal distribution."""
    (w,) = draw(student, rng, ("lecun", "normal", FANS))
    std = float(np.std(w))
    compare.that(std > 0, "All weights are equal.")
    for limit, beyond in ((0.5, 0.617075), (1.0, 0.317311), (2.0, 0.045500)):
        share = (np.abs(w) > limit * std).astype(float)
        std_error = np.sqrt(beyond * (1 - beyond) / w.size)
        compare.near_mean(
            share, beyond, std_error, f"share of the weights beyond {limit} standard deviations", hint="Is it a normal distribution?"
        )


@check("init_weights", points=3)
def test_randomness(student, rng):
    """Each weight is a draw of its own, from `rng` alone, and new at each call."""
    seed = int(rng.integers(2**32))
    for distribution in ("normal", "uniform"):
        first = rules.pure(student, "init_weights", 20, 30, "he", np.random.default_rng(seed), distribution, writes=(3,))
        again = student.init_weights(20, 30, "he", np.random.default_rng(seed), distribution)
        other = student.init_weights(20, 30, "he", np.random.default_rng(seed + 1), distribution)
        for w in (first, again, other):
            compare.shape(w, (20, 30), "w")
        compare.that(np.array_equal(first, again), "The same state of `rng` gives two different matrices.", "Draw from `rng` alone.")
        compare.that(
            not np.array_equal(first, other), "Every call gives the same weights.", "Does everything come from the `rng` passed in?"
        )
        compare.that(np.unique(first).size == first.size, "Some weights are equal.", "Draw one number for each entry of the matrix.")


@check("init_weights", points=2)
def test_bad_arguments(student, rng):
    """An unknown scheme or distribution, and a fan that is no whole number of at least 1, raise a ValueError naming them."""
    rules.rejects(student, "init_weights", 4, 3, "zeros", fresh(rng), mentions=("zeros",))
    rules.rejects(student, "init_weights", 4, 3, "he", fresh(rng), "cauchy", mentions=("cauchy",))
    for fans in ((0, 3), (3, 0), (-7, 3)):
        rules.rejects(student, "init_weights", *fans, "xavier", fresh(rng), mentions=(str(min(fans)),))
    rules.rejects(student, "init_weights", 2.5, 3, "he", fresh(rng))
