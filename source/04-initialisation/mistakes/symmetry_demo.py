"""Known mistakes and right variants of `symmetry_demo`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


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


@mistake("symmetry_demo", replaces="symmetry_demo")
def rounded_to_six(x, y, w1, w2, learning_rate, steps):
    """You round the weights and count what is left. Two numbers that nearly agree may lie on two sides of where rounding cuts: compare the units with one another."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    distinct = []
    for step in range(steps + 1):
        distinct.append(np.unique(np.round(w1, 6), axis=1).shape[1])
        if step < steps:
            h = np.tanh(x @ w1)
            dout = 2 * (h @ w2 - y) / len(x)
            dw1 = x.T @ ((dout @ w2.T) * (1 - h * h))
            w1, w2 = w1 - learning_rate * dw1, w2 - learning_rate * (h.T @ dout)
    return w1, w2, distinct


@mistake("symmetry_demo", replaces="symmetry_demo")
def by_the_length_of_the_difference(x, y, w1, w2, learning_rate, steps):
    """You compare the length of the difference of two units with 1e-6. Asked for is that no single entry differs by more."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    distinct = []
    for step in range(steps + 1):
        same = np.linalg.norm(w1[:, :, None] - w1[:, None, :], axis=0) <= 1e-6
        distinct.append(int(np.sum(~np.triu(same, 1).any(axis=0))))
        if step < steps:
            h = np.tanh(x @ w1)
            dout = 2 * (h @ w2 - y) / len(x)
            dw1 = x.T @ ((dout @ w2.T) * (1 - h * h))
            w1, w2 = w1 - learning_rate * dw1, w2 - learning_rate * (h.T @ dout)
    return w1, w2, distinct


@mistake("symmetry_demo", replaces="symmetry_demo")
def sorted_by_the_first_entry(x, y, w1, w2, learning_rate, steps):
    """You sort the units and compare neighbours. Units with the same first weight may come in any order, so equal ones need not stand side by side."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    distinct = []
    for step in range(steps + 1):
        columns = w1[:, np.argsort(w1[0], kind="stable")]
        distinct.append(
            1 + int(np.sum(np.abs(np.diff(columns, axis=1)).max(axis=0, initial=0) > 1e-6))
        )
        if step < steps:
            h = np.tanh(x @ w1)
            dout = 2 * (h @ w2 - y) / len(x)
            dw1 = x.T @ ((dout @ w2.T) * (1 - h * h))
            w1, w2 = w1 - learning_rate * dw1, w2 - learning_rate * (h.T @ dout)
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
            a, b = (
                a - learning_rate * np.einsum("nd,nh->dh", x, (d @ b.T) * (1 - h) * (1 + h)),
                b - learning_rate * np.dot(h.T, d),
            )
        near = (np.abs(a.T[:, None] - a.T[None]) <= 1e-6).all(axis=2)
        distinct[step] = len(set(near.argmax(axis=1).tolist()))
    return a, b, distinct


@variant("symmetry_demo", replaces="symmetry_demo")
def a_net_as_a_class(x, y, w1, w2, learning_rate, steps):
    """A class with a step; units are compared two by two in loops over sets of indices."""

    class Net:
        def __init__(self):
            self.w1 = np.array(w1, dtype=w1.dtype if w1.dtype.kind == "f" else float)
            self.w2 = np.array(w2, dtype=w2.dtype if w2.dtype.kind == "f" else float)

        def count(self):
            units, found = list(self.w1.T), 0
            while units:
                first, found = units[0], found + 1
                units = [unit for unit in units[1:] if np.max(np.abs(unit - first)) > 1e-6]
            return found

        def step(self):
            h = np.tanh(np.dot(x, self.w1))
            error = (np.dot(h, self.w2) - y) * (2 / x.shape[0])
            dz = np.dot(error, self.w2.T) * (1 - np.square(h))
            dw1, dw2 = np.dot(x.T, dz), np.dot(h.T, error)
            self.w1 = (self.w1 - learning_rate * dw1).astype(self.w1.dtype)
            self.w2 = (self.w2 - learning_rate * dw2).astype(self.w2.dtype)

    if not steps >= 0:
        raise ValueError(f"steps = {steps}")
    net = Net()
    counts = [net.count()]
    for _ in range(steps):
        net.step()
        counts.append(net.count())
    return net.w1, net.w2, counts


@variant("symmetry_demo", replaces="symmetry_demo")
def a_tuple_of_counts(x, y, w1, w2, learning_rate, steps):
    """einsum for the gradients, in place on copies; twins are those with an equal unit before them; the counts in a tuple of NumPy's integers."""
    if steps < 0:
        raise ValueError(f"got {steps} steps, expected at least 0")
    w1, w2 = (v.copy() if v.dtype.kind == "f" else v.astype(np.float64) for v in (w1, w2))
    counts = ()
    while True:
        gaps = np.fabs(w1[:, :, np.newaxis] - w1[:, np.newaxis, :]).max(0)
        twins = np.tril(gaps <= 1e-6, -1).any(axis=1)
        counts += (np.count_nonzero(~twins),)
        if len(counts) > steps:
            return w1, w2, counts
        h = np.tanh(np.einsum("nd,dh->nh", x, w1))
        pull = 2 / len(x) * (np.einsum("nh,ho->no", h, w2) - y)
        inner = np.einsum("no,ho,nh->nh", pull, w2, 1 - h**2)
        w2 -= (learning_rate * np.einsum("nh,no->ho", h, pull)).astype(w2.dtype)
        w1 -= (learning_rate * np.einsum("nd,nh->dh", x, inner)).astype(w1.dtype)
