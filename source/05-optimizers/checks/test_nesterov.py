"""Question `nesterov`: where the gradient is taken, and that both forms are one.

Each check looks at one thing and takes the others as the answer has them, so that one mistake costs one check.
"""

import numpy as np

from autograder.checking import check, compare, rules, updates

BOTH = ("nesterov_lookahead", "nesterov")


def draw(rng, *shape):
    return rng.normal(size=shape) + np.sign(rng.normal(size=shape))


def near(got, want):
    return (
        got is not None
        and np.shape(got) == np.shape(want)
        and bool(np.allclose(got, want, rtol=1e-6, atol=1e-9))
    )


def kept(config, name):
    return updates.entry(name, config, "velocity")


class Landscape:
    """A gradient that is no linear function, and remembers where it was asked for."""

    def __init__(self, rng, size):
        root = rng.normal(size=(size, size))
        self.matrix = root @ root.T / size + 0.3 * np.eye(size)
        self.asked = []

    def __call__(self, x):
        self.asked.append(x)
        return (
            (self.matrix @ x + np.sin(x)).astype(x.dtype)
            if np.asarray(x).dtype.kind == "f"
            else self.matrix @ x + np.sin(x)
        )


class Slope:
    """The same gradient everywhere; it remembers where it was asked for."""

    def __init__(self, dw):
        self.dw, self.asked = dw, []

    def __call__(self, x):
        self.asked.append(x)
        return self.dw.astype(x.dtype) if np.asarray(x).dtype.kind == "f" else self.dw


def take(student, name, w, dw, config):
    """One step of either form where the gradient is dw: next_w and the config that comes back."""
    given = Slope(dw) if name == "nesterov_lookahead" else dw
    return updates.updated(student, name, w, given, config)


def move(name, dw, v, rho):
    """The step in units of the learning rate, v being the new velocity."""
    return v if name == "nesterov_lookahead" else dw + rho * v


@check("nesterov", points=4)
def test_where_the_gradient_is_taken(student, rng):
    """`nesterov_lookahead` asks for one gradient a step, at the point to which velocity alone would carry w."""
    w, v, rate = draw(rng, 4), draw(rng, 4), float(rng.uniform(0.05, 0.3))
    for velocity in (v, None):
        gradient = Landscape(rng, 4)
        config = {"learning_rate": rate, "momentum": 0.9} | (
            {} if velocity is None else {"velocity": velocity}
        )
        student.nesterov_lookahead(w, gradient, config)
        compare.require(gradient.asked, "`nesterov_lookahead` never calls `grad_fn`.")
        compare.require(
            len(gradient.asked) == 1,
            "`nesterov_lookahead` calls `grad_fn` more than once in a step.",
            "A gradient is expensive: compute it once and keep it in a variable.",
        )
        compare.shape(gradient.asked[0], (4,), "the point where grad_fn is called")
        if velocity is None:
            compare.close(
                gradient.asked[0],
                w,
                "the point where grad_fn is called at the first step",
                hint="There is no velocity yet.",
            )
        else:
            hint = "In this course the velocity is a sum of gradients: it has no learning rate in it, and points uphill."
            compare.close(
                w - gradient.asked[0],
                rate * 0.9 * v,
                "`w` minus the point where grad_fn is called",
                hint=hint,
            )


def check_velocity(student, rng, name):
    for shape in ((3, 2), (1,)):
        w, dw, v = draw(rng, *shape), draw(rng, *shape), draw(rng, *shape)
        _, config = take(
            student, name, w, dw, {"learning_rate": 0.07, "momentum": 0.9, "velocity": v}
        )
        hint = "Compare what you add up with the equation, factor by factor, and look at what you put into config."
        compare.close(kept(config, name), 0.9 * v + dw, f"{name}: the new velocity", hint=hint)


def check_step(student, rng, name, hint):
    for rate in (0.05, 0.4):
        w, dw, v = draw(rng, 3, 2), draw(rng, 3, 2), draw(rng, 3, 2)
        next_w, config = take(
            student, name, w, dw, {"learning_rate": rate, "momentum": 0.9, "velocity": v}
        )
        compare.shape(next_w, (3, 2), f"{name}: next_w")
        own = config.get("velocity")
        if own is None or not near(
            w - next_w, rate * move(name, dw, own, 0.9)
        ):  # the step by the answer's own velocity
            compare.close(
                w - next_w,
                rate * move(name, dw, 0.9 * v + dw, 0.9),
                f"{name}: w - next_w",
                hint=hint,
            )


@check("nesterov", points=2)
def test_velocity_of_lookahead(student, rng):
    """`nesterov_lookahead` leaves the momentum times the old velocity, plus the whole gradient, in config."""
    check_velocity(student, rng, "nesterov_lookahead")


@check("nesterov", points=2)
def test_step_of_lookahead(student, rng):
    """`nesterov_lookahead` steps along the new velocity, from w and not from the point looked ahead to."""
    check_step(
        student, rng, "nesterov_lookahead", "Where does the step start, and which velocity moves w?"
    )


@check("nesterov", points=1)
def test_velocity_in_changed_variables(student, rng):
    """`nesterov` leaves the momentum times the old velocity, plus the whole gradient, in config."""
    check_velocity(student, rng, "nesterov")


@check("nesterov", points=4)
def test_step_in_changed_variables(student, rng):
    """`nesterov` moves w as your derivation says."""
    check_step(
        student,
        rng,
        "nesterov",
        "Start from the last equation of the idea, and put in the three before it.",
    )


@check("nesterov", points=2)
def test_steps_in_a_row(student, rng):
    """In both forms the velocity of one step is the old velocity of the next one, none counts as zeros, and config keeps its settings."""
    w, first, second = draw(rng, 4), draw(rng, 4), draw(rng, 4)
    settings = {"learning_rate": 0.1, "momentum": 0.9}
    for name in BOTH:
        one, config = take(student, name, w, first, dict(settings))
        updates.in_form(name, config)
        from_zeros, _ = take(student, name, w, first, {**settings, "velocity": np.zeros(4)})
        compare.close(
            one,
            from_zeros,
            f"{name}: next_w without an old velocity, beside that with one of zeros,",
        )
        for key, value in settings.items():
            compare.equal(config.get(key), value, f"{name}: config['{key}']")
        two, _ = take(student, name, one, second, config)
        right = (
            w
            - 0.1 * move(name, first, first, 0.9)
            - 0.1 * move(name, second, 0.9 * first + second, 0.9)
        )
        if not near(two, right):
            hint = "Put the new velocity into config, and begin the next step with it."
            velocity = kept(config, name)
            compare.require(
                np.any(velocity), f"`{name}`: after a step, the velocity in config is zero.", hint
            )
            want, _ = take(student, name, one, second, {**settings, "velocity": velocity})
            compare.close(
                two,
                want,
                f"{name}: w after the second step, beside a step from the velocity in config,",
                hint=hint,
            )


@check("nesterov", points=2)
def test_momentum_is_a_setting(student, rng):
    """Both forms read the momentum from config, 0 included, and take 0.9 when config has none."""
    w, dw, v, zeros = draw(rng, 4), draw(rng, 4), draw(rng, 4), np.zeros(4)

    def taken(name, setting, velocity):
        config = {"learning_rate": 0.1, "velocity": velocity} | (
            {} if setting is None else {"momentum": setting}
        )
        next_w, config = take(student, name, w, dw, config)
        return (w - next_w) / 0.1, config.get("velocity")

    for name in BOTH:
        usual, velocity = taken(name, 0.9, v)
        derived = velocity is not None and near(usual, move(name, dw, velocity, 0.9))
        for setting in (0.45, 0.0, None):
            rho = 0.9 if setting is None else setting
            words = (
                " without a momentum in config"
                if setting is None
                else " for another momentum"
                if setting
                else " for a momentum of 0"
            )
            (step_with, with_v), (_, without) = taken(name, setting, v), taken(name, setting, zeros)
            if not near(step_with, move(name, dw, rho * v + dw, rho)):
                compare.require(
                    with_v is not None and without is not None,
                    f"`{name}`: the config that comes back has no `velocity`.",
                )
                compare.close(
                    with_v - without, rho * v, f"{name}: what is left of the old velocity{words}"
                )
            if derived:
                compare.close(
                    step_with,
                    move(name, dw, with_v, rho),
                    f"{name}: the step{words}",
                    hint="The momentum stands there twice.",
                )

    landscape = Landscape(rng, 4)  # whose gradient, and so the step, depends on where it is taken

    def looked(setting):
        gradient = Landscape(rng, 4)
        gradient.matrix = landscape.matrix
        config = {"learning_rate": 0.1, "velocity": v} | (
            {} if setting is None else {"momentum": setting}
        )
        student.nesterov_lookahead(w, gradient, config)
        compare.require(gradient.asked, "`nesterov_lookahead` never calls `grad_fn`.")
        return w - gradient.asked[0]

    usual = looked(0.9)
    for setting in (0.45, None):
        share = 1.0 if setting is None else setting / 0.9
        compare.close(
            looked(setting),
            share * usual,
            "how far ahead you look for another momentum, or without one in config",
        )


@check("nesterov", points=1)
def test_what_belongs_to_the_caller(student, rng):
    """w and dw stay unchanged, in both forms, and the velocity is an array of its own."""
    w, dw, v = draw(rng, 4), draw(rng, 4), draw(rng, 4)
    gradient = Landscape(rng, 4)
    for config in (
        {"learning_rate": 0.1, "momentum": 0.5},
        {"learning_rate": 0.1, "momentum": 0.5, "velocity": v},
    ):
        rules.pure(student, "nesterov_lookahead", w, gradient, config, writes=(2,))
        rules.pure(student, "nesterov", w, dw, config, writes=(2,))
    gradients, settings = [draw(rng, 4) for _ in range(3)], {"learning_rate": 0.1, "momentum": 0.5}
    _, config = updates.updated(student, "one_array", "nesterov", gradients, w, dict(settings))
    own, at = dict(settings), w
    for gradient in gradients:
        at, own = updates.updated(student, "nesterov", at, gradient, own)
    hint = "Is the array that you keep the caller's own `dw`?"
    compare.close(
        config.get("velocity"),
        own.get("velocity"),
        "the velocity where every gradient comes in one and the same array",
        hint=hint,
    )


@check("nesterov", points=1)
def test_dtypes_and_layouts(student, rng):
    """`next_w` is float32 for float32 and float64 for integers, and any memory layout will do, for w and the velocity."""
    w, dw, v = draw(rng, 4), draw(rng, 4), draw(rng, 4)
    gradient = Landscape(rng, 4)
    for name, given in (("nesterov", dw), ("nesterov_lookahead", gradient)):
        rules.floats(student, name, w, given, {"learning_rate": 0.5}, first=1)
        rules.floats(
            student, name, w, given, {"learning_rate": 0.5, "velocity": v}, integers=False, first=1
        )
        rules.layouts(student, name, w, given, {"learning_rate": 0.5}, first=1)


@check("nesterov", points=1)
def test_other_shapes(student, rng):
    """In `nesterov`, a gradient of another shape than w raises a ValueError naming both shapes."""
    for w, dw in (((3, 4), (4,)), ((4,), (3, 4)), ((1, 4), (4, 1))):
        rules.rejects(
            student,
            "nesterov",
            draw(rng, *w),
            draw(rng, *dw),
            {"learning_rate": 0.1},
            mentions=(str(w), str(dw)),
        )
