"""What goes wrong, and what else goes right, in `prelu`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("prelu", replaces="prelu_forward")
def prelu_as_a_maximum(x, a):
    """Your `prelu_forward` is $\\max(a x, x)$, as D4 prints it. For $a > 1$ the larger of the two is the wrong one, on both sides of 0: choose by the sign of $x$."""
    x = x.astype(np.result_type(np.float32, x))
    a = np.asarray(a, dtype=x.dtype)
    if a.shape not in ((), x.shape[-1:]):
        raise ValueError(f"a has shape {a.shape}, expected () or {x.shape[-1:]}")
    return np.maximum(a * x, x), (x, a)


@mistake("prelu", replaces="prelu_backward")
def da_is_not_summed(dout, cache):
    """Your `da` has the shape of `x`: it says what each entry asks of its slope. But a slope is shared, and what its users ask adds up."""
    x, a = cache
    return np.where(x > 0, dout, a * dout), np.where(x > 0, 0.0, x * dout)


@mistake("prelu", replaces="prelu_backward")
def da_is_summed_over_everything(dout, cache):
    """Your `da` is always a single number. Where each channel has its own slope, each slope hears only from its own channel: `da` has the shape of `a`."""
    x, a = cache
    return np.where(x > 0, dout, a * dout), np.where(x > 0, 0.0, x * dout).sum()


@mistake("prelu", replaces="prelu_backward")
def da_is_summed_over_the_first_axis(dout, cache):
    """Your `da` is summed over the first axis only. That fits an `x` of two axes; but channels are the last axis, and all others, however many, have to go. A single `a` hears from the channels too."""
    x, a = cache
    return np.where(x > 0, dout, a * dout), np.where(x > 0, 0.0, x * dout).sum(axis=0)


@mistake("prelu", replaces="prelu_backward")
def da_is_a_mean(dout, cache):
    """Your `da` is an average over the uses of `a`. What many users ask of one parameter adds up; if the loss is an average, `dout` says so already."""
    x, a = cache
    return np.where(x > 0, dout, a * dout), np.where(x > 0, 0.0, x * dout).mean(
        axis=tuple(range(x.ndim - a.ndim))
    )


@mistake("prelu", replaces="prelu_backward")
def da_without_dout(dout, cache):
    """Your `da` does not depend on `dout`. The chain rule multiplies what arrives from above by the local slope, for `a` as for `x`."""
    x, a = cache
    return np.where(x > 0, dout, a * dout), np.where(x > 0, 0.0, x).sum(
        axis=tuple(range(x.ndim - a.ndim))
    )


@mistake("prelu", replaces="prelu_backward")
def da_hears_from_the_wrong_side(dout, cache):
    """Your `da` takes in all entries, also those where $x > 0$. There `a` was not used, so it has no share in the output."""
    x, a = cache
    return np.where(x > 0, dout, a * dout), (x * dout).sum(axis=tuple(range(x.ndim - a.ndim)))


@mistake("prelu", replaces="prelu_backward")
def slope_at_zero_is_one(dout, cache):
    """At $x = 0$ your `prelu_backward` has slope 1. The corner belongs to the left branch: there the slope is `a`."""
    x, a = cache
    return np.where(x >= 0, dout, a * dout), np.where(x > 0, 0.0, x * dout).sum(
        axis=tuple(range(x.ndim - a.ndim))
    )


@mistake("prelu", replaces="prelu_backward")
def dx_is_that_of_relu(dout, cache):
    """Your `dx` is 0 where $x$ was negative, as for ReLU. But there the output is $a x$, which does depend on $x$."""
    x, a = cache
    return np.where(x > 0, dout, 0.0), np.where(x > 0, 0.0, x * dout).sum(
        axis=tuple(range(x.ndim - a.ndim))
    )


@mistake("prelu", replaces="prelu_forward")
def any_shape_that_broadcasts(x, a):
    """`prelu_forward` takes any `a` that broadcasts against `x`, such as one of shape (1,). Its gradient would then come out in another shape. Compare the shapes yourself."""
    x = x.astype(np.result_type(np.float32, x))
    a = np.asarray(a, dtype=x.dtype)
    return np.where(x > 0, x, a * x), (x, a)


@mistake("prelu", replaces=("prelu_forward", "prelu_backward"))
def channels_are_the_first_axis_but_one():
    """You take axis 1 for the channels, as PyTorch does. In this course they are the last axis, so that `a` broadcasts without any help. For an `x` of two axes that is the same, for more it is not."""

    def place(x, a):
        return a.reshape(-1, *[1] * (x.ndim - 2)) if a.ndim else a

    def forward(x, a):
        x = x.astype(np.result_type(np.float32, x))
        a = np.asarray(a, dtype=x.dtype)
        channels = x.shape[1:2] if x.ndim > 1 else x.shape
        if a.shape not in ((), channels):
            raise ValueError(f"a has shape {a.shape}, expected () or {channels}")
        return np.where(x > 0, x, place(x, a) * x), (x, a)

    def backward(dout, cache):
        x, a = cache
        da = np.where(x > 0, 0.0, x * dout)
        axes = tuple(axis for axis in range(x.ndim) if axis != 1) if a.ndim else None
        return np.where(x > 0, dout, place(x, a) * dout), da.sum(axis=axes)

    return forward, backward


@mistake("prelu", replaces="prelu_forward")
def prelu_in_place(x, a):
    """`prelu_forward` writes into `x` itself. That array belongs to the caller; and the negative inputs, which `da` needs, are gone."""
    a = np.asarray(a, dtype=np.result_type(np.float32, x))
    if a.shape not in ((), x.shape[-1:]):
        raise ValueError(f"a has shape {a.shape}, expected () or {x.shape[-1:]}")
    x *= np.where(x > 0, 1, a)
    return x, (x, a)


@mistake("prelu", replaces=("prelu_forward", "prelu_backward"))
def last_call_remembered():
    """Your backward uses what the forward saw *last*, not the cache that it is given. A network may call the forward with other inputs before it calls the backward: put all that the backward needs into the cache."""

    def layer(right_forward, right_backward):
        last = {}

        def forward(*args):
            out, last["cache"] = right_forward(*args)
            return out, None

        return forward, lambda dout, cache: right_backward(dout, last["cache"])

    return layer(prelu_forward, prelu_backward)


@mistake("prelu", replaces="prelu_backward")
def negative_part_written_over_x(dout, cache):
    """`prelu_backward` calculates in place, in the `x` that its cache holds. That array belongs to the caller of `prelu_forward`: make a new one."""
    x, a = cache
    dx = np.where(x > 0, dout, a * dout)
    np.minimum(x, 0, out=x)
    x *= dout
    return dx, x.sum(axis=tuple(range(x.ndim - a.ndim)))


@mistake("prelu", replaces="prelu_forward")
def array_without_axes_refused(x, a):
    """`prelu_forward` refuses an `a` that is an array of shape (). It holds a single number, as the docstring says."""
    x = x.astype(np.result_type(np.float32, x), copy=False)
    if not np.isscalar(a) and a.shape != x.shape[-1:]:
        raise ValueError(f"a has shape {a.shape}, expected a single number or {x.shape[-1:]}")
    a = np.asarray(a, dtype=x.dtype)
    return np.where(x > 0, x, a * x), (x, a)


@mistake("prelu", replaces="prelu_forward")
def whole_number_refused(x, a):
    """`prelu_forward` takes a single `a` only if it is a float. 2 is a number, too."""
    x = x.astype(np.result_type(np.float32, x), copy=False)
    if not isinstance(a, (float, np.ndarray)):
        raise ValueError(f"a is a {type(a)}, expected a number or {x.shape[-1:]}")
    a = np.asarray(a, dtype=x.dtype)
    if a.shape not in ((), x.shape[-1:]):
        raise ValueError(f"a has shape {a.shape}, expected a single number or {x.shape[-1:]}")
    return np.where(x > 0, x, a * x), (x, a)


@mistake("prelu", replaces="prelu_backward")
def one_channel_taken_for_a_number(dout, cache):
    """Where there is a single channel, your `da` is a single number. Ask `a` for its axes, not for its size: a gradient has the shape of what it is the gradient of."""
    x, a = cache
    da = np.where(x > 0, 0.0, x * dout)
    return np.where(x > 0, dout, a * dout), da.sum() if a.size == 1 else da.sum(
        axis=tuple(range(x.ndim - 1))
    )


@mistake("prelu", replaces="prelu_forward")
def last_axis_of_a_compared(x, a):
    """`prelu_forward` looks at the last axis of `a` alone, so that shapes with more axes get through. Compare the whole shape."""
    x = x.astype(np.result_type(np.float32, x), copy=False)
    a = np.asarray(a, dtype=x.dtype)
    if a.ndim and a.shape[-1] != x.shape[-1]:
        raise ValueError(f"a has shape {a.shape}, expected a single number or {x.shape[-1:]}")
    return np.where(x > 0, x, a * x), (x, a)


@mistake("prelu", replaces="prelu_forward")
def size_of_a_taken(x, a):
    """`prelu_forward` uses $|a|$. A learned slope may become negative, and then the function bends the other way."""
    x = x.astype(np.result_type(np.float32, x), copy=False)
    a = np.asarray(a, dtype=x.dtype)
    if a.shape not in ((), x.shape[-1:]):
        raise ValueError(f"a has shape {a.shape}, expected a single number or {x.shape[-1:]}")
    return (np.where(x > 0, x, np.abs(a) * x), (x, a))


@mistake(
    "prelu",
    replaces="prelu_backward",
    change={
        "    dx = np.where(x > 0, dout, a * dout)\n": "",
        "dx, da.sum(axis=tuple(range(x.ndim - a.ndim)))": "np.where(dout > 0, dout, a * dout), da.sum(axis=tuple(range(x.ndim - a.ndim)))",
    },
)
def gate_opened_by_dout():
    """`prelu_backward` chooses the branch by the sign of `dout`. It is the sign of `x` that decides which slope applies."""


@mistake("prelu", replaces="prelu_backward")
def da_keeps_axes_of_length_one(dout, cache):
    """Your `da` has axes of length 1 left (`keepdims`). It has the shape of `a`: a single number, or (C,)."""
    x, a = cache
    da = np.where(x > 0, 0.0, x * dout)
    return (
        np.where(x > 0, dout, a * dout),
        da.sum(axis=tuple(range(x.ndim - a.ndim)), keepdims=True),
    )


@mistake("prelu", replaces="prelu_backward")
def da_of_one_number_is_an_array(dout, cache):
    """For a single `a`, your `da` is an array of shape (1,). It should be a single number, as `a` is."""
    x, a = cache
    da = np.where(x > 0, 0.0, x * dout)
    return (
        np.where(x > 0, dout, a * dout),
        np.atleast_1d(da.sum(axis=tuple(range(x.ndim - a.ndim)))),
    )


@mistake("prelu", replaces="prelu_backward")
def da_times_a(dout, cache):
    """Your `da` has a factor `a` too many. The derivative of $a x$ with respect to $a$ is $x$."""
    x, a = cache
    da = np.where(x > 0, 0.0, a * x * dout)
    return (np.where(x > 0, dout, a * dout), da.sum(axis=tuple(range(x.ndim - a.ndim))))


@mistake("prelu", replaces="prelu_backward")
def one_axis_summed_away(dout, cache):
    """For an `x` of a single axis and an `a` of shape (C,), you sum over that axis. It holds the channels: each entry belongs to an `a` of its own."""
    x, a = cache
    da = np.where(x > 0, 0.0, x * dout)
    d = da.sum() if a.ndim == 0 or x.ndim == 1 else da.sum(axis=tuple(range(x.ndim - 1)))
    return (np.where(x > 0, dout, a * dout), d)


@mistake("prelu", replaces="prelu_backward")
def da_float64_always(dout, cache):
    """Your `da` is built in an array made by `np.zeros(shape)`, which is float64. float32 in should give float32 out."""
    x, a = cache
    da = np.zeros(x.shape)
    da[x <= 0] = (x * dout)[x <= 0]
    return (np.where(x > 0, dout, a * dout), da.sum(axis=tuple(range(x.ndim - a.ndim))))


@mistake("prelu", replaces="prelu_backward")
def size_of_x_in_da(dout, cache):
    """Your `da` uses $|x|$. On the negative side `x` is negative, and so is its share of the gradient where `dout` is positive."""
    x, a = cache
    da = np.where(x > 0, 0.0, np.abs(x) * dout)
    return (np.where(x > 0, dout, a * dout), da.sum(axis=tuple(range(x.ndim - a.ndim))))


@variant("prelu", replaces=("prelu_forward", "prelu_backward"))
def in_two_parts():
    """The positive and the negative part; sums over a flattened view."""

    def forward(x, a):
        if np.shape(a) != () and np.shape(a) != (x.shape[-1],):
            raise ValueError(f"a is {np.shape(a)}, but channels are {(x.shape[-1],)}")
        below = np.minimum(x, 0.0)
        return np.maximum(x, 0.0) + a * below, (below, x > 0, a)

    def backward(dout, cache):
        below, positive, a = cache
        dx = dout * positive + a * dout * ~positive
        per_channel = (dout * below).reshape(-1, below.shape[-1]).sum(axis=0)
        return dx, per_channel if np.ndim(a) else per_channel.sum()

    return forward, backward


@variant("prelu", replaces=("prelu_forward", "prelu_backward"))
def by_einsum():
    """A dictionary for a cache, an einsum for the sum, a plain float for a single slope."""

    def forward(x, a):
        shape = getattr(a, "shape", ())
        if shape and shape != x.shape[-1:]:
            raise ValueError(f"expected {x.shape[-1:]} for a, got {shape}")
        x = x if x.dtype.kind == "f" else x.astype(float)
        factor = np.ones_like(x)
        negative = x <= 0
        factor[negative] = np.broadcast_to(a, x.shape)[negative]
        return factor * x, {"x": x, "factor": factor, "one": not shape}

    def backward(dout, cache):
        x = np.minimum(cache["x"], 0)
        if cache["one"]:
            return dout * cache["factor"], float(np.einsum("i,i->", dout.ravel(), x.ravel()))
        C = x.shape[-1]
        return dout * cache["factor"], np.einsum("ic,ic->c", dout.reshape(-1, C), x.reshape(-1, C))

    return forward, backward


@variant("prelu", replaces=("prelu_forward", "prelu_backward"))
def with_sizes():
    """Half the sum and half the difference of x and |x|, and a loop over the leading axes for the sum."""

    def forward(x, a):
        a = np.array(a)
        if a.ndim > 1 or (a.ndim == 1 and a.shape[0] != x.shape[-1]):
            raise ValueError(f"a is {a.shape}, x is {x.shape}: expected () or {x.shape[-1:]}")
        x = x if x.dtype.kind == "f" else np.array(x, dtype=float)
        a = a.astype(x.dtype)
        below = (x - np.abs(x)) / 2
        return np.maximum(x, 0) + a * below, (a, below, x > 0)

    def backward(dout, cache):
        a, below, positive = cache
        da = dout * below
        while da.ndim > a.ndim:
            da = da.sum(axis=0)
        return dout * np.where(positive, np.ones_like(a), a), da

    return forward, backward


@variant("prelu", replaces=("prelu_forward", "prelu_backward"))
def in_place_on_a_copy():
    """Multiplies a copy in place where it is not positive; the cache is a class."""

    class Cache:
        pass

    def forward(x, a):
        kept = Cache()
        kept.single = np.ndim(a) == 0
        if not kept.single and np.shape(a) != (x.shape[-1],):
            raise ValueError(f"a has shape {np.shape(a)}, expected a number or {(x.shape[-1],)}")
        out = x.copy() if x.dtype.kind == "f" else x.astype(np.float64)
        kept.slopes = np.ones_like(out)
        np.copyto(
            kept.slopes,
            a,
            where=out <= 0,
            casting="same_kind" if isinstance(a, np.ndarray) else "unsafe",
        )
        kept.below = out.clip(max=0)
        out *= kept.slopes
        return out, kept

    def backward(dout, kept):
        dx = dout.copy()
        dx *= kept.slopes
        products = kept.below * dout
        if kept.single:
            return dx, products.sum()
        return dx, products.reshape(-1, products.shape[-1]).sum(axis=0)

    return forward, backward
