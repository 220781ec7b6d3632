"""Question `adam`: two moments written out as sums, their corrections, and what is kept."""

import numpy as np

from autograder.checking import check, compare, rules

EPS = 1e-8
LOOSE = 1e-7  # absolute: where eps stands has a check of its own, and w may come near zero


def step(value):
    """next_w and config of a rule's answer."""
    next_w, config = compare.pair(value, 2, ("next_w", "config"))
    compare.that(isinstance(config, dict), "`config` does not come back as a dict.")
    return next_w, config


def held(config, name):
    compare.that(name in config, f"The config which comes back holds no `{name}`.", "What is needed at the next step is kept there.")
    return config[name]


def draw(rng, *shape):
    """Numbers of either sign, none of them near zero."""
    return rng.uniform(0.5, 2.0, size=shape) * rng.choice([-1.0, 1.0], size=shape)


def weights(steps, beta):
    """How much each of so many values weighs in their moving average."""
    return (1 - beta) * beta ** np.arange(steps)[::-1]


def moments(gradients, beta1, beta2):
    """Both averages as they come, and both with weights that add up to 1."""
    rows, one, two = np.asarray(gradients), weights(len(gradients), beta1), weights(len(gradients), beta2)
    first, second = np.tensordot(one, rows, axes=1), np.tensordot(two, rows * rows, axes=1)
    return first, second, first / one.sum(), second / two.sum()


@check("adam", points=4)
def test_first_step(student, rng):
    """The first step has the length `learning_rate` in every entry, whatever the gradient and the betas."""
    w, dw = draw(rng, 3, 2), 100 * draw(rng, 3, 2)
    for beta1, beta2 in ((0.9, 0.999), (0.5, 0.8)):
        next_w, _ = step(student.adam(w, dw, {"learning_rate": 0.07, "beta1": beta1, "beta2": beta2}))
        compare.close(w - next_w, 0.07 * np.sign(dw), "the first step", hint="Both averages of a single value, corrected, are known.")


@check("adam", points=8)
def test_steps_in_a_row(student, rng):
    """`adam` follows its equations over several steps, also when the learning rate changes between them."""
    w, beta1, beta2 = draw(rng, 3, 2), float(rng.uniform(0.4, 0.7)), float(rng.uniform(0.8, 0.95))
    config, got, gradients = {"beta1": beta1, "beta2": beta2}, w, []
    for number, rate in enumerate((0.1, 0.02, 0.3, 0.05)):
        gradients.append(draw(rng, 3, 2))
        _, _, first, second = moments(gradients, beta1, beta2)
        w = w - rate * first / (np.sqrt(second) + EPS)
        got, config = step(student.adam(got, gradients[-1], {**config, "learning_rate": rate}))
        compare.close(
            got, w, f"w after step {number + 1}", atol=LOOSE, hint="Which t, which beta, and which of the averages goes into which step?"
        )


@check("adam", points=6)
def test_what_is_remembered(student, rng):
    """config comes back with its settings, with both averages as they come, not corrected, and with the number of steps taken."""
    w, beta1, beta2 = draw(rng, 4), float(rng.uniform(0.4, 0.7)), float(rng.uniform(0.8, 0.95))
    config, gradients = {"learning_rate": 0.1, "beta1": beta1, "beta2": beta2}, []
    for number in range(2):
        gradients.append(draw(rng, 4))
        w, config = step(student.adam(w, gradients[-1], config))
        first, second, _, _ = moments(gradients, beta1, beta2)
        compare.equal(held(config, "t"), number + 1, f"t after step {number + 1}", hint="It begins at 0 and counts the steps.")
        compare.close(held(config, "first_moment"), first, f"first_moment after step {number + 1}")
        compare.close(held(config, "second_moment"), second, f"second_moment after step {number + 1}")
    for key, value in {"learning_rate": 0.1, "beta1": beta1, "beta2": beta2}.items():
        compare.equal(config.get(key), value, f"config['{key}']")


@check("adam", points=2)
def test_goes_on_from_config(student, rng):
    """A run that was interrupted goes on from the moments and the t that config holds."""
    w, gradients, beta1, beta2 = draw(rng, 3), [draw(rng, 3) for _ in range(8)], 0.8, 0.95
    first, second, _, _ = moments(gradients[:-1], beta1, beta2)
    config = {"learning_rate": 0.1, "beta1": beta1, "beta2": beta2, "t": 7, "first_moment": first, "second_moment": second}
    next_w, config = step(student.adam(w, gradients[-1], config))
    _, _, first, second = moments(gradients, beta1, beta2)
    compare.equal(held(config, "t"), 8, "t")
    compare.close(next_w, w - 0.1 * first / (np.sqrt(second) + EPS), "next_w", atol=LOOSE)


@check("adam", points=3)
def test_place_of_eps(student, rng):
    """eps is added to the root of the corrected average, after the root and after the correction."""
    w, dw, eps = draw(rng, 5), draw(rng, 5), float(rng.uniform(0.3, 0.8))
    next_w, _ = step(student.adam(w, dw, {"learning_rate": 0.1, "beta1": 0.6, "beta2": 0.9, "eps": eps}))
    compare.close(next_w, w - 0.1 * dw / (np.abs(dw) + eps), "next_w with a large eps", hint="In which order: correct, root, eps?")


@check("adam", points=2)
def test_settings_have_defaults(student, rng):
    """What config does not hold has the default of the table; a 0 that it holds is a setting like any other."""
    w, first, second = draw(rng, 4), draw(rng, 4), draw(rng, 4)
    for settings in ({}, {"beta1": 0.0}, {"beta2": 0.0}):
        beta1, beta2 = settings.get("beta1", 0.9), settings.get("beta2", 0.999)
        got, config = step(student.adam(w, first, dict(settings)))
        got, config = step(student.adam(got, second, config))
        m, v, _, _ = moments([first, second], beta1, beta2)
        name = f"with {next(iter(settings))} = 0" if settings else "without settings"
        compare.close(held(config, "first_moment"), m, f"first_moment after two steps {name}")
        compare.close(held(config, "second_moment"), v, f"second_moment after two steps {name}")
        direction = m / (1 - beta1**2) / np.sqrt(v / (1 - beta2**2))
        compare.close(w - got, 0.001 * (np.sign(first) + direction), f"both steps {name}", rtol=1e-5)
    got, _ = step(student.adam(w, first, {"learning_rate": 0.0}))
    compare.equal(got, w, "next_w with a learning_rate of 0")
    faint = 1e-8 * first  # beside which eps shows
    got, _ = step(student.adam(w, faint, {}))
    compare.close(w - got, 0.001 * faint / (np.abs(faint) + 1e-8), "a step down a faint slope without settings")


@check("adam", points=2)
def test_what_belongs_to_the_caller(student, rng):
    """w and dw stay as they are. A weight without a gradient stays too, with no nan and no warning."""
    w, dw = draw(rng, 4), draw(rng, 4) * [1, 0, 1, 0]
    next_w, _ = step(rules.pure(student, "adam", w, dw, {"learning_rate": 0.1}, writes=(2,)))
    compare.that(np.all(np.isfinite(next_w)), "`adam` gives nan or inf for a weight without a gradient.", "Zero divided by what?")
    compare.equal(next_w[1::2], w[1::2], "weights without a gradient")
    compare.that(np.all(next_w[::2] != w[::2]), "The weights with a gradient do not move.")


@check("adam", points=1)
def test_two_parameters(student, rng):
    """Two parameters, stepped in turn with a config each, have a t and moments of their own."""
    both, configs = [draw(rng, 3), draw(rng, 2)], [{"learning_rate": 0.1}, {"learning_rate": 0.2}]
    for number in range(2):
        for one in (0, 1):
            both[one], configs[one] = step(student.adam(both[one], draw(rng, 3 - one), configs[one]))
            compare.equal(held(configs[one], "t"), number + 1, "t of a parameter", hint="Steps of other parameters do not count.")


@check("adam", points=1, needs="test_steps_in_a_row")
def test_dtypes_and_layouts(student, rng):
    """float32 stays float32, integers become float64, and any memory layout will do."""
    w, dw = draw(rng, 3, 4), draw(rng, 3, 4)
    rules.floats(student, "adam", w, dw, {"learning_rate": 0.5})
    rules.layouts(student, "adam", w, dw, {"learning_rate": 0.5})


@check("adam", points=1)
def test_other_shapes(student, rng):
    """A gradient of another shape than w raises a ValueError naming both shapes, even where NumPy would broadcast."""
    for w, dw in (((3, 4), (3, 1)), ((4,), (3, 4)), ((1, 4), (4, 1))):
        rules.rejects(student, "adam", draw(rng, *w), draw(rng, *dw), {"learning_rate": 0.1}, mentions=(str(w), str(dw)))
