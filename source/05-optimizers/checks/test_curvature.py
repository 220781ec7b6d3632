"""Question `curvature`: what the eigenvalues of a Hessian say, and how fast the distance shrinks.

The factor is judged by the eigenvalues of the matrix that carries two points to the next two, which
shares nothing with the formula for the roots.
"""

import numpy as np

from autograder.checking import check, compare, rules

SIGNS = "Look at the signs of the eigenvalues, not at the entries of the matrix."
SIZES = "It compares the sizes of the curvatures, whatever their signs."


def with_curvatures(rng, curvatures):
    """A symmetric matrix that has these eigenvalues, in directions of its own."""
    turn = np.linalg.qr(rng.normal(size=(len(curvatures), len(curvatures))))[0]
    matrix = turn @ np.diag(curvatures) @ turn.T
    return (matrix + matrix.T) / 2


def plain_saddle(rng):
    """A saddle point whose matrix has a diagonal of one sign."""
    while True:
        matrix = with_curvatures(rng, draw(rng, 1, -1))
        if np.ptp(np.sign(np.diag(matrix))) == 0:
            return matrix


def described(student, hessian):
    """What the student's function says of a Hessian: kind, condition, limit."""
    return compare.unpack(student.describe_point(hessian), 3, "kind, condition, limit")


def draw(rng, *signs):
    """Curvatures of these signs, their sizes well apart, in any order."""
    sizes = np.array([0.5, 1.5, 4.0, 9.0])[: len(signs)] * rng.uniform(0.8, 1.2, len(signs))
    return rng.permutation(sizes) * np.array(signs)


def wanted_factor(curvatures, rate, rho):
    """The largest eigenvalue in size of the steps along each direction."""
    steps = [np.array([[1 + rho - rate * one, -rho], [1.0, 0.0]]) for one in curvatures]
    return max(np.abs(np.linalg.eigvals(step)).max() for step in steps)


@check("curvature", points=3)
def test_kind(student, rng):
    """`kind` tells a minimum, a maximum and a saddle point apart, in any directions."""
    for want, signs in (
        ("minimum", (1, 1, 1)),
        ("maximum", (-1, -1)),
        ("saddle", (1, -1)),
        ("saddle", (1, 1, -1, 1)),
        ("minimum", (1,)),
    ):
        kind = described(student, with_curvatures(rng, draw(rng, *signs)))[0]
        words = f"{len(signs)} {'curvature' if len(signs) == 1 else 'curvatures'}"
        compare.equal(kind, want, f"kind of a point with {words}", hint=SIGNS)
    kind = described(student, plain_saddle(rng))[0]
    compare.equal(kind, "saddle", "kind of a point with 2 curvatures", hint=SIGNS)


@check("curvature", points=2)
def test_zero_curvatures(student, rng):
    """A curvature of zero, but for rounding, makes the condition infinite, and the point flat if no other two have opposite signs."""
    size = rng.uniform(1, 3)
    for want, curvatures in (
        ("flat", [size, 0.0, 2 * size]),
        ("flat", [-size, 0.0]),
        ("saddle", [size, 0.0, -2 * size]),
        ("flat", [0.0, 0.0]),
    ):
        kind, condition, _ = described(student, with_curvatures(rng, curvatures))
        words = "of a point with a curvature of zero"
        compare.equal(kind, want, f"kind {words}", hint="Rounding errors count as zero.")
        compare.close(condition, np.inf, f"condition {words}")


@check("curvature", points=2)
def test_condition(student, rng):
    """`condition` is the largest size of a curvature divided by the smallest."""
    for signs in ((1, 1, 1), (1, -1, 1), (-1, -1), (1,)):
        curvatures = draw(rng, *signs)
        sizes = np.abs(curvatures)
        condition = described(student, with_curvatures(rng, curvatures))[1]
        compare.close(condition, sizes.max() / sizes.min(), "condition", hint=SIZES)


@check("curvature", points=2)
def test_limit(student, rng):
    """`limit` is the learning rate above which gradient descent overshoots further and further."""
    for curvatures in ([0.7, 5.0, 2.0], [-9.0, 0.4, 3.0], [2.0]):
        drawn = np.array(curvatures) * rng.uniform(0.8, 1.2)
        limit = described(student, with_curvatures(rng, drawn))[2]
        hint = (
            "Only directions that curve upwards limit it, and the steepest of them limits it most."
        )
        compare.close(limit, 2 / drawn.max(), "limit", hint=hint)
    limit = described(student, with_curvatures(rng, -draw(rng, 1, 1, 1)))[2]
    compare.close(limit, np.inf, "limit where no direction curves upwards")


@check("curvature", points=2)
def test_factor_of_gradient_descent(student, rng):
    """Without momentum, the factor is that of the slowest direction, also where a step overshoots or leads away from a saddle point."""
    for curvatures, rate in (
        ([1.0, 6.0, 3.0], 0.1),
        ([1.0, 6.0], 0.3),
        ([1.0, 6.0], 0.5),
        ([2.0, -1.5], 0.1),
        ([4.0], 0.2),
    ):
        drawn = np.array(curvatures) * rng.uniform(0.9, 1.1)
        want = np.abs(1 - rate * drawn).max()
        compare.close(student.long_run_factor(drawn, rate), want, "the factor without momentum")


@check("curvature", points=2)
def test_factor_with_momentum(student, rng):
    """With momentum, the factor is the larger root in size, whether the path glides, swings or jumps."""
    for curvatures, rate, rho, words in (
        ([1.0], 0.05, 0.3, "where the path glides"),
        ([1.0, 3.0], 0.5, 0.8, "where the path swings"),
        ([1.0], 2.25, 0.2, "where the path jumps"),  # real roots, whatever is drawn
        ([0.1, 9.0], 0.3, 0.6, "of two directions"),
        ([-1.0, 2.0], 0.2, 0.7, "at a saddle point"),
    ):
        drawn = np.array(curvatures) * rng.uniform(0.95, 1.05)
        want = wanted_factor(drawn, rate, rho)
        got = student.long_run_factor(drawn, rate, rho)
        compare.close(got, want, f"the factor {words}", rtol=1e-6)


@check("curvature", points=1)
def test_bad_arguments(student, rng):
    """A Hessian that is not square, a learning rate that is not > 0 and a momentum outside [0, 1) raise a ValueError that names what was given."""
    described(student, np.eye(2))
    rules.rejects(student, "describe_point", rng.normal(size=(3, 2)), mentions=("3", "2"))
    rules.rejects(student, "describe_point", rng.normal(size=5), mentions=("5",))
    curvatures = rng.uniform(1, 2, 3)
    student.long_run_factor(curvatures, 0.1, 0.5)
    for rate in (0.0, -0.25):
        rules.rejects(student, "long_run_factor", curvatures, rate, 0.5, mentions=(str(rate),))
    for rho in (1.0, 1.5, -0.25):
        rules.rejects(student, "long_run_factor", curvatures, 0.1, rho, mentions=(str(rho),))


@check("curvature", points=1)
def test_manners(student, rng):
    """Arguments stay unchanged, float32 and whole numbers are as good as float64, and any memory layout will do."""
    hessian, curvatures = with_curvatures(rng, draw(rng, 1, 1, 1)), draw(rng, 1, 1, 1)
    rules.pure(student, "describe_point", hessian)
    rules.pure(student, "long_run_factor", curvatures, 0.05, 0.5)
    rules.layouts(student, "describe_point", hessian)
    rules.layouts(student, "long_run_factor", curvatures, 0.05, 0.5)
    for dtype in (np.float32, np.int64):
        same = np.diag([1, 4, 2]).astype(dtype)
        _, condition, limit = described(student, same)
        compare.close(condition, 4.0, f"condition of a Hessian of {np.dtype(dtype)}")
        compare.close(limit, 0.5, f"limit of a Hessian of {np.dtype(dtype)}")
        factor = student.long_run_factor(np.array([1, 4], dtype), 0.1)
        compare.close(factor, 0.9, f"the factor of {np.dtype(dtype)} curvatures")
