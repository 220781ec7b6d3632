"""Known mistakes and right variants of `symmetry_demo`."""

import numpy as np

from autograder.bank import mistake, variant


@mistake("symmetry_demo", replaces="symmetry_demo")
def two_of_the_square_lost(x, y, w1, w2, learning_rate, steps):
    """Your gradient lacks the 2 that comes from the square."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    distinct = []
    for step in range(steps + 1):
        same = np.abs(w1[:, :, None] - w1[:, None, :]).max(axis=0) <= 1e-6
        distinct.append(int(np.sum(~np.triu(same, 1).any(axis=0))))
        if step < steps:
            h = np.tanh(x @ w1)
            dout = (h @ w2 - y) / len(x)
            dw1 = x.T @ ((dout @ w2.T) * (1 - h * h))
            w1, w2 = w1 - learning_rate * dw1, w2 - learning_rate * (h.T @ dout)
    return w1, w2, distinct


@mistake("symmetry_demo", replaces="symmetry_demo")
def sum_for_mean(x, y, w1, w2, learning_rate, steps):
    """Your gradient is that of a sum over the examples. The loss divides by N."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    distinct = []
    for step in range(steps + 1):
        same = np.abs(w1[:, :, None] - w1[:, None, :]).max(axis=0) <= 1e-6
        distinct.append(int(np.sum(~np.triu(same, 1).any(axis=0))))
        if step < steps:
            h = np.tanh(x @ w1)
            dout = 2 * (h @ w2 - y)
            dw1 = x.T @ ((dout @ w2.T) * (1 - h * h))
            w1, w2 = w1 - learning_rate * dw1, w2 - learning_rate * (h.T @ dout)
    return w1, w2, distinct


@mistake("symmetry_demo", replaces="symmetry_demo")
def mean_over_outputs_too(x, y, w1, w2, learning_rate, steps):
    """You divide by the number of all entries of y. The loss is a mean over examples and a sum over outputs."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    distinct = []
    for step in range(steps + 1):
        same = np.abs(w1[:, :, None] - w1[:, None, :]).max(axis=0) <= 1e-6
        distinct.append(int(np.sum(~np.triu(same, 1).any(axis=0))))
        if step < steps:
            h = np.tanh(x @ w1)
            dout = 2 * (h @ w2 - y) / y.size
            dw1 = x.T @ ((dout @ w2.T) * (1 - h * h))
            w1, w2 = w1 - learning_rate * dw1, w2 - learning_rate * (h.T @ dout)
    return w1, w2, distinct


@mistake("symmetry_demo", replaces="symmetry_demo")
def slope_of_tanh_forgotten(x, y, w1, w2, learning_rate, steps):
    """Your gradient does not pass tanh: multiply by its slope, which 1 - h² gives."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    distinct = []
    for step in range(steps + 1):
        same = np.abs(w1[:, :, None] - w1[:, None, :]).max(axis=0) <= 1e-6
        distinct.append(int(np.sum(~np.triu(same, 1).any(axis=0))))
        if step < steps:
            h = np.tanh(x @ w1)
            dout = 2 * (h @ w2 - y) / len(x)
            dw1 = x.T @ (dout @ w2.T)
            w1, w2 = w1 - learning_rate * dw1, w2 - learning_rate * (h.T @ dout)
    return w1, w2, distinct


@mistake("symmetry_demo", replaces="symmetry_demo")
def w2_moves_first(x, y, w1, w2, learning_rate, steps):
    """You move w2 before you compute the gradient of w1. Both gradients belong to the same point."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    distinct = []
    for step in range(steps + 1):
        same = np.abs(w1[:, :, None] - w1[:, None, :]).max(axis=0) <= 1e-6
        distinct.append(int(np.sum(~np.triu(same, 1).any(axis=0))))
        if step < steps:
            h = np.tanh(x @ w1)
            dout = 2 * (h @ w2 - y) / len(x)
            w2 = w2 - learning_rate * (h.T @ dout)
            dw1 = x.T @ ((dout @ w2.T) * (1 - h * h))
            w1 = w1 - learning_rate * dw1
    return w1, w2, distinct


@mistake("symmetry_demo", replaces="symmetry_demo")
def uphill(x, y, w1, w2, learning_rate, steps):
    """You add the gradient, as D4's `x += learning_rate * dx` does. That climbs."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    distinct = []
    for step in range(steps + 1):
        same = np.abs(w1[:, :, None] - w1[:, None, :]).max(axis=0) <= 1e-6
        distinct.append(int(np.sum(~np.triu(same, 1).any(axis=0))))
        if step < steps:
            h = np.tanh(x @ w1)
            dout = 2 * (h @ w2 - y) / len(x)
            dw1 = x.T @ ((dout @ w2.T) * (1 - h * h))
            w1, w2 = w1 + learning_rate * dw1, w2 + learning_rate * (h.T @ dout)
    return w1, w2, distinct


@mistake("symmetry_demo", replaces="symmetry_demo")
def start_not_counted(x, y, w1, w2, learning_rate, steps):
    """You count only after steps. The start counts too: steps + 1 numbers."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    distinct = []
    for step in range(steps + 1):
        same = np.abs(w1[:, :, None] - w1[:, None, :]).max(axis=0) <= 1e-6
        distinct.append(int(np.sum(~np.triu(same, 1).any(axis=0))))
        if step < steps:
            h = np.tanh(x @ w1)
            dout = 2 * (h @ w2 - y) / len(x)
            dw1 = x.T @ ((dout @ w2.T) * (1 - h * h))
            w1, w2 = w1 - learning_rate * dw1, w2 - learning_rate * (h.T @ dout)
    return w1, w2, distinct[1:]


@mistake("symmetry_demo", replaces="symmetry_demo")
def one_step_short(x, y, w1, w2, learning_rate, steps):
    """You take one step fewer than asked for: `range(1, steps)` runs steps - 1 times."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    distinct = []
    for step in range(steps + 1):
        same = np.abs(w1[:, :, None] - w1[:, None, :]).max(axis=0) <= 1e-6
        distinct.append(int(np.sum(~np.triu(same, 1).any(axis=0))))
        if step < steps - 1:
            h = np.tanh(x @ w1)
            dout = 2 * (h @ w2 - y) / len(x)
            dw1 = x.T @ ((dout @ w2.T) * (1 - h * h))
            w1, w2 = w1 - learning_rate * dw1, w2 - learning_rate * (h.T @ dout)
    return w1, w2, distinct


@mistake("symmetry_demo", replaces="symmetry_demo")
def counted_to_the_last_bit(x, y, w1, w2, learning_rate, steps):
    """You compare units to the last bit. Rounding parts what is equal: up to 1e-6 counts as the same."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    distinct = []
    for step in range(steps + 1):
        distinct.append(int(np.unique(w1, axis=1).shape[1]))
        if step < steps:
            h = np.tanh(x @ w1)
            dout = 2 * (h @ w2 - y) / len(x)
            dw1 = x.T @ ((dout @ w2.T) * (1 - h * h))
            w1, w2 = w1 - learning_rate * dw1, w2 - learning_rate * (h.T @ dout)
    return w1, w2, distinct


@mistake("symmetry_demo", replaces="symmetry_demo")
def only_neighbours_compared(x, y, w1, w2, learning_rate, steps):
    """You compare each unit with the one before it only. Equal units may stand anywhere."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    distinct = []
    for step in range(steps + 1):
        distinct.append(1 + int(np.sum(np.abs(np.diff(w1, axis=1)).max(axis=0, initial=0) > 1e-6)))
        if step < steps:
            h = np.tanh(x @ w1)
            dout = 2 * (h @ w2 - y) / len(x)
            dw1 = x.T @ ((dout @ w2.T) * (1 - h * h))
            w1, w2 = w1 - learning_rate * dw1, w2 - learning_rate * (h.T @ dout)
    return w1, w2, distinct


@mistake("symmetry_demo", replaces="symmetry_demo")
def first_weight_only(x, y, w1, w2, learning_rate, steps):
    """You tell units apart by their first incoming weight alone. Two units are the same only if all entries agree."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    distinct = []
    for step in range(steps + 1):
        same = np.abs(w1[:, :, None] - w1[:, None, :])[0] <= 1e-6
        distinct.append(int(np.sum(~np.triu(same, 1).any(axis=0))))
        if step < steps:
            h = np.tanh(x @ w1)
            dout = 2 * (h @ w2 - y) / len(x)
            dw1 = x.T @ ((dout @ w2.T) * (1 - h * h))
            w1, w2 = w1 - learning_rate * dw1, w2 - learning_rate * (h.T @ dout)
    return w1, w2, distinct


@mistake("symmetry_demo", replaces="symmetry_demo")
def weights_changed_in_place(x, y, w1, w2, learning_rate, steps):
    """You write the steps into the matrices of the caller: `-=` on an array that you were given. Work on copies."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.asarray(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    distinct = []
    for step in range(steps + 1):
        same = np.abs(w1[:, :, None] - w1[:, None, :]).max(axis=0) <= 1e-6
        distinct.append(int(np.sum(~np.triu(same, 1).any(axis=0))))
        if step < steps:
            h = np.tanh(x @ w1)
            dout = 2 * (h @ w2 - y) / len(x)
            dw1 = x.T @ ((dout @ w2.T) * (1 - h * h))
            dw2 = h.T @ dout
            w1 -= learning_rate * dw1
            w2 -= learning_rate * dw2
    return w1, w2, distinct


@variant("symmetry_demo", replaces="symmetry_demo")
def units_kept_in_a_list(x, y, w1, w2, learning_rate, steps):
    """Counts by a list of the units seen so far, and divides by N at the end."""
    if steps < 0:
        raise ValueError(f"cannot take {steps} steps")

    def count(w):
        seen = []
        for unit in w.T:
            if not any(np.allclose(unit, other, rtol=0, atol=1e-6) for other in seen):
                seen.append(unit)
        return len(seen)

    w1, w2 = w1 * 1.0, w2 * 1.0
    distinct = [count(w1)]
    for _ in range(steps):
        h = np.tanh(x @ w1)
        e = h @ w2 - y
        g2 = h.T @ e * (2 / len(x))
        g1 = x.T @ (e @ w2.T * (1 - h**2)) * (2 / len(x))
        w1 -= learning_rate * g1
        w2 -= learning_rate * g2
        distinct.append(count(w1))
    return w1, w2, distinct


@variant("symmetry_demo", replaces="symmetry_demo")
def first_twin_by_argmax(x, y, w1, w2, learning_rate, steps):
    """Counts the different places of first twins, and keeps the counts in an array."""
    if not steps >= 0:
        raise ValueError(f"steps={steps} is negative")
    kind = np.result_type(w1, np.float32)
    a, b = w1.astype(kind), w2.astype(kind)
    distinct = np.zeros(steps + 1, dtype=int)
    for step in range(steps + 1):
        if step:
            h = np.tanh(x @ a)
            d = (2 / len(x)) * (h @ b - y)
            a, b = a - learning_rate * np.einsum("nd,nh->dh", x, (d @ b.T) * (1 - h) * (1 + h)), b - learning_rate * np.dot(h.T, d)
        near = (np.abs(a.T[:, None] - a.T[None]) <= 1e-6).all(axis=2)
        distinct[step] = len(set(near.argmax(axis=1).tolist()))
    return a, b, distinct
