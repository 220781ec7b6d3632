"""What goes wrong, and what else goes right, in `sigmoid_tanh`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake(
    "sigmoid_tanh",
    replaces="sigmoid_forward",
    change={
        "e = np.exp(-np.abs(x))  # at most 1, so it cannot overflow\n    out = np.where(x >= 0, 1.0, e) / (1.0 + e)": "out = 1.0 / (1.0 + np.exp(-x))"
    },
)
def sigmoid_overflows():
    """`sigmoid_forward` takes $e$ to the power $-x$ as the formula is printed: right, until $x$ is far below 0 and the power no longer fits into a float. Which form of the formula suits which sign of $x$? (If you choose by `np.where`: it evaluates both of its branches everywhere, and picks afterwards.)"""


@mistake(
    "sigmoid_tanh",
    replaces="sigmoid_forward",
    change={"-np.abs(x)": "x", "np.where(x >= 0, 1.0, e)": "e"},
)
def sigmoid_overflows_on_the_other_side():
    """`sigmoid_forward` uses $e^x / (1 + e^x)$ for every $x$. That suits negative numbers; for large positive ones infinity is divided by infinity. Use each form on its own side."""


@mistake("sigmoid_tanh", replaces="sigmoid_forward")
def clipped_for_float64_only(x):
    """You clip `x` at some hundreds before the exponential. float64 can hold that, but float32 ends at $e^{88}$. A form which never takes $e$ to a positive power needs no clipping."""
    out = 1.0 / (1.0 + np.exp(-np.clip(x, -500, 500)))
    return out, out


@mistake(
    "sigmoid_tanh",
    replaces="sigmoid_backward",
    change={
        "out = cache\n    return dout * out * (1.0 - out)": "return cache * (1.0 - cache) * np.ones_like(dout)"
    },
)
def sigmoid_slope_without_dout():
    """`sigmoid_backward` returns the slope alone. What arrives from above has to be multiplied by it: that is the chain rule."""


@mistake("sigmoid_tanh", replaces=("sigmoid_forward", "sigmoid_backward"))
def sigmoid_slope_of_x():
    """`sigmoid_backward` puts $x$ into $s(1 - s)$, where $s$ stands for the output $\\sigma(x)$. Keep the output in the cache."""

    def forward(x):
        e = np.exp(-np.abs(x))
        return np.where(x >= 0, 1.0, e) / (1.0 + e), x

    def backward(dout, cache):
        return dout * cache * (1.0 - cache)

    return forward, backward


@mistake(
    "sigmoid_tanh",
    replaces="sigmoid_backward",
    change={"out = cache": "out = 1.0 / (1.0 + np.exp(-cache))"},
)
def sigmoid_of_the_output_once_more():
    """`sigmoid_backward` applies the sigmoid to the output, which is a sigmoid already."""


@mistake("sigmoid_tanh", replaces=("sigmoid_forward", "sigmoid_backward"))
def sigmoid_slope_overflows():
    """`sigmoid_backward` calculates the slope from $x$, by $e^{-x} / (1 + e^{-x})^2$, and overflows far below 0. The forward has an output which never overflows: the slope can be had from that."""

    def forward(x):
        e = np.exp(-np.abs(x))
        return np.where(x >= 0, 1.0, e) / (1.0 + e), x

    def backward(dout, cache):
        e = np.exp(-cache)
        return dout * e / (1.0 + e) ** 2

    return forward, backward


@mistake(
    "sigmoid_tanh",
    replaces="tanh_backward",
    change={
        "out = cache\n    return dout * (1.0 - out * out)": "return dout * (1.0 - np.tanh(cache) ** 2)"
    },
)
def tanh_of_the_output_once_more():
    """`tanh_backward` applies tanh to the output, which is a tanh already."""


@mistake(
    "sigmoid_tanh",
    replaces="tanh_forward",
    change={"out = np.tanh(x)": "e = np.exp(2 * x)\n    out = (1 - e) / (1 + e)"},
)
def tanh_as_the_slide_prints_it():
    """`tanh_forward` gives the negative of tanh: this is the formula as D1 prints it. For $x > 0$ tanh is positive. (And far from 0 your exponential overflows, whichever the sign.)"""


@mistake(
    "sigmoid_tanh",
    replaces="tanh_forward",
    change={"out = np.tanh(x)": "e = np.exp(2 * x)\n    out = (e - 1) / (e + 1)"},
)
def tanh_overflows():
    """The formula of `tanh_forward` is right on paper. But for large $x$ it divides infinity by infinity, which is nan. Only ever take $e$ to a power that is not positive, or leave it to NumPy."""


@mistake(
    "sigmoid_tanh",
    replaces="tanh_forward",
    change={
        "out = np.tanh(x)": "e = np.exp(-np.abs(x))\n    out = np.sign(x) * (1.0 - e) / (1.0 + e)"
    },
)
def tanh_as_a_sigmoid_not_stretched():
    """Your tanh is $2\\sigma(x) - 1$: it has the right limits, but rises half as fast. The sigmoid inside it is stretched: look at the identity again."""


@mistake(
    "sigmoid_tanh",
    replaces="tanh_backward",
    change={"out = cache\n    return dout * (1.0 - out * out)": "return dout * (1.0 - cache)"},
)
def tanh_slope_not_squared():
    """`tanh_backward` uses $1 - \\mathrm{out}$. The slope has to be the same on both sides of 0: something is not squared."""


@mistake(
    "sigmoid_tanh",
    replaces="tanh_backward",
    change={
        "out = cache\n    return dout * (1.0 - out * out)": "return dout * cache * (1.0 - cache)"
    },
)
def tanh_slope_of_a_sigmoid():
    """`tanh_backward` uses the sigmoid's slope. At 0, where tanh is steepest, that would be nothing at all."""


@mistake("sigmoid_tanh", replaces=("tanh_forward", "tanh_backward"))
def tanh_slope_of_x():
    """`tanh_backward` squares $x$, where the slope is made of the output: $1 - \\tanh^2(x)$."""

    def forward(x):
        return np.tanh(x), x

    def backward(dout, cache):
        return dout * (1.0 - cache * cache)

    return forward, backward


@mistake(
    "sigmoid_tanh",
    replaces="sigmoid_backward",
    change={"out = cache": "dout *= cache * (1.0 - cache)", "dout * out * (1.0 - out)": "dout"},
)
def sigmoid_gradient_written_into_dout():
    """`sigmoid_backward` multiplies `dout` in place. It belongs to the caller, who may need it again: make a new array."""


@mistake("sigmoid_tanh", replaces="sigmoid_forward")
def always_float64(x):
    """`sigmoid_forward` answers float32 with float64, since it fills an array that was made without a dtype. Everything after it would then be calculated in double precision, at twice the memory."""
    out = np.zeros(x.shape)
    positive = x >= 0
    out[positive] = 1.0 / (1.0 + np.exp(-x[positive]))
    e = np.exp(x[~positive])
    out[~positive] = e / (1.0 + e)
    return out, out


@mistake(
    "sigmoid_tanh",
    replaces=("sigmoid_forward", "sigmoid_backward", "tanh_forward", "tanh_backward"),
)
def last_call_remembered():
    """Your backward uses what the forward saw *last*, not the cache that it is given. A network may call the forward with other inputs before it calls the backward: put all that the backward needs into the cache."""

    def layer(right_forward, right_backward):
        last = {}

        def forward(*args):
            out, last["cache"] = right_forward(*args)
            return out, None

        return forward, lambda dout, cache: right_backward(dout, last["cache"])

    return *layer(sigmoid_forward, sigmoid_backward), *layer(tanh_forward, tanh_backward)


@mistake("sigmoid_tanh", replaces="sigmoid_backward")
def slope_written_over_the_output(dout, cache):
    """`sigmoid_backward` calculates the slope in place, in the array that its cache holds. That is the very output which the next layer was given; and a second call with the same cache finds something else in it."""
    cache *= 1 - cache
    return dout * cache


@mistake("sigmoid_tanh", replaces=("sigmoid_forward", "sigmoid_backward"))
def slope_clipped_for_float64_only():
    """`sigmoid_backward` calculates the slope from `x`, by an exponential that is clipped for float64. float32 ends at $e^{88}$. The output is all that the slope needs."""
    right = sigmoid_forward

    def backward(dout, x):
        e = np.exp(-np.clip(x, -300, 300))
        return dout * e / (1 + e) ** 2

    return lambda x: (right(x)[0], x), backward


@mistake("sigmoid_tanh", replaces="tanh_forward")
def filled_in_another_order(x):
    """`tanh_forward` writes into `out.ravel()`. Of an array that is not in row order that is a copy: what you write there never gets into `out`. Work on whole arrays, and no order matters."""
    out = np.zeros_like(x, dtype=np.result_type(x, np.float32))
    flat = out.ravel()
    for i, v in enumerate(x.ravel()):
        flat[i] = np.tanh(v)
    return out, out


@mistake("sigmoid_tanh", replaces="tanh_backward")
def product_of_matrices(dout, cache):
    """`tanh_backward` multiplies `dout` and the slope as matrices where they are square. Each entry has a slope of its own: the product is entry by entry."""
    slope = 1 - cache * cache
    return dout @ slope if slope.ndim == 2 and slope.shape[0] == slope.shape[1] else dout * slope


@mistake(
    "sigmoid_tanh",
    replaces="sigmoid_forward",
    change={"np.where(x >= 0, 1.0, e)": "np.where(x < 0, 1.0, e)"},
)
def sigmoid_falls():
    """Your sigmoid falls from 1 to 0. It should rise: for a large positive `x` it is near 1. Look at which sign of `x` belongs to which form."""


@mistake("sigmoid_tanh", replaces="sigmoid_forward")
def sigmoid_put_among_integers(x):
    """`sigmoid_forward` fills an array made by `zeros_like(x)`. If `x` holds whole numbers, so does that array, and every value is cut to 0 or 1. Give it a float dtype."""
    out = np.zeros_like(x)
    p = x >= 0
    out[p] = 1 / (1 + np.exp(-x[p]))
    e = np.exp(x[~p])
    out[~p] = e / (1 + e)
    return (out, out)


@mistake(
    "sigmoid_tanh",
    replaces="sigmoid_forward",
    change={"np.where(x >= 0, 1.0, e) / (1.0 + e)": "np.where(x >= 0, 1 / (1 + e), e)"},
)
def negative_half_not_divided():
    """For negative `x`, your sigmoid is $e^x$ without the denominator $1 + e^x$."""


@variant("sigmoid_tanh", replaces=("sigmoid_forward", "sigmoid_backward"))
def sigmoid_by_tanh():
    """The sigmoid as a tanh, shifted and stretched; a dictionary for a cache."""

    def forward(x):
        out = 0.5 * (1.0 + np.tanh(0.5 * x))
        return out, {"out": out}

    def backward(dout, cache):
        s = cache["out"]
        return dout * (s - s**2)

    return forward, backward


@variant("sigmoid_tanh", replaces=("sigmoid_forward", "sigmoid_backward"))
def sigmoid_by_masks():
    """Each sign in its own form, by boolean indexing; the slope from x, by an exponential of its own."""

    def forward(x):
        x = np.asarray(x)
        x = x if x.dtype.kind == "f" else x.astype(float)
        out = np.empty_like(x)
        positive = x >= 0
        out[positive] = 1 / (1 + np.exp(-x[positive]))
        out[~positive] = np.exp(x[~positive]) / (1 + np.exp(x[~positive]))
        return out, (x,)

    def backward(dout, cache):
        e = np.exp(-np.abs(cache[0]))
        return e / (1 + e) ** 2 * dout

    return forward, backward


@variant("sigmoid_tanh", replaces=("tanh_forward", "tanh_backward"))
def tanh_without_numpys():
    """tanh by exponentials that cannot overflow, and the slope kept ready in the cache."""

    def forward(x):
        e = np.exp(-2.0 * np.abs(x))
        out = np.sign(x) * (1.0 - e) / (1.0 + e)
        return out, (1.0 - out) * (1.0 + out)

    def backward(dout, cache):
        return cache * dout

    return forward, backward


@variant(
    "sigmoid_tanh",
    replaces=("sigmoid_forward", "sigmoid_backward", "tanh_forward", "tanh_backward"),
)
def with_logaddexp_and_a_class():
    """The sigmoid as exp(-log(1 + exp(-x))); tanh from it; one class for both, which keeps x and asks itself again."""

    class Squash:
        def __init__(self, x, scale):
            self.x, self.scale = (x if x.dtype.kind == "f" else x.astype(float)), scale

        def sigmoid(self, sign):
            return np.exp(-np.logaddexp(0, -sign * self.scale * self.x))

    def sigmoid_forward(x):
        layer = Squash(x, 1)
        return layer.sigmoid(1), layer

    def sigmoid_backward(dout, layer):
        return layer.sigmoid(1) * layer.sigmoid(-1) * dout

    def tanh_forward(x):
        layer = Squash(x, 2)
        return np.tanh(layer.x), layer

    def tanh_backward(dout, layer):
        return 4 * layer.sigmoid(1) * layer.sigmoid(-1) * dout

    return sigmoid_forward, sigmoid_backward, tanh_forward, tanh_backward
