"""Question `sgd_momentum`: the step, the velocity, and who owns what.

Each check looks at one of them and takes the others as the answer has them, so that one mistake costs one check.
"""

import numpy as np

from autograder.checking import check, compare, rules, updates

NAMES = ("sgd", "sgd_momentum")


def momentum_step(student, w, dw, config):
    """next_w of `sgd_momentum`, and the velocity that it leaves in config, or None."""
    next_w, config = updates.updated(student, "sgd_momentum", w, dw, config)
    return next_w, config.get("velocity")


def draw(rng, *shape):
    return rng.normal(size=shape) + np.sign(rng.normal(size=shape))


def near(got, want):
    return np.shape(got) == np.shape(want) and bool(np.allclose(got, want, rtol=1e-6, atol=1e-9))


@check("sgd_momentum", points=3)
def test_sgd(student, rng):
    """`sgd` steps against the gradient by the learning rate, and returns config with its settings."""
    for shape in ((3, 4), (5,), (1,), (2, 3, 2)):
        w, dw, rate = draw(rng, *shape), draw(rng, *shape), float(rng.uniform(0.01, 0.5))
        next_w, config = updates.updated(student, "sgd", w, dw, {"learning_rate": rate})
        updates.in_form("sgd", config)
        compare.shape(next_w, shape, "sgd: next_w")
        compare.close(
            w - next_w, rate * dw, "sgd: w - next_w", hint="Which way is downhill, and how far?"
        )
        compare.equal(config.get("learning_rate"), rate, "sgd: config['learning_rate']")


@check("sgd_momentum", points=3)
def test_velocity(student, rng):
    """The new `velocity` in config is the momentum times the old one, plus the whole gradient."""
    for shape in ((3, 2), (1,)):
        w, dw, v = draw(rng, *shape), draw(rng, *shape), draw(rng, *shape)
        config = {"learning_rate": 0.07, "momentum": 0.9, "velocity": v}
        velocity = updates.entry(
            "sgd_momentum", updates.updated(student, "sgd_momentum", w, dw, config)[1], "velocity"
        )
        hint = "Compare what you add up with the equation, factor by factor, and look at what you put into config."
        compare.close(velocity, 0.9 * v + dw, "sgd_momentum: the new velocity", hint=hint)


@check("sgd_momentum", points=2)
def test_first_step(student, rng):
    """Without a velocity in config, `sgd_momentum` begins with zeros."""
    w, dw = draw(rng, 4, 3), draw(rng, 4, 3)
    settings = {"learning_rate": 0.07, "momentum": 0.6}
    next_w, velocity = momentum_step(student, w, dw, dict(settings))
    with_zeros, new = momentum_step(student, w, dw, {**settings, "velocity": np.zeros((4, 3))})
    hint = "The old velocity is zero then."
    if velocity is not None and new is not None:
        compare.close(
            velocity,
            new,
            "sgd_momentum: the velocity without an old one, beside that with an old one of zeros,",
            hint=hint,
        )
    compare.close(
        next_w,
        with_zeros,
        "sgd_momentum: next_w without an old velocity, beside that with one of zeros,",
        hint=hint,
    )


@check("sgd_momentum", points=3)
def test_step(student, rng):
    """`sgd_momentum` steps against the new velocity by the learning rate."""
    for rate in (0.05, 0.4):
        w, dw, v = draw(rng, 3, 2), draw(rng, 3, 2), draw(rng, 3, 2)
        next_w, velocity = momentum_step(
            student, w, dw, {"learning_rate": rate, "momentum": 0.9, "velocity": v}
        )
        compare.shape(next_w, (3, 2), "sgd_momentum: next_w")
        if velocity is None or not near(
            w - next_w, rate * velocity
        ):  # the step along the answer's own velocity
            hint = "Which velocity moves w: the old or the new one? And where is the learning rate?"
            compare.close(w - next_w, rate * (0.9 * v + dw), "sgd_momentum: w - next_w", hint=hint)


@check("sgd_momentum", points=2)
def test_steps_in_a_row(student, rng):
    """The velocity of one step is the old velocity of the next one, and config keeps its settings."""
    w, first, second, rate = draw(rng, 3, 2), draw(rng, 3, 2), draw(rng, 3, 2), 0.25
    settings = {"learning_rate": rate, "momentum": 0.9}
    one, config = updates.updated(student, "sgd_momentum", w, first, dict(settings))
    updates.in_form("sgd_momentum", config)
    two, _ = updates.updated(student, "sgd_momentum", one, second, config)
    for key, value in settings.items():
        compare.equal(config.get(key), value, f"sgd_momentum: config['{key}']")
    if not near(two, w - rate * first - rate * (0.9 * first + second)):
        kept = config.get("velocity")
        hint = "Put the new velocity into config, and begin the next step with it."
        compare.require(
            kept is not None, "`sgd_momentum`: after a step, config has no `velocity`.", hint
        )
        compare.require(
            np.any(kept), "`sgd_momentum`: after a step, the velocity in config is zero.", hint
        )
        want, _ = momentum_step(student, one, second, {**settings, "velocity": kept})
        compare.close(
            two,
            want,
            "sgd_momentum: w after the second step, beside a step from the velocity in config,",
            hint=hint,
        )


@check("sgd_momentum", points=2)
def test_momentum_is_a_setting(student, rng):
    """The momentum is read from config, 0 included, and is 0.9 when config has none."""
    w, dw, v = draw(rng, 5), draw(rng, 5), draw(rng, 5)
    for setting in (0.35, 0.99, 0.0, None):
        settings = {"learning_rate": 0.1} | ({} if setting is None else {"momentum": setting})
        next_w, velocity = momentum_step(student, w, dw, {**settings, "velocity": v})
        without, zero = momentum_step(student, w, dw, {**settings, "velocity": np.zeros(5)})
        want = (0.9 if setting is None else setting) * v
        words = (
            "without a momentum in config"
            if setting is None
            else "for another momentum"
            if setting
            else "for a momentum of 0"
        )
        if not near((without - next_w) / 0.1, want):
            compare.require(
                velocity is not None and zero is not None,
                "`sgd_momentum`: the config that comes back has no `velocity`.",
            )
            compare.close(
                velocity - zero, want, f"sgd_momentum: what is left of the old velocity {words}"
            )


@check("sgd_momentum", points=2)
def test_what_belongs_to_the_caller(student, rng):
    """w and dw stay unchanged, in both rules, and the velocity is an array of its own."""
    w, dw = draw(rng, 3, 4), draw(rng, 3, 4)
    rules.pure(student, "sgd", w, dw, {"learning_rate": 0.1}, writes=(2,))
    rules.pure(student, "sgd_momentum", w, dw, {"learning_rate": 0.1, "momentum": 0.5}, writes=(2,))
    rules.pure(
        student,
        "sgd_momentum",
        w,
        dw,
        {"learning_rate": 0.1, "velocity": draw(rng, 3, 4)},
        writes=(2,),
    )
    gradients = [draw(rng, 3, 4) for _ in range(3)]
    settings = {"learning_rate": 0.1, "momentum": 0.5}
    _, config = updates.updated(student, "one_array", "sgd_momentum", gradients, w, dict(settings))
    own, at = dict(settings), w
    for gradient in gradients:
        at, own = updates.updated(student, "sgd_momentum", at, gradient, own)
    hint = "Is the array that you keep the caller's own `dw`?"
    compare.close(
        config.get("velocity"),
        own.get("velocity"),
        "the velocity where every gradient comes in one and the same array",
        hint=hint,
    )


@check("sgd_momentum", points=1)
def test_two_parameters(student, rng):
    """Two parameters, stepped in turn with a config each, do not disturb one another."""
    settings = [{"learning_rate": 0.1, "momentum": 0.8}, {"learning_rate": 0.2, "momentum": 0.4}]
    starts, gradients = (
        [draw(rng, 3), draw(rng, 3)],
        [[draw(rng, 3) for _ in range(2)] for _ in range(2)],
    )
    alone = []
    for one in (0, 1):
        at, config = starts[one], dict(settings[one])
        for dw in gradients[one]:
            at, config = updates.updated(student, "sgd_momentum", at, dw, config)
        alone.append(at)
    both, configs = list(starts), [dict(config) for config in settings]
    for number in range(2):
        for one in (0, 1):
            both[one], configs[one] = updates.updated(
                student, "sgd_momentum", both[one], gradients[one][number], configs[one]
            )
    for one in (0, 1):
        compare.require(
            not np.array_equal(alone[one], starts[one]), "`sgd_momentum` does not move."
        )
        hint = "The velocity belongs to the parameter, so to its config."
        compare.close(
            both[one],
            alone[one],
            "sgd_momentum: w of two parameters in turn, beside each alone,",
            hint=hint,
        )


@check("sgd_momentum", points=1)
def test_dtypes_and_layouts(student, rng):
    """`next_w` is float32 for float32 and float64 for integers, and any memory layout will do, for w and the velocity."""
    w, dw, v = draw(rng, 3, 4), draw(rng, 3, 4), draw(rng, 3, 4)
    for name in NAMES:
        rules.floats(student, name, w, dw, {"learning_rate": 0.5}, first=1)
        rules.layouts(student, name, w, dw, {"learning_rate": 0.5}, first=1)
    rules.floats(
        student,
        "sgd_momentum",
        w,
        dw,
        {"learning_rate": 0.5, "velocity": v},
        integers=False,
        first=1,
    )


@check("sgd_momentum", points=1)
def test_other_shapes(student, rng):
    """A gradient of another shape than w raises a ValueError naming both shapes, even where NumPy would broadcast."""
    for w, dw in (((3, 4), (4,)), ((4,), (3, 4)), ((3, 4), (3, 1)), ((1, 4), (4, 1))):
        for name in NAMES:
            rules.rejects(
                student,
                name,
                draw(rng, *w),
                draw(rng, *dw),
                {"learning_rate": 0.1},
                mentions=(str(w), str(dw)),
            )
