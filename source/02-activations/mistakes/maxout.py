"""What goes wrong, and what else goes right, in `maxout`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake(
    "maxout",
    replaces="maxout_forward",
    leaves_nothing="out has another shape, so that there is nothing to differentiate.",
)
def winner_over_the_wrong_axis(x, w, b):
    """You look for the winner along the wrong axis: examples compete with each other, not the pieces. Write down the shape of $z$, and see which axis has to go."""
    if w.ndim != 3 or w.shape[1] != x.shape[1]:
        raise ValueError(f"w has shape {w.shape}, expected (K, {x.shape[1]}, M)")
    if b.shape != (w.shape[0], w.shape[2]):
        raise ValueError(f"b has shape {b.shape}, expected {(w.shape[0], w.shape[2])}")
    x = x.astype(np.result_type(np.float32, x, w, b))
    z = x @ w + b[:, None, :]
    return z.max(axis=1), (x, w, z.argmax(axis=1))


@mistake("maxout", replaces="maxout_forward")
def winner_asked_along_the_units(x, w, b):
    """The values are right, but the winner in your cache is asked along the wrong axis: it names the largest *unit*, where the largest *piece* is wanted, for each example and each unit."""
    if w.ndim != 3 or w.shape[1] != x.shape[1]:
        raise ValueError(f"w has shape {w.shape}, expected (K, {x.shape[1]}, M)")
    if b.shape != (w.shape[0], w.shape[2]):
        raise ValueError(f"b has shape {b.shape}, expected {(w.shape[0], w.shape[2])}")
    x = x.astype(np.result_type(np.float32, x, w, b))
    z = x @ w + b[:, None, :]  # (K, N, M)
    return z.max(axis=0), (x, w, z.argmax(axis=2).T[:, :1] % len(w))


@mistake("maxout", replaces="maxout_forward")
def one_winner_for_all_units(x, w, b):
    """You choose one piece for a whole example, by the sum over its units. Each unit has a winner of its own."""
    if w.ndim != 3 or w.shape[1] != x.shape[1]:
        raise ValueError(f"w has shape {w.shape}, expected (K, {x.shape[1]}, M)")
    if b.shape != (w.shape[0], w.shape[2]):
        raise ValueError(f"b has shape {b.shape}, expected {(w.shape[0], w.shape[2])}")
    x = x.astype(np.result_type(np.float32, x, w, b))
    z = x @ w + b[:, None, :]  # (K, N, M)
    winner = np.broadcast_to(z.sum(axis=2).argmax(axis=0)[:, None], z.shape[1:])  # (N, M)
    return np.take_along_axis(z, winner[None], axis=0)[0], (x, w, winner)


@mistake("maxout", replaces=("maxout_forward", "maxout_backward"))
def all_that_tie_get_the_gradient():
    """At a tie all pieces that share the first place get the gradient, so it is counted twice, also in `dx`. The first of them has won, and it alone."""

    def forward(x, w, b):
        if w.ndim != 3 or w.shape[1] != x.shape[1]:
            raise ValueError(f"w has shape {w.shape}, expected (K, {x.shape[1]}, M)")
        if b.shape != (w.shape[0], w.shape[2]):
            raise ValueError(f"b has shape {b.shape}, expected {(w.shape[0], w.shape[2])}")
        x = x.astype(np.result_type(np.float32, x, w, b))
        z = x @ w + b[:, None, :]
        return z.max(axis=0), (x, w, z == z.max(axis=0))

    def backward(dout, cache):
        x, w, won = cache
        dz = np.where(won, dout, 0.0)
        return (dz @ w.swapaxes(1, 2)).sum(axis=0), x.T @ dz, dz.sum(axis=1)

    return forward, backward


@mistake("maxout", replaces="maxout_forward")
def last_of_those_that_tie(x, w, b):
    """At a tie the last of the pieces wins in your code. Here it is the first that does. If you go through the pieces one by one: a later one has to be larger, not as large, to take over."""
    if w.ndim != 3 or w.shape[1] != x.shape[1]:
        raise ValueError(f"w has shape {w.shape}, expected (K, {x.shape[1]}, M)")
    if b.shape != (w.shape[0], w.shape[2]):
        raise ValueError(f"b has shape {b.shape}, expected {(w.shape[0], w.shape[2])}")
    x = x.astype(np.result_type(np.float32, x, w, b))
    z = x @ w + b[:, None, :]
    out, winner = z[0], np.zeros(z.shape[1:], int)
    for k in range(1, len(w)):
        better = z[k] >= out
        out, winner = np.where(better, z[k], out), np.where(better, k, winner)
    return out, (x, w, winner)


@mistake("maxout", replaces="maxout_forward")
def biases_do_not_compete(x, w, b):
    """You look for the winner among the $x w_k$ and add its bias afterwards. The bias belongs to the piece: it takes part in the competition."""
    if w.ndim != 3 or w.shape[1] != x.shape[1]:
        raise ValueError(f"w has shape {w.shape}, expected (K, {x.shape[1]}, M)")
    if b.shape != (w.shape[0], w.shape[2]):
        raise ValueError(f"b has shape {b.shape}, expected {(w.shape[0], w.shape[2])}")
    x = x.astype(np.result_type(np.float32, x, w, b))
    z = x @ w
    winner = z.argmax(axis=0)
    return z.max(axis=0) + np.take_along_axis(b, winner, axis=0), (x, w, winner)


@mistake(
    "maxout",
    replaces="maxout_forward",
    leaves_nothing="Every piece is another one, so that other pieces win.",
)
def pieces_are_mixed_by_a_reshape(x, w, b):
    """You bring `w` into shape (D, K M) by `reshape`, which deals the numbers out anew in memory order and mixes the pieces with the inputs. The axes have to be swapped first, or left alone: `@` multiplies stacks of matrices too."""
    if w.ndim != 3 or w.shape[1] != x.shape[1]:
        raise ValueError(f"w has shape {w.shape}, expected (K, {x.shape[1]}, M)")
    if b.shape != (w.shape[0], w.shape[2]):
        raise ValueError(f"b has shape {b.shape}, expected {(w.shape[0], w.shape[2])}")
    K, D, M = w.shape
    x = x.astype(np.result_type(np.float32, x, w, b))
    z = (x @ w.reshape(D, K * M)).reshape(-1, K, M) + b  # (N, K, M)
    return z.max(axis=1), (x, w, z.argmax(axis=1))


@mistake("maxout", replaces="maxout_backward")
def all_pieces_get_the_gradient(dout, cache):
    """Every piece gets the whole of `dout` in your backward. A max gate is a router: what did not win had no share in the output, and gets nothing."""
    x, w, _ = cache
    dz = np.broadcast_to(dout, (len(w), *dout.shape))
    return (dz @ w.swapaxes(1, 2)).sum(axis=0), x.T @ dz, dz.sum(axis=1)


@mistake(
    "maxout",
    replaces="maxout_backward",
    change={
        "dx = (dz @ w.swapaxes(1, 2)).sum(axis=0)\n    return dx, x.T @ dz, dz.sum(axis=1)": "return dz[-1] @ w[-1].T, x.T @ dz, dz.sum(axis=1)"
    },
)
def dx_of_the_last_piece_only():
    """Your `dx` holds what came back through the last piece only: in the loop over the pieces each one overwrites the one before. `x` feeds all of them, and at a branch gradients add up."""


@mistake("maxout", replaces="maxout_backward")
def db_is_a_mean(dout, cache):
    """Your `db` is an average over the batch. A bias is used by every example for which its piece won, and what they ask adds up; if the loss is an average, `dout` says so already."""
    x, w, winner = cache
    dz = np.where(winner == np.arange(len(w))[:, None, None], dout, 0.0)
    return (dz @ w.swapaxes(1, 2)).sum(axis=0), x.T @ dz, dz.mean(axis=1)


@mistake("maxout", replaces="maxout_backward")
def db_ignores_who_won(dout, cache):
    """Your `db` gives the sum of `dout` to every piece. A bias only gets what came from examples in which its piece won, as its weights do."""
    x, w, winner = cache
    dz = np.where(winner == np.arange(len(w))[:, None, None], dout, 0.0)
    return (
        (dz @ w.swapaxes(1, 2)).sum(axis=0),
        x.T @ dz,
        np.broadcast_to(dout.sum(axis=0), w[:, 0].shape).copy(),
    )


@mistake("maxout", replaces="maxout_forward")
def shapes_are_not_compared(x, w, b):
    """A `b` of shape (1, M) or (K, 1) gets through, because broadcasting makes it fit. Compare the shapes yourself, before you calculate."""
    x = x.astype(np.result_type(np.float32, x, w, b))
    z = x @ w + b[:, None, :]
    return z.max(axis=0), (x, w, z.argmax(axis=0))


@mistake("maxout", replaces="maxout_forward")
def only_the_size_of_b_compared(x, w, b):
    """`maxout_forward` takes any `b` of K M numbers, and puts them into shape. One that is transposed is taken as well, with its numbers in the wrong places. Compare the shape, not the size."""
    if w.ndim != 3 or w.shape[1:2] != x.shape[1:]:
        raise ValueError(
            f"w has shape {w.shape}, expected (K, {x.shape[-1]}, M) for x of shape {x.shape}"
        )
    K, D, M = w.shape
    if b.size != K * M:
        raise ValueError(f"b has shape {b.shape}, expected {(K, M)}")
    x = x.astype(np.result_type(np.float32, x, w, b), copy=False)
    z = x @ w + b.reshape(K, 1, M)
    return z.max(axis=0), (x, w, z.argmax(axis=0))


@mistake("maxout", replaces="maxout_backward")
def axes_of_length_one_dropped(dout, cache):
    """Your `db` has lost an axis where there is one piece or one unit: `squeeze` drops every axis of length 1. Name the axis that has to go."""
    x, w, winner = cache
    dz = np.where(winner == np.arange(len(w))[:, None, None], dout, 0.0)
    return (dz @ w.swapaxes(1, 2)).sum(axis=0), x.T @ dz, dz.sum(axis=1, keepdims=True).squeeze()


@mistake("maxout", replaces="maxout_backward")
def dx_written_over_x(dout, cache):
    """`maxout_backward` writes `dx` into the `x` of its cache. That array belongs to the caller of `maxout_forward`: make a new one."""
    x, w, winner = cache
    dz = np.where(winner == np.arange(len(w))[:, None, None], dout, 0.0)
    dw = x.T @ dz
    x[...] = (dz @ w.swapaxes(1, 2)).sum(axis=0)
    return x, dw, dz.sum(axis=1)


@mistake("maxout", replaces="maxout_backward")
def square_pieces_not_transposed(dout, cache):
    """Where `w` has as many inputs as units, your `dx` uses its pieces without the transpose. The shapes fit, so no error is raised; but the sum has to run over the units."""
    x, w, winner = cache
    dz = np.where(winner == np.arange(len(w))[:, None, None], dout, 0.0)
    wt = w if w.shape[1] == w.shape[2] else w.swapaxes(1, 2)
    return ((dz @ wt).sum(axis=0), x.T @ dz, dz.sum(axis=1))


@mistake("maxout", replaces="maxout_backward")
def square_batch_not_transposed(dout, cache):
    """Where there are as many examples as inputs, your `dw` uses `x` without the transpose. The shapes fit, so no error is raised; but the sum has to run over the examples."""
    x, w, winner = cache
    dz = np.where(winner == np.arange(len(w))[:, None, None], dout, 0.0)
    return (
        (dz @ w.swapaxes(1, 2)).sum(axis=0),
        (x if x.shape[0] == x.shape[1] else x.T) @ dz,
        dz.sum(axis=1),
    )


@mistake("maxout", replaces="maxout_backward")
def dx_of_one_example_squeezed(dout, cache):
    """Your `dx` loses an axis of length 1. A batch of one is still a batch: `dx` has the shape of `x`."""
    x, w, winner = cache
    dz = np.where(winner == np.arange(len(w))[:, None, None], dout, 0.0)
    return (np.squeeze((dz @ w.swapaxes(1, 2)).sum(axis=0)), x.T @ dz, dz.sum(axis=1))


@mistake("maxout", replaces="maxout_backward")
def dw_and_db_are_means(dout, cache):
    """You divide `dw` and `db` by the number of examples. If the loss is a mean, `dout` says so already."""
    x, w, winner = cache
    dz = np.where(winner == np.arange(len(w))[:, None, None], dout, 0.0)
    return ((dz @ w.swapaxes(1, 2)).sum(axis=0), x.T @ dz / len(x), dz.sum(axis=1) / len(x))


@mistake("maxout", replaces="maxout_backward")
def dx_is_a_mean_over_pieces(dout, cache):
    """Your `dx` is a mean over the pieces. Only one of them passes anything on, so a sum is right and a mean is too small by the factor $K$."""
    x, w, winner = cache
    dz = np.where(winner == np.arange(len(w))[:, None, None], dout, 0.0)
    return ((dz @ w.swapaxes(1, 2)).mean(axis=0), x.T @ dz, dz.sum(axis=1))


@mistake(
    "maxout",
    replaces="maxout_forward",
    change={
        "return z.max(axis=0), (x, w, z.argmax(axis=0))": "k = np.abs(z).argmax(axis=0)\n    return (np.take_along_axis(z, k[None], 0)[0], (x, w, k))"
    },
)
def largest_by_size():
    """Your winner is the piece with the largest absolute value. Maxout takes the largest value, with its sign."""


@mistake("maxout", replaces="maxout_forward", change={"z.argmax(axis=0)": "z.argmin(axis=0)"})
def gradient_to_the_smallest_piece():
    """The values are right, but the piece that your cache remembers is the smallest one. The largest has won, and it alone gets the gradient."""


@mistake(
    "maxout",
    replaces="maxout_forward",
    change={"z.max(axis=0)": "z.min(axis=0)", "z.argmax(axis=0)": "z.argmin(axis=0)"},
)
def smallest_piece_wins():
    """`maxout_forward` returns the smallest piece. A maxout unit is the largest one."""


@mistake("maxout", replaces="maxout_forward", change={"x @ w + b[:, None, :]": "x @ w"})
def bias_never_added():
    """`maxout_forward` never adds the biases."""


@mistake(
    "maxout", replaces="maxout_forward", change={"z.max(axis=0)": "np.maximum(z.max(axis=0), 0)"}
)
def relu_on_top():
    """`maxout_forward` cuts the result off at 0, as ReLU does. A maxout unit may be negative: it is the largest of its pieces, and nothing else."""


@mistake(
    "maxout",
    replaces="maxout_forward",
    change={"x @ w + b[:, None, :]": "(x @ w + b[:, None, :])[:2]"},
)
def first_two_pieces_only():
    """`maxout_forward` looks at the first two pieces only. The lectures have two; here there are $K$."""


@variant("maxout", replaces=("maxout_forward", "maxout_backward"))
def by_einsum_and_one_hot():
    """einsum both ways, and the winners as a one-hot array."""

    def forward(x, w, b):
        K, D, M = w.shape if w.ndim == 3 else (0, 0, 0)
        if D != x.shape[1] or b.shape != (K, M):
            raise ValueError(
                f"w {w.shape} and b {b.shape} do not fit x {x.shape}: expected (K, {x.shape[1]}, M) and {(K, M)}"
            )
        z = np.einsum("nd,kdm->nmk", x, w) + b.T * 1.0
        best = np.argmax(z, axis=-1)
        hot = np.eye(K, dtype=z.dtype)[best]  # (N, M, K)
        return np.take_along_axis(z, best[..., None], axis=-1)[..., 0], {"x": x, "w": w, "hot": hot}

    def backward(dout, cache):
        dz = cache["hot"] * dout[:, :, None]
        dx = np.einsum("nmk,kdm->nd", dz, cache["w"])
        return dx, np.einsum("nmk,nd->kdm", dz, cache["x"]), np.einsum("nmk->km", dz)

    return forward, backward


@variant("maxout", replaces=("maxout_forward", "maxout_backward"))
def loop_over_pieces():
    """A running maximum in a loop over the pieces, and a mask for each of them."""

    def forward(x, w, b):
        if w.ndim != 3 or w.shape[1] != x.shape[1]:
            raise ValueError(f"w is {w.shape} but x has {x.shape[1]} columns")
        if b.shape != w.shape[::2]:
            raise ValueError(f"b is {b.shape}, expected {w.shape[::2]}")
        best = x.dot(w[0]) + b[0] + 0.0
        owner = np.zeros(best.shape, dtype=np.int64)
        for k in range(1, w.shape[0]):
            z = x.dot(w[k]) + b[k] + 0.0
            owner[z > best] = k
            best = np.maximum(best, z)
        return best, (x, w, owner)

    def backward(dout, cache):
        x, w, owner = cache
        dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(w[:, 0, :])
        for k in range(w.shape[0]):
            mine = dout * (owner == k)
            dx = dx + mine.dot(w[k].T)
            dw[k] = x.T.dot(mine)
            db[k] = mine.sum(axis=0)
        return dx, dw, db

    return forward, backward


@variant("maxout", replaces=("maxout_forward", "maxout_backward"))
def one_wide_product():
    """All pieces side by side in one matrix product; the winners by take_along_axis and put_along_axis."""

    def forward(x, w, b):
        if w.ndim != 3 or w.shape[1] != x.shape[1]:
            raise ValueError(f"w: got {w.shape}, expected (K, {x.shape[1]}, M)")
        K, D, M = w.shape
        if b.shape != (K, M):
            raise ValueError(f"b: got {b.shape}, expected {(K, M)}")
        x = x * np.float32(1) if x.dtype == np.float32 else x.astype(np.float64)
        wide = w.transpose(1, 0, 2).reshape(D, K * M)
        z = (x @ wide).reshape(-1, K, M) + b
        first = np.expand_dims(z.argmax(axis=1), 1)
        return np.take_along_axis(z, first, axis=1).squeeze(1), [x, wide, first, (K, D, M)]

    def backward(dout, cache):
        x, wide, first, (K, D, M) = cache
        dz = np.zeros((len(x), K, M), dtype=dout.dtype)
        np.put_along_axis(dz, first, dout[:, None, :], axis=1)
        rows = dz.reshape(len(x), K * M)
        dw = (x.T @ rows).reshape(D, K, M).transpose(1, 0, 2)
        return rows @ wide.T, np.ascontiguousarray(dw), dz.sum(0)

    return forward, backward


@variant("maxout", replaces=("maxout_forward", "maxout_backward"))
def a_class_that_remembers_gates():
    """An object for the cache; pieces that are no smaller than all others, of which the first is taken by a running sum."""

    class Maxout:
        def __init__(self, x, w, b):
            pieces = np.tensordot(w, x, axes=([1], [1])).swapaxes(1, 2) + np.expand_dims(b, 1)
            self.x, self.w, self.out = x, w, np.max(pieces, axis=0)
            best = pieces == self.out
            self.gates = best & (np.cumsum(best, axis=0) == 1)

        def back(self, dout):
            dz = self.gates * dout
            return (
                np.einsum("knm,kdm->nd", dz, self.w),
                np.einsum("nd,knm->kdm", self.x, dz),
                np.einsum("knm->km", dz),
            )

    def forward(x, w, b):
        if len(w.shape) != 3 or w.shape[1] != x.shape[-1]:
            raise ValueError(
                f"weights {w.shape} for inputs {x.shape}: expected three axes, the second of {x.shape[-1]}"
            )
        if b.shape != w.shape[::2]:
            raise ValueError(f"biases {b.shape}, expected {w.shape[::2]}")
        if x.dtype.kind != "f":
            x, w, b = x.astype(float), w.astype(float), b.astype(float)
        layer = Maxout(x, w, b)
        return layer.out, layer

    def backward(dout, layer):
        return layer.back(dout)

    return forward, backward
