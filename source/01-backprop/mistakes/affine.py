"""What goes wrong, and what else goes right, in `affine`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("affine", replaces="affine_backward")
def bias_gradient_is_a_mean(dout, cache):
    """Your `db` is an average over the batch. Every example pushes on the same bias: think about what happens to gradients where one value feeds many outputs."""
    x, w = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.mean(axis=0)


@mistake("affine", replaces="affine_backward")
def divided_by_batch(dout, cache):
    """You divide `dw` and `db` by the number of examples. If the cost is a mean, `dout` says so already; the layer itself averages nothing."""
    x, w = cache
    return (
        (dout @ w.T).reshape(x.shape),
        x.reshape(len(x), -1).T @ dout / len(x),
        dout.sum(axis=0) / len(x),
    )


@mistake("affine", replaces="affine_forward")
def shape_set_in_place(x, w, b):
    """`affine_forward` assigns to `x.shape`, and so flattens the *caller's* array. Make a reshaped view instead, and leave `x` alone."""
    D = int(np.prod(x.shape[1:]))
    if w.shape[0] != D:
        raise ValueError(
            f"w has shape {w.shape}, but examples of shape {x.shape[1:]} need ({D}, M)"
        )
    if b.shape != w.shape[1:]:
        raise ValueError(f"b has shape {b.shape}, but w of shape {w.shape} needs {w.shape[1:]}")
    x.shape = (x.shape[0], D)
    return x.astype(np.result_type(np.float32, x, w, b)) @ w + b, (x, w)


@mistake("affine", replaces="affine_backward")
def dx_stays_flat(dout, cache):
    """Your `dx` has shape (N, D). A gradient has the shape of its variable: here, the shape in which `x` was given."""
    x, w = cache
    return dout @ w.T, x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


@mistake("affine", replaces="affine_backward")
def reshaped_for_transposed(dout, cache):
    """In `dw`, the flattened `x` is brought into shape (D, N) by `reshape`, which deals the numbers out anew in memory order and mixes the examples. Use the transpose instead."""
    x, w = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(-1, len(x)) @ dout, dout.sum(axis=0)


@mistake("affine", replaces="affine_forward")
def bias_forgotten(x, w, b):
    """`affine_forward` never adds the bias."""
    D = int(np.prod(x.shape[1:]))
    if w.shape[0] != D:
        raise ValueError(
            f"w has shape {w.shape}, but examples of shape {x.shape[1:]} need ({D}, M)"
        )
    if b.shape != w.shape[1:]:
        raise ValueError(f"b has shape {b.shape}, but w of shape {w.shape} needs {w.shape[1:]}")
    return x.reshape(len(x), D).astype(np.result_type(np.float32, x, w, b)) @ w, (x, w)


@mistake("affine", replaces="affine_forward")
def bias_broadcasts(x, w, b):
    """`affine_forward` takes a `b` of shape (1,) for any number of outputs, because broadcasting makes it fit. Compare the shapes yourself."""
    D = int(np.prod(x.shape[1:]))
    if w.shape[0] != D:
        raise ValueError(
            f"w has shape {w.shape}, but examples of shape {x.shape[1:]} need ({D}, M)"
        )
    return x.reshape(len(x), D).astype(np.result_type(np.float32, x, w, b)) @ w + b, (x, w)


@mistake("affine", replaces="affine_forward")
def integers_stay_integers(x, w, b):
    """Whole numbers in give whole numbers out of `affine_forward`. A network computes with floats: convert whole numbers first."""
    D = int(np.prod(x.shape[1:]))
    if w.shape[0] != D:
        raise ValueError(
            f"w has shape {w.shape}, but examples of shape {x.shape[1:]} need ({D}, M)"
        )
    if b.shape != w.shape[1:]:
        raise ValueError(f"b has shape {b.shape}, but w of shape {w.shape} needs {w.shape[1:]}")
    return x.reshape(len(x), D) @ w + b, (x, w)


@mistake("affine", replaces=("affine_forward", "affine_backward"))
def last_call_remembered():
    """Your backward uses what the forward saw *last*, not the cache that it is given. A network may call the forward with other inputs before it calls the backward: put all that the backward needs into the cache."""
    right_forward, right_backward, last = affine_forward, affine_backward, {}

    def forward(x, w, b):
        out, last["cache"] = right_forward(x, w, b)
        return out, None

    return forward, lambda dout, cache: right_backward(dout, last["cache"])


@mistake("affine", replaces="affine_backward")
def shape_set_on_the_way_back(dout, cache):
    """`affine_backward` assigns to the shape of the `x` in its cache. That is the caller's own array, which is flat from then on; and a second call with the same cache gives another `dx`. Make a reshaped view instead."""
    x, w = cache
    shape = x.shape
    x.shape = (len(x), -1)
    return (dout @ w.T).reshape(shape), x.T @ dout, dout.sum(axis=0)


@mistake("affine", replaces="affine_forward")
def last_axis_of_b_compared(x, w, b):
    """`affine_forward` looks at the last axis of `b` alone, so that one of shape (1, M) gets through. Its gradient then has another shape than `b`. Compare the whole shape."""
    D = int(np.prod(x.shape[1:]))
    if w.shape[0] != D:
        raise ValueError(
            f"w has shape {w.shape}, but examples of shape {x.shape[1:]} need ({D}, M)"
        )
    if b.shape[-1] != w.shape[1]:
        raise ValueError(f"b has shape {b.shape}, but w of shape {w.shape} needs {w.shape[1:]}")
    return x.reshape(len(x), D).astype(np.result_type(np.float32, x, w, b)) @ w + b, (x, w)


@mistake("affine", replaces="affine_backward")
def one_example_loses_its_axis(dout, cache):
    """Your `dx` loses its first axis when there is one example only. A batch of one is still a batch: `dx` always has the shape of `x`."""
    x, w = cache
    dx = dout @ w.T
    return (
        dx.reshape(x.shape if len(x) > 1 else x.shape[1:]),
        x.reshape(len(x), -1).T @ dout,
        dout.sum(axis=0),
    )


@mistake("affine", replaces="affine_backward")
def axes_of_length_one_squeezed(dout, cache):
    """`np.squeeze` removes every axis of length 1, also one that belongs there: with a single output, `dw` is (D, 1) and `db` is (1,). Leave the axes as the products give them."""
    x, w = cache
    return (
        (dout @ w.T).reshape(x.shape),
        np.squeeze(x.reshape(len(x), -1).T @ dout),
        np.squeeze(dout.sum(axis=0)),
    )


@mistake("affine", replaces="affine_backward")
def db_keeps_its_first_axis(dout, cache):
    """Your `db` is (1, M). A gradient has the shape of its variable: `b` is (M,)."""
    x, w = cache
    return (
        (dout @ w.T).reshape(x.shape),
        x.reshape(len(x), -1).T @ dout,
        dout.sum(axis=0, keepdims=True),
    )


@mistake("affine", replaces="affine_backward")
def square_weights_not_transposed(dout, cache):
    """Where `w` is square, your `dx` is `dout @ w`, without the transpose. The shapes fit, so no error is raised; but the sum has to run over the outputs."""
    x, w = cache
    return (
        (dout @ (w if w.shape[0] == w.shape[1] else w.T)).reshape(x.shape),
        x.reshape(len(x), -1).T @ dout,
        dout.sum(axis=0),
    )


@mistake("affine", replaces="affine_backward")
def square_batch_not_transposed(dout, cache):
    """Where the batch has as many examples as an example has numbers, your `dw` uses `x` without the transpose. The shapes fit, so no error is raised; but the sum has to run over the examples."""
    x, w = cache
    r = x.reshape(len(x), -1)
    return (
        (dout @ w.T).reshape(x.shape),
        (r if r.shape[0] == r.shape[1] else r.T) @ dout,
        dout.sum(axis=0),
    )


@mistake("affine", replaces="affine_backward")
def dout_scaled_in_place(dout, cache):
    """`affine_backward` multiplies `dout` in place. It belongs to the caller, who may need it again: write the product to a new array."""
    x, w = cache
    db = dout.sum(axis=0)
    res = ((dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, db)
    dout *= 1.5
    return res


@mistake("affine", replaces="affine_forward")
def flattened_in_its_own_memory_order(x, w, b):
    """`affine_forward` flattens `x` in the order in which it lies in memory. For an array in column order that is another order of the numbers. Use the default of `reshape`, which goes by indices."""
    D = int(np.prod(x.shape[1:]))
    if w.ndim != 2 or w.shape[0] != D:
        raise ValueError(
            f"w has shape {w.shape}, but examples of shape {x.shape[1:]} need ({D}, M)"
        )
    if b.shape != w.shape[1:]:
        raise ValueError(f"b has shape {b.shape}, but w of shape {w.shape} needs {w.shape[1:]}")
    return (
        x.reshape(len(x), D, order="A").astype(np.result_type(np.float32, x, w, b)) @ w + b,
        (x, w),
    )


@mistake("affine", replaces="affine_forward")
def float64_always(x, w, b):
    """`affine_forward` converts everything to float64. A float32 network should stay float32: convert only what holds whole numbers."""
    D = int(np.prod(x.shape[1:]))
    if w.ndim != 2 or w.shape[0] != D:
        raise ValueError(
            f"w has shape {w.shape}, but examples of shape {x.shape[1:]} need ({D}, M)"
        )
    if b.shape != w.shape[1:]:
        raise ValueError(f"b has shape {b.shape}, but w of shape {w.shape} needs {w.shape[1:]}")
    return (x.reshape(len(x), D).astype(float) @ w + b, (x, w))


@mistake("affine", replaces="affine_forward")
def asserted(x, w, b):
    """`affine_forward` refuses with an AssertionError. The docstring promises a ValueError: `assert` is for your own mistakes, and is switched off by `python -O`."""
    D = int(np.prod(x.shape[1:]))
    assert w.shape[0] == D, (x.shape, w.shape)
    assert b.shape == w.shape[1:], (b.shape, w.shape)
    return (x.reshape(len(x), D).astype(np.result_type(np.float32, x, w, b)) @ w + b, (x, w))


@variant("affine", replaces=("affine_forward", "affine_backward"))
def with_tensordot():
    """Never flattens x: sums over all of its axes but the first, as they are. The cache is a dict."""

    def forward(x, w, b):
        if x[0].size != w.shape[0] or b.shape != (w.shape[1],):
            raise ValueError(
                f"x {x.shape}, w {w.shape} and b {b.shape} do not fit: expected w ({x[0].size}, M), b ({w.shape[1]},)"
            )
        if x.dtype.kind != "f":
            x, w, b = x.astype(float), w.astype(float), b.astype(float)
        kernel = w.reshape(*x.shape[1:], w.shape[1])
        out = np.tensordot(x, kernel, axes=x.ndim - 1) + b
        return out, {"x": x, "kernel": kernel, "w": w}

    def backward(dout, cache):
        dx = np.tensordot(dout, cache["kernel"], axes=([1], [cache["kernel"].ndim - 1]))
        dw = np.tensordot(cache["x"], dout, axes=([0], [0])).reshape(cache["w"].shape)
        return dx, dw, np.einsum("nm->m", dout)

    return forward, backward


@variant("affine", replaces=("affine_forward", "affine_backward"))
def as_a_class():
    """A class behind two functions; the cache is the object itself."""

    class Affine:
        def __init__(self, w, b):
            self.w, self.b = w, b

        def forward(self, x):
            self.shape, self.rows = x.shape, np.array([example.ravel() for example in x])
            return np.array([row @ self.w + self.b for row in self.rows])

        def backward(self, dout):
            dw = sum(np.outer(row, d) for row, d in zip(self.rows, dout))
            return (
                (self.w @ dout.T).T.reshape(self.shape),
                dw,
                np.ones(len(dout), dout.dtype) @ dout,
            )

    def forward(x, w, b):
        if x.dtype.kind in "iu":
            x, w, b = 1.0 * x, 1.0 * w, 1.0 * b
        if w.shape[:1] != (x[0].size,):
            raise ValueError(f"w: got {w.shape[0]} rows, expected {x[0].size}")
        if b.shape != w.shape[1:]:
            raise ValueError(f"b: got {b.shape}, expected {w.shape[1:]}")
        layer = Affine(w, b)
        return layer.forward(x), layer

    def backward(dout, layer):
        return layer.backward(dout)

    return forward, backward


@variant("affine", replaces=("affine_forward", "affine_backward"))
def bias_as_a_row_of_weights():
    """A column of ones makes the bias one more row; the cache is a list, the gradients come as one too."""

    def forward(x, w, b):
        examples = len(x)
        if w.ndim != 2 or w.size // w.shape[1] != x.size // examples:
            raise ValueError(f"w is {w.shape}: its rows should be {x.size // examples}")
        if b.shape != (w.shape[1],):
            raise ValueError(f"b is {b.shape}, where {(w.shape[1],)} was expected")
        kind = x.dtype if x.dtype == np.float32 else np.float64
        rows = np.column_stack([np.reshape(x, (examples, -1)), np.ones(examples)]).astype(kind)
        weights = np.vstack([w, b]).astype(kind)
        return rows.dot(weights), [rows, weights, x.shape]

    def backward(dout, cache):
        rows, weights, shape = cache
        stacked = np.matmul(rows.T, dout)
        return [np.matmul(dout, weights.T)[:, :-1].reshape(shape), stacked[:-1], stacked[-1]]

    return forward, backward


@variant("affine", replaces=("affine_forward", "affine_backward"))
def einsum_and_in_place():
    """Adds the bias in place to its own product, and sums by einsum; what the backward needs is copied."""

    def forward(x, w, b):
        flat = x.reshape(x.shape[0], -1)
        if flat.shape[1] != w.shape[0]:
            raise ValueError(f"{flat.shape[1]} numbers an example, but {w.shape[0]} rows")
        if b.ndim != 1 or b.size != w.shape[-1]:
            raise ValueError(f"bias of shape {b.shape} for outputs of shape {w.shape[1:]}")
        out = np.einsum("nd,dm->nm", flat, w)
        out = out if out.dtype.kind == "f" else out.astype("f8")
        out += b
        return out, (flat.copy(), w.copy(), tuple(x.shape))

    def backward(dout, cache):
        flat, w, shape = cache
        dx = np.empty(shape, dout.dtype)
        dx[...] = np.einsum("nm,dm->nd", dout, w).reshape(shape)
        return dx, np.einsum("nd,nm->dm", flat, dout), np.add.reduce(dout)

    return forward, backward
