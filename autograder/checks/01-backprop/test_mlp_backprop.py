"""Question `mlp_backprop`: a network's cost and gradients, in index notation and vectorised."""

from itertools import pairwise

import numpy as np

from autograder.checking import check, compare, fail, rules

g, dg = np.sin, np.cos  # NumPy's own, which the student's process has already: nothing has to call back


def draw(rng, N, *sizes):
    params = [(rng.normal(size=(n, m)) / np.sqrt(n), rng.normal(size=m)) for n, m in pairwise(sizes)]
    return params, rng.normal(size=(N, sizes[0])), rng.normal(size=(N, sizes[-1]))


def answer(value, params):
    """C and grads, after a look at their form."""
    C, grads = compare.pair(value, 2, ("C", "grads"))
    if not isinstance(grads, (list, tuple)) or len(grads) != len(params):
        fail("grads is not a list with one (dw, db) for each layer")
    return C, [compare.pair(pair, 2, ("dw", "db")) for pair in grads]


def agree(name, student, reference, args, hint="", cost=False, gradients=True):
    C, grads = answer(getattr(student, name)(*args, g, dg), args[0])
    want_C, want = reference.mlp_backprop(*args, g, dg)
    if cost:
        compare.close(C, want_C, "C", hint="The mean over examples of the sum over outputs.")
    for number, (got, right) in enumerate(zip(grads, want, strict=True), start=1):
        for part, what in enumerate(("dw", "db") if gradients else ()):
            compare.close(got[part], right[part], f"{what} of layer {number} of {len(want)}", hint=hint)


@check("mlp_backprop", points=2)
def test_loops_cost(student, reference, rng):
    """`mlp_backprop_loops` gives the cost $C$, the mean over examples of the sum of squares over outputs, by loops."""
    agree("mlp_backprop_loops", student, reference, draw(rng, 3, 4, 5, 2), cost=True, gradients=False)
    params, X, Y = draw(rng, 4, 2, 2)
    few, many = rules.lines(student, "mlp_backprop_loops", *((params, X[:n], Y[:n], g, dg) for n in (2, 4)))
    compare.that(
        many > few,
        "`mlp_backprop_loops` runs no more lines for twice the examples: it has no loop over them.",
        "Its use is to be written as the formulas read, with a loop for every index, and so without the other's mistakes.",
    )


@check("mlp_backprop", points=3)
def test_loops_last_layer(student, reference, rng):
    """`mlp_backprop_loops` gives the right gradients for a network of a single layer."""
    agree("mlp_backprop_loops", student, reference, draw(rng, 4, 3, 2), hint="D0's three terms, each for this very weight, and the mean.")


@check("mlp_backprop", points=4)
def test_loops_hidden_layers(student, reference, rng):
    """`mlp_backprop_loops` carries gradients back through hidden layers."""
    hint = "A hidden node reaches the cost through every node of the next layer."
    agree("mlp_backprop_loops", student, reference, draw(rng, 3, 2, 3, 2, 1), hint=hint)


@check("mlp_backprop", points=2)
def test_cost(student, reference, rng):
    """`mlp_backprop` gives the cost $C$: the mean over examples of the sum of squares over outputs."""
    agree("mlp_backprop", student, reference, draw(rng, 5, 3, 6, 4), cost=True, gradients=False)


@check("mlp_backprop", points=3)
def test_last_layer(student, reference, rng):
    """`mlp_backprop` gives the right gradients for a network of a single layer."""
    agree("mlp_backprop", student, reference, draw(rng, 6, 4, 3), hint="Compare with your loops, example by example.")


@check("mlp_backprop", points=4)
def test_hidden_layers(student, reference, rng):
    """`mlp_backprop` carries gradients back through hidden layers."""
    agree("mlp_backprop", student, reference, draw(rng, 5, 3, 6, 4, 2), hint="Check each layer's formula against its shapes.")


@check("mlp_backprop", points=3)
def test_gradients_belong_to_own_cost(student, rng):
    """When all parameters move a little in a random direction, your $C$ changes by as much as your gradients say, in both versions."""
    h = 1e-5
    for name in ("mlp_backprop_loops", "mlp_backprop"):
        params, X, Y = draw(rng, 2, 2, 3, 2)
        way = [tuple(rng.normal(size=p.shape) for p in layer) for layer in params]
        moved = [[tuple(p + t * v for p, v in zip(*pair, strict=True)) for pair in zip(params, way, strict=True)] for t in (h, -h)]
        (above, _), (below, _) = (answer(v, params) for v in student.batch(name, [(p, X, Y, g, dg) for p in moved]))
        _, grads = answer(getattr(student, name)(params, X, Y, g, dg), params)
        for number, (pair, layer) in enumerate(zip(grads, params, strict=True), start=1):
            for got, p, what in zip(pair, layer, ("dw", "db"), strict=True):
                compare.shape(got, p.shape, f"{what} of layer {number} of {len(params)}")
        slope = sum(float(np.sum(d * v)) for pair, ways in zip(grads, way, strict=True) for d, v in zip(pair, ways, strict=True))
        compare.that(
            np.isfinite(above - below) and above != below,
            f"The cost of `{name}` is the same wherever the parameters are moved, or no number.",
        )
        compare.close(slope, (above - below) / (2 * h), f"the change of C that {name}'s gradients predict", rtol=1e-5, atol=1e-7)


@check("mlp_backprop", points=2)
def test_no_loop_over_examples(student, reference, rng):
    """`mlp_backprop` has no loop over examples or nodes: twice the batch, or layers twice as wide, run no more lines."""
    agree("mlp_backprop", student, reference, draw(rng, 4, 2, 3), cost=True, gradients=False)
    params, X, Y = draw(rng, 12, 3, 4, 2)
    rules.vectorised(student, "mlp_backprop", lambda n: (params, X[:n], Y[:n], g, dg), sizes=(6, 12))
    rules.vectorised(student, "mlp_backprop", lambda n: (*draw(rng, 3, n, n, n), g, dg), sizes=(3, 6), of="nodes of a layer")


@check("mlp_backprop", points=2)
def test_manners(student, reference, rng):
    """Both versions take a batch of one, leave their arguments alone, keep float32, and refuse a `Y` of the wrong shape."""
    for name in ("mlp_backprop_loops", "mlp_backprop"):
        agree(name, student, reference, draw(rng, 1, 2, 3, 2), cost=True)
        params, X, Y = draw(rng, 2, 2, 1)
        rules.pure(student, name, params, X, Y, g, dg)
        rules.floats(student, name, params, X, Y, g, dg)
        rules.layouts(student, name, params, X, Y, g, dg)
        for wrong in (Y[:, 0], Y[:1], np.concatenate([Y, Y], axis=1)):
            rules.rejects(student, name, params, X, wrong, g, dg, mentions=(str(wrong.shape), "(2, 1)"))
