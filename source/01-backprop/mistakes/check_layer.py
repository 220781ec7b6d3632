"""What goes wrong, and what else goes right, in `check_layer`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("check_layer", replaces="check_layer")
def dout_of_ones(forward, backward, x, rng):
    """You check with a `dout` of ones. A layer that mixes up, averages or ignores `dout` passes that: give every output a weight of its own."""
    out, cache = forward(x)
    dout = np.ones(np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape:
        return False
    measured = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    allowed = 1e-4 * np.max(np.abs(measured)) + 1e-9 * max(np.max(np.abs(out)), 1e-3)
    return bool(np.all(np.abs(dx - measured) <= allowed))


@mistake("check_layer", replaces="check_layer")
def dout_never_negative(forward, backward, x, rng):
    """Your `dout` is random, but never negative. A layer that loses its sign passes that."""
    out, cache = forward(x)
    dout = rng.random(np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape:
        return False
    measured = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    allowed = 1e-4 * np.max(np.abs(measured)) + 1e-9 * max(np.max(np.abs(out)), 1e-3)
    return bool(np.all(np.abs(dx - measured) <= allowed))


@mistake("check_layer", replaces="check_layer")
def errors_averaged(forward, backward, x, rng):
    """You judge by the average error, in which a single wrong entry is lost among the right ones. The worst entry decides."""
    out, cache = forward(x)
    dout = rng.normal(size=np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape:
        return False
    measured = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    allowed = 1e-2 * np.max(np.abs(measured)) + 1e-9 * max(np.max(np.abs(out)), 1e-3)
    return bool(np.mean(np.abs(dx - measured)) <= allowed)


@mistake("check_layer", replaces="check_layer")
def shape_not_compared(forward, backward, x, rng):
    """A `dx` of the wrong shape passes, because subtracting broadcasts it. Compare the shapes before the numbers."""
    out, cache = forward(x)
    dout = rng.normal(size=np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    measured = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    allowed = 1e-4 * np.max(np.abs(measured)) + 1e-9 * max(np.max(np.abs(out)), 1e-3)
    return bool(np.all(np.abs(dx - measured) <= allowed))


@mistake("check_layer", replaces="check_layer")
def straight_back(forward, backward, x, rng):
    """A layer that leans on what `forward` saw last, and not on its cache, passes. Let `forward` see something quite different before you call `backward`."""
    out, cache = forward(x)
    dout = rng.normal(size=np.shape(out))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape:
        return False
    measured = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    allowed = 1e-4 * np.max(np.abs(measured)) + 1e-9 * max(np.max(np.abs(out)), 1e-3)
    return bool(np.all(np.abs(dx - measured) <= allowed))


@mistake("check_layer", replaces="check_layer")
def absolute_tolerance(forward, backward, x, rng):
    """You allow the same absolute error whatever the size of the gradients. Where they are small, everything passes: measure errors in proportion to them."""
    out, cache = forward(x)
    dout = rng.normal(size=np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape:
        return False
    measured = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    return bool(np.all(np.abs(dx - measured) <= 2e-3))


@mistake("check_layer", replaces="check_layer")
def noise_taken_for_error(forward, backward, x, rng):
    """You compare every entry in proportion to its own size alone. Where a gradient is zero, the measured one is a rounding error, and no proportion to it means anything: right layers are rejected."""
    out, cache = forward(x)
    dout = rng.normal(size=np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape:
        return False
    measured = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    size = np.maximum(np.maximum(np.abs(dx), np.abs(measured)), 1e-15)
    return bool(np.all(np.abs(dx - measured) <= 1e-4 * size))


@mistake("check_layer", replaces="check_layer")
def nan_slips_through(forward, backward, x, rng):
    """A `dx` that holds `nan` passes. You ask whether any error is *too large*, and no comparison with nan holds; ask whether all are small enough."""
    out, cache = forward(x)
    dout = rng.normal(size=np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape:
        return False
    measured = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    allowed = 1e-4 * np.max(np.abs(measured)) + 1e-9 * max(np.max(np.abs(out)), 1e-3)
    return not bool(np.any(np.abs(dx - measured) > allowed))


@mistake("check_layer", replaces="check_layer")
def tolerance_left_at_its_default(forward, backward, x, rng):
    """`np.allclose` allows an absolute error of 1e-8, unless told otherwise, whatever the size of `out`. Where `out` is large and a gradient zero, the noise of measuring is larger than that, and right layers are rejected."""
    out, cache = forward(x)
    dout = rng.normal(size=np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape:
        return False
    measured = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    return bool(np.allclose(dx, measured, rtol=1e-4))


@mistake("check_layer", replaces="check_layer")
def nearly_two_per_cent_allowed(forward, backward, x, rng):
    """You let a wrong `dx` pass. Compare every entry, and allow much less than one per cent of the largest: central differences are good to many more digits than that."""
    out, cache = forward(x)
    dout = rng.normal(size=np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape:
        return False
    measured = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    allowed = 0.019 * np.max(np.abs(measured)) + 1e-9 * max(np.max(np.abs(out)), 1e-3)
    return bool(np.all(np.abs(dx - measured) <= allowed))


@mistake("check_layer", replaces="check_layer")
def dout_of_signs(forward, backward, x, rng):
    """Your `dout` holds nothing but 1 and -1. A layer that loses the size of `dout` passes that: let its entries differ in size as well."""
    out, cache = forward(x)
    dout = rng.choice([-1.0, 1.0], size=np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape:
        return False
    measured = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    allowed = 1e-4 * np.max(np.abs(measured)) + 1e-9 * max(np.max(np.abs(out)), 1e-3)
    return bool(np.all(np.abs(dx - measured) <= allowed))


@mistake("check_layer", replaces="check_layer")
def anything_beside_a_zero(forward, backward, x, rng):
    """Where the measured gradient is zero, you accept whatever `dx` says. You avoid a division by zero there, but a `dx` that is not zero is wrong all the same."""
    out, cache = forward(x)
    dout = rng.normal(size=np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape or not np.isfinite(dx).all():
        return False
    measured = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    size, noise = np.max(np.abs(measured)), 1e-9 * max(np.max(np.abs(out)), 1e-3)
    return bool(size <= noise or np.all(np.abs(dx - measured) <= 1e-4 * size + noise))


@mistake("check_layer", replaces="check_layer")
def sums_compared(forward, backward, x, rng):
    """You compare something that does not depend on where each entry stands: a sum, a length or the sorted entries. A layer that puts right entries in wrong places passes. Compare each entry with the one at its own index."""
    out, cache = forward(x)
    dout = rng.normal(size=np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape or not np.isfinite(dx).all():
        return False
    m = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    return bool(
        abs(np.sum(dx) - np.sum(m))
        <= 0.0001 * np.max(np.abs(m)) + 1e-09 * max(np.max(np.abs(out)), 0.001)
    )


@mistake("check_layer", replaces="check_layer")
def sums_over_rows_compared(forward, backward, x, rng):
    """You compare sums over the last axis. A layer that mixes up the entries of a row passes. Compare entry by entry."""
    out, cache = forward(x)
    dout = rng.normal(size=np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape:
        return False
    m = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    return bool(
        np.all(
            np.abs(dx.sum(-1) - m.sum(-1))
            <= 0.0001 * np.max(np.abs(m)) + 1e-09 * max(np.max(np.abs(out)), 0.001)
        )
    )


@mistake("check_layer", replaces="check_layer")
def judged_at_ones(forward, backward, x, rng):
    """You judge the layer at an `x` of ones, and not at the `x` that is given. At 1, a factor $x$ that is missing does not show."""
    x = np.ones_like(x)
    out, cache = forward(x)
    dout = rng.normal(size=np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape:
        return False
    m = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    return bool(
        np.all(
            np.abs(dx - m) <= 0.0001 * np.max(np.abs(m)) + 1e-09 * max(np.max(np.abs(out)), 0.001)
        )
    )


@mistake("check_layer", replaces="check_layer")
def judged_at_absolute_values(forward, backward, x, rng):
    """You judge the layer at the absolute values of `x`, and not at the `x` that is given. What is wrong below 0 only passes."""
    x = np.abs(x)
    out, cache = forward(x)
    dout = rng.normal(size=np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape:
        return False
    m = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    return bool(
        np.all(
            np.abs(dx - m) <= 0.0001 * np.max(np.abs(m)) + 1e-09 * max(np.max(np.abs(out)), 0.001)
        )
    )


@mistake("check_layer", replaces="check_layer")
def judged_at_an_x_of_its_own(forward, backward, x, rng):
    """You judge the layer at an `x` that you draw yourself, and not at the one that is given. A layer that is wrong there, and right at yours, passes."""
    x = rng.normal(size=x.shape)
    out, cache = forward(x)
    dout = rng.normal(size=np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape:
        return False
    m = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    return bool(
        np.all(
            np.abs(dx - m) <= 0.0001 * np.max(np.abs(m)) + 1e-09 * max(np.max(np.abs(out)), 0.001)
        )
    )


@mistake("check_layer", replaces="check_layer")
def x_has_two_axes(forward, backward, x, rng):
    """Your loops go over two axes of `x`. It may have any shape: `np.ndindex(x.shape)` goes through all indices, however many axes there are."""
    out, cache = forward(x)
    dout = rng.normal(size=np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape:
        return False
    m = np.zeros_like(x)
    n, d = (x.shape[0], x.shape[1])
    for i in range(n):
        for j in range(d):
            p = x.copy()
            q = x.copy()
            p[i, j] += 1e-05
            q[i, j] -= 1e-05
            m[i, j] = np.sum((np.asarray(forward(p)[0]) - np.asarray(forward(q)[0])) * dout) / 2e-05
    return bool(
        np.all(
            np.abs(dx - m) <= 0.0001 * np.max(np.abs(m)) + 1e-08 * max(np.max(np.abs(out)), 0.001)
        )
    )


@mistake("check_layer", replaces="check_layer")
def sizes_compared(forward, backward, x, rng):
    """You compare absolute values, so that a layer whose gradient has the wrong sign passes."""
    out, cache = forward(x)
    dout = rng.normal(size=np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape:
        return False
    m = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    return bool(
        np.all(
            np.abs(np.abs(dx) - np.abs(m))
            <= 0.0001 * np.max(np.abs(m)) + 1e-09 * max(np.max(np.abs(out)), 0.001)
        )
    )


@mistake("check_layer", replaces="check_layer")
def asserts_instead_of_answering(forward, backward, x, rng):
    """You `assert` that the shapes agree, so that a wrong layer ends in an AssertionError. The question asks for an answer: return False."""
    out, cache = forward(x)
    dout = rng.normal(size=np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    assert np.shape(dx) == x.shape
    m = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    return bool(
        np.all(
            np.abs(dx - m) <= 0.0001 * np.max(np.abs(m)) + 1e-09 * max(np.max(np.abs(out)), 0.001)
        )
    )


@mistake("check_layer", replaces="check_layer")
def draws_from_the_global_state(forward, backward, x, rng):
    """You draw `dout` with `np.random`, which changes the global random state. Draw from the `rng` that you are given, and only from there."""
    out, cache = forward(x)
    dout = np.random.normal(size=np.shape(out))
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape:
        return False
    m = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    return bool(
        np.all(
            np.abs(dx - m) <= 0.0001 * np.max(np.abs(m)) + 1e-09 * max(np.max(np.abs(out)), 0.001)
        )
    )


@variant("check_layer", replaces="check_layer")
def several_douts(forward, backward, x, rng):
    """Three rounds of its own central differences, compared by the norm and by np.allclose; answers with a NumPy bool."""
    good = np.True_
    for _ in range(3):
        out, cache = forward(x.copy())
        dout = rng.standard_normal(np.shape(out))
        other, _ = forward(x[::-1] + rng.standard_normal(x.shape))
        dx = np.asarray(backward(dout.copy() if np.ndim(dout) else dout, cache))
        measured = np.zeros_like(x)
        for i in np.ndindex(x.shape):
            step = np.zeros_like(x)
            step[i] = 1e-5
            measured[i] = (
                np.sum((np.asarray(forward(x + step)[0]) - np.asarray(forward(x - step)[0])) * dout)
                / 2e-5
            )
        if dx.shape != x.shape:
            return np.False_
        scale = np.abs(measured).max() + 1e-6 * np.abs(other).max()
        good = good & np.allclose(dx / scale, measured / scale, rtol=0, atol=1e-3)
    return good


@variant("check_layer", replaces="check_layer")
def gradient_first(forward, backward, x, rng):
    """Measures before it asks the layer, and floors the relative error at a small part of the largest gradient."""
    out, cache = forward(x)
    dout = np.where(rng.random(np.shape(out)) < 0.5, -1, 1) * rng.uniform(0.5, 2.0, np.shape(out))
    measured = gradients.numeric_gradient(lambda v: np.sum(forward(v)[0] * dout), x)
    forward(rng.uniform(-2, 2, x.shape))
    dx = backward(dout, cache)
    if not isinstance(dx, np.ndarray) or dx.shape != x.shape or not np.isfinite(dx).all():
        return False
    floor = max(0.1 * np.abs(measured).max(), 1e-5 * np.abs(out).max())
    size = np.maximum(np.maximum(np.abs(dx), np.abs(measured)), floor)
    return bool((np.abs(dx - measured) / size).max() < 1e-4)


@variant("check_layer", replaces="check_layer")
def by_relative_error_of_the_whole(forward, backward, x, rng):
    """Compares lengths of vectors, and each entry against the largest; a loop with an early return."""
    out, cache = forward(np.array(x))
    dout = rng.standard_normal(np.shape(out))
    if np.ndim(out) == 0:
        dout = float(dout)
    forward(np.array(x) + 0.5 + rng.random(x.shape))
    dx = backward(dout, cache)
    numeric = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=np.asarray(dout))
    if np.shape(dx) != np.shape(numeric) or np.isnan(dx).any():
        return False
    largest = max(abs(float(v)) for v in numeric.flat)
    for ours, theirs in zip(np.ravel(dx), numeric.ravel()):
        if abs(ours - theirs) > 1e-3 * largest + 1e-8 * float(np.abs(out).max()):
            return False
    return True


@variant("check_layer", replaces="check_layer")
def along_every_axis_by_hand(forward, backward, x, rng):
    """Central differences written out over flat copies, with a dout of both signs, judged by `not any`."""
    out, cache = forward(x)
    out = np.array(out, dtype=float)
    dout = rng.normal(0, 2, out.shape)
    forward(-x + rng.normal(size=x.shape))
    dx = np.array(backward(dout if out.ndim else float(dout), cache), dtype=float)
    if dx.shape != x.shape:
        return False
    slopes = []
    for k in range(x.size):
        ends = []
        for sign in (1, -1):
            moved = x.flatten()
            moved[k] += sign * 1e-5
            ends.append(np.sum(np.array(forward(moved.reshape(x.shape))[0]) * dout))
        slopes.append((ends[0] - ends[1]) / 2e-5)
    slopes = np.array(slopes).reshape(x.shape)
    allowed = 5e-4 * np.max(np.abs(slopes)) + 1e-8 * np.max(np.abs(out))
    return not bool((~(np.abs(slopes - dx) <= allowed)).any())
