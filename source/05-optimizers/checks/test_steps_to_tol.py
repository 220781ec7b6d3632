"""Question `steps_to_tol`: counting, stopping, and what a rule hands on.

The hidden rules keep count of their calls, so that the number of steps taken, the number that is returned and the path are
judged apart.
"""

import numpy as np

from autograder.checking import check, compare, rules

COUNTED = "A step is counted once it is taken; at the start it is 0."


def norm(dw):
    return float(np.sqrt(np.sum(np.square(dw))))


class Descent:
    """Plain gradient descent which remembers from where it was asked for a step."""

    def __init__(self):
        self.at = []

    def __call__(self, w, dw, config):
        self.at.append(np.array(w))
        return w - config["learning_rate"] * dw, config


class Rolling:
    """Momentum which returns a new config at each step, with a rate that falls."""

    def __init__(self):
        self.at = []

    def __call__(self, w, dw, config):
        self.at.append(np.array(w))
        v = 0.7 * config.get("v", 0.0) + dw
        return w - config["learning_rate"] * v, {
            "learning_rate": 0.97 * config["learning_rate"],
            "v": v,
        }


class Watched:
    """A gradient which remembers where it was asked for."""

    def __init__(self, gradient):
        self.gradient, self.asked = gradient, []

    def __call__(self, x):
        self.asked.append(np.array(x))
        return self.gradient(x)


def follow(rule, gradient, w, config, steps):
    """The first points of a rule's path, and the norms of the gradient there."""
    path = [w]
    for _ in range(steps):
        w, config = rule(w, gradient(w), config)
        path.append(w)
    return np.array(path), [norm(gradient(point)) for point in path]


def first_below(norms, number):
    """A tolerance first met at this step or a little later, well apart from the norms around it, and that step."""
    while not norms[number] < 0.999 * min(norms[:number]):
        number += 1
    return norms[number] * 1.0005, number


def draw_ravine(rng, shape):
    size = int(np.prod(shape))
    turn = np.linalg.qr(rng.normal(size=(size, size)))[0]
    matrix = turn @ np.diag(np.linspace(0.4, 8, size)) @ turn.T
    w = 3 * turn @ (rng.choice([-1, 1], size) * rng.uniform(0.5, 1, size))
    return w.reshape(shape), lambda x: (matrix.astype(x.dtype) @ x.reshape(-1)).reshape(shape)


def result(value):
    return compare.unpack(value, 2, "steps, path")


def line(x):
    return 1.0 * x


def start(steps):
    """From here along the line, with a rate of 0.9, the norm is 0.3 after so many steps, and was 3 before: any measure of size falls below 1 then."""
    return np.array([0.3 * 10.0**steps])


def number_of(steps, words):
    good = isinstance(steps, (int, np.integer)) and not isinstance(steps, bool)
    compare.require(good, f"`steps` is not a whole number {words}.")
    return int(steps)


@check("steps_to_tol", points=3)
def test_steps(student, rng):
    """`steps` is the number of steps that were taken, 0 at a good start."""
    for number in (0, 3, 7):
        w = start(number) * rng.choice([-1.0, 1.0])
        steps, _ = result(student.steps_to_tol(Descent(), line, w, {"learning_rate": 0.9}, 1.0, 50))
        compare.require(steps is not None, "`steps` is None although the tolerance is reached.")
        got = number_of(steps, "although the tolerance is reached")
        compare.require(
            got == number,
            f"`steps` is {got - number:+d} off the number of steps to the first point that is good enough.",
            COUNTED,
        )


@check("steps_to_tol", points=3)
def test_path(student, rng):
    """`path` holds the points from w0 to the last one, whatever the shape of w0."""
    for shape, most in (((4,), 5), ((2, 3), 3), ((1,), 1), ((3,), 0)):
        w, gradient = draw_ravine(rng, shape)
        config = {"learning_rate": 0.1}
        _, walked = result(student.steps_to_tol(Descent(), gradient, w, config, 1e-9, most))
        want, _ = follow(Descent(), gradient, w, config, most)
        hint = "It begins with w0 and has one point more than there are steps."
        words = f"path after {most} {'step' if most == 1 else 'steps'}"
        compare.shape(walked, want.shape, words, hint=hint)
        compare.close(walked, want, words, hint=hint)
    _, walked = result(
        student.steps_to_tol(Descent(), line, start(3), {"learning_rate": 0.9}, 1.0, 50)
    )
    compare.close(
        walked,
        start(3) * 0.1 ** np.arange(4)[:, None],
        "path of a rule that arrives",
        hint="It ends where the rule arrived.",
    )


@check("steps_to_tol", points=3)
def test_norm(student, rng):
    """A rule has arrived where the norm of the whole gradient is at most tol, and takes no step from there."""
    config, stiffness = {"learning_rate": 0.1}, rng.uniform(0.5, 1, (3, 3))
    turned = (
        3 * np.linalg.qr(rng.normal(size=(3, 3)))[0]
    )  # a matrix whose singular values are equal
    for w, gradient in (
        draw_ravine(rng, (4,)),
        (turned, lambda x: (stiffness * x).astype(x.dtype)),
    ):
        _, norms = follow(Descent(), gradient, w, config, 40)
        tol, number = first_below(norms, 14)
        rule = Descent()
        student.steps_to_tol(rule, gradient, w, config, tol, 200)
        hint = "The norm is the root of the sum of squares over all entries."
        words = "too early" if len(rule.at) < number else "too late"
        compare.require(
            len(rule.at) == number, f"A rule stops {words} where w has shape {w.shape}.", hint
        )
    rule = Descent()
    student.steps_to_tol(rule, line, np.array([0.0, -2.0]), config, 2.0, 10)
    compare.require(
        not rule.at,
        "A step is taken from a point where the norm of the gradient is tol itself.",
        "At most tol is good enough.",
    )


@check("steps_to_tol", points=2)
def test_state_of_the_rule(student, rng):
    """At each step a rule with a memory gets the point and the config which it returned at the step before."""

    def saddle(x):
        return np.array([1.5 * x[0], x[1] ** 3 - x[1]])

    w, config = np.array([-1.0, 0.3]) * rng.uniform(0.8, 1.2, 2), {"learning_rate": 0.15}
    path, _ = follow(Rolling(), saddle, w, config, 6)
    rule = Rolling()
    student.steps_to_tol(rule, saddle, w, config, 1e-9, 6)
    compare.require(len(rule.at) >= 5, "With max_steps = 6, `rule` is called fewer than 5 times.")
    for number, (got, want) in enumerate(zip(rule.at, path, strict=False)):
        hint = "Keep w and config, both of them, for the next step."
        compare.close(
            got, want, f"the point at which `rule` is called for step {number + 1}", hint=hint
        )


@check("steps_to_tol", points=2)
def test_most_steps(student, rng):
    """At most `max_steps` steps are taken, and the point after the last one counts; if none is good enough, `steps` is None."""
    for most in (4, 1, 0):
        rule = Descent()
        steps, _ = result(
            student.steps_to_tol(rule, line, start(most), {"learning_rate": 0.9}, 1.0, most)
        )
        compare.require(
            steps is not None,
            "`steps` is None when max_steps is just enough.",
            "Look at the point after the very last step, too.",
        )
        compare.require(
            len(rule.at) == most,
            "The number of steps taken is not max_steps when that is just enough.",
        )
        rule = Descent()
        steps, _ = result(
            student.steps_to_tol(rule, line, start(most + 1), {"learning_rate": 0.9}, 1.0, most)
        )
        compare.require(
            steps is None,
            "`steps` is not None when max_steps is too few.",
            "It would look like an arrival.",
        )
        compare.require(
            len(rule.at) == most,
            f"When max_steps is too few, the number of steps taken is {len(rule.at) - most:+d} off max_steps.",
        )


@check("steps_to_tol", points=1)
def test_a_walk_that_blows_up(student, rng):
    """Where the gradient becomes nan, a rule has not arrived: `steps` is None."""
    w, config = draw_ravine(rng, (3,))[0], {"learning_rate": 0.12}
    edge = 0.7 * np.abs(w).max()
    value = student.steps_to_tol(
        Descent(), lambda x: np.where(np.abs(x).max() > edge, x, np.nan), w, config, 1e-6, 8
    )
    hint = "Is nan at most tol, or is it only not more than tol?"
    compare.require(
        result(value)[0] is None, "`steps` is not None though the gradient becomes nan.", hint
    )


@check("steps_to_tol", points=2)
def test_what_belongs_to_the_caller(student, rng):
    """w0 and config stay unchanged, with the arrays in config, even if the rule writes into them, so that a second race is the same race."""
    w, gradient = draw_ravine(rng, (3,))
    config = {"learning_rate": 0.1, "v": rng.normal(size=3)}
    rules.pure(student, "steps_to_tol", Rolling(), gradient, w, config, 1e-3, 12)
    _, rule = student.forward("rolling_in_place")
    config = {"learning_rate": 0.05, "velocity": rng.normal(size=3)}
    first = rules.pure(student, "steps_to_tol", rule, gradient, w, config, 1e-3, 4)
    compare.require(
        len(result(first)[1]) > 1, "A rule that writes into the arrays of its config takes no step."
    )


@check("steps_to_tol", points=2)
def test_one_gradient_a_point(student, rng):
    """`grad_fn` is called once for each point of the path, in its order."""
    w, gradient = draw_ravine(rng, (3,))
    for tol in (1e-9, 0.7 * norm(gradient(w))):
        watched, rule = Watched(gradient), Descent()
        student.steps_to_tol(rule, watched, w, {"learning_rate": 0.1}, tol, 8)
        extra = len(watched.asked) - len(rule.at)
        compare.require(watched.asked, "`grad_fn` is never called.")
        hint = "A gradient is expensive: compute it once and keep it in a variable."
        compare.require(extra < 2, "`grad_fn` is called more often than there are points.", hint)
        compare.require(extra >= 0, "`rule` is called more often than `grad_fn`.")
        compare.close(
            np.array(watched.asked[: len(rule.at)]),
            np.array(rule.at),
            "the points where grad_fn is called",
        )


@check("steps_to_tol", points=2)
def test_dtypes_and_bad_arguments(student, rng):
    """float32 stays float32 and whole numbers become float64 in the path; tol <= 0 and max_steps < 0 raise a ValueError."""
    w, gradient = draw_ravine(rng, (3,))
    config = {"learning_rate": 0.1}
    for given, wanted in ((np.float32, "float32"), (np.float64, "float64")):
        for tol in (1e-3, 1e3):
            _, path = result(
                student.steps_to_tol(Descent(), gradient, w.astype(given), config, tol, 4)
            )
            dtype = getattr(path, "dtype", "not an array")
            compare.require(dtype == wanted, f"The path is {dtype} for a w0 of {wanted}.")
    whole = np.array([3, -2, 4])
    for tol in (1e-3, 1e3):
        _, path = result(
            student.steps_to_tol(
                Descent(), lambda x: gradient(np.asarray(x, dtype=float)), whole, config, tol, 4
            )
        )
        dtype = getattr(path, "dtype", "not an array")
        compare.require(dtype == "float64", f"The path is {dtype} for a w0 of whole numbers.")
    for tol, most in ((0.0, 5), (-0.1, 5), (0.1, -1), (-2, 5), (0.1, -3)):
        mentions = tuple(str(one) for one in (tol, most) if isinstance(one, int) and one < 0)
        rules.rejects(
            student, "steps_to_tol", Descent(), gradient, w, config, tol, most, mentions=mentions
        )
