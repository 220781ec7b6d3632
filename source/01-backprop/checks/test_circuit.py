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
    return (x + y) * z, {
        name: own_shape(grads[name], v) for name, v in zip(NAMES, (x, y, z), strict=True)
    }


def right_branch(x, y, z):
    one = np.ones(np.broadcast_shapes(*(np.shape(v) for v in (x, y, z))))
    grads = {
        "x": np.where(x >= y, 2 * x + z, y) * one,
        "y": np.where(x >= y, 0, x + z) * one,
        "z": np.where(x >= y, x, y) * one,
    }
    return np.where(x >= y, x, y) * (x + z), {
        name: own_shape(grads[name], v) for name, v in zip(NAMES, (x, y, z), strict=True)
    }


def draw(rng, *shapes):
    """Numbers between 0.5 and 2 in size, so that x and y never come near a tie."""
    values = [rng.uniform(0.5, 2, shape) * rng.choice([-1, 1], shape) for shape in shapes]
    while np.abs(values[0] - values[1]).min() < 0.05:
        values[1] = rng.uniform(0.5, 2, shapes[1]) * rng.choice([-1, 1], shapes[1])
    return values


def answer(value, which=NAMES):
    f, grads = compare.unpack(value, 2, "f, grads")
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
    """In `circuit_branch`, $x$ feeds two gates, and its gradient is the sum over both paths back to it; $z$ has one path."""
    x, y, z = draw(rng, (4, 5), (4, 5), (4, 5))
    arrays = [np.maximum(x, y), np.minimum(x, y), z]  # x wins: what a loser gets is another check's
    agree(
        student.circuit_branch(*arrays),
        right_branch(*arrays),
        "xz",
        hint="How many ways lead from here to f?",
    )


@check("circuit", points=2)
def test_max_routes(student, rng):
    """In `circuit_branch`, the max gate sends the gradient to the larger input, and nothing to the other."""
    x, y, z = draw(rng, (4, 5), (4, 5), (4, 5))
    agree(
        student.circuit_branch(x, y, z),
        right_branch(x, y, z),
        "y",
        hint="What does y get where it loses, and where it wins?",
    )
    arrays = [np.minimum(x, y), np.maximum(x, y), z]
    agree(
        student.circuit_branch(*arrays),
        right_branch(*arrays),
        "xz",
        hint="What do x and z get where x loses?",
    )


@check("circuit", points=1)
def test_tie(student, rng):
    """Where $x = y$, the max gate of `circuit_branch` routes everything to $x$."""
    x, z = rng.uniform(0.5, 2, 6), rng.uniform(0.5, 2, 6)
    _, grads = answer(student.circuit_branch(x, x.copy(), z))
    words = "Where x and y are equal, `grads['{}']` is {}, where everything from the max gate was expected to go to x alone."
    for name, lacks, share in (
        ("y", "not zero", 0 * x),
        ("x", "not right", right_branch(x, x, z)[1]["x"]),
    ):
        compare.shape(grads[name], x.shape, f"grads[{name!r}]")
        compare.require(
            np.allclose(grads[name], share, rtol=1e-6, atol=1e-9), words.format(name, lacks)
        )


def repeated(student, name, arrays):
    """f and the gradients of broadcast inputs that follow from the student's own for inputs repeated beforehand."""
    full = np.broadcast_arrays(*arrays)
    f, grads = answer(getattr(student, name)(*(v.copy() for v in full)))
    for key in NAMES:
        compare.shape(grads[key], full[0].shape, f"grads[{key!r}]")
    compare.require(
        any(np.any(grads[key]) for key in NAMES), f"All gradients of `{name}` are zero."
    )
    return f, {
        key: own_shape(np.asarray(grads[key], float), v)
        for key, v in zip(NAMES, arrays, strict=True)
    }


SUMMED = "One gradient for each entry of the input: the sum over all of its uses. It is held against your own for inputs of one shape."


@check("circuit", points=2)
def test_broadcast(student, rng):
    """`circuit` sums the gradient of a broadcast input over all the uses of each entry, back to the input's own shape."""
    for shapes in (
        ((4, 1), (3,), ()),
        ((5,), (2, 1, 5), (3, 1)),
        ((1, 3), (4, 3), (4, 1)),
        ((1,), (1, 1), (2,)),
    ):
        arrays = draw(rng, *shapes)
        agree(student.circuit(*arrays), repeated(student, "circuit", arrays), hint=SUMMED)


@check("circuit", points=2)
def test_broadcast_branch(student, rng):
    """`circuit_branch` sums the gradient of a broadcast input over all the uses of each entry, too."""
    for shapes in (
        ((4, 1), (3,), ()),
        ((), (2, 1, 3), (4, 1)),
        ((1, 3), (4, 1), (4, 3)),
        ((2,), (1, 1), (1,)),
    ):
        arrays = draw(rng, *shapes)
        agree(
            student.circuit_branch(*arrays),
            repeated(student, "circuit_branch", arrays),
            hint=SUMMED,
        )


@check("circuit", points=2)
def test_manners(student, rng):
    """Both circuits leave their arguments alone, keep float32 and float64, turn whole numbers to float64, and take any layout."""
    among_integers = "Here x holds whole numbers, and y and z do not. What happens to a gradient that is stored in an array of integers?"
    for name in ("circuit", "circuit_branch"):
        arrays = draw(rng, (4, 3), (4, 3), (4, 3))
        rules.pure(student, name, *arrays)
        rules.floats(student, name, *(4 * v for v in arrays))
        rules.layouts(student, name, *arrays)
        x, *others = rng.integers(-4, 5, (3, 2)), *draw(rng, (3, 2), (3, 2))
        agree(
            getattr(student, name)(x, *others),
            answer(getattr(student, name)(x.astype(float), *others)),
            hint=among_integers,
        )
        numbers = [float(v) for v in draw(rng, (), (), ())]
        as_arrays = answer(getattr(student, name)(*(np.array([v]) for v in numbers)))
        want = (
            np.squeeze(as_arrays[0]),
            {key: np.squeeze(grad) for key, grad in as_arrays[1].items()},
        )
        agree(
            getattr(student, name)(*numbers),
            want,
            hint="A Python float has 16 digits, not the 7 of float32.",
            rtol=1e-10,
        )
