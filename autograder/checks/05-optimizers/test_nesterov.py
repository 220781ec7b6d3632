"""Question `nesterov`: where the gradient is taken, and that both forms are one."""

import numpy as np

from autograder.checking import check, compare, rules


def step(value):
    """next_w, config and velocity of a rule's answer."""
    next_w, config = compare.pair(value, 2, ("next_w", "config"))
    compare.that(isinstance(config, dict), "`config` does not come back as a dict.")
    compare.that("velocity" in config, "The config which comes back holds no `velocity`.", "What is needed at the next step is kept there.")
    return next_w, config, config["velocity"]


def draw(rng, *shape):
    return rng.normal(size=shape) + np.sign(rng.normal(size=shape))


class Landscape:
    """A gradient that is no linear function, and remembers where it was asked for."""

    def __init__(self, rng, size):
        root = rng.normal(size=(size, size))
        self.matrix = root @ root.T / size + 0.3 * np.eye(size)
        self.asked = []

    def __call__(self, x):
        self.asked.append(x)
        return (self.matrix @ x + np.sin(x)).astype(x.dtype) if np.asarray(x).dtype.kind == "f" else self.matrix @ x + np.sin(x)


def lookahead(x, gradient, rate, rho, v):
    """The textbook form, step by step."""
    v = rho * v + gradient(x - rate * rho * v)
    return x - rate * v, v


@check("nesterov", points=5)
def test_where_the_gradient_is_taken(student, rng):
    """`nesterov_lookahead` asks for one gradient a step, at the point to which velocity alone would carry w."""
    w, v, rate, rho = draw(rng, 4), draw(rng, 4), float(rng.uniform(0.05, 0.3)), float(rng.uniform(0.4, 0.8))
    for velocity in (v, None):
        gradient = Landscape(rng, 4)
        config = {"learning_rate": rate, "momentum": rho} | ({} if velocity is None else {"velocity": velocity})
        student.nesterov_lookahead(w, gradient, config)
        compare.that(gradient.asked, "`grad_fn` is never called.")
        compare.that(
            len(gradient.asked) == 1, "`grad_fn` is called more than once in a step.", "A gradient is dear: keep it in a variable."
        )
        if velocity is None:
            compare.close(gradient.asked[0], w, "point where grad_fn is called at the first step", hint="There is no velocity yet.")
        else:
            compare.close(gradient.asked[0], w - rate * rho * v, "point where grad_fn is called", hint="Keep to this course's letters.")


@check("nesterov", points=5)
def test_lookahead_path(student, rng):
    """`nesterov_lookahead` follows its equations over several steps, from w and not from the point looked ahead to."""
    gradient, rate, rho = Landscape(rng, 3), 0.15, float(rng.uniform(0.5, 0.8))
    w, v = draw(rng, 3), np.zeros(3)
    got, config = w.copy(), {"learning_rate": rate, "momentum": rho}
    for number in range(4):
        w, v = lookahead(w, gradient, rate, rho, v)
        got, config, velocity = step(student.nesterov_lookahead(got, gradient, config))
        compare.close(velocity, v, f"velocity after step {number + 1}")
        compare.close(got, w, f"w after step {number + 1}")


@check("nesterov", points=5)
def test_one_step_in_changed_variables(student, rng):
    """`nesterov` updates the velocity as ever, and w as your derivation says."""
    w, dw, v, rate, rho = draw(rng, 3, 2), draw(rng, 3, 2), draw(rng, 3, 2), float(rng.uniform(0.05, 0.3)), float(rng.uniform(0.3, 0.8))
    next_w, _, velocity = step(student.nesterov(w, dw, {"learning_rate": rate, "momentum": rho, "velocity": v}))
    compare.close(velocity, rho * v + dw, "velocity")
    held = w + rate * rho * v  # what the look-ahead form would hold
    want = held - rate * (rho * v + dw) - rate * rho * (rho * v + dw)
    compare.close(next_w, want, "next_w", hint="Start from the last equation of the idea, and put in the three before it.")


@check("nesterov", points=4)
def test_both_forms_are_one(student, rng):
    """With a constant learning rate, the w of `nesterov` is at every step the point which the look-ahead form looks ahead to."""
    gradient, rate, rho = Landscape(rng, 3), 0.1, float(rng.uniform(0.5, 0.9))
    x, v = draw(rng, 3), np.zeros(3)
    w, config = x.copy(), {"learning_rate": rate, "momentum": rho}
    for number in range(5):
        x, v = lookahead(x, gradient, rate, rho, v)
        w, config, velocity = step(student.nesterov(w, gradient(w), config))
        compare.close(velocity, v, f"velocity after step {number + 1}")
        compare.close(w, x - rate * rho * v, f"w after step {number + 1}")


@check("nesterov", points=2)
def test_momentum_is_a_setting(student, rng):
    """Both forms read the momentum from config, 0 included, and take 0.9 when config has none."""
    w, dw, v = draw(rng, 4), draw(rng, 4), draw(rng, 4)
    for setting in (0.45, 0.0, None):
        config = {"learning_rate": 0.1, "velocity": v} | ({} if setting is None else {"momentum": setting})
        want = (0.9 if setting is None else setting) * v + dw
        name = " without a momentum in config" if setting is None else " for another momentum" if setting else " for a momentum of 0"
        compare.close(step(student.nesterov_lookahead(w, lambda x: dw, config))[2], want, "look-ahead: velocity" + name)
        compare.close(step(student.nesterov(w, dw, config))[2], want, "velocity" + name)


@check("nesterov", points=2)
def test_what_belongs_to_the_caller(student, rng):
    """w and dw stay as they are, in both forms, and the velocity is an array of its own."""
    w, dw, v = draw(rng, 4), draw(rng, 4), draw(rng, 4)
    gradient = Landscape(rng, 4)
    for config in ({"learning_rate": 0.1, "momentum": 0.5}, {"learning_rate": 0.1, "momentum": 0.5, "velocity": v}):
        rules.pure(student, "nesterov_lookahead", w, gradient, config, writes=(2,))
        rules.pure(student, "nesterov", w, dw, config, writes=(2,))
    gradients = [draw(rng, 4) for _ in range(3)]
    _, _, velocity = step(student.one_array("nesterov", gradients, w, {"learning_rate": 0.1, "momentum": 0.5}))
    own = {"learning_rate": 0.1, "momentum": 0.5}
    for gradient in gradients:
        _, own, want = step(student.nesterov(w, gradient, own))
    hint = "Who else writes into the array that you keep?"
    compare.close(velocity, want, "velocity where every gradient comes in one and the same array", hint=hint)


@check("nesterov", points=1, needs="test_one_step_in_changed_variables")
def test_dtypes_and_layouts(student, rng):
    """float32 stays float32, integers become float64, and any memory layout will do, for w and the velocity."""
    w, dw, v = draw(rng, 4), draw(rng, 4), draw(rng, 4)
    gradient = Landscape(rng, 4)
    for settings in ({}, {"velocity": v}):
        for rules_of in (rules.floats, rules.layouts):
            rules_of(student, "nesterov", w, dw, {"learning_rate": 0.5, "momentum": 0.5, **settings})
            rules_of(student, "nesterov_lookahead", w, gradient, {"learning_rate": 0.5, "momentum": 0.5, **settings})


@check("nesterov", points=1)
def test_other_shapes(student, rng):
    """In `nesterov`, a gradient of another shape than w raises a ValueError naming both shapes."""
    for w, dw in (((3, 4), (4,)), ((4,), (3, 4)), ((1, 4), (4, 1))):
        rules.rejects(student, "nesterov", draw(rng, *w), draw(rng, *dw), {"learning_rate": 0.1}, mentions=(str(w), str(dw)))
