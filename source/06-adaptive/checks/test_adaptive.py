"""Question `adaptive`: AdaGrad, RMSProp and AdaDelta, each against its equations.

Each check looks at one thing (what is remembered, the step, eps, the defaults) and takes the others as the answer has them, so
that one mistake costs one check, and a mistake in one rule costs nothing on another.
"""

import numpy as np

from autograder.checking import check, compare, rules, updates

RULES = ("adagrad", "rmsprop", "adadelta")
KEPT = {
    "adagrad": ("grad_squared",),
    "rmsprop": ("grad_squared",),
    "adadelta": ("grad_squared", "delta_squared"),
}
RHO = {"rmsprop": 0.99, "adadelta": 0.95}
DEFAULTS = {
    "adagrad": {"learning_rate": 0.01, "eps": 1e-8},
    "rmsprop": {"learning_rate": 0.01, "decay_rate": 0.99, "eps": 1e-8},
    "adadelta": {"learning_rate": 1.0, "decay_rate": 0.95, "eps": 1e-6},
}
SHAPES = ((3, 2), (1,))


def take(student, name, w, dw, config):
    next_w, config = updates.updated(student, name, w, dw, config)
    compare.shape(next_w, w.shape, f"{name}: next_w")
    return next_w, config


def held(config, name, key):
    return updates.entry(name, config, key)


def draw(rng, *shape):
    """Numbers of either sign, none of them near zero."""
    return rng.uniform(0.5, 2.0, size=shape) * rng.choice([-1.0, 1.0], size=shape)


def near(got, want):
    return (
        got is not None
        and np.shape(got) == np.shape(want)
        and bool(np.allclose(got, want, rtol=1e-6, atol=1e-9))
    )


def remembered(rng, name, shape):
    """What config may hold from earlier steps."""
    return {key: rng.uniform(0.5, 2.0, size=shape) for key in KEPT[name]}


def squares(name, old, dw):
    """The new `grad_squared`."""
    return old + dw * dw if name == "adagrad" else RHO[name] * old + (1 - RHO[name]) * dw * dw


def check_squares(student, rng, name, hint):
    for shape in SHAPES:
        w, dw, state = draw(rng, *shape), draw(rng, *shape), remembered(rng, name, shape)
        _, config = take(student, name, w, dw, {**DEFAULTS[name], **state})
        got = held(config, name, "grad_squared")
        compare.close(
            got,
            squares(name, state["grad_squared"], dw),
            f"{name}: the new grad_squared",
            hint=hint,
        )


def check_step(student, rng, name):
    """The step divides by the root of the new squares, the answer's own or the right ones."""
    for rate in (0.1, 0.002):  # with the second, an eps that is added to the step shows
        w, dw, state = draw(rng, 3, 2), draw(rng, 3, 2), remembered(rng, name, (3, 2))
        state = {key: 10 * value for key, value in state.items()}  # no sum of roots is near zero
        settings = {**DEFAULTS[name], "learning_rate": rate}
        next_w, config = take(student, name, w, dw, {**settings, **state})
        own, right = config.get("grad_squared"), squares(name, state["grad_squared"], dw)
        if own is None:  # it is kept under another name, which has a check of its own
            next_w, right = take(student, name, w, dw, dict(settings))[0], squares(name, 0.0, dw)
        elif np.all(np.asarray(own) > 0) and near(w - next_w, rate * dw / np.sqrt(own)):
            continue
        hint = "Is it divided by the root of the squares, and by the new ones?"
        compare.close(
            w - next_w, rate * dw / (np.sqrt(right) + 1e-8), f"{name}: w - next_w", hint=hint
        )


@check("adaptive", points=4)
def test_sum_of_adagrad(student, rng):
    """`adagrad` keeps, for each entry, the sum of all its squared gradients so far."""
    check_squares(student, rng, "adagrad", "Add the square of each entry to what config holds.")


@check("adaptive", points=4)
def test_step_of_adagrad(student, rng):
    """`adagrad` divides each entry's gradient by the root of its sum."""
    check_step(student, rng, "adagrad")


@check("adaptive", points=4)
def test_average_of_rmsprop(student, rng):
    """`rmsprop` keeps, for each entry, the moving average of its squared gradients, uncorrected."""
    check_squares(
        student,
        rng,
        "rmsprop",
        "The average is that of question 1: how much do past and present weigh?",
    )


@check("adaptive", points=4)
def test_step_of_rmsprop(student, rng):
    """`rmsprop` divides each entry's gradient by the root of its average."""
    check_step(student, rng, "rmsprop")


@check("adaptive", points=2)
def test_averages_of_gradients_in_adadelta(student, rng):
    """`adadelta` keeps, for each entry, the moving average of its squared gradients."""
    check_squares(
        student,
        rng,
        "adadelta",
        "The average is that of question 1: how much do past and present weigh?",
    )


@check("adaptive", points=4)
def test_step_of_adadelta(student, rng):
    """`adadelta` steps by the root of the averaged squared steps over that of the averaged squared gradients, times the gradient."""
    for _ in range(2):
        w, dw, state = draw(rng, 3, 2), draw(rng, 3, 2), remembered(rng, "adadelta", (3, 2))
        settings = {"learning_rate": 1.0, "decay_rate": 0.95, "eps": 1e-14}
        next_w, config = take(student, "adadelta", w, dw, {**settings, **state})
        own, right = config.get("grad_squared"), squares("adadelta", state["grad_squared"], dw)
        above = np.sqrt(state["delta_squared"])
        if own is None or not (
            np.all(np.asarray(own) > 0) and near(w - next_w, above / np.sqrt(own) * dw)
        ):
            hint = "What is above the line, and what below? The steps above are those before this one, the gradients below include this one."
            compare.close(
                w - next_w, above / np.sqrt(right) * dw, "adadelta: w - next_w", hint=hint
            )


@check("adaptive", points=3)
def test_averages_of_steps_in_adadelta(student, rng):
    """`adadelta` keeps, for each entry, the moving average of its squared steps, before the learning rate multiplies them."""
    for shape in SHAPES:
        w, dw, state = draw(rng, *shape), draw(rng, *shape), remembered(rng, "adadelta", shape)
        settings = {"decay_rate": 0.95, "eps": 0.01}
        at_one, config = take(
            student, "adadelta", w, dw, {**settings, **state, "learning_rate": 1.0}
        )
        delta = w - at_one  # the answer's own
        for rate in (1.0, 0.5):
            _, config = take(
                student, "adadelta", w, dw, {**settings, **state, "learning_rate": rate}
            )
            want = 0.95 * state["delta_squared"] + 0.05 * delta**2
            words = "" if rate == 1 else " for half the learning rate"
            hint = "It averages the squares of delta. The learning rate comes last of all."
            compare.close(
                held(config, "adadelta", "delta_squared"),
                want,
                f"adadelta: the new delta_squared{words}",
                hint=hint,
            )


@check("adaptive", points=2)
def test_adadelta_begins(student, rng):
    """The first step of `adadelta` is not zero, since eps stands above the line too; and the learning rate scales each step."""
    w, dw, settings = draw(rng, 4), draw(rng, 4), {"decay_rate": 0.95, "eps": 1e-4}
    next_w, _ = take(student, "adadelta", w, dw, dict(settings))
    hint = "There are no steps before it: what is left above the line?"
    compare.require(not np.array_equal(next_w, w), "`adadelta`: the first step is zero.", hint)
    state = remembered(rng, "adadelta", (4,))
    whole, half = (
        w - take(student, "adadelta", w, dw, {**settings, **state, "learning_rate": rate})[0]
        for rate in (1.0, 0.5)
    )
    compare.close(
        half, whole / 2, "adadelta: the step at half the learning rate, beside half the step,"
    )


@check("adaptive", points=3)
def test_steps_in_a_row(student, rng):
    """What one step leaves in config the next one begins with, nothing counts as zeros, and config keeps its settings."""
    for name in RULES:
        w, first, second = draw(rng, 3), draw(rng, 3), draw(rng, 3)
        settings = {**DEFAULTS[name], "learning_rate": 0.1}
        one, config = take(student, name, w, first, dict(settings))
        updates.in_form(name, config)
        zeros = {key: np.zeros(3) for key in KEPT[name]}
        from_zeros, _ = take(student, name, w, first, {**settings, **zeros})
        compare.close(
            one,
            from_zeros,
            f"{name}: next_w where `config` remembers nothing, beside that where it remembers zeros,",
        )
        for key, value in settings.items():
            compare.equal(config.get(key), value, f"{name}: config['{key}']")
        two, _ = take(student, name, one, second, config)
        right = (
            w - 0.1 * first / (np.sqrt(squares(name, 0.0, first)) + 1e-8)
            if name != "adadelta"
            else None
        )
        if right is not None:
            right = right - 0.1 * second / (
                np.sqrt(squares(name, squares(name, 0.0, first), second)) + 1e-8
            )
        if right is not None and near(two, right):
            continue
        state = {key: held(config, name, key) for key in KEPT[name]}
        hint = "Put what is new into config, and begin the next step with it."
        compare.require(
            np.any(state["grad_squared"]),
            f"`{name}`: after a step, grad_squared in config is zero.",
            hint,
        )
        want, _ = take(student, name, one, second, {**settings, **state})
        compare.close(
            two,
            want,
            f"{name}: w after the second step, beside a step from what is in config,",
            hint=hint,
        )


@check("adaptive", points=3)
def test_place_of_eps(student, rng):
    """eps is added after the root in `adagrad` and `rmsprop`, and before it in `adadelta`."""
    w, dw = draw(rng, 4), draw(rng, 4)
    for name in ("adagrad", "rmsprop"):
        state, below = remembered(rng, name, (4,)), []
        for eps in (0.3, 1.1):
            moved = (
                w
                - take(
                    student,
                    name,
                    w,
                    dw,
                    {**DEFAULTS[name], **state, "learning_rate": 0.1, "eps": eps},
                )[0]
            )
            compare.require(np.all(moved), f"`{name}` does not move.")
            below.append(np.abs(0.1 * dw / moved))
        hint = "Root first, then eps, then the division."
        compare.close(
            below[1] - below[0],
            np.full(4, 0.8),
            f"{name}: what an eps larger by 0.8 adds below the line",
            hint=hint,
        )
    state = remembered(rng, "adadelta", (4,))
    for eps in (0.3, 1.1):
        next_w, config = take(
            student,
            "adadelta",
            w,
            dw,
            {"learning_rate": 1.0, "decay_rate": 0.95, **state, "eps": eps},
        )
        own, right = config.get("grad_squared"), squares("adadelta", state["grad_squared"], dw)
        ratio = ((w - next_w) / dw) ** 2
        below = [one for one in (own, right) if one is not None]
        wants = [(state["delta_squared"] + eps) / (one + eps) for one in below]
        if not any(near(ratio, want) or near(ratio, 1 / want) for want in wants):
            hint = "eps is inside each of the two roots."
            compare.close(
                np.abs(w - next_w),
                np.sqrt(wants[-1]) * np.abs(dw),
                "adadelta: the step with a large eps",
                hint=hint,
            )


@check("adaptive", points=3)
def test_settings_have_defaults(student, rng):
    """What config does not hold has the default of the table; a 0 that it holds is a setting like any other."""
    w, dw, faint = (
        draw(rng, 5),
        draw(rng, 5),
        1e-8 * draw(rng, 5),
    )  # beside faint gradients eps shows
    for name in RULES:
        for gradient, words in ((dw, ""), (faint, " down a faint slope")):
            without = w - take(student, name, w, gradient, {})[0]
            given = w - take(student, name, w, gradient, dict(DEFAULTS[name]))[0]
            text = f"{name}: the step without settings{words}, beside that with those of the table,"
            compare.close(without, given, text, rtol=1e-5, atol=1e-14)
        next_w, _ = take(student, name, w, dw, {"learning_rate": 0.0})
        compare.equal(next_w, w, f"{name}: next_w with a learning_rate of 0")
    for name in ("rmsprop", "adadelta"):
        state = remembered(rng, name, (5,))
        for rho in (0.6, 0.0):
            settings = {**DEFAULTS[name], "decay_rate": rho}
            with_old, without = (
                take(student, name, w, dw, {**settings, **old})[1].get("grad_squared")
                for old in (state, {key: np.zeros(5) for key in state})
            )
            if (
                with_old is not None
                and without is not None
                and np.shape(with_old) == np.shape(without) == (5,)
            ):
                change = with_old - without
                good = near(change, rho * state["grad_squared"]) or near(
                    change, (1 - rho) * state["grad_squared"]
                )
                sure = near(change, RHO[name] * state["grad_squared"])
                text = f"`{name}`: for another decay_rate in config as much is kept of the old squares as for the default."
                compare.require(
                    good or not sure,
                    text,
                    "0 is a setting, too." if rho == 0 else "Read it from config.",
                )
    for name in ("adagrad", "rmsprop"):
        none, hardly = (
            w - take(student, name, w, faint, {**DEFAULTS[name], "eps": eps})[0]
            for eps in (0.0, 1e-18)
        )
        compare.close(
            none,
            hardly,
            f"{name}: the step with an eps of 0, beside that with one of nearly 0,",
            rtol=1e-5,
            atol=1e-14,
        )


@check("adaptive", points=1)
def test_no_gradient_no_step(student, rng):
    """A weight that never gets a gradient stays where it is: no step, no nan, no warning. The others go on."""
    w = draw(rng, 4)
    for name in RULES:
        got, config = w, {"learning_rate": 0.1}
        for _ in range(2):
            dw = draw(rng, 4) * [1, 0, 1, 0]
            rules.pure(student, name, got, dw, config, writes=(2,))
            got, config = updates.updated(student, name, got, dw, config)
        compare.require(
            np.all(np.isfinite(got)),
            f"`{name}` gives nan or inf for a weight without a gradient.",
            "Zero divided by what?",
        )
        compare.equal(got[1::2], w[1::2], f"{name}: the weights without a gradient")
        compare.require(
            np.all(got[::2] != w[::2]), f"`{name}` does not move the weights with a gradient."
        )


@check("adaptive", points=1)
def test_what_belongs_to_the_caller(student, rng):
    """w and dw stay unchanged. Two parameters with a config each do not disturb one another."""
    w, dw, other = draw(rng, 3, 2), draw(rng, 3, 2), draw(rng, 4)
    for name in RULES:
        alone = updates.first(rules.pure(student, name, w, dw, {"learning_rate": 0.1}, writes=(2,)))
        getattr(student, name)(other, -other, {"learning_rate": 0.3})
        again = updates.first(getattr(student, name)(w, dw, {"learning_rate": 0.1}))
        hint = "What is remembered belongs into config."
        compare.close(
            again,
            alone,
            f"{name}: the same first step, after a step of another parameter,",
            hint=hint,
        )
        compare.require(not np.array_equal(alone, w), f"`{name}` does not move.")
        turned = updates.first(getattr(student, name)(w, -dw, {"learning_rate": 0.1}))
        compare.require(
            not np.array_equal(turned, alone),
            f"`{name}` takes the same step for the opposite gradient.",
        )


@check("adaptive", points=1)
def test_dtypes_and_layouts(student, rng):
    """`next_w` is float32 for float32 and float64 for integers, and any memory layout will do."""
    w, dw = draw(rng, 3, 4), draw(rng, 3, 4)
    for name in RULES:
        rules.floats(student, name, w, dw, {"learning_rate": 0.5}, first=1)
        rules.floats(
            student,
            name,
            w,
            dw,
            {"learning_rate": 0.5, **remembered(rng, name, (3, 4))},
            integers=False,
            first=1,
        )
        rules.layouts(student, name, w, dw, {"learning_rate": 0.5}, first=1)


@check("adaptive", points=1)
def test_other_shapes(student, rng):
    """A gradient of another shape than w raises a ValueError naming both shapes, even where NumPy would broadcast."""
    for w, dw in (((3, 4), (3, 1)), ((4,), (3, 4)), ((1, 4), (4, 1))):
        for name in RULES:
            rules.rejects(
                student,
                name,
                draw(rng, *w),
                draw(rng, *dw),
                {"learning_rate": 0.1},
                mentions=(str(w), str(dw)),
            )
