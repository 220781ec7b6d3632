"""Question `adam`: two moments, their corrections, and what is kept.

Each check looks at one thing and takes the others as the answer has them, so that one mistake costs one check.
"""

import itertools

import numpy as np

from autograder.checking import check, compare, rules, updates

DEFAULTS = {"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
STATE = ("first_moment", "second_moment", "t")


def take(student, w, dw, config):
    next_w, config = updates.updated(student, "adam", w, dw, config)
    compare.shape(next_w, w.shape, "adam: next_w")
    return next_w, config


def held(config, name):
    return updates.entry("adam", config, name)


def draw(rng, *shape):
    """Numbers of either sign, none of them near zero."""
    return rng.uniform(0.5, 2.0, size=shape) * rng.choice([-1.0, 1.0], size=shape)


def near(got, want):
    return (
        got is not None
        and np.shape(got) == np.shape(want)
        and bool(np.allclose(got, want, rtol=1e-6, atol=1e-9))
    )


def some_state(rng, *shape):
    """What config may hold after four steps."""
    return {
        "t": 4,
        "first_moment": draw(rng, *shape),
        "second_moment": rng.uniform(0.5, 2.0, size=shape),
    }


def moments(state, dw, beta1=0.9, beta2=0.999):
    """Both averages after one more gradient."""
    return beta1 * state["first_moment"] + (1 - beta1) * dw, beta2 * state["second_moment"] + (
        1 - beta2
    ) * dw * dw


def moves(config, state, dw, beta1=0.9, beta2=0.999):
    """The steps, in units of the learning rate, that go with right or with the answer's own moments and t; the last is the right one."""
    right = (*moments(state, dw, beta1, beta2), state["t"] + 1)
    choices = [[config.get(name), want] for name, want in zip(STATE, right, strict=True)]
    found = []
    for first, second, t in itertools.product(*choices):
        if first is None or second is None or not isinstance(t, (int, float, np.integer)) or t < 1:
            continue
        with np.errstate(all="ignore"):
            found.append(first / (1 - beta1**t) / (np.sqrt(second / (1 - beta2**t)) + 1e-8))
    return found


@check("adam", points=4)
def test_t(student, rng):
    """`t` in config is 1 after the first step, and counts on from what config holds."""
    w, config = draw(rng, 4), {"learning_rate": 0.1}
    for number in (1, 2, 3):
        w, config = take(student, w, draw(rng, 4), config)
        got = held(config, "t")
        good = isinstance(got, (int, float, np.integer, np.floating)) and got == number
        compare.require(
            good,
            f"`adam`: t in config is wrong after step {number}.",
            "It begins at 0, and counts the steps.",
        )
        state = {"first_moment": np.zeros(4), "second_moment": np.zeros(4)}
        config = {
            "learning_rate": 0.1,
            "t": number,
            **{name: config.get(name, state[name]) for name in state},
        }
    _, config = take(student, w, draw(rng, 4), {"learning_rate": 0.1, **some_state(rng, 4)})
    compare.require(
        held(config, "t") == 5, "`adam`: t in config does not go on from what config held."
    )


@check("adam", points=3)
def test_first_moment(student, rng):
    """`first_moment` in config is the moving average of the gradients, as it comes, not corrected."""
    for shape in ((3, 2), (1,)):
        w, dw, state = draw(rng, *shape), draw(rng, *shape), some_state(rng, *shape)
        _, config = take(student, w, dw, {**DEFAULTS, **state})
        hint = "How much do past and present weigh? And what is kept is not corrected."
        compare.close(
            held(config, "first_moment"),
            moments(state, dw)[0],
            "adam: the new first_moment",
            hint=hint,
        )


@check("adam", points=3)
def test_second_moment(student, rng):
    """`second_moment` in config is the moving average of the squared gradients, as it comes, not corrected."""
    for shape in ((3, 2), (1,)):
        w, dw, state = draw(rng, *shape), draw(rng, *shape), some_state(rng, *shape)
        _, config = take(student, w, dw, {**DEFAULTS, **state})
        hint = "How much do past and present weigh? And what is kept is not corrected."
        compare.close(
            held(config, "second_moment"),
            moments(state, dw)[1],
            "adam: the new second_moment",
            hint=hint,
        )


@check("adam", points=6)
def test_step(student, rng):
    """`adam` steps by the corrected first moment over the root of the corrected second one, times the learning rate."""
    for rate in (0.1, 0.02):
        w, dw, state = draw(rng, 3, 2), draw(rng, 3, 2), some_state(rng, 3, 2)
        next_w, config = take(student, w, dw, {**DEFAULTS, "learning_rate": rate, **state})
        if not any(
            name in config and not np.array_equal(config[name], state[name]) for name in STATE[:2]
        ):
            state = {"t": 0, "first_moment": np.zeros((3, 2)), "second_moment": np.zeros((3, 2))}
            next_w, config = take(
                student, w, dw, {**DEFAULTS, "learning_rate": rate}
            )  # its names have checks of their own
        found = moves(config, state, dw)
        if not any(near(w - next_w, rate * one) for one in found):
            hint = "Which of the averages, which beta and which t goes into which correction?"
            compare.close(w - next_w, rate * found[-1], "adam: w - next_w", hint=hint)


@check("adam", points=1)
def test_first_step(student, rng):
    """Where config remembers nothing, both moments and t count as zero."""
    w, dw = draw(rng, 4), draw(rng, 4)
    without, _ = take(student, w, dw, dict(DEFAULTS))
    zeros, _ = take(
        student,
        w,
        dw,
        {**DEFAULTS, "t": 0, "first_moment": np.zeros(4), "second_moment": np.zeros(4)},
    )
    text = "adam: next_w where `config` remembers nothing, beside that where it remembers zeros,"
    compare.close(
        without, zeros, text, hint="That they are too small at first is what the correction is for."
    )


@check("adam", points=3)
def test_steps_in_a_row(student, rng):
    """What one step leaves in config the next one begins with, and config keeps its settings."""
    w, first, second = draw(rng, 3), draw(rng, 3), draw(rng, 3)
    settings = {**DEFAULTS, "learning_rate": 0.1}
    one, config = take(student, w, first, dict(settings))
    updates.in_form("adam", config)
    for key, value in settings.items():
        compare.equal(config.get(key), value, f"adam: config['{key}']")
    two, _ = take(student, one, second, config)
    zeros = {"t": 0, "first_moment": np.zeros(3), "second_moment": np.zeros(3)}
    m, v = moments(zeros, first)
    state = {"t": 1, "first_moment": m, "second_moment": v}
    if not near(two, w - 0.1 * moves({}, zeros, first)[-1] - 0.1 * moves({}, state, second)[-1]):
        kept = {name: held(config, name) for name in STATE}
        hint = "Put what is new into config, and begin the next step with it."
        for name in STATE:
            compare.require(
                np.any(kept[name]), f"`adam`: after a step, {name} in config is zero.", hint
            )
        want, _ = take(student, one, second, {**settings, **kept})
        compare.close(
            two,
            want,
            "adam: w after the second step, beside a step from what is in config,",
            hint=hint,
        )


@check("adam", points=3)
def test_place_of_eps(student, rng):
    """eps is added to the root of the corrected average, after the root and after the correction."""
    w, dw = draw(rng, 5), draw(rng, 5)
    below = []
    for eps in (0.0, 0.4, 0.9):
        moved = (
            w
            - take(student, w, dw, {"learning_rate": 0.1, "beta1": 0.6, "beta2": 0.9, "eps": eps})[
                0
            ]
        )
        compare.require(np.all(moved), "`adam` does not move.")
        compare.require(
            np.isfinite(moved).all(),
            f"the first step of `adam` with an eps of {eps:g} is not finite.",
            "What stands under the root after the first gradient?",
        )
        below.append(1 / np.abs(moved))
    for eps, one in zip((0.4, 0.9), below[1:], strict=True):
        hint = "In which order: correct, root, eps?"
        compare.close(
            one / below[0],
            1 + eps / np.abs(dw),
            "adam: how much shorter a large eps makes the first step",
            hint=hint,
        )


@check("adam", points=3)
def test_settings(student, rng):
    """The settings are read from config; what it does not hold has the default of the table, and a 0 is a setting like any other."""
    w, dw, faint, state = draw(rng, 4), draw(rng, 4), 1e-8 * draw(rng, 4), some_state(rng, 4)
    for gradient, words in ((dw, ""), (faint, " down a faint slope")):
        for old in ({}, state):
            without, given = (
                w - take(student, w, gradient, {**settings, **old})[0]
                for settings in ({}, DEFAULTS)
            )
            text = f"adam: the step without settings{words}, beside that with those of the table,"
            compare.close(without, given, text, rtol=1e-5, atol=1e-14)
    compare.equal(
        take(student, w, dw, {"learning_rate": 0.0})[0], w, "adam: next_w with a learning_rate of 0"
    )
    none, hardly = (
        w - take(student, w, faint, {**DEFAULTS, "eps": eps})[0] for eps in (0.0, 1e-18)
    )
    compare.close(
        none,
        hardly,
        "adam: the step with an eps of 0, beside that with one of nearly 0,",
        rtol=1e-5,
        atol=1e-14,
    )
    usual, config = take(student, w, dw, {**DEFAULTS, "learning_rate": 0.1, **state})
    derived = any(near(w - usual, 0.1 * one) for one in moves(config, state, dw))
    right = [
        near(config.get(name), want) for name, want in zip(STATE, moments(state, dw), strict=False)
    ]
    for beta1, beta2 in ((0.5, 0.8), (0.0, 0.8), (0.5, 0.0)):
        settings = {"learning_rate": 0.1, "beta1": beta1, "beta2": beta2, "eps": 1e-8}
        next_w, config = take(student, w, dw, {**settings, **state})
        words = "for other betas in config" if beta1 and beta2 else "for a beta of 0"
        for name, good, want in zip(STATE, right, moments(state, dw, beta1, beta2), strict=False):
            if good:
                compare.close(config.get(name), want, f"adam: {name} {words}")
        if derived and not any(
            near(w - next_w, 0.1 * one) for one in moves(config, state, dw, beta1, beta2)
        ):
            compare.fail(
                f"`adam`: the step is right for the default betas, but not {words}.",
                "Both betas also stand in the corrections.",
            )


@check("adam", points=1)
def test_what_belongs_to_the_caller(student, rng):
    """w and dw stay unchanged. A weight without a gradient stays too, with no nan and no warning."""
    w, dw = draw(rng, 4), draw(rng, 4) * [1, 0, 1, 0]
    next_w = updates.first(rules.pure(student, "adam", w, dw, {"learning_rate": 0.1}, writes=(2,)))
    compare.require(
        np.all(np.isfinite(next_w)),
        "`adam` gives nan or inf for a weight without a gradient.",
        "Zero divided by what?",
    )
    compare.equal(next_w[1::2], w[1::2], "adam: the weights without a gradient")
    compare.require(
        np.all(next_w[::2] != w[::2]), "`adam` does not move the weights with a gradient."
    )


@check("adam", points=1)
def test_two_parameters(student, rng):
    """Two parameters, stepped in turn with a config each, do not disturb one another."""
    starts, gradients = (
        [draw(rng, 3), draw(rng, 2)],
        [[draw(rng, size) for _ in range(2)] for size in (3, 2)],
    )
    alone = []
    for at, rows in zip(starts, gradients, strict=True):
        config = {"learning_rate": 0.1}
        for dw in rows:
            at, config = take(student, at, dw, config)
        alone.append(at)
    both, configs = list(starts), [{"learning_rate": 0.1}, {"learning_rate": 0.1}]
    for number in range(2):
        for one in (0, 1):
            both[one], configs[one] = take(student, both[one], gradients[one][number], configs[one])
    for one in (0, 1):
        compare.require(not np.array_equal(alone[one], starts[one]), "`adam` does not move.")
        hint = "Moments and t belong to the parameter, so to its config."
        compare.close(
            both[one],
            alone[one],
            "adam: w of two parameters in turn, beside each alone,",
            hint=hint,
        )


@check("adam", points=1)
def test_dtypes_and_layouts(student, rng):
    """`next_w` is float32 for float32 and float64 for integers, and any memory layout will do."""
    w, dw = draw(rng, 3, 4), draw(rng, 3, 4)
    rules.floats(student, "adam", w, dw, {"learning_rate": 0.5}, first=1)
    rules.floats(
        student,
        "adam",
        w,
        dw,
        {"learning_rate": 0.5, **some_state(rng, 3, 4)},
        integers=False,
        first=1,
    )
    rules.layouts(student, "adam", w, dw, {"learning_rate": 0.5}, first=1)


@check("adam", points=1)
def test_other_shapes(student, rng):
    """A gradient of another shape than w raises a ValueError naming both shapes, even where NumPy would broadcast."""
    for w, dw in (((3, 4), (3, 1)), ((4,), (3, 4)), ((1, 4), (4, 1))):
        rules.rejects(
            student,
            "adam",
            draw(rng, *w),
            draw(rng, *dw),
            {"learning_rate": 0.1},
            mentions=(str(w), str(dw)),
        )
