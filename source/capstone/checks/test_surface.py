"""Question `surface`: directions in the units of the filters, and the losses on a plane."""

import numpy as np

from autograder.checking import check, compare, rules
from utils.difference import difference


def draw(rng):
    return {
        "w1": rng.normal(size=(4, 6)) * rng.uniform(0.1, 5, 6),
        "b1": rng.normal(size=6),
        "gamma1": rng.uniform(0.5, 2, 6),
        "running_var1": rng.uniform(0.5, 2, 6),
        "w2": rng.normal(size=(6, 3)) * rng.uniform(0.1, 5, 3),
        "b2": rng.normal(size=3),
        "w3": rng.normal(size=(3, 3)) * rng.uniform(0.1, 5, 3),
        "w4": rng.normal(size=(3, 1)),
        "w5": rng.normal(size=(1, 3)),
    }


@check("surface", points=2)
def test_names_and_zeros(student, rng):
    """A direction has the names and shapes of the parameters, and is zero for all that is no weight."""
    params = draw(rng)
    direction = compare.keys(student.filter_normalised(params, rng), params, "direction")
    for name, value in params.items():
        compare.shape(direction[name], value.shape, name)
        if value.ndim == 1:
            compare.close(direction[name], np.zeros(len(value)), name, hint="Only weights move.")
        else:
            compare.require(np.any(direction[name]), f"`{name}` has a direction of zeros.")


@check("surface", points=4, needs="test_names_and_zeros")
def test_lengths(student, rng):
    """Each column of a direction is as long as the weights' own."""
    params = draw(rng)
    direction = student.filter_normalised(params, rng)
    for name in (name for name, value in params.items() if value.ndim == 2):
        columns, rows = (
            [np.sqrt((array[name] ** 2).sum(axis=axis)) for array in (direction, params)]
            for axis in (0, 1)
        )
        compare.require(
            difference(*columns) is None or difference(*rows) is not None,
            f"Each row of `{name}` is as long as that of the weights, where each column was expected to be.",
        )
        compare.close(
            *columns,
            f"the lengths of the columns of {name}",
            hint="A column leads into one unit; each has its own length.",
        )


@check("surface", points=2)
def test_randomness(student, rng):
    """Directions are drawn from `rng`, with normal entries before they are scaled."""
    params = {"w1": np.ones((3, 2000)), "b1": np.zeros(2000)}
    first, again, other = (
        student.filter_normalised(params, np.random.default_rng(seed))["w1"] for seed in (7, 7, 8)
    )
    compare.equal(first, again, "a direction from the same generator")
    compare.require(not np.allclose(first, other), "two generators give the same direction.")
    one, two = student.two_directions(
        {"w1": np.ones((5, 4)), "w2": np.ones((5, 4))}, np.random.default_rng(7)
    )
    if np.array_equal(one["w1"], two["w1"]):
        compare.cause(
            "of two directions from one `rng`, the second is the first.",
            "Draw from `rng` itself, not from a copy.",
        )
    compare.require(
        not np.allclose(one["w1"], one["w2"]),
        "two matrices get the same numbers.",
        "Each draws new ones.",
    )
    params = {"w2": np.ones((4, 3)), "w3": np.ones((4, 3)), "w1": np.ones((4, 3))}
    alone, all_three = (
        student.filter_normalised(p, np.random.default_rng(9))
        for p in ({"w2": params["w2"]}, params)
    )
    hint = "The first that stands in params draws first, whatever its name."
    compare.close(
        all_three["w2"],
        alone["w2"],
        "the direction of the first of three matrices, against that of it alone,",
        hint=hint,
    )
    cosine = first[0] / np.sqrt(
        (first**2).sum(axis=0)
    )  # uniform on a sphere: each coordinate is uniform on (-1, 1)
    compare.near_mean(
        cosine,
        0.0,
        np.sqrt(1 / 3 / 2000),
        "a column's first entry",
        hint="Mean 0: as many to the left as to the right.",
    )
    compare.near_mean(
        cosine**2,
        1 / 3,
        np.sqrt(4 / 45 / 2000),
        "its square",
        hint="Standard normal entries have no favourite direction.",
    )
    compare.near_mean(
        cosine**4,
        1 / 5,
        np.sqrt(16 / 225 / 2000),
        "its fourth power",
        hint="Standard normal entries have no favourite direction.",
    )


@check("surface", points=2, needs="test_lengths")
def test_units_cancel(student, rng):
    """Where a unit's weights are multiplied by a factor, so is its direction, and nothing else changes."""
    params, factors = draw(rng), rng.uniform(0.2, 9, 6)
    one, two = (
        student.filter_normalised(p, np.random.default_rng(4))
        for p in (params, {**params, "w1": params["w1"] * factors})
    )
    compare.close(two["w1"], one["w1"] * factors, "the direction of w1, with rescaled columns,")
    compare.close(two["w2"], one["w2"], "the direction of w2, with the columns of w1 rescaled,")


@check("surface", points=1)
def test_rules(student, rng):
    """No warning, no change of arguments; a column of zeros has no direction; float32 stays float32."""
    params = draw(rng)
    params["w1"][:, 2] = 0
    direction = compare.keys(
        rules.pure(student, "filter_normalised", params, rng), params, "direction"
    )
    compare.close(direction["w1"][:, 2], np.zeros(4), "the direction of a column of zeros")
    rules.floats(student, "filter_normalised", params, np.random.default_rng(3), integers=False)


@check("surface", points=4)
def test_grid(student, rng):
    """`loss_grid` holds the loss at every point of the plane, rows along the first direction; the parameters stay."""
    for sizes in ((4, 3), (3, 3), (1, 1)):
        check_grid(student, rng, *sizes)
    single = {"w1": np.ones((1, 2), np.float32)}
    grid = student.loss_grid(
        lambda p: 1 / 3, single, single, single, np.ones(2, np.float32), np.array([1, 2])
    )
    compare.require(
        grid.dtype == np.float64,
        f"`grid` is {grid.dtype} for float32 parameters, where float64 was expected.",
    )
    compare.close(grid, np.full((2, 2), 1 / 3), "grid of float32 parameters", rtol=1e-12)


def check_grid(student, rng, rows, columns):
    names = {"w1": (2, 3), "b1": (3,)}
    params, first, second, slope = (
        {name: rng.normal(size=shape) for name, shape in names.items()} for _ in range(4)
    )
    a, b, asked = rng.normal(size=rows), rng.normal(size=columns), []

    def loss(p):
        asked.append(1)
        return float(sum(np.sum(slope[name] * p[name] + p[name] ** 2) for name in names))

    grid = rules.pure(student, "loss_grid", loss, params, first, second, a, b)
    want = np.array(
        [[loss({n: params[n] + s * first[n] + t * second[n] for n in names}) for t in b] for s in a]
    )
    compare.close(
        grid,
        want,
        "grid",
        hint="grid[i, j] belongs to a[i] along the first and b[j] along the second direction.",
    )
    compare.require(
        grid.dtype == np.float64, f"`grid` is {grid.dtype}, where float64 was expected."
    )
    points = rows * columns
    compare.require(
        len(asked) == 2 * points,
        f"asks for {len(asked) - points} losses, where {points} were needed.",
    )
