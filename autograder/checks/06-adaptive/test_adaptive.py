"""Question `adaptive`: AdaGrad, RMSProp and AdaDelta, each against its equations written out as sums."""

import numpy as np

from autograder.checking import check, compare, rules

RULES = ("adagrad", "rmsprop", "adadelta")
REMEMBERED = {"adagrad": ("grad_squared",), "rmsprop": ("grad_squared",), "adadelta": ("grad_squared", "delta_squared")}
RATES = (0.1, 0.02, 0.3)
EPS = 1e-8
LOOSE = 1e-7  # absolute: where eps stands has a check of its own, and w may come near zero


def step(value):
    """next_w and config of a rule's answer."""
    next_w, config = compare.pair(value, 2, ("next_w", "config"))
    compare.that(isinstance(config, dict), "`config` does not come back as a dict.")
    return next_w, config


def draw(rng, *shape):
    """Numbers of either sign, none of them near zero."""
    return rng.uniform(0.5, 2.0, size=shape) * rng.choice([-1.0, 1.0], size=shape)


def average(rows, rho):
    """The moving average of what has come so far, from zero."""
    ages = np.arange(len(rows))[::-1]
    return (1 - rho) * np.tensordot(rho**ages, np.asarray(rows), axes=1)


def deltas(gradients, rho, eps):
    """AdaDelta's steps, each from the sums over all that was before, and the last of its two averages."""
    taken = []
    for t in range(len(gradients)):
        before = average([d * d for d in taken], rho) if taken else 0.0
        now = average([g * g for g in gradients[: t + 1]], rho)
        taken.append(np.sqrt((before + eps) / (now + eps)) * gradients[t])
    return taken, average([d * d for d in taken], rho)


def walk(student, name, w, gradients, config, rates=RATES):
    """The points and configs of some steps in a row, the learning rate changing between them."""
    points, configs = [], []
    for dw, rate in zip(gradients, rates, strict=True):
        w, config = step(getattr(student, name)(w, dw, {**config, "learning_rate": rate}))
        points.append(w)
        configs.append(config)
    return points, configs


@check("adaptive", points=7)
def test_adagrad(student, rng):
    """`adagrad` divides each entry's gradient by the root of the sum of all its squares so far, step after step."""
    w, gradients = draw(rng, 3, 2), [draw(rng, 3, 2) for _ in RATES]
    points, _ = walk(student, "adagrad", w, gradients, {})
    for t, rate in enumerate(RATES):
        w = w - rate * gradients[t] / (np.sqrt(np.sum(np.square(gradients[: t + 1]), axis=0)) + EPS)
        compare.close(
            points[t], w, f"w after step {t + 1}", atol=LOOSE, hint="What is divided by what? And is the last step's sum still there?"
        )


@check("adaptive", points=7)
def test_rmsprop(student, rng):
    """`rmsprop` divides by the root of a moving average of the squares, step after step."""
    w, gradients, rho = draw(rng, 3, 2), [draw(rng, 3, 2) for _ in RATES], float(rng.uniform(0.6, 0.9))
    points, _ = walk(student, "rmsprop", w, gradients, {"decay_rate": rho})
    for t, rate in enumerate(RATES):
        w = w - rate * gradients[t] / (np.sqrt(average(np.square(gradients[: t + 1]), rho)) + EPS)
        compare.close(
            points[t], w, f"w after step {t + 1}", atol=LOOSE, hint="The average is that of question 1, from zero and not corrected."
        )


@check("adaptive", points=3)
def test_adadelta_begins(student, rng):
    """The first step of `adadelta` is made by eps: it stands above the line too, and the step is not zero."""
    w, dw, rho, eps = draw(rng, 4), draw(rng, 4), float(rng.uniform(0.6, 0.9)), 1e-4
    next_w, _ = step(student.adadelta(w, dw, {"decay_rate": rho, "eps": eps}))
    compare.that(
        not np.array_equal(next_w, w), "The first step goes nowhere.", "Of the steps before there are none: what is left above the line?"
    )
    compare.close(next_w, w - np.sqrt(eps / ((1 - rho) * dw * dw + eps)) * dw, "next_w")


@check("adaptive", points=6)
def test_adadelta(student, rng):
    """`adadelta` follows its equations over several steps; the learning rate scales the step, not what is remembered of it."""
    w, gradients, rho, eps = draw(rng, 3, 2), [draw(rng, 3, 2) for _ in RATES], float(rng.uniform(0.5, 0.8)), 0.01
    taken, _ = deltas(gradients, rho, eps)
    points, _ = walk(student, "adadelta", w, gradients, {"decay_rate": rho, "eps": eps})
    for t, rate in enumerate(RATES):
        w = w - rate * taken[t]
        compare.close(points[t], w, f"w after step {t + 1}", hint="Which steps does the root above the line know of?")


@check("adaptive", points=4)
def test_place_of_eps(student, rng):
    """eps is added after the root in `adagrad` and `rmsprop`, and before it in `adadelta`."""
    w, first, second, rho, eps = draw(rng, 4), draw(rng, 4), draw(rng, 4), float(rng.uniform(0.5, 0.8)), float(rng.uniform(0.3, 0.6))
    for name, total in (("adagrad", first**2), ("rmsprop", (1 - rho) * first**2)):
        next_w, _ = step(getattr(student, name)(w, first, {"learning_rate": 0.1, "decay_rate": rho, "eps": eps}))
        compare.close(next_w, w - 0.1 * first / (np.sqrt(total) + eps), f"{name}: next_w with a large eps", hint="Root first, then eps.")
    points, _ = walk(student, "adadelta", w, [first, second], {"decay_rate": rho, "eps": eps}, rates=(1.0, 1.0))
    taken, _ = deltas([first, second], rho, eps)
    compare.close(points[1], w - taken[0] - taken[1], "adadelta: w after two steps with a large eps", hint="Inside each of the two roots.")


@check("adaptive", points=4)
def test_what_is_remembered(student, rng):
    """config comes back with its settings and with what the next step needs, under the names of the table."""
    w, gradients, rho, eps = draw(rng, 3), [draw(rng, 3) for _ in range(2)], float(rng.uniform(0.5, 0.8)), 0.01
    squares = np.square(gradients)
    want = {"adagrad": [squares.sum(axis=0)], "rmsprop": [average(squares, rho)]}
    want["adadelta"] = [average(squares, rho), deltas(gradients, rho, eps)[1]]
    for name in RULES:
        settings = {"decay_rate": rho, "eps": eps}
        _, configs = walk(student, name, w, gradients, settings, rates=(0.1, 0.2))
        for key, value in zip(REMEMBERED[name], want[name], strict=True):
            compare.that(
                key in configs[-1], f"After a step of `{name}`, config holds no `{key}`.", "What is needed at the next step is kept there."
            )
            compare.close(configs[-1][key], value, f"{name}: {key} after two steps")
        for key, value in {**settings, "learning_rate": 0.2}.items():
            compare.equal(configs[-1].get(key), value, f"{name}: config['{key}']")


@check("adaptive", points=3)
def test_settings_have_defaults(student, rng):
    """What config does not hold has the default of the table; a 0 that it holds is a setting like any other."""
    w, dw = draw(rng, 5), draw(rng, 5)
    want = {
        "adagrad": 0.01 * dw / (np.abs(dw) + EPS),
        "rmsprop": 0.01 * dw / (0.1 * np.abs(dw) + EPS),
        "adadelta": np.sqrt(1e-6 / (0.05 * dw * dw + 1e-6)) * dw,
    }
    for name in RULES:
        next_w, _ = step(getattr(student, name)(w, dw, {}))
        compare.close(w - next_w, want[name], f"{name}: the first step without settings")
    for name, settings in (("rmsprop", {"learning_rate": 0.01, "decay_rate": 0.0}), ("adadelta", {"decay_rate": 0.0, "eps": 0.01})):
        next_w, _ = step(getattr(student, name)(w, dw, settings))
        move = 0.01 * np.sign(dw) if name == "rmsprop" else 0.1 / np.sqrt(dw * dw + 0.01) * dw
        compare.close(w - next_w, move, f"{name}: the first step with a decay_rate of 0", atol=LOOSE)
    for name in RULES:
        next_w, _ = step(getattr(student, name)(w, dw, {"learning_rate": 0.0}))
        compare.equal(next_w, w, f"{name}: next_w with a learning_rate of 0")
    faint = 1e-8 * draw(rng, 5)  # beside which eps shows
    for name, share in (("adagrad", 1.0), ("rmsprop", 0.1)):
        next_w, _ = step(getattr(student, name)(w, faint, {}))
        compare.close(
            w - next_w, 0.01 * faint / (share * np.abs(faint) + EPS), f"{name}: the first step down a faint slope without settings"
        )


@check("adaptive", points=2)
def test_no_gradient_no_step(student, rng):
    """A weight that never gets a gradient stays where it is: no step, no nan, no warning. The others go on."""
    w = draw(rng, 4)
    for name in RULES:
        got, config = w, {"learning_rate": 0.1}
        for _ in range(2):
            dw = draw(rng, 4) * [1, 0, 1, 0]
            got, config = step(rules.pure(student, name, got, dw, config, writes=(2,)))
        compare.that(np.all(np.isfinite(got)), f"`{name}` gives nan or inf for a weight without a gradient.", "Zero divided by what?")
        compare.equal(got[1::2], w[1::2], f"{name}: weights without a gradient")
        compare.that(np.all(got[::2] != w[::2]), f"`{name}` does not move the weights with a gradient.")


@check("adaptive", points=2)
def test_what_belongs_to_the_caller(student, rng):
    """w and dw stay as they are. Two parameters with a config each do not disturb one another."""
    w, dw, other = draw(rng, 3, 2), draw(rng, 3, 2), draw(rng, 4)
    for name in RULES:
        alone, _ = step(rules.pure(student, name, w, dw, {"learning_rate": 0.1}, writes=(2,)))
        step(getattr(student, name)(other, -other, {"learning_rate": 0.3}))
        again, _ = step(getattr(student, name)(w, dw, {"learning_rate": 0.1}))
        compare.close(
            again, alone, f"{name}: the same first step, after a step of another parameter", hint="What is remembered belongs into config."
        )
        compare.that(not np.array_equal(alone, w), f"`{name}` does not move.")


@check("adaptive", points=1, needs=("test_adagrad", "test_rmsprop", "test_adadelta"))
def test_dtypes_and_layouts(student, rng):
    """float32 stays float32, integers become float64, and any memory layout will do."""
    w, dw = draw(rng, 3, 4), draw(rng, 3, 4)
    for name in RULES:
        rules.floats(student, name, w, dw, {"learning_rate": 0.5})
        rules.layouts(student, name, w, dw, {"learning_rate": 0.5})


@check("adaptive", points=1)
def test_other_shapes(student, rng):
    """A gradient of another shape than w raises a ValueError naming both shapes, even where NumPy would broadcast."""
    for w, dw in (((3, 4), (3, 1)), ((1, 4), (4, 1))):
        for name in RULES:
            rules.rejects(student, name, draw(rng, *w), draw(rng, *dw), {"learning_rate": 0.1}, mentions=(str(w), str(dw)))
