"""Question `steps_to_tol`: counting, stopping, and what a rule hands on."""

import numpy as np

from autograder.checking import check, compare, rules


def norm(dw):
    return float(np.sqrt(np.sum(np.square(dw))))


def descent(w, dw, config):
    return w - config["learning_rate"] * dw, config


def rolling(w, dw, config):
    """Momentum which hands on a new config at each step."""
    v = 0.7 * config.get("v", 0.0) + dw
    return w - config["learning_rate"] * v, {"learning_rate": 0.97 * config["learning_rate"], "v": v}


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
    return compare.pair(value, 2, ("steps", "path"))


@check("steps_to_tol", points=4)
def test_ravine(student, rng):
    """In a ravine, plain gradient descent arrives at the first point where the norm of the whole gradient is at most tol."""
    config, stiffness = {"learning_rate": 0.1}, rng.uniform(0.5, 1, (3, 3))
    turned = 3 * np.linalg.qr(rng.normal(size=(3, 3)))[0]  # a matrix whose singular values are equal
    for w, gradient in (draw_ravine(rng, (4,)), (turned, lambda x: (stiffness * x).astype(x.dtype))):
        path, norms = follow(descent, gradient, w, config, 40)
        tol, number = first_below(norms, 14)
        steps, walked = result(student.steps_to_tol(descent, gradient, w, config, tol, 200))
        compare.that(steps is not None, "`steps` is None although the tolerance is reached.")
        compare.equal(
            steps, number, "steps", hint="The norm is the root of the sum of squares over all entries; a step is counted once it is taken."
        )
        compare.close(walked, path[: number + 1], "path", hint="It begins with w0 and ends where the rule arrived.")


@check("steps_to_tol", points=3)
def test_state_of_the_rule(student, rng):
    """A rule with a memory gets at each step the config which it handed back at the step before; so past a saddle."""

    def saddle(x):
        return np.array([1.5 * x[0], x[1] ** 3 - x[1]])

    w, config = np.array([-1.0, 0.3]) * rng.uniform(0.8, 1.2, 2), {"learning_rate": 0.15}
    path, norms = follow(rolling, saddle, w, config, 60)
    tol, number = first_below(norms, 12)
    steps, walked = result(student.steps_to_tol(rolling, saddle, w, config, tol, 100))
    compare.close(np.asarray(walked)[:6], path[:6], "beginning of the path", hint="Hand on w and config, both.")
    compare.equal(steps, number, "steps")
    compare.close(walked, path[: number + 1], "path")


@check("steps_to_tol", points=2)
def test_most_steps(student, rng):
    """At most `max_steps` steps are taken, and the point after the last one counts; if none is good enough, `steps` is None."""
    w, gradient = draw_ravine(rng, (3,))
    config = {"learning_rate": 0.12}
    path, norms = follow(descent, gradient, w, config, 30)
    _, number = first_below(norms, 9)
    tol = 0.9995 * min(norms[:number])  # so near to the norms before that any other measure of size is below it sooner
    steps, walked = result(student.steps_to_tol(descent, gradient, w, config, tol, number))
    compare.equal(steps, number, "steps when max_steps is just enough", hint="Is the point after the very last step looked at?")
    compare.close(walked, path[: number + 1], "path when max_steps is just enough")
    for most in (number - 1, 1, 0):
        steps, walked = result(student.steps_to_tol(descent, gradient, w, config, tol, most))
        compare.equal(steps, None, "steps when max_steps is too few")
        compare.shape(walked, (most + 1, 3), "path when max_steps is too few")
        compare.close(walked, path[: most + 1], "path when max_steps is too few")


@check("steps_to_tol", points=1)
def test_a_walk_that_blows_up(student, rng):
    """Where the gradient becomes nan, a rule has not arrived: `steps` is None."""
    w, config = draw_ravine(rng, (3,))[0], {"learning_rate": 0.12}
    edge = 0.7 * np.abs(w).max()
    steps, _ = result(student.steps_to_tol(descent, lambda x: np.where(np.abs(x).max() > edge, x, np.nan), w, config, 1e-6, 8))
    compare.equal(steps, None, "steps of a walk whose gradient becomes nan", hint="Is nan at most tol, or is it only not more than tol?")


@check("steps_to_tol", points=1)
def test_start_is_good_enough(student, rng):
    """If w0 is good enough, no step is taken: `steps` is 0 and the path holds w0 alone."""
    w, gradient = draw_ravine(rng, (3,))
    steps, path = result(student.steps_to_tol(descent, gradient, w, {"learning_rate": 0.1}, 2 * norm(gradient(w)), 10))
    compare.equal(steps, 0, "steps")
    compare.close(path, w[None], "path")
    steps, _ = result(student.steps_to_tol(descent, lambda x: 1.0 * x, np.array([0.0, -2.0]), {"learning_rate": 0.1}, 2.0, 10))
    compare.equal(steps, 0, "steps where the norm of the gradient is tol itself", hint="At most tol, it says.")


@check("steps_to_tol", points=2, needs="test_ravine")
def test_what_belongs_to_the_caller(student, rng):
    """w0 and config stay as they are, even if the rule writes into its config, so that a second race is the same race."""
    w, gradient = draw_ravine(rng, (3,))
    config = {"learning_rate": 0.1, "v": rng.normal(size=3)}
    rules.pure(student, "steps_to_tol", rolling, gradient, w, config, 1e-3, 12)
    _, rule = student.forward("rolling_in_place")
    config = {"learning_rate": 0.05, "velocity": rng.normal(size=3)}
    rules.pure(student, "steps_to_tol", rule, gradient, w, config, 1e-3, 4)


@check("steps_to_tol", points=1)
def test_one_gradient_a_point(student, rng):
    """`grad_fn` is called once for each point of the path, in its order."""
    w, gradient = draw_ravine(rng, (3,))
    asked = []

    def watched(x):
        asked.append(x)
        return gradient(x)

    _, path = result(student.steps_to_tol(descent, watched, w, {"learning_rate": 0.1}, 1e-9, 8))
    compare.that(
        len(asked) == 9, "The number of calls of `grad_fn` is not the number of points.", "A gradient is dear: keep it in a variable."
    )
    compare.close(np.array(asked), path, "points where grad_fn is called")
    asked.clear()
    _, path = result(student.steps_to_tol(descent, watched, w, {"learning_rate": 0.1}, 0.7 * norm(gradient(w)), 60))
    compare.that(
        len(asked) == len(path), "Where a rule arrives, the number of calls of `grad_fn` is not the number of points.", "Stop there."
    )


@check("steps_to_tol", points=1)
def test_dtypes_and_bad_arguments(student, rng):
    """float32 stays float32 and whole numbers become float64 in the path; tol <= 0 and max_steps < 0 raise a ValueError."""
    w, gradient = draw_ravine(rng, (3,))
    config = {"learning_rate": 0.1}
    for given, wanted in ((np.float32, "float32"), (np.float64, "float64")):
        _, path = result(student.steps_to_tol(descent, gradient, w.astype(given), config, 1e-3, 4))
        compare.that(path.dtype == wanted, f"The path is {path.dtype} for a w0 of {wanted}.")
    whole = np.array([3, -2, 4])
    for tol in (1e-3, 1e3):
        _, path = result(student.steps_to_tol(descent, lambda x: gradient(np.asarray(x, dtype=float)), whole, config, tol, 4))
        compare.that(path.dtype == "float64", f"The path is {path.dtype} for a w0 of whole numbers.")
        compare.close(path[0], whole, "beginning of the path from whole numbers")
    for tol, most in ((0.0, 5), (-0.1, 5), (0.1, -1)):
        rules.rejects(student, "steps_to_tol", descent, gradient, w, config, tol, most)
