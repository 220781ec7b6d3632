"""Question `mlp_backprop`: a network's cost and gradients, in index notation and vectorised.

One mistake costs its marks once: the last layer is held against the student's own C where that is wrong by a factor, and
hidden layers against the student's own last layer.
"""

from itertools import pairwise

import numpy as np

from autograder.checking import check, compare, fail, rules

g, dg = (
    np.sin,
    np.cos,
)  # NumPy's own, which the student's process has already: nothing has to call back


def draw(rng, N, *sizes):
    params = [
        (rng.normal(size=(n, m)) / np.sqrt(n), rng.normal(size=m)) for n, m in pairwise(sizes)
    ]
    return params, rng.normal(size=(N, sizes[0])), rng.normal(size=(N, sizes[-1]))


def answer(value, params):
    """C and grads, after a look at their form."""
    C, grads = compare.unpack(value, 2, "C, grads")
    if not isinstance(grads, (list, tuple)) or len(grads) != len(params):
        fail("grads is not a list with one (dw, db) for each layer")
    return C, [compare.unpack(pair, 2, "dw, db") for pair in grads]


def call(name, student, params, X, Y):
    return answer(getattr(student, name)(params, X, Y, g, dg), params)


def labels(params):
    """The words for each gradient, layer by layer."""
    return [
        (f"dw of layer {number} of {len(params)}", f"db of layer {number} of {len(params)}")
        for number in range(1, len(params) + 1)
    ]


def cost(name, student, reference, rng, sizes):
    params, X, Y = draw(rng, *sizes)
    C, _ = call(name, student, params, X, Y)
    want, _ = reference.mlp_backprop(params, X, Y, g, dg)
    compare.close(C, want, "C", hint="The mean over examples of the sum over outputs.")


def last_layer(name, student, reference, rng, hint):
    """A single layer's gradients, for several sizes; they follow from the student's own C, where that is wrong by a factor."""
    for sizes in ((5, 4, 3), (3, 3, 3), (4, 2, 1), (1, 3, 2)):
        params, X, Y = draw(rng, *sizes)
        C, [got] = call(name, student, params, X, Y)
        want_C, [want] = reference.mlp_backprop(params, X, Y, g, dg)
        factors = [1.0, *([float(C / want_C)] if np.ndim(C) == 0 and np.isfinite(C) and C else [])]
        for part, right, words in zip(got, want, labels(params)[0], strict=True):
            compare.shape(part, right.shape, words)
            if not any(
                np.allclose(part, factor * right, rtol=1e-6, atol=1e-9) for factor in factors
            ):
                compare.close(part, right, words, hint=hint)


def carried(params, X, db):
    """All layers' gradients for a single example, from those of the last layer's biases."""
    z, a = [], [X]
    for w, b in params:
        z.append(a[-1] @ w + b)
        a.append(g(z[-1]))
    dz, grads = db[None], []
    for layer in reversed(range(len(params))):
        if layer < len(params) - 1:
            dz = (dz @ params[layer + 1][0].T) * dg(z[layer])
        grads.append((a[layer].T @ dz, dz.sum(axis=0)))
    return grads[::-1]


def hidden_layers(name, student, rng, nets, hint):
    """What is carried back follows from the student's own last layer: example by example, and added up over a batch."""
    for sizes in nets:
        params, X, Y = draw(rng, 3, *sizes)
        single = [call(name, student, params, X[i : i + 1], Y[i : i + 1])[1] for i in range(len(X))]
        for i, grads in enumerate(single):
            for got, (w, b), words in zip(grads, params, labels(params), strict=True):
                compare.shape(got[0], w.shape, words[0])
                compare.shape(got[1], b.shape, words[1])
            compare.require(
                np.any(grads[-1][1]),
                f"{labels(params)[-1][1]} is zero, so that nothing is carried back.",
            )
            want = carried(params, X[i : i + 1], grads[-1][1])
            for got, right, words in list(zip(grads, want, labels(params), strict=True))[:-1]:
                for part in range(2):
                    compare.close(
                        got[part],
                        right[part],
                        f"{words[part]}, for one example,",
                        rtol=1e-5,
                        atol=1e-8,
                        hint=hint,
                    )
        _, batch = call(name, student, params, X, Y)
        for part in range(2):
            added = [sum(grads[layer][part] for grads in single) for layer in range(len(params))]
            share = float(np.sum(batch[-1][part] * added[-1])) / max(
                float(np.sum(added[-1] ** 2)), 1e-12
            )  # 1/N, or one wrong for all layers
            for got, right, words in list(zip(batch, added, labels(params), strict=True))[:-1]:
                compare.close(
                    got[part],
                    share * right,
                    f"{words[part]}, for a batch,",
                    rtol=1e-5,
                    atol=1e-8,
                    hint="Every example counts alike.",
                )


@check("mlp_backprop", points=3)
def test_loops_cost(student, reference, rng):
    """`mlp_backprop_loops` gives the cost $C$, the mean over examples of the sum of squares over outputs, by loops."""
    cost("mlp_backprop_loops", student, reference, rng, (3, 4, 5, 2))
    params, X, Y = draw(rng, 4, 2, 2)
    few, many = rules.lines(
        student, "mlp_backprop_loops", *((params, X[:n], Y[:n], g, dg) for n in (2, 4))
    )
    compare.require(
        many > few,
        "`mlp_backprop_loops` runs no more lines for twice the examples: it has no loop over them.",
        "Its use is to be written as the formulas read, with a loop for every index, and so without the other's mistakes.",
    )


@check("mlp_backprop", points=3)
def test_loops_last_layer(student, reference, rng):
    """`mlp_backprop_loops` gives the right gradients for a network of a single layer."""
    last_layer(
        "mlp_backprop_loops",
        student,
        reference,
        rng,
        "D0's three terms, each for this very weight, and the mean.",
    )


@check("mlp_backprop", points=3)
def test_loops_hidden_layers(student, rng):
    """`mlp_backprop_loops` carries gradients back through hidden layers."""
    hint = "A hidden node reaches the cost through every node of the next layer."
    hidden_layers("mlp_backprop_loops", student, rng, ((2, 3, 2, 1), (2, 2, 2)), hint)


@check("mlp_backprop", points=3)
def test_cost(student, reference, rng):
    """`mlp_backprop` gives the cost $C$: the mean over examples of the sum of squares over outputs."""
    cost("mlp_backprop", student, reference, rng, (5, 3, 6, 4))


@check("mlp_backprop", points=3)
def test_last_layer(student, reference, rng):
    """`mlp_backprop` gives the right gradients for a network of a single layer."""
    last_layer(
        "mlp_backprop", student, reference, rng, "Compare with your loops, example by example."
    )


@check("mlp_backprop", points=4)
def test_hidden_layers(student, rng):
    """`mlp_backprop` carries gradients back through hidden layers."""
    hidden_layers(
        "mlp_backprop",
        student,
        rng,
        ((3, 6, 4, 2), (3, 3, 3), (2, 4, 1, 4, 4, 2)),
        "Check each layer's formula against its shapes.",
    )


@check("mlp_backprop", points=2)
def test_gradients_belong_to_own_cost(student, rng):
    """When all parameters of a network with $g(z) = z$ move a little, your $C$ changes by as much as your gradients say, in both versions."""
    h, same, one = (
        1e-5,
        np.positive,
        np.ones_like,
    )  # where dg is taken, and whether, is another check's
    for name in ("mlp_backprop_loops", "mlp_backprop"):
        params, X, Y = draw(rng, 2, 2, 3, 2)
        way = [tuple(rng.normal(size=p.shape) for p in layer) for layer in params]
        moved = [
            [
                tuple(p + t * v for p, v in zip(*pair, strict=True))
                for pair in zip(params, way, strict=True)
            ]
            for t in (h, -h)
        ]
        (above, _), (below, _) = (
            answer(v, params) for v in student.batch(name, [(p, X, Y, same, one) for p in moved])
        )
        _, grads = answer(getattr(student, name)(params, X, Y, same, one), params)
        for pair, layer, words in zip(grads, params, labels(params), strict=True):
            for got, p, what in zip(pair, layer, words, strict=True):
                compare.shape(got, p.shape, what)
        slope = sum(
            float(np.sum(d * v))
            for pair, ways in zip(grads, way, strict=True)
            for d, v in zip(pair, ways, strict=True)
        )
        compare.require(
            np.isfinite(above - below) and above != below,
            f"The cost of `{name}` is the same wherever the parameters are moved, or no number.",
        )
        compare.close(
            slope,
            (above - below) / (2 * h),
            f"the change of `C` that the gradients of `{name}` predict",
            rtol=1e-5,
            atol=1e-7,
        )


@check("mlp_backprop", points=2)
def test_no_loop_over_examples(student, rng):
    """`mlp_backprop` has no loop over examples or nodes: twice the batch, or layers twice as wide, run no more lines, and call `g` no more often."""
    params, X, Y = draw(rng, 12, 3, 4, 2)
    _, grads = call("mlp_backprop", student, params, X, Y)
    compare.require(
        all(np.any(part) for pair in grads for part in pair),
        "Some of the gradients of `mlp_backprop` are zero.",
    )
    rules.vectorised(
        student, "mlp_backprop", lambda n: (params, X[:n], Y[:n], g, dg), sizes=(6, 12)
    )
    rules.vectorised(
        student,
        "mlp_backprop",
        lambda n: (*draw(rng, 3, n, n, n), g, dg),
        sizes=(3, 6),
        of="nodes of a layer",
    )
    for which, small, large in (
        ("examples", (params, X[:2], Y[:2]), (params, X[:4], Y[:4])),
        ("nodes in each layer", draw(rng, 2, 2, 2), draw(rng, 2, 4, 4)),
    ):
        few, many = (calls(student, *args) for args in (small, large))
        compare.require(
            many <= few,
            f"`mlp_backprop` calls `g` and `dg` {many} times for twice as many {which}, and {few} times before.",
            "Both take a whole array.",
        )


class Counted:
    """A function that notes each of its calls."""

    def __init__(self, function):
        self.function, self.asked = function, []

    def __call__(self, z):
        self.asked.append(1)
        return self.function(z)


def calls(student, params, X, Y):
    """How often the activation function and its derivative are called."""
    counted = Counted(g), Counted(dg)
    student.mlp_backprop(params, X, Y, *counted)
    return sum(len(one.asked) for one in counted)


@check("mlp_backprop", points=2)
def test_manners(student, rng):
    """Both versions give a single number and float gradients of each shape, leave their arguments alone, keep float32, and refuse a wrong `Y`."""
    for name in ("mlp_backprop_loops", "mlp_backprop"):
        params, X, Y = draw(rng, 1, 2, 3, 2)
        C, grads = call(name, student, params, X, Y)
        compare.shape(
            np.float64(C) if isinstance(C, (int, float)) else C,
            (),
            f"C of `{name}` for a batch of one",
        )
        for pair, layer, words in zip(grads, params, labels(params), strict=True):
            for got, p, what in zip(pair, layer, words, strict=True):
                compare.shape(got, p.shape, f"{what}, for a batch of one,")
        params, X, Y = draw(rng, 2, 2, 1)
        rules.pure(student, name, params, X, Y, g, dg)
        rules.floats(student, name, params, X, Y, g, dg)
        rules.layouts(student, name, params, X, Y, g, dg)
        for wrong in (Y[:, 0], Y[:1], np.concatenate([Y, Y], axis=1)):
            rules.rejects(
                student, name, params, X, wrong, g, dg, mentions=(str(wrong.shape), "(2, 1)")
            )
