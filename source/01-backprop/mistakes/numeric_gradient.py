"""What goes wrong, and what else goes right, in `numeric_gradient`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("numeric_gradient", replaces="numeric_gradient")
def one_sided(f, x, df=None, h=1e-5):
    """Your difference is one-sided: you nudge up only. Its error falls with $h$ instead of $h^2$; nudge both ways."""
    point = np.array(x, dtype=np.float64)
    dx = np.zeros(x.shape, dtype=np.result_type(np.float32, x))
    base = np.array(f(point), dtype=np.float64)
    for i in np.ndindex(x.shape):
        before = point[i]
        point[i] = before + h
        change = np.array(f(point), dtype=np.float64) - base
        point[i] = before
        dx[i] = np.sum(change if df is None else change * df) / h
    return dx


@mistake("numeric_gradient", replaces="numeric_gradient")
def half_forgotten(f, x, df=None, h=1e-5):
    """Your answer is twice what it should be. From $x - h$ to $x + h$, how far is it?"""
    point = np.array(x, dtype=np.float64)
    dx = np.zeros(x.shape, dtype=np.result_type(np.float32, x))
    for i in np.ndindex(x.shape):
        before = point[i]
        point[i] = before + h
        above = np.array(f(point), dtype=np.float64)
        point[i] = before - h
        change = above - np.array(f(point), dtype=np.float64)
        point[i] = before
        dx[i] = np.sum(change if df is None else change * df) / h
    return dx


@mistake("numeric_gradient", replaces="numeric_gradient")
def result_not_copied(f, x, df=None, h=1e-5):
    """If `f` returns a view of `x`, your second nudge overwrites the first result, and their difference is zero. Keep a copy of what `f` returns."""
    point = np.array(x, dtype=np.float64)
    dx = np.zeros(x.shape, dtype=np.result_type(np.float32, x))
    for i in np.ndindex(x.shape):
        before = point[i]
        point[i] = before + h
        above = f(point)
        point[i] = before - h
        change = above - f(point)
        point[i] = before
        dx[i] = np.sum(change if df is None else change * df) / (2 * h)
    return dx


@mistake("numeric_gradient", replaces="numeric_gradient")
def drifts(f, x, df=None, h=1e-5):
    """After $+h$, $-2h$, $+h$ an entry of `x` is not back where it was, but off by a rounding error. Remember the number itself, and put that back."""
    point = np.array(x, dtype=np.float64)
    dx = np.zeros(x.shape, dtype=np.result_type(np.float32, x))
    for i in np.ndindex(x.shape):
        point[i] += h
        above = np.array(f(point), dtype=np.float64)
        point[i] -= 2 * h
        change = above - np.array(f(point), dtype=np.float64)
        point[i] += h
        dx[i] = np.sum(change if df is None else change * df) / (2 * h)
    return dx


@mistake("numeric_gradient", replaces="numeric_gradient")
def x_never_put_back(f, x, df=None, h=1e-5):
    """You do not put an entry back before you nudge the next, so all the entries before it stay moved."""
    point = np.array(x, dtype=np.float64)
    dx = np.zeros(x.shape, dtype=np.result_type(np.float32, x))
    for i in np.ndindex(x.shape):
        before = point[i]
        point[i] = before + h
        above = np.array(f(point), dtype=np.float64)
        point[i] = before - h
        change = above - np.array(f(point), dtype=np.float64)
        dx[i] = np.sum(change if df is None else change * df) / (2 * h)
    return dx


@mistake("numeric_gradient", replaces="numeric_gradient")
def nudged_in_its_own_precision(f, x, df=None, h=1e-5):
    """You nudge `x` in its own dtype. In float32, $x \\pm 10^{-5}$ keeps two digits of the nudge; in integers, none. Measure on a float64 copy."""
    point = np.array(x)
    dx = np.zeros(x.shape, dtype=np.result_type(np.float32, x))
    for i in np.ndindex(x.shape):
        before = point[i]
        point[i] = before + h
        above = np.array(f(point), dtype=np.float64)
        point[i] = before - h
        change = above - np.array(f(point), dtype=np.float64)
        point[i] = before
        dx[i] = np.sum(change if df is None else change * df) / (2 * h)
    return dx


@mistake("numeric_gradient", replaces="numeric_gradient")
def weights_ignored(f, x, df=None, h=1e-5):
    """`df` makes no difference to your answer. It weighs the entries of `f(x)` before they are summed."""
    point = np.array(x, dtype=np.float64)
    dx = np.zeros(x.shape, dtype=np.result_type(np.float32, x))
    for i in np.ndindex(x.shape):
        before = point[i]
        point[i] = before + h
        above = np.array(f(point), dtype=np.float64)
        point[i] = before - h
        dx[i] = np.sum(above - np.array(f(point), dtype=np.float64)) / (2 * h)
        point[i] = before
    return dx


@mistake("numeric_gradient", replaces="numeric_gradient")
def nudges_a_copy(f, x, df=None, h=1e-5):
    """For a slice or a transpose, flattening gives a *copy*: you nudge the copy, and `f` sees an `x` that never moves. Index the array itself, or flatten and bring back to shape on every call."""
    point = x if x.dtype == np.float64 and x.flags.writeable else np.array(x, dtype=np.float64)
    flat = point.reshape(-1)
    dx = np.zeros(x.size, dtype=np.result_type(np.float32, x))
    for i in range(flat.size):
        before = flat[i]
        flat[i] = before + h
        above = np.array(f(point), dtype=np.float64)
        flat[i] = before - h
        change = above - np.array(f(point), dtype=np.float64)
        flat[i] = before
        dx[i] = np.sum(change if df is None else change * df) / (2 * h)
    return dx.reshape(x.shape)


@mistake(
    "numeric_gradient",
    replaces="rel_error",
    change={
        "np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-8)": "np.maximum(np.maximum(np.abs(a), np.abs(b)), np.abs(b))",
        "np.maximum(np.abs(a), np.abs(b))": "np.abs(a)",
    },
)
def zero_by_zero():
    """`rel_error` divides by zero where both numbers are zero: that is what the $10^{-8}$ is for."""


@mistake(
    "numeric_gradient",
    replaces="rel_error",
    change={
        '    if a.shape != b.shape:\n        raise ValueError(f"a has shape {a.shape}, but b has shape {b.shape}")\n': ""
    },
)
def shapes_broadcast():
    """`rel_error` compares arrays of different shapes, because broadcasting makes them fit. A wrong shape is the first thing that a comparison should notice."""


@mistake(
    "numeric_gradient",
    replaces="rel_error",
    change={"np.maximum(np.abs(a), np.abs(b))": "np.abs(a) + np.abs(b)"},
)
def sum_of_sizes():
    """`rel_error` divides by the *sum* of the two sizes, as some courses do. Here it is their maximum."""


@mistake("numeric_gradient", replaces="numeric_gradient")
def weight_of_a_number_ignored(f, x, df=None, h=1e-5):
    """Where `f` returns a single number, your answer does not depend on `df`. One entry has a weight, too."""
    point = np.array(x, dtype=np.float64)
    dx = np.zeros(x.shape, dtype=np.result_type(np.float32, x))
    for i in np.ndindex(x.shape):
        before = point[i]
        point[i] = before + h
        above = np.array(f(point), dtype=np.float64)
        point[i] = before - h
        change = above - np.array(f(point), dtype=np.float64)
        point[i] = before
        dx[i] = np.sum(change if df is None or change.ndim == 0 else change * df) / (2 * h)
    return dx


@mistake("numeric_gradient", replaces="numeric_gradient")
def put_back_by_arithmetic(f, x, df=None, h=1e-5):
    """You take the nudge off again by subtracting it. Most numbers come back as they were, but a small one has lost its last digits to the sum. Remember the number itself, and put that back."""
    point = np.array(x, dtype=np.float64)
    dx = np.zeros(x.shape, dtype=np.result_type(np.float32, x))
    for i in np.ndindex(x.shape):
        point[i] += h
        above = np.array(f(point), dtype=np.float64)
        point[i] -= h
        point[i] -= h
        change = above - np.array(f(point), dtype=np.float64)
        point[i] += h
        dx[i] = np.sum(change if df is None else change * df) / (2 * h)
    return dx


@mistake("numeric_gradient", replaces="rel_error")
def sizes_compared(a, b):
    """`rel_error` compares how many entries there are, not the shapes: (4,) against (4, 1) gets through, and broadcasting holds every entry against every other."""
    if a.size != b.size:
        raise ValueError(f"a has shape {a.shape}, but b has shape {b.shape}")
    return float(np.max(np.abs(a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-8)))


@mistake("numeric_gradient", replaces="numeric_gradient")
def nudged_by_half_of_h(f, x, df=None, h=1e-05):
    """You nudge by $h/2$ to each side. The formula nudges by $h$: its error for a large $h$ is four times as large as yours, and the question asks for exactly this difference."""
    p = np.array(x, float)
    dx = np.zeros(x.shape, np.result_type(np.float32, x))
    for i in np.ndindex(x.shape):
        o = p[i]
        p[i] = o + h / 2
        a = np.array(f(p), float)
        p[i] = o - h / 2
        b = np.array(f(p), float)
        p[i] = o
        dx[i] = np.sum((a - b) * (1 if df is None else df)) / h
    return dx


@mistake("numeric_gradient", replaces="numeric_gradient")
def df_of_zeros_ignored(f, x, df=None, h=1e-05):
    """A `df` that is zero everywhere is treated as if none was given. Ask `df is None`: zeros are weights too."""
    p = np.array(x, float)
    dx = np.zeros(x.shape, np.result_type(np.float32, x))
    if df is not None and (not np.any(df)):
        df = None
    for i in np.ndindex(x.shape):
        o = p[i]
        p[i] = o + h
        a = np.array(f(p), float)
        p[i] = o - h
        b = np.array(f(p), float)
        p[i] = o
        dx[i] = np.sum((a - b) * (1 if df is None else df)) / (2 * h)
    return dx


@mistake("numeric_gradient", replaces="numeric_gradient")
def outputs_averaged(f, x, df=None, h=1e-05):
    """You average over the entries of f(x). The gradient is that of their *sum*, weighed by `df`."""
    p = np.array(x, float)
    dx = np.zeros(x.shape, np.result_type(np.float32, x))
    for i in np.ndindex(x.shape):
        o = p[i]
        p[i] = o + h
        a = np.array(f(p), float)
        p[i] = o - h
        b = np.array(f(p), float)
        p[i] = o
        dx[i] = np.mean((a - b) * (1 if df is None else df)) / (2 * h)
    return dx


@mistake("numeric_gradient", replaces="numeric_gradient")
def below_minus_above(f, x, df=None, h=1e-05):
    """Your gradient has the wrong sign: you subtract $f(x + h)$ from $f(x - h)$."""
    p = np.array(x, float)
    dx = np.zeros(x.shape, np.result_type(np.float32, x))
    for i in np.ndindex(x.shape):
        o = p[i]
        p[i] = o + h
        a = np.array(f(p), float)
        p[i] = o - h
        b = np.array(f(p), float)
        p[i] = o
        dx[i] = np.sum((b - a) * (1 if df is None else df)) / (2 * h)
    return dx


@mistake("numeric_gradient", replaces="numeric_gradient")
def sum_times_sum(f, x, df=None, h=1e-05):
    """You multiply the sum of the changes by the sum of `df`. Each entry has its own weight: multiply first, then sum."""
    p = np.array(x, float)
    dx = np.zeros(x.shape, np.result_type(np.float32, x))
    for i in np.ndindex(x.shape):
        o = p[i]
        p[i] = o + h
        a = np.array(f(p), float)
        p[i] = o - h
        b = np.array(f(p), float)
        p[i] = o
        dx[i] = np.sum(a - b) * (1 if df is None else np.sum(df)) / (2 * h)
    return dx


@mistake(
    "numeric_gradient",
    replaces="rel_error",
    change={"np.maximum(np.abs(a), np.abs(b))": "np.abs(b)"},
)
def divided_by_the_second_only():
    """`rel_error` divides by $|b|$ alone, so that it depends on the order of its arguments. Divide by the larger of the two."""


@mistake("numeric_gradient", replaces="rel_error")
def errors_averaged(a, b):
    """`rel_error` averages the relative errors. It should return the largest: one wrong entry must not be lost among right ones."""
    if a.shape != b.shape:
        raise ValueError(f"a has shape {a.shape}, but b has shape {b.shape}")
    return float(np.mean(np.abs(a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-08)))


@mistake("numeric_gradient", replaces="rel_error")
def floor_is_added(a, b):
    """`rel_error` adds 1e-8 to the size that it divides by. The formula takes the *largest* of $|a|$, $|b|$ and 1e-8; for small numbers that is something else."""
    if a.shape != b.shape:
        raise ValueError(f"a has shape {a.shape}, but b has shape {b.shape}")
    return float(np.max(np.abs(a - b) / (np.maximum(np.abs(a), np.abs(b)) + 1e-08)))


@mistake("numeric_gradient", replaces="rel_error")
def largest_error_by_largest_entry(a, b):
    """`rel_error` divides the largest difference by the largest entry. Each entry has a relative error of its own; return the largest of these."""
    if a.shape != b.shape:
        raise ValueError(f"a has shape {a.shape}, but b has shape {b.shape}")
    return float(np.max(np.abs(a - b)) / max(np.max(np.abs(a)), np.max(np.abs(b)), 1e-08))


@mistake("numeric_gradient", replaces="rel_error")
def signed_differences(a, b):
    """`rel_error` takes the largest of $a - b$ with its sign, so that an $a$ that is too small looks right. Take the absolute value."""
    if a.shape != b.shape:
        raise ValueError(f"a has shape {a.shape}, but b has shape {b.shape}")
    return float(np.max((a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-08)))


@variant("numeric_gradient", replaces="numeric_gradient")
def in_place_with_nditer(f, x, df=None, h=1e-5):
    """Nudges x itself where that is possible, goes through it with nditer, and works on losses instead of arrays."""
    point = x if x.dtype == np.float64 and x.flags.writeable else x.astype(np.float64)

    def loss():
        value = f(point)
        return (
            float(np.sum(value))
            if df is None
            else float(np.vdot(np.asarray(value, dtype=float), df))
        )

    dx = np.empty(x.shape, dtype=x.dtype if x.dtype.kind == "f" else float)
    walk = np.nditer(point, flags=["multi_index"])
    while not walk.finished:
        i = walk.multi_index
        old = point[i].copy()
        try:
            point[i] = old + h
            up = loss()
            point[i] = old - h
            down = loss()
        finally:
            point[i] = old
        dx[i] = (up - down) / (2 * h)
        walk.iternext()
    return dx


@variant("numeric_gradient", replaces="numeric_gradient")
def with_basis_vectors(f, x, df=None, h=1e-5):
    """Adds rows of a scaled identity to fresh copies, in a comprehension."""
    base = x.astype(np.float64)
    steps = [step.reshape(x.shape) for step in h * np.eye(x.size)]
    weights = 1.0 if df is None else df
    slopes = [
        np.sum((np.array(f(base + step)) - np.array(f(base - step))) * weights) / (2 * h)
        for step in steps
    ]
    return (
        np.array(slopes)
        .reshape(x.shape)
        .astype(x.dtype if x.dtype in (np.float32, np.float64) else np.float64)
    )


@variant("numeric_gradient", replaces="rel_error")
def entry_by_entry(a, b):
    """A plain loop."""
    if np.shape(a) != np.shape(b):
        raise ValueError(f"{np.shape(a)} against {np.shape(b)}")
    worst = 0.0
    for p, q in zip(a.ravel(), b.ravel()):
        worst = max(worst, abs(p - q) / max(abs(p), abs(q), 1e-8))
    return worst


@variant("numeric_gradient", replaces=("numeric_gradient", "rel_error"))
def with_flat_and_maximum_reduce():
    """Walks over `.flat` of its own copy; both losses are numbers before they are subtracted. A norm by `maximum.reduce`."""

    def gradient(f, x, df=None, h=1e-5):
        point = np.array(x, dtype=float, order="C")
        found = []
        for k, value in enumerate(point.ravel().tolist()):
            point.flat[k] = value + h
            up = np.copy(f(point))
            point.flat[k] = value - h
            change = up - np.copy(f(point))
            point.flat[k] = value
            found.append(float(np.sum(change if df is None else np.multiply(df, change))) / h / 2)
        kind = np.float32 if x.dtype == np.float32 else np.float64
        return np.array(found, dtype=kind).reshape(np.shape(x))

    def error(a, b):
        if a.shape != b.shape:
            raise ValueError(f"shapes {a.shape} and {b.shape}")
        size = np.maximum.reduce([np.fabs(a), np.fabs(b), np.full(a.shape, 1e-8)])
        return (np.fabs(a - b) / size).max()

    return gradient, error
