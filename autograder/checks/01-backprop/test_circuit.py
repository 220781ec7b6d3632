"""Question `circuit`: what add, mul and max gates do to a gradient, and what branches and broadcasting do."""

import numpy as np

from autograder.checking import check, compare, rules

NAMES = ("x", "y", "z")


def own_shape(grad, value):
    """Sums each entry of grad into the entry of value that was used there, by its index."""
    value = np.asarray(value)
    used = np.broadcast_to(np.arange(value.size).reshape(value.shape), grad.shape)
    return np.bincount(used.ravel(), grad.ravel(), value.size).reshape(value.shape)


def right_circuit(x, y, z):
    one = np.ones(np.broadcast_shapes(*(np.shape(v) for v in (x, y, z))))
    grads = {"x": z * one, "y": z * one, "z": (x + y) * one}
    return (x + y) * z, {name: own_shape(grads[name], v) for name, v in zip(NAMES, (x, y, z), strict=True)}


def right_branch(x, y, z):
    one = np.ones(np.broadcast_shapes(*(np.shape(v) for v in (x, y, z))))
    grads = {"x": np.where(x >= y, 2 * x + z, y) * one, "y": np.where(x >= y, 0, x + z) * one, "z": np.where(x >= y, x, y) * one}
    return np.where(x >= y, x, y) * (x + z), {name: own_shape(grads[name], v) for name, v in zip(NAMES, (x, y, z), strict=True)}


def draw(rng, *shapes):
    """Numbers between 0.5 and 2 in size, so that x and y never come near a tie."""
    values = [rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape) for shape in shapes]
    while np.abs(values[0] - values[1]).min() < 0.05:
        values[1] = rng.uniform(0.5, 2, shapes[1]) * rng.choice([-1, 1], shapes[1])
    return values


def answer(value, which=NAMES):
    f, grads = compare.pair(value, 2, ("f", "grads"))
    return f, {name: compare.keys(grads, NAMES, "grads")[name] for name in which}


def agree(got, want, which=NAMES, hint="", rtol=1e-6):
    f, grads = answer(got, which)
    compare.close(f, want[0], "f", rtol=rtol)
    for name in which:
        compare.close(grads[name], want[1][name], f"grads[{name!r}]", rtol=rtol, hint=hint)


@check("circuit", points=3)
def test_add_distributes_and_mul_switches(student, rng):
    """`circuit` gives f and its three gradients, for numbers and for arrays of one shape."""
    hint = "What arrives from above, times what the gate does locally."
    numbers = [float(v) for v in draw(rng, (), (), ())]
    agree(student.circuit(*numbers), right_circuit(*numbers), hint=hint)
    arrays = draw(rng, (3, 4), (3, 4), (3, 4))
    agree(student.circuit(*arrays), right_circuit(*arrays), hint=hint)


@check("circuit", points=3)
def test_gradients_add_at_a_branch(student, rng):
    """In `circuit_branch`, $x$ feeds two gates, and its gradient is the sum over both ways back; $z$ has one way back."""
    arrays = draw(rng, (4, 5), (4, 5), (4, 5))
    agree(student.circuit_branch(*arrays), right_branch(*arrays), "xz", hint="How many ways lead from here to f?")


@check("circuit", points=2)
def test_max_routes(student, rng):
    """In `circuit_branch`, the max gate sends the gradient to the larger input, and nothing to the other."""
    arrays = draw(rng, (4, 5), (4, 5), (4, 5))
    agree(student.circuit_branch(*arrays), right_branch(*arrays), "y", hint="What does y get where it loses, and where it wins?")


@check("circuit", points=1)
def test_tie(student, rng):
    """Where $x = y$, the max gate of `circuit_branch` routes everything to $x$."""
    x, z = rng.uniform(0.5, 2, 6), rng.uniform(0.5, 2, 6)
    agree(student.circuit_branch(x, x.copy(), z), right_branch(x, x, z))


@check("circuit", points=2)
def test_broadcast(student, rng):
    """`circuit` sums the gradient of a broadcast input over all the uses of each entry, back to the input's own shape."""
    for shapes in (((4, 1), (3,), ()), ((5,), (2, 1, 5), (3, 1)), ((1, 3), (4, 3), (4, 1))):
        arrays = draw(rng, *shapes)
        agree(student.circuit(*arrays), right_circuit(*arrays))


@check("circuit", points=2)
def test_broadcast_branch(student, rng):
    """`circuit_branch` sums the gradient of a broadcast input over all the uses of each entry, too."""
    for shapes in (((4, 1), (3,), ()), ((), (2, 1, 3), (4, 1)), ((1, 3), (4, 1), (4, 3))):
        arrays = draw(rng, *shapes)
        agree(student.circuit_branch(*arrays), right_branch(*arrays))


@check("circuit", points=2, needs=("test_add_distributes_and_mul_switches", "test_gradients_add_at_a_branch"))
def test_manners(student, rng):
    """Both circuits leave their arguments alone, keep float32 and float64, turn whole numbers to float64, and take any layout."""
    among_integers = "Here x holds whole numbers, and y and z do not. What becomes of a gradient that is put among integers?"
    for name in ("circuit", "circuit_branch"):
        arrays = draw(rng, (4, 3), (4, 3), (4, 3))
        rules.pure(student, name, *arrays)
        rules.floats(student, name, *(4 * v for v in arrays))
        rules.layouts(student, name, *arrays)
    mixed = [rng.integers(-4, 5, (3, 2)), *draw(rng, (3, 2), (3, 2))]
    agree(student.circuit(*mixed), right_circuit(*mixed), hint=among_integers)
    agree(student.circuit_branch(*mixed), right_branch(*mixed), hint=among_integers)
    numbers = [float(v) for v in draw(rng, (), (), ())]
    hint = "A Python float has 16 digits, not the 7 of float32."
    agree(student.circuit(*numbers), right_circuit(*numbers), hint=hint, rtol=1e-10)
    agree(student.circuit_branch(*numbers), right_branch(*numbers), hint=hint, rtol=1e-10)
