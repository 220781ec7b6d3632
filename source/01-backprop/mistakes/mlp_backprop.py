"""What goes wrong, and what else goes right, in `mlp_backprop`: most mistakes are made in either version, so each has two entries."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("mlp_backprop", replaces="mlp_backprop")
def two_is_lost(params, X, Y, g, dg):
    """In `mlp_backprop`, your gradients lack the factor 2, which comes from the derivative of the square. This cost has no factor ½ that would cancel it."""
    if Y.shape != (X.shape[0], params[-1][1].shape[0]):
        raise ValueError(f"Y has shape {Y.shape}, expected {(X.shape[0], params[-1][1].shape[0])}")
    z, a = [], [X]
    for w, b in params:
        z.append(a[-1] @ w + b)
        a.append(g(z[-1]))
    C = np.sum((a[-1] - Y) ** 2) / len(X)
    da, grads = (a[-1] - Y) / len(X), []
    for i in reversed(range(len(params))):
        dz = da * dg(z[i])
        grads.append((a[i].T @ dz, dz.sum(axis=0)))
        da = dz @ params[i][0].T
    return C, grads[::-1]


@mistake("mlp_backprop", replaces="mlp_backprop_loops")
def two_is_lost_in_loops(params, X, Y, g, dg):
    """In `mlp_backprop_loops`: the 2 which comes from differentiating the square is missing from your gradients. There is no ½ in front of this cost that would cancel it."""
    C, grads = mlp_backprop(params, X, Y, g, dg)
    return C, [(dw / 2, db / 2) for dw, db in grads]


@mistake("mlp_backprop", replaces="mlp_backprop")
def gradients_not_averaged(params, X, Y, g, dg):
    """In `mlp_backprop`: your `C` is a mean over the examples, but your gradients are sums over them. Whatever divides the cost divides its gradient."""
    if Y.shape != (X.shape[0], params[-1][1].shape[0]):
        raise ValueError(f"Y has shape {Y.shape}, expected {(X.shape[0], params[-1][1].shape[0])}")
    z, a = [], [X]
    for w, b in params:
        z.append(a[-1] @ w + b)
        a.append(g(z[-1]))
    C = np.sum((a[-1] - Y) ** 2) / len(X)
    da, grads = 2 * (a[-1] - Y), []
    for i in reversed(range(len(params))):
        dz = da * dg(z[i])
        grads.append((a[i].T @ dz, dz.sum(axis=0)))
        da = dz @ params[i][0].T
    return C, grads[::-1]


@mistake("mlp_backprop", replaces="mlp_backprop_loops")
def gradients_not_averaged_in_loops(params, X, Y, g, dg):
    """In `mlp_backprop_loops`: your `C` is a mean over the examples, but your gradients are sums over them. Whatever divides the cost divides its gradient."""
    C, grads = mlp_backprop(params, X, Y, g, dg)
    return C, [(dw * len(X), db * len(X)) for dw, db in grads]


@mistake("mlp_backprop", replaces="mlp_backprop")
def mean_over_everything(params, X, Y, g, dg):
    """In `mlp_backprop`: you average the squares over the outputs too. In $C$, each example counts the *sum* over its outputs; only the examples are averaged."""
    if Y.shape != (X.shape[0], params[-1][1].shape[0]):
        raise ValueError(f"Y has shape {Y.shape}, expected {(X.shape[0], params[-1][1].shape[0])}")
    z, a = [], [X]
    for w, b in params:
        z.append(a[-1] @ w + b)
        a.append(g(z[-1]))
    C = np.mean((a[-1] - Y) ** 2)
    da, grads = 2 * (a[-1] - Y) / Y.size, []
    for i in reversed(range(len(params))):
        dz = da * dg(z[i])
        grads.append((a[i].T @ dz, dz.sum(axis=0)))
        da = dz @ params[i][0].T
    return C, grads[::-1]


@mistake("mlp_backprop", replaces="mlp_backprop_loops")
def mean_over_everything_in_loops(params, X, Y, g, dg):
    """In `mlp_backprop_loops`: you average the squares over the outputs too. In $C$, each example counts the *sum* over its outputs; only the examples are averaged."""
    C, grads = mlp_backprop(params, X, Y, g, dg)
    return C / Y.shape[1], [(dw / Y.shape[1], db / Y.shape[1]) for dw, db in grads]


@mistake("mlp_backprop", replaces="mlp_backprop")
def slope_taken_at_output(params, X, Y, g, dg):
    """In `mlp_backprop`: you evaluate `dg` at the activation $a$. It is the derivative of $g$ as a function of its input: which number went into $g$?"""
    if Y.shape != (X.shape[0], params[-1][1].shape[0]):
        raise ValueError(f"Y has shape {Y.shape}, expected {(X.shape[0], params[-1][1].shape[0])}")
    z, a = [], [X]
    for w, b in params:
        z.append(a[-1] @ w + b)
        a.append(g(z[-1]))
    C = np.sum((a[-1] - Y) ** 2) / len(X)
    da, grads = 2 * (a[-1] - Y) / len(X), []
    for i in reversed(range(len(params))):
        dz = da * dg(a[i + 1])
        grads.append((a[i].T @ dz, dz.sum(axis=0)))
        da = dz @ params[i][0].T
    return C, grads[::-1]


@mistake("mlp_backprop", replaces="mlp_backprop_loops")
def slope_taken_at_output_in_loops(params, X, Y, g, dg):
    """In `mlp_backprop_loops`: you evaluate `dg` at the activation $a$. It is the derivative of $g$ as a function of its input: which number went into $g$?"""
    if Y.shape != (X.shape[0], params[-1][1].shape[0]):
        raise ValueError(f"Y has shape {Y.shape}, expected {(X.shape[0], params[-1][1].shape[0])}")
    z, a = [], [X]
    for w, b in params:
        z.append(a[-1] @ w + b)
        a.append(g(z[-1]))
    C = np.sum((a[-1] - Y) ** 2) / len(X)
    da, grads = 2 * (a[-1] - Y) / len(X), []
    for i in reversed(range(len(params))):
        dz = da * dg(a[i + 1])
        grads.append((a[i].T @ dz, dz.sum(axis=0)))
        da = dz @ params[i][0].T
    return C, grads[::-1]


@mistake("mlp_backprop", replaces="mlp_backprop")
def slope_of_last_layer_forgotten(params, X, Y, g, dg):
    """In `mlp_backprop`: the last layer ends in $g$ as well, and its $g'(z)$ is missing from what you carry back. Count D0's three terms."""
    if Y.shape != (X.shape[0], params[-1][1].shape[0]):
        raise ValueError(f"Y has shape {Y.shape}, expected {(X.shape[0], params[-1][1].shape[0])}")
    z, a = [], [X]
    for w, b in params:
        z.append(a[-1] @ w + b)
        a.append(g(z[-1]))
    C = np.sum((a[-1] - Y) ** 2) / len(X)
    da, grads = 2 * (a[-1] - Y) / len(X), []
    for i in reversed(range(len(params))):
        dz = da * dg(z[i]) if i < len(params) - 1 else da
        grads.append((a[i].T @ dz, dz.sum(axis=0)))
        da = dz @ params[i][0].T
    return C, grads[::-1]


@mistake("mlp_backprop", replaces="mlp_backprop_loops")
def slope_of_last_layer_forgotten_in_loops(params, X, Y, g, dg):
    """In `mlp_backprop_loops`: the last layer ends in $g$ as well, and its $g'(z)$ is missing from what you carry back. Count D0's three terms."""
    if Y.shape != (X.shape[0], params[-1][1].shape[0]):
        raise ValueError(f"Y has shape {Y.shape}, expected {(X.shape[0], params[-1][1].shape[0])}")
    z, a = [], [X]
    for w, b in params:
        z.append(a[-1] @ w + b)
        a.append(g(z[-1]))
    C = np.sum((a[-1] - Y) ** 2) / len(X)
    da, grads = 2 * (a[-1] - Y) / len(X), []
    for i in reversed(range(len(params))):
        dz = da * dg(z[i]) if i < len(params) - 1 else da
        grads.append((a[i].T @ dz, dz.sum(axis=0)))
        da = dz @ params[i][0].T
    return C, grads[::-1]


@mistake(
    "mlp_backprop",
    replaces="mlp_backprop_loops",
    change={"da_below[k] += dz * w[k, j]": "da_below[k] = dz * w[k, j]"},
)
def branch_overwritten_in_loops():
    """In `mlp_backprop_loops`, a hidden node gets its gradient from the last node of the next layer only. It reaches the cost through all of them, and gradients *add* at branches: look for a `=` that should be a `+=`."""


@mistake("mlp_backprop", replaces="mlp_backprop")
def bias_gradients_averaged_again(params, X, Y, g, dg):
    """In `mlp_backprop`, the biases' gradients are divided by the number of examples twice: once in the cost, once more by a mean over the batch."""
    if Y.shape != (X.shape[0], params[-1][1].shape[0]):
        raise ValueError(f"Y has shape {Y.shape}, expected {(X.shape[0], params[-1][1].shape[0])}")
    z, a = [], [X]
    for w, b in params:
        z.append(a[-1] @ w + b)
        a.append(g(z[-1]))
    C = np.sum((a[-1] - Y) ** 2) / len(X)
    da, grads = 2 * (a[-1] - Y) / len(X), []
    for i in reversed(range(len(params))):
        dz = da * dg(z[i])
        grads.append((a[i].T @ dz, dz.mean(axis=0)))
        da = dz @ params[i][0].T
    return C, grads[::-1]


@mistake("mlp_backprop", replaces=("mlp_backprop_loops", "mlp_backprop"))
def only_the_axes_of_Y_counted():
    """You look at how many axes `Y` has, not at its shape. One of a single row, or of a single column, gets through, since broadcasting makes it fit. Compare the whole shape."""

    def counting(right):
        def backprop(params, X, Y, g, dg):
            N, M = X.shape[0], params[-1][1].shape[0]
            if Y.ndim != 2:
                raise ValueError(f"Y has shape {Y.shape}, expected {(N, M)}")
            if Y.shape == (N, M):
                return right(params, X, Y, g, dg)
            C, grads = right(params, X, np.broadcast_to(Y[:, :1], (N, M)), g, dg)
            return C, grads

        return backprop

    return counting(mlp_backprop_loops), counting(mlp_backprop)


@mistake("mlp_backprop", replaces="mlp_backprop")
def square_weights_not_transposed(params, X, Y, g, dg):
    """In `mlp_backprop`, a gradient is carried back through a square matrix without the transpose. The shapes fit, so no error is raised. `dz @ w` and `dz @ w.T` are different things: which one sums over the *outputs* of the layer?"""
    if Y.shape != (X.shape[0], params[-1][1].shape[0]):
        raise ValueError(f"Y has shape {Y.shape}, expected {(X.shape[0], params[-1][1].shape[0])}")
    dtype = np.result_type(np.float32, X)
    z, a = ([], [X.astype(dtype)])
    for w, b in params:
        z.append(a[-1] @ w + b)
        a.append(g(z[-1]))
    C = np.sum((a[-1] - Y) ** 2) / len(X)
    da, grads = (2 * (a[-1] - Y) / len(X), [])
    for i in reversed(range(len(params))):
        dz = da * dg(z[i])
        grads.append((a[i].T @ dz, dz.sum(axis=0)))
        w = params[i][0]
        da = dz @ w if w.shape[0] == w.shape[1] else dz @ w.T
    return (C, grads[::-1])


@mistake("mlp_backprop", replaces="mlp_backprop_loops")
def square_weights_not_transposed_in_loops(params, X, Y, g, dg):
    """In `mlp_backprop_loops`, the two indices of a square weight matrix are exchanged in the backward pass. The shapes fit, so no error is raised. A gradient goes back to `k` through `w[k, j]`, summed over `j`."""
    N, M = (X.shape[0], params[-1][1].shape[0])
    if Y.shape != (N, M):
        raise ValueError(f"Y has shape {Y.shape}, but the network's output has shape {(N, M)}")
    dtype = np.result_type(np.float32, X)
    grads = [(np.zeros(w.shape, dtype), np.zeros(b.shape, dtype)) for w, b in params]
    C = dtype.type(0)
    for i in range(N):
        z, a = ([], [X[i].astype(dtype)])
        for w, b in params:
            z.append(a[-1] @ w + b)
            a.append(g(z[-1]))
        C += np.sum((a[-1] - Y[i]) ** 2) / N
        da = 2 * (a[-1] - Y[i]) / N
        for layer in reversed(range(len(params))):
            w = params[layer][0]
            dz = da * dg(z[layer])
            grads[layer][1][...] += dz
            grads[layer][0][...] += np.outer(a[layer], dz)
            da = w.T @ dz if w.shape[0] == w.shape[1] else w @ dz
    return (C, grads)


@mistake("mlp_backprop", replaces="mlp_backprop")
def gradients_from_last_to_first(params, X, Y, g, dg):
    """`mlp_backprop` returns its gradients from the last layer to the first, in the order in which they are found. The question asks for the order of `params`."""
    N, M = (X.shape[0], params[-1][1].shape[0])
    if Y.shape != (N, M):
        raise ValueError(f"Y has shape {Y.shape}, but the network's output has shape {(N, M)}")
    z, a = ([], [X.astype(np.result_type(np.float32, X))])
    for w, b in params:
        z.append(a[-1] @ w + b)
        a.append(g(z[-1]))
    C = np.sum((a[-1] - Y) ** 2) / N
    da, grads = (2 * (a[-1] - Y) / N, [])
    for i in reversed(range(len(params))):
        dz = da * dg(z[i])
        grads.append((a[i].T @ dz, dz.sum(axis=0)))
        da = dz @ params[i][0].T
    return (C, grads)


@mistake("mlp_backprop", replaces="mlp_backprop")
def single_node_loses_its_axis(params, X, Y, g, dg):
    """In `mlp_backprop`, the bias gradient of a layer with a single node has no axis left. A gradient has the shape of its parameter, (1,) here: `squeeze` removes more than you meant."""
    N, M = (X.shape[0], params[-1][1].shape[0])
    if Y.shape != (N, M):
        raise ValueError(f"Y has shape {Y.shape}, but the network's output has shape {(N, M)}")
    z, a = ([], [X.astype(np.result_type(np.float32, X))])
    for w, b in params:
        z.append(a[-1] @ w + b)
        a.append(g(z[-1]))
    C = np.sum((a[-1] - Y) ** 2) / N
    da, grads = (2 * (a[-1] - Y) / N, [])
    for i in reversed(range(len(params))):
        dz = da * dg(z[i])
        grads.append((a[i].T @ dz, np.squeeze(dz.sum(axis=0, keepdims=True))))
        da = dz @ params[i][0].T
    return (C, grads[::-1])


@mistake("mlp_backprop", replaces="mlp_backprop")
def slope_missing_on_the_way_back(params, X, Y, g, dg):
    """In `mlp_backprop`, what you carry back to the layer below is `da @ w.T`, without $g'(z)$ of this layer. It is `dz`, the gradient before the activation, that goes back through the weights."""
    N, M = (X.shape[0], params[-1][1].shape[0])
    if Y.shape != (N, M):
        raise ValueError(f"Y has shape {Y.shape}, but the network's output has shape {(N, M)}")
    z, a = ([], [X.astype(np.result_type(np.float32, X))])
    for w, b in params:
        z.append(a[-1] @ w + b)
        a.append(g(z[-1]))
    C = np.sum((a[-1] - Y) ** 2) / N
    da, grads = (2 * (a[-1] - Y) / N, [])
    for i in reversed(range(len(params))):
        dz = da * dg(z[i])
        grads.append((a[i].T @ dz, dz.sum(axis=0)))
        da = da @ params[i][0].T
    return (C, grads[::-1])


@mistake("mlp_backprop", replaces="mlp_backprop")
def wish_minus_output(params, X, Y, g, dg):
    """In `mlp_backprop`, all gradients have the wrong sign: the square's derivative is $2(a - y)$, and you take $y - a$."""
    N, M = (X.shape[0], params[-1][1].shape[0])
    if Y.shape != (N, M):
        raise ValueError(f"Y has shape {Y.shape}, but the network's output has shape {(N, M)}")
    C, gr = mlp_backprop_loops(params, X, Y, g, dg)
    z, a = ([], [X.astype(np.result_type(np.float32, X))])
    for w, b in params:
        z.append(a[-1] @ w + b)
        a.append(g(z[-1]))
    da, grads = (2 * (Y - a[-1]) / N, [])
    for i in reversed(range(len(params))):
        dz = da * dg(z[i])
        grads.append((a[i].T @ dz, dz.sum(axis=0)))
        da = dz @ params[i][0].T
    return (np.sum((a[-1] - Y) ** 2) / N, grads[::-1])


@mistake("mlp_backprop", replaces="mlp_backprop")
def cost_is_halved(params, X, Y, g, dg):
    """In `mlp_backprop`, your $C$ is half of what it should be, and so are its gradients. Rumelhart's cost has a ½ in front; the cost of this question has none."""
    N, M = (X.shape[0], params[-1][1].shape[0])
    if Y.shape != (N, M):
        raise ValueError(f"Y has shape {Y.shape}, but the network's output has shape {(N, M)}")
    z, a = ([], [X.astype(np.result_type(np.float32, X))])
    for w, b in params:
        z.append(a[-1] @ w + b)
        a.append(g(z[-1]))
    da, grads = ((a[-1] - Y) / N, [])
    for i in reversed(range(len(params))):
        dz = da * dg(z[i])
        grads.append((a[i].T @ dz, dz.sum(axis=0)))
        da = dz @ params[i][0].T
    return (np.sum((a[-1] - Y) ** 2) / N / 2, grads[::-1])


@mistake("mlp_backprop", replaces="mlp_backprop")
def params_emptied(params, X, Y, g, dg):
    """`mlp_backprop` removes the layers from `params` with `pop`, so the caller is left with an empty list. Read them by index, or loop over `reversed(params)`."""
    N, M = (X.shape[0], params[-1][1].shape[0])
    if Y.shape != (N, M):
        raise ValueError(f"Y has shape {Y.shape}, but the network's output has shape {(N, M)}")
    z, a = ([], [X.astype(np.result_type(np.float32, X))])
    for w, b in params:
        z.append(a[-1] @ w + b)
        a.append(g(z[-1]))
    da, grads = (2 * (a[-1] - Y) / N, [])
    while params:
        w, b = params.pop()
        dz = da * dg(z.pop())
        i = len(params)
        grads.insert(0, (a[i].T @ dz, dz.sum(axis=0)))
        da = dz @ w.T
    return (np.sum((a[-1] - Y) ** 2) / N, grads)


@variant("mlp_backprop", replaces="mlp_backprop")
def by_recursion(params, X, Y, g, dg):
    """Each layer calls the next and returns what it gets."""
    if Y.shape != (X.shape[0], params[-1][1].shape[0]):
        raise ValueError(f"Y has shape {Y.shape}, expected {(X.shape[0], params[-1][1].shape[0])}")

    def through(a, rest):
        if not rest:
            return np.sum((a - Y) ** 2) / len(X), 2 * (a - Y) / len(X), []
        w, b = rest[0]
        z = a @ w + b
        C, da, grads = through(g(z), rest[1:])
        dz = da * dg(z)
        return C, dz @ w.T, [(a.T @ dz, dz.sum(0)), *grads]

    C, _, grads = through(X, params)
    return C, grads


@variant("mlp_backprop", replaces="mlp_backprop")
def bias_as_a_row_of_weights(params, X, Y, g, dg):
    """A column of ones makes the bias the last row of the weights; the gradients come as lists."""
    N, M = len(X), params[-1][1].size
    if np.shape(Y) != (N, M):
        raise ValueError(f"expected {(N, M)}, got {np.shape(Y)}")
    ones = np.ones((N, 1), dtype=X.dtype)
    stacked = [np.vstack([w, b]) for w, b in params]
    ins, zs, a = [], [], X
    for W in stacked:
        ins.append(np.hstack([a, ones]))
        zs.append(np.dot(ins[-1], W))
        a = g(zs[-1])
    error = a - Y
    delta = (error + error) / N * dg(zs[-1])
    grads = []
    while ins:
        dW = np.einsum("nk,nj->kj", ins.pop(), delta)
        grads.insert(0, [dW[:-1], dW[-1]])
        zs.pop()
        W = stacked.pop()
        if zs:
            delta = np.dot(delta, W[:-1].T) * dg(zs[-1])
    return float(np.sum(error * error) / N), grads


@variant("mlp_backprop", replaces="mlp_backprop_loops")
def one_example_at_a_time(params, X, Y, g, dg):
    """Loops over the examples only, with outer products for each, and averages at the end."""
    if Y.shape != (X.shape[0], params[-1][1].shape[0]):
        raise ValueError(f"Y has shape {Y.shape}, expected {(X.shape[0], params[-1][1].shape[0])}")
    kind = np.result_type(X, np.float32)
    C, total = 0.0, [(np.zeros(w.shape, kind), np.zeros(b.shape, kind)) for w, b in params]
    for x, y in zip(X, Y):
        a, z = [x], []
        for w, b in params:
            z.append(w.T @ a[-1] + b)
            a.append(g(z[-1]))
        C += np.sum((a[-1] - y) ** 2)
        dz = 2 * (a[-1] - y) * dg(z[-1])
        for i in range(len(params) - 1, -1, -1):
            total[i][0][...] += np.outer(a[i], dz)
            total[i][1][...] += dz
            if i > 0:
                dz = (params[i][0] @ dz) * dg(z[i - 1])
    return C / len(X), [(dw / len(X), db / len(X)) for dw, db in total]


@variant("mlp_backprop", replaces=("mlp_backprop_loops", "mlp_backprop"))
def einsum_and_a_class():
    """An object for each layer; the loops are over examples and layers, the other by einsum. Grads are a tuple of tuples."""

    class Layer:
        def __init__(self, w, b):
            self.w, self.b = w, b

        def forward(self, a, g):
            self.a, self.z = a, np.einsum("ni,ij->nj", a, self.w) + self.b[None, :]
            return g(self.z)

        def backward(self, da, dg):
            dz = np.multiply(da, dg(self.z))
            self.grads = (np.einsum("ni,nj->ij", self.a, dz), np.einsum("nj->j", dz))
            return np.einsum("nj,ij->ni", dz, self.w)

    def run(params, X, Y, g, dg):
        layers = [Layer(w, b) for w, b in params]
        a = X
        for layer in layers:
            a = layer.forward(a, g)
        if a.shape != Y.shape:
            raise ValueError(f"Y is {Y.shape}, the output {a.shape}")
        error = a - Y
        da = error * (2 / len(X))
        for layer in layers[::-1]:
            da = layer.backward(da, dg)
        return np.einsum("nj,nj->", error, error) / len(X), tuple(layer.grads for layer in layers)

    def loops(params, X, Y, g, dg):
        if Y.shape != (len(X), len(params[-1][1])):
            raise ValueError(f"Y is {Y.shape}, the output {(len(X), len(params[-1][1]))}")
        C, grads = 0, None
        for n in range(len(X)):
            cost, new = run(params, X[n : n + 1], Y[n : n + 1], g, dg)
            C = C + cost / len(X)
            new = [(dw / len(X), db / len(X)) for dw, db in new]
            grads = new if grads is None else [(p + r, q + s) for (p, q), (r, s) in zip(grads, new)]
        return C, grads

    return loops, run
