"""Known mistakes and right variants of `surface`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("surface", replaces="filter_normalised")
def whole_matrix_normalised(params, rng):
    """You scale each matrix as a whole. Every *column* is a filter, with a length of its own."""
    direction = {}
    for name, value in params.items():
        direction[name] = np.zeros_like(value)
        if value.ndim == 2:
            drawn = rng.normal(size=value.shape)
            direction[name] = (drawn * np.linalg.norm(value) / np.linalg.norm(drawn)).astype(
                value.dtype
            )
    return direction


@mistake("surface", replaces="filter_normalised")
def rows_for_columns(params, rng):
    """You scale rows: what *leaves* one input. A filter is what leads *into* one unit, and `w` is (in, out)."""
    direction = {}
    for name, value in params.items():
        direction[name] = np.zeros_like(value)
        if value.ndim == 2:
            drawn = rng.normal(size=value.shape)
            scale = np.linalg.norm(value, axis=1, keepdims=True) / np.linalg.norm(
                drawn, axis=1, keepdims=True
            )
            direction[name] = (drawn * scale).astype(value.dtype)
    return direction


@mistake("surface", replaces="filter_normalised")
def columns_of_length_one(params, rng):
    """Your columns all have length 1. That is the first half; the second is the length of the weights' own column."""
    direction = {}
    for name, value in params.items():
        direction[name] = np.zeros_like(value)
        if value.ndim == 2:
            drawn = rng.normal(size=value.shape)
            direction[name] = (
                drawn / np.linalg.norm(drawn, axis=0) * np.any(value, axis=0)
            ).astype(value.dtype)
    return direction


@mistake("surface", replaces="filter_normalised")
def biases_move_as_well(params, rng):
    """Biases and the numbers of batch norm move in your direction. Only weights do."""
    direction = {}
    for name, value in params.items():
        drawn = rng.normal(size=value.shape)
        direction[name] = (
            drawn * np.linalg.norm(value, axis=0) / np.linalg.norm(drawn, axis=0)
        ).astype(value.dtype)
    return direction


@mistake("surface", replaces="filter_normalised")
def uniform_entries(params, rng):
    """Your entries are all positive, or uniform: such directions lean towards the corners. Draw standard normal numbers, which have no favourite direction."""
    direction = {}
    for name, value in params.items():
        direction[name] = np.zeros_like(value)
        if value.ndim == 2:
            drawn = rng.random(value.shape)
            direction[name] = (
                drawn * np.linalg.norm(value, axis=0) / np.linalg.norm(drawn, axis=0)
            ).astype(value.dtype)
    return direction


@mistake("surface", replaces="loss_grid")
def grid_transposed(loss, params, first, second, a, b):
    """Your grid lies on its side: rows go along the first direction, columns along the second."""
    grid = np.empty((len(b), len(a)))
    for i in range(len(b)):
        for j in range(len(a)):
            grid[i, j] = loss(
                {name: params[name] + a[j] * first[name] + b[i] * second[name] for name in params}
            )
    return grid


@mistake("surface", replaces="loss_grid")
def steps_add_up(loss, params, first, second, a, b):
    """Each of your points begins where the last one ended. Every point of the plane is reached from the parameters themselves."""
    grid, here = np.empty((len(a), len(b))), dict(params)
    for i, j in np.ndindex(grid.shape):
        here = {name: here[name] + a[i] * first[name] + b[j] * second[name] for name in params}
        grid[i, j] = loss(here)
    return grid


@variant("surface", replaces="filter_normalised")
def column_by_column(params, rng):
    """A loop over the columns, and lengths by hand."""
    direction = {name: 0 * value for name, value in params.items()}
    for name in params:
        if name.startswith("w"):
            for j in range(params[name].shape[1]):
                d = rng.standard_normal(params[name].shape[0])
                direction[name][:, j] = d * (np.sum(params[name][:, j] ** 2) / np.sum(d**2)) ** 0.5
    return direction


@variant("surface", replaces="loss_grid")
def rows_of_a_list(loss, params, first, second, a, b):
    """The first step is taken once a row."""
    rows = []
    for s in a:
        begun = {name: params[name] + s * first[name] for name in params}
        rows.append(
            [float(loss({name: begun[name] + t * second[name] for name in params})) for t in b]
        )
    return np.array(rows)


@variant("surface", replaces="filter_normalised")
def transposed_rows(params, rng):
    """Turns each matrix, so that its filters are rows, and scales them by einsum."""

    def length(rows):
        return np.sqrt(np.einsum("hd,hd->h", rows, rows, dtype=np.float64))

    def one(value):
        drawn = rng.standard_normal(value.shape).T
        return np.einsum("hd,h,h->dh", drawn, 1 / length(drawn), length(value.T)).astype(
            value.dtype
        )

    return {
        name: one(value) if len(value.shape) == 2 else np.zeros(value.shape, value.dtype)
        for name, value in params.items()
    }


@variant("surface", replaces="filter_normalised")
def in_place_on_own_copies(params, rng):
    """Draws into arrays of its own and scales them where they are; a unit vector first, its length afterwards."""
    from copy import deepcopy

    direction = deepcopy(params)
    for name, d in direction.items():
        if d.ndim != 2:
            d[...] = 0
            continue
        wide = rng.normal(0, 1, d.shape)
        wide /= np.sum(wide**2, axis=0, keepdims=True) ** 0.5
        wide *= np.sum(np.float64(d) ** 2, axis=0) ** 0.5
        d[:] = wide
    return direction


@variant("surface", replaces="filter_normalised")
def filters_as_vectors(params, rng):
    """A function for one filter, applied along the first axis to the matrix and the numbers drawn, which lie above each other."""

    def scaled(both):
        w, d = np.split(both, 2)
        return d * (np.linalg.norm(w) / np.linalg.norm(d))

    direction = {}
    for name in params:
        value = params[name]
        direction[name] = value - value
        if np.ndim(value) == 2:
            both = np.vstack([value, rng.normal(size=np.shape(value))])
            direction[name] = np.apply_along_axis(scaled, 0, both).astype(value.dtype)
    return direction


@variant("surface", replaces="loss_grid")
def product_of_steps(loss, params, first, second, a, b):
    """All pairs of steps one after the other, into an array from a generator."""
    from itertools import product

    points = (
        {k: v + s * first[k] + t * second[k] for k, v in params.items()} for s, t in product(a, b)
    )
    return np.fromiter(map(loss, points), dtype=np.float64, count=len(a) * len(b)).reshape(
        len(a), -1
    )


@variant("surface", replaces="loss_grid")
def vectorised_over_a_mesh(loss, params, first, second, a, b):
    """A function of two numbers, made to take arrays."""

    def at(s, t):
        here = {}
        for name in params:
            here[name] = np.array(params[name])
            here[name] += s * first[name]
            here[name] += t * second[name]
        return loss(here)

    return np.vectorize(at, otypes=[float])(*np.meshgrid(a, b, indexing="ij"))


@variant("surface", replaces="loss_grid")
def by_recursion(loss, params, first, second, a, b):
    """Row by row: a grid is its first row and the grid of what is left."""
    if len(a) == 0:
        return np.zeros((0, len(b)))
    row = np.zeros((1, len(b)))
    for j in range(len(b)):
        row[0, j] = loss(
            {name: sum((params[name], a[0] * first[name], b[j] * second[name])) for name in params}
        )
    return np.concatenate([row, loss_grid(loss, params, first, second, a[1:], b)])
