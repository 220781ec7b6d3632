"""Question `sgd_momentum`: the step, the velocity, and who owns what."""

import numpy as np

from autograder.checking import check, compare, rules


def step(value):
    """next_w and config of a rule's answer."""
    next_w, config = compare.pair(value, 2, ("next_w", "config"))
    compare.that(isinstance(config, dict), "`config` does not come back as a dict.")
    return next_w, config


def velocity_of(config):
    compare.that("velocity" in config, "The config which comes back holds no `velocity`.", "What is needed at the next step is kept there.")
    return config["velocity"]


def draw(rng, *shape):
    return rng.normal(size=shape) + np.sign(rng.normal(size=shape))


@check("sgd_momentum", points=4)
def test_sgd(student, rng):
    """`sgd` steps against the gradient by the learning rate, and returns config with its settings."""
    for shape in ((3, 4), (5,), (1,)):
        w, dw, rate = draw(rng, *shape), draw(rng, *shape), float(rng.uniform(0.01, 0.5))
        next_w, config = step(student.sgd(w, dw, {"learning_rate": rate}))
        compare.close(next_w, w - rate * dw, "next_w", hint="Which way is downhill, and how far?")
        compare.equal(config.get("learning_rate"), rate, "config['learning_rate']")


@check("sgd_momentum", points=4)
def test_first_step(student, rng):
    """Without a velocity in config, `sgd_momentum` begins with zero, and leaves the new one in config."""
    w, dw = draw(rng, 4, 3), draw(rng, 4, 3)
    next_w, config = step(student.sgd_momentum(w, dw, {"learning_rate": 0.07, "momentum": 0.6}))
    compare.close(velocity_of(config), dw, "velocity", hint="The old velocity was zero.")
    compare.close(next_w, w - 0.07 * dw, "next_w")
    compare.equal(config.get("learning_rate"), 0.07, "config['learning_rate']")
    compare.equal(config.get("momentum"), 0.6, "config['momentum']")


@check("sgd_momentum", points=5)
def test_steps_in_a_row(student, rng):
    """`sgd_momentum` follows its equations over several steps, also when the learning rate changes between them."""
    w, v, rho = draw(rng, 3, 2), draw(rng, 3, 2), float(rng.uniform(0.3, 0.7))
    config, got = {"momentum": rho, "velocity": v.copy()}, w.copy()
    for number, rate in enumerate((0.1, 0.02, 0.3, 0.05)):
        dw = draw(rng, 3, 2)
        v = rho * v + dw
        w = w - rate * v
        got, config = step(student.sgd_momentum(got, dw, {**config, "learning_rate": rate}))
        compare.close(
            velocity_of(config), v, f"velocity after step {number + 1}", hint="Compare what you add up with the equation, factor by factor."
        )
        compare.close(got, w, f"w after step {number + 1}")


@check("sgd_momentum", points=3)
def test_momentum_is_a_setting(student, rng):
    """The momentum is read from config, 0 included, and is 0.9 when config has none."""
    w, dw, v = draw(rng, 5), draw(rng, 5), draw(rng, 5)
    for setting in (0.35, 0.99, 0.0, None):
        config = {"learning_rate": 0.1, "velocity": v.copy()} | ({} if setting is None else {"momentum": setting})
        _, config = step(student.sgd_momentum(w, dw, config))
        name = (
            "velocity without a momentum in config"
            if setting is None
            else "velocity for another momentum"
            if setting
            else "velocity for a momentum of 0"
        )
        compare.close(velocity_of(config), (0.9 if setting is None else setting) * v + dw, name)


@check("sgd_momentum", points=3)
def test_what_belongs_to_the_caller(student, rng):
    """w and dw stay as they are, in both rules, and the velocity is an array of its own."""
    w, dw = draw(rng, 3, 4), draw(rng, 3, 4)
    rules.pure(student, "sgd", w, dw, {"learning_rate": 0.1}, writes=(2,))
    rules.pure(student, "sgd_momentum", w, dw, {"learning_rate": 0.1, "momentum": 0.5}, writes=(2,))
    rules.pure(student, "sgd_momentum", w, dw, {"learning_rate": 0.1, "velocity": draw(rng, 3, 4)}, writes=(2,))
    gradients = [draw(rng, 3, 4) for _ in range(3)]
    _, config = step(student.one_array("sgd_momentum", gradients, w, {"learning_rate": 0.1, "momentum": 0.5}))
    own = {"learning_rate": 0.1, "momentum": 0.5}
    for gradient in gradients:
        _, own = step(student.sgd_momentum(w, gradient, own))
    hint = "Who else writes into the array that you keep?"
    compare.close(velocity_of(config), velocity_of(own), "velocity where every gradient comes in one and the same array", hint=hint)


@check("sgd_momentum", points=2)
def test_two_parameters(student, rng):
    """Two parameters, stepped in turn with a config each, do not disturb one another."""
    both = [draw(rng, 3), draw(rng, 3)]
    velocities, configs = [np.zeros(3), np.zeros(3)], [{"learning_rate": 0.1, "momentum": 0.8}, {"learning_rate": 0.2, "momentum": 0.4}]
    for _ in range(2):
        for one in (0, 1):
            dw = draw(rng, 3)
            velocities[one] = configs[one]["momentum"] * velocities[one] + dw
            both[one], configs[one] = step(student.sgd_momentum(both[one], dw, configs[one]))
            compare.close(velocity_of(configs[one]), velocities[one], "velocity", hint="It belongs to the parameter, so to its config.")


@check("sgd_momentum", points=2, needs=("test_sgd", "test_first_step"))
def test_dtypes_and_layouts(student, rng):
    """float32 stays float32, integers become float64, and any memory layout will do, for w and the velocity."""
    w, dw, v = draw(rng, 3, 4), draw(rng, 3, 4), draw(rng, 3, 4)
    for rules_of in (rules.floats, rules.layouts):
        rules_of(student, "sgd", w, dw, {"learning_rate": 0.5})
        rules_of(student, "sgd_momentum", w, dw, {"learning_rate": 0.5, "momentum": 0.5})
        rules_of(student, "sgd_momentum", w, dw, {"learning_rate": 0.5, "momentum": 0.5, "velocity": v})


@check("sgd_momentum", points=2)
def test_other_shapes(student, rng):
    """A gradient of another shape than w raises a ValueError naming both shapes, even where NumPy would broadcast."""
    for w, dw in (((3, 4), (4,)), ((4,), (3, 4)), ((3, 4), (3, 1)), ((1, 4), (4, 1))):
        for name in ("sgd", "sgd_momentum"):
            rules.rejects(student, name, draw(rng, *w), draw(rng, *dw), {"learning_rate": 0.1}, mentions=(str(w), str(dw)))
