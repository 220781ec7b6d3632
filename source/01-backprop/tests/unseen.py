"""Wrong answers to 01, thought up without a look at the known mistakes."""

import numpy as np

from autograder.audit.unseen_answers import answer


@answer("circuit", replaces="circuit")
def own_signal_left_out(x, y, z):
    """z's gradient is z times what came from above, not the sum."""
    x, y, z = np.asarray(x, float), np.asarray(y, float), np.asarray(z, float)
    q = x + y
    f = q * z
    one = np.ones_like(f)
    gx = sum_to_shape(one * z, x.shape)
    gz = sum_to_shape(one * z, z.shape)
    return f, {"x": gx, "y": sum_to_shape(one * z, y.shape), "z": gz}


@answer(
    "circuit",
    replaces="circuit",
    hints=("circuit: how the gradient reaches x and y through their sum",),
    says=r"0.5 times",
)
def add_gate_halves(x, y, z):
    """The add gate shares its gradient out: half to each."""
    x, y, z = [np.asarray(v) * 1.0 for v in (x, y, z)]
    f = (x + y) * z
    g = np.broadcast_to(z, f.shape)
    return f, {
        "x": sum_to_shape(g / 2, x.shape),
        "y": sum_to_shape(g / 2, y.shape),
        "z": sum_to_shape(x + y + 0 * f, z.shape),
    }


@answer("circuit", replaces="circuit_branch", hints=("branch_overwritten",))
def second_branch_overwrites(x, y, z):
    """x's gradient from the sum overwrites the one from the max."""
    x, y, z = [np.asarray(v) * 1.0 for v in (x, y, z)]
    m = np.maximum(x, y)
    s = x + z
    f = m * s
    ones = np.ones_like(f)
    dm = s * ones
    ds = m * ones
    dx = np.where(x >= y, dm, 0)
    dx = ds
    dy = np.where(x < y, dm, 0)
    return f, {
        "x": sum_to_shape(dx, x.shape),
        "y": sum_to_shape(dy, y.shape),
        "z": sum_to_shape(ds, z.shape),
    }


@answer("circuit", replaces="circuit_branch", hints=("tie_goes_to_both",))
def tie_goes_to_both(x, y, z):
    """Where x = y, both get the whole gradient."""
    x, y, z = [np.asarray(v) * 1.0 for v in (x, y, z)]
    m = np.maximum(x, y)
    s = x + z
    dm = s + 0 * m
    ds = m + 0 * s
    return m * s, {
        "x": sum_to_shape(dm * (m == x) + ds, x.shape),
        "y": sum_to_shape(dm * (m == y), y.shape),
        "z": sum_to_shape(ds, z.shape),
    }


@answer("circuit", replaces="circuit_branch", hints=("tie_goes_to_y",))
def tie_goes_to_y(x, y, z):
    """x > y in place of x >= y."""
    x, y, z = [np.asarray(v) * 1.0 for v in (x, y, z)]
    m = np.where(x > y, x, y)
    s = x + z
    dm, ds = s + 0 * m, m + 0 * s
    choose = x > y
    return m * s, {
        "x": sum_to_shape(choose * dm + ds, x.shape),
        "y": sum_to_shape(~choose * dm, y.shape),
        "z": sum_to_shape(ds, z.shape),
    }


@answer("circuit", replaces="sum_to_shape", says=r"sum over all of its uses")
def only_leading_axes_summed(grad, shape):
    """Axes of size 1 are not summed but cut to their first entry."""
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    for i, n in enumerate(shape):
        if n == 1:
            grad = np.take(grad, [0], axis=i)
    return grad


@answer("mlp_backprop", replaces="mlp_backprop", hints=("slope_taken_at_output",))
def derivative_at_the_activation(params, X, Y, g, dg):
    """dg is taken at a in place of z."""
    if Y.shape != (X.shape[0], params[-1][0].shape[1]):
        raise ValueError(f"Y {Y.shape}, expected {(X.shape[0], params[-1][0].shape[1])}")
    dtype = np.result_type(np.float32, X, Y, params[0][0])
    acts = [X.astype(dtype)]
    for w, b in params:
        acts.append(g(acts[-1] @ w + b))
    N = X.shape[0]
    cost = ((acts[-1] - Y) ** 2).sum() / N
    delta = 2 * (acts[-1] - Y) / N
    grads = []
    for i in range(len(params) - 1, -1, -1):
        delta = delta * dg(acts[i + 1])
        grads.insert(0, (acts[i].T @ delta, delta.sum(0)))
        delta = delta @ params[i][0].T
    return cost, grads


@answer("mlp_backprop", replaces="mlp_backprop", hints=("two_is_lost",))
def two_is_forgotten(params, X, Y, g, dg):
    """The 2 of the square's derivative is forgotten."""
    if Y.shape != (X.shape[0], params[-1][0].shape[1]):
        raise ValueError(f"Y {Y.shape}, expected {(X.shape[0], params[-1][0].shape[1])}")
    dtype = np.result_type(np.float32, X, Y, params[0][0])
    acts, zs = [X.astype(dtype)], []
    for w, b in params:
        zs.append(acts[-1] @ w + b)
        acts.append(g(zs[-1]))
    N = X.shape[0]
    cost = ((acts[-1] - Y) ** 2).sum() / N
    delta = (acts[-1] - Y) / N
    grads = []
    for i in range(len(params) - 1, -1, -1):
        delta = delta * dg(zs[i])
        grads.insert(0, (acts[i].T @ delta, delta.sum(0)))
        delta = delta @ params[i][0].T
    return cost, grads


@answer("mlp_backprop", replaces="mlp_backprop", hints=("mean_over_everything",))
def mean_over_outputs_too(params, X, Y, g, dg):
    """The cost is np.mean: divided by the number of outputs as well."""
    if Y.shape != (X.shape[0], params[-1][0].shape[1]):
        raise ValueError(f"Y {Y.shape}, expected {(X.shape[0], params[-1][0].shape[1])}")
    dtype = np.result_type(np.float32, X, Y, params[0][0])
    acts, zs = [X.astype(dtype)], []
    for w, b in params:
        zs.append(acts[-1] @ w + b)
        acts.append(g(zs[-1]))
    cost = np.mean((acts[-1] - Y) ** 2)
    delta = 2 * (acts[-1] - Y) / Y.size
    grads = []
    for i in range(len(params) - 1, -1, -1):
        delta = delta * dg(zs[i])
        grads.insert(0, (acts[i].T @ delta, delta.sum(0)))
        delta = delta @ params[i][0].T
    return cost, grads


@answer("mlp_backprop", replaces="mlp_backprop", hints=("slope_of_last_layer_forgotten",))
def last_layer_is_linear(params, X, Y, g, dg):
    """The activation of the last layer is left out of the backward pass."""
    if Y.shape != (X.shape[0], params[-1][0].shape[1]):
        raise ValueError(f"Y {Y.shape}, expected {(X.shape[0], params[-1][0].shape[1])}")
    dtype = np.result_type(np.float32, X, Y, params[0][0])
    acts, zs = [X.astype(dtype)], []
    for w, b in params:
        zs.append(acts[-1] @ w + b)
        acts.append(g(zs[-1]))
    N = len(X)
    cost = ((acts[-1] - Y) ** 2).sum() / N
    delta = 2 * (acts[-1] - Y) / N
    grads = []
    for i in range(len(params) - 1, -1, -1):
        if i < len(params) - 1:
            delta = delta * dg(zs[i])
        grads.insert(0, (acts[i].T @ delta, delta.sum(0)))
        delta = delta @ params[i][0].T
    return cost, grads


@answer("affine", replaces="affine_backward")
def bias_summed_over_outputs_too(dout, cache):
    """db is one number for all outputs."""
    x, w = cache
    return (
        (dout @ w.T).reshape(x.shape),
        x.reshape(len(x), -1).T @ dout,
        np.full(w.shape[1], dout.sum()),
    )


@answer("affine", replaces="affine_backward", says=r"how the examples are averaged")
def weights_gradient_divided_by_batch(dout, cache):
    """dw is divided by N."""
    x, w = cache
    n = x.shape[0]
    flat = x.reshape(n, -1)
    return np.dot(dout, w.T).reshape(x.shape), np.dot(flat.T, dout) / n, np.sum(dout, axis=0)


@answer("affine", replaces="affine_backward", hints=("dx_stays_flat",))
def dx_stays_flat(dout, cache):
    """dx is left in two axes."""
    x, w = cache
    flat = x.reshape(len(x), -1)
    return dout.dot(w.T), flat.T.dot(dout), dout.sum(0)


@answer(
    "affine",
    replaces="affine_forward",
    hints=("bias_forgotten",),
    beside=("affine_forward: the output",),
)
def bias_forgotten(x, w, b):
    """The bias is not added."""
    D = int(np.prod(x.shape[1:]))
    if w.shape[0] != D or b.shape != (w.shape[1],):
        raise ValueError(f"shapes {x.shape} {w.shape} {b.shape}")
    return x.reshape(len(x), -1) @ w, (x, w)


@answer("numeric_gradient", replaces="numeric_gradient", hints=("one_sided",))
def one_sided(f, x, df=None, h=1e-5):
    """A forward difference in place of a central one."""
    x0 = x.astype(np.float64)
    grad = np.zeros(x.shape, np.result_type(np.float32, x))
    for i in np.ndindex(x.shape):
        p = x0.copy()
        p[i] += h
        d = np.array(f(p), float) - np.array(f(x0.copy()), float)
        grad[i] = np.sum(d * (1.0 if df is None else df)) / h
    return grad


@answer("numeric_gradient", replaces="numeric_gradient", hints=("half_forgotten",))
def divided_by_h_only(f, x, df=None, h=1e-5):
    """A central difference divided by h in place of 2h."""
    x0 = x.astype(np.float64)
    grad = np.zeros(x.shape, np.result_type(np.float32, x))
    for i in np.ndindex(x.shape):
        up, down = x0.copy(), x0.copy()
        up[i] += h
        down[i] -= h
        d = np.array(f(up), float) - np.array(f(down), float)
        grad[i] = np.sum(d if df is None else d * df) / h
    return grad


@answer("numeric_gradient", replaces="rel_error", hints=("sum_of_sizes",))
def only_one_in_the_denominator(a, b):
    """The denominator is |a| + |b|."""
    if a.shape != b.shape:
        raise ValueError(f"{a.shape} and {b.shape}")
    return float(np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b))))


@answer("check_layer", replaces="check_layer", beside=("straight_back",))
def absolute_tolerance(forward, backward, x, rng):
    """A fixed absolute tolerance: small gradients always pass."""
    out, cache = forward(x)
    dout = rng.standard_normal(np.shape(out))
    dx = backward(dout, cache)
    num = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    return np.shape(dx) == x.shape and bool(np.allclose(dx, num, rtol=0, atol=1e-4))


@answer("check_layer", replaces="check_layer", hints=("dout_of_ones", "straight_back"))
def dout_of_ones(forward, backward, x, rng):
    """dout is all ones: a layer that mixes up entries of dout passes."""
    out, cache = forward(x)
    dout = np.ones(np.shape(out))
    dx = backward(dout, cache)
    num = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    if np.shape(dx) != x.shape:
        return False
    return bool(
        np.max(np.abs(dx - num))
        <= 1e-4 * np.max(np.abs(num)) + 1e-9 * max(np.max(np.abs(out)), 1e-3)
    )
