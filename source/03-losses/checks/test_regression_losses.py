"""Question `regression_losses`: three reductions, their gradients, and two corners."""

import numpy as np

from autograder.checking import check, compare, numeric_gradient, rules

NAMES = ("mse_loss", "mae_loss", "l2_distance")
SHAPES = ((4, 3), (5,), (1,), (2, 1, 3))
FORBIDDEN = ("utils.gradients.numeric_gradient",)


def draw(rng, *shape):
    """Predictions and targets whose every residual is well away from 0."""
    target = rng.normal(size=shape)
    return target + rng.choice((-1.0, 1.0), shape) * rng.uniform(0.3, 3, shape), target


def value(answer):
    loss, dpred = compare.unpack(answer, 2, "loss and dpred")
    compare.require(
        np.ndim(loss) == 0 and isinstance(loss, (float, int, np.generic, np.ndarray)),
        "`loss` is not a single number.",
    )
    return loss, dpred


ORACLES = {
    "mse_loss": lambda r: ((r * r).sum() / r.size, 2 / r.size * r),
    "mae_loss": lambda r: (np.abs(r).sum() / r.size, np.where(r > 0, 1, -1) / r.size),
    "l2_distance": lambda r: (np.linalg.norm(r.ravel()), r / np.linalg.norm(r.ravel())),
}


def losses(student, rng, name):
    pairs = [draw(rng, *shape) for shape in SHAPES]
    for (pred, target), answer in zip(pairs, student.batch(name, pairs), strict=True):
        want, _ = ORACLES[name](pred - target)
        compare.close(
            value(answer)[0],
            want,
            f"the loss of {name}",
            hint="Compare it with the equation: root, mean, sum.",
        )


@check("regression_losses", points=2)
def test_mse(student, rng):
    """`mse_loss` is the mean of the squares over all entries, for any shape."""
    losses(student, rng, "mse_loss")


@check("regression_losses", points=2)
def test_mae(student, rng):
    """`mae_loss` is the mean of the sizes over all entries, for any shape."""
    losses(student, rng, "mae_loss")


@check("regression_losses", points=2)
def test_l2(student, rng):
    """`l2_distance` is the Euclidean distance over all entries, for any shape."""
    losses(student, rng, "l2_distance")


@check("regression_losses", points=3)
def test_gradients(student, rng):
    """`dpred` of each is the gradient of its loss, for any shape; of your own loss, where that is another one."""
    for name in NAMES:
        pairs = [draw(rng, *shape) for shape in SHAPES]
        for (pred, target), answer in zip(pairs, student.batch(name, pairs), strict=True):
            loss, dpred = value(answer)
            want, gradient = ORACLES[name](pred - target)
            compare.shape(dpred, pred.shape, f"dpred of {name}")
            if not np.allclose(loss, want, rtol=1e-6):
                measured = numeric_gradient(
                    student,
                    name,
                    (pred, target),
                    0,
                    1.0,
                    out=lambda v: value(v)[0],
                    keep_last=False,
                )
                if np.allclose(dpred, measured, rtol=1e-6, atol=1e-8):
                    continue
            compare.close(
                dpred,
                gradient,
                f"dpred of {name}",
                hint="Differentiate the loss as it stands, with all its factors.",
            )


def up_to_a_factor(got, want):
    """What is wanted, times the factor by which all of it is off: that costs its marks elsewhere."""
    factor = (
        float(np.sum(np.asarray(got) * want)) / float(np.sum(want * want))
        if np.shape(got) == np.shape(want)
        else 1.0
    )
    return want * (factor if np.isfinite(factor) and factor else 1.0)


@check("regression_losses", points=2)
def test_corners(student, rng):
    """Where an entry is met exactly `mae_loss` has gradient 0 there; where all are, `l2_distance` has loss 0 and gradient 0. Nearly is not exactly."""
    pred, target = draw(rng, 6)
    hit = rng.permutation(6)[:2]
    pred[hit] = target[hit]
    _, dpred = value(rules.pure(student, "mae_loss", pred, target))
    compare.close(dpred[hit], np.zeros(2), "dpred where an entry is met exactly")
    for shape in ((4,), (2, 3)):
        point = rng.normal(size=shape)
        loss, dpred = value(rules.pure(student, "l2_distance", point, point.copy()))
        compare.close(loss, 0.0, "the distance of two equal arrays")
        compare.close(dpred, np.zeros(shape), "its `dpred`")
    target = 10 + rng.normal(size=5)
    signs = rng.permutation([-1.0, -1.0, 1.0, 1.0, 1.0])
    pred = target + 1e-5 * signs * rng.uniform(0.5, 2, 5)
    r, hint = pred - target, "The difference is small, but it is none."
    _, dpred = value(student.mae_loss(pred, target))
    compare.close(
        dpred,
        up_to_a_factor(dpred, np.sign(r)),
        "dpred of mae_loss where entries are nearly met",
        hint=hint,
    )
    _, dpred = value(student.l2_distance(pred, target))
    usual = value(student.l2_distance(target + 1, target))[1]
    compare.require(np.shape(dpred) == r.shape and np.any(usual), "`dpred` of l2_distance is zero.")
    got, want = float(np.sum(np.square(dpred))), float(np.sum(np.square(usual)))
    compare.close(
        got,
        want,
        "the squared length of `dpred` of l2_distance, of nearly equal arrays,",
        rtol=1e-5,
        hint="How near the arrays are changes nothing about it.",
    )
    compare.close(
        dpred, up_to_a_factor(dpred, r), "dpred of l2_distance of nearly equal arrays", hint=hint
    )


@check("regression_losses", points=2)
def test_shapes_differ(student, rng):
    """All three refuse arrays of different shapes with a ValueError naming both, even where NumPy would broadcast."""
    for name in NAMES:
        column = rng.normal(size=(5, 1))
        rules.rejects(student, name, column, rng.normal(size=5), mentions=("(5, 1)", "(5,)"))
        rules.rejects(
            student,
            name,
            rng.normal(size=(4, 3)),
            rng.normal(size=(1, 3)),
            mentions=("(4, 3)", "(1, 3)"),
        )
        rules.rejects(student, name, column[:, 0], rng.normal(size=1), mentions=("(5,)", "(1,)"))


@check("regression_losses", points=2)
def test_arguments_and_dtypes(student, rng):
    """Arguments stay as they are; float32 stays float32, integers become float64; any memory layout will do."""
    for name in NAMES:
        pred, target = draw(rng, 3, 4)
        rules.pure(student, name, pred, target)
        rules.floats(student, name, pred, target)
        rules.vectorised(student, name, lambda n: draw(rng, n, 2))
        pairs = [
            (np.round(3 * pred).astype(np.int64), target),
            (rng.integers(0, 100, 4).astype(np.uint8), rng.integers(100, 200, 4).astype(np.uint8)),
        ]
        answers = [
            value(answer)
            for answer in student.batch(
                name, [*pairs, *((a.astype(float), b.astype(float)) for a, b in pairs)]
            )
        ]
        for got, want, words in zip(
            answers,
            answers[2:],
            ("whole predictions, and targets that are not,", "unsigned whole numbers"),
            strict=False,
        ):
            for part, what in enumerate(("loss", "dpred")):
                hint = "Convert before you subtract, or write to an array made like another."
                compare.close(
                    got[part], want[part], f"{what} of {name} for {words}", rtol=1e-5, hint=hint
                )
    rules.layouts(student, "l2_distance", pred, target)
    whole = rng.integers(-4, 5, 5)
    _, dpred = value(student.l2_distance(whole, whole.copy()))
    compare.require(
        getattr(dpred, "dtype", None) == np.float64,
        "`dpred` of two equal arrays of whole numbers is not float64.",
    )
